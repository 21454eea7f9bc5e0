"""A file is kept on a laptop: its documents come by themselves, behind the records; small pictures are in memory only."""

from __future__ import annotations

import io
import os
from pathlib import Path

from PIL import Image

from cmpp_desktop.changes import Changed
from cmpp_desktop.domain.audit_logs import AuditTrail
from cmpp_desktop.workspace import Workspace
from tests.journeys.near import Place
from tests.journeys.test_documents import marisela


def passport(path: Path) -> Path:
    """A picture that does not compress: what of it lies about would be found."""
    Image.frombytes("RGB", (400, 300), os.urandom(360_000)).save(path)
    return path


def send(door: Workspace) -> None:
    assert door.sync_now().problem is None
    assert door.carry_documents().problem is None


def test_what_is_added_later_comes_to_a_laptop_that_keeps_the_file(ana: Workspace, denise: Workspace, tmp_path: Path) -> None:
    person = marisela(ana)
    first = ana.attach(passport(tmp_path / "passport.png"), person, title="Passport").id
    send(ana)
    send(denise)
    assert not denise.file_documents(person).documents[0].whole  # nothing comes unless it was wished
    assert denise.file_documents(person).rule == "metered"
    denise.choose_documents_rule("always")
    assert denise.file_documents(person).rule == "always"
    denise.keep_file_here(person, True)
    heard: list[Changed] = []
    denise.changed.subscribe(heard.append)
    send(denise)
    assert denise.file_documents(person).away == ()
    assert [first in one.ids for one in heard] == [True]
    second = ana.attach(passport(tmp_path / "notice.png"), person, title="Notice").id
    ana.attach(passport(tmp_path / "late.png"), person, title="Not sent yet")
    assert ana.sync_now().problem is None
    ana.carry_documents()
    denise.keep_file_here(person, False)
    send(denise)
    assert {one.title for one in denise.file_documents(person).away} == {"Notice", "Not sent yet"}
    assert denise.fetch_documents([second]).came == 1


def test_a_laptop_that_asks_before_large_ones_brings_nothing_by_itself_and_what_cannot_be_had_stops_nothing(
    ana: Workspace, denise: Workspace, tmp_path: Path
) -> None:
    person = marisela(ana)
    sent = ana.attach(passport(tmp_path / "passport.png"), person, title="Passport").id
    send(ana)
    unsent = ana.attach(passport(tmp_path / "notice.png"), person, title="Notice").id
    assert ana.sync_now().problem is None
    denise.ask_before_large(True)
    assert denise.sync_now().problem is None
    denise.keep_file_here(person, True)
    denise.carry_documents()
    assert len(denise.file_documents(person).away) == 2
    steps: list[tuple[int, int]] = []
    told = denise.fetch_documents([unsent, sent], lambda done, of: steps.append((done, of)))
    assert (told.came, told.missing) == (1, ((unsent, "content_elsewhere"),))
    assert steps[-1][0] == steps[-1][1]
    assert [one.title for one in denise.file_documents(person).away] == ["Notice"]


def test_a_document_goes_by_a_stick_after_its_record_and_is_seen_on_the_other_laptop(
    ana: Workspace, denise: Workspace, tmp_path: Path
) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    source = passport(tmp_path / "passport.png")
    person = marisela(ana)
    document = ana.attach(source, person, title="Passport").id
    size = source.stat().st_size
    for door in (ana, denise):
        assert door.exchange_folder(stick).problem is None
        plan = door.folder_documents(stick)
        assert plan.bytes == size
        done = door.carry_folder_documents(stick, lambda done, of: None)
        assert (done.into, done.out) == (plan.into, plan.out)
    assert denise.open_attachment(document) == source.read_bytes()
    assert [one.whole for one in denise.file_documents(person).documents] == [True]


def test_small_pictures_leave_nothing_on_the_disk_and_are_no_opening(ana: Workspace, place: Place, tmp_path: Path) -> None:
    source = passport(tmp_path / "passport.png")
    document = ana.attach(source, marisela(ana), title="Passport").id
    source.unlink()
    before = {path for path in tmp_path.rglob("*") if path.is_file()}
    small = ana.small_picture(document)
    assert small is not None
    assert max(Image.open(io.BytesIO(small.png)).size) == 256
    after = {path for path in tmp_path.rglob("*") if path.is_file()}
    assert after == before
    for path in after:
        data = path.read_bytes()
        assert b"\x89PNG" not in data, path
        assert small.png[100:140] not in data, path
    assert "attachment_opened" not in [row.action for row in ana.ask(AuditTrail())]
