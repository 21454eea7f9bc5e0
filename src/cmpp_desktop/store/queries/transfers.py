"""Hand-overs that wait or were answered, what is still open in a file, and who carried a case when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select

from cmpp_desktop.domain.cases import (
    OPEN_STATES,
    Carried,
    CaseAssignmentFields,
    CaseFields,
    CaseHistory,
    ClosingCheck,
    ClosingView,
)
from cmpp_desktop.domain.file_moves import AcceptedHandOvers, waits
from cmpp_desktop.domain.obligations import ObligationFields
from cmpp_desktop.domain.participants import ParticipantFields
from cmpp_desktop.domain.plans import NeedFields
from cmpp_desktop.domain.records import Life
from cmpp_desktop.domain.referrals import ReferralFields
from cmpp_desktop.domain.screenings import ScreeningFields
from cmpp_desktop.domain.sessions import ServiceSessionFields
from cmpp_desktop.domain.staff import TeamFields
from cmpp_desktop.domain.tasks import NoteFields, TaskFields
from cmpp_desktop.domain.transfers import (
    HandOver,
    HandOverFacts,
    TransferFields,
    TransferRow,
    Transfers,
    may_answer,
    moves_file,
)
from cmpp_desktop.domain.work import Stored
from cmpp_desktop.store.queries.common import Asked, table
from cmpp_desktop.store.queries.households import household_ids
from cmpp_desktop.store.queries.sessions import withheld
from cmpp_desktop.words import zone_of


def closing_check(asked: Asked, question: ClosingCheck) -> ClosingView:
    """See the question."""
    case = asked.one(CaseFields, question.case_id).fields
    ids = asked.same(case.participant_id)
    sessions = table(ServiceSessionFields).c
    unsigned = asked.all(
        ServiceSessionFields,
        sessions.participant_id.in_(ids),
        sessions.meta_life == Life.LIVE.value,
        order=(sessions.meta_starts, sessions.id),
    )
    cases = table(CaseFields).c
    others = [same for id in household_ids(asked, case.participant_id)[1:] for same in asked.same(id)]
    running = select(cases.id).where(
        cases.participant_id.in_(others), cases.state.in_(OPEN_STATES), cases.meta_shown == 1, cases.coll.in_(asked.held)
    )
    return ClosingView(
        obligations=tuple(_open_obligations(asked, ids)),
        tasks=tuple(_open_tasks(asked, ids)),
        referrals=tuple(asked.all(ReferralFields, *_about(ReferralFields, ids, "closed_on"))),
        sessions=tuple(withheld(asked, case.participant_id, unsigned)),
        needs=tuple(asked.all(NeedFields, *_about(NeedFields, ids, "met_on"))),
        transfers=tuple(asked.all(TransferFields, *_about(TransferFields, ids, "answered_at"))),
        household_cases=tuple(asked.connection.execute(running.order_by(cases.id)).scalars()),
        restricted_exists=any(place.kind == "restricted" and not place.held for place in asked.names.places.values()),
    )


def _about(kind: Any, ids: Sequence[UUID], ended: str) -> tuple[Any, Any]:
    """Of these people, and not ended."""
    columns = table(kind).c
    return columns.participant_id.in_(ids), columns[ended].is_(None)


def _open_obligations(asked: Asked, ids: Sequence[UUID]) -> list[Stored[ObligationFields]]:
    columns = table(ObligationFields).c
    order = (columns.meta_starts, columns.id)
    return asked.all(ObligationFields, columns.participant_id.in_(ids), columns.result.is_(None), order=order)


def _open_tasks(asked: Asked, ids: Sequence[UUID]) -> list[Stored[TaskFields]]:
    found = asked.all(TaskFields, *_about(TaskFields, ids, "done_at"))
    return sorted(found, key=lambda item: (item.fields.due_on or date.max, item.id))


def case_history(asked: Asked, question: CaseHistory) -> tuple[Carried, ...]:
    """See the question."""
    columns = table(CaseAssignmentFields).c
    found = asked.all(CaseAssignmentFields, columns.case_id == question.case_id, order=(columns.since, columns.meta_created))
    return tuple(
        Carried(item.fields.staff_id, asked.who(item.fields.staff_id), item.fields.since, item.fields.until) for item in found
    )


def transfers(asked: Asked, question: Transfers) -> tuple[TransferRow, ...]:
    """See the question."""
    columns = table(TransferFields).c
    me = asked.asker.staff_id
    wanted: list[Any] = []
    if question.participant_id is not None:
        wanted.append(columns.participant_id.in_(asked.same(question.participant_id)))
    elif question.gone:
        wanted += [columns.to == "team", columns.accepted.is_(True)]
    else:
        wanted.append(columns.answered_at.is_(None))
        if question.mine:
            wanted.append(or_(columns.asked_by == me, columns.to_staff_id == me, columns.from_staff_id == me))
    found = asked.all(TransferFields, *wanted, order=(columns.asked_at.desc(), columns.id))
    here = {id: item.team_id for id, item in _people(asked, found).items()}
    if question.gone:
        found = [item for item in found if _is_gone(item, here)]
    names = asked.called(item.fields.participant_id for item in found)
    teams = {item.id: item.fields.name for item in asked.all(TeamFields)} if found else {}
    return tuple(_row(asked, item, names, teams, gone=_is_gone(item, here)) for item in found)


def _people(asked: Asked, found: Sequence[Stored[TransferFields]]) -> dict[UUID, Stored[ParticipantFields]]:
    ids = {item.fields.participant_id for item in found if item.fields.to == "team"}
    return {item.id: item for item in asked.all(ParticipantFields, table(ParticipantFields).c.id.in_(ids))} if ids else {}


def _is_gone(item: Stored[TransferFields], here: Mapping[UUID, UUID | None]) -> bool:
    """Whether a file went to another team: it is not where its hand-over is."""
    fields = item.fields
    accepted = fields.to == "team" and fields.accepted is True and item.team_id != fields.to_team_id
    return accepted and here.get(fields.participant_id) != item.team_id


def accepted_hand_overs(asked: Asked, question: AcceptedHandOvers) -> tuple[UUID, ...]:
    """See the question."""
    columns = table(TransferFields).c
    found = asked.all(TransferFields, columns.to == "team", columns.accepted.is_(True), order=(columns.answered_at, columns.id))
    here = _people(asked, found)
    held = {(place.kind, place.team_id) for place in asked.names.places.values() if place.held}
    return tuple(
        item.id
        for item in found
        if (person := here.get(item.fields.participant_id)) is not None
        and waits(item, person.team_id)
        and {(kind, team) for kind in ("caseload", "restricted") for team in (item.team_id, item.fields.to_team_id)} <= held
    )


def gone_to(asked: Asked, participant_id: UUID) -> tuple[str, date] | None:
    """The team that somebody's file went to and the day on which that was accepted, where this laptop knows of it."""
    columns = table(TransferFields).c
    wanted = (columns.participant_id == participant_id, columns.to == "team", columns.accepted.is_(True))
    found = asked.all(TransferFields, *wanted, order=(columns.answered_at.desc(),))
    for item in found:
        if item.fields.to_team_id is not None and item.fields.answered_at is not None:
            team = next((one.fields.name for one in asked.all(TeamFields) if one.id == item.fields.to_team_id), "")
            return team, item.fields.answered_at.astimezone(zone_of(asked.zone)).date()
    return None


