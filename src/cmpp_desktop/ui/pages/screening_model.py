"""The walk through an interview: which question is shown, what a key does, when the going-on stops.

It knows no widget. An answer is written at once into the interview; the page keeps it. Three things stop the walk: an
answer that does not fit, a required question without an answer or a mark, and an alert, which only a person lets pass.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from cmpp_desktop.words import Words, is_rtl

Step = Literal["question", "alert", "review"]
Marker = Literal["declined", "not_asked", "stopped_distress"]

CHOICES = frozenset({"select_one", "select_multiple", "rank"})
SILENT = frozenset({"note", "acknowledge", "trigger"})


class QuestionLike(Protocol):
    """What the walk needs of `forms.QuestionView`."""

    @property
    def ref(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def appearance(self) -> str: ...
    @property
    def labels(self) -> Mapping[str, str]: ...
    @property
    def required(self) -> bool: ...
    @property
    def readonly(self) -> bool: ...
    @property
    def value(self) -> Any: ...
    @property
    def choices(self) -> Sequence[Any]: ...
    @property
    def problem(self) -> str | None: ...
    @property
    def marker(self) -> str | None: ...
    @property
    def section_ref(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Gap:
    """A line of the review list: a question without an answer, and what was marked instead."""

    ref: str
    label: str
    marker: str


def answered(question: QuestionLike) -> bool:
    """Whether there is an answer or a mark; a note needs none."""
    return question.type == "note" or bool(question.marker) or has_value(question.value)


def has_value(value: Any) -> bool:
    return value is not None and value != "" and value != () and value != []


def label(labels: Mapping[str, str], language: str) -> str:
    """The words in a language ("es" also finds "es-MX" and the other way round), else whatever there is."""
    if language in labels:
        return labels[language]
    short = language.split("-")[0]
    for code, said in labels.items():
        if code.split("-")[0] == short:
            return said
    return next(iter(labels.values()), "")


def columns(mine: str, theirs: str, available: Sequence[str]) -> tuple[str, ...]:
    """The languages shown side by side: the caseworker's first, the participant's beside it; one when they are the same
    or the instrument has but one."""
    known = [code for code in (mine, theirs) if any(code.split("-")[0] == item.split("-")[0] for item in available)]
    if not known:
        return tuple(available[:1]) or (mine,)
    return tuple(dict.fromkeys(known))


def mirrored(language: str) -> bool:
    """Whether a column reads from right to left."""
    return is_rtl(language)


class Walk:
    """Where somebody stands in an interview. `interview` is a `forms.Interview` or anything that answers like one."""

    def __init__(self, interview: Any) -> None:
        self.interview = interview
        self.step: Step = "question"
        self.alert = ""
        self._return: Step = "question"
        asked = self.questions()
        if asked and not any(item.ref == self.interview.current_ref for item in asked):
            self.go_to(next((item.ref for item in asked if not answered(item)), asked[0].ref))
        if not asked:
            self.step = "review"

    def questions(self) -> tuple[Any, ...]:
        """What is asked now, in order: what skip logic hides is not here. A note goes with the question after it; one that
        nothing follows stands alone."""
        shown = tuple(self.interview.questions())
        last = max((index for index, item in enumerate(shown) if item.type != "note"), default=-1)
        return tuple(item for index, item in enumerate(shown) if item.type != "note" or index > last)

    def notes_before(self, question: Any) -> tuple[Any, ...]:
        """What the form says just before a question."""
        notes: list[Any] = []
        for item in self.interview.questions():
            if item.ref == question.ref:
                return tuple(notes)
            notes = [*notes, item] if item.type == "note" else []
        return ()

    @property
    def current(self) -> Any | None:
        """The question that is shown; None when there is nothing to ask."""
        asked = self.questions()
        return next((item for item in asked if item.ref == self.interview.current_ref), asked[0] if asked else None)

    @property
    def position(self) -> tuple[int, int]:
        """(8, 12): which of how many that are asked now."""
        asked = self.questions()
        here = next((index for index, item in enumerate(asked) if item.ref == self.interview.current_ref), 0)
        return here + 1, len(asked)

    def choose(self, number: int) -> Any | None:
        """What the number key `number` (from 1) answers: the value to write, or None when there is no such choice."""
        question = self.current
        if question is None or question.readonly:
            return None
        if question.type in ("acknowledge", "trigger"):
            return "OK" if number == 1 else None
        if question.type not in CHOICES or not 1 <= number <= len(question.choices):
            return None
        picked = question.choices[number - 1].value
        if question.type == "select_one":
            return picked
        return toggled(question.value, picked)

    def answer(self, value: Any, ref: str | None = None) -> Any:
        """Writes an answer (and takes a mark away). Returns the interview's Changes."""
        question = self.interview.question(ref) if ref else self.current
        if question is None:
            return None
        if question.marker:
            self.interview.mark(question.ref, None)
        return self.interview.answer(question.ref, list(value) if isinstance(value, tuple) else value)

    def mark(self, marker: Marker, ref: str | None = None) -> Any:
        """Declined, not asked, stopped: answers, not gaps. The same mark again takes it away."""
        question = self.interview.question(ref) if ref else self.current
        if question is None:
            return None
        return self.interview.mark(question.ref, None if question.marker == marker else marker)

    def blocked(self) -> str:
        """Why one cannot go on from here: "problem", "required", "alert", or "" for nothing."""
        if self.step == "alert":
            return "alert"
        question = self.current
        if question is None or question.marker:
            return ""
        if question.problem and has_value(question.value):
            return "problem"
        return "required" if question.required and not answered(question) else ""

    def forward(self) -> bool:
        """To the next question, or to the review after the last. False when something blocks it."""
        if self.step == "review" or self.blocked():
            return False
        asked = self.questions()
        position, _ = self.position
        if position >= len(asked):
            self.step = "review"
        else:
            self.go_to(asked[position].ref)
        return True

    def back(self) -> bool:
        """To the question before; from the review to the last question."""
        if self.step == "alert":
            return False
        asked = self.questions()
        if self.step == "review":
            if asked:
                self.go_to(asked[-1].ref)
            return bool(asked)
        position, _ = self.position
        if position <= 1:
            return False
        self.go_to(asked[position - 2].ref)
        return True

    def go_to(self, ref: str) -> None:
        """Straight to a question, from the review or the sections at the side."""
        asked = {item.ref for item in self.questions()}
        if ref not in asked:  # a note, perhaps: to the question that it goes with
            following = False
            for item in self.interview.questions():
                following = following or item.ref == ref
                if following and item.ref in asked:
                    ref = item.ref
                    break
        self.interview.current_ref = ref
        self.step = "question"

    def raise_alert(self, name: str) -> None:
        """An answer raised an alert: nothing goes on until somebody says that it is safe."""
        if self.step != "alert":
            self._return = self.step
        self.alert = name
        self.step = "alert"

    def settle_alert(self) -> None:
        """The person said that it is safe to go on."""
        if self.step == "alert":
            self.step = self._return
            self.alert = ""

    def gaps(self, language: str, words: Words) -> tuple[Gap, ...]:
        """What has no answer: first the unanswered, then the marked."""
        open_ones, marked = [], []
        for question in self.questions():
            if question.type == "note":
                continue
            said = plain(label(question.labels, language))
            if question.marker:
                marked.append(Gap(question.ref, said, words.code("marker", question.marker)))
            elif not answered(question):
                open_ones.append(Gap(question.ref, said, words("No answer")))
        return tuple(open_ones + marked)

    def missing(self) -> tuple[str, ...]:
        """Refs that must have an answer or a mark before it can be signed."""
        return tuple(item.ref for item in self.questions() if (item.required and not answered(item)) or _unfit(item))


def _unfit(question: QuestionLike) -> bool:
    return bool(question.problem) and has_value(question.value) and not question.marker


def toggled(value: Any, picked: str) -> tuple[str, ...]:
    """A several-choice answer with one choice ticked or unticked, in the order in which they were ticked."""
    now = picks(value)
    return tuple(item for item in now if item != picked) if picked in now else (*now, picked)


def picks(value: Any) -> tuple[str, ...]:
    """The choices of a several-choice answer, whether it is held as a list or as words with spaces."""
    if not has_value(value):
        return ()
    return tuple(value.split()) if isinstance(value, str) else tuple(str(item) for item in value)


def plain(text: str) -> str:
    """A label in one line without the marks of Markdown, for lists and screen readers."""
    said = " ".join(text.replace("**", "").replace("__", "").split())
    return said.lstrip("# ").strip()
