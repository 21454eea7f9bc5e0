"""One filling-in of an instrument. `answer` recomputes only what depends on it, in dependency order, and says what changed.

Values of questions that are not relevant are kept while the interview is open, read as empty, and are left out of what is
submitted. A value that breaks its constraint is kept and flagged. The interview knows no clock and no randomness of its own.
"""

from __future__ import annotations

import functools
import re
import threading
from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from cmpp_desktop.errors import KnownError
from cmpp_desktop.forms import binding
from cmpp_desktop.forms.definition import Control, Instrument
from cmpp_desktop.forms.places import InterviewContext, template_path, walk
from cmpp_desktop.forms.rules import UNPRINTABLE
from cmpp_desktop.forms.showing import Showing
from cmpp_desktop.forms.view import Alert, AnswerLine, Changes, Marker, Outcome, QuestionView, SectionView

P = ParamSpec("P")
R = TypeVar("R")
_FALSE = ("", "0", "false", "NaN")


def _alone(method: Callable[Concatenate[Interview, P], R]) -> Callable[Concatenate[Interview, P], R]:
    """One at a time: the window answers while the store's worker keeps what was answered before."""

    @functools.wraps(method)
    def run(self: Interview, /, *args: P.args, **kwargs: P.kwargs) -> R:
        with self._turn:
            return method(self, *args, **kwargs)

    return run


