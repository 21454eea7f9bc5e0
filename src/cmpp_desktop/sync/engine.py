"""The exchange with the server, and how it stands: one round trip does everything, as often as there is more to do.

What is promised: work never waits for it; the store is asked in small jobs (`at_store`) and never while the network is waited
for; every step may fail or be repeated without loss; "sent" is said only of what was read in the server's log. The
engine's states have names (`State`). After a failure the code stands in `Status.problem`; nothing is raised for the network.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar
from uuid import UUID

from cmpp_desktop.changes import SYNC, Bus, Changed
from cmpp_desktop.errors import KnownError
from cmpp_desktop.sync import copies, cuts, duties, enrolment, erasing, honesty, identity, replica, snapshot_books
from cmpp_desktop.sync.books import Books
from cmpp_desktop.sync.desk import Cutting, Desk, Heads, Make
from cmpp_desktop.sync.folder import FolderExchange
from cmpp_desktop.sync.folder_report import FolderReport
from cmpp_desktop.sync.hearing import Heard, heard_of
from cmpp_desktop.sync.held import Chain, HeldDesk, HeldWork
from cmpp_desktop.sync.inbox import Item, Taken
from cmpp_desktop.sync.outbox import BYTES_AT_ONCE, Outbox
from cmpp_desktop.sync.pauses import Pauses
from cmpp_desktop.sync.rebuild import Rebuilding, is_whole
from cmpp_desktop.sync.replica import Replica, SetAside, StoredEnvelope
from cmpp_desktop.sync.snapshots import Snapshots
from cmpp_desktop.sync.transport import Refusal, Transport
from cmpp_protocol import api, canon, entries, envelope, keys, snapshot_api
from cmpp_protocol.roster import RosterState

log = logging.getLogger(__name__)

T = TypeVar("T")
State = Literal["idle", "sending", "receiving", "offline", "refused", "update_needed"]
Word = Literal["sent", "sending", "offline", "to_settle", "set_aside", "update", "refused"]
AtStore = Callable[[Callable[[], Any]], Any]
Progress = Callable[[int, int], None]

ROUNDS = 10_000  # of one exchange; a server that always says "more" is left
PROPOSALS = 5
BUNDLES_A_JOB = 32

# Codes of the server's refusals, as what a person is told.
_TOLD = {
    "update": "server_too_new",
    # Not revoked: that stands in the roster, which a server of ours still shows to such a laptop. This one has lost entries.
    "device_unknown": "another_history",
    "organisation_unknown": "organisation_unknown",
    "clock_wrong": "clock_wrong",
    "invitation_used": "invitation_used",
    "invitation_closed": "invitation_closed",
    "invitation_expired": "invitation_expired",
    "too_big": "too_big",
    "busy": "server_busy",
    "too_many": "server_busy",
}
_OFFLINE = frozenset({"server_unreachable", "server_busy"})  # it goes by itself, later
_UPDATE = frozenset({"server_too_new", "server_too_old"})


@dataclass(frozen=True, slots=True)
class Status:
    """How sync stands. `waiting`: how many own change sets were not read in the server's log yet. `last_heard`: ms, or None.
    `set_aside`: how many bundles or change sets could not be applied; `damaged`: those of them whose copy was not what its
    author sent, and is asked for again (rule 42). `problem`: code of the last exchange's failure. `retry_in`: seconds until the
    next try by itself after a failure that passes, None for the usual time. `reason`: what the last exchange's failure is
    called among engineers (for a server that contradicts itself: see `honesty`), None after a good one or before the first.
    `renewed`: ms, when this laptop took another identity because another copy of it was met; None: it never did."""

    word: Word
    state: State
    waiting: int
    last_heard: int | None
    conflicts: int
    set_aside: int
    problem: str | None
    server: str
    damaged: int = 0
    retry_in: float | None = None
    reason: str | None = None
    renewed: int | None = None


class Engine:
    """Sync of one open store. `system_ms` is the system's clock, `random(n)` gives n random bytes, `at_store` runs a job on
    the thread (or under the lock) that owns the store. Only one exchange runs at a time: the caller sees to it."""

    def __init__(
        self,
        store: Replica,
        transport: Transport,
        *,
        system_ms: Callable[[], int],
        random: Callable[[int], bytes],
        bus: Bus | None = None,
        at_store: AtStore | None = None,
    ) -> None:
        self._store, self._transport, self._random, self._bus = store, transport, random, bus
        self._at_store: AtStore = at_store or (lambda job: job())
        self._books: Books = self._at_store(lambda: Books(store, system_ms))
        self._state: State = "idle"
        self.desk = Desk(self.propose, self._job, self._books, store, random)
        self._held = HeldDesk(self._books, store)
        self.snapshots = Snapshots(self._ask_snapshots, self._job, self._books, store, random, self._publish)
        self._needs_update = False
        self._pauses = Pauses()
        self._reason: str | None = None  # of the last failure, for engineers
        self._witness = honesty.Witness()
        self._duties = PROPOSALS  # how often entries that the roster calls for are tried in an exchange
        self._helped = False  # who lacks a key was asked in this exchange
        self._help: tuple[api.KeyEnvelope, ...] = ()
        self._wanted: tuple[api.Offer, ...] = ()
        self._given: set[bytes] = set()  # hashes that were handed over on demand in this exchange
        self._reread: set[UUID] = set()  # collections whose log was begun again in this exchange
        self._astray: set[UUID] = set()  # collections whose log did not chain in this exchange: said at its end (P19)
        self._unread: set[UUID] = set()  # collections in which an envelope stopped the cursor
        self._fences = 0  # of the roster, up to which nothing counts here beyond them
        self._lost_after: int | None = None  # the server has lost the roster entries above this number

    # Asking -----------------------------------------------------------------------------------------------------------

    def roster(self) -> RosterState:
        """The roster as this laptop holds it (before a founding has reached the server: as it will be)."""
        return self._job(self._books.view)

    @property
    def device(self) -> keys.KeyPair:
        """The keys under which this laptop signs now. Asked at the store: an exchange may change them (rule 35)."""
        return self._books.device

    @property
    def device_id(self) -> bytes:
        """The id of those keys."""
        return self._books.device_id

    def own_code(self) -> str:
        """This laptop's six digits, or "" once an administrator has compared them, and before the server knows it."""

        def read() -> str:
            state = self._books.view()
            device = state.devices.get(self._books.device_id)
            return "" if device is None or device.confirmed is not None else self._code(device.id)

        return self._job(read)

    def code_of(self, device: bytes) -> str:
        """The six digits of another laptop, for an administrator to compare."""
        return self._job(lambda: self._code(device))

    def heard(self) -> Mapping[bytes, Heard]:
        """Since when every laptop belongs, and when it was last heard of."""
        books = self._books
        return self._job(lambda: heard_of(self._store, books.view(), books.all_entries(), books.readable()))

    def now_ms(self) -> int:
        """The system's time with the offset learned from the server: what stamps are made from (rule 2)."""
        return self._job(self._books.now_ms)

    def erasures(self) -> erasing.Erasures:
        """How the erasures stand, by the hash of their certificates."""
        return self._job(lambda: erasing.erasures(self._books, self._store))

    def status(self) -> Status:
        """How it stands now."""
        return self._job(self._status)

    def held_work(self) -> tuple[HeldWork, ...]:
        """What came, does not count, and waits for a decision (rule 33)."""
        return self._job(self._held.waiting)

    # Doing ------------------------------------------------------------------------------------------------------------

    def exchange(self, *, wait: int = 0, progress: Progress | None = None) -> Status:
        """Sends what waits and takes in what others wrote, until there is no more. Never raises for the network: the status
        says what happened. `wait`: seconds for which the server may hold the first answer (long poll)."""
        problem: str | None = None
        self._begin()
        self._reason = None
        try:
            for number in range(ROUNDS):
                if not self._round(wait if number == 0 else 0, progress) and not self._renew_identity():
                    break
            if self._astray:
                raise KnownError("another_history", reason="log")
            self._job(self._contradictions)
            self._job(self._held.tidy)
            if not wait:
                self.snapshots.serve()
            self._state = "update_needed" if self._needs_update else "idle"
            self._pauses.went()
        except KnownError as error:
            problem, self._reason = error.code, str(error.facts.get("reason", "")) or None
            self._pause(error)
            self._state = "offline" if problem in _OFFLINE else "update_needed" if problem in _UPDATE else "refused"
            log.info("exchange failed: %s %s", problem, error.facts)
        self._job(lambda: self._note_problem(problem))
        return self.status()

    def _contradictions(self) -> None:
        """What the log, read to its end, says against the server (P19)."""
        if self._books.state is not None and not self._unread and not self._needs_update:
            self._witness.at_end(self._store, self._books.state, self._books.readable())

    def _pause(self, error: KnownError) -> None:
        if error.code not in _OFFLINE:
            self._pauses.went()
            return
        jitter = self._random(1)[0] / 255
        self._pauses.failed(int(error.facts.get("wait", 0)), error.code == "server_busy", jitter)

    def decide_held(self, chain: Chain, decision: Literal["take_in", "leave_out", "bring_back"]) -> None:
        """Takes in what is held of a laptop, leaves it out, or lets it wait again. Raises not_allowed, record_missing."""
        held = self._held
        how = {"take_in": held.adopt, "leave_out": held.leave, "bring_back": held.bring_back}[decision]
        self._publish(self._job(lambda: how(chain)))

    def join_again(self, invitation: enrolment.Invitation) -> None:
        """Lets this laptop, whose identity has ended, in once more with all that it holds (rule 35). Raises
        invitation_not_for_here, roster_fork."""
        self._publish(self._job(lambda: identity.join_again(self._books, self._store, invitation, self._random)))

    def exchange_folder(
        self, folder: Path, progress: Progress | None = None, cancelled: Callable[[], bool] = lambda: False
    ) -> FolderReport:
        """An exchange with a stick or a shared folder instead of the server; a laptop that was closed hands over what it had not
        sent, and takes nothing in. Raises what `FolderExchange.run` raises."""
        made = FolderExchange(self._job, self._books, self._store, self._random, self._publish)
        if self._job(self._books.has_ended):
            return made.hand_over(folder, progress, cancelled)
        return made.run(folder, progress, cancelled)

    def beside(self, method: str, path: str, body: bytes, limit: int) -> bytes:
        """One signed request beside the exchange (contents of documents), which waits for nothing of it. Raises KnownError:
        server_unreachable and others of an exchange; `reason` is the server's own word."""
        try:
            return self._beside(method, path, body, limit)
        except Refusal as refusal:
            if refusal.problem.code != "clock_wrong":
                raise _told(refusal) from refusal
            server_ms = refusal.problem.time
        self._job(lambda: self._books.learn_time(server_ms))  # then once more, with the server's time
        try:
            return self._beside(method, path, body, limit)
        except Refusal as again:
            raise _told(again) from again

    def _beside(self, method: str, path: str, body: bytes, limit: int) -> bytes:
        name, now = api.server_name(self._transport.url), self._job(self._books.now_ms)
        device, org = self._job(lambda: (self._books.device, self._books.org))
        allowed = api.authorise(device, org, name, path, now, body)
        return self._transport.beside(method, path, body, allowed.header(), limit)

    def propose(self, make: Make, cutting: Cutting = lambda state: ()) -> None:
        """Appends roster entries that `make` builds on the newest state, at the store; made again when another entry came
        first. `cutting` names the devices whose chains they cut: `make` is told where those stand. Raises KnownError:
        server_unreachable, roster_rejected and others of an exchange, and what `make` raises."""
        self._begin()
        for _ in range(PROPOSALS):
            for _ in range(ROUNDS):
                if not self._round(0, None):
                    break
            heads = self._heads(self._job(lambda: tuple(cutting(self._books.view()))))
            request = self._job(lambda: self._bare_request(tuple(make(self._books.view(), heads))))  # noqa: B023  # called now
            if not request.entries:
                return
            answer = self._send(request)
            self._take_roster(answer)
            verdicts = [verdict for verdict, _ in answer.entry_verdicts]
            if all(one in (api.EntryVerdict.STORED, api.EntryVerdict.HAD_IT) for one in verdicts):
                return
            why = [reason for verdict, reason in answer.entry_verdicts if verdict is api.EntryVerdict.REFUSED]
            if why and why[0] != "fence_stale":
                raise KnownError("roster_rejected", reason=why[0])
        raise KnownError("server_unreachable", reason="roster_busy")

    def _heads(self, devices: tuple[bytes, ...]) -> Heads:
        """Where the chains of these devices stand at the server. Raises another_history when it knows less than this laptop has
        read in its log: what it hides would be cut off."""
        if not devices:
            return {}
        state = self._job(self._books.view)
        answer = self._send(api.SyncRequest(state.no, state.hash, opened=self._job(self._books.opened), heads_of=devices))
        self._take_roster(answer)
        heads = {(one.device, one.collection): (one.number, one.hash) for one in answer.heads}

        def known() -> bool:
            rows = ((place, self._store.chains(place)) for place in self._books.readable())
            theirs = ((place, device, chain) for place, chains in rows for device, chain in chains.items())
            return all(
                chain.number <= heads.get((device, place), (0, b""))[0]
                for place, device, chain in theirs
                if device in devices and device != self._books.device_id
            )

        if not self._job(known):
            raise KnownError("another_history", reason="heads")
        return heads

    def _begin(self) -> None:
        self._follow()
        self._needs_update, self._duties, self._helped = False, PROPOSALS, False
        self._witness = honesty.Witness()
        self.snapshots.begin()
        self._given, self._reread, self._astray, self._unread = set(), set(), set(), set()

    def _renew_identity(self) -> bool:
        """Takes a new identity when another copy of this laptop was met (rule 35); whether it has one now."""
        if not self._job(lambda: identity.is_taken(self._store)):
            return False
        new = self._job(lambda: identity.successor(self._store, self._random))
        self.propose(*identity.replacing(self._books, new))
        return not self._job(lambda: identity.is_taken(self._store))

    def _follow(self) -> None:
        """What the roster asks of this laptop: to go on under its new identity, and to take back what a fence has cut off."""
        self._publish(self._job(lambda: identity.follow(self._books, self._store)))
        self._publish(self._job(lambda: erasing.follow(self._books, self._store)))
        state = self._job(lambda: self._books.state)
        if state is None or len(state.fences) == self._fences:
            return
        for place in self._books.readable():
            self._publish(self._job(lambda place=place: self._mended(place)))  # type: ignore[misc]  # bound now
        self._fences = len(state.fences)

    def _mended(self, place: UUID) -> Taken:
        """Rule 33: makes a collection's records again when something counts here that a late fence has cut off."""
        books, state = self._books, self._books.view()
        if not cuts.is_overrun(self._store, state, place, books.device_id):
            return Taken()
        log.warning("a fence came late in %s: its records are made again", place)
        return self._made_again(place)

    def _made_again(self, place: UUID) -> Taken:
        """A collection judged anew; from a snapshot where all that it is made from is not here."""
        books, state = self._books, self._books.view()
        if snapshot_books.is_taken(self._store, place):
            self.snapshots.take_again(place)
            return Taken()
        if not is_whole(self._store, place):
            return Taken()
        with self._store.transaction():
            return Rebuilding(self._store, state, books.keys, books.device_id, place, books.now_ms()).run()

    # One round --------------------------------------------------------------------------------------------------------

    def _round(self, wait: int, progress: Progress | None) -> bool:
        """One request and its answer; whether there is more to do."""
        self._state = "sending"
        request, unsent = self._job(lambda: self._request(wait))
        try:
            answer = self._send(request)
        except KnownError as error:
            if error.facts.get("reason") == "device_unknown" and self._job(self._from_the_first):
                return True
            raise
        self._state = "receiving"
        more = self._take_roster(answer)
        self._job(lambda: self._note_verdicts(request, answer))
        self._witness.hear(request, answer)
        more = self.snapshots.take(answer.hints, progress) or more
        for one in answer.logs:
            more = self._take_log(one) or more
        for place in answer.again:
            more = self._take_again(place) or more
        if answer.held:
            self._publish(self._job(lambda: self._held.receive(answer.held)))
        if progress is not None:
            progress(*self._job(lambda: self._how_far(answer)))
        self._wanted = self._job(lambda: self._held_of(answer.wanted))
        took_some = any(one.verdict is api.Verdict.STORED for one in answer.verdicts)
        return more or answer.more or bool(self._wanted) or (unsent and took_some)

    def _request(self, wait: int) -> tuple[api.SyncRequest, bool]:
        books = self._books
        if not books.is_member():
            enrol = books.enrolment()
            return self._bare_request((enrol,) if enrol else books.pending()), False
        state = books.view()
        outbox = Outbox(self._store, state, books.keys, books.device, self._random)
        asked = self._asked_for(outbox)
        bundles, unsent = (asked, True) if asked else outbox.to_send()
        lost = self._lost_after
        again = self._called_for() if lost is None else tuple(books.envelopes_of(one) for one in books.entries[lost + 1 :])
        request = api.SyncRequest(
            roster_no=state.no if lost is None else lost,
            roster_hash=state.hash if lost is None else roster_hash(books.entries, lost),
            entries=again,
            envelopes=self._help,
            opened=books.opened(),
            cursors=tuple(self._cursor(place) for place in books.readable()),
            bundles=tuple(bundles),
            offers=outbox.offers(),
            wait=wait,
            damaged=self._complaints(),
            helps=not self._helped and not wait,
            lost=lost is not None,
            holds=self._held.known() if not self._helped and not wait else None,
            snapshots=True,
            from_log=tuple(sorted(self.snapshots.from_log)),
        )
        return request, unsent

    def _called_for(self) -> tuple[api.NewEntry, ...]:
        """What the roster calls for and this laptop may do: nothing is sealed in a collection before its new key (rule 44)."""
        books = self._books
        if self._duties == 0 or books.state is None:
            return ()
        made = duties.due(books.state, books.device, books.keys, books.now_ms(), self._random) or erasing.due(books, self._store)
        self._duties -= bool(made)
        return made

    def _complaints(self) -> tuple[api.Place, ...]:
        """Places whose copy did not verify here, and those at which a log does not go on (rule 42)."""
        bad = [api.Place(one.collection, one.seq) for one in copies.bad_copies(self._store)]
        stopped = sorted(self._astray | self._unread)
        return (*(api.Place(place, self._cursor(place).seq + 1) for place in stopped), *bad)

    def _held_of(self, wanted: Sequence[api.Offer]) -> tuple[api.Offer, ...]:
        """Those of them that are here and were not handed over yet. What is damaged at the server is wanted of everybody."""
        fresh = (offer for offer in wanted if offer.hash not in self._given)
        return tuple(offer for offer in fresh if self._store.envelope(*offer) is not None)

    def _asked_for(self, outbox: Outbox) -> list[bytes]:
        """Bundles that the server lacks and wants, as many as go into one request; each is handed over once an exchange."""
        found: list[bytes] = []
        room = BYTES_AT_ONCE
        for offer in self._wanted:
            if room <= 0:
                break
            self._given.add(offer.hash)
            body = outbox.wanted(offer)
            if body is not None:
                found.append(body)
                room -= len(body)
        return found

    def _bare_request(self, proposed: tuple[api.NewEntry, ...]) -> api.SyncRequest:
        state = self._books.state
        if state is None:
            return api.SyncRequest(entries=proposed)
        return api.SyncRequest(state.no, state.hash, entries=proposed, opened=self._books.opened())

    def _cursor(self, place: UUID) -> api.Cursor:
        seq, log_hash = self._store.cursor(place) or (0, envelope.log_start(self._books.org, place))
        return api.Cursor(place, seq, log_hash)

    def _send(self, request: api.SyncRequest) -> api.SyncAnswer:
        answer = self._posted(request.encode(), request.wait)
        try:
            decoded = api.decode_answer(answer)
        except api.ApiError as error:
            raise KnownError("server_too_new" if error.code == "update" else "server_refused", reason=str(error)) from error
        self._job(lambda: self._heard(decoded))
        return decoded

    def _posted(self, body: bytes, wait: int = 0, path: str = api.PATH) -> bytes:
        """The answer to a signed request; sent once more with the server's time if ours is wrong. Raises KnownError."""
        try:
            return self._post(body, wait, path)
        except Refusal as refusal:
            if refusal.problem.code != "clock_wrong":
                raise _told(refusal) from refusal
            server_ms = refusal.problem.time
        self._job(lambda: self._books.learn_time(server_ms))
        try:
            return self._post(body, wait, path)
        except Refusal as again:
            raise _told(again) from again

    def _post(self, body: bytes, wait: int, path: str) -> bytes:
        name, now = api.server_name(self._transport.url), self._job(self._books.now_ms)
        allowed = api.authorise(self._books.device, self._books.org, name, path, now, body)
        return self._transport.post(body, allowed.header(), wait, path)

    def _ask_snapshots(self, request: snapshot_api.Request) -> snapshot_api.Answer | None:
        """What a server says of snapshots; None from one that knows nothing of them."""
        try:
            return snapshot_api.decode_answer(self._posted(request.encode(), path=snapshot_api.PATH))
        except api.ApiError as error:
            raise KnownError("server_too_new" if error.code == "update" else "server_refused", reason=str(error)) from error
        except KnownError as error:
            if error.facts.get("reason") == "not_found":
                return None
            raise

    def _heard(self, answer: api.SyncAnswer) -> None:
        self._books.learn_time(answer.time)
        with self._store.transaction():
            self._store.put_secret(replica.LAST_HEARD, canon.pack(self._books.now_ms()))

    # What the answer says ------------------------------------------------------------------------------------------------

    def _take_roster(self, answer: api.SyncAnswer) -> bool:
        """Roster entries and keys; whether another round has something to do because of them."""
        if not answer.roster_known:
            return self._job(lambda: self._roster_lost(answer))
        founding = self._books.state is None
        why = [f"{verdict} {reason}".strip() for verdict, reason in answer.entry_verdicts if verdict is api.EntryVerdict.REFUSED]
        grown = self._job(lambda: self._grow(answer))
        if why and (founding or self._lost_after is not None):
            raise KnownError("roster_rejected", reason=why[0])
        if self._lost_after is not None and any(verdict is api.EntryVerdict.STALE for verdict, _ in answer.entry_verdicts):
            raise KnownError("roster_fork")  # it did not only lose them: another entry has their number now (rule 39)
        if any(why):
            log.warning("roster entries were refused: %s", why)
        if self._lost_after is None and self._books.state is not None:
            honesty.check_roster(answer, self._books.state)
        self._lost_after = None
        if grown:
            self._follow()
        self._help += self._job(lambda: self._seal_for(answer))
        new_keys = self._job(lambda: self._books.take_keys(answer.envelopes))
        if grown or new_keys:
            for place in self._books.readable():
                self._publish(self._job(lambda place=place: self._books.inbox().retry(place)))  # type: ignore[misc]  # bound now
        return grown or new_keys or bool(self._help)

    def _seal_for(self, answer: api.SyncAnswer) -> tuple[api.KeyEnvelope, ...]:
        """Envelopes for those who lack one; once an exchange, and not for those sealed for already."""
        self._helped = True
        have = {one[:3] for one in self._help}
        lacking = [one for one in answer.lacking if one not in have]
        return duties.seal_for_lacking(self._books.state, lacking, self._books.keys) if self._books.state else ()

    def _grow(self, answer: api.SyncAnswer) -> bool:
        known = self._books.state.no if self._books.state else -1
        fresh = answer.entries if self._lost_after is None else ()
        self._help = self._books.grow(fresh)
        return self._books.view().no > known if self._books.state else False

    def _roster_lost(self, answer: api.SyncAnswer) -> bool:
        """The server's roster is not ours: shorter (it was restored: it gets the rest again), or another (a fork)."""
        state = self._books.state
        known = state is not None and answer.roster_no < state.no
        if not known or self._lost_after is not None or roster_hash(self._books.entries, answer.roster_no) != answer.roster_hash:
            raise KnownError("roster_fork")
        self._lost_after = answer.roster_no
        return True

    def _from_the_first(self) -> bool:
        """The server has lost the entry that let this laptop in, so it cannot say how much it lost: the whole roster is
        brought along, once, and lets this laptop in anew if its first entry, or the invitation, is what the server holds."""
        again = self._lost_after is None and self._books.is_member()
        self._lost_after = -1 if again else None
        return again

    def _take_log(self, one: api.Slice) -> bool:
        if not one.known:
            self._job(lambda: self._read_again(one.collection))
            return True
        more = False
        for at in range(0, len(one.items), BUNDLES_A_JOB):
            items = [Item(item.envelope, item.seq, item.log_hash) for item in one.items[at : at + BUNDLES_A_JOB]]
            taken = self._job(lambda items=items: self._books.inbox().take(one.collection, items))  # type: ignore[misc]  # bound now
            self._publish(taken)
            if taken.forked:
                log.warning("the log of %s has another bundle of a number than what came before it", one.collection)
                self._publish(self._job(lambda: self._made_again(one.collection)))
            # Once more with a complaint: the server looks at its copy, and sends it again, or asks for it, or sets its log right.
            more |= taken.damaged > 0
            for stopped, places in ((taken.astray, self._astray), (taken.unread, self._unread)):
                if stopped and one.collection not in places:
                    places.add(one.collection)
                    more = True
            if taken.needs_update or taken.astray:
                break
        return more

    def _take_again(self, one: api.PlaceAgain) -> bool:
        """A place whose copy was damaged, once more; whether anything came of it."""
        bad = self._job(lambda: [each for each in copies.bad_copies(self._store) if each[:2] == one[:2]])
        if bad and one.log_hash == bad[0].after:
            taken = self._job(lambda: self._books.inbox().mend(one.collection, one.envelope))
            self._publish(taken)
            return taken.mended > 0
        if not bad or one.collection in self._reread:
            return False
        self._reread.add(one.collection)  # the log hash that it was given then was wrong as well
        self._job(lambda: self._go_back(one.collection, one.seq - 1, bad[0].before))
        return True

    def _go_back(self, place: UUID, seq: int, log_hash: bytes) -> None:
        with self._store.transaction():
            copies.forget(self._store, place, seq + 1)
            self._store.put_cursor(place, seq, log_hash)

    def _read_again(self, place: UUID) -> None:
        """Rule 37: the server's log has another history. Read from its start; what it does not list is offered again."""
        if place in self._reread:  # it does not know the beginning either: leave it, rather than ask for ever
            raise KnownError("another_history", reason="cursor")
        self._reread.add(place)
        log.warning("the log of %s has another history", place)
        with self._store.transaction():
            self._store.forget_log(place)
            copies.forget(self._store, place)
            self._store.put_cursor(place, 0, envelope.log_start(self._books.org, place))

    def _note_verdicts(self, request: api.SyncRequest, answer: api.SyncAnswer) -> None:
        """Own bundles that get no place are set aside where their author sees them, and offered by hash from now on."""
        bad = (api.Verdict.HELD, api.Verdict.TOO_BIG, api.Verdict.REFUSED)
        for data, verdict in zip(request.bundles, answer.verdicts, strict=False):
            if verdict.verdict not in bad:
                continue
            parsed = envelope.decode(data)
            header, hashed = parsed.header, parsed.hash
            row = self._store.envelope(header.collection, header.device, header.number, hashed)
            if row is None or not row.mine or row.state == "held":
                continue
            at = (header.collection, header.device, header.number, hashed)
            with self._store.transaction():
                self._store.put_envelope(StoredEnvelope(*at, row.epoch, row.seq, True, "held", row.last_hlc, row.body))
                self._store.set_aside(SetAside(*at, -1, f"server_{verdict.verdict}", self._books.now_ms(), data))

    def _publish(self, taken: Taken) -> None:
        self._needs_update |= taken.needs_update
        if taken.damaged:
            log.warning("%d copies that came were damaged; true ones are asked for", taken.damaged)
        if taken.own_unknown:
            log.warning("another copy of this laptop has written to the log")
        if self._bus is not None and taken.touched:
            self._bus.publish(Changed(frozenset(taken.kinds), frozenset(taken.touched), SYNC))

    def _how_far(self, answer: api.SyncAnswer) -> tuple[int, int]:
        read = sum((self._store.cursor(one.collection) or (0, b""))[0] for one in answer.logs)
        return read, max(read, sum(one.seq for one in answer.logs))

    # At the store ---------------------------------------------------------------------------------------------------------

    def _job(self, job: Callable[[], T]) -> T:
        result: T = self._at_store(job)
        return result

    def _code(self, device: bytes) -> str:
        return enrolment.check_code(self._books.org, self._books.entries, device)

    def _note_problem(self, problem: str | None) -> None:
        kept = self._store.secret(replica.PROBLEM)
        wanted = canon.pack(problem) if problem else None
        if kept != wanted:
            with self._store.transaction():
                self._store.put_secret(replica.PROBLEM, wanted)

    def _status(self) -> Status:
        kept, heard = self._store.secret(replica.PROBLEM), self._store.secret(replica.LAST_HEARD)
        renewed = self._store.secret(replica.RENEWED)
        problem: str | None = canon.unpack(kept) if kept else None
        waiting = self._store.outbox_count()
        conflicts = self._store.conflict_count(self._books.now_ms())
        aside = len(self._store.all_set_aside())
        word = _word(problem, self._needs_update, bool(waiting), conflicts, aside)
        return Status(
            word="offline" if heard is None and problem is None else word,
            state=self._state,
            waiting=waiting,
            last_heard=canon.unpack(heard) if heard else None,
            conflicts=conflicts,
            set_aside=aside,
            problem=problem,
            server=self._books.server()[0],
            damaged=len(copies.bad_copies(self._store)),
            retry_in=self._pauses.next,
            reason=self._reason,
            renewed=canon.unpack(renewed) if renewed else None,
        )


def roster_hash(all_entries: Sequence[bytes], no: int) -> bytes:
    """The hash of entry `no`; zeros before the first."""
    return entries.decode(all_entries[no]).hash if 0 <= no < len(all_entries) else bytes(32)


def _word(problem: str | None, update: bool, waiting: bool, conflicts: int, aside: int) -> Word:
    """The one word of the corner: what stops sync comes first, then what a person has to look at, then what is on its way."""
    if update or problem in _UPDATE:
        return "update"
    if problem is not None:
        return "offline" if problem in _OFFLINE else "refused"
    if aside:
        return "set_aside"
    if conflicts:
        return "to_settle"
    return "sending" if waiting else "sent"


def _told(refusal: Refusal) -> KnownError:
    code = refusal.problem.code
    return KnownError(_TOLD.get(code, "server_refused"), reason=code, wait=refusal.wait)
