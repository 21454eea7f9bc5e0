"""The short forms of commands by their names, and from where each can be reached: a contents page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

from cmpp_desktop.domain.cases import OPEN_STATES
from cmpp_desktop.domain.participants import ADULT_AT, age
from cmpp_desktop.domain.plans import ReopenGoal
from cmpp_desktop.domain.questions import ParticipantView
from cmpp_desktop.domain.restricting import RESTRICTABLE, Restrict, Unrestrict
from cmpp_desktop.domain.work import Command
from cmpp_desktop.ui.page import Ui
from cmpp_desktop.ui.pages import forms_of_audit as audits
from cmpp_desktop.ui.pages import forms_of_case as case
from cmpp_desktop.ui.pages import forms_of_documents as documents
from cmpp_desktop.ui.pages import forms_of_office as office
from cmpp_desktop.ui.pages import forms_of_people as people
from cmpp_desktop.ui.pages import forms_of_plan as plan
from cmpp_desktop.ui.pages import forms_of_work as work
from cmpp_desktop.ui.pages.record_model import GROUPS, FormPlan, group_name, writes
from cmpp_desktop.words import Words

COMMANDS: Mapping[str, Callable[[Ui, UUID | None], FormPlan]] = {
    "moved": people.moved,
    "address": people.address,
    "household_member": people.household_member,
    "leave_household": people.leave_household,
    "change_head": people.change_head,
    "keep_apart": people.keep_apart,
    "end_separation": people.end_separation,
    "safety_concern": people.safety_concern,
    "share": people.share,
    "note": people.note,
    "write_note": people.write_note,
    "reminder": case.reminder,
    "outcome": case.outcome,
    "change_obligation": case.change_obligation,
    "change_case": case.change_case,
    "came_of_age": case.came_of_age,
    "bring_back_session": case.bring_back_session,
    "open_case": work.open_case,
    "close_case": work.close_case,
    "reopen_case": work.reopen_case,
    "hand_over": work.hand_over,
    "answer_hand_over": work.answer_hand_over,
    "refer": work.refer,
    "referral_news": work.referral_news,
    "give_help": work.give_help,
    "review_plan": plan.review_plan,
    "close_plan": plan.close_plan,
    "close_goal": plan.close_goal,
    "finish_step": plan.finish_step,
    "meet_need": plan.meet_need,
    "decide_help": plan.decide_help,
    "order_deadline": plan.order_deadline,
    "hold": plan.hold,
    "hold_award": plan.hold_award,
    "lift_hold": plan.lift_hold,
    "attach": documents.attach,
    "save_copy": documents.save_copy,
    "save_report": documents.save_report,
    "export_calendar": documents.export_calendar,
    "export_dictionary": documents.export_dictionary,
    "export_audit": audits.export_audit,
    "own_code": office.own_code,
    "my_time": office.my_time,
    "decide_time": office.decide_time,
}
# What opening a record in the file leads to, where it is not the form of a plain kind.
OPENS: Mapping[str, str] = {
    "note": "note", "referral": "referral_news", "transfer": "answer_hand_over", "direct_assistance": "decide_help",
    "legal_hold": "lift_hold",
}  # fmt: skip
MERGE = "merge"  # not a form: a page of its own
SHOW = "show"  # not a form: the document itself
GOES_ON = "goes_on"
# Commands that ask nothing: they are done where their button stands.
AT_ONCE: Mapping[str, Callable[[UUID], Command]] = {
    GOES_ON: ReopenGoal,
    **{f"restrict_{kind}": partial(Restrict, kind) for kind in RESTRICTABLE},
    **{f"unrestrict_{kind}": partial(Unrestrict, kind) for kind in RESTRICTABLE},
}
RESTRICTED_ONLY = frozenset({"potential_relief"})


@dataclass(frozen=True, slots=True)
class Offer:
    """Something that can be added or done in a file: the form's name, its words, and the record that it is about."""

    form: str
    said: str
    record_id: UUID | None = None


def beside(kind: str, record: Any, words: Words, *, restricted: bool | None = None) -> tuple[tuple[str, str], ...]:
    """What else can be done with a record whose form is open: (form or the name of a command that asks nothing, words).
    `restricted`: whether it is; None where this laptop does not hold what is, so that nothing is offered about it."""
    return (*_beside(kind, record, words), *_restricting(kind, record, words, restricted))


