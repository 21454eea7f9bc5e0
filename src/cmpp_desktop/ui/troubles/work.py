"""Troubles of the work: rights, consents, signed records, questionnaires and deadline rules."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from cmpp_desktop.ui.troubles.shape import Said, Table
from cmpp_desktop.words import Words


def _day(w: Words, day: str) -> str:
    return w.short_date(date.fromisoformat(day)) if day else ""


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


def _not_allowed(w: Words, f: Mapping[str, Any]) -> Said:
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


TABLE: Table = {
    "invalid": lambda w, f: (
        w("Something is missing or cannot be right."),
        w("What you typed is still here."),
        w("Look at the marked fields."),
        "field",
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
}
