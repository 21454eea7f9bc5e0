"""Plain records as they are: those of one participant, or all of a kind."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from cmpp_desktop.domain.dispatch import KINDS
from cmpp_desktop.domain.entries import FileOf, OneRecord, Records
from cmpp_desktop.domain.separations import SeparationFields
from cmpp_desktop.domain.sessions import ServiceSessionFields
from cmpp_desktop.domain.work import Stored
from cmpp_desktop.errors import BugError
from cmpp_desktop.store.queries.common import Asked
from cmpp_desktop.store.queries.sessions import WITHHELD_LATER, withheld, withheld_later


def records(asked: Asked, question: Records) -> tuple[Stored[Any], ...]:
    """See the question. Who is kept apart from whom is in no participant's records: that is asked by `Separations`.
    Of somebody whose file was destroyed there is none, though a session with others may still name that id."""
    model = _model(question.kind)
    if question.participant_id is not None and (model is SeparationFields or not asked.is_there(question.participant_id)):
        return ()
    id = question.participant_id
    found = asked.all(model) if id is None else asked.about(model, asked.same(id))
    if model is ServiceSessionFields and question.participant_id is not None:
        return tuple(withheld(asked, question.participant_id, found))
    if question.kind in WITHHELD_LATER and question.participant_id is not None:
        return tuple(withheld_later(asked, question.participant_id, found))
    return tuple(_apart(asked, item) for item in found)


def file_of(asked: Asked, question: FileOf) -> tuple[Stored[Any], ...]:
    """See the question."""
    asked.person(question.participant_id)
    return tuple(item for kind in question.kinds for item in records(asked, Records(kind, question.participant_id)))


def one_record(asked: Asked, question: OneRecord) -> Stored[Any]:
    """See the question."""
    return _apart(asked, asked.one(_model(question.kind), question.record_id))


def _apart(asked: Asked, item: Stored[Any]) -> Stored[Any]:
    """A record without the ids of those from whom its participant is kept apart (a rider's lead respondent)."""
    model = type(item.fields)
    others = [name for name in _people_in(model) if getattr(item.fields, name) is not None]
    if not others or model.about != "participant_id":
        return item
    apart = asked.apart(item.fields.participant_id)
    hidden = {name: None for name in others if getattr(item.fields, name) in apart}
    return replace(item, fields=item.fields.model_copy(update=hidden)) if hidden else item


def _people_in(model: Any) -> list[str]:
    """The fields that name another participant than the one whom the record is about."""
    extras = ((name, info.json_schema_extra) for name, info in model.model_fields.items() if name != "participant_id")
    return [name for name, extra in extras if isinstance(extra, dict) and extra.get("refers") == "participant"]


def _model(kind: str) -> Any:
    try:
        return KINDS[kind]
    except KeyError:
        raise BugError("no_such_kind", kind=kind) from None
