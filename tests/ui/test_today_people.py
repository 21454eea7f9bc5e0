"""Today, People, the palette and Someone new with the keyboard alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from cmpp_desktop import words
from cmpp_desktop.domain import questions as q
from cmpp_desktop.domain.finding import Found
from cmpp_desktop.domain.households import RegisterHousehold
from cmpp_desktop.domain.obligations import MarkObligation, UnmarkObligation
from cmpp_desktop.domain.records import When
from cmpp_desktop.errors import Invalid
from cmpp_desktop.ui.pages import today_rows
from cmpp_desktop.ui.pages.settings import PARTS
from cmpp_desktop.ui.pages.today import where_to
from cmpp_desktop.ui.palette import Palette
from cmpp_desktop.ui.palette_rows import hide_numbers, matches
from cmpp_desktop.ui.widgets import RowList, RowModel
from tests.ui.samples import MATEO, TODAY, SampleDoor, at_first_run, at_someone_new, people, today, uid

from .conftest import Desk

Open = Callable[..., Desk]


def test_a_marks_the_hearing_attended_and_control_z_takes_it_back(desk: Open) -> None:
    at = desk()
    assert at.page._columns[1].list.current_row().title == "Farid Rahimi"
    at.press(Qt.Key.Key_A)
    assert at.door.done == [MarkObligation(uid(505), "attended")]
    assert at.page._columns[1].list.current_row().badge.text == "Attended"
    at.press(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert at.door.done[-1] == UnmarkObligation(uid(505))
    assert at.page._columns[1].list.current_row().buttons


def test_missed_is_one_key_and_moved_asks_for_the_new_day(desk: Open) -> None:
    at = desk()
    at.press(Qt.Key.Key_Down)
    at.press(Qt.Key.Key_M)
    assert at.door.done == [MarkObligation(uid(506), "missed_unexcused")]
    at.press(Qt.Key.Key_Down)
    at.press(Qt.Key.Key_V)
    form = at.page._form
    QTest.keyClicks(form.day, "8 Dec")
    QTest.keyClick(form.day, Qt.Key.Key_Return)
    at.quiet()
    moved = at.door.done[-1]
    assert isinstance(moved, MarkObligation)
    assert moved.result == "moved_by_agency"
    assert moved.moved_to is not None
    assert moved.moved_to.day == date(2026, 12, 8)


def test_moved_without_a_day_stays_open_and_says_so(desk: Open) -> None:
    at = desk()
    at.press(Qt.Key.Key_V)
    form = at.page._form
    QTest.keyClicks(form.day, "soonish")
    form.accept()
    assert form._day_field.has_problem
    assert form.isVisible()
    form.close()
    at.quiet()
    assert at.door.done == []


def test_arrows_go_to_the_next_column_and_only_one_row_is_current(desk: Open) -> None:
    at = desk()
    at.press(Qt.Key.Key_Left)
    lists: list[RowList] = [part.list for part in at.page._columns]
    assert at.window.focusWidget() is lists[0]
    assert [item.current_row() is not None for item in lists] == [True, False, False]
    at.press(Qt.Key.Key_Right)
    at.press(Qt.Key.Key_Right)
    assert at.window.focusWidget() is lists[2]
    row = lists[2].current_row()
    assert row is not None
    assert not row.head


def test_a_task_or_deadline_cannot_be_marked_attended(desk: Open) -> None:
    at = desk()
    at.press(Qt.Key.Key_Left)
    at.press(Qt.Key.Key_A)
    assert at.door.done == []


def test_a_day_with_nothing_teaches_what_belongs_there(desk: Open) -> None:
    door = SampleDoor()
    door.day = q.TodayAnswer((), (), (), 0, 0)
    at = desk(door)
    assert at.page._stack.currentWidget() is at.page._empty_part


def test_rows_say_it_in_both_languages_with_distance_and_readiness() -> None:
    for language in words.LANGUAGES:
        said = words.load(language)
        late, now, week = today_rows.columns(today(), TODAY, said)
        assert late[0].badge is not None
        assert "2" in late[0].badge.text
        assert now[0].facts[0][2]
        assert now[0].buttons[0].key == "A"
        assert now[1].badge is not None
        assert now[1].badge.state == "warning"
        assert week[0].head
        assert all(item.spoken for item in (*late, *now, *week))


def test_find_as_you_type_keeps_the_field_and_arrows_move_the_row(desk: Open) -> None:
    at = desk()
    at.window.go("people")
    at.quiet()
    at.type("rahimi")
    at.qtbot.waitUntil(lambda: at.page.model.rowCount() == 5)
    assert at.page.search.hasFocus()
    at.press(Qt.Key.Key_Down)
    assert at.page.table.currentIndex().row() == 1
    assert at.page.model.person(1).name == "Rahimi, Zohra"
    at.press(Qt.Key.Key_Escape)
    assert not at.page.search.text()
    at.qtbot.waitUntil(lambda: at.page.model.rowCount() == len(people()))


def test_only_pages_that_are_looked_at_are_fetched(desk: Open) -> None:
    door = SampleDoor(rows=people(5000))
    at = desk(door)
    at.window.go("people")
    at.quiet()
    fetched = {question.offset for question in door.asked if isinstance(question, q.People)}
    assert fetched <= {0, 50}
    at.page.table.scrollTo(at.page.model.index(4000, 0))
    at.page.table.viewport().repaint()
    at.quiet()
    fetched = {question.offset for question in door.asked if isinstance(question, q.People)}
    assert len(fetched) < 8
    assert at.page.model.person(4000) is not None


def test_an_answer_to_what_was_typed_before_is_not_shown(desk: Open) -> None:
    at = desk()
    at.window.go("people")
    at.quiet()
    model = at.page.model
    old = model._question
    model.search(q.People(TODAY, "tzoc"))
    model._first(old, q.PeopleAnswer(people(), 16, 9, 16))
    at.quiet()
    assert model.rowCount() == 3


def test_nobody_found_says_what_was_looked_through(desk: Open) -> None:
    at = desk()
    at.window.go("people")
    at.quiet()
    at.page.search.setText("tzutujil")
    at.page.search.ask_now()
    at.quiet()
    assert at.page.stack.currentWidget() is at.page._empty_part
    assert "tzutujil" in at.page.empty.title.text()


def test_control_k_finds_a_person_and_escape_gives_the_keyboard_back(desk: Open) -> None:
    at = desk()
    before = at.window.focusWidget()
    at.window.open_palette()
    at.quiet()
    palette = at.window._overlay
    assert isinstance(palette, Palette)
    QTest.keyClicks(palette.field, "tzo")
    at.quiet()
    model = palette.list.model()
    assert isinstance(model, RowModel)
    titles = [item.title for item in model.rows if not item.head]
    assert titles[:3] == ["Tzoc, Marisela", "Tzoc, Mateo", "Tzoc, Lucía"]
    QTest.keyClick(palette.field, Qt.Key.Key_Escape)
    at.quiet()
    assert at.window.focusWidget() is before


def test_the_palette_finds_what_was_written_and_opens_it_where_it_stands(desk: Open) -> None:
    at = desk(full=True)
    at.window.open_palette()
    at.quiet()
    palette = at.window._overlay
    assert isinstance(palette, Palette)
    QTest.keyClicks(palette.field, "bus card")
    at.quiet()
    model = palette.list.model()
    assert isinstance(model, RowModel)
    texts = [item for item in model.rows if item.marks and not item.head]
    assert [item.what.split(",")[0] for item in texts] == ["Note", "Document"]
    assert palette.list.current_row() is texts[0]
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    at.quiet()
    assert at.page.place == "participant"
    assert at.page.timeline.search.text() == "bus card"


def test_what_was_written_comes_below_and_moves_nothing_that_is_chosen(desk: Open) -> None:
    at = desk()
    at.window.open_palette()
    at.quiet()
    palette = at.window._overlay
    assert isinstance(palette, Palette)
    QTest.keyClicks(palette.field, "tzo")
    at.quiet()
    model = palette.list.model()
    assert isinstance(model, RowModel)
    current = palette.list.current_row()
    assert current is not None
    assert current.title == "Tzoc, Marisela"
    assert [item.title for item in model.rows if item.head][-1].startswith("Written")
    QTest.keyClick(palette.field, Qt.Key.Key_Escape)


def test_the_palette_shows_no_restricted_words_and_says_what_is_still_being_read(desk: Open) -> None:
    at = desk()
    at.window.open_palette()
    at.quiet()
    palette = at.window._overlay
    assert isinstance(palette, Palette)
    QTest.keyClicks(palette.field, "bus")
    at.quiet()
    model = palette.list.model()
    assert isinstance(model, RowModel)
    (closed,) = [item for item in model.rows if not item.head and "restricted" in item.what]
    assert (closed.title, closed.marks) == ("Words that few may read", ())
    found = palette._asked
    palette._heard_texts(found, Found((), (), waiting=300, in_all=1_200))
    assert model.rows[-1].title == "Still reading older notes: 900 of 1200"
    palette.read_more(200)  # the window read some more: what was typed is looked for again
    at.quiet()
    assert model.rows[-1].title == closed.title
    assert hide_numbers("A098 765-432, ask 12 people") == "A••• •••-432, ask 12 people"
    QTest.keyClick(palette.field, Qt.Key.Key_Escape)


def test_the_palette_goes_to_screens_and_actions_without_accents_or_case(desk: Open) -> None:
    at = desk()
    at.window.open_palette()
    at.quiet()
    palette = at.window._overlay
    assert isinstance(palette, Palette)
    QTest.keyClicks(palette.field, ">SETT")
    at.quiet()
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    at.quiet()
    assert at.page.place == "settings"
    assert matches("Añadir audiencia", "anadir")
    assert not matches("Añadir", "dir")


def test_someone_new_begins_with_consent_and_registers_the_household_at_once(desk: Open) -> None:
    at = desk()
    at.window.go("someone_new")
    at.quiet()
    page = at.page
    page.next_step()
    assert page._step == 0
    assert page.consent.scope_error.isVisible()
    page.consent.scopes[0].setChecked(True)
    page.next_step()
    page.next_step()
    assert page._step == 1
    assert page.looking.given_field.has_problem
    page.looking.given.setText("Marisela")
    page.looking.family.setText("Tzoc")
    page.looking.search()
    at.quiet()
    assert page.looking.alike.model().rowCount() == 3
    page.looking.a_number.setText("A 213 4407")
    page.next_step()
    assert "7 digits" in page.looking.a_number_field.error.text()
    page.looking.a_number.setText("A 213 440 788")
    page.next_step()
    page.people.add_person()
    page.next_step()
    assert page._step == 2
    page.people.more[0].given.setText("Mateo")
    page.next_step()
    assert at.door.done == []
    page.next_step()
    at.quiet()
    command = at.door.done[-1]
    assert isinstance(command, RegisterHousehold)
    assert [person.name.full for person in command.people] == ["Marisela Tzoc", "Mateo Tzoc"]
    assert command.consent is not None
    assert command.consent.scope == ("services",)
    assert command.case is not None
    assert page.looking.given.text() == ""  # empty for the next person


def test_a_refused_registration_keeps_everything_that_was_typed(desk: Open) -> None:
    at = desk()
    at.window.go("someone_new")
    at.quiet()
    page = at.page
    at_someone_new(page, 3)
    at.door.fail["do"] = Invalid(a_number="a_number_digits")
    page.next_step()
    at.quiet()
    assert page.looking.given.text() == "Marisela"
    assert page._notice.count() == 1


def test_a_draft_of_someone_new_is_taken_up_again(desk: Open) -> None:
    at = desk()
    at.window.go("someone_new")
    at.quiet()
    page = at.page
    at_someone_new(page, 2)
    page.people.arrived.set_value(date(2026, 3, 4))
    page.consent.expires.set_value(date(2027, 2, 1))
    page.household.enrol.setChecked(False)
    kept, _ = page._pack()
    page._fill({})
    assert page._pack() is None
    assert page.people.arrived.value() is None
    assert page.household.enrol.isChecked()
    page._resume(q.Draft("someone_new", None, None, "", kept, 0, at.window.ui.now()))
    assert page.looking.given.text() == "Marisela"
    assert len(page.people.more) == 2
    assert page._step == 2
    assert page.people.arrived.value() == date(2026, 3, 4)
    assert page.consent.expires.value() == date(2027, 2, 1)
    assert not page.household.enrol.isChecked()


def test_inviting_makes_a_file_to_hand_over(desk: Open, tmp_path: object) -> None:
    at = desk(role="administrator")
    at.window.go("settings", part="laptops")
    at.quiet()
    page = at.page.laptops.invitations
    page.make_invitation()
    assert page._person_field.has_problem
    page.person.setText("Jonas Vantongeren")
    page.make_invitation()
    at.quiet()
    path = tmp_path / "invitation.cmppi"  # type: ignore[operator]  # pytest gives a Path
    page.write_invitation(path)
    at.quiet()
    assert path.read_bytes() == b"invitation"


def test_every_widget_of_every_page_has_a_name(desk: Open, speechless: Callable[[QWidget], list[str]]) -> None:
    at = desk(role="administrator")
    for place, steps in (("today", 1), ("people", 1), ("someone_new", 4), ("settings", 5)):
        at.window.go(place)
        at.quiet()
        for step in range(steps):
            if place == "someone_new":
                at_someone_new(at.page, step)
            elif place == "settings":
                at.page.show_for(part=PARTS[step])
            at.quiet()
            assert speechless(at.window) == [], (place, step)
    at.window.open_palette()
    at.quiet()
    assert speechless(at.window) == []


def test_every_widget_before_signing_in_has_a_name(desk: Open, speechless: Callable[[QWidget], list[str]]) -> None:
    assert speechless(desk(state="locked").window) == []
    at = desk(state="new")
    for step in range(5):
        at_first_run(at.page, step)
        at.quiet()
        assert speechless(at.window) == [], step


def test_two_drafts_about_one_person_open_what_they_are() -> None:
    session = q.TodayItem("draft", uid(5), uid(5), "Farid Rahimi", "session", "", None)
    note = q.TodayItem("draft", uid(5), uid(5), "Farid Rahimi", "note", "", None)
    assert today_rows.key_of(session) != today_rows.key_of(note)
    assert where_to(session) == ("session", {"participant_id": uid(5)})
    assert where_to(note) == ("participant", {"participant_id": uid(5)})
    back = q.TodayItem("returned", uid(77), uid(5), "Farid Rahimi", "case_management", "", None)
    assert where_to(back) == ("session", {"session_id": uid(77)})
    new = q.TodayItem("draft", uid(0), None, "", "someone_new", "Someone new", None)
    assert where_to(new)[0] == "someone_new"


def test_who_turned_eighteen_is_on_today_and_opens_what_changes(desk: Open) -> None:
    at = desk()
    when = When(day=TODAY, at=None)
    grown = q.TodayItem("turned_adult", MATEO, MATEO, "Mateo Tzoc", "turned_adult", "", when)
    at.door.day = q.TodayAnswer((), (), (), 0, 0, came_of_age=(grown,))
    at.page.reload()
    at.quiet()
    at.page._columns[1].list.choose_first()
    row = at.page._columns[1].list.current_row()
    assert (row.title, row.what) == ("Mateo Tzoc", "Turned 18: consent and papers of their own")
    assert not row.buttons
    assert where_to(grown) == ("form", {"form": "came_of_age", "participant_id": MATEO})
