"""Is each rule of merging held by a test? `python -m tests.mutants` takes one after the other out of `sync/merge.py`.

Not part of `make test`. A mutant is a piece of the source and what stands in its place; it is put into the loaded module, the
tests of merging are run, and it is said which of them notice. One that nobody notices makes the exit status 1, unless it says
why nothing can be noticed. `tests/sync/test_merge_rules.py` sees to it that the list fits the source.
"""

from __future__ import annotations

import argparse
import inspect
import logging
import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from hypothesis import Phase, settings

from cmpp_desktop.sync import merge
from tests.sync.merge_oracle import World, random_ops

HISTORIES = 200


class Mutant(NamedTuple):
    """`rule`: what is taken away, and its number. `old` occurs once in the source. `equal`: why no test can notice it."""

    rule: str
    old: str
    new: str
    equal: str = ""


MUTANTS = (
    # Stamps and heads
    Mutant("3: a stamp is seen up to the last one applied", "stamp.hlc <= chains.get", "stamp.hlc < chains.get"),
    Mutant(
        "4: a write names the heads held",
        "Write(kind, id, field, value, state.stamps(field) if state else ())",
        "Write(kind, id, field, value, ())",
    ),
    Mutant(
        "4: a write names all heads held",
        "Write(kind, id, field, value, state.stamps(field) if state else ())",
        "Write(kind, id, field, value, state.stamps(field)[-1:] if state else ())",
    ),
    Mutant("5: what is replaced goes", "tuple(head for head in heads if head.stamp not in write.replaces)", "heads"),
    Mutant("5: all that is replaced goes", "if head.stamp not in write.replaces)", "if head.stamp not in write.replaces[:1])"),
    Mutant("5: what was not seen is waited for", "waiting.union(missing)", "waiting"),
    Mutant("5: what was seen is not waited for", "stamp not in held_now and not seen(stamp)", "stamp not in held_now"),
    Mutant(
        "5: a head is not waited for",
        "stamp not in held_now and not seen(stamp)",
        "not seen(stamp)",
        "a head was applied, so it is seen: the question saves the look-up",
    ),
    Mutant("5: what was waited for is dropped when it comes", "    if stamp in waiting:\n", "    if False:\n"),
    Mutant("5: nothing is waited for twice", "waiting = waiting - {stamp}", "pass"),
    Mutant("6: a change that comes twice is one head", "kept = (head for head in heads if head.stamp != stamp)", "kept = heads"),
    Mutant(
        "7: the highest stamp is shown",
        "sorted((*kept, Head(stamp, write.value)), key=_by_stamp)",
        "(Head(stamp, write.value), *kept)",
    ),
    Mutant("10: of two kinds under one id all take the same", "min(state.kind, write.kind)", "state.kind"),
    # Coming into being
    Mutant(
        "13: who makes what is there already replaces nothing",
        "None if id in states else _created(writes, stamp)",
        "_created(writes, stamp)",
    ),
    Mutant("4: a creation that replaces is no plain one", "not write.replaces and write.kind == kind", "write.kind == kind"),
    Mutant("10: a creation of two kinds is no plain one", "not write.replaces and write.kind == kind", "not write.replaces"),
    Mutant(
        "16: a creation that is settled at once is no plain one",
        "and write.kind == kind and (write.field != LIFE or write.value == LIVE) for",
        "and write.kind == kind for",
    ),
    Mutant(
        "14: a creation that says a field twice is no plain one",
        "if plain and len(heads) == len(writes)",
        "if plain",
        "of two writes of one field under one stamp the last one stays, either way",
    ),
    # Conflicts
    Mutant(
        "8: a conflict is shown at once while nothing is awaited",
        "now_ms - state.since.get((name, stamp), now_ms) < PATIENCE_MS",
        "True",
    ),
    Mutant(
        "8: no conflict is shown while something is awaited",
        "    if is_patient(state, seen, now_ms):\n        return ()\n",
        "",
    ),
    Mutant("8: seven days", "PATIENCE_MS = 7 *", "PATIENCE_MS = 6 *"),
    Mutant(
        "8: a wait that has just begun is patient",
        "state.since.get((name, stamp), now_ms)",
        "state.since.get((name, stamp), 0)",
    ),
    Mutant("8: a wait goes on although something else came", "state.since.get(wait, at_ms)", "at_ms"),
    Mutant(
        "8: a wait that is over is forgotten",
        "return state if not state.since else replace(state, since={})",
        "return state",
    ),
    Mutant("8: who is awaited is named", "names = tuple(sorted(missing))", "names = ()"),
    Mutant(
        "9: equal values are no conflict",
        "len({head.value for head in state.heads[name]}) > 1",
        "len(state.heads[name]) > 1",
    ),
    Mutant("9: equal values are shown once", "latest = {head.value: head for head in heads}", "latest = dict(enumerate(heads))"),
    Mutant(
        "9: of equal values the latest is shown",
        "latest = {head.value: head for head in heads}",
        "latest = {head.value: head for head in reversed(heads)}",
    ),
    # Life
    Mutant("16: settling covers what is held", "state.stamps(LIFE), held(state))", "state.stamps(LIFE), ())"),
    Mutant("16: covers are kept", "covers[stamp] = write.covers", "pass"),
    Mutant("16: covers go with the life that they belong to", "if write.field != LIFE or at not in write.replaces}", "}"),
    Mutant(
        "16: what is covered and not seen is waited for",
        "                if not seen(stamp):\n                    found.setdefault(name, set()).add(stamp)\n",
        "                pass\n",
    ),
    Mutant(
        "16: what is covered and seen is not waited for",
        "                if not seen(stamp):\n",
        "                if True:\n",
    ),
    Mutant(
        "16: a change set that writes and settles waits for nothing of its own",
        "lambda named: named == stamp or seen(named)",
        "seen",
    ),
    Mutant(
        "5: what is replaced and not seen is waited for",
        "{name: set(stamps) for name, stamps in state.waiting.items()}",
        "{}",
    ),
    Mutant("18: settling names the life held", "LIFE, value, state.stamps(LIFE), held(state))", "LIFE, value, (), held(state))"),
    Mutant("18: bringing back names the life held", "LIFE, LIVE, state.stamps(LIFE))", "LIFE, LIVE)"),
    Mutant("15: a record without a life is new", 'return Status("new", None, None)', 'return Status("live", "live", LIVE)'),
    Mutant("17: two lives are a conflict", "if _differ(state, LIFE) and not patient:", "if False:"),
    Mutant("17: only live is live", 'if life == "live":', "if False:"),
    Mutant(
        "17: an edit that is not covered is seen",
        'Status("changed_since" if not patient and uncovered(state) else',
        'Status("changed_since" if False else',
    ),
    Mutant(
        "17: what is covered is settled",
        'Status("changed_since" if not patient and uncovered(state) else',
        'Status("changed_since" if not patient else',
    ),
    Mutant(
        "17: an edit is not in doubt while something is awaited",
        'Status("changed_since" if not patient and uncovered(state) else',
        'Status("changed_since" if uncovered(state) else',
    ),
    Mutant("17: an edit that is not covered is told", 'if status(state, seen, now_ms).name == "changed_since":', "if False:"),
    Mutant("17: a field is told once", "            if name not in told\n", ""),
    Mutant("17: covers of all lives count", "named.setdefault(name, set()).update(stamps)", "named[name] = set(stamps)"),
    Mutant(
        "16: life does not cover itself",
        "for name in sorted(state.heads) if name != LIFE)",
        "for name in sorted(state.heads))",
        "the lives named in covers are those that it replaces: they are waited for already, and no cover of a life is asked for",
    ),
    Mutant(
        "17: what is live is in no doubt",
        "    if not state.covers:\n        return {}\n",
        "",
        "nobody asks it of a record whose lives are all live; where one is not, there are covers",
    ),
    # Signed
    Mutant(
        "21: what else was written under the id of a Signed record is void",
        "if state is None or (write.kind == SIGNED and state.kind != SIGNED):",
        "if state is None:",
    ),
    Mutant(
        "21: what else comes under the id of a Signed record is void",
        "    elif state.kind == SIGNED and write.kind != SIGNED:\n",
        "    elif False:\n",
    ),
    # The digest
    Mutant(
        "P1: the digest has the heads",
        "[[head.stamp.hlc, head.stamp.device, mark_of(head.value)] for head in heads]",
        "[[head.stamp.hlc, head.stamp.device] for head in heads]",
    ),
    Mutant("P1: the digest has what is awaited", "{name: stamps(named) for name, named in state.waiting.items()}", "{}"),
    Mutant("P1: the digest has the covers", "{name: stamps(named) for name, named in covers}", "{}"),
)


