"""Short forms about the work: opening and closing a case, handing over, referrals, help given, holds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from cmpp_desktop.domain.assistance import RecordAssistance
from cmpp_desktop.domain.cases import CaseOpening, CloseCase, ClosingCheck, ClosingView, OpenCase, ReopenCase
from cmpp_desktop.domain.referrals import CloseReferral, RecordReferralStep, Refer
from cmpp_desktop.domain.transfers import AnswerTransfer, AskTransfer, HandOver, HandOverFacts
from cmpp_desktop.domain.work import Command
from cmpp_desktop.errors import Invalid
from cmpp_desktop.ui.page import Ui
from cmpp_desktop.ui.pages.forms_of_people import Values, given, needed
from cmpp_desktop.ui.pages.record_model import FormPlan, Item
from cmpp_desktop.words import Words
from cmpp_desktop.workspace.casework import closing_words, open_items_of, summary_of


def _is_open(view: ClosingView, words: Words) -> str:
    lines = [closing_words(view, words)]
    for said, found in (
        (words("Hearings and deadlines without a result"), view.obligations), (words("Open tasks"), view.tasks),
        (words("Open referrals"), view.referrals), (words("Sessions not signed"), view.sessions),
        (words("Open needs"), view.needs),
        (words("Hand-overs without an answer"), view.transfers),
        (words("Open cases of others of the household"), view.household_cases),
    ):  # fmt: skip
        if found:
            lines.append(words("{label}: {value}", label=said, value=len(found)))
    if view.restricted_exists:
        lines.append(words("There may be restricted records. This laptop does not hold them."))
    return "\n".join(lines)


def close_case(ui: Ui, record_id: UUID | None) -> FormPlan:
    """Ends an enrolment (`record_id`: the case), with everything that is still open in sight."""
    words = ui.words
    ways = (
        ("hand", words("Give them to somebody else")), ("done", words("They are done")),
        ("keep", words("Leave them where they are")),
    )  # fmt: skip

    def make(participant: UUID | None, values: Values) -> Command:
        return CloseCase(
            needed(record_id),
            values["reason"] or "",
            values["state"],
            values["closed_on"],
            values["tasks"] or "",
            values["hand_to"],
        )

    items = (
        Item("reason", "code", words.field("case", "exit_reason"), True, codes="exit_reason"),
        Item("state", "code", words.field("case", "state"), default="exited",
             choices=tuple((code, words.code("case_state", code)) for code in ("exited", "declined"))),
        Item("closed_on", "day", words.field("case", "closed_on"), default=ui.today()),
        Item("tasks", "code", words("What becomes of the open tasks"), choices=ways),
        Item("hand_to", "staff", words("To whom the tasks go")),
    )  # fmt: skip
    return FormPlan(
        "close_case", words("Close the case"), items, make, words("The case is closed"), words("Close the case"),
        question=lambda participant: ClosingCheck(needed(record_id)), told=lambda answer: _is_open(answer, words),
    )  # fmt: skip


def open_case(ui: Ui, record_id: UUID | None) -> FormPlan:
    """A new enrolment of somebody who is registered."""
    words = ui.words
    names = ("referral_source", "eligibility_basis", "award", "site", "opened_on", "referred_on", "screening_outcome")

    def make(participant: UUID | None, values: Values) -> Command:
        return OpenCase(
            needed(participant),
            CaseOpening(state=values["state"], caseworker_id=values["caseworker_id"], **given(values, *names)),
        )

    def label(name: str) -> str:
        return words.field("case", name)

    items = (
        Item("state", "code", label("state"), default="active",
             choices=tuple((code, words.code("case_state", code)) for code in ("referred", "enrolled", "active", "declined"))),
        Item("opened_on", "day", label("opened_on"), default=ui.today()),
        Item("eligibility_basis", "code", label("eligibility_basis"), codes="eligibility_basis"),
        Item("referral_source", "code", label("referral_source"), codes="referral_source"),
        Item("caseworker_id", "staff", label("caseworker_id"), default=ui.me.me.id if ui.me is not None else None),
        Item("award", "line", label("award"), most=50, more=True),
        Item("site", "line", label("site"), most=100, more=True),
        Item("referred_on", "day", label("referred_on"), more=True),
        Item("screening_outcome", "code", label("screening_outcome"), codes="screening_outcome", more=True),
    )  # fmt: skip
    return FormPlan("open_case", words("Open a case"), items, make, words("The case is open"), words("Open the case"))


def reopen_case(ui: Ui, record_id: UUID | None) -> FormPlan:
    """Somebody comes back (`record_id`: the case)."""
    words = ui.words
    items = (
        Item(
            "caseworker_id", "staff", words.field("case", "caseworker_id"), help=words("Who carried it last, if you say nothing.")
        ),
    )
    return FormPlan(
        "reopen_case", words("They come back"), items,
        lambda participant, values: ReopenCase(needed(record_id), values["caseworker_id"]),
        words("The case is open again"), words("Open it again"),
    )  # fmt: skip


def hand_over(ui: Ui, record_id: UUID | None) -> FormPlan:
    """Asks somebody to take a case (`record_id`), with the summary that the program begins and the person ends."""
    words = ui.words
    teams = ui.me.teams if ui.me is not None else ()
    receiver = {"caseworker": "to_staff_id", "team": "to_team_id", "provider": "to_provider"}
    names = ("reason", "summary", "purpose", "override_reason", "scope")

    def make(participant: UUID | None, values: Values) -> Command:
        asked = given(values, receiver[values["to"]], *names)  # what was chosen for another kind before is not meant
        return AskTransfer(needed(record_id), values["to"], open_items=tuple(values["open_items"]), **asked)

    def filled(facts: HandOverFacts) -> Mapping[str, Any]:
        today: date = ui.today()
        return {"summary": summary_of(facts, words, today), "open_items": list(open_items_of(facts, words, today))}

    def label(name: str) -> str:
        return words.field("transfer", name)

    items = (
        Item("to", "code", label("to"), default="caseworker", codes="transfer_to"),
        Item("to_staff_id", "staff", words("Which caseworker"), help=words("For a hand-over within the team."),
             only_if=("to", "caseworker")),
        Item("to_team_id", "code", words("Which team"), choices=teams, only_if=("to", "team")),
        Item("to_provider", "line", words("Which provider"), most=300, only_if=("to", "provider")),
        Item("summary", "text", label("summary"), True, most=20_000),
        Item("open_items", "lines", label("open_items")),
        Item("reason", "line", label("reason"), most=500),
        Item("scope", "code", words("Which consent covers it"), default="share_social", codes="consent_scope", more=True),
        Item("purpose", "line", words("What for"), most=500, more=True),
        Item("override_reason", "line", label("override_reason"), most=500, more=True,
             help=words("Only a supervisor or administrator, where no consent covers it. It is in the audit log.")),
    )  # fmt: skip
    text = words(
        "They accept or send it back. To another team the whole file goes once they have accepted, with those of the household "
        "who have no case of their own; your team sees that it went, and nothing after. To a provider the records do not go."
    )
    signing = words("What waits for a signature is not signed there by itself: it has to be sent again. Have it signed before.")
    return FormPlan(
        "hand_over", words("Hand over the case"), items, make, words("They were asked to take the case"),
        words("Ask them"), text=f"{text} {signing}",
        question=lambda participant: HandOver(needed(record_id), ui.today()), filled=filled,
    )  # fmt: skip


def answer_hand_over(ui: Ui, record_id: UUID | None) -> FormPlan:
    """The answer to a hand-over (`record_id`)."""
    words = ui.words
    answers = ((True, words("Accepted")), (False, words("Sent back")))
    items = (
        Item("accepted", "code", words("The answer"), True, choices=answers),
        Item("note", "text", words.field("transfer", "answer_note"), most=500, help=words("Needed when it is sent back.")),
    )
    return FormPlan(
        "answer_hand_over", words("Answer to a hand-over"), items,
        lambda participant, values: AnswerTransfer(needed(record_id), values["accepted"], values["note"]),
        words("The answer is written down"), words("Save"), "transfer",
    )  # fmt: skip


def refer(ui: Ui, record_id: UUID | None) -> FormPlan:
    """A new referral, sent now under a consent or only prepared."""
    words = ui.words
    names = ("to_name", "need_id", "scope", "reason", "sent_how", "follow_up_on", "override_reason")

    def make(participant: UUID | None, values: Values) -> Command:
        kind, id = values["to"] or ("", None)
        if not values["to_name"] and id is None:
            raise Invalid(to="missing")
        to: dict[str, Any] = {"service_id": id} if kind == "hsds_service" else {"organization_id": id}
        return Refer(needed(participant), send=values["send"], restricted=values["restricted"], **to, **given(values, *names))

    def label(name: str) -> str:
        return words.field("referral", name)

    items = (
        Item("to", "service", words("To whom, from the directory"), help=words("A few letters of a service or an organisation.")),
        Item("to_name", "line", words("To whom, if they are in no directory"), most=300, unless="to"),
        Item("reason", "text", label("reason"), most=2000),
        Item("need_id", "record", label("need_id"), refers="need"),
        Item("scope", "code", words("Which consent covers it"), default="share_social", codes="consent_scope"),
        Item("send", "yes_no", words("It goes now"), default=True),
        Item("sent_how", "code", label("sent_how"), default="phone", codes="sent_how"),
        Item("follow_up_on", "day", words("Ask how it went on"), help=words("In two weeks, if you say nothing.")),
        Item("override_reason", "line", label("override_reason"), most=500, more=True,
             help=words("Only a supervisor or administrator, where no consent covers it. It is in the audit log.")),
        Item("restricted", "yes_no", words("That it was made is restricted itself"), default=False, more=True),
    )  # fmt: skip
    return FormPlan("refer", words("Referral"), items, make, words("Referral written down"), words("Save"))


def referral_news(ui: Ui, record_id: UUID | None) -> FormPlan:
    """How far a referral (`record_id`) has come, or what came of it."""
    words = ui.words
    steps = (
        ("sent", words("It was sent")), ("accepted", words("They took it on")), ("connected", words("They met")),
        ("follow_up", words("Asked, nothing new")), ("closed", words("It is closed")),
    )  # fmt: skip

    def make(participant: UUID | None, values: Values) -> Command:
        if values["step"] == "closed":
            if not values["outcome"]:
                raise Invalid(outcome="missing")
            return CloseReferral(needed(record_id), values["outcome"], values["note"], values["on"])
        return RecordReferralStep(
            needed(record_id), values["step"], values["on"], values["follow_up_on"], values["override_reason"]
        )

    items = (
        Item("step", "code", words("How far it is"), True, choices=steps),
        Item("on", "day", words("On which day"), default=ui.today()),
        Item("follow_up_on", "day", words("Ask again on"), help=words("In two weeks, if you say nothing.")),
        Item("outcome", "code", words.field("referral", "outcome"), codes="referral_outcome", help=words("When it is closed.")),
        Item("note", "text", words.field("referral", "outcome_note"), most=2000),
        Item("override_reason", "line", words.field("referral", "override_reason"), most=500, more=True),
    )
    return FormPlan(
        "referral_news", words("News of a referral"), items, make, words("Referral brought up to date"), words("Save"), "referral"
    )


def give_help(ui: Ui, record_id: UUID | None) -> FormPlan:
    """Money, a card, a voucher or goods that somebody was given: an entry of the ledger, until somebody approves it."""
    words = ui.words
    names = ("given_on", "award", "cost_category", "purpose", "vendor", "card_end", "receipt_id", "given_by", "note")

    def make(participant: UUID | None, values: Values) -> Command:
        return RecordAssistance(needed(participant), values["type"], values["money"], **given(values, *names))

    def label(name: str) -> str:
        return words.field("direct_assistance", name)

    items = (
        Item("type", "code", label("type"), True, codes="assistance_type"),
        Item("money", "money", label("money"), True),
        Item("given_on", "day", label("given_on"), default=ui.today()),
        Item("purpose", "line", label("purpose"), most=300),
        Item("award", "line", label("award"), most=50),
        Item("vendor", "line", label("vendor"), most=200),
        Item("cost_category", "code", label("cost_category"), default="participant_support", codes="cost_category", more=True),
        Item("card_end", "line", label("card_end"), most=4, more=True, help=words("The last digits of a gift card, never more.")),
        Item("receipt_id", "record", label("receipt_id"), refers="attachment", more=True),
        Item("given_by", "staff", label("given_by"), default=ui.me.me.id if ui.me is not None else None, more=True),
        Item("note", "text", label("note"), most=1000, more=True),
    )
    text = words(
        "It counts once somebody else has approved it. What is approved is never changed: it is taken back by a new entry."
    )
    return FormPlan("give_help", words("Help given"), items, make, words("Help written down"), words("Save"), text=text)
