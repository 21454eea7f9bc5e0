"""Short forms about people: they moved, an address, the household, keeping apart, what was shared, notes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from cmpp_desktop.domain.consent import RecordSharing
from cmpp_desktop.domain.households import AddHouseholdMember
from cmpp_desktop.domain.members import ChangeHead, LeaveHousehold, SeparateMembers
from cmpp_desktop.domain.moves import RecordMove
from cmpp_desktop.domain.participants import AddAddress
from cmpp_desktop.domain.questions import Participant, ParticipantView
from cmpp_desktop.domain.screenings import RaiseSafetyConcern
from cmpp_desktop.domain.separations import EndSeparation, SeparationRow, Separations
from cmpp_desktop.domain.tasks import PROTECTED_NOTES, ChangeNote, DeleteNote, WriteNote
from cmpp_desktop.domain.work import Command
from cmpp_desktop.errors import BugError, Invalid
from cmpp_desktop.ui.page import Ui
from cmpp_desktop.ui.pages.participant_model import closed_words
from cmpp_desktop.ui.pages.record_model import EVERYBODY, FormPlan, Item
from cmpp_desktop.ui.widgets import isolate

Values = Mapping[str, Any]


def needed(id: UUID | None) -> UUID:
    """The id without which a form cannot have been opened."""
    if id is None:
        raise BugError("form_without_id")
    return id


def given(values: Values, *names: str) -> dict[str, Any]:
    """Those of the values that say something, for a command whose other fields keep their defaults."""
    return {name: values[name] for name in names if values.get(name) not in (None, "", [])}


def moved(ui: Ui, record_id: UUID | None) -> FormPlan:
    """A new address for several people at once, with all that has to be told."""
    words = ui.words

    def make(participant: UUID | None, values: Values) -> Command:
        if not values["participant_ids"]:
            raise Invalid(participant_ids="missing")
        people = tuple(values["participant_ids"])
        return RecordMove(
            people,
            values["address"],
            values["moved_on"],
            people if values["confidential"] else (),
            values["use"],
            values["before"],
        )

    items = (
        Item("participant_ids", "people", words("Who moved"), True, EVERYBODY),
        Item("address", "address", words("The new address"), True),
        Item("moved_on", "day", words("Since"), default=ui.today()),
        Item("use", "code", words.field("address", "use"), default="home", codes="address_use"),
        Item("confidential", "yes_no", words("Keep this address from everybody else’s file"), default=False),
        Item("before", "address", words("Where they lived before, if it is not written down"), more=True),
    )
    text = words(
        "For each of them the deadlines for the court (EOIR-33) and USCIS (AR-11) are counted, with a line to tell ICE or ISAP."
        " Telling ISAP does not tell the court."
    )
    said = words("They moved: what has to be told is on the list")
    return FormPlan("moved", words("They moved"), items, make, said, words("Save the new address"), text=text)


def address(ui: Ui, record_id: UUID | None) -> FormPlan:
    """An address of one person alone, without the deadlines of a move."""
    words = ui.words

    def make(participant: UUID | None, values: Values) -> Command:
        return AddAddress(
            needed(participant), values["address"], values["since"], values["use"], confidential=values["confidential"]
        )

    items = (
        Item("address", "address", words.field("address", "address"), True),
        Item("since", "day", words.field("address", "since"), default=ui.today()),
        Item("use", "code", words.field("address", "use"), default="home", codes="address_use"),
        Item("confidential", "yes_no", words("Keep this address from everybody else’s file"), default=False),
    )
    text = words("For a move, use “They moved”: it counts what has to be told, and to whom.")
    return FormPlan("address", words("Another address"), items, make, words("Address added"), words("Save"), text=text)


def household_member(ui: Ui, record_id: UUID | None) -> FormPlan:
    """`record_id`: the household into which the participant is brought."""
    words = ui.words

    def make(participant: UUID | None, values: Values) -> Command:
        return AddHouseholdMember(values["household_id"], needed(participant), values["relationship"])

    items = (
        Item("household_id", "record", words.field("household_member", "household_id"), True, refers="household"),
        Item("relationship", "code", words.field("household_member", "relationship"), True, codes="relationship"),
    )
    return FormPlan(
        "household_member", words("Into a household"), items, make, words("They belong to the household now"), words("Save"),
        values={"household_id": record_id},
    )  # fmt: skip


def leave_household(ui: Ui, record_id: UUID | None) -> FormPlan:
    """`record_id`: the household."""
    words = ui.words

    def make(participant: UUID | None, values: Values) -> Command:
        return LeaveHousehold(needed(record_id), needed(participant), values["reason"], values["until"], values["new_head_id"])

    items = (
        Item("reason", "code", words.field("household_member", "left_reason"), default="moved_out", codes="left_household"),
        Item("until", "day", words.field("household_member", "until"), default=ui.today()),
        Item("new_head_id", "person", words("Who is the head of the household then"), help=words("Only when the head leaves.")),
    )
    return FormPlan(
        "leave_household", words("Leaves the household"), items, make, words("Left the household"), words("Save")
    )  # fmt: skip


def change_head(ui: Ui, record_id: UUID | None) -> FormPlan:
    """`record_id`: the household. The participant whose file it is becomes its head."""
    words = ui.words

    def make(participant: UUID | None, values: Values) -> Command:
        return ChangeHead(needed(record_id), needed(participant), primary_contact=values["primary_contact"])

    items = (Item("primary_contact", "yes_no", words("Also the first one to be called"), default=True),)
    text = words(
        "What the others are to the new head follows from what they were to the old one. It can be corrected afterwards."
    )
    return FormPlan(
        "change_head", words("Head of the household from now on"), items, make, words("There is another head of the household"),
        words("Save"), text=text,
    )  # fmt: skip


def keep_apart(ui: Ui, record_id: UUID | None) -> FormPlan:
    """The participant whose file it is, is kept safe from another of the household."""
    words = ui.words

    def make(participant: UUID | None, values: Values) -> Command:
        safe = needed(participant)
        others = tuple(id for id in values["with_ids"] if id not in (safe, values["from_id"]))
        return SeparateMembers(safe, values["from_id"], others, values["from_leaves"], values["since"], values["note"])

    items = (
        Item("from_id", "person", words("Keep them safe from"), True),
        Item("with_ids", "people", words("Who else is kept safe with them"), default=[]),
        Item("from_leaves", "yes_no", words("The other person leaves the household"), default=True),
        Item("since", "day", words.field("separation", "since"), default=ui.today()),
        Item("note", "text", words.field("separation", "note"), most=500),
    )
    text = words(
        "From now on neither is shown in the other’s file. Addresses of who is kept safe are confidential, and the two cannot be"
        " written down together."
    )
    return FormPlan("keep_apart", words("Keep apart"), items, make, words("They are kept apart"), words("Keep apart"), text=text)


def end_separation(ui: Ui, record_id: UUID | None) -> FormPlan:
    """Two who were kept apart are shown to each other again; for supervisors, who may know all of them."""
    words = ui.words

    def make(participant: UUID | None, values: Values) -> Command:
        return EndSeparation(values["separation_id"], values["until"])

    def added(rows: Sequence[SeparationRow]) -> tuple[Item, ...]:
        today = ui.today()
        choices = tuple(
            (row.id, words("{safe} is kept safe from {other}, since {day}", safe=isolate(row.participant),
                           other=isolate(row.from_name), day=words.short_date(row.since, today)))
            for row in rows
        )  # fmt: skip
        return (
            Item("separation_id", "record", words("Who"), True, refers="separation", choices=choices),
            Item("until", "day", words.field("separation", "until"), default=ui.today()),
        )

    text = words(
        "They are shown in each other’s files again, and may be written down together. Nothing else comes back: who left the"
        " household has left it, and addresses stay confidential. Talk with both of them first, each alone."
    )
    return FormPlan(
        "end_separation", words("No longer kept apart"), (), make, words("They are no longer kept apart"),
        words("End keeping them apart"), text=text, question=lambda participant: Separations(), added=added,
    )  # fmt: skip


def safety_concern(ui: Ui, record_id: UUID | None) -> FormPlan:
    """Everybody who works with somebody is told to talk with whoever raises it, and nothing of why."""
    words = ui.words

    def make(participant: UUID | None, values: Values) -> Command:
        if not values["tell"]:
            raise Invalid(tell="missing")
        return RaiseSafetyConcern(needed(participant))

    items = (Item("tell", "yes_no", words("Tell everybody who works with this person"), default=True),)
    text = words(
        "A task says: talk with you within a day, before anybody meets or calls them. It names only you, not why; anybody may"
        " raise it for any reason, so that it tells nothing. It is one task a day."
    )
    return FormPlan(
        "safety_concern", words("Talk with me first"), items, make, words("Everybody who works with them is told"),
        words("Tell them"), text=text,
    )  # fmt: skip


def share(ui: Ui, record_id: UUID | None) -> FormPlan:
    """Something went to somebody outside: the ledger of disclosures. `record_id`: nothing."""
    words = ui.words
    names = ("what", "scope", "recipient", "purpose", "title", "override_reason")

    def make(participant: UUID | None, values: Values) -> Command:
        return RecordSharing(needed(participant), **given(values, *names), restricted=values["restricted"])

    def label(name: str) -> str:
        return words.field("disclosure", name)

    items = (
        Item("what", "code", label("what"), True, codes="disclosure_what"),
        Item("scope", "code", label("scope"), True, codes="consent_scope"),
        Item("recipient", "line", label("recipient"), True, most=300),
        Item("purpose", "line", label("purpose"), most=500),
        Item("title", "line", label("title"), most=300, more=True),
        Item("override_reason", "line", label("override_reason"), most=500, more=True,
             help=words("Only a supervisor or administrator, where no consent covers it. It is in the audit log.")),
        Item("restricted", "yes_no", words("That it was shared is restricted itself"), default=False, more=True),
    )  # fmt: skip
    text = words("It needs a consent that covers what is shared, with whom and for what.")
    return FormPlan(
        "share", words("Something was shared"), items, make, words("It is in the ledger of what was shared"), words("Save"),
        text=text,
    )  # fmt: skip


def write_note(ui: Ui, record_id: UUID | None) -> FormPlan:
    """A note of a kind, pinned or restricted: what the quick note beside a file does not ask for."""
    words = ui.words

    def make(participant: UUID | None, values: Values) -> Command:
        closed = bool(values.get("restricted"))
        return WriteNote(needed(participant), values["text"], values["type"], values["pinned"], restricted=closed)

    def added(view: ParticipantView) -> tuple[Item, ...]:
        held = not view.restricted_exists
        kind = Item("type", "code", words.field("note", "type"), default="contact", codes="note_type",
                    but=frozenset() if held else PROTECTED_NOTES,
                    help=words("A note about mental health always is restricted.") if held else "")  # fmt: skip
        pinned = Item("pinned", "yes_no", words("Keep it in sight, beside every part of this file"), default=False)
        closed = Item("restricted", "yes_no", words("Only for those who hold the restricted records"), default=False,
                      help=closed_words(words))  # fmt: skip
        return (kind, pinned, closed) if held else (kind, pinned)

    items = (Item("text", "text", words.field("note", "text"), True),)
    return FormPlan(
        "write_note", words("Note of another kind"), items, make, words("Note kept"), words("Keep the note"),
        question=lambda participant: Participant(needed(participant)), added=added,
    )  # fmt: skip


def note(ui: Ui, record_id: UUID | None) -> FormPlan:
    """A note that was written already: put right, pinned, or taken out."""
    words = ui.words

    def make(participant: UUID | None, values: Values) -> Command:
        return ChangeNote(needed(record_id), dict(values))

    items = (
        Item("text", "text", words.field("note", "text"), True),
        Item("type", "code", words.field("note", "type"), default="contact", codes="note_type"),
        Item("pinned", "yes_no", words("Keep it in sight, beside every part of this file"), default=False),
    )
    return FormPlan(
        "note", words("Note"), items, make, words("Note changed"), words("Save"), "note", changes=True, remove=DeleteNote
    )  # fmt: skip
