"""People: pages of the list in any order and filter, find-as-you-type, and who might be registered already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from difflib import SequenceMatcher
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, literal_column, or_, select

from cmpp_desktop.domain.obligations import HEARINGS, ObligationFields
from cmpp_desktop.domain.participants import ContactRouteFields, ParticipantFields
from cmpp_desktop.domain.questions import LikelyDuplicates, People, PeopleAnswer, PeopleFilter, PersonRow
from cmpp_desktop.store import search
from cmpp_desktop.store.folding import digits, fold, spans, spellings
from cmpp_desktop.store.queries.common import MIDNIGHT, Asked, Following, listed_name, next_of, table
from cmpp_desktop.store.tables import PERSON

ALIKE = 0.72  # of 1: how like two names must be
BORN = 0.15  # what the same day of birth adds to it
AT_MOST = 5
ROWID: ColumnElement[int] = literal_column("r_obligation.rowid")  # how its index orders obligations of one moment


def people(asked: Asked, question: People) -> PeopleAnswer:
    """See the question."""
    wanted = _wanted(asked, question.filter, question.day)
    everybody = _count(asked, [])
    mine = _count(asked, [PERSON.c.caseworker_id == asked.asker.staff_id])
    if question.text.strip():
        docs, matching = search.find(asked.connection, question.text, wanted, question.offset, question.limit)
        rows = _rows(asked, docs, question.day, question.text)
        return PeopleAnswer(rows, matching, mine, everybody)
    matching = everybody if len(wanted) == 1 else _count(asked, wanted[1:])
    if question.sort == "next":
        # Obligations in their order, until the page is full: about `page * everybody / matching` of them; or, where that is
        # more than there are people to look at, the people first.
        page = question.offset + question.limit
        few = matching * matching <= page * everybody
        docs = _few_by_next(asked, wanted, question) if few else _by_next(asked, wanted, question)
    else:
        order = [PERSON.c.last_contact, PERSON.c.fold] if question.sort == "last_contact" else [PERSON.c.fold, PERSON.c.doc]
        query = select(PERSON.c.doc).where(*wanted).order_by(*order).limit(question.limit).offset(question.offset)
        docs = list(asked.connection.execute(query).scalars())
    return PeopleAnswer(_rows(asked, docs, question.day, ""), matching, mine, everybody)


def _wanted(asked: Asked, chosen: PeopleFilter, day: date) -> list[ColumnElement[bool]]:
    """The conditions on the line of a person; the first is always that it may be seen."""
    # The sum keeps SQLite from reading by collection and sorting everybody: the order has an index of its own.
    found: list[ColumnElement[bool]] = [(PERSON.c.coll + 0).in_(asked.held)]
    if chosen.mine:
        found.append(PERSON.c.caseworker_id == asked.asker.staff_id)
    if chosen.states:
        found.append(PERSON.c.state.in_(chosen.states))
    if chosen.language:
        found.append(func.instr(PERSON.c.languages, f",{chosen.language},") > 0)
    if chosen.interpreter:
        found.append(PERSON.c.interpreter == 1)
    if chosen.no_contact_for is not None:
        since = (day - timedelta(days=chosen.no_contact_for)).isoformat()
        found.append(or_(PERSON.c.last_contact.is_(None), PERSON.c.last_contact < since))
    if chosen.hearing_within is not None:
        obligations = table(ObligationFields).c
        until = (day + timedelta(days=chosen.hearing_within)).isoformat()
        soon = select(obligations.participant_id).where(
            obligations.meta_shown == 1,
            obligations.result.is_(None),
            obligations.meta_day >= day.isoformat(),
            obligations.meta_day <= until,
            obligations.type.in_(HEARINGS),
        )
        found.append(PERSON.c.id.in_(soon))
    return found


def _count(asked: Asked, wanted: Sequence[ColumnElement[bool]]) -> int:
    held = (PERSON.c.coll + 0 if wanted else PERSON.c.coll).in_(asked.held)  # as above; everybody is counted by collection
    query = select(func.count()).select_from(PERSON).where(held, *wanted)
    return int(asked.connection.execute(query).scalar() or 0)


def _by_next(asked: Asked, wanted: list[ColumnElement[bool]], question: People) -> list[int]:
    """By the next obligation, soonest first; those without one come last, by name. Reads only as far as the page."""
    obligations = table(ObligationFields).c
    start = (question.day - date(1970, 1, 1)).days * MIDNIGHT - MIDNIGHT  # a day early: every time zone is in it
    query = (
        select(PERSON.c.doc)
        .join_from(
            table(ObligationFields), PERSON, and_(PERSON.c.id == obligations.participant_id, PERSON.c.coll == obligations.coll)
        )
        .where(
            obligations.meta_shown == 1,
            obligations.result.is_(None),
            obligations.meta_starts >= start,
            obligations.meta_day >= question.day.isoformat(),
            *wanted,
        )
        .order_by(obligations.meta_starts, ROWID)
    )
    seen: dict[int, None] = {}
    for doc in asked.connection.execute(query.execution_options(stream_results=True)).scalars():
        seen.setdefault(doc)
        if len(seen) >= question.offset + question.limit:
            return list(seen)[question.offset :]
    page = list(seen)[question.offset :]
    skip = max(question.offset - len(seen), 0)
    rest = (doc for doc in asked.connection.execute(select(PERSON.c.doc).where(*wanted).order_by(PERSON.c.fold)).scalars())
    for doc in rest:
        if doc in seen:
            continue
        if skip > 0:
            skip -= 1
            continue
        if len(page) >= question.limit:
            break
        page.append(doc)
    return page


def _few_by_next(asked: Asked, wanted: list[ColumnElement[bool]], question: People) -> list[int]:
    """The same, of so few that each one's own obligations are looked at."""
    obligations = table(ObligationFields).c
    people = list(asked.connection.execute(select(PERSON.c.doc).where(*wanted).order_by(PERSON.c.fold)).scalars())
    # `likely` hides the id of the person from SQLite's choice, so that people are read first and then the obligations of each.
    query = (
        select(PERSON.c.doc, obligations.meta_starts, ROWID)
        .join_from(
            PERSON,
            table(ObligationFields),
            and_(obligations.participant_id == func.likely(PERSON.c.id), (obligations.coll + 0) == PERSON.c.coll),
        )
        .where(
            (obligations.meta_shown + 0) == 1,
            obligations.result.is_(None),
            obligations.meta_day >= question.day.isoformat(),
            *wanted,
        )
    )
    following: dict[int, tuple[int, int]] = {}
    for doc, *place in asked.connection.execute(query):
        following[doc] = min(following.get(doc, (place[0], place[1])), (place[0], place[1]))
    dated = sorted(following, key=following.__getitem__)
    others = [doc for doc in people if doc not in following]
    return [*dated, *others][question.offset : question.offset + question.limit]


