"""One filling-in of an instrument. `answer` recomputes only what depends on it, in dependency order, and says what changed.

Values of questions that are not relevant are kept while the interview is open, read as empty, and are left out of what is
submitted. A value that breaks its constraint is kept and flagged. The interview knows no clock and no randomness of its own.
"""

from __future__ import annotations

import functools
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from heapq import heappop, heappush
from typing import Any, Concatenate, ParamSpec, TypeVar
from uuid import UUID

from cmpp_desktop.errors import KnownError
from cmpp_desktop.forms import binding
from cmpp_desktop.forms.definition import Bind, Choices, Control, Instrument, Label, SetValue, Text
from cmpp_desktop.forms.expression import Context, Expression, ExpressionError, to_boolean, to_number, to_string
from cmpp_desktop.forms.functions import stamp
from cmpp_desktop.forms.tree import Node
from cmpp_desktop.forms.view import (
    Alert,
    AnswerLine,
    Changes,
    ChoiceView,
    Marker,
    Outcome,
    QuestionView,
    SectionView,
    Texts,
)

P = ParamSpec("P")
R = TypeVar("R")
MOST_REPEATS = 1000
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|[\ud800-\udfff]")
_STEP = re.compile(r"([^/\[\]]+)(?:\[(\d+)\])?")
_TYPES = {"int": "integer", "dateTime": "datetime", "string": "text", "boolean": "text"}
_FALSE = ("", "0", "false", "NaN")


@dataclass(frozen=True)
class InterviewContext:
    """What an interview is given: the time, ids and randomness, and who holds it on which laptop."""

    now: Callable[[], datetime]
    new_id: Callable[[], UUID]
    randomness: Callable[[int], bytes]
    username: str = ""
    device_id: str = ""


def _alone(method: Callable[Concatenate[Interview, P], R]) -> Callable[Concatenate[Interview, P], R]:
    """One at a time: the window answers while the store's worker keeps what was answered before."""

    @functools.wraps(method)
    def run(self: Interview, /, *args: P.args, **kwargs: P.kwargs) -> R:
        with self._turn:
            return method(self, *args, **kwargs)

    return run


