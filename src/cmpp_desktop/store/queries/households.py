"""Households as one member's page shows them, who comes of age, and who is kept apart from whom."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import select

from cmpp_desktop.domain.cases import OPEN_STATES
from cmpp_desktop.domain.consent import adult_on
from cmpp_desktop.domain.households import HouseholdMemberFields
from cmpp_desktop.domain.members import (
    ComingOfAge,
    Companion,
    HouseholdOf,
    HouseholdView,
    OfAge,
    turned_adult_id,
)
from cmpp_desktop.domain.obligations import ObligationFields, Shared, SharedWith
from cmpp_desktop.domain.participants import ADULT_AT, AddressFields, ParticipantFields, age, called_by
from cmpp_desktop.domain.records import BirthDate, to_wire
from cmpp_desktop.domain.separations import SeparationFields, SeparationRow, Separations
from cmpp_desktop.domain.tasks import TaskFields
from cmpp_desktop.errors import NotAllowed
from cmpp_desktop.store.queries.common import Asked, marks, reader, table, unpacked
from cmpp_protocol import canon

FOLLOWED_FOR = 1  # years after the eighteenth birthday in which it is still asked for


def household_ids(asked: Asked, participant_id: UUID) -> tuple[UUID, ...]:
    """Everybody who shares a household with the participant now, the participant first, each under the id they are shown by;
    nobody who is kept apart."""
    return tuple(member.participant_id for member in members_of(asked, participant_id)) or (asked.same(participant_id)[0],)


def members_of(asked: Asked, participant_id: UUID) -> list[HouseholdMemberFields]:
    """Memberships of the latest household, the participant's own first, one for each person, with the id they are shown by."""
    own, apart = asked.same(participant_id), asked.apart(participant_id)
    columns = table(HouseholdMemberFields).c
    mine = asked.all(HouseholdMemberFields, columns.participant_id.in_(own), columns.until.is_(None))
    if not mine:
        return []
    home = mine[-1].fields.household_id
    there = asked.all(HouseholdMemberFields, columns.household_id == home, columns.until.is_(None))
    shown = {own[0]: mine[-1].fields}
    for item in there:
        id = asked.same(item.fields.participant_id)[0]
        if id not in apart and (id not in shown or item.fields.relationship == "head"):
            shown[id] = item.fields
    return [fields.model_copy(update={"participant_id": id}) for id, fields in shown.items()]


def household_of(asked: Asked, question: HouseholdOf) -> HouseholdView:
    """See the question."""
    asked.person(question.participant_id)
    found = members_of(asked, question.participant_id)
    people = asked.people(item.participant_id for item in found)
    companions = tuple(
        _companion(item, people[item.participant_id], question.day) for item in found if item.participant_id in people
    )
    home = found[0].household_id if found else None
    return HouseholdView(home, companions, _at_the_same_address(asked, [one.participant_id for one in companions], question.day))


def _companion(member: HouseholdMemberFields, person: ParticipantFields, day: date) -> Companion:
    years = age(person.birth_date, day)
    return Companion(
        member.participant_id,
        person.called,
        member.relationship,
        person.birth_date,
        years is None or years >= ADULT_AT,
        member.primary_contact,
    )


def _at_the_same_address(asked: Asked, ids: Sequence[UUID], day: date) -> frozenset[UUID]:
    """Who of them lives where the first one lives, as far as neither address is confidential."""
    columns = table(AddressFields).c
    homes: dict[UUID, AddressFields] = {}
    everybody = [same for id in ids for same in asked.same(id)]
    for item in asked.all(AddressFields, columns.participant_id.in_(everybody), columns.use == "home"):
        if item.fields.until is None or item.fields.until > day:
            homes[asked.same(item.fields.participant_id)[0]] = item.fields
    first = homes.get(ids[0]) if ids else None
    if first is None or first.confidential:
        return frozenset()
    return frozenset(id for id, home in homes.items() if home.address == first.address and not home.confidential)


def shared_with(asked: Asked, question: SharedWith) -> tuple[Shared, ...]:
    """See the question."""
    own = asked.one(ObligationFields, question.obligation_id).fields
    others = [same for id in household_ids(asked, own.participant_id)[1:] for same in asked.same(id)]
    columns = table(ObligationFields).c
    open_ones = asked.all(ObligationFields, columns.participant_id.in_(others), columns.result.is_(None))
    found = [item for item in open_ones if item.fields.type == own.type and item.fields.when == own.when]
    names = asked.called(item.fields.participant_id for item in found)
    return tuple(Shared(item.id, item.fields.participant_id, names.get(item.fields.participant_id, "")) for item in found)


