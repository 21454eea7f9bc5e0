"""What sync asks of the store: one Protocol, so that the engine can be tested without a disk.

The store provides it on the tables of the sync rules (`store/replica.py`). Everything below is called from the thread that
owns the store, never while the network is waited for. Reads are allowed at any time. Writes are only called inside
`transaction()`: everything in it is kept together or not at all (rules 1, 41), the clock and the cursor too.

Collections are UUIDs, devices and hashes are 32 bytes, times are milliseconds since the epoch.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol
from uuid import UUID

from cmpp_desktop.changes import ChangeSet, Columns, RecordState

EnvelopeState = Literal["counts", "void", "waits", "held"]

# Names of `secret` values that sync keeps. Not to be confused with key slots: all of them lie inside the encrypted store.
DEVICE_SECRET = "device"  # 128 bytes: cmpp_protocol.keys.KeyPair.secret
ORG = "org"  # 32 bytes: the organisation's id, pinned
SERVER = "server"  # canonical map {"url": str, "ca": str}
PENDING = "pending"  # canonical list of [entry, [key envelopes]] of a founding that the server has not taken yet
INTRODUCTION = "introduction"  # canonical [invitation's 16 bytes, secret], until the enrolment is in the server's roster
IDENTITY = "identity"  # canonical str "taken": another copy of this laptop writes under its identity (rule 35)
SUCCESSOR = "successor"  # 128 bytes: the keys of the identity that this laptop is about to take, until it has them
RENEWED = "renewed"  # canonical int, ms: when this laptop took another identity
CLOCK_OFFSET = "clock_offset"  # canonical int, ms to add to the system clock (rule 2)
LAST_HEARD = "last_heard"  # canonical int, ms, of the server's last good answer
PROBLEM = "problem"  # canonical str, the code of the last exchange's failure; absent after a good one
DAMAGED = "damaged"  # canonical list of `copies.BadCopy` rows: places of logs whose copy did not verify here
SNAPSHOTS = "snapshots"  # canonical list of `snapshot_books.Base` rows: the newest that is known of each collection
CONFIRMED = "snapshots_confirmed"  # canonical list of `confirmed.Confirmed` rows
LET_GO = "let_go"  # canonical list of [collection, seq]: up to where the bytes of others' bundles may have gone from here
SNAPSHOTS_BEGUN = "snapshots_begun"  # canonical list of collections of which a snapshot is half taken in
SENT_THERE = "sent_there"  # canonical list of [collection, stamp number] that another copy of this laptop has sent (`parted`)
PROPOSALS = "proposals"  # canonical list of proposals that the roster has not taken yet, one's own and others'
SEEN = "seen"  # canonical list of [device, ms, roster number, [[collection, stamp number]]]: what others have of one's own
LAST_STICK = "last_stick"  # canonical int, ms: when a folder was last written to the end, in an organisation without a server
ON_STICK = "on_stick"  # canonical list of [collection, stamp number]: how far one's own changes lie in some folder
AUDIT_SENT = "audit_sent"  # canonical [number, hash] of the last entry of the own audit log that was put into the outbox
AUDIT_READ = "audit_read"  # canonical [place in the log, fences of the roster] up to which the audit drop was read
KEY_ENVELOPES = "key_envelopes"  # canonical list of key envelopes to hand to the server

GONE = b"\0"  # in place of the bytes of a bundle that need not be kept any longer (rule 38)


class ChainRow(Protocol):
    """A `Chain` as the store hands it out."""

    @property
    def number(self) -> int: ...
    @property
    def hash(self) -> bytes: ...
    @property
    def last_hlc(self) -> int: ...
    @property
    def roster_no(self) -> int: ...


class Chain(NamedTuple):
    """What was applied from one device in one collection: the last counting bundle's number and hash, the last stamp
    number, and the roster number which that bundle named (rules 3, 29). Number 0 and 32 zero bytes: nothing yet."""

    number: int
    hash: bytes
    last_hlc: int
    roster_no: int


NO_CHAIN: ChainRow = Chain(0, bytes(32), 0, 0)


class OnShelf(Protocol):
    """An envelope without its bytes."""

    @property
    def device(self) -> bytes: ...
    @property
    def number(self) -> int: ...
    @property
    def hash(self) -> bytes: ...
    @property
    def seq(self) -> int | None: ...
    @property
    def mine(self) -> bool: ...
    @property
    def state(self) -> str: ...


class EnvelopeRow(OnShelf, Protocol):
    """A `StoredEnvelope` as the store hands it out."""

    @property
    def collection(self) -> UUID: ...
    @property
    def epoch(self) -> int: ...
    @property
    def state(self) -> EnvelopeState: ...
    @property
    def last_hlc(self) -> int | None: ...
    @property
    def body(self) -> bytes: ...


@dataclass(frozen=True, slots=True)
class StoredEnvelope:
    """A bundle as bytes, kept until snapshots cover it (rule 38). `seq` None: not seen in the log yet, so offered.

    `mine`: sealed by this copy of the store (rule 35). `last_hlc`: the last stamp number in it if it is one's own.
    """

    collection: UUID
    device: bytes
    number: int
    hash: bytes
    epoch: int
    seq: int | None
    mine: bool
    state: EnvelopeState
    last_hlc: int | None
    body: bytes


class SetAsideRow(Protocol):
    """A `SetAside` as the store hands it out."""

    @property
    def collection(self) -> UUID: ...
    @property
    def device(self) -> bytes: ...
    @property
    def number(self) -> int: ...
    @property
    def hash(self) -> bytes: ...
    @property
    def part(self) -> int: ...
    @property
    def reason(self) -> str: ...
    @property
    def since(self) -> int: ...


@dataclass(frozen=True, slots=True)
class SetAside:
    """Something that could not be applied (rules 30, 33, 42): kept, counted, shown. `part` -1: the whole bundle, else the
    place of the change set in it. `reason` is a code; `body` is the bundle, or the change set's bytes."""

    collection: UUID
    device: bytes
    number: int
    hash: bytes
    part: int
    reason: str
    since: int
    body: bytes