def _rows(asked: Asked, docs: Sequence[int], day: date, text: str) -> tuple[PersonRow, ...]:
    """The lines of a page, in the order of `docs`."""
    lines = {row.doc: row for row in asked.connection.execute(select(PERSON).where(PERSON.c.doc.in_(list(docs))))}
    ids = [line.id for line in lines.values()]
    facts, following = asked.people(ids), next_of(asked, ids, day)
    phones = _phones(asked, ids) if text else {}
    found = []
    for doc in docs:
        line = lines[doc]
        person = facts.get(line.id)
        if person is None:
            continue
        row = _row(asked, line, person, following.get(line.id))
        found.append(_explained(row, person, phones.get(line.id, ()), text) if text else row)
    return tuple(found)


def _row(asked: Asked, line: Any, person: ParticipantFields, following: Following | None) -> PersonRow:
    return PersonRow(
        id=line.id,
        name=listed_name(person.legal_name),
        called=person.called,
        native_name=person.native_name,
        birth_date=person.birth_date,
        languages=tuple(person.languages),
        interpreter_needed=person.interpreter_needed,
        a_number_end=person.a_number[-3:],
        next_obligation=following.type if following else None,
        next_when=following.when if following else None,
        last_contact=date.fromisoformat(line.last_contact) if line.last_contact else None,
        caseworker=asked.who(line.caseworker_id),
        state=line.state,
        flags=tuple(person.flags),
    )


def _phones(asked: Asked, ids: Sequence[UUID]) -> dict[UUID, list[str]]:
    columns = table(ContactRouteFields).c
    query = select(columns.participant_id, columns.value).where(
        columns.participant_id.in_(list(ids)),
        columns.route.in_(("phone", "text")),
        columns.meta_shown == 1,
        (columns.coll + 0).in_(asked.held),
    )
    found: dict[UUID, list[str]] = {}
    for participant_id, value in asked.connection.execute(query):
        found.setdefault(participant_id, []).append(value)
    return found


