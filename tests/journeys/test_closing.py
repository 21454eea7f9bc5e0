"""A lost laptop is closed in the administrator’s window, and the other locks itself and says why: real programs and keys."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from cmpp_desktop.domain.cases import CaseOpening
from cmpp_desktop.domain.consent import ConsentGiven
from cmpp_desktop.domain.households import NewPerson, RegisterHousehold
from cmpp_desktop.domain.questions import People
from cmpp_desktop.domain.records import PersonName
from tests.driver import Laptop
from tests.journeys.office import PASSPHRASE, laptop, pair_in

TODAY = date(2026, 11, 28)


def unlock(running: Laptop) -> None:
    running.see("Passphrase", "Unlock")
    running.type(PASSPHRASE)
    running.press("Return")
    running.see("Today", "Everyone’s", seconds=40)


def command(running: Laptop, text: str, wanted: str) -> None:
    """Ctrl+K, what is looked for, Enter on the first line of the answer."""
    running.press("Ctrl+K")
    running.type(text)
    running.see(wanted)
    running.press("Return")
    running.see(gone=("only actions",))


def test_a_closed_laptop_locks_itself_and_opens_only_with_the_kit(prepared: tuple[Path, int], tmp_path: Path) -> None:
    with pair_in(tmp_path, *prepared) as pair, pair.server:
        kit = pair.denise.administration().new_recovery_kit()
        pair.ana.sync_now()
        pair.ana.lock()
        pair.ana.unlock(PASSPHRASE)  # takes the new kit
        pair.sync_both()
        person = NewPerson(PersonName(given="Rosa", family="Unsent"))
        pair.ana.do(RegisterHousehold((person,), ConsentGiven(), CaseOpening()))
        pair.ana.close()
        pair.denise.close()
        with Laptop(tmp_path / "denise", "--sync-seconds", "1") as denise:
            unlock(denise)
            close_in_the_window(denise)
        with Laptop(tmp_path / "ana", "--sync-seconds", "1") as ana:
            unlock(ana)
            ana.see("This laptop was closed", "What was not sent yet stays here, sealed.", "Call your administrator")
            assert "Unsent" not in ana.words()
        with Laptop(tmp_path / "ana", "--sync-seconds", "1") as ana:
            ana.see("This laptop was closed", gone=("Unlock",))
            ana.press("Alt+K")
            ana.see("Open this laptop without the passphrase")
            ana.tab_to("Over the telephone", back=True)
            ana.press("Down")
            ana.fill("The code on the kit", kit)
            ana.press("Return")
            ana.see("It is open this once, by the recovery kit.", "Today", seconds=40)
            command(ana, "unsent", "Rosa")
            ana.see("Rosa Unsent", "It is open this once, by the recovery kit.")
            ana.press("Ctrl+Shift+L")
            ana.see("This laptop was closed")
        held = laptop(tmp_path / "denise")
        try:
            held.unlock(PASSPHRASE)
            assert held.sync_now().problem is None
            assert held.ask(People(TODAY)).rows == ()  # what was not sent reached nobody
        finally:
            held.close()


def close_in_the_window(denise: Laptop) -> None:
    """Settings, Laptops, Ana's row, X; then what is said."""
    denise.press("Ctrl+K")
    denise.type("settings")
    denise.see("Settings")
    denise.press("Return")
    denise.see("People and rights", gone=("only actions",))
    denise.tab_to("Settings")
    denise.press("Home", "Down", "Down", "Down")
    denise.see("Blue ThinkPad", "In use")
    denise.tab_to("Laptops")
    denise.press("Home")
    for _ in range(4):
        if "Blue ThinkPad" in " ".join(denise.current_rows()):
            break
        denise.press("Down")
    denise.press("X")
    denise.see("Close “", "stays on it, for the recovery kit")
    denise.press("Alt+C")
    denise.see("It is closed", "opens nothing that is written from now on")
    denise.press("Return")
