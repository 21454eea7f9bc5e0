"""The interview page with the forms room behind it: every kind of answer, and an instrument that is shipped."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from cmpp_desktop import resources
from cmpp_desktop.domain.questions import InstrumentRow
from cmpp_desktop.forms import InterviewContext, compile_instrument, convert, convert_folder
from cmpp_desktop.workspace import OpenInterview
from tests.ui import samples
from tests.ui.page_desk import Desk, desk, nameless

pytestmark = pytest.mark.usefixtures("qapp")

EVERY_KIND = """
| survey | | | | | | | |
| | type | name | label::English (en) | label::Español (es) | required | constraint | constraint_message::English (en) |
| | begin_group | all | All | Todo | | | |
| | note | hello | Welcome. | Bienvenida. | | | |
| | text | word | A word | Una palabra | yes | | |
| | integer | count | How many? | ¿Cuántos? | | . < 10 | Fewer than ten, please. |
| | decimal | weight | How heavy? | ¿Cuánto pesa? | | | |
| | date | day | Which day? | ¿Qué día? | | | |
| | time | hour | At what time? | ¿A qué hora? | | | |
| | select_multiple colours | several | Which colours? | ¿Qué colores? | | | |
| | acknowledge | sure | Understood? | ¿Entendido? | | | |
| | end_group | | | | | | |
| choices | | | | | | | |
| | list_name | name | label::English (en) | label::Español (es) | | | |
| | colours | red | Red | Rojo | | | |
| | colours | blue | Blue | Azul | | | |
| settings | | | | | | | |
| | form_title | form_id | version | | | | |
| | Every kind | every_kind | 1 | | | | |
"""


def held(xform: str) -> OpenInterview:
    instrument = compile_instrument(xform)
    context = InterviewContext(lambda: samples.LATER, lambda: UUID(int=7), lambda count: b"\x07" * count)
    row = InstrumentRow(samples.uid("real"), "real", "1", "A form", tuple(instrument.languages), "cd" * 32, ())
    return OpenInterview(samples.uid("interview"), samples.MARISELA, "Marisela Tzoc", row, instrument.start(context), "es")


@contextmanager
def begun(xform: str) -> Iterator[tuple[Desk, Any]]:
    with desk() as at:
        at.door.held = held(xform)
        yield at, at.open("screening", interview_id=samples.uid("interview"))


def answers(page: Any) -> dict[str, str]:
    return {item.name: item.value for item in page.walk.questions()}


def test_every_kind_of_answer_is_given_by_the_keyboard() -> None:
    with begun(convert(EVERY_KIND.encode(), "every.md").xform) as (at, page):
        assert page.walk.position == (1, 7), "the note goes with the question after it"
        assert page.view.block.notes.isVisible()
        at.type("lantern")
        at.press(Qt.Key.Key_Return)
        at.type("12")
        at.press(Qt.Key.Key_Return)
        assert page.view.block._problem_words.text() == "Fewer than ten, please."
        field: Any = QApplication.focusWidget()
        field.clear()
        at.type("3")
        at.press(Qt.Key.Key_Return)
        at.type("4,5")
        at.press(Qt.Key.Key_Return)
        at.type("8 Dec")
        at.press(Qt.Key.Key_Return)
        at.type("830")
        at.press(Qt.Key.Key_Return)
        assert nameless(page) == []
        at.press(Qt.Key.Key_2)
        at.press(Qt.Key.Key_1)
        at.press(Qt.Key.Key_Return)
        at.press(Qt.Key.Key_1)
        given = answers(page)
        assert (given["word"], given["count"], given["weight"], given["day"]) == ("lantern", "3", "4.5", "2026-12-08")
        assert given["hour"].startswith("08:30")
        assert given["several"] == "blue red"
        assert given["sure"] == "OK"
        at.press(Qt.Key.Key_Return)
        assert page.walk.step == "review"
        assert page.end.sign_button.isEnabled()


def test_a_required_word_may_be_declined_and_then_signed() -> None:
    with begun(convert(EVERY_KIND.encode(), "every.md").xform) as (at, page):
        page.view.declined.click()
        at.settle()
        for _ in range(6):
            at.press(Qt.Key.Key_Return)
        assert page.walk.step == "review"
        assert [row.title for row in page.end.rows.model().rows][-1] == "A word"
        assert page.end.sign_button.isEnabled()


def test_the_shipped_guide_stops_at_its_alert_and_goes_to_its_end() -> None:
    folder = resources.folder("instruments") / "trafficking-indicators"
    with begun(convert_folder(folder).xform) as (at, page):
        stopped = 0
        for _ in range(200):
            if page.walk.step == "alert":
                stopped += 1
                page._pressed("safe")
                at.settle()
            elif page.walk.step == "review":
                break
            else:
                question = page.walk.current
                values = [choice.value for choice in question.choices]
                page._given(question.ref, "now" if "now" in values else values[0])
                at.settle()
                if page.walk.current is not None and page.walk.current.ref == question.ref and page.walk.step == "question":
                    if page.walk.blocked():
                        page._mark("not_asked")
                    else:
                        page._forward()
                    at.settle()
        assert page.walk.step == "review"
        assert stopped >= 1, "happening now must stop the questions"
        assert page.end.indicates.text()
        assert page.end.sign_button.isEnabled()
