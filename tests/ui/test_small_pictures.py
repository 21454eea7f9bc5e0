"""Documents of a file in the window: small pictures in memory only, what is here, keeping a file here, what cannot be had."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from PIL import Image
from PySide6.QtCore import QDir, Qt
from PySide6.QtGui import QAccessible

from cmpp_desktop.domain.attachments import AttachmentFields
from cmpp_desktop.errors import KnownError
from cmpp_desktop.ui import small_pictures
from cmpp_desktop.ui.small_pictures import SmallPictures, made
from cmpp_desktop.workspace import AttachmentRequest
from cmpp_desktop.workspace.views_documents import DocumentHere, FileDocuments, SmallPicture
from tests.ui import samples
from tests.ui.page_desk import Desk, desk, nameless
from tests.ui.test_page_others import a_pdf
from tests.ui.test_page_records import with_records

pytestmark = pytest.mark.usefixtures("qapp")
NOTICE, PASSPORT = samples.uid("attachment0"), samples.uid("attachment1")


def a_png() -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (64, 48), (10, 120, 110)).save(made, "PNG")
    return made.getvalue()


def a_file(at: Desk, *, kept: bool = False, asks: bool = False) -> None:
    """A notice that is here, and a passport that is on Denise's laptop."""
    about: dict[str, Any] = {"participant_id": samples.MARISELA, "content_hash": "0" * 64}
    with_records(
        at,
        AttachmentFields(**about, title="Hearing notice", document_type="hearing_notice", size=48_211),
        AttachmentFields(**about, title="Passport", document_type="passport", size=12_000_000),
    )
    here = DocumentHere(NOTICE, "Hearing notice", 48_211, 48_211, True, True, "Ana Marroquín")
    away = DocumentHere(PASSPORT, "Passport", 12_000_000, 0, False, True, "Denise Okafor")
    at.door.file = FileDocuments((here, away), kept, asks)
    at.door.pictures = {NOTICE: SmallPicture(pdf=a_pdf())}


def records(at: Desk) -> tuple[Any, Any]:
    page = at.open("participant", participant_id=samples.MARISELA, tab="records")
    at.settle()
    return page, page.records


def test_a_list_shows_the_first_page_of_what_is_here_and_an_icon_with_fetch_for_what_is_not() -> None:
    with desk() as at:
        a_file(at)
        page, part = records(at)
        part.rows.grab()  # painting asks for the pictures
        at.settle()
        assert at.door.pictured == [NOTICE]  # nobody asks for a picture of what is not here
        picture = part.pictures.of(NOTICE)
        assert picture is not None
        assert max(picture.width(), picture.height()) == small_pictures.SIDE
        _, passport, notice = part.rows.model().rows
        assert (notice.pictured, notice.buttons) == (NOTICE, ())
        assert (passport.pictured, [button.text for button in passport.buttons]) == (None, ["Fetch"])
        assert passport.spoken.endswith("not here yet, 12 MB")
        assert nameless(page) == []
        assert part.documents.said.text() == "1 of 2 documents are on this laptop; 12 MB are not here yet."


def test_no_picture_stays_in_memory_once_somebody_goes_elsewhere() -> None:
    with desk() as at:
        a_file(at)
        _, part = records(at)
        part.rows.grab()
        at.settle()
        assert len(part.pictures) == 1
        at.open("today")
        assert len(part.pictures) == 0


def test_only_so_many_pictures_are_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(small_pictures, "MOST", 2)
    with desk() as at:
        ids = [samples.uid(f"d{number}") for number in range(4)]
        at.door.pictures = dict.fromkeys(ids, SmallPicture(png=a_png()))
        pictures = SmallPictures(at.ui, at.window)
        for id in ids:
            pictures.of(id)
            at.settle()
        assert len(pictures) == 2
        assert pictures.of(ids[3]) is not None


def test_nothing_appears_on_the_disk_when_small_pictures_are_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TMPDIR", "TEMP", "TMP", "HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert QDir.tempPath() == str(tmp_path)  # Qt looks there, too
    for source in (SmallPicture(pdf=a_pdf()), SmallPicture(png=a_png())):
        image = made(source)
        assert image is not None
        assert not image.isNull()
    assert list(tmp_path.rglob("*")) == []


@pytest.mark.parametrize("source", [None, SmallPicture(pdf=b"%PDF-no"), SmallPicture(png=b"no picture")])
def test_what_has_no_picture_has_an_icon(source: SmallPicture | None) -> None:
    assert made(source) is None


