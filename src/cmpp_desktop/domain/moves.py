"""They moved: a new address for several of a household at once, and whom each of them has to tell.

The deadlines for the court (EOIR-33) and USCIS (AR-11) follow from the address by the rules; no day is computed here. What ICE or
ISAP is told is an obligation of its own: telling ISAP is not telling the court, and each has its own line to tick.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from cmpp_desktop.domain.following import zone_of_office
from cmpp_desktop.domain.obligations import ObligationFields
from cmpp_desktop.domain.participants import AddressFields, ParticipantFields
from cmpp_desktop.domain.records import PostalAddress, When, validated
from cmpp_desktop.domain.separations import each_once, is_kept_safe, refuse_together
from cmpp_desktop.domain.tasks import TaskFields
from cmpp_desktop.domain.undo import Recorder
from cmpp_desktop.domain.work import Command, Done, Stored, Work
from cmpp_desktop.errors import Invalid
from cmpp_protocol.ids import derived_id


@dataclass(frozen=True)
class RecordMove(Command):
    """The address of these people from `moved_on` (None: today); the one before it ends on that day.

    `confidential`: whose new address is never shown in another's record; of who is kept safe from somebody it always is.
    `before`: where they lived, for those of whom no address was written down. Who lives there already is left out.
    For each: deadlines by the rules (EOIR-33, AR-11), an obligation to tell ICE or ISAP, and a task to tell the court.
    Raises Invalid: participant_ids kept_apart, moved_on in_future or before_start, address missing or same_address.
    `Done.more`: address_ids, task_ids, tell_ids (ICE or ISAP), deadlines (what the rules made).
    """

    participant_ids: tuple[UUID, ...]
    address: PostalAddress
    moved_on: date | None = None
    confidential: tuple[UUID, ...] = ()
    use: str = "home"
    before: PostalAddress | None = None


def record_move(command: RecordMove, work: Work) -> Done:
    people = each_once(command.participant_ids, work)
    if not people:
        raise Invalid(participant_ids="missing")
    if not command.address.one_line:
        raise Invalid(address="missing")
    refuse_together(people, work)
    day = command.moved_on or work.today
    if day > work.today:
        raise Invalid(moved_on="in_future")
    moving = [work.get(ParticipantFields, id) for id in people if not _lives_there(id, command, work)]
    if not moving:
        raise Invalid(address="same_address")
    recorder = Recorder(work)
    addresses = [_new_address(person, command, day, recorder) for person in moving]
    pairs = list(zip(moving, addresses, strict=True))
    tell = tuple(_tell_ice(person, address, recorder) for person, address in pairs)
    tasks = tuple(_tell_the_court(person, address, recorder) for person, address in pairs)
    return Done(addresses[0], recorder.undo(addresses[0]), {"address_ids": tuple(addresses), "task_ids": tasks, "tell_ids": tell})


def _lives_there(participant_id: UUID, command: RecordMove, work: Work) -> bool:
    current = work.find(AddressFields, participant_id=participant_id, use=command.use, until=None)
    return any(item.fields.address == command.address for item in current)


def _new_address(person: Stored[ParticipantFields], command: RecordMove, day: date, work: Work) -> UUID:
    known = work.find(AddressFields, participant_id=person.id, use=command.use)
    for old in known:
        if old.fields.until is None:
            if old.fields.since is not None and old.fields.since > day:
                raise Invalid(moved_on="before_start")
            work.change(AddressFields, old.id, until=day)
    secret = bool(set(command.confidential) & set(work.same(person.id))) or is_kept_safe(person.id, work)
    if not known:
        earlier = validated(
            AddressFields,
            participant_id=person.id,
            address=command.before or PostalAddress(),
            use=command.use,
            until=day,
            confidential=secret,
        )
        before = derived_id("address", work.same(person.id)[0], f"{command.use}:before:{day.isoformat()}")
        work.add(earlier, id=before, team_id=person.team_id)  # that there was one makes this a move, and starts the days
    address = validated(
        AddressFields,
        participant_id=person.id,
        address=command.address,
        use=command.use,
        since=day,
        confidential=secret,
    )
    # Two laptops that write down the same move make one of it, and one of each line that follows.
    place = " ".join((command.use, day.isoformat(), str(len(known)), *command.address.one_line.casefold().split()))
    return work.add(address, id=derived_id("address", work.same(person.id)[0], place), team_id=person.team_id)


def _tell_ice(person: Stored[ParticipantFields], address_id: UUID, work: Work) -> UUID:
    """No rule says by which day: it is due on the day on which it is written down."""
    record = validated(
        ObligationFields,
        participant_id=person.id,
        type="address_change_ice",
        when=When(day=work.today, zone=zone_of_office(work)),
        mode="phone",
        agency="ice",
        trigger_kind="address",
        trigger_id=address_id,
    )
    return work.add(record, id=derived_id("obligation", address_id, "tell_ice"), team_id=person.team_id)


def _tell_the_court(person: Stored[ParticipantFields], address_id: UUID, work: Work) -> UUID:
    task = validated(
        TaskFields,
        participant_id=person.id,
        title_code="tell_the_court",
        subject_kind="address",
        subject_id=address_id,
        due_on=work.today,
        assigned_to=work.actor.staff_id,
        priority="high",
    )
    return work.add(task, id=derived_id("task", address_id, "tell_the_court"), team_id=person.team_id)
