"""What the roster calls for and any laptop may do: closing invitations whose time is over, and new keys after somebody left.

Pure: from a state of the roster to the entries that go on top of it. Every client does it, so that it does not wait for one that
is away (rules 44, 45); the server takes the first, and the others find it done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from cmpp_desktop.changes import collection_id
from cmpp_desktop.sync.keys import Keys, seal_for
from cmpp_protocol import drops, entries, keys, rights, roster
from cmpp_protocol.api import KeyEnvelope, Lacking, NewEntry
from cmpp_protocol.rights import Recipient, entitled
from cmpp_protocol.roster import RosterState

Random = Callable[[int], bytes]
AT_ONCE = 50  # entries of one request


def due(state: RosterState, device: keys.KeyPair, held: Keys, now_ms: int, random: Random) -> tuple[NewEntry, ...]:
    """Entries for expired invitations and for keys that have to change, as far as this device may make them."""
    made: list[NewEntry] = []
    for invitation in rights.stale_invitations(state, now_ms)[:AT_ONCE]:
        entry = entries.invitation_closed(state.head, device, at=now_ms, invitation=invitation)
        state = roster.validate_and_apply(state, entry)
        made.append(NewEntry(entry))
    return (*made, *rotations(state, device, held, now_ms, random))


def rotations(
    state: RosterState, device: keys.KeyPair, held: Keys, now_ms: int, random: Random
) -> tuple[NewEntry, ...]:
    """New keys for the collections that need one (rule 44), each sealed for everybody entitled; those whose key is not here, or
    which this device may not read, are left to others."""
    made: list[NewEntry] = []
    for place in rights.rotation_due(state):
        epoch = state.collections[place].epoch
        previous = held.get((place, epoch))
        if previous is None or not rights.may_read(state, device.id, place):
            continue
        key = random(keys.COLLECTION_KEY_BYTES)
        at = (state.org_id, place, epoch + 1)
        sealed = keys.seal_previous_key(previous, key, *at)
        rotated = entries.key_rotated
        if state.collections[place].is_drop:
            rotated = partial(drops.rotated, seal=drops.keys_of(key, *at).seal)
        entry = rotated(
            state.head,
            device,
            at=now_ms,
            collection=place,
            epoch=epoch + 1,
            commit=keys.key_commit(key, *at),
            previous=sealed,
        )
        state = roster.validate_and_apply(state, entry)
        made.append(NewEntry(entry, seal_for(state, place, epoch + 1, key, entitled(state, place))))
    return tuple(made)


def missing_drops(state: RosterState, device: keys.KeyPair, now_ms: int, random: Random) -> tuple[NewEntry, ...]:
    """The organisation's drop collections that it does not have yet, by an administrator's laptop."""
    if rights.role_at(state, device.id, state.no) is not roster.Role.ADMINISTRATOR:
        return ()
    made: list[NewEntry] = []
    for kind in sorted(set(entries.DROP_READERS) - {one.kind for one in state.collections.values()}):
        place, key = collection_id(str(kind)), random(keys.COLLECTION_KEY_BYTES)
        at = (state.org_id, place, 1)
        entry = drops.created(
            state.head,
            device,
            at=now_ms,
            collection=place,
            kind=kind,
            commit=keys.key_commit(key, *at),
            seal=drops.keys_of(key, *at).seal,
        )
        state = roster.validate_and_apply(state, entry)
        made.append(NewEntry(entry, seal_for(state, place, 1, key, entitled(state, place))))
    return tuple(made)


def seal_for_lacking(
    state: RosterState, lacking: Iterable[Lacking], held: Keys
) -> tuple[KeyEnvelope, ...]:
    """Envelopes of keys held here for those of whom the server says that they lack one, if they are entitled (rule 44)."""
    made: list[KeyEnvelope] = []
    for place, epoch, recipient in lacking:
        known = state.collections.get(place)
        key = held.get((place, epoch))
        if known is None or key is None or epoch != known.epoch:
            continue
        wanted: Sequence[Recipient] = [one for one in entitled(state, known.id) if one.id == recipient]
        made += seal_for(state, known.id, epoch, key, wanted)
    return tuple(made)
