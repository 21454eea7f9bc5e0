"""The story of one visit, told to the real program with real keystrokes: two laptops, a server, each its own process.

`tell(folder)` does it and leaves numbered pictures, the three PDFs and `demo.json` in the folder. `make run` tells it where there
is no display, and a journey test tells it on PostgreSQL. A step that fails ends the story with a picture of what stood there.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

from cmpp_desktop.domain.questions import Organisation
from cmpp_desktop.workspace import Founding
from tests.driver import Laptop, NotSeen
from tests.journeys.office import laptop
from tests.journeys.server import ServerProcess

PASSPHRASE = "lantern quarry juniper ferry 47"
FAMILY_NAME, A_NUMBER, PHONE = "Tzoc Ajanel", "213440712", "(212) 555-0148"
NARRATIVE = "She asked whether Mateo must speak. I said that the court provides an interpreter."
COMMENT = "Please add what she should bring."
ADDED = " She brings the notice and her card."
PAPERS = ("case-summary.pdf", "session-note.pdf", "screening.pdf")


@dataclass(frozen=True)
class Told:
    """One step as `demo.json` holds it."""

    step: str
    ok: bool
    seconds: float


class Story:
    """The places and people of the story, and what was told so far."""

    def __init__(self, folder: Path, database: str = "", say: Callable[[str], None] = print) -> None:
        self.folder, self.say = folder, say
        (folder / "data").mkdir(mode=0o700, parents=True, exist_ok=True)
        database = database or f"sqlite:///{folder / 'data' / 'server.db'}"
        self.server = ServerProcess(database, folder / "data" / "server.log", anew=True)
        self.told: list[Told] = []
        self.pictures = 0
        self.open = ExitStack()
        self.ana: Laptop | None = None
        self.denise: Laptop | None = None

    # --- telling ----------------------------------------------------------------------------------------------------------

    def tell(self) -> bool:
        """All steps in order. Returns whether every one was ok."""
        try:
            for title, step in self.steps():
                if not self._step(title, step):
                    break
        finally:
            self._end()
        self._write()
        return len(self.told) == len(self.steps()) and all(step.ok for step in self.told)

    def _step(self, title: str, step: Callable[[], None]) -> bool:
        began = time.perf_counter()
        try:
            step()
        except Exception as error:  # whatever it was, the story ends here and says where
            self.told.append(Told(title, False, round(time.perf_counter() - began, 2)))
            self.say(f"FAILED  {title}: {error}")
            self._pictures_of_failure()
            return False
        self.told.append(Told(title, True, round(time.perf_counter() - began, 2)))
        self.say(f"ok      {title} ({self.told[-1].seconds} s)")
        self._write()
        return True

    def _end(self) -> None:
        self.open.close()
        for one in (self.ana, self.denise):
            if one is not None:
                one.close()
        self.server.stop()

    def _write(self) -> None:
        (self.folder / "demo.json").write_text(json.dumps([asdict(step) for step in self.told], indent=1))

    def _pictures_of_failure(self) -> None:
        for name, one in (("caseworker", self.ana), ("supervisor", self.denise)):
            try:
                if one is not None:
                    one.shot(self.folder / f"failed-{name}.png")
            except Exception as error:
                self.say(f"        no picture of the {name}'s window: {type(error).__name__}")

    def picture(self, one: Laptop, name: str) -> None:
        """The next numbered picture."""
        self.pictures += 1
        one.shot(self.folder / f"{self.pictures:02d}-{name}.png")

    def steps(self) -> list[tuple[str, Callable[[], None]]]:
        """The story, in order."""
        return [
            ("an administrator founds the organisation and writes two invitations", self.founding),
            ("the supervisor joins on her laptop", self.supervisor_joins),
            ("offline, the caseworker opens the program and joins with the invitation file", self.caseworker_joins),
            ("consent, a mother and two children as a household, their cases", self.register),
            ("the next hearing and an ICE check-in", self.obligations),
            ("an interview begins, is paused, and the program is killed", self.interview_begins),
            ("everything up to the last answer is there; it is finished and signed", self.interview_ends),
            ("a legal-orientation session with a narrative", self.session),
            ("the corner says what waits to be sent", self.waiting),
            ("online again, it is sent by itself", self.sent),
            ("the supervisor finds the mother by a piece of her name and reads the timeline", self.found),
            ("the note is returned with a comment", self.returned),
            ("the caseworker adds to it and sends it again", self.sent_again),
            ("both change the same phone number offline", self.both_change),
            ("both versions are shown, and the supervisor picks one", self.picked),
            ("the supervisor signs the note", self.signed),
            ("case summary, session note and screening are saved as PDFs", self.papers),
            ("the caseworker's laptop receives the signature", self.received),
        ]

    # --- the steps ------------------------------------------------------------------------------------------------------------

    def founding(self) -> None:
        data = self.folder / "data"
        self.server.start()
        door = laptop(data / "administrator")
        self.open.callback(door.close)
        door.found(Founding("Lantern Street Services", "Sade Oyelaran", "Team North", self.server.url, "Front desk", PASSPHRASE))
        self.server.admin("org", "add", door.access().organisation_id)
        if door.sync_now().problem is not None:
            raise RuntimeError("the organisation did not reach the server")
        door.ask_for_digits(False)
        team = door.ask(Organisation()).teams[0][0]
        for name, role, file in (("Ana Marroquín", "caseworker", "ana"), ("Denise Okafor", "supervisor", "denise")):
            made = door.invite(name, role, team)  # type: ignore[arg-type]  # the two words above are roles
            (data / f"{file}.cmppi").write_bytes(made.data)
        door.close()

    def start(self, who: str, *arguments: str) -> Laptop:
        """The program of one person, in its own process."""
        data = self.folder / "data"
        return Laptop(data / who, *arguments, "--sync-seconds", "2", log=data / f"{who}.log", anew=True)

    def join(self, who: str, name: str) -> Laptop:
        """First run: the invitation is opened, the laptop named, a passphrase chosen."""
        one = self.start(who, str(self.folder / "data" / f"{who}.cmppi"))
        one.see("Yes, that is me")
        self.picture(one, f"{who}-invitation")
        one.press("Return")
        one.see("Choose a passphrase")
        one.fill("Name of this laptop", name)
        one.fill("Passphrase", PASSPHRASE)
        one.fill("The same once more", PASSPHRASE)
        self.picture(one, f"{who}-passphrase")
        one.press("Return")
        one.see("Today", "Everyone’s", seconds=40)
        return one

    def supervisor_joins(self) -> None:
        self.denise = self.join("denise", "Denise’s laptop")
        self.denise.see("Sent")
        self.picture(self.denise, "denise-today")

    def caseworker_joins(self) -> None:
        self.server.stop()
        self.ana = self.join("ana", "Blue ThinkPad")
        self.ana.see("Offline")
        self.picture(self.ana, "ana-today-offline")

    def command(self, one: Laptop, text: str) -> None:
        """Ctrl+K, a piece of what is looked for, Enter on the first line of the answer."""
        one.press("Ctrl+K")
        one.type(text)
        one.press("Return")
        one.see(gone=("only actions",))

    def timeline(self, one: Laptop) -> None:
        """The mother's page, at its timeline (Ctrl+Tab goes from part to part)."""
        self.command(one, "risel")
        one.see("Parts of this file")
        for _ in range(8):
            if "Find in this timeline" in one.words():
                return
            one.press("Ctrl+Tab")
        raise NotSeen("Ctrl+Tab never came to the timeline")

    def pick_row(self, one: Laptop, wanted: str) -> None:
        """Goes down the timeline to the line that says it."""
        one.tab_to("Find in this timeline")
        one.press("Tab", "Home")
        for _ in range(40):
            if wanted in " ".join(one.current_rows()):
                return
            one.press("Down")
        raise NotSeen(f"no line of the timeline says {wanted}; the last was {one.current_rows()}")

    def register(self) -> None:
        ana = self.her(self.ana)
        self.command(ana, "someone new")
        ana.see("May we keep a record?")
        ana.tab_to("Services of the programme")
        ana.press("Space")
        self.picture(ana, "consent")
        ana.press("Return")
        ana.see("Type what you know")
        ana.fill("Given name", "Marisela")
        ana.fill("Family name", FAMILY_NAME)
        ana.fill("Born", "17 Feb 1992")
        ana.fill("A-number", A_NUMBER)
        ana.fill("Phone", PHONE)
        ana.tab_to("They are new")
        ana.see("Nobody like this is here")
        self.picture(ana, "are-they-here-already")
        ana.press("Return")
        ana.see("Who are they?")
        ana.fill("When and how it is safe", "No voicemail. No calls before 4 pm.")
        for given, born in (("Mateo", "3 May 2011"), ("Lucía", "9 Aug 2017")):
            ana.press("Alt+A")
            ana.fill("Given name", given)
            ana.fill("Family name", FAMILY_NAME)
            ana.fill("Born", born)
        self.picture(ana, "family")
        ana.press("Return")
        ana.see("Where they live")
        ana.fill("Street", "61 Alder St")
        ana.fill("City", "Newbridge")
        self.picture(ana, "household")
        ana.press("Return")
        ana.see("Find in this timeline", "Marisela", "No voicemail")
        self.picture(ana, "participant")

    def obligations(self) -> None:
        ana = self.her(self.ana)
        for what, day, at, where in (
            ("Master hearing", "4 Dec", "8:30", "Newbridge Immigration Court, room 4"),
            ("ICE check-in", "1 Dec", "11:00", "200 Canal St, window 3"),
        ):
            ana.press("Alt+O")
            ana.see("New hearing, check-in or deadline")
            ana.choose("What", what)
            ana.fill("Day", day)
            ana.fill("Time", at)
            ana.fill("Where", where)
            self.picture(ana, "obligation")
            ana.press("Ctrl+Return")
            ana.see(what, where.split(",")[0], gone=("New hearing, check-in",))
        self.picture(ana, "timeline")

    def interview_begins(self) -> None:
        ana = self.her(self.ana)
        ana.press("Alt+C")
        ana.see("Work and safety guide", "Begin")
        ana.tab_to("Instruments")
        for _ in range(10):
            if "Work and safety guide" in " ".join(ana.current_rows()):
                break
            ana.press("Down")
        ana.choose("In which language", "Spanish")
        ana.choose("Is the participant alone", "Yes")
        self.picture(ana, "before-the-interview")
        ana.tab_to("Begin")
        ana.press("Return")
        ana.see("Question 1 of")
        ana.press("1", "1", "2")  # can talk freely; is an adult; promised something else: in the past
        ana.see("Question 4 of")
        ana.press("1")
        ana.see("Question 5 of", "Answer saved on this laptop")
        self.picture(ana, "interview")
        ana.press("Escape")
        ana.see("Paused. Every answer is on this laptop")
        ana.kill()

    def interview_ends(self) -> None:
        self.ana = ana = self.start("ana")
        ana.see("Passphrase")
        ana.type(PASSPHRASE)
        self.picture(ana, "unlock")
        ana.press("Return")
        ana.see("Work and safety guide", seconds=40)
        self.picture(ana, "today-with-the-draft")
        self.timeline(ana)
        ana.press("Alt+C")
        ana.see("An interview is open")
        ana.tab_to("Go on")
        ana.press("Return")
        ana.see("Question 5 of")
        ana.press("1", "3")  # no debt; forced work: it is happening now
        ana.see("Is it safe to go on?")
        self.picture(ana, "safety-alert")
        ana.press("G")
        for _ in range(5):
            ana.press("1")
        ana.see("This indicates", "Your name signs it")
        ana.fill("Your name signs it", "Ana Marroquín")
        self.picture(ana, "sign-the-screening")
        ana.press("Return")
        ana.see("Signed. It cannot be changed any more")

    def session(self) -> None:
        ana = self.her(self.ana)
        self.command(ana, "risel")
        ana.see("Next up")
        ana.press("Alt+S")
        ana.see("Session with Marisela")
        ana.fill("Minutes", "50")
        ana.tab_to("Legal orientation")
        ana.press("Space")
        ana.tab_to("What happened")
        ana.type(NARRATIVE)
        ana.see("Draft saved on this laptop")
        self.picture(ana, "session")
        ana.press("Ctrl+Return")
        ana.see("for signature", "Next up")

    def waiting(self) -> None:
        ana = self.her(self.ana)
        ana.see("Offline")
        self.command(ana, "what was sent")
        ana.see("You are offline. Your work is safe.", "Waiting to be sent")
        self.picture(ana, "waiting-to-be-sent")

    def sent(self) -> None:
        ana, denise = self.her(self.ana), self.her(self.denise)
        self.server.start()
        ana.see("Sent", gone=("Offline",), seconds=60)
        self.picture(ana, "sent-by-itself")
        denise.see("Sent", gone=("Offline",), seconds=60)

    def found(self) -> None:
        denise = self.her(self.denise)
        for _ in range(30):  # until it has arrived: her program looks every two seconds
            denise.press("Ctrl+K")
            denise.type("risel")
            try:
                denise.see("Marisela", seconds=2)
                break
            except NotSeen:
                denise.press("Escape")
        self.picture(denise, "found-by-a-piece")
        denise.press("Return")
        denise.see("Find in this timeline", "Master hearing", "ICE check-in", "Work and safety guide")
        self.picture(denise, "supervisor-timeline")

    def review(self) -> Laptop:
        """The supervisor's queue."""
        denise = self.her(self.denise)
        self.command(denise, "review")
        denise.see("Looked at for you", NARRATIVE[:30])
        return denise

    def returned(self) -> None:
        denise = self.review()
        self.picture(denise, "review")
        denise.fill("Your comment", COMMENT)
        denise.press("Alt+R")
        denise.see("Returned to Ana")

    def sent_again(self) -> None:
        ana = self.her(self.ana)
        self.timeline(ana)
        ana.see("Came back", seconds=60)
        self.pick_row(ana, "Came back")
        ana.press("Return")
        ana.see("sent this back", COMMENT)
        self.picture(ana, "came-back")
        ana.tab_to("What happened")
        ana.press("Ctrl+End")
        ana.type(ADDED)
        ana.press("Ctrl+Return")
        ana.see("for signature", "Find in this timeline")

    def change_phone(self, one: Laptop, number: str) -> None:
        self.timeline(one)
        for _ in range(8):
            if "How to reach them" in one.words():
                break
            one.press("Ctrl+Tab")
        one.tab_to("How to reach")
        one.press("E")
        one.fill("Number or address", number)
        one.press("Return")
        one.see(number[-4:])

    def both_change(self) -> None:
        ana, denise = self.her(self.ana), self.her(self.denise)
        ana.see("Sent", gone=("Sending",), seconds=60)
        denise.see("Sent", gone=("Sending",), seconds=60)
        self.server.stop()
        ana.see("Offline", seconds=60)
        denise.see("Offline", seconds=60)
        self.change_phone(ana, "(212) 555-0111")
        self.change_phone(denise, "(212) 555-0122")
        self.server.start()
        for one in (ana, denise):
            one.see("1 to settle", seconds=90)
        self.picture(ana, "caseworker-sees-two-versions")

    def picked(self) -> None:
        ana, denise = self.her(self.ana), self.her(self.denise)
        self.command(denise, "what was sent")
        denise.see("Needs you")
        denise.tab_to("Needs you")
        denise.press("Home", "Return")
        denise.see("0111", "0122")
        self.picture(denise, "two-versions")
        denise.press("1", "Return")
        denise.see(gone=("1 to settle",), seconds=60)
        ana.see(gone=("1 to settle",), seconds=90)
        self.picture(denise, "settled")

    def signed(self) -> None:
        denise = self.review()
        denise.see(ADDED.strip())
        self.picture(denise, "review-again")
        denise.press("Ctrl+Return")
        denise.see("Signed")
        denise.see("All signed")
        self.picture(denise, "all-signed")

    def papers(self) -> None:
        denise = self.her(self.denise)
        rows = ("", NARRATIVE[:20], "Work and safety guide")
        texts = ("Hearings and check-ins kept", "Narrative", "Fingerprint")
        for file, row, text in zip(PAPERS, rows, texts, strict=True):
            self.timeline(denise)
            if row:
                self.pick_row(denise, row)
                denise.press("Return")
            if file == "session-note.pdf":
                denise.see("It cannot be changed any more, only added to")
            if file != "screening.pdf":  # a signed screening opens as its paper
                denise.press("Ctrl+P")
            denise.see("page 1 of", text, gone=("Making the PDF",), seconds=60)
            self.picture(denise, f"preview-{file.removesuffix('.pdf')}")
            denise.press("Ctrl+S")
            denise.see("Save the PDF")
            denise.fill("Where to", str(self.folder / file))
            denise.fill("Why does it leave", "for the paper file")
            denise.press("Return")
            denise.see(f"Saved as {file}", seconds=60)
            if not (self.folder / file).read_bytes().startswith(b"%PDF"):
                raise OSError(f"{file} is no PDF")

    def received(self) -> None:
        ana = self.her(self.ana)
        self.timeline(ana)
        self.pick_row(ana, NARRATIVE[:20])
        ana.press("Return")
        ana.see("Signed by Denise Okafor", seconds=90)
        self.picture(ana, "signature-received")

    def her(self, one: Laptop | None) -> Laptop:
        if one is None:
            raise RuntimeError("her program does not run")
        return one


def tell(folder: Path, database: str = "", say: Callable[[str], None] = print) -> bool:
    """Tells the whole story into a folder. Returns whether every step was ok."""
    return Story(folder, database, say).tell()
