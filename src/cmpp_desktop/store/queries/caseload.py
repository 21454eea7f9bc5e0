"""Caseload balance: a few grouped counts over the lines of People, each by an index; nobody's records are opened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from cmpp_desktop.domain.caseload import CarriedAnswer, CarriedCase, CarriedCases, Caseload, CaseloadRow, load_weights
from cmpp_desktop.domain.cases import OPEN_STATES
from cmpp_desktop.domain.obligations import HEARINGS
from cmpp_desktop.domain.participants import ADULT_AT
from cmpp_desktop.domain.records import BirthDate, Life, to_wire
from cmpp_desktop.domain.staff import StaffMemberFields, TeamFields
from cmpp_desktop.store.queries.common import Asked, marks, unpacked
from cmpp_protocol import canon

# Everybody with an open case, under all their ids, and who carries it: `person` has one line for people who were merged.
CARRIED = (
    "WITH carried(id, whole, staff) AS (SELECT p.id, p.id, p.caseworker_id FROM person p "
    "WHERE p.state IN ({states}) AND p.coll IN ({colls}) "
    "UNION SELECT i.id, p.id, p.caseworker_id FROM identity i JOIN person p ON p.id = i.canonical AND p.coll = i.coll "
    "WHERE p.state IN ({states}) AND p.coll IN ({colls})) "
)


def caseload(asked: Asked, question: Caseload) -> tuple[CaseloadRow, ...]:
    """See the question."""
    count = _Counts(asked)
    day = question.day
    cases: dict[bytes | None, dict[tuple[str, str], int]] = {}
    for staff, risk, support, n in count.cases():
        cases.setdefault(staff, {})[risk or "", support or ""] = n
    minors = count.minors(_adults_born_by(day))
    hearings = count.hearings(day, day + timedelta(days=question.hearing_days))
    tasks = count.tasks(day)
    plans = count.plans(day)
    silent = count.without_contact(day - timedelta(days=question.contact_days))
    consents = count.consents(day, day + timedelta(days=question.consent_days))
    past, unsigned = count.dates_open(day), count.unsigned_notes()
    staff, teams = _staff(asked)
    working = {id for id, fields in staff.items() if fields.active and fields.role == "caseworker"}
    weights = load_weights()
    rows: list[CaseloadRow] = []
    for id in {*cases, *working, *(one for one in (*tasks, *unsigned) if one is not None)}:
        fields, own = staff.get(id or b""), cases.get(id, {})
        rows.append(
            CaseloadRow(
                staff_id=UUID(bytes=id) if id else None,
                name=fields.name if fields else "",
                team=teams.get(fields.team_id, "") if fields and fields.team_id else "",
                cases=sum(own.values()),
                weight=weights.of(own, minors.get(id, 0), hearings.get(id, 0)),
                by_risk=_by(own, 0),
                by_support=_by(own, 1),
                minors=minors.get(id, 0),
                hearings=hearings.get(id, 0),
                overdue_tasks=tasks.get(id, 0),
                plans_to_review=plans.get(id, 0),
                without_contact=silent.get(id, 0),
                ending_consents=consents.get(id, 0),
                dates_open=past.get(id, 0),
                unsigned_notes=unsigned.get(id, 0),
            )
        )
    return tuple(sorted(rows, key=lambda row: (-row.weight, row.name.casefold(), str(row.staff_id))))


def _staff(asked: Asked) -> tuple[dict[bytes, StaffMemberFields], dict[UUID, str]]:
    """Everybody of the staff by their id as the lines have it, and the names of the teams."""
    teams = {item.id: item.fields.name for item in asked.all(TeamFields)}
    return {item.id.bytes: item.fields for item in asked.all(StaffMemberFields)}, teams


def carried_cases(asked: Asked, question: CarriedCases) -> CarriedAnswer:
    """See the question."""
    colls, staff = tuple(asked.held), question.staff_id.bytes if question.staff_id is not None else None
    whose = "caseworker_id IS NULL" if staff is None else "caseworker_id = ?"
    where = f"{whose} AND state IN ({marks(OPEN_STATES)}) AND meta_shown = 1 AND coll + 0 IN ({marks(colls)})"
    values = (*(() if staff is None else (staff,)), *OPEN_STATES, *colls)
    total = asked.connection.exec_driver_sql(f'SELECT count(*) FROM "r_case" WHERE {where}', values).scalar_one()
    found = asked.connection.exec_driver_sql(
        "SELECT c.id, c.participant_id, c.state, c.risk, c.support, p.last_contact FROM "
        f'(SELECT * FROM "r_case" WHERE {where}) c LEFT JOIN person p ON p.coll = c.coll AND p.id = '
        "coalesce((SELECT i.canonical FROM identity i WHERE i.id = c.participant_id AND i.coll = c.coll), c.participant_id) "
        "ORDER BY p.fold, c.id LIMIT ?",
        (*values, question.limit),
    ).all()
    names, weights = asked.called(UUID(bytes=row[1]) for row in found), load_weights()
    rows = tuple(
        CarriedCase(
            UUID(bytes=id), UUID(bytes=about), names.get(UUID(bytes=about), ""), state, risk or "", support or "",
            weights.of({(risk or "", support or ""): 1}, 0, 0), date.fromisoformat(last) if last else None,
        )
        for id, about, state, risk, support, last in found
    )  # fmt: skip
    return CarriedAnswer(rows, int(total))


def _by(cases: dict[tuple[str, str], int], place: int) -> dict[str, int]:
    found: dict[str, int] = {}
    for levels, n in cases.items():
        found[levels[place]] = found.get(levels[place], 0) + n
    return found


def _adults_born_by(day: date) -> date:
    """Whoever was born after this day is a minor on `day`."""
    try:
        return day.replace(year=day.year - ADULT_AT)
    except ValueError:  # 29 February: who was born on 1 March comes of age the day after
        return date(day.year - ADULT_AT, 2, 28)


class _Counts:
    """The counts by member of staff (16 bytes, or None for nobody)."""

    def __init__(self, asked: Asked) -> None:
        self._asked, self._colls = asked, tuple(asked.held)
        self._carried = CARRIED.format(states=marks(OPEN_STATES), colls=marks(self._colls))
        self._who = (*OPEN_STATES, *self._colls) * 2
        self._here = f"coll IN ({marks(self._colls)})"

    def cases(self) -> Iterator[Any]:
        """(staff, risk, support, how many) of open cases."""
        sql = (
            f'SELECT caseworker_id, risk, support, count(*) FROM "r_case" WHERE state IN ({marks(OPEN_STATES)}) '
            f"AND meta_shown = 1 AND {self._here} GROUP BY caseworker_id, risk, support"
        )
        yield from self._asked.connection.exec_driver_sql(sql, (*OPEN_STATES, *self._colls))

    def minors(self, born_after: date) -> dict[Any, int]:
        """Days of birth as they lie in their column are in order of the days, so that its index serves."""
        born = canon.pack(to_wire(BirthDate(day=born_after, estimated=True)))
        sql = (
            "SELECT c.staff, count(DISTINCT c.whole) FROM r_participant m JOIN carried c ON c.id = m.id WHERE m.birth_date > ? "
            f"AND m.meta_shown = 1 AND m.{self._here} GROUP BY 1"
        )
        return self._counted(sql, (born, *self._colls))

    def hearings(self, first: date, last: date) -> dict[Any, int]:
        sql = (
            "SELECT c.staff, count(*) FROM r_obligation o JOIN carried c ON c.id = o.participant_id WHERE o.meta_shown = 1 "
            f"AND o.meta_day BETWEEN ? AND ? AND o.result IS NULL AND o.type IN ({marks(HEARINGS)}) AND o.{self._here} GROUP BY 1"
        )
        return self._counted(sql, (first.isoformat(), last.isoformat(), *HEARINGS, *self._colls))

    def tasks(self, day: date) -> dict[Any, int]:
        sql = (
            "SELECT assigned_to, count(*) FROM r_task WHERE done_at IS NULL AND due_on < ? AND meta_shown = 1 "
            f"AND {self._here} GROUP BY 1"
        )
        return self._pairs(sql, (day.isoformat(), *self._colls))

    def plans(self, day: date) -> dict[Any, int]:
        sql = (
            "SELECT c.staff, count(*) FROM r_service_plan s JOIN carried c ON c.id = s.participant_id WHERE s.closed_on IS NULL "
            f"AND s.review_on <= ? AND s.meta_shown = 1 AND s.{self._here} GROUP BY 1"
        )
        return self._counted(sql, (day.isoformat(), *self._colls))

    def without_contact(self, since: date) -> dict[Any, int]:
        sql = (
            f"SELECT caseworker_id, count(*) FROM person WHERE state IN ({marks(OPEN_STATES)}) "
            f"AND (last_contact IS NULL OR last_contact < ?) AND {self._here} GROUP BY 1"
        )
        values = (*OPEN_STATES, since.isoformat(), *self._colls)
        return self._pairs(sql, values)

    def consents(self, first: date, last: date) -> dict[Any, int]:
        sql = (
            "SELECT c.staff, count(*) FROM r_consent k JOIN carried c ON c.id = k.participant_id "
            f"WHERE k.expires_on BETWEEN ? AND ? AND k.withdrawn_on IS NULL AND k.meta_shown = 1 AND k.{self._here} GROUP BY 1"
        )
        return self._counted(sql, (first.isoformat(), last.isoformat(), *self._colls))

    def dates_open(self, day: date) -> dict[Any, int]:
        """Of the obligations without a result the index has the past ones first."""
        sql = (
            "SELECT c.staff, count(*) FROM r_obligation o JOIN carried c ON c.id = o.participant_id WHERE o.meta_shown = 1 "
            f"AND o.result IS NULL AND o.meta_day < ? AND o.{self._here} GROUP BY 1"
        )
        return self._counted(sql, (day.isoformat(), *self._colls))

    def unsigned_notes(self) -> dict[Any, int]:
        """By who is first among those who wrote a session."""
        sql = f"SELECT staff_ids FROM r_service_session WHERE meta_life = ? AND meta_shown = 1 AND {self._here}"
        rows = self._asked.connection.exec_driver_sql(sql, (Life.LIVE.value, *self._colls))
        return Counter(written[0] for (packed,) in rows if (written := unpacked(packed)))

    def _counted(self, sql: str, values: tuple[Any, ...]) -> dict[Any, int]:
        return self._pairs(self._carried + sql, (*self._who, *values))

    def _pairs(self, sql: str, values: tuple[Any, ...]) -> dict[Any, int]:
        return {row[0]: row[1] for row in self._asked.connection.exec_driver_sql(sql, values)}
