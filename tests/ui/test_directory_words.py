"""What publishers write of hours, costs and people to ask for, in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from cmpp_desktop.domain.directory import Counted, DirectoryPlan, DirectoryService, Problem
from cmpp_desktop.domain.hsds import HsdsContact, HsdsCost, HsdsPhone, HsdsSchedule
from cmpp_desktop.ui.pages import directory_import_words as bringing
from cmpp_desktop.ui.pages.directory_words import ages, contact_line, cost_line, hours_line, service_facts, warning
from cmpp_desktop.words import load
from tests.ui.samples import TODAY, offices

EN, ES = load("en"), load("es")


def plain(text: str) -> str:
    return text.replace("\u2068", "").replace("\u2069", "").replace("\u202f", " ").replace("\xa0", " ")


def test_hours_are_said_as_people_say_them() -> None:
    week = HsdsSchedule(days=["TH", "FR"], opens_at="10:00", closes_at="18:00", description="Not on holidays.")
    assert plain(hours_line(week, EN)) == "Thu, Fri 10:00 am–6:00 pm. Not on holidays"
    assert plain(hours_line(week, ES)).startswith("jue, vie ")
    assert plain(hours_line(HsdsSchedule(days=["-1FR"], closed=True), EN)) == "last Fri of the month closed"
    assert plain(hours_line(HsdsSchedule(days=["1MO"]), EN)) == "Mon number 1 of the month"
    assert hours_line(HsdsSchedule(opens_at="noon", description="by appointment"), EN) == "noon. by appointment"


def test_a_price_that_has_run_out_says_so() -> None:
    cost = HsdsCost(option="Under 18", amount="35", currency="GBP", amount_description="per hour", valid_to="2022-12-31")
    assert "Under 18: 35 GBP per hour (until " in cost_line(cost, EN, TODAY)
    assert cost_line(cost, EN, date(2022, 1, 1)) == "Under 18: 35 GBP per hour"


@pytest.mark.parametrize(
    ("least", "most", "said"),
    [(12, 100, "From 12 years old"), (0, 17, "Up to 17 years old"), (6, 17, "From 6 to 17 years old"), (None, None, "")],
)
def test_ages_leave_out_what_says_nothing(least: int | None, most: int | None, said: str) -> None:
    assert ages(least, most, EN) == said


def test_whom_to_ask_for_is_said_once_with_the_way_to_them() -> None:
    contact = HsdsContact(name="Ann", title="Reception", department="Reception", phones=[HsdsPhone(number="555", extension="7")])
    assert plain(contact_line(contact)) == "Ann, Reception, 555 x7"


def test_everything_a_publisher_said_is_in_front_of_whoever_refers() -> None:
    view = offices.service(DirectoryService(offices.COUNSELLING))
    said = plain("\n".join(line for fact in service_facts(view, EN, TODAY) for line in fact.lines))
    for part in (
        "with or without papers", "From 12 years old", "K’iche’", "216-555-0110 x7", "212 Birch Street", "Bus 4", "Wheelchairs",
        "Mon, Tue, Thu 9:00 am–5:00 pm", "Under 18: 0 USD", "Ring the reception", "Any paper", "Two weeks", "Ann Persona",
        "Cuyahoga County", "birch.example/talk", "County 211", "1 June 2026",
    ):  # fmt: skip
        assert part in said, part
    assert warning(view, EN, TODAY) == ("", "")


def test_nobody_is_sent_where_it_is_closed_without_a_warning() -> None:
    view = offices.service(DirectoryService(offices.FOOD))
    assert "more than a year" in warning(view, EN, TODAY)[0]
    closed = view.service.fields.model_copy(update={"status": "inactive"})
    gone = replace(view, service=replace(view.service, fields=closed))
    assert "Closed" in warning(gone, EN, TODAY)[0]


def test_every_mistake_of_a_file_has_its_words_and_what_to_do() -> None:
    reasons = ("missing", "twice", "unknown_reference", "not_valid", "too_long", "shortened", "bad_row", "too_many_cells")
    said = {bringing.reason(Problem("services.csv", 2, "name", one), EN) for one in reasons}
    assert len(said) == len(reasons)
    rows = bringing.problem_rows([Problem("a.csv", 9, "age", "not_valid", False), Problem("b.csv", 2, "id", "missing")], EN, 1)
    assert plain(rows[0].title) == "b.csv · row 2 · id"  # what is left out comes first
    assert rows[1].title == "1 more"


def test_another_directory_under_the_same_name_is_asked_about() -> None:
    def plan(same: int, gone: int) -> DirectoryPlan:
        return DirectoryPlan(Counted(), Counted(), Counted(new=90, same=same, gone=gone), (), 0, True)

    assert bringing.much_goes(plan(10, 80), EN)[0].startswith("80 services")
    assert bringing.much_goes(plan(80, 10), EN) == ("", "")
    assert bringing.much_goes(plan(0, 3), EN) == ("", "")
    assert bringing.counted(Counted(), EN) == "None"
