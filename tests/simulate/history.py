"""One history: what people, laptops, the network and the server do, drawn from the seed; and its end."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from cmpp_desktop.changes import LIFE, life_value
from cmpp_desktop.errors import KnownError
from cmpp_desktop.sync import merge
from cmpp_protocol import canon, rights
from cmpp_protocol.roster import at
from tests.simulate.checks import Checks, Violation, expect
from tests.simulate.world import CANARY, SimLaptop, World
from tests.sync.laptops import DAY, PowerCut, enrolled, invited

RECORDS = tuple(UUID(int=number) for number in (501, 502, 503))
FIELDS = ("phone", "site")
MINUTE, YEAR = 60_000, 365 * DAY
MOST_LAPTOPS = 5


@dataclass
class Result:
    """What came of a history. `forked`: it ended with two rosters, which only the recovery kit settles (rule 39)."""

    seed: int
    steps: list[str] = field(default_factory=list)
    operations: int = 0
    forked: bool = False
    violation: Violation | None = None


def run(seed: int, length: int = 24, watch: Callable[[str], None] | None = None) -> Result:
    """The history of a seed. Never raises for a violation; any other exception of the program is one too."""
    history = History(seed, watch)
    try:
        history.play(length)
    except Violation as violation:
        history.result.violation = violation
    except Exception as error:  # a program that dies is the worst of violations; the seed must come out
        history.result.violation = Violation("crash", f"{type(error).__name__}: {error}"[:300])
        history.result.violation.__cause__ = error
    finally:
        history.world.close()
    return history.result


class History:
    def __init__(self, seed: int, watch: Callable[[str], None] | None = None) -> None:
        self.rng = random.Random(seed ^ 0x5EED)
        self.world = World(seed)
        self.checks = Checks(self.world)
        self.result = Result(seed)
        self._watch = watch
        # Each history has a few things that happen often in it and others that do not: what goes wrong together comes together.
        often = {name: 1 if name in ("write", "sync") else self.rng.choice((0, 1, 1, 4)) for name in _WEIGHTS}
        self._weights = {name: weight * often[name] for name, weight in _WEIGHTS.items()}
        self._enrolling = 0
        self._looked_at: dict[str, int] = {}  # laptop -> how many writes its disk had seen when it was last checked

    def play(self, length: int) -> None:
        self.world.faults = self.rng.choice((0.0, 0.2, 0.5))
        for _ in range(length):
            self.step()
        self.finish()

    def say(self, words: str) -> None:
        self.result.steps.append(words)
        if self._watch is not None:
            self._watch(words)

    def step(self) -> None:
        action = self.rng.choices(list(self._weights), list(self._weights.values()))[0]
        self.world.tick(self.rng.choice((1000, MINUTE, 60 * MINUTE)))
        laptop = self.rng.choice(self.world.laptops)
        self.result.operations += 1
        getattr(self, "do_" + action)(laptop)
        for one in self.world.laptops:
            if self._looked_at.get(one.name) != one.replica.writes:
                self._looked_at[one.name] = one.replica.writes
                self.checks.now(one)

    # People --------------------------------------------------------------------------------------------------------------

    def _place(self, laptop: SimLaptop) -> UUID:
        place = laptop.restricted if self.rng.random() < 0.25 else laptop.caseload
        state = laptop.engine.roster()
        return place if rights.may_write(state, laptop.device, place) else laptop.caseload

    def do_write(self, laptop: SimLaptop) -> None:
        place, id = self._place(laptop), self.rng.choice(RECORDS)
        field_name, value = self.rng.choice(FIELDS), self.rng.choice("abc")
        state = laptop.state(id, place)
        if state is not None:
            name = merge.status(state, laptop.replica.seen(place), laptop.clock).name
            if name == "settled" or not state.heads.get(LIFE):
                return  # rule 18; and nobody sees a record whose beginning has not come
        self.say(f"{laptop.name} writes {field_name} = {value} of {id.int}")
        laptop.write(id, place, "note", **{field_name: CANARY + value})

    def do_pick(self, laptop: SimLaptop) -> None:
        for id in RECORDS:
            state = laptop.state(id)
            for conflict in merge.conflicts(state, laptop.replica.seen(laptop.caseload), laptop.clock) if state else ():
                if conflict.field != LIFE and conflict.reason == "values":
                    self.say(f"{laptop.name} picks {conflict.field} of {id.int}")
                    laptop.write(id, **{conflict.field: canon.unpack(conflict.versions[0].value)})
                    return

    def do_delete(self, laptop: SimLaptop) -> None:
        id = self.rng.choice(RECORDS)
        state = laptop.state(id)
        if state is not None and state.heads.get(LIFE):
            self.say(f"{laptop.name} deletes {id.int}")
            laptop.settle(id, life_value("deleted", "twice"))

    def do_sign(self, laptop: SimLaptop) -> None:
        id = self.rng.choice(RECORDS)
        state = laptop.state(id)
        if state is not None and state.heads.get(LIFE) and laptop.device in laptop.engine.roster().devices:
            self.say(f"{laptop.name} signs {id.int}")
            laptop.sign(id)

    def do_restore(self, laptop: SimLaptop) -> None:
        id = self.rng.choice(RECORDS)
        state = laptop.state(id)
        if state is not None and state.heads.get(LIFE):
            self.say(f"{laptop.name} brings {id.int} back")
            laptop.replica.commit(laptop.caseload, lambda state_of: [merge.revive(state_of(id), id)], laptop.clock)

    # Laptops and the network ------------------------------------------------------------------------------------------------

    def do_sync(self, laptop: SimLaptop) -> None:
        status = self.world.sync(laptop)
        self.say(f"{laptop.name} exchanges: {status.problem or status.word}")
        self._judge_memberships()

    def do_crash(self, laptop: SimLaptop) -> None:
        """Power fails at some write of an exchange."""
        laptop.replica.cut_after = self.rng.randrange(12)
        try:
            self.world.sync(laptop)
            words = "exchanges before the power fails"
        except PowerCut:
            words = "loses power in an exchange"
        laptop.replica.cut_after = None
        laptop.boot()
        self.say(f"{laptop.name} {words}")

    def do_clock(self, laptop: SimLaptop) -> None:
        ms = self.rng.choice((0, 0, 3 * MINUTE, -2 * 60 * MINUTE, 20 * 60 * MINUTE, YEAR, -YEAR))
        self.say(f"the clock of {laptop.name} is {ms // MINUTE} minutes off")
        self.world.skew(laptop, ms)

    def do_late(self, laptop: SimLaptop) -> None:
        self.say("a late request arrives")
        self.world.arrive_late()

    def do_days(self, laptop: SimLaptop) -> None:
        self.say("eight days pass")
        self.world.tick(8 * DAY)

    # The server -------------------------------------------------------------------------------------------------------------

    def do_copy(self, laptop: SimLaptop) -> None:
        self.say("the server is copied")
        self.world.copies.append(self.world.office.copy())

    def do_rewind(self, laptop: SimLaptop) -> None:
        if self.world.copies:
            self.say("the server is put back to a copy")
            self.world.office.restore(self.rng.choice(self.world.copies))
            self.world.restored = True
            self.world.behind = {one.name for one in self.world.inside}

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

    def do_invite(self, laptop: SimLaptop) -> None:
        if len(self.world.laptops) >= MOST_LAPTOPS:
            return
        self._enrolling += 1
        seed, name = 100 + self._enrolling, f"new{self._enrolling}"
        files: list[bytes] = []
        if self._decide(f"ada invites {name}", lambda: files.append(invited(self.world.admin, seed))):
            made = enrolled(self.world.office, files[0], self.rng.getrandbits(32), self.world.office.clock)
            joined = self.world.add(name, made)
            self.do_sync(joined)

    def do_confirm(self, laptop: SimLaptop) -> None:
        if laptop is not self.world.admin and not laptop.gone:
            self._decide(f"ada confirms {laptop.name}", lambda: self.world.admin.engine.desk.confirm(laptop.device))

    def do_revoke(self, laptop: SimLaptop) -> None:
        if laptop is self.world.admin or laptop.gone or len(self.world.inside) < 3:
            return
        self._decide(f"ada closes the laptop of {laptop.name}", lambda: self.world.admin.engine.desk.revoke(laptop.device))
        known = self.world.admin.engine.roster()
        laptop.gone = laptop.device in known.devices and not known.devices[laptop.device].active(known.no)

    def do_withdraw(self, laptop: SimLaptop) -> None:
        """The restricted records are taken from somebody, or given again."""
        admin = self.world.admin
        state = admin.engine.roster()
        if laptop is admin or laptop.gone or laptop.device not in state.devices:
            return
        member, place, desk = state.devices[laptop.device].member, admin.restricted, admin.engine.desk
        if at(state.access.get((member, place), ()), state.no) is None:
            self._decide(f"ada gives {laptop.name} the restricted records", lambda: desk.grant(member, place))
        else:
            self._decide(f"ada takes the restricted records from {laptop.name}", lambda: desk.withdraw(member, place))

    def do_new_keys(self, laptop: SimLaptop) -> None:
        self._decide("ada makes a new recovery kit", self.world.admin.engine.desk.replace_recovery)

    # The end ----------------------------------------------------------------------------------------------------------------

    def finish(self) -> None:
        """A fair network, right clocks, everybody back; then the properties."""
        world = self.world
        world.faults = 0.0
        while world.late:
            world.arrive_late()
        for one in world.laptops:
            world.skew(one, 0)
            one.boot()
        self._judge_memberships()
        before: object = None
        for _ in range(10):
            for one in world.laptops:
                world.sync(one)
            world.tick(MINUTE)
            self._judge_memberships()
            now = [(one.engine.roster().hash, one.digest(), one.replica.outbox_count()) for one in world.laptops]
            if now == before:
                break
            before = now
        if self._is_forked():
            self.result.forked = True
            return
        self.say("everybody is back")
        self.checks.at_rest()

    def _judge_memberships(self) -> None:
        """An answer that was lost, or a late request, may have closed a laptop without anybody's knowing."""
        for one in self.world.laptops:
            state = one.engine.roster()
            known = state.devices.get(one.device)
            one.gone = one.gone or (known is not None and not known.active(state.no))
            never = known is None and (one.engine.status().problem or "").startswith("invitation_")
            one.gone = one.gone or never  # its invitation was closed, or ran out, before its first exchange

    def _is_forked(self) -> bool:
        entries = [list(one.replica.roster()) for one in self.world.inside]
        forked = any(a != b for one in entries for other in entries for a, b in zip(one, other, strict=False))
        if forked:
            told = {one.engine.status().problem for one in self.world.inside}
            expect("roster_fork" in told, "P19", f"two rosters have grown apart and nobody is told: {told}")
        return forked


_WEIGHTS = {
    "write": 30,
    "pick": 4,
    "delete": 3,
    "sign": 3,
    "restore": 3,
    "sync": 30,
    "crash": 5,
    "clock": 3,
    "late": 4,
    "days": 1,
    "copy": 3,
    "rewind": 3,
    "invite": 2,
    "confirm": 2,
    "revoke": 2,
    "withdraw": 3,
    "new_keys": 1,
}
