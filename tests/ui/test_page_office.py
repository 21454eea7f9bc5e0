"""Awards, sites and codes in Settings; time and help with their totals; what is offered in forms because of them."""

from __future__ import annotations

from datetime import date

import pytest
from PySide6.QtCore import Qt

from cmpp_desktop.domain.assistance import ApproveEntries, RecordStaffTime, RefuseEntry
from cmpp_desktop.domain.entries import AddRecord, OneRecord, Records
from cmpp_desktop.domain.ledgers import Ledger, LedgerTotals
from cmpp_desktop.ui.pages.forms_of_office import code_of, lists_to_change
from cmpp_desktop.ui.pages.ledger import amount_words, month_of
from cmpp_desktop.words import OwnCode, load
from tests.ui import samples
from tests.ui.page_desk import Desk, desk, nameless
from tests.ui.samples import office

pytestmark = pytest.mark.usefixtures("qapp")


def furnished(at: Desk) -> None:
    at.door.answers |= {
        Records: lambda asked: office.own_records(asked.kind),
        OneRecord: lambda asked: next(item for item in office.own_records(asked.kind) if item.id == asked.record_id),
        Ledger: office.ledger,
        LedgerTotals: office.totals,
    }


def test_an_administrator_adds_a_code_and_everybody_is_offered_it() -> None:
    with desk(role="administrator") as at:
        furnished(at)
        page = at.open("settings", part="lists")
        assert nameless(page) == []
        titles = [row.title for row in page.lists.rows["award"].model().rows]
        assert titles == [f"{office.AWARD}, Case management, north"] or titles == [office.AWARD]
        page.lists.add_code.click()
        at.settle()
        form = at.page
        form.inputs["names"].show({"en": "Bus training", "es": "Uso del autobús"})
        form.save.click()
        at.settle()
        assert at.door.done[-1] == AddRecord(
            "code_entry",
            {"list_id": "service", "names": {"en": "Bus training", "es": "Uso del autobús"}, "since": None, "retired_on": None,
             "code": "bus_training"},
        )  # fmt: skip
    own = OwnCode("service", "bus_training", {"en": "Bus training", "es": "Uso del autobús"})
    words = load("es").with_own([own], date(2026, 11, 24))
    assert words.code("service", "bus_training") == "Uso del autobús"


def test_one_of_the_programs_codes_is_retired_and_undo_takes_it_back() -> None:
    with desk(role="administrator") as at:
        furnished(at)
        page = at.open("settings", part="lists")
        page.lists.codes.choose("transport")
        line = page.lists.codes.current_row() or page.lists.codes.model().rows[0]
        page.lists._open_code(line)
        at.settle()
        done = at.door.done[-1]
        assert isinstance(done, AddRecord)
        assert (done.kind, done.values["code"], done.values["retired_on"]) == ("code_entry", line.id, samples.TODAY)
        assert at.said[-1][0].startswith("Retired")


def test_a_caseworker_reads_the_lists_and_changes_nothing() -> None:
    with desk() as at:
        furnished(at)
        page = at.open("settings", part="lists")
        assert not page.lists.add_code.isVisible()
        page.lists._open_code(page.lists.codes.model().rows[0])
        at.settle()
        assert at.door.done == []


def test_a_supervisor_approves_what_waits_with_one_key_but_not_her_own() -> None:
    with desk(role="supervisor") as at:
        furnished(at)
        page = at.open("ledger")
        assert nameless(page) == []
        rows = page.rows.model().rows
        assert [row.badge.text for row in rows] == ["Waits", "Waits", "Approved"]
        page.rows.choose(rows[0].id)
        page.rows.setFocus()
        at.press(Qt.Key.Key_A)
        assert at.door.done == [ApproveEntries("staff_time", (rows[0].id,))]
        page.rows.choose(rows[1].id)
        at.press(Qt.Key.Key_A)
        assert len(at.door.done) == 1
        page.approve_all.click()
        at.settle()
        assert at.door.done[-1] == ApproveEntries("staff_time", (rows[0].id,))


def test_time_is_refused_with_a_reason_and_ones_own_is_written_down() -> None:
    with desk(role="supervisor") as at:
        furnished(at)
        page = at.open("ledger")
        page._open(page.rows.model().rows[0])
        at.settle()
        form = at.page
        form.inputs["decision"].show("refuse")
        form.inputs["note"].show("The session was not held.")
        form.save.click()
        at.settle()
        assert at.door.done[-1] == RefuseEntry("staff_time", samples.uid(701), "The session was not held.")
        at.open("ledger")._add()
        at.settle()
        at.page.inputs["minutes"].show(50)
        at.page.save.click()
        at.settle()
        made = at.door.done[-1]
        assert isinstance(made, RecordStaffTime)
        assert (made.minutes, made.day, made.activity) == (50, samples.TODAY, "case_management")


def test_amounts_months_and_names_of_codes() -> None:
    words = load("en")
    assert [amount_words(n, "min", words) for n in (150, 45, -30)] == ["2 h 30 min", "45 min", "−30 min"]  # type: ignore[arg-type]  # whole minutes
    assert month_of(date(2028, 2, 10)) == (date(2028, 2, 1), date(2028, 2, 29))
    assert (code_of("Bus training!"), code_of("Clínica de Salud")) == ("bus_training", "clinica_de_salud")
    assert code_of("語").startswith("own_")
    assert "case_state" not in dict(lists_to_change(words))
