"""Putting somebody's details right: only what was changed is written, and what cannot be is said beside its field."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt

from cmpp_desktop.domain.participants import ChangeParticipant
from cmpp_desktop.errors import Invalid
from tests.ui import samples
from tests.ui.page_desk import desk, nameless

pytestmark = pytest.mark.usefixtures("qapp")
CTRL = Qt.KeyboardModifier.ControlModifier


def test_a_misspelt_name_is_corrected_and_nothing_else_is_written() -> None:
    with desk() as at:
        page = at.open("participant", participant_id=samples.MARISELA, tab="family")
        page.family._correct.click()
        form = page.family.person
        assert form.given.hasFocus()
        form.given.setText("Maricela")
        at.press(Qt.Key.Key_Return, CTRL)
        at.settle()
        (command,) = [done for done in at.door.done if isinstance(done, ChangeParticipant)]
        assert set(command.values) == {"legal_name"}
        assert command.values["legal_name"].given == "Maricela"  # type: ignore[attr-defined]
        assert not form.isVisible()


def test_leaving_it_as_it_is_writes_nothing_and_the_a_number_is_not_shown() -> None:
    with desk() as at:
        page = at.open("participant", participant_id=samples.MARISELA, tab="family")
        page.family._correct.click()
        form = page.family.person
        assert form.a_number.text() == ""
        form._save()
        at.settle()
        assert not any(isinstance(done, ChangeParticipant) for done in at.door.done)
        assert not form.isVisible()


def test_what_cannot_be_is_said_beside_its_field_and_stays_typed() -> None:
    with desk() as at:
        page = at.open("participant", participant_id=samples.MARISELA, tab="family")
        page.family._correct.click()
        form = page.family.person
        form.a_number.setText("123")
        form._refused(Invalid(a_number="a_number_digits"))
        assert form.fields["a_number"].has_problem
        assert form.a_number.text() == "123"
        assert form.isVisible()
        form.birth.setFocus()
        form.birth.selectAll()
        at.type("soon")
        at.press(Qt.Key.Key_Return, CTRL)
        assert form.fields["birth_date"].has_problem
        assert not nameless(page)
