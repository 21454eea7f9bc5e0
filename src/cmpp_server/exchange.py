"""`POST /v1/sync` without HTTP: who asks, what they bring, what they get.

The order is fixed: roster entries, key envelopes, bundles (each collection its own transaction), complaints about damaged
copies, then one snapshot from which the whole answer is read. Everything is safe to repeat, because a connection may die after
the commit and before the answer.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import Connection, select

from cmpp_protocol import api, envelope, rights, roster
from cmpp_server import arrivals, auth, branches, damage, holding, log, snapshots, statements, tables
from cmpp_server import roster as rosters
from cmpp_server.database import Database
from cmpp_server.problems import Refused
from cmpp_server.settings import Settings, organisation_id

ENTRIES_AT_ONCE = 2000
LACKING_AT_ONCE = 500
NO_HASH = bytes(32)


@dataclass(frozen=True, slots=True)
class Done:
    """A request whose writing is done: what is known of it when the answer is read. `ignored`: key envelopes not kept.
    `damaged`: what was found wrong with places that it named, as engineers read it. `lock_waits`: seconds for each
    collection that was written to."""

    caller: auth.Caller
    request: api.SyncRequest
    entry_verdicts: tuple[tuple[api.EntryVerdict, str], ...] = ()
    verdicts: tuple[api.BundleVerdict, ...] = ()
    ignored: int = 0
    damaged: tuple[str, ...] = ()
    lock_waits: tuple[float, ...] = ()

    @property
    def wrote(self) -> bool:
        """Whether it brought something that others may wait for."""
        stored = {api.Verdict.STORED, api.EntryVerdict.STORED}
        said = [one.verdict for one in self.verdicts] + [verdict for verdict, _ in self.entry_verdicts]
        return bool(self.request.envelopes or self.damaged) or any(verdict in stored for verdict in said)


class Exchange:
    """The exchange over one database. `now` gives milliseconds since the epoch."""

    def __init__(self, database: Database, settings: Settings, now: Callable[[], int]) -> None:
        self._database = database
        self._settings = settings
        self._now = now
        self._pace = arrivals.Pace(settings.requests_per_minute, settings.requests_at_once)
        self._rosters = rosters.Rosters()

    def prepare(self) -> None:
        """Accept the organisations that the settings name; others only by `org add`. Raises Busy."""
        orgs = [organisation_id(one) for one in self._settings.organisations]
        self._database.write(lambda conn: [add_organisation(conn, org, self._now()) for org in orgs])
        self._database.write(self._rosters.note_kits)

    def take(self, header: str, body: bytes) -> Done:
        """Check the caller and write what the request brings. Raises Refused, Busy."""
        try:
            authorisation = api.decode_authorisation(header)
        except api.ApiError as error:
            raise Refused(error.code, str(error)) from error
        org = authorisation.org
        if org == api.NO_ORG:  # who has only the printed kit does not know it
            org = self._database.glance(lambda conn: self._rosters.of_kit(conn, authorisation.device))
        state = self._rosters.now(self._database, org)
        caller, request = auth.check(authorisation, state, body, self._settings.server_names, self._now())
        # After the check, and in a transaction of its own: a stranger takes no lock and nobody's allowance.
        self._database.note(lambda conn: arrivals.note(conn, caller, request, state, self._now(), self._pace))
        done = self._append_entries(Done(caller, request))
        if caller.enrolling and not self._enrolled(done):
            return done  # it may read the roster, and nothing else is taken from it
        return self._examine(self._push(self._keep_envelopes(done), state))

    def answer(self, done: Done) -> api.SyncAnswer:
        """What the caller gets now, read from one snapshot. Raises Refused, Busy."""
        request, caller = done.request, done.caller
        with self._database.read() as conn:
            state = self._rosters.current(conn, caller.org)
            if state is None:  # a genesis that was refused: there is nothing to read
                return api.SyncAnswer(self._now(), 0, NO_HASH, False, entry_verdicts=done.entry_verdicts)
            known, new, more = _entries(conn, caller.org, request, state)
            answer = api.SyncAnswer(
                time=self._now(),
                roster_no=state.no,
                roster_hash=state.hash,
                roster_known=known,
                entries=new,
                entry_verdicts=done.entry_verdicts,
                verdicts=done.verdicts,
                more=more,
            )
            device = state.devices.get(caller.device)
            if device is None or not device.active(state.no):
                return answer  # a revoked device learns so from the signed entry
            readable = [one for one in request.cursors if rights.may_read(state, caller.device, one.collection)]
            ends = log.ends(conn, caller.org, [one.collection for one in readable])
            told = snapshots.told(conn, state, device.id, request, readable, ends, self._settings, self._now())
            limit = min(request.limit or self._settings.answer_bytes, self._settings.answer_bytes)
            found = _complaints(done, state)
            given = [one for one in readable if one.collection not in told.without]
            logs, more_log = log.read(conn, caller.org, given, ends, limit)
            return replace(
                answer,
                envelopes=_key_envelopes(conn, state, device, dict(request.opened)),
                wanted=_wanted(conn, caller.org, request, [place for place, end in ends.items() if end.damaged]),
                logs=logs,
                more=more or more_log,
                again=damage.again(conn, caller.org, found, self._settings.answer_bytes) if found else (),
                heads=_heads(conn, state, device, request.heads_of),
                lacking=_lacking(conn, state, device) if request.helps else (),
                held=holding.for_reader(conn, state, device.id, request.holds, limit) if request.holds is not None else (),
                hints=told.hints,
            )

    def fingerprint(self, done: Done) -> tuple[object, ...]:
        """Changes when something that this caller may wait for has changed: two indexed reads. Raises Busy."""
        org, places = done.caller.org, [one.collection.bytes for one in done.request.cursors]
        with self._database.read() as conn:
            mine = select(tables.org.c.roster_no, tables.org.c.changed_at).where(tables.org.c.org_id == org)
            table = tables.collection
            logs = select(table.c.collection_id, table.c.seq).where(
                table.c.org_id == org, table.c.collection_id.in_(places)
            )
            return (*map(tuple, conn.execute(mine)), *sorted(map(tuple, conn.execute(logs))))

    # What a request brings ------------------------------------------------------------------------------------------

    def _enrolled(self, done: Done) -> bool:
        with self._database.read() as conn:
            state = self._rosters.current(conn, done.caller.org)
        return state is not None and done.caller.device in state.devices

    def _grown(self, done: Done) -> roster.RosterState:
        with self._database.read() as conn:
            return self._state(conn, done.caller.org)

    def _append_entries(self, done: Done) -> Done:
        org, new = done.caller.org, done.request.entries
        if not new:
            return done
        if done.request.chosen and not done.caller.enrolling:
            return replace(done, entry_verdicts=self._give_way(org, new))
        again = done.request.lost and not done.caller.enrolling
        appended = self._database.write(lambda conn: self._rosters.append(conn, org, new, self._now(), again=again))
        return replace(done, entry_verdicts=appended.verdicts)

    def _give_way(self, org: bytes, new: Sequence[api.NewEntry]) -> branches.Verdicts:
        limit = self._settings.held_limit
        try:
            return self._database.write(lambda conn: branches.give_way(conn, org, self._rosters, new, self._now(), limit))
        except branches.Undone as error:
            return ((api.EntryVerdict.REFUSED, error.why),) * len(new)

    def _keep_envelopes(self, done: Done) -> Done:
        if not done.request.envelopes:
            return done

        def keep(conn: Connection) -> int:
            state = self._state(conn, done.caller.org)
            holder = done.caller.device
            mine = [one for one in done.request.envelopes if rights.may_read(state, holder, one.collection)]
            ignored = rosters.keep_envelopes(conn, done.caller.org, state, mine, self._now())
            return ignored + len(done.request.envelopes) - len(mine)

        return replace(done, ignored=self._database.write(keep))

    def _push(self, done: Done, before: roster.RosterState | None) -> Done:
        """`before`: the roster when the caller was let in, which may have grown since by what they brought."""
        if not done.request.bundles:
            return done
        state = self._grown(done) if before is None or done.entry_verdicts else before
        org = done.caller.org
        if self._parted(done, state):  # a number of another roster means something else: nothing of it is judged (rule 39)
            parted = api.BundleVerdict(NO_HASH, api.Verdict.ROSTER, "fork")
            return replace(done, verdicts=(parted,) * len(done.request.bundles))
        waits: list[float] = []
        verdicts: dict[int, api.BundleVerdict] = {}
        groups: dict[UUID, list[tuple[int, log.Parcel]]] = {}
        for at, data in enumerate(done.request.bundles):
            opened = _open(data, done.caller, state)
            if isinstance(opened, api.BundleVerdict):
                verdicts[at] = opened
            else:
                groups.setdefault(opened.parsed.header.collection, []).append((at, opened))
        for place, group in groups.items():
            told = self._database.write(self._appender(org, place, [parcel for _, parcel in group], waits.append))
            verdicts.update(zip((at for at, _ in group), told, strict=True))
        in_order = tuple(verdicts[at] for at in sorted(verdicts))
        return replace(done, verdicts=in_order, lock_waits=tuple(waits))

    def _parted(self, done: Done, state: roster.RosterState) -> bool:
        """Whether the caller's roster is another than this one, and not only longer."""
        no, hashed = done.request.roster_no, done.request.roster_hash
        if no < 0 or no > state.no:
            return False
        if no == state.no:  # nearly always: nothing has to be read
            return state.hash != hashed
        with self._database.read() as conn:
            return rosters.hash_at(conn, done.caller.org, no) != hashed

    def _examine(self, done: Done) -> Done:
        """Looks at the places whose copy did not verify at the caller's; marks or sets right what is wrong here."""
        if not done.request.damaged:
            return done
        org, found = done.caller.org, []
        with self._database.read() as conn:
            state = self._state(conn, org)
            named = damage.doubtful(conn, org, _complaints(done, state), state, self._settings.answer_bytes)
        for place, seq in named:
            found.append(self._database.write(self._noter(org, place, seq)).why)
        return replace(done, damaged=tuple(why for why in found if why))

    def _noter(self, org: bytes, place: UUID, seq: int) -> Callable[[Connection], damage.Finding]:
        return lambda conn: damage.note(conn, org, place, seq, lambda c: self._state(c, org), self._now())

    def _appender(
        self, org: bytes, place: UUID, parcels: Sequence[log.Parcel], waited: Callable[[float], None]
    ) -> Callable[[Connection], list[api.BundleVerdict]]:
        limit = self._settings.held_limit

        def append(conn: Connection) -> list[api.BundleVerdict]:
            started = time.perf_counter()
            locked = log.lock(conn, org, place)
            waited(time.perf_counter() - started)
            return log.append(conn, locked, lambda c: self._state(c, org), parcels, self._now(), limit)

        return append

    def _state(self, conn: Connection, org: bytes) -> roster.RosterState:
        state = self._rosters.current(conn, org)
        if state is None:
            raise Refused("device_unknown")
        return state


