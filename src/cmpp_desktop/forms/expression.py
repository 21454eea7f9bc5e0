"""XPath 1.0 as ODK uses it, parsed once into closures.

`compile(text)` gives an `Expression`: call it with a `Context` for its value (float, str, bool, or a list of nodes in document
order). `paths` are the locations that it reads, as written, so that the form knows what depends on what. Unknown functions
and wrong numbers of arguments are errors here, at compile time, never in the middle of an interview.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from cmpp_desktop.forms.tree import Node

if TYPE_CHECKING:
    from collections.abc import Mapping

Value: TypeAlias = Any  # float | str | bool | list[Node]
Closure: TypeAlias = "Callable[[Context], Value]"


class ExpressionError(ValueError):
    """The text is not XPath, or uses something that is not supported; the message is for the author."""


class World(Protocol):
    """What an expression may ask for outside the tree."""

    def instance(self, name: str) -> Node | None: ...


@dataclass(slots=True)
class Context:
    """Where an expression stands. `root` is the document node whose child is the root element; `current`: for current()."""

    node: Node
    root: Node
    world: Any
    position: int = 1
    size: int = 1
    current: Node | None = None

    def at(self, node: Node, position: int = 1, size: int = 1) -> Context:
        return Context(node, self.root, self.world, position, size, self.current or self.node)


@dataclass(frozen=True)
class Path:
    """A location path as written: absolute or not, and its steps (axis, name); predicates are left out.

    `structure`: only which nodes there are is asked (position(..), count(…)), never what they hold.
    """

    absolute: bool
    steps: tuple[tuple[str, str], ...]
    instance: str | None = None
    structure: bool = False


@dataclass
class Expression:
    """Compiled. `functions` and `paths` are what it uses."""

    text: str
    closure: Closure
    paths: list[Path]
    functions: set[str]

    def __call__(self, context: Context) -> Value:
        return self.closure(context)


_TOKEN = re.compile(
    r"""\s*(?:
    (?P<number>\d+(?:\.\d*)?|\.\d+)
  | (?P<string>"[^"]*"|'[^']*')
  | (?P<name>[^\W\d][\w.\-]*(?::[^\W\d][\w.\-]*)?(?::\*)?)
  | (?P<op>::|//|\.\.|!=|<=|>=|[()\[\].@,/|+\-=<>*$])
    )""",
    re.VERBOSE,
)
_GLUED = re.compile(r"(and|or|div|mod)(?=\d)")
_AXES = {
    "child", "parent", "self", "descendant", "descendant-or-self", "ancestor", "ancestor-or-self", "following-sibling",
    "preceding-sibling", "following", "preceding", "attribute",
}  # fmt: skip
_NODE_TYPES = {"node", "text", "comment", "processing-instruction"}


def tokens_of(text: str) -> list[tuple[str, str]]:
    """(kind, text) with kinds number, string, name, op, operator (and, or, div, mod, * as an operator)."""
    found: list[tuple[str, str]] = []
    at = 0
    stripped = text.rstrip()
    while at < len(stripped):
        match = _TOKEN.match(stripped, at)
        if match is None:
            raise ExpressionError(f"“{stripped[at : at + 20].strip()}” is not understood")
        kind = str(match.lastgroup)
        word = match.group(kind)
        if kind == "name" and word.endswith(":*"):
            raise ExpressionError("namespace wildcards are not supported")
        before = found[-1] if found else ("", "")
        operand_before = before[0] in ("number", "string", "name") or (
            before[0] == "op" and before[1] in (")", "]", ".", "..", "*")
        )
        glued = _GLUED.match(word) if operand_before and kind == "name" else None
        if glued:  # 1 mod2: engines of the field read the operator
            found.append(("operator", glued.group(1)))
            at = match.start(kind) + len(glued.group(1))
            continue
        if operand_before and ((kind == "name" and word in ("and", "or", "div", "mod")) or word == "*"):
            kind = "operator"
        found.append((kind, word))
        at = match.end()
    return found


def compile(text: str, functions: Mapping[str, Any]) -> Expression:
    """Parses an expression with a table of functions. Raises ExpressionError."""
    parser = _Parser(tokens_of(text), functions)
    if not parser.tokens:
        raise ExpressionError("the expression is empty")
    try:
        closure = parser.or_()
    except RecursionError:
        raise ExpressionError("the expression is nested too deeply") from None
    if parser.at < len(parser.tokens):
        raise ExpressionError(f"“{parser.tokens[parser.at][1]}” was not expected here")
    return Expression(text, closure, parser.paths, parser.used)


# --- conversions (XPath 1.0, sections 3.4 and 4) ----------------------------------------------------------------------------


def to_string(value: Value) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return value[0].string if value else ""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value == int(value) and abs(value) < 1e21:
        return str(int(value))
    text = repr(float(value))
    if "e" in text:
        text = f"{value:.20f}".rstrip("0").rstrip(".")
    return text


_NUMBER = re.compile(r"\s*-?(?:\d+(?:\.\d*)?|\.\d+)\s*\Z")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(?:T.*)?\Z")


def to_number(value: Value) -> float:
    if isinstance(value, bool):
        return 1.0 if value else 0.0
    if isinstance(value, float | int):
        return float(value)
    text = to_string(value)
    if _NUMBER.match(text):
        return float(text)
    if _DATE.match(text.strip()):
        from cmpp_desktop.forms.functions import days_of

        return days_of(text.strip())
    return math.nan


def to_boolean(value: Value) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, list):
        return bool(value)
    if isinstance(value, str):
        return bool(value)
    return bool(value) and not math.isnan(value)


def compare(left: Value, right: Value, operator: str) -> bool:
    """=, !=, <, <=, >, >= with XPath's rules for node-sets."""
    if isinstance(left, list) and isinstance(right, list):
        return any(_simple(a.string, b.string, operator) for a in left for b in right)
    if isinstance(left, list) or isinstance(right, list):
        nodes, other, flipped = (left, right, False) if isinstance(left, list) else (right, left, True)
        if isinstance(other, bool):
            a, b = to_boolean(nodes), other
            return _simple(b, a, operator) if flipped else _simple(a, b, operator)
        return any(_simple(other, n.string, operator) if flipped else _simple(n.string, other, operator) for n in nodes)
    return _simple(left, right, operator)


def _simple(left: Value, right: Value, operator: str) -> bool:
    if operator in ("=", "!="):
        if isinstance(left, bool) or isinstance(right, bool):
            same = to_boolean(left) == to_boolean(right)
        elif isinstance(left, float) or isinstance(right, float):
            a, b = to_number(left), to_number(right)
            return (a == b) if operator == "=" else (a != b)
        else:
            same = left == right or _same_day(left, right)
        return same if operator == "=" else not same
    a, b = to_number(left), to_number(right)
    return {"<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}[operator]


def _same_day(left: Value, right: Value) -> bool:
    """A date equals a date and time of that day."""
    a, b = to_string(left), to_string(right)
    if len(b) == 10:
        a, b = b, a
    return len(a) == 10 and len(b) > 10 and b[10] == "T" and b.startswith(a) and _DATE.match(b) is not None


# --- the parser -------------------------------------------------------------------------------------------------------------


@dataclass
class _Step:
    axis: str
    test: str  # a name, "*", or "node()", "text()"…
    predicates: list[Closure] = field(default_factory=list)

    @property
    def plain(self) -> bool:
        return self.test != "*" and not self.test.endswith(")")


class _Parser:
    def __init__(self, tokens: list[tuple[str, str]], functions: Mapping[str, Any]) -> None:
        self.tokens, self.functions, self.at = tokens, functions, 0
        self.paths: list[Path] = []
        self.used: set[str] = set()
        self.depth = 0
        self.last_location = (-1, -1)  # the tokens of the location path that was parsed last

    # tokens

    def peek(self, ahead: int = 0) -> tuple[str, str]:
        return self.tokens[self.at + ahead] if self.at + ahead < len(self.tokens) else ("end", "")

    def take(self) -> tuple[str, str]:
        token = self.peek()
        self.at += 1
        return token

    def accept(self, *words: str, kind: str | None = None) -> str | None:
        token = self.peek()
        if token[1] in words and token[0] not in ("string",) and (kind is None or token[0] == kind):
            self.at += 1
            return token[1]
        return None

    def expect(self, word: str) -> None:
        if self.accept(word) is None:
            raise ExpressionError(f"“{word}” is missing before “{self.peek()[1] or 'the end'}”")

    # grammar, weakest operators first

    def or_(self) -> Closure:
        self.depth += 1
        if self.depth > 200:
            raise ExpressionError("the expression is nested too deeply")
        left = self.and_()
        while self.accept("or", kind="operator"):
            right = self.and_()
            left = (lambda a, b: lambda c: to_boolean(a(c)) or to_boolean(b(c)))(left, right)
        self.depth -= 1
        return left

    def and_(self) -> Closure:
        left = self.comparison(("=", "!="), self.relational)
        while self.accept("and", kind="operator"):
            right = self.comparison(("=", "!="), self.relational)
            left = (lambda a, b: lambda c: to_boolean(a(c)) and to_boolean(b(c)))(left, right)
        return left

    def relational(self) -> Closure:
        return self.comparison(("<", "<=", ">", ">="), self.additive)

    def comparison(self, operators: tuple[str, ...], lower: Callable[[], Closure]) -> Closure:
        left = lower()
        while operator := self.accept(*operators):
            right = lower()
            left = (lambda a, b, o: lambda c: compare(a(c), b(c), o))(left, right, operator)
        return left

    def additive(self) -> Closure:
        left = self.multiplicative()
        while operator := self.accept("+", "-"):
            right = self.multiplicative()
            if operator == "+":
                left = (lambda a, b: lambda c: to_number(a(c)) + to_number(b(c)))(left, right)
            else:
                left = (lambda a, b: lambda c: to_number(a(c)) - to_number(b(c)))(left, right)
        return left

    def multiplicative(self) -> Closure:
        left = self.unary()
        while operator := self.accept("*", "div", "mod", kind="operator"):
            right = self.unary()
            work = {"*": lambda a, b: a * b, "div": _divide, "mod": _modulo}[operator]
            left = (lambda a, b, w: lambda c: w(to_number(a(c)), to_number(b(c))))(left, right, work)
        return left

    def unary(self) -> Closure:
        if self.accept("-"):
            inner = self.unary()
            return lambda c: -to_number(inner(c))
        return self.union()

    def union(self) -> Closure:
        first = self.path()
        rest = []
        while self.accept("|"):
            rest.append(self.path())
        if not rest:
            return first

        def united(c: Context) -> Value:
            nodes: dict[int, Node] = {}
            for part in (first, *rest):
                for node in _nodes(part(c)):
                    nodes[id(node)] = node
            return in_order(list(nodes.values()))

        return united

    def path(self) -> Closure:
        kind, word = self.peek()
        calls = kind == "name" and self.peek(1)[1] == "(" and word not in _NODE_TYPES
        if kind in ("number", "string") or word in ("(", "$") or calls:
            return self.filtered()
        return self.location()

    def filtered(self) -> Closure:
        kind, word = self.take()
        instance: str | None = None
        primary: Closure
        if kind in ("number", "string"):
            primary = _constant(float(word) if kind == "number" else word[1:-1])
        elif word == "(":
            primary = self.or_()
            self.expect(")")
            instance = "?"
        elif word == "$":
            raise ExpressionError("variables ($name) are not supported")
        else:
            primary, instance = self.call(word)
            instance = instance if word != "current" else None
        predicates = self.predicates()
        if predicates:
            primary = _filter(primary, predicates)
        if self.peek()[1] in ("/", "//") and self.peek()[0] == "op":
            return self.steps_after(primary, instance)
        return primary

    def steps_after(self, primary: Closure, instance: str | None) -> Closure:
        steps = self.steps([])
        self.paths.append(Path(False, tuple((step.axis, step.test) for step in steps), instance))

        def walk(c: Context) -> Value:
            return _walk(_nodes(primary(c)), steps, c)

        return walk

    def call(self, name: str) -> tuple[Closure, str | None]:
        self.expect("(")
        arguments: list[Closure] = []
        literal: str | None = None
        if not self.accept(")"):
            if self.peek()[0] == "string":
                literal = self.peek()[1][1:-1]
            start = self.at
            arguments.append(self.or_())
            if name in ("position", "count") and self.last_location == (start, self.at):
                self.paths[-1] = replace(self.paths[-1], structure=True)
            while self.accept(","):
                arguments.append(self.or_())
            self.expect(")")
        function = self.functions.get(name)
        if function is None:
            raise ExpressionError(f"the function {name}() is not known")
        least, most = function.arguments
        if not least <= len(arguments) <= most:
            takes = str(least) if least == most else f"{least} to {most}"
            raise ExpressionError(f"{name}() takes {takes} values, not {len(arguments)}")
        self.used.add(name)
        made = tuple(arguments)
        run = function.run
        return (lambda c: run(c, made)), (literal or "?") if name == "instance" else "?"

    def location(self) -> Closure:
        absolute, start = False, self.at
        steps: list[_Step] = []
        if self.peek() == ("op", "/"):
            absolute = True
            self.take()
            if not self._starts_step():
                return lambda c: [c.root]
            steps = self.relative([])
        elif self.peek() == ("op", "//"):
            absolute = True
            self.take()
            steps = self.relative([_Step("descendant-or-self", "node()")])
        else:
            steps = self.relative([])
        self.paths.append(Path(absolute, tuple((step.axis, step.test) for step in steps)))
        self.last_location = (start, self.at)
        if all(step.axis == "child" and step.plain and not step.predicates for step in steps):
            names = [step.test for step in steps]
            return (lambda c: _children(c.root, names)) if absolute else (lambda c: _children(c.node, names))
        if absolute:
            return lambda c: _walk([c.root], steps, c)
        return lambda c: _walk([c.node], steps, c)

    def steps(self, found: list[_Step]) -> list[_Step]:
        while True:
            if self.accept("//"):
                found.append(_Step("descendant-or-self", "node()"))
            elif not self.accept("/"):
                return found
            found.append(self.step())

    def relative(self, found: list[_Step]) -> list[_Step]:
        found.append(self.step())
        return self.steps(found)

    def _starts_step(self) -> bool:
        kind, word = self.peek()
        return kind == "name" or word in (".", "..", "@", "*")

    def step(self) -> _Step:
        if self.accept(".."):
            return _Step("parent", "node()")
        if self.accept("."):
            step = _Step("self", "node()")
            step.predicates = self.predicates()
            return step
        axis = "child"
        if self.accept("@"):
            axis = "attribute"
        elif self.peek()[0] == "name" and self.peek(1)[1] == "::":
            axis = self.take()[1]
            if axis not in _AXES:
                raise ExpressionError(f"the axis {axis} is not known")
            self.take()
        kind, word = self.take()
        if kind == "name" and self.peek()[1] == "(" and word in _NODE_TYPES:
            self.take()
            if self.peek()[0] == "string" and word == "processing-instruction":
                self.take()
            self.expect(")")
            test = f"{word}()"
        elif kind == "name":
            test = word.rsplit(":", 1)[-1]
        elif word == "*":
            test = "*"
        else:
            raise ExpressionError(f"“{word or 'the end'}” was not expected here")
        return _Step(axis, test, self.predicates())

    def predicates(self) -> list[Closure]:
        found = []
        while self.accept("["):
            found.append(self.or_())
            self.expect("]")
        return found


def _constant(value: Value) -> Closure:
    return lambda c: value


def _divide(a: float, b: float) -> float:
    if b == 0:
        return math.nan if a == 0 or math.isnan(a) else math.copysign(math.inf, a) * math.copysign(1, b)
    return a / b


def _modulo(a: float, b: float) -> float:
    if b == 0 or math.isinf(a) or math.isnan(a) or math.isnan(b):
        return math.nan
    return math.fmod(a, b)


def _nodes(value: Value) -> list[Node]:
    if not isinstance(value, list):
        raise ExpressionError("a set of nodes is needed here")
    return value


# --- walking ----------------------------------------------------------------------------------------------------------------


def _walk(start: Sequence[Node], steps: Sequence[_Step], context: Context) -> list[Node]:
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


def _children(start: Node, names: Sequence[str]) -> list[Node]:
    """Most paths of a form: from name to name, without anything else."""
    nodes = [start]
    for name in names:
        nodes = nodes[0].named(name) if len(nodes) == 1 else [child for node in nodes for child in node.named(name)]
    return list(nodes)


_REVERSE = ("ancestor", "ancestor-or-self", "preceding", "preceding-sibling")


def _filter(primary: Closure, predicates: list[Closure]) -> Closure:
    def filtered(c: Context) -> Value:
        nodes = _nodes(primary(c))
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


def _fits(node: Node, step: _Step) -> bool:
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
