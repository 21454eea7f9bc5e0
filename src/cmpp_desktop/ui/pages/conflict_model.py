"""Two versions of one field, in words: the question, who wrote what, which words differ, and what may be chosen.

Nothing is chosen for anybody: a conflict opens without a choice, and every version stays in the history.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher
from typing import Any, Literal

from cmpp_desktop.domain.questions import ConflictItem, Version
from cmpp_desktop.ui.pages.participant_model import first_name, lower_first
from cmpp_desktop.words import Words, zone_of

# Fields of free text: both may be kept, one after the other.
TEXTS = frozenset(
    {"safe_contact", "narrative", "text", "note", "accessibility", "interpreter_note", "result_note", "safe_note"}
)

_QUESTIONS = {
    "safe_contact": "When is it safe to call {name}?",
    "legal_name": "What is {name}’s legal name?",
    "preferred_name": "What does {name} like to be called?",
    "birth_date": "When was {name} born?",
    "a_number": "Which A-number is {name}’s?",
    "languages": "Which languages does {name} speak?",
    "interpreter_needed": "Does {name} need an interpreter?",
    "address": "Where does {name} live?",
    "result": "What came of it?",
    "narrative": "What happened with {name}?",
    "when": "When is it?",
    "place": "Where is it?",
}


ChoiceKind = Literal["version", "both", "again"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of words; `differs` ones are underlined."""

    text: str
    differs: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """Something that can be chosen with a number. `wire_value` is settled for versions and both; for again it is typed."""

    kind: ChoiceKind
    label: str
    button: str
    wire_value: Any = None
    version: Version | None = None
    pieces: tuple[Piece, ...] = ()
    when: str = ""


@dataclass(frozen=True, slots=True)
class Settling:
    """A conflict as its page shows it."""

    title: str
    lead: str
    choices: tuple[Choice, ...]
    life: bool = False


def settling(item: ConflictItem, words: Words, today: date, zone: str) -> Settling:
    """Everything the page says about one conflict."""
    if item.field == "life":
        return Settling(_life_title(item, words), _life_lead(item, words), _life_choices(item, words, today, zone), True)
    versions = tuple(
        Choice(
            "version",
            words("You, {name}", name=version.staff) if version.here else version.staff,
            words("Use my version") if version.here else words("Use {name}’s version", name=first_name(version.staff)),
            version.wire_value,
            version,
            pieces,
            version_when(version, words, today, zone),
        )
        for version, pieces in zip(item.versions, differing([version.shown for version in item.versions]), strict=True)
    )
    return Settling(question(item, words), _lead(item, words), versions + _more_choices(item, words))


def _more_choices(item: ConflictItem, words: Words) -> tuple[Choice, ...]:
    if not all(isinstance(version.wire_value, str) for version in item.versions):
        return ()
    again = Choice("again", words("Write it again"), words("Use what I wrote"))
    if item.field not in TEXTS:
        return (again,)
    both = "\n".join(dict.fromkeys(str(version.wire_value).strip() for version in reversed(item.versions)))
    return (Choice("both", words("Keep both, one after the other"), words("Keep both"), both), again)


def question(item: ConflictItem, words: Words) -> str:
    """The conflict as a question a person can answer."""
    name = first_name(item.participant)
    if item.kind == "contact_route" and item.field == "value":
        return words("Which one reaches {name}?", name=name)
    if item.field in _QUESTIONS:
        return words(_QUESTIONS[item.field], name=name)
    return words("What is right for {name}: {field}?", name=name, field=lower_first(words.code("field", item.field)))


def what(item: ConflictItem, words: Words) -> str:
    """The line of the list: the field, and what it belongs to."""
    field = words.code("field", item.field)
    label = words.code("contact_route", item.label) if item.kind == "contact_route" else item.label
    return f"{label}: {lower_first(field)}" if label and item.field != "life" else field


def _lead(item: ConflictItem, words: Words) -> str:
    others = list(dict.fromkeys(first_name(version.staff) for version in item.versions if not version.here))
    mine = any(version.here for version in item.versions)
    if mine and others:
        who = words("You and {names} changed this while one of you was offline.", names=", ".join(others))
    elif len(others) > 1:
        who = words("{names} changed this while one of them was offline.", names=words(" and ").join(others))
    else:
        who = words("This was changed twice while one laptop was offline.")
    return words("{who} Nothing was lost. Choose what is true now; the other version stays in the history.", who=who)


