"""What a laptop knows of its organisation: own keys, roster, collection keys, the server's clock; kept in the store.

Everything that comes from the server is checked before it is written: roster entries by the same rules that the server runs,
keys by the commitment in the roster. All methods are called at the store (see `engine`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any
from uuid import UUID

from cmpp_desktop.errors import BugError, KnownError
from cmpp_desktop.sync import enrolment, replica
from cmpp_desktop.sync.inbox import Inbox, in_order
from cmpp_desktop.sync.keys import Keys, open_envelopes, seal_for, seal_for_new
from cmpp_desktop.sync.replica import Replica
from cmpp_desktop.sync.taken import Item, Taken
from cmpp_protocol import canon, entries, envelope, keys, rights, roster
from cmpp_protocol.api import KeyEnvelope, NewEntry
from cmpp_protocol.roster import RosterState

DAY_MS = 24 * 3600 * 1000
CLOCK_TOLERANCE_MS = 5000
# After these, somebody may be entitled who has no envelope, and whose author may not hold the key: any holder helps.
_HELPED = frozenset({"access_granted", "device_confirmed", "member_changed", "policy_set"})


def begin(store: Replica, start: enrolment.Start, now_ms: int) -> Taken:
    """Keeps everything with which a laptop begins, then takes in the bundles of its invitation. Before any other call."""
    held = {place for place, _ in start.keys}
    state = roster.build(start.entries) if start.entries else None
    with store.transaction():
        store.put_secret(replica.ORG, start.org)
        store.put_secret(replica.DEVICE_SECRET, start.device.secret)
        store.put_secret(replica.SERVER, canon.pack({"url": start.server, "ca": start.ca}))
        for place in start.places:
            store.put_collection(place.id, str(place.kind), place.team_id, place.id in held)
        for (collection, epoch), key in start.keys.items():
            store.put_collection_key(collection, epoch, key)
        store.put_device(start.device.id, start.member)
        for data in start.entries:
            entry = entries.decode(data)
            store.append_roster(entry.no, entry.hash, entry.data)
        for device in state.devices.values() if state else ():
            store.put_device(device.id, device.member)
        if start.pending:
            rows = [[new.entry, [_row(one) for one in new.envelopes]] for new in start.pending]
            store.put_secret(replica.PENDING, canon.pack(rows))
        if start.introduction:
            invitation, secret = start.introduction
            store.put_secret(replica.INTRODUCTION, canon.pack([invitation.bytes, secret]))
    taken = Taken()
    if state is not None:
        box = Inbox(store, state, start.keys, start.device.id, now_ms)
        items = list(in_order([Item(data) for data in start.bundles]))
        for place in start.places:
            taken.add(box.take(place.id, [one for one in items if envelope.decode_header(one.data).collection == place.id]))
    return taken


class Books:
    """Reads what `begin` kept, once, and grows with what the server says."""

    def __init__(self, store: Replica, system_ms: Callable[[], int]) -> None:
        self._store, self._system_ms = store, system_ms
        secret, org = store.secret(replica.DEVICE_SECRET), store.secret(replica.ORG)
        if secret is None or org is None:
            raise BugError("replica_not_begun")
        self.org = org
        self.device = keys.KeyPair(secret)
        self.device_id = self.device.id
        self.entries: list[bytes] = list(store.roster())
        self.state: RosterState | None = roster.build(self.entries) if self.entries else None
        self.keys: dict[tuple[UUID, int], bytes] = dict(store.collection_keys())
        offset = store.secret(replica.CLOCK_OFFSET)
        self._offset: int = canon.unpack(offset) if offset else 0

    # Reading

    def server(self) -> tuple[str, str]:
        """The server's URL and the organisation's certificate authority (PEM, or "")."""
        read = canon.unpack(self._store.secret(replica.SERVER) or canon.pack({"url": "", "ca": ""}))
        return read["url"], read["ca"]

    def view(self) -> RosterState:
        """The roster as the server has it; or, before a founding has reached it, as it will be."""
        if self.state is not None:
            return self.state
        return roster.build(new.entry for new in self.pending())

    def all_entries(self) -> Sequence[bytes]:
        """The entries of `view`."""
        return self.entries or [new.entry for new in self.pending()]

    def pending(self) -> tuple[NewEntry, ...]:
        """The entries of a founding that the server has not taken yet."""
        kept = self._store.secret(replica.PENDING)
        rows = canon.unpack(kept) if kept else []
        return tuple(NewEntry(entry, tuple(KeyEnvelope(UUID(bytes=row[0]), *row[1:]) for row in rest)) for entry, rest in rows)

    def enrolment(self) -> NewEntry | None:
        """The entry that adds this device, on top of the newest roster, if it has still to be sent. Raises KnownError."""
        kept = self._store.secret(replica.INTRODUCTION)
        if kept is None or self.state is None or self.device_id in self.state.devices:
            return None
        invitation, secret = canon.unpack(kept)
        return enrolment.enrolment_entry(self.state, self.device, UUID(bytes=invitation), secret, self.keys, self.now_ms())

    def is_member(self) -> bool:
        """Whether the server's roster holds this device, and has not ended it. Raises KnownError device_revoked,
        device_retired or device_replaced."""
        device = self.state.devices.get(self.device_id) if self.state else None
        if device is None or self.state is None:
            return False
        if not device.active(self.state.no):
            raise KnownError(f"device_{device.why}")  # revoked, retired or replaced
        return True

    def has_ended(self) -> bool:
        """Whether this device was closed, or has left; not where another copy has taken its place."""
        device = self.state.devices.get(self.device_id) if self.state else None
        return device is not None and device.why in ("revoked", "retired")

    def readable(self) -> list[UUID]:
        """Collections that this device may read and holds a key of."""
        state = self.state
        if state is None:
            return []
        held = {place for place, _ in self.keys}
        return [place for place in sorted(state.collections) if place in held and rights.may_read(state, self.device_id, place)]

    def opened(self) -> tuple[tuple[UUID, int], ...]:
        """The highest epoch of each collection whose key is here."""
        newest: dict[UUID, int] = {}
        for place, epoch in self.keys:
            newest[place] = max(epoch, newest.get(place, 0))
        return tuple(sorted(newest.items()))

    def inbox(self) -> Inbox:
        """An inbox under what is known now."""
        if self.state is None:
            raise BugError("no_roster")
        return Inbox(self._store, self.state, self.keys, self.device_id, self.now_ms())

    def now_ms(self) -> int:
        """The system's time with the offset learned from the server (rule 2)."""
        return self._system_ms() + self.offset()

    def offset(self) -> int:
        """Milliseconds between the system's clock and the server's, as far as they matter."""
        return self._offset

    # Growing; inside a transaction of its own

    def learn_time(self, server_ms: int) -> None:
        """Keeps the server's clock as an offset (rule 2). Raises KnownError clock_wrong for more than a day: a person has
        to look, and nothing is changed."""
        offset = server_ms - self._system_ms()
        if abs(offset) > DAY_MS:
            raise KnownError("clock_wrong", seconds=offset // 1000)
        known = self.offset()
        wanted = 0 if abs(offset) < CLOCK_TOLERANCE_MS else offset
        if wanted != known and abs(offset - known) >= CLOCK_TOLERANCE_MS:
            with self._store.transaction():
                self._store.put_secret(replica.CLOCK_OFFSET, canon.pack(wanted))
            self._offset = wanted

    def grow(self, new: Iterable[bytes]) -> tuple[KeyEnvelope, ...]:
        """Checks and keeps further entries. Gives key envelopes that this laptop should hand on to newly entitled ones.
        Raises KnownError roster_rejected or server_too_new; then nothing of them is kept."""
        state, read = self.state, []
        help_: list[KeyEnvelope] = []
        for data in new:
            before = state
            try:
                state = roster.validate_and_apply(state, data)
            except roster.RosterError as error:
                raise KnownError("server_too_new" if error.code == "update" else "roster_rejected", reason=error.code) from error
            entry = entries.decode(data)
            if state.org_id != self.org:
                raise KnownError("roster_rejected", reason="organisation")
            if before is not None and entry.type in _HELPED and entry.by != self.device_id:
                help_ += seal_for_new(before, state, self.keys)
            read.append(entry)
        if not read or state is None:
            return ()
        with self._store.transaction():
            for entry in read:
                self._store.append_roster(entry.no, entry.hash, entry.data)
            for device in state.devices.values():
                if self.state is None or device.id not in self.state.devices:
                    self._store.put_device(device.id, device.member)
            self._keep_places(state, self.keys)
            if self.device_id in state.devices:
                self._store.put_secret(replica.PENDING, None)
        self.state = state
        self.entries += [entry.data for entry in read]
        return tuple(help_)

    def keep_branch(self, state: RosterState, held: Keys) -> None:
        """What else stands in the store of another branch of the roster (rule 39); inside the caller's transaction."""
        for device in state.devices.values():
            self._store.put_device(device.id, device.member)
        for place, _ in self.keys:
            if place not in state.collections and self.state is not None:
                self._store.put_collection(place, str(self.state.collections[place].kind), None, False)
        self._keep_places(state, held)

    def have_branch(self, entries_: Sequence[bytes], state: RosterState, held: Keys) -> None:
        """Goes on with it, once it is kept."""
        self.entries, self.state, self.keys = list(entries_), state, dict(held)

    def take_keys(self, envelopes: Iterable[KeyEnvelope]) -> bool:
        """Opens, checks and keeps keys. True if there is a new one."""
        state = self.state
        if state is None:
            return False
        return self.hold(open_envelopes(state, envelopes, self.openers(), self.keys))

    def hold(self, found: Keys) -> bool:
        """Keeps keys that fit the roster. True if there is a new one."""
        state = self.state
        found = {at: key for at, key in found.items() if at not in self.keys}
        if state is None or not found:
            return False
        after = {**self.keys, **found}
        with self._store.transaction():
            for (collection, epoch), key in found.items():
                self._store.put_collection_key(collection, epoch, key)
            self._keep_places(state, after)
        self.keys = after
        return True

    def become(self, device: keys.KeyPair) -> None:
        """This laptop is another device from now on (see `identity`, which has kept that)."""
        self.device, self.device_id = device, device.id

    def envelopes_of(self, entry: bytes) -> NewEntry:
        """An entry that a server has lost, with the key envelopes that must come with it, as far as the key is here."""
        read, state = entries.decode(entry), self.state
        if state is None or read.type not in entries.NEW_KEY:
            return NewEntry(entry)
        place = read.fields["collection"]
        epoch = read.fields.get("epoch", 1)
        then = roster.build(self.entries[: read.no + 1])
        key = self.keys.get((place, epoch))
        return NewEntry(entry, seal_for(then, place, epoch, key, rights.entitled(then, place)) if key else ())

    def openers(self) -> list[keys.KeyPair]:
        """The keys for which envelopes of collection keys may be sealed: the device's, and its invitation's until it is in."""
        kept = self._store.secret(replica.INTRODUCTION)
        return [self.device] + ([keys.introduction_keys(canon.unpack(kept)[1])] if kept else [])

    def _keep_places(self, state: RosterState, held: Keys) -> None:
        me = state.devices.get(self.device_id)
        if me is not None and not me.active(state.no):
            return  # its slots go (the workspace sees to it); whoever opens it with the recovery kit finds what was not sent
        have = {place for place, _ in held}
        for place in state.collections.values():
            shown = place.id in have and (
                self.device_id not in state.devices or rights.may_read(state, self.device_id, place.id)
            )
            self._store.put_collection(place.id, str(place.kind), None, shown)


def _row(one: KeyEnvelope) -> list[Any]:
    return [one.collection.bytes, one.epoch, one.recipient, one.body]
