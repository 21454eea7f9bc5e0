"""A table of people comes in through the window: looked at, decided row by row, brought in whole, and taken back."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt

from cmpp_desktop.domain import questions as q
from cmpp_desktop.domain.imports import ImportMade, ImportsMade
from cmpp_desktop.ui.pages.bring_in import BringInPage
from tests.journeys.office import founded
from tests.ui import samples
from tests.ui.page_desk import Desk, desk, nameless

pytestmark = pytest.mark.usefixtures("qapp")
CTRL = Qt.KeyboardModifier.ControlModifier
HEAD = "Given name,Family name,DOB,A-number,Household,Hearing type,Hearing date,Colour\n"
FAMILY = HEAD + "Marisela,Tzoc,1988-07-09,219874907,7,Master hearing,2027-12-15,red\nMateo,Tzoc,2015-02-03,,7,,,blue\n"


def arrived(at: Desk, page: BringInPage, folder: Path, text: str, name: str = "people.csv") -> None:
    """Somebody chose this file."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    page.take(path)
    at.settle()


def test_a_family_is_brought_in_and_taken_back_and_a_second_table_asks_who_is_who(tmp_path: Path) -> None:
    office = founded(tmp_path / "laptop", "http://127.0.0.1:9", lambda: datetime.now(UTC))
    try:
        with desk() as at:
            at.ui.door = office
            at.ui.me = office.ask(q.Organisation())
            page: Any = at.open("import")
            assert nameless(page) == []
            arrived(at, page, tmp_path, FAMILY)
            assert page.columns.columns["Given name"].value() == "given"
            assert page.columns.columns["Colour"].value() is None
            assert nameless(page) == []
            at.press(Qt.Key.Key_Return, CTRL)
            assert "2 people" in page.counts.text()
            at.press(Qt.Key.Key_Return, CTRL)
            assert office.ask(q.People(office.today())).everybody == 2
            (made,) = office.ask(ImportsMade())
            assert made.title == "people.csv"

            page.another.click()
            later = HEAD + "Marisela,Tzok,1988-07-09,,,,,\nBirth,Wrong,31/31/2000,,,,,\nIvo,Nowak,1990-01-01,,,,,\n"
            arrived(at, page, tmp_path, later, "later.csv")
            at.press(Qt.Key.Key_Return, CTRL)
            assert page.problem_rows.model().rowCount() == 1
            at.press(Qt.Key.Key_Return, CTRL)
            assert at.troubles.pop().code == "import_refused"  # type: ignore[attr-defined]  # a KnownError
            page.without.setChecked(True)
            page.likely_rows.setFocus()
            page.likely_rows.choose_first()
            at.press(Qt.Key.Key_L)
            at.press(Qt.Key.Key_Return, CTRL)
            assert office.ask(q.People(office.today())).everybody == 3

            page.made.choose(made.id)
            page.made.setFocus()
            at.press(Qt.Key.Key_U)
            assert [one.title for one in office.ask(ImportsMade())] == ["later.csv"]
            assert office.ask(q.People(office.today())).everybody == 1
            assert at.troubles == []
    finally:
        office.close()


def test_a_reader_is_told_who_can_and_cannot_take_back_what_others_brought_in() -> None:
    with desk(role="viewer") as at:
        other = ImportMade(samples.MARISELA, "people.csv", datetime(2026, 11, 20, 17, tzinfo=UTC), None, (("rows", 3),))
        at.door.answers[ImportsMade] = (other,)
        page: Any = at.open("import")
        assert not page.choose.isVisible()
        assert page.made.model().row(0).buttons == ()


def test_what_is_no_table_is_refused_and_the_page_goes_back_to_the_start(tmp_path: Path) -> None:
    office = founded(tmp_path / "laptop", "http://127.0.0.1:9", lambda: datetime.now(UTC))
    try:
        with desk() as at:
            at.ui.door = office
            page: Any = at.open("import")
            arrived(at, page, tmp_path, "%PDF-1.7 not a table", "people.xlsx")
            assert at.troubles.pop().code == "file_unreadable"  # type: ignore[attr-defined]  # a KnownError
            assert page.choose.isVisible()
    finally:
        office.close()
