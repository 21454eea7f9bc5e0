"""The way into a profile and out of it: founding, joining, unlocking, the recovery kit, locking, being shut out."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from cmpp_desktop import resources
from cmpp_desktop.errors import BugError, KnownError
from cmpp_desktop.workspace.core import Core
from cmpp_desktop.workspace.views import (
    AdministratorRow,
    FetchedInvitation,
    Founding,
    Greeting,
    InvitationFile,
    InvitationInfo,
    LeftInvitation,
    SealedInvitation,
    SecretPlace,
    State,
    Strength,
)

if TYPE_CHECKING:
    from cmpp_desktop.store.vault import Names
    from cmpp_desktop.sync.enrolment import Start
    from cmpp_desktop.workspace.profile import Opened


class Opening(Core):
    """At first nothing (`new`), then a sealed store (`locked`), then open work (`open`)."""

    def state(self) -> State:
        if self._opened is not None:
            return "open"
        return "locked" if self._vault().exists else "new"

    def greeting(self) -> Greeting:
        vault = self._vault()
        names = vault.names
        return Greeting(names.person, names.laptop, names.organisation, vault.wait_seconds(), vault.secret_kind(), vault.shut)

    def secret_place(self) -> SecretPlace:
        """Where the device secret will be, or is: the system's keyring, or a file that only this user may read."""
        return self._vault().secret_kind()

    def keyring_required(self) -> bool:
        """Whether the organisation wants half of the key in the system's keyring, on every laptop."""
        from cmpp_desktop.workspace import key_place

        return key_place.required(self._need().engine.roster())

    def passphrase_strength(self, text: str) -> Strength:
        from cmpp_desktop.store.vault import passphrase_strength

        return Strength(*passphrase_strength(text))

    def read_invitation(self, data: bytes, words: str = "") -> InvitationInfo:
        """`words`: the twelve of a sealed one. Raises invitation_sealed, invitation_words, invitation_unreadable,
        invitation_expired, invitation_closed."""
        from cmpp_desktop.sync.enrolment import read_invitation
        from cmpp_desktop.sync.sealed_invitation import plain
        from cmpp_desktop.workspace.profile import role_of

        found = read_invitation(plain(data, words), self._parts.now_ms())
        role = role_of(found.role)
        ends = datetime.fromtimestamp(found.expires / 1000, UTC)
        return InvitationInfo(found.organisation, found.person, found.invited_by, role, found.team, found.server, ends)

    def seal_invitation(self, file: InvitationFile, language: str) -> SealedInvitation:
        """The same invitation for a way on which others may see it, and the twelve words that open it: kept nowhere."""
        from cmpp_desktop.sync.sealed_invitation import seal

        data, words = seal(file.data, self._parts.randomness, language)
        return SealedInvitation(InvitationFile(file.file_name, data, file.expires_at), words)

    def leave_invitation(self, file: InvitationFile, language: str) -> LeftInvitation:
        """The same invitation, sealed, waits at the server for whoever has its twelve words or its QR code: kept nowhere, and a
        second call makes others in their place. Raises not_allowed, server_too_old, invitation_too_big, server_unreachable and
        others of an exchange."""
        from cmpp_desktop.workspace import joining

        return joining.leave(self._need(), self._parts, file, language)

    def fetch_invitation(self, typed: str, server: str = "") -> FetchedInvitation:
        """The invitation that waits at a server for twelve words, or for the text of a QR code, which says itself where. Raises
        invitation_sealed (nothing typed), invitation_words, ticket_unreadable, invitation_not_there, server_refused (reason url),
        server_unreachable, server_busy and what `read_invitation` does."""
        from cmpp_desktop.workspace import joining

        known = self._opened.server() if self._opened is not None else ("", "")
        return joining.fetch(self._parts, typed, server, known)

    def enrol(self, data: bytes, laptop: str, passphrase: str, words: str = "") -> None:
        """Makes the store and opens it. Works without a network: the server hears of it at the first exchange."""
        from cmpp_desktop.store.vault import Names
        from cmpp_desktop.sync import enrolment
        from cmpp_desktop.sync.sealed_invitation import plain

        found = enrolment.read_invitation(plain(data, words), self._parts.now_ms())
        start = enrolment.enrol(found, random=self._parts.randomness)
        self._make(start, passphrase, Names(found.person, laptop, found.organisation))
        self._name_laptop(laptop)

    def found(self, founding: Founding) -> str:
        """Starts an organisation and opens it. Returns the recovery kit's words: shown once, stored nowhere."""
        from cmpp_desktop.domain.staff import NameOrganisation, NameStaffMember, NameTeam
        from cmpp_desktop.store.vault import Names
        from cmpp_desktop.sync import enrolment
        from cmpp_desktop.sync.keys import recovery_words
        from cmpp_desktop.sync.transport import check_url
        from cmpp_desktop.workspace.profile import organisation_record

        url = check_url(founding.server) if founding.server else ""
        ca = self._network().ca if url else ""  # invitations bring it to the other laptops
        start = enrolment.found(now_ms=self._parts.now_ms(), random=self._parts.randomness, server=url, ca=ca)
        self._make(start, founding.passphrase, Names(founding.person, founding.laptop, founding.organisation))
        self.do(NameOrganisation(organisation_record(start.org), founding.organisation, founding.zone))
        if start.team_id is not None:
            self.do(NameTeam(start.team_id, founding.team))
        self.do(NameStaffMember(start.member, founding.person, "administrator", start.team_id))
        self._name_laptop(founding.laptop)
        self._publish_ready_made()
        return recovery_words(start.recovery)

    def administrators_of_kit(self, server: str, kit: str) -> tuple[AdministratorRow, ...]:
        """Whose place a new laptop can take that has nothing but the server's address and the printed kit. Raises
        Invalid(recovery), wrong_kit, server_unreachable and what else an exchange does."""
        from cmpp_desktop.workspace import readmission

        return readmission.administrators(self._parts, server, kit)

    def readmit(self, server: str, kit: str, member_id: UUID, laptop: str, passphrase: str) -> None:
        """Makes this laptop an administrator's, by the kit, when every administrator's laptop is gone, and fetches the records.
        An exchange that fails afterwards is tried again like any other. Raises what `administrators_of_kit` does."""
        from cmpp_desktop.store.vault import Names
        from cmpp_desktop.workspace import readmission

        start = readmission.begin(self._parts, server, kit, member_id)
        self._make(start, passphrase, Names("", laptop, ""))
        opened = self._need()
        with self._exchanging:
            opened.engine.exchange()
            self._follow_names(opened)
            self._name_laptop(laptop)
            opened.note("readmitted", "device_name", None, device=opened.engine.device_id.hex()[:16])
            opened.engine.exchange()

    def unlock(self, passphrase: str) -> None:
        """Raises wrong_passphrase (facts wait_seconds), wait_before_retry, keyring_missing, keyring_required,
        store_damaged, store_newer…"""
        self._open(lambda: self._vault().unlock(passphrase))

    def recovery_challenge(self) -> str:
        """52 signs to read over the telephone to whoever has the organisation's recovery kit. Raises slots_damaged."""
        return self._vault().recovery_challenge()

    def recover(self, kit: str, passphrase: str = "") -> None:
        """Opens this laptop with the words of the printed recovery kit, and sets a new passphrase. One that was shut out takes
        none and opens this once. Raises Invalid(recovery), wrong_kit, passphrase_weak and what `unlock` does."""
        from cmpp_desktop.sync.keys import read_recovery
        from cmpp_protocol.keys import recovery_keys

        secret = recovery_keys(read_recovery(kit)).slot_secret
        vault = self._vault()
        if vault.shut:
            self._opened_once(lambda: vault.open_once(secret))
        else:
            self._recovered(lambda: vault.recover(secret, passphrase, cost=self._parts.cost), passphrase)

    def recover_by_telephone(self, response: str, passphrase: str = "") -> None:
        """The same with the 26 signs that were read back for the `recovery_challenge`. Raises Invalid(response) as well."""
        vault = self._vault()
        if vault.shut:
            self._opened_once(lambda: vault.open_once_by_telephone(response))
        else:
            self._recovered(lambda: vault.recover_by_telephone(response, passphrase, cost=self._parts.cost), passphrase)

    @property
    def opened_by_kit(self) -> bool:
        """Whether a laptop that was shut out is open by the recovery kit, until it locks: what it holds can be read, and nothing
        is sent or comes in any more."""
        return self._by_kit

    def begin_again(self) -> Path:
        """Makes room for a new profile on a laptop that was shut out. What it held stays sealed in a folder beside, which is
        returned: `--profile` with that folder and the recovery kit open it. Raises disk_error."""
        from cmpp_desktop.store.lock import ProfileLock
        from cmpp_desktop.workspace.profile import put_aside

        with self._turn:
            if self._opened is not None or not self._vault().shut:
                raise BugError("still_a_member")
            with ProfileLock(self._folder):
                return put_aside(self._folder, self.now().date())

    def shut_out(self) -> None:
        """This laptop was closed, or has left: forgets its keys but those of the recovery kit, and locks. What was not sent is
        still on it, and the kit opens it."""
        with self._turn:
            opened = self._need()
            if not opened.is_out():
                raise BugError("still_a_member")
            try:
                with contextlib.suppress(KnownError):  # a full disk must not keep the store open
                    opened.note("shut_out", "", None)
                self._vault().destroy_slots("retired" if opened.has_left() else "revoked")
            finally:
                self.lock()

    def lock(self) -> None:
        """Closes the store and forgets every key. Harmless when locked."""
        with self._turn:
            opened, self._opened, self._interviews = self._opened, None, None
            self._by_kit = False
            self._recent.clear()
            if opened is not None:
                with contextlib.suppress(KnownError):  # a full disk must not keep the store open
                    opened.note("locked", "", None)
                opened.close()

    def close(self) -> None:
        """Locks and lets the profile go."""
        self.lock()

    def change_passphrase(self, old: str, new: str) -> None:
        """Raises wrong_passphrase, passphrase_weak."""
        with self._turn:
            self._vault().change_passphrase(old, new, cost=self._parts.cost)
            self._need().note("passphrase_changed", "", None)

    def _open(self, key_of: Callable[[], bytes]) -> None:
        from cmpp_desktop.store.lock import ProfileLock

        with self._turn:
            if self._opened is not None:
                return
            lock = ProfileLock(self._folder)
            lock.take()
            try:
                key = key_of()
                # Only now: `warm` may still be importing it, and the key was derived beside that.
                from cmpp_desktop.workspace import key_place
                from cmpp_desktop.workspace.profile import open_profile

                opened = open_profile(self._folder, key, lock, self._parts, self.changed, self._turn)
                try:
                    key_place.check(opened.engine.roster(), self._vault())
                except BaseException:
                    opened.close()
                    raise
            except BaseException:
                lock.release()
                raise
            self._vault().add_recovery(key, opened.engine.roster().recovery.slot)  # the kit may be another one by now
            self._take(opened)

    def _recovered(self, recover: Callable[[], bytes], passphrase: str) -> None:
        with self._turn:
            _with_the_kit(recover)
        self.unlock(passphrase)
        self._need().note("passphrase_recovered", "", None)

    def _opened_once(self, open_once: Callable[[], bytes]) -> None:
        self._open(lambda: _with_the_kit(open_once))
        self._by_kit = True
        self._need().note("passphrase_recovered", "", None)

    def _make(self, start: Start, passphrase: str, names: Names) -> None:
        from cmpp_desktop.workspace.profile import make_profile

        with self._turn:
            if self._opened is not None or self._vault().exists:
                raise BugError("profile_exists")
            self._take(make_profile(self._folder, start, passphrase, names, self._parts, self.changed, self._turn))

    def _take(self, opened: Opened) -> None:
        from cmpp_desktop.workspace.interviews import Interviews

        self._opened, self._interviews = opened, Interviews(opened, self._parts)
        opened.note("unlocked", "", None)

    def _name_laptop(self, laptop: str) -> None:
        from cmpp_desktop.domain.staff import NameDevice
        from cmpp_desktop.workspace.profile import device_record

        opened = self._need()
        device = opened.device.id
        self.do(NameDevice(device_record(device), device.hex(), laptop.strip() or "Laptop", opened.member_id))

    def _publish_ready_made(self) -> None:
        from cmpp_desktop.forms import convert_folder

        for folder in sorted(resources.folder("instruments").iterdir()):
            if (folder / "survey.csv").exists():
                self._publish_instrument(convert_folder(folder).xform)


def _with_the_kit(recover: Callable[[], bytes]) -> bytes:
    """What a kit opens; what does not fit was the wrong kit."""
    try:
        return recover()
    except KnownError as error:
        raise KnownError("wrong_kit") if error.code == "wrong_passphrase" else error from error
