"""Kinds of questions and of forms that XLSForm authors use: each can be answered on a laptop, or is refused with a reason."""

from __future__ import annotations

import json

import pytest

from cmpp_desktop.forms import InstrumentRefused, compile_instrument, convert
from tests.conformance.xlsforms import context as chance
from tests.conformance.xlsforms import walk
from tests.forms.tables import SHARED, instrument, names, started

YN = "| choices |\n| | list_name | name | label |\n| | yn | y | Yes |\n| | yn | n | No |"


def test_an_entity_is_made_with_its_id_and_label() -> None:
    interview = started("""
        | survey |
        | | type | name | label | save_to |
        | | text | full | Name | full_name |
        | entities |
        | | list_name | label |
        | | participants | ${full} |
    """)
    interview.answer("/data/full", "Ana")
    made = '<entity dataset="participants" create="1" id="00000000-0000-4000-8000-000000000007"><label>Ana</label></entity>'
    assert made in interview.submission()
    again = interview.instrument.resume(interview.save(), interview.context)
    assert made in again.submission()


def test_a_range_says_its_limits() -> None:
    question = started("""
        | survey |
        | | type | name | label | parameters |
        | | range | pain | Pain | start=0 end=10 step=1 |
    """).questions()[0]
    assert (question.type, question.parameters) == ("range", {"start": "0", "end": "10", "step": "1"})


def test_or_other_asks_which_other() -> None:
    interview = started(f"| survey |\n| | type | name | label |\n| | select_one yn or_other | a | A |\n{YN}")
    assert names(interview) == ["a"]
    interview.answer("/data/a", "other")
    assert names(interview) == ["a", "a_other"]


def test_choices_in_a_seeded_order_keep_that_order() -> None:
    table = f"| survey |\n| | type | name | label | parameters |\n| | select_one yn | a | A | randomize=true, seed=42 |\n{YN}"
    orders = {tuple(choice.value for choice in started(table).questions()[0].choices) for _ in range(3)}
    assert len(orders) == 1
    assert set(orders.pop()) == {"y", "n"}


def test_people_named_in_a_repeat_can_be_chosen_from() -> None:
    interview = started("""
        | survey |
        | | type | name | label |
        | | begin_repeat | person | Person |
        | | text | name | Name |
        | | end_repeat | | |
        | | select_one ${name} | head | Who heads the household? |
    """)
    interview.answer("/data/person[1]/name", "Ana")
    interview.new_repeat("/data/person")
    assert "/data/head" in interview.answer("/data/person[2]/name", "Eva").refs
    assert [choice.value for choice in interview.question("/data/head").choices] == ["Ana", "Eva"]


def test_a_trigger_sets_a_value_when_its_question_changes_and_lets_it_be_edited() -> None:
    interview = started("""
        | survey |
        | | type | name | label | trigger | calculation |
        | | text | a | A | | |
        | | text | b | B | ${a} | concat('x', ${a}) |
        | | calculate | at | | ${b} | now() |
    """)
    assert interview.answer("/data/a", "1").refs == {"/data/a", "/data/b"}
    assert interview.question("/data/b").value == "x1"
    assert interview.question("/data/at").value.startswith("2026-11-24T09:30")  # one trigger follows the other
    interview.answer("/data/b", "mine")
    assert interview.question("/data/b").value == "mine"


def test_a_trigger_in_a_repeat_stays_in_its_instance() -> None:
    interview = started("""
        | survey |
        | | type | name | label | trigger | calculation |
        | | begin_repeat | r | R | | |
        | | text | a | A | | |
        | | text | b | B | ${a} | concat('x', ${a}) |
        | | end_repeat | | | | |
    """)
    interview.new_repeat("/data/r")
    interview.answer("/data/r[2]/a", "2")
    assert [interview.question(f"/data/r[{n}]/b").value for n in (1, 2)] == ["", "x2"]


def test_a_dynamic_default_in_a_repeat_is_set_when_the_instance_is_made_and_never_again() -> None:
    interview = started("""
        | survey |
        | | type | name | label | default |
        | | text | town | Town | |
        | | begin_repeat | r | R | |
        | | text | where | Where | ${town} |
        | | end_repeat | | | |
    """)
    interview.answer("/data/town", "Dalton")
    interview.new_repeat("/data/r")
    interview.answer("/data/town", "Boone")
    interview.new_repeat("/data/r")
    assert [interview.question(f"/data/r[{n}]/where").value for n in (1, 2, 3)] == ["", "Dalton", "Boone"]
    interview.answer("/data/r[2]/where", "")
    again = interview.instrument.resume(interview.save(), interview.context)
    assert again.question("/data/r[2]/where").value == ""


def test_a_calculated_question_is_shown_and_not_counted_as_asked() -> None:
    interview = started("""
        | survey |
        | | type | name | label | calculation | readonly |
        | | integer | a | A | | |
        | | integer | twice | Twice | ${a} * 2 | |
        | | note | n | Thank you | | |
    """)
    interview.answer("/data/a", "2")
    assert [(q.name, q.calculated, q.type, q.value) for q in interview.questions()] == [
        ("a", False, "integer", "2"), ("twice", True, "integer", "4"), ("n", False, "note", ""),
    ]  # fmt: skip
    assert (interview.sections()[0].answered, interview.sections()[0].total) == (1, 1)


def test_choices_by_search_are_refused_in_words() -> None:
    with pytest.raises(InstrumentRefused) as caught:
        instrument(f"| survey |\n| | type | name | label | appearance |\n| | select_one yn | a | A | search('fruits') |\n{YN}")
    assert "search() are not supported" in caught.value.problems[0].text


@pytest.mark.skipif(not SHARED.is_dir(), reason="the public XLSForms are not beside the repository")
def test_every_question_type_can_be_answered_when_its_list_comes_along() -> None:
    cities = {"type": "FeatureCollection", "features": [
        {"type": "Feature", "id": "dalton", "properties": {"name": "dalton", "title": "Dalton", "label": "Dalton"},
         "geometry": {"type": "Point", "coordinates": [-84.97, 34.77]}},
    ]}  # fmt: skip
    data = (SHARED / "xlsforms" / "all-question-types.xlsx").read_bytes()
    form = compile_instrument(convert(data, "all.xlsx").xform, {"cities.geojson": json.dumps(cities).encode()})
    assert walk(form.start(chance(1)), 1) > 40
