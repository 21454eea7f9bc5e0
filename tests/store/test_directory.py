"""The directory of organizations: what publishers write is read, what is wrong is said by row, a newer edition puts it right."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cmpp_desktop.domain.consent import ConsentGiven, RecordConsent
from cmpp_desktop.domain.directory import (
    Counted,
    DirectoriesHeld,
    DirectoryEdition,
    DirectoryOrganization,
    DirectoryPlan,
    DirectorySearch,
    DirectoryService,
    ImportDirectory,
    ReadDirectory,
    directory_id,
)
from cmpp_desktop.domain.hsds import HsdsSchedule
from cmpp_desktop.domain.questions import Today
from cmpp_desktop.domain.referrals import OpenReferrals, Refer, Referrals
from cmpp_desktop.errors import KnownError, NotAllowed
from cmpp_desktop.workspace import hsds
from tests.store.laptops import DAY, ORGANISATION, Laptop, family

Make = Callable[..., Laptop]
SHARED = Path(__file__).parents[3] / "shared" / "data" / "hsds"

ORGANIZATIONS = """id,name,alternate_name,description,email,website
o1,Cedar Street Food Pantry,The Pantry,Food for whoever asks,hello@cedar.example,https://cedar.example
o2,Clínica Birch,,Health,,
"""
SERVICES = """id,organization_id,name,description,status,minimum_age,url
s1,o1,Food boxes,Boxes on Fridays,active,,
s2,o2,Consejería,Counselling in Spanish,active,12,
s3,o2,Dentist,,inactive,0,
"""
LOCATIONS = """id,organization_id,name,latitude,longitude
l1,o1,Church hall,41.5,-81.6
l2,o9,Annex,,
"""
OTHERS = {
    "services_at_location.csv": "id,service_id,location_id\nx1,s1,l1\nx2,s2,l2\n",
    "addresses.csv": "id,location_id,address_1,city,state_province,postal_code\na1,l1,12 Cedar Street,Newbridge,OH,44101\n",
    "phones.csv": 'id,service_id,organization_id,number,extension\np1,s2,,"""+1 216 555 0100""",7\np2,,o1,216-555-0199,\n',
    "languages.csv": "id,service_id,language\ng1,s2,Spanish\n",
    "taxonomy.csv": "id,name\nt1,Food\nt2,Mental health\n",
    "services_taxonomy.csv": "id,service_id,taxonomy_id\nm1,s1,t1\nm2,s2,t2\n",
    "regular_schedules.csv": "id,service_id,weekday,opens_at,closes_at\nr1,s1,Friday,09:00:00,12:00:00\n",
    "service_areas.csv": "id,service_id,service_area\nv1,s2,Cuyahoga County\n",
    "costs.csv": "unknown tables are left alone\n",
    "required_documents.csv": "id,service_id,document\nd1,s1,None\n",
}


def folder(place: Path, **changed: str | bytes) -> Path:
    """A made-up directory in HSDS 2's tables, in a folder; `services="…"` puts another table in place of one."""
    place.mkdir(exist_ok=True)
    tables: dict[str, str | bytes] = {
        "organizations.csv": ORGANIZATIONS, "services.csv": SERVICES, "locations.csv": LOCATIONS, **OTHERS
    }  # fmt: skip
    tables |= {f"{name}.csv": text for name, text in changed.items()}
    for name, text in tables.items():
        (place / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return place


def bring(laptop: Laptop, path: Path, source: str = "") -> DirectoryPlan:
    plan: DirectoryPlan = (laptop.do(ImportDirectory(hsds.read(path), source)).more or {})["plan"]
    return plan


def counts(plan: DirectoryPlan) -> tuple[Counted, ...]:
    return plan.organizations, plan.locations, plan.services


@pytest.fixture
def denise(a_laptop: Make) -> Laptop:
    return a_laptop(role="supervisor")


def test_a_folder_of_tables_becomes_services_that_are_found(denise: Laptop, tmp_path: Path) -> None:
    read = hsds.read(folder(tmp_path / "d"))
    assert (read.problems, read.whole) == ((), True)
    plan = bring(denise, tmp_path / "d")
    assert counts(plan) == (Counted(2), Counted(2), Counted(3))
    answer = denise.ask(DirectorySearch())
    assert [row.name for row in answer.rows] == ["Consejería", "Food boxes"]
    assert (answer.types, answer.towns) == (("Food", "Mental health"), ("Newbridge",))
    box = answer.rows[1]
    assert (box.organization, box.place, box.phone) == (
        "Cedar Street Food Pantry", "12 Cedar Street, Newbridge, OH 44101", "216-555-0199",
    )  # fmt: skip
    found = {"consejeria": ["Consejería"], "PANTRY boxes": ["Food boxes"], "food": ["Food boxes"], "zzz": []}
    for text, names in found.items():
        assert [row.name for row in denise.ask(DirectorySearch(text)).rows] == names, text
    assert [row.name for row in denise.ask(DirectorySearch(language="es")).rows] == ["Consejería"]
    assert [row.name for row in denise.ask(DirectorySearch(type="Food")).rows] == ["Food boxes"]
    assert [row.name for row in denise.ask(DirectorySearch(place="newbridge 44101")).rows] == ["Food boxes"]
    assert [row.name for row in denise.ask(DirectorySearch(place="cuyahoga")).rows] == ["Consejería"]
    assert [row.name for row in denise.ask(DirectorySearch("dentist", inactive=True)).rows] == ["Dentist"]
    view = denise.ask(DirectoryService(directory_id("hsds_service", "", "s1")))
    assert view.organization is not None
    hours = HsdsSchedule(days=["FR"], opens_at="09:00", closes_at="12:00")
    assert (view.service.fields.schedules, view.locations[0].fields.name) == ([hours], "Church hall")
    assert (view.service.fields.required_documents, view.service.fields.read_on) == (["None"], DAY)


def test_a_newer_edition_changes_what_changed_and_keeps_what_a_referral_names(denise: Laptop, tmp_path: Path) -> None:
    bring(denise, folder(tmp_path / "d"))
    person = denise.do(family()).id
    denise.do(RecordConsent(person, ConsentGiven(("share_social",), "the pantry", "food")))
    referral = denise.do(Refer(person, service_id=directory_id("hsds_service", "", "s1"))).id
    again = bring(denise, tmp_path / "d")
    assert counts(again) == (Counted(same=2), Counted(same=2), Counted(same=3))
    outbox = len(denise.store.replica().outbox())
    newer = SERVICES.replace("Counselling in Spanish", "Counselling").replace("s1,o1,Food boxes,Boxes on Fridays,active,,\n", "")
    folder(tmp_path / "d", services=newer + "s4,o1,Soup,,active,,\n")
    ahead = denise.ask(DirectoryEdition(hsds.read(tmp_path / "d")))
    assert ahead.services == Counted(new=1, changed=1, same=1, gone=1)
    assert len(denise.store.replica().outbox()) == outbox  # looking changes nothing
    assert bring(denise, tmp_path / "d").services == ahead.services
    assert [row.name for row in denise.ask(DirectorySearch()).rows] == ["Consejería", "Soup"]
    (row,) = denise.ask(Referrals(person, DAY))
    assert (row.id, row.to_name, row.service) == (referral, "Cedar Street Food Pantry", "Food boxes")
    back = bring(denise, folder(tmp_path / "d"))  # and it comes back with the next edition
    assert (back.services.changed, back.services.gone) == (2, 1)
    assert "Food boxes" in [row.name for row in denise.ask(DirectorySearch()).rows]


def test_two_laptops_that_read_the_same_file_have_one_directory(a_laptop: Make, tmp_path: Path) -> None:
    ana, leon = a_laptop(1, role="supervisor"), a_laptop(2, role="supervisor")
    path = folder(tmp_path / "d")
    bring(ana, path)
    bring(leon, path)
    leon.receive(ana)
    assert denumbered(leon) == denumbered(ana)
    assert leon.store.replica().conflict_count(leon.ms) == 0


def denumbered(laptop: Laptop) -> list[tuple[Any, str]]:
    return [(row.service_id, row.name) for row in laptop.ask(DirectorySearch(inactive=True)).rows]


def test_two_directories_stand_side_by_side(denise: Laptop, tmp_path: Path) -> None:
    bring(denise, folder(tmp_path / "d"), "county")
    plan = bring(denise, tmp_path / "d", "city")
    assert plan.services == Counted(3)
    assert len(denise.ask(DirectorySearch()).rows) == 4
    held = denise.ask(DirectoriesHeld())
    said = [(one.source, one.services, one.organizations, one.read_on) for one in held]
    assert said == [("city", 2, 2, DAY), ("county", 2, 2, DAY)]


def test_an_organization_is_found_by_its_name_with_what_it_offers(denise: Laptop, tmp_path: Path) -> None:
    bring(denise, folder(tmp_path / "d", organizations=ORGANIZATIONS + "o3,Elm Library,,Books and a warm room,,\n"))
    answer = denise.ask(DirectorySearch("pantry"))
    assert [(one.name, one.services) for one in answer.organizations] == [("Cedar Street Food Pantry", 1)]
    view = denise.ask(DirectoryOrganization(answer.organizations[0].organization_id))
    assert [name for _, name, _ in view.services] == ["Food boxes"]
    assert [one.fields.name for one in view.locations] == ["Church hall"]
    assert [one.name for one in denise.ask(DirectorySearch("warm")).organizations] == ["Elm Library"]  # it offers no service
    assert denise.ask(DirectorySearch("pantry", type="Food")).organizations == ()
    folder(tmp_path / "d", organizations=ORGANIZATIONS)
    bring(denise, tmp_path / "d")
    assert denise.ask(DirectorySearch("warm")).organizations == ()
    assert [one.name for one in denise.ask(DirectorySearch("warm", inactive=True)).organizations] == ["Elm Library"]


@pytest.mark.parametrize("typed", ["newbridge", "44101 food", "espanol", "spanish consejeria", "moloko"])
def test_any_word_of_place_or_language_finds_it_in_any_script(denise: Laptop, tmp_path: Path, typed: str) -> None:
    services = SERVICES.replace("Boxes on Fridays", "Молоко и хлеб")
    bring(denise, folder(tmp_path / "d", services=services, languages="id,service_id,language,code\ng1,s2,,es\n"))
    assert denise.ask(DirectorySearch(typed)).matching == 1


def test_a_change_is_found_at_once_though_rows_are_remembered(denise: Laptop, tmp_path: Path) -> None:
    bring(denise, folder(tmp_path / "d"))
    assert denise.ask(DirectorySearch("fridays")).matching == 1
    bring(denise, folder(tmp_path / "d", services=SERVICES.replace("Fridays", "Mondays")))
    assert (denise.ask(DirectorySearch("fridays")).matching, denise.ask(DirectorySearch("mondays")).matching) == (0, 1)


HOURS = """id,service_id,weekday,byday,bymonthday,opens_at,closes_at,closed,description
r1,s1,Friday,,,09:00:00,12:00:00,,
r2,s1,,"MO,1TU,-1FR",,9am,,,
r3,s1,every second Thursday,,,,,,
r4,s1,,,"1,15",,,,
r5,s1,sat,,,,,true,Christmas
r6,s1,Friday,,,09:00:00,12:00:00,,
"""


def test_hours_keep_their_days_and_what_is_no_day_stays_in_words(denise: Laptop, tmp_path: Path) -> None:
    bring(denise, folder(tmp_path / "d", regular_schedules=HOURS, contacts="id,service_id,name\nc1,s1,Ann\n"))
    fields = denise.ask(DirectoryService(directory_id("hsds_service", "", "s1"))).service.fields
    assert fields.schedules == [
        HsdsSchedule(days=["FR"], opens_at="09:00", closes_at="12:00"),
        HsdsSchedule(days=["MO", "1TU", "-1FR"], opens_at="9am"),
        HsdsSchedule(description="every second Thursday"),
        HsdsSchedule(description="1,15"),
        HsdsSchedule(days=["SA"], closed=True, description="Christmas"),
    ]
    assert [one.name for one in fields.contacts] == ["Ann"]


def test_a_day_that_is_none_is_said_and_the_service_is_taken(tmp_path: Path) -> None:
    services = "id,organization_id,name,assured_date,last_modified\ns1,o1,Food,soon,2026-03-15T10:30:45.123Z\n"
    written = "id,resource_id,resource_type,last_action_date\nm1,s2,,2025-04-30\nm2,s2,,2026-05-31\nm3,s2,,?\n"
    services += "s2,o1,Soup,,\n"
    read = hsds.read(folder(tmp_path / "d", services=services, metadata=written))
    assert read.services[1].values["updated_on"] == date(2026, 5, 31)
    assert [(one.row, one.column, one.reason, one.left_out) for one in read.problems if one.file == "services.csv"] == [
        (2, "assured_date", "not_valid", False)
    ]
    assert (read.services[0].values["assured_on"], read.services[0].values["updated_on"]) == (None, date(2026, 3, 15))


def test_what_is_wrong_is_said_by_row_and_column(tmp_path: Path) -> None:
    services = (
        "id,organization_id,name,minimum_age\n"
        "s1,o1,Food boxes,twelve\n"
        ",o1,No id,\n"
        "s2,o1,,\n"
        "s3,nobody,Lost,\n"
        "s1,o1,Twice,\n"
        f"s4,o2,{'Long ' * 80},\n"
        "s5,o2,Too,1,2,3\n"
        "\n"
        "s6,o2,Good,\n"
    )
    read = hsds.read(folder(tmp_path / "d", services=services, services_at_location="id,service_id,location_id\nx,s6,nowhere\n"))
    said = [(item.file, item.row, item.column, item.reason, item.left_out) for item in read.problems]
    assert sorted(said) == [
        ("services.csv", 2, "minimum_age", "not_valid", False),
        ("services.csv", 3, "id", "missing", True),
        ("services.csv", 4, "name", "missing", True),
        ("services.csv", 5, "organization_id", "unknown_reference", True),
        ("services.csv", 6, "id", "twice", True),
        ("services.csv", 7, "name", "shortened", False),
        ("services.csv", 8, "", "too_many_cells", True),
        ("services_at_location.csv", 2, "location_id", "unknown_reference", False),
    ]
    assert [item.hsds_id for item in read.services] == ["s1", "s4", "s6"]
    assert read.left_out == 5


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_files_of_any_spreadsheet_are_read(tmp_path: Path, encoding: str, separator: str) -> None:
    text = ORGANIZATIONS.replace(",", separator).replace("\n", "\r\n").encode(encoding)
    read = hsds.read(folder(tmp_path / "d", organizations=text))
    assert [item.values["name"] for item in read.organizations] == ["Cedar Street Food Pantry", "Clínica Birch"]


NESTED = {
    "id": "o1", "name": "Cedar Street Food Pantry", "website": "https://cedar.example",
    "services": [
        {
            "id": "s1", "name": "Food boxes", "status": "active",
            "attributes": [{"id": "x", "taxonomy_term": {"id": "t1", "name": "Food"}}, {"id": "y", "taxonomy_term": None}],
            "languages": [{"id": "g", "code": "ES", "name": "Spanish"}],
            "service_at_locations": [
                {"id": "l", "location": {"id": "l1", "name": "Hall", "addresses": [{"id": "a", "city": "Newbridge"}]}}
            ],
            "phones": [{"number": 2165550100}], "schedules": None, "metadata": [{"id": "?"}],
        }
    ],
    "locations": [{"id": "l1", "name": "Hall", "latitude": 41.5}],
}  # fmt: skip


@pytest.mark.parametrize(
    ("document", "whole"),
    [
        ([NESTED], True), ({"organizations": [NESTED]}, True), (NESTED, False),
        ({"total_pages": 1, "contents": [NESTED]}, True), ({"total_pages": 4, "contents": [NESTED]}, False),
    ],
)  # fmt: skip
def test_documents_are_read_however_they_are_nested(denise: Laptop, tmp_path: Path, document: Any, whole: bool) -> None:
    path = tmp_path / "directory.json"
    path.write_text(json.dumps(document))
    read = hsds.read(path)
    assert (read.problems, read.whole) == ((), whole)
    bring(denise, path)
    (row,) = denise.ask(DirectorySearch(place="Newbridge", language="es")).rows
    assert (row.name, row.organization, row.types, row.phone) == (
        "Food boxes", "Cedar Street Food Pantry", ("Food",), "2165550100"
    )  # fmt: skip


def test_one_page_of_an_answer_takes_nothing_else_away(denise: Laptop, tmp_path: Path) -> None:
    bring(denise, folder(tmp_path / "d"))
    page = tmp_path / "page.json"
    page.write_text(json.dumps({"total_pages": 9, "contents": [NESTED]}))
    plan = bring(denise, page)
    assert (plan.whole, plan.services.gone, plan.organizations.gone) == (False, 0, 0)


def test_a_zip_is_read_and_one_that_unpacks_without_end_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, place = tmp_path / "d.zip", folder(tmp_path / "d")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in place.iterdir():
            archive.write(file, f"hsds/{file.name}")
    assert hsds.read(path) == hsds.read(place)
    monkeypatch.setattr(hsds, "LARGEST", 500)
    with pytest.raises(KnownError, match="file_too_big"):
        hsds.read(path)
    monkeypatch.setattr(hsds, "MOST_ROWS", 3)
    monkeypatch.setattr(hsds, "LARGEST", 1_000_000)
    with pytest.raises(KnownError, match="file_too_big"):
        hsds.read(place)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(st.binary(max_size=300), st.text(max_size=300).map(str.encode)),
    st.sampled_from(["x.json", "services.csv", "x.zip", "x"]),
)
def test_whatever_a_file_holds_it_is_read_or_refused(tmp_path: Path, data: bytes, name: str) -> None:
    place = folder(tmp_path / "d") if name == "services.csv" else tmp_path
    (place / name).write_bytes(data)
    read = read_or_refused(place if name == "services.csv" else place / name)
    assert all(item.hsds_id and item.values["name"] for item in (*read.services, *read.organizations))


