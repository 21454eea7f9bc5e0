"""A document comes in, is looked at, and goes out only as a copy with a reason; another laptop says whose it is on."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Literal
from uuid import UUID

import pytest
from PIL import Image

from cmpp_desktop.domain.attachments import LARGEST
from cmpp_desktop.domain.audit_logs import AuditTrail
from cmpp_desktop.domain.cases import CaseOpening
from cmpp_desktop.domain.consent import ConsentGiven
from cmpp_desktop.domain.entries import Records
from cmpp_desktop.domain.households import NewPerson, RegisterHousehold
from cmpp_desktop.domain.questions import Timeline
from cmpp_desktop.domain.records import PersonName
from cmpp_desktop.errors import Invalid, KnownError
from cmpp_desktop.workspace import AttachmentRequest, Workspace
from tests.journeys.office import Pair, network


def marisela(door: Workspace) -> UUID:
    people = (NewPerson(PersonName(given="Marisela", family="Tzoc")),)
    done = door.do(RegisterHousehold(people, ConsentGiven(), CaseOpening()))
    assert done.more is not None
    found: UUID = done.more["participant_ids"][0]
    return found


def picture(path: Path) -> Path:
    Image.new("RGB", (60, 40), "white").save(path)
    return path


def test_a_photographed_notice_is_seen_as_a_page_and_leaves_as_it_came(pair: Pair, tmp_path: Path) -> None:
    door = pair.ana
    person = marisela(door)
    source = picture(tmp_path / "notice.png")
    done = door.attach(source, person, title="Notice of hearing", document_type="hearing_notice")
    source.unlink()
    paper = door.paper(AttachmentRequest(done.id))
    assert paper.pdf.startswith(b"%PDF-")
    assert (paper.pages, paper.restricted) == (1, False)
    assert "Tzoc" not in paper.file_name
    copy = tmp_path / "copy.png"
    with pytest.raises(Invalid):
        door.save_attachment(done.id, copy, reason=" ")
    assert not copy.exists()
    door.save_attachment(done.id, copy, reason="for her lawyer")
    assert Image.open(io.BytesIO(copy.read_bytes())).size == (60, 40)
    actions = [row.action for row in door.ask(AuditTrail())]
    assert "attachment_opened" in actions
    assert "exported" in actions
    (entry,) = door.ask(Timeline(person, door.today(), ("attachment",))).today
    assert entry.title == "Notice of hearing"


def test_a_file_that_is_too_large_or_empty_or_gone_leaves_nothing(pair: Pair, tmp_path: Path) -> None:
    door = pair.ana
    person = marisela(door)
    large, empty = tmp_path / "large.bin", tmp_path / "empty.pdf"
    with large.open("wb") as file:
        file.truncate(LARGEST + 1)
    empty.touch()
    for path, code in ((large, "over_100_mb"), (empty, "empty_file")):
        with pytest.raises(Invalid) as refused:
            door.attach(path, person)
        assert refused.value.fields == {"path": code}
    with pytest.raises(KnownError) as said:
        door.attach(tmp_path / "none.pdf", person)
    assert said.value.code == "file_unreadable"
    assert door.ask(Records("attachment", person)) == ()


def test_what_cannot_be_shown_says_so_and_can_still_be_saved(pair: Pair, tmp_path: Path) -> None:
    door = pair.ana
    letter = tmp_path / "letter.docx"
    letter.write_bytes(b"PK\x03\x04 not a page")
    done = door.attach(letter, marisela(door))
    with pytest.raises(KnownError) as said:
        door.paper(AttachmentRequest(done.id))
    assert said.value.code == "no_preview"
    door.save_attachment(done.id, tmp_path / "copy.docx", reason="to read it")
    assert (tmp_path / "copy.docx").read_bytes() == letter.read_bytes()


@pytest.mark.parametrize("way", ["up", "down"])
def test_a_scan_goes_to_the_other_laptop_over_a_line_that_breaks_in_the_middle_of_it(
    pair: Pair, tmp_path: Path, way: Literal["up", "down"]
) -> None:
    """Real processes; the network is cut in the middle of a chunk, once on the way up and once on the way down."""
    scan = tmp_path / "scan.bin"
    scan.write_bytes(b"page of a passport " * 200_000)
    with network(pair) as (_, proxy):
        pair.sync_both()
        document = pair.ana.attach(scan, marisela(pair.ana), title="Passport").id
        assert pair.ana.sync_now().problem is None
        if way == "up":
            proxy.cut("up", 1_500_000)
            told = pair.ana.carry_documents()
            assert (told.sent, told.left, told.problem, proxy.cuts) == (0, 1, "server_unreachable", 1)
            waiting = pair.ana.sync_status()
            assert (waiting.documents, waiting.documents_why) == (1, "server_unreachable")
            proxy.heal()
        assert pair.ana.carry_documents().sent == 1
        assert pair.ana.sync_status().documents == 0
        assert pair.denise.sync_now().problem is None
        with pytest.raises(KnownError) as said:
            pair.denise.open_attachment(document)
        facts = said.value.facts
        assert (said.value.code, facts["travels"], facts["size"], facts["here"]) == ("content_elsewhere", True, 3_800_000, 0)
        if way == "down":
            proxy.cut("down", 2_500_000)
            with pytest.raises(KnownError) as broken:
                pair.denise.fetch_document(document)
            assert (broken.value.code, proxy.cuts) == ("server_unreachable", 1)
            proxy.heal()
            with pytest.raises(KnownError) as said:
                pair.denise.open_attachment(document)
            assert 0 < int(said.value.facts["here"]) < 3_800_000
        steps: list[tuple[int, int]] = []
        pair.denise.fetch_document(document, lambda done, of: steps.append((done, of)))
        assert steps[-1] == (3_800_000, 3_800_000)
        assert (steps[0][0] > 0) == (way == "down")
        assert pair.denise.open_attachment(document) == scan.read_bytes()
    kept = [path for path in (pair.folder / "server.db.documents").rglob("*") if path.is_file()]
    assert len(kept) == 4
    assert not [path for path in kept if b"passport" in path.read_bytes()]


def test_who_leaves_sends_documents_first(pair: Pair, tmp_path: Path) -> None:
    scan = tmp_path / "scan.bin"
    scan.write_bytes(b"page of a passport " * 1000)
    with network(pair) as (_, proxy):
        pair.sync_both()
        document = pair.ana.attach(scan, marisela(pair.ana), title="Passport").id
        proxy.cut("up", 100_000)
        large = tmp_path / "large.bin"
        large.write_bytes(b"another page" * 200_000)
        other = pair.ana.attach(large, marisela(pair.ana), title="Large").id
        with pytest.raises(KnownError) as said:
            pair.ana.administration().leave()
        assert said.value.code in ("not_sent", "server_unreachable")
        proxy.heal()
        pair.ana.administration().leave()
        assert pair.denise.sync_now().problem is None
        for one, path in ((document, scan), (other, large)):
            pair.denise.fetch_document(one)
            assert pair.denise.open_attachment(one) == path.read_bytes()