def add_organisation(conn: Connection, org: bytes, now: int, quota: int = 0) -> bool:
    """Accept an organisation; False if it was accepted before. `quota` in bytes, 0 for none."""
    if conn.execute(select(tables.org.c.org_id).where(tables.org.c.org_id == org)).first() is not None:
        return False
    row = {"org_id": org, "roster_no": -1, "roster_hash": NO_HASH, "quota_bytes": quota}
    conn.execute(tables.org.insert().values(**row, changed_at=now))
    return True


def _open(data: bytes, caller: auth.Caller, state: roster.RosterState) -> log.Parcel | api.BundleVerdict:
    """The parcel of a pushed bundle whose signature holds, or why it gets no place. Nothing here needs a lock."""
    try:
        parsed = envelope.decode(data)
    except envelope.EnvelopeError as error:
        verdict = api.Verdict.TOO_BIG if error.code == "too_big" else api.Verdict.REFUSED
        return api.BundleVerdict(NO_HASH, verdict, error.code)
    header, hashed = parsed.header, parsed.hash
    author = state.devices.get(header.device)
    if header.org != caller.org:
        return api.BundleVerdict(hashed, api.Verdict.REFUSED, "organisation")
    if author is None:
        unknown = header.roster_no > state.no
        return api.BundleVerdict(hashed, api.Verdict.ROSTER if unknown else api.Verdict.REFUSED, "device")
    if not parsed.verify(author.keys.sign, hashed):
        return api.BundleVerdict(hashed, api.Verdict.REFUSED, "signature")
    # Others' bundles are offered after a restore (rule 37), by those who may read them.
    if header.device != caller.device and not rights.may_read(state, caller.device, header.collection):
        return api.BundleVerdict(hashed, api.Verdict.REFUSED, "not_yours")
    return log.Parcel(parsed, hashed, data)


