"""The ticket of a QR code, and how large an invitation that waits at the server may be."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from hypothesis import given
from hypothesis import strategies as st

from cmpp_desktop.errors import KnownError
from cmpp_desktop.reports.qr import modules
from cmpp_desktop.sync import enrolment, left_invitation, sealed_invitation
from cmpp_desktop.sync.left_invitation import TICKET, Ticket, read_ticket
from cmpp_protocol import api, canon, invitations
from tests.authority import authority

VECTOR = json.loads((Path(__file__).parents[1] / "vectors" / "left_invitation.json").read_text(encoding="utf-8"))
SECRET = bytes(range(16))
SERVER = "https://sync.example"


def packed(**more: Any) -> str:
    body = {"v": 1, "server": SERVER, "secret": SECRET, "ca": b"", **more}
    return TICKET + base64.urlsafe_b64encode(canon.pack(body)).decode().rstrip("=")


def why(text: str) -> tuple[str, object]:
    with pytest.raises(KnownError) as said:
        read_ticket(text)
    return said.value.code, said.value.facts.get("reason")


@given(secret=st.binary(min_size=16, max_size=16), ca=st.sampled_from([b"", bytes(32)]), at=st.integers(0, 60))
def test_a_ticket_is_read_as_it_was_written_wherever_its_lines_were_broken(secret: bytes, ca: bytes, at: int) -> None:
    ticket = Ticket(SERVER, secret, ca)
    text = ticket.text()
    assert read_ticket(f"  {text[:at]}\n{text[at:]} ") == ticket
    assert secret.hex() not in repr(ticket)


def test_what_is_no_ticket_is_told_apart() -> None:
    assert read_ticket(packed(colour="blue")) == Ticket(SERVER, SECRET)  # a newer program may say more
    assert why("rumor miseria") == ("ticket_unreadable", "not_one")
    assert why(packed(v=2)) == ("ticket_unreadable", "newer")
    for damaged in (packed()[:-4], packed(secret=bytes(15)), packed(ca=bytes(31)), packed(server=7), TICKET + "ü", TICKET):
        assert why(damaged) == ("ticket_unreadable", "damaged")
    assert why(TICKET + "A" * 3000)[0] == "ticket_unreadable"
    assert why(packed(server="http://sync.example")) == ("server_refused", "url")


def test_a_ticket_names_an_authority_of_ones_own_by_its_hash() -> None:
    pem = authority()
    der = x509.load_pem_x509_certificate(pem.encode()).public_bytes(serialization.Encoding.DER)
    words = " ".join(sealed_invitation.words_of(SECRET, "es"))
    assert left_invitation.ticket_for(SERVER, words, f"the office's own\n{pem}").ca == hashlib.sha256(der).digest()
    assert left_invitation.ticket_for(SERVER, words).ca == b""


def test_a_code_is_a_square_with_its_three_corners_and_large_enough_for_a_long_address() -> None:
    made = modules(Ticket("https://" + "a" * 200 + ".example", SECRET, bytes(32)).text())
    assert {len(row) for row in made} == {len(made)}
    eye = [[x in (0, 6) or y in (0, 6) or (2 <= x <= 4 and 2 <= y <= 4) for x in range(7)] for y in range(7)]
    for top, left in ((0, 0), (0, len(made) - 7), (len(made) - 7, 0)):
        assert [list(row[left : left + 7]) for row in made[top : top + 7]] == eye


def test_the_published_vector_stays() -> None:
    secret, place = bytes.fromhex(VECTOR["secret"]), bytes.fromhex(VECTOR["place"])
    assert invitations.place_of(secret) == place
    assert invitations.decode_leave(bytes.fromhex(VECTOR["leave"])).encode().hex() == VECTOR["leave"]
    assert invitations.decode_leave(bytes.fromhex(VECTOR["leave"])).place == place
    assert invitations.decode_take(bytes.fromhex(VECTOR["take"])) == invitations.Take(place)
    assert invitations.decode_answer(bytes.fromhex(VECTOR["answer"])).sealed.hex() == VECTOR["sealed"]
    assert read_ticket(VECTOR["ticket"]).text() == VECTOR["ticket"]
    assert read_ticket(VECTOR["ticket"]).secret == secret


@given(st.binary(max_size=200))
def test_bytes_by_chance_are_refused_by_a_code(data: bytes) -> None:
    for decode in (invitations.decode_leave, invitations.decode_take, invitations.decode_answer):
        with pytest.raises(api.ApiError) as said:
            decode(data)
        assert said.value.code in ("malformed", "update", "too_big")


def test_an_invitation_of_a_large_office_leaves_its_bundles_out_and_is_signed_anew() -> None:
    from tests.unit.protocol.office import Office

    office = Office()
    body = {"v": 1, "bundles": [bytes(3_000_000), bytes(3_000_000), bytes(3_000_000)], "roster": [bytes(100)]}
    file = enrolment.MAGIC + canon.pack({"body": canon.pack(body), "signature": bytes(64)})
    assert enrolment.lean(file, office.admin.pair, len(file)) == file
    made = enrolment.lean(file, office.admin.pair, invitations.LIMIT - 1024)
    assert len(made) < invitations.LIMIT - 1024
    outer = canon.unpack(made[len(enrolment.MAGIC) :])
    assert len(canon.unpack(outer["body"])["bundles"]) == 2
    assert outer["signature"] == office.admin.pair.sign(enrolment.FILE_LABEL, outer["body"])
