"""Somebody is found by any piece that one remembers, in any script; and noticed before being registered twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmpp_desktop.domain.cases import CloseCase
from cmpp_desktop.domain.obligations import AddObligation
from cmpp_desktop.domain.participants import AddContactRoute, ChangeParticipant
from cmpp_desktop.domain.questions import LikelyDuplicates, Participant, People, PeopleAnswer, PeopleFilter, PeopleSort
from cmpp_desktop.domain.records import BirthDate, PersonName, When
from cmpp_desktop.domain.tasks import WriteNote
from cmpp_desktop.store.folding import fold, spans
from tests.store.laptops import DAY, Laptop, family

Make = Callable[..., Laptop]
WHO: tuple[tuple[str, str, dict[str, Any]], ...] = (
    (
        "Farid",
        "Rahimi",
        {"native_name": "فرید رحیمی", "a_number": "219874907", "phone": "+1 202 555 0143", "languages": ("prs",)},
    ),
    ("Zohra", "Rahimi", {"native_name": "زهره رحیمی", "languages": ("prs",), "interpreter_needed": True}),
    ("Bakhtiyor", "Rahimov", {"native_name": "Бахтиёр Рахимов", "languages": ("uz", "ru")}),
    ("Rosa", "Quispe Mamani", {"aliases": ("La Chiqui",), "birth_date": BirthDate(day=date(1990, 3, 1))}),
    ("Lucía", "Núñez", {"preferred_name": "Lucha", "birth_date": BirthDate(day=date(1988, 7, 9))}),
    ("Wideline", "Pierre-Louis", {"a_number": "98765432"}),
    ("Mira", "O'Neill", {}),
)


@pytest.fixture
def office(a_laptop: Make) -> Laptop:
    laptop = a_laptop()
    for given_name, surname, more in WHO:
        laptop.do(family(given_name, surname, **more))
    return laptop


def found(laptop: Laptop, text: str, **more: Any) -> PeopleAnswer:
    return laptop.ask(People(DAY, text, **more))


@pytest.mark.parametrize(
    ("typed", "first", "why"),
    [
        ("rah", "Rahimi, Farid", ""),
        ("RAHIMI FA", "Rahimi, Farid", ""),
        ("farid rahimi", "Rahimi, Farid", ""),
        ("رحیمی زهره", "Rahimi, Zohra", "native"),
        ("فر", "Rahimi, Farid", "native"),
        ("бахт", "Rahimov, Bakhtiyor", "native"),
        ("РАХИМОВ", "Rahimov, Bakhtiyor", "native"),
        ("rakhimov", "Rahimov, Bakhtiyor", ""),
        ("chiqui", "Quispe Mamani, Rosa", "alias"),
        ("nunez", "Núñez, Lucía", ""),
        ("NÚÑ", "Núñez, Lucía", ""),
        ("lucha", "Núñez, Lucía", "preferred"),
        ("mani", "Quispe Mamani, Rosa", ""),
        ("oneill", "O'Neill, Mira", ""),
        ("pierre louis", "Pierre-Louis, Wideline", ""),
        ("987490", "Rahimi, Farid", "a_number"),
        ("A219-874-907", "Rahimi, Farid", "a_number"),
        ("098765432", "Pierre-Louis, Wideline", "a_number"),
        ("555 0143", "Rahimi, Farid", "phone"),
        ("(202) 555-0143", "Rahimi, Farid", "phone"),
    ],
)
def test_a_piece_is_enough(office: Laptop, typed: str, first: str, why: str) -> None:
    answer = found(office, typed)
    row = next(row for row in answer.rows[:2] if row.name == first)  # a child of the same name may stand beside
    assert row.why_kind == why
    assert answer.matching >= 1
    if not why and typed not in ("rakhimov",):
        assert row.spans


def test_an_a_number_that_matched_is_not_shown_whole(office: Laptop) -> None:
    (row, *_) = found(office, "219874907").rows
    assert (row.why, row.a_number_end) == ("907", "907")


def test_names_that_begin_with_it_come_before_pieces(office: Laptop) -> None:
    office.do(family("Ibrahim", "Abrahimi"))
    names = [row.name for row in found(office, "rahim").rows]
    assert names.index("Rahimi, Farid") < names.index("Abrahimi, Ibrahim")


def test_what_is_typed_cannot_break_the_search(office: Laptop) -> None:
    for typed in ('"', "* OR *", "name:", "NEAR(a b)", "'; DROP TABLE person", "%", "\u202e", "-", "()", "🙂", "A"):
        found(office, typed)


@given(st.text(min_size=1, max_size=12), st.text(min_size=1, max_size=4))
def test_spans_lie_inside_the_text(text: str, typed: str) -> None:
    for start, length in spans(text, typed):
        assert 0 <= start < start + length <= len(text)
        assert fold(text[start : start + length])


def test_a_changed_name_is_found_by_the_new_one_only(office: Laptop) -> None:
    person = found(office, "chiqui").rows[0].id
    office.do(ChangeParticipant(person, {"aliases": ["Estrella"]}))
    assert found(office, "chiqui").matching == 0
    assert found(office, "estrel").rows[0].id == person
    office.do(AddContactRoute(person, "303 555 0188"))
    assert found(office, "3035550188").rows[0].id == person


def test_pages_in_every_order_hold_everybody_once(office: Laptop) -> None:
    person = found(office, "farid").rows[0].id
    office.do(AddObligation((person,), "master_hearing", When(day=DAY + timedelta(days=3))))
    office.do(WriteNote(person, "Called."))
    sorts: tuple[PeopleSort, ...] = ("name", "next", "last_contact")
    for sort in sorts:
        pages = [office.ask(People(DAY, sort=sort, offset=at, limit=4)) for at in range(0, 16, 4)]
        ids = [row.id for page in pages for row in page.rows]
        assert len(ids) == len(set(ids)) == pages[0].everybody == pages[0].matching == 2 * len(WHO)
    assert office.ask(People(DAY, sort="next")).rows[0].id == person
    assert office.ask(People(DAY, sort="last_contact")).rows[-1].id == person
    assert office.ask(People(DAY, sort="last_contact")).rows[-1].last_contact == DAY
    names = [fold(row.name) for row in office.ask(People(DAY)).rows]
    assert names == sorted(names)


def test_filters_say_who_needs_what(office: Laptop) -> None:
    farid = found(office, "farid").rows[0].id
    office.do(AddObligation((farid,), "master_hearing", When(day=DAY + timedelta(days=3))))
    office.do(WriteNote(farid, "Called."))
    case = office.ask(Participant(farid)).case
    assert case is not None

    def names(**chosen: Any) -> set[str]:
        return {row.name for row in office.ask(People(DAY, filter=PeopleFilter(**chosen))).rows}

    assert names(hearing_within=7) == {"Rahimi, Farid"}
    assert names(hearing_within=2) == set()
    assert names(language="ru") == {"Rahimov, Bakhtiyor"}
    assert names(interpreter=True) == {"Rahimi, Zohra"}
    assert "Rahimi, Farid" not in names(no_contact_for=30)
    assert office.ask(People(DAY, filter=PeopleFilter(mine=True))).matching == 2 * len(WHO)
    office.do(CloseCase(case.id, "moved"))
    assert names(states=("exited",)) == {"Rahimi, Farid"}
    assert office.ask(People(DAY, "rah", PeopleFilter(interpreter=True))).rows[0].name == "Rahimi, Zohra"


def test_those_who_are_chosen_stand_in_the_order_of_everybody(office: Laptop) -> None:
    for at, row in enumerate(found(office, "ra").rows):  # some have a hearing, some were called
        office.do(AddObligation((row.id,), "master_hearing", When(day=DAY + timedelta(days=9 - at))))
        office.do(WriteNote(row.id, "Called."))
    sorts: tuple[PeopleSort, ...] = ("name", "next", "last_contact")
    for sort in sorts:
        everybody = office.ask(People(DAY, sort=sort)).rows
        spoken = {language for row in everybody for language in row.languages}
        assert {"prs", "uz", "ru"} <= spoken
        for language in (*spoken, "r", "zz"):  # one or two speak it, many, nobody; "r" is only a piece of one
            answer = office.ask(People(DAY, filter=PeopleFilter(language=language), sort=sort))
            assert answer.rows == tuple(row for row in everybody if language in row.languages)
            assert answer.matching == len(answer.rows)


def test_somebody_who_is_registered_already_is_noticed(office: Laptop) -> None:
    def names(**more: Any) -> list[str]:
        return [row.name for row in office.ask(LikelyDuplicates(**more))]

    assert names(name=PersonName(given="Fareed", family="Rahimi"))[0] == "Rahimi, Farid"
    assert names(name=PersonName(given="Rahimi", family="Farid"))[0] == "Rahimi, Farid"
    assert names(name=PersonName(given="X"), a_number="219-874-907") == ["Rahimi, Farid"]
    assert names(name=PersonName(given="X"), phone="202 555 0143") == ["Rahimi, Farid"]
    assert names(name=PersonName(given="Lucia", family="Nunez"), birth_date=BirthDate(day=date(1988, 7, 9)))[0] == "Núñez, Lucía"
    assert names(name=PersonName(given="Q"), native_name="Бахтиер Рахимов") == ["Rahimov, Bakhtiyor"]
    assert names(name=PersonName(given="Thandiwe", family="Mbeki")) == []


def test_the_index_made_anew_finds_the_same(office: Laptop) -> None:
    before = [row.name for row in found(office, "ra").rows]
    office.store.rebuild_index()
    assert [row.name for row in found(office, "ra").rows] == before