class Interview:
    """Made by `Instrument.start`, `resume` or `read_submission`."""

    def __init__(self, instrument: Instrument, context: InterviewContext, *, fresh: bool = True) -> None:
        self.instrument, self.context = instrument, context
        self._turn = threading.RLock()
        self.document = instrument.template.copy(None)
        self.instance_id = context.new_id()
        self.started = context.now()
        self.current_ref = ""
        self.markers: dict[str, Marker] = {}
        self.notes: dict[str, str] = {}
        self.reading = False
        self.language = instrument.languages[0]  # of jr:choice-name, jr:itext and the follow-up; a screen may set it
        every = tuple(_walk(instrument.controls))
        self._questions = tuple(control for control in every if control.kind not in ("group", "repeat"))
        self._by_path = {control.path: control for control in self._questions}
        self._groups = {control.path: control for control in reversed(every) if control.kind in ("group", "repeat")}
        self._choosing = {path: control for path, control in self._by_path.items() if control.choices and control.choices.nodes}
        self._counted = tuple(control for control in every if control.kind == "repeat" and control.count is not None)
        self._inside = _inside(self._questions)
        self._fixed: dict[str, list[Node]] = {}  # places outside of repeats: their nodes stay while the interview is open
        self._made: list[Node] = []  # instances of counted repeats whose actions have not run yet
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
        text = _CONTROL.sub("", text)
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
            self.notes[ref] = _CONTROL.sub("", text)
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
            control = next((item for item in _walk(self.instrument.controls) if item.path == ref and ref), None)
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

    def _in_words(self, question: QuestionView) -> Texts:
        if not question.choices:
            return self._all(question.value)
        chosen = question.value.split()
        names = {choice.value: choice.labels for choice in question.choices}
        return {
            language: ", ".join(names.get(value, {}).get(language) or value for value in chosen)
            for language in self.instrument.languages
        }

    # --- views ---------------------------------------------------------------------------------------------------------------

    def _shown(self) -> Iterator[tuple[Control, Node]]:
        yield from self._below(self.instrument.controls, self.document)

    def _below(self, controls: tuple[Control, ...] | list[Control], parent: Node) -> Iterator[tuple[Control, Node]]:
        for control in controls:
            nodes = self._nodes_under(parent, control.path)
            if control.kind == "repeat":
                for node in nodes:
                    if node.is_relevant:
                        yield from self._below(control.children, node)
            elif control.kind == "group":
                if all(node.is_relevant for node in nodes):
                    yield from self._below(control.children, parent)
            else:
                for node in nodes:
                    if node.is_relevant:
                        yield control, node

    def _nodes_under(self, parent: Node, path: str) -> list[Node]:
        names = path.split("/")[1 + _depth(parent) :]
        nodes = [parent]
        for name in names:
            nodes = [child for node in nodes for child in node.named(name)]
        return nodes

    def _view(self, control: Control, node: Node) -> QuestionView:
        bind = self.instrument.binds.get(control.path) or Bind(control.path)
        ref = self.ref_of(node)
        marker, value = self.markers.get(ref), node.string
        required = bind.required is not None and to_boolean(self._value(bind.required, node))
        problem, message = None, Label()
        if node.is_relevant and marker is None and not self.reading:
            if value == "" and required:
                problem, message = "required", bind.required_message
            elif value != "" and bind.constraint is not None and not to_boolean(self._value(bind.constraint, node)):
                problem, message = "constraint", bind.constraint_message
        readonly = self._is(bind.readonly, node, "readonly")
        return QuestionView(
            ref=ref, name=node.name, type=_type_of(control, bind, readonly), appearance=control.appearance,
            labels=self._texts(control.label, node), hints=self._texts(control.hint, node), required=required,
            readonly=readonly, value=value, choices=self._options(control, node), problem=problem,  # type: ignore[arg-type]  # one of the two words above
            message=self._texts(message, node), marker=marker, note=self.notes.get(ref, ""), section_ref=control.section,
            required_message=self._texts(bind.required_message, node), parameters=control.parameters,
            relevant=node.is_relevant, calculated=bind.calculate is not None,
        )  # fmt: skip

    def _is(self, expression: Expression | None, node: Node, name: str) -> bool:
        """Whether a rule holds at a node; read-only is also inherited from groups."""
        if expression is not None and to_boolean(self._value(expression, node)):
            return True
        up = node.parent
        while up is not None and up.parent is not None:
            bind = self.instrument.binds.get(template_path(self.ref_of(up)))
            inherited = getattr(bind, name) if bind else None
            if inherited is not None and to_boolean(self._value(inherited, up)):
                return True
            up = up.parent
        return False

    def _options(self, control: Control, node: Node) -> tuple[ChoiceView, ...]:
        choices = control.choices
        if choices is None:
            return ()
        if choices.nodes is None:
            return tuple(ChoiceView(value, self._texts(label, node)) for value, label in choices.fixed)
        return tuple(
            ChoiceView(_child(item, choices.value), self._texts(choices.label, item)) for item in self._items(choices, node)
        )

    def _items(self, choices: Choices, node: Node) -> list[Node]:
        found = self._value(choices.nodes, node) if choices.nodes else []
        found = found if isinstance(found, list) else []
        return [item for item in found if item.is_relevant and (item.root is not self.document or _child(item, choices.value))]

    def _texts(self, label: Label, node: Node) -> Texts:
        texts: Mapping[str, Text] = label.texts
        if label.itext_child:
            texts = self.instrument.texts.get(_child(node, label.itext_child), {})
        elif label.child:
            return self._all(_child(node, label.child))
        return {language: self._say(pieces, node) for language, pieces in texts.items()}

    def _say(self, pieces: Text, node: Node) -> str:
        inside = node if node.root is self.document else self.document.children[0]
        said = [piece if isinstance(piece, str) else to_string(self._value(piece, inside)) for piece in pieces]
        return re.sub(r"[ \t]+", " ", "".join(said)).strip(" \t\r\n")

    def _all(self, text: str) -> Texts:
        return dict.fromkeys(self.instrument.languages, text)

    # --- what expressions ask of the world -----------------------------------------------------------------------------------

    def now(self) -> datetime:
        return self.context.now()

    def randomness(self, count: int) -> bytes:
        return self.context.randomness(count)

    def new_id(self) -> UUID:
        return self.context.new_id()

    def instance(self, name: str) -> Node | None:
        return self.instrument.instances.get(name)

    def choice_name(self, value: str, path: str, context: Context) -> str:
        """jr:choice-name: the label of a value among the choices of the question at `path`, in the first language."""
        wanted = path.strip().replace("'", "")
        control = next(
            (item for item in self._questions if item.path == wanted or item.path.endswith("/" + wanted.lstrip("./"))), None
        )
        nodes = self._nodes(control.path) if control is not None else []
        if control is None or not nodes:
            return ""
        labels = next((option.labels for option in self._options(control, nodes[0]) if option.value == value), {})
        return self._in_language(labels)

    def _in_language(self, texts: Texts) -> str:
        """A text in the current language, or in the first that has it."""
        return next((texts[code] for code in (self.language, *self.instrument.languages) if texts.get(code)), "")

    def itext(self, name: str, context: Context) -> str:
        """jr:itext: a text by its id, in the first language."""
        texts = self.instrument.texts.get(name, {})
        pieces = next((texts[code] for code in (self.language, *self.instrument.languages) if code in texts), ())
        return self._say(pieces, context.node)

    def _choice_labels(self, name: str, value: str) -> Texts | None:
        """The labels of a value in one of the form's lists (`bands`, `follow_ups`)."""
        holder = self.instrument.instances.get(name)
        for root in holder.children if holder else ():
            for item in root.children:
                if _child(item, "name") == value:
                    texts = self.instrument.texts.get(_child(item, "itextId"), {})
                    return {language: self._say(pieces, item) for language, pieces in texts.items()} or self._all(
                        _child(item, "label")
                    )
        return None

    # --- computing -----------------------------------------------------------------------------------------------------------

    def _first_load(self) -> None:
        for control in self._counted:
            for node in self._nodes(control.path):
                if node.parent is not None:
                    node.parent.remove(node)
        for kind in ("uid", "timestamp", "date", "property", "start"):
            self._preload(kind)
        self._compute_all(loading=True)
        self._act("odk-instance-first-load", "")
        self._act("odk-instance-load", "")
        self._compute_all(loading=True)

    def _preload(self, kind: str) -> None:
        now = self.context.now()
        for bind in self.instrument.binds.values():
            value: str | None = None
            if kind == "uid" and bind.preload == "uid":
                value = f"uuid:{self.instance_id}"
            elif (kind == "timestamp" and bind.preload == "timestamp" and bind.preload_params == "start") or (
                kind == "end" and bind.preload == "timestamp" and bind.preload_params == "end"
            ):
                value = stamp(now)
            elif kind == "date" and bind.preload == "date":
                value = now.date().isoformat()
            elif kind == "property" and bind.preload == "property":
                value = {"deviceid": self.context.device_id, "username": self.context.username}.get(bind.preload_params, "")
            if value is not None:
                for node in self._nodes(bind.path):
                    node.text = value

    def _act(self, event: str, source: str, at: Node | None = None) -> set[str]:
        """Runs the actions of an event at a node; returns the template paths that they changed, with what followed."""
        changed: set[str] = set()
        for action in self.instrument.actions:
            if action.event != event or action.source != source or self.reading:
                continue
            for node in self._targets(action, at):
                value = self._value(action.value, node) if action.value is not None else ""
                text = _clean(value, self.instrument.binds.get(action.ref))
                if node.text != text:
                    node.put(text)
                    node.kept = None
                    changed |= {action.ref} | self._recompute({action.ref})
        return changed

    def _targets(self, action: SetValue, at: Node | None) -> list[Node]:
        """The nodes that an action sets: in the same instances of repeats as the node where it happened."""
        if action.target is not None:
            found = self._value(action.target, at or self.document.children[0])
            return found if isinstance(found, list) else []
        nodes, up = self._nodes(action.ref), at
        while up is not None:
            path = self._path_of(up)
            if path in self.instrument.repeats and action.ref.startswith(path + "/"):
                return [node for node in nodes if _is_below(node, up)]
            up = up.parent
        return nodes

    def _recompute(self, paths: set[str]) -> set[str]:
        """Runs the rules that depend on these template paths, each once and in order; returns what changed."""
        instrument = self.instrument
        waiting = sorted({place for path in paths for place in instrument.dependants.get(path, ())})
        queued = set(waiting)
        changed: set[str] = set()
        while waiting:
            place = heappop(waiting)
            name, path = instrument.order[place]
            if not self._run(name, path):
                continue
            changed.add(path)
            for then in (instrument.shadowed if name == "relevant" else instrument.dependants).get(path, ()):
                if then not in queued:
                    queued.add(then)
                    heappush(waiting, then)
        changed |= self._fit_choices(paths | changed)
        if self._fit_counts():
            changed |= self._compute_all()
        return changed

    def _compute_all(self, *, loading: bool = False) -> set[str]:
        """Runs every rule; then, but while a new interview is loading, the actions of instances that were made."""
        changed: set[str] = set()
        for _ in range(5):  # a repeat's count may depend on what another repeat's instances hold
            changed |= {path for name, path in self.instrument.order if self._run(name, path)}
            self._fit_choices(set(self._choosing))
            if not self._fit_counts():
                break
        made, self._made = self._made, []
        for node in () if loading else made:
            path = self._path_of(node)
            for source in dict.fromkeys(action.source for action in self.instrument.actions if action.source):
                if source == path or source.startswith(path + "/"):
                    changed |= self._act("odk-new-repeat", source, node)
        return changed

    def _run(self, name: str, path: str) -> bool:
        bind = self.instrument.binds[path]
        changed = False
        for node in self._nodes(path):
            if name == "relevant":
                assert bind.relevant is not None
                value = to_boolean(self._value(bind.relevant, node))
                changed, node.relevant = changed or value != node.relevant, value
            elif not self.reading and bind.calculate is not None:
                text = _clean(self._value(bind.calculate, node), bind)
                if text != node.text:
                    changed = True
                    node.put(text)
        return changed

    def _fit_choices(self, paths: set[str]) -> set[str]:
        """Blanks selections whose option is filtered out just now, and brings them back with the option."""
        touched = {reader for path in paths for reader in self.instrument.readers.get(path, ())} | paths
        changed: set[str] = set()
        for path in () if self.reading else touched & self._choosing.keys():
            control = self._choosing[path]
            choices = control.choices
            assert choices is not None
            for node in self._nodes(control.path):
                wanted = node.kept if node.kept is not None else node.text
                if not wanted:
                    continue
                there = {_child(item, choices.value) for item in self._items(choices, node)}
                fitting = " ".join(part for part in wanted.split() if part in there)
                node.kept = wanted if fitting != wanted else None
                if node.text != fitting:
                    node.text = fitting
                    changed |= {control.path} | self._recompute({control.path})
        return changed

    def _fit_counts(self) -> bool:
        """Gives counted repeats as many instances as their count says. True when something was added or removed."""
        changed = False
        for control in () if self.reading else self._counted:
            assert control.count is not None
            name = control.path.rsplit("/", 1)[1]
            for parent in self._nodes(control.path.rsplit("/", 1)[0]):
                here = Node(name, parent)
                number = to_number(self._value(control.count, here))
                room = binding.MOST_INSTANCES - len(self._nodes(control.path)) + len(parent.named(name))
                wanted = int(max(0, min(number, MOST_REPEATS, room))) if number == number else 0
                while len(parent.named(name)) > wanted:
                    parent.remove(parent.named(name)[-1])
                    changed = True
                while len(parent.named(name)) < wanted:
                    self._made.append(self._add_instance(parent, control.path, len(parent.named(name))))
                    changed = True
        return changed

    def _add_instance(self, parent: Node, path: str, place: int | None = None) -> Node:
        """One more instance; counted ones start as the form defines the one at that place (from 0), if it does."""
        written = self._written(path) if place is not None else []
        source = written[place] if place is not None and place < len(written) else self.instrument.repeats[path]
        made = source.copy(parent)
        parent.insert(parent.place_of(made.name, self.instrument.shape[path.rpartition("/")[0]]), made)
        return made

    def _written(self, path: str) -> list[Node]:
        """The instances of a repeat that the form itself holds, where there is one place for them."""
        nodes = [self.instrument.template]
        for name in path.split("/")[1:]:
            if len(nodes) != 1:
                return []
            nodes = nodes[0].named(name)
        return nodes

    # --- nodes and refs ------------------------------------------------------------------------------------------------------

    def _value(self, expression: Expression, node: Node) -> Any:
        """The value of an expression at a node; blank when it cannot be computed from these answers (a pattern that an
        answer makes invalid, a number too large). What can never be computed was refused when the form was compiled."""
        try:
            return expression(Context(node, self.document, self))
        except (ExpressionError, ArithmeticError, ValueError, RecursionError):
            return ""

    def faults(self, expressions: Iterable[tuple[Expression, str]]) -> Iterator[tuple[str, str]]:
        """Tries expressions where they stand: (path, why) of those that are wrong whatever the answers are."""
        for expression, path in expressions:
            for node in self._nodes(path)[:1] or self.document.children[:1]:
                try:
                    expression(Context(node, self.document, self))
                except RecursionError:
                    yield path, f"the expression is nested too deeply (in “{expression.text[:60]}…”)"
                except ExpressionError as error:
                    yield path, f"{error} (in “{expression.text.strip()[:200]}”)"
                except (ArithmeticError, ValueError):
                    continue  # an empty form need not have a value here

    def _nodes(self, path: str) -> list[Node]:
        found = self._fixed.get(path)
        if found is None:
            found = self._found(path)
            if "@" not in path and not any(path == top or path.startswith(top + "/") for top in self.instrument.repeats):
                self._fixed[path] = found
        return found

    def _found(self, path: str) -> list[Node]:
        nodes = [self.document]
        for name in path.split("/")[1:]:
            if name.startswith("@"):
                return [
                    Node(name[1:], node, node.attributes[name[1:]], attribute=True, relevant=node.is_relevant)
                    for node in nodes if name[1:] in node.attributes
                ]  # fmt: skip
            nodes = [child for node in nodes for child in node.named(name)]
        return nodes

    def _node(self, ref: str) -> Node:
        node = self.document
        for name, position in _STEP.findall(ref):
            there = node.named(name)
            at = int(position or 1)
            if not 1 <= at <= len(there):
                raise KeyError(ref)
            node = there[at - 1]
        return node

    def ref_of(self, node: Node) -> str:
        """The ref of a node: repeats carry their position."""
        parts: list[str] = []
        path = self._path_of(node)
        while node.parent is not None:
            if path in self.instrument.repeats:
                at = next(i for i, item in enumerate(node.parent.named(node.name), 1) if item is node)
                parts.append(f"{node.name}[{at}]")
            else:
                parts.append(node.name)
            node, path = node.parent, path.rsplit("/", 1)[0]
        return "/" + "/".join(reversed(parts))

    def _path_of(self, node: Node) -> str:
        names = []
        while node.parent is not None:
            names.append(node.name)
            node = node.parent
        return "/" + "/".join(reversed(names))

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


