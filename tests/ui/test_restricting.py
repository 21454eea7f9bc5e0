"""A session or a screening is restricted afterwards, or is for the whole team again; what is said before a file moves."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import Qt

from cmpp_desktop.domain import questions as q
from cmpp_desktop.domain.restricting import Restrict, Unrestrict
from cmpp_desktop.errors import Invalid, KnownError
from cmpp_desktop.ui.pages.form_plans import plan_for
from tests.ui import samples
from tests.ui.page_desk import Desk, desk, nameless

pytestmark = pytest.mark.usefixtures("qapp")
SESSION = samples.uid("session1")


def holds(at: Desk, yes: bool) -> None:
    """Whether this laptop holds the restricted records."""
    at.door.answers[q.Participant] = replace(samples.participant_view(), restricted_exists=not yes)


def signed(at: Desk, **more: Any) -> None:
    view = samples.session_view()
    at.door.answers[q.Session] = replace(view, status="signed", session=replace(view.session, **more))


def test_a_signed_session_is_restricted_from_its_page_and_the_way_back_is_offered() -> None:
    with desk() as at:
        holds(at, True)
        signed(at)
        page = at.open("session", session_id=SESSION)
        part = page.signed.restrict
        assert part.button.text() == "Restrict it"
        assert nameless(page) == []
        signed(at, compartment="restricted")
        part.button.click()
        at.settle()
        assert isinstance(at.door.done[-1], Restrict)
        assert at.door.done[-1].kind == "service_session"
        assert at.said[-1][0] == "Only those who hold the restricted records see it now."
        assert part.button.text() == "Let the whole team see it"
        assert page.closed.isVisible()
        part.button.click()
        at.settle()
        assert isinstance(at.door.done[-1], Unrestrict)


def test_nobody_without_the_restricted_records_is_offered_it() -> None:
    with desk() as at:
        holds(at, False)
        signed(at)
        page = at.open("session", session_id=SESSION)
        assert not page.signed.restrict.isVisible()


def test_one_that_is_restricted_by_what_it_says_offers_nothing() -> None:
    with desk() as at:
        holds(at, True)
        fields = samples.session_view().session.fields
        signed(at, fields=fields.model_copy(update={"services": ["mental_health"]}), compartment="restricted")
        page = at.open("session", session_id=SESSION)
        assert not page.signed.restrict.isVisible()


def test_a_session_that_was_sent_back_goes_where_it_belongs_when_the_box_is_ticked() -> None:
    with desk() as at:
        holds(at, True)
        view = samples.session_view()
        me = at.ui.me
        assert me is not None
        fields = view.session.fields.model_copy(update={"staff_ids": [me.me.id]})
        at.door.answers[q.Session] = replace(view, status="returned", session=replace(view.session, fields=fields))
        page = at.open("session", session_id=SESSION)
        tick = page.fields.restricted
        assert tick.isVisible()
        assert tick.isEnabled()
        tick.click()
        at.settle()
        assert isinstance(at.door.done[-1], Restrict)
        assert page.closed.isVisible()
        at.door.fail["do"] = KnownError("conflict_open", kind="service_session")
        tick.click()
        at.settle()
        assert tick.isChecked()  # it stays where it is
        assert isinstance(at.troubles[-1], KnownError)


def test_a_screening_is_restricted_by_a_key_in_its_list_and_a_refusal_is_said_in_words() -> None:
    with desk() as at:
        holds(at, True)
        page = at.open("participant", participant_id=samples.MARISELA, tab="screenings")
        rows = page.screenings.rows
        first = next(row for row in rows.model().rows if row.buttons)
        assert [button.text for button in first.buttons] == ["Restrict it"]
        rows.setFocus()
        rows.choose(first.id)
        at.press(Qt.Key.Key_X)
        assert at.door.done[-1] == Restrict("screening", first.id[1])
        at.door.fail["do"] = Invalid(kind="other_compartment")
        at.press(Qt.Key.Key_X)
        assert at.said[-1][0] == "It is restricted by what it says or belongs to, and stays so."


def test_who_does_not_hold_them_sees_screenings_without_it() -> None:
    with desk() as at:
        holds(at, False)
        page = at.open("participant", participant_id=samples.MARISELA, tab="screenings")
        assert all(not row.buttons for row in page.screenings.rows.model().rows)


def test_who_hands_a_file_over_is_told_that_what_waits_for_a_signature_has_to_be_sent_again() -> None:
    for language, said in (("en", "it has to be sent again"), ("es", "hay que enviarlo otra vez")):
        with desk(language=language) as at:
            assert said in plan_for("hand_over", at.ui, samples.uid("case")).text
