"""A profile that is being made or opened: the vault, the store under its key, the engine of sync, and who works here."""

from __future__ import annotations

import contextlib
import itertools
import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from cmpp_desktop.changes import HERE, Bus, Changed
from cmpp_desktop.domain.deadlines import RecomputeDeadlines
from cmpp_desktop.domain.dispatch import handle
from cmpp_desktop.domain.file_moves import AcceptedHandOvers, CarryOut
from cmpp_desktop.domain.merges import MergeFields
from cmpp_desktop.domain.questions import Organisation
from cmpp_desktop.domain.separations import SeparationFields
from cmpp_desktop.domain.staff import NameDevice
from cmpp_desktop.domain.work import Actor, Command, Done, Question, Role, Work
from cmpp_desktop.errors import KnownError
from cmpp_desktop.store import FILE, Store
from cmpp_desktop.store.database import BACKUPS
from cmpp_desktop.store.lock import ProfileLock
from cmpp_desktop.store.vault import SLOTS, Names, Vault, make_folder
from cmpp_desktop.sync import enrolment, replica
from cmpp_desktop.sync.blobs import Carried, Carrier
from cmpp_desktop.sync.books import begin
from cmpp_desktop.sync.engine import Engine
from cmpp_desktop.sync.report_drop import Reports
from cmpp_desktop.sync.transport import check_url
from cmpp_desktop.words import Words, load, zone_of
from cmpp_desktop.workspace import key_place
from cmpp_desktop.workspace.parts import Parts
from cmpp_protocol import canon, keeping, keys, roster
from cmpp_protocol.ids import derived_id, uuid7

log = logging.getLogger(__name__)

A = TypeVar("A")
ROLES: Mapping[roster.Role, Role] = {
    roster.Role.CASEWORKER: "caseworker",
    roster.Role.SUPERVISOR: "supervisor",
    roster.Role.ADMINISTRATOR: "administrator",
    roster.Role.BOARD: "board_reader",
}
IDENTIFYING = frozenset({MergeFields.kind, SeparationFields.kind})  # what says who is whom
HAND_OVERS_AT_ONCE = 20
ME = "me"  # the setting that says whose profile it is: {"member": 16 bytes, "team": 16 bytes or None}


