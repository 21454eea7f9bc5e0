"""A table of somebody else's comes in whole or not at all; nobody is registered twice by accident; it can be taken back."""

from __future__ import annotations

import contextlib
import csv
import io
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from cmpp_desktop.domain.cases import CaseOpening, CloseCase
from cmpp_desktop.domain.consent import ConsentGiven
from cmpp_desktop.domain.entries import AddRecord
from cmpp_desktop.domain.households import NewPerson, RegisterHousehold
from cmpp_desktop.domain.import_vocabulary import guess
from cmpp_desktop.domain.import_writing import UndoImport
from cmpp_desktop.domain.importing import Choice, ColumnPlan
from cmpp_desktop.domain.members import HouseholdOf
from cmpp_desktop.domain.participants import ChangeParticipant
from cmpp_desktop.domain.questions import Organisation, Participant, People
from cmpp_desktop.domain.records import BirthDate, PersonName
from cmpp_desktop.domain.retention import DestroyFile
from cmpp_desktop.domain.staff import NameStaffMember
from cmpp_desktop.domain.tasks import WriteNote
from cmpp_desktop.errors import Invalid, KnownError
from cmpp_desktop.words import LANGUAGES, load
from cmpp_desktop.workspace import Workspace, import_words, spreadsheets
from cmpp_desktop.workspace.imports import ImportPreview, harmless_csv
from cmpp_protocol.envelope import CHANGE_SET_LIMIT
from tests.journeys.office import founded

DAY = date(2026, 11, 24)
NOON = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)
HEADINGS = ("Given name", "Family name", "DOB", "A-number", "Phone", "Household", "Relationship", "Arrival date", "Hearing type",
            "Hearing date")  # fmt: skip
FAMILY = (
    ("Marisela", "Tzoc", "1988-07-09", "219874907", "(212) 555-0143", "7", "head", "2026-06-01", "Master hearing", "2026-12-15"),
    ("Mateo", "Tzoc", "2015-02-03", "219874908", "(212) 555-0143", "7", "son", "2026-06-01", "", ""),
    ("Оксана", "Гриценко", "1990-01-30", "", "+1 646 555 0100", "8", "", "", "", ""),
)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """A laptop on which nothing is imported: files are only looked at."""
    door = founded(tmp_path_factory.mktemp("import") / "laptop", "http://127.0.0.1:9", lambda: NOON)
    yield door
    door.close()


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Workspace]:
    door = founded(tmp_path / "laptop", "http://127.0.0.1:9", lambda: datetime(2026, 11, 24, 15, tzinfo=UTC))
    yield door
    door.close()


def table(folder: Path, *rows: Any, headings: Any = HEADINGS, name: str = "people.csv", encoding: str = "utf-8") -> Path:
    out = io.StringIO(newline="")
    csv.writer(out).writerows([headings, *rows])
    path = folder / name
    path.write_bytes(out.getvalue().encode(encoding))
    return path


def book(folder: Path, *rows: Any, headings: Any = HEADINGS, name: str = "people.xlsx") -> tuple[Path, openpyxl.Workbook]:
    made = openpyxl.Workbook()
    page: Any = made.active
    for row in (headings, *rows):
        page.append(row)
    return folder / name, made


def names(door: Workspace) -> list[str]:
    return [row.name for row in door.ask(People(DAY)).rows]


def codes(seen: ImportPreview) -> set[tuple[int, str]]:
    return {(problem.row, problem.code) for problem in seen.problems}


def refused(door: Workspace, path: Path) -> str:
    with pytest.raises(KnownError) as error:
        door.preview_import(path)
    assert error.value.code in ("file_unreadable", "file_too_big")
    return str(error.value.facts.get("cause", "file_too_big"))


def test_a_family_and_its_hearing_come_in_and_can_be_taken_back(office: Workspace, tmp_path: Path) -> None:
    seen = office.preview_import(table(tmp_path, *FAMILY))
    assert seen.counts == {"rows": 3, "people": 3, "households": 2, "obligations": 1}
    assert (seen.problems, seen.likely) == ((), ())
    assert names(office) == []  # looking writes nothing
    ticks: list[tuple[int, int]] = []
    done = office.run_import(seen, {}, lambda at, of: ticks.append((at, of)))
    assert ticks[-1] == (3, 3)
    assert names(office) == ["Tzoc, Marisela", "Tzoc, Mateo", "Гриценко, Оксана"]
    mother = office.ask(Participant(office.ask(People(DAY, "Marisela")).rows[0].id))
    assert [(item.name, item.relationship) for item in mother.household] == [("Mateo Tzoc", "son")]
    assert mother.routes[0].fields.value == "+12125550143"
    assert {item.fields.type for item in mother.obligations} == {"master_hearing", "asylum_deadline", "filing_deadline"}
    assert "minor" in office.ask(Participant(mother.household[0].participant_id)).participant.fields.flags
    assert done.undo == UndoImport(done.id)
    office.do(done.undo)
    assert names(office) == []
    with pytest.raises(KnownError, match="import_undone"):
        office.do(UndoImport(done.id))


