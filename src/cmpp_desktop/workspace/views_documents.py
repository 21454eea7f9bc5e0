"""What the workspace says of documents and of where their contents are."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from cmpp_desktop.workspace.views_network import DocumentsRule


@dataclass(frozen=True, slots=True)
class DocumentHere:
    """A document of a file. `size` and `here` in bytes; `whole`: all of it is on this laptop; `travels`: it can be fetched from a
    server; `who` added it, "" where that is not known; `lost`: it is not here, and who added it has no laptop any more."""

    id: UUID
    title: str
    size: int
    here: int
    whole: bool
    travels: bool
    who: str = ""
    lost: bool = False


@dataclass(frozen=True, slots=True)
class FileDocuments:
    """The documents of a file, oldest first. `kept`: the file is kept on this laptop; `asks`: this laptop asks before it fetches
    large ones, so that nothing comes by itself; `alone`: there is no server; `rule`: when documents travel now ("metered": not
    while the network is paid by size)."""

    documents: tuple[DocumentHere, ...] = ()
    kept: bool = False
    asks: bool = False
    alone: bool = False
    rule: DocumentsRule = "always"

    @property
    def away(self) -> tuple[DocumentHere, ...]:
        """Those that are not here, or not all of them."""
        return tuple(one for one in self.documents if not one.whole)


@dataclass(frozen=True, slots=True)
class Fetched:
    """How many documents came, and which did not, with why: content_elsewhere, content_damaged, record_missing."""

    came: int = 0
    missing: tuple[tuple[UUID, str], ...] = ()


@dataclass(frozen=True, slots=True)
class SmallPicture:
    """What a small picture is made from: a PDF, whose first page it is, or a picture that is small already, as PNG."""

    pdf: bytes = field(default=b"", repr=False)
    png: bytes = field(default=b"", repr=False)
