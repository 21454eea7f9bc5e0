"""What a compiled form is: its places with their rules, its questions, its texts, and who depends on whom. Plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cmpp_desktop.forms.expression import Expression
from cmpp_desktop.forms.tree import Node

if TYPE_CHECKING:
    from cmpp_desktop.forms.interview import Interview
    from cmpp_desktop.forms.places import InterviewContext

Text = tuple["str | Expression", ...]  # pieces; an expression is the value of an <output>


@dataclass(frozen=True)
class Label:
    """A text by language; or, for choices, the name of the child that holds the id of the text (`itext_child`)."""

    texts: Mapping[str, Text] = field(default_factory=dict)
    itext_child: str = ""
    child: str = ""


@dataclass
class Bind:
    """The rules of one place of the model. Expressions are None where the form says nothing."""

    path: str
    type: str = "string"
    relevant: Expression | None = None
    calculate: Expression | None = None
    constraint: Expression | None = None
    required: Expression | None = None
    readonly: Expression | None = None
    constraint_message: Label = Label()
    required_message: Label = Label()
    preload: str = ""
    preload_params: str = ""
    outcome: str = ""


@dataclass(frozen=True)
class Choices:
    """Where the options of a question come from: an itemset (`nodes`, with the children `value` and `label`) or a list."""

    nodes: Expression | None = None
    value: str = ""
    label: Label = Label()
    fixed: tuple[tuple[str, Label], ...] = ()


@dataclass
class Control:
    """Something of the body. `kind`: group, repeat, input, select1, select, upload, range, trigger, rank."""

    kind: str
    path: str
    label: Label = Label()
    hint: Label = Label()
    appearance: str = ""
    choices: Choices | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    count: Expression | None = None
    fixed_count: bool = False
    children: list[Control] = field(default_factory=list)
    section: str = ""


@dataclass(frozen=True)
class SetValue:
    """An action: when `event` happens (at `source` for value changes) `ref` takes the value."""

    event: str
    ref: str
    value: Expression | None
    source: str = ""
    target: Expression | None = None  # where `ref` was written with predicates


@dataclass
class Instrument:
    """A compiled form. Nothing in it changes; `start` and `resume` give interviews."""

    form_id: str
    version: str
    hash: str
    title: str
    languages: tuple[str, ...]
    card: Mapping[str, str]
    template: Node
    binds: Mapping[str, Bind]
    controls: tuple[Control, ...]
    texts: Mapping[str, Mapping[str, Text]]  # id → language → pieces
    instances: Mapping[str, Node]
    actions: tuple[SetValue, ...]
    repeats: Mapping[str, Node]  # path → what a new instance looks like
    shape: Mapping[str, tuple[str, ...]]  # path → the names of its children, in order
    order: tuple[tuple[str, str], ...] = ()  # ("relevant" | "calculate", path) in the order in which they are computed
    dependants: Mapping[str, tuple[int, ...]] = field(default_factory=dict)  # path → places in `order` that read its value
    shadowed: Mapping[str, tuple[int, ...]] = field(default_factory=dict)  # path → places that read anything below it
    readers: Mapping[str, frozenset[str]] = field(default_factory=dict)  # path → questions that show something of it

    def start(self, context: InterviewContext) -> Interview:
        """A new interview."""
        from cmpp_desktop.forms.interview import Interview

        return Interview(self, context)

    def resume(self, saved: bytes, context: InterviewContext) -> Interview:
        """An interview that `save` kept, at the same place. Raises KnownError file_unreadable."""
        from cmpp_desktop.forms.interview import Interview

        return Interview.restored(self, saved, context)

    def read_submission(self, xml: str, context: InterviewContext) -> Interview:
        """A finished interview, for reading and printing: calculations keep the values that were submitted."""
        from cmpp_desktop.forms.interview import Interview

        return Interview.submitted(self, xml, context)
