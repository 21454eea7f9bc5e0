"""XPath 1.0 as ODK uses it, parsed once into closures.

`compile(text)` gives an `Expression`: call it with a `Context` for its value (float, str, bool, or a list of nodes in document
order). `paths` are the locations that it reads, as written, so that the form knows what depends on what. Unknown functions
and wrong numbers of arguments are errors here, at compile time, never in the middle of an interview.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from cmpp_desktop.forms.tokens import tokens_of
from cmpp_desktop.forms.tree import Node
from cmpp_desktop.forms.values import Closure, Context, ExpressionError, Value, compare, node_set, to_boolean, to_number
from cmpp_desktop.forms.walking import AXES, Step, children, in_order, only, walk


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


_NODE_TYPES = {"node", "text", "comment", "processing-instruction"}


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


# --- the parser -------------------------------------------------------------------------------------------------------------


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
                for node in node_set(part(c)):
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
            primary = only(primary, predicates)
        if self.peek()[1] in ("/", "//") and self.peek()[0] == "op":
            return self.steps_after(primary, instance)
        return primary

    def steps_after(self, primary: Closure, instance: str | None) -> Closure:
        steps = self.steps([])
        self.paths.append(Path(False, tuple((step.axis, step.test) for step in steps), instance))

        return lambda c: walk(node_set(primary(c)), steps, c)

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
        steps: list[Step] = []
        if self.peek() == ("op", "/"):
            absolute = True
            self.take()
            if not self._starts_step():
                return lambda c: [c.root]
            steps = self.relative([])
        elif self.peek() == ("op", "//"):
            absolute = True
            self.take()
            steps = self.relative([Step("descendant-or-self", "node()")])
        else:
            steps = self.relative([])
        self.paths.append(Path(absolute, tuple((step.axis, step.test) for step in steps)))
        self.last_location = (start, self.at)
        if all(step.axis == "child" and step.plain and not step.predicates for step in steps):
            names = [step.test for step in steps]
            return (lambda c: children(c.root, names)) if absolute else (lambda c: children(c.node, names))
        if absolute:
            return lambda c: walk([c.root], steps, c)
        return lambda c: walk([c.node], steps, c)

    def steps(self, found: list[Step]) -> list[Step]:
        while True:
            if self.accept("//"):
                found.append(Step("descendant-or-self", "node()"))
            elif not self.accept("/"):
                return found
            found.append(self.step())

    def relative(self, found: list[Step]) -> list[Step]:
        found.append(self.step())
        return self.steps(found)

    def _starts_step(self) -> bool:
        kind, word = self.peek()
        return kind == "name" or word in (".", "..", "@", "*")

    def step(self) -> Step:
        if self.accept(".."):
            return Step("parent", "node()")
        if self.accept("."):
            step = Step("self", "node()")
            step.predicates = self.predicates()
            return step
        axis = "child"
        if self.accept("@"):
            axis = "attribute"
        elif self.peek()[0] == "name" and self.peek(1)[1] == "::":
            axis = self.take()[1]
            if axis not in AXES:
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
        return Step(axis, test, self.predicates())

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
