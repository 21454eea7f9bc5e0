"""`python -m tests.simulate --seed 1 --seconds 60`: as many histories as fit, from this seed on; `--replay SEED` shows one;
`--seeds 1-10000 --processes 2` plays all of a range.

A violation is told with the fewest of its steps that still show it. The last line says how many histories and operations there
were, how many violations, and of which range."""

from __future__ import annotations

import argparse
import gc
import logging
import sys
import time

from tests.simulate.fast import remembered
from tests.simulate.history import Result, run
from tests.simulate.ranges import COLLECT_EVERY, outcome, play, words_of


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulate", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="of the first history; the next ones follow it")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--histories", type=int, default=0, help="at most so many; 0 for no limit")
    parser.add_argument("--seeds", type=_range, help="all of a range, as 1-10000; goes on after a violation")
    parser.add_argument("--processes", type=int, default=1, help="with --seeds: how many play at once")
    parser.add_argument("--replay", type=int, metavar="SEED", help="shows the history of one seed, step by step")
    parser.add_argument("--only", default="", help="with --replay: the numbers of the steps to take, with commas")
    parser.add_argument("--keep-going", action="store_true", help="does not stop at the first violation")
    asked = parser.parse_args()
    logging.disable(logging.CRITICAL)  # a history is told by its steps
    if asked.seeds is not None:
        return play(asked.seeds, asked.processes)
    with remembered():
        if asked.replay is not None:
            return _replay(asked.replay, [int(number) for number in asked.only.split(",") if number] or None)
        return _many(asked.seed, asked.seconds, asked.histories, asked.keep_going)


def _range(words: str) -> range:
    first, last = words.split("-")
    return range(int(first), int(last) + 1)


def _replay(seed: int, only: list[int] | None) -> int:
    result = run(seed, watch=lambda words: print(" ", words), only=only)
    print(f"seed {seed}: {outcome(result)}")
    return 1 if result.violation else 0


def _many(seed: int, seconds: float, most: int, keep_going: bool) -> int:
    started = time.monotonic()
    done: list[Result] = []
    while time.monotonic() - started < seconds and (not most or len(done) < most):
        done.append(run(seed + len(done)))
        if not len(done) % COLLECT_EVERY:
            gc.collect()
        if done[-1].violation:
            _tell(done[-1])
            if not keep_going:
                break
    took = time.monotonic() - started
    bad = [one for one in done if one.violation]
    operations, forks = sum(one.operations for one in done), sum(one.forked for one in done)
    print(f"{len(done)} histories, {operations} operations, {forks} ended with two rosters, {len(bad)} violations")
    print(f"{len(done) / took:.1f} histories/s, {operations / took:.0f} operations/s")
    return 1 if bad else 0


def _tell(result: Result) -> None:
    print("\n".join(words_of(result)), flush=True)


if __name__ == "__main__":
    sys.exit(main())