class Replica(Protocol):
    """Sync's side of the store."""

    def transaction(self) -> AbstractContextManager[None]:
        """Begins a write transaction (BEGIN IMMEDIATE); commits on leaving, durably, and rolls back on any exception.

        Not re-entrant. Memory that mirrors the tables (numbers of devices, the clock) is rolled back as well."""
        ...

    # Roster and keys

    def roster(self) -> Sequence[bytes]:
        """All entries, from genesis on, as bytes."""
        ...

    def append_roster(self, no: int, hash: bytes, entry: bytes) -> None: ...

    def cut_roster(self, no: int) -> None:
        """Forgets the entries from number `no` on: another branch takes their place (rule 39)."""
        ...

    def collection_keys(self) -> Mapping[tuple[UUID, int], bytes]:
        """The 32-byte key of each (collection, epoch) that this laptop holds."""
        ...

    def put_collection_key(self, collection: UUID, epoch: int, key: bytes) -> None: ...

    def forget_collection_key(self, collection: UUID, epoch: int) -> None:
        """The key of an epoch that the roster does not know any more."""
        ...

    def put_collection(self, collection: UUID, kind: str, team_id: UUID | None, held: bool) -> None:
        """Adds or changes what is known of a collection. `kind`: that of the roster. `held`: it may be
        shown and written here. `team_id` None for a team's collection: not known to sync; the store finds it by
        `changes.collection_id(kind, team)` among the team records, now or when they come."""
        ...

    def put_device(self, device: bytes, member: UUID) -> None:
        """Whose laptop it is, for "changed by"."""
        ...

    def secret(self, name: str) -> bytes | None:
        """A value of this laptop alone (names above)."""
        ...

    def put_secret(self, name: str, value: bytes | None) -> None:
        """Keeps a value; None removes it."""
        ...

    # Merging

    def chains(self, collection: UUID) -> Mapping[bytes, ChainRow]:
        """By device. This device's own entry speaks of its bundles that were sealed."""
        ...

    def put_chain(self, collection: UUID, device: bytes, chain: ChainRow) -> None: ...

    def states(self, collection: UUID, ids: Iterable[UUID]) -> dict[UUID, RecordState]:
        """The merge states of these records; those that are not there are absent."""
        ...

    def save_states(
        self, collection: UUID, before: Mapping[UUID, RecordState], after: Mapping[UUID, RecordState]
    ) -> frozenset[UUID]:
        """Writes the states that arrived changes led to, with records, search index and what was shown as arrived.

        `before` is what `states` gave for the same ids (absent: new). Only states that differ are in `after`. Returns the
        ids of the records and of the participants concerned. A value that does not fit its kind's fields is kept and not
        shown as that field (rules 10, 42); this never raises because of what a value is."""
        ...

    def known_ids(self, collection: UUID, ids: Collection[bytes]) -> Set[bytes]:
        """Those of these records, by their 16 bytes, of which a merge state is kept."""
        ...

    def save_created(self, collection: UUID, created: Sequence[Columns]) -> frozenset[UUID]:
        """`save_states` of records that are new, as they travelled."""
        ...

    def conflict_count(self, now_ms: int) -> int:
        """How many records have a conflict to show (rules 8, 17)."""
        ...

    # Own changes

    def outbox(self, collection: UUID | None = None, after_hlc: int = -1, most: int | None = None) -> Sequence[ChangeSet]:
        """Own change sets not yet acknowledged and later than a stamp number, by collection and then stamp, the first `most` of
        them; sealed ones are still in it."""
        ...

    def outbox_count(self) -> int:
        """How many there are in all, without reading them; but those of the audit log, which goes by itself."""
        ...

    def outbox_after(self, marks: Mapping[UUID, int]) -> int:
        """How many of them are later than the stamp number of their collection; of one without a mark, all."""
        ...

    def trim_outbox(self, collection: UUID, up_to_hlc: int) -> None:
        """Removes own change sets of one collection with stamp numbers up to this one: they were read in the log."""
        ...

    # Bundles

    def put_envelope(self, envelope: StoredEnvelope) -> None:
        """Adds an envelope or changes `seq` and `state` of the one with the same (collection, device, number, hash)."""
        ...

    def envelopes(
        self, collection: UUID, *, state: EnvelopeState | None = None, logged: bool | None = None, mine: bool | None = None
    ) -> Sequence[EnvelopeRow]:
        """Envelopes by device and number. `logged` False: `seq` is None. None: no such filter."""
        ...

    def envelope(self, collection: UUID, device: bytes, number: int, hash: bytes) -> EnvelopeRow | None: ...

    def listed(self, collection: UUID) -> Sequence[tuple[int, bytes, int, bytes]]:
        """The bundles that were read in the log and whose bytes are here, in its order, without them: (seq, device, number,
        hash)."""
        ...

    def let_go(self, collection: UUID, up_to: int, own: bytes, most: int) -> int:
        """Puts `GONE` in place of the bytes of bundles of other devices than `own` that stand in the log up to a place and need
        no decision; of so many at most; how many."""
        ...

    def record_ids(self, collection: UUID) -> Sequence[UUID]:
        """The ids of all records of which a merge state is kept, ascending."""
        ...

    def forget_log(self, collection: UUID) -> None:
        """Sets every `seq` of a collection to None: the server's log has another history (rule 37)."""
        ...

    def cursor(self, collection: UUID) -> tuple[int, bytes] | None:
        """(seq, log hash) up to which the log was read; None: nothing yet."""
        ...

    def put_cursor(self, collection: UUID, seq: int, log_hash: bytes) -> None: ...

    # Set aside

    def set_aside(self, item: SetAside) -> None:
        """Keeps it; the same (collection, device, number, hash, part) again changes nothing."""
        ...

    def release(self, collection: UUID, device: bytes, number: int, hash: bytes) -> None:
        """Removes what was set aside of one bundle: it could be applied after all."""
        ...

    def all_set_aside(self) -> Sequence[SetAsideRow]: ...

    # Beginning again (rules 33, 35)

    def shelf(self, collection: UUID, device: bytes | None = None, *, aside: bool = False) -> Sequence[OnShelf]:
        """All envelopes, or those of one device, or (`aside`) those that do not count, without their bytes: those of the log in
        its order, then the others by device and number, what counts first."""
        ...

    def forget_envelope(self, collection: UUID, device: bytes, number: int, hash: bytes) -> None:
        """Removes a bundle whose changes leave in another one."""
        ...

    def own_clock(self) -> int:
        """The last stamp number that was given out here; 0: none (rule 1)."""
        ...

    def put_own(self, change_set: ChangeSet) -> None:
        """Adds a change set that sync itself made, under a stamp later than all before it, and moves the clock to it."""
        ...

    def renew_outbox(self, collection: UUID, change_sets: Iterable[ChangeSet]) -> None:
        """These and no others wait in the outbox of a collection."""
        ...

    def become(self, device: bytes) -> None:
        """What waits in the outbox, and all that is written from now on, has stamps of this device."""
        ...

    def erase(self, collection: UUID, ids: Iterable[UUID]) -> frozenset[UUID]:
        """As `forget_states`, for records that are erased (rule 19): with the contents of documents that no other names, what was
        told of their arrival, and their words in the indexes, which are overwritten in idle moments."""
        ...

    def forget_states(self, collection: UUID, ids: Iterable[UUID]) -> frozenset[UUID]:
        """Removes records that nothing that counts ever made, with what is shown of them. Returns the ids of the records and of
        the participants concerned."""
        ...
