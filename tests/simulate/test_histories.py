"""Some histories of every day, and each that ever showed something: the rest is `make simulate`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from cmpp_desktop.sync import erased, identity
from cmpp_desktop.sync.outbox import Outbox
from cmpp_desktop.sync.sending import Sending
from tests.simulate.fast import remembered
from tests.simulate.history import History, Result, run, shrink
from tests.simulate.world import template

EVERY_DAY = [range(first, first + 20) for first in range(1, 241, 20)]
# Histories that failed once: seed, the steps that were needed, and what was wrong. A seed says another history when there is more
# to do in one; then it is only one more, and the story in `tests/sync/test_found_by_histories.py` stays.
FOUND: dict[tuple[int, tuple[int, ...]], str] = {
    (165, (4, 5, 6, 9, 11)): "a server that lost a removal refused it for ever, for its cut was not where the chain stood",
    (20061, (6, 9, 16)): "what was sent again under a right given back was shown as held by everybody for ever",
    (1049, (2, 4, 7, 11, 15)): "what was written over words that never came to count names them for good, and that is no fault",
    (1162, (5, 6, 11, 17)): "a copy that had taken a snapshot kept a value that it had itself replaced",
    (4729, (2, 3, 11, 13, 14)): "what a copy had sent to a server that was put back since left again nowhere",
    (3154, (8, 9, 11, 12, 14, 17)): "a copy could take no snapshot with what the other one had sent under one number",
    (4348, (0, 3, 8)): "what was sent again under a right given back was held work to who began from a snapshot",
    (4442, (1, 2, 4, 10, 16)): "the same, of two who got a right back",
    (5491, (5, 9, 11, 12, 13)): "a copy with the slower clock lost sight of what it wrote when it took a snapshot",
    (3890, (3, 4, 9, 10)): "an administrator whose laptop met its copy while inviting handed out a file that nobody could read",
    (3181, (3, 8, 11, 15, 16, 17)): "a copy took a snapshot for a log, and sent again what the other copy had sent in it",
    (6117, (5, 6, 10, 11, 17)): "the same, with a snapshot in the middle of what the other copy had sent",
    (7751, (5, 6, 9)): "the same, after a stick",
    (9270, (6, 9, 16)): "the same, after an answer that was lost",
    (9388, (4, 6, 7)): "the same, in the restricted records",
    (9431, (3, 6, 9, 17)): "a copy may not read any more what both had written, keeps it as its own, and that is no fault",
    (9220, tuple(range(18))): "who had come in before a server was put back heard only that their invitation was closed",
    (4898, (8, 11, 13, 14)): "a copy may not read any more where the other one sent what both had: it keeps that as its own",
    (7808, (2, 7, 13, 15, 17)): "the same, in the caseload",
    (1580, (2, 3, 11, 12, 14)): "both copies said of one bundle that it leaves again, and it stood twice",
    (9178, (0, 1, 11, 12, 13)): "a copy that had said so already said it once more under its new identity",
    (11226, (5, 9, 10, 15)): "what the server held of a copy came before the log to who began from a snapshot, and counted",
    (5961, (1, 8, 10, 17)): "two copies wrote the same at the same moment: it travels once, and that is no fault",
}


@pytest.fixture(autouse=True)
def fast() -> Iterator[None]:
    with remembered():
        template()  # before a test makes the program forget something
        yield


def told(result: Result) -> str:
    return "\n".join([f"seed {result.seed}", *result.steps, f"violated: {result.violation}"])


@pytest.mark.parametrize("seeds", EVERY_DAY, ids=lambda seeds: f"{seeds[0]}-{seeds[-1]}")
def test_the_histories_of_these_seeds_keep_every_property(seeds: range) -> None:
    for seed in seeds:
        result = run(seed)
        assert result.violation is None, told(result)


@pytest.mark.parametrize(("seed", "steps"), FOUND, ids=str)
def test_a_history_that_failed_once_keeps_every_property(seed: int, steps: tuple[int, ...]) -> None:
    for result in (run(seed, only=steps, erasing=False, auditing=False), run(seed, erasing=False, auditing=False)):
        assert result.violation is None, told(result)


def test_the_same_seed_is_the_same_history() -> None:
    first, again = run(77), run(77)
    assert first.steps == again.steps
    assert first.operations == again.operations > 0
    assert run(78).steps != first.steps


def test_a_step_that_is_left_out_changes_no_other_step() -> None:
    whole = run(77)
    rest = run(77, only=whole.did[:-1])
    assert rest.did == whole.did[:-1]
    assert rest.steps[: len(rest.did)] == whole.steps[: len(rest.did)]


def _first_to_break(property: str, seeds: range) -> int:
    """The first seed whose history breaks this property; 0: none does."""
    for seed in seeds:
        violation = run(seed).violation
        if violation is not None and violation.property == property:
            return seed
    return 0


@pytest.fixture
def forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    """Laptops that call sent what they have only handed over, which the rules forbid."""
    noted = Sending.note_verdicts

    def forgets(self: Any, request: Any, answer: Any) -> None:
        noted(self, request, answer)
        for place in self._books.readable():
            with self._store.transaction():
                self._store.trim_outbox(place, 1 << 62)

    monkeypatch.setattr(Sending, "note_verdicts", forgets)


@pytest.mark.usefixtures("forgetful")
def test_a_laptop_that_forgets_what_was_only_sent_is_found_and_told_with_few_steps() -> None:
    """The simulation itself is tested: what the rules forbid must not pass it."""
    seed = _first_to_break("P4", range(1, 100))
    assert seed
    steps = shrink(seed, "P4")
    assert 0 < len(steps) <= 6
    violation = run(seed, only=steps).violation
    assert violation is not None
    assert violation.property == "P4"


def test_a_laptop_that_seals_under_an_old_key_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rule 44: nothing is sealed where a key has to change first."""
    made = Outbox.__init__

    def hurried(self: Any, *rest: Any) -> None:
        made(self, *rest)
        self._due = frozenset()

    monkeypatch.setattr(Outbox, "__init__", hurried)
    monkeypatch.setattr("cmpp_desktop.sync.duties.rotations", lambda *rest: ())
    assert _first_to_break("P13", range(1, 100))


def test_a_laptop_that_takes_in_what_came_late_to_an_erased_record_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rule 19. Seed 1 destroys files; without the fault it keeps every property."""
    assert run(1, erasing=True).violation is None
    monkeypatch.setattr(erased, "part_without", lambda state, part: part)
    monkeypatch.setattr(erased, "columns_without", lambda state, columns: columns)
    violation = run(1, erasing=True).violation
    assert violation is not None
    assert violation.property == "erasure"


def test_an_administrator_who_is_let_in_again_reads_the_log_that_their_copy_had_sent() -> None:
    """Seed 1292 with audit logs: the bundle of this copy had lost, and the other one's stayed held."""
    assert run(1292, auditing=True).violation is None


def test_a_copy_that_may_read_the_audit_drop_later_does_not_believe_what_it_never_sent() -> None:
    """Seed 2475: it sealed audit entries as a caseworker and went on as another laptop, which became an administrator's."""
    assert run(2475, auditing=True).violation is None


def test_an_audit_log_that_seems_to_have_a_gap_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seed 77 sends audit logs; what was on its way when a copy was met went first, under the new identity."""
    assert run(77, auditing=True).violation is None
    monkeypatch.setattr(identity, "AUDIT", UUID(int=0))
    violation = run(77, auditing=True).violation
    assert violation is not None
    assert violation.property == "audit"


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
