"""What the papers say: the text that is in the file, read back."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time
from unicodedata import normalize

import pytest

from cmpp_desktop import words
from cmpp_desktop.domain.records import BirthDate, When
from cmpp_desktop.domain.reviews import DocumentStatus
from cmpp_desktop.reports import case_summary, screening, session_note
from cmpp_desktop.reports import figures as f
from tests.reports import people
from tests.reports.pdf_reader import Element, Paper


def summary(figures: f.CaseSummary, language: str = "en") -> Paper:
    return Paper(case_summary.render(figures, people.stationery(language), words.load(language)))


def note(figures: f.SessionNote, language: str = "en") -> Paper:
    return Paper(session_note.render(figures, people.stationery(language), words.load(language)))


def screened(figures: f.ScreeningPaper, language: str = "en") -> Paper:
    return Paper(screening.render(figures, people.stationery(language), words.load(language)))


def facts(paper: Paper) -> dict[str, str]:
    """Labels and values of all lists of facts."""
    return {item.kids[0].text: _plain(item.kids[1].text) for item in paper.of("LI")}


def rows(paper: Paper, first_head: str) -> list[list[str]]:
    """The rows of the table whose first column has this title."""
    (table,) = [t for t in paper.of("Table") if next(iter(_cells(t))).text == first_head]
    return [[_plain(cell.text) for cell in row.kids] for row in table.kids[1].kids]


def _cells(table: Element) -> list[Element]:
    return [cell for row in table.kids[0].kids for cell in row.kids]


def _plain(text: str) -> str:
    return " ".join(text.split())


# --- Case summary ------------------------------------------------------------------------------------------------------


def test_a_case_summary_says_who_and_where_the_case_stands() -> None:
    said = facts(summary(people.summary()))
    assert said["Born"] == "17 Feb 1992 (34)"
    assert said["Country"] == "Guatemala"
    assert said["Languages"] == "K’iche’, Spanish"
    assert said["Interpreter"] == "Needed. K’iche’. Not a family member"
    assert said["Lives at"] == "61 Alder St, Apt 2, since Mon 16 Nov"
    assert said["Household"] == "Mateo, 15, child. Lucía, 9, child"
    assert said["Note well"] == "Safety plan"
    assert said["Court"] == "Newbridge Immigration Court, room 4"
    assert said["NTA"] == "Served 19 Mar 2026, filed 2 Apr 2026"
    assert "EOIR-28" not in said


def test_only_the_end_of_the_a_number_is_printed() -> None:
    assert facts(summary(people.summary()))["A-number"] == "••• ••• 412"
    assert "A-number" not in facts(summary(replace(people.summary(), a_number_end="")))


def test_what_must_be_done_is_in_the_order_of_time_and_what_is_late_says_so() -> None:
    assert rows(summary(people.summary()), "When") == [
        ["Sat 21 Nov", "Address change to the court, 3 people", "5 days after the move", "! 2 days late. Mateo signs"],
        ["Tue 8 Dec", "Master hearing, 8:30 am", "", "Ride: Ana drives. Lawyer: Whitlock"],
        ["4 Mar 2027", "Asylum application, I-589", "1 year after arrival", ""],
    ]
    assert "Dates are counted by rule pack 2026.3. Confirm with the attorney." in summary(people.summary()).text


def test_unknown_results_are_counted_beside_not_in() -> None:
    text = summary(people.summary()).text
    assert "Master hearing: 1 of 1. ISAP check-in: 31 of 32, 1 missed, excused. Not known: 2." in text
    assert "11 sessions, 8 h 40 min: case management 7, social-services connection 3. Bus cards $22.00." in text


def test_the_safe_contact_rule_comes_before_everything_about_the_person() -> None:
    text = summary(people.summary()).text
    assert text.index("No voicemail. No calls before 4 pm.") < text.index("Person")


def test_the_head_says_purpose_consent_and_day() -> None:
    text = summary(people.summary()).text
    for line in ("As of Mon 23 Nov 2026", "Purpose: hand over to Team South", "Consent: legal partner, to 14 May 2027"):
        assert line in _plain(text.replace("\u2068", "").replace("\u2069", ""))


def test_a_nearly_empty_case_says_what_is_not_there() -> None:
    text = summary(f.CaseSummary(date(2026, 11, 23), "Leila")).text
    for said in ("Nothing is open.", "None yet.", "No sessions.", "None recorded", "Caseworker", "Supervisor"):
        assert said in text
    assert "Plan" not in text


def test_a_case_summary_in_spanish() -> None:
    paper = summary(people.summary(), "es")
    assert facts(paper)["Intérprete"].startswith("Necesita.")
    assert rows(paper, "Cuándo")[0][3] == "! 2 días de atraso. Mateo signs"
    assert "Resumen del caso" in str(paper.pdf.docinfo["/Title"])


def test_an_estimated_birth_date_and_an_arabic_name() -> None:
    birth = BirthDate(day=date(1990, 1, 1), estimated=True)
    paper = summary(replace(people.summary(), name="Leila Hasan", native_name="ليلى حسن", birth_date=birth))
    assert facts(paper)["Born"] == "1 Jan 1990 (36), estimated"
    assert any("ليلى حسن" in p.text for p in paper.of("P"))


# --- Session note --------------------------------------------------------------------------------------------------------


def test_a_note_prints_its_whole_narrative_and_who_was_there() -> None:
    paper = note(people.note())
    assert people.STORY.strip() in _plain(paper.text)
    assert rows(paper, "Name") == [["Marisela Tzoc Ajanel", "", "Present"], ["Mateo Tzoc", "Son", "Came late"]]
    said = facts(paper)
    assert said["When"] == "Mon 23 Nov 2026, 3:02 pm"  # of the signature, the last of the two
    assert said["Length"] == "1 h 15 min"
    assert said["Place"] == "At home. 61 Alder St, Apt 2"
    assert said["Interpreter"] == "Tomasa Choc, by phone"
    assert said["•"] == "Attend every hearing"


def test_a_signature_names_person_time_laptop_and_content() -> None:
    said = facts(note(people.note()))
    assert said["Signed by"] == "Denise Okafor, supervisor"
    assert said["Laptop"] == "Laptop 4"
    assert said["Content"] == "7F2C 91AB 03DD 5E10"
    (drawing,) = note(people.note()).of("Figure")
    assert drawing.alt == "Drawn signature of Denise Okafor"


def test_the_history_of_the_review_is_told_in_order() -> None:
    steps = rows(note(people.note()), "When")
    assert [row[1:] for row in steps] == [
        ["Ana Marroquín", "Submitted", ""],
        ["Denise Okafor", "Returned", "Please say who interpreted."],
        ["Ana Marroquín", "Submitted", ""],
        ["Denise Okafor", "Signed", ""],
    ]


def test_an_amendment_stands_beside_the_signed_text() -> None:
    text = _plain(note(people.note()).text)
    assert "Amendment of Tue 24 Nov 2026, 9:00 am" in text
    assert "Reason: \u2068Name was missing\u2069" in text or "Reason: Name was missing" in text
    assert "The interpreter is Tomasa Choc." in text


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("draft", "Draft, not signed"),
        ("submitted", "Waits for signature, not signed"),
        ("returned", "Came back from review, not signed"),
    ],
)
def test_what_is_not_signed_says_so_at_the_head_of_every_page(status: DocumentStatus, said: str) -> None:
    unsigned = replace(people.note("\n".join([people.STORY * 8] * 8)), status=status, signatures=(), steps=())
    paper = note(unsigned)
    assert len(paper.pages) > 1
    assert said in paper.text
    assert all(said in page.artifact("Header") for page in paper.pages[1:])
    assert "Nobody has signed this note." in paper.text
    assert said not in note(people.note()).text


def test_a_note_in_arabic_is_read_in_the_order_in_which_it_was_written() -> None:
    paper = note(people.arabic_note())
    for part in (*people.ARABIC.splitlines(), people.HINDI, people.AMHARIC, people.BURMESE):
        assert any(_plain(p.text) == part for p in paper.of("P")), part
    assert [row[0] for row in rows(paper, "Name")] == [people.ARABIC_NAME, "Omar (ابن)"]


def test_an_arabic_name_can_be_copied_out_of_the_glyphs_themselves() -> None:
    """Readers turn the line round glyph by glyph: ligatures (lam-alef) must not be turned inside."""
    (title,) = note(people.arabic_note()).of("H1")
    assert normalize("NFKC", title.own.strip()[::-1]) == people.ARABIC_NAME


def test_a_visit_without_a_time_of_day_prints_its_day() -> None:
    paper = note(replace(people.note(), when=When(day=date(2026, 11, 23)), signatures=()))
    assert facts(paper)["When"] == "Mon 23 Nov 2026"


def test_a_visit_by_telephone_has_no_place_of_ours() -> None:
    paper = note(replace(people.note(), mode="phone", place_note="", when=When(day=date(2026, 11, 23), at=time(9))))
    assert facts(paper)["How"] == "By phone"
    assert "Place" not in facts(paper)


def test_characters_without_a_typeface_are_said_to_be_boxes_and_stay_in_the_text() -> None:
    text = note(people.note("中文 and 😀")).text
    assert "中文 and 😀" in text
    assert "3 kinds of characters have no typeface here" in text
    assert "no typeface" not in note(people.note()).text


# --- Screening -------------------------------------------------------------------------------------------------------------


def test_every_answer_is_printed_beside_its_question_in_both_languages() -> None:
    assert rows(screened(people.screening("en", "es")), "No.") == [
        ["Work / Trabajo"],
        ["1", *(people.QUESTIONS[0].label[c] for c in ("en", "es")), "Yes Sí"],
        ["2", "How many hours a day?", "¿Cuántas horas al día?", "14"],
        ["3", "Were you paid?", "¿Le pagaron?", "Declined"],
        ["Safety / Seguridad"],
        ["4", "Are you afraid?", "¿Tiene miedo?", "Stopped: distress"],
        ["5", "Anything else?", "¿Algo más?", "Not asked"],
        ["6", "Other", "Otro", "No answer"],
    ]
    assert "6 questions, declined: 1, not asked: 1, stopped: distress: 1." in screened(people.screening()).text


def test_one_language_when_one_is_asked_for() -> None:
    found = rows(screened(people.screening("es"), "es"), "N.º")
    assert found[0] == ["Trabajo"]
    assert found[2] == ["2", "¿Cuántas horas al día?", "14"]


def test_questions_in_arabic_are_read_as_they_were_asked_and_know_their_language() -> None:
    paper = screened(people.screening("en", "ar"))
    found = rows(paper, "No.")
    assert found[1][2] == people.QUESTIONS[0].label["ar"]
    assert found[1][3] == "Yes نعم"
    assert {cell.lang for cell in paper.of("TD") if cell.text in (people.QUESTIONS[1].label["ar"],)} == {"ar"}


def test_the_outcome_indicates_and_never_is() -> None:
    said = facts(screened(people.screening()))
    assert said["Indicates"] == "Several indicators / Varios indicadores"
    assert said["Score"] == "3"
    assert "A result indicates." in screened(people.screening()).text
    empty = replace(people.screening(), band={}, score=None, follow_up="")
    assert "This instrument gives no result of its own." in screened(empty).text


def test_an_alert_stands_before_everything() -> None:
    text = screened(people.screening()).text.replace("\u2068", "").replace("\u2069", "")
    assert text.index("Alert: Safety. “Are you afraid?”") < text.index("Instrument")


def test_how_it_was_asked_is_on_the_paper() -> None:
    said = facts(screened(people.screening()))
    assert said["Form"] == "cmpp_trafficking"
    assert said["Fingerprint"] == "ABAB ABAB ABAB ABAB"
    assert said["Language"] == "K’iche’"
    assert (said["Interpreter"], said["Interpreter unrelated"], said["Alone"]) == ("Tomasa Choc", "Yes", "Yes")
    assert said["Began"] == "Mon 23 Nov 2026, 10:05 am"
    assert said["Pauses"] == "1"
    assert said["SHA-256"].replace(" ", "") == people.HASH


def test_an_unsigned_screening_says_so() -> None:
    assert "Not signed." in screened(replace(people.screening(), signature=None)).text


def test_a_marker_with_an_answer_shows_both() -> None:
    both = replace(people.QUESTIONS[0], marker="declined")
    found = rows(screened(replace(people.screening("en"), answers=(both,))), "No.")
    assert found[1][2] == "Declined. Yes"


def test_a_question_without_a_text_in_these_languages_is_printed_in_another() -> None:
    only = f.Answer({"fr": "Avez-vous peur ?"}, {}, {"fr": "Oui"})
    assert rows(screened(replace(people.screening("en", "es"), answers=(only,))), "No.") == [["1", "Avez-vous peur ?", "", "Oui"]]


def test_a_code_that_is_newer_than_this_program_is_shown_as_it_is() -> None:
    newer = replace(people.note(), services=("astral_travel",), language="x-unknown", status="signed")
    text = note(newer).text
    assert "astral_travel" in text
    assert "x-unknown" in text
