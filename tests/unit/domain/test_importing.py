"""What the cells of somebody else's table mean: read, or refused with a reason; never guessed, never a crash."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmpp_desktop.domain import import_values as values
from cmpp_desktop.domain.import_values import BadCell, Refused
from cmpp_desktop.domain.import_vocabulary import FIELDS, folded, guess
from cmpp_desktop.domain.importing import Column, ColumnPlan, Line, Plan, Row, guessed, plan_of
from cmpp_desktop.domain.records import BirthDate, PersonName
from cmpp_desktop.errors import Invalid

TODAY = date(2026, 11, 24)


def columns(*headings: str) -> tuple[Column, ...]:
    return tuple(Column(at, chr(65 + at), heading, heading) for at, heading in enumerate(headings))


def planned(headings: tuple[str, ...], *rows: tuple[Any, ...], **how: Any) -> Plan:
    made = columns(*headings)
    lines = [Line(at + 2, row) for at, row in enumerate(rows)]
    return plan_of(lines, made, ColumnPlan(guessed(made), **how), zone="America/New_York", today=TODAY)


def only(plan: Plan) -> Row:
    assert plan.problems == ()
    return plan.rows[0]


@pytest.mark.parametrize(
    ("heading", "name"),
    [
        ("First Name", "given"), ("Nombre(s)", "given"), ("APELLIDOS", "family"),
        ("Segundo apellido", "family2"), ("D.O.B.", "birth"),
        ("Fecha de nacimiento", "birth"),
        ("A-Number", "a_number"), ("A #", "a_number"),
        ("Teléfono", "phone"), ("Cell Phone", "phone"),
        ("Household ID", "household"), ("Fecha de audiencia", "obligation_day"), ("Favourite colour", ""), ("", ""),
    ],
)  # fmt: skip
def test_headings_are_known_in_english_and_spanish(heading: str, name: str) -> None:
    assert guess(heading) == name


def test_no_two_fields_share_a_heading() -> None:
    said = [word for headings in FIELDS.values() for word in {folded(heading) for heading in headings}]
    assert len(said) == len(set(said))


@pytest.mark.parametrize(
    ("cell", "day_first", "day"),
    [
        ("1988-07-09", None, date(1988, 7, 9)), ("1988/7/9", None, date(1988, 7, 9)), ("25/12/1990", None, date(1990, 12, 25)),
        ("12/25/1990", None, date(1990, 12, 25)), ("03/04/1990", True, date(1990, 4, 3)), ("03/04/1990", False, date(1990, 3, 4)),
        ("05.05.1990", None, date(1990, 5, 5)), ("9 de julio de 1988", None, date(1988, 7, 9)),
        ("July 9th, 1988", None, date(1988, 7, 9)),
        ("9-jul-1988", None, date(1988, 7, 9)), ("1988-07-09T00:00:00", None, date(1988, 7, 9)),
        (datetime(1988, 7, 9, 8, tzinfo=None), None, date(1988, 7, 9)),  # noqa: DTZ001

        ("٠٩/٠٧/١٩٨٨", True, date(1988, 7, 9)), ("", None, None), (None, None, None), ("29/02/2024", None, date(2024, 2, 29)),
    ],
)  # fmt: skip
def test_a_day_is_read_as_it_was_meant(cell: Any, day_first: bool | None, day: date | None) -> None:
    assert values.read_date(cell, day_first) == day


@pytest.mark.parametrize(
    ("cell", "day_first", "code"),
    [
        ("03/04/1990", None, "date_ambiguous"), ("03/04/90", None, "date_short_year"), (32978, None, "date_is_number"),
        ("32978", None, "date_is_number"), ("29/02/2023", None, "date_not_read"), ("13/25/1990", None, "date_not_read"),
        ("12/25/1990", True, "date_not_read"), ("yesterday", None, "date_not_read"), ("1790-01-01", None, "date_out_of_range"),
        (BadCell("cell_error"), None, "cell_error"), ("=TODAY()", None, "date_not_read"), ("1988", None, "date_is_number"),
    ],
)  # fmt: skip
def test_a_day_that_could_be_another_is_refused(cell: Any, day_first: bool | None, code: str) -> None:
    with pytest.raises(Refused) as refused:
        values.read_date(cell, day_first)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("cell", "at"),
    [("9:30", time(9, 30)), ("9:30 AM", time(9, 30)), ("1 p. m.", time(13)), ("12 am", time(0)), ("14.05", time(14, 5)),
     (time(8, 15), time(8, 15)), ("", None)],
)  # fmt: skip
def test_a_time_is_read(cell: Any, at: time | None) -> None:
    assert values.read_time(cell) == at


@pytest.mark.parametrize("cell", ["9", "25:00", "13 pm", "noon", "0 am"])
def test_a_time_that_is_none_is_refused(cell: str) -> None:
    with pytest.raises(Refused, match="time_not_read"):
        values.read_time(cell)


def test_one_row_is_a_person_with_a_hearing() -> None:
    row = only(
        planned(
            ("Nombre", "Apellido paterno", "Segundo apellido", "Fecha de nacimiento", "Sexo", "Idioma", "País de origen", "A#",
             "Hearing type", "Hearing date", "Hearing time"),
            ("Marisela", "Tzoc", "Ajanel", date(1988, 7, 9), "F", "K'iche', español", "Guatemala", 98765432.0,
             "Master hearing", "2026-12-15", "9:30 am"),
        )
    )  # fmt: skip
    assert row.person is not None
    assert row.person.name == PersonName(given="Marisela", family="Tzoc Ajanel")
    assert row.person.birth_date == BirthDate(day=date(1988, 7, 9))
    assert (row.person.gender, row.person.languages, row.person.country_of_birth) == ("female", ("quc", "es"), "GT")
    assert row.a_number == "098765432"
    assert row.obligation is not None
    assert (row.obligation.type, row.obligation.when.at) == ("master_hearing", time(9, 30))


def test_a_whole_name_may_begin_with_the_family_name() -> None:
    assert only(planned(("Full name",), ("Tzoc, Marisela",))).person.name == PersonName(given="Marisela", family="Tzoc")  # type: ignore[union-attr]
    assert only(planned(("Full name",), ("Marisela Tzoc",))).person.name == PersonName(given="Marisela", family="Tzoc")  # type: ignore[union-attr]


def test_what_looks_like_a_formula_is_a_name() -> None:
    told = '=HYPERLINK("http://example.org";"x")'
    assert only(planned(("Given name", "Phone"), (told, "+1 212 555 0143"))).person.name.given == told  # type: ignore[union-attr]


def test_every_wrong_cell_is_named() -> None:
    plan = planned(
        ("Given name", "DOB", "A number", "Gender", "Country", "Language", "Interpreter", "Hearing date"),
        ("Rosa", "03/04/1990", "123", "?", "Atlantis", "Elvish", "perhaps", ""),
        (None, None, None, None, None, None, None, None),
        ("", "1990-01-01", "", "", "", "", "", ""),
        ("Juan", "2027-01-01", "2.19875E+08", "", "", "", "", "2026-12-01"),
    )
    assert plan.rows == ()
    assert [(item.row, item.column, item.code) for item in plan.problems] == [
        (2, "A number", "a_number_digits"),
        (2, "DOB", "date_ambiguous"),
        (2, "Gender", "not_in_list"),
        (2, "Country", "not_a_country"),
        (2, "Language", "not_a_language"),
        (2, "Interpreter", "yes_or_no"),
        (4, "Given name", "missing"),
        (5, "A number", "number_rounded"),
        (5, "DOB", "in_future"),
    ]


def test_a_table_that_names_nobody_is_refused() -> None:
    with pytest.raises(Invalid) as refused:
        planned(("City", "ZIP"), ("Newbridge", "10999"))
    assert refused.value.fields == {"columns": "missing"}


def test_two_columns_cannot_be_the_same_field() -> None:
    made = columns("Phone", "Cell", "Name")
    with pytest.raises(Invalid) as refused:
        plan_of([], made, ColumnPlan({"Phone": "phone", "Cell": "phone", "Name": "name"}), zone="America/New_York", today=TODAY)
    assert refused.value.fields == {"columns": "not_valid"}


CELLS = st.one_of(
    st.none(),
    st.text(max_size=30),
    st.sampled_from(["=1+1", "+x", "-x", "@SUM(A1)", "\x00", "\t=cmd", "03/04/2020", "A1", "\u202eabc", "9" * 400, "\ud800"]),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.dates(),
    st.datetimes(),
    st.times(),
    st.sampled_from([BadCell("cell_error"), BadCell("too_long")]),
)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_whatever_is_in_a_table_is_read_or_refused(data: st.DataObject) -> None:
    names = data.draw(st.lists(st.sampled_from(sorted(FIELDS)), min_size=1, max_size=8, unique=True))
    names = ["name", *(name for name in names if name != "name")]
    rows = data.draw(st.lists(st.lists(CELLS, max_size=len(names) + 1), max_size=4))
    made = columns(*names)
    mapping = ColumnPlan({name: name for name in names}, data.draw(st.sampled_from([None, True, False])))
    plan = plan_of([Line(at, tuple(row)) for at, row in enumerate(rows)], made, mapping, zone="America/Chicago", today=TODAY)
    wrong = {problem.row for problem in plan.problems}
    assert wrong.isdisjoint(row.number for row in plan.rows)
    assert all(row.person is None or row.person.name.full for row in plan.rows)


@settings(max_examples=60, deadline=None)
@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2100, 1, 1)))
def test_a_written_day_is_the_same_day_or_is_refused(day: date) -> None:
    for form, first in (("%d/%m/%Y", True), ("%m/%d/%Y", False), ("%Y-%m-%d", None), ("%d %B %Y", None), ("%b %d, %Y", None)):
        assert values.read_date(day.strftime(form), first) == day
    said = day.strftime("%d/%m/%Y")
    if day.day > 12 or day.day == day.month:
        assert values.read_date(said, None) == day
    else:
        with pytest.raises(Refused, match="date_ambiguous"):
            values.read_date(said, None)


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("\ufeffAna", "Ana"), ("\u202eanA\u202c", "anA"), ("\u200fمحمد\u200f", "محمد"), ("Ma\u00adrisela", "Marisela"),
        ("می\u200cخواهم\u200c", "می\u200cخواهم"), ("A\u200bna", "Ana"),
    ],
)  # fmt: skip
def test_what_no_eye_sees_is_no_part_of_a_name(given: str, name: str) -> None:
    row = only(planned(("Given name", "Family name"), (given, "Xol")))
    assert row.person is not None
    assert row.person.name == PersonName(given=name, family="Xol")


def test_a_row_of_invisible_letters_names_nobody() -> None:
    plan = planned(("Given name", "Family name", "Phone"), ("\u200b", "\u200d\u200e", "212 555 0143"))
    assert [(item.row, item.code) for item in plan.problems] == [(2, "missing")]


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("2020-1-2 0:00:00", date(2020, 1, 2)), ("12/25/2020 12:00:00 AM", date(2020, 12, 25)),
        ("1° de enero de 2020", date(2020, 1, 1)), ("1º de enero de 2020", date(2020, 1, 1)),
        ("2020-01-02T00:00:00.000Z", date(2020, 1, 2)), ("25/12/2020 0:00", date(2020, 12, 25)),
    ],
)  # fmt: skip
def test_a_day_with_the_midnight_of_another_program_is_that_day(cell: str, day: date) -> None:
    assert values.read_date(cell, None) == day


def test_midnight_says_nothing_about_which_number_is_the_month() -> None:
    assert values.seems_day_first(["03/04/2020 12:00:00 AM", "25/12/2020 0:00"]) == (1, 0, 1)
    with pytest.raises(Refused, match="date_ambiguous"):
        values.read_date("03/04/2020 12:00:00 AM", None)
    with pytest.raises(Refused, match="date_not_read"):  # nobody is born at half past nine, in a list of birth dates
        values.read_date("2020-12-25 09:30", None)


@pytest.mark.parametrize("told", ["2026-12-15 09:30", "12/15/2026 9:30 a.m.", datetime(2026, 12, 15, 9, 30)])  # noqa: DTZ001
def test_a_hearing_may_have_its_day_and_time_in_one_cell(told: Any) -> None:
    row = only(planned(("Name", "Hearing type", "Hearing date"), ("Rosa Quispe", "Master", told)))
    assert row.obligation is not None
    assert (row.obligation.when.day, row.obligation.when.at) == (date(2026, 12, 15), time(9, 30))


def test_numbers_that_a_spreadsheet_spoiled_are_mended_where_that_is_sure() -> None:
    headings = ("Name", "A-number", "Phone", "ZIP", "Household")
    spoiled = ((219874907.0, 2138, 7.0), ("219874907.0", "2138.0", "7.0"), ("２１９٨74907", "02138", "7"))
    for a_number, zip_code, household in spoiled:
        row = only(planned(headings, ("Ana Xol", a_number, "2125550143.0", zip_code, household)))
        assert (row.a_number, row.household) == ("219874907", "7")
        assert row.address is not None
        assert row.address.postal_code == "02138"
        assert row.person is not None
        assert row.person.phone == "2125550143"


@pytest.mark.parametrize(("said", "code"), [("U.S.", "US"), ("Côte d'Ivoire", "CI"), ("Ivory Coast", "CI"), ("DRC", "CD"),
                                            ("Russian Federation", "RU"), ("EE. UU.", "US"), ("Viet Nam", "VN")])  # fmt: skip
def test_countries_have_more_than_one_name(said: str, code: str) -> None:
    assert values.read_country(said) == code


def test_an_e_mail_address_is_one() -> None:
    plan = planned(("Name", "Email"), ("Ana Xol", "ana@example.org"), ("Eva Xol", "none"), ("Ida Xol", ""))
    assert [(item.row, item.code) for item in plan.problems] == [(3, "email_form")]


def test_a_household_of_the_file_has_one_head() -> None:
    headings = ("Name", "A-number", "Household", "Relationship")
    plan = planned(
        headings, ("Ana Xol", "219000111", "9", "head"), ("Ana X.", "219000111", "9", "head"), ("Eva Xol", "", "9", "self"),
        ("Ida Xol", "", "", "head"), ("Ada Xol", "", "10", "head"), ("Eva Paz", "", "9", "daughter"),
    )  # fmt: skip
    assert [(item.row, item.column, item.code) for item in plan.problems] == [(4, "Relationship", "second_head")]
    assert [row.number for row in plan.rows] == [2, 3, 5, 6, 7]


@pytest.mark.parametrize("how", [{"zone": "Nowhere/X"}, {"zone": "../etc"}, {"obligation_type": "rubbish"}])
def test_a_mapping_that_cannot_be_is_refused_by_name(how: dict[str, str]) -> None:
    with pytest.raises(Invalid) as refused:
        planned(("Name", "Hearing date"), ("Ana Xol", "2026-12-15"), **how)
    assert refused.value.fields == dict.fromkeys(how, "not_valid")
