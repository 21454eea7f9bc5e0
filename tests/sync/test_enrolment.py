"""Founding, inviting and enrolling: who gets which key, and what a damaged, old or strange file is called."""

from __future__ import annotations

import random
from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmpp_desktop.errors import Invalid, KnownError
from cmpp_desktop.sync import enrolment
from cmpp_desktop.sync import keys as sync_keys
from cmpp_desktop.sync.hearing import check_code
from cmpp_protocol import canon, entries, keys, rights, roster
from cmpp_protocol.roster import Kind, Role, RosterState

NOW = 1_800_000_000_000
DAY = 24 * 3600 * 1000


def randomness(seed: int) -> enrolment.Random:
    return random.Random(seed).randbytes


START = enrolment.found(now_ms=NOW, random=randomness(1), server="https://sync.example")
ENTRIES = [new.entry for new in START.pending]
STATE = roster.build(ENTRIES)


def invited(*, restricted: bool = True, role: Role = Role.CASEWORKER, state: RosterState = STATE) -> enrolment.Invited:
    assert START.team_id is not None
    return enrolment.invite(
        state,
        START.device,
        START.keys,
        now_ms=NOW,
        random=randomness(2),
        role=role,
        team_id=START.team_id,
        restricted=restricted,
        expires=NOW + 7 * DAY,
    )


def file_of(made: enrolment.Invited, author: keys.KeyPair = START.device) -> bytes:
    return enrolment.invitation_file(
        made,
        author,
        roster_entries=[*ENTRIES, *(new.entry for new in made.entries)],
        held=START.keys,
        bundles=[],
        organisation="Synthetic Aid",
        person="Ana Synthetic",
        team="North",
        invited_by="Sam Synthetic",
        server="https://sync.example",
    )


def reason(data: bytes, now_ms: int = NOW) -> object:
    with pytest.raises(KnownError) as caught:
        enrolment.read_invitation(data, now_ms)
    return caught.value.facts.get("reason", caught.value.code)


def test_a_founder_begins_with_three_collections_and_a_kit_that_opens_them_all() -> None:
    assert {place.kind for place in START.places} == {Kind.ORGANISATION, Kind.CASELOAD, Kind.RESTRICTED}
    assert len(START.recovery) == 16
    kit = keys.recovery_keys(START.recovery)
    assert STATE.recovery == kit.public
    envelopes = [one for new in START.pending for one in new.envelopes]
    assert sync_keys.open_envelopes(STATE, envelopes, [kit.pair], {}) == dict(START.keys)
    assert sync_keys.open_envelopes(STATE, envelopes, [START.device], {}) == dict(START.keys)


def test_an_invitation_says_what_a_person_needs_to_read_before_accepting() -> None:
    made = invited()
    read = enrolment.read_invitation(file_of(made), NOW)
    assert (read.organisation, read.team) == ("Synthetic Aid", "North")
    assert (read.person, read.invited_by) == ("Ana Synthetic", "Sam Synthetic")
    assert (read.role, read.team_id, read.server) == (Role.CASEWORKER, START.team_id, "https://sync.example")
    assert read.expires == NOW + 7 * DAY
    assert read.org == STATE.org_id


def test_the_file_opens_the_caseload_at_once_and_nothing_restricted() -> None:
    start = enrolment.enrol(enrolment.read_invitation(file_of(invited()), NOW), random=randomness(3))
    kinds = {place.id: place.kind for place in start.places}
    assert {kinds[place] for place, _ in start.keys} == {Kind.ORGANISATION, Kind.CASELOAD}
    assert set(kinds.values()) == {Kind.ORGANISATION, Kind.CASELOAD, Kind.RESTRICTED}
    assert all(START.keys[key] == value for key, value in start.keys.items())


def test_somebody_without_the_restricted_collection_is_never_told_of_it() -> None:
    made = invited(restricted=False)
    assert len(made.collections) == 2
    state = roster.build([*ENTRIES, *(new.entry for new in made.entries)])
    assert (made.member, START.places[2].id) not in state.access


def test_the_enrolment_is_what_the_roster_allows_and_its_six_digits_agree() -> None:
    made = invited()
    read = enrolment.read_invitation(file_of(made), NOW)
    start = enrolment.enrol(read, random=randomness(3))
    state = roster.build(read.roster)
    assert start.introduction is not None
    new = enrolment.enrolment_entry(state, start.device, *start.introduction, start.keys, NOW)
    after = roster.validate_and_apply(state, new.entry)
    assert after.devices[start.device.id].member == made.member
    assert {one.recipient for one in new.envelopes} == {start.device.id}
    code = check_code(after.org_id, [*read.roster, new.entry], start.device.id)
    assert len(code) == 6
    assert code == keys.check_code(after.org_id, entries.decode(new.entry).hash)
    with pytest.raises(KnownError, match="invitation_used"):
        enrolment.enrolment_entry(after, keys.KeyPair(bytes(128)), *start.introduction, {}, NOW)


def test_confirming_a_laptop_hands_it_the_restricted_key_and_nothing_else_is_needed() -> None:
    read = enrolment.read_invitation(file_of(invited()), NOW)
    start = enrolment.enrol(read, random=randomness(3))
    assert start.introduction is not None
    state = roster.build(read.roster)
    state = roster.validate_and_apply(
        state, enrolment.enrolment_entry(state, start.device, *start.introduction, start.keys, NOW).entry
    )
    new = enrolment.confirm(state, START.device, START.keys, now_ms=NOW, device=start.device.id)
    after = roster.validate_and_apply(state, new.entry)
    opened = sync_keys.open_envelopes(after, new.envelopes, [start.device], start.keys)
    assert opened == {(START.places[2].id, 1): START.keys[START.places[2].id, 1]}