def read_or_refused(path: Path) -> ReadDirectory:
    """What is in it; nothing, when it was refused as unreadable. Whatever else is raised is a mistake of ours."""
    try:
        return hsds.read(path)
    except KnownError as refused:
        if refused.code != "file_unreadable":
            raise
        return ReadDirectory((), (), ())


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=20)),
    lambda inside: st.one_of(
        st.lists(inside, max_size=4),
        st.dictionaries(st.sampled_from(["id", "name", *hsds.NAMES, "contents", "organization_id"]), inside, max_size=5),
    ),
    max_leaves=30,
)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(JSON)
def test_a_document_of_any_shape_breaks_nothing(tmp_path: Path, document: Any) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps(document))
    read = read_or_refused(path)
    assert all(item.organization in {one.hsds_id for one in read.organizations} for item in read.services)


def test_a_caseworker_reads_the_directory_and_does_not_import_it(a_laptop: Make, tmp_path: Path) -> None:
    ana = a_laptop()
    with pytest.raises(NotAllowed):
        bring(ana, folder(tmp_path / "d"))
    assert ana.ask(DirectorySearch()).rows == ()


def test_it_can_be_stopped_and_then_nothing_came_in(denise: Laptop, tmp_path: Path) -> None:
    many = "id,organization_id,name\n" + "".join(f"s{n},o1,Service {n},\n".rstrip(",\n") + "\n" for n in range(120))
    read = hsds.read(folder(tmp_path / "d", services=many))
    heard: list[tuple[int, int]] = []

    def tick(done: int, of: int) -> None:
        heard.append((done, of))
        if done >= 100:
            raise KnownError("import_cancelled")

    with pytest.raises(KnownError, match="import_cancelled"):
        denise.do(ImportDirectory(read, tick=tick))
    assert heard == [(0, 124), (50, 124), (100, 124)]
    assert denise.ask(DirectorySearch()).rows == ()


