"""Short forms about what is there already: a case's facts, a hearing's place, a family at one hearing, who turned 18."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from cmpp_desktop.domain.cases import ChangeCase
from cmpp_desktop.domain.consent import ConsentGiven
from cmpp_desktop.domain.members import BecameAdult
from cmpp_desktop.domain.obligations import (
    ChangeObligation,
    MarkObligation,
    NextHearing,
    RecordReminder,
    Shared,
    SharedWith,
)
from cmpp_desktop.domain.questions import Participant, ParticipantView
from cmpp_desktop.domain.records import When
from cmpp_desktop.domain.sessions import DeletedSession, DeletedSessions, RestoreSession
from cmpp_desktop.domain.undo import Together
from cmpp_desktop.domain.work import Command
from cmpp_desktop.errors import Invalid
from cmpp_desktop.ui.page import Ui
from cmpp_desktop.ui.pages.forms_of_people import Values, needed
from cmpp_desktop.ui.pages.record_model import FormPlan, Item
from cmpp_desktop.ui.widgets import isolate

SAME = "same"  # as the one whose hearing it is
ALSO = "also:"  # before the id of another's obligation, in the name of its field
REASSIGN = ("supervisor", "administrator")  # others hand over, and are answered


def change_case(ui: Ui, record_id: UUID | None) -> FormPlan:
    """Facts of an enrolment (`record_id`) that were found out, or were wrong."""
    words = ui.words

    def make(participant: UUID | None, values: Values) -> Command:
        if "opened_on" in values and values["opened_on"] is None:
            raise Invalid(opened_on="missing")
        return ChangeCase(needed(record_id), dict(values))

    def label(name: str) -> str:
        return words.field("case", name)

    states = tuple((code, words.code("case_state", code)) for code in ("referred", "enrolled", "active", "paused"))
    role = ui.me.me.role if ui.me is not None else ""
    staff = (Item("caseworker_id", "staff", label("caseworker_id"), help=words("At once, without asking them.")),)
    items = (
        Item("state", "code", label("state"), default="active", choices=states),
        Item("eligibility_basis", "code", label("eligibility_basis"), codes="eligibility_basis"),
        Item("referral_source", "code", label("referral_source"), codes="referral_source"),
        Item("risk", "code", label("risk"), codes="level"),
        Item("support", "code", label("support"), codes="level"),
        *(staff if role in REASSIGN else ()),
        Item("award", "award", label("award")),
        Item("site", "line", label("site"), most=100),
        Item("opened_on", "day", label("opened_on")),
        Item("referred_on", "day", label("referred_on")),
        Item("enrolled_on", "day", label("enrolled_on")),
        Item("screening_outcome", "code", label("screening_outcome"), codes="screening_outcome"),
    )
    text = words("To end a case, or to give it to somebody who is asked first, use “Close the case” and “Hand over the case”.")
    return FormPlan(
        "change_case", words("Change the case"), items, make, words("Case changed"), words("Save"), "case", text=text,
        changes=True,
    )  # fmt: skip


def change_obligation(ui: Ui, record_id: UUID | None) -> FormPlan:
    """Place, time and what is arranged of an obligation (`record_id`), without saying what came of it."""
    words = ui.words

    def make(participant: UUID | None, values: Values) -> Command:
        if "when" in values and values["when"] is None:
            raise Invalid(when="missing")
        return ChangeObligation(needed(record_id), dict(values))

    def label(name: str) -> str:
        return words.field("obligation", name)

    items = (
        Item("when", "when", label("when")),
        Item("place", "line", label("place"), most=300),
        Item("mode", "code", label("mode"), default="in_person", codes="obligation_mode"),
        Item("transport", "line", words("How they get there"), most=300),
        Item("interpreter", "line", label("interpreter"), most=200),
        Item("lawyer", "line", label("lawyer"), most=200),
        Item("judge", "line", label("judge"), most=200),
        Item("note", "text", label("note"), most=4000, help=words("Why it changed, and who said so.")),
        Item("evidence_id", "record", words("The document that says so"), refers="attachment"),
        Item("agency", "code", label("agency"), codes="agency", more=True),
        Item("address", "address", label("address"), more=True),
    )
    text = words(
        "For what was written down wrongly, or arranged since. If the court or the agency moved it, mark it as moved: then the"
        " old day stays in the file. Deadlines that are counted from it follow by themselves."
    )
    return FormPlan(
        "change_obligation", words("Change place, time or what is arranged"), items, make, words("Changed"), words("Save"),
        "obligation", text=text, changes=True,
    )  # fmt: skip


def outcome(ui: Ui, record_id: UUID | None) -> FormPlan:
    """What came of an obligation (`record_id`) for each of the family who has the same one, how we know, and the hearing that
    was set there. One that was marked already is put right."""
    words = ui.words

    def make(participant: UUID | None, values: Values) -> Command:
        return _marked(needed(record_id), values)

    items = (
        Item("result", "code", words("What came of it"), True, codes="obligation_result"),
        Item("how_known", "code", words.field("obligation", "how_known"), default="told", codes="evidence"),
        Item("evidence_id", "record", words("The document that shows it"), refers="attachment"),
        Item("result_note", "text", words.field("obligation", "result_note"), most=2000),
        Item("next_when", "when", words("The next one, if it was set there, or the new day and time")),
        Item(
            "next_type",
            "code",
            words("What kind the next one is"),
            codes="obligation_type",
            help=words("As this one, if you say nothing."),
        ),
        Item("next_place", "line", words("Where the next one is"), most=300, more=True),
        Item("next_judge", "line", words.field("obligation", "judge"), most=200, more=True),
    )
    return FormPlan(
        "outcome", words("What came of it"), items, make, words("Outcome written down"), words("Save"), "obligation",
        question=lambda participant: SharedWith(needed(record_id)),
        told=lambda shared: _family_said(ui, shared), added=lambda shared: _for_each(ui, shared),
        shown=("result", "how_known", "evidence_id", "result_note"),
    )  # fmt: skip


def _family_said(ui: Ui, shared: Sequence[Shared]) -> str:
    if not shared:
        return ""
    names = ", ".join(isolate(one.name) for one in shared)
    return ui.words("The same time stands in the files of: {names}. Say below how it was for each.", names=names)


def _for_each(ui: Ui, shared: Sequence[Shared]) -> tuple[Item, ...]:
    """One choice for each of the others of the family."""
    words = ui.words
    results = tuple((code.id, code.name(words.language)) for code in words.codes("obligation_result") if not code.retired)
    choices = ((SAME, words("The same as above")), *results)
    return tuple(
        Item(f"{ALSO}{one.obligation_id}", "code", words("How it was for {name}", name=one.name), choices=choices)
        for one in shared
    )


def _marked(first: UUID, values: Values) -> Command:
    """One mark for all who had the same result; several together where the family did not fare alike."""
    when: When | None = values["next_when"]
    by_result: dict[str, list[UUID]] = {values["result"]: [first]}
    for name, result in values.items():
        if name.startswith(ALSO) and result:
            by_result.setdefault(values["result"] if result == SAME else result, []).append(UUID(name.removeprefix(ALSO)))
    if "moved_by_agency" in by_result and when is None:
        raise Invalid(next_when="missing")
    marks = tuple(_mark(result, ids, values, when) for result, ids in by_result.items())
    return marks[0] if len(marks) == 1 else Together(marks)


def _mark(result: str, ids: Sequence[UUID], values: Values, when: When | None) -> MarkObligation:
    moved = result == "moved_by_agency"
    following = None
    if when is not None and not moved:
        following = NextHearing(when, values["next_type"] or "", values["next_place"], values["next_judge"])
    return MarkObligation(
        ids[0], result, values["how_known"], values["result_note"], when if moved else None, values["evidence_id"], following,
        tuple(ids[1:]),
    )  # fmt: skip


def reminder(ui: Ui, record_id: UUID | None) -> FormPlan:
    """That somebody was reminded of an obligation (`record_id`), and with them others of the family."""
    words = ui.words

    def make(participant: UUID | None, values: Values) -> Command:
        also = tuple(values.get("also") or ())
        return RecordReminder((needed(record_id), *also), values["how"], values["note"], values["at"])

    def others(shared: Sequence[Shared]) -> tuple[Item, ...]:
        if not shared:
            return ()
        choices = tuple((one.obligation_id, one.name) for one in shared)
        return (Item("also", "records", words("Who else was reminded"), default=[], choices=choices),)

    items = (
        Item("how", "code", words("How they were reminded"), default="phone", codes="reminder_how"),
        Item("at", "moment", words("When"), default=ui.now()),
        Item("note", "line", words("What they said"), most=500),
    )
    return FormPlan(
        "reminder", words("They were reminded"), items, make, words("Reminder written down"), words("Save"),
        question=lambda participant: SharedWith(needed(record_id)), added=others,
    )  # fmt: skip


def came_of_age(ui: Ui, record_id: UUID | None) -> FormPlan:
    """Somebody turned 18: what they agree to themselves, how they are reached, where they belong."""
    words = ui.words
    scopes = tuple((code.id, code.name(words.language)) for code in words.codes("consent_scope") if not code.retired)

    def make(participant: UUID | None, values: Values) -> Command:
        consent = None
        if values["scope"]:
            consent = ConsentGiven(
                tuple(values["scope"]), values["recipient"], values["purpose"], values["language"], values["how_given"]
            )
        elif values["recipient"] or values["purpose"]:
            raise Invalid(scope="missing")
        routes = tuple((route, values[route]) for route in ("phone", "email") if values[route])
        return BecameAdult(needed(participant), None, consent, routes, values["own_household"], values["settled"])

    items = (
        Item("scope", "codes", words("What they agree to themselves"), default=[], choices=scopes,
             help=words("What a parent agreed to for a child no longer covers them.")),
        Item("how_given", "code", words.field("consent", "how_given"), default="signed", codes="consent_how",
             but=frozenset({"guardian"})),
        Item("language", "code", words.field("consent", "language"), default="en", codes="language"),
        Item("phone", "line", words("Their own phone"), most=200),
        Item("email", "line", words("Their own e-mail"), most=200),
        Item("own_household", "yes_no", words("They have a household of their own from now on"), default=False),
        Item("settled", "yes_no", words("Their papers are in order too: no task is needed"), default=False),
        Item("recipient", "line", words.field("consent", "recipient"), most=200, help=words("Empty: only us."), more=True),
        Item("purpose", "line", words.field("consent", "purpose"), most=500, more=True),
    )  # fmt: skip
    text = words(
        "They are no longer a minor in this program. What is left to do becomes a task: their own consent, papers and ways to"
        " reach them."
    )
    return FormPlan(
        "came_of_age", words("They turned 18"), items, make, words("They are an adult from now on"), words("Save"), text=text,
        question=lambda participant: Participant(needed(participant)), filled=_tongue,
    )  # fmt: skip


def _tongue(view: ParticipantView) -> Mapping[str, Any]:
    languages = view.participant.fields.languages
    return {"language": languages[0]} if languages else {}


def bring_back_session(ui: Ui, record_id: UUID | None) -> FormPlan:
    """A session that was deleted stands in the file again."""
    words = ui.words
    gone: dict[UUID, DeletedSession] = {}

    def make(participant: UUID | None, values: Values) -> Command:
        session = gone[values["session_id"]]
        return RestoreSession(session.id, session.attendance_ids)

    def added(found: Sequence[DeletedSession]) -> tuple[Item, ...]:
        gone.update((one.id, one) for one in found)
        choices = tuple((one.id, _session_said(one, ui)) for one in found)
        return (Item("session_id", "record", words("Which session"), True, refers="service_session", choices=choices),)

    return FormPlan(
        "bring_back_session", words("Bring back a session"), (), make, words("The session is in the file again"),
        words("Bring it back"), text=words("Sessions that were deleted, the latest first. It comes back as it was."),
        question=lambda participant: DeletedSessions(needed(participant)), added=added,
    )  # fmt: skip


def _session_said(session: DeletedSession, ui: Ui) -> str:
    words = ui.words
    services = ", ".join(words.code("service", code) for code in session.services)
    return f"{words.short_date(session.when.day, ui.today())}, {words('{n} min', n=session.minutes)}: {services}"