def separations(asked: Asked, question: Separations) -> tuple[SeparationRow, ...]:
    """See the question. Raises not_allowed for who is neither supervisor nor administrator."""
    if asked.asker.role not in ("supervisor", "administrator"):
        raise NotAllowed("not_allowed", needs="supervisor")
    columns = table(SeparationFields).c
    found = {item.id: item for item in asked.all(SeparationFields, columns.until.is_(None))}
    names = asked.called(id for item in found.values() for id in (item.fields.participant_id, item.fields.from_id))
    rows = [
        SeparationRow(
            item.id,
            item.fields.participant_id,
            names.get(item.fields.participant_id, ""),
            item.fields.from_id,
            names.get(item.fields.from_id, ""),
            item.fields.since,
            item.fields.note,
        )
        for item in found.values()
    ]
    return tuple(sorted(rows, key=lambda row: (row.since, str(row.id)), reverse=True))


def coming_of_age(asked: Asked, question: ComingOfAge) -> tuple[OfAge, ...]:
    """See the question. The index of days of birth has the year's; only these are read."""
    until = date.fromordinal(question.day.toordinal() + question.ahead)
    last = _years_before(question.day, ADULT_AT, question.ahead)
    first = _years_before(question.day, ADULT_AT + FOLLOWED_FOR, 0)
    # Days of birth lie in their column as bytes that are in order of the days.
    span = [canon.pack(to_wire(born)) for born in (BirthDate(day=first), BirthDate(day=last, estimated=True))]
    held = marks(asked.held)
    mine = " AND person.caseworker_id = ?" if question.mine else ""
    rows = asked.connection.exec_driver_sql(
        "SELECT r.id, r.legal_name, r.preferred_name, r.birth_date FROM r_participant r WHERE r.birth_date BETWEEN ? AND ? "
        f"AND r.meta_shown = 1 AND r.coll + 0 IN ({held}) AND EXISTS (SELECT 1 FROM person WHERE person.id = "
        "coalesce((SELECT i.canonical FROM identity i WHERE i.id = r.id AND i.coll = r.coll), r.id) "
        f"AND person.coll IN ({held}) AND (person.state IS NULL OR person.state IN ({marks(OPEN_STATES)})){mine}) "
        "ORDER BY r.birth_date",
        (*span, *asked.held, *asked.held, *OPEN_STATES, *([asked.asker.staff_id.bytes] if mine else [])),
    ).all()
    read = reader(ParticipantFields, "birth_date")
    ids = [asked.same(UUID(bytes=row[0]))[0] for row in rows]
    followed = _followed(asked, [one for id in ids for one in asked.same(id)])
    found: dict[UUID, OfAge] = {}
    for id, (_, legal, preferred, raw) in zip(ids, rows, strict=True):
        born, name = read(raw), unpacked(legal)
        called = called_by(preferred, name.get("given", ""), name.get("family", ""))
        if len(asked.same(id)) > 1:  # of two records of one person: what is shown of them
            facts = asked.people([id])[id]
            born, called = facts.birth_date, facts.called
        turned = adult_on(born)
        if followed.isdisjoint(asked.same(id)) and turned is not None and turned <= until:
            found.setdefault(id, OfAge(id, called, born, turned))
    return tuple(found.values())


def _years_before(day: date, years: int, ahead: int) -> date:
    """`years` before the day that is `ahead` days from `day`; 29 February becomes the 28th."""
    then = date.fromordinal(day.toordinal() + ahead)
    try:
        return then.replace(year=then.year - years)
    except ValueError:
        return then.replace(year=then.year - years, day=28)


def _followed(asked: Asked, ids: Sequence[UUID]) -> set[UUID]:
    """Of whom the task was made already, done or not."""
    columns = table(TaskFields).c
    tasks = {turned_adult_id(id): id for id in ids}
    found: set[UUID] = set()
    wanted = list(tasks)
    for start in range(0, len(wanted), 500):
        query = select(columns.id).where(columns.id.in_(wanted[start : start + 500]), columns.meta_shown == 1)
        found |= {tasks[id] for id in asked.connection.execute(query).scalars()}
    return found