def _explained(row: PersonRow, person: ParticipantFields, phones: Sequence[str], text: str) -> PersonRow:
    """The row with where its name matched; or, when it was not the name, with what matched."""
    typed = digits(text)
    marked = () if search.is_number(text) else spans(row.name, text)
    if marked and _all_words(row.name, text):
        return replace(row, spans=marked)
    others = (("native", person.native_name), ("preferred", person.preferred_name), *(("alias", name) for name in person.aliases))
    for kind, value in others:
        if value and not search.is_number(text) and spans(value, text):
            return replace(row, spans=marked, why=value, why_kind=kind)
    if typed and typed in person.a_number:
        return replace(row, spans=marked, why=row.a_number_end, why_kind="a_number")
    for phone in phones:
        if typed and typed in digits(phone):
            return replace(row, spans=marked, why=phone, why_kind="phone")
    return replace(row, spans=marked)


def _all_words(name: str, text: str) -> bool:
    there = spellings(name)
    return all(word in there for word in fold(text).split())


# --- likely duplicates ------------------------------------------------------------------------------------------------------


def likely_duplicates(asked: Asked, question: LikelyDuplicates) -> tuple[PersonRow, ...]:
    """See the question. An equal A-number or phone counts most, then likeness of the name in any script, then the birth date."""
    number, phone = digits(question.a_number), digits(question.phone)
    texts = [question.name.full, question.native_name]
    docs = search.alike(asked.connection, texts, [number, phone], [PERSON.c.coll.in_(asked.held)])
    ids = {row.doc: row.id for row in asked.connection.execute(select(PERSON.c.doc, PERSON.c.id).where(PERSON.c.doc.in_(docs)))}
    facts, phones = asked.people(ids.values()), _phones(asked, list(ids.values()))
    names = [_Name(text) for text in texts if text]
    scored: list[tuple[float, int]] = []
    for doc, id in ids.items():
        person = facts.get(id)
        score = 0.0 if person is None else _likeness(person, phones.get(id, ()), question, names, number, phone)
        if score >= ALIKE:
            scored.append((-score, doc))
    best = [doc for _, doc in sorted(scored)[:AT_MOST]]
    return _rows(asked, best, date.min, "")


class _Name:
    """A name to compare others with: its words in order, as it is folded and with its Latin spelling."""

    def __init__(self, text: str) -> None:
        spelled = dict.fromkeys(" ".join(sorted(one.split())) for one in (fold(text), spellings(text)))
        # The matcher keeps what it found out about its second text, so that is the one that stays.
        self._matchers = [SequenceMatcher(None, "", one) for one in spelled if one]

    def likeness(self, other: str, least: float) -> float:
        """How like another name is, whatever the order of the words; a Latin spelling counts like the script itself. Only
        what is more than `least` is worked out; else it gives that."""
        best = least
        for one in dict.fromkeys(" ".join(sorted(one.split())) for one in (fold(other), spellings(other))):
            for matcher in self._matchers:
                matcher.set_seq1(one)
                if one and matcher.real_quick_ratio() > best and matcher.quick_ratio() > best:
                    best = max(best, matcher.ratio())
        return best


def _likeness(
    person: ParticipantFields, phones: Sequence[str], asked: LikelyDuplicates, names: Sequence[_Name], number: str, phone: str
) -> float:
    if number and person.a_number == number.zfill(9):
        return 3.0
    same_phone = bool(phone) and any(digits(value).endswith(phone[-10:]) for value in phones)
    best = 0.0 if same_phone else ALIKE - BORN  # below that not even the same day of birth would show the person
    for mine in (person.legal_name.full, person.native_name, person.preferred_name, *person.aliases):
        for name in names if mine else ():
            best = name.likeness(mine, best)
    if same_phone:
        return 1.5 + best
    if asked.birth_date is not None and person.birth_date is not None:
        same = asked.birth_date.day == person.birth_date.day
        near = asked.birth_date.estimated or person.birth_date.estimated
        years = abs(asked.birth_date.day.year - person.birth_date.day.year)
        best += BORN if same else 0.0 if near and years <= 2 else -0.1
    return best
