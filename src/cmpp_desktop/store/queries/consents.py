"""Consents and what went under them: whether one covers a sharing, and the ledger of disclosures."""

from __future__ import annotations

from typing import Any

from cmpp_desktop.domain.consent import ConsentCheck, ConsentFields, Verdict, needed
from cmpp_desktop.domain.disclosures import DisclosureFields, DisclosureRow, Disclosures
from cmpp_desktop.store.queries.common import Asked, table


def consent_check(asked: Asked, question: ConsentCheck) -> Verdict:
    """See the question."""
    born = asked.person(question.participant_id).fields.birth_date
    ids = asked.same(question.participant_id)
    consents = asked.all(ConsentFields, table(ConsentFields).c.participant_id.in_(ids))
    return needed(consents, question.scope, question.recipient, question.purpose, question.day, born=born)


def disclosures(asked: Asked, question: Disclosures) -> tuple[DisclosureRow, ...]:
    """See the question."""
    columns = table(DisclosureFields).c
    ids = asked.same(question.participant_id)
    wanted: list[Any] = [columns.participant_id.in_(ids)]
    if question.consent_id is not None:
        wanted.append(columns.consent_id == question.consent_id)
    consents = asked.all(ConsentFields, table(ConsentFields).c.participant_id.in_(ids))
    withdrawn = {item.id for item in consents if item.fields.withdrawn_on is not None}
    found = asked.all(DisclosureFields, *wanted, order=(columns.shared_at.desc(), columns.id.desc()))
    return tuple(
        DisclosureRow(
            id=item.id,
            participant_id=item.fields.participant_id,
            what=item.fields.what,
            title=item.fields.title,
            scope=item.fields.scope,
            recipient=item.fields.recipient,
            purpose=item.fields.purpose,
            shared_at=item.fields.shared_at,
            shared_by=asked.who(item.fields.shared_by),
            consent_id=item.fields.consent_id,
            override_reason=item.fields.override_reason,
            subject_kind=item.fields.subject_kind,
            subject_id=item.fields.subject_id,
            withdrawn=item.fields.consent_id in withdrawn,
            restricted=item.compartment == "restricted",
        )
        for item in found
    )
