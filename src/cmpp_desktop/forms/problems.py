"""What is wrong with a form, and where: sheet, row, column, what it is, what to do. For the author who reads it."""

from __future__ import annotations

from dataclasses import dataclass

from cmpp_desktop.errors import KnownError


@dataclass(frozen=True)
class Problem:
    """`row` counts as the spreadsheet does (the heading is row 1); "" or None where a place has no such part."""

    code: str
    sheet: str | None
    row: int | None
    column: str | None
    text: str
    remedy: str

    @property
    def place(self) -> str:
        parts = [self.sheet or "", f"row {self.row}" if self.row else "", f"column {self.column}" if self.column else ""]
        return ", ".join(part for part in parts if part)


class InstrumentRefused(KnownError):
    """The form cannot be used; `problems` says why, each with its place."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("instrument_refused", problems=[(problem.code, problem.place) for problem in problems])
        self.problems = problems


def refused(*problems: Problem) -> InstrumentRefused:
    return InstrumentRefused(tuple(problems))
