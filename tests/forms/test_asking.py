"""What a caseworker sees while answering: skip logic, choices, repeats, what is missing, what was declined."""

from __future__ import annotations

import itertools

import pytest

from cmpp_desktop.errors import KnownError
from tests.forms.tables import names, started

YES_NO = """
    | choices | | | |
    | | list_name | name | label |
    | | yn | yes | Yes |
    | | yn | no | No |
"""


@pytest.mark.parametrize(
    ("relevant", "marked", "value", "required", "kept"),
    list(itertools.product((True, False), (True, False), ("", "5"), (True, False), (True, False))),
)
def test_the_table_of_what_cannot_stay_so(relevant: bool, marked: bool, value: str, required: bool, kept: bool) -> None:
    """Every row of the table in QuestionView."""
    interview = started(f"""
        | survey |
        | | type | name | label | required | relevant | constraint |
        | | integer | here | Ask? | | | |
        | | integer | age | Age | {"yes" if required else ""} | ${{here}} = 1 | . {"<" if kept else ">"} 100 |
    """)
    interview.answer("/data/here", "1")
    interview.answer("/data/age", value)
    if marked:
        interview.mark("/data/age", "declined")
    if not relevant:
        interview.answer("/data/here", "0")
    expected = None
    if relevant and not marked:
        expected = "required" if not value and required else "constraint" if value and not kept else None
    question = interview.question("/data/age")
    assert question.problem == expected
    assert question.relevant is relevant
    assert [ref for ref, _ in interview.problems()] == (["/data/age"] if expected else [])


def test_a_skipped_question_comes_back_with_its_answer() -> None:
    interview = started(f"""
        | survey |
        | | type | name | label | relevant |
        | | select_one yn | children | Have you children? | |
        | | integer | how_many | How many? | ${{children}} = 'yes' |
        {YES_NO}
    """)
    assert names(interview) == ["children"]
    assert interview.answer("/data/children", "yes").refs == {"/data/children", "/data/how_many"}
    interview.answer("/data/how_many", "3")
    interview.answer("/data/children", "no")
    assert names(interview) == ["children"]
    assert "<how_many" not in interview.submission()
    assert interview.question("/data/how_many").value == ""
    interview.answer("/data/children", "yes")
    assert interview.question("/data/how_many").value == "3"


def test_a_skipped_group_hides_everything_in_it_and_what_is_calculated_from_it() -> None:
    interview = started("""
        | survey |
        | | type | name | label | relevant | calculation |
        | | text | ask | Ask? | | |
        | | begin_group | g | Group | ${ask} = 'y' | |
        | | begin_group | h | Inner | | |
        | | integer | n | N | | |
        | | end_group | | | | |
        | | end_group | | | | |
        | | calculate | twice | | | coalesce(${n}, 0) * 2 |
    """)
    interview.answer("/data/ask", "y")
    interview.answer("/data/g/h/n", "4")
    assert interview.question("/data/twice").value == "8"
    interview.answer("/data/ask", "n")
    assert interview.question("/data/twice").value == "0"
    assert names(interview) == ["ask"]
    assert [section.ref for section in interview.sections()] == [""]


def test_a_town_outside_of_the_chosen_state_is_blanked_and_comes_back() -> None:
    interview = started("""
        | survey |
        | | type | name | label | choice_filter |
        | | select_one state | state | State | |
        | | select_one town | town | Town | state = ${state} |
        | choices |
        | | list_name | name | label | state |
        | | state | ga | Georgia | |
        | | state | nc | North Carolina | |
        | | town | dalton | Dalton | ga |
        | | town | boone | Boone | nc |
    """)
    interview.answer("/data/state", "ga")
    assert [choice.value for choice in interview.question("/data/town").choices] == ["dalton"]
    interview.answer("/data/town", "dalton")
    assert "/data/town" in interview.answer("/data/state", "nc").refs
    assert interview.question("/data/town").value == ""
    interview.answer("/data/state", "ga")
    assert interview.question("/data/town").value == "dalton"


CHILDREN = """
    | survey |
    | | type | name | label | repeat_count | calculation | constraint | required |
    | | integer | count | How many children? | | | | |
    | | begin_repeat | child | Child | ${count} | | | |
    | | text | name | Name | | | | yes |
    | | integer | age | Age | | | . < 120 | |
    | | calculate | at | | | position(..) | | |
    | | end_repeat | | | | | | |
    | | calculate | years | | | sum(${age}) | | |
"""


def test_three_children_are_asked_three_times() -> None:
    interview = started(CHILDREN)
    interview.answer("/data/count", "3")
    for at, (name, age) in enumerate((("Ana", "4"), ("Luis", "7"), ("Eva", "9")), 1):
        interview.answer(f"/data/child[{at}]/name", name)
        interview.answer(f"/data/child[{at}]/age", age)
    assert interview.question("/data/years").value == "20"
    assert interview.question("/data/child[3]/at").value == "3"
    interview.answer("/data/count", "2")
    assert interview.question("/data/years").value == "11"
    with pytest.raises(KeyError):
        interview.question("/data/child[3]/name")
    interview.answer("/data/count", "")
    assert names(interview) == ["count"]


