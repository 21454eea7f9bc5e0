"""A laptop process that handles what must never be readable: `python -m tests.journeys.private PROFILE FOLDER`.

It records, searches, sends and prints (one PDF into FOLDER, because somebody asked for it), says "done", and then waits to
be killed; told to "crash", it fails in a thread and at its end, with all of it in the errors' messages.
"""

from __future__ import annotations

import logging
import sys
import threading
from datetime import date, time
from pathlib import Path

from cmpp_desktop import logs
from cmpp_desktop.domain.cases import CaseOpening
from cmpp_desktop.domain.consent import ConsentGiven
from cmpp_desktop.domain.households import NewPerson, RegisterHousehold
from cmpp_desktop.domain.participants import ChangeContactRoute
from cmpp_desktop.domain.questions import Participant, People
from cmpp_desktop.domain.records import BirthDate, PersonName, When
from cmpp_desktop.domain.sessions import RecordSession, SessionContent
from cmpp_desktop.domain.tasks import WriteNote
from cmpp_desktop.workspace import CaseSummaryRequest
from tests.journeys.office import PASSPHRASE, laptop

TODAY = date(2026, 11, 24)
GIVEN, FAMILY, A_NUMBER, PHONE = "Marisela", "Tzoc-Ajanel", "213440712", "(212) 555-0148"
NARRATIVE = "She asked whether Mateo must speak before the judge in Newbridge."


def main() -> None:
    profile, asked = Path(sys.argv[1]), Path(sys.argv[2])
    logs.start(profile, debug=True)
    logs.guard()
    door = laptop(profile)
    door.unlock(PASSPHRASE)
    mother = NewPerson(
        PersonName(given=GIVEN, family=FAMILY), birth_date=BirthDate(day=date(1992, 2, 17)), a_number=A_NUMBER, phone=PHONE
    )
    person = door.do(RegisterHousehold((mother,), ConsentGiven(), CaseOpening())).id
    assert door.ask(People(TODAY, text="ajan")).rows
    assert door.ask(People(TODAY, text=A_NUMBER)).rows
    route = door.ask(Participant(person)).routes[0].id
    door.do(ChangeContactRoute(route, {"value": "+12125550148"}))
    content = SessionContent(
        services=("legal_orientation_individual",),
        when=When(day=date(2026, 11, 23), at=time(13, 30)),
        minutes=50,
        narrative=NARRATIVE,
    )
    door.do(RecordSession(person, content, submit=True))
    door.do(WriteNote(person, NARRATIVE))
    door.save_draft(f"session:{person}", NARRATIVE.encode(), title=f"{GIVEN} {FAMILY}", participant_id=person, words=9)
    paper = door.paper(CaseSummaryRequest(person))
    door.save_paper(paper, asked / "asked-for.pdf", reason="for the file")
    door._need().store.backup()
    assert door.sync_now().problem is None
    door.do(WriteNote(person, "after the exchange: " + NARRATIVE))
    logging.getLogger("cmpp_desktop.test").warning("a library says %s and %s", PHONE, f"A {A_NUMBER}")
    print("done", flush=True)
    if sys.stdin.readline().strip() == "crash":
        message = f"{GIVEN} {FAMILY}, {A_NUMBER}, {PHONE}: {NARRATIVE}"
        thread = threading.Thread(target=lambda: int(message))
        thread.start()
        thread.join()
        try:
            int(message)
        except ValueError:
            logging.getLogger("cmpp_desktop.test").exception("failed")
        raise RuntimeError(message)


if __name__ == "__main__":
    main()