def test_the_same_file_again_registers_nobody_twice(office: Workspace, tmp_path: Path) -> None:
    path = table(tmp_path, *FAMILY)
    office.run_import(office.preview_import(path), {})
    seen = office.preview_import(path)
    assert [one.row for one in seen.likely] == [2, 3, 4]
    assert all(one.matches[0].participant_id for one in seen.likely)
    assert "a_number" in seen.likely[0].matches[0].why
    with pytest.raises(KnownError) as error:
        office.run_import(seen, {})
    assert (error.value.code, error.value.facts["rows"]) == ("import_undecided", (2, 3, 4))
    done = office.run_import(seen, seen.suggested)
    assert (done.more or {})["counts"]["participants"] == 0
    assert len(names(office)) == 3
    mother = office.ask(Participant(office.ask(People(DAY, "Marisela")).rows[0].id))
    assert [item.fields.type for item in mother.obligations].count("master_hearing") == 1


def test_more_about_somebody_fills_what_is_empty_and_writes_over_nothing(office: Workspace, tmp_path: Path) -> None:
    office.run_import(office.preview_import(table(tmp_path, ("Rosa", "Quispe", "", "219000111"), headings=HEADINGS[:4])), {})
    rosa = office.ask(People(DAY)).rows[0].id
    more = table(tmp_path, ("Rosa María", "Quispe Mamani", "2012-03-01", "219000111", "212 555 0101"), headings=HEADINGS[:5])
    seen = office.preview_import(more)
    done = office.run_import(seen, {2: Choice("merge", rosa)})
    there = office.ask(Participant(rosa))
    assert there.participant.fields.legal_name == PersonName(given="Rosa", family="Quispe")
    assert there.participant.fields.birth_date is not None
    assert there.participant.fields.flags == ["minor"]
    assert [route.fields.value for route in there.routes] == ["+12125550101"]
    office.do(UndoImport(done.id))
    there = office.ask(Participant(rosa))
    assert (there.participant.fields.birth_date, there.participant.fields.flags) == (None, [])
    assert there.routes == ()


def test_hearings_alone_find_their_people_by_number(office: Workspace, tmp_path: Path) -> None:
    office.run_import(office.preview_import(table(tmp_path, *FAMILY)), {})
    path = table(
        tmp_path, ("A219-874-908", "master", "2027-01-20"), ("A111111111", "master", "2027-01-20"),
        headings=("A#", "Hearing type", "Hearing date"), name="hearings.csv",
    )  # fmt: skip
    seen = office.preview_import(path)
    assert codes(seen) == {(3, "person_not_found")}
    with pytest.raises(KnownError, match="import_refused"):
        office.run_import(seen, {2: seen.suggested[2]})
    office.run_import(seen, seen.suggested)
    son = office.ask(Participant(office.ask(People(DAY, "Mateo")).rows[0].id))
    assert [item.fields.when.day for item in son.obligations if item.fields.type == "master_hearing"] == [date(2027, 1, 20)]


def test_two_hearings_of_nobody_are_two_rows_of_nobody(shared: Workspace, tmp_path: Path) -> None:
    rows = (("A111111111", "master", "2027-01-20", ""), ("A111111111", "master", "2027-03-20", ""),
            ("A111111111", "individual", "2027-05-20", "Rosa Quispe"))  # fmt: skip
    path = table(tmp_path, *rows, headings=("A#", "Hearing type", "Hearing date", "Name"), name="hearings.csv")
    seen = shared.preview_import(path)
    assert codes(seen) == {(2, "person_not_found"), (3, "person_not_found")}
    assert [row.number for row in seen.rows] == [4]
    assert seen.likely == ()  # nothing is asked that nobody can answer


