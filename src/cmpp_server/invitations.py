"""Sealed invitations that wait: left by an administrator's laptop, taken by whoever has the twelve words, gone when over.

What lies here opens with the words alone, which the server never sees. It is tied to an open invitation of the roster: the
transaction that appends the entry which uses or closes it takes it away (`roster.append`), and one that has run out is given to
nobody. To somebody who asks for it, unknown, used, closed and run out are one and the same answer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

from sqlalchemy import Connection, delete, func, insert, select

from cmpp_protocol import api, invitations, roster
from cmpp_protocol.invitations import Answer
from cmpp_server import auth, tables
from cmpp_server import roster as rosters
from cmpp_server.database import Database
from cmpp_server.problems import Refused
from cmpp_server.quota import within_quota
from cmpp_server.settings import Settings
from cmpp_server.strangers import Strangers

T = TypeVar("T")


class Invitations:
    """Of one database. `now` gives milliseconds since the epoch."""

    def __init__(self, database: Database, settings: Settings, now: Callable[[], int]) -> None:
        self._database, self._settings, self._now = database, settings, now
        self._rosters = rosters.Rosters()
        self._strangers = Strangers(settings.strangers_share(), now)

    def leave(self, header: str, body: bytes) -> Answer:
        """Keep a sealed invitation. Raises Refused: malformed, update, too_big, not_allowed, invitation_used,
        invitation_closed, invitation_expired, over_quota and those of `auth`; Busy."""
        try:
            authorisation = api.decode_authorisation(header)
        except api.ApiError as error:
            raise Refused(error.code, str(error)) from error
        now = self._now()
        with self._database.read() as conn:
            state = self._rosters.current(conn, authorisation.org)
        if state is None:
            raise Refused("device_unknown")
        caller = auth.check_member(authorisation, state, invitations.PATH, body, self._settings.server_names, now)
        asked = _read(invitations.decode_leave, body)

        def keep(conn: Connection) -> None:
            known = self._rosters.current(conn, caller.org, lock=True)  # no entry comes between the look and the commit
            if known is None:
                raise Refused("device_unknown")
            _must_be_administrator(known, caller.device)
            _must_be_open(known, asked.invitation, now)
            _keep(conn, caller.org, asked)

        self._database.write(keep)
        return Answer(now)

    def take(self, address: str, body: bytes) -> Answer:
        """What lies at a place. Raises Refused: too_many, malformed, update, not_found; Busy."""
        self._strangers.count(address)
        asked, now, table = _read(invitations.decode_take, body), self._now(), tables.left_invitation
        with self._database.read() as conn:
            row = conn.execute(select(table).where(table.c.place == asked.place)).first()
            state = None if row is None else self._rosters.current(conn, row.org_id)
        if row is None or state is None:
            raise Refused("not_found")
        try:
            _must_be_open(state, UUID(bytes=row.invitation_id), now)
        except Refused as over:  # it has run out, or a backup brought it back
            self._database.write(lambda conn: rosters.forget_left(conn, row.org_id, state, now))
            raise Refused("not_found") from over
        return Answer(now, row.body)


def _read(decode: Callable[[bytes], T], body: bytes) -> T:
    try:
        return decode(body)
    except api.ApiError as error:
        raise Refused(error.code, str(error)) from error


def _must_be_administrator(state: roster.RosterState, device: bytes) -> None:
    known = state.devices.get(device)
    if known is None or not known.active(state.no) or state.members[known.member].role is not roster.Role.ADMINISTRATOR:
        raise Refused("not_allowed")


def _must_be_open(state: roster.RosterState, id: UUID, now: int) -> None:
    known = state.invitations.get(id)
    if known is None:
        raise Refused("not_allowed", "invitation")
    if known.device is not None:
        raise Refused("invitation_used")
    if known.closed is not None:
        raise Refused("invitation_closed")
    if now > known.expires:
        raise Refused("invitation_expired")


def _keep(conn: Connection, org: bytes, asked: invitations.Leave) -> None:
    table = tables.left_invitation
    conn.execute(delete(table).where(table.c.org_id == org, table.c.invitation_id == asked.invitation.bytes))
    if conn.execute(select(func.count()).select_from(table).where(table.c.place == asked.place)).scalar_one():
        raise Refused("not_allowed", "place")
    within_quota(conn, org)
    key = {"org_id": org, "invitation_id": asked.invitation.bytes}
    conn.execute(insert(table).values(**key, place=asked.place, body=asked.sealed))