def test_a_key_fetches_the_document_of_a_row_and_its_picture_comes() -> None:
    with desk() as at:
        a_file(at)
        _, part = records(at)
        part.rows.grab()
        at.settle()
        part.rows.setFocus()
        part.rows.choose(("attachment", PASSPORT))
        at.door.pictures[PASSPORT] = SmallPicture(png=a_png())
        at.press(Qt.Key.Key_D)
        assert at.door.fetched == [PASSPORT]
        part.rows.grab()
        at.settle()
        assert part.pictures.of(PASSPORT) is not None
        assert part.documents.said.text() == "All 2 documents are on this laptop."


def test_keeping_a_file_here_fetches_what_it_lacks_and_can_be_ended() -> None:
    with desk() as at:
        a_file(at)
        _, part = records(at)
        part.documents.keep.click()
        at.settle()
        assert at.door.fetched == [PASSPORT]
        assert [at.door.file.kept] == [True]
        assert part.documents.said.text().endswith("This file is kept here: what is added elsewhere comes by itself.")
        part.documents.no_longer.click()
        at.settle()
        assert [at.door.file.kept] == [False]
        assert part.documents.keep.isVisible()


def test_a_laptop_that_asks_before_large_ones_fetches_when_somebody_says_so() -> None:
    with desk() as at:
        a_file(at, kept=True, asks=True)
        _, part = records(at)
        assert "nothing comes by itself" in part.documents.said.text()
        assert at.door.fetched == []
        part.documents.fetch.click()
        at.settle()
        assert at.door.fetched == [PASSPORT]


def test_stopping_keeps_what_came_and_offers_it_again() -> None:
    with desk() as at:
        a_file(at, kept=True)
        _, part = records(at)
        at.door.fetching = lambda done: part.documents._job.stop.set() if done else None  # as Esc does, in the middle of it
        part.documents.fetch.click()
        at.settle()
        at.door.fetching = None
        part.documents.stop()
        at.settle()
        assert part.documents.fetch.isVisible()
        assert not part.documents.progress.isVisible()


@pytest.mark.parametrize(
    ("code", "lost", "said"),
    [
        ("content_elsewhere", False, "Passport: the server does not have it yet. It is on Denise Okafor’s laptop."),
        ("content_elsewhere", True, "Passport: it can no longer be fetched."),
        ("content_damaged", False, "Passport: what came was not the document, and was not kept."),
    ],
)
def test_what_cannot_be_had_is_said_in_words(code: str, lost: bool, said: str) -> None:
    with desk() as at:
        a_file(at, kept=True)
        here, away = at.door.file.documents
        at.door.file = FileDocuments((here, replace(away, lost=lost)), True)
        at.door.missing = {PASSPORT: code}
        _, part = records(at)
        part.documents.fetch.click()
        at.settle()
        assert part.documents.missing.text().startswith(said)


def test_without_a_network_it_is_said_and_can_be_tried_again() -> None:
    with desk() as at:
        a_file(at, kept=True)
        _, part = records(at)
        at.door.fail["fetch_document"] = KnownError("server_unreachable")
        part.documents.fetch.click()
        at.settle()
        assert isinstance(at.troubles[-1], KnownError)
        assert part.documents.fetch.isVisible()


@pytest.mark.parametrize(
    ("id", "said", "fetch"), [(NOTICE, "It is on this laptop, 1 MB.", False), (PASSPORT, "not here yet", True)]
)
def test_the_form_of_a_document_shows_it_small_or_offers_to_fetch_it(id: UUID, said: str, fetch: bool) -> None:
    with desk() as at:
        a_file(at)
        page = at.open("form", form="attachment", participant_id=samples.MARISELA, record_id=id)
        page.glance.grab()
        at.settle()
        assert said in page.glance.said.text()
        assert page.glance.fetch.isVisible() is fetch
        assert (page.glance.pictures.of(id) is not None) is not fetch
        assert nameless(page) == []
        if fetch:
            at.door.pdf = a_pdf()
            page.glance.fetch.click()
            at.settle()
            assert at.door.papers == [AttachmentRequest(PASSPORT)]


def test_a_row_of_a_document_says_to_a_screen_reader_that_it_can_be_fetched() -> None:
    with desk() as at:
        a_file(at)
        _, part = records(at)
        model = part.rows.model()
        index = model.index(1, 0)
        assert "not here yet" in index.data(Qt.ItemDataRole.AccessibleTextRole)
        assert index.data(Qt.ItemDataRole.AccessibleDescriptionRole) == "Fetch D"
        assert QAccessible.queryAccessibleInterface(part.documents.keep).text(QAccessible.Text.Name) == "Keep on this laptop"
