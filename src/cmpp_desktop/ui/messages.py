"""Trouble in plain words: for every error code what happened, what is safe, and what to do.

No code and no "error" is said, except where somebody else must help: then the code is to be read aloud. The words of a
field's problem ("It has 7 digits") are here too; those of the codes are in `troubles`, and a test checks that every code
of `errors.CODES` has its words there, and no other.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cmpp_desktop.errors import CmppError, Invalid, KnownError
from cmpp_desktop.ui.troubles import TROUBLES, Level, Said
from cmpp_desktop.words import Words


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


def message_for(error: BaseException, words: Words) -> Message:
    """The words of an error. What is not a KnownError is our own fault and is said to be so."""
    if isinstance(error, KnownError):
        table = TROUBLES.get(error.code)
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


def _said(words: Words, parts: Said, code: str) -> Message:
    happened, safe, do, level = parts
    return Message(happened, safe, do, level, _aloud(words, code) if level == "stop" else "")


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
