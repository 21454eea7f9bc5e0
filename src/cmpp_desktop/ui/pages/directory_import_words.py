"""What bringing in a directory would do, in rows: counts, what is wrong where and what to do, and the directories that are
here."""

from __future__ import annotations

from collections.abc import Sequence

from cmpp_desktop.domain.directory import Counted, DirectoryHeld, DirectoryPlan, Problem
from cmpp_desktop.ui.widgets import ListRow, RowBadge, isolate
from cmpp_desktop.ui.widgets.streams import StreamRow
from cmpp_desktop.words import Words


def plan_rows(plan: DirectoryPlan, words: Words) -> list[ListRow]:
    """Organisations, places and services: new, changed, as they were, gone."""
    parts = (
        ("organizations", words("Organisations"), "building-2", plan.organizations),
        ("locations", words("Places"), "map-pin", plan.locations),
        ("services", words("Services"), "hand-heart", plan.services),
    )
    return [StreamRow(id=id, title=said, what=counted(count, words), icon=icon) for id, said, icon, count in parts]


def counted(count: Counted, words: Words) -> str:
    """ "12 new · 3 changed · 297 as they were · 4 gone"."""
    said = [
        words("{n} new", n=f"{count.new:,}") if count.new else "",
        words("{n} changed", n=f"{count.changed:,}") if count.changed else "",
        words.plural("{n} as it was", "{n} as they were", count.same) if count.same else "",
        words("{n} gone, to be marked as closed", n=f"{count.gone:,}") if count.gone else "",
    ]
    return " · ".join(part for part in said if part) or words("None")


def much_goes(plan: DirectoryPlan, words: Words) -> tuple[str, str]:
    """Where most of what is here would go: it may be another directory."""
    stays, gone = plan.services.same + plan.services.changed, plan.services.gone
    if gone < 5 or gone <= stays:
        return "", ""
    title = words.plural(
        "{n} service that is here is not in this file.", "{n} services that are here are not in this file.", gone
    )
    return title, words("Is it the same directory? If it is another one, leave and choose “Another one”.")


def said_done(plan: DirectoryPlan, words: Words) -> str:
    """What was done, in one sentence."""
    parts = [
        words.plural("{n} new service", "{n} new services", plan.services.new),
        words("{n} changed", n=f"{plan.services.changed:,}"),
        words("{n} closed", n=f"{plan.services.gone:,}"),
    ]
    if plan.left_out:
        parts.append(words.plural("{n} row left out", "{n} rows left out", plan.left_out))
    return words("Brought in: {what}", what=", ".join(parts))


def problem_rows(problems: Sequence[Problem], words: Words, most: int) -> list[ListRow]:
    """Rows that are left out first; each with its file, row and column, what is wrong and what to do."""
    ordered = sorted(problems, key=lambda one: (not one.left_out, one.file, one.row))
    rows: list[ListRow] = []
    for number, one in enumerate(ordered[:most]):
        wrong, mend = reason(one, words)
        where = (isolate(one.file), words("row {n}", n=one.row), isolate(one.column) if one.column else "")
        taken = RowBadge(words("The rest is taken"), plain=True)
        badge = RowBadge(words("Row is left out"), "warning") if one.left_out else taken
        rows.append(
            StreamRow(
                id=number, title=" · ".join(part for part in where if part), what=wrong, details=(mend,), badge=badge,
                icon="circle-alert" if one.left_out else "info",
            )
        )  # fmt: skip
    if len(ordered) > most:
        rest = words("{n} more", n=f"{len(ordered) - most:,}")
        rows.append(StreamRow(id="rest", title=rest, icon="ellipsis", muted=True))
    return rows


def reason(problem: Problem, words: Words) -> tuple[str, str]:
    """What is wrong, and what to do."""
    put = words("Fill it in, or leave the row out.")
    return {
        "missing": (words("What it cannot be without is empty."), put),
        "twice": (words("Another row has the same id."), words("Give it an id of its own, or delete the one that is wrong.")),
        "unknown_reference": (
            words("It names something that is not in the file."),
            words("Add what is missing, or put the id right."),
        ),
        "not_valid": (words("This value cannot be read."), words("Ages are whole years; days are written 2026-11-23.")),
        "too_long": (words("It is too long to be read."), words("Look for a missing quotation mark before it.")),
        "shortened": (words("It is longer than is kept: its end is cut off."), words("Shorten it, if the end matters.")),
        "bad_row": (words("The row cannot be read."), words("Look for a missing quotation mark.")),
        "too_many_cells": (
            words("The row has more cells than there are columns."),
            words("Put text with commas into quotation marks."),
        ),
    }.get(problem.reason, (words("This cannot be read."), put))


def held_rows(held: Sequence[DirectoryHeld], words: Words) -> list[ListRow]:
    """The directories that stand here."""
    return [
        StreamRow(
            id=one.source, title=one.source or words("Directory"), icon="book-open",
            what=" · ".join(
                (
                    words.plural("{n} service", "{n} services", one.services),
                    words.plural("{n} organisation", "{n} organisations", one.organizations),
                )
            ),
            details=(words("Last brought in: {day}", day=words.long_date(one.read_on)),) if one.read_on else (),
        )
        for one in held
    ]  # fmt: skip
