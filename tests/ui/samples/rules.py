"""The rules that ship, a newer edition of them that moves, adds and takes away dates, and a door that answers with them."""

from __future__ import annotations

from datetime import date
from typing import Any

from cmpp_desktop.domain.deadline_views import Moved, PackPreview, RulePackPreview, RulesInForce, RulesView
from cmpp_desktop.domain.deadlines import WithdrawRulePack
from cmpp_desktop.domain.following import Change
from cmpp_desktop.domain.rule_packs import RulePackFields, fingerprint
from cmpp_desktop.domain.rules import Pack, parse, shipped
from cmpp_desktop.domain.work import Done
from tests.ui.samples.basis import DENISE, MARISELA, MATEO, stored, uid

PUBLISHER = "5f" * 32


def newer() -> Pack:
    """Ten days to appeal, and no rule of the Board's shorter one any more."""
    text = shipped().replace('version = "2026.11.1"', 'version = "2027.1"')
    text = text.replace("count = { n = 30 }\nholidays", "count = { n = 10 }\nholidays")
    pack = parse(text)
    return pack.model_copy(update={"rule": [rule for rule in pack.rule if rule.id != "i765_c8_365"]})


def preview(*, trusted: bool = False) -> PackPreview:
    """What that edition would do to two people."""
    moves = Change("moves", uid("o1"), "appeal_bia", date(2026, 12, 18), date(2026, 11, 28), "counted_anew")
    stays = Change("stays", uid("o2"), "appeal_bia", date(2027, 1, 8), date(2026, 12, 19), "ordered")
    return PackPreview(
        newer(), parse(shipped()), PUBLISHER, fingerprint(PUBLISHER), trusted, (), ("i765_c8_365",), ("appeal_bia",),
        (("appeal_bia", "moves", 1), ("appeal_bia", "stays", 1)),
        (Moved(MARISELA, "Marisela Tzoc", moves, "changed"), Moved(MATEO, "Mateo Tzoc", stays, "changed")),
    )  # fmt: skip


def furnish(door: Any, *, accepted: bool = False) -> list[Any]:
    """Lets a door of samples answer what the page about rules asks, and take a pack. Returns the list of what it took."""
    fields = RulePackFields(
        pack_id="us-removal", version="2027.1", source="…", publisher=PUBLISHER, accepted_on=date(2026, 11, 20),
        accepted_by=DENISE,
    )  # fmt: skip
    pack = newer() if accepted else parse(shipped())
    door.answers |= {
        RulesInForce: RulesView(pack, stored(fields, "pack0") if accepted else None, "2026.11.1", ()),
        RulePackPreview: lambda asked: preview(),
    }
    taken: list[Any] = []

    def accept_rules(data: bytes | None, *, trust: str = "", progress: Any = None) -> Done:
        door._may_fail("accept_rules")
        taken.append((data, trust))
        progress(1, 2)
        return Done(uid("pack1"), WithdrawRulePack(uid("pack1"), False))

    def follow_rules(progress: Any = None) -> int:
        taken.append("followed")
        return 1

    door.read_rules = lambda path: path.read_bytes()
    door.accept_rules, door.follow_rules = accept_rules, follow_rules
    return taken