def test_a_large_directory_travels_in_parts_and_comes_as_one(a_laptop: Make, tmp_path: Path) -> None:
    ana, leon = a_laptop(1, role="supervisor"), a_laptop(2)
    many = "id,organization_id,name\n" + "".join(f"s{n},o1,Service {n}\n" for n in range(120))
    bring(ana, folder(tmp_path / "d", services=many))
    sizes = [len({write.id for write in item.writes}) for item in ana.store.replica().outbox(ORGANISATION)]
    assert sizes == [50, 50, 24]  # a change set is never split, and a bundle has a limit (rule 40)
    leon.receive(ana)
    assert leon.ask(DirectorySearch()).matching == 120


def test_an_overdue_referral_is_on_today_until_somebody_asked(denise: Laptop, tmp_path: Path) -> None:
    bring(denise, folder(tmp_path / "d"))
    person = denise.do(family()).id
    denise.do(RecordConsent(person, ConsentGiven(("share_social",), "Cedar Street Food Pantry", "food")))
    late = denise.do(Refer(person, service_id=directory_id("hsds_service", "", "s1"), follow_up_on=DAY.replace(day=20))).id
    denise.do(Refer(person, service_id=directory_id("hsds_service", "", "s1"), follow_up_on=DAY.replace(day=26)))
    answer = denise.ask(Today(DAY))
    assert [(item.kind, item.id, item.title) for item in answer.overdue] == [("referral", late, "Cedar Street Food Pantry")]
    assert [item.kind for item in answer.week] == ["referral"]
    assert [(row.id, row.late_days) for row in denise.ask(OpenReferrals(DAY))[:1]] == [(late, 4)]


