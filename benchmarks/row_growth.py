"""How the work grows: the same questions at 1,000, 10,000 and 50,000 participants (ten sessions each), and a month of the
calendar at the largest. Interactive work should stay flat; each row's peer is the same question at 1,000.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from functools import cache, partial

from benchmarks import office, row_people
from benchmarks.frame import Row, row, side_by_side
from benchmarks.start_child import PASSPHRASE
from cmpp_desktop.domain.calendar import Calendar, CalendarCounts
from cmpp_desktop.domain.questions import Participant, People, Timeline, Today
from cmpp_desktop.workspace import Workspace

SIZES = (1_000, 10_000, row_people.PARTICIPANTS)
FLAT = 3.0  # times what it takes at 1,000: the depth of an index grows, and what is found of a few letters


@cache
def _office(participants: int) -> tuple[Workspace, office.Facts]:
    if participants == row_people.PARTICIPANTS:
        largest = row_people.opened()
        return largest.door, largest.facts
    folder, facts = office.prepared(participants, 10 * participants)
    door = office.laptop(folder)
    door.unlock(PASSPHRASE)
    return door, facts


def _asked(door: Workspace, facts: office.Facts) -> Mapping[str, Callable[[], object]]:
    head, day = facts.heads[len(facts.heads) // 2], office.TODAY
    return {
        "people": partial(door.ask, People(day)),
        "find": partial(door.ask, People(day, text="marisela", sort="match")),
        "participant": lambda: (door.ask(Participant(head)), door.ask(Timeline(head, day))),
        "today": partial(door.ask, Today(day)),
    }


@cache
def _taken() -> dict[str, dict[int, float]]:
    """Milliseconds by question and size; the sizes take turns."""
    found: dict[str, dict[int, float]] = {}
    for name in _asked(*_office(SIZES[0])):
        work = {str(size): _asked(*_office(size))[name] for size in SIZES}
        seconds = side_by_side(work, rounds=5, least_seconds=0.03)
        found[name] = {size: 1000 * seconds[str(size)] for size in SIZES}
        print(f"    {name}: " + ", ".join(f"{size:,}: {found[name][size]:.2f} ms" for size in SIZES), flush=True)
    return found


def _growth(name: str) -> Row:
    taken = _taken()[name]
    against = {f"at {size:,}": taken[size] for size in SIZES[:-1]}
    return row(f"growth-{name}", size=row_people.AT, unit="ms", ours=taken[SIZES[-1]], against=against, at_most=FLAT)


def row_growth_people() -> Row:
    return _growth("people")


def row_growth_find() -> Row:
    return _growth("find")


def row_growth_participant() -> Row:
    return _growth("participant")


def row_growth_today() -> Row:
    return _growth("today")


def row_today_everybody() -> Row:
    """Today of the whole office, as a supervisor may ask for it."""
    door, _ = _office(SIZES[-1])
    taken = side_by_side({"today": partial(door.ask, Today(office.TODAY, mine=False))}, rounds=5)["today"]
    return row("today-everybody", size=f"{row_people.AT}; everybody's", unit="ms", ours=1000 * taken, against={}, limit=100)


def row_calendar_month() -> Row:
    """A month at a glance and its first week, of everybody."""
    door, _ = _office(SIZES[-1])
    first = date(office.TODAY.year, office.TODAY.month, 1)
    last = first + timedelta(days=29)

    def month() -> None:
        door.ask(CalendarCounts(first, last, mine=False))
        door.ask(Calendar(first, first + timedelta(days=6), mine=False))

    taken = side_by_side({"month": month}, rounds=5)["month"]
    return row("calendar-month", size=f"{row_people.AT}; everybody's", unit="ms", ours=1000 * taken, against={}, limit=50)
