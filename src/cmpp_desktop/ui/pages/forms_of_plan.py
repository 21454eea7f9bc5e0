"""Short forms about a plan, the ledger and holds: reviewed, reached, met, done; approved or not; held and lifted."""

from __future__ import annotations

from uuid import UUID

from cmpp_desktop.domain.assistance import ApproveEntries, RefuseEntry, ReverseEntry
from cmpp_desktop.domain.deadlines import OverrideDeadline
from cmpp_desktop.domain.plans import CloseGoal, ClosePlan, FinishStep, MeetNeed, ReviewPlan
from cmpp_desktop.domain.retention import LiftLegalHold, SetLegalHold
from cmpp_desktop.domain.work import Command
from cmpp_desktop.ui.page import Ui
from cmpp_desktop.ui.pages.forms_of_people import Values, needed
from cmpp_desktop.ui.pages.record_model import FormPlan, Item

ENDS = ("reached", "changed", "left")


def review_plan(ui: Ui, record_id: UUID | None) -> FormPlan:
    """A plan (`record_id`) was looked at together."""
    words = ui.words

    def make(participant: UUID | None, values: Values) -> Command:
        return ReviewPlan(needed(record_id), values["next_on"], values["summary"] or None, values["reviewed_on"])

    items = (
        Item("reviewed_on", "day", words.field("service_plan", "reviewed_on"), default=ui.today()),
        Item("next_on", "day", words.field("service_plan", "review_on"), True),
        Item("summary", "text", words.field("service_plan", "summary"), most=4000, help=words("As it was, if you say nothing.")),
    )
    return FormPlan(
        "review_plan", words("The plan was looked at together"), items, make, words("Review written down"), words("Save"),
        "service_plan",
    )  # fmt: skip


def close_plan(ui: Ui, record_id: UUID | None) -> FormPlan:
    """A plan (`record_id`) ends."""
    words = ui.words
    items = (
        Item("closed_on", "day", words.field("service_plan", "closed_on"), default=ui.today()),
        Item("summary", "text", words.field("service_plan", "summary"), most=4000, help=words("As it was, if you say nothing.")),
    )
    return FormPlan(
        "close_plan", words("The plan ends"), items,
        lambda participant, values: ClosePlan(needed(record_id), values["closed_on"], values["summary"] or None),
        words("The plan is closed"), words("Close the plan"), "service_plan",
    )  # fmt: skip


def close_goal(ui: Ui, record_id: UUID | None) -> FormPlan:
    """A goal (`record_id`) ends: reached, changed or left."""
    words = ui.words

    def make(participant: UUID | None, values: Values) -> Command:
        return CloseGoal(needed(record_id), values["progress"], values["note"], values["closed_on"], need_met=values["need_met"])

    ends = tuple((code, words.code("goal_progress", code)) for code in ENDS)
    items = (
        Item("progress", "code", words("How it ended"), True, choices=ends),
        Item("closed_on", "day", words.field("goal", "closed_on"), default=ui.today()),
        Item("note", "text", words.field("goal", "progress_note"), most=2000),
        Item("need_met", "yes_no", words("What it was for is met with it"), default=False),
    )
    return FormPlan("close_goal", words("The goal ends"), items, make, words("The goal is closed"), words("Save"), "goal")


def finish_step(ui: Ui, record_id: UUID | None) -> FormPlan:
    """A step (`record_id`) is done."""
    words = ui.words
    items = (
        Item("done_on", "day", words.field("action_step", "done_on"), default=ui.today()),
        Item("note", "text", words.field("action_step", "note"), most=1000),
    )
    return FormPlan(
        "finish_step", words("The step is done"), items,
        lambda participant, values: FinishStep(needed(record_id), values["done_on"], values["note"]),
        words("The step is done"), words("Save"), "action_step",
    )  # fmt: skip


