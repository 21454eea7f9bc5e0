"""Contents of documents by a stick or a shared folder: the server's sealed chunks, as they are, after the records.

A laptop takes what it lacks, and writes what another one is known, or must be thought, to lack: what that one has said on the
stick that it wants, and what the server is not known to have of which it has said nothing. What nobody needs any more, and
what was destroyed, is taken off. Both ways go on where they broke off, and believe the stick as little as a server: a chunk
opens under the key in its record or does not count. To `Carrier`, the folder is a server of documents that never answers late.
"""

from __future__ import annotations

import contextlib
import errno
import shutil
import stat
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

from cmpp_desktop.errors import KnownError
from cmpp_desktop.sync.blobs import Carrier, Contents, DocumentRow, Step
from cmpp_desktop.sync.folder_files import body_of, put
from cmpp_desktop.sync.folder_report import FolderDocuments
from cmpp_protocol import blobs, rights, stick, stick_documents
from cmpp_protocol.blobs import Blob, BlobError, BlobKept, BlobName, ChunkName
from cmpp_protocol.keys import KeyPair
from cmpp_protocol.roster import RosterState
from cmpp_protocol.stick_documents import Has

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_READ_ONLY = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})
OF_ONE = frozenset({"content_elsewhere", "content_damaged", "store_damaged", "blob_differs"})


class Travelling(Contents, Protocol):
    """What this asks of the store besides; see `store.documents`."""

    def travelling(self) -> Sequence[tuple[Any, bool, bool]]: ...


class Here(Protocol):
    """What this asks of the engine."""

    @property
    def device_id(self) -> bytes: ...
    @property
    def device(self) -> KeyPair: ...
    def roster(self) -> RosterState: ...
    def now_ms(self) -> int: ...


class FolderCarrier:
    """Between one open store and one folder. `wants`: whether this laptop wants a document that is not here: all of them where
    there is no server, else those of files that are kept here."""

    def __init__(
        self, folder: Path, here: Here, contents: Travelling, at_store: Callable[[Callable[[], Any]], Any],
        wants: Callable[[UUID], bool],
    ) -> None:  # fmt: skip
        self._here, self._contents, self._at_store, self._wants = here, contents, at_store, wants
        self._base = folder / stick.ROOT / stick.short(here.roster().org_id)
        self._way = _Way(self._base, here)
        self._carrier = Carrier(self._way, contents, at_store)

    def plan(self) -> FolderDocuments:
        """What `carry` would do; nothing is written."""
        into, out, _ = self._sorted()
        return FolderDocuments(len(into), sum(one.size for _, one in into), len(out), sum(one.size for _, one in out))

    def carry(self, step: Step, cancelled: Callable[[], bool] = lambda: False) -> FolderDocuments:
        """Takes in, writes, takes off what nobody needs, and says what this laptop has now. `step(done, of)` in bytes. When
        `cancelled()` is true it stops before the next chunk; what came or was written stays. Raises folder_unreadable,
        disk_full."""
        into, out, spare = self._sorted()
        total = sum(one.size for _, one in (*into, *out))
        done = came = missing = went = came_bytes = went_bytes = 0
        problem: str | None = None

        def tell(more: int) -> None:
            if cancelled():
                raise _Stopped
            step(min(done + more, total), total)

        try:
            for blob, one in into:
                try:
                    self._carrier.fetch(one, lambda more, of: tell(more))
                    came, came_bytes = came + 1, came_bytes + one.size
                except KnownError as error:
                    if error.code not in OF_ONE:
                        raise
                    self._way.forget_damaged(blob)
                    missing += 1
                done += one.size
            self._take_off(spare)
            for _, one in out:
                try:
                    self._carrier.send(one, tell)
                    went, went_bytes = went + 1, went_bytes + one.size
                except KnownError as error:
                    if error.code not in OF_ONE:
                        raise
                    missing += 1
                done += one.size
            self._say_what_is_here()
        except _Stopped:
            return FolderDocuments(came, came_bytes, went, went_bytes, len(out) - went, missing, None, True)
        except _NotWritten as error:
            problem = error.problem
        return FolderDocuments(came, came_bytes, went, went_bytes, len(out) - went, missing, problem)

    # What is to be done -------------------------------------------------------------------------------------------------------

    def _sorted(self) -> tuple[list[tuple[Blob, DocumentRow]], list[tuple[Blob, DocumentRow]], list[BlobName]]:
        """What lies there and is not here, what is here and is needed there, and what need not lie there any longer."""
        known = self._known()
        said, org = self._said(), self._here.roster().org_id
        into = [(blob, one) for blob, one, whole, _ in known if not whole and self._way.kept(blob.name).whole]
        out, spare = [], []
        for blob, one, whole, at_server in known:
            if whole and not self._needed(blob.name, at_server=at_server, said=said):
                spare.append(blob.name)
            elif whole and not self._way.kept(blob.name).whole:
                out.append((blob, one))
        gone = (Carrier.blob_of(org, row) for row in self._at_store(self._contents.forget_destroyed))
        spare += [blob.name for blob in gone if blob is not None]
        return into, out, spare

    def _known(self) -> list[tuple[Blob, Any, bool, bool]]:
        """Every blob that documents here name, once."""
        found: dict[BlobName, tuple[Blob, Any, bool, bool]] = {}
        org = self._here.roster().org_id
        for one, whole, at_server in self._at_store(self._contents.travelling):
            blob = Carrier.blob_of(org, one)
            if blob is not None:
                before = found.get(blob.name)
                found[blob.name] = (blob, one, whole, at_server or (before is not None and before[3]))
        self._way.expects(blob for blob, *_ in found.values())
        return list(found.values())

    def _needed(self, name: BlobName, *, at_server: bool, said: dict[bytes, Has]) -> bool:
        """Whether some other laptop is known, or must be thought, to need it from a stick."""
        state, me = self._here.roster(), self._here.device_id
        for device in state.devices.values():
            if device.id == me or not device.active(state.no) or not rights.may_read(state, device.id, name.collection):
                continue
            theirs = said.get(device.id)
            if theirs is not None and (name in theirs.has or name in theirs.wants):
                if name in theirs.wants:
                    return True
            elif not at_server:
                return True
        return False

    def _said(self) -> dict[bytes, Has]:
        """What other laptops have said of themselves on this stick."""
        state, found = self._here.roster(), {}
        short = {stick.short(device.id): device for device in state.devices.values() if device.id != self._here.device_id}
        for name, device in short.items():
            body = body_of(self._base / "has" / name)
            one = stick_documents.read_has(body, device.keys.sign) if body is not None else None
            if one is not None and (one.org, one.device) == (state.org_id, device.id):
                found[device.id] = one
        return found

    def _say_what_is_here(self) -> None:
        known, state = self._known(), self._here.roster()
        if not known and not (self._base / "has").is_dir():
            return  # nobody here has a document
        has = frozenset(blob.name for blob, _, whole, _ in known if whole)
        wants = frozenset(blob.name for blob, one, whole, _ in known if not whole and self._wants(one.id))
        mine = Has(state.org_id, self._here.device_id, self._here.now_ms(), has, wants)
        path = self._base / "has" / stick.short(self._here.device_id)
        before = body_of(path)
        told = stick_documents.read_has(before, self._here.device.public.sign) if before is not None else None
        if told is None or told._replace(at=0) != mine._replace(at=0):
            _written(path, stick_documents.write_has(mine, self._here.device))

    def _take_off(self, names: Iterable[BlobName]) -> None:
        for name in names:
            folder = self._way.folder(name)
            if folder.is_dir() and not folder.is_symlink():
                shutil.rmtree(folder, ignore_errors=True)


