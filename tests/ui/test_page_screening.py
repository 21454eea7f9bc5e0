"""An interview, told in keys."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt

from cmpp_desktop.ui.pages.screening_model import Walk, columns, label, picks, plain, toggled
from tests.ui import samples
from tests.ui.page_desk import Desk, desk, nameless

pytestmark = pytest.mark.usefixtures("qapp")


def begun(at: Desk) -> Any:
    page = at.open("screening", participant_id=samples.MARISELA)
    page.start.language.set_value("es")
    at.press(Qt.Key.Key_Return)
    return page


def test_twelve_answers_take_twelve_keys_and_one_signs() -> None:
    with desk() as at:
        page = begun(at)
        keys = 0
        for _ in range(12):
            at.press(Qt.Key.Key_1)
            keys += 1
        assert page.walk.step == "review"
        at.press(Qt.Key.Key_Return)
        keys += 1
        assert keys == 13
        assert at.door.finished == [("Ana Marroquín", ())]
        assert at.frame.place == "participant"


def test_every_answer_is_kept_before_the_next_is_read() -> None:
    with desk() as at:
        page = begun(at)
        at.press(Qt.Key.Key_2)
        assert at.door.saved, "the answer is not in the store"
        assert "Answer saved on this laptop at 10:42 am." in (page.footer() or "")
        at.press(Qt.Key.Key_2)
        assert at.door.saved[-1] == page.walk.interview.current_ref


def test_an_alert_stops_and_enter_takes_the_safe_way() -> None:
    with desk() as at:
        page = begun(at)
        at.press(Qt.Key.Key_3)
        assert page.walk.step == "alert"
        asked = page.walk.current.ref
        at.press(Qt.Key.Key_1)  # a number does nothing now
        assert page.walk.step == "alert"
        assert page.walk.current.value == "now"
        at.press(Qt.Key.Key_Return)
        assert page.walk.step == "alert", "Enter must not go on"
        assert page.walk.current.ref == asked
        assert "Follow these steps" in page.view._banner.title.text()
        at.press(Qt.Key.Key_Return)  # pause here
        assert at.frame.place == "participant"
        assert at.said[-1][0].startswith("Paused")


def test_only_g_goes_on_after_an_alert() -> None:
    with desk() as at:
        page = begun(at)
        at.press(Qt.Key.Key_3)
        at.press(Qt.Key.Key_G)
        assert page.walk.step == "question"
        assert page.walk.position == (2, 12)
        assert page.view._banner is None


def test_declined_is_an_answer_and_shift_enter_goes_back() -> None:
    with desk() as at:
        page = begun(at)
        at.press(Qt.Key.Key_D)
        assert page.walk.position == (2, 12)
        at.press(Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
        assert page.walk.position == (1, 12)
        assert page.walk.current.marker == "declined"
        at.press(Qt.Key.Key_1)  # answered after all: the mark goes
        at.press(Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
        assert page.walk.current.marker is None
        assert page.walk.current.value == "no"


def test_a_required_question_says_why_it_waits() -> None:
    with desk() as at:
        page = begun(at)
        at.press(Qt.Key.Key_Return)
        assert page.walk.position == (1, 12)
        assert "An answer is needed here" in page.view.block._problem_words.text()


def test_distress_stops_and_nothing_is_lost() -> None:
    with desk() as at:
        page = begun(at)
        at.press(Qt.Key.Key_Z)
        assert page.held.stops == 1
        assert page.walk.position == (1, 12)
        at.press(Qt.Key.Key_Return)
        assert at.frame.place == "participant"


def test_the_private_note_takes_letters_as_text() -> None:
    with desk() as at:
        page = begun(at)
        at.press(Qt.Key.Key_P)
        at.type("door 2 D X")
        assert page.view.note.toPlainText() == "door 2 D X"
        assert page.walk.current.note == "door 2 D X"
        assert page.walk.current.marker is None
        assert page.walk.current.value == ""


def test_pause_and_come_back_to_the_same_answer() -> None:
    with desk() as at:
        page = begun(at)
        for _ in range(3):
            at.press(Qt.Key.Key_1)
        at.press(Qt.Key.Key_Escape)
        assert at.frame.place == "participant"
        at.open("screening", interview_id=samples.uid("interview"))
        assert page.walk.position == (4, 12)
        assert page.view.count.text() == "Question 4 of 12"


def test_gaps_are_listed_and_must_be_filled_before_signing() -> None:
    with desk() as at:
        page = begun(at)
        refs = [item.ref for item in page.walk.questions()]
        for _ in range(12):
            at.press(Qt.Key.Key_1)
        page.held.interview.question(refs[4]).value = ""
        page.end.show_walk(page.walk, "en", "Ana")
        assert not page.end.sign_button.isEnabled()
        assert [row.id for row in page.end.rows.model().rows] == [refs[4]]
        at.press(Qt.Key.Key_Return)
        assert at.door.finished == []


def test_all_on_one_page_answers_below_each_other() -> None:
    with desk() as at:
        page = begun(at)
        page.view._mode.click()
        at.settle()
        assert len(page.view._blocks) == 12
        at.press(Qt.Key.Key_1)
        at.press(Qt.Key.Key_2)
        answers = [item.value for item in page.walk.questions()][:3]
        assert answers == ["no", "past", ""]


def test_everything_focusable_has_a_name() -> None:
    with desk() as at:
        page = at.open("screening", participant_id=samples.MARISELA)
        assert nameless(page) == []
        at.press(Qt.Key.Key_Return)
        at.press(Qt.Key.Key_P)
        assert nameless(page) == []
        at.press(Qt.Key.Key_Escape)
        page = begun(at)
        for _ in range(12):
            at.press(Qt.Key.Key_1)
        assert nameless(page) == []


def test_columns_show_both_languages_or_one() -> None:
    assert columns("en", "es", ("en", "es")) == ("en", "es")
    assert columns("en", "en", ("en", "es")) == ("en",)
    assert columns("en", "ti", ("en", "es")) == ("en",)
    assert columns("fr", "ti", ("ar",)) == ("ar",)
    assert label({"es-MX": "sí"}, "es") == "sí"


def test_several_choices_toggle_in_order() -> None:
    assert toggled(None, "a") == ("a",)
    assert toggled(("a", "b"), "a") == ("b",)
    assert picks("a b") == ("a", "b")
    assert plain("**Are** you\nsafe?") == "Are you safe?"


def test_a_walk_begins_at_the_first_open_question() -> None:
    interview = samples.FakeInterview()
    first, second = (item.ref for item in interview.questions()[:2])
    interview.answer(first, "no")
    interview.current_ref = "gone"
    walk = Walk(interview)
    assert walk.current is not None
    assert walk.current.ref == second
