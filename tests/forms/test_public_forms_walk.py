"""Public XLSForms walked with random answers, the truth table of one question, and answers given in any order."""

from __future__ import annotations

import functools
import itertools
import random
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmpp_desktop.forms import (
    InstrumentRefused,
    Interview,
    InterviewContext,
    QuestionView,
    compile_instrument,
    convert,
    convert_folder,
)

ROOT = Path(__file__).parents[2]
PUBLIC = ROOT.parent / "shared" / "data" / "xlsforms"
FORMS = sorted(PUBLIC.glob("*")) if PUBLIC.is_dir() else []
FREE = {"integer": "3", "decimal": "2.5", "date": "2024-02-03", "time": "10:30:00.000", "datetime": "2024-02-03T10:30:00Z"}


def at_the_desk() -> InterviewContext:
    return InterviewContext(lambda: datetime(2026, 3, 4, 10, 31, tzinfo=UTC), lambda: UUID(int=7), bytes)


def some_answer(question: QuestionView, chance: random.Random) -> str:
    if question.choices:
        return chance.choice(question.choices).value
    return FREE.get(question.type, "words")


INCOMPLETE = "all-question-types.xlsx"  # it comes without its cities.geojson


@pytest.mark.skipif(not FORMS, reason="the public XLSForms are not beside the repository")
def test_a_form_without_its_list_is_refused_by_name() -> None:
    data = (PUBLIC / INCOMPLETE).read_bytes()
    with pytest.raises(InstrumentRefused) as caught:
        compile_instrument(convert(data, INCOMPLETE).xform)
    assert any("cities.geojson" in problem.text and problem.remedy for problem in caught.value.problems)


@pytest.mark.skipif(not FORMS, reason="the public XLSForms are not beside the repository")
@pytest.mark.parametrize("path", [path for path in FORMS if path.name != INCOMPLETE], ids=lambda path: path.name)
def test_a_public_form_is_walked_with_random_answers_and_resumed(path: Path) -> None:
    instrument = compile_instrument(convert(path.read_bytes(), path.name).xform)
    interview, chance = instrument.start(at_the_desk()), random.Random(path.name)
    for _ in range(60):
        asked = [question for question in interview.questions() if not question.readonly]
        question = chance.choice(asked)
        interview.answer(question.ref, some_answer(question, chance))
    resumed = instrument.resume(interview.save(), at_the_desk())
    assert resumed.questions() == interview.questions()
    assert {line.ref: line.raw for line in resumed.answers()} == {line.ref: line.raw for line in interview.answers()}


TABLE = [
    (relevant, required, constrained, value)
    for relevant, required, constrained in itertools.product((True, False), repeat=3)
    for value in ("", "3", "9")
]


@pytest.mark.parametrize(("relevant", "required", "constrained", "value"), TABLE)
def test_what_stops_finishing_follows_the_truth_table(relevant: bool, required: bool, constrained: bool, value: str) -> None:
    rules = (' required="true()"' if required else "") + (' constraint=". &lt; 5"' if constrained else "")
    interview = compile_instrument(
        '<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"><h:head><h:title>t</h:title>'
        '<model><instance><data id="t"><show/><q/></data></instance><bind nodeset="/data/show" type="string"/>'
        f'<bind nodeset="/data/q" type="int" relevant="/data/show = \'yes\'"{rules}/></model></h:head>'
        '<h:body><input ref="/data/show"/><input ref="/data/q"/></h:body></h:html>'
    ).start(at_the_desk())
    interview.answer("/data/show", "yes")
    interview.answer("/data/q", value)
    interview.answer("/data/show", "yes" if relevant else "no")
    expected = None
    if relevant and value == "" and required:
        expected = "required"
    elif relevant and value == "9" and constrained:
        expected = "constraint"
    assert interview.problems() == ((("/data/q", expected),) if expected else ())
    assert ("<q>" in interview.submission() or "<q/>" in interview.submission()) is relevant


@functools.cache
def story() -> Interview:
    folder = ROOT / "resources" / "instruments" / "trafficking-indicators"
    return compile_instrument(convert_folder(folder).xform).start(at_the_desk())


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_answers_in_any_order_give_the_same_interview(data: st.DataObject) -> None:
    instrument, questions = story().instrument, story().questions()
    values = {q.ref: data.draw(st.sampled_from([choice.value for choice in q.choices])) for q in questions}
    one, other = instrument.start(at_the_desk()), instrument.start(at_the_desk())
    for ref, value in values.items():
        one.answer(ref, value)
    for ref in data.draw(st.permutations(list(values))):
        other.answer(ref, values[ref])
    assert one.save() == other.save()
    assert one.outcome() == other.outcome()
    assert instrument.resume(one.save(), at_the_desk()).save() == one.save()
