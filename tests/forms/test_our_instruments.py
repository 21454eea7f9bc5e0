"""The instruments that ship: each boundary of their results, each alert, in both languages."""

from __future__ import annotations

import pytest

from cmpp_desktop.forms import Interview
from cmpp_desktop.resources import folder
from tests.forms.tables import context, names, shipped

MEANS = ("journey/promised", "journey/debt", "work/papers_kept", "home/confined", "home/threatened", "trust/cut_off")
PURPOSES = ("work/forced_work", "work/sexual_exchange")


def guide(**answers: str) -> Interview:
    """The work and safety guide, everything answered with the calmest answer but what is given by name."""
    interview = shipped("trafficking-indicators").start(context())
    calm = {"private": "yes", "age": "adult", "talk": "no"}
    while asked := [question for question in interview.questions() if not question.value]:
        interview.answer(asked[0].ref, answers.get(asked[0].name, calm.get(asked[0].name, "no")))
    return interview


def band(interview: Interview) -> str:
    return interview.question("/data/band").value


@pytest.mark.parametrize("name", sorted(path.name for path in folder("instruments").iterdir() if (path / "survey.csv").is_file()))
def test_every_instrument_speaks_both_languages_and_carries_its_card(name: str) -> None:
    instrument = shipped(name)
    assert instrument.form_id == name
    assert {"en", "es"} <= set(instrument.languages)
    assert {"compartment", "status", "licence", "source", "translator"} <= instrument.card.keys()
    interview = instrument.start(context())
    for question in interview.questions():
        for texts in (question.labels, question.hints, question.required_message, *(c.labels for c in question.choices)):
            assert not texts or (texts["en"] and texts["es"]), question.name
        assert question.labels
    for section in interview.sections():
        assert section.labels["en"]
        assert section.labels["es"]


def test_the_guide_takes_one_key_an_answer() -> None:
    instrument = shipped("trafficking-indicators")
    interview = instrument.start(context())
    assert instrument.title == "Work and safety guide"
    assert instrument.card["compartment"] == "restricted"
    sections = [(section.labels["en"], section.total) for section in interview.sections()]
    assert sections == [
        ("Before we start", 2), ("Your journey", 3), ("Work", 3), ("Where you live", 2), ("People you trust", 1), ("Closing", 1),
    ]  # fmt: skip
    assert all(question.type == "select_one" and len(question.choices) <= 9 for question in interview.questions())
    assert interview.questions()[7].labels["en"].startswith("Did anyone at work keep your passport")


def test_nobody_else_arranged_the_journey_so_the_debt_is_not_asked() -> None:
    assert "debt" not in names(guide(arranged="no"))
    assert "debt" in names(guide(arranged="past"))


def test_where_others_listen_the_questions_stop() -> None:
    interview = guide(private="no", talk="later")
    assert names(interview) == ["private", "age", "talk"]
    outcome = interview.outcome()
    assert outcome.band is not None
    assert outcome.band["en"] == "Not private: the answers indicate nothing yet"
    assert outcome.band["es"] == "Sin privacidad: las respuestas aún no indican nada"
    assert outcome.follow_up == "Agree on another time and a private place"
    assert "<work>" not in interview.finish()


def test_all_calm_indicates_nothing() -> None:
    outcome = guide().outcome()
    assert (outcome.score, outcome.follow_up, outcome.alerts) == ("0", "", ())
    assert outcome.band is not None
    assert "indicate nothing" in outcome.band["en"]


@pytest.mark.parametrize("name", [path.rpartition("/")[2] for path in (*MEANS, *PURPOSES)])
def test_one_sign_alone_is_some_signs(name: str) -> None:
    interview = guide(**{name: "past", "arranged": "past"})
    assert interview.outcome().score == "1"
    assert band(interview) == "some"
    assert interview.outcome().alerts == ()


