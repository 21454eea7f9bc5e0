"""P19: a server that cheats is not only survived: each of its tricks is reported, by name, and nothing of it is applied."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from cmpp_protocol import api, envelope
from tests.sync.laptops import Laptop, Office, everybody, invited, team
from tests.sync.test_two_laptops import copy_of, old_admin, restore

PHONE, NOTE = UUID(int=11), UUID(int=12)
Items = list[api.LogItem]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A server that is stopped at the end."""
    made = Office(tmp_path)
    yield made
    made.close()


def told(laptop: Laptop) -> tuple[str | None, str | None]:
    """What an exchange says of the server."""
    status = laptop.sync()
    return status.problem, status.reason


def in_the_log(place: UUID, change: Callable[[Items], Items]) -> Callable[[api.SyncAnswer], api.SyncAnswer]:
    """A server that changes what it gives of one log."""

    def cheat(answer: api.SyncAnswer) -> api.SyncAnswer:
        rows = [
            replace(one, items=tuple(change(list(one.items)))) if one.collection == place else one for one in answer.logs
        ]
        return replace(answer, logs=tuple(rows))

    return cheat


def chained(org: bytes, place: UUID, items: Items, from_seq: int = 0) -> Items:
    """A log made up anew, with hashes that fit: what a server that serves two laptops differently gives to one of them."""
    log_hash, made = envelope.log_start(org, place), []
    for seq, item in enumerate(items, start=from_seq + 1):
        log_hash = envelope.log_next(log_hash, envelope.decode(item.envelope).hash)
        made.append(item._replace(seq=seq, log_hash=log_hash))
    return made


def three_bundles(office: Office) -> tuple[Laptop, Laptop]:
    _, [ana, bo] = team(office)
    for number in range(3):
        ana.write(UUID(int=100 + number), number=str(number))
        ana.sync()
    return ana, bo


def honest_again(office: Office, *laptops: Laptop) -> None:
    """Afterwards the same laptops go on with an honest server, and nothing is missing."""
    office.tamper = None
    for _ in range(2):
        for one in laptops:
            assert one.sync().problem is None
    assert len({one.digest() for one in laptops}) == 1
    assert {one.engine.status().waiting for one in laptops} == {0}


TRICKS: dict[str, Callable[[Items], Items]] = {
    "drops": lambda items: items[:1] + items[2:],
    "reorders": lambda items: items[1:2] + items[:1] + items[2:],
    "repeats": lambda items: items[:1] + items,
    "forges the chain": lambda items: [items[0], items[1]._replace(log_hash=bytes(32)), *items[2:]] if items else items,
}


@pytest.mark.parametrize("trick", TRICKS)
def test_p19_a_log_that_was_tampered_with_is_reported(office: Office, trick: str) -> None:
    ana, bo = three_bundles(office)
    office.tamper = in_the_log(bo.caseload, lambda items: TRICKS[trick](items) if len(items) > 2 else items)
    assert told(bo) == ("another_history", "log")
    honest_again(office, ana, bo)


def test_p19_bundles_of_another_collection_are_reported(office: Office) -> None:
    ana, bo = three_bundles(office)

    def swaps(answer: api.SyncAnswer) -> api.SyncAnswer:
        known = {one.collection: one for one in answer.logs}
        swapped = [replace(known[bo.caseload], collection=bo.organisation)] if bo.caseload in known else []
        return replace(answer, logs=tuple(swapped))

    office.tamper = swaps
    assert told(bo) == ("another_history", "log")
    honest_again(office, ana, bo)


def test_p19_a_log_made_up_without_one_bundle_is_reported(office: Office) -> None:
    """Two laptops are served differently: every hash fits, and one bundle of somebody is hidden from one of them."""
    ana, bo = three_bundles(office)
    office.tamper = in_the_log(bo.caseload, lambda items: chained(bo.start.org, bo.caseload, items[:1] + items[2:]))
    assert told(bo) == ("another_history", "gap")
    assert bo.value(UUID(int=102), "number") is None  # what follows the hidden one waits for it
    honest_again(office, ana, bo)


def test_p19_a_log_that_is_rolled_back_in_silence_is_reported(office: Office) -> None:
    ana, bo = three_bundles(office)
    everybody(bo)

    def back(answer: api.SyncAnswer) -> api.SyncAnswer:
        return replace(answer, logs=tuple(replace(one, seq=0, items=()) for one in answer.logs))

    office.tamper = back
    assert told(bo) == ("another_history", "log_shorter")
    honest_again(office, ana, bo)


