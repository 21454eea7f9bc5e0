"""People: pages of the list in any order and filter, and find-as-you-type."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, TextClause, select, text

from cmpp_desktop.domain.cases import OPEN_STATES
from cmpp_desktop.domain.obligations import HEARINGS, ObligationFields
from cmpp_desktop.domain.participants import ContactRouteFields, ParticipantFields, called_by
from cmpp_desktop.domain.questions import NOBODY, People, PeopleAnswer, PeopleFilter, PersonRow
from cmpp_desktop.store import search
from cmpp_desktop.store.folding import digits, fold, spans, spellings
from cmpp_desktop.store.queries.common import MIDNIGHT, Asked, listed_name, marks, reader, table, unpacked

LOOKED_AHEAD = 10  # rows that are fetched at once where it is not known how many a page needs
FEW = 8  # where not even one in so many matches, these are read and put in order, not everybody in order until a page is full


def people(asked: Asked, question: People) -> PeopleAnswer:
    """See the question."""
    wanted = _Wanted(asked, question.filter, question.day)
    everybody, mine = _everybody(asked)
    if question.text.strip():
        docs, matching = search.find(asked.connection, question.text, wanted.clauses, question.offset, question.limit)
        return PeopleAnswer(rows_of(asked, docs, question.day, question.text), matching, mine, everybody)
    matching = everybody if len(wanted.conditions) == 1 else _count(asked, wanted)
    if question.sort == "next":
        # Obligations in their order, until the page is full: about `page * everybody / matching` of them; or, where that is
        # more than there are people to look at, the people first.
        page = question.offset + question.limit
        few = matching * matching <= page * everybody
        docs = _few_by_next(asked, wanted, question) if few else _by_next(asked, wanted, question)
    else:
        docs = _in_order(asked, wanted, question, few=matching * FEW <= everybody)
    return PeopleAnswer(rows_of(asked, docs, question.day, ""), matching, mine, everybody)


class _Wanted:
    """Who is wanted: conditions on the line of a person as SQL with named values. The first is always that it may be seen."""

    def __init__(self, asked: Asked, chosen: PeopleFilter, day: date) -> None:
        # The sum keeps SQLite from reading by collection and sorting everybody: the order has an index of its own.
        self.conditions: list[tuple[str, dict[str, Any]]] = []
        self.one_by_one: dict[str, str] = {}  # what is slow to look up for one line → the same, for a few lines in turn
        self._add(f"person.coll + 0 IN ({','.join(map(str, asked.held))})")
        if chosen.mine:
            self._add("person.caseworker_id = :me", me=asked.asker.staff_id.bytes)
        if chosen.caseworker == NOBODY:
            still = {f"still{at}": state for at, state in enumerate(OPEN_STATES)}
            self._add(f"person.caseworker_id IS NULL AND person.state IN ({','.join(f':{name}' for name in still)})", **still)
        elif chosen.caseworker is not None:
            self._add("person.caseworker_id = :whose", whose=chosen.caseworker.bytes)
        if chosen.states:
            states = {f"state{at}": state for at, state in enumerate(chosen.states)}
            self._add(f"person.state IN ({','.join(f':{name}' for name in states)})", **states)
        if chosen.language:
            spoken = json.dumps(_spoken_with(asked, chosen.language))
            self._add("person.languages IN (SELECT value FROM json_each(:spoken))", spoken=spoken)
        if chosen.interpreter:
            self._add("person.interpreter = 1")
        if chosen.no_contact_for is not None:
            since = (day - timedelta(days=chosen.no_contact_for)).isoformat()
            self._add("(person.last_contact IS NULL OR person.last_contact < :since)", since=since)
        if chosen.hearing_within is not None:
            hearings = {f"hearing{at}": kind for at, kind in enumerate(HEARINGS)}
            ahead = (
                "o.result IS NULL AND o.meta_day >= :today AND o.meta_day <= :until "
                f"AND o.coll + 0 IN ({','.join(map(str, asked.held))}) "
                f"AND o.type IN ({','.join(f':{name}' for name in hearings)})"
            )
            everyone = f"person.id IN (SELECT {_whose(asked)} FROM r_obligation o WHERE o.meta_shown = 1 AND {ahead})"
            self._add(
                everyone,
                today=day.isoformat(),
                until=(day + timedelta(days=chosen.hearing_within)).isoformat(),
                **hearings,
            )
            theirs = f"SELECT 1 FROM r_obligation o WHERE {_theirs(asked, 'o')} AND o.meta_shown + 0 = 1 AND {ahead}"
            self.one_by_one[everyone] = f"EXISTS ({theirs})"

    def _add(self, condition: str, **values: Any) -> None:
        self.conditions.append((condition, values))

    @property
    def sql(self) -> str:
        return " AND ".join(condition for condition, _ in self.conditions)

    @property
    def each(self) -> str:
        """The same, quicker where lines are looked at in an order until a page is full, and slower for everybody."""
        return " AND ".join(self.one_by_one.get(condition, condition) for condition, _ in self.conditions)

    @property
    def values(self) -> dict[str, Any]:
        return {name: value for _, values in self.conditions for name, value in values.items()}

    @property
    def clauses(self) -> list[TextClause]:
        """The same for statements that are put together."""
        return [text(condition).bindparams(**values) for condition, values in self.conditions]


def _spoken_with(asked: Asked, language: str) -> list[str]:
    """All that people's languages say (",ti,ar,") where this one is among them. An office has some hundreds of these, and
    its index goes from one to the next."""
    rows = asked.connection.exec_driver_sql(
        "WITH RECURSIVE spoken(said) AS (SELECT min(languages) FROM person UNION ALL "
        "SELECT (SELECT min(languages) FROM person WHERE languages > said) FROM spoken WHERE said IS NOT NULL) "
        "SELECT said FROM spoken WHERE instr(said, ?) > 0",
        (f",{language},",),
    )
    return [said for (said,) in rows]


def _everybody(asked: Asked) -> tuple[int, int]:
    """How many people may be seen, and how many of them are carried by whoever asks."""
    # All of a table are counted without looking at them; those in collections that are closed here are few, or none.
    closed = [idx for idx in asked.names.places if idx not in asked.held]
    found = asked.connection.exec_driver_sql(
        f"SELECT (SELECT count(*) FROM person) - (SELECT count(*) FROM person WHERE coll IN ({marks(closed)})), "
        f"(SELECT count(*) FROM person WHERE caseworker_id = ? AND coll + 0 IN ({marks(asked.held)}))",
        (*closed, asked.asker.staff_id.bytes, *asked.held),
    ).one()
    return found[0], found[1]


def _count(asked: Asked, wanted: _Wanted) -> int:
    sql = f"SELECT count(*) FROM person WHERE {wanted.sql}"
    return int(asked.connection.exec_driver_sql(sql, wanted.values).scalar_one())


def _in_order(asked: Asked, wanted: _Wanted, question: People, *, few: bool) -> list[int]:
    """A page by name or by last contact: an index has everybody in that order; `few` are put in order themselves."""
    names = ("last_contact", "fold") if question.sort == "last_contact" else ("fold", "doc")
    plus = "+" if few else ""  # hides the order from SQLite's choice of an index
    order = ", ".join(f"{plus}person.{name}" for name in names)
    where = wanted.sql if few else wanted.each
    sql = f"SELECT person.doc FROM person WHERE {where} ORDER BY {order} LIMIT :limit OFFSET :offset"
    page = {"limit": question.limit, "offset": question.offset}
    return list(asked.connection.exec_driver_sql(sql, wanted.values | page).scalars())


def _whose(asked: Asked) -> str:
    """SQL for the id under which the participant of an obligation `o` is shown."""
    if not asked.groups:
        return "o.participant_id"
    return "coalesce((SELECT i.canonical FROM identity i WHERE i.id = o.participant_id AND i.coll = o.coll), o.participant_id)"


def _theirs(asked: Asked, name: str) -> str:
    """SQL for an obligation, called `name`, being of the person whose line is looked at."""
    if not asked.groups:
        return f"{name}.participant_id = person.id"
    everyone = "SELECT person.id UNION ALL SELECT i.id FROM identity i WHERE i.canonical = person.id"
    return f"{name}.participant_id IN ({everyone})"


def _by_next(asked: Asked, wanted: _Wanted, question: People) -> list[int]:
    """By the next obligation, soonest first; those without one come last, by name. Reads only as far as the page."""
    start = (question.day - date(1970, 1, 1)).days * MIDNIGHT - MIDNIGHT  # a day early: every time zone is in it
    dated = asked.connection.exec_driver_sql(
        f"SELECT person.doc FROM r_obligation o JOIN person ON person.id = {_whose(asked)} AND person.coll = o.coll "
        "WHERE o.meta_shown = 1 AND o.result IS NULL AND o.meta_starts >= :start AND o.meta_day >= :day "
        f"AND {wanted.each} ORDER BY o.meta_starts, o.rowid",
        wanted.values | {"start": start, "day": question.day.isoformat()},
        execution_options={"stream_results": True, "max_row_buffer": LOOKED_AHEAD},
    )
    seen: dict[int, None] = {}
    for doc in dated.scalars():
        seen.setdefault(doc)
        if len(seen) >= question.offset + question.limit:
            dated.close()
            return list(seen)[question.offset :]
    page = list(seen)[question.offset :]
    skip = max(question.offset - len(seen), 0)
    sql = f"SELECT person.doc FROM person WHERE {wanted.each} ORDER BY person.fold"
    for doc in asked.connection.exec_driver_sql(sql, wanted.values).scalars():
        if doc in seen:
            continue
        if skip > 0:
            skip -= 1
            continue
        if len(page) >= question.limit:
            break
        page.append(doc)
    return page


def _few_by_next(asked: Asked, wanted: _Wanted, question: People) -> list[int]:
    """The same, of so few that each one's own obligations are looked at."""
    found = asked.connection.exec_driver_sql(
        "WITH chosen AS MATERIALIZED (SELECT person.doc AS doc, person.fold AS fold, ("
        f"SELECT n.rowid FROM r_obligation n WHERE {_theirs(asked, 'n')} AND n.coll + 0 = person.coll "
        "AND n.meta_shown + 0 = 1 AND n.result IS NULL AND n.meta_day >= :day ORDER BY n.meta_starts, n.rowid LIMIT 1) AS next "
        f"FROM person WHERE {wanted.sql}) "
        "SELECT chosen.doc FROM chosen LEFT JOIN r_obligation o ON o.rowid = chosen.next "
        "ORDER BY chosen.next IS NULL, o.meta_starts, chosen.next, chosen.fold LIMIT :limit OFFSET :offset",
        wanted.values | {"day": question.day.isoformat(), "limit": question.limit, "offset": question.offset},
    )
    return list(found.scalars())


