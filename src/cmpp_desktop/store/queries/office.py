"""The office: organisation, staff, teams, laptops; the asker's drafts."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from cmpp_desktop.domain.codes import CodeEntryFields
from cmpp_desktop.domain.questions import Draft, Drafts, Organisation, OrganisationView, StaffRow
from cmpp_desktop.domain.records import Life
from cmpp_desktop.domain.screenings import InstrumentFields, compartment_of
from cmpp_desktop.domain.staff import AwardFields, DeviceNameFields, OrganisationFields, StaffMemberFields, TeamFields
from cmpp_desktop.errors import KnownError
from cmpp_desktop.store.drafts import RESTRICTED, draft_of
from cmpp_desktop.store.queries.common import Asked
from cmpp_desktop.store.tables import DRAFT, TABLES
from cmpp_protocol import canon


def organisation(asked: Asked, question: Organisation) -> OrganisationView:
    """See the question. Before the organisation's records have come, the names are empty."""
    found = asked.all(OrganisationFields)
    fields = found[0].fields if found else OrganisationFields.model_construct(None, name="")
    teams = {item.id: item.fields.name for item in asked.all(TeamFields)}
    staff = tuple(
        StaffRow(item.id, item.fields.name, item.fields.role, item.fields.team_id, teams.get(item.fields.team_id or item.id, ""))
        for item in sorted(asked.all(StaffMemberFields), key=lambda item: (item.fields.name.casefold(), item.id))
        if item.fields.active
    )
    asker = asked.asker
    me = next((row for row in staff if row.id == asker.staff_id), None)
    devices = asked.all(DeviceNameFields)
    return OrganisationView(
        id=found[0].id if found else UUID(int=0),
        name=fields.name,
        confidentiality=fields.confidentiality,
        zone=fields.zone,
        lock_after_minutes=fields.lock_after_minutes,
        me=me or StaffRow(asker.staff_id, "", asker.role, asker.team_id, teams.get(asker.team_id or asker.staff_id, "")),
        staff=staff,
        teams=tuple(sorted(teams.items(), key=lambda team: team[1].casefold())),
        device_names=tuple((item.fields.device_id, item.fields.name, item.fields.member_id) for item in devices),
        codes=tuple(item.fields.as_own() for item in asked.all(CodeEntryFields)),
        awards=tuple(sorted((item.fields.number, item.fields.name) for item in asked.all(AwardFields))),
    )


def drafts(asked: Asked, question: Drafts) -> tuple[Draft, ...]:
    """See the question."""
    return drafts_of(asked, question.participant_id)


def drafts_of(asked: Asked, participant_id: UUID | None) -> tuple[Draft, ...]:
    """The asker's drafts, newest first."""
    query = select(DRAFT).where(DRAFT.c.member_id == asked.asker.member_id)
    if participant_id is not None:
        query = query.where(DRAFT.c.participant_id == participant_id)
    rows = asked.connection.execute(query.order_by(DRAFT.c.changed_ms.desc(), DRAFT.c.key))
    found = [draft_of(row) for row in rows]
    gone = _gone(asked, {draft.participant_id for draft in found if draft.participant_id is not None})
    return tuple(draft for draft in found if draft.participant_id not in gone and may_open(asked, draft))


def _gone(asked: Asked, ids: set[UUID]) -> set[UUID]:
    """Those of these participants who were deleted: another laptop destroyed the file, what was begun here is about nobody."""
    columns = TABLES["participant"].c
    deleted = (columns.meta_life == Life.DELETED.value, columns.meta_shown == 0)
    query = select(columns.id).where(columns.id.in_(list(ids)), *deleted)
    return set(asked.connection.execute(query).scalars()) if ids else set()


def may_open(asked: Asked, draft: Draft) -> bool:
    """Whether the asker may see a draft: one of something restricted (its key says so, or its instrument) while that is open."""
    if any(place.kind == "restricted" and place.held for place in asked.names.places.values()):
        return True
    return not (draft.key.startswith(RESTRICTED) or (draft.key.startswith("interview:") and _is_restricted(asked, draft.body)))


def _is_restricted(asked: Asked, body: bytes) -> bool:
    """Whether the draft of an interview is of an instrument whose results are restricted, or of one that is not known here."""
    try:
        instrument_id = UUID(bytes=canon.unpack(body)["instrument"])
        return compartment_of(asked.one(InstrumentFields, instrument_id).fields) == "restricted"
    except (canon.NotCanonical, KnownError, KeyError, TypeError, ValueError):
        return True
