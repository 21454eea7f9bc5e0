"""Functions of nodes: places among others, repeats, lists that come with the form."""

from __future__ import annotations

import math
from collections.abc import Sequence

from cmpp_desktop.forms.tree import Node
from cmpp_desktop.forms.values import Closure, Context, ExpressionError, Value, node_set, to_number, to_string


def position(c: Context, args: Sequence[Closure]) -> float:
    if not args:
        return float(c.position)
    nodes = node_set(args[0](c))
    if not nodes or nodes[0].parent is None:
        return math.nan
    node = nodes[0]
    return float([id(item) for item in nodes[0].parent.named(node.name)].index(id(node)) + 1)


def indexed_repeat(c: Context, args: Sequence[Closure]) -> Value:
    """indexed-repeat(target, repeat, index, …): the target inside the index-th instance of each repeat."""
    if len(args) not in (3, 5, 7):
        raise ExpressionError("indexed-repeat() takes 3, 5 or 7 values")
    pairs = [(node_set(args[at](c)), to_number(args[at + 1](c))) for at in range(1, len(args), 2)]
    allowed: list[Node] | None = None
    for nodes, index in pairs:
        inside = [node for node in nodes if allowed is None or any(_below(node, up) for up in allowed)]
        allowed = [inside[int(index) - 1]] if not math.isnan(index) and 1 <= index <= len(inside) else []
    targets = _everywhere(c, node_set(args[0](c)))
    return [node for node in targets if any(_below(node, up) for up in allowed or [])]


def _everywhere(c: Context, nodes: list[Node]) -> list[Node]:
    if not nodes:
        return []
    names: list[str] = []
    node: Node | None = nodes[0]
    while node is not None and node.parent is not None:
        names.insert(0, node.name)
        node = node.parent
    found = [nodes[0].root]
    for name in names:
        found = [child for item in found for child in item.named(name)]
    return found


def _below(node: Node, top: Node) -> bool:
    up: Node | None = node
    while up is not None:
        if up is top:
            return True
        up = up.parent
    return False


def instance(c: Context, args: Sequence[Closure]) -> list[Node]:
    name = to_string(args[0](c))
    found = c.world.instance(name)
    if found is None:
        raise ExpressionError(f"there is no list of choices called {name}")
    return [found]


def pulldata(c: Context, args: Sequence[Closure]) -> str:
    name, column, key, wanted = (to_string(arg(c)) for arg in args)
    table = c.world.instance(name)
    if table is None:
        raise ExpressionError(f"there is no list of choices called {name}")
    for root in table.children:
        for item in root.children:
            if _field(item, key) == wanted:
                return _field(item, column) or ""
    return ""


def _field(item: Node, name: str) -> str | None:
    """A column of a list's item: a child, or an attribute when it begins with @."""
    if name.startswith("@"):
        return item.attributes.get(name[1:])
    return next((child.text for child in item.children if child.name == name), None)


def choice_name(c: Context, args: Sequence[Closure]) -> str:
    return str(c.world.choice_name(to_string(args[0](c)), to_string(args[1](c)), c))


def lang(c: Context, args: Sequence[Closure]) -> bool:
    wanted = to_string(args[0](c)).lower()
    node: Node | None = c.node
    while node is not None and not node.attributes.get("xml:lang"):
        node = node.parent
    language = node.attributes["xml:lang"].lower() if node is not None else ""
    return bool(wanted) and (language == wanted or language.startswith(wanted + "-"))
