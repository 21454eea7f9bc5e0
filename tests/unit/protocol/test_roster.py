"""The roster: who comes in, who may do what, and that every broken rule is refused with its code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmpp_protocol import canon, entries, keys, labels, rights, roster
from cmpp_protocol.roster import Kind, Rights, Role, RosterError
from tests.unit.protocol.office import DAY, NOW, Laptop, Office, stream, uuid


def refused(code: str, state: roster.RosterState | None, entry: bytes) -> None:
    """The entry is refused with this code."""
    with pytest.raises(RosterError) as caught:
        roster.validate_and_apply(state, entry)
    assert caught.value.code == code


def test_an_office_grows_from_its_genesis() -> None:
    office = Office()
    team = office.collection("team")
    lia = office.member("lia", team=team)
    laptop = office.laptop("lia", lia, (team,))
    state = roster.build(office.data)
    assert state == office.state
    assert state.org_id == roster.org_id(office.data[0])
    assert state.devices[laptop.id].member == lia
    assert rights.may_write(state, laptop.id, team)
    assert rights.may_sign(state, laptop.id)


def test_two_offices_have_two_ids_and_no_common_entry() -> None:
    one, other = Office("one"), Office("other")
    assert one.id != other.id
    entry = entries.member_added(one.state.head, one.admin.pair, at=NOW, member=uuid("m"), role=Role.CASEWORKER)
    refused("out_of_order", other.state, entry)


def test_an_invitation_is_used_once() -> None:
    office = Office()
    lia = office.member("lia")
    invitation = office.invite("lia", lia)
    office.add(office.enrolment("lia", Laptop("first"), invitation))
    refused("invitation_used", office.state, office.enrolment("lia", Laptop("second"), invitation))


def test_an_enrolment_needs_both_keys() -> None:
    office = Office()
    invitation = office.invite("lia", office.member("lia"))
    laptop = Laptop("lia")
    forged = entries.device_enrolled(
        office.state.head, laptop.pair, at=NOW, invitation=invitation, introduction=keys.introduction_keys(b"x" * 16)
    )
    refused("signature", office.state, forged)
    entry = office.enrolment("lia", laptop, invitation)
    refused("signature", office.state, resigned(entry, "author", Laptop("thief").pair))


def test_an_expired_or_closed_invitation_lets_nobody_in() -> None:
    office = Office()
    lia = office.member("lia")
    expired = office.invite("late", lia, expires=NOW - 1)
    refused("invitation_expired", office.state, office.enrolment("late", Laptop("l"), expired))
    closed = office.invite("closed", lia)
    office.add(entries.invitation_closed(office.state.head, office.admin.pair, at=NOW, invitation=closed))
    refused("invitation_closed", office.state, office.enrolment("closed", Laptop("l"), closed))


def test_anybody_may_close_an_expired_invitation_and_only_an_administrator_an_open_one() -> None:
    office = Office()
    lia = office.member("lia")
    laptop = office.laptop("lia", lia)
    late = office.invite("late", lia, expires=NOW + 5)
    early = entries.invitation_closed(office.state.head, laptop.pair, at=NOW, invitation=late)
    refused("not_allowed", office.state, early)
    office.add(entries.invitation_closed(office.state.head, laptop.pair, at=NOW + 6, invitation=late))
    assert office.state.invitations[late].closed == office.state.no


def test_open_invitations_and_the_recovery_key_are_recipients_like_devices() -> None:
    office = Office()
    team = office.collection("team")
    lia = office.member("lia", team=team)
    office.invite("lia", lia, (team,))
    assert kinds(office, team) == ["device", "invitation", "recovery"]
    office.add(office.enrolment("lia", Laptop("lia"), uuid("office invitation lia")))
    assert kinds(office, team) == ["device", "device", "recovery"]


def test_a_restricted_collection_waits_for_the_code_to_be_compared() -> None:
    office = Office()
    secret = office.collection("secret", Kind.RESTRICTED)
    lia = office.member("lia", secret=secret)
    laptop = office.laptop("lia", lia, (secret,))
    assert kinds(office, secret) == ["device", "recovery"]
    assert not rights.may_write(office.state, laptop.id, secret)
    office.add(entries.device_confirmed(office.state.head, office.admin.pair, at=NOW, device=laptop.id))
    assert kinds(office, secret) == ["device", "device", "recovery"]
    assert rights.may_write(office.state, laptop.id, secret)


def test_a_policy_may_trust_devices_from_the_start() -> None:
    office = Office(policy={rights.CONFIRM_RESTRICTED: False})
    secret = office.collection("secret", Kind.RESTRICTED)
    lia = office.member("lia", secret=secret)
    office.invite("lia", lia, (secret,))
    assert kinds(office, secret) == ["device", "invitation", "recovery"]


def test_the_six_digits_belong_to_one_enrolment() -> None:
    code = keys.check_code(b"o" * 32, b"e" * 32)
    assert len(code) == 6
    assert code.isdecimal()
    assert code != keys.check_code(b"o" * 32, b"f" * 32)


def test_a_board_reader_reads_and_never_writes_or_signs() -> None:
    office = Office()
    team = office.collection("team")
    board = office.member("board", Role.BOARD, team=team)
    laptop = office.laptop("board", board, (team,))
    assert rights.may_read(office.state, laptop.id, team)
    assert not rights.may_write(office.state, laptop.id, team)
    assert not rights.may_sign(office.state, laptop.id)


def test_rights_are_remembered_by_roster_number() -> None:
    office = Office()
    team = office.collection("team")
    lia = office.member("lia")
    laptop = office.laptop("lia", lia)
    before = office.state.no
    office.grant(lia, team, Rights.READ)
    office.grant(lia, team, Rights.WRITE)
    assert rights.rights_at(office.state, laptop.id, team, before) is None
    assert rights.rights_at(office.state, laptop.id, team, before + 1) is Rights.READ
    assert rights.rights_at(office.state, laptop.id, team, before + 2) is Rights.WRITE


def test_a_revoked_device_loses_everything_with_a_fence_and_its_open_invitations_close() -> None:
    office = Office()
    team = office.collection("team")
    second = office.member("second", Role.ADMINISTRATOR, team=team)
    laptop = office.laptop("second", second, (team,))
    stolen = entries.invitation_opened(
        office.state.head,
        laptop.pair,
        at=NOW,
        invitation=uuid("stolen"),
        member=second,
        role=Role.ADMINISTRATOR,
        collections=[team],
        introduction=Laptop("stolen").public,
        expires=NOW + DAY,
    )
    office.add(stolen)
    before = office.state.no
    refused("fence_incomplete", office.state, revoke(office, laptop, {}))
    office.add(revoke(office, laptop, {(laptop.id, team): (3, b"h" * 32)}))
    assert office.state.invitations[uuid("stolen")].closed == office.state.no
    assert not rights.may_write(office.state, laptop.id, team)
    assert rights.may_write(office.state, laptop.id, team, before)
    assert office.state.fences[0].cut == (3, b"h" * 32)
    assert kinds(office, team) == ["device", "recovery"]
    refused(
        "device_revoked",
        office.state,
        entries.member_added(office.state.head, laptop.pair, at=NOW, member=uuid("x"), role=Role.CASEWORKER),
    )


def test_keys_rotate_one_epoch_at_a_time_by_somebody_who_holds_them() -> None:
    office = Office()
    team = office.collection("team")
    lia = office.member("lia")
    outsider = office.laptop("lia", lia)
    refused("no_access", office.state, rotation(office, outsider, team, 2))
    refused("epoch", office.state, rotation(office, office.admin, team, 3))
    office.add(rotation(office, office.admin, team, 2))
    collection = office.state.collections[team]
    assert collection.epoch == 2
    assert collection.epoch_at(office.state.no - 1) == 1
    assert collection.commit(2) == b"c" * 32
    assert collection.commit(3) is None


Refusal = tuple[str, Callable[[Office, Laptop], bytes]]
REFUSALS: list[Refusal] = [
    ("not_allowed", lambda o, d: entries.policy_set(o.state.head, d.pair, at=NOW, policy={})),
    ("not_allowed", lambda o, d: entries.device_confirmed(o.state.head, o.admin.pair, at=NOW, device=o.admin.id)),
    ("not_allowed", lambda o, d: revoke(o, o.admin, {})),
    ("nothing_changes", lambda o, d: entries.device_confirmed(o.state.head, o.admin.pair, at=NOW, device=d.id)),
    ("device_unknown", lambda o, d: entries.device_confirmed(o.state.head, o.admin.pair, at=NOW, device=b"?" * 32)),
    ("device_unknown", lambda o, d: entries.policy_set(o.state.head, Laptop("nobody").pair, at=NOW, policy={})),
    ("member_exists", lambda o, d: added(o, o.admin_member)),
    ("takes_away", lambda o, d: changed(o, o.admin_member, Role.SUPERVISOR)),
    ("takes_away", lambda o, d: changed(o, uuid("office member lia"), Role.CASEWORKER)),
    ("member_unknown", lambda o, d: changed(o, uuid("nobody"), Role.SUPERVISOR)),
    ("takes_away", lambda o, d: granted(o, uuid("office member lia"), uuid("office team"))),
    ("collection_unknown", lambda o, d: granted(o, uuid("office member lia"), uuid("nowhere"))),
    ("author_without_access", lambda o, d: created(o, {})),
    ("member_unknown", lambda o, d: created(o, {o.admin_member: Rights.WRITE, uuid("?"): Rights.READ})),
    ("invitation_exists", lambda o, d: invited(o, uuid("office invitation lia"), Laptop("i").public)),
    ("invitation_exists", lambda o, d: invited(o, uuid("new"), o.introduction("lia").public)),
    ("out_of_order", lambda o, d: entries.genesis(at=NOW, device=d.pair, member=uuid("x"), recovery=o.recovery)),
    ("invitation_unknown", lambda o, d: o.enrolment("lia", Laptop("new"), uuid("?"))),
    ("device_exists", lambda o, d: o.enrolment("again", d, o.invite("again", uuid("office member lia")))),
]


@pytest.mark.parametrize(("code", "entry"), REFUSALS, ids=[f"{at}-{code}" for at, (code, _) in enumerate(REFUSALS)])
def test_each_broken_rule_is_refused(code: str, entry: Callable[[Office, Laptop], bytes]) -> None:
    office = Office()
    team = office.collection("team")
    lia = office.member("lia", team=team)
    laptop = office.laptop("lia", lia, (team,))
    office.add(entries.device_confirmed(office.state.head, office.admin.pair, at=NOW, device=laptop.id))
    made = entry(office, laptop)
    refused(code, office.state, made)


def test_an_entry_stands_only_on_the_head_it_names() -> None:
    office = Office()
    stale = added(office, uuid("a"))
    office.add(added(office, uuid("b")))
    refused("out_of_order", office.state, stale)
    skipped = entries.member_added(
        roster.Head(office.state.no + 1, office.state.hash),
        office.admin.pair,
        at=NOW,
        member=uuid("c"),
        role=Role.BOARD,
    )
    refused("out_of_order", office.state, skipped)


def test_a_forged_signature_is_refused() -> None:
    office = Office()
    refused("signature", office.state, resigned(added(office, uuid("a")), "author", Laptop("thief").pair))
    genesis = office.data[0]
    refused("signature", None, resigned(genesis, "recovery", Laptop("thief").pair))


def test_what_a_newer_program_wrote_asks_for_an_update() -> None:
    office = Office()
    entry = added(office, uuid("a"))
    for change in (
        {"v": 2},
        {"type": "branch_pruned"},
        {"type": "hologram"},
        {"role": "auditor"},
        {"colour": "blue"},
    ):
        refused("update", office.state, changed_body(entry, office.admin.pair, change))
    outer = canon.unpack(entry)
    outer["signatures"]["witness"] = bytes(64)
    refused("update", office.state, canon.pack(outer))
    created_entry = created(office, {office.admin_member: Rights.WRITE})
    refused("update", office.state, changed_body(created_entry, office.admin.pair, {"kind": "drop"}))


def test_malformed_entries_are_named_so() -> None:
    office = Office()
    entry = added(office, uuid("a"))
    for change in ({"member": b"short"}, {"no": -1}, {"no": True}, {"prev": "text"}, {"role": 7}, {"at": 1 << 48}):
        refused("malformed", office.state, changed_body(entry, office.admin.pair, change))
    for data in (b"", b"\x00", canon.pack([]), canon.pack({"body": b"", "signatures": {}}), entry + b"\x00"):
        refused("malformed", office.state, data)
    refused("too_big", office.state, bytes(entries.ENTRY_LIMIT + 1))
    rows = [[uuid("b").bytes, "read"], [uuid("a").bytes, "read"]]
    unsorted = created(office, {office.admin_member: Rights.WRITE})
    backwards = sorted(rows, reverse=True)
    refused("malformed", office.state, changed_body(unsorted, office.admin.pair, {"access": backwards}))


def test_a_genesis_whose_device_is_somebody_else_is_refused() -> None:
    office = Office()
    refused("device_id", None, changed_body(office.data[0], office.admin.pair, {"by": b"?" * 32}, office.recovery))
    refused("out_of_order", None, added(office, uuid("a")))


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300))
def test_hostile_bytes_raise_only_our_error(data: bytes) -> None:
    with pytest.raises(RosterError):
        roster.validate_and_apply(None, data)


words = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 63), (1 << 64) - 1) | st.text(max_size=5) | st.binary(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(entries.TYPES)), st.data())
def test_hostile_fields_raise_only_our_error(kind: str, data: st.DataObject) -> None:
    office = _HOSTILE
    fields = {name: data.draw(words) for name in entries._FIELDS[kind]}
    body = {"v": 1, "no": office.state.no + 1, "prev": office.state.hash, "at": 0, "by": office.admin.id, "type": kind}
    signatures = {name: bytes(64) for name in ("author", *entries._EXTRA_SIGNATURES.get(kind, ()))}
    entry = canon.pack({"body": canon.pack({**body, **fields}), "signatures": signatures})
    with pytest.raises(RosterError):
        roster.validate_and_apply(office.state, entry)


_HOSTILE = Office("hostile")


def kinds(office: Office, place: Any) -> list[str]:
    """Who the key of a collection is sealed to."""
    return [one.kind for one in rights.entitled(office.state, place)]


def added(office: Office, member: Any) -> bytes:
    """A member added by the administrator."""
    return entries.member_added(office.state.head, office.admin.pair, at=NOW, member=member, role=Role.CASEWORKER)


def changed(office: Office, member: Any, role: Role) -> bytes:
    """A changed role."""
    return entries.member_changed(office.state.head, office.admin.pair, at=NOW, member=member, role=role)


def granted(office: Office, member: Any, place: Any) -> bytes:
    """Read access."""
    return entries.access_granted(
        office.state.head, office.admin.pair, at=NOW, member=member, collection=place, rights=Rights.READ
    )


def created(office: Office, access: Any) -> bytes:
    """A new collection."""
    head = office.state.head
    return entries.collection_created(
        head, office.admin.pair, at=NOW, collection=uuid("new"), kind=Kind.CASELOAD, commit=b"c" * 32, access=access
    )


def invited(office: Office, invitation: Any, introduction: keys.PublicKeys) -> bytes:
    """An invitation for lia."""
    return entries.invitation_opened(
        office.state.head,
        office.admin.pair,
        at=NOW,
        invitation=invitation,
        member=uuid("office member lia"),
        role=Role.CASEWORKER,
        collections=[],
        introduction=introduction,
        expires=NOW,
    )


def revoke(office: Office, laptop: Laptop, fence: Any) -> bytes:
    """A revocation by the administrator."""
    return entries.device_revoked(office.state.head, office.admin.pair, at=NOW, device=laptop.id, fence=fence)


def rotation(office: Office, author: Laptop, place: Any, epoch: int) -> bytes:
    """A rotation of a collection's key."""
    return entries.key_rotated(
        office.state.head,
        author.pair,
        at=NOW,
        collection=place,
        epoch=epoch,
        commit=b"c" * 32,
        previous=stream("previous", 48),
    )


def resigned(entry: bytes, name: str, by: keys.KeyPair) -> bytes:
    """The entry with one signature made by somebody else."""
    outer = canon.unpack(entry)
    label = entries._SIGNATURE_LABELS[name]
    outer["signatures"][name] = by.sign(label, entries.decode(entry).hash)
    return canon.pack(outer)


def changed_body(
    entry: bytes, author: keys.KeyPair, change: dict[str, Any], recovery: keys.RecoveryKeys | None = None
) -> bytes:
    """The entry with other fields, properly signed again."""
    body = canon.pack({**canon.unpack(canon.unpack(entry)["body"]), **change})
    entry_hash = labels.digest(labels.ROSTER_HASH, body)
    signatures = {"author": author.sign(labels.ROSTER_AUTHOR, entry_hash)}
    if recovery is not None:
        signatures["recovery"] = recovery.pair.sign(labels.ROSTER_RECOVERY, entry_hash)
    return canon.pack({"body": body, "signatures": signatures})