def test_two_rows_of_one_person_are_noticed_in_the_file_itself(office: Workspace, tmp_path: Path) -> None:
    twice = (*FAMILY[:1], ("Maricela", "Tzoc", "1988-09-07", "219874907", "", "", "", "", "Individual hearing", "2027-03-01"))
    seen = office.preview_import(table(tmp_path, *twice))
    assert [(one.row, one.matches[0].row) for one in seen.likely] == [(3, 2)]
    office.run_import(seen, seen.suggested)
    mother = office.ask(Participant(office.ask(People(DAY)).rows[0].id))
    assert {item.fields.type for item in mother.obligations} >= {"master_hearing", "individual_hearing"}
    assert len(names(office)) == 1


def test_an_import_that_was_worked_with_is_not_taken_back(office: Workspace, tmp_path: Path) -> None:
    done = office.run_import(office.preview_import(table(tmp_path, *FAMILY)), {})
    rows = office.ask(People(DAY)).rows
    office.do(ChangeParticipant(rows[0].id, {"preferred_name": "Mari"}))
    note = office.do(WriteNote(rows[2].id, "Called."))
    with pytest.raises(KnownError) as error:
        office.do(UndoImport(done.id))
    assert error.value.code == "import_changed_since"
    assert error.value.facts["records"]["participant"] == [rows[0].id]
    assert error.value.facts["records"]["note"] == [note.id]
    assert len(names(office)) == 3


def test_a_cancelled_import_leaves_nothing(office: Workspace, tmp_path: Path) -> None:
    people = [(f"Ana{at}", f"Xol{at}", f"19{at % 90 + 10}-01-02", "", "", str(at)) for at in range(130)]
    seen = office.preview_import(table(tmp_path, *people, headings=HEADINGS[:6]))
    asked: list[int] = []

    def cancelled() -> bool:
        asked.append(1)
        return len(asked) == 3

    with pytest.raises(KnownError, match="import_cancelled"):
        office.run_import(seen, seen.suggested, None, cancelled)
    assert names(office) == []
    sent = office._need().store.replica().outbox()
    assert all(write.kind != "participant" for change_set in sent for write in change_set.writes)
    done = office.run_import(seen, seen.suggested)
    sets = [one for one in office._need().store.replica().outbox() if any(write.kind == "participant" for write in one.writes)]
    assert len(sets) >= 2  # parts, each a change set under its own stamp
    assert len({one.stamp for one in sets}) == len(sets)
    with office._need().store._database.reading() as connection:
        assert connection.exec_driver_sql("SELECT max(length(body)) FROM outbox").scalar_one() < CHANGE_SET_LIMIT
    office.do(UndoImport(done.id))
    assert names(office) == []
    assert office._need().store.verify_audit() > 0


# --- hostile files ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("encoding", "said", "notices"),
    [("utf-8", "UTF-8", ()), ("utf-8-sig", "UTF-8", ()), ("utf-16", "UTF-16", ()), ("cp1252", "Windows-1252", ("windows_1252",))],
)
def test_letters_are_read_as_they_were_written(
    shared: Workspace, tmp_path: Path, encoding: str, said: str, notices: tuple[str, ...]
) -> None:
    seen = shared.preview_import(table(tmp_path, ("Lucía", "Núñez"), headings=("Nombre", "Apellido"), encoding=encoding))
    assert (seen.encoding, seen.notices) == (said, notices)
    assert seen.rows[0].person is not None
    assert seen.rows[0].person.name == PersonName(given="Lucía", family="Núñez")


@pytest.mark.parametrize(
    ("data", "cause"),
    [
        (b"", "empty"),
        (b"\x00" * 50, "empty"),
        ("Nombre,Apellido\nLucía,Núñez".encode("utf-16-le"), "encoding"),
        ("Nombre,Apellido\nLucía,Núñez ñ".encode()[:-1], "encoding"),  # cut in the middle of a letter
        (b"Name,DOB\nA\x81\x8d,1", "encoding"),
        (b'Name,DOB\n"Rosa,1990-01-01\nAna,1991-01-01\n', "unclosed_quote"),
        (b"%PDF-1.7 and so on", "not_a_table"),
        (b"<html><table><tr><td>Name</td></tr></table>", "not_a_table"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + b"\x00" * 500, "password"),
        (b"PK\x03\x04 half of a file", "damaged"),
        (b"Name\n", "empty"),
    ],
)
def test_what_is_no_table_is_refused_with_a_reason(shared: Workspace, tmp_path: Path, data: bytes, cause: str) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(data)
    assert refused(shared, path) == cause