def _row(
    asked: Asked, item: Stored[TransferFields], names: dict[UUID, str], teams: dict[UUID, str], *, gone: bool
) -> TransferRow:
    fields = item.fields
    team = teams.get(fields.to_team_id, "") if fields.to_team_id else ""
    return TransferRow(
        id=item.id,
        participant_id=fields.participant_id,
        participant=names.get(fields.participant_id, "") or (fields.summary if gone else ""),
        case_id=fields.case_id,
        to=fields.to,
        receiver=asked.who(fields.to_staff_id) or team or fields.to_provider,
        sender=asked.who(fields.asked_by),
        asked_at=fields.asked_at,
        answered_at=fields.answered_at,
        answered_by=asked.who(fields.answered_by),
        accepted=fields.accepted,
        answer_note=fields.answer_note,
        reason=fields.reason,
        summary="" if gone else fields.summary,
        open_items=tuple(fields.open_items),
        moves_file=moves_file(fields),
        gone=gone,
        for_me=fields.accepted is None and may_answer(fields, asked.asker.staff_id, asked.asker.role),
    )


def hand_over(asked: Asked, question: HandOver) -> HandOverFacts:
    """See the question. What is restricted is not in it: whoever takes the case over may not hold those records."""
    case = asked.one(CaseFields, question.case_id).fields
    ids = asked.same(case.participant_id)
    person = asked.person(case.participant_id).fields
    open_ones = _unrestricted(_open_obligations(asked, ids))
    needs = _unrestricted(asked.all(NeedFields, *_about(NeedFields, ids, "met_on")))
    referrals = _unrestricted(asked.all(ReferralFields, *_about(ReferralFields, ids, "closed_on")))
    screenings = _unrestricted(asked.all(ScreeningFields, table(ScreeningFields).c.participant_id.in_(ids)))
    return HandOverFacts(
        participant=person.called,
        participant_id=ids[0],
        languages=tuple(person.languages),
        interpreter_needed=person.interpreter_needed,
        safe_contact=person.safe_contact,
        state=case.state,
        opened_on=case.opened_on,
        last_contact=_last_contact(asked, ids),
        obligations=tuple((item.fields.type, item.fields.when, item.fields.place) for item in open_ones),
        tasks=tuple(
            (item.fields.title_code, item.fields.title, item.fields.due_on) for item in _unrestricted(_open_tasks(asked, ids))
        ),
        needs=tuple((item.fields.area, item.fields.level, item.fields.description) for item in needs),
        referrals=tuple((item.fields.to_name, item.fields.reason) for item in referrals),
        alerts=tuple(
            (alert.kind, item.fields.administration.finished_at.date()) for item in screenings for alert in item.fields.alerts
        ),
        flags=tuple(person.flags),
    )


def _last_contact(asked: Asked, ids: Sequence[UUID]) -> date | None:
    """The day of the latest session or note that is not restricted: the line of People counts those too."""
    sessions, notes = table(ServiceSessionFields).c, table(NoteFields).c
    days = [
        item.fields.when.day
        for item in _unrestricted(asked.all(ServiceSessionFields, sessions.participant_id.in_(ids)))
    ]
    written = _unrestricted(asked.all(NoteFields, notes.participant_id.in_(ids)))
    days += [item.fields.written_at.astimezone(zone_of(asked.zone)).date() for item in written]
    return max(days, default=None)


def _unrestricted(found: list[Any]) -> list[Any]:
    return [item for item in found if item.compartment != "restricted"]
