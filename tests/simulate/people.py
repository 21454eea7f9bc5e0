"""What people do with records, and how a laptop fares: each `do_…` is one step of a history, or nothing where it cannot be."""

from __future__ import annotations

import random
from uuid import UUID

from cmpp_desktop.changes import LIFE, Write, life_value
from cmpp_desktop.errors import KnownError
from cmpp_desktop.store import moving
from cmpp_desktop.sync import merge
from cmpp_protocol import canon, ids, rights
from tests.simulate.world import CANARY, SimLaptop, World
from tests.sync.laptops import DAY, PowerCut

RECORDS = tuple(UUID(int=number) for number in (501, 502, 503))
FIELDS = ("phone", "site")
MINUTE, YEAR = 60_000, 365 * DAY


class People:
    """Records, clocks, power, the network. `rng`: of the step."""

    world: World
    rng: random.Random

    def say(self, words: str) -> None:
        raise NotImplementedError

    def judge_memberships(self) -> None:
        raise NotImplementedError

    # Records ------------------------------------------------------------------------------------------------------------

    def _place(self, laptop: SimLaptop) -> UUID | None:
        """A collection in which it may write, as far as it knows."""
        state = laptop.engine.roster()
        member = laptop.device in state.devices  # a new one writes before the server has heard of it
        open_ = [place for place in laptop.teams() if not member or rights.may_write(state, laptop.device, place)]
        return self.rng.choice(open_) if open_ else None

    def _held(self, laptop: SimLaptop) -> tuple[UUID, UUID] | None:
        """A collection in which it may write, and a record there that is shown."""
        place = self._place(laptop)
        found = [id for id in RECORDS if place and (state := laptop.state(id, place)) and state.heads.get(LIFE)]
        return (place, self.rng.choice(found)) if place and found else None

    def do_write(self, laptop: SimLaptop) -> None:
        place, id = self._place(laptop), self.rng.choice(RECORDS)
        field, value = self.rng.choice(FIELDS), self.rng.choice("abc")
        if place is None or laptop.is_erased(id):
            return
        state = laptop.state(id, place)
        if state is not None:
            name = merge.status(state, laptop.replica.seen(place), laptop.clock).name
            if name == "settled" or not state.heads.get(LIFE):
                return  # rule 18; and nobody sees a record whose beginning has not come
        self.say(f"{laptop.name} writes {field} = {value} of {id.int}")
        laptop.undo.append((place, id, field, laptop.value(id, field, place)))
        laptop.write(id, place, "note", **{field: CANARY + value})

    def do_undo(self, laptop: SimLaptop) -> None:
        """What was there before comes back, by an ordinary write."""
        if not laptop.undo or (place := laptop.undo[-1][0]) not in laptop.teams():
            return
        _, id, field, value = laptop.undo.pop()
        state = laptop.state(id, place)
        if value is None or state is None or merge.status(state, laptop.replica.seen(place), laptop.clock).name == "settled":
            return
        if rights.may_write(laptop.engine.roster(), laptop.device, place):
            self.say(f"{laptop.name} takes back {field} of {id.int}")
            laptop.write(id, place, "note", **{field: value})

    def do_pick(self, laptop: SimLaptop) -> None:
        place = self._place(laptop)
        for id in RECORDS if place is not None else ():
            state = laptop.state(id, place)
            for conflict in merge.conflicts(state, laptop.replica.seen(place), laptop.clock) if state and place else ():
                if conflict.field != LIFE and conflict.reason == "values":
                    self.say(f"{laptop.name} picks {conflict.field} of {id.int}")
                    laptop.write(id, place, **{conflict.field: canon.unpack(conflict.versions[0].value)})
                    return

    def do_delete(self, laptop: SimLaptop) -> None:
        if held := self._held(laptop):
            place, id = held
            self.say(f"{laptop.name} deletes {id.int}")
            laptop.settle(id, life_value("deleted", "twice"), place)

    def do_sign(self, laptop: SimLaptop) -> None:
        state = laptop.engine.roster()
        held = self._held(laptop)
        if held and rights.may_sign(state, laptop.device) and not merge.awaited(
            laptop.records(held[0])[held[1]], laptop.replica.seen(held[0])
        ):
            self.say(f"{laptop.name} signs {held[1].int}")
            laptop.sign(held[1], device=laptop.engine._books.device, place=held[0], roster=state.no)

    def do_amend(self, laptop: SimLaptop) -> None:
        """Something is added to what was signed: a record of its own."""
        held = self._held(laptop)
        state = laptop.state(held[1], held[0]) if held else None
        if held and state is not None and (value := state.shown(LIFE)) and canon.unpack(value)[0] == "signed":
            id = ids.derived_id("amendment", held[1], laptop.name)
            self.say(f"{laptop.name} amends {held[1].int}")
            laptop.write(id, held[0], "amendment", subject=held[1].bytes, text=CANARY + self.rng.choice("abc"))

    def do_revive(self, laptop: SimLaptop) -> None:
        if held := self._held(laptop):
            place, id = held
            self.say(f"{laptop.name} brings {id.int} back")
            laptop.replica.commit(place, lambda state_of: [merge.revive(state_of(id), id)], laptop.clock)

    def do_move(self, laptop: SimLaptop) -> None:
        """Who may write in both makes a record restricted, or the other way round, or hands it to another team (rule 25)."""
        held, to = self._held(laptop), self._place(laptop)
        if not held or to is None or to == held[0]:
            return
        place, id = held
        source, there = laptop.records(place)[id], laptop.state(id, to)
        if moving.is_away(source) or merge.awaited(source, laptop.replica.seen(place)):
            return
        try:
            parts = moving.parts_of(source, there, to.bytes)
        except KnownError:  # a version is picked first
            return
        kinds = laptop.engine.roster().collections
        self.say(f"{laptop.name} moves {id.int} from the {kinds[place].kind} to the {kinds[to].kind}")
        values = {**parts.values, **({LIFE: parts.life} if parts.life else {})}
        beside = {name: {head.stamp for head in parts.beside.get(name, ())} for name in values}
        named = {name: tuple(s for s in (there.stamps(name) if there else ()) if s not in beside[name]) for name in values}
        laptop.clock += 1000
        with laptop.disk.beside(beside):
            made = [Write(source.kind, id, name, value, named[name]) for name, value in values.items()]
            laptop.replica.commit(to, lambda state_of: made, laptop.clock)
        laptop.settle(id, moving.moved_value(to.bytes, None), place)

    # Laptops and the network ------------------------------------------------------------------------------------------------

    def do_sync(self, laptop: SimLaptop) -> None:
        status = self.world.sync(laptop)
        laptop.cut = False
        self.say(f"{laptop.name} exchanges: {status.problem or status.word}")
        self.judge_memberships()

    def do_crash(self, laptop: SimLaptop) -> None:
        """Power fails at some write of an exchange."""
        laptop.replica.cut_after = self.rng.randrange(12)
        try:
            self.world.sync(laptop)
            words, laptop.cut = "exchanges before the power fails", False
        except PowerCut:
            laptop.cut = True
            words = "loses power in an exchange"
        laptop.replica.cut_after = None
        laptop.boot()
        self.say(f"{laptop.name} {words}")
        self.judge_memberships()

    def do_stick(self, laptop: SimLaptop) -> None:
        """An exchange with one of two sticks."""
        number = self.rng.randrange(2)
        try:
            report = laptop.engine.exchange_folder(self.world.stick(number))
            words = f"{report.bundles_in} in, {report.files_out} out"
        except KnownError as error:
            words = error.code
        self.say(f"{laptop.name} exchanges with stick {number}: {words}")
        self.judge_memberships()

    def do_decide(self, laptop: SimLaptop) -> None:
        """Something that does not count is taken in, or left out."""
        held = laptop.engine.held_work()
        if held:
            one, taken = self.rng.choice(held), self.rng.random() < 0.7
            laptop.engine.decide_held(one.chain, "take_in" if taken else "leave_out")
            self.say(f"{laptop.name} {'takes in' if taken else 'leaves out'} {one.changes} changes that were held")

    def do_clock(self, laptop: SimLaptop) -> None:
        ms = self.rng.choice((0, 0, 3 * MINUTE, -2 * 60 * MINUTE, 20 * 60 * MINUTE, YEAR, -YEAR))
        self.say(f"the clock of {laptop.name} is {ms // MINUTE} minutes off")
        self.world.skew(laptop, ms)

    def do_late(self, laptop: SimLaptop) -> None:
        if self.world.late:
            self.say("a late request arrives")
            self.world.arrive_late()

    def do_days(self, laptop: SimLaptop) -> None:
        self.say("eight days pass")
        self.world.tick(8 * DAY)
