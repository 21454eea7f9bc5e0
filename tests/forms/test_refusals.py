"""What an author is told: every refusal has its place and its remedy, and hostile files are refused within bounds."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import openpyxl
import pytest

from cmpp_desktop.forms import InstrumentRefused, Problem, compile_instrument, convert, convert_folder
from tests.forms.tables import context, instrument

HEAD = "| survey |\n| | type | name | label | calculation | relevant | constraint | required |"


def problems(table: str) -> tuple[Problem, ...]:
    with pytest.raises(InstrumentRefused) as caught:
        instrument(table)
    assert all(problem.remedy for problem in caught.value.problems)
    return caught.value.problems


def rows(*lines: str) -> str:
    return "\n".join([HEAD, *(f"| | {line} |" for line in lines)])


@pytest.mark.parametrize(("expression", "said"), [
    ("frobnicate(${a})", "frobnicate() is not known"),
    ("round()", "takes 1 to 2 values"),
    ("1 + ", "was not expected"),
    ("(1 + 2", "is missing"),
    ("$money", "not supported"),
    ("count('three')", "set of nodes"),
    ("regex(${a}, '([')", "is not understood"),
    ("instance('nowhere')/root/item", "nowhere"),
    ("/data/nobody + 1", "no question /data/nobody"),
    ("-" * 3000 + "1", "nested too deeply"),
    ("(" * 3000 + "1" + ")" * 3000, "nested too deeply"),
    ("+".join("1" * 3000), "nested too deeply"),
])  # fmt: skip
def test_an_expression_that_cannot_work_is_refused_when_the_form_is_loaded(expression: str, said: str) -> None:
    found = problems(rows("text | a | A | | | |", f"calculate | c | | {expression} | | |"))
    assert len(found) == 1
    assert said in found[0].text
    assert found[0].text.startswith("c: ")
    assert found[0].sheet == "survey"


@pytest.mark.parametrize("lines", [
    ("calculate | a | | ${b} + 1 | | |", "calculate | b | | ${a} + 1 | | |"),
    ("text | a | A | | ${b} = '1' | |", "text | b | B | | ${a} = '1' | |"),
    ("calculate | a | | ${a} + 1 | | |",),
    ("text | a | A | | ${a} = '1' | |",),
    ("text | a | A | | | | ${a} = ''",),
    ("begin_group | g | G | | ${a} = '1' | |", "text | a | A | | | |", "end_group | | | | | |"),
])  # fmt: skip
def test_a_circle_is_refused_and_named(lines: tuple[str, ...]) -> None:
    (found,) = problems(rows(*lines))
    assert found.code == "cycle"
    assert "a" in found.text


def test_a_constraint_may_look_at_its_own_answer() -> None:
    assert instrument(rows("integer | a | A | | | ${a} > 3 |")).form_id


def test_an_unknown_reference_is_placed_in_its_row_and_column() -> None:
    (found,) = problems(rows("text | a | A | | | |", "text | b | B | | ${nobody} = 1 | |"))
    assert (found.sheet, found.row, found.column) == ("survey", 3, "relevant")
    assert "nobody" in found.text
    assert found.place == "survey, row 3, column relevant"


def test_a_missing_list_of_choices_is_placed() -> None:
    lists = "\n| choices |\n| | list_name | name | label |\n| | yn | yes | Yes |"
    (found,) = problems(rows("text | a | A | | | |", "select_one towns | town | Town | | | |") + lists)
    assert (found.sheet, found.row) == ("survey", 3)
    assert "towns" in found.text


@pytest.mark.parametrize(("lines", "row", "column"), [
    (("text | a b | A | | | |",), 2, "name"),
    (("text | a | A | | | |", "text | a | A | | | |"), 3, "name"),
    (("begin_group | g | G | | | |", "text | a | A | | | |"), 2, None),
    (("text | | A | | | |",), 2, None),
])  # fmt: skip
def test_a_slip_in_a_row_is_placed(lines: tuple[str, ...], row: int, column: str | None) -> None:
    (found,) = problems(rows(*lines))
    assert (found.sheet, found.row, found.column) == ("survey", row, column)


def test_an_unknown_type_is_named() -> None:
    (found,) = problems(rows("hologram | a | A | | | |"))
    assert found.sheet == "survey"
    assert "hologram" in found.text


def test_a_file_that_is_not_there_is_named() -> None:
    (found,) = problems(rows("calculate | c | | pulldata('nowhere', 'a', 'b', 'c') | | |"))
    assert found.code == "file_missing"
    assert "nowhere.csv" in found.text


def test_a_list_in_a_file_is_read_when_it_comes_with_the_form() -> None:
    table = rows("text | key | Key | | | |", "calculate | c | | pulldata('towns', 'state', 'name', ${key}) | | |")
    xform = convert(table.encode(), "form.md").xform
    with pytest.raises(InstrumentRefused):
        compile_instrument(xform, {"towns.csv": b"name$state\ndalton$ga\n"})
    for text in (b"name,state\nboone,nc\ndalton,ga\n", "\ufeffname;state\r\nboone;nc\r\ndalton;ga\r\n".encode()):
        interview = compile_instrument(xform, {"towns.csv": text}).start(context())
        interview.answer("/data/key", "dalton")
        assert interview.question("/data/c").value == "ga"


def test_an_outcome_that_nobody_reads_is_refused() -> None:
    (found,) = problems("""
        | survey |
        | | type | name | label | bind::cmpp:outcome |
        | | text | a | A | grade |
        | settings |
        | | namespaces |
        | | cmpp="https://cmpp.invalid/xforms" |
    """)
    assert (found.code, found.column) == ("outcome_unknown", "bind::cmpp:outcome")


def test_all_problems_come_at_once() -> None:
    found = problems(rows("text | a | A | | | |", "calculate | b | | f1() | | |", "calculate | c | | f2() | | |"))
    assert [problem.text[:1] for problem in found] == ["b", "c"]


def test_a_folder_of_tables_keeps_its_words_and_its_row_numbers(tmp_path: Path) -> None:
    (tmp_path / "survey.csv").write_text('type,name,label\ntext,a,"One | two\nthree"\n,,\ntext,b,B\n', encoding="utf-8")
    (tmp_path / "card.toml").write_text('status = "guide"\n', encoding="utf-8")
    form = compile_instrument(convert_folder(tmp_path).xform)
    assert form.card == {"status": "guide"}
    assert form.start(context()).questions()[0].labels == {"en": "One | two\nthree"}
    (tmp_path / "survey.csv").write_text("type,name,label\ntext,a,A\n,,\ntext,b c,B\n", encoding="utf-8")
    with pytest.raises(InstrumentRefused) as caught:
        convert_folder(tmp_path)
    assert (caught.value.problems[0].row, caught.value.problems[0].column) == (4, "name")


def test_a_folder_without_questions_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InstrumentRefused) as caught:
        convert_folder(tmp_path)
    assert caught.value.problems[0].code == "no_survey"


# --- hostile workbooks ---------------------------------------------------------------------------------------------------------


def workbook(**parts: bytes) -> bytes:
    """A small true workbook, with parts of it replaced or added ("/" is written as "__")."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "survey"
    for row in (("type", "name", "label"), ("text", "a", "A")):
        sheet.append(row)
    made = io.BytesIO()
    book.save(made)
    replaced = {name.replace("__", "/").replace("_xml", ".xml").replace("_bin", ".bin"): data for name, data in parts.items()}
    out = io.BytesIO()
    with zipfile.ZipFile(made) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for item in old.namelist():
            new.writestr(item, replaced.pop(item, b"") or old.read(item))
        for name, data in replaced.items():
            new.writestr(name, data)
    return out.getvalue()