def meet_need(ui: Ui, record_id: UUID | None) -> FormPlan:
    """What was missing (`record_id`) is there."""
    words = ui.words
    items = (
        Item("outcome", "line", words.field("need", "outcome"), most=500),
        Item("met_on", "day", words.field("need", "met_on"), default=ui.today()),
    )
    return FormPlan(
        "meet_need", words("The need is met"), items,
        lambda participant, values: MeetNeed(needed(record_id), values["outcome"], values["met_on"]),
        words("The need is met"), words("Save"), "need",
    )  # fmt: skip


def decide_help(ui: Ui, record_id: UUID | None) -> FormPlan:
    """An entry of direct assistance (`record_id`) is approved, refused, or, once approved, taken back."""
    words = ui.words
    decisions = (
        ("approve", words("It is right")),
        ("refuse", words("It is not")),
        ("reverse", words("Take an approved one back")),
    )

    def make(participant: UUID | None, values: Values) -> Command:
        entry = needed(record_id)
        if values["decision"] == "approve":
            return ApproveEntries("direct_assistance", (entry,), values["note"])
        if values["decision"] == "refuse":
            return RefuseEntry("direct_assistance", entry, values["note"])
        return ReverseEntry("direct_assistance", entry, values["note"])

    items = (
        Item("decision", "code", words("What is decided"), True, choices=decisions),
        Item("note", "line", words("Why"), most=500, help=words("Needed when it is refused or taken back.")),
    )
    text = words("Nobody approves their own entries. Taking one back writes an entry of the opposite amount.")
    return FormPlan(
        "decide_help", words("Approve or not"), items, make, words("Decided"), words("Save"), "direct_assistance", text=text
    )


def order_deadline(ui: Ui, record_id: UUID | None) -> FormPlan:
    """A judge's order sets another day than the rule (`record_id`: the deadline)."""
    words = ui.words

    def make(participant: UUID | None, values: Values) -> Command:
        return OverrideDeadline(needed(record_id), values["when"], values["order_attachment_id"], values["order_note"])

    items = (
        Item("when", "when", words("The day that the order sets"), True),
        Item("order_attachment_id", "record", words.field("obligation", "order_attachment_id"), refers="attachment"),
        Item("order_note", "line", words.field("obligation", "order_note"), most=500,
             help=words("Where the order is not at hand: what it says.")),
    )  # fmt: skip
    text = words("The order counts in place of the rule, and stays so when the rules change.")
    return FormPlan(
        "order_deadline", words("A judge’s order sets another day"), items, make, words("The day of the order counts"),
        words("Save"), "obligation", text=text,
    )  # fmt: skip


def hold(ui: Ui, record_id: UUID | None) -> FormPlan:
    """Nothing of this file is destroyed while a legal hold stands."""
    words = ui.words
    items = (Item("reason", "line", words.field("legal_hold", "reason"), True, most=500),)
    text = words("Nothing of this person’s file is destroyed from now on, until an administrator lifts it.")
    return FormPlan(
        "hold", words("Legal hold"), items,
        lambda participant, values: SetLegalHold(values["reason"], needed(participant)),
        words("The file is held"), words("Hold the file"), text=text,
    )  # fmt: skip


def hold_award(ui: Ui, record_id: UUID | None) -> FormPlan:
    """Nothing of any file of an award is destroyed while a legal hold stands."""
    words = ui.words
    items = (
        Item("award", "award", words.field("legal_hold", "award"), True),
        Item("reason", "line", words.field("legal_hold", "reason"), True, most=500),
    )
    return FormPlan(
        "hold_award", words("Legal hold of an award"), items,
        lambda participant, values: SetLegalHold(values["reason"], award=values["award"]),
        words("The award is held"), words("Hold the award"),
        text=words("Nothing of any file of this award is destroyed from now on, until an administrator lifts it."),
    )  # fmt: skip


def lift_hold(ui: Ui, record_id: UUID | None) -> FormPlan:
    """A hold (`record_id`) ends today."""
    words = ui.words
    items = (Item("reason", "line", words.field("legal_hold", "lifted_reason"), True, most=500),)
    return FormPlan(
        "lift_hold", words("The legal hold ends"), items,
        lambda participant, values: LiftLegalHold(needed(record_id), values["reason"]),
        words("The hold ended today"), words("Lift the hold"), "legal_hold",
    )  # fmt: skip
