"""The vector of a report to the Board: the message that its author packs, and a bundle that brings it."""

from __future__ import annotations

from datetime import date
from typing import Any

from cmpp_desktop.changes import collection_id
from cmpp_desktop.sync import drops as messages
from cmpp_desktop.sync import report_drop, seal
from cmpp_protocol import canon, drops, envelope, keys
from cmpp_protocol.stamps import COUNTER_BITS, Stamp
from tests.vectors.given import SALT, TIME


def message(device: keys.KeyPair, org: bytes) -> dict[str, Any]:
    """`value` is the canonical map, `packed` the change set before compressing (HPKE is random: the bundle opens)."""
    key, place, content = bytes([9]) * 32, collection_id(report_drop.DROP), b"%PDF-1.7\nthe figures of a quarter"
    value = report_drop.report_value(
        content, kind="figures", name="2026-q3.pdf", first=date(2026, 7, 1), last=date(2026, 9, 30)
    )
    stamp = Stamp(TIME << COUNTER_BITS, device.id)
    made = messages.change_set_of(report_drop.DROP, report_drop.REPORT, {"report": value}, stamp)
    public = drops.keys_of(key, org, place, 1).seal
    header = envelope.Header(org, place, 1, device.id, 1, envelope.FIRST, 1, SALT, envelope.TO_A_KEY)
    return {
        "collection": str(place),
        "collection_key": key,
        "device": device.id,
        "sign": device.public.sign,
        "ms": TIME,
        "id": str(made.writes[0].id),
        "content": content,
        "value": canon.pack(value),
        "packed": seal.pack([made]),
        "envelope": seal.seal([made], header, public, device).encode(),
    }
