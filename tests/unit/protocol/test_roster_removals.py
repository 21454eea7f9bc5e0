"""Rights that end: what each entry needs, what it fences, and whose keys have to be changed after it."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest

from cmpp_protocol import entries, keys, rights, roster
from cmpp_protocol.entries import NO_CUT
from cmpp_protocol.roster import Kind, Role, RosterError
from tests.unit.protocol.office import DAY, NOW, Laptop, Office, stream, uuid


class Team:
    """An office with one collection, an administrator, and lia with one laptop."""

    def __init__(self, kind: Kind = Kind.CASELOAD) -> None:
        self.office = Office()
        self.place = self.office.collection("team", kind)
        self.lia = self.office.member("lia", team=self.place)
        self.laptop = self.office.laptop("lia", self.lia, (self.place,))

    def cuts(self, *laptops: Laptop) -> entries.Cuts:
        """Cuts of chains that never began."""
        return {(one.id, self.place): NO_CUT for one in laptops}

    def refuses(self, code: str, entry: bytes) -> None:
        """The entry is refused with this code."""
        with pytest.raises(RosterError) as caught:
            roster.validate_and_apply(self.office.state, entry)
        assert caught.value.code == code

    def rotate(self, author: Laptop | None = None) -> None:
        """The team's key changes."""
        epoch = self.office.state.collections[self.place].epoch + 1
        commit, previous = stream(f"commit {epoch}", 32), stream(f"previous {epoch}", keys.PREVIOUS_KEY_BYTES)
        author = author or self.office.admin
        head = self.office.state.head
        self.office.add(
            entries.key_rotated(
                head, author.pair, at=NOW, collection=self.place, epoch=epoch, commit=commit, previous=previous
            )
        )

    @property
    def due(self) -> tuple[UUID, ...]:
        """Collections whose key must be changed."""
        return rights.rotation_due(self.office.state)


def withdrawn(team: Team) -> bytes:
    head, admin = team.office.state.head, team.office.admin
    return entries.access_withdrawn(
        head, admin.pair, at=NOW, member=team.lia, collection=team.place, fence=team.cuts(team.laptop)
    )


def demoted(team: Team) -> bytes:
    head, admin = team.office.state.head, team.office.admin
    return entries.member_demoted(
        head, admin.pair, at=NOW, member=team.lia, role=Role.BOARD, fence=team.cuts(team.laptop)
    )


def revoked(team: Team) -> bytes:
    head, admin = team.office.state.head, team.office.admin
    fence = team.cuts(team.laptop)
    return entries.device_revoked(head, admin.pair, at=NOW, device=team.laptop.id, fence=fence)


def retired(team: Team) -> bytes:
    return entries.device_retired(team.office.state.head, team.laptop.pair, at=NOW, fence=team.cuts(team.laptop))


def replaced(team: Team) -> bytes:
    successor = Laptop("lia again")
    head = team.office.state.head
    return entries.device_replaced(head, team.laptop.pair, successor.pair, at=NOW, fence=team.cuts(team.laptop))


@pytest.mark.parametrize("removal", [withdrawn, revoked, retired, replaced])
def test_every_loss_of_access_calls_for_a_new_key_until_there_is_one(removal: Callable[[Team], bytes]) -> None:
    team = Team()
    assert not team.due
    before = team.office.state.no
    team.office.add(removal(team))
    assert team.due == (team.place,)
    assert not rights.may_read(team.office.state, team.laptop.id, team.place)
    assert rights.may_read(team.office.state, team.laptop.id, team.place, before)
    team.rotate()
    assert not team.due


def test_a_board_reader_writes_no_more_and_still_reads() -> None:
    team = Team()
    team.office.add(demoted(team))
    assert rights.may_read(team.office.state, team.laptop.id, team.place)
    assert not rights.may_write(team.office.state, team.laptop.id, team.place)
    assert not team.due
    assert len(team.office.state.fences) == 1


@pytest.mark.parametrize("removal", [withdrawn, demoted, revoked, retired, replaced])
def test_a_removal_fences_every_chain_it_ends_and_no_other(removal: Callable[[Team], bytes]) -> None:
    team = Team()
    other = team.office.laptop("second", team.lia, (team.place,))
    needs_both = removal in (withdrawn, demoted)  # what is the member's is every laptop's
    if needs_both:
        team.refuses("fence_incomplete", removal(team))
    else:
        after = roster.validate_and_apply(team.office.state, removal(team))
        assert {fence.device for fence in after.fences} == {team.laptop.id}
    assert rights.may_write(team.office.state, other.id, team.place)


def test_a_laptop_whose_digits_nobody_compared_cannot_choose_the_key_of_a_restricted_collection() -> None:
    team = Team(Kind.RESTRICTED)
    with pytest.raises(RosterError, match="no_access"):
        team.rotate(team.laptop)
    head, admin = team.office.state.head, team.office.admin
    team.office.add(entries.device_confirmed(head, admin.pair, at=NOW, device=team.laptop.id))
    team.rotate(team.laptop)


def test_a_stricter_policy_puts_out_those_whose_digits_nobody_compared() -> None:
    office = Office(policy={rights.CONFIRM_RESTRICTED: False})
    place = office.collection("secret", Kind.RESTRICTED)
    laptop = office.laptop("lia", office.member("lia", secret=place), (place,))
    assert rights.may_read(office.state, laptop.id, place)
    office.add(entries.policy_set(office.state.head, office.admin.pair, at=NOW, policy={}))
    assert not rights.may_read(office.state, laptop.id, place)
    assert rights.rotation_due(office.state) == (place,)


