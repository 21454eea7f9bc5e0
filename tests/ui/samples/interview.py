"""An interview of twelve questions, in three languages; "now" in any of them raises an alert."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from cmpp_desktop.domain import questions as q
from cmpp_desktop.forms import Alert
from tests.ui.samples.basis import uid


@dataclass
class FakeChoice:
    value: str
    labels: dict[str, str]


@dataclass
class FakeQuestion:
    ref: str
    type: str
    labels: dict[str, str]
    section_ref: str
    choices: tuple[FakeChoice, ...] = ()
    required: bool = True
    appearance: str = ""
    hints: dict[str, str] = field(default_factory=dict)
    readonly: bool = False
    value: str = ""
    problem: str | None = None
    message: dict[str, str] = field(default_factory=dict)
    required_message: dict[str, str] = field(default_factory=dict)
    marker: str | None = None
    note: str = ""

    @property
    def name(self) -> str:
        return self.ref.rsplit("/", 1)[-1]


YES_NO = (
    FakeChoice("no", {"en": "No", "es": "No", "ar": "لا"}),
    FakeChoice("past", {"en": "Yes, in the past", "es": "Sí, en el pasado", "ar": "نعم، في الماضي"}),
    FakeChoice("now", {"en": "Yes, it is happening now", "es": "Sí, está pasando ahora", "ar": "نعم، يحدث الآن"}),
    FakeChoice("unsure", {"en": "Not sure", "es": "No sé", "ar": "لست متأكدة"}),
)
SECTIONS = (
    ("/g/start", {"en": "Before we start", "es": "Antes de empezar"}, 2),
    ("/g/journey", {"en": "Your journey", "es": "Su viaje"}, 3),
    ("/g/work", {"en": "Work", "es": "Trabajo"}, 3),
    ("/g/home", {"en": "Where you live", "es": "Dónde vive"}, 2),
    ("/g/trust", {"en": "People you trust", "es": "Personas de confianza"}, 1),
    ("/g/end", {"en": "Closing", "es": "Cierre"}, 1),
)
ASKED = {
    "en": "Did anyone at work keep your passport or other papers so that you could not leave?",
    "es": "¿Alguien en el trabajo le guardó el pasaporte u otros papeles para que no pudiera irse?",
    "ar": "هل احتفظ أحد في العمل بجواز سفرك أو أوراقك الأخرى حتى لا تتمكني من المغادرة؟",
}


class FakeInterview:
    """Answers like `forms.Interview`: twelve choices in six sections; "now" in any of them raises an alert."""

    def __init__(self) -> None:
        self._questions: dict[str, FakeQuestion] = {}
        number = 0
        for section, _, count in SECTIONS:
            for _ in range(count):
                number += 1
                self._questions[f"{section}/q{number}"] = FakeQuestion(
                    f"{section}/q{number}", "select_one", dict(ASKED), section, YES_NO
                )
        self.current_ref = next(iter(self._questions))

    def questions(self) -> tuple[FakeQuestion, ...]:
        return tuple(self._questions.values())

    def question(self, ref: str) -> FakeQuestion:
        return self._questions[ref]

    def answer(self, ref: str, value: Any) -> Any:
        self._questions[ref].value = value
        return SimpleNamespace(refs=(ref,))

    def mark(self, ref: str, marker: str | None) -> Any:
        self._questions[ref].marker = marker
        return SimpleNamespace(refs=(ref,))

    def note(self, ref: str, text: str) -> None:
        self._questions[ref].note = text

    def sections(self) -> tuple[Any, ...]:
        views = []
        for ref, labels, _ in SECTIONS:
            inside = [item for item in self._questions.values() if item.section_ref == ref]
            done = sum(1 for item in inside if item.value or item.marker)
            views.append(SimpleNamespace(ref=ref, labels=labels, answered=done, total=len(inside), first_ref=inside[0].ref))
        return tuple(views)

    def problems(self) -> tuple[Any, ...]:
        return ()

    def outcome(self) -> Any:
        alerts = tuple(Alert(item.name, "safety", item.ref) for item in self._questions.values() if item.value == "now")
        band = {
            "en": "Several signs. Talk it through with your supervisor.",
            "es": "Varias señales. Háblelo con su supervisora.",
        }
        return SimpleNamespace(score="5", band=band, follow_up="", alerts=alerts)


INSTRUMENT = q.InstrumentRow(
    uid("instrument"), "work_safety", "4", "Work and safety guide", ("en", "es", "ar"), "ab" * 32,
    (("validated", "guide"), ("source", "Written by us")),
)  # fmt: skip
