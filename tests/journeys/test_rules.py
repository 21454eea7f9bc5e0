"""New deadline rules come to an office: read from a file, seen, accepted in portions, followed on the other laptop by sync."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cmpp_desktop.domain.consent import ConsentGiven
from cmpp_desktop.domain.deadline_views import DeadlinesBehind, RulePackPreview, RulesInForce
from cmpp_desktop.domain.entries import AddRecord
from cmpp_desktop.domain.households import NewPerson, RegisterHousehold
from cmpp_desktop.domain.questions import Participant
from cmpp_desktop.domain.records import PersonName
from cmpp_desktop.domain.rule_packs import seal
from cmpp_desktop.domain.rules import LARGEST, shipped
from cmpp_desktop.errors import KnownError, NotAllowed
from cmpp_desktop.workspace import Workspace, rules
from tests.journeys.office import Pair

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


def ten_days_to_appeal(folder: Path) -> Path:
    text = shipped().replace('version = "2026.11.1"', 'version = "2027.1"')
    text = text.replace("count = { n = 30 }\nholidays", "count = { n = 10 }\nholidays")
    path = folder / "rules-2027.cmpprules"
    path.write_bytes(seal(text, KEY.public_key().public_bytes_raw(), KEY.sign))
    return path


def ordered(door: Workspace, issued: date) -> UUID:
    """Somebody with a bond order."""
    person = door.do(RegisterHousehold((NewPerson(PersonName(given="Samuel", family="Tesfaye")),), ConsentGiven())).id
    door.do(AddRecord("order", {"participant_id": person, "type": "bond", "issued_on": issued}))
    return person


def appeal(door: Workspace, person: UUID) -> list[date]:
    return [item.fields.when.day for item in door.ask(Participant(person)).obligations if item.fields.rule == "appeal_bia"]


def test_rules_are_accepted_on_one_laptop_and_followed_on_both(pair: Pair, tmp_path: Path) -> None:
    denise, ana = pair.denise, pair.ana
    issued = ana.today()
    person = ordered(ana, issued)
    before = appeal(ana, person)
    with pair.server:
        pair.sync_both()
        path = ten_days_to_appeal(tmp_path)
        data = denise.read_rules(path)
        preview = denise.ask(RulePackPreview(data, denise.today()))
        assert preview.counts == (("appeal_bia", "moves", 1),)
        with pytest.raises(NotAllowed):
            ana.accept_rules(data, trust=preview.fingerprint)
        steps: list[tuple[int, int]] = []
        accepted = denise.accept_rules(data, trust=preview.fingerprint, progress=lambda n, of: steps.append((n, of)))
        assert steps == [(1, 1)]
        late = ordered(ana, issued)  # offline, and by the rules that Ana's laptop still has
        assert appeal(ana, late) == before
        pair.sync_both()  # Ana's laptop gets the rules, follows them, and says what it did
        pair.sync_both()
        for door in (denise, ana):
            assert door.ask(RulesInForce()).pack.version == "2027.1"
            assert door.ask(DeadlinesBehind(door.today())) == ()
            assert appeal(door, person) == appeal(door, late) == [preview.moved[0].change.after]
        denise.withdraw_rules(accepted.id)
        pair.sync_both()
        for door in (denise, ana):
            assert appeal(door, person) == appeal(door, late) == before


def test_rules_that_were_interrupted_are_followed_to_the_end_at_the_next_exchange(
    pair: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "PORTION", 1)
    denise = pair.denise
    issued = denise.today()
    people = [ordered(denise, issued) for _ in range(3)]
    before = appeal(denise, people[0])
    data = denise.read_rules(ten_days_to_appeal(tmp_path))
    preview = denise.ask(RulePackPreview(data, denise.today()))

    def stop(done: int, of: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        denise.accept_rules(data, trust=preview.fingerprint, progress=stop)
    assert sum(appeal(denise, person) == before for person in people) == 2  # one was done, nothing of it is lost
    assert denise.sync_now().problem == "server_unreachable"  # without a network, too
    after = [preview.moved[0].change.after]
    assert [appeal(denise, person) for person in people] == [after] * 3


def test_what_is_no_file_of_rules_is_said_to_be_none(pair: Pair, tmp_path: Path) -> None:
    with pytest.raises(KnownError, match="file_unreadable"):
        pair.denise.read_rules(tmp_path / "nowhere")
    big = tmp_path / "film.mp4"
    big.write_bytes(bytes(LARGEST + 1))
    with pytest.raises(KnownError, match="rules_unreadable"):
        pair.denise.read_rules(big)
