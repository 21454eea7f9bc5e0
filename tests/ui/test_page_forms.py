"""The short forms of commands: what each asks for, and the command that it becomes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt

from cmpp_desktop.domain.assistance import DirectAssistanceFields, RecordAssistance
from cmpp_desktop.domain.attachments import AttachmentFields
from cmpp_desktop.domain.cases import ChangeCase, CloseCase, ClosingCheck, ClosingView
from cmpp_desktop.domain.entries import FileOf, OneRecord, Records
from cmpp_desktop.domain.members import BecameAdult
from cmpp_desktop.domain.moves import RecordMove
from cmpp_desktop.domain.obligations import ChangeObligation, MarkObligation, NextHearing, Shared, SharedWith
from cmpp_desktop.domain.plans import ActionStepFields, FinishStep, GoalFields, ReopenGoal
from cmpp_desktop.domain.questions import Participant
from cmpp_desktop.domain.records import Money
from cmpp_desktop.domain.referrals import CloseReferral, Refer
from cmpp_desktop.domain.screenings import RaiseSafetyConcern
from cmpp_desktop.domain.separations import EndSeparation, SeparationRow, Separations
from cmpp_desktop.domain.sessions import DeletedSession, DeletedSessions, RestoreSession
from cmpp_desktop.domain.tasks import ChangeNote, DeleteNote, NoteFields, WriteNote
from cmpp_desktop.domain.transfers import AskTransfer, HandOver, HandOverFacts
from cmpp_desktop.domain.undo import Together
from cmpp_desktop.domain.work import Done
from cmpp_desktop.errors import KnownError
from cmpp_desktop.ui.pages.command_forms import COMMANDS, offered
from cmpp_desktop.ui.widgets import Button
from cmpp_desktop.workspace import AttachmentRequest
from tests.ui import samples
from tests.ui.page_desk import Desk, desk, nameless

pytestmark = pytest.mark.usefixtures("qapp")
CTRL = Qt.KeyboardModifier.ControlModifier
SOME = samples.uid("some")
NOTHING_OPEN = ClosingView((), (), (), (), (), (), (), False)
FACTS = HandOverFacts(
    "Marisela Tzoc", samples.MARISELA, ("quc",), True, "No voicemail", "active", date(2026, 5, 1), None, (), (), (), (), (), ()
)


def note(text: str = "Called") -> NoteFields:
    return NoteFields(participant_id=samples.MARISELA, text=text, written_at=samples.NOW, author_id=samples.ANA)


def prepared(at: Desk, record: Any = None) -> None:
    at.door.answers |= {
        FileOf: (), Records: (), ClosingCheck: NOTHING_OPEN, HandOver: FACTS,
        OneRecord: samples.stored(record, "some") if record is not None else KnownError("record_missing"),
    }  # fmt: skip


def show(at: Desk, form: str, record: Any = None) -> Any:
    prepared(at, record)
    return at.open("form", form=form, participant_id=samples.MARISELA, record_id=SOME)


def save(at: Desk) -> Any:
    before = len(at.door.done)
    at.press(Qt.Key.Key_Return, CTRL)
    assert len(at.door.done) == before + 1, "nothing was carried out"
    return at.door.done[-1]


def test_every_command_has_a_form_whose_fields_are_named() -> None:
    with desk() as at:
        prepared(at)
        at.door.answers[OneRecord] = samples.stored(note(), "some")
        for form in sorted(COMMANDS):
            page = at.open("form", form=form, participant_id=samples.MARISELA, record_id=SOME)
            page._show_more(True)
            assert page.heading.text() == COMMANDS[form](at.ui, SOME).title
            assert nameless(page) == [], form
        assert at.troubles == []


def test_a_family_moved_in_one_form() -> None:
    with desk() as at:
        page = show(at, "moved")
        ticks = page.inputs["participant_ids"]._ticks
        assert all(tick.isChecked() for _, tick in ticks)  # whoever is forgotten here misses a deadline
        for _, tick in ticks[2:]:
            tick.setChecked(False)
        page.inputs["address"].first.setFocus()
        at.type("12 Mill Lane")
        page.inputs["address"].boxes["city"].setText("Newbridge")
        command = save(at)
        assert isinstance(command, RecordMove)
        assert command.participant_ids == (samples.MARISELA, ticks[1][0])
        assert command.address.line1 == "12 Mill Lane"
        assert command.moved_on == samples.TODAY
        assert command.confidential == ()


def test_a_move_without_an_address_says_so() -> None:
    with desk() as at:
        page = show(at, "moved")
        at.press(Qt.Key.Key_Return, CTRL)
        assert page.inputs["address"]._first_field.has_problem
        assert at.door.done == []


def test_an_outcome_with_the_hearing_that_was_set_there() -> None:
    with desk() as at:
        view = samples.participant_view()
        page = show(at, "outcome", view.obligations[0].fields)
        page.inputs["result"].first.set_value("attended")
        page.inputs["next_when"].day.set_value(date(2027, 3, 2))
        page.inputs["next_when"].at.set_value(time(8, 30))
        page.inputs["next_when"].zone.set_value("America/Chicago")
        command = save(at)
        assert isinstance(command, MarkObligation)
        assert (command.result, command.moved_to) == ("attended", None)
        assert isinstance(command.next, NextHearing)
        assert command.next.when.zone == "America/Chicago"


def test_one_that_was_moved_needs_its_new_day() -> None:
    with desk() as at:
        view = samples.participant_view()
        page = show(at, "outcome", view.obligations[0].fields)
        page.inputs["result"].first.set_value("moved_by_agency")
        at.press(Qt.Key.Key_Return, CTRL)
        assert page.inputs["next_when"]._day_field.has_problem
        page.inputs["next_when"].day.set_value(date(2027, 3, 2))
        assert save(at).moved_to.day == date(2027, 3, 2)


def test_closing_a_case_shows_what_is_open_and_asks_what_becomes_of_the_tasks() -> None:
    with desk() as at:
        prepared(at)
        at.door.answers[ClosingCheck] = replace(NOTHING_OPEN, tasks=(samples.stored(note(), "a"), samples.stored(note(), "b")))
        page = at.open("form", form="close_case", participant_id=samples.MARISELA, record_id=SOME)
        assert "Open tasks: 2" in page.text.text()
        page.inputs["reason"].first.set_value("own_wish")
        page.inputs["tasks"].first.set_value("keep")
        assert save(at) == CloseCase(SOME, "own_wish", "exited", samples.TODAY, "keep", None)


def test_a_hand_over_begins_with_what_the_file_says() -> None:
    with desk() as at:
        page = show(at, "hand_over")
        assert "Marisela Tzoc" in page.inputs["summary"].value()
        page.inputs["to_staff_id"].first.set_value(samples.LEON)
        command = save(at)
        assert isinstance(command, AskTransfer)
        assert (command.to, command.to_staff_id) == ("caseworker", samples.LEON)


def test_a_hand_over_asks_only_for_the_receiver_of_the_chosen_kind_and_sends_no_other() -> None:
    with desk() as at:
        page = show(at, "hand_over")
        every = ("to_staff_id", "to_team_id", "to_provider")

        def asked() -> list[str]:
            return [name for name in every if page.inputs[name].frame.isVisible()]

        assert asked() == ["to_staff_id"]
        page.inputs["to_staff_id"].first.set_value(samples.LEON)
        page.inputs["to"].first.set_value("provider")
        assert asked() == ["to_provider"]
        page.inputs["to_provider"].first.setText("Mill Street Clinic")
        command = save(at)
        assert isinstance(command, AskTransfer)
        assert (command.to, command.to_staff_id, command.to_provider) == ("provider", None, "Mill Street Clinic")


def test_a_referral_needs_somebody_and_ends_with_what_came_of_it() -> None:
    with desk() as at:
        page = show(at, "refer")
        at.press(Qt.Key.Key_Return, CTRL)
        assert page.inputs["to"].search.property("bad")
        page.inputs["to_name"].first.setText("Mill Street Clinic")
        command = save(at)
        assert isinstance(command, Refer)
        assert (command.to_name, command.send) == ("Mill Street Clinic", True)


def test_a_referral_is_closed_with_its_outcome() -> None:
    with desk() as at:
        from cmpp_desktop.domain.referrals import ReferralFields

        page = show(at, "referral_news", ReferralFields(participant_id=samples.MARISELA, to_name="Clinic"))
        page.inputs["step"].first.set_value("closed")
        at.press(Qt.Key.Key_Return, CTRL)
        assert page.inputs["outcome"].frame.has_problem
        page.inputs["outcome"].first.set_value("completed")
        assert save(at) == CloseReferral(SOME, "completed", "", samples.TODAY)


def test_help_is_given_in_dollars_and_cents() -> None:
    with desk() as at:
        page = show(at, "give_help")
        page.inputs["type"].first.set_value(page.words.codes("assistance_type")[0].id)
        for typed in ("12.345", "12,50", "1,2,3", "-5", "1e3", "5 USD"):  # a comma is never taken for a point, nor left out
            page.inputs["money"].first.setText(typed)
            at.press(Qt.Key.Key_Return, CTRL)
            assert page.inputs["money"].frame.has_problem, typed
            assert at.door.done == []
        page.inputs["money"].first.setText("$1,012.50")
        command = save(at)
        assert isinstance(command, RecordAssistance)
        assert command.money == Money(amount=Decimal("1012.50"))


def test_a_note_is_put_right_or_taken_out() -> None:
    with desk() as at:
        page = show(at, "note", note())
        page.inputs["text"].first.setPlainText("Called twice")
        assert save(at) == ChangeNote(SOME, {"text": "Called twice"})
        page = show(at, "note", note())
        page.remove.click()
        at.settle()
        assert at.door.done[-1] == DeleteNote(SOME)


def test_a_step_is_done_from_its_own_form() -> None:
    with desk() as at:
        step = ActionStepFields(participant_id=samples.MARISELA, goal_id=SOME, what="Call the school")
        page = show(at, "action_step", step)
        button = page._beside_row.itemAt(0).widget()
        assert button.text() == "It is done"
        button.click()
        at.settle()
        assert save(at) == FinishStep(SOME, samples.TODAY, "")


def test_a_board_reader_is_offered_nothing() -> None:
    with desk(role="board_reader") as at:
        assert list(offered(at.ui, samples.participant_view())) == []


def test_what_is_offered_follows_from_how_the_case_and_the_household_stand() -> None:
    with desk() as at:
        view = samples.participant_view()
        forms = {offer.form for _, offers in offered(at.ui, view) for offer in offers}
        assert {"moved", "hand_over", "close_case", "refer", "give_help", "share"} <= forms
        assert "open_case" not in forms
        alone = replace(view, household_id=None, household=(), case=None)
        forms = {offer.form for _, offers in offered(at.ui, alone) for offer in offers}
        assert {"open_case", "household_member"} <= forms
        assert not forms & {"close_case", "leave_household", "keep_apart"}


def test_help_that_was_given_is_approved_by_somebody_else() -> None:
    with desk(role="supervisor") as at:
        given = DirectAssistanceFields(
            participant_id=samples.MARISELA, type="transport", given_on=samples.TODAY, money=Money(amount=Decimal(5))
        )
        page = show(at, "decide_help", given)
        page.inputs["decision"].first.set_value("approve")
        command = save(at)
        assert (command.kind, command.entry_ids) == ("direct_assistance", (SOME,))


def test_a_file_becomes_a_document_of_the_file(tmp_path: Path) -> None:
    notice = tmp_path / "notice.pdf"
    with desk() as at:
        prepared(at)
        taken: list[Any] = []
        at.door.attach = lambda path, participant, **more: taken.append((path, participant, more["title"])) or Done(SOME)  # type: ignore[func-returns-value,method-assign]
        page = at.open("form", form="attach", participant_id=samples.MARISELA)
        at.press(Qt.Key.Key_Return, CTRL)
        assert page.inputs["path"].frame.has_problem
        page.inputs["path"]._take(notice)
        page.inputs["title"].first.setText("Notice of hearing")
        at.press(Qt.Key.Key_Return, CTRL)
        assert taken == [(notice, samples.MARISELA, "Notice of hearing")]
        assert at.said[-1][0] == "Document added"


def test_a_document_can_be_shown_from_its_form() -> None:
    with desk() as at:
        kept = AttachmentFields(participant_id=samples.MARISELA, title="Notice", content_hash="0" * 64)
        page = show(at, "attachment", kept)
        page._beside_row.itemAt(0).widget().click()
        at.settle()
        assert at.frame.place == "pdf"
        assert at.door.papers == [AttachmentRequest(SOME)]


def choose(page: Any, name: str, value: Any) -> None:
    page.inputs[name].first.set_value(value)


def test_a_family_at_one_hearing_is_marked_in_one_step_each_as_it_was() -> None:
    his, hers, child = samples.uid("his"), samples.uid("hers"), samples.uid("child")
    with desk() as at:
        at.door.answers[SharedWith] = (
            Shared(his, samples.MATEO, "Mateo"), Shared(hers, samples.uid(2), "Lucía"), Shared(child, samples.uid(3), "Iris"),
        )  # fmt: skip
        page = show(at, "outcome", samples.participant_view().obligations[0].fields)
        assert "Lucía" in page.text.text()
        choose(page, "result", "attended")
        choose(page, f"also:{his}", "same")
        choose(page, f"also:{hers}", "missed_unexcused")
        page.inputs["next_when"].day.set_value(date(2027, 3, 2))
        command = save(at)
        assert isinstance(command, Together)
        together, missed = command.commands
        assert isinstance(together, MarkObligation)
        assert isinstance(missed, MarkObligation)
        assert (together.obligation_id, together.result, together.also) == (SOME, "attended", (his,))
        assert (missed.obligation_id, missed.result, missed.also) == (hers, "missed_unexcused", ())
        assert together.next == missed.next
        assert together.next is not None
        assert together.next.when.day == date(2027, 3, 2)


def test_nobody_else_of_the_family_is_marked_unless_somebody_says_so() -> None:
    with desk() as at:
        at.door.answers[SharedWith] = (Shared(samples.uid("his"), samples.MATEO, "Mateo"),)
        page = show(at, "outcome", samples.participant_view().obligations[0].fields)
        choose(page, "result", "missed_excused")
        command = save(at)
        assert (command.obligation_id, command.also) == (SOME, ())


def test_an_outcome_that_was_written_wrongly_stands_there_to_be_put_right() -> None:
    with desk() as at:
        fields = samples.participant_view().obligations[0].fields
        marked = fields.model_copy(update={"result": "missed_unexcused", "how_known": "seen", "result_note": "Nobody came"})
        page = show(at, "outcome", marked)
        assert page.inputs["result"].value() == "missed_unexcused"
        choose(page, "result", "attended")
        command = save(at)
        assert (command.result, command.how_known, command.note) == ("attended", "seen", "Nobody came")


def test_the_family_is_reminded_together() -> None:
    his = samples.uid("his")
    with desk() as at:
        at.door.answers[SharedWith] = (Shared(his, samples.MATEO, "Mateo"),)
        page = show(at, "reminder")
        page.inputs["also"]._ticks[0][1].setChecked(True)
        assert save(at).obligation_ids == (SOME, his)


def test_a_hearings_place_is_put_right_and_only_that_is_changed() -> None:
    with desk() as at:
        page = show(at, "change_obligation", samples.participant_view().obligations[0].fields)
        page.inputs["place"].first.setText("Newbridge, room 7")
        assert save(at) == ChangeObligation(SOME, {"place": "Newbridge, room 7"})
        page = show(at, "change_obligation", samples.participant_view().obligations[0].fields)
        page.inputs["when"].day.set_value(None)
        at.press(Qt.Key.Key_Return, CTRL)
        assert page.inputs["when"]._day_field.has_problem


def test_a_cases_facts_are_changed_and_only_a_supervisor_gives_it_to_somebody_without_asking() -> None:
    case = samples.participant_view().case
    assert case is not None
    with desk() as at:
        page = show(at, "change_case", case.fields)
        assert "caseworker_id" not in page.inputs
        choose(page, "risk", "high")
        assert save(at) == ChangeCase(SOME, {"risk": "high"})
    with desk(role="supervisor") as at:
        assert "caseworker_id" in show(at, "change_case", case.fields).inputs


def test_who_turned_eighteen_agrees_in_their_own_name() -> None:
    with desk() as at:
        page = show(at, "came_of_age")
        assert page.inputs["language"].value() == "quc"
        for scope, tick in page.inputs["scope"]._ticks:
            tick.setChecked(scope == "services")
        page.inputs["phone"].first.setText("202 555 0148")
        page.inputs["own_household"].box.setChecked(True)
        command = save(at)
        assert isinstance(command, BecameAdult)
        assert command.consent is not None
        assert (command.consent.scope, command.consent.language) == (("services",), "quc")
        assert (command.routes, command.own_household, command.settled) == ((("phone", "202 555 0148"),), True, False)


def test_a_note_of_another_kind_may_be_restricted_by_who_holds_such_records() -> None:
    with desk() as at:
        at.door.answers[Participant] = replace(samples.participant_view(), restricted_exists=False)
        page = show(at, "write_note")
        page.inputs["text"].first.setPlainText("Slept badly")
        choose(page, "type", "mental_health")
        page.inputs["restricted"].box.setChecked(True)
        assert save(at) == WriteNote(samples.MARISELA, "Slept badly", "mental_health", False, restricted=True)
        at.door.answers[Participant] = replace(samples.participant_view(), restricted_exists=True)
        page = show(at, "write_note")
        assert "restricted" not in page.inputs
        assert "mental_health" not in [code for code, _ in page.inputs["type"]._choices]


def test_a_restricted_record_says_so_where_it_is_changed() -> None:
    with desk() as at:
        prepared(at)
        at.door.answers[OneRecord] = replace(samples.stored(note(), "some"), compartment="restricted")
        page = at.open("form", form="note", participant_id=samples.MARISELA, record_id=SOME)
        assert page.text.text().startswith("Restricted")


def test_the_data_dictionary_is_saved_from_settings_in_the_format_that_was_chosen(tmp_path: Path) -> None:
    with desk() as at:
        written: list[Path] = []

        def export(path: Path, *, language: str = "en") -> int:
            written.append(path)
            return 400

        at.door.export_dictionary = export  # type: ignore[method-assign]
        settings = at.open("settings", part="about")
        settings.dictionary.click()
        at.settle()
        page = at.page
        choose(page, "format", "json")
        page.inputs["path"].box.setText(str(tmp_path / "dictionary.csv"))
        at.press(Qt.Key.Key_Return, CTRL)
        assert written == [tmp_path / "dictionary.json"]
        assert at.said[-1][0] == "Data dictionary saved"


def test_a_goal_that_was_closed_goes_on_after_all() -> None:
    with desk() as at:
        goal = GoalFields(participant_id=samples.MARISELA, statement="Work", progress="left", closed_on=samples.TODAY)
        page = show(at, "goal", goal)
        page._beside_row.itemAt(0).widget().click()
        at.settle()
        assert at.door.done == [ReopenGoal(SOME)]
        assert at.said[-1][0] == "Changed"


def test_a_supervisor_ends_keeping_two_apart() -> None:
    with desk(role="supervisor") as at:
        row = SeparationRow(SOME, samples.MARISELA, "Marisela Tzoc", samples.MATEO, "Elias Ramos", samples.TODAY, "")
        at.door.answers[Separations] = (row,)
        settings = at.open("settings", part="about")
        button = next(one for one in settings.findChildren(Button) if one.text() == "No longer kept apart")
        button.click()
        at.settle()
        page = at.page
        assert nameless(page) == []
        assert "Elias Ramos" in page.inputs["separation_id"].first.itemText(1)
        choose(page, "separation_id", SOME)
        assert save(at) == EndSeparation(SOME, samples.TODAY)


def test_a_caseworker_is_not_led_to_who_is_kept_apart() -> None:
    with desk() as at:
        settings = at.open("settings", part="about")
        assert "No longer kept apart" not in [one.text() for one in settings.findChildren(Button)]


def test_anybody_can_ask_to_be_talked_with_first_and_says_nothing_of_why() -> None:
    with desk() as at:
        page = show(at, "safety_concern")
        assert "not why" in page.text.text()
        assert save(at) == RaiseSafetyConcern(samples.MARISELA)


def test_a_session_that_was_deleted_is_brought_back_with_who_was_there() -> None:
    there = samples.uid("attendance")
    with desk() as at:
        gone = DeletedSession(SOME, ("case_management",), samples.when(samples.TODAY), 45, (there,))
        at.door.answers[DeletedSessions] = (gone,)
        page = show(at, "bring_back_session")
        at.press(Qt.Key.Key_Return, CTRL)
        assert page.inputs["session_id"].frame.has_problem
        choose(page, "session_id", SOME)
        assert save(at) == RestoreSession(SOME, (there,))