def test_a_spreadsheet_with_everything_that_spreadsheets_have(shared: Workspace, tmp_path: Path) -> None:
    path, made = book(tmp_path, headings=("Clients of the week",))
    page: Any = made.active
    page.append(())
    page.append(("Given name", "Family name", "DOB", "Phone", "Phone", "Notes"))
    page.append(("Rosa", "Quispe", datetime(1990, 3, 1), 2125550101, "x", "-5 degrees"))  # noqa: DTZ001
    page.append(("=A4", "Mamani", date(1991, 3, 1), "+1 212 555 0102", "", "=1+1"))
    page.append((None,) * 6)
    page.append(("Ana", "#N/A", 32978, "", "", "y" * 11_000))
    page["B7"].data_type = "e"
    page.merge_cells("A1:C1")
    page.column_dimensions["D"].hidden = True
    page.row_dimensions[4].hidden = True
    made.create_sheet("Secret").sheet_state = "hidden"
    made.save(path)
    seen = shared.preview_import(path)
    assert seen.sheets == ("Sheet",)
    assert set(seen.notices) == {"hidden_sheets", "hidden_columns", "hidden_rows", "merged", "formulas", "same_headings"}
    assert [row.number for row in seen.rows] == [4]
    assert seen.rows[0].person is not None
    assert seen.rows[0].person.phone == "2125550101"
    assert {(5, "formula_without_value"), (7, "cell_error"), (7, "date_is_number")} <= codes(seen)
    assert [column.key for column in seen.columns[3:5]] == ["Phone [D]", "Phone [E]"]


def test_days_of_a_1904_workbook_are_the_same_days(shared: Workspace, tmp_path: Path) -> None:
    path, made = book(tmp_path, headings=("Name", "DOB"))
    made.epoch = CALENDAR_MAC_1904
    page: Any = made.active
    page.append(("Rosa Quispe", date(1990, 3, 1)))
    made.save(path)
    person = shared.preview_import(path).rows[0].person
    assert person is not None
    assert person.birth_date is not None
    assert person.birth_date.day == date(1990, 3, 1)


def test_dates_that_may_be_two_days_wait_for_a_person(shared: Workspace, tmp_path: Path) -> None:
    path = table(tmp_path, ("Rosa", "03/04/1990"), ("Ana", "25/12/1990"), headings=("Name", "DOB"))
    seen = shared.preview_import(path)
    assert codes(seen) == {(2, "date_ambiguous")}
    assert [(one.column, one.day_first, one.month_first, one.both) for one in seen.dates] == [("DOB", 1, 0, 1)]
    said = shared.remap_import(seen, ColumnPlan(seen.mapping.columns, day_first=True))
    assert said.problems == ()
    assert said.rows[0].person is not None
    assert said.rows[0].person.birth_date is not None
    assert said.rows[0].person.birth_date.day == date(1990, 4, 3)


