"""Who may open the organisation's records, changed by its administrators; reached as `workspace.administration()`.

Everything goes through the server first: when a method returns it has taken the change, and laptops that may read less are out
from their next exchange on. All raise not_allowed, server_unreachable, roster_rejected; nothing is half done then.
"""

from __future__ import annotations

import threading
from typing import Literal
from uuid import UUID

from cmpp_desktop.changes import HERE, collection_id
from cmpp_desktop.domain.questions import Organisation
from cmpp_desktop.domain.staff import NameStaffMember, NameTeam
from cmpp_desktop.domain.work import Role
from cmpp_desktop.errors import Invalid, KnownError
from cmpp_desktop.store.vault import answer_challenge
from cmpp_desktop.sync.keys import read_recovery, recovery_words
from cmpp_desktop.sync.transport import check_url
from cmpp_desktop.workspace import attachments, forks, people
from cmpp_desktop.workspace.profile import ROLES, Opened, role_of
from cmpp_desktop.workspace.views import DeviceRow, ForkView, InvitationFile, MemberRow, SecretPlace, TeamAccess
from cmpp_protocol import keeping, keys, rights
from cmpp_protocol.roster import Rights, at


class Administration:
    """Of one open profile. One exchange at a time: `exchanging` is held meanwhile. `ca`: the certificate authority (PEM) that was
    chosen on this laptop, or ""; `kept_in`: where half of its key is."""

    def __init__(self, opened: Opened, exchanging: threading.Lock, ca: str = "", kept_in: SecretPlace = "keyring") -> None:
        self._opened, self._exchanging, self._ca, self._kept_in = opened, exchanging, ca, kept_in

    def close_laptop(self, device_id: str) -> tuple[DeviceRow, ...]:
        """A lost laptop: it gets nothing any more, cannot read what others write from now on, and locks itself when it hears of
        it; what it had not sent stays on it, for the recovery kit. Returns laptops that it had let in, to be looked at."""
        people.only_administrators(self._opened)
        with self._exchanging:
            let_in = {one.hex() for one in self._opened.engine.desk.revoke(bytes.fromhex(device_id))}
            self._opened.engine.exchange()
        self._opened.note("device_closed", "device_name", None, device=device_id[:16])
        return tuple(row for row in people.access_of(self._opened).devices if row.device_id in let_in)

    def fork(self) -> ForkView:
        """The two lists of who may open the records, where there are two. Raises no_fork and what an exchange does."""
        with self._exchanging:
            return forks.look(self._opened)

    def settle_fork(self, keep: Literal["here", "server"], kits: tuple[str, ...]) -> tuple[str, ...]:
        """Chooses one of them with the printed kit. Gives the names of laptops that need a new invitation ("" where it is not
        known). Raises Invalid(recovery), wrong_kit, no_fork, not_allowed, too."""
        with self._exchanging:
            return forks.settle(self._opened, keep, kits)

    def unsent(self) -> int:
        """How much written here the server has not acknowledged, after one more exchange, documents that it lacks among it.
        Without a server nothing: what is written leaves by the stick that says that this laptop goes. Raises what stopped it."""
        with self._exchanging:
            status = self._opened.engine.exchange()
        if status.alone is not None:
            return 0
        if status.problem is not None:
            raise KnownError(status.problem)
        return status.waiting + self._documents_left()

    def _documents_left(self) -> int:
        """Documents whose content the server does not have, after another try. One that keeps none has none to wait for."""
        told = attachments.carry(self._opened, None)
        while told.more:
            told = attachments.carry(self._opened, None)
        return told.left if told.problem != "blobs_off" else 0

    def leave(self) -> None:
        """This laptop leaves the organisation: sends everything first, then ends itself. Raises not_allowed(reason
        last_administrator), server_unreachable, and not_sent while something waits. Without a server it is proposed, and
        leaves_by_stick raised; or keeper_stays."""
        with self._exchanging:
            status = self._opened.engine.exchange()
            if status.problem is not None:
                raise KnownError(status.problem)
            if status.alone is not None:
                if status.alone.keeps:
                    raise KnownError("keeper_stays")
                self._opened.at_store(self._opened.engine.alone.retire)
                raise KnownError("leaves_by_stick")
            left = self._documents_left()
            if waiting := left + self._opened.engine.exchange().waiting:  # documents of an older program got keys meanwhile
                raise KnownError("not_sent", waiting=waiting)
            self._opened.engine.desk.retire()

    def close_invitation(self, invitation_id: str) -> None:
        """Nobody can join with it any more."""
        people.only_administrators(self._opened)
        with self._exchanging:
            self._opened.engine.desk.close_invitation(UUID(hex=invitation_id))
        self._opened.note("invitation_closed", "staff_member", None)

    def invite_again(self, member_id: UUID, days: int = 7) -> InvitationFile:
        """One more laptop for somebody: the one before was lost or closed, or they work on two. Raises record_missing as well."""
        with self._exchanging:
            return people.invite_again(self._opened, member_id, days=days, now=self._opened.now())

    def members(self) -> tuple[MemberRow, ...]:
        """Everybody of the organisation by name, with their role and what they may open."""
        people.only_administrators(self._opened)
        state, known = self._opened.engine.roster(), {one.id: one for one in self._opened.ask(Organisation()).staff}
        active = [one.member for one in state.devices.values() if one.active(state.no)]
        rows = [
            MemberRow(
                member.id,
                known[member.id].name if member.id in known else "",
                role_of(member.role),
                self.access_of(member.id),
                active.count(member.id),
                me=member.id == self._opened.member_id,
            )
            for member in state.members.values()
        ]
        return tuple(sorted(rows, key=lambda one: (one.name.casefold(), one.member_id)))

    def change_role(self, member_id: UUID, role: Role) -> None:
        """Another role for somebody, higher or lower."""
        people.only_administrators(self._opened)
        theirs = next(theirs for theirs, ours in ROLES.items() if ours == role)
        with self._exchanging:
            self._opened.engine.desk.change_role(member_id, theirs)
        person = next((one for one in self._opened.ask(Organisation()).staff if one.id == member_id), None)
        if person is not None and person.role != role:  # the record beside the roster: what lists and papers say
            self._opened.do(NameStaffMember(member_id, person.name, role, person.team_id), HERE)
        self._opened.note("role_changed", "staff_member", member_id, role=role)

    def add_team(self, name: str) -> UUID:
        """A further team, whose records administrators open at first; give others theirs with `set_access`, or invite them into
        it. Raises Invalid(name), too."""
        people.only_administrators(self._opened)
        if not name.strip() or any(name.strip().casefold() == known.casefold() for _, known in people.teams(self._opened)):
            raise Invalid(name="already_there" if name.strip() else "missing")
        team_id = self._opened.new_id()
        with self._exchanging:
            self._opened.engine.desk.add_team(team_id)
            self._opened.engine.exchange()  # the keys come back sealed for this laptop
            self._opened.do(NameTeam(team_id, name.strip()), HERE)
            self._opened.engine.exchange()
        self._opened.note("team_added", "team", team_id)
        return team_id

    def access_of(self, member_id: UUID) -> tuple[TeamAccess, ...]:
        """What somebody may open, team by team, as far as this laptop knows the teams."""
        state = self._opened.engine.roster()
        found = []
        for team in people.teams(self._opened):
            places = [collection_id(kind, team[0]) for kind in ("caseload", "restricted")]
            opens = [at(state.access.get((member_id, place), ()), state.no) is not None for place in places]
            if places[0] in state.collections:
                found.append(TeamAccess(team[0], team[1], *opens))
        return tuple(found)

    def set_access(self, member_id: UUID, team_id: UUID, *, records: bool, restricted: bool) -> None:
        """What somebody may open of a team: its records, and its restricted ones as well."""
        people.only_administrators(self._opened)
        with self._exchanging:
            desk, state = self._opened.engine.desk, self._opened.engine.roster()
            for kind, wanted in (("caseload", records), ("restricted", records and restricted)):
                place = collection_id(kind, team_id)
                has = at(state.access.get((member_id, place), ()), state.no) is not None
                if wanted and not has:
                    desk.grant(member_id, place, Rights.WRITE)
                elif has and not wanted:
                    desk.withdraw(member_id, place)
            self._opened.engine.exchange()
        self._opened.note("access_changed", "staff_member", member_id, records=int(records), restricted=int(restricted))

    def take_over(self) -> None:
        """Without a server: this laptop keeps the list of laptops and rights from now on, and the one that did, which is lost, is
        closed. Raises not_allowed, key_missing."""
        people.only_administrators(self._opened)
        with self._exchanging:
            self._opened.at_store(self._opened.engine.alone.take_over)
            self._opened.engine.exchange()
        self._opened.note("keeping_taken_over", "organisation", None)

    def hand_keeping(self, device_id: str) -> None:
        """Without a server: another administrator's laptop keeps the list from now on, as soon as a stick has told it. Raises
        not_allowed, not_keeper, roster_rejected."""
        people.only_administrators(self._opened)
        with self._exchanging:
            self._opened.engine.desk.set_policy({keeping.KEEPER: bytes.fromhex(device_id)})
        self._opened.note("keeping_handed_on", "device_name", None, device=device_id[:16])

    def use_server(self, url: str) -> None:
        """An organisation without a server goes on with this one, which is offered everything; the other laptops hear of it by
        the next stick. Raises Invalid(server), not_keeper, and what an exchange does; nothing is half done then."""
        people.only_administrators(self._opened)
        try:
            address = check_url(url)
        except KnownError as error:
            raise Invalid(server="not_valid") from error
        with self._exchanging:
            alone = self._opened.engine.status().alone
            if alone is None or not alone.keeps:
                raise KnownError("not_keeper")
            self._opened.move_to(address, self._ca)
            self._opened.engine.exchange()
        self._opened.note("moved_to_server", "organisation", None)

    def share_authority(self) -> None:
        """All laptops trust, for the server, the certificate authority that was chosen on this one, from their next exchange on;
        invitations bring it along. None chosen here: none any more, but the system's."""
        people.only_administrators(self._opened)
        with self._exchanging:
            self._opened.name_server(self._ca)
        self._opened.note("authority_shared", "organisation", None)

    def ask_for_digits(self, confirm_restricted: bool) -> None:
        """Whether restricted records wait until a laptop's digits were compared."""
        people.only_administrators(self._opened)
        with self._exchanging:
            self._opened.engine.desk.set_policy({rights.CONFIRM_RESTRICTED: confirm_restricted})
        self._opened.note("policy_set", "organisation", None, confirm_restricted=int(confirm_restricted))

    def require_keyring(self, required: bool) -> None:
        """Laptops whose system has no keyring do not open any more, from when they have heard of it, or do again. Raises
        keyring_required where this one is such a laptop."""
        people.only_administrators(self._opened)
        if required and self._kept_in == "file":
            raise KnownError("keyring_required")
        with self._exchanging:
            self._opened.engine.desk.set_policy({rights.KEYRING_ONLY: required})
        self._opened.note("policy_set", "organisation", None, keyring_only=int(required))

    def new_recovery_kit(self) -> str:
        """A new kit in the place of the old one; its words are shown once and kept nowhere. Laptops take it at their next
        unlocking after they heard of it."""
        people.only_administrators(self._opened)
        with self._exchanging:
            secret = self._opened.engine.desk.replace_recovery()
        self._opened.note("recovery_replaced", "organisation", None)
        return recovery_words(secret)

    def answer_challenge(self, challenge: str, kit: str) -> str:
        """For somebody who forgot the passphrase and is on the telephone: what to read back to them. `kit`: the words of the
        printed recovery kit. Raises Invalid(challenge or recovery: not_valid), wrong_kit."""
        secret = keys.recovery_keys(read_recovery(kit))
        if secret.public not in [since.value for since in self._opened.engine.roster().recoveries]:
            raise KnownError("wrong_kit")  # an older kit is right for a laptop that was not unlocked since
        answer = answer_challenge(challenge, secret.slot_secret)
        self._opened.note("recovery_answered", "organisation", None)
        return answer
