"""All histories of a range of seeds, in several processes; and violations in words."""

from __future__ import annotations

import gc
import logging
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from tests.simulate.fast import remembered
from tests.simulate.history import Result, run, shrink

COLLECT_EVERY = 100  # histories


def play(seeds: range, processes: int) -> int:
    """Every history of a range, handed out in small parts; violations are told as they are found."""
    parts = [seeds[at : at + COLLECT_EVERY] for at in range(0, len(seeds), COLLECT_EVERY)]
    started, done, total = time.monotonic(), 0, Counter[str]()
    with ProcessPoolExecutor(max(1, processes), mp_context=get_context("spawn")) as pool:
        for part, (found, told) in zip(parts, pool.map(_part, parts), strict=True):
            total.update(found)
            done += len(part)
            if told:
                print("\n".join(told), flush=True)
            print(f"# {done} of {len(seeds)}, {done / (time.monotonic() - started):.1f} histories/s", file=sys.stderr, flush=True)
    print(
        f"seeds {seeds[0]}-{seeds[-1]}: {total['histories']} histories, {total['operations']} operations, "
        f"{total['forked']} ended with two rosters, {total['violations']} violations"
    )
    return 1 if total["violations"] else 0


def _part(seeds: range) -> tuple[Counter[str], list[str]]:
    """In a process of its own: what there was in these histories, and the violations in words."""
    logging.disable(logging.CRITICAL)
    found, told = Counter[str](), []
    with remembered():
        for seed in seeds:
            result = run(seed)
            bad = result.violation is not None
            found.update(histories=1, operations=result.operations, forked=result.forked, violations=bad)
            if bad:
                told += words_of(result)
    gc.collect()
    return found, told


def words_of(result: Result) -> list[str]:
    """A violation with the fewest steps that show it."""
    assert result.violation is not None
    steps = shrink(result.seed, result.violation.property)
    small = run(result.seed, only=steps)
    head = f"seed {result.seed}, steps {','.join(map(str, steps))}"
    return [head, *(f"  {words}" for words in small.steps), f"  violated: {outcome(small)}"]


def outcome(result: Result) -> str:
    if result.violation:
        return str(result.violation)
    return "two rosters, and it is said" if result.forked else "all properties hold"
