"""The places of one interview: its tree, the nodes of a path, the ref of a node, instances of repeats."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from cmpp_desktop.forms.definition import Control, Instrument
from cmpp_desktop.forms.tree import Node

_STEP = re.compile(r"([^/\[\]]+)(?:\[(\d+)\])?")


@dataclass(frozen=True)
class InterviewContext:
    """What an interview is given: the time, ids and randomness, and who holds it on which laptop."""

    now: Callable[[], datetime]
    new_id: Callable[[], UUID]
    randomness: Callable[[int], bytes]
    username: str = ""
    device_id: str = ""


class Places:
    """The tree, and the way about in it."""

    def __init__(self, instrument: Instrument, context: InterviewContext) -> None:
        self.instrument, self.context = instrument, context
        self.document = instrument.template.copy(None)
        self._fixed: dict[str, list[Node]] = {}  # places outside of repeats: their nodes stay while the interview is open

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

    def _nodes_under(self, parent: Node, path: str) -> list[Node]:
        names = path.split("/")[1 + _depth(parent) :]
        nodes = [parent]
        for name in names:
            nodes = [child for node in nodes for child in node.named(name)]
        return nodes

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


def template_path(ref: str) -> str:
    """A ref without positions: the place in the form."""
    return re.sub(r"\[\d+\]", "", ref)


def walk(controls: tuple[Control, ...] | list[Control]) -> Iterator[Control]:
    """All of them, with those inside, in order."""
    for control in controls:
        yield control
        yield from walk(control.children)


def _depth(node: Node) -> int:
    depth = 0
    while node.parent is not None:
        depth, node = depth + 1, node.parent
    return depth


def child_text(item: Node, name: str) -> str:
    """The text of a child of a list's item (a/b), of an attribute (@a), or its own (.)."""
    if name.startswith("@"):
        return item.attributes.get(name[1:], "")
    if name in (".", ""):
        return item.string
    nodes = [item]
    for part in name.split("/"):
        nodes = [child for node in nodes for child in node.named(part)]
    return nodes[0].string if nodes else ""
