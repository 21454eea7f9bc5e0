"""The rules of one interview: what depends on an answer is computed again, each rule once and in order; actions follow,
selections and counted repeats are made to fit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from heapq import heappop, heappush
from typing import Any
from uuid import UUID

from cmpp_desktop.forms.binding import MOST_INSTANCES
from cmpp_desktop.forms.dates import stamp
from cmpp_desktop.forms.definition import Bind, Choices, Instrument, SetValue
from cmpp_desktop.forms.expression import Expression
from cmpp_desktop.forms.places import InterviewContext, Places, child_text, walk
from cmpp_desktop.forms.tree import Node
from cmpp_desktop.forms.values import Context, ExpressionError, to_boolean, to_number, to_string

MOST_REPEATS = 1000
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|[\ud800-\udfff]")


class Rules(Places):
    """The tree, and what is computed in it."""

    def __init__(self, instrument: Instrument, context: InterviewContext) -> None:
        super().__init__(instrument, context)
        self.instance_id = context.new_id()
        self.reading = False
        every = tuple(walk(instrument.controls))
        questions = [control for control in every if control.kind not in ("group", "repeat")]
        self._choosing = {control.path: control for control in questions if control.choices and control.choices.nodes}
        self._counted = tuple(control for control in every if control.kind == "repeat" and control.count is not None)
        self._made: list[Node] = []  # instances of counted repeats whose actions have not run yet

    # --- what expressions ask of the world -----------------------------------------------------------------------------------

    def now(self) -> datetime:
        return self.context.now()

    def randomness(self, count: int) -> bytes:
        return self.context.randomness(count)

    def new_id(self) -> UUID:
        return self.context.new_id()

    def instance(self, name: str) -> Node | None:
        return self.instrument.instances.get(name)

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

    def _items(self, choices: Choices, node: Node) -> list[Node]:
        found = self._value(choices.nodes, node) if choices.nodes else []
        found = found if isinstance(found, list) else []
        return [
            item for item in found if item.is_relevant and (item.root is not self.document or child_text(item, choices.value))
        ]

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
                there = {child_text(item, choices.value) for item in self._items(choices, node)}
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
                room = MOST_INSTANCES - len(self._nodes(control.path)) + len(parent.named(name))
                wanted = int(max(0, min(number, MOST_REPEATS, room))) if number == number else 0
                while len(parent.named(name)) > wanted:
                    parent.remove(parent.named(name)[-1])
                    changed = True
                while len(parent.named(name)) < wanted:
                    self._made.append(self._add_instance(parent, control.path, len(parent.named(name))))
                    changed = True
        return changed


def _is_below(node: Node, top: Node) -> bool:
    up: Node | None = node
    while up is not None and up is not top:
        up = up.parent
    return up is top


def _clean(value: object, bind: Bind | None) -> str:
    """A computed value as text: numbers as XPath writes them, NaN and infinity as blank."""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = to_string(value)
    if bind is not None and bind.type == "int" and re.fullmatch(r"-?\d+\.0+", text):
        return text.split(".")[0]
    return "" if text == "NaN" else UNPRINTABLE.sub("", text)
