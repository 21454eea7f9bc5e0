"""What a command may do: the one door through which records are read and written inside a unit of work.

`Work` is given to the handlers by the store's unit of work: everything that they do through it is one transaction, with
its change sets, search index and audit entries, or nothing. `Done` is what a handler gives back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Generic, Literal, Protocol, TypeVar
from uuid import UUID

from cmpp_desktop.domain.records import Compartment, F, Fields, Life

T_co = TypeVar("T_co", covariant=True)
Role = Literal["caseworker", "supervisor", "administrator", "board_reader"]


class Command:
    """Base of all commands: frozen dataclasses in the imperative."""

    __slots__ = ()


class Question(Generic[T_co]):
    """Base of all questions, frozen dataclasses too; the parameter is the type of the answer."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does it: the member of the roster, the staff record of the same person, the role, the device, the team."""

    member_id: UUID
    role: Role
    device_id: bytes
    team_id: UUID | None

    @property
    def staff_id(self) -> UUID:
        """A person's staff record has the id of the member of the roster."""
        return self.member_id


@dataclass(frozen=True)
class Stored(Generic[T_co]):
    """A record as it is now: its fields (the heads with the highest stamps), its life, and who touched it when."""

    id: UUID
    fields: T_co
    life: Life
    compartment: Compartment
    team_id: UUID | None
    created_at: datetime
    created_by: UUID
    changed_at: datetime
    changed_by: UUID
    signed_id: UUID | None = None  # of the Signed record, when life is signed


@dataclass(frozen=True)
class Done:
    """What a command gives back: the id of what it made or changed, and the command that takes it back, if one does."""

    id: UUID
    undo: Command | None = None
    more: Mapping[str, Any] | None = None


class Work(Protocol):
    """One unit of work. Nothing is visible to others, and nothing is kept, until the handler has returned."""

    @property
    def actor(self) -> Actor: ...

    @property
    def now(self) -> datetime:
        """The aware UTC time of this unit of work (one for all of it)."""
        ...

    @property
    def today(self) -> date:
        """The day it is where the work is done (not in Greenwich: an evening there is tomorrow already)."""
        ...

    def new_id(self) -> UUID:
        """A fresh UUIDv7."""
        ...

    def add(
        self, record: Fields, *, id: UUID | None = None, team_id: UUID | None = None, compartment: Compartment | None = None
    ) -> UUID:
        """Writes a new live record. `id`: given for derived ids (then adding what is there already changes nothing and
        gives its id). `team_id` defaults to the actor's; `compartment` to the record's own.

        It goes into `restricted`, whatever is asked for, when its content says so (`lives_in`) or when it names a record that
        is there: what hangs on something restricted must not tell of it. Raises restricted_closed where this laptop may not."""
        ...

    def get(self, kind: type[F], id: UUID) -> Stored[F]:
        """Raises KnownError record_missing when there is none that is shown (rule 15), or it is deleted."""
        ...

    def find(self, kind: type[F], **equals: Any) -> Sequence[Stored[F]]:
        """All records (deleted ones left out) whose columns equal these values, oldest first."""
        ...

    def versions(self, kind: type[F], id: UUID) -> frozenset[str]:
        """The fields of a record that have two versions, of which nobody has picked one yet. Raises record_missing."""
        ...

    def same(self, participant_id: UUID) -> tuple[UUID, ...]:
        """All ids of somebody who was merged (rule 27), the one they are shown by first; of anybody else the one id. `find`
        by participant_id looks under all of them."""
        ...

    def change(self, kind: type[F], id: UUID, **values: Any) -> None:
        """Sets fields; equal values write nothing. Raises Invalid, with other_compartment for a value that only a restricted
        record may have; record_settled when it is signed, deleted or moved."""
        ...

    def delete(self, kind: type[F], id: UUID, reason: str) -> None:
        """life=deleted(reason), covering everything held. The values stay until erasure."""
        ...

    def restore(self, kind: type[F], id: UUID) -> None:
        """life=live again for a deleted record. Raises record_settled for a destroyed one."""
        ...

    def destroy(self, kind: type[F], id: UUID) -> None:
        """life=deleted for good, of a signed record too, and of what somebody changed since: what is destroyed is not restored.
        Drafts about a participant who is destroyed go with them."""
        ...

    def move(
        self, kind: type[F], id: UUID, *, team_id: UUID | None, compartment: Compartment, transfer_id: UUID | None = None
    ) -> None:
        """Moves a live or signed record into another collection, with the same id (rule 25); what names it finds it there. Only
        where this laptop may write both: raises not_allowed or restricted_closed; conflict_open, for what differs is picked
        first. Where it is already nothing happens."""
        ...

    def keep_in_one(self, kind: type[F], id: UUID, *, team_id: UUID | None, compartment: Compartment) -> None:
        """Moves what is live of a record in another collection into this one, where it is live already (rules 25, 26). Raises
        record_missing where it is not; conflict_open, already_signed, Invalid other_compartment: see `misplaced.KeepInOne`."""
        ...

    def finish_move(self, kind: str, id: UUID) -> None:
        """Carries what changed in a record after it had moved over to where it is now, and settles it here (rule 26). Raises
        restricted_closed or other_team where this laptop does not hold that, record_missing when there is nothing to finish."""
        ...

    def order_erasure(self, certificate_id: UUID, certificate: bytes) -> None:
        """What this unit of work destroyed is erased from the history too (rule 19): the next exchange puts that into the roster.
        `certificate`: the 32-byte hash of the certificate."""
        ...

    def order_hold(self, hold_id: UUID, ids: Sequence[UUID]) -> None:
        """The roster holds these records against erasure, under the id of a hold; with none, that hold ends."""
        ...

    def holds(self, compartment: Compartment, team_id: UUID | None) -> bool:
        """Whether this laptop may read and write there."""
        ...

    def sign(self, kind: type[F], id: UUID, *, meaning: str, children: Sequence[tuple[type[Fields], UUID]] = ()) -> UUID:
        """Makes the content-addressed `Signed` record of it and its children, and settles it (rule 20). Returns the id of
        the Signed record. Raises conflict_open, update_first or already_signed."""
        ...

    def pick(self, kind: str, id: UUID, field: str, wire_value: Any) -> None:
        """Settles a conflict: writes this value naming all heads (rule 9)."""
        ...

    def content_hash(self, kind: type[F], id: UUID, children: Sequence[tuple[type[Fields], UUID]] = ()) -> str:
        """SHA-256 (hex) of the canonical content as `sign` would see it: what a submission names (rule 23)."""
        ...

    def audit(self, action: str, subject_kind: str, subject_id: UUID | None, **facts: str | int) -> None:
        """An entry of the hash-chained audit log: ids and counts only, never names or answers."""
        ...
