"""Which bundles count (rule 29), judged at the roster number that they name."""

from __future__ import annotations

import pytest

from cmpp_protocol import entries, envelope, rights
from cmpp_protocol.rights import ChainHead, Judgement, Standing
from cmpp_protocol.roster import Rights
from tests.unit.protocol.office import NOW, Laptop, Office, uuid


class Team:
    """An office with one team and one caseworker's laptop."""

    def __init__(self) -> None:
        self.office = Office()
        self.place = self.office.collection("team")
        self.lia = self.office.member("lia", team=self.place)
        self.laptop = self.office.laptop("lia", self.lia, (self.place,))

    def judge(self, made: envelope.Envelope, before: ChainHead = rights.NO_CHAIN) -> Judgement:
        return rights.counts(self.office.state, made.header, made.hash, before)


@pytest.fixture
def team() -> Team:
    return Team()


def after(made: envelope.Envelope) -> ChainHead:
    """The chain once this bundle counts."""
    return ChainHead(made.header.number, made.hash, made.header.roster_no)


def test_a_chain_counts_link_by_link(team: Team) -> None:
    first = team.laptop.seal(team.office, team.place, "one")
    second = team.laptop.seal(team.office, team.place, "two")
    assert team.judge(first).standing is Standing.COUNTS
    assert team.judge(second, after(first)).standing is Standing.COUNTS
    assert team.judge(second) == (Standing.HELD, "order")


def test_another_bundle_of_a_used_number_is_a_fork(team: Team) -> None:
    first = team.laptop.seal(team.office, team.place, "one")
    twin = Laptop("office lia").seal(team.office, team.place, "other")
    assert team.judge(twin, after(first)) == (Standing.HELD, "fork")
    third = team.laptop.seal(team.office, team.place, "two")
    assert team.judge(third, after(twin)) == (Standing.HELD, "fork")


def test_a_bundle_that_names_a_later_roster_waits_for_it(team: Team) -> None:
    made = team.laptop.seal(team.office, team.place, roster_no=team.office.state.no + 1)
    assert team.judge(made).standing is Standing.WAITS


def test_the_roster_number_never_goes_back_along_a_chain(team: Team) -> None:
    first = team.laptop.seal(team.office, team.place, "one")
    back = team.laptop.seal(team.office, team.place, "two", roster_no=first.header.roster_no - 1)
    assert team.judge(back, after(first)) == (Standing.HELD, "roster_back")


def test_rights_are_judged_where_the_bundle_stands(team: Team) -> None:
    early = team.laptop.seal(team.office, team.place, roster_no=team.office.state.no - 1)
    assert team.judge(early) == (Standing.HELD, "rights")  # before it was enrolled
    reader = team.office.member("rosa")
    team.office.grant(reader, team.place, Rights.READ)
    laptop = team.office.laptop("rosa", reader, (team.place,))
    assert team.judge(laptop.seal(team.office, team.place)) == (Standing.HELD, "rights")
    elsewhere = team.laptop.seal(team.office, uuid("nowhere"))
    assert team.judge(elsewhere) == (Standing.HELD, "rights")
    assert team.judge(Laptop("nobody").seal(team.office, team.place)) == (Standing.HELD, "device")
    assert team.judge(Laptop("office lia").seal(Office("other"), team.place, roster_no=0)) == (Standing.HELD, "device")


def test_the_epoch_is_the_one_of_the_roster_number_named(team: Team) -> None:
    old = team.laptop.seal(team.office, team.place, "old")
    head, admin = team.office.state.head, team.office.admin
    team.office.add(
        entries.key_rotated(
            head, admin.pair, at=NOW, collection=team.place, epoch=2, commit=b"c" * 32, previous=bytes(48)
        )
    )
    assert team.judge(old).standing is Standing.COUNTS  # late, of an older epoch, from a device with its rights
    wrong = team.laptop.seal(team.office, team.place, "wrong", epoch=1)
    assert team.judge(wrong, after(old)) == (Standing.HELD, "epoch")
    right = Laptop("office lia").seal(team.office, team.place, "right")
    assert team.judge(right).standing is Standing.COUNTS


def test_a_fence_cuts_what_comes_later_and_keeps_what_came_before(team: Team) -> None:
    first = team.laptop.seal(team.office, team.place, "one")
    second = team.laptop.seal(team.office, team.place, "two")
    fence = {(team.laptop.id, team.place): (1, first.hash)}
    head, admin = team.office.state.head, team.office.admin
    team.office.add(entries.device_revoked(head, admin.pair, at=NOW, device=team.laptop.id, fence=fence))
    assert team.judge(first).standing is Standing.COUNTS
    assert team.judge(second, after(first)) == (Standing.HELD, "fence")
    twin = Laptop("office lia").seal(team.office, team.place, "not the one", roster_no=team.office.state.no - 1)
    assert team.judge(twin) == (Standing.HELD, "fence")  # same number, another bundle
    new = Laptop("office lia").seal(team.office, team.place)
    assert team.judge(new) == (Standing.HELD, "rights")


def test_below_a_cut_only_the_chain_that_leads_to_it_counts(team: Team) -> None:
    first = team.laptop.seal(team.office, team.place, "one")
    second = team.laptop.seal(team.office, team.place, "two")
    twin = Laptop("office lia").seal(team.office, team.place, "branch")
    fence = {(team.laptop.id, team.place): (2, second.hash)}
    head, admin = team.office.state.head, team.office.admin
    team.office.add(entries.device_revoked(head, admin.pair, at=NOW, device=team.laptop.id, fence=fence))
    leads = {1: first.hash, 2: second.hash}
    state = team.office.state
    assert rights.counts(state, first.header, first.hash, cut_chain=leads).standing is Standing.COUNTS
    assert rights.counts(state, twin.header, twin.hash, cut_chain=leads) == (Standing.HELD, "fence")