def version_when(version: Version, words: Words, today: date, zone: str) -> str:
    """ "Fri 20 Nov, 4:12 pm, on this laptop"."""
    local = version.at.astimezone(zone_of(zone))
    where = words("on this laptop") if version.here else words("on {laptop}", laptop=version.device or words("another laptop"))
    return f"{words.short_date(local.date(), today)}, {words.time(local)}, {where}"


# --- Changed after it was signed ------------------------------------------------------------------


def _life_title(item: ConflictItem, words: Words) -> str:
    kind = lower_first(words.code("kind", item.kind))
    return words("Which state of this {kind} is right?", kind=kind)


def _life_lead(item: ConflictItem, words: Words) -> str:
    states = {_life_word(version.wire_value) for version in item.versions}
    if "signed" in states:
        return words(
            "Somebody changed this while it was being signed. What was signed stays exactly as it was signed; what came"
            " later is kept beside it. Let the signature stand and add an amendment if something is missing."
        )
    if "deleted" in states:
        return words("Somebody took this away while somebody else was changing it. Nothing is gone: choose whether it stays.")
    if "moved" in states:
        return words(
            "This went to another team, or to the restricted records, while somebody who had not heard of it changed it. Who"
            " holds both carries the change over; until then it is kept here."
        )
    return words("Two laptops say different things about this record. Nothing was lost.")


def _life_word(wire_value: Any) -> str:
    if isinstance(wire_value, list | tuple) and wire_value:
        return str(wire_value[0])
    return "unknown"


def _life_choices(item: ConflictItem, words: Words, today: date, zone: str) -> tuple[Choice, ...]:
    labels = {
        "signed": words("The signature stands"),
        "deleted": words("It stays taken away"),
        "live": words("Bring it back"),
        "moved": words("It goes on where it is now"),
    }
    buttons = {
        "signed": words("Let the signature stand"),
        "deleted": words("Leave it away"),
        "live": words("Bring it back"),
        "moved": words("Carry the change over"),
    }
    # What was written by who had not heard that it went: that is what is carried over, so that is what is shown.
    late = ", ".join(version.shown for version in item.versions if _life_word(version.wire_value) not in labels and version.shown)
    choices = []
    for version in item.versions:
        word = _life_word(version.wire_value)
        if word not in labels:
            continue
        who = words("You, {name}", name=version.staff) if version.here else version.staff
        choices.append(
            Choice(
                "version",
                labels[word],
                buttons[word],
                version.wire_value,
                version,
                (Piece(late if word == "moved" else version.shown or who),),
                f"{who}, {version_when(version, words, today, zone)}",
            )
        )
    if not any(_life_word(version.wire_value) in ("live", "signed", "moved") for version in item.versions):
        choices.append(Choice("version", words("Bring it back"), words("Bring it back"), ["live"]))
    return tuple(choices)


# --- Which words differ ------------------------------------------------------------------

_WORDS = re.compile(r"\s+|[^\s]+")


def differing(texts: list[str]) -> list[tuple[Piece, ...]]:
    """Each text as runs of words; a run differs when some other text does not have it in that place."""
    tokens = [_WORDS.findall(text) for text in texts]
    result = []
    for here, mine in enumerate(tokens):
        common = [True] * len(mine)
        for there, other in enumerate(tokens):
            if there != here:
                same = [False] * len(mine)
                for block in SequenceMatcher(None, mine, other, autojunk=False).get_matching_blocks():
                    for position in range(block.a, block.a + block.size):
                        same[position] = True
                common = [both and one for both, one in zip(common, same, strict=True)]
        result.append(_runs(mine, common))
    return result


def _runs(tokens: list[str], common: list[bool]) -> tuple[Piece, ...]:
    pieces: list[Piece] = []
    for position, (token, same) in enumerate(zip(tokens, common, strict=True)):
        differs = not same
        if token.isspace():  # a space between two differing words belongs to their run
            before = pieces[-1].differs if pieces else False
            after = position + 1 < len(tokens) and not common[position + 1]
            differs = before and after
        if pieces and pieces[-1].differs == differs:
            pieces[-1] = Piece(pieces[-1].text + token, differs)
        else:
            pieces.append(Piece(token, differs))
    return tuple(pieces)
