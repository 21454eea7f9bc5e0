"""Trouble in plain words: for every error code what happened, what is safe, and what to do.

No code and no "error" is said, except where somebody else must help: then the code is to be read aloud. The words of a
field's problem ("It has 7 digits") are here too. A test checks that every code of `errors.CODES` has its words, and no other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

from cmpp_desktop.errors import CmppError, Invalid, KnownError
from cmpp_desktop.words import Words

Level = Literal["field", "banner", "stop"]  # beside the field; across the page while work goes on; in the way


@dataclass(frozen=True)
class Message:
    """Said in this order. `read_aloud`: the code for whoever helps, in words; "" when nobody else is needed."""

    happened: str
    safe: str
    do: str
    level: Level = "banner"
    read_aloud: str = ""
    ours: bool = False  # the program's own fault: said calmly, for there is nothing that the person did

    @property
    def text(self) -> str:
        """What is safe, what to do and the code, in one paragraph."""
        return " ".join(part for part in (self.safe, self.do, self.read_aloud) if part)


def _day(w: Words, day: str) -> str:
    return w.short_date(date.fromisoformat(day)) if day else ""


def message_for(error: BaseException, words: Words) -> Message:
    """The words of an error. What is not a KnownError is our own fault and is said to be so."""
    if isinstance(error, KnownError):
        table = _TABLE.get(error.code)
        if table is not None:
            return _said(words, table(words, error.facts), error.code)
    return Message(
        words("The program made a mistake and stopped what it was doing."),
        words("Everything that was saved before is safe on this laptop."),
        words("Try once more. If it happens again, tell your administrator."),
        "banner",
        _aloud(words, mistake_code(error)),
        ours=True,
    )


def mistake_code(error: BaseException) -> str:
    """What to read aloud of an error of ours: its code, or its kind and where it happened ("KeyError-today-214"). Never its
    message, which may hold what somebody typed."""
    if isinstance(error, CmppError):
        return error.code
    trace, place = error.__traceback__, ""
    while trace is not None:
        path = Path(trace.tb_frame.f_code.co_filename)
        if "cmpp_desktop" in path.parts or not place:
            place = f"-{path.stem}-{trace.tb_lineno}"
        trace = trace.tb_next
    return type(error).__name__ + place


def _aloud(words: Words, code: str) -> str:
    return words("Code to read aloud: {code}.", code=code)


def _said(words: Words, parts: tuple[str, str, str, Level], code: str) -> Message:
    happened, safe, do, level = parts
    return Message(happened, safe, do, level, _aloud(words, code) if level == "stop" else "")


def _wrong_words(w: Words, f: Mapping[str, Any]) -> tuple[str, str, str, Level]:
    """What is wrong with the twelve words of a sealed invitation."""
    reason, safe = f.get("reason"), w("Nothing was changed.")
    if reason == "how_many":
        n = int(f.get("n", 0))
        said = w.plural("It has to be twelve words; this is {n}.", "It has to be twelve words; these are {n}.", n)
        return said, safe, w("Ask for them once more."), "field"
    if reason == "no_word":
        said = w("Word {n} is not one of the words that we use.", n=f.get("word", ""))
        return said, safe, w("Look at its first four letters."), "field"
    if reason == "checksum":
        return w("One of the words is wrong, or two have changed places."), safe, w("Ask for them once more."), "field"
    return w("These are the words of another invitation."), safe, w("Ask which invitation they go with."), "field"


def field_problem(problem: str, words: Words, *, field: str = "") -> str:
    """The words beside a field for a problem code of `Invalid.fields`."""
    if problem == "missing":
        return words("This is needed.")
    return {
        "too_long": words("This is too long."),
        "not_valid": words("This cannot be right as it is."),
        "over_100_mb": words("A document may have at most 100 MB."),
        "empty_file": words("This file is empty."),
        "a_number_digits": words("An A-number has 8 or 9 digits."),
        "before_start": words("It cannot end before it starts."),
        "before_opening": words("It cannot be before the case was opened."),
        "unknown_time_zone": words("This time zone is not known."),
        "same_person": words("This is the same record."),
        "not_an_amount": words("This is not an amount of money."),
        "protected_relief": words("T, U and VAWA are kept apart, under “Talk to a lawyer about”. Record it there."),
        "other_compartment": words("This belongs to the restricted records. Remove it here and add it anew."),
        "of_somebody_else": words("This belongs to another person."),
        "not_a_rule_deadline": words("This was not made by a rule. Change it directly."),
        "already_marked": words("This was marked already."),
        "kept_apart": words("Two of them must be kept apart. Do this for each of them alone."),
        "in_future": words("It cannot be after today."),
        "after_opening": words("It cannot be after the case was opened."),
        "not_a_member": words("This person is not of this household now."),
        "not_of_age": words("This person is not 18 yet."),
        "same_address": words("They live there already."),
        "case_closed": words("This case is closed."),
        "open_tasks": words("Say what becomes of the open tasks."),
        "already_asked": words("A hand-over is waiting for an answer already."),
        "already_theirs": words("It is theirs already."),
        "answered": words("This was answered already."),
        "names_participant": words("It goes into everybody’s file: take the names out, or say that they are only words."),
        "is_a_group": words("This was a group session. Change it on the page of the group."),
        "not_a_group": words("This was not a group session."),
        "retired": words("This is not offered any more. Choose another."),
        "already_there": words("There is one with this already."),
        "over_limit": words("This goes over a limit of the award. Say why in the note."),
        "over_a_day": words("That makes more than 24 hours on one day."),
        "outside_award": words("This day is not in the award’s period."),
        "not_of_award": words("This award does not pay for that category."),
        "not_yourself": words("It has to be somebody else."),
        "has_a_head": words("There is a head of this household already. Choose “Head of the household from now on” instead."),
        "left_us": words("This person does not work here any more."),
        "open_goals": words("Some goals of this plan still go on. Close them first."),
    }.get(problem, words("This cannot be right as it is."))


def problems(error: BaseException, words: Words) -> dict[str, str]:
    """Field name → words, of an `Invalid`; empty for any other error."""
    if not isinstance(error, Invalid):
        return {}
    return {name: field_problem(str(problem), words, field=name) for name, problem in error.fields.items()}


Parts = tuple[str, str, str, Level]


def no_consent(w: Words, f: Mapping[str, Any]) -> str:
    """Why the consent that comes nearest does not cover it."""
    day = w.short_date(date.fromisoformat(f["day"])) if f.get("day") else ""
    if f.get("why") == "recipient":
        return w("There is a consent, but for somebody else.")
    if f.get("why") == "purpose":
        return w("There is a consent for them, but for another purpose.")
    if day and f.get("why") in ("expired", "withdrawn", "not_yet", "turned_adult"):
        return {
            "expired": w("The consent ended on {day}.", day=day),
            "withdrawn": w("The consent was withdrawn on {day}.", day=day),
            "not_yet": w("The consent begins on {day}.", day=day),
            "turned_adult": w("They are an adult since {day}: what somebody agreed to for a child is not enough.", day=day),
        }[f["why"]]
    return w("There is no consent in force that covers this.")


def _not_allowed(w: Words, f: Mapping[str, Any]) -> tuple[str, str, str, Level]:
    if f.get("reason") == "last_administrator":
        return (
            w("There is no other administrator with a laptop."),
            w("Nothing was changed."),
            w("Make somebody else an administrator first: Settings, People and rights."),
            "banner",
        )
    if f.get("reason") == "nobody_left":
        return (
            w("Nobody else could open these records any more."),
            w("Nothing was changed."),
            w("Let somebody else open them first: Settings, People and rights."),
            "banner",
        )
    return (
        w("Your role does not allow this."),
        w("Nothing was changed."),
        w("If you need it for your work, ask your supervisor."),
        "banner",
    )


def _table() -> Mapping[str, Any]:
    return {
        "invalid": lambda w, f: (
            w("Something is missing or cannot be right."),
            w("What you typed is still here."),
            w("Look at the marked fields."),
            "field",
        ),
        "wrong_passphrase": lambda w, f: (
            w.plural(
                "That did not open it. Next try in {n} second.",
                "That did not open it. Next try in {n} seconds.",
                int(f.get("wait_seconds", 0)),
            )
            if f.get("wait_seconds")
            else w("That did not open it."),
            w("Each wrong try waits longer. Nothing is deleted."),
            "",
            "field",
        ),
        "wait_before_retry": lambda w, f: (
            w.plural(
                "Please wait {n} second before the next try.",
                "Please wait {n} seconds before the next try.",
                int(f.get("wait_seconds", 0)),
            ),
            w("Nothing is deleted."),
            "",
            "field",
        ),
        "passphrase_weak": lambda w, f: (
            w("This passphrase would be easy to guess."),
            "",
            w("Four or five unrelated words are good, and easy to remember."),
            "field",
        ),
        "keyring_missing": lambda w, f: (
            w("This computer's keyring, which holds half of the key, is not there."),
            w("Your records are still here, sealed."),
            w(
                "Sign in to your computer account as usual and start the program again. If you moved to "
                "a new account, ask your administrator for a new invitation."
            ),
            "stop",
        ),
        "keyring_locked": lambda w, f: (
            w("This computer's keyring is locked."),
            w("Your records are still here, sealed."),
            w("Unlock it when your computer asks for it, then try again."),
            "banner",
        ),
        "store_newer": lambda w, f: (
            w("These records were written by a newer version of this program."),
            w("Nothing was touched."),
            w("Install the newer version on this laptop, then open it again."),
            "stop",
        ),
        "store_damaged": lambda w, f: (
            w("Some of this laptop's records cannot be read."),
            w("The file was left as it is, and what was sent before is on the other laptops."),
            w("Do not delete anything. Tell your administrator; a copy from before can be put back."),
            "stop",
        ),
        "store_missing": lambda w, f: (
            w("This laptop's records are not where they were."),
            w("What was sent before is on the other laptops."),
            w("If the folder was moved, put it back. Otherwise ask your administrator for a new invitation."),
            "stop",
        ),
        "slots_damaged": lambda w, f: (
            w("The file that opens your records with your passphrase cannot be read."),
            w("The records themselves are still here, sealed."),
            w("Ask your administrator to help reopen this laptop."),
            "stop",
        ),
        "disk_full": lambda w, f: (
            w("This laptop is full."),
            w("Everything that was saved before is safe. The last change was not saved, and is still on the screen."),
            w("Make some room, then save again."),
            "banner",
        ),
        "disk_error": lambda w, f: (
            w("This laptop's disk did not take the last change."),
            w("Everything that was saved before is safe."),
            w("Try again. If it happens again, have the disk looked at soon."),
            "banner",
        ),
        "profile_in_use": lambda w, f: (
            w("The program is open already on this laptop."),
            w("Nothing was touched."),
            w("Go to the window that is open, or close it first."),
            "stop",
        ),
        "migration_failed": lambda w, f: (
            w("The update could not be finished."),
            w("The laptop went back to the copy that was made just before. Every record and draft is in it."),
            w("Start the program again. If it happens again, tell your administrator."),
            "stop",
        ),
        "locked": lambda w, f: (
            w("The program is locked."),
            w("Your drafts are kept."),
            w("Unlock it with your passphrase."),
            "banner",
        ),
        "not_allowed": _not_allowed,
        "restricted_closed": lambda w, f: (
            w("This part is restricted."),
            w("It is kept, and those who hold it can open it."),
            w("If you need it for your work, ask your supervisor."),
            "banner",
        ),
        "people_kept_apart": lambda w, f: (
            w("These two are kept apart for safety, so they cannot be one person."),
            w("Nothing was changed."),
            w("If they really are the same, end the separation first."),
            "banner",
        ),
        "other_team": lambda w, f: (
            w("Their files are with different teams."),
            w("Nothing was changed."),
            w("Ask for a hand-over first, then do it again."),
            "banner",
        ),
        "already_reversed": lambda w, f: (
            w("This entry was reversed already."),
            w("Nothing was changed."),
            w("Record what is right as a new entry."),
            "banner",
        ),
        "under_legal_hold": lambda w, f: (
            w("A legal hold stands on this file or its award."),
            w("Nothing was destroyed."),
            w("An administrator has to lift the hold first, with a reason."),
            "banner",
        ),
        "kept_longer": lambda w, f: (
            {
                "open_case": w("A case of this file is still open."),
                "no_case": w("This file has no case that ended, so nothing says how long it is kept."),
                "no_report": w("The final financial report of the award is not written down, so the file is kept."),
            }.get(str(f.get("why", "")), w("This file has to be kept longer.")),
            w("Nothing was destroyed."),
            w("Look at the list of files that are due."),
            "banner",
        ),
        "needs_consent": lambda w, f: (
            no_consent(w, f),
            w("Nothing left this laptop."),
            w("Record the consent first, then do it again. A supervisor can go on without one, with a reason."),
            "banner",
        ),
        "import_refused": lambda w, f: (
            w.plural("{n} row cannot be read.", "{n} rows cannot be read.", int(f.get("rows", 0))),
            w("Nothing was brought in."),
            w("Look at the list of rows: put them right in the file, or bring in the rest without them."),
            "banner",
        ),
        "file_too_big": lambda w, f: (
            w("This file is larger than can be read at once."),
            w("Nothing was brought in."),
            w("Split it, or ask for a part of it."),
            "banner",
        ),
        "import_undecided": lambda w, f: (
            w.plural("{n} row still needs a choice.", "{n} rows still need a choice.", len(f.get("rows", ()))),
            w("Nothing was brought in."),
            w("Say for each whether it is somebody who is here already."),
            "banner",
        ),
        "import_undone": lambda w, f: (w("This import was taken back already."), w("Nothing was changed."), "", "banner"),
        "import_changed_since": lambda w, f: (
            w("People have worked with what this import made."),
            w("Nothing was taken back, so that none of their work is lost."),
            w("Look at the records that were changed. What is wrong in them can be put right one by one."),
            "banner",
        ),
        "import_cancelled": lambda w, f: (w("It was stopped."), w("Nothing was brought in."), "", "banner"),
        "file_handed_over": lambda w, f: (
            w("This file went to {team}.", team=f.get("team", "")),
            w("It was handed over on {day}, and their work with it is theirs alone.", day=_day(w, f.get("day", ""))),
            w("Ask {team} about it.", team=f.get("team", "")),
            "banner",
        ),
        "not_both_teams": lambda w, f: (
            w("This laptop does not hold the records of both teams."),
            w("The hand-over stays accepted; nothing was moved."),
            w("A laptop that holds both, mostly an administrator’s, moves the file when it is next online."),
            "banner",
        ),
        "record_missing": lambda w, f: (
            w("This is not here any more."),
            w("It may have been deleted on another laptop; its history is kept."),
            w("Go back and look again."),
            "banner",
        ),
        "case_already_open": lambda w, f: (
            w("This person has an open case already."),
            w("Nothing was changed."),
            w("Open that case instead."),
            "banner",
        ),
        "hearing_ahead": lambda w, f: (
            w("The day of this hearing has not come yet."),
            w("It stays in the calendar."),
            w("Choose “Moved” when it was put off, or “Change” when its date is wrong."),
            "banner",
        ),
        "record_settled": lambda w, f: (
            w("This is signed and cannot be changed."),
            w("The signed text is as it was."),
            w("Write an amendment; it stands beside what was signed."),
            "banner",
        ),
        "conflict_open": lambda w, f: (
            w("There are two versions of something in this."),
            w("Both are kept."),
            w("Choose one first, then do this again."),
            "banner",
        ),
        "update_first": lambda w, f: (
            w("This was changed by a newer version of the program."),
            w("Nothing is lost."),
            w("Update this laptop first."),
            "banner",
        ),
        "already_signed": lambda w, f: (w("This is signed already."), w("The signed text is as it was."), "", "banner"),
        "not_submitted": lambda w, f: (
            w("This has not been sent for signature, or was taken back."),
            w("Nothing was changed."),
            w("Look at the list again."),
            "banner",
        ),
        "changed_meanwhile": lambda w, f: (
            w("This was changed while you read it."),
            w("Nothing was signed."),
            w("Read it once more; the new text is shown now."),
            "banner",
        ),
        "own_work": lambda w, f: (
            w("Nobody signs their own work."),
            w("Nothing was changed."),
            w("Another supervisor can sign it."),
            "banner",
        ),
        "instrument_refused": lambda w, f: (
            w("This form uses something that the program does not know."),
            w("Nothing was added."),
            w("The places are listed below. Change them in the form and try again."),
            "banner",
        ),
        "instrument_missing": lambda w, f: (
            w("The form of this interview is not on this laptop yet."),
            w("The answers are kept."),
            w("It arrives with the next exchange with the server."),
            "banner",
        ),
        "interview_incomplete": lambda w, f: (
            w("Some questions have no answer yet."),
            w("All answers so far are saved."),
            w("Answer them, or mark them as declined or not asked."),
            "banner",
        ),
        "interview_finished": lambda w, f: (
            w("This interview is finished and signed."),
            w("The answers are as they were."),
            w("Start a new one if something has changed."),
            "banner",
        ),
        "server_unreachable": lambda w, f: (
            w("The server cannot be reached."),
            w("Everything typed here is on this laptop."),
            w("It is sent by itself when you are online. Keep working."),
            "banner",
        ),
        "server_busy": lambda w, f: (
            w("The server asks this laptop to wait."),
            w("Everything typed here is on this laptop."),
            w("It is sent by itself in a few minutes. Keep working."),
            "banner",
        ),
        "server_refused": lambda w, f: (
            w("The server did not accept what was sent."),
            w("Everything typed here is on this laptop."),
            w("Try again later. If it goes on, tell your administrator."),
            "banner",
        ),
        "server_too_old": lambda w, f: (
            w("The server is older than this program."),
            w("Everything typed here is on this laptop."),
            w("Tell your administrator that the server needs an update."),
            "banner",
        ),
        "server_too_new": lambda w, f: (
            w("The server needs a newer version of this program."),
            w("Everything typed here is on this laptop."),
            w("Update this laptop; then it is sent."),
            "banner",
        ),
        "clock_wrong": lambda w, f: (
            w("This laptop's clock is wrong."),
            w("Everything typed here is on this laptop."),
            w("Set the date and time, then try again."),
            "banner",
        ),
        "roster_rejected": lambda w, f: (
            w("A change of who may open the records was not accepted here."),
            w("Nothing was opened to anybody."),
            w("Tell your administrator before you go on sending."),
            "stop",
        ),
        "roster_fork": lambda w, f: (
            w("Two different lists of who may open the records were found."),
            w("Sending has stopped. Everything is on this laptop."),
            w("Tell your administrator at once: somebody may have interfered with the server."),
            "stop",
        ),
        "invitation_unreadable": lambda w, f: (
            w("This is not an invitation, or part of it is missing."),
            w("Nothing was changed."),
            w("Ask for the file once more, on a stick or by hand."),
            "field",
        ),
        "invitation_sealed": lambda w, f: (
            w("This invitation is sealed."),
            w("Nothing was changed."),
            w("Type the twelve words that go with it."),
            "field",
        ),
        "invitation_words": _wrong_words,
        "invitation_not_for_here": lambda w, f: (
            w("This invitation is for somebody else, or for another organisation."),
            w("Nothing was changed."),
            w("Ask your administrator for an invitation for one more laptop of yours."),
            "field",
        ),
        "invitation_used": lambda w, f: (
            w("This invitation has been used already."),
            w("Nothing was changed."),
            w("Ask your administrator for a new one."),
            "field",
        ),
        "invitation_expired": lambda w, f: (
            w("This invitation has run out."),
            w("Nothing was changed."),
            w("Ask your administrator for a new one."),
            "field",
        ),
        "invitation_closed": lambda w, f: (
            w("This invitation was taken back."),
            w("Nothing was changed."),
            w("Ask your administrator for a new one."),
            "field",
        ),
        "key_missing": lambda w, f: (
            w("Something arrived that this laptop has no key for."),
            w("It is set aside, unopened, and nothing else stopped."),
            w("Ask your administrator to check what this laptop may open."),
            "banner",
        ),
        "another_history": lambda w, f: (
            w("The server's records are not the ones that this laptop knows."),
            w("Sending has stopped. Everything is on this laptop."),
            w("Tell your administrator at once."),
            "stop",
        ),
        "device_revoked": lambda w, f: (
            w("This laptop was closed by your administrator."),
            w("What was sent before is safe with your team."),
            w("Call your administrator."),
            "stop",
        ),
        "device_retired": lambda w, f: (
            w("This laptop has left your organisation."),
            w("Everything that it held was sent before."),
            w("To work on it again, ask your administrator for an invitation."),
            "stop",
        ),
        "device_replaced": lambda w, f: (
            w("Another copy of this laptop has taken its place."),
            w("What was not sent yet stays here."),
            w("Go on with the other copy, or ask your administrator for an invitation."),
            "stop",
        ),
        "not_sent": lambda w, f: (
            w("Something has not been sent yet."),
            w("Nothing was changed."),
            w("Wait until everything is sent, then try again."),
            "field",
        ),
        "wrong_kit": lambda w, f: (
            w("This is not the recovery kit of your organisation, or not its newest."),
            w("Nothing was changed."),
            w("Compare each sign with the printed kit."),
            "field",
        ),
        "too_big": lambda w, f: (
            w("This is too big to be sent."),
            w("It is kept on this laptop."),
            w("Make the file smaller, or split it."),
            "banner",
        ),
        "organisation_unknown": lambda w, f: (
            w("The server does not know your organisation."),
            w("Everything typed here is on this laptop."),
            w("Whoever runs the server has to enter your organisation’s id there once. It stands in Settings, Laptops."),
            "banner",
        ),
        "file_unreadable": lambda w, f: (
            w("This file cannot be read."),
            w("Nothing was changed."),
            w("Check that it is the right file, and that you may open it."),
            "banner",
        ),
        "file_not_written": lambda w, f: (
            w("The file could not be written there."),
            w("Nothing left the program."),
            w("Choose another folder, or check that there is room."),
            "banner",
        ),
        "folder_unreadable": lambda w, f: (
            w("This folder cannot be read."),
            w("Everything is on this laptop; nothing was exchanged."),
            w("Choose the stick itself, or a folder on it, and look whether it is plugged in."),
            "banner",
        ),
        "folder_too_early": lambda w, f: (
            w("The server has not heard of this organisation yet."),
            w("Everything is on this laptop; nothing was exchanged."),
            w("Go online once. After that sticks and folders work."),
            "banner",
        ),
        "folder_full": lambda w, f: (
            w("There is no more room on it."),
            w("What came in is here, and what was written is whole."),
            w("Make room on it, or take another one, and exchange once more."),
            "banner",
        ),
        "folder_read_only": lambda w, f: (
            w("Nothing can be written there."),
            w("What came in is here."),
            w("Look for the switch on the stick, or ask whoever owns the folder."),
            "banner",
        ),
        "folder_not_written": lambda w, f: (
            w("Writing to it stopped."),
            w("What came in is here, and what was written is whole."),
            w("Plug it in again, and exchange once more."),
            "banner",
        ),
        "rules_unreadable": lambda w, f: (
            w("This is not a file of deadline rules."),
            w("The rules that counted before still count."),
            w("Ask whoever sent it for the file as they made it, unopened and unchanged."),
            "banner",
        ),
        "rules_refused": lambda w, f: (
            w.plural("These rules have {n} fault.", "These rules have {n} faults.", int(f.get("count", 1))),
            w("The rules that counted before still count."),
            w("Send the list of what was found back to whoever made them."),
            "banner",
        ),
        "rules_newer_format": lambda w, f: (
            w("These rules need a newer version of this program."),
            w("The rules that counted before still count."),
            w("Install the newer version, then take the rules in."),
            "banner",
        ),
        "rules_wrong_signature": lambda w, f: (
            w("These rules are not what their publisher signed: the file was changed or damaged on its way."),
            w("Nothing of it was taken."),
            w("Ask for the file again, another way."),
            "banner",
        ),
        "rules_unknown_publisher": lambda w, f: (
            w("Nobody here has accepted rules of this publisher before."),
            w("Nothing of it was taken."),
            w("Call the publisher and compare: {fingerprint}", fingerprint=f.get("fingerprint", "")),
            "banner",
        ),
        "rules_other_publisher": lambda w, f: (
            w("The rules have come from another publisher so far."),
            w("Nothing of it was taken."),
            w("Ask the publisher whom you know. To change to another one, withdraw the accepted rules first."),
            "banner",
        ),
        "rules_other_pack": lambda w, f: (
            w("These are not rules of the kind that this program follows."),
            w("The rules that counted before still count."),
            w("It needs the rules named {known}; these are {found}.", known=f.get("known", ""), found=f.get("found", "")),
            "banner",
        ),
        "rules_older": lambda w, f: (
            w("These rules are older than those that count now."),
            w("The newer ones still count."),
            w("Version {known} counts; this is {found}.", known=f.get("known", ""), found=f.get("found", "")),
            "banner",
        ),
        "rules_already": lambda w, f: (
            w("These rules count already."),
            "",
            w("There is nothing to do."),
            "banner",
        ),
        "content_elsewhere": lambda w, f: (
            w("This document is on {who}’s laptop.", who=f["who"]) if f.get("who") else w("This document is on another laptop."),
            w("Nothing is lost: what is known of it is here."),
            w("Show it, and it is fetched. If it does not come, that laptop has not sent it yet: let it go online.")
            if f.get("travels")
            else w("It was added with an older version, and comes once that laptop has been updated and was online."),
            "banner",
        ),
        "content_damaged": lambda w, f: (
            w("What came of this document is not what was added."),
            w("Nothing of it was kept, and what is known of it is here."),
            w("Try once more. If it happens again, ask whoever added it for a copy, and tell your administrator."),
            "banner",
        ),
        "no_preview": lambda w, f: (
            w("A document of this kind cannot be shown here."),
            w("It is safe in the encrypted store."),
            w("Save a copy, with a reason, and open it in the program that made it."),
            "banner",
        ),
        "report_empty": lambda w, f: (
            w("There is nothing to print for this."),
            "",
            w("Choose something else, or another time."),
            "banner",
        ),
    }


_TABLE = _table()
