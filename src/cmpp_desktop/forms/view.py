"""What a screen or a paper may see of an interview: frozen values, texts by language. Nothing here computes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Marker = Literal["declined", "not_asked", "stopped_distress"]
MARKERS: tuple[Marker, ...] = ("declined", "not_asked", "stopped_distress")
Texts = Mapping[str, str]  # language code → text


@dataclass(frozen=True)
class Changes:
    """The questions whose relevance, value, required, constraint, read-only, label or choices may have changed."""

    refs: frozenset[str]


@dataclass(frozen=True)
class ChoiceView:
    value: str
    labels: Texts


@dataclass(frozen=True)
class QuestionView:
    """One question as it stands now. `ref`: absolute path, repeats with their position. `problem`: why it cannot stay so:

    | relevant | marker | value  | required | constraint | problem    |
    |----------|--------|--------|----------|------------|------------|
    | no       | any    | any    | any      | any        | none       |
    | yes      | yes    | any    | any      | any        | none       |
    | yes      | no     | blank  | yes      | any        | required   |
    | yes      | no     | blank  | no       | any        | none       |
    | yes      | no     | filled | any      | broken     | constraint |
    | yes      | no     | filled | any      | kept       | none       |
    """

    ref: str
    name: str
    type: str
    appearance: str
    labels: Texts
    hints: Texts
    required: bool
    readonly: bool
    value: str
    choices: tuple[ChoiceView, ...]
    problem: Literal["required", "constraint"] | None
    message: Texts
    marker: Marker | None
    note: str
    section_ref: str
    required_message: Texts = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    relevant: bool = True
    calculated: bool = False  # the form computes it: shown, never asked


@dataclass(frozen=True)
class SectionView:
    """A top-level group. `answered` and `total` count relevant questions that can be answered."""

    ref: str
    labels: Texts
    answered: int
    total: int
    first_ref: str


@dataclass(frozen=True)
class Alert:
    """Something that the answers call for. `kind` as the form says (safety, minor_at_risk, self_harm)."""

    name: str
    kind: str
    ref: str
    texts: Texts = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """What the form makes of the answers; None and empty where it names no such field or it is blank."""

    score: str | None
    band: Texts | None
    follow_up: str
    alerts: tuple[Alert, ...]


@dataclass(frozen=True)
class AnswerLine:
    """One question and its answer, for paper."""

    section: Texts
    labels: Texts
    values: Texts
    raw: str
    marker: Marker | None
    ref: str = ""
