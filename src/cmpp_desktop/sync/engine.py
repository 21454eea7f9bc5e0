"""The exchange with the server, and how it stands: one round trip does everything, as often as there is more to do.

What is promised: work never waits for it; the store is asked in small jobs (`at_store`) and never while the network is waited
for; every step may fail or be repeated without loss; "sent" is said only of what was read in the server's log. The
engine's states have names (`State`). After a failure the code stands in `Status.problem`; nothing is raised for the network.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal, TypeVar
from uuid import UUID

from cmpp_desktop.changes import SYNC, Bus, Changed
from cmpp_desktop.errors import KnownError
from cmpp_desktop.sync import enrolment, erasing, honesty, identity
from cmpp_desktop.sync.alone import Alone
from cmpp_desktop.sync.audit_drop import AuditBook, AuditTalk
from cmpp_desktop.sync.books import Books
from cmpp_desktop.sync.branches import Branches
from cmpp_desktop.sync.checking import Checking
from cmpp_desktop.sync.desk import Cutting, Desk, Heads, Make, heads_in
from cmpp_desktop.sync.drops import Drops
from cmpp_desktop.sync.folder import FolderExchange
from cmpp_desktop.sync.folder_report import FolderReport
from cmpp_desktop.sync.hearing import Heard, check_code, heard_of
from cmpp_desktop.sync.held import Chain, HeldDesk, HeldWork
from cmpp_desktop.sync.log_reader import LogReader
from cmpp_desktop.sync.pauses import Pauses
from cmpp_desktop.sync.post import AtStore, Post
from cmpp_desktop.sync.replica import Replica
from cmpp_desktop.sync.roster_talk import PROPOSALS, RosterTalk
from cmpp_desktop.sync.sending import Sending
from cmpp_desktop.sync.snapshots import Snapshots
from cmpp_desktop.sync.status import State, Status, note_problem, passes, read_status, state_after
from cmpp_desktop.sync.taken import Taken
from cmpp_desktop.sync.transport import Transport
from cmpp_protocol import api, keys
from cmpp_protocol.roster import RosterState

log = logging.getLogger(__name__)

T = TypeVar("T")
Progress = Callable[[int, int], None]

ROUNDS = 10_000  # of one exchange; a server that always says "more" is left


class Engine:
    """Sync of one open store. `system_ms` is the system's clock, `random(n)` gives n random bytes, `at_store` runs a job on
    the thread (or under the lock) that owns the store; `audit`: the store, where its audit log goes to administrators. Only one
    exchange runs at a time: the caller sees to it."""

    def __init__(
        self,
        store: Replica,
        transport: Transport,
        *,
        system_ms: Callable[[], int],
        random: Callable[[int], bytes],
        bus: Bus | None = None,
        at_store: AtStore | None = None,
        audit: AuditBook | None = None,
    ) -> None:
        self._store, self._random, self._bus = store, random, bus
        self._at_store: AtStore = at_store or (lambda job: job())
        self._books: Books = self._at_store(lambda: Books(store, system_ms))
        self._state: State = "idle"
        self._post = Post(transport, self._books, store, self._job)
        self.desk = Desk(self.propose, self._job, self._books, store, random)
        self._held = HeldDesk(self._books, store)
        self.snapshots = Snapshots(self._post.ask_snapshots, self._job, self._books, store, random, self._publish)
        told = self._publish, self.snapshots.take_again, audit is not None
        self._talk = RosterTalk(self._job, self._books, store, random, *told)
        self._reader = LogReader(self._job, self._books, store, self._publish, self._talk.made_again)
        self.branches = Branches(self._post, self._job, self._books, store)
        self._gone_over = False  # to another branch of the roster, in this exchange
        self.drops, self._settled = Drops(self._books, store), list[UUID]()  # of these the last answer named the own heads
        self._audit = AuditTalk(self._job, self._books, audit, self.drops, bus)
        self._sending = Sending(self._books, store, random, self.drops)
        self.alone = Alone(self._job, self._books, store, random, self._talk.follow, audit is not None)
        self._needs_update = False
        self._pauses = Pauses()
        self._reason: str | None = None  # of the last failure, for engineers
        self._witness = honesty.Witness()

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
        return self._job(
            lambda: read_status(
                self._store,
                self._books,
                state=self._state,
                needs_update=self._needs_update,
                retry_in=self._pauses.next,
                reason=self._reason,
                alone=self.alone.standing(),
            )
        )

    def held_work(self) -> tuple[HeldWork, ...]:
        """What came, does not count, and waits for a decision (rule 33)."""
        return self._job(self._held.waiting)

    # Doing ------------------------------------------------------------------------------------------------------------

    def exchange(self, *, wait: int = 0, progress: Progress | None = None) -> Status:
        """Sends what waits and takes in what others wrote, until there is no more. Never raises for the network: the status
        says what happened. `wait`: seconds for which the server may hold the first answer (long poll)."""
        if self._job(self.alone.applies):
            return self._tended()
        problem: str | None = None
        self._begin()
        self._reason = None
        try:
            for number in range(ROUNDS):
                if not self._round(wait if number == 0 else 0, progress) and not self._renew_identity():
                    break
            if self._reader.astray:
                raise KnownError("another_history", reason="log")
            self._job(self._contradictions)
            self._job(self._held.tidy)
            self._audit.read()
            if not wait:
                self.snapshots.serve()
            self._state = "update_needed" if self._needs_update else "idle"
            self._pauses.went()
        except KnownError as error:
            problem, self._reason = error.code, str(error.facts.get("reason", "")) or None
            self._pause(error)
            self._state = state_after(problem)
            log.info("exchange failed: %s %s", problem, error.facts)
        self._job(lambda: note_problem(self._store, problem))
        return self.status()

    def _tended(self) -> Status:
        """An exchange of a laptop that has nobody to exchange with until a stick comes."""
        self._needs_update = False
        problem = self.alone.exchange()
        self._job(self._held.tidy)
        self._state = "idle" if problem is None else "refused"
        self._job(lambda: note_problem(self._store, problem))
        return self.status()

    def move_to(self, transport: Transport, address: Mapping[str, str]) -> None:
        """An organisation without a server goes on with one: it is offered everything, then the roster says where it is. Raises
        what an exchange does; then nothing has changed but what that server holds."""
        before = self._post.use(transport)
        try:
            self._begin()
            for _ in range(ROUNDS):
                if not self._round(0, None):
                    break
            self._proposed(*self._job(lambda: self.alone.moving(address)))
        except BaseException:
            self._post.use(before)
            raise

    def use(self, transport: Transport) -> None:
        """Goes on with this way to a server: the roster has said where it is."""
        self._post.use(transport)

    def _contradictions(self) -> None:
        """What the log, read to its end, says against the server (P19)."""
        if self._books.state is not None and not self._reader.stopped and not self._needs_update:
            self._witness.at_end(self._store, self._books.state, (*self._books.readable(), *self._settled))

    def _pause(self, error: KnownError) -> None:
        if not passes(error.code):
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
        alone = self.alone if self._job(self.alone.applies) else None
        made = FolderExchange(self._job, self._books, self._store, self._random, self._publish, self.drops, alone)
        self._audit.send()
        if self._job(self._books.has_ended):
            return made.hand_over(folder, progress, cancelled)
        report = made.run(folder, progress, cancelled)
        if self._job(self._books.has_ended) and not report.stopped:  # the folder brought the entry: it may not come here again
            return made.hand_over(folder, progress, cancelled)
        self._audit.read()
        if alone is not None:
            self._needs_update = report.needs_update
            self._job(self._held.tidy)
        return report

    def checking(self) -> Checking:
        """Looks at the records of this laptop, and mends them."""
        return Checking(self.snapshots, self._job, self._books, self._store, self._publish)

    def beside(self, method: str, path: str, body: bytes, limit: int) -> bytes:
        """One signed request beside the exchange (contents of documents), which waits for nothing of it. Raises KnownError:
        server_unreachable and others of an exchange; `reason` is the server's own word."""
        if self._job(self.alone.applies):
            raise KnownError("server_unreachable", reason="no_server")
        return self._post.beside(method, path, body, limit)

    def propose(self, make: Make, cutting: Cutting = lambda state: ()) -> None:
        """Appends roster entries that `make` builds on the newest state, at the store; made again when another entry came
        first. `cutting` names the devices whose chains they cut: `make` is told where those stand. Raises KnownError:
        server_unreachable, roster_rejected and others of an exchange, what `make` raises, and without a server not_keeper."""
        if self._job(self.alone.applies):
            self._job(lambda: self.alone.append(make, cutting))
            self._talk.follow()
        else:
            self._proposed(make, cutting)

    def _proposed(self, make: Make, cutting: Cutting) -> None:
        self._begin()
        for _ in range(PROPOSALS):
            for _ in range(ROUNDS):
                if not self._round(0, None):
                    break
            heads = self._heads(self._job(lambda: tuple(cutting(self._books.view()))))
            request = self._job(lambda: self._bare_request(tuple(make(self._books.view(), heads))))  # noqa: B023  # called now
            if not request.entries:
                return
            answer = self._post.send(request)
            self._talk.take(answer)
            verdicts = [verdict for verdict, _ in answer.entry_verdicts]
            if all(one in (api.EntryVerdict.STORED, api.EntryVerdict.HAD_IT) for one in verdicts):
                return
            why = [reason for verdict, reason in answer.entry_verdicts if verdict is api.EntryVerdict.REFUSED]
            if why and why[0] != "fence_stale":
                raise KnownError("roster_rejected", reason=why[0])
        raise KnownError("server_unreachable", reason="roster_busy")

    def _heads(self, devices: tuple[bytes, ...]) -> Heads:
        """Where the chains of these devices stand at the server; see `heads_in`."""
        if not devices:
            return {}
        state = self._job(self._books.view)
        answer = self._post.send(api.SyncRequest(state.no, state.hash, opened=self._job(self._books.opened), heads_of=devices))
        self._talk.take(answer)
        return self._job(lambda: heads_in(answer, self._store, self._books, devices))

    def _begin(self) -> None:
        self._talk.follow()
        self._needs_update = self._gone_over = False
        self._witness = honesty.Witness()
        for part in (self._talk, self.snapshots, self._sending, self._reader, self.drops):
            part.begin()
        self._audit.send()

    def _renew_identity(self) -> bool:
        """Takes a new identity when another copy of this laptop was met (rule 35); whether it has one now."""
        if not self._job(lambda: identity.is_taken(self._store)):
            return False
        new = self._job(lambda: identity.successor(self._store, self._random))
        self.propose(*identity.replacing(self._books, new))
        return not self._job(lambda: identity.is_taken(self._store))

    # One round --------------------------------------------------------------------------------------------------------

    def _round(self, wait: int, progress: Progress | None) -> bool:
        """One request and its answer; whether there is more to do."""
        self._state = "sending"
        request, unsent = self._job(lambda: self._request(wait))
        try:
            answer = self._post.send(request)
        except KnownError as error:
            if error.facts.get("reason") == "device_unknown" and self._job(self._talk.from_the_first):
                return True
            raise self._talk.as_it_is(error) from error
        self._state = "receiving"
        try:
            more = self._talk.take(answer)
        except KnownError as error:
            if error.code != "roster_fork" or self._gone_over:
                raise
            self._gone_over = self.branches.go_over()
            self._talk.went_over()
            return True
        self._job(lambda: self._sending.note_verdicts(request, answer))
        self._witness.hear(request, answer)
        more = (began := self.snapshots.take(answer.hints, progress)) or more
        for one in answer.logs:
            more = self._reader.take(one) or more
        for place in answer.again:
            more = self._reader.take_again(place) or more
        if request.heads_of:
            more, self._settled = self._job(lambda: (self.drops.hear(answer.heads) or more, self.drops.closed()))
        if answer.held and not began:  # after a snapshot the log comes first: it says what of them is a fork (rule 36)
            self._publish(self._job(lambda: self._held.receive(answer.held)))
        if progress is not None:
            progress(*self._job(lambda: self._how_far(answer)))
        wanted = self._job(lambda: self._sending.want(answer.wanted))
        took_some = any(one.verdict is api.Verdict.STORED for one in answer.verdicts)
        return more or answer.more or wanted or (unsent and took_some)

    def _request(self, wait: int) -> tuple[api.SyncRequest, bool]:
        books = self._books
        if not books.is_member():
            enrol = books.enrolment()
            return self._bare_request((enrol,) if enrol else books.pending()), False
        state = books.view()
        bundles, offers, unsent = self._sending.to_send()
        says, helps = self._talk.says(state), self._talk.may_help and not wait
        request = api.SyncRequest(
            roster_no=says.no,
            roster_hash=says.hash,
            entries=says.entries,
            envelopes=says.envelopes,
            opened=books.opened(),
            cursors=tuple(self._reader.cursor(place) for place in books.readable()),
            bundles=tuple(bundles),
            offers=offers,
            wait=wait,
            damaged=self._reader.complaints(),
            helps=helps,
            lost=says.lost,
            holds=self._held.known() if helps else None,
            heads_of=() if wait else self.drops.asks(),
            snapshots=True,
            from_log=tuple(sorted(self.snapshots.from_log)),
        )
        return request, unsent

    def _bare_request(self, proposed: tuple[api.NewEntry, ...]) -> api.SyncRequest:
        state = self._books.state
        if state is None:
            return api.SyncRequest(entries=proposed)
        return api.SyncRequest(state.no, state.hash, entries=proposed, opened=self._books.opened())

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

    def _job(self, job: Callable[[], T]) -> T:
        result: T = self._at_store(job)
        return result

    def _code(self, device: bytes) -> str:
        return check_code(self._books.org, self._books.entries, device)
