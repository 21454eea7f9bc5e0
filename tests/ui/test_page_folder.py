"""An exchange with a stick in the window: what is said of it, and that it can be tried again."""

from __future__ import annotations

from pathlib import Path

import pytest

from cmpp_desktop.errors import KnownError
from cmpp_desktop.ui.pages.folder_documents_part import carried_words
from cmpp_desktop.ui.pages.folder_part import done_words
from cmpp_desktop.words import load
from cmpp_desktop.workspace import FolderDocuments, FolderReport
from tests.ui.page_desk import desk, nameless

pytestmark = pytest.mark.usefixtures("qapp")


def test_what_came_and_went_is_said_and_never_called_sent(tmp_path: Path) -> None:
    with desk() as at:
        page = at.open("sync")
        part = page.folder
        part.take(tmp_path)
        at.settle()
        assert at.door.folders == [tmp_path]
        assert part.result.title.text() == "3 packages came in, 12 files were written."
        assert "only of what the server has" in part.result.text.text()
        assert part.button.isEnabled()
        assert not part.progress.isVisible()
        assert nameless(page) == []


def test_a_folder_that_cannot_be_read_is_said_and_can_be_tried_again(tmp_path: Path) -> None:
    with desk() as at:
        part = at.open("sync").folder
        at.door.fail["exchange_folder"] = KnownError("folder_unreadable")
        part.take(tmp_path)
        at.settle()
        assert [getattr(error, "code", "") for error in at.troubles] == ["folder_unreadable"]
        assert not part.result.isVisible()
        del at.door.fail["exchange_folder"]
        part.take(tmp_path)
        at.settle()
        assert part.result.isVisible()


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize(
    "done",
    [
        FolderReport(),
        FolderReport(files_out=1, left=4, problem="folder_full"),
        FolderReport(bundles_in=2, left=9, problem="folder_read_only"),
        FolderReport(bundles_in=1, damaged=2, others=1, needs_update=True, stopped=True),
    ],
)
def test_every_end_has_its_words(language: str, done: FolderReport) -> None:
    words = load(language)
    title, text = done_words(done, words)
    assert title.endswith(".")
    assert "folder_" not in title + text
    assert "{" not in title + text
    if done.problem:
        assert str(done.left) in text


def test_a_few_documents_go_along_at_once_and_many_are_said_first(tmp_path: Path) -> None:
    with desk() as at:
        part = at.open("sync").folder
        at.door.on_stick = FolderDocuments(out=1, out_bytes=2_000_000)
        part.take(tmp_path)
        at.settle()
        assert at.door.carried_by_stick == [tmp_path]
        assert part.documents.result.title.text() == "0 documents came in, 1 document was written."
        at.door.on_stick = FolderDocuments(into=2, into_bytes=30_000_000, out=1, out_bytes=12_000_000)
        part.take(tmp_path)
        at.settle()
        assert at.door.carried_by_stick == [tmp_path]
        assert part.documents.result.title.text() == "Documents can be carried, too: 42 MB."
        assert nameless(at.page) == []
        part.documents.carry_button.click()
        at.settle()
        assert at.door.carried_by_stick == [tmp_path, tmp_path]
        assert part.documents.progress.count.text() == "42 of 42 MB"
        assert not part.documents.carry_button.isVisible()


def test_where_there_is_nothing_to_carry_nothing_is_said_of_documents(tmp_path: Path) -> None:
    with desk() as at:
        part = at.open("sync").folder
        part.take(tmp_path)
        at.settle()
        assert at.door.carried_by_stick == [tmp_path]  # what this laptop has is said on the stick
        assert not part.documents.isVisible()


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_end_of_carrying_documents_has_its_words(language: str) -> None:
    done = FolderDocuments(into=1, out=2, left=3, missing=4, problem="folder_full", stopped=True)
    title, text = carried_words(done, load(language))
    assert title.endswith(".")
    assert "folder_" not in title + text
    assert "{" not in title + text
    for number in ("3", "4"):
        assert number in text