def refusal(data: bytes, name: str = "form.xlsx") -> Problem:
    with pytest.raises(InstrumentRefused) as caught:
        convert(data, name)
    assert caught.value.problems[0].remedy
    return caught.value.problems[0]


def test_a_true_workbook_is_read() -> None:
    assert compile_instrument(convert(workbook(), "form.xlsx").xform).binds["/data/a"].type == "string"


def test_a_workbook_that_would_fill_the_memory_is_refused() -> None:
    assert refusal(workbook(xl__media__bomb_bin=b"\0" * (101 * 1024 * 1024))).code == "too_big"


def test_a_workbook_with_macros_is_refused() -> None:
    assert refusal(workbook(xl__vbaProject_bin=b"x")).code == "macros"


@pytest.mark.parametrize("part", ["xl__worksheets__sheet1_xml", "xl__workbook_xml", "xl__styles_xml", "xl__sharedStrings_xml"])
def test_a_workbook_that_declares_entities_is_refused(part: str) -> None:
    text = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><worksheet>&b;</worksheet>'
    assert refusal(workbook(**{part: text})).code == "xml_doctype"


def test_a_sheet_of_a_million_rows_is_refused() -> None:
    sheet = b"<worksheet><sheetData>" + b'<row r="1"><c/></row>' * 1_000_000 + b"</sheetData></worksheet>"
    assert refusal(workbook(xl__worksheets__sheet1_xml=sheet)).code == "too_many_rows"


@pytest.mark.parametrize("name", ["form.csv", "form.md"])
def test_a_text_of_a_million_rows_is_refused(name: str) -> None:
    assert refusal(b"| | text | a | A |\n" * 1_000_000, name).code == "too_many_rows"


@pytest.mark.parametrize("rows_as", [b"<row>", b'<x:row r="1">', b"<row\n>", b"<row\tr='1'>"])
def test_rows_are_counted_however_they_are_written(rows_as: bytes) -> None:
    sheet = b"<worksheet><sheetData>" + (rows_as + b"</row>") * 30_000 + b"</sheetData></worksheet>"
    assert refusal(workbook(xl__worksheets__sheet1_xml=sheet)).code == "too_many_rows"


@pytest.mark.parametrize(("data", "name"), [
    (b"", "form.xlsx"), (b"PK\x03\x04 half", "form.xlsx"), (workbook()[:-200], "form.xlsx"),
    (b"\xd0\xcf\x11\xe0" * 100, "form.xls"),
    (b"MZ", "form.exe"), (b"x" * (21 * 1024 * 1024), "form.xlsx"), (b"\xff\xfe\x00", "form.md"), (b"", "form.csv"),
])  # fmt: skip
def test_what_is_no_workbook_is_refused_in_words(data: bytes, name: str) -> None:
    assert refusal(data, name).text


@pytest.mark.parametrize("xform", [
    "", "<a", "<a/>", "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "<a>" * 100_000,
    '<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"><model/><h:body/></h:html>',
])  # fmt: skip
def test_hostile_forms_are_refused(xform: str) -> None:
    with pytest.raises(InstrumentRefused):
        compile_instrument(xform)


def test_a_thousand_questions_know_only_their_own_neighbours() -> None:
    """The work of an answer grows with what depends on it, not with the form."""
    lines = ["integer | q0 | Q | | | |", *(f"calculate | q{n} | | ${{q{n - 1}}} + 1 | | |" for n in range(1, 1000))]
    form = instrument(rows(*lines))
    assert sum(len(places) for places in form.dependants.values()) == 999
    assert len(form.order) == 999
