"""`python -m benchmarks [--only NAME] [--list]`: measures, writes build/bench/results.json and docs/benchmarks.md.

Exit status 1 when a row could not be measured. A goal that is missed is shown and does not fail: figures depend on the
machine, and a person reads them.
"""

from __future__ import annotations

import argparse
import sys
import traceback

from benchmarks import frame


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Figures beside their peers.")
    parser.add_argument("--only", metavar="NAME", help="measure this row alone")
    parser.add_argument("--list", action="store_true", help="name the rows and stop")
    options = parser.parse_args()
    rows = frame.rows()
    if options.list:
        print(*rows, sep="\n")
        return 0
    if options.only and options.only not in rows:
        parser.error(f"there is no row {options.only!r}; there are: {', '.join(rows)}")
    failed = []
    for name in [options.only] if options.only else rows:
        print(f"{name} …", flush=True)
        try:
            result = rows[name]()
            if result.name != name:
                raise ValueError(f"row {name} calls itself {result.name}")
        except Exception:
            traceback.print_exc()
            failed.append(name)
            continue
        frame.save([result], rows)  # at once: what breaks off keeps what it has
        peers = ", ".join(f"{peer} {frame.number(value)}" for peer, value in result.against.items())
        verdict = {True: "met", False: "MISSED", None: "not judged"}[result.met]
        print(f"  {frame.number(result.ours)} {result.unit}; {peers}; goal {result.goal}: {verdict}", flush=True)
    if failed:
        print("could not be measured:", ", ".join(failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
