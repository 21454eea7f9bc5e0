"""Review, two versions, what was sent, the paper before it leaves."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from PySide6.QtCore import Qt
from reportlab.pdfgen.canvas import Canvas

from cmpp_desktop.domain import questions as q
from cmpp_desktop.domain.consent import ConsentFields
from cmpp_desktop.domain.reviews import PickVersion, ReturnForChanges, SignDocument
from cmpp_desktop.errors import KnownError, NotAllowed
from cmpp_desktop.ui.pages.conflict_model import differing, settling
from cmpp_desktop.ui.pages.held_work import HeldWorkSheet
from cmpp_desktop.ui.pages.review_model import checks
from cmpp_desktop.words import load
from cmpp_desktop.workspace import CaseSummaryRequest
from tests.ui import samples
from tests.ui.page_desk import Desk, desk, nameless

pytestmark = pytest.mark.usefixtures("qapp")
CTRL = Qt.KeyboardModifier.ControlModifier
ALT = Qt.KeyboardModifier.AltModifier


# --- review -----------------------------------------------------------------------------------------------------------


def test_signing_signs_what_was_seen_and_opens_the_next() -> None:
    with desk(role="supervisor") as at:
        page = at.open("review")
        assert page._current.subject_id == samples.uid("session1")
        assert page.rows.hasFocus()
        at.door.answers[q.ReviewQueue] = samples.review_queue()[1:]
        at.press(Qt.Key.Key_Return, CTRL)
        command = at.door.done[-1]
        assert isinstance(command, SignDocument)
        assert command.seen_hash == "c0ffee" * 10
        assert page._current.subject_id == samples.uid("session2")
        assert at.said[-1] == ("Signed", None), "a signature is not offered to be undone"


def test_returning_needs_a_comment() -> None:
    with desk(role="supervisor") as at:
        page = at.open("review")
        at.press(Qt.Key.Key_R, Qt.KeyboardModifier.AltModifier)
        assert page.comment_field.has_problem
        assert at.door.done == []
        at.type("Can this be Monday?")
        at.press(Qt.Key.Key_R, Qt.KeyboardModifier.AltModifier)
        command = at.door.done[-1]
        assert isinstance(command, ReturnForChanges)
        assert command.comment == "Can this be Monday?"


def test_changed_meanwhile_is_read_again_before_anybody_signs() -> None:
    with desk(role="supervisor") as at:
        page = at.open("review")

        def refuse(command: Any, origin: str = "here") -> Any:
            raise KnownError("changed_meanwhile")

        at.door.do = refuse  # type: ignore[method-assign]
        at.press(Qt.Key.Key_Return, CTRL)
        assert isinstance(at.troubles[-1], KnownError)
        assert page._current is not None
        assert page.sign_button.isEnabled()


def test_empty_queue_says_that_all_is_signed() -> None:
    with desk(role="supervisor") as at:
        at.door.answers[q.ReviewQueue] = ()
        page = at.open("review")
        assert page.empty.isVisible()
        assert nameless(page) == []


def test_what_was_looked_at_says_what_is_missing() -> None:
    words = load("en")
    view = samples.participant_view()
    good = {check.title: check.good for check in checks(samples.session_view(), view, samples.TODAY, words)}
    assert good["Length fits the story"]
    assert good["Consent was in force"]
    assert not good["A deadline has passed"]
    from dataclasses import replace

    bare = replace(view, consents=())
    bad = {check.title: check.good for check in checks(samples.session_view(), bare, samples.TODAY, words)}
    assert not bad["No consent was in force that day"]


# --- two versions -------------------------------------------------------------------------------------------------------


def test_a_conflict_opens_with_nothing_chosen() -> None:
    with desk() as at:
        page = at.open("conflict")
        assert page._chosen is None
        assert not any(card.isChecked() for card in page.cards)
        assert not page.use.isEnabled()
        at.press(Qt.Key.Key_Return)
        assert at.door.done == []


def test_a_number_chooses_and_enter_uses_it() -> None:
    with desk() as at:
        page = at.open("conflict")
        at.press(Qt.Key.Key_2)
        assert [card.isChecked() for card in page.cards] == [False, True, False, False]
        at.press(Qt.Key.Key_Return)
        command = at.door.done[-1]
        assert isinstance(command, PickVersion)
        assert command.wire_value == "Weekdays 10 am to 2 pm."


def test_both_are_kept_one_after_the_other() -> None:
    with desk() as at:
        at.open("conflict")
        at.press(Qt.Key.Key_3)
        at.press(Qt.Key.Key_Return)
        kept = at.door.done[-1]
        assert isinstance(kept, PickVersion)
        assert str(kept.wire_value).split("\n")[1].startswith("Weekdays after 6 pm")


def test_a_number_written_again_is_kept_as_numbers_are() -> None:
    with desk() as at:
        page = at.open("conflict", participant_id=samples.MARISELA)
        assert page.question.text() == "Which one reaches Marisela?"
        at.press(Qt.Key.Key_3)
        page.text.clear()
        at.type("(202) 555-0199")
        page.use.click()
        at.settle()
        written = at.door.done[-1]
        assert isinstance(written, PickVersion)
        assert written.wire_value == "+12025550199"


def test_what_was_changed_since_it_was_signed_is_said_in_words() -> None:
    item = samples.conflict_items()[2]
    said = settling(item, load("en"), samples.TODAY, samples.ZONE)
    assert said.life
    assert "stays exactly as it was signed" in said.lead
    assert [choice.button for choice in said.choices] == ["Let the signature stand", "Bring it back"]
    assert said.choices[0].wire_value == ["signed", b"\x01" * 16]


def test_what_changed_after_it_moved_is_shown_and_carried_over() -> None:
    signed = samples.conflict_items()[2]
    first = signed.versions[0]
    moved = replace(first, wire_value=["moved", b"\x02" * 16, b""], shown="moved, 0202")
    late = replace(first, wire_value="He waits no more.", shown="He waits no more.", staff="León", here=False)
    said = settling(replace(signed, kind="note", versions=(late, moved)), load("en"), samples.TODAY, samples.ZONE)
    assert "Who holds both carries the change over" in said.lead
    [choice] = said.choices  # who brings it back moves it back
    assert (choice.label, choice.button) == ("It goes on where it is now", "Carry the change over")
    assert choice.wire_value == ["moved", b"\x02" * 16, b""]
    assert [piece.text for piece in choice.pieces] == ["He waits no more."]


def test_differing_words_are_marked() -> None:
    first, second = differing(["Weekdays after 6 pm.", "Weekdays 10 am to 2 pm."])
    assert [piece.text for piece in first if piece.differs] == ["after 6"]
    assert "".join(piece.text for piece in second) == "Weekdays 10 am to 2 pm."


def test_news_does_not_take_a_choice_away() -> None:
    with desk() as at:
        page = at.open("conflict")
        at.press(Qt.Key.Key_1)
        at.hear("note")
        assert page._chosen is not None
        assert page.cards[0].isChecked()


# --- what was sent ----------------------------------------------------------------------------------------------------------


def test_offline_says_first_that_the_work_is_safe() -> None:
    with desk() as at:
        page = at.open("sync")
        assert page.sentence.text() == "You are offline. Your work is safe."
        assert page.lead.text().startswith("3 changes are on this laptop")
        assert nameless(page) == []
        at.press(Qt.Key.Key_F5)
        assert at.door.synced == 1
        assert page.sentence.text() == "Everything is sent."
        assert not page._needs_box.isVisibleTo(page)


def test_enter_on_two_versions_goes_to_choose() -> None:
    with desk() as at:
        page = at.open("sync")
        page.needs.setFocus()
        at.press(Qt.Key.Key_Return)
        assert at.frame.place == "conflict"


def test_work_that_came_too_late_is_taken_in_or_left_out_and_had_back() -> None:
    with desk() as at:
        at.door.status = samples.sync_decisions()
        page = at.open("sync")
        assert page.sentence.text() == "Something that came in waits for your decision."
        assert "new identity" in page._said.needs_you[1].title
        page.needs.setFocus()
        at.press(Qt.Key.Key_Return)
        sheet: Any = at.window.findChild(HeldWorkSheet)
        assert "Marisela Tzoc, Farid Rahimi" in sheet.accessibleDescription().replace("\u2068", "").replace("\u2069", "")
        assert sheet.later.hasFocus()
        at.door.fail["decide_held"] = KnownError("record_missing", kind="held_bundle")
        at.press(Qt.Key.Key_T, ALT)
        assert sheet.trouble.isVisibleTo(sheet)
        at.door.fail.clear()
        at.press(Qt.Key.Key_L, ALT)
        assert [decision for _, decision in at.door.decisions] == ["leave_out"]
        assert page.sentence.text() != "Something that came in waits for your decision."
        at.press(Qt.Key.Key_Z, CTRL)
        assert [decision for _, decision in at.door.decisions] == ["leave_out", "bring_back"]
        page.needs.setFocus()
        at.press(Qt.Key.Key_Return)
        at.press(Qt.Key.Key_T, ALT)
        assert [decision for _, decision in at.door.decisions] == ["leave_out", "bring_back", "take_in"]
        assert nameless(page) == []


# --- the paper --------------------------------------------------------------------------------------------------------------


def a_pdf(pages: int = 2) -> bytes:
    data = io.BytesIO()
    canvas = Canvas(data, invariant=1)
    for number in range(pages):
        canvas.drawString(72, 700, f"Page number {number + 1}")
        canvas.showPage()
    canvas.save()
    return data.getvalue()


def test_a_paper_is_seen_read_and_saved_with_a_reason(tmp_path: Any) -> None:
    with desk() as at:
        at.door.pdf = a_pdf()
        page = at.open("pdf", request=CaseSummaryRequest(samples.MARISELA))
        assert page.count.text() == "page 1 of 2"
        assert not page.view.empty
        assert "Page number 2" in page.reading.toPlainText()
        at.press(Qt.Key.Key_PageDown)
        assert page.count.text() == "page 2 of 2"
        assert "Page number 2" in page.view.accessibleDescription()
        at.press(Qt.Key.Key_S, CTRL)
        assert nameless(page) == []
        page.path.setText(str(tmp_path / "out.pdf"))
        at.press(Qt.Key.Key_Return)
        assert page.reason_field.has_problem, "a reason is needed"
        at.type("for her lawyer")
        at.press(Qt.Key.Key_Return)
        assert at.door.saved_papers == [(tmp_path / "out.pdf", "for her lawyer", "")]
        assert at.said[-1][0] == "Saved as out.pdf"


def test_bytes_that_are_no_pdf_are_said_to_be_unreadable() -> None:
    with desk() as at:
        at.door.pdf = b"not a paper"
        page = at.open("pdf", request=CaseSummaryRequest(samples.MARISELA))
        assert page.paper is None
        assert isinstance(at.troubles[-1], KnownError)
        assert not page.save_button.isEnabled()


def test_nothing_of_the_paper_stays_after_leaving() -> None:
    with desk() as at:
        at.door.pdf = a_pdf()
        page = at.open("pdf", request=CaseSummaryRequest(samples.MARISELA))
        at.open("sync")
        assert page.paper is None
        assert page._document is None


def given_to(at: Desk) -> Any:
    """The paper is open, and so is the form that gives it to somebody."""
    at.door.pdf = a_pdf()
    page = at.open("pdf", request=CaseSummaryRequest(samples.MARISELA))
    at.press(Qt.Key.Key_G, Qt.KeyboardModifier.ControlModifier)
    assert page.share.isVisible()
    return page


def to_alder(*, until: date | None = None) -> Any:
    fields = ConsentFields(
        participant_id=samples.MARISELA, scope=["services", "share_legal"], recipient="Alder Legal Aid", purpose="Asylum",
        given_on=date(2026, 5, 14), expires_on=until,
    )  # fmt: skip
    return replace(samples.participant_view(), consents=(samples.stored(fields, "alder"),))


def test_a_paper_is_given_under_the_consent_that_covers_it(tmp_path: Any) -> None:
    with desk() as at:
        at.door.answers[q.Participant] = to_alder()
        page = given_to(at)
        assert nameless(page) == []
        assert page.share.consent.currentText() == "Legal partner, to Alder Legal Aid: Asylum"
        assert not page.share.reason_field.isVisible(), "only a supervisor goes without one"
        page.share.path.setText(str(tmp_path / "out.pdf"))
        at.press(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        (shared,) = at.door.shared_papers
        assert shared[0] == tmp_path / "out.pdf"
        wanted = {"scope": "share_legal", "recipient": "Alder Legal Aid", "purpose": "Asylum", "override_reason": ""}
        assert wanted.items() <= shared[1].items()
        assert at.said[-1][0] == "Saved as out.pdf for Alder Legal Aid. It is in the ledger."
        assert not page.share.isVisible()
        assert page._stack.isVisible()


def test_what_no_consent_covers_says_which_is_missing_and_leads_to_recording_it() -> None:
    with desk() as at:
        at.door.answers[q.Participant] = to_alder(until=date(2026, 6, 1))
        page = given_to(at)
        assert not page.share.consent_field.isVisible(), "one that has ended is not offered"
        at.press(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        assert page.share.recipient_field.has_problem
        at.type("Alder Legal Aid")
        page.share.purpose.setText("Asylum")
        at.door.fail["share_paper"] = NotAllowed("needs_consent", scope="share_legal", why="expired", day="2026-06-01")
        at.press(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        assert "ended on" in page.share.refused.title.text()
        at.press(Qt.Key.Key_C, Qt.KeyboardModifier.AltModifier)
        assert at.frame.place == "participant"
        form = at.page.consent.form
        assert form.isVisible()
        assert [code for code, tick in form.scopes if tick.isChecked()] == ["share_legal"]
        assert (form.recipient.text(), form.purpose.text()) == ("Alder Legal Aid", "Asylum")


def test_a_supervisor_gives_a_paper_without_a_consent_and_says_why() -> None:
    with desk(role="supervisor") as at:
        page = given_to(at)
        page.share.recipient.setText("Immigration court")
        page.share.reason.setText("A court order of today")
        page.share._give()
        at.settle()
        assert at.door.shared_papers[-1][1]["override_reason"] == "A court order of today"


def test_escape_leaves_giving_and_shows_the_paper_again() -> None:
    with desk() as at:
        page = given_to(at)
        at.press(Qt.Key.Key_Escape)
        assert not page.share.isVisible()
        assert page._stack.isVisible()
        assert page.close_button.isVisible()
