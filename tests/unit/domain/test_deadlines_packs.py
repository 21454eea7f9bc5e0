"""Packs of rules: every fault with its place; signed by a publisher, read offline, never an older one or somebody else's."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tools import seal_rules

from cmpp_desktop import words
from cmpp_desktop.domain import deadline_words, rule_packs
from cmpp_desktop.domain.rule_packs import RulePackFields
from cmpp_desktop.domain.rules import RulesRefused, parse, shipped
from cmpp_desktop.errors import BugError, KnownError

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))


def newer(version: str = "2027.1", **changes: str) -> str:
    """The pack that ships, with another version and pieces of its text replaced."""
    text = shipped().replace('version = "2026.11.1"', f'version = "{version}"')
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    return text


def sealed(text: str, key: Ed25519PrivateKey = KEY) -> bytes:
    return rule_packs.seal(text, key.public_key().public_bytes_raw(), key.sign)


def accepted(text: str, key: Ed25519PrivateKey | None = KEY) -> RulePackFields:
    offer = rule_packs.read(sealed(text, key)) if key else rule_packs.Offer(parse(text), text)
    return RulePackFields(
        pack_id=offer.pack.pack, version=offer.pack.version, source=offer.text, signature=offer.signature,
        publisher=offer.publisher, accepted_on=date(2026, 11, 24),
    )  # fmt: skip


def refused(text: str) -> list[tuple[str, str]]:
    with pytest.raises(RulesRefused) as said:
        parse(text)
    return [(problem.place, problem.code) for problem in said.value.problems]


def test_the_pack_that_ships_holds_every_default_and_says_what_is_contested() -> None:
    pack = parse(shipped())
    counts = {rule.id: (rule.count.n, rule.count.unit, rule.count.direction) for rule in pack.rule}
    for id, count in {
        "eoir33_after_move": (5, "days", "after"), "ar11_after_move": (10, "days", "after"),
        "i589_one_year": (1, "years", "after"), "i765_c8_150": (150, "clock_days", "after"),
        "i765_c8_180": (180, "clock_days", "after"), "filing_before_master": (15, "days", "before"),
        "filing_before_individual": (30, "days", "before"), "appeal_bia": (30, "days", "after"),
        "motion_reconsider": (30, "days", "after"), "motion_reopen": (90, "days", "after"),
        "motion_reopen_in_absentia": (180, "days", "after"), "document_expires": (0, "days", "after"),
    }.items():  # fmt: skip
        assert counts[id] == count
    for id in ("i765_c8_150", "i765_c8_180"):
        note = pack.rules[id].note
        assert note is not None
        assert "contested" in note.en
        assert "disputa" in note.es
    day = date(2026, 11, 24)
    assert [rule.id for rule in pack.rule if not rule.in_force(day)] == ["i765_c8_365", "appeal_bia_10"]
    assert pack.rules["appeal_bia_10"].standing(date(2026, 2, 20)).state == "proposed"
    assert pack.rules["appeal_bia_10"].standing(day).state == "vacated"
    assert rule_packs.publishers() == {}


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_every_warning_of_the_pack_that_ships_has_its_words(language: str) -> None:
    spoken = words.load(language)
    for rule in parse(shipped()).rule:
        assert len(deadline_words.warnings(rule.warn, spoken)) == len(rule.warn), rule.id


def test_a_slip_of_the_hand_is_told_with_its_line() -> None:
    lines = shipped().splitlines()
    where = next(n for n, line in enumerate(lines, 1) if 'id = "ar11_after_move"' in line)
    text = newer(**{"count = { n = 10 }\nrollover": 'count = { n = "ten" }\nrollover'})
    count = next(n for n, line in enumerate(text.splitlines(), 1) if '"ten"' in line)
    assert refused(text) == [(f"line {count}, ar11_after_move, count.n", "not_valid")]
    assert refused("\n".join([*lines[:where], "citation =", *lines[where:]]))[0] == (f"line {where + 1}", "syntax")


@pytest.mark.parametrize(
    ("old", "new", "place", "code"),
    [
        ('obligation = "departure"', 'obligation = "flight"', "departure_by_order, obligation", "no_such_code"),
        ('field = "arrived_on"', 'field = "arrival"', "i589_one_year, trigger.field", "no_such_field"),
        ('field = "departure_by"', 'field = "judge"', "departure_by_order, trigger.field", "not_a_date"),
        ('kind = "participant"', 'kind = "screening"', "i589_one_year, trigger.kind", "no_such_code"),
        ('id = "ar11_after_move"', 'id = "eoir33_after_move"', "eoir33_after_move, id", "twice"),
        ('link = "order_id"', 'link = "order"', "appeal_bia, met_by.link", "no_such_field"),
        ('where = { in_absentia', 'where = { absent', "motion_reopen_in_absentia, trigger.where", "no_such_field"),
        ('citation = "8 CFR 265.1"', "", "ar11_after_move, citation", "missing"),
        ('citation = "8 CFR 265.1"', 'citation = "8 CFR 265.1"\nfine = 5', "ar11_after_move, fine", "unknown_entry"),
        ('zone = "court"', 'zone = "Mars/Olympus"', "filing_before_master, zone", "not_valid"),
        ('unit = "years"', 'unit = "clock_days"', "i589_one_year", "not_valid"),
        ("checked_on = 2026-11-24", "", "checked_on", "missing"),
        ("since = 2026-02-23", "since = 2022-02-06", "i765_c8_365", "not_valid"),
    ],
)
def test_each_fault_is_found_and_placed(old: str, new: str, place: str, code: str) -> None:
    found = refused(newer(**{old: new}))
    assert any(where.startswith("line ") and where.endswith(place) and what == code for where, what in found), found


def test_faults_are_said_in_both_languages() -> None:
    with pytest.raises(RulesRefused) as said:
        parse(newer(**{'obligation = "departure"': 'obligation = "flight"'}))
    problem = said.value.problems[0]
    assert deadline_words.problem(problem, words.load("en")).endswith("by_order, obligation: flight is not in its list.")
    assert deadline_words.problem(problem, words.load("es")).endswith("flight no está en su lista.")


def test_a_pack_travels_by_e_mail_and_stays_whole() -> None:
    data = sealed(newer())
    assert rule_packs.read(data).pack.version == "2027.1"
    assert rule_packs.read(data.replace(b"\n", b"\r\n") + b"\r\n\r\n").text == newer().strip()
    assert rule_packs.read(b"\xef\xbb\xbf" + data).pack == parse(newer())


def test_a_changed_day_breaks_the_signature() -> None:
    data = sealed(newer()).replace(b"n = 150", b"n = 140")
    with pytest.raises(KnownError, match="rules_wrong_signature"):
        rule_packs.read(data)
    stranger = KEY.public_key().public_bytes_raw().hex().encode()
    with pytest.raises(KnownError, match="rules_wrong_signature"):
        rule_packs.read(sealed(newer(), OTHER).replace(OTHER.public_key().public_bytes_raw().hex().encode(), stranger))


@pytest.mark.parametrize("data", [b"", b"\xff\xfe\x00", b"cmpp-rules/1\n", b"PK\x03\x04", b"x" * 2_000_000, shipped().encode()])
def test_what_is_no_signed_pack_is_said_to_be_none(data: bytes) -> None:
    with pytest.raises(KnownError, match="rules_unreadable"):
        rule_packs.read(data)


def test_newer_formats_ask_for_a_newer_program() -> None:
    for data in (sealed(newer()).replace(b"cmpp-rules/1", b"cmpp-rules/2"), sealed(newer(**{"format = 1": "format = 2"}))):
        with pytest.raises(KnownError, match="rules_newer_format"):
            rule_packs.read(data)


def test_an_older_pack_and_the_same_one_again_are_refused() -> None:
    have = [accepted(newer("2027.2"))]
    for version, code in {"2027.1": "rules_older", "2026.12.9": "rules_older", "2027.2": "rules_already"}.items():
        with pytest.raises(KnownError, match=code):
            rule_packs.examined(sealed(newer(version)), have)
    assert rule_packs.examined(sealed(newer("2027.10")), have).trusted, "2027.10 is newer than 2027.2"
    with pytest.raises(KnownError, match="rules_older"):
        rule_packs.examined(None, have)
    with pytest.raises(KnownError, match="rules_already"):
        rule_packs.examined(sealed(newer("2026.11.1")), [])


def test_the_first_pack_of_a_publisher_waits_for_somebody_to_trust_them() -> None:
    offer = rule_packs.examined(sealed(newer()), [])
    assert not offer.trusted
    assert offer.fingerprint == rule_packs.fingerprint(KEY.public_key().public_bytes_raw().hex())
    with pytest.raises(KnownError, match="rules_other_publisher"):
        rule_packs.examined(sealed(newer("2027.3"), OTHER), [accepted(newer())])
    with pytest.raises(KnownError, match="rules_other_pack"):
        rule_packs.examined(sealed(newer(**{'pack = "us-removal"': 'pack = "of-mars"'})), [])


def test_publishers_are_listed_with_whole_keys() -> None:
    key = KEY.public_key().public_bytes_raw().hex()
    assert rule_packs.publishers(f'[[publisher]]\nname = "Lantern Street"\nkey = "{key}"') == {key: "Lantern Street"}
    with pytest.raises(BugError):
        rule_packs.publishers('[[publisher]]\nname = "Lantern Street"\nkey = "abc"')


def test_the_newest_pack_that_holds_counts() -> None:
    forged = accepted(newer("2030.1")).model_copy(update={"source": newer("2030.1", **{"n = 150": "n = 1"})})
    unsigned = accepted(newer("2031.1"), None)
    too_new = accepted(newer()).model_copy(update={"source": newer("2032.1", **{"format = 1": "format = 9"})})
    assert rule_packs.in_force([]) == parse(shipped())
    assert rule_packs.in_force([forged, unsigned, too_new]) == parse(shipped())
    assert rule_packs.in_force([accepted(newer("2027.1")), accepted(newer("2027.2")), forged]).version == "2027.2"


def test_a_publisher_makes_a_pack_with_a_key_that_stays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    key, source, target = tmp_path / "key", tmp_path / "rules.toml", tmp_path / "rules.cmpprules"
    source.write_text(shipped(), encoding="utf-8")
    assert seal_rules.main([str(key), str(source), str(target)]) == 0
    first = rule_packs.read(target.read_bytes())
    assert key.stat().st_mode & 0o777 == 0o600
    assert first.fingerprint in capsys.readouterr().out
    assert seal_rules.main([str(key), str(source), str(target)]) == 0
    assert rule_packs.read(target.read_bytes()).publisher == first.publisher
    source.write_text(shipped().replace("n = 5", "n = -5"), encoding="utf-8")
    target.unlink()
    assert seal_rules.main([str(key), str(source), str(target)]) == 1
    assert "eoir33_after_move" in capsys.readouterr().err
    assert not target.exists()