def test_a_wrong_key_in_an_envelope_is_never_believed() -> None:
    place = START.places[1].id
    me = rights.Recipient("device", START.device.id, START.device.public)
    wrong = sync_keys.seal_for(STATE, place, 1, bytes(32), [me])
    assert sync_keys.open_envelopes(STATE, wrong, [START.device], {}) == {}


def test_a_caseworker_cannot_invite() -> None:
    read = enrolment.read_invitation(file_of(invited()), NOW)
    start = enrolment.enrol(read, random=randomness(3))
    assert start.introduction is not None
    state = roster.build(read.roster)
    state = roster.validate_and_apply(
        state, enrolment.enrolment_entry(state, start.device, *start.introduction, start.keys, NOW).entry
    )
    assert START.team_id is not None
    with pytest.raises(KnownError, match="not_allowed"):
        enrolment.invite(
            state, start.device, start.keys, now_ms=NOW, random=randomness(4), role=Role.ADMINISTRATOR,
            team_id=START.team_id, restricted=True, expires=NOW + DAY,
        )  # fmt: skip


def test_files_that_are_none_are_refused_with_their_reason() -> None:
    good = file_of(invited())
    assert reason(b"%PDF-1.7") == "not_one"
    assert reason(good[:-1]) == "damaged"
    assert reason(good, NOW + 8 * DAY) == "invitation_expired"
    body = canon.unpack(canon.unpack(good[len(enrolment.MAGIC) :])["body"])
    for name, value, expected in [
        ("v", 2, "newer"),
        ("server", "https://thief.example", "damaged"),
        ("secret", bytes(32), "damaged"),
        ("role", "administrator", "damaged"),
        ("expires", NOW + 9 * DAY, "damaged"),
        ("bundles", [b"no bundle"], "damaged"),
    ]:
        changed = canon.pack({**body, name: value})
        signature = START.device.sign(enrolment.FILE_LABEL, changed) if name != "server" else bytes(64)
        assert reason(enrolment.MAGIC + canon.pack({"body": changed, "signature": signature})) == expected, name


GOOD = file_of(invited())


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(GOOD) - 1), st.integers(1, 255))
def test_one_changed_byte_anywhere_in_the_file_is_noticed(place: int, flip: int) -> None:
    data = bytearray(GOOD)
    data[place] ^= flip
    with pytest.raises(KnownError):
        enrolment.read_invitation(bytes(data), NOW)


def test_secrets_do_not_show_when_something_is_printed() -> None:
    read = enrolment.read_invitation(GOOD, NOW)
    start = enrolment.enrol(read, random=randomness(3))
    for shown in (repr(read), repr(start), repr(invited()), repr(START)):
        for secret in (read.secret, start.device.secret, *START.keys.values(), START.recovery):
            assert repr(secret)[2:-1] not in shown


@given(st.binary(min_size=16, max_size=16))
def test_the_recovery_words_can_be_read_back_as_people_write_them(secret: bytes) -> None:
    words = sync_keys.recovery_words(secret)
    assert len(words) == 34
    assert sync_keys.read_recovery(words) == secret
    assert sync_keys.read_recovery(words.lower().replace("-", " ").replace("0", "o").replace("1", "l")) == secret


@given(st.binary(min_size=16, max_size=16), st.integers(0, 27), st.integers(1, 31))
def test_a_misread_sign_is_nearly_always_noticed_and_never_another_shape(secret: bytes, place: int, by: int) -> None:
    signs = sync_keys.recovery_words(secret).replace("-", "")
    alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    other = signs[:place] + alphabet[(alphabet.index(signs[place]) + by) % 32] + signs[place + 1 :]
    try:
        read = sync_keys.read_recovery(other)
    except Invalid:
        return
    assert read != secret  # one in a thousand: then the key does not fit either, and nothing opens


def test_a_rotation_opens_the_history_before_it() -> None:
    place, old = START.places[1], START.keys[START.places[1].id, 1]
    new = bytes([9]) * 32
    entry = entries.key_rotated(
        STATE.head,
        START.device,
        at=NOW,
        collection=place.id,
        epoch=2,
        commit=keys.key_commit(new, STATE.org_id, place.id, 2),
        previous=keys.seal_previous_key(old, new, STATE.org_id, place.id, 2),
    )
    state = roster.validate_and_apply(STATE, entry)
    me = rights.Recipient("device", START.device.id, START.device.public)
    [envelope] = sync_keys.seal_for(state, place.id, 2, new, [me])
    assert sync_keys.open_envelopes(state, [envelope], [START.device], {}) == {(place.id, 2): new, (place.id, 1): old}


def test_somebody_who_is_in_already_gets_one_more_laptop() -> None:
    first = invited()
    state = roster.build([*ENTRIES, *(new.entry for new in first.entries)])
    assert START.team_id is not None
    second = enrolment.invite(
        state, START.device, START.keys, now_ms=NOW, random=randomness(5), role=Role.CASEWORKER, team_id=START.team_id,
        restricted=True, expires=NOW + DAY, member=first.member,
    )  # fmt: skip
    assert [entries.decode(new.entry).type for new in second.entries] == ["invitation_opened"]
    assert second.member == first.member
    assert replace(second, secret=b"").invitation != first.invitation
    assert isinstance(second.invitation, UUID)