def rows_of(asked: Asked, docs: Sequence[int], day: date, typed: str) -> tuple[PersonRow, ...]:
    """The lines of a page, in the order of `docs`. One statement, and no record is made whole: this runs at every key."""
    held = marks(asked.held)
    read = asked.connection.exec_driver_sql(
        "SELECT p.doc, p.id, p.state, p.last_contact, "
        f"(SELECT s.name FROM r_staff_member s WHERE s.id = p.caseworker_id AND s.coll + 0 IN ({held}) LIMIT 1), "
        "r.legal_name, r.preferred_name, r.native_name, r.aliases, r.birth_date, "
        ' r.languages, r.interpreter_needed, r.a_number, r.flags, o.type, o."when" '
        "FROM person p JOIN r_participant r ON r.id = p.id AND r.coll = p.coll "
        "LEFT JOIN r_obligation o ON o.rowid = ("
        "SELECT n.rowid FROM r_obligation n WHERE n.participant_id = p.id AND n.meta_shown + 0 = 1 "
        f"AND n.coll + 0 IN ({held}) AND n.result IS NULL AND n.meta_day >= ? ORDER BY n.meta_starts LIMIT 1) "
        f"WHERE p.doc IN ({marks(docs)}) AND r.meta_shown + 0 = 1",
        (*asked.held, *asked.held, day.isoformat(), *docs),
    )
    lines: dict[int, Any] = {line[0]: line for line in read.all()}
    born, when = reader(ParticipantFields, "birth_date"), reader(ObligationFields, "when")
    found = [_row(lines[doc], born, when) for doc in docs if doc in lines]
    if asked.groups:
        found = [_as_one(asked, row, day) for row in found]
    if not typed:
        return tuple(found)
    phones = _phones(asked, [row.id for row in found]) if digits(typed) else {}  # only digits are looked for in them
    matched = zip(found, (lines[doc] for doc in docs if doc in lines), strict=True)
    return tuple(_explained(row, line, phones.get(row.id, ()), typed) for row, line in matched)


