"""The part of a sample workspace that has documents: what is here, what comes, small pictures."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

from cmpp_desktop.workspace import DocumentsSent, FolderDocuments
from cmpp_desktop.workspace.views_documents import DocumentHere, Fetched, FileDocuments, SmallPicture


class SampleDocuments:
    """`file`: what is said of a file's documents; `pictures`: what small ones are made from, by document."""

    fail: dict[str, BaseException]

    def no_documents(self) -> None:
        self.fetched: list[Any] = []
        self.fetching: Any = None  # called with the bytes that came
        self.carried = 0
        self.asks = False
        self.file = FileDocuments()
        self.pictures: dict[UUID, SmallPicture] = {}
        self.pictured: list[UUID] = []
        self.missing: dict[UUID, str] = {}
        self.on_stick = FolderDocuments()
        self.carried_by_stick: list[Path] = []

    def fetch_document(self, attachment_id: Any, step: Any = None) -> None:
        self.fetched.append(attachment_id)
        for done in (0, 3_000_000, 12_000_000):
            step(done, 12_000_000)
            if self.fetching is not None:
                self.fetching(done)
        if "fetch_document" in self.fail:
            raise self.fail["fetch_document"]
        self.fail.pop("paper", None)

    def fetch_documents(self, ids: Iterable[UUID], step: Any = None) -> Fetched:
        wanted = tuple(ids)
        for id in wanted:
            if id not in self.missing:
                self.fetch_document(id, step)
                self.here(id)
        missing = tuple((id, self.missing[id]) for id in wanted if id in self.missing)
        return Fetched(len(wanted) - len(missing), missing)

    def here(self, id: UUID) -> None:
        """The content of one has come."""
        rows = [
            DocumentHere(one.id, one.title, one.size, one.size, True, True, one.who) if one.id == id else one
            for one in self.file.documents
        ]
        self.file = replace(self.file, documents=tuple(rows))

    def file_documents(self, participant_id: UUID) -> FileDocuments:
        return self.file

    def keep_file_here(self, participant_id: UUID, yes: bool) -> None:
        self.file = replace(self.file, kept=yes)

    def small_picture(self, attachment_id: UUID) -> SmallPicture | None:
        self.pictured.append(attachment_id)
        return self.pictures.get(attachment_id)

    def carry_documents(self, step: Any = None, *, metered: bool | None = None) -> DocumentsSent:
        self.carried += 1
        return DocumentsSent()

    def folder_documents(self, folder: Path) -> FolderDocuments:
        return self.on_stick

    def carry_folder_documents(self, folder: Path, step: Any, cancelled: Any = None) -> FolderDocuments:
        if "carry_folder_documents" in self.fail:
            raise self.fail["carry_folder_documents"]
        self.carried_by_stick.append(folder)
        step(self.on_stick.bytes, self.on_stick.bytes)
        return self.on_stick

    def asks_before_large(self) -> bool:
        return self.asks

    def ask_before_large(self, yes: bool) -> None:
        self.asks = yes