needs_shared = pytest.mark.skipif(not SHARED.exists(), reason="the public HSDS examples are not beside the repository")


@needs_shared
@pytest.mark.parametrize("name", ["service_full.json", "csv"])
def test_the_examples_of_the_specification_are_read(denise: Laptop, name: str) -> None:
    read = hsds.read(SHARED / name)
    assert read.problems == ()
    bring(denise, SHARED / name)
    (row,) = denise.ask(DirectorySearch("counselling", language="ur", place="MyCity")).rows
    assert (row.organization, row.place, row.phone) == (
        "Example Organization Inc.", "1-30 Main Street, MyVillage, MyCity, MyState ABC 1234", "+44 1234 234567"
    )  # fmt: skip
    fields = denise.ask(DirectoryService(row.service_id)).service.fields
    (cost,) = fields.costs
    assert (cost.option, cost.amount, cost.currency, cost.valid_to) == ("Under 18s and Over 60s", "35", "GBP", "2022-12-31")
    (hours,) = fields.schedules
    assert (hours.days, hours.opens_at, hours.closes_at) == (["TH", "FR"], "10:00", "18:00")
    (contact,) = fields.contacts
    assert (contact.name, contact.department, contact.phones[0].number) == ("Ann Persona", "Reception", "+44 1234 234567")
    assert (fields.minimum_age, fields.assured_on, fields.updated_on) == (12, date(2005, 1, 1), date(2023, 3, 15))


@needs_shared
def test_both_forms_of_the_example_are_one_directory(denise: Laptop) -> None:
    bring(denise, SHARED / "csv")
    plan = bring(denise, SHARED / "service_full.json")
    assert [part.new for part in counts(plan)] == [0, 0, 0]