class Opened:
    """An unlocked profile. All calls are made while the workspace's turn is held, but `engine.exchange` and the like."""

    def __init__(self, store: Store, lock: ProfileLock, parts: Parts, bus: Bus, turn: threading.RLock) -> None:
        self.store, self._lock, self._parts, self._bus, self._turn = store, lock, parts, bus, turn
        self.closed = False
        me = store.settings.get(ME) or {}
        self.member_id = UUID(bytes=me["member"])
        self.team_id = UUID(bytes=me["team"]) if me.get("team") else None
        self.transport = parts.connect(*self.server())
        self._zone: ZoneInfo | None = None
        self._merged: frozenset[UUID] = frozenset()  # ids that a change of who is whom named, until their deadlines follow
        self._unsubscribe = bus.subscribe(self._heard)
        self.engine = Engine(
            book := store.replica(),
            self.transport,
            system_ms=parts.now_ms,
            random=parts.randomness,
            bus=bus,
            at_store=self._at_store,
            audit=book,
        )
        self.reports = Reports(self.engine.drops, book, self._at_store)
        self.carrier = Carrier(self.engine, store.documents, self._at_store)
        self.carrying = threading.Lock()  # one round of documents at a time
        self.carried = Carried()  # what came of the last one
        self.documents_tried: dict[UUID, int] = {}  # of files that are kept here: when (ms) one was last asked for
        self.anyway = False  # documents go although they would wait by the rule of this laptop

    @property
    def device(self) -> keys.KeyPair:
        """The keys under which this laptop signs now: an exchange may change them, while it holds the turn."""
        return self.engine.device

    def actor(self) -> Actor:
        """Who works here, with the role that the roster gives them now."""
        member = self.engine.roster().members.get(self.member_id)
        return Actor(self.member_id, role_of(member.role) if member else "caseworker", self.engine.device_id, self.team_id)

    def do(self, command: Command, origin: str) -> Done:
        """Carries a command out and publishes what changed, once it is durable."""
        return self.carry_out(lambda work: handle(command, work), origin)

    def carry_out(self, act: Callable[[Work], Done], origin: str) -> Done:
        """The same for what is more than one command can say (an import with its progress): one unit of work."""
        with self._turn:
            self.must_be_open()
            now_ms = self.engine.now_ms()
            today = self.now().date()
            with self.store.work(self.actor(), now_ms, self.device.sign, self._parts.randomness, today) as commit:
                done = act(commit.work)
                changed = commit()
        if changed.kinds:
            self._bus.publish(replace(changed, origin=origin))
        if IDENTIFYING & changed.kinds:
            self.follow_merged()
        return done

    def follow_merged(self) -> None:
        """Lets the deadlines of people who became one person, or two again, be what the rules say of them now. A laptop that
        dies before it does so comes to it at the next exchange."""
        ids, self._merged = self._merged, frozenset()
        if ids:
            self.do(RecomputeDeadlines(tuple(sorted(ids))), HERE)

    def follow_hand_overs(self) -> bool:
        """Moves the files of hand-overs to another team that were accepted, where this laptop holds both teams' records; whether
        there is something to send now. One in which something differs stays accepted until that is settled, and is tried again
        after the next exchange."""
        moved = False
        for transfer_id in self.ask(AcceptedHandOvers())[:HAND_OVERS_AT_ONCE]:
            try:
                self.do(CarryOut(transfer_id), HERE)
                moved = True
            except KnownError as error:
                if error.code != "conflict_open":
                    raise
                log.info("hand-over %s waits: %s", transfer_id, error.code)
        return moved

    def follow_identity(self) -> None:
        """Names this laptop again after it took a new identity, as the old one was called. One that dies before it does so comes
        to it at the next exchange."""
        state, me = self.engine.roster(), self.engine.device_id
        before = next((one.id for one in state.devices.values() if one.successor == me), None)
        names = {} if before is None else {device: name for device, name, _ in self.ask(Organisation()).device_names}
        if before is not None and me.hex() not in names:
            name = names.get(before.hex(), "Laptop")
            self.do(NameDevice(device_record(me), me.hex(), name, self.member_id), HERE)
            self.note("identity_renewed", "device_name", None, device=me.hex()[:16])

    def follow_server(self) -> None:
        """Goes on with the server that the roster names, where an organisation without one has moved to it."""
        moved, replica_ = keeping.moved_to(self.engine.roster()), self.store.replica()
        wanted = canon.pack({"url": moved[0], "ca": moved[1]}) if moved is not None else None
        if moved is None or self._at_store(lambda: replica_.secret(replica.SERVER)) == wanted:
            return
        try:
            check_url(moved[0])
        except KnownError as error:
            log.warning("the server that the roster names has no address of ours: %s", error.code)
            return

        def keep() -> None:
            with replica_.transaction():
                replica_.put_secret(replica.SERVER, wanted)

        self._at_store(keep)
        self.connect_anew()

    def connect_anew(self) -> None:
        """Goes on by another way to the server: it has another address, or this laptop another network. To be called while no
        exchange is under way."""
        url, ca = self.server()
        self.transport.close()
        self.transport = self._parts.connect(url, ca)
        self.engine.use(self.transport)

    def server(self) -> tuple[str, str]:
        """Address and certificate authority (PEM, or ""); waits for its turn at the store."""
        packed = self._at_store(lambda: self.store.replica().secret(replica.SERVER))
        server = canon.unpack(packed or canon.pack({"url": "", "ca": ""}))
        return server["url"], server["ca"]

    def name_server(self, ca: str) -> None:
        """Says to all laptops, in the roster, which certificate authority the server's certificate is of. Raises what an
        exchange does."""
        self.engine.desk.set_policy({keeping.SERVER: self.server()[0], keeping.CA: ca})
        self.follow_server()

    def move_to(self, url: str, ca: str) -> None:
        """Lets an organisation without a server go on with this one. Raises what an exchange does; then nothing has changed."""
        way = self._parts.connect(url, ca)
        try:
            self.engine.move_to(way, {keeping.SERVER: url, **({keeping.CA: ca} if ca else {})})
        finally:
            way.close()
        self.follow_server()

    def follow_names(self) -> bool:
        """For a laptop that came in by the recovery kit, which says no names: whose it is, once the records have come; whether
        that is news."""
        me = next((one for one in self.ask(Organisation()).staff if one.id == self.member_id), None)
        if self.team_id is not None or me is None or me.team_id is None:
            return False
        self.team_id = me.team_id
        self.put_setting(ME, {"member": self.member_id.bytes, "team": me.team_id.bytes})
        return True

    def names_of_me(self) -> dict[str, str]:
        """What the greeting says: the person, and the organisation."""
        found = self.ask(Organisation())
        me = next((one.name for one in found.staff if one.id == self.member_id), "")
        return {"person": me, "organisation": found.name}

    def join_again(self, invitation: enrolment.Invitation) -> None:
        """Is let in under another identity, and names it as the old one was called."""
        before = self.engine.device_id
        names = {device: name for device, name, _ in self.ask(Organisation()).device_names}
        self.engine.join_again(invitation)
        if invitation.member != self.member_id:  # who came in on a list that was given up is somebody new on the other one
            self.member_id = invitation.member
            self.put_setting(ME, {"member": self.member_id.bytes, "team": self.team_id.bytes if self.team_id else None})
        me = self.engine.device_id
        self.do(NameDevice(device_record(me), me.hex(), names.get(before.hex(), "Laptop"), self.member_id), HERE)
        self.note("joined_again", "device_name", None, device=me.hex()[:16])

    def ask(self, question: Question[A]) -> A:
        with self._turn:
            self.must_be_open()
            return self.store.answer(question, self.actor())

    def new_id(self) -> UUID:
        """An id for what is made outside a unit of work."""
        return uuid7(self._parts.now_ms(), self._parts.randomness(10))

    def setting(self, name: str) -> Any:
        """A value that this laptop keeps for itself; None where there is none."""
        with self._turn:
            self.must_be_open()
            return self.store.settings.get(name)

    def put_setting(self, name: str, value: Any) -> None:
        with self._turn:
            self.must_be_open()
            self.store.settings.put(name, value)

    def random(self, length: int) -> bytes:
        """So many random bytes."""
        return self._parts.randomness(length)

    def at_store(self, job: Callable[[], A]) -> A:
        """Runs a short job while the store is this caller's. Raises locked."""
        return self._at_store(job)

    def content(self, digest: str) -> bytes | None:
        """What an attachment holds; None where it is not on this laptop."""
        with self._turn:
            self.must_be_open()
            return self.store.content(digest)

    def zone(self) -> ZoneInfo:
        """The organisation's time zone, in which every day and local time is meant but those of a court."""
        zone = self._zone
        if zone is None:
            zone = self._zone = zone_of(self.ask(Organisation()).zone)
        return zone

    def words(self, language: str) -> Words:
        """The words for papers: with the organisation's own codes, read in its zone."""
        own = self.ask(Organisation()).codes
        return load(language).at_home_in(self.zone().key).with_own(own, self.now().date())

    def now(self) -> datetime:
        """The time on the organisation's clocks, aware, whatever zone this laptop stands in."""
        return self._parts.clock().astimezone(self.zone())

    def publish(self, changed: Changed) -> None:
        """Tells the pages of something that no unit of work has told them."""
        self._bus.publish(changed)

    def note(self, action: str, kind: str, subject_id: UUID | None, **facts: str | int) -> None:
        """An entry of the audit log."""
        with self._turn:
            self.must_be_open()
            self.store.note(self.actor(), self.engine.now_ms(), action, kind, subject_id, **facts)

    def is_out(self) -> bool:
        """Whether the roster says that this laptop was closed, or has left."""
        state = self.engine.roster()
        device = state.devices.get(self.engine.device_id)
        return device is not None and not device.active(state.no)

    def has_left(self) -> bool:
        """Whether it is out because it left in order."""
        device = self.engine.roster().devices.get(self.engine.device_id)
        return device is not None and device.why == "retired"

    def must_be_open(self) -> None:
        """Raises KnownError locked after `close`."""
        if self.closed:
            raise KnownError("locked")

    def close(self) -> None:
        """Closes the store and forgets the keys."""
        if not self.closed:
            self.closed = True
            self._unsubscribe()
            self.transport.close()
            self.store.close()
            self._lock.release()

    def _at_store(self, job: Callable[[], A]) -> A:
        with self._turn:
            self.must_be_open()
            return job()

    def _heard(self, changed: Changed) -> None:
        if "organisation" in changed.kinds:
            self._zone = None  # asked again when it is next needed
        if IDENTIFYING & changed.kinds:
            self._merged |= changed.ids


