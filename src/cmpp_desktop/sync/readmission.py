"""A laptop that has nothing but the printed recovery kit and the server's address becomes an administrator's (every one is gone).

The kit's key pair signs the first request, which names no organisation; the server answers it with the roster and nothing else.
Whose roster it is needs no other word: its recovery key must be the kit's, and that key has signed the entry that made it so, and
with it all entries before. Then the new laptop's own entry, signed by both, lets it in; what the organisation sealed for the
kit opens the collection keys. The kit's secret is kept nowhere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from cmpp_desktop.errors import KnownError
from cmpp_desktop.sync.enrolment import Place, Start
from cmpp_desktop.sync.keys import open_envelopes
from cmpp_desktop.sync.post import told
from cmpp_desktop.sync.transport import Refusal, Transport
from cmpp_protocol import api, entries, keys, roster
from cmpp_protocol.roster import Role, RosterState

TRIES = 5  # while other entries come first
ROUNDS = 1000  # of reading a roster; a server that always says "more" is left


@dataclass(frozen=True, slots=True)
class Administrator:
    """Somebody whose place can be taken: since when they are one (ms, by the clock of who made them so), how many
    collections they may open, and when the last laptop of theirs came in (ms)."""

    member: UUID
    since: int
    collections: int
    laptop_since: int


class Readmission:
    """With one kit at one server. `system_ms` is this machine's clock. All methods raise KnownError: server_unreachable and
    others of an exchange, and wrong_kit for a kit that no organisation there has now."""

    def __init__(
        self, transport: Transport, kit: keys.RecoveryKeys, system_ms: Callable[[], int], random: Callable[[int], bytes]
    ) -> None:
        self._transport, self._kit, self._system_ms, self._random = transport, kit, system_ms, random
        self._offset = 0

    def administrators(self) -> tuple[Administrator, ...]:
        """Whose place can be taken; who may open most collections first."""
        read = self._read_roster()
        state, made = roster.build(read), [entries.decode(one) for one in read]
        found = [
            Administrator(
                member.id,
                made[next(since.no for since in member.roles if since.value is Role.ADMINISTRATOR)].at,
                sum(roster.at(history, state.no) is not None for (who, _), history in state.access.items() if who == member.id),
                max((made[one.enrolled].at for one in state.devices.values() if one.member == member.id), default=0),
            )
            for member in state.members.values()
            if member.role is Role.ADMINISTRATOR
        ]
        return tuple(sorted(found, key=lambda one: (-one.collections, one.since, one.member)))

    def take_the_place_of(self, member: UUID, server: str, ca: str = "") -> Start:
        """Lets a new device of this administrator in: when it returns, the server has taken the entry."""
        device = keys.KeyPair(self._random(keys.SECRET_BYTES))
        for _ in range(TRIES):
            known = self._read_roster()
            state = roster.build(known)
            entry = entries.device_recovered(state.head, device, self._kit, at=self._now(), member=member)
            try:
                after = roster.validate_and_apply(state, entry)
            except roster.RosterError as error:
                raise KnownError("not_allowed", reason=error.code) from error
            request = api.SyncRequest(state.no, state.hash, entries=(api.NewEntry(entry),))
            answer = self._ask(device, state.org_id, request)
            verdict, why = answer.entry_verdicts[0] if answer.entry_verdicts else (api.EntryVerdict.STALE, "")
            if verdict is api.EntryVerdict.REFUSED:
                raise KnownError("roster_rejected", reason=why)
            if verdict is not api.EntryVerdict.STALE:
                return self._start([*known, entry], after, device, member, answer, server, ca)
        raise KnownError("server_unreachable", reason="roster_busy")

    def _start(
        self,
        known: list[bytes],
        state: RosterState,
        device: keys.KeyPair,
        member: UUID,
        answer: api.SyncAnswer,
        server: str,
        ca: str,
    ) -> Start:
        held = open_envelopes(state, answer.envelopes, [self._kit.pair], {})
        opened = {place for place, _ in held}
        places = tuple(Place(one.id, one.kind, None) for one in state.collections.values() if one.id in opened)
        return Start(
            org=state.org_id, device=device, member=member, role=Role.ADMINISTRATOR, team_id=None, places=places, keys=held,
            server=server, ca=ca, entries=tuple(known),
        )  # fmt: skip

    def _read_roster(self) -> list[bytes]:
        """The whole roster, and that it is the one of this kit."""
        found: list[bytes] = []
        state: RosterState | None = None
        for _ in range(ROUNDS):
            head = state.head if state is not None else roster.Head(-1, bytes(32))
            answer = self._ask(self._kit.pair, api.NO_ORG, api.SyncRequest(head.no, head.hash))
            if not answer.entries and not answer.more:
                break
            try:
                state = roster.build(answer.entries, state)
            except roster.RosterError as error:
                raise KnownError("server_too_new" if error.code == "update" else "roster_rejected", reason=error.code) from error
            found += answer.entries
        if state is None or state.recovery != self._kit.public:
            raise KnownError("roster_rejected", reason="recovery")
        return found

    def _now(self) -> int:
        return self._system_ms() + self._offset

    def _ask(self, signer: keys.KeyPair, org: bytes, request: api.SyncRequest) -> api.SyncAnswer:
        body = request.encode()
        try:
            try:
                data = self._post(signer, org, body)
            except Refusal as refusal:
                if refusal.problem.code != "clock_wrong":
                    raise
                self._offset = refusal.problem.time - self._system_ms()
                data = self._post(signer, org, body)
        except Refusal as refusal:
            if refusal.problem.code == "device_unknown":
                raise KnownError("wrong_kit", reason="not_of_this_server") from refusal
            raise told(refusal) from refusal
        try:
            return api.decode_answer(data)
        except api.ApiError as error:
            raise KnownError("server_too_new" if error.code == "update" else "server_refused", reason=str(error)) from error

    def _post(self, signer: keys.KeyPair, org: bytes, body: bytes) -> bytes:
        name = api.server_name(self._transport.url)
        return self._transport.post(body, api.authorise(signer, org, name, api.PATH, self._now(), body).header())
