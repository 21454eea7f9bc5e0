"""What becomes of the server, of disks that are copied, and of the organisation: each `do_…` is one step of a history."""

from __future__ import annotations

import random
from collections.abc import Callable
from uuid import UUID

from cmpp_desktop.errors import KnownError
from cmpp_desktop.sync.desk import FileNames
from cmpp_desktop.sync.enrolment import read_invitation
from cmpp_protocol.roster import Role, RosterState, at
from tests.simulate.world import Copy, SimLaptop, World
from tests.sync.laptops import DAY, enrolled

MOST_LAPTOPS = 5
SECOND_TEAM = UUID(int=0x7EA2)
NAMES = FileNames("Synthetic Aid", "Somebody", "A team", "Ada Admin")


class Happenings:
    """The server, copies, the roster. `rng`: of the step."""

    world: World
    rng: random.Random
    joined: int
    second_team: bool

    def say(self, words: str) -> None:
        raise NotImplementedError

    def do_sync(self, laptop: SimLaptop) -> None:
        raise NotImplementedError

    # The server and the disks ------------------------------------------------------------------------------------------------

    def do_copy(self, laptop: SimLaptop) -> None:
        self.say("the server is copied")
        self.world.copies.append(Copy(self.world.office.copy(), self.world.office.clock))

    def do_rewind(self, laptop: SimLaptop) -> None:
        if copies := self.world.young_copies():
            self.say("the server is put back to a copy")
            self.world.put_back(self.rng.choice(copies))

    def do_clone(self, laptop: SimLaptop) -> None:
        """Somebody copies the whole profile to another machine, and both are used."""
        if not laptop.gone and len(self.world.laptops) < MOST_LAPTOPS:
            self.say(f"the disk of {laptop.name} is copied and both are used")
            name = f"{laptop.name}'" + "'" * (len(self._of_one_disk(laptop)) - 1)
            twin = self.world.add(name, laptop, laptop.disk.copied_to(self.world))
            twin.copied = laptop.copied = laptop.device
            twin.parted_unsent = laptop.parted_unsent = bool(laptop.replica.outbox_count())

    def do_backup(self, laptop: SimLaptop) -> None:
        if not laptop.gone:
            self.say(f"the disk of {laptop.name} is copied")
            self.world.disks.append((laptop, laptop.disk.copied_to(self.world)))

    def do_restore(self, laptop: SimLaptop) -> None:
        """A laptop's disk is put back to a copy; what it had written since and not sent is lost, and is nobody's fault."""
        copies = [(of, disk) for of, disk in self.world.disks if of in self.world.laptops and not of.gone]
        if copies:
            of, disk = self.rng.choice(copies)
            self.say(f"the disk of {of.name} is put back to a copy")
            made = self.world.add(f"{of.name}~", of, disk.copied_to(self.world))
            made.copied, made.parted_unsent = made.device, bool(made.replica.outbox_count())
            self.world.laptops.remove(made)
            self.world.laptops[self.world.laptops.index(of)] = made

    def do_rejoin(self, laptop: SimLaptop) -> None:
        """Whose place another copy took is let in again, with all that it holds."""
        by = self._administrator()
        state = by.engine.roster()
        taken = [one for one in self.world.laptops if one.gone and _was_replaced(state, one)]
        taken = [one for one in taken if not one.engine.roster().devices[one.device].active(one.engine.roster().no)]
        if not taken or by.start.team_id is None or any(one.parted_unsent for one in self._of_one_disk(taken[0])):
            return  # what two copies both hold and neither had sent may leave twice (sync-rules.md, "35, two copies")
        one, team = taken[0], by.start.team_id
        who = state.members[state.devices[one.device].member]

        def let_in() -> None:
            expires = self.world.office.clock + 7 * DAY
            made = by.engine.desk.invite(role=who.role, team_id=team, restricted=True, expires=expires, member=who.id)
            self.world.sync(by)
            file = by.engine.desk.invitation_file(made, NAMES)
            one.engine.join_again(read_invitation(file, self.world.office.clock))
            one.gone, one.copied = False, b""

        if self._decide(f"{by.name} lets {one.name} in again", let_in):
            self.do_sync(one)

    def _of_one_disk(self, laptop: SimLaptop) -> list[SimLaptop]:
        return [one for one in self.world.laptops if one.name.rstrip("'~") == laptop.name.rstrip("'~")]

    # The roster -------------------------------------------------------------------------------------------------------------

    def _decide(self, words: str, act: Callable[[], object]) -> bool:
        """Something that an administrator does on-line. After a server was put back, decisions mostly wait until all have been
        back: two rosters could grow apart (rule 39)."""
        if self.world.behind and self.rng.random() < 0.8:
            return False
        try:
            act()
        except KnownError as error:
            self.say(f"{words}: {error.code}")
            return False
        self.say(words)
        return True

    def _administrator(self) -> SimLaptop:
        """Mostly Ada; one of the others where there are any."""
        found = [one for one in self.world.inside if one.role(one.engine.roster()) is Role.ADMINISTRATOR and not one.is_twin]
        return self.rng.choice(found) if found and self.rng.random() < 0.5 else self.world.admin

    def do_invite(self, laptop: SimLaptop) -> None:
        """Somebody is let in, or gets an invitation and never comes."""
        if len(self.world.laptops) >= MOST_LAPTOPS:
            return
        by, name = self._administrator(), f"new{self.joined + 1}"
        team = SECOND_TEAM if self.second_team and self.rng.random() < 0.5 else by.start.team_id
        made: list[bytes] = []

        def invite() -> None:
            assert team is not None
            desk, expires = by.engine.desk, self.world.office.clock + 7 * DAY
            restricted = self.rng.random() < 0.7
            invited = desk.invite(role=Role.CASEWORKER, team_id=team, restricted=restricted, expires=expires)
            by.write(invited.member, by.organisation, "staff_member", name=name)
            self.world.sync(by)
            made.append(desk.invitation_file(invited, NAMES))

        if self._decide(f"{by.name} invites {name}", invite) and self.rng.random() < 0.7:
            self.joined += 1
            joined = enrolled(self.world.office, made[0], self.rng.getrandbits(32), self.world.office.clock)
            self.do_sync(self.world.add(name, joined))

    def do_team(self, laptop: SimLaptop) -> None:
        if not self.second_team:
            add = self.world.admin.engine.desk.add_team
            self.second_team = self._decide("ada makes a second team", lambda: add(SECOND_TEAM))

    def do_confirm(self, laptop: SimLaptop) -> None:
        by = self._administrator()
        if laptop.device != by.device and not laptop.gone:
            self._decide(f"{by.name} confirms {laptop.name}", lambda: by.engine.desk.confirm(laptop.device))

    def do_revoke(self, laptop: SimLaptop) -> None:
        by = self._administrator()
        if laptop.device in (by.device, self.world.admin.device) or laptop.gone or len(self.world.inside) < 3:
            return
        self._decide(f"{by.name} closes the laptop of {laptop.name}", lambda: by.engine.desk.revoke(laptop.device))

    def do_retire(self, laptop: SimLaptop) -> None:
        """Somebody leaves, when everything was sent."""
        if laptop is self.world.admin or laptop.gone or len(self.world.inside) < 3:
            return
        status = self.world.sync(laptop)
        if status.problem is None and not status.waiting and not laptop.is_twin:
            self._decide(f"{laptop.name} leaves", laptop.engine.desk.retire)

    def do_role(self, laptop: SimLaptop) -> None:
        by, state = self._administrator(), self.world.admin.engine.roster()
        if laptop is self.world.admin or laptop.device == by.device or laptop.device not in state.devices:
            return
        role, member = self.rng.choice(list(Role)), state.devices[laptop.device].member
        self._decide(f"{by.name} makes {laptop.name} {role}", lambda: by.engine.desk.change_role(member, role))

    def do_withdraw(self, laptop: SimLaptop) -> None:
        """The restricted records, or the caseload, are taken from somebody, or given again."""
        by = self._administrator()
        state = by.engine.roster()
        if laptop is self.world.admin or laptop.device not in state.devices or not laptop.team_places:
            return
        member, desk = state.devices[laptop.device].member, by.engine.desk
        place = laptop.restricted if self.rng.random() < 0.7 else laptop.caseload
        kind = state.collections[place].kind
        if at(state.access.get((member, place), ()), state.no) is None:
            self._decide(f"{by.name} gives {laptop.name} the {kind} records", lambda: desk.grant(member, place))
        else:
            self._decide(f"{by.name} takes the {kind} records from {laptop.name}", lambda: desk.withdraw(member, place))

    def do_new_keys(self, laptop: SimLaptop) -> None:
        by = self._administrator()
        self._decide(f"{by.name} makes a new recovery kit", by.engine.desk.replace_recovery)


def _was_replaced(state: RosterState, laptop: SimLaptop) -> bool:
    known = state.devices.get(laptop.device)
    return known is not None and known.why == "replaced"