@pytest.mark.parametrize("means", [path.rpartition("/")[2] for path in MEANS])
@pytest.mark.parametrize("purpose", [path.rpartition("/")[2] for path in PURPOSES])
def test_means_and_purpose_together_call_for_a_lawyer(means: str, purpose: str) -> None:
    outcome = guide(**{means: "past", purpose: "past", "arranged": "past", "talk": "now"}).outcome()
    assert outcome.score == "2"
    assert outcome.band is not None
    assert outcome.band["en"] == "The answers indicate means and purpose of trafficking: talk to a lawyer"
    assert outcome.follow_up == "Arrange a talk with a lawyer about trafficking protections"


def test_two_means_without_a_purpose_stay_some_signs() -> None:
    assert band(guide(promised="past", confined="past")) == "some"


def test_whoever_refuses_to_talk_is_offered_it_again() -> None:
    assert guide(forced_work="past", threatened="past", talk="no").outcome().follow_up == "Offer a talk again at the next visit"


def test_a_minor_needs_no_means_for_the_strongest_band() -> None:
    assert band(guide(sexual_exchange="past", age="adult")) == "some"
    interview = guide(sexual_exchange="past", age="under_18")
    assert band(interview) == "elements"
    assert [alert.kind for alert in interview.outcome().alerts] == ["minor_at_risk"]
    assert guide(age="under_18").outcome().alerts == ()


@pytest.mark.parametrize("path", [*MEANS[1:], *PURPOSES])
def test_what_happens_now_raises_the_safety_alert_at_once(path: str) -> None:
    interview = guide(arranged="past")
    changes = interview.answer(f"/data/{path}", "now")
    assert f"/data/{path}" in changes.refs
    assert [(alert.name, alert.kind) for alert in interview.outcome().alerts] == [("happening_now", "safety")]
    interview.answer(f"/data/{path}", "past")
    assert interview.outcome().alerts == ()


def test_declined_and_unsure_never_read_as_nothing() -> None:
    assert band(guide(confined="unsure")) == "unclear"
    interview = guide()
    interview.mark("/data/home/confined", "declined")
    assert band(interview) == "unclear"
    assert interview.problems() == ()


def test_results_say_indicates_and_never_is() -> None:
    instrument = shipped("trafficking-indicators")
    for item in instrument.instances["bands"].children[0].children:
        texts = instrument.texts[next(child.text for child in item.children if child.name == "itextId")]
        assert "indicate" in str(texts["en"]) or "leave something open" in str(texts["en"])
        assert " is a " not in str(texts["en"])


def test_the_follow_up_is_said_in_the_language_of_whoever_reads_it() -> None:
    interview = guide(forced_work="past", threatened="past", talk="later")
    interview.language = "es"
    assert interview.outcome().follow_up == "Acordar una cita con una abogada o un abogado sobre protecciones por trata"


@pytest.mark.parametrize(("known", "words", "follow_up"), [
    (3, "duties are understood", "Help to find a lawyer"),
    (2, "part is understood", "Explain again what was not clear, at the next visit"),
    (0, "explained again", "Explain again what was not clear, at the next visit"),
])  # fmt: skip
def test_legal_orientation_says_what_to_explain_again(known: int, words: str, follow_up: str) -> None:
    interview = shipped("legal-orientation").start(context())
    assert interview.outcome().band is None
    for at, name in enumerate(("court_place", "address_duty", "absence")):
        interview.answer(f"/data/understood/{name}", "yes" if at < known else "no")
    interview.answer("/data/help/lawyer", "no")
    outcome = interview.outcome()
    assert outcome.band is not None
    assert words in outcome.band["en"]
    assert (outcome.score, outcome.follow_up) == (str(known), follow_up)
    assert "questions" not in names(interview)


def test_no_subject_cannot_go_with_a_subject() -> None:
    interview = shipped("legal-orientation").start(context())
    interview.answer("/data/given/topics", ["process", "none"])
    assert interview.question("/data/given/topics").problem == "constraint"
    interview.answer("/data/given/topics", ["process", "rights"])
    assert interview.question("/data/given/topics").problem is None
