"""Some histories of every day, and each that ever showed something: the rest is `make simulate`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from cmpp_desktop.sync.engine import Engine
from cmpp_desktop.sync.outbox import Outbox
from tests.simulate.history import History, Result, run
from tests.simulate.world import remembered

EVERY_DAY = range(1, 25)
# Seeds of `make simulate` that failed once, and what was wrong.
FOUND = {
    20048: "a right that was taken and given back left a chain stuck: all that was written later was held for ever",
}


@pytest.fixture(autouse=True)
def fast() -> Iterator[None]:
    with remembered():
        yield


def told(result: Result) -> str:
    return "\n".join([f"seed {result.seed}", *result.steps, f"violated: {result.violation}"])


@pytest.mark.parametrize("seed", [*EVERY_DAY, *FOUND])
def test_a_history_of_this_seed_keeps_every_property(seed: int) -> None:
    result = run(seed)
    assert result.violation is None, told(result)


def test_the_same_seed_is_the_same_history() -> None:
    first, again = run(77), run(77)
    assert first.steps == again.steps
    assert first.operations == again.operations > 0
    assert run(78).steps != first.steps


def _first_violation(seeds: range) -> str:
    for seed in seeds:
        violation = run(seed).violation
        if violation is not None:
            return violation.property
    return ""


def test_a_laptop_that_forgets_what_was_only_sent_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The simulation itself is tested: what the rules forbid must not pass it."""
    noted = Engine._note_verdicts

    def forgets(self: Any, request: Any, answer: Any) -> None:
        noted(self, request, answer)
        for place in self._books.readable():
            with self._store.transaction():
                self._store.trim_outbox(place, 1 << 62)

    monkeypatch.setattr(Engine, "_note_verdicts", forgets)
    assert _first_violation(range(1, 40)) == "P4"


def test_a_laptop_that_seals_under_an_old_key_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rule 44: nothing is sealed where a key has to change first."""
    made = Outbox.__init__

    def hurried(self: Any, *rest: Any) -> None:
        made(self, *rest)
        self._due = frozenset()

    monkeypatch.setattr(Outbox, "__init__", hurried)
    monkeypatch.setattr("cmpp_desktop.sync.duties.rotations", lambda *rest: ())
    assert _first_violation(range(1, 60)) == "P13"


def test_a_signed_record_that_changes_is_found() -> None:
    history = History(5)
    try:
        ana = history.world.laptops[1]
        ana.write(UUID(int=501), kind="note", phone="a")
        signed = ana.sign(UUID(int=501))
        history.checks.now(ana)
        state = ana.replica.tables["states"][ana.caseload, signed]
        state.heads["content"] = state.heads["content"][:0]
        with pytest.raises(AssertionError, match=r"P8|P2"):
            history.checks.now(ana)
    finally:
        history.world.close()
