"""What leaves: own change sets sealed into bundles at sending (rule 32), and sealed ones sent again byte for byte.

Bundles are stored before they are sent, with the chain that they move, in one transaction; so the same number is never
sealed twice with different words, whatever dies in between. They stay until they have been read in the server's log.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from uuid import UUID

from cmpp_desktop.changes import LIFE, ChangeSet
from cmpp_desktop.store import moving
from cmpp_desktop.store.bulk import uncollected
from cmpp_desktop.sync import fenced, seal
from cmpp_desktop.sync.keys import Keys
from cmpp_desktop.sync.replica import GONE, IDENTITY, NO_CHAIN, Chain, EnvelopeRow, Replica, StoredEnvelope
from cmpp_desktop.sync.weighing import in_bundles
from cmpp_protocol import envelope, keys, rights
from cmpp_protocol.api import Offer
from cmpp_protocol.roster import RosterState

BYTES_AT_ONCE = 4 * 1024 * 1024  # of bundles in one request; one that is larger goes alone
OFFERS_AT_ONCE = 5000
READ_AT_ONCE = 1000  # change sets

Random = Callable[[int], bytes]


class Outbox:
    """Own changes and the bundles made of them, under one state of the roster and one set of keys."""

    def __init__(self, replica: Replica, state: RosterState, held: Keys, device: keys.KeyPair, random: Random) -> None:
        self._replica, self._state, self._keys, self._device, self._random = replica, state, held, device, random
        self._id = device.id
        self._due = frozenset(rights.rotation_due(state))

    def to_send(self, room: int = BYTES_AT_ONCE) -> tuple[list[bytes], bool]:
        """Bundles to send now, in the order of their chains, sealing new ones as far as there is room; and whether there are
        more. Seals nothing in a collection where this device may not write or lacks the key of the epoch."""
        with uncollected():
            return self._to_send(room)

    def _to_send(self, room: int) -> tuple[list[bytes], bool]:
        bundles: list[bytes] = []
        places = [
            place
            for place in self._in_order()
            if rights.may_write(self._state, self._id, place)
            and fenced.take_back(self._replica, self._state, self._id, place, self._keys)
        ]
        unsealed: dict[UUID, Sequence[ChangeSet]] = {place: self._fresh(place) for place in places}
        records = [place for place, some in unsealed.items() if some and not self._state.collections[place].is_drop]
        if len(records) > 1:  # something may move between them
            unsealed |= {place: list(self._and_rest(place, unsealed[place])) for place in records}
        for place in destinations_first(unsealed):
            for one in self._sealed(place):
                if bundles and room < len(one.body):
                    return bundles, True
                bundles.append(one.body)
                room -= len(one.body)
            fresh = unsealed[place]
            if not fresh:
                continue
            with self._replica.transaction():  # one sync of the disk for all: nobody has seen any of them yet
                for group in in_bundles(self._and_rest(place, fresh)):
                    if room <= 0:
                        return bundles, True
                    body = self._seal(place, group)
                    bundles.append(body)
                    room -= len(body)
        return bundles, False

    def _in_order(self) -> list[UUID]:
        """Collections, with the drops last: what goes there never keeps records waiting."""
        return sorted(self._state.collections, key=lambda place: (self._state.collections[place].is_drop, place))

    def offers(self) -> tuple[Offer, ...]:
        """What this laptop holds and the log may lack: others' bundles, and its own that were held (rules 37, 43)."""
        found: list[Offer] = []
        for place in sorted(self._state.collections):
            rows = [one for one in self._replica.envelopes(place, logged=False) if not one.mine or one.state == "held"]
            found += [Offer(place, one.device, one.number, one.hash) for one in rows if one.state != "void" and one.body != GONE]
        return tuple(found[:OFFERS_AT_ONCE])

    def wanted(self, offer: Offer) -> bytes | None:
        """The bytes of a bundle that the server asked for, if they are here."""
        found = self._replica.envelope(offer.collection, offer.device, offer.number, offer.hash)
        return found.body if found and found.body != GONE else None

    def _sealed(self, place: UUID) -> list[EnvelopeRow]:
        return [one for one in self._replica.envelopes(place, logged=False, mine=True) if one.state == "counts"]

    def _fresh(self, place: UUID) -> Sequence[ChangeSet]:
        """The first of one's own change sets that no bundle holds yet; nothing while the key of the epoch is not here or has to
        change, or after another copy of this laptop was met (rule 35): what it writes stays, and waits for a new identity."""
        here = self._state.collections[place]
        has_key = here.is_drop or (place, here.epoch) in self._keys  # into a drop goes what need not be opened
        if not has_key or self._replica.secret(IDENTITY) is not None:
            return []
        if place in self._due:  # rule 44: somebody who left still holds this key
            return []
        last = self._replica.chains(place).get(self._id, NO_CHAIN).last_hlc
        return self._replica.outbox(place, last, READ_AT_ONCE)

    def _and_rest(self, place: UUID, some: Sequence[ChangeSet]) -> Iterator[ChangeSet]:
        """These, and those after them as they are asked for: a million are not read to send the few that go into one request."""
        yield from some
        while len(some) >= READ_AT_ONCE:
            some = self._replica.outbox(place, some[-1].stamp.hlc, READ_AT_ONCE)
            yield from some

    def seal_rest(self) -> None:
        """Seals all that waits under the newest keys that are here: of a laptop that is out, for somebody who takes it in by
        hand. It counts for nobody by itself."""
        for place in sorted({place for place, _ in self._keys} & set(self._state.collections)):
            epoch = max(each for where, each in self._keys if where == place)
            last = self._replica.chains(place).get(self._id, NO_CHAIN).last_hlc
            with self._replica.transaction():
                for group in in_bundles(list(self._replica.outbox(place, last))):
                    self._seal(place, group, epoch)

    def _seal(self, place: UUID, change_sets: Sequence[ChangeSet], epoch: int = 0) -> bytes:
        """Seals one more bundle and keeps it, before anybody sees it. Inside a transaction. `epoch` 0: that of now."""
        here = self._state.collections[place]
        epoch = epoch or here.epoch
        before = self._replica.chains(place).get(self._id, NO_CHAIN)
        header = envelope.Header(
            org=self._state.org_id,
            collection=place,
            epoch=epoch,
            device=self._id,
            number=before.number + 1,
            previous=before.hash,
            roster_no=self._state.no,
            salt=self._random(envelope.SALT_BYTES),
            version=envelope.TO_A_KEY if here.is_drop else envelope.SHARED,
        )
        key = here.epochs[epoch - 1].seal or self._keys[(place, epoch)]
        sealed = seal.seal(change_sets, header, key, self._device)
        body, hashed, last = sealed.encode(), sealed.hash, change_sets[-1].stamp.hlc
        at = (place, self._id, header.number, hashed, epoch)
        self._replica.put_envelope(StoredEnvelope(*at, None, True, "counts", last, body))
        self._replica.put_chain(place, self._id, Chain(header.number, hashed, last, header.roster_no))
        return body


def destinations_first(unsealed: Mapping[UUID, Sequence[ChangeSet]]) -> list[UUID]:
    """Collections in an order in which what moves is sent where it goes before it is sent where it was (rule 25), as far as there
    is one: who reads only the first half finds a record in both rather than in none."""
    if sum(map(bool, unsealed.values())) < 2:
        return list(unsealed)  # nothing moves between collections: the first exchange has thousands of writes in one
    goes = {
        place: {
            UUID(bytes=to)
            for change_set in sets
            for told in change_set.told
            if LIFE in told.names
            and (to := moving.destination(told.values[told.names.index(LIFE)])) is not None
            and len(to) == 16
        }
        for place, sets in unsealed.items()
    }
    left, found = list(unsealed), []
    while left:
        free = next((place for place in left if not goes[place].intersection(left) - {place}), left[0])
        left.remove(free)
        found.append(free)
    return found
