"""Exchange by a folder: a USB stick, or a shared folder that knows nothing of us. The same sealed bytes as through the server.

A laptop takes in everything that it lacks, judged exactly as what comes from the server, and then writes everything that the
folder lacks, its own and others' (rule 38). Whatever is read here is not "sent": that is said only of what was read in the
server's log (rule 43). The folder may be copied in part, filled up, pulled out at any moment, or hold other organisations: a
file is whole or counts as not there, nothing of others is read or touched, and the folder is trusted no more than a server
is. Names say no more than a server sees. A file (`cmpp_protocol.stick`) is written beside its place and renamed into it.
"""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from cmpp_desktop.errors import KnownError
from cmpp_desktop.sync import erasing
from cmpp_desktop.sync.alone import Alone
from cmpp_desktop.sync.books import Books
from cmpp_desktop.sync.drops import Drops
from cmpp_desktop.sync.folder_files import body_of, is_there, put
from cmpp_desktop.sync.folder_report import FolderReport
from cmpp_desktop.sync.keys import seal_for
from cmpp_desktop.sync.outbox import Outbox
from cmpp_desktop.sync.replica import GONE, Replica
from cmpp_desktop.sync.status import note_problem
from cmpp_desktop.sync.taken import Item, Taken
from cmpp_protocol import canon, entries, envelope, roster, stick
from cmpp_protocol.api import KeyEnvelope
from cmpp_protocol.rights import entitled
from cmpp_protocol.roster import RosterState

T = TypeVar("T")
MOST_FILES = 500_000  # of one kind; a folder with more is not ours
AT_ONCE = 32  # bundles that are in memory, and in one job at the store
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_READ_ONLY = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})

Progress = Callable[[int, int], None]