class _Way:
    """The folder as a server of documents: what `Carrier` asks of one."""

    def __init__(self, base: Path, here: Here) -> None:
        self._base, self._here = base, here
        self._blobs: dict[BlobName, Blob] = {}

    def expects(self, known: Iterable[Blob]) -> None:
        """Which blobs there are: their records say how many chunks of which length each has."""
        self._blobs = {blob.name: blob for blob in known}

    @property
    def device_id(self) -> bytes:
        return self._here.device_id

    def roster(self) -> RosterState:
        return self._here.roster()

    def now_ms(self) -> int:
        return self._here.now_ms()

    def beside(self, method: str, path: str, body: bytes, limit: int) -> bytes:
        if method == "POST":
            asked = blobs.decode_request(body).asks
            return blobs.BlobAnswer(self.now_ms(), tuple(self.kept(name) for name in asked)).encode()
        chunk = blobs.read_chunk_path(path)
        file = self._file(chunk)
        if method == "PUT":
            _written(file, body)
            return b""
        found = body_of(file)
        if found is None:
            if not self._base.is_dir():  # pulled out
                raise KnownError("folder_unreadable", cause="gone")
            raise KnownError("server_refused", reason="not_found")
        return found

    def folder(self, name: BlobName) -> Path:
        return self._base / "documents" / name.collection.hex / name.id.hex()

    def kept(self, name: BlobName) -> BlobKept:
        """Which chunks seem to lie there: a file of another size than that of its chunk was cut, and counts as not there."""
        blob = self._blobs.get(name)
        if blob is None or not self.folder(name).is_dir():
            return BlobKept(*name, 0, ())
        return BlobKept(*name, blob.count, tuple(n for n in range(blob.count) if self._lies(blob, n)))

    def _lies(self, blob: Blob, n: int) -> bool:
        try:
            found = self._file(ChunkName(*blob.name, n, blob.count)).lstat()
        except OSError:
            return False
        return stat.S_ISREG(found.st_mode) and found.st_size == stick_documents.file_bytes(blob.length(n) + blobs.TAG)

    def forget_damaged(self, blob: Blob) -> None:
        """Chunks that do not open are taken off: whoever has the content writes them anew."""
        for n in range(blob.count):
            file = self._file(ChunkName(*blob.name, n, blob.count))
            sealed = body_of(file)
            try:
                blob.open(n, sealed or b"")
            except BlobError:
                if self._base.is_dir():
                    with contextlib.suppress(OSError):
                        file.unlink()

    def _file(self, chunk: ChunkName) -> Path:
        return self._base.joinpath(*stick_documents.chunk_name(chunk).split("/"))


def _written(path: Path, body: bytes) -> None:
    try:
        put(path, body)
    except OSError as error:
        if error.errno in _FULL:
            raise _NotWritten("folder_full") from error
        raise _NotWritten("folder_read_only" if error.errno in _READ_ONLY else "folder_not_written") from error


class _Stopped(Exception):
    """Somebody said stop."""


class _NotWritten(Exception):
    """The folder took nothing more. `problem`: why."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem
