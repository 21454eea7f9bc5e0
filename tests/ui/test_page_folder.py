"""An exchange with a stick in the window: what is said of it, and that it can be tried again."""

from __future__ import annotations

from pathlib import Path

import pytest

from cmpp_desktop.errors import KnownError
from cmpp_desktop.ui.pages.folder_part import done_words
from cmpp_desktop.words import load
from cmpp_desktop.workspace import FolderReport
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