def test_p19_a_log_that_goes_on_and_is_not_given_is_reported(office: Office) -> None:
    ana, bo = three_bundles(office)
    office.tamper = in_the_log(bo.caseload, lambda items: [])
    assert told(bo) == ("another_history", "log_withheld")
    honest_again(office, ana, bo)


def test_p19_a_server_that_says_stored_and_has_nothing_is_reported(office: Office) -> None:
    _, [ana, bo] = team(office)
    ana.write(PHONE, number="555-0100")
    office.tamper = lambda answer: replace(
        answer, logs=tuple(replace(one, seq=0, items=()) if one.collection == ana.caseload else one for one in answer.logs)
    )
    assert told(ana) == ("another_history", "unlogged")
    assert ana.engine.status().waiting == 1, "nothing is said to be sent"
    honest_again(office, ana, bo)


def test_p19_a_revocation_that_is_withheld_shows_in_what_others_seal(office: Office) -> None:
    """The server hides the newest roster from bo, consistently; ana seals under it, and her bundle names its number."""
    admin, [ana, bo, cy] = team(office, 3)
    before = bo.engine.roster()
    admin.engine.desk.revoke(cy.device)
    everybody(ana)

    def hides(answer: api.SyncAnswer) -> api.SyncAnswer:
        return replace(answer, entries=(), roster_no=before.no, roster_hash=before.hash, envelopes=(), lacking=())

    office.tamper = hides
    assert told(bo) == (None, None)  # nobody can know yet
    office.tamper = None
    ana.write(PHONE, number="555-0100")
    ana.sync()
    office.tamper = hides
    assert told(bo) == ("another_history", "roster_withheld")
    assert bo.value(PHONE, "number") is None
    honest_again(office, ana, bo, admin)


def test_p19_a_roster_that_is_announced_and_not_given_is_reported(office: Office) -> None:
    admin, [ana, bo, cy] = team(office, 3)
    admin.engine.desk.revoke(cy.device)
    office.tamper = lambda answer: replace(answer, entries=())
    assert told(bo) == ("another_history", "roster_withheld")
    honest_again(office, ana, bo, admin)


def test_p19_a_roster_of_the_same_length_and_another_content_is_reported(office: Office) -> None:
    _, [ana, bo] = team(office)
    office.tamper = lambda answer: replace(answer, roster_hash=b"\x07" * 32)
    assert told(bo)[0] == "roster_fork"
    honest_again(office, ana, bo)


def test_p19_two_rosters_are_reported(office: Office) -> None:
    admin, [ana] = team(office, 1)
    old = copy_of(office)
    invited(admin, 5)
    ana.sync()
    restore(office, old)
    invited(old_admin(admin), 7)
    assert told(ana)[0] == "roster_fork"
    ana.write(PHONE, number="555-0100")
    assert ana.engine.status().waiting == 1  # work goes on


def test_p19_a_forged_roster_entry_is_reported_and_opens_nothing(office: Office) -> None:
    admin, [ana, bo] = team(office)
    invited(admin, 9)

    def forges(answer: api.SyncAnswer) -> api.SyncAnswer:
        return replace(answer, entries=tuple(one[:-1] + bytes([one[-1] ^ 1]) for one in answer.entries))

    known = bo.engine.roster().no
    office.tamper = forges
    assert told(bo)[0] == "roster_rejected"
    assert bo.engine.roster().no == known
    honest_again(office, ana, bo, admin)


def test_p19_a_forged_bundle_is_reported_and_asked_for_again(office: Office) -> None:
    ana, bo = three_bundles(office)

    def forged(items: Items) -> Items:
        return [item._replace(envelope=item.envelope[:-1] + bytes([item.envelope[-1] ^ 1])) for item in items]

    cheat = in_the_log(bo.caseload, forged)
    office.tamper = lambda answer: replace(cheat(answer), again=())
    status = bo.sync()
    assert (status.word, status.damaged) == ("set_aside", 3)
    assert bo.state(UUID(int=100)) is None
    office.tamper = None
    bo.sync()
    honest_again(office, ana, bo)


def test_p19_a_server_that_hides_what_a_laptop_wrote_from_its_revocation_is_reported(office: Office) -> None:
    """The cut would void what everybody has read: an administrator's client does not make it."""
    admin, [ana, bo] = team(office)
    bo.write(NOTE, kind="note", text="read by ada")
    everybody(bo, admin, ana)
    office.tamper = lambda answer: replace(answer, heads=())
    with pytest.raises(Exception, match="another_history"):
        admin.engine.desk.revoke(bo.device)
    office.tamper = None
    assert bo.device in admin.engine.roster().devices
    honest_again(office, ana, bo, admin)
