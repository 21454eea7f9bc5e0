"""`python -m tests.conformance.scenarios FILE.json`: whole forms with steps: answer this, expect that."""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from lxml import etree

from cmpp_desktop.forms import Instrument, InstrumentRefused, Interview, InterviewContext, compile_instrument
from cmpp_desktop.forms.compiler import language_code
from tests.conformance.disputed import disputed


class Run:
    """One form that is being filled in."""

    def __init__(self, case: dict[str, Any]) -> None:
        files = {name.rsplit("/", 1)[-1]: text.encode() for name, text in (case.get("resources") or {}).items()}
        self.context = InterviewContext(lambda: datetime.now(UTC), uuid4, os.urandom)
        self.instrument: Instrument = compile_instrument(case["form_xml"], files)
        self.interview: Interview = self.instrument.start(self.context)
        self.language = self.instrument.languages[0]

    def step(self, step: dict[str, Any]) -> str:
        """Does one step; returns what is different, or ""."""
        operation, ref = step["op"], plain(step.get("ref", ""))
        if operation == "answer":
            self.interview.answer(ref, as_text(step["value"]))
        elif operation == "new_repeat":
            self.interview.new_repeat(ref)
        elif operation == "remove_repeat":
            self.interview.remove_repeat(ref, int(step["index"]))
        elif operation == "roundtrip":
            self.interview = self.instrument.resume(self.interview.save(), self.context)
        elif operation == "new_instance":
            self.interview = self.instrument.start(self.context)
        elif operation == "language":
            self.language = self.interview.language = language_code(step["value"])
        elif operation == "expect":
            return self.expect(step, ref)
        return ""

    def expect(self, step: dict[str, Any], ref: str) -> str:
        found = self.look(step, ref)
        wanted = step["expected"]
        if step["what"] == "serialized":
            return "" if canonical(found) == canonical(wanted) else f"{found} and not {wanted}"
        if step["what"] == "choices" and "labels" in step:
            found, wanted = list(zip(found, self.labels(ref), strict=True)), list(zip(wanted, step["labels"], strict=True))
        if isinstance(wanted, list) and isinstance(found, list):
            return "" if found == wanted else f"{found} and not {wanted}"
        return "" if str(found) == str(wanted) else f"{step['what']} of {ref}: {found!r} and not {wanted!r}"

    def labels(self, ref: str) -> list[str]:
        return [choice.labels.get(self.language, "") for choice in self.interview.question(ref).choices]

    def look(self, step: dict[str, Any], ref: str) -> Any:
        what = step["what"]
        if what == "count":
            return count(self.interview, ref)
        if what == "form_valid":
            return [{"ref": ref, "condition": why} for ref, why in self.interview.problems()]  # all of them, in order
        if what == "serialized":
            return self.interview.submission()
        question = self.interview.question(ref)
        if what == "value":
            return question.value
        if what == "valid":
            return question.problem or "ok"
        if what == "label":
            return question.labels.get(self.language, "")
        if what == "hint":
            return question.hints.get(self.language, "")
        if what == "choices":
            return [choice.value for choice in question.choices]
        return getattr(question, what)


def count(interview: Interview, ref: str) -> int:
    """How many instances of a repeat there are."""
    found = 0
    while True:
        try:
            interview.question(f"{ref}[{found + 1}]")
        except KeyError:
            return found
        found += 1


def canonical(xml: str) -> list[tuple[str, str]]:
    """The leaves of a submission by place, without meta, for a comparison that is blind to prefixes and white space."""

    def leaves(element: etree._Element, path: str) -> list[tuple[str, str]]:
        children = [child for child in element if isinstance(child.tag, str) and etree.QName(child).localname != "meta"]
        if not children:
            return [(path, (element.text or "").strip())]
        return [leaf for child in children for leaf in leaves(child, f"{path}/{etree.QName(child).localname}")]

    return leaves(etree.fromstring(xml.encode()), "")


def at_the_end(run: Run, final: dict[str, Any]) -> str:
    """Compares every node that the case lists when its steps are done."""
    for node in final["nodes"]:
        ref = plain(node["ref"])
        if ref.endswith(("/meta", "instanceID")) or node["node"].startswith("repeat"):
            continue
        for what in ("relevant", "readonly", "required", "value", "valid", "label"):
            if what in node:
                why = run.expect({"what": what, "expected": node[what]}, ref)
                if why:
                    return why
    return ""


def plain(ref: str) -> str:
    """Names without their prefixes."""
    return "/".join(part.rsplit(":", 1)[-1] for part in ref.split("/"))


def as_text(value: Any) -> str | list[str]:
    if isinstance(value, list):
        return [str(item) for item in value]
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(int(value) if isinstance(value, float) and value.is_integer() else value)


def outcome(case: dict[str, Any]) -> str:
    """"" when every step of a case does what it should."""
    refusal = any(step.get("what") == "init_error" for step in case["steps"])
    try:
        run = Run(case)
    except InstrumentRefused as error:
        return "" if refusal else f"refused: {error.problems[0].text}"
    if refusal:
        return "loaded, but should be refused"
    for at, step in enumerate(case["steps"]):
        if step.get("disputed"):
            continue
        try:
            why = run.step(step)
        except KeyError as error:
            why = f"no such question {error}" if step.get("expected") not in ("", False) else ""
        if why:
            return f"step {at}: {why}"
    return at_the_end(run, case["final"]) if case.get("only_final") else ""


def main(path: str) -> int:
    """Lists what fails; exit status 1 when something does."""
    cases = json.loads(Path(path).read_text())
    apart = [case for case in cases if case["id"] in disputed()]
    cases = [case for case in cases if case not in apart]
    failed = [(case["id"], why) for case in cases if (why := outcome(case))]
    for name, why in failed:
        print(f"{name}: {why[:160]}")
    print(f"{len(apart)} disputed (disputed.md)")
    print(f"{len(cases) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1]))