def test_a_hundred_thousand_rows_are_refused_before_they_fill_the_memory(shared: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "many.csv"
    path.write_text("Name,DOB\n" + "Rosa,1990-01-01\n" * 100_000, "utf-8")
    with pytest.raises(KnownError) as error:
        shared.preview_import(path)
    assert (error.value.code, error.value.facts["most"]) == ("file_too_big", spreadsheets.MOST_ROWS)


@pytest.mark.parametrize("where", ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"])
def test_what_unpacks_to_gigabytes_is_not_unpacked(shared: Workspace, tmp_path: Path, where: str) -> None:
    path, made = book(tmp_path, FAMILY[0])
    made.save(path)
    bomb = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path) as good, zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as bad:
        for part in good.infolist():
            if part.filename != where:
                bad.writestr(part, good.read(part))
        with bad.open(where, "w", force_zip64=True) as opened:
            for _ in range(401 if "sheet1" in where else 65):
                opened.write(b"\x20" * 1024 * 1024)
    assert bomb.stat().st_size < 1024 * 1024
    assert refused(shared, bomb) == "file_too_big"


def test_entities_and_half_archives_are_refused_and_macros_left_alone(shared: Workspace, tmp_path: Path) -> None:
    path, made = book(tmp_path, FAMILY[0])
    made.save(path)
    whole = path.read_bytes()
    (tmp_path / "half.xlsx").write_bytes(whole[: len(whole) // 2])
    assert refused(shared, tmp_path / "half.xlsx") == "damaged"
    laughs = {"xl/workbook.xml": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><workbook/>'}
    macros = {"xl/vbaProject.bin": b"code", "xl/externalLinks/externalLink1.xml": b"<x/>"}
    for name, more in (("laughs.xlsx", laughs), ("macros.xlsm", macros)):
        with zipfile.ZipFile(path) as good, zipfile.ZipFile(tmp_path / name, "w") as bad:
            for part in good.infolist():
                if part.filename not in more:
                    bad.writestr(part, good.read(part))
            for inside, data in more.items():
                bad.writestr(inside, data)
    assert refused(shared, tmp_path / "laughs.xlsx") == "damaged"
    assert set(shared.preview_import(tmp_path / "macros.xlsm").notices) == {"macros", "links"}


def test_a_table_whose_headings_say_nothing_waits_for_its_columns(shared: Workspace, tmp_path: Path) -> None:
    seen = shared.preview_import(table(tmp_path, ("Rosa", "red"), headings=("Wer", "Farbe"), name="people.dat"))
    assert (seen.counts, seen.rows, seen.notices) == ({"rows": 1}, (), ("other_form",))
    assert seen.samples == ((2, ("Rosa", "red")),)
    assert len(shared.remap_import(seen, ColumnPlan({"Wer": "name"})).rows) == 1
    with pytest.raises(Invalid):
        shared.remap_import(seen, ColumnPlan({"Nobody": "name"}))


def test_the_list_of_errors_is_harmless_in_any_spreadsheet(shared: Workspace, tmp_path: Path) -> None:
    told = '=cmd|"/c calc"!A1'
    seen = shared.preview_import(table(tmp_path, ("Rosa", told), headings=("Name", "DOB")))
    path = tmp_path / "errors.csv"
    assert shared.save_import_problems(seen, path, "es") == 1
    lines = list(csv.reader(io.StringIO(path.read_text("utf-8-sig"))))
    assert lines[1][0] == "2"
    assert lines[1][3] == f"'{told}"
    shared.save_import_template(tmp_path / "template.csv", "es")
    assert all(guess(heading) for heading in (tmp_path / "template.csv").read_text("utf-8-sig").strip().split(","))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(st.text(max_size=12), max_size=4), max_size=4))
def test_no_cell_that_we_write_begins_a_formula(lines: list[list[str]]) -> None:
    text = harmless_csv(lines).decode("utf-8-sig")
    for line in csv.reader(io.StringIO(text, newline="")):
        assert all(not cell.lstrip().startswith(("=", "+", "-", "@")) and not cell.startswith(("\t", "\r")) for cell in line)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=400), head=st.sampled_from([b"", b"Name,DOB\n", b"PK\x03\x04", b"\xff\xfe", b"sep=;\n"]))
def test_any_bytes_are_a_table_or_are_refused(shared: Workspace, tmp_path: Path, data: bytes, head: bytes) -> None:
    path = tmp_path / "any.csv"
    path.write_bytes(head + data)
    with contextlib.suppress(KnownError):  # anything else is a mistake of ours
        shared.preview_import(path)


def test_every_reason_has_words_in_every_language() -> None:
    for language in LANGUAGES:
        words = load(language)
        assert all(import_words.reason(code, words) for code in import_words.REASONS)
        assert all(import_words.notice(code, words) for code in import_words.NOTICES)


def members(door: Workspace, name: str) -> dict[str, tuple[str, bool]]:
    """Who is in the household of somebody: what they are to its head, and whether they are called first."""
    found = door.ask(HouseholdOf(door.ask(People(DAY, name)).rows[0].id, DAY))
    return {item.name: (item.relationship, item.primary_contact) for item in found.members}


def test_what_two_rows_say_of_one_new_person_is_all_kept_and_taken_back(office: Workspace, tmp_path: Path) -> None:
    headings = ("Name", "DOB", "A-number", "Gender", "Household", "Phone")
    rows = (("Ana Xol", "", "219000777", "", "", ""), ("Ana Xol", "1990-01-01", "219000777", "female", "5", "212 555 0143"),
            ("Eva Xol", "2015-01-01", "", "", "5", ""))  # fmt: skip
    seen = office.preview_import(table(tmp_path, *rows, headings=headings))
    done = office.run_import(seen, seen.suggested)
    ana = office.ask(Participant(office.ask(People(DAY, "Ana")).rows[0].id))
    assert ana.participant.fields.birth_date == BirthDate(day=date(1990, 1, 1))
    assert (ana.participant.fields.gender, ana.routes[0].fields.value) == ("female", "+12125550143")
    assert set(members(office, "Eva")) == {"Ana Xol", "Eva Xol"}
    office.do(UndoImport(done.id))
    assert names(office) == []


