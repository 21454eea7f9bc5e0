"""The vectors of entries that came later: a branch that was chosen, a drop collection, a proposal."""

from __future__ import annotations

from typing import Any

from cmpp_protocol import api, branches, drops, entries, envelope, keeping, keys, labels, roster, stick
from tests.vectors.given import INVITATION, MEMBER, PLACE, SALT, TIME, pair


def branch_chosen(device: keys.KeyPair, recovery: keys.RecoveryKeys, genesis: bytes) -> dict[str, Any]:
    """Two rosters that part at number 2, and the one that stays: on the other a second administrator's laptop was closed."""
    other, head = pair(7), roster.validate_and_apply(None, genesis).head
    let_in = entries.device_recovered(head, other, recovery, at=TIME + 1, member=MEMBER)
    common = roster.build([genesis, let_in])
    closed = entries.device_revoked(common.head, device, at=TIME + 2, device=other.id, fence={})
    idle = entries.policy_set(common.head, device, at=TIME + 3, policy={})
    kept, dropped = (roster.validate_and_apply(common, one) for one in (idle, closed))
    chosen = entries.branch_chosen(
        kept.head, device, (recovery, recovery), at=TIME + 4, fork=2, dropped=dropped.hash, until=dropped.no,
        removals=branches.removals(common, dropped, kept), fence={},
    )  # fmt: skip
    return {"dropped": [genesis, let_in, closed], "kept": [genesis, let_in, idle, chosen], "shut_out": other.id}


def lost(genesis: bytes, entry: bytes) -> dict[str, Any]:
    """A request to a server that was put back: it has the first entry, and gets the one that it has lost again."""
    known = entries.decode(genesis)
    request = api.SyncRequest(known.no, known.hash, entries=(api.NewEntry(entry),), lost=True)
    return {"genesis": genesis, "entry": entry, "request": request.encode()}


def drop(device: keys.KeyPair, org: bytes, head: entries.Head) -> dict[str, Any]:
    """The pair that a drop's key gives, the entry that makes the drop, and a bundle sealed to it (HPKE is random: it opens)."""
    key, padded = bytes([9]) * 32, envelope.pad(b"a batch, packed and compressed")
    pair = drops.keys_of(key, org, PLACE, 1)
    header = envelope.Header(org, PLACE, 1, device.id, 1, envelope.FIRST, 1, SALT, envelope.TO_A_KEY)
    made = envelope.sign(header, drops.seal_body(padded, pair.seal, header), device)
    commit = keys.key_commit(key, org, PLACE, 1)
    kind = entries.Kind.AUDIT
    entry = drops.created(head, device, at=TIME + 3, collection=PLACE, kind=kind, commit=commit, seal=pair.seal)
    return {"collection_key": key, "seal": pair.seal, "entry": entry, "padded": padded, "envelope": made.encode()}


def carried() -> dict[str, Any]:
    """An organisation without a server: a new laptop's proposal, the keeper's entry that carries it, and how far it has read."""
    keeper, new, introduction = pair(1), pair(2), keys.introduction_keys(bytes([4]) * 16)
    recovery, policy = keys.recovery_keys(bytes([3]) * 32), {keeping.KEEPER: keeper.id}
    genesis = entries.genesis(at=TIME, device=keeper, member=MEMBER, recovery=recovery, policy=policy)
    state = roster.validate_and_apply(None, genesis)
    how: Any = {"invitation": INVITATION, "introduction": introduction}
    invitation = entries.invitation_opened(
        state.head, keeper, at=TIME + 1, invitation=INVITATION, member=MEMBER, role=roster.Role.ADMINISTRATOR, collections=[],
        introduction=introduction.public, expires=TIME + 1000,
    )  # fmt: skip
    state = roster.validate_and_apply(state, invitation)
    proposal = entries.device_enrolled(entries.Unplaced(state.org_id), new, at=TIME + 2, **how)
    entry = entries.carried(state.head, keeper, at=TIME + 3, proposal=proposal)
    after, proposed = roster.validate_and_apply(state, entry), entries.decode_proposal(proposal).hash
    chains = ((PLACE, keeper.id, 7, labels.digest(labels.ENVELOPE_CHAIN, b"seven")),)
    seen = stick.Seen(state.org_id, new.id, TIME + 4, after.no, chains)
    return {
        "genesis": genesis,
        "invitation": invitation,
        "proposal": proposal,
        "proposal_hash": proposed,
        "proposal_name": stick.proposal_name(new.id, proposed),
        "entry": entry,
        "hash": after.hash,
        "device": new.id,
        "check_code": keys.check_code(state.org_id, proposed),
        "seen": stick.write_seen(seen, new),
    }
