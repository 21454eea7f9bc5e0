"""Finding anything: people by name, number and phone, then what was written; see `domain.finding`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from cmpp_desktop.domain.finding import Find, Found, FoundText
from cmpp_desktop.domain.questions import People, PersonRow
from cmpp_desktop.store import texts
from cmpp_desktop.store.folding import ascii_of, fold, spans
from cmpp_desktop.store.queries.common import Asked, marks
from cmpp_desktop.store.queries.people import people
from cmpp_desktop.store.queries.sessions import shared_with

LOOKED_AT = 40  # texts that match, of which the best are shown; more are looked at where some of them may not be shown
BEFORE, LONG = 40, 160  # letters of a text that are shown before what matched, and in all
FAR = 20_000  # letters of one text that are looked through for the place


class _Entry(NamedTuple):
    """A text that matches, and what its fields say."""

    kind: str
    id: bytes
    coll: int
    participant: bytes | None
    day: str
    told: dict[str, str]


def find(asked: Asked, question: Find) -> Found:
    """See the question."""
    if not fold(question.text):
        return Found((), (), False, *_progress(asked))
    kinds = [kind for kind in question.kinds if kind in texts.TEXTS]
    rows: tuple[PersonRow, ...] = ()
    if not question.kinds or "participant" in question.kinds:
        most = max(question.limit // 3, 3)
        rows = people(asked, People(question.day, question.text, sort="match", limit=most)).rows
    found, more = ((), False) if question.kinds and not kinds else _texts(asked, question, kinds)
    return Found(rows, tuple(found), more, *_progress(asked))


def _progress(asked: Asked) -> tuple[int, int]:
    waiting = texts.waiting(asked.connection)
    return waiting, texts.written(asked.connection) + waiting if waiting else 0


def _texts(asked: Asked, question: Find, kinds: Sequence[str]) -> tuple[Sequence[FoundText], bool]:
    """Those with the whole words first, then those in which the last word begins one, then the rest; the newest of each."""
    chosen: list[_Entry] = []
    seen: set[int] = set()
    for query in texts.queries(question.text):
        better = len(chosen)
        before = 0
        while len(chosen) <= question.limit:
            listed = texts.matching(asked.connection, query, kinds, asked.held, before, question.limit + LOOKED_AT)
            fresh = [entry for entry in listed if entry[5] not in seen]
            seen.update(entry[5] for entry in fresh)
            chosen += _shown(asked, fresh)
            if len(listed) < question.limit + LOOKED_AT:
                break
            before = listed[-1][5]
        chosen[better:] = sorted(chosen[better:], key=lambda entry: entry.day, reverse=True)
    best = chosen[: question.limit]
    best = [entry if entry.participant or entry.kind != "household" else _of_head(asked, entry) for entry in best]
    names = asked.called({UUID(bytes=entry.participant) for entry in best if entry.participant is not None})
    closed = {idx for idx, place in asked.names.places.items() if place.kind == "restricted"}
    made = [_found(entry, question.text, names, entry.coll in closed) for entry in best]
    return made, len(chosen) > question.limit


def _shown(asked: Asked, listed: Sequence[tuple[Any, ...]]) -> list[_Entry]:
    """Those that may be shown, with what they say now."""
    said: dict[tuple[str, bytes], dict[str, str]] = {}
    for kind in {entry[0] for entry in listed}:
        ids = [entry[1] for entry in listed if entry[0] == kind]
        said |= {(kind, id): told for id, told in texts.texts_of(asked.connection, kind, ids, asked.held).items()}
    entries = [_Entry._make((*entry[:5], told)) for entry in listed if (told := said.get((entry[0], entry[1]))) is not None]
    hidden = _withheld(asked, entries)
    return [entry for entry in entries if entry.id not in hidden]


def _of_head(asked: Asked, entry: _Entry) -> _Entry:
    """A household is somebody's: its head's, or who is first in it."""
    sql = (
        "SELECT participant_id FROM r_household_member WHERE household_id = ? AND coll = ? AND meta_shown = 1 AND until IS NULL "
        "ORDER BY relationship <> 'head', rowid LIMIT 1"
    )
    return entry._replace(participant=asked.connection.exec_driver_sql(sql, (entry.id, entry.coll)).scalar())


def _found(entry: _Entry, typed: str, names: dict[UUID, str], restricted: bool) -> FoundText:
    about = UUID(bytes=entry.participant) if entry.participant is not None else None
    field, text, marked = _place(entry.told, typed)
    return FoundText(
        entry.kind,
        UUID(bytes=entry.id),
        about,
        names.get(about, "") if about else "",
        date.fromisoformat(entry.day) if entry.day else None,
        field,
        text,
        marked,
        restricted,
    )


def _place(told: dict[str, str], typed: str) -> tuple[str, str, tuple[tuple[int, int], ...]]:
    """The field in which most of the words are, a piece of it around the first, and where they lie in the piece."""
    best: tuple[int, str, int] = (-1, next(iter(told)), 0)
    for name, text in told.items():
        if text:
            places = _places(text[:FAR], typed)
            if len(places) > best[0]:
                best = (len(places), name, min(places, default=0))
    _, name, first = best
    text = told[name]
    start = max(first - BEFORE, 0)
    if start:
        blank = text.find(" ", start, first)
        start = blank + 1 if blank >= 0 else start
    piece = " ".join(text[start : start + LONG].split())
    shown = ("… " if start else "") + piece + (" …" if start + LONG < len(text) else "")
    return name, shown, spans(shown, typed)


def _places(text: str, typed: str) -> list[int]:
    """Where the words begin in a text; quick where both are ASCII."""
    if text.isascii():
        lower = text.lower()
        words = dict.fromkeys(ascii_of(typed).split())
        return [at for at in (_begins(lower, word) for word in words) if at >= 0]
    return [start for start, _ in spans(text, typed)]


def _begins(text: str, word: str) -> int:
    at = text.find(word)
    first = at
    while at >= 0:
        if at == 0 or not text[at - 1].isalnum():
            return at
        at = text.find(word, at + 1)
    return first


def _withheld(asked: Asked, entries: Sequence[_Entry]) -> set[bytes]:
    """Sessions with somebody from whom their participant is kept apart, and what was added to them: their words are not shown."""
    if not asked.connection.exec_driver_sql("SELECT 1 FROM r_separation WHERE meta_shown=1 AND until IS NULL LIMIT 1").first():
        return set()
    subjects = {entry.id: (entry.id, entry.participant) for entry in entries if entry.kind == "service_session"}
    added = [entry.id for entry in entries if entry.kind == "amendment"]
    if added:
        sql = f"SELECT id, subject_id, participant_id FROM r_amendment WHERE id IN ({marks(added)})"
        subjects |= {id: (subject, about) for id, subject, about in asked.connection.exec_driver_sql(sql, tuple(added))}
    by_person: dict[bytes, list[tuple[bytes, bytes]]] = {}
    for id, (session, about) in subjects.items():
        if about is not None:
            by_person.setdefault(about, []).append((id, session))
    found: set[bytes] = set()
    for about, listed in by_person.items():
        shared = shared_with(asked, UUID(bytes=about), [UUID(bytes=session) for _, session in listed])
        found |= {id for id, session in listed if UUID(bytes=session) in shared}
    return found
