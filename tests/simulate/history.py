"""One history: what people, laptops, the network and the server do, drawn from the seed; and its end.

Each step draws from chances of its own, so that steps can be left out and the others stay what they were: `shrink` finds the
few steps that a violation needs.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from uuid import UUID

from cmpp_protocol import ids
from tests.simulate.checks import Checks, Violation, expect
from tests.simulate.erasures import OFTEN, Erasures
from tests.simulate.happenings import Happenings
from tests.simulate.people import MINUTE, People
from tests.simulate.world import SimLaptop, World

LENGTH = 18
ERASING, AUDITING = 0.25, 0.2  # of the histories
ROUNDS_AT_THE_END = 10


@dataclass
class Result:
    """What came of a history. `forked`: it ended with two rosters, which only the recovery kit settles (rule 39). `did`: the
    numbers of the steps in which something happened."""

    seed: int
    steps: list[str] = field(default_factory=list)
    did: list[int] = field(default_factory=list)
    operations: int = 0
    forked: bool = False
    violation: Violation | None = None


def run(
    seed: int,
    length: int = LENGTH,
    watch: Callable[[str], None] | None = None,
    only: Collection[int] | None = None,
    erasing: bool | None = None,
    auditing: bool | None = None,
) -> Result:
    """The history of a seed; `only`: these of its steps; `erasing`: whether files are destroyed in it, `auditing`: whether
    laptops send their audit logs, None: as the seed says. Never raises for a violation; any other exception of the program is
    one too."""
    history = History(seed, watch, erasing, auditing)
    try:
        history.play(range(length) if only is None else sorted(only))
    except Violation as violation:
        history.result.violation = violation
    except Exception as error:  # a program that dies is the worst of violations; the seed must come out
        history.result.violation = Violation("crash", f"{type(error).__name__}: {error}"[:300])
        history.result.violation.__cause__ = error
    finally:
        history.world.close()
    return history.result


def shrink(seed: int, property: str) -> tuple[int, ...]:
    """The fewest steps of a history found that still break this property: parts are left out, smaller and smaller ones."""
    kept = tuple(run(seed).did)
    if run(seed, only=kept).violation is None:  # a step in which nothing happened took time, and that was needed
        kept = tuple(range(LENGTH))
    size = max(len(kept) // 2, 1)
    while True:
        smaller = next(
            (
                rest
                for at in range(0, len(kept), size)
                if (rest := kept[:at] + kept[at + size :]) != kept
                and (found := run(seed, only=rest).violation) is not None
                and found.property == property
            ),
            None,
        )
        if smaller is not None:
            kept = smaller
        elif size > 1:
            size //= 2
        else:
            return kept


def uuid8(name: str) -> UUID:
    """An id of its own for each name."""
    return ids.derived_id("note", UUID(int=0), name)


class History(People, Happenings, Erasures):
    """One world, its steps and its end."""

    def __init__(
        self,
        seed: int,
        watch: Callable[[str], None] | None = None,
        erasing: bool | None = None,
        auditing: bool | None = None,
    ) -> None:
        self.seed = seed
        # Beside the other steps and from chances of their own: without them the history of a seed is what it always was.
        self._erasing = random.Random(seed ^ 0xE5A5E).random() < ERASING if erasing is None else erasing
        self.rng = random.Random(seed ^ 0x5EED)
        audits = random.Random(seed ^ 0xA0D17).random() < AUDITING if auditing is None else auditing
        self.world = World(seed, auditing=audits)
        self.checks = Checks(self.world)
        self.result = Result(seed)
        self.joined, self.second_team = 0, False
        self._watch = watch
        # Each history has a few things that happen often in it and others that do not: what goes wrong together comes together.
        often = {name: 1 if name in ("write", "sync") else self.rng.choice((0, 0, 1, 4)) for name in WEIGHTS}
        self._weights = {name: weight * often[name] for name, weight in WEIGHTS.items()}
        self._faults = self.rng.choice((0.0, 0.2, 0.5))
        self._looked_at: dict[int, int] = {}  # laptop -> how many writes its disk had seen when it was last checked

    def play(self, steps: Collection[int]) -> None:
        self.world.faults = self._faults
        for number in steps:
            self.step(number)
        self.finish()

    def say(self, words: str) -> None:
        self.result.steps.append(words)
        if self._watch is not None:
            self._watch(words)

    def step(self, number: int) -> None:
        self.rng = random.Random(self.seed * 1_000_003 + number)
        self.world.rng = random.Random(self.rng.getrandbits(64))
        action = self.rng.choices(list(self._weights), list(self._weights.values()))[0]
        self.world.tick(self.rng.choice((1000, MINUTE, 60 * MINUTE)))
        laptop = self.world.laptops[self.rng.randrange(60) % len(self.world.laptops)]
        self.result.operations += 1
        said = len(self.result.steps)
        getattr(self, "do_" + action)(laptop)
        if self._erasing and random.Random(self.seed * 1_000_003 + number ^ 0xE5A5E).random() < OFTEN:
            self.do_order(self._administrator())
        self.judge_memberships()
        if len(self.result.steps) > said:
            self.result.did.append(number)
        self.look()

    def look(self) -> None:
        """The invariants of every laptop on which something was written."""
        for one in self.world.laptops:
            if self._looked_at.get(id(one)) != one.replica.writes:
                self._looked_at[id(one)] = one.replica.writes
                self.checks.now(one)

    def finish(self) -> None:
        """A fair network, right clocks, everybody back; then the properties."""
        world = self.world
        world.faults = 0.0
        while world.late:
            world.arrive_late()
        for one in world.laptops:
            world.skew(one, 0)
            one.boot()
            self._write_once_more(one)
        self._come_to_rest()
        if not self._is_forked() and self.rng.random() < 0.5:
            self.do_rejoin(world.admin)
            self._come_to_rest()
        if self._is_forked():
            self.result.forked = True
            return
        self.say("everybody is back")
        self.checks.at_rest()

    def _come_to_rest(self) -> None:
        """Everybody exchanges until nothing moves any more."""
        world = self.world
        self.judge_memberships()
        before: object = None
        for number in range(ROUNDS_AT_THE_END):
            ends = world.ends()
            for one in world.laptops:
                if number == 0 or not one.has_all(ends):
                    world.sync(one)
                    ends = world.ends()
            world.tick(MINUTE)
            self.judge_memberships()
            now = [self._how_it_stands(one) for one in world.laptops]
            if now == before:
                break
            before = now

    def _write_once_more(self, one: SimLaptop) -> None:
        """So that two laptops with one disk meet: nobody can tell them apart before they do."""
        if one.copied and (place := self._place(one)) is not None:
            one.write(uuid8(one.name), place, "note", text=one.name)
            one.wrote_last = True

    @staticmethod
    def _how_it_stands(one: SimLaptop) -> tuple[object, ...]:
        tables = one.replica.tables
        ends = [(chain.number, chain.hash) for chain in tables["chains"].values()]
        return one.engine.roster().hash, one.replica.outbox_count(), tuple(tables["cursors"].values()), tuple(ends)

    def judge_memberships(self) -> None:
        """An answer that was lost, or a late request, may have closed a laptop without anybody's knowing."""
        for one in self.world.laptops:
            if one.gone:
                continue
            state = one.engine.roster()
            known = state.devices.get(one.device)
            never = known is None and (one.engine.status().problem or "").startswith("invitation_")
            # Its invitation was closed, or ran out, before its first exchange.
            one.gone = never or (known is not None and not known.active(state.no))

    def _is_forked(self) -> bool:
        entries = [list(one.replica.roster()) for one in self.world.inside]
        forked = any(a != b for one in entries for other in entries for a, b in zip(one, other, strict=False))
        if forked:
            told = {one.engine.status().problem for one in self.world.inside}
            expect("roster_fork" in told, "P19", f"two rosters have grown apart and nobody is told: {told}")
        return forked


WEIGHTS = {
    "write": 30,
    "undo": 2,
    "pick": 4,
    "delete": 3,
    "sign": 3,
    "amend": 2,
    "revive": 3,
    "move": 3,
    "sync": 30,
    "crash": 5,
    "stick": 6,
    "decide": 4,
    "clock": 3,
    "late": 4,
    "days": 1,
    "copy": 3,
    "rewind": 3,
    "clone": 1,
    "backup": 2,
    "restore": 2,
    "rejoin": 3,
    "invite": 2,
    "team": 1,
    "confirm": 2,
    "revoke": 2,
    "retire": 1,
    "role": 2,
    "withdraw": 3,
    "new_keys": 1,
}
