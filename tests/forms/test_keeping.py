"""An interview that is saved, reopened, submitted and read again stays the interview that it was."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from cmpp_desktop.errors import KnownError
from cmpp_desktop.forms import MARKERS, InstrumentRefused, Interview
from tests.forms.tables import context, instrument, started

HOUSE = """
    | survey |
    | | type | name | label | relevant | repeat_count | choice_filter | calculation | constraint |
    | | select_one state | state | State | | | | | |
    | | select_one town | town | Town | | | state = ${state} | | |
    | | integer | size | How many? | | | | | |
    | | begin_repeat | person | Person | ${state} = 'ga' | ${size} | | | |
    | | text | name | Name | | | | | |
    | | integer | age | Age | ${name} != '' | | | | . < 120 |
    | | calculate | at | | | | | position(..) | |
    | | end_repeat | | | | | | | |
    | | calculate | years | | | | | sum(${age}) | |
    | choices |
    | | list_name | name | label | state |
    | | state | ga | Georgia | |
    | | state | nc | North Carolina | |
    | | town | dalton | Dalton | ga |
    | | town | boone | Boone | nc |
"""
REFS = ("/data/state", "/data/town", "/data/size", *(f"/data/person[{n}]/{leaf}" for n in (1, 2) for leaf in ("name", "age")))
text = st.text(st.characters(codec="utf-8"), max_size=8)
values = {
    "state": st.sampled_from(["", "ga", "nc"]), "town": st.sampled_from(["", "dalton", "boone"]), "name": text,
    "size": st.sampled_from(["0", "1", "2"]), "age": st.sampled_from(["", "3", "200"]),
}  # fmt: skip
steps = st.lists(
    st.sampled_from(REFS).flatmap(
        lambda ref: st.tuples(st.just(ref), values[ref.rpartition("/")[2]], st.sampled_from((None, None, None, *MARKERS)))
    ),
    max_size=14,
)


def give(interview: Interview, answers: Sequence[tuple[str, str, str | None]]) -> Interview:
    for ref, value, marker in answers:
        try:
            interview.answer(ref, value)
            if marker is not None:
                interview.mark(ref, marker)  # type: ignore[arg-type]  # one of the markers
                interview.note(ref, f"note on {value}")
        except KeyError:  # this person is not there
            continue
    return interview


@settings(max_examples=40, deadline=None)
@given(steps)
def test_a_saved_and_reopened_interview_is_the_same(answers: list[tuple[str, str, str | None]]) -> None:
    interview = give(started(HOUSE), answers)
    interview.current_ref = "/data/town"
    again = interview.instrument.resume(interview.save(), context())
    assert again.save() == interview.save()
    assert again.questions() == interview.questions()
    assert again.sections() == interview.sections()
    assert (again.current_ref, again.markers, again.notes) == (interview.current_ref, interview.markers, interview.notes)
    assert again.submission() == interview.submission()
    for changed in (interview, again):  # what was hidden when it was saved comes back in both
        give(changed, [("/data/size", "2", None), ("/data/state", "ga", None)])
    assert again.questions() == interview.questions()


@settings(max_examples=40, deadline=None)
@given(
    st.fixed_dictionaries({ref: values[ref.rpartition("/")[2]] for ref in REFS if ref != "/data/size"}),
    st.data(),
)
def test_the_same_answers_in_any_order_give_the_same_instance(last: dict[str, str], data: st.DataObject) -> None:
    form = instrument(HOUSE)
    first = [("/data/size", "2", None), ("/data/state", "ga", None)]  # so that both people are there to be asked
    wanted: list[tuple[str, str, str | None]] = [(ref, value, None) for ref, value in last.items()]
    one = give(give(form.start(context()), first), wanted)
    other = give(give(form.start(context()), first), data.draw(st.permutations(wanted)))
    assert one.save() == other.save()
    assert one.questions() == other.questions()


@settings(max_examples=25, deadline=None)
@given(steps)
def test_a_submission_read_again_says_what_was_submitted(answers: list[tuple[str, str, str | None]]) -> None:
    interview = give(started(HOUSE), answers)
    read = interview.instrument.read_submission(interview.submission(), context())
    assert read.instance_id == interview.instance_id
    assert {line.ref: line.raw for line in read.answers()} == {line.ref: line.raw for line in interview.answers()}
    assert read.submission() == interview.submission()


def test_a_submission_leaves_out_what_is_not_relevant_and_names_its_form() -> None:
    interview = started("""
        | survey |
        | | type | name | label | relevant |
        | | text | a | A | |
        | | text | b | B | ${a} = 'y' |
        | settings |
        | | form_id | version |
        | | visit | 3 |
    """)
    interview.answer("/data/a", "y")
    interview.answer("/data/b", "<&>")
    interview.answer("/data/a", "n")
    root = etree.fromstring(interview.submission().encode())
    assert (root.get("id"), root.get("version")) == ("visit", "3")
    assert [etree.QName(child).localname for child in root] == ["a", "meta"]
    interview.answer("/data/a", "y")
    assert etree.fromstring(interview.submission().encode()).findtext("b") == "<&>"


def test_calculations_of_a_submission_are_read_as_they_were_submitted() -> None:
    form = instrument("""
        | survey |
        | | type | name | label | calculation |
        | | integer | a | A | |
        | | calculate | twice | | ${a} * 2 |
    """)
    read = form.read_submission("<data><a>4</a><twice>9</twice></data>", context())
    assert read.question("/data/twice").value == "9"


def test_a_draft_of_another_form_is_not_opened() -> None:
    interview = started(HOUSE)
    other = instrument(HOUSE.replace("Georgia", "Alabama"))
    with pytest.raises(KnownError) as refused:
        other.resume(interview.save(), context())
    assert refused.value.code == "instrument_missing"


@pytest.mark.parametrize("cut", [0, 1, 20, -1])
def test_a_damaged_draft_is_refused_and_never_half_opened(cut: int) -> None:
    interview = started(HOUSE)
    with pytest.raises(KnownError) as refused:
        interview.instrument.resume(interview.save()[:cut], context())
    assert refused.value.code == "file_unreadable"


@pytest.mark.parametrize("xml", [
    "", "<data", "words", "<!DOCTYPE d [<!ENTITY a 'b'>]><data><a>&a;</a></data>",
    "<data>" + "<a>" * 5000 + "</a>" * 5000 + "</data>", "<data>" + "<person/>" * 6000 + "</data>",
])  # fmt: skip
def test_hostile_submissions_are_refused(xml: str) -> None:
    with pytest.raises(InstrumentRefused):
        instrument(HOUSE).read_submission(xml, context())
