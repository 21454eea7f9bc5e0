"""Location paths: from node to node along XPath's axes, and which of them a predicate keeps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from cmpp_desktop.forms.tree import Node
from cmpp_desktop.forms.values import Closure, Context, Value, node_set, to_boolean

AXES = {
    "child", "parent", "self", "descendant", "descendant-or-self", "ancestor", "ancestor-or-self", "following-sibling",
    "preceding-sibling", "following", "preceding", "attribute",
}  # fmt: skip
_REVERSE = ("ancestor", "ancestor-or-self", "preceding", "preceding-sibling")


@dataclass
class Step:
    """One step of a path."""

    axis: str
    test: str  # a name, "*", or "node()", "text()"…
    predicates: list[Closure] = field(default_factory=list)

    @property
    def plain(self) -> bool:
        return self.test != "*" and not self.test.endswith(")")


def walk(start: Sequence[Node], steps: Sequence[Step], context: Context) -> list[Node]:
    """The nodes at the end of a path."""
    nodes = list(start)
    for step in steps:
        found: dict[int, Node] = {}
        for node in nodes:
            if step.axis == "child" and step.plain:
                candidates = node.named(step.test)
            else:
                candidates = [item for item in _axis(node, step.axis) if _fits(item, step)]
            for predicate in step.predicates:
                candidates = _keep(candidates, predicate, context)
            for item in candidates:
                found[id(item)] = item
        ordered = step.axis in ("child", "self", "attribute") or (len(nodes) <= 1 and step.axis not in _REVERSE)
        nodes = list(found.values()) if ordered else in_order(list(found.values()))
    return nodes


def children(start: Node, names: Sequence[str]) -> list[Node]:
    """Most paths of a form: from name to name, without anything else."""
    nodes = [start]
    for name in names:
        nodes = nodes[0].named(name) if len(nodes) == 1 else [child for node in nodes for child in node.named(name)]
    return list(nodes)


def only(primary: Closure, predicates: list[Closure]) -> Closure:
    """Those nodes of a value for which the predicates hold."""

    def filtered(c: Context) -> Value:
        nodes = node_set(primary(c))
        for predicate in predicates:
            nodes = _keep(nodes, predicate, c)
        return nodes

    return filtered


def _keep(nodes: list[Node], predicate: Closure, context: Context) -> list[Node]:
    kept, size = [], len(nodes)
    for position, node in enumerate(nodes, 1):
        value = predicate(context.at(node, position, size))
        if value == position if isinstance(value, float) else to_boolean(value):
            kept.append(node)
    return kept


def _fits(node: Node, step: Step) -> bool:
    if step.test == "node()":
        return True
    if step.test == "*":
        return node.name != "#document"
    if step.test == "text()":
        return not node.children and bool(node.text)
    return node.name == step.test


def _axis(node: Node, axis: str) -> list[Node]:
    if axis == "child":
        return node.children
    if axis == "self":
        return [node]
    if axis == "parent":
        return [node.parent] if node.parent is not None else []
    if axis == "attribute":
        return [Node(name, node, text, attribute=True) for name, text in node.attributes.items()]
    if axis == "descendant-or-self":
        return list(node.walk())
    if axis == "descendant":
        return list(node.walk())[1:]
    if axis in ("ancestor", "ancestor-or-self"):
        found = [node] if axis == "ancestor-or-self" else []
        up = node.parent
        while up is not None:
            found.append(up)
            up = up.parent
        return found
    if axis in ("following-sibling", "preceding-sibling"):
        if node.parent is None or node.attribute:
            return []
        siblings = node.parent.children
        at = next(i for i, item in enumerate(siblings) if item is node)
        return siblings[at + 1 :] if axis == "following-sibling" else siblings[:at][::-1]
    everything = list(node.root.walk())
    at = next(i for i, item in enumerate(everything) if item is node)
    if axis == "following":
        below = {id(item) for item in node.walk()}
        return [item for item in everything[at + 1 :] if id(item) not in below]
    above = {id(item) for item in _axis(node, "ancestor")}
    return [item for item in everything[:at] if id(item) not in above][::-1]


def in_order(nodes: list[Node]) -> list[Node]:
    """Document order."""
    if len(nodes) < 2:
        return nodes
    wanted = {id(node) for node in nodes}
    rank = {id(item): at for at, item in enumerate(nodes[0].root.walk()) if id(item) in wanted}
    return sorted(nodes, key=lambda node: rank.get(id(node), 0))
