"""How an organisation begins and how people come in: founding, inviting, reading an invitation, enrolling.

Pure: time and random bytes come in, roster entries, keys and files go out; `engine` sends and keeps them. An invitation file
lets a laptop with no network start work: it brings the roster, the keys sealed to its one-time secret, and the sealed bundles of
the `organisation` collection (staff, teams, instruments). Whoever holds the file can come in once, until it expires or an
administrator closes it; so it is handed over in person.

    file = b"CMPP invitation\\n" | canonical msgpack {"body": bin, "signature": 64 bytes of the inviting device}
    body = canonical msgpack of the fields of `Invitation`, with "v"
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from cmpp_desktop.changes import collection_id
from cmpp_desktop.errors import KnownError
from cmpp_desktop.sync.keys import RECOVERY_BYTES, Keys, open_envelopes, seal_for, seal_for_new, seal_for_self
from cmpp_protocol import canon, entries, envelope, ids, keeping, keys, roster
from cmpp_protocol.api import KeyEnvelope, NewEntry
from cmpp_protocol.rights import Recipient, entitled
from cmpp_protocol.roster import Kind, Rights, Role, RosterState

Random = Callable[[int], bytes]

MAGIC = b"CMPP invitation\n"
FILE_VERSION = 1
FILE_LABEL = b"cmpp/1/invitation-file"
FILE_LIMIT = 64 * 1024 * 1024
SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class Place:
    """A collection that this laptop may open. `team_id` None for the organisation's own."""

    id: UUID
    kind: Kind
    team_id: UUID | None