def _is_below(node: Node, top: Node) -> bool:
    up: Node | None = node
    while up is not None and up is not top:
        up = up.parent
    return up is top


def template_path(ref: str) -> str:
    """A ref without positions: the place in the form."""
    return re.sub(r"\[\d+\]", "", ref)


def _walk(controls: tuple[Control, ...] | list[Control]) -> Iterator[Control]:
    for control in controls:
        yield control
        yield from _walk(control.children)


def _depth(node: Node) -> int:
    depth = 0
    while node.parent is not None:
        depth, node = depth + 1, node.parent
    return depth


def _child(item: Node, name: str) -> str:
    if name.startswith("@"):
        return item.attributes.get(name[1:], "")
    if name in (".", ""):
        return item.string
    nodes = [item]
    for part in name.split("/"):
        nodes = [child for node in nodes for child in node.named(part)]
    return nodes[0].string if nodes else ""


def _clean(value: object, bind: Bind | None) -> str:
    """A computed value as text: numbers as XPath writes them, NaN and infinity as blank."""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = to_string(value)
    if bind is not None and bind.type == "int" and re.fullmatch(r"-?\d+\.0+", text):
        return text.split(".")[0]
    return "" if text == "NaN" else _CONTROL.sub("", text)


def _type_of(control: Control, bind: Bind, readonly: bool) -> str:
    if control.kind == "input":
        if readonly and bind.type == "string" and bind.calculate is None and not control.parameters.get("query"):
            return "note"
        return _TYPES.get(bind.type, bind.type)
    if control.kind == "upload":
        return control.parameters.get("mediatype", "").split("/")[0].replace("application", "file").replace("*", "file") or "file"
    return {"select1": "select_one", "select": "select_multiple", "trigger": "acknowledge"}.get(control.kind, control.kind)


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
