"""The published report to the Board: another program's bundle of this form is read here."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from uuid import UUID

from cmpp_desktop.sync import drops, report_drop, seal
from cmpp_protocol import canon

VECTORS = Path(__file__).parents[1] / "vectors"


def test_the_published_report_opens_and_says_what_it_says() -> None:
    given = json.loads((VECTORS / "report_message.json").read_text(encoding="utf-8"))
    names = ("envelope", "sign", "collection_key", "packed", "value", "content", "device")
    raw = {name: bytes.fromhex(given[name]) for name in names}
    [made] = seal.open_bundle(raw["envelope"], raw["sign"], raw["collection_key"])
    assert list(seal.unpack(raw["packed"], UUID(given["collection"]), raw["device"])) == [made]
    [message] = drops.messages_of(made)
    assert (str(message.id), message.kind, message.ms) == (given["id"], "report", given["ms"])
    assert canon.pack(message.values["report"]) == raw["value"]
    read = report_drop.read_report(message)
    assert read is not None
    assert (read[0].kind, read[0].name, read[1]) == ("figures", "2026-q3.pdf", raw["content"])
    assert (read[0].first, read[0].last) == (date(2026, 7, 1), date(2026, 9, 30))
