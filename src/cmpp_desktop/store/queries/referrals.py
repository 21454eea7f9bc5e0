"""Referrals: those of one participant, and all whose loop is still open."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select

from cmpp_desktop.domain.hsds import HsdsServiceFields
from cmpp_desktop.domain.referrals import OpenReferrals, ReferralFields, ReferralRow, Referrals, status_of
from cmpp_desktop.domain.work import Stored
from cmpp_desktop.store.queries.common import Asked, table
from cmpp_desktop.store.tables import PERSON


def referrals(asked: Asked, question: Referrals) -> tuple[ReferralRow, ...]:
    """See the question."""
    columns = table(ReferralFields).c
    found = asked.all(ReferralFields, columns.participant_id.in_(asked.same(question.participant_id)))
    still_open = sorted((item for item in found if item.fields.closed_on is None), key=_next)
    closed = sorted((item for item in found if item.fields.closed_on is not None), key=_closed, reverse=True)
    return _rows(asked, [*still_open, *closed], question.day)


def open_referrals(asked: Asked, question: OpenReferrals) -> tuple[ReferralRow, ...]:
    """See the question."""
    columns = table(ReferralFields).c
    wanted: list[Any] = [columns.closed_on.is_(None)]
    if question.mine:
        wanted.append(of_mine(asked))
    return _rows(asked, sorted(asked.all(ReferralFields, *wanted), key=_next), question.day)


def of_mine(asked: Asked) -> Any:
    """The condition that a referral is the asker's to follow: the case of its participant is, or they made it."""
    columns = table(ReferralFields).c
    carried = select(PERSON.c.id).where(PERSON.c.caseworker_id == asked.asker.staff_id, PERSON.c.coll.in_(asked.held))
    return or_(columns.participant_id.in_(carried), columns.referred_by == asked.asker.staff_id)


def _next(item: Stored[ReferralFields]) -> tuple[date, UUID]:
    return item.fields.follow_up_on or date.max, item.id


def _closed(item: Stored[ReferralFields]) -> tuple[date, UUID]:
    return item.fields.closed_on or date.min, item.id


def _rows(asked: Asked, found: Sequence[Stored[ReferralFields]], day: date) -> tuple[ReferralRow, ...]:
    names = asked.called(item.fields.participant_id for item in found)
    services = _services(asked, [item.fields.service_id for item in found if item.fields.service_id is not None])
    return tuple(_row(asked, item, names, services, day) for item in found)


def _services(asked: Asked, ids: Sequence[UUID]) -> dict[UUID, str]:
    columns = table(HsdsServiceFields).c
    query = select(columns.id, columns.name).where(columns.id.in_(list(ids)), columns.coll.in_(asked.held))
    return {row.id: row.name for row in asked.connection.execute(query)}


def _row(
    asked: Asked, item: Stored[ReferralFields], names: dict[UUID, str], services: dict[UUID, str], day: date
) -> ReferralRow:
    fields = item.fields
    late = (day - fields.follow_up_on).days if fields.follow_up_on and fields.closed_on is None else 0
    return ReferralRow(
        id=item.id,
        participant_id=fields.participant_id,
        participant=names.get(fields.participant_id, ""),
        to_name=fields.to_name,
        service=services.get(fields.service_id, "") if fields.service_id else "",
        scope=fields.scope,
        reason=fields.reason,
        status=status_of(fields),
        sent_on=fields.sent_on,
        follow_up_on=fields.follow_up_on,
        closed_on=fields.closed_on,
        outcome=fields.outcome,
        outcome_note=fields.outcome_note,
        referred_by=asked.who(fields.referred_by),
        consent_id=fields.consent_id,
        override_reason=fields.override_reason,
        need_id=fields.need_id,
        late_days=max(late, 0),
        restricted=item.compartment == "restricted",
    )