def test_the_same_laptop_under_a_new_identity_keeps_its_rights_and_its_invitation() -> None:
    team = Team()
    successor = Laptop("lia again")
    team.office.add(replaced(team))
    state = team.office.state
    assert rights.may_write(state, successor.id, team.place)
    assert state.devices[successor.id].invitation == state.devices[team.laptop.id].invitation
    assert state.devices[team.laptop.id].successor == successor.id
    team.refuses("device_revoked", retired(team))


def test_revoking_the_old_identity_takes_the_new_one_and_what_it_let_in() -> None:
    team = Team()
    successor = Laptop("lia again")
    team.office.add(replaced(team))
    fence = team.cuts(successor)
    head, admin = team.office.state.head, team.office.admin
    team.office.add(entries.device_revoked(head, admin.pair, at=NOW, device=team.laptop.id, fence=fence))
    assert not team.office.state.devices[successor.id].active(team.office.state.no)
    again = entries.device_revoked(
        team.office.state.head, admin.pair, at=NOW, device=successor.id, fence=team.cuts(successor)
    )
    team.refuses("nothing_changes", again)


def test_a_new_identity_is_signed_by_its_own_key_as_well() -> None:
    team = Team()
    forged = entries.device_replaced(
        team.office.state.head, team.laptop.pair, Laptop("thief").pair, at=NOW, fence=team.cuts(team.laptop)
    )
    body = entries.decode(forged)
    outer = {"author": body.signatures["author"], "successor": body.signatures["author"]}
    from cmpp_protocol import canon

    team.refuses("signature", canon.pack({"body": canon.unpack(forged)["body"], "signatures": outer}))


def test_the_last_administrator_can_neither_leave_nor_be_demoted() -> None:
    team = Team()
    office, admin = team.office, team.office.admin
    cuts = team.cuts(admin)
    team.refuses("last_administrator", entries.device_retired(office.state.head, admin.pair, at=NOW, fence=cuts))
    self_demotion = entries.member_demoted(
        office.state.head, admin.pair, at=NOW, member=office.admin_member, role=Role.CASEWORKER, fence=cuts
    )
    team.refuses("last_administrator", self_demotion)


def test_somebody_keeps_the_key_of_every_collection() -> None:
    team = Team()
    team.office.add(withdrawn(team))
    mine = entries.access_withdrawn(
        team.office.state.head,
        team.office.admin.pair,
        at=NOW,
        member=team.office.admin_member,
        collection=team.place,
        fence=team.cuts(team.office.admin),
    )
    team.refuses("nobody_left", mine)


def test_what_was_withdrawn_can_be_given_again() -> None:
    team = Team()
    team.office.add(withdrawn(team))
    team.office.grant(team.lia, team.place)
    assert rights.may_write(team.office.state, team.laptop.id, team.place)
    assert team.due == (team.place,)  # between the two it was not entitled, and it still holds the old key


def test_an_invitation_that_nobody_used_calls_for_a_new_key_when_it_is_closed() -> None:
    team = Team()
    late = team.office.invite("late", team.lia, (team.place,), expires=NOW + DAY)
    assert rights.stale_invitations(team.office.state, NOW + DAY) == ()
    assert rights.stale_invitations(team.office.state, NOW + DAY + 1) == (late,)
    assert not team.due
    close = entries.invitation_closed(
        team.office.state.head, team.laptop.pair, at=NOW + DAY + 1, invitation=late
    )
    team.office.add(close)
    assert team.due == (team.place,)


def test_the_recovery_kit_lets_an_administrator_in_again_and_nobody_else() -> None:
    team = Team()
    office, laptop = team.office, Laptop("new")
    entry = entries.device_recovered(
        office.state.head, laptop.pair, office.recovery, at=NOW, member=office.admin_member
    )
    wrong_kit = entries.device_recovered(
        office.state.head, laptop.pair, keys.recovery_keys(b"another kit's secret"), at=NOW, member=office.admin_member
    )
    for_lia = entries.device_recovered(office.state.head, laptop.pair, office.recovery, at=NOW, member=team.lia)
    team.refuses("signature", wrong_kit)
    team.refuses("not_allowed", for_lia)
    office.add(entry)
    found = office.state.devices[laptop.id]
    assert found.recovered
    assert found.confirmed == office.state.no
    assert rights.may_write(office.state, laptop.id, team.place)


def test_a_new_recovery_kit_ends_the_old_one() -> None:
    team = Team()
    office, new = team.office, keys.recovery_keys(b"a newer kit's secret")
    old = office.recovery
    office.add(entries.recovery_replaced(office.state.head, office.admin.pair, new, at=NOW))
    assert office.state.recovery == new.public
    assert team.due == (team.place,)
    laptop = Laptop("new")
    team.refuses(
        "signature",
        entries.device_recovered(office.state.head, laptop.pair, old, at=NOW, member=office.admin_member),
    )


def test_what_is_held_is_not_erased_and_what_is_erased_stays_so() -> None:
    team = Team()
    office, hold = team.office, uuid("hold")
    record = entries.erased_id(office.id, uuid("maria"))
    admin = office.admin.pair
    office.add(entries.hold_placed(office.state.head, admin, at=NOW, hold=hold, records=[record]))

    def erase() -> bytes:
        return entries.erasure(office.state.head, admin, at=NOW, records=[record], certificate=b"c" * 32)

    team.refuses("held", erase())
    team.refuses(
        "not_allowed",
        entries.hold_lifted(office.state.head, team.laptop.pair, at=NOW, hold=hold),
    )
    office.add(entries.hold_lifted(office.state.head, admin, at=NOW, hold=hold))
    office.add(erase())
    assert office.state.erased == {record: office.state.no}
    team.refuses("nothing_changes", erase())
    assert entries.erased_id(Office("other").id, uuid("maria")) != record