def role_of(role: roster.Role) -> Role:
    """The domain's word for a role of the roster."""
    return ROLES[role]


def open_profile(folder: Path, key: bytes, lock: ProfileLock, parts: Parts, bus: Bus, turn: threading.RLock) -> Opened:
    """Opens an unlocked profile, whose lock is held and from now on belongs to what is opened. Raises what `Store.open` does."""
    return Opened(Store.open(folder, key), lock, parts, bus, turn)


def make_profile(
    folder: Path, start: enrolment.Start, passphrase: str, names: Names, parts: Parts, bus: Bus, turn: threading.RLock
) -> Opened:
    """A new profile with everything that a laptop begins with. When something fails, what was made is taken away again."""
    make_folder(folder)
    lock = ProfileLock(folder)
    lock.take()
    vault = parts.vault(folder)
    store: Store | None = None
    try:
        key = vault.create(passphrase, names, cost=parts.cost)
        store = Store.create(folder, key)
        begin(store.replica(), start, parts.now_ms())
        store.settings.put(ME, {"member": start.member.bytes, "team": start.team_id.bytes if start.team_id else None})
        opened = Opened(store, lock, parts, bus, turn)
        key_place.check(opened.engine.roster(), vault)
        vault.add_recovery(key, opened.engine.roster().recovery.slot)
    except BaseException:
        if store is not None:
            store.close()
        _unmake(folder, vault)
        lock.release()
        raise
    return opened