def test_an_import_is_taken_back_although_a_file_that_it_filled_was_destroyed(office: Workspace, tmp_path: Path) -> None:
    witness, team = uuid4(), office.ask(Organisation()).teams[0][0]
    office.do(NameStaffMember(witness, "Wilma", "supervisor", team))
    office.do(AddRecord("award", {"number": "A", "final_report_on": date(2020, 1, 1)}))
    case = CaseOpening(award="A")
    rosa = office.do(RegisterHousehold((NewPerson(PersonName(given="Rosa"), a_number="219000111"),), ConsentGiven(), case))
    office.do(CloseCase((rosa.more or {})["case_ids"][0], "completed", tasks="keep"))
    rows = (("Rosa", "", "1990-03-01", "219000111"), ("Ana", "Xol", "", ""))
    seen = office.preview_import(table(tmp_path, *rows, headings=HEADINGS[:4]))
    done = office.run_import(seen, seen.suggested)
    office.do(DestroyFile(rosa.id, witness))
    assert names(office) == ["Xol, Ana"]
    office.do(UndoImport(done.id))
    assert names(office) == []


def test_children_join_their_mother_who_is_here_already(office: Workspace, tmp_path: Path) -> None:
    """Her row stands after theirs, and says no more than her number: it is her household that they are in."""
    headings = ("Name", "A-number", "Household", "Relationship")
    office.run_import(office.preview_import(table(tmp_path, ("Ana Xol", "219000777", "", ""), headings=headings)), {})
    more = (("Eva Xol", "", "F-1", "daughter"), ("Ida Xol", "", "F-1", ""), ("Ana Xol", "219000777", "F-1", "head"))
    seen = office.preview_import(table(tmp_path, *more, headings=headings))
    done = office.run_import(seen, {**seen.suggested, 2: Choice("register"), 3: Choice("register")})
    assert (done.more or {})["counts"]["households"] == 0
    assert members(office, "Ana") == {
        "Ana Xol": ("head", True),
        "Eva Xol": ("daughter", False),
        "Ida Xol": ("other_relative", False),
    }


def test_the_head_may_stand_anywhere_in_the_file(office: Workspace, tmp_path: Path) -> None:
    rows = (("Kid One", "9", "son"), ("Ada One", "9", "sister"), ("Mum One", "9", "head"))
    seen = office.preview_import(table(tmp_path, *rows, headings=("Name", "Household", "Relationship")))
    office.run_import(seen, {one.row: Choice("register") for one in seen.likely})
    assert members(office, "Kid") == {"Mum One": ("head", True), "Ada One": ("sibling", False), "Kid One": ("son", False)}


SIMILAR = [("Name [B]", "Name", "Name"), ("Name", "[C]", ""), ("A", "A", "A [A]", "a [b]"), ("", "", "A")]


@pytest.mark.parametrize("headings", SIMILAR)
def test_every_column_has_a_key_of_its_own(shared: Workspace, tmp_path: Path, headings: tuple[str, ...]) -> None:
    seen = shared.preview_import(table(tmp_path, ("x", "y", "z", "w"), headings=headings))
    keys = [column.key for column in seen.columns]
    assert len(set(keys)) == len(keys) == 4


@pytest.mark.parametrize("first", ["sep=;\r\n", "sep=;\r", "sep=\n", 'sep="\n', "SEP=;", "sep=xyz\r\n"])
def test_the_line_that_names_the_separator_is_no_row(shared: Workspace, tmp_path: Path, first: str) -> None:
    end = "\r" if first.endswith("\r") else "\n"
    path = tmp_path / "said.csv"
    path.write_bytes(end.join((first.strip(), "Name;DOB", "Ana Xol;1990-01-01", "")).encode())
    seen = shared.preview_import(path)
    assert ([column.heading for column in seen.columns], seen.counts["people"]) == (["Name", "DOB"], 1)


def test_one_endless_cell_is_wrong_by_itself(shared: Workspace, tmp_path: Path) -> None:
    seen = shared.preview_import(table(tmp_path, ("Ana", "x" * 300_000), ("Eva", "Xol"), headings=("First name", "Last name")))
    assert codes(seen) == {(2, "too_long")}
    assert seen.counts["people"] == 1