def _entries(
    conn: Connection, org: bytes, request: api.SyncRequest, state: roster.RosterState
) -> tuple[bool, tuple[bytes, ...], bool]:
    """Whether the caller's roster is the beginning of this one, the entries that follow, whether there are more."""
    no = request.roster_no
    if no == state.no:
        return request.roster_hash == state.hash, (), False
    if no > state.no or (no >= 0 and rosters.hash_at(conn, org, no) != request.roster_hash):
        return False, (), False
    new = rosters.read(conn, org, no, state.no, ENTRIES_AT_ONCE)
    return True, tuple(new), no + len(new) < state.no


def _complaints(done: Done, state: roster.RosterState) -> list[api.Place]:
    return [one for one in done.request.damaged if rights.may_read(state, done.caller.device, one.collection)]


def _wanted(conn: Connection, org: bytes, request: api.SyncRequest, damaged: Sequence[UUID]) -> tuple[api.Offer, ...]:
    """What is lacking of the caller's offers, and what is damaged in collections that they read: anybody may hold it who does."""
    hurt = damage.wanted(conn, org, damaged) if damaged else ()
    return tuple(dict.fromkeys((*log.wanted(conn, org, request.offers), *hurt)))


def _heads(
    conn: Connection, state: roster.RosterState, device: roster.Device, devices: Sequence[bytes]
) -> tuple[api.ChainAt, ...]:
    """Where the chains of devices stand, for an administrator who is about to cut them, or for oneself (rule 28)."""
    administers = state.members[device.member].role is roster.Role.ADMINISTRATOR
    asked = [one for one in devices if administers or one == device.id]
    table = tables.device_head
    query = select(table.c.device_id, table.c.collection_id, table.c.number, table.c.hash).where(
        table.c.org_id == state.org_id, table.c.device_id.in_(asked), table.c.number > 0
    )
    rows = conn.execute(query.order_by(table.c.device_id, table.c.collection_id)) if asked else ()
    return tuple(api.ChainAt(row[0], UUID(bytes=row[1]), row[2], row[3]) for row in rows)


