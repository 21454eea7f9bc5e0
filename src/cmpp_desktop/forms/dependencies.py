"""Who depends on whom: the order in which rules are computed, and a refusal where they go round in a circle."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from cmpp_desktop.forms.expression import Expression, Path
from cmpp_desktop.forms.problems import Problem
from cmpp_desktop.forms.tree import Node

if TYPE_CHECKING:
    from cmpp_desktop.forms.definition import Control, Instrument

Key = tuple[str, str]  # ("relevant" | "calculate", path)


def link(instrument: Instrument) -> list[Problem]:
    """Fills `order`, `dependants` and `readers` of an instrument; returns what is wrong."""
    world = _World(instrument)
    problems = world.check_binds()
    needs = {key: world.needs(key) for key in world.rules()}
    order, circle = _sorted(needs)
    if circle:
        names = ", ".join(sorted({path.rsplit("/", 1)[-1] for _, path in circle}))
        text = f"These go round in a circle: {names}."
        return [*problems, Problem("cycle", "survey", None, "calculation", text, "Let one of them not use the others.")]
    for path, bind in instrument.binds.items():
        for name in ("relevant", "calculate", "constraint", "required", "readonly"):
            for stranger in world.strangers(rule) if (rule := getattr(bind, name)) is not None else ():
                text = f"{path.rsplit('/', 1)[-1]}: there is no question {stranger}."
                problems.append(Problem("bad_reference", "survey", None, name, text, "Check the name."))
        for name in ("required", "readonly"):
            expression: Expression | None = getattr(bind, name)
            if expression is not None and path in world.read(expression, path):
                name_of = path.rsplit("/", 1)[-1]
                text = f"{name_of}: whether it is {name} depends on its own answer."
                problems.append(Problem("cycle", "survey", None, name, text, "Use another question in the expression."))
    instrument.order = tuple(order)
    instrument.dependants, instrument.shadowed = world.dependants(order)
    instrument.readers = world.readers()
    return problems


class _World:
    def __init__(self, instrument: Instrument) -> None:
        self.instrument = instrument
        self.paths: dict[str, list[str]] = {}  # path → children's paths
        self._learn(instrument.template, "")
        for path, node in instrument.repeats.items():
            self._learn(node, path)
            parent = path.rsplit("/", 1)[0]
            if path not in self.paths.setdefault(parent, []):
                self.paths[parent].append(path)
        self.by_name: dict[str, list[str]] = {}
        for path in self.paths:
            self.by_name.setdefault(path.rsplit("/", 1)[-1], []).append(path)

    def _learn(self, node: Node, path: str) -> None:
        children = self.paths.setdefault(path, [])
        for name in node.attributes:
            self.paths.setdefault(f"{path}/@{name}", [])
        for child in node.children:
            here = f"{path}/{child.name}"
            if here not in children:
                children.append(here)
            self._learn(child, here)

    def check_binds(self) -> list[Problem]:
        problems = []
        for path in self.instrument.binds:
            if path not in self.paths:
                text = f"{path}: there is no such question."
                problems.append(Problem("bad_reference", "survey", None, "name", text, "Check the name."))
        for control in _controls(self.instrument.controls):
            if control.path not in self.paths:
                text = f"{control.path}: the form’s model has no such place."
                problems.append(Problem("bad_reference", "survey", None, "name", text, "Check the name."))
        return problems

    def strangers(self, expression: Expression) -> list[str]:
        """The absolute paths of an expression that lead nowhere."""
        found = []
        for item in expression.paths:
            plain = item.absolute and all(axis == "child" and not name.endswith((")", "*")) for axis, name in item.steps)
            path = "/" + "/".join(name for _, name in item.steps)
            if plain and path not in self.paths:
                found.append(path)
        return found

    def rules(self) -> list[Key]:
        return [
            (name, path)
            for path, bind in self.instrument.binds.items()
            for name in ("relevant", "calculate")
            if getattr(bind, name) is not None
        ]

    def needs(self, key: Key) -> set[Key]:
        """The rules that have to be computed before this one."""
        name, path = key
        expression: Expression = getattr(self.instrument.binds[path], name)
        found: set[Key] = set()
        for read in self.read(expression, path):
            found |= self._behind(read)
        if name == "calculate" and "once" in expression.functions:
            found.discard(key)
        return found

    def _behind(self, path: str) -> set[Key]:
        """The rules that the value at a path comes from."""
        found: set[Key] = set()
        for below in self.below(path):
            bind = self.instrument.binds.get(below)
            if bind is not None:
                found |= {(name, below) for name in ("relevant", "calculate") if getattr(bind, name) is not None}
        up = path
        while "/" in up[1:]:
            up = up.rsplit("/", 1)[0]
            bind = self.instrument.binds.get(up)
            if bind is not None and bind.relevant is not None:
                found.add(("relevant", up))
        return found

    def below(self, path: str) -> Iterator[str]:
        yield path
        for child in self.paths.get(path, ()):
            yield from self.below(child)

    def read(self, expression: Expression, path: str) -> set[str]:
        """The places of the model that an expression reads, standing at `path`."""
        found: set[str] = set()
        for item in expression.paths:
            if item.instance is None and not item.structure:
                found |= self._resolve(item, path)
        return found

    def _resolve(self, item: Path, path: str) -> set[str]:
        here = {""} if item.absolute else {path}
        for axis, name in item.steps:
            if axis == "parent":
                here = {up.rsplit("/", 1)[0] for up in here}
            elif axis == "self":
                continue
            elif axis == "child" and name not in ("*", "node()"):
                here = {f"{up}/{name}" for up in here}
            elif axis in ("descendant", "descendant-or-self") or name in ("*", "node()"):
                return {below for up in here for below in self.below(up)} if here <= set(self.paths) else set()
            elif axis == "attribute":
                return here
            else:
                return set(self.by_name.get(name, ()))
        known = {place for place in here if place in self.paths}
        if known or not item.steps:
            return known
        # A path inside a predicate starts somewhere else: whoever has that name may be meant.
        return set(self.by_name.get(item.steps[-1][1], ())) if not item.absolute else set()

    def dependants(self, order: list[Key]) -> tuple[dict[str, tuple[int, ...]], dict[str, tuple[int, ...]]]:
        """path → places in `order` that read its value; path of a rule of relevance → those that read anything below it."""
        direct: dict[str, set[int]] = {}
        for at, (name, path) in enumerate(order):
            expression: Expression = getattr(self.instrument.binds[path], name)
            for read in self.read(expression, path):
                for below in self.below(read):
                    direct.setdefault(below, set()).add(at)
        shadowed = {
            path: tuple(sorted({at for below in self.below(path) for at in direct.get(below, ())}))
            for name, path in order
            if name == "relevant"
        }
        return {path: tuple(sorted(places)) for path, places in direct.items()}, shadowed

    def readers(self) -> dict[str, frozenset[str]]:
        """path → questions that show it in a label, a choice, or a rule that is looked up when they are shown."""
        found: dict[str, set[str]] = {}
        for control in _controls(self.instrument.controls):
            for expression in self._shown(control):
                for read in self.read(expression, control.path):
                    for below in self.below(read):
                        found.setdefault(below, set()).add(control.path)
        return {path: frozenset(readers) for path, readers in found.items()}

    def _shown(self, control: Control) -> Iterator[Expression]:
        bind = self.instrument.binds.get(control.path)
        for name in ("constraint", "required", "readonly"):
            expression = getattr(bind, name) if bind else None
            if expression is not None:
                yield expression
        if control.choices is not None and control.choices.nodes is not None:
            yield control.choices.nodes
        for label in (control.label, control.hint):
            for pieces in label.texts.values():
                yield from (piece for piece in pieces if isinstance(piece, Expression))


def _controls(controls: Iterable[Control]) -> Iterator[Control]:
    for control in controls:
        yield control
        yield from _controls(control.children)


def _sorted(needs: Mapping[Key, set[Key]]) -> tuple[list[Key], set[Key]]:
    """Kahn's order; what is left over goes round in a circle."""
    left = {key: {need for need in wanted if need in needs} for key, wanted in needs.items()}
    users: dict[Key, list[Key]] = {}
    for key, wanted in left.items():
        for need in wanted:
            users.setdefault(need, []).append(key)
    ready = [key for key, wanted in left.items() if not wanted]
    order: list[Key] = []
    for key in ready:
        order.append(key)
        for user in users.get(key, ()):
            left[user].discard(key)
            if not left[user]:
                ready.append(user)
    return order, set(left) - set(order)