def mutated(source: str, mutant: Mutant) -> str:
    """The source without the rule. Raises ValueError when the piece is not there once."""
    if source.count(mutant.old) != 1:
        raise ValueError(f"{source.count(mutant.old)} times in the source: {mutant.old!r}")
    return source.replace(mutant.old, mutant.new)


def source_of_merge() -> str:
    """The text of `sync/merge.py`."""
    return Path(merge.__file__).read_text(encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--only", default="", help="mutants whose rule contains this")
    asked = parser.parse_args()
    settings.register_profile("mutants", database=None, deadline=None, phases=[Phase.explicit, Phase.generate], derandomize=True)
    settings.load_profile("mutants")
    logging.disable(logging.CRITICAL)
    tests, source, wrong = list(_tests()), source_of_merge(), 0
    for mutant in MUTANTS:
        if asked.only in mutant.rule:
            wrong += not _try(mutant, mutated(source, mutant), source, tests)
    print(f"{wrong} rules are held by no test" if wrong else "every rule is held by a test")
    return 1 if wrong else 0


def _tests() -> Iterator[tuple[str, Callable[[], None]]]:
    """What is run against each mutant: histories, the properties, the stories that need nothing from pytest. Loaded under the
    settings of this run."""
    from tests.sync import test_merge, test_merge_rules

    found = {**vars(test_merge), **vars(test_merge_rules)}
    yield "histories of three laptops", _histories
    names = [name for name in found if name.startswith("test_") and not inspect.signature(found[name]).parameters]
    for name in sorted(names, key=lambda name: (not name.startswith("test_p"), name)):
        yield name, found[name]


def _histories() -> None:
    """Made to collide, and compared with full causal pasts."""
    for seed in range(HISTORIES):
        rng, world = random.Random(seed), World()
        for step in random_ops(rng, 30):
            world.run([step])
            world.check_now()
        world.deliver_everything(rng)
        world.check_now()
        world.check_at_rest()


def _try(mutant: Mutant, text: str, source: str, tests: list[tuple[str, Callable[[], None]]]) -> bool:
    """Whether it is as it should be: noticed, or said to be equal and not noticed."""
    try:
        _load(text)
        killers = [name for name, test in tests if not _passes(test)]
    finally:
        _load(source)
    fine = bool(killers) != bool(mutant.equal)
    said = ", ".join(killers) or (f"nobody: {mutant.equal}" if fine else "NOBODY NOTICES")
    print(f"{'' if fine else '! '}{mutant.rule}\n      {said}", flush=True)
    return fine


def _load(text: str) -> None:
    exec(compile(text, merge.__file__, "exec"), vars(merge))


def _passes(test: Callable[[], None]) -> bool:
    try:
        test()
    except Exception:  # whatever it is, the test fails
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