def _lacking(conn: Connection, state: roster.RosterState, device: roster.Device) -> tuple[api.Lacking, ...]:
    """Who is entitled to a key that this device may hold, and has no envelope of it here: any holder seals one (rule 44)."""
    places = {one.id.bytes: one for one in state.collections.values() if rights.may_read(state, device.id, one.id)}
    table, now = tables.key_envelope, tables.collection
    newest = [table.c[name] == now.c[name] for name in ("org_id", "collection_id", "epoch")]
    query = select(table.c.collection_id, table.c.recipient).where(
        table.c.org_id == state.org_id, table.c.collection_id.in_(list(places)), *newest
    )
    have = {tuple(row) for row in conn.execute(query)} if places else set()
    found = [
        api.Lacking(place.id, place.epoch, one.id)
        for raw, place in places.items()
        for one in rights.entitled(state, place.id)
        if (raw, one.id) not in have
    ]
    return tuple(found[:LACKING_AT_ONCE])


def _key_envelopes(
    conn: Connection, state: roster.RosterState, device: roster.Device, opened: dict[UUID, int]
) -> tuple[api.KeyEnvelope, ...]:
    """Envelopes for this device, or for the invitation or the recovery kit that let it in, of epochs that it has not opened."""
    recipients = [device.id]
    if device.recovered:
        recipients += [since.value.pair.id for since in state.recoveries]
    if device.invitation is not None:
        recipients.append(state.invitations[device.invitation].keys.id)
    given = {"org": state.org_id, "recipients": recipients}
    wanted = [
        row
        for row in conn.execute(statements.KEYS, given).all()
        if row.epoch > opened.get(UUID(bytes=row.collection_id), 0)
        and rights.may_read(state, device.id, UUID(bytes=row.collection_id))
    ]
    if not wanted:
        return ()  # as nearly always: the bodies stay where they are
    bodies = {row[:3]: row.body for row in conn.execute(statements.KEY_BODIES, given)}
    return tuple(api.KeyEnvelope(UUID(bytes=row[0]), row.epoch, row.recipient, bodies[row[:3]]) for row in wanted)


