"""Answering a question of a form with 1,000 questions and skip logic.

Forty groups of twenty-five questions: a group is asked when the first question of the group before was answered yes, a question
when the one before it in its group was, and scores and a band follow from all of them. One figure is the median of answers all
over the form, the other the slowest place: there the whole form goes, and comes back. The figure of computing everything again
is what an engine without an order of dependence needs for any answer. Where node and ODK Web Forms' engine are there (words.md),
it takes the same answers to the same XForm, in a program of its own.
"""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import time
from datetime import UTC, datetime
from functools import cache
from uuid import UUID

from benchmarks import peers
from benchmarks.frame import ROOT, Row, row
from cmpp_desktop.forms import Interview, InterviewContext, compile_instrument

GROUPS, IN_A_GROUP = 40, 25
PROGRAM = ROOT / "benchmarks" / "odk_engine.mjs"
EVERY = 7  # each so many questions is one of those that are answered and taken back
ROUNDS = 5


def xform() -> str:
    """The form, as XML."""
    instance, binds, body = [], [], []
    for group in range(GROUPS):
        names = [f"q{group}_{number}" for number in range(IN_A_GROUP)]
        instance.append(f"<g{group}>{''.join(f'<{name}/>' for name in names)}</g{group}>")
        if group:
            binds.append(f'<bind nodeset="/form/g{group}" relevant=" /form/g{group - 1}/q{group - 1}_0  = \'yes\'"/>')
        asked = []
        for number, name in enumerate(names):
            skip = f" relevant=\" /form/g{group}/{names[number - 1]}  = 'yes'\"" if number else ""
            binds.append(f'<bind nodeset="/form/g{group}/{name}" type="string"{skip}/>')
            asked.append(
                f'<select1 ref="/form/g{group}/{name}"><label>Question {number + 1} of part {group + 1}</label>'
                "<item><label>Yes</label><value>yes</value></item><item><label>No</label><value>no</value></item></select1>"
            )
        body.append(f'<group ref="/form/g{group}"><label>Part {group + 1}</label>{"".join(asked)}</group>')
        counted = " + ".join(f"( /form/g{group}/{name}  = 'yes')" for name in names)
        instance.append(f"<score{group}/>")
        binds.append(f'<bind nodeset="/form/score{group}" type="int" calculate="{counted}"/>')
    total = " + ".join(f" /form/score{group} " for group in range(GROUPS))
    binds.append(f'<bind nodeset="/form/score" type="int" calculate="{total}"/>')
    binds.append('<bind nodeset="/form/band" type="string" calculate="if( /form/score  &gt; 500, \'high\', \'low\')"/>')
    return (
        '<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"><h:head><h:title>Long</h:title>'
        f'<model><instance><form id="long">{"".join(instance)}<score/><band/><meta><instanceID/></meta></form></instance>'
        f'{"".join(binds)}<bind nodeset="/form/meta/instanceID" type="string" readonly="true()" jr:preload="uid" '
        'xmlns:jr="http://openrosa.org/javarosa"/></model></h:head>'
        f"<h:body>{''.join(body)}</h:body></h:html>"
    )


def refs() -> list[str]:
    """Which questions are answered: all over the form."""
    every = [f"/form/g{group}/q{group}_{number}" for group in range(GROUPS) for number in range(IN_A_GROUP)]
    return every[::EVERY]


def opened() -> Interview:
    """The interview with every question answered yes, so that all of it is asked."""
    context = InterviewContext(lambda: datetime(2026, 11, 24, tzinfo=UTC), lambda: UUID(int=1), bytes)
    interview = compile_instrument(xform()).start(context)
    for group in range(GROUPS):
        for number in range(IN_A_GROUP):
            interview.answer(f"/form/g{group}/q{group}_{number}", "yes")
    if interview.document.children[0].named("score")[0].string != str(GROUPS * IN_A_GROUP):
        raise RuntimeError("the form does not count its answers")
    return interview


@cache
def ours() -> dict[str, float]:
    """ref → milliseconds of an answer there, the median of its changes to no and back; "" → everything computed again."""
    interview = opened()
    taken: dict[str, list[float]] = {ref: [] for ref in refs()}
    whole: list[float] = []
    for _ in range(ROUNDS):
        for ref in taken:
            for value in ("no", "yes"):
                started = time.perf_counter()
                interview.answer(ref, value)
                taken[ref].append(1000 * (time.perf_counter() - started))
        started = time.perf_counter()
        interview._compute_all()
        whole.append(1000 * (time.perf_counter() - started))
    return {ref: statistics.median(values) for ref, values in taken.items()} | {"": statistics.median(whole)}


@cache
def theirs() -> list[float]:
    """Milliseconds of ODK Web Forms' engine at each place, in the same order; nothing where it cannot be had."""
    engine = peers.node_packages("odk", peers.ODK)
    if engine is None:
        return []
    (engine / "form.xml").write_text(xform(), "utf-8")
    shutil.copy(PROGRAM, engine / PROGRAM.name)
    told = json.dumps({"form": str(engine / "form.xml"), "refs": refs(), "rounds": ROUNDS})
    done = subprocess.run(["node", PROGRAM.name, told], cwd=engine, capture_output=True, text=True, check=True, timeout=900)
    found: list[float] = json.loads(done.stdout.splitlines()[-1])
    return found


def _row(name: str, of: str, ours_: float, theirs_: float | None) -> Row:
    against = {} if theirs_ is None else {"ODK Web Forms' engine": theirs_}
    return row(
        name,
        size=f"{GROUPS * IN_A_GROUP:,} questions with skip logic; {of} of {len(refs())} places",
        unit="ms",
        ours=ours_,
        against=against | {"everything computed again": ours()[""]},
        at_most=1,
        limit=1,
    )


def row_answer_a_question() -> Row:
    taken, peers = [ours()[ref] for ref in refs()], theirs()
    return _row("answer-a-question", "median", statistics.median(taken), statistics.median(peers) if peers else None)


def row_answer_the_slowest_question() -> Row:
    """The place of the form where an answer takes longest."""
    taken, peers = [ours()[ref] for ref in refs()], theirs()
    return _row("answer-the-slowest-question", "slowest", max(taken), max(peers) if peers else None)
