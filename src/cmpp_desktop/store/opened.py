"""An open store: the tables, the one writer, the reader and sync's side of one encrypted file. `store` is its door."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TypeVar
from uuid import UUID

from sqlalchemy import func, select

from cmpp_desktop.domain.work import Actor, Question
from cmpp_desktop.errors import KnownError
from cmpp_desktop.store import FILE, audit, backup, contents, leaving, migrate, projection, texts
from cmpp_desktop.store.database import Database, damaged
from cmpp_desktop.store.documents import Documents
from cmpp_desktop.store.drafts import DraftBox
from cmpp_desktop.store.names import Names
from cmpp_desktop.store.replica import StoreReplica
from cmpp_desktop.store.settings import Settings
from cmpp_desktop.store.signing import Signer
from cmpp_desktop.store.state import column_defaults
from cmpp_desktop.store.tables import PERSON, ROSTER, TABLES
from cmpp_desktop.store.unit_of_work import Commit, UnitOfWork

A = TypeVar("A")


class Store:
    """An open store."""

    def __init__(self, folder: Path, key: bytes) -> None:
        """Use `create` or `open`."""
        self.path = folder / FILE
        self._key = key
        self._database = Database(self.path, key)
        self._defaults = column_defaults()
        try:
            with self._database.reading() as connection:
                self._names = Names(connection)
            self._index_if_missing()
        except BaseException:
            self._database.close()
            raise
        self.drafts = DraftBox(self._database)
        self.settings = Settings(self._database)
        self.documents = Documents(self._database, self._names)
        self._replica = StoreReplica(self._database, self._names, self._defaults)

    @classmethod
    def create(cls, folder: Path, key: bytes) -> Store:
        """Makes an empty store in a profile folder, under a 32-byte key, and opens it."""
        migrate.create(folder / FILE, key)
        return cls(folder, key)

    @classmethod
    def open(cls, folder: Path, key: bytes) -> Store:
        """Opens a store, bringing it up to date first. Raises store_missing, store_damaged, store_newer, migration_failed."""
        path = folder / FILE
        if not path.exists():
            raise KnownError("store_missing")
        if path.stat().st_size == 0:
            raise damaged(path, "empty")
        migrate.upgrade(path, key)
        return cls(folder, key)

    @contextmanager
    def work(
        self,
        actor: Actor,
        now_ms: int,
        signer: Signer,
        randomness: Callable[[int], bytes],
        today: date | None = None,
    ) -> Iterator[Commit]:
        """A unit of work: `with store.work(…) as commit: handle(command, commit.work); changed = commit()`.

        Leaving without calling `commit` rolls everything back. `signer(label, data)` signs with the device key;
        `randomness(n)` gives n random bytes; `now_ms` is the corrected time,
        `today` the day where the work is done (None: UTC's). Raises disk_full; then nothing was kept.
        """
        finished = False
        try:
            with self._database.writing() as connection:
                unit = UnitOfWork(
                    connection,
                    self._names,
                    self._defaults,
                    actor=actor,
                    now_ms=now_ms,
                    sign=signer,
                    randomness=randomness,
                    roster_no=connection.execute(select(func.max(ROSTER.c.no))).scalar() or 0,
                    today=today,
                )
                commit = Commit(unit)
                try:
                    yield commit
                    if not commit.called:
                        raise _LeftEarly
                    finished = True
                finally:
                    unit.close()
        except _LeftEarly:
            pass
        finally:
            if not finished:
                self._reread()

    def answer(self, question: Question[A], asker: Actor) -> A:
        """Answers a question from one moment of the store. Raises record_missing where the question says so."""
        from cmpp_desktop.store import queries

        with self._database.reading() as connection:
            answer: A = queries.answer(queries.Asked(connection, self._names, asker), question)
        return answer

    def holds(self, compartment: str, team_id: UUID | None) -> bool:
        """Whether records of a compartment and team may be shown and written here."""
        place = self._names.place_for(compartment, team_id)
        return place is not None and place.held

    def content(self, digest: str) -> bytes | None:
        """What an attachment holds (SHA-256 in hex); None where it is not on this laptop. Ask for its record first: who may
        not read that may not read this. Raises store_damaged."""
        with self._database.reading() as connection:
            return contents.read(connection, digest)

    def replica(self) -> StoreReplica:
        """Sync's side of the store."""
        return self._replica

    def note(
        self, actor: Actor | None, now_ms: int, action: str, subject_kind: str, subject_id: UUID | None, **facts: str | int
    ) -> None:
        """One entry of the audit log by itself: opened, unlocked, shown, printed, exported."""
        entry = audit.Entry(action, subject_kind, subject_id, facts)
        with self._database.writing() as connection:
            audit.append(connection, [entry], actor.member_id if actor else None, now_ms)

    def verify_audit(self) -> int:
        """Checks the whole audit log and gives the number of its entries. Raises store_damaged."""
        with self._database.reading() as connection:
            return audit.verify(connection)

    def backup(self) -> Path:
        """Makes a verified encrypted copy in the profile folder."""
        return backup.make(self.path, self._key, reason="asked")

    def check(self) -> None:
        """Reads every page of the file and checks its seal. Raises store_damaged."""
        self._database.check()

    def rebuild_index(self) -> None:
        """Makes the People lines and the search indexes anew from the records."""
        with self._database.writing() as connection:
            projection.rebuild(connection)
            texts.forget_all(connection)
            while texts.catch_up(connection, 50 * texts.PART):
                pass

    def index_texts(self, most: int = texts.PART) -> int:
        """Puts up to about so many records that arrived into the index of texts, then overwrites what was taken out of the
        indexes, a part at a time; 0 when there is nothing left to do."""
        with self._database.reading() as connection:
            waits = texts.waiting(connection)
            if not waits and not leaving.is_unclean(connection):
                return 0
        with self._database.writing() as connection:
            return texts.catch_up(connection, most) if waits else int(leaving.clean(connection))

    def close(self) -> None:
        """Brings the log into the file and closes it. Harmless when closed."""
        self._database.close()

    def _index_if_missing(self) -> None:
        people = TABLES["participant"]
        with self._database.reading() as connection:
            indexed = connection.execute(select(func.count()).select_from(PERSON)).scalar()
            shown = connection.execute(select(people.c.id).where(people.c.meta_shown == 1).limit(1)).first()
        if not indexed and shown is not None:
            self.rebuild_index()

    def _reread(self) -> None:
        with self._database.reading() as connection:
            self._names.read(connection)


class _LeftEarly(Exception):
    """Leaving a unit of work without commit: rolls back, and goes no further."""


__all__ = ["Commit", "Store", "UnitOfWork"]