def put_aside(folder: Path, day: date) -> Path:
    """Moves everything of a profile into a folder beside its place; the slots last, so that a laptop that dies in between is
    still the one that was shut out. Returns the folder. Raises disk_error."""
    number = next(n for n in itertools.count(1) if not (folder / f"closed-{day:%Y-%m-%d}-{n}" / SLOTS).exists())
    aside = folder / f"closed-{day:%Y-%m-%d}-{number}"
    make_folder(aside)
    try:
        for name in (FILE, f"{FILE}-wal", f"{FILE}-shm", "reserve", BACKUPS, SLOTS):
            if (folder / name).exists():
                (folder / name).replace(aside / name)
    except OSError as error:
        raise KnownError("disk_error", cause=type(error).__name__) from error
    return aside


def _unmake(folder: Path, vault: Vault) -> None:
    """Removes a profile that could not be finished: nothing was ever written into it by a person."""
    with contextlib.suppress(KnownError):
        if vault.exists:
            vault.destroy_slots()
    for name in (SLOTS, FILE, f"{FILE}-wal", f"{FILE}-shm", "reserve"):
        with contextlib.suppress(OSError):
            (folder / name).unlink(missing_ok=True)


def organisation_record(org: bytes) -> UUID:
    """The id of the one organisation record."""
    return derived_id("organisation", UUID(int=0), org.hex())


def device_record(device_id: bytes) -> UUID:
    """The id of the record that names a laptop."""
    return derived_id("device_name", UUID(int=0), device_id.hex())
