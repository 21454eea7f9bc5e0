"""Anything that was written is found by the beginning of any word, in any script; and only by those who may read it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmpp_desktop.domain.entries import AddRecord
from cmpp_desktop.domain.finding import Find, Found
from cmpp_desktop.domain.members import SeparateMembers
from cmpp_desktop.domain.merges import MergePeople
from cmpp_desktop.domain.obligations import AddObligation
from cmpp_desktop.domain.records import When
from cmpp_desktop.domain.sessions import ChangeSession, DeleteSession, RecordSession
from cmpp_desktop.domain.tasks import AddTask, ChangeNote, DeleteNote, RestoreNote, WriteNote
from cmpp_desktop.store import texts
from cmpp_desktop.store.queries.finding import _place
from cmpp_desktop.store.tables import CODECS
from tests.store.laptops import DAY, Laptop, family, visit

Make = Callable[..., Laptop]


def found(laptop: Laptop, typed: str, *kinds: str) -> Found:
    laptop.store.index_texts()
    return laptop.ask(Find(typed, DAY, kinds))


def kinds(laptop: Laptop, typed: str) -> list[str]:
    return [text.kind for text in found(laptop, typed).texts]


@pytest.fixture
def mother(a_laptop: Make) -> tuple[Laptop, UUID]:
    laptop = a_laptop()
    return laptop, laptop.do(family()).id


def test_people_come_first_and_then_what_was_written(mother: tuple[Laptop, UUID]) -> None:
    laptop, marisela = mother
    laptop.do(WriteNote(marisela, "Marisela called about the lantern festival."))
    laptop.do(visit(marisela, "We spoke of the Niñez Segura programme for Lucía."))
    laptop.do(AddTask(marisela, "Ask the lantern office"))
    laptop.do(AddObligation((marisela,), "master_hearing", When(day=DAY), place="Newbridge, room 4", judge="Judge Lanternwood"))
    answer = found(laptop, "marisela")
    assert answer.people[0].name == "Tzoc, Marisela"
    assert answer.texts[0].participant == "Marisela Tzoc"
    assert set(kinds(laptop, "lant")) == {"note", "task", "obligation"}
    assert kinds(laptop, "ninez segu") == ["service_session"]
    assert [text.kind for text in found(laptop, "lantern", "task").texts] == ["task"]
    assert found(laptop, "lantern", "task").people == ()
    whole = found(laptop, "lantern").texts
    assert whole[-1].kind == "obligation"  # only begins a word of it: after those that have the word
    text = found(laptop, "festival").texts[0]
    assert [text.text[start : start + length] for start, length in text.spans] == ["festival"]


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ("Позвонила Оксана, завтра суд", "оксана"), ("Позвонила Оксана, завтра суд", "oksana"),
        ("Pidió café y pañales", "panales"),
        ("قالت فریده چیزی", "فریده"), ("ሰላም ደወለች", "ሰላም"), ("Straße gesperrt", "strasse"), ("Case 24-017/B", "24-017"),
    ],
)  # fmt: skip
def test_any_script_is_found_from_any_keyboard(mother: tuple[Laptop, UUID], written: str, typed: str) -> None:
    laptop, marisela = mother
    laptop.do(WriteNote(marisela, written))
    answer = found(laptop, typed)
    assert [text.kind for text in answer.texts] == ["note"]
    assert written.startswith(answer.texts[0].text[:5])


def test_the_index_follows_every_change_at_once(mother: tuple[Laptop, UUID]) -> None:
    laptop, marisela = mother
    note = laptop.do(WriteNote(marisela, "Quarantine of the parrot.")).id
    session = laptop.do(visit(marisela, "The parrot sings.")).id
    assert set(kinds(laptop, "parrot")) == {"note", "service_session"}
    laptop.do(ChangeNote(note, {"text": "Quarantine of the tortoise."}))
    assert (kinds(laptop, "parrot"), kinds(laptop, "tortoise")) == (["service_session"], ["note"])
    laptop.do(DeleteNote(note))
    laptop.do(DeleteSession(session))
    assert (kinds(laptop, "parrot"), kinds(laptop, "tortoise")) == ([], [])
    with laptop.store._database.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM text_entry WHERE id=?", (note.bytes,)).scalar() == 0
    laptop.do(RestoreNote(note))
    assert kinds(laptop, "tortoise") == ["note"]
    laptop.store.rebuild_index()
    assert kinds(laptop, "tortoise") == ["note"]


def test_what_another_laptop_wrote_is_found_after_a_moment(a_laptop: Make) -> None:
    ana, denise = a_laptop(1), a_laptop(2)
    marisela = ana.do(family()).id
    note = ana.do(WriteNote(marisela, "The kingfisher came back.")).id
    denise.receive(ana)
    assert denise.ask(Find("kingfisher", DAY)).waiting > 0  # not in the index yet, and it says so
    assert kinds(denise, "kingfisher") == ["note"]
    assert denise.ask(Find("kingfisher", DAY)).waiting == 0
    ana.do(ChangeNote(note, {"text": "The heron came back."}))
    denise.receive(ana)
    assert (kinds(denise, "kingfisher"), kinds(denise, "heron")) == ([], ["note"])
    ana.do(DeleteNote(note))
    denise.receive(ana)
    assert denise.ask(Find("heron", DAY)).texts == ()  # even before the index has heard of it
    assert kinds(denise, "heron") == []


def test_restricted_words_are_found_only_where_they_may_be_read(a_laptop: Make) -> None:
    ana, office = a_laptop(1), a_laptop(2, restricted=False)
    marisela = ana.do(family()).id
    relief = {"participant_id": marisela, "type": "t_status", "why": "Talk about the orchard foreman."}
    ana.do(AddRecord("potential_relief", relief))
    assert [text.restricted for text in found(ana, "orchard").texts] == [True]
    office.receive(ana)
    assert office.ask(Find("marisela", DAY)).people
    assert found(office, "orchard").texts == ()
    assert found(office, "foreman").waiting == 0


def test_words_of_a_session_never_cross_between_people_who_are_kept_apart(a_laptop: Make) -> None:
    laptop = a_laptop()
    mother, child = (laptop.do(family()).more or {})["participant_ids"]
    content = replace(visit(mother, "The blue umbrella was spoken of.").content, attendees=((child, "present"),))
    laptop.do(RecordSession(mother, content))
    assert kinds(laptop, "umbrella") == ["service_session"]
    laptop.do(SeparateMembers(child, mother))
    assert kinds(laptop, "umbrella") == []


def test_the_words_of_two_records_of_one_person_name_that_person(a_laptop: Make) -> None:
    laptop = a_laptop()
    one, two = laptop.do(family("Marisela")).id, laptop.do(family("Maricela")).id
    laptop.do(WriteNote(two, "The violin is repaired."))
    laptop.do(MergePeople(one, two))
    text = found(laptop, "violin").texts[0]
    assert text.participant == laptop.ask(Find("Marisela", DAY)).people[0].called


def test_changing_a_session_twice_in_a_day_finds_only_the_last(mother: tuple[Laptop, UUID]) -> None:
    laptop, marisela = mother
    session = laptop.do(visit(marisela, "First draft about geese.")).id
    laptop.do(ChangeSession(session, visit(marisela, "Second draft about swans.").content))
    assert (kinds(laptop, "geese"), kinds(laptop, "swans")) == ([], ["service_session"])


def test_a_row_number_that_is_given_again_is_noticed(mother: tuple[Laptop, UUID]) -> None:
    laptop, marisela = mother
    laptop.do(WriteNote(marisela, "Alpha."))
    gone = laptop.do(WriteNote(marisela, "Beta.")).id
    assert laptop.store.index_texts() >= 0
    with laptop.store._database.writing() as connection:
        row = connection.exec_driver_sql("SELECT * FROM r_note WHERE id=?", (gone.bytes,)).one()
        connection.exec_driver_sql("DELETE FROM r_note WHERE id=?", (gone.bytes,))
        said = dict(zip(row._fields, row, strict=True)) | {"id": UUID(int=77).bytes, "text": "Gamma."}
        names = ",".join(f'"{name}"' for name in said)
        connection.exec_driver_sql(f"INSERT INTO r_note({names}) VALUES ({','.join('?' * len(said))})", tuple(said.values()))
    assert kinds(laptop, "gamma") == ["note"]
    assert kinds(laptop, "beta") == []


def test_the_first_letter_of_the_next_word_finds_what_was_written_long_before(mother: tuple[Laptop, UUID]) -> None:
    laptop, marisela = mother
    for text in ("The bakery on Canal Street gives bread to the children.", *["The bakery sells bread."] * 70):
        laptop.do(WriteNote(marisela, text))
    assert [text.text.split()[3] for text in found(laptop, "bakery c").texts] == ["Canal"]
    many = found(laptop, "bakery b")
    assert (len(many.texts), many.more) == (20, True)
    assert not found(laptop, "bakery ca").more


def test_words_that_few_may_read_are_not_even_counted(a_laptop: Make) -> None:
    ana, office = a_laptop(1), a_laptop(2, restricted=False)
    marisela = ana.do(family()).id
    for _ in range(25):
        relief = {"participant_id": marisela, "type": "t_status", "why": "The orchard foreman."}
        ana.do(AddRecord("potential_relief", relief))
    ana.do(WriteNote(marisela, "The orchard is in bloom."))
    office.receive(ana)
    assert found(ana, "orchard").more
    answer = found(office, "orchard")
    assert ([text.kind for text in answer.texts], answer.more) == (["note"], False)


@pytest.mark.parametrize("part", [1, 3, 400])
def test_an_index_that_is_cut_off_in_the_middle_goes_on_where_it_was(a_laptop: Make, part: int) -> None:
    ana, denise = a_laptop(1), a_laptop(2)
    marisela = ana.do(family()).id
    words = ("kingfisher", "heron", "bittern", "plover")
    for word in words:
        ana.do(WriteNote(marisela, f"The {word} came back."))
    denise.receive(ana)
    denise.store.index_texts(part)  # and then it is killed: what is left is still to be read, and is said
    half = denise.ask(Find("came", DAY))
    assert half.in_all >= half.waiting
    assert bool(half.waiting) == (part < 400) == bool(half.in_all)
    denise.do(WriteNote(marisela, "The osprey came back."))
    assert [text.kind for text in denise.ask(Find("osprey", DAY)).texts] == ["note"]
    while denise.store.index_texts(part):
        pass
    assert all([text.kind for text in denise.ask(Find(word, DAY)).texts] == ["note"] for word in (*words, "osprey"))
    assert denise.ask(Find("came", DAY)).waiting == 0


def test_a_household_is_found_by_its_name_and_leads_to_somebody_in_it(mother: tuple[Laptop, UUID]) -> None:
    laptop, marisela = mother
    view = laptop.ask(Find("marisela", DAY)).people[0]
    (household,) = found(laptop, "tzoc", "household").texts
    assert (household.participant_id, household.participant) == (marisela, view.called)


def test_nothing_typed_finds_nothing(mother: tuple[Laptop, UUID]) -> None:
    laptop, _ = mother
    for typed in ("", "  ", "\"*", "OR", "AND NOT", "NEAR(", "'; DROP TABLE", "\x00"):
        laptop.ask(Find(typed, DAY))


def test_every_text_field_is_one_of_its_kind() -> None:
    for kind, text in texts.TEXTS.items():
        assert set(text.fields) <= set(CODECS[kind]), kind


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=300), st.text(min_size=1, max_size=12))
def test_a_piece_of_text_marks_only_what_is_in_it(text: str, typed: str) -> None:
    field, piece, spans = _place({"note": text or "x"}, typed)
    assert field == "note"
    assert all(start >= 0 and start + length <= len(piece) for start, length in spans)
