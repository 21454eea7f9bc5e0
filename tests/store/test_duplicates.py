"""Whoever is about to be registered twice is noticed: whatever the script, the spelling, or the order of day and month."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmpp_desktop.domain.households import NewPerson
from cmpp_desktop.domain.import_writing import Source, carry_out
from cmpp_desktop.domain.importing import DuplicatesIn, LookedFor, Row
from cmpp_desktop.domain.merges import MergePeople
from cmpp_desktop.domain.questions import LikelyDuplicates, Participant
from cmpp_desktop.domain.records import BirthDate, PersonName
from cmpp_desktop.store.likeness import ALIKE, Ear, Known, swapped, words_of
from tests.factory.origins import ORIGINS
from tests.store.laptops import DAY, Laptop, family

Make = Callable[..., Laptop]
BORN = BirthDate(day=date(1988, 7, 9))
SPELLINGS = (("i", "ee"), ("k", "q"), ("u", "ou"), ("v", "w"), ("y", "i"), ("z", "s"), ("c", "k"), ("h", ""))
SYLLABLES = ("ba", "ke", "lo", "mi", "nu", "ra", "se", "ti", "vo", "cha", "lla", "que")


def write(laptop: Laptop, *people: NewPerson) -> None:
    rows = [Row(at, person, person.a_number) for at, person in enumerate(people, 1)]
    with laptop.work() as commit:
        carry_out(commit.work, Source("people.csv", {}), rows, {})
        commit()


def person(given: str, surname: str, **more: object) -> NewPerson:
    return replace(NewPerson(PersonName(given=given, family=surname), birth_date=BORN), **more)  # type: ignore[arg-type]


def noticed(laptop: Laptop, given: str, surname: str, **more: object) -> list[str]:
    question = LikelyDuplicates(PersonName(given=given, family=surname), **more)  # type: ignore[arg-type]
    return [row.name for row in laptop.ask(question)]


@pytest.mark.parametrize(
    ("there", "again"),
    [
        (("Иван", "Арабов"), ("Ivan", "Arabov")),
        (("Muhammad", "Karimi"), ("محمد", "کریمی")),
        (("Muhammad", "Karimi"), ("Mohamed", "Karimy")),
        (("محمد", "حداد"), ("Mohammad", "Haddad")),
        (("Văn", "Nguyễn"), ("Nguyen", "Van")),
        (("Ixchel", "Tzoc"), ("Xchel", "Tsoc")),
        (("Rosa", "Quispe Mamani"), ("Rosa", "Quispe")),
        (("Rosa", "Quispe"), ("Rosa María", "Quispe Mamani")),
        (("Farid", "Rahimi"), ("Rahimi", "Fareed")),
        (("Оксана", "Гриценко"), ("Oksana", "Hrytsenko")),
        (("ሰላም", "ሃይለ"), ("Selam", "Haile")),
        (("Wideline", "Saint-Fleur"), ("Wideline", "St Fleur")),
        (("Abdul Rahman", "Noori"), ("Abdulrahman", "Nuri")),
        (("Joseph", "Baptiste"), ("Josef", "Batist")),
    ],
)
def test_one_name_in_two_spellings(a_laptop: Make, there: tuple[str, str], again: tuple[str, str]) -> None:
    laptop = a_laptop()
    write(laptop, person(*there), person("Thandiwe", "Mbeki"), person("Marisela", "Ajanel"))
    assert noticed(laptop, *again, birth_date=BORN)[:1] == [f"{there[1]}, {there[0]}"]
    assert noticed(laptop, "Zacharias", "Obermaier", birth_date=BORN) == []


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (BirthDate(day=date(1988, 9, 7)), True),  # day and month the other way round
        (BirthDate(day=date(1987, 1, 1), estimated=True), True),
        (BirthDate(day=date(1988, 7, 19)), True),
        (BirthDate(day=date(1961, 2, 23)), False),  # the same name, somebody else
        (None, True),
    ],
)
def test_a_day_of_birth_that_was_written_down_wrongly(a_laptop: Make, day: BirthDate | None, expected: bool) -> None:
    laptop = a_laptop()
    write(laptop, person("Candelaria", "Xol Poncio"))
    assert bool(noticed(laptop, "Candelaria", "Xol Poncio", birth_date=day)) is expected


def test_a_number_or_a_phone_is_enough(a_laptop: Make) -> None:
    laptop = a_laptop()
    write(laptop, person("Taras", "Lysenko", a_number="219874907", phone="+380 44 555 0143"))
    assert noticed(laptop, "X", "Y", a_number="A219-874-907") == ["Lysenko, Taras"]
    assert noticed(laptop, "X", "Y", phone="+380445550143") == ["Lysenko, Taras"]
    assert noticed(laptop, "X", "Y", a_number="219874908") == []


def test_a_family_with_one_phone_is_not_one_person_to_a_file(a_laptop: Make) -> None:
    laptop = a_laptop()
    write(laptop, person("Marisela", "Tzoc", phone="212 555 0143"))
    child = LookedFor(2, ("Mateo Tzoc",), BirthDate(day=date(2015, 2, 3)), "", ("+12125550143",))
    assert laptop.ask(DuplicatesIn((child,))) == ((),)


def test_somebody_who_was_merged_is_noticed_under_any_of_their_names(a_laptop: Make) -> None:
    laptop = a_laptop()
    one, two = laptop.do(family("Zohra", "Karimi")).id, laptop.do(family("Leila", "Ahmadi")).id
    laptop.do(MergePeople(one, two))
    shown = laptop.ask(Participant(one)).participant.id
    assert laptop.ask(LikelyDuplicates(PersonName(given="Leyla", family="Ahmady")))[0].id == shown
    looked_for = LookedFor(1, ("Leyla Ahmady",), None, "", ())
    assert laptop.ask(DuplicatesIn((looked_for,)))[0][0].participant_id == shown


def test_who_may_not_see_somebody_is_not_told_of_them(a_laptop: Make) -> None:
    laptop = a_laptop()
    write(laptop, person("Farid", "Rahimi", a_number="219874907"))
    with laptop.store._database.writing() as connection:
        connection.exec_driver_sql("UPDATE collection SET held=0 WHERE kind='caseload'")
    laptop.reopen()
    assert noticed(laptop, "Farid", "Rahimi", a_number="219874907", birth_date=BORN) == []
    assert laptop.ask(DuplicatesIn((LookedFor(1, ("Farid Rahimi",), BORN, "219874907", ()),))) == ((),)


# --- how many are noticed, and how often it is a false alarm ------------------------------------------------------------


def somebody(rng: random.Random) -> NewPerson:
    origin = rng.choice(ORIGINS)
    given_name, surname = rng.choice(origin.women + origin.men), rng.choice(origin.families)
    second = "".join(rng.choices(SYLLABLES, k=rng.choice((2, 3)))).capitalize()
    return NewPerson(
        PersonName(given=given_name[0], family=f"{surname[0]} {second}"),
        native_name=f"{given_name[1]} {surname[1]}".strip() if given_name[1] and surname[1] else "",
        birth_date=BirthDate(day=DAY - timedelta(days=rng.randint(700, 25_000))),
        a_number=f"2{rng.randint(10_000_000, 99_999_999)}",
        phone=f"+1212555{rng.randint(0, 9999):04d}" if rng.random() < 0.5 else "",
    )


def misspelt(word: str, rng: random.Random) -> str:
    if len(word) < 4:
        return word
    at = rng.randrange(1, len(word) - 1)
    return rng.choice(
        (
            word[:at] + word[at + 1 :],
            word[:at] + rng.choice("aeiourstn") + word[at + 1 :],
            word[:at] + word[at + 1] + word[at] + word[at + 2 :],
            word[:at] + word[at] + word[at:],
        )
    )


def respelt(word: str, rng: random.Random) -> str:
    for old, new in rng.sample(SPELLINGS, 3):
        word = word.replace(old, new)
    return word


def again(one: NewPerson, rng: random.Random) -> LikelyDuplicates:
    """Somebody as a second form has them."""
    name, born = one.name, one.birth_date
    assert born is not None
    words = name.family.split()
    question = LikelyDuplicates(name, birth_date=born)
    kind = rng.randrange(9)
    if kind == 0:
        return replace(question, name=PersonName(given=misspelt(name.given, rng), family=name.family))
    if kind == 1:
        return replace(question, name=PersonName(given=name.given, family=f"{misspelt(words[0], rng)} {words[-1]}"))
    if kind == 2:
        return replace(question, name=PersonName(given=name.family, family=name.given))
    if kind == 3:
        return replace(question, name=PersonName(given=name.given, family=words[0]))
    if kind == 4:
        other = swapped(born.day)
        return replace(question, birth_date=BirthDate(day=other) if other else born)
    if kind == 5:
        guess = date(born.day.year + 1, 1, 1)
        return replace(question, birth_date=BirthDate(day=guess, estimated=True))
    if kind == 6:
        given_name, surname = respelt(name.given.lower(), rng), respelt(name.family.lower(), rng)
        return replace(question, name=PersonName(given=given_name, family=surname))
    if kind == 7 and one.native_name:
        return replace(question, name=PersonName(given=one.native_name))
    return replace(question, name=PersonName(given=name.given, family=name.family.upper()), birth_date=None)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Laptop, list[NewPerson]]]:
    folder: Path = tmp_path_factory.mktemp("large")
    laptop = Laptop(folder / "laptop")
    rng = random.Random(11)
    people = [somebody(rng) for _ in range(1500)]
    write(laptop, *people)
    yield laptop, people
    laptop.store.close()


def test_nearly_everybody_who_comes_again_is_among_the_first_five(large: tuple[Laptop, list[NewPerson]]) -> None:
    laptop, people = large
    rng = random.Random(12)
    asked = rng.sample(people, 300)
    missed = [
        one.name.full
        for one in asked
        if one.a_number[-3:] not in [row.a_number_end for row in laptop.ask(again(one, rng))]
    ]
    assert len(missed) <= 0.05 * len(asked), missed


def test_a_stranger_is_seldom_taken_for_somebody(large: tuple[Laptop, list[NewPerson]]) -> None:
    laptop, _ = large
    rng = random.Random(13)
    strangers = [somebody(rng) for _ in range(200)]
    alarms = sum(
        bool(laptop.ask(LikelyDuplicates(one.name, one.native_name, one.birth_date, one.a_number))) for one in strangers
    )
    assert alarms <= 0.05 * len(strangers)


def test_a_file_is_compared_as_one_person_is(large: tuple[Laptop, list[NewPerson]]) -> None:
    laptop, people = large
    rng = random.Random(14)
    asked = rng.sample(people, 200)
    questions = [again(one, rng) for one in asked]
    looked_for = tuple(
        LookedFor(at, (question.name.full,), question.birth_date, "", ()) for at, question in enumerate(questions)
    )
    matches = laptop.ask(DuplicatesIn(looked_for))
    with laptop.store._database.reading() as connection:
        rows = connection.exec_driver_sql("SELECT id, a_number FROM r_participant").all()
    numbers = {UUID(bytes=id): number for id, number in rows}
    missed = [
        one.name.full
        for one, listed in zip(asked, matches, strict=True)
        if one.a_number not in {numbers[match.participant_id] for match in listed if match.participant_id}
    ]
    assert len(missed) <= 0.07 * len(asked), missed


NAMES = st.text(max_size=12)


@settings(max_examples=80, deadline=None)
@given(NAMES, NAMES, st.none() | st.dates(), st.none() | st.dates())
def test_likeness_is_the_same_from_both_sides(one: str, two: str, born: date | None, other: date | None) -> None:
    ear = Ear()
    a, b = Known((one,), born), Known((two,), other)
    assert ear.likeness(a, b) == pytest.approx(ear.likeness(b, a))
    if words_of(one):
        assert ear.likeness(a, a) >= ALIKE