class FolderExchange:
    """One exchange with one folder. `job` runs a function at the store; `publish` hears what was taken in."""

    def __init__(
        self,
        job: Callable[[Callable[[], Any]], Any],
        books: Books,
        store: Replica,
        random: Callable[[int], bytes],
        publish: Callable[[Taken], None],
        drops: Drops,
        alone: Alone | None = None,
    ) -> None:
        """`alone`: of an organisation without a server, what goes between its laptops besides."""
        self._job, self._books, self._store, self._random, self._publish = job, books, store, random, publish
        self._drops, self._alone = drops, alone
        self.report = FolderReport()
        self._bad: set[Path] = set()  # to be written anew, where what belongs there is here
        self._done, self._of = 0, 0

    def run(self, folder: Path, progress: Progress | None = None, cancelled: Callable[[], bool] = lambda: False) -> FolderReport:
        """Takes in, then writes. `progress(done, of)` counts files. When `cancelled()` is true it stops between two files: what
        was taken in or written stays. Raises folder_unreadable, folder_too_early (the server has not heard of this organisation
        yet), roster_fork, device_revoked and the like; then nothing further is read or written."""
        try:
            self._run(folder, progress, cancelled)
        except KnownError as error:
            if error.code != "folder_unreadable":
                self._note(error.code)
            raise
        self._note(None)
        return self.report

    def _note(self, problem: str | None) -> None:
        """Where there is no server nobody else says so, until the next stick."""
        if self._alone is not None:
            self._job(lambda: note_problem(self._store, problem))

    def _run(self, folder: Path, progress: Progress | None, cancelled: Callable[[], bool]) -> None:
        state = self._job(self._state)
        base = folder / stick.ROOT / stick.short(state.org_id)
        self._progress, self._cancelled = progress, cancelled
        self._look_around(folder, base)
        with contextlib.suppress(_Stopped):
            found = {kind: self._files(base / kind, kind) for kind in ("roster", "keys")}
            places = [place for place in state.collections if (base / "bundles" / place.hex).is_dir()]
            bundles = {place: self._files(base / "bundles" / place.hex, "bundles") for place in places}
            self._of = len(found["roster"]) + len(found["keys"]) + sum(map(len, bundles.values()))
            self._take_roster(found["roster"])
            self._take_keys(found["keys"])
            if self._alone is not None:
                me = self._books.device_id
                self._hear(base, self._alone)
                if self._books.device_id != me:  # it goes on under another identity, for which keys lie here as well
                    self._take_keys(found["keys"])
            later = [place for place in self._job(self._readable) if place not in bundles]
            bundles |= {place: self._files(base / "bundles" / place.hex, "bundles") for place in later}
            for place in self._job(self._readable):
                self._take_bundles(place, bundles.get(place, []))
            if self._alone is not None:
                self._alone.tend()  # among what came in may be that another copy of this laptop writes
            self._write(base, self._job(lambda: list(self._to_write(base))))
            if self._alone is not None and self.report.problem is None:
                self._job(self._alone.handed_over)

    def hand_over(
        self, folder: Path, progress: Progress | None = None, cancelled: Callable[[], bool] = lambda: False
    ) -> FolderReport:
        """Of a laptop that is out: writes what it had not sent, sealed, for somebody who takes it in by hand; reads nothing.
        Raises folder_unreadable."""
        state = self._books.view()
        base = folder / stick.ROOT / stick.short(state.org_id)
        self._progress, self._cancelled = progress, cancelled
        self._look_around(folder, base)
        with contextlib.suppress(_Stopped):
            self._write(base, self._job(lambda: list(self._unsent(base))))
        return self.report

    def _unsent(self, base: Path) -> Iterator[tuple[Path, Callable[[], bytes | None]]]:
        """What this laptop has sealed and nobody has read in the log, all that waits among it. At the store."""
        books, own = self._books, self._books.device_id
        Outbox(self._store, books.view(), books.keys, books.device, self._random).seal_rest()
        for place in sorted({place for place, _ in books.keys}):
            for row in self._store.shelf(place, own):
                if row.mine and row.seq is None:
                    named = base / "bundles" / place.hex / stick.bundle_name(row.device, row.number, row.hash)
                    yield named, self._body(place, row.device, row.number, row.hash)

    def _state(self) -> RosterState:
        if self._books.state is None:
            raise KnownError("folder_too_early")
        self._books.is_member()  # raises when this laptop was closed
        return self._books.state

    def _readable(self) -> list[UUID]:
        """Collections whose bundles are taken in here: for a laptop that the roster does not hold yet, its invitation's."""
        books = self._books
        if books.device_id in books.view().devices:
            return books.readable()
        return sorted({place for place, _ in books.keys} & set(books.view().collections))

    # --- reading --------------------------------------------------------------------------------------------------------------

    def _look_around(self, folder: Path, base: Path) -> None:
        root = folder / stick.ROOT
        try:
            if not folder.is_dir() or root.is_symlink() or base.is_symlink():
                raise KnownError("folder_unreadable", cause="not_a_folder")
            if root.is_dir():
                with os.scandir(root) as found:
                    named = [one.name for one in found if stick.ORGANISATION.fullmatch(one.name)]
                self.report.others = sum(name != base.name for name in named)
        except OSError as error:
            raise KnownError("folder_unreadable", cause=type(error).__name__) from error

    def _files(self, folder: Path, kind: str) -> list[tuple[Path, tuple[str, ...], int]]:
        """The files of a kind by name, with the parts of their names and their sizes; what is named otherwise is left alone."""
        found = []
        try:
            with os.scandir(folder) as entries_:
                for one in entries_:
                    named = stick.NAMES[kind].fullmatch(one.name)
                    if named and one.is_file(follow_symlinks=False):
                        found.append((Path(one.path), named.groups(), one.stat(follow_symlinks=False).st_size))
                    if len(found) > MOST_FILES:
                        raise KnownError("folder_unreadable", cause="too_many")
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            raise KnownError("folder_unreadable", cause=type(error).__name__) from error
        return sorted(found)

    def _read(self, path: Path) -> bytes | None:
        """The body of a file that is whole; None, and counted, for any other."""
        body = body_of(path)
        if body is None:
            self._damaged(path)
        return body

    def _damaged(self, path: Path) -> None:
        self._bad.add(path)
        self.report.damaged += 1

    def _step(self) -> None:
        self._done += 1
        if self._progress is not None:
            self._progress(self._done, max(self._of, self._done))
        if self._cancelled():
            self.report.stopped = True
            raise _Stopped

    def _take_roster(self, files: list[tuple[Path, tuple[str, ...], int]]) -> None:
        """Entries that go on from what is held here. One that contradicts it, validly signed, is a fork (rule 39)."""
        for path, (number, hashed), _ in files:
            self._step()
            held = self._books.entries
            if int(number) < len(held):
                if stick.short(entries.decode(held[int(number)]).hash) != hashed:
                    self._look_at_fork(path, int(number))
                continue
            if int(number) > len(held):
                continue  # what comes between is not here yet
            body = self._read(path)
            if body is None:
                continue
            try:
                self._job(lambda body=body: self._books.grow([body]))  # type: ignore[misc]  # bound now
                self.report.roster_in += 1
            except KnownError as error:
                self.report.needs_update |= error.code == "server_too_new"
                if error.code != "server_too_new":
                    self._damaged(path)
        self._publish(self._job(lambda: erasing.follow(self._books, self._store)))  # rule 19: whoever hears of it keeps nothing
        if self.report.roster_in:
            self._retry()

    def _look_at_fork(self, path: Path, number: int) -> None:
        body = body_of(path)
        try:
            if body is not None and number > 0:
                roster.validate_and_apply(roster.build(self._books.entries[:number]), body)
                raise KnownError("roster_fork")
        except roster.RosterError:
            pass
        self._damaged(path)

    def _take_keys(self, files: list[tuple[Path, tuple[str, ...], int]]) -> None:
        """Keys that were sealed for this laptop and are not here. A wrong one gives nothing, and is written anew by who can."""
        mine = {stick.short(pair.id) for pair in self._job(self._books.openers)}
        for path, (place, epoch, recipient), _ in files:
            self._step()
            if recipient not in mine or (UUID(hex=place), int(epoch)) in self._books.keys:
                continue
            body = self._read(path)
            one = _key_envelope(body) if body is not None else None
            if one is not None and self._job(lambda one=one: self._books.take_keys([one])):  # type: ignore[misc]  # bound now
                self.report.keys_in += 1
            elif body is not None:
                self._damaged(path)
        if self.report.keys_in:
            self._retry()

    def _hear(self, base: Path, alone: Alone) -> None:
        """What other laptops propose for the roster, and how far they have read. The keeper carries what it can, at once: those
        who come in so find their keys where this exchange writes them."""
        for kind, hear in (("proposals", alone.hear_proposal), ("seen", alone.hear_seen)):
            for path, parts, _ in self._files(base / kind, kind):
                body = body_of(path)
                if body is None or not self._job(lambda hear=hear, body=body, parts=parts: hear(body, parts)):  # type: ignore[misc]  # bound now
                    self._damaged(path)
        known = len(self._books.entries)
        alone.tend()
        if len(self._books.entries) > known:
            self._retry()

    def _retry(self) -> None:
        for place in self._job(self._readable):
            self._heard(self._job(lambda place=place: self._books.inbox().retry(place)))  # type: ignore[misc]  # bound now

    def _take_bundles(self, place: UUID, files: list[tuple[Path, tuple[str, ...], int]]) -> None:
        """Those that are not held here, in the order of their chains."""
        held = self._job(lambda: {stick.bundle_name(one.device, one.number, one.hash) for one in self._store.shelf(place)})
        items: list[Item] = []
        for path, _, _ in files:
            self._step()
            if path.name in held:
                continue
            body = self._read(path)
            if body is not None and self._is_of(place, path, body):
                items.append(Item(body))
            if len(items) >= AT_ONCE:
                self._take(place, items)
                items = []
        self._take(place, items)

    def _take(self, place: UUID, items: list[Item]) -> None:
        if items:
            self._heard(self._job(lambda: self._books.inbox().take(place, items)))

    def _heard(self, taken: Taken) -> None:
        self.report.bundles_in += taken.bundles
        self.report.needs_update |= taken.needs_update
        self._publish(taken)

    def _is_of(self, place: UUID, path: Path, body: bytes) -> bool:
        """Whether a body is the bundle that its name says, of here, and signed by its author where that is known."""
        try:
            parsed = envelope.decode(body)
        except envelope.EnvelopeError as error:
            self.report.needs_update |= error.code == "update"
            if error.code != "update":
                self._damaged(path)
            return False
        header, hashed = parsed.header, parsed.hash
        state = self._books.view()
        author = state.devices.get(header.device)
        fits = (header.org, header.collection) == (state.org_id, place)
        fits = fits and stick.bundle_name(header.device, header.number, hashed) == path.name
        if not fits or (author is not None and not parsed.verify(author.keys.sign, hashed)):
            self._damaged(path)
            return False
        return True

    # --- writing --------------------------------------------------------------------------------------------------------------

    def _to_write(self, base: Path) -> Iterator[tuple[Path, Callable[[], bytes | None]]]:
        """Everything that the folder may lack, and how its body is made. Seals what has not been sealed yet. At the store."""
        books, state = self._books, self._books.view()
        for number, entry in enumerate(books.entries):
            yield base / "roster" / stick.entry_name(number, entries.decode(entry).hash), _given(entry)
        for place in sorted(state.collections):
            epoch = state.collections[place].epoch
            key = books.keys.get((place, epoch))
            for one in entitled(state, place) if key is not None else ():
                path = base / "keys" / stick.key_name(place, epoch, one.id)

                def made(place: UUID = place, epoch: int = epoch, key: bytes = key or b"", one: Any = one) -> bytes:
                    return canon.pack(_key_row(seal_for(state, place, epoch, key, [one])[0]))

                yield path, made
        Outbox(self._store, state, books.keys, books.device, self._random).to_send(room=2**62)
        for name, body in self._alone.to_write() if self._alone is not None else ():
            self._bad.add(base / name)  # what another laptop can tell of this one is what stands there now
            yield base / name, _given(body)
        for place in (*self._readable(), *self._drops.closed()):
            for row in self._store.shelf(place):
                if row.state != "void":
                    named = base / "bundles" / place.hex / stick.bundle_name(row.device, row.number, row.hash)
                    yield named, self._body(place, row.device, row.number, row.hash)

    def _body(self, place: UUID, device: bytes, number: int, hash: bytes) -> Callable[[], bytes | None]:
        """Reads a bundle when it is its turn to be written: all of them together may be more than memory should hold."""

        def read() -> bytes | None:
            row = self._job(lambda: self._store.envelope(place, device, number, hash))
            if row is None or row.body != GONE:
                return None if row is None else bytes(row.body)
            self.report.behind += 1
            return None

        return read

    def _write(self, base: Path, wanted: list[tuple[Path, Callable[[], bytes | None]]]) -> None:
        lacking = [(path, made) for path, made in wanted if path in self._bad or not is_there(path)]
        self._of = self._done + len(lacking)
        for number, (path, made) in enumerate(lacking):
            body = made()
            if body is None:
                continue  # it is not held any more
            try:
                put(path, body)
            except OSError as error:
                self.report.left = len(lacking) - number
                self.report.problem = (
                    "folder_full" if error.errno in _FULL else "folder_read_only" if error.errno in _READ_ONLY else
                    "folder_not_written"
                )  # fmt: skip
                return
            self.report.files_out += 1
            self._step()


class _Stopped(Exception):
    """Somebody said stop."""


def _given(body: bytes) -> Callable[[], bytes]:
    return lambda: body


def _key_row(one: KeyEnvelope) -> list[Any]:
    return [one.collection.bytes, one.epoch, one.recipient, one.body]


def _key_envelope(body: bytes) -> KeyEnvelope | None:
    try:
        place, epoch, recipient, sealed = canon.unpack(body)
        return KeyEnvelope(UUID(bytes=place), epoch, recipient, sealed)
    except (canon.NotCanonical, ValueError, TypeError):
        return None