def _restricting(kind: str, record: Any, words: Words, restricted: bool | None) -> tuple[tuple[str, str], ...]:
    if restricted is None or kind not in RESTRICTABLE or record.lives_in() == "restricted":
        return ()
    if restricted:
        return ((f"unrestrict_{kind}", words("Let the whole team see it")),)
    return ((f"restrict_{kind}", words("Restrict it")),)


def _beside(kind: str, record: Any, words: Words) -> tuple[tuple[str, str], ...]:
    if kind == "goal" and record.closed_on is not None:
        return ((GOES_ON, words("It goes on after all")),)
    return {
        "service_plan": (("review_plan", words("Review it")), ("close_plan", words("Close the plan"))),
        "goal": (("close_goal", words("End it")),),
        "action_step": (("finish_step", words("It is done")),),
        "need": (("meet_need", words("It is met")),),
        "attachment": ((SHOW, words("Show it")), ("save_copy", words("Save a copy"))),
    }.get(kind, ())


def offered(ui: Ui, view: ParticipantView) -> Iterator[tuple[str, tuple[Offer, ...]]]:
    """(group, what is in it) of everything that somebody of this role may add here; what is restricted only to who holds it."""
    words = ui.words
    role = ui.me.me.role if ui.me is not None else ""
    held = not view.restricted_exists
    if role == "board_reader":
        return
    yield words("They moved"), (Offer("moved", words("They moved")),)
    for group, kinds in GROUPS:
        found = [
            Offer(kind, words.code("kind", kind))
            for kind in kinds
            if writes(kind, role) and kind not in INSTEAD and (held or kind not in RESTRICTED_ONLY)
        ]
        found += [
            Offer(INSTEAD[kind], words.code("kind", kind))
            for kind in kinds
            if kind in INSTEAD and (role == "administrator" or kind not in ADMINISTRATORS)
        ]
        if found:
            yield group_name(group, words), tuple(found)
    yield words("Note of another kind"), (Offer("write_note", words("Note of another kind")),)
    yield words("Bring back a session"), (Offer("bring_back_session", words("Bring back a session")),)
    yield words("Talk with me first"), (Offer("safety_concern", words("Talk with me first")),)
    yield words("Case"), tuple(_case(view, words))
    yield words("Family"), tuple(_family(view, words, ui.today()))
    yield words("Two records of one person"), (Offer(MERGE, words("Two records of one person")),)


# Kinds that are written by a command of their own.
INSTEAD: Mapping[str, str] = {
    "referral": "refer", "direct_assistance": "give_help", "disclosure": "share", "attachment": "attach", "legal_hold": "hold",
}  # fmt: skip


ADMINISTRATORS = frozenset({"legal_hold"})


def _case(view: ParticipantView, words: Words) -> Iterator[Offer]:
    case = view.case
    if case is None or case.fields.state not in (*OPEN_STATES, "referred"):
        yield Offer("open_case", words("Open a case"))
        if case is not None:
            yield Offer("reopen_case", words("They come back"), case.id)
        return
    yield Offer("change_case", words("Change the case"), case.id)
    yield Offer("hand_over", words("Hand over the case"), case.id)
    yield Offer("close_case", words("Close the case"), case.id)


def grew_up(view: ParticipantView, today: date) -> bool:
    """Whether somebody turned 18 in the last year, or is still called a minor: then their own consent has to be asked for."""
    person = view.participant.fields
    years = age(person.birth_date, today)
    return years is not None and years >= ADULT_AT and (years == ADULT_AT or "minor" in person.flags)


def _family(view: ParticipantView, words: Words, today: date) -> Iterator[Offer]:
    if grew_up(view, today):
        yield Offer("came_of_age", words("They turned 18"))
    yield Offer("address", words("Another address"))
    if view.household_id is None:
        yield Offer("household_member", words("Into a household"))
        return
    yield Offer("leave_household", words("Leaves the household"), view.household_id)
    yield Offer("change_head", words("Head of the household from now on"), view.household_id)
    if view.household:
        yield Offer("keep_apart", words("Keep apart"))
