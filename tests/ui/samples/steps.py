"""Comes to a step of a page of several."""

from __future__ import annotations

from typing import Any


def at_first_run(page: Any, step: int) -> None:
    """Comes to a step of the first run: 0 start, 1 who invites, 2 passphrase, 3 a new organisation, 4 the recovery kit, 5 an
    organisation without a server, 6 with the kit alone, 7 what is to be seen to then."""
    if step in (1, 2):
        page.show_invitation(b"invitation", page.ui.door.read_invitation(b"invitation"))
    if step == 2:
        page._go("passphrase")
        page.laptop.setText("Blue ThinkPad")
        page.first.line.setText("harbor cedar velvet")
    elif step == 3:
        page._go("organisation")
    elif step == 5:
        page._go("organisation")
        page.organisation.alone.setChecked(True)
    elif step == 6:
        page._go("readmission")
    elif step == 7:
        page._go("next")
    elif step == 4:
        page._go("organisation")
        page.show_kit("X88F-QRTG-EK23-F6P2-J6CX-R7TM-4M08")


def at_someone_new(page: Any, step: int) -> None:
    """Comes to a step of someone new with a made-up family."""
    page._fill(
        {
            "texts": {"given": "Marisela", "family": "Tzoc", "phone": "202 555 0148", "preferred": "Mari"},
            "scope": ["services", "share_legal"],
            "birth": "1992-05-04",
            "speaks": "quc",
            "also": "es",
            "language": "quc",
            "needs_interpreter": True,
            "step": step,
            "more": [
                {"relationship": "son", "given": "Mateo", "family": "Tzoc", "birth": "2011-02-11"},
                {"relationship": "daughter", "given": "Lucía", "family": "Tzoc", "birth": "2017-09-30"},
            ],
        }
    )
    if step == 1:
        page.looking.search()