class Interview(Showing):
    """Made by `Instrument.start`, `resume` or `read_submission`."""

    def __init__(self, instrument: Instrument, context: InterviewContext, *, fresh: bool = True) -> None:
        super().__init__(instrument, context)
        self._turn = threading.RLock()
        self.started = context.now()
        self.current_ref = ""
        groups = [control for control in walk(instrument.controls) if control.kind in ("group", "repeat")]
        self._by_path = {control.path: control for control in self._questions}
        self._groups = {control.path: control for control in reversed(groups)}
        self._inside = _inside(self._questions)
        if fresh:
            self._first_load()

    # --- made again ----------------------------------------------------------------------------------------------------------

    @classmethod
    def restored(cls, instrument: Instrument, saved: bytes, context: InterviewContext) -> Interview:
        """What `save` kept. Raises KnownError file_unreadable."""
        made = cls(instrument, context, fresh=False)
        state = binding.read_saved(saved, instrument.hash)
        binding.fill(made.document.children[0], state.tree, instrument, "")
        made.instance_id, made.started = state.instance_id, state.started
        made.markers, made.notes, made.current_ref = dict(state.markers), dict(state.notes), state.current_ref
        made._compute_all()
        made._act("odk-instance-load", "")
        return made

    @classmethod
    def submitted(cls, instrument: Instrument, xml: str, context: InterviewContext) -> Interview:
        """A finished interview from its submission. Raises InstrumentRefused for XML that is broken."""
        made = cls(instrument, context, fresh=False)
        made.reading = True
        tree = binding.read_submission(xml)
        binding.fill(made.document.children[0], tree, instrument, "")
        found = binding.instance_id_of(tree)
        made.instance_id = found or made.instance_id
        made._compute_all()
        return made

    @_alone
    def save(self) -> bytes:
        """Everything, also what is not relevant just now: canonical bytes of a versioned format."""
        return binding.save(self)

    @_alone
    def submission(self) -> str:
        """OpenRosa XML; what is not relevant is left out."""
        return binding.submission(self)

    @_alone
    def finish(self) -> str:
        """The submission. Raises KnownError interview_incomplete with the refs that stop it."""
        open_refs = [ref for ref, _ in self.problems()]
        if open_refs:
            raise KnownError("interview_incomplete", refs=open_refs)
        self._preload("end")
        return self.submission()

    # --- answering -----------------------------------------------------------------------------------------------------------

    @_alone
    def answer(self, ref: str, value: str | list[str]) -> Changes:
        """Sets an answer ("" clears it). Raises KeyError for a ref that is not there."""
        node = self._node(ref)
        text = " ".join(value) if isinstance(value, list) else value
        text = UNPRINTABLE.sub("", text)
        node.kept = None
        marked = self.markers.pop(ref, None)
        if node.text == text:
            return Changes(frozenset({ref}) if marked else frozenset())
        node.text = text
        path = template_path(ref)
        changed = {path} | self._recompute({path})
        done: set[str] = set()
        while sources := {action.source for action in self.instrument.actions if action.source} & changed - done:
            for source in sources:
                changed |= self._act("xforms-value-changed", source, node)
            done |= sources
        return self._changes(changed, {ref})

    @_alone
    def mark(self, ref: str, marker: Marker | None) -> Changes:
        """Declined, not asked, stopped: an answer in place of a value. None takes it away."""
        self._node(ref)
        if marker is None:
            self.markers.pop(ref, None)
            return Changes(frozenset({ref}))
        changes = self.answer(ref, "")
        self.markers[ref] = marker
        return Changes(changes.refs | {ref})

    @_alone
    def note(self, ref: str, text: str) -> None:
        """The interviewer's private note on a question; "" removes it."""
        self._node(ref)
        if text.strip():
            self.notes[ref] = UNPRINTABLE.sub("", text)
        else:
            self.notes.pop(ref, None)

    @_alone
    def new_repeat(self, ref: str) -> Changes:
        """One more instance of a repeat; `ref` is the repeat's path inside its parent instance, without a position."""
        parent, name = self._node(ref.rsplit("/", 1)[0]), ref.rsplit("/", 1)[1]
        path = template_path(ref)
        self._made.append(self._add_instance(parent, path))
        self._compute_all()
        return Changes(frozenset(self._refs_of({path})) | {f"{ref}[{len(parent.named(name))}]"})

    @_alone
    def remove_repeat(self, ref: str, index: int) -> Changes:
        """Removes the `index`-th (from 1) instance of a repeat, with its markers and notes."""
        parent, name = self._node(ref.rsplit("/", 1)[0]), ref.rsplit("/", 1)[1]
        parent.remove(parent.named(name)[index - 1])
        for kept in (self.markers, self.notes):
            _shift(kept, ref, index)
        self._compute_all()
        return Changes(frozenset(self._refs_of({template_path(ref)})))

    # --- looking -------------------------------------------------------------------------------------------------------------

    @_alone
    def questions(self) -> tuple[QuestionView, ...]:
        """The relevant ones, in document order."""
        return tuple(self._view(control, node) for control, node in self._shown())

    @_alone
    def question(self, ref: str) -> QuestionView:
        """One question, relevant or not. Raises KeyError."""
        node, path = self._node(ref), template_path(ref)
        control = self._by_path.get(path) or self._groups.get(path) or Control("input", path)
        return self._view(control, node)

    @_alone
    def sections(self) -> tuple[SectionView, ...]:
        """Top-level groups with relevant questions, in order; questions outside of groups form one with ref ""."""
        found: dict[str, list[QuestionView]] = {}
        for question in self.questions():
            found.setdefault(question.section_ref, []).append(question)
        made = []
        for ref, questions in found.items():
            asked = [item for item in questions if not (item.readonly or item.calculated or item.type == "note")]
            answered = sum(1 for question in asked if question.value or question.marker)
            control = next((item for item in walk(self.instrument.controls) if item.path == ref and ref), None)
            labels = self._texts(control.label, self.document.children[0]) if control else self._all(self.instrument.title)
            made.append(SectionView(ref, labels, answered, len(asked), questions[0].ref))
        return tuple(made)

    def problems(self) -> tuple[tuple[str, str], ...]:
        """(ref, "required" or "constraint") of what stops finishing."""
        return tuple((question.ref, question.problem) for question in self.questions() if question.problem is not None)

    @_alone
    def outcome(self) -> Outcome:
        """Score, band, follow-up and the alerts that are on now."""
        values: dict[str, str] = {}
        alerts = []
        for bind in self.instrument.binds.values():
            if not bind.outcome:
                continue
            for node in self._nodes(bind.path):
                value = node.string.strip()
                if bind.outcome.startswith("alert:"):
                    if value not in _FALSE:
                        alerts.append(Alert(node.name, bind.outcome.partition(":")[2], self.ref_of(node)))
                elif value and value != "NaN":
                    values[bind.outcome] = value
        band = values.get("band")
        named = None if band is None else self._choice_labels("bands", band) or self._all(band)
        follow_up = values.get("follow_up", "")
        follow_up = self._in_language(self._choice_labels("follow_ups", follow_up) or {}) or follow_up
        return Outcome(values.get("score"), named, follow_up, tuple(alerts))

    @_alone
    def answers(self) -> tuple[AnswerLine, ...]:
        """Every relevant question but notes, with its answer in words."""
        sections = {section.ref: section.labels for section in self.sections()}
        return tuple(
            AnswerLine(
                sections.get(question.section_ref, {}), question.labels, self._in_words(question), question.value,
                question.marker, question.ref,
            )
            for question in self.questions()
            if question.type != "note"
        )  # fmt: skip

    def _changes(self, paths: set[str], refs: set[str]) -> Changes:
        return Changes(frozenset(refs | self._refs_of(paths)))

    def _refs_of(self, paths: set[str]) -> set[str]:
        wanted = paths | {reader for path in paths for reader in self.instrument.readers.get(path, ())}
        below = {inside for path in wanted for inside in self._inside.get(path, ())}
        refs: set[str] = set()
        for path in below:
            nodes = self._nodes(path)
            refs |= {path} if path in self._fixed and nodes else {self.ref_of(node) for node in nodes}
        return refs


def _inside(questions: tuple[Control, ...]) -> dict[str, list[str]]:
    """path → the questions there and below it."""
    found: dict[str, list[str]] = {}
    for control in questions:
        path = control.path
        while path:
            found.setdefault(path, []).append(control.path)
            path = path.rpartition("/")[0]
    return found


def _shift(kept: dict[str, Marker] | dict[str, str], ref: str, index: int) -> None:
    """Moves what belongs to later instances of a repeat one place down after one was removed."""
    pattern = re.compile(re.escape(ref) + r"\[(\d+)\]")
    moved = {}
    for key, value in list(kept.items()):
        match = pattern.match(key)
        if match is None:
            continue
        del kept[key]
        at = int(match.group(1))
        if at != index:
            moved[f"{ref}[{at - (at > index)}]{key[match.end() :]}"] = value
    kept.update(moved)  # type: ignore[arg-type]  # the values came from the same mapping
