"""Plain records as they are: those of one participant, or all of a kind."""

from __future__ import annotations

from typing import Any

from cmpp_desktop.domain.dispatch import KINDS
from cmpp_desktop.domain.entries import OneRecord, Records
from cmpp_desktop.domain.work import Stored
from cmpp_desktop.errors import BugError
from cmpp_desktop.store.queries.common import Asked, table


def records(asked: Asked, question: Records) -> tuple[Stored[Any], ...]:
    """See the question."""
    model = _model(question.kind)
    wanted = [] if question.participant_id is None else [table(model).c.participant_id == question.participant_id]
    return tuple(asked.all(model, *wanted))


def one_record(asked: Asked, question: OneRecord) -> Stored[Any]:
    """See the question."""
    return asked.one(_model(question.kind), question.record_id)


def _model(kind: str) -> Any:
    try:
        return KINDS[kind]
    except KeyError:
        raise BugError("no_such_kind", kind=kind) from None