def test_a_count_of_a_million_stays_within_bounds() -> None:
    interview = started(CHILDREN)
    interview.answer("/data/count", "1000000")
    assert len(interview.questions()) == 2001


def test_removing_an_instance_moves_markers_and_notes_with_their_instance() -> None:
    interview = started("""
        | survey |
        | | type | name | label |
        | | begin_repeat | stay | Stay |
        | | text | place | Place |
        | | end_repeat | | |
    """)
    interview.new_repeat("/data/stay")
    interview.new_repeat("/data/stay")
    interview.answer("/data/stay[1]/place", "Dalton")
    interview.mark("/data/stay[2]/place", "declined")
    interview.note("/data/stay[3]/place", "ask the sister")
    interview.remove_repeat("/data/stay", 1)
    assert interview.question("/data/stay[1]/place").marker == "declined"
    assert interview.question("/data/stay[2]/place").note == "ask the sister"
    assert len(interview.questions()) == 2


def test_declined_is_an_answer_and_stops_nothing() -> None:
    interview = started("""
        | survey |
        | | type | name | label | required | required_message |
        | | text | a | A | yes | Please say |
        | | text | b | B | yes | |
    """)
    with pytest.raises(KnownError) as stopped:
        interview.finish()
    assert stopped.value.code == "interview_incomplete"
    assert interview.question("/data/a").message == {"en": "Please say"}
    interview.answer("/data/a", "said")
    interview.mark("/data/a", "declined")
    interview.mark("/data/b", "not_asked")
    assert interview.question("/data/a").value == ""
    assert interview.sections()[0].answered == 2
    assert "<a/>" in interview.finish()
    interview.mark("/data/b", None)
    assert interview.problems() == (("/data/b", "required"),)
    interview.answer("/data/a", "said after all")
    assert interview.question("/data/a").marker is None


def test_a_broken_constraint_is_kept_shown_and_stops_finishing() -> None:
    interview = started("""
        | survey |
        | | type | name | label | constraint | constraint_message |
        | | integer | age | Age | . >= 0 and . < 120 | Between 0 and 119 |
    """)
    interview.answer("/data/age", "200")
    question = interview.question("/data/age")
    assert (question.value, question.problem, question.message) == ("200", "constraint", {"en": "Between 0 and 119"})
    with pytest.raises(KnownError):
        interview.finish()
    interview.answer("/data/age", "20")
    assert "<age>20</age>" in interview.finish()


def test_control_characters_in_an_answer_do_no_harm() -> None:
    interview = started("| survey |\n| | type | name | label |\n| | text | a | A |")
    interview.answer("/data/a", "a\x00b\x08c\ud800d\ufffe & <e> ]]>\n\t“é”")
    assert interview.question("/data/a").value == "abcd & <e> ]]>\n\t“é”"
    again = interview.instrument.resume(interview.save(), interview.context)
    assert again.submission() == interview.submission()
    read = interview.instrument.read_submission(interview.submission(), interview.context)
    assert read.question("/data/a").value.startswith("abcd & <e>")


def test_labels_follow_the_language_and_the_answers() -> None:
    interview = started("""
        | survey |
        | | type | name | label::English (en) | label::Español (es) | calculation |
        | | text | name | Name | Nombre | |
        | | select_one yn | well | Is ${name} well? | ¿Está bien ${name}? | |
        | | calculate | said | | | jr:choice-name(${well}, '${well}') |
        | choices |
        | | list_name | name | label::English (en) | label::Español (es) |
        | | yn | yes | Yes | Sí |
    """)
    assert "/data/well" in interview.answer("/data/name", "Ana").refs
    assert interview.question("/data/well").labels == {"en": "Is Ana well?", "es": "¿Está bien Ana?"}
    interview.answer("/data/well", "yes")
    assert interview.question("/data/said").value == "Yes"
    assert interview.answers()[-1].values == {"en": "Yes", "es": "Sí"}
    interview.language = "es"
    interview.answer("/data/well", "")
    interview.answer("/data/well", "yes")
    assert interview.question("/data/said").value == "Sí"


def test_the_form_knows_who_fills_it_in_and_when() -> None:
    interview = started("""
        | survey |
        | | type | name | label | default |
        | | start | start | | |
        | | end | end | | |
        | | today | today | | |
        | | username | who | | |
        | | deviceid | where | | |
        | | date | visit | Visit | today() |
    """)
    values = {name: interview.question(f"/data/{name}").value for name in ("start", "today", "who", "where", "visit", "end")}
    assert values == {
        "start": "2026-11-24T09:30:00.000+00:00", "today": "2026-11-24", "who": "rosa", "where": "laptop-1",
        "visit": "2026-11-24", "end": "",
    }  # fmt: skip
    assert "<end>2026-11-24T09:30:00.000+00:00</end>" in interview.finish()


def test_a_pattern_that_an_answer_makes_invalid_breaks_the_constraint_and_nothing_else() -> None:
    interview = started("""
        | survey |
        | | type | name | label | constraint |
        | | text | pattern | Pattern | |
        | | text | word | Word | regex(., ${pattern}) |
    """)
    interview.answer("/data/pattern", "([")
    interview.answer("/data/word", "abc")
    assert interview.question("/data/word").problem == "constraint"
