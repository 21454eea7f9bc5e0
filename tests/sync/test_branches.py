"""Two rosters of one number (rule 39): the work goes on, the kit settles it, and nobody who was shut out comes back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from cmpp_desktop.errors import KnownError
from cmpp_desktop.sync import enrolment
from cmpp_desktop.sync.branches import Side
from cmpp_protocol import branches, entries, keys, roster
from cmpp_protocol.roster import Role
from cmpp_server import checking
from tests.sync.laptops import START_MS, Laptop, enrolled, everybody, founded, invited
from tests.sync.test_restored_server import Copied

MARIA, TESFAY, NOTE = UUID(int=91), UUID(int=92), UUID(int=93)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Copied]:
    made = Copied(tmp_path)
    yield made
    made.close()


class Parted:
    """The server was put back to a copy. Ada, who administers, had closed Bo's laptop since, and Ana heard of it; Bea, who
    administers as well and had heard of nothing, invited Dan on the server as it is now."""

    def __init__(self, office: Copied) -> None:
        self.office = office
        self.ada = founded(office)
        self.bea = enrolled(office, invited(self.ada, 2, Role.ADMINISTRATOR), 2)
        self.ana, self.bo = (enrolled(office, invited(self.ada, seed), seed) for seed in (3, 4))
        everybody(self.ana, self.bo, self.bea, self.ada)
        self.ada.engine.desk.confirm(self.bea.device)
        everybody(self.bea, self.ada, self.ana, self.bo)
        before = office.copy()
        self.ana.write(NOTE, text="sent, and lost by the server")
        self.ana.sync()
        self.ada.engine.desk.revoke(self.bo.device)
        self.ana.write(TESFAY, value="under the new key")
        everybody(self.ana, self.ada)
        office.put_back(before)
        self.bea.start = self._teamed(self.bea)
        self.dan = enrolled(office, invited(self.bea, 5), 5)
        everybody(self.dan, self.bea)
        self.dan.write(MARIA, value="by Dan")
        self.bea.write(UUID(int=94), value="by Bea")
        everybody(self.dan, self.bea)
        assert {one.sync().problem for one in (self.ada, self.ana)} == {"roster_fork"}

    def _teamed(self, laptop: Laptop) -> enrolment.Start:
        return replace(laptop.start, team_id=self.ada.start.team_id)

    @property
    def kit(self) -> keys.RecoveryKeys:
        return keys.recovery_keys(self.ada.start.recovery)

    def settle(self, keep: Side, *kits: keys.RecoveryKeys, by: Laptop | None = None) -> None:
        (by or self.ada).engine.branches.settle(keep, kits or (self.kit,))

    def is_sound(self, *laptops: Laptop) -> None:
        """All agree, nothing waits, Bo is out, and the server finds nothing wrong with itself."""
        for _ in range(3):
            everybody(*laptops)
        for one in laptops:
            status = one.engine.status()
            assert (status.problem, status.waiting) == (None, 0)
            state = one.engine.roster()
            assert not state.devices[self.bo.device].active(state.no)
            assert one.value(NOTE, "text") == "sent, and lost by the server"
            assert one.value(TESFAY, "value") == "under the new key"
            assert one.value(UUID(int=94), "value") == "by Bea"
        assert len({one.digest() for one in laptops}) == 1
        assert checking.check(self.office.database, self.office.clock).findings == []


@pytest.fixture
def parted(office: Copied) -> Parted:
    return Parted(office)


def test_both_branches_are_shown_with_what_each_took_away(parted: Parted) -> None:
    fork = parted.ada.engine.branches.look()
    here, there = ([one.type for one in side.entries] for side in (fork.here, fork.server))
    assert here[0] == "device_revoked"
    assert set(here[1:]) == {"key_rotated"}
    assert "device_enrolled" in there
    assert fork.here.removals.devices == {parted.bo.device}
    assert not fork.server.removals
    assert (fork.here.mine, fork.server.mine, fork.recommended) == (True, True, "here")
    for laptop in (parted.ada, parted.ana):  # the work goes on meanwhile
        laptop.write(UUID(int=95), value="while it is not settled")
        assert laptop.value(UUID(int=95), "value") == "while it is not settled"


def test_the_servers_branch_stays_and_whoever_was_closed_on_the_other_stays_out(parted: Parted) -> None:
    parted.settle("server")
    parted.is_sound(parted.ada, parted.ana, parted.bea, parted.dan)
    assert parted.ada.value(MARIA, "value") == "by Dan"
    assert parted.bo.sync().problem == "device_revoked"


def test_the_laptops_branch_stays_and_the_server_gives_way(parted: Parted) -> None:
    parted.settle("here")
    parted.is_sound(parted.ada, parted.ana, parted.bea)
    assert parted.bo.sync().problem == "device_revoked"
    assert parted.dan.device not in parted.bea.engine.roster().devices


def test_who_came_in_on_the_branch_that_was_given_up_keeps_all_and_joins_again(parted: Parted) -> None:
    parted.settle("here")
    everybody(parted.ada, parted.ana, parted.bea)
    dan = parted.dan
    dan.write(UUID(int=96), value="not sent yet")
    assert dan.sync().problem is not None
    assert dan.engine.status().waiting == 1
    again = enrolment.read_invitation(invited(parted.ada, 6), START_MS)
    dan.engine.join_again(again)
    for _ in range(3):
        everybody(dan, parted.ada)
    assert dan.engine.status().problem is None
    assert parted.ada.value(UUID(int=96), "value") == "not sent yet"
    assert parted.ada.value(MARIA, "value") == "by Dan"
    assert dan.digest() == parted.ada.digest()


def test_every_collection_gets_a_new_key(parted: Parted) -> None:
    before = {place.id: place.epoch for place in parted.bea.engine.roster().collections.values()}
    parted.settle("server")
    everybody(parted.ada, parted.ana, parted.bea, parted.ada)
    state = parted.ada.engine.roster()
    assert all(state.collections[place].epoch > epoch for place, epoch in before.items())


def test_without_the_right_kit_nothing_is_settled(parted: Parted) -> None:
    for keep in ("here", "server"):
        with pytest.raises(KnownError) as refused:
            parted.settle(keep, keys.recovery_keys(bytes(16)))
        assert refused.value.code == "wrong_kit"
    assert parted.ada.sync().problem == "roster_fork"


def chosen(parted: Parted, kept: list[bytes], other: list[bytes], author: Laptop, kit: Any) -> list[bytes]:
    """A branch with a choice on top, by whoever has such a kit and such a laptop; all chains cut where nothing is."""
    no = branches.fork(kept, other)
    state, common, dropped = roster.build(kept), roster.build(kept[:no]), roster.build(other)
    made = list(kept)
    while state.no + 1 <= dropped.no:
        made.append(entries.policy_set(state.head, author.start.device, at=0, policy=state.policy))
        state = roster.validate_and_apply(state, made[-1])
    fence = {
        (one.id, place): entries.NO_CUT
        for one in state.devices.values()
        if one.active(state.no)
        for place in state.reached(one.id)
    }
    assert no is not None
    entry = entries.branch_chosen(
        state.head, author.start.device, (kit, kit), at=0, fork=no, dropped=entries.decode(other[no]).hash, until=dropped.no,
        removals=branches.removals(common, dropped, state), fence=fence,
    )  # fmt: skip
    return [*made, entry]


def refused(mine: list[bytes], theirs: list[bytes]) -> str:
    with pytest.raises(roster.RosterError) as error:
        branches.follow(mine, theirs)
    return error.value.code


def test_a_second_choice_for_the_same_fork_is_refused_by_name(parted: Parted) -> None:
    here, server = list(parted.ada.replica.roster()), list(parted.bea.replica.roster())
    first = chosen(parted, server, here, parted.bea, parted.kit)
    second = chosen(parted, here, server, parted.ada, parted.kit)
    assert branches.follow(here, first).choices
    assert refused(first, second) == "chosen_twice"
    assert refused(second, first) == "chosen_twice"


def test_no_branch_wins_by_itself_however_long_or_old_it_is(parted: Parted) -> None:
    here, server = list(parted.ada.replica.roster()), list(parted.bea.replica.roster())
    state = roster.build(server)
    for _ in range(5):
        server.append(entries.policy_set(state.head, parted.bea.start.device, at=0, policy=state.policy))
        state = roster.build(server)
    assert refused(here, server) == "not_chosen"
    assert refused(server, here) == "not_chosen"
    assert refused(here, here[:-1]) == "no_fork"


def test_a_choice_that_leaves_somebody_in_or_names_another_fork_settles_nothing(parted: Parted) -> None:
    here, server = list(parted.ada.replica.roster()), list(parted.bea.replica.roster())
    no = branches.fork(here, server)
    assert no is not None
    settled = chosen(parted, server, here[: no + 1], parted.bea, parted.kit)
    longer = [*here, *_idle(here, parted.ada, len(settled))]
    assert refused(longer, settled) == "branch_goes_on"
    blind = chosen(parted, server, [*here[:no], *_idle(here[:no], parted.ada, no + 1)], parted.bea, parted.kit)
    assert refused(here, blind) == "not_chosen"  # it gave up another branch than this one


def _idle(known: list[bytes], author: Laptop, until: int) -> list[bytes]:
    """Entries that change nothing, up to that length."""
    state = roster.build(known)
    made: list[bytes] = []
    while len(known) + len(made) < until:
        made.append(entries.policy_set(state.head, author.start.device, at=1, policy=state.policy))
        state = roster.validate_and_apply(state, made[-1])
    return made


def test_the_old_kit_of_a_thief_does_not_choose_over_a_branch_that_replaced_it(parted: Parted) -> None:
    here, server = list(parted.ada.replica.roster()), list(parted.bea.replica.roster())
    newer = keys.recovery_keys(b"a newer kit of 32 bytes or more!")
    state = roster.build(here)
    here.append(entries.recovery_replaced(state.head, parted.ada.start.device, newer, at=0))
    assert refused(here, chosen(parted, server, here, parted.bea, parted.kit)) == "signature"
