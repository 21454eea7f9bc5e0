"""Finding anything: people by name, number and phone, then what was written; see `domain.finding`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from cmpp_desktop.domain.finding import Find, Found, FoundText
from cmpp_desktop.domain.questions import People, PersonRow
from cmpp_desktop.store import texts
from cmpp_desktop.store.folding import ascii_of, fold, spans
from cmpp_desktop.store.queries.common import Asked, marks
from cmpp_desktop.store.queries.people import people
from cmpp_desktop.store.queries.sessions import shared_with

LOOKED_AT = 120  # texts that match, of which the best are shown
BEFORE, LONG = 40, 160  # letters of a text that are shown before what matched, and in all
FAR = 20_000  # letters of one text that are looked through for the place


def find(asked: Asked, question: Find) -> Found:
    """See the question."""
    if not fold(question.text):
        return Found((), (), waiting=texts.waiting(asked.connection))
    kinds = [kind for kind in question.kinds if kind in texts.TEXTS]
    rows: tuple[PersonRow, ...] = ()
    if not question.kinds or "participant" in question.kinds:
        most = max(question.limit // 3, 3)
        rows = people(asked, People(question.day, question.text, sort="match", limit=most)).rows
    found, more = ((), False) if question.kinds and not kinds else _texts(asked, question, kinds)
    return Found(rows, tuple(found), more, texts.waiting(asked.connection))


def _texts(asked: Asked, question: Find, kinds: Sequence[str]) -> tuple[Sequence[FoundText], bool]:
    listed = texts.matching(asked.connection, question.text, kinds, asked.held, LOOKED_AT)
    said: dict[tuple[str, bytes], dict[str, str]] = {}
    for kind in {entry[0] for entry in listed}:
        ids = [entry[1] for entry in listed if entry[0] == kind]
        said |= {(kind, id): told for id, told in texts.texts_of(asked.connection, kind, ids, asked.held).items()}
    entries = [entry for entry in listed if (entry[0], entry[1]) in said]
    hidden = _withheld(asked, entries)
    whole = {word: f" {word} " for word in fold(question.text).split()}
    short = [f" {word}" for word in whole if len(word) == 1 and word.isascii()]  # not looked up, see `texts.matching`
    ranked = []
    for entry in entries:
        if entry[1] in hidden:
            continue
        text = f" {fold(' '.join(said[entry[0], entry[1]].values())[:FAR])} "
        if all(word in text for word in short):
            ranked.append((all(padded in text for padded in whole.values()), entry[4], entry))
    ranked.sort(key=lambda item: item[:2], reverse=True)
    chosen = [entry for _, _, entry in ranked[: question.limit]]
    names = asked.called({UUID(bytes=entry[3]) for entry in chosen if entry[3] is not None})
    closed = {idx for idx, place in asked.names.places.items() if place.kind == "restricted"}
    made = [_found(entry, said[entry[0], entry[1]], question.text, names, entry[2] in closed) for entry in chosen]
    return made, len(ranked) > question.limit or len(listed) == LOOKED_AT


def _found(entry: tuple[Any, ...], told: dict[str, str], typed: str, names: dict[UUID, str], restricted: bool) -> FoundText:
    kind, id, _, participant, day = entry
    about = UUID(bytes=participant) if participant is not None else None
    field, text, marked = _place(told, typed)
    return FoundText(
        kind,
        UUID(bytes=id),
        about,
        names.get(about, "") if about else "",
        date.fromisoformat(day) if day else None,
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


def _withheld(asked: Asked, entries: Sequence[tuple[Any, ...]]) -> set[bytes]:
    """Sessions with somebody from whom their participant is kept apart, and what was added to them: their words are not shown."""
    if not asked.connection.exec_driver_sql("SELECT 1 FROM r_separation WHERE meta_shown=1 AND until IS NULL LIMIT 1").first():
        return set()
    subjects = {entry[1]: (entry[1], entry[3]) for entry in entries if entry[0] == "service_session"}
    added = [entry[1] for entry in entries if entry[0] == "amendment"]
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