@dataclass(frozen=True, slots=True)
class Start:
    """Everything with which a laptop begins, by founding or by an invitation; `engine.begin` keeps it.

    `entries`: the roster as far as it is known to stand on the server; `pending`: what the server has to take first.
    `introduction`: (invitation, secret) of an enrolment that has not reached the server. `recovery`: the secret of the
    recovery kit, for the founder to print; it is not kept.
    """

    org: bytes
    device: keys.KeyPair
    member: UUID
    role: Role
    team_id: UUID | None
    places: tuple[Place, ...]
    keys: Keys = field(repr=False)
    server: str = ""
    ca: str = ""
    entries: tuple[bytes, ...] = ()
    pending: tuple[NewEntry, ...] = ()
    bundles: tuple[bytes, ...] = field(default=(), repr=False)
    introduction: tuple[UUID, bytes] | None = field(default=None, repr=False)
    recovery: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Invitation:
    """What an invitation file says. Times in ms; `secret` is the introduction secret."""

    org: bytes
    organisation: str
    person: str
    team: str
    invited_by: str
    server: str
    ca: str
    invitation: UUID
    member: UUID
    role: Role
    team_id: UUID | None
    collections: tuple[UUID, ...]
    expires: int
    secret: bytes = field(repr=False)
    roster: tuple[bytes, ...] = field(repr=False)
    envelopes: tuple[KeyEnvelope, ...] = field(repr=False)
    bundles: tuple[bytes, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Invited:
    """An invitation before its file is written: the server must take `entries` first. Nobody else knows `secret`."""

    invitation: UUID
    member: UUID
    role: Role
    team_id: UUID | None
    collections: tuple[UUID, ...]
    expires: int
    entries: tuple[NewEntry, ...]
    secret: bytes = field(repr=False)


def found(*, now_ms: int, random: Random, server: str, ca: str = "") -> Start:
    """A new organisation: first administrator and device, recovery kit, its own collection and one team's two. `random(n)` gives
    n random bytes. Names are records, written afterwards. `server` "": it has none, and this device keeps the roster."""
    device, secret = keys.KeyPair(random(keys.SECRET_BYTES)), random(RECOVERY_BYTES)
    member, team = ids.uuid7(now_ms, random(10)), ids.uuid7(now_ms, random(10))
    policy = {} if server else {keeping.KEEPER: device.id}
    genesis = entries.genesis(at=now_ms, device=device, member=member, recovery=keys.recovery_keys(secret), policy=policy)
    state = roster.validate_and_apply(None, genesis)
    pending = [NewEntry(genesis)]
    held: dict[tuple[UUID, int], bytes] = {}
    places = places_of(team)
    for place in places:
        key = random(keys.COLLECTION_KEY_BYTES)
        entry = entries.collection_created(
            state.head,
            device,
            at=now_ms,
            collection=place.id,
            kind=place.kind,
            commit=keys.key_commit(key, state.org_id, place.id, 1),
            access={member: Rights.WRITE},
        )
        state = roster.validate_and_apply(state, entry)
        held[(place.id, 1)] = key
        pending.append(NewEntry(entry, seal_for(state, place.id, 1, key, entitled(state, place.id))))
    return Start(
        org=state.org_id,
        device=device,
        member=member,
        role=Role.ADMINISTRATOR,
        team_id=team,
        places=places,
        keys=held,
        server=server,
        ca=ca,
        entries=() if server else tuple(new.entry for new in pending),
        pending=tuple(pending) if server else (),
        recovery=secret,
    )


def places_of(team_id: UUID) -> tuple[Place, ...]:
    """The collections of somebody who works in a team: the organisation's, the team's caseload, its restricted one."""
    return (
        Place(collection_id("organisation"), Kind.ORGANISATION, None),
        Place(collection_id("caseload", team_id), Kind.CASELOAD, team_id),
        Place(collection_id("restricted", team_id), Kind.RESTRICTED, team_id),
    )


def invite(
    state: RosterState,
    author: keys.KeyPair,
    held: Keys,
    *,
    now_ms: int,
    random: Random,
    role: Role,
    team_id: UUID,
    restricted: bool,
    expires: int,
    member: UUID | None = None,
) -> Invited:
    """Entries that let somebody in, on top of `state`, with the keys sealed to a new introduction secret.

    `member`: somebody who is in the roster already and gets one more laptop. Raises KnownError key_missing when this
    laptop does not hold a key that it should hand on, not_allowed when the roster's rules refuse it."""
    secret = random(SECRET_BYTES)
    introduction = keys.introduction_keys(secret)
    new = member is None
    who = ids.uuid7(now_ms, random(10)) if member is None else member
    invitation = ids.uuid7(now_ms, random(10))
    made: list[NewEntry] = []
    wanted = [place for place in places_of(team_id) if restricted or place.kind is not Kind.RESTRICTED]
    wanted = [place for place in wanted if place.id in state.collections]
    try:
        if new:
            state = _added(made, state, entries.member_added(state.head, author, at=now_ms, member=who, role=role), {})
        for place in wanted:
            if roster.at(state.access.get((who, place.id), ()), state.no) is None:
                rights = Rights.READ if role is Role.BOARD else Rights.WRITE
                granted = entries.access_granted(
                    state.head, author, at=now_ms, member=who, collection=place.id, rights=rights
                )
                state = _added(made, state, granted, held)
        opened = entries.invitation_opened(
            state.head,
            author,
            at=now_ms,
            invitation=invitation,
            member=who,
            role=role,
            collections=[place.id for place in wanted],
            introduction=introduction.public,
            expires=expires,
        )
        state = _added(made, state, opened, held)
    except roster.RosterError as error:
        raise KnownError("not_allowed", reason=error.code) from error
    missing = [
        place.id
        for place in wanted
        if (place.id, state.collections[place.id].epoch) not in held and place.kind is not Kind.RESTRICTED
    ]
    if missing:
        raise KnownError("key_missing", collections=len(missing))
    places = tuple(place.id for place in wanted)
    return Invited(invitation, who, role, team_id, places, expires, tuple(made), secret)


def _added(made: list[NewEntry], before: RosterState, entry: bytes, held: Keys) -> RosterState:
    after = roster.validate_and_apply(before, entry)
    made.append(NewEntry(entry, seal_for_new(before, after, held)))
    return after


def confirm(state: RosterState, author: keys.KeyPair, held: Keys, *, now_ms: int, device: bytes) -> NewEntry:
    """The six digits of a device were compared: the entry, with the keys that it may have from now on."""
    made: list[NewEntry] = []
    try:
        _added(made, state, entries.device_confirmed(state.head, author, at=now_ms, device=device), held)
    except roster.RosterError as error:
        raise KnownError("not_allowed", reason=error.code) from error
    return made[0]


def invitation_file(
    invited: Invited,
    author: keys.KeyPair,
    *,
    roster_entries: Sequence[bytes],
    held: Keys,
    bundles: Sequence[bytes],
    organisation: str,
    person: str,
    team: str,
    invited_by: str,
    server: str,
    ca: str = "",
) -> bytes:
    """The file to hand over, once the server has taken the entries. `bundles`: those of the `organisation` collection."""
    state = roster.build(roster_entries)
    introduction = keys.introduction_keys(invited.secret)
    me = Recipient("invitation", introduction.id, introduction.public)
    sealed: list[KeyEnvelope] = []
    for place in invited.collections:
        epoch = state.collections[place].epoch
        if any(one.id == me.id for one in entitled(state, place)) and (place, epoch) in held:
            sealed += seal_for(state, place, epoch, held[(place, epoch)], [me])
    body = canon.pack(
        {
            "v": FILE_VERSION,
            "org": state.org_id,
            "organisation": organisation,
            "person": person,
            "team": team,
            "invited_by": invited_by,
            "server": server,
            "ca": ca,
            "invitation": invited.invitation.bytes,
            "member": invited.member.bytes,
            "role": str(invited.role),
            "team_id": invited.team_id.bytes if invited.team_id else b"",
            "collections": [place.bytes for place in invited.collections],
            "expires": invited.expires,
            "secret": invited.secret,
            "roster": list(roster_entries),
            "envelopes": [[one.collection.bytes, one.epoch, one.recipient, one.body] for one in sealed],
            "bundles": list(bundles),
        }
    )
    return MAGIC + canon.pack({"body": body, "signature": author.sign(FILE_LABEL, body)})


def lean(data: bytes, author: keys.KeyPair, limit: int) -> bytes:
    """The same invitation in about `limit` bytes: of its bundles those that fit, for the new laptop reads all from the server at
    once. `author`: the device that made the file, which signs again."""
    if len(data) <= limit:
        return data
    body = canon.unpack(canon.unpack(data[len(MAGIC) :])["body"])
    bundles, room = body["bundles"], limit - (len(data) - sum(map(len, body["bundles"])))
    body["bundles"] = []
    for bundle in bundles:
        room -= len(bundle) + 5
        if room < 0:
            break
        body["bundles"].append(bundle)
    packed = canon.pack(body)
    return MAGIC + canon.pack({"body": packed, "signature": author.sign(FILE_LABEL, packed)})


def read_invitation(data: bytes, now_ms: int) -> Invitation:
    """What a file says, checked against the roster in it. Raises KnownError invitation_unreadable (facts: reason),
    invitation_expired, invitation_closed."""
    if not data.startswith(MAGIC) or len(data) > FILE_LIMIT:
        raise KnownError("invitation_unreadable", reason="not_one")
    try:
        outer = canon.unpack(data[len(MAGIC) :])
        body = canon.unpack(outer["body"])
        if body["v"] > FILE_VERSION:
            raise KnownError("invitation_unreadable", reason="newer")
        invitation = _read(body)
        state = roster.build(invitation.roster)
        _check(invitation, state, outer["body"], outer["signature"])
    except (canon.NotCanonical, KeyError, TypeError, ValueError) as error:
        raise KnownError("invitation_unreadable", reason="damaged") from error
    if now_ms > invitation.expires:
        raise KnownError("invitation_expired")
    if state.invitations[invitation.invitation].closed is not None:
        raise KnownError("invitation_closed")
    return invitation


def _read(body: Mapping[str, Any]) -> Invitation:
    envelopes = tuple(KeyEnvelope(UUID(bytes=row[0]), *row[1:]) for row in body["envelopes"])
    for text in ("organisation", "person", "team", "invited_by", "server", "ca", "role"):
        if not isinstance(body[text], str):
            raise TypeError(text)
    if not all(isinstance(item, bytes) for item in (*body["roster"], *body["bundles"], body["secret"])):
        raise TypeError("bytes")
    return Invitation(
        org=body["org"],
        organisation=body["organisation"],
        person=body["person"],
        team=body["team"],
        invited_by=body["invited_by"],
        server=body["server"],
        ca=body["ca"],
        invitation=UUID(bytes=body["invitation"]),
        member=UUID(bytes=body["member"]),
        role=Role(body["role"]),
        team_id=UUID(bytes=body["team_id"]) if body["team_id"] else None,
        collections=tuple(UUID(bytes=place) for place in body["collections"]),
        expires=int(body["expires"]),
        secret=body["secret"],
        roster=tuple(body["roster"]),
        envelopes=envelopes,
        bundles=tuple(body["bundles"]),
    )


def _check(invitation: Invitation, state: RosterState, body: bytes, signature: bytes) -> None:
    entry = state.invitations.get(invitation.invitation)
    if entry is None or state.org_id != invitation.org or entry.member != invitation.member:
        raise ValueError("roster")
    if entry.keys != keys.introduction_keys(invitation.secret).public:
        raise ValueError("secret")
    if entry.expires != invitation.expires or entry.collections != frozenset(invitation.collections):
        raise ValueError("terms")
    if state.members[entry.member].role is not invitation.role:
        raise ValueError("role")
    # Whoever wrote the entry may have met a copy of their laptop since, and have another identity (rule 35).
    authors = [state.devices[one].keys.sign for one in state.with_successors(entry.by)]
    if not any(keys.verify(sign, signature, FILE_LABEL, body) for sign in authors):
        raise ValueError("signature")
    for data in invitation.bundles:
        envelope.decode(data)


def enrol(invitation: Invitation, *, random: Random) -> Start:
    """A new device for the invited member, with the keys and bundles of the file. Works without a network; `engine` tells
    the server at the first exchange."""
    state = roster.build(invitation.roster)
    device, introduction = keys.KeyPair(random(keys.SECRET_BYTES)), keys.introduction_keys(invitation.secret)
    known = {place.id: place for place in places_of(invitation.team_id)} if invitation.team_id else {}
    places = tuple(
        known.get(place, Place(place, state.collections[place].kind, None)) for place in invitation.collections
    )
    return Start(
        org=invitation.org,
        device=device,
        member=invitation.member,
        role=invitation.role,
        team_id=invitation.team_id,
        places=places,
        keys=open_envelopes(state, invitation.envelopes, [introduction], {}),
        server=invitation.server,
        ca=invitation.ca,
        entries=invitation.roster,
        bundles=invitation.bundles,
        introduction=(invitation.invitation, invitation.secret),
    )


def enrolment_entry(
    state: RosterState, device: keys.KeyPair, invitation: UUID, secret: bytes, held: Keys, now_ms: int
) -> NewEntry:
    """The entry that adds this device, on top of `state`; made again whenever the roster has moved on meanwhile. Raises
    KnownError invitation_used, invitation_closed, invitation_expired or roster_rejected."""
    introduction = keys.introduction_keys(secret)
    entry = entries.device_enrolled(state.head, device, at=now_ms, invitation=invitation, introduction=introduction)
    try:
        after = roster.validate_and_apply(state, entry)
    except roster.RosterError as error:
        known = ("invitation_used", "invitation_closed", "invitation_expired")
        raise KnownError(error.code if error.code in known else "roster_rejected", reason=error.code) from error
    return NewEntry(entry, seal_for_self(after, device, held))
