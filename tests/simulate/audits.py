"""Audit logs in a history (drop collections): a disk that keeps one, and what administrators must know of it at the end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from cmpp_desktop.changes import ChangeSet, collection_id
from cmpp_desktop.store import audit
from cmpp_desktop.sync.audit_drop import DROP, Followed
from cmpp_desktop.sync.replica import AUDIT_SENT
from cmpp_protocol import canon, rights
from cmpp_protocol.roster import Role
from cmpp_protocol.stamps import Stamp
from tests.sync.laptops import MemoryReplica

if TYPE_CHECKING:
    from tests.simulate.world import World

PLACE = collection_id(DROP)
_TABLES = ("audit_own", "audit_heard", "audit_chain", "audit_trouble", "audit_bundle")
_HEARD = _TABLES[1:]


class AuditDisk(MemoryReplica):
    """The Protocol `AuditBook` in dictionaries."""

    def __init__(self, own: bytes) -> None:
        super().__init__(own)
        self.tables |= {name: {} for name in _TABLES}

    def outbox(self, collection: UUID | None = None, after_hlc: int = -1, most: int | None = None) -> Sequence[ChangeSet]:
        """Whose it is stands nowhere in a store: it is this laptop's own, under whatever identity it has."""
        found = super().outbox(collection, after_hlc, most)
        if all(one.stamp.device == self.own for one in found):
            return found
        return [ChangeSet(one.collection, Stamp(one.stamp.hlc, self.own), one.writes) for one in found]

    def audit_grows(self, action: str, at_ms: int) -> None:
        """An entry of this laptop's log."""
        number = self.audit_last() + 1
        before = self.audit_hash(number - 1) or audit.FIRST
        at = max(at_ms, 0)
        nothing: dict[str, canon.Value] = {"member": None, "id": None, "facts": {}}
        body = canon.pack({"v": 1, "n": number, "at": at, "action": action, "kind": "note", **nothing})
        row = audit.Own(number, at, None, action, body, audit.chain_hash(before, body), False)
        with self.transaction():
            self._put("audit_own", number, row)

    @property
    def audit_waits(self) -> bool:
        """Whether its end was not put into the outbox: the drop came to be known when an exchange had begun already."""
        kept = self.secret(AUDIT_SENT)
        return self.audit_last() > (canon.unpack(kept)[0] if kept else 0)

    def audit_last(self) -> int:
        return max(self.tables["audit_own"], default=0)

    def audit_hash(self, number: int) -> bytes | None:
        row: audit.Own | None = self.tables["audit_own"].get(number)
        return row.hash if row else None

    def audit_after(self, number: int, most: int) -> Sequence[audit.Own]:
        return [self.tables["audit_own"][one] for one in sorted(self.tables["audit_own"]) if one > number][:most]

    def audit_unread(self, place: UUID, after_seq: int) -> Sequence[Any]:
        rows = [one for one in self.shelf(place) if one.state == "counts" and one.hash not in self.tables["audit_bundle"]]
        return [one for one in rows if one.seq is None or one.seq > after_seq]

    def audit_chain(self, device: bytes) -> tuple[int, bytes]:
        found: tuple[int, bytes] = self.tables["audit_chain"].get(device, (0, audit.FIRST))
        return found

    def audit_has(self, hash: bytes) -> bool:
        return hash in self.tables["audit_heard"]

    def audit_keep(self, device: bytes, heard_ms: int, followed: Followed) -> None:
        for row in followed.rows:
            self._put("audit_heard", row.hash, (device, row.number))
        self._put("audit_chain", device, (followed.number, followed.hash))
        for trouble in followed.troubles:
            self._put("audit_trouble", (device, *trouble), heard_ms)

    def audit_is_read(self, bundle: bytes) -> None:
        self._put("audit_bundle", bundle, True)

    def audit_forget(self) -> None:
        self._written()
        for name in _HEARD:
            self.tables[name] = {}


def audits_at_rest(world: World, expect: Callable[[bool, str, str], None]) -> None:
    """Every administrator has followed the log of every laptop to its end and was told of nothing: nobody here alters one, and
    who goes on with another copy of a disk does so under another identity, with the whole log."""
    state = world.admin.engine.roster()
    if PLACE not in state.collections:
        return
    for reader in world.inside:
        if reader.role(state) is not Role.ADMINISTRATOR or not rights.may_read(state, reader.device, PLACE):
            continue
        troubles = {device: (number, code) for device, number, code in reader.replica.tables["audit_trouble"]}
        for one in world.inside:
            if not rights.may_write(state, one.device, PLACE):
                continue
            end = (one.disk.audit_last(), one.disk.audit_hash(one.disk.audit_last()) or audit.FIRST)
            heard, what = reader.disk.audit_chain(one.device), f"{reader.name} has followed the log of {one.name}"
            expect(heard == end, "audit", f"{what} to entry {heard[0]}, and it ends with {end[0]}")
            expect(one.device not in troubles, "audit", f"{what}, and is told of {troubles.get(one.device)}")