def _row(line: Row[Any], born: Callable[[Any], Any], when: Callable[[Any], Any]) -> PersonRow:
    _, id, state, contact, carried, legal, preferred, native, _, birth, spoken, interpreter, number, flags, type_, at = tuple(
        line
    )
    name = unpacked(legal)
    given, family = name.get("given", ""), name.get("family", "")
    return PersonRow(
        id=UUID(bytes=id),
        name=listed_name(given, family),
        called=called_by(preferred, given, family),
        native_name=native,
        birth_date=None if birth is None else born(birth),
        languages=tuple(unpacked(spoken)),
        interpreter_needed=bool(interpreter),
        a_number_end=number[-3:],
        next_obligation=type_,
        next_when=None if at is None else when(at),
        last_contact=date.fromisoformat(contact) if contact else None,
        caseworker=carried or "",
        state=state,
        flags=tuple(unpacked(flags)),
    )


def _as_one(asked: Asked, row: PersonRow, day: date) -> PersonRow:
    """The row of somebody who was merged, as the person is shown; any other stays as it is."""
    group = asked.same(row.id)
    if len(group) == 1:
        return row
    facts = asked.people([row.id])[row.id]
    obligations = table(ObligationFields).c
    ahead = asked.all(
        ObligationFields,
        obligations.participant_id.in_(group),
        obligations.result.is_(None),
        obligations.meta_day >= day.isoformat(),
        order=(obligations.meta_starts,),
    )
    return replace(
        row,
        name=listed_name(facts.legal_name.given, facts.legal_name.family),
        called=facts.called,
        native_name=facts.native_name,
        birth_date=facts.birth_date,
        languages=tuple(facts.languages),
        interpreter_needed=facts.interpreter_needed,
        a_number_end=facts.a_number[-3:],
        flags=tuple(facts.flags),
        next_obligation=ahead[0].fields.type if ahead else None,
        next_when=ahead[0].fields.when if ahead else None,
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


def _explained(row: PersonRow, line: Row[Any], phones: Sequence[str], text: str) -> PersonRow:
    """The row with where its name matched; or, when it was not the name, with what matched."""
    typed = digits(text)
    marked = () if search.is_number(text) else spans(row.name, text)
    if marked and _all_words(row.name, text):
        return replace(row, spans=marked)
    aliases = (("alias", name) for name in unpacked(line.aliases))
    others = (("native", line.native_name), ("preferred", line.preferred_name), *aliases)
    for kind, value in others:
        if value and not search.is_number(text) and spans(value, text):
            return replace(row, spans=marked, why=value, why_kind=kind)
    if typed and typed in line.a_number:
        return replace(row, spans=marked, why=row.a_number_end, why_kind="a_number")
    for phone in phones:
        if typed and typed in digits(phone):
            return replace(row, spans=marked, why=phone, why_kind="phone")
    return replace(row, spans=marked)


def _all_words(name: str, text: str) -> bool:
    there = spellings(name)
    return all(word in there for word in fold(text).split())
