"""Who might be registered already: of one person who is about to be, and of all rows of a file at once.

Those worth comparing are found by numbers, by what their names sound like, and by the day of birth; likeness.py says how like
they are. A file of thousands is compared in memory, because a question to the index for each row would take minutes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from cmpp_desktop.domain.importing import DuplicatesIn, LookedFor, Match
from cmpp_desktop.domain.participants import ContactRouteFields, ParticipantFields, normal_phone
from cmpp_desktop.domain.questions import LikelyDuplicates, PersonRow
from cmpp_desktop.domain.records import BirthDate, to_wire
from cmpp_desktop.store.folding import digits
from cmpp_desktop.store.likeness import ALIKE, CERTAIN, Ear, Known, same_number, swapped
from cmpp_desktop.store.queries.common import Asked, marks, table, unpacked
from cmpp_desktop.store.queries.people import rows_of
from cmpp_desktop.store.tables import CODECS
from cmpp_protocol import canon

AT_MOST = 5
COMPARED = 400  # people who are compared for one
OF_A_SOUND = 4_000  # more people than this with one sound say nothing
FACTS = "SELECT id, legal_name, preferred_name, native_name, aliases, birth_date, a_number FROM r_participant"


def likely_duplicates(asked: Asked, question: LikelyDuplicates) -> tuple[PersonRow, ...]:
    """See the question. An equal A-number or phone counts most, then likeness of the name in any script, then the birth date."""
    names = (question.name.full, question.native_name)
    phone = _phone(question.phone)
    wanted = known(names, question.birth_date, question.a_number, (phone,))
    ear = Ear()
    docs = _candidates(asked, ear, wanted)
    people = _known(asked, [UUID(bytes=id) for id in docs])
    scored = [(-ear.likeness(wanted, other), id) for id, other in people.items()]
    best = [docs[id.bytes] for score, id in sorted(scored, key=lambda item: (item[0], item[1])) if score <= -ALIKE][:AT_MOST]
    return rows_of(asked, best, date.min, "")


def known(names: Iterable[str], birth: BirthDate | None, a_number: str, phones: Iterable[str]) -> Known:
    """What is known of somebody, as it is compared."""
    number = digits(a_number)
    return Known(
        tuple(name for name in dict.fromkeys(names) if name.strip()),
        birth.day if birth else None,
        birth.estimated if birth else False,
        number.zfill(9) if len(number) in (8, 9) else "",
        tuple(phone for phone in phones if phone),
    )


def _phone(text: str) -> str:
    return digits(normal_phone(text)) if text.strip() else ""


def _candidates(asked: Asked, ear: Ear, wanted: Known) -> dict[bytes, int]:
    """Ids of people worth comparing, each with the row number of `person`; those that have most in common come first."""
    connection, found = asked.connection, Counter[int]()
    numbers = [f'"{number}"' for number in (wanted.a_number, *wanted.phones, *(phone[-10:] for phone in wanted.phones)) if number]
    if numbers:
        sql = "SELECT rowid FROM person_words WHERE person_words MATCH ? LIMIT 200"
        found.update(dict.fromkeys(connection.exec_driver_sql(sql, (f"number : ({' OR '.join(numbers)})",)).scalars(), 100))
    for key in sorted(ear.sounds(wanted.names)):
        sql = f"SELECT rowid FROM person_sounds WHERE person_sounds MATCH ? LIMIT {OF_A_SOUND}"
        docs = connection.exec_driver_sql(sql, (f'"{key}"',)).scalars().all()
        rarity = 2 if len(docs) > COMPARED else 3
        found.update(dict.fromkeys(docs, rarity))
    days = [day for day in (wanted.birth, swapped(wanted.birth) if wanted.birth else None) if day is not None]
    born = [_born(BirthDate(day=day, estimated=guess)) for day in days for guess in (False, True)]
    if born:
        sql = (
            "SELECT p.doc FROM r_participant r JOIN person p ON p.id = r.id AND p.coll = r.coll "
            f"WHERE r.birth_date IN ({marks(born)}) LIMIT 1000"
        )
        found.update(dict.fromkeys(connection.exec_driver_sql(sql, tuple(born)).scalars(), 3))
    chosen = [doc for doc, _ in found.most_common(COMPARED)]
    rows: dict[bytes, int] = {}
    for start in range(0, len(chosen), 500):
        part = chosen[start : start + 500]
        sql = f"SELECT id, doc FROM person WHERE doc IN ({marks(part)}) AND coll + 0 IN ({marks(asked.held)})"
        rows |= {row[0]: row[1] for row in connection.exec_driver_sql(sql, (*part, *asked.held))}
    return rows


def _born(birth: BirthDate) -> Any:
    """A birth date as it lies in its column."""
    return CODECS[ParticipantFields.kind]["birth_date"].load(canon.pack(to_wire(birth)))


def _known(asked: Asked, ids: Sequence[UUID] | None) -> dict[UUID, Known]:
    """What is known of these people, or of everybody; whoever was merged has all names and numbers, under the id shown."""
    phones = _phones(asked, ids)
    found: dict[UUID, list[Known]] = {}
    if ids is not None:
        ids = [same for id in ids for same in asked.same(id)]
    for part in [None] if ids is None else [ids[start : start + 500] for start in range(0, len(ids), 500)]:
        where, values = ("", ()) if part is None else (f" AND id IN ({marks(part)})", tuple(id.bytes for id in part))
        sql = f"{FACTS} WHERE meta_shown + 0 = 1 AND coll + 0 IN ({marks(asked.held)}){where}"
        rows = asked.connection.exec_driver_sql(sql, (*asked.held, *values))
        for raw, legal, preferred, native, aliases, birth, number in rows:
            id = UUID(bytes=raw)
            name = unpacked(legal)
            names = (f"{name.get('given', '')} {name.get('family', '')}".strip(), native, preferred, *unpacked(aliases))
            born = unpacked(birth) if birth is not None else None
            one = Known(
                tuple(name for name in dict.fromkeys(names) if name),
                date.fromisoformat(born["day"]) if born else None,
                bool(born and born.get("estimated")),
                number,
                tuple(phones.get(raw, ())),
            )
            found.setdefault(asked.same(id)[0], []).append(one)
    return {id: listed[0] if len(listed) == 1 else _together(listed) for id, listed in found.items()}


def _together(listed: Sequence[Known]) -> Known:
    names = tuple(dict.fromkeys(name for one in listed for name in one.names))
    phones = tuple(dict.fromkeys(phone for one in listed for phone in one.phones))
    first = next((one for one in listed if one.birth), listed[0])
    return Known(names, first.birth, first.estimated, next((one.a_number for one in listed if one.a_number), ""), phones)


def _phones(asked: Asked, ids: Sequence[UUID] | None) -> dict[bytes, list[str]]:
    name = table(ContactRouteFields).name
    sql = (
        f'SELECT participant_id, value FROM "{name}" WHERE route IN (\'phone\', \'text\') AND meta_shown + 0 = 1 '
        f"AND coll + 0 IN ({marks(asked.held)})"
    )
    found: dict[bytes, list[str]] = {}
    everybody = [same for id in ids for same in asked.same(id)] if ids is not None else None
    for part in [None] if everybody is None else [everybody[at : at + 500] for at in range(0, len(everybody), 500)]:
        where = "" if part is None else f" AND participant_id IN ({marks(part)})"
        values = () if part is None else tuple(id.bytes for id in part)
        for id, value in asked.connection.exec_driver_sql(sql + where, (*asked.held, *values)):
            found.setdefault(id, []).append(digits(value))
    return found


# --- all rows of a file -----------------------------------------------------------------------------------------------------


class _Index:
    """People in memory, found by their numbers, by two words of a name, or by the day of birth and one word."""

    def __init__(self, ear: Ear) -> None:
        self._ear = ear
        self.people: list[Known] = []
        self._by: dict[Any, list[int]] = {}

    def add(self, one: Known) -> None:
        place = len(self.people)
        self.people.append(one)
        for key in self._keys(one):
            self._by.setdefault(key, []).append(place)

    def like(self, one: Known) -> list[tuple[float, int]]:
        """Those that are like this one, best first."""
        worth = {place for key in self._keys(one, asked=True) for place in self._by.get(key, ())}
        scored = ((self._ear.likeness(one, self.people[place], phone_alone=False), place) for place in worth)
        return sorted((item for item in scored if item[0] >= ALIKE), key=lambda item: (-item[0], item[1]))[:AT_MOST]

    def _keys(self, one: Known, *, asked: bool = False) -> set[Any]:
        keys: set[Any] = set(self._ear.pairs(one.names))
        if one.a_number:
            keys.add(("number", one.a_number))
        keys.update(("phone", phone[-10:]) for phone in one.phones if len(phone) >= 7)
        days = [one.birth, swapped(one.birth) if asked and one.birth else None]
        keys.update((day, sound) for day in days if day for sound in self._ear.sounds(one.names))
        return keys


def duplicates_in(asked: Asked, question: DuplicatesIn) -> tuple[tuple[Match, ...], ...]:
    """See the question."""
    ear = Ear()
    wanted = [_looked_for(one) for one in question.people]
    there, ids = _Index(ear), []
    numbers = {one.a_number for one in wanted}
    for id, one in _known(asked, None).items():
        if one.names or one.a_number in numbers:
            there.add(one)
            ids.append(id)
    file = _Index(ear)
    found: list[tuple[Match, ...]] = []
    for one in wanted:
        matches = [Match(score, *_why(ear, one, there.people[at]), participant_id=ids[at]) for score, at in there.like(one)]
        matches += [Match(score, *_why(ear, one, file.people[at]), row=question.people[at].row) for score, at in file.like(one)]
        file.add(one)
        found.append(tuple(sorted(matches, key=lambda match: -match.likeness)[:AT_MOST]))
        if question.progress is not None:
            question.progress(len(found), len(wanted))
    names = asked.called({match.participant_id for listed in found for match in listed if match.participant_id is not None})
    return tuple(tuple(match.named(names) for match in listed) for listed in found)


def _looked_for(one: LookedFor) -> Known:
    return known(one.names, one.birth_date, one.a_number, (digits(phone) for phone in one.phones))


def _why(ear: Ear, one: Known, other: Known) -> tuple[bool, tuple[str, ...]]:
    """Whether it is certain, and what is alike: a_number, phone, birth_date, name."""
    name = max((ear.names_alike(mine, theirs) for mine in one.names for theirs in other.names), default=0.0)
    same = (
        ("a_number", bool(one.a_number) and one.a_number == other.a_number),
        ("phone", any(same_number(mine, theirs) for mine in one.phones for theirs in other.phones)),
        ("birth_date", one.birth is not None and other.birth is not None and other.birth in (one.birth, swapped(one.birth))),
        ("name", name >= ALIKE),
    )
    return ear.likeness(one, other, phone_alone=False) >= CERTAIN, tuple(word for word, holds in same if holds)
