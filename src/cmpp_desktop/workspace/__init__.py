"""The door to everything that has no window: unlock, do, ask, interview, sync, report, lock.

The window, the tests, the command line and scripts all come in here. Every method may be called from any thread but the
window's; one lock makes them take turns at the store, and the network is never waited for while it is held. Methods
raise `KnownError` with a code that `ui/messages` turns into words.
"""

from __future__ import annotations

import contextlib
import importlib
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar
from uuid import UUID

from cmpp_desktop import resources
from cmpp_desktop.changes import HERE, Bus
from cmpp_desktop.errors import BugError, KnownError
from cmpp_desktop.sync.folder_report import FolderReport
from cmpp_desktop.workspace.views import (
    Access,
    ArrivedItem,
    AttachmentRequest,
    CaseSummaryRequest,
    CertificateRequest,
    DeviceRow,
    DocumentsSent,
    Erasure,
    Founding,
    Greeting,
    HeldWork,
    InvitationFile,
    InvitationInfo,
    MemberRow,
    OpenInterview,
    OpenInvitation,
    Paper,
    PaperRequest,
    RecoveryKitRequest,
    ScreeningRequest,
    SealedInvitation,
    SecretPlace,
    SessionNoteRequest,
    ShutOut,
    State,
    Strength,
    SyncStatus,
    SyncWord,
    TeamAccess,
    WaitingItem,
)

if TYPE_CHECKING:  # the rooms behind are imported when they are needed: the unlock page shows before them
    from zoneinfo import ZoneInfo

    from cmpp_desktop.domain.calendar import CalendarExport
    from cmpp_desktop.domain.directory import DirectoryPlan
    from cmpp_desktop.domain.importing import Choice, ColumnPlan
    from cmpp_desktop.domain.questions import Draft
    from cmpp_desktop.domain.work import Command, Done, Question, Role
    from cmpp_desktop.forms import Changes
    from cmpp_desktop.store.vault import Names, Vault
    from cmpp_desktop.sync.enrolment import Start
    from cmpp_desktop.workspace.administration import Administration
    from cmpp_desktop.workspace.imports import ImportPreview
    from cmpp_desktop.workspace.interviews import Interviews
    from cmpp_desktop.workspace.parts import Parts
    from cmpp_desktop.workspace.profile import Opened

A = TypeVar("A")

__all__ = [
    "Workspace",
    "Access",
    "ArrivedItem",
    "AttachmentRequest",
    "CaseSummaryRequest",
    "CertificateRequest",
    "DeviceRow",
    "DocumentsSent",
    "Erasure",
    "FolderReport",
    "Founding",
    "Greeting",
    "HeldWork",
    "InvitationFile",
    "InvitationInfo",
    "MemberRow",
    "OpenInterview",
    "OpenInvitation",
    "Paper",
    "PaperRequest",
    "RecoveryKitRequest",
    "ScreeningRequest",
    "SealedInvitation",
    "SecretPlace",
    "SessionNoteRequest",
    "ShutOut",
    "State",
    "Strength",
    "SyncStatus",
    "SyncWord",
    "TeamAccess",
    "WaitingItem",
]


def warm() -> None:
    """Imports what unlocking and Today need, and works out what is the same for every store, so that neither waits for it.

    Nothing of PySide6 is imported here, or may be: its modules crash the process, now and then, when another thread than the
    window's loads them while the window is at work."""
    # `profile` first and in one go: an `unlock` beside this waits for it, and imports nothing else.
    for room in ("workspace.profile", "store.queries", "workspace.interviews"):
        importlib.import_module(f"cmpp_desktop.{room}")
    from cmpp_desktop.store.state import column_defaults

    column_defaults()


def warm_more() -> None:
    """The same for the work after that: questionnaires and the network."""
    for room in ("forms", "sync.transport"):
        importlib.import_module(f"cmpp_desktop.{room}")


class Workspace:
    """One profile folder: at first nothing (`new`), then a sealed store (`locked`), then open work (`open`)."""

    def __init__(self, folder: Path, parts: Parts) -> None:
        """`parts` are the real ones of `bootstrap`, or a test's."""
        self.changed = Bus()
        self._folder, self._parts = folder, parts
        self._turn = threading.RLock()  # whoever holds it may use the store
        self._exchanging = threading.Lock()  # one exchange at a time
        self._opened: Opened | None = None
        self._interviews: Interviews | None = None
        self._recent: list[UUID] = []
        self._by_kit = False

    # --- before it is open -------------------------------------------------------------------------------------------

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

        url = check_url(founding.server)
        start = enrolment.found(now_ms=self._parts.now_ms(), random=self._parts.randomness, server=url)
        self._make(start, founding.passphrase, Names(founding.person, founding.laptop, founding.organisation))
        self.do(NameOrganisation(organisation_record(start.org), founding.organisation, founding.zone))
        if start.team_id is not None:
            self.do(NameTeam(start.team_id, founding.team))
        self.do(NameStaffMember(start.member, founding.person, "administrator", start.team_id))
        self._name_laptop(founding.laptop)
        self._publish_ready_made()
        return recovery_words(start.recovery)

    def unlock(self, passphrase: str) -> None:
        """Raises wrong_passphrase (facts wait_seconds), wait_before_retry, keyring_missing, store_damaged, store_newer…"""
        self._open(lambda: self._vault().unlock(passphrase))

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
                from cmpp_desktop.workspace.profile import open_profile

                opened = open_profile(self._folder, key, lock, self._parts, self.changed, self._turn)
            except BaseException:
                lock.release()
                raise
            self._vault().add_recovery(key, opened.engine.roster().recovery.slot)  # the kit may be another one by now
            self._take(opened)

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

    def _recovered(self, recover: Callable[[], bytes], passphrase: str) -> None:
        with self._turn:
            _with_the_kit(recover)
        self.unlock(passphrase)
        self._need().note("passphrase_recovered", "", None)

    def _opened_once(self, open_once: Callable[[], bytes]) -> None:
        self._open(lambda: _with_the_kit(open_once))
        self._by_kit = True
        self._need().note("passphrase_recovered", "", None)

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

    def change_passphrase(self, old: str, new: str) -> None:
        """Raises wrong_passphrase, passphrase_weak."""
        with self._turn:
            self._vault().change_passphrase(old, new, cost=self._parts.cost)
            self._need().note("passphrase_changed", "", None)

    # --- work ------------------------------------------------------------------------------------------------------------

    def do(self, command: Command, origin: str = HERE) -> Done:
        """Carries a command out, durably, then publishes what changed."""
        return self._need().do(command, origin)

    def ask(self, question: Question[A]) -> A:
        """The answer, from one moment of the store."""
        answer = self._need().ask(question)
        participant = getattr(question, "participant_id", None)
        if type(question).__name__ == "Participant" and participant is not None:
            self._remember(participant)
        return answer

    def index_texts(self, most: int = 400) -> int:
        """Puts up to about so many records that arrived from other laptops into the index of `Find`, for idle moments after an
        exchange. Returns how many it looked at; 0 when the index is complete."""
        opened = self._need()
        with self._turn:
            opened.must_be_open()
            return opened.store.index_texts(most)

    def note_access(self, action: str, subject_kind: str, subject_id: UUID | None, **facts: str | int) -> None:
        """Writes into the audit log that something was looked at, printed or exported."""
        self._need().note(action, subject_kind, subject_id, **facts)

    # --- drafts and interviews ----------------------------------------------------------------------------------------------

    def save_draft(self, key: str, body: bytes, *, title: str, participant_id: UUID | None, words: int = 0) -> None:
        """Durable on return. Drafts stay on this laptop. The key of one of something restricted begins with "restricted:"; raises
        restricted_closed where that may not be written."""
        opened = self._need()
        with self._turn:
            opened.must_be_open()
            if key.startswith("restricted:") and not opened.store.holds("restricted", opened.team_id):
                raise KnownError("restricted_closed")
            now = opened.engine.now_ms()
            opened.store.drafts.save(
                opened.member_id, key, body, title=title, participant_id=participant_id, words=words, now_ms=now
            )

    def draft(self, key: str) -> Draft | None:
        opened = self._need()
        with self._turn:
            opened.must_be_open()
            if key.startswith("restricted:") and not opened.store.holds("restricted", opened.team_id):
                return None
            return opened.store.drafts.load(opened.member_id, key)

    def discard_draft(self, key: str) -> None:
        opened = self._need()
        with self._turn:
            opened.must_be_open()
            opened.store.drafts.delete(opened.member_id, key)

    def import_instrument(self, data: bytes, file_name: str) -> Done:
        """Publishes an XLSForm to everybody. Raises InstrumentRefused with the places of what is wrong."""
        from cmpp_desktop.forms import convert

        return self._publish(convert(data, file_name).xform)

    def start_interview(
        self, participant_id: UUID, instrument_id: UUID, *, language: str, interpreter: str = "", alone: str = "unknown"
    ) -> OpenInterview:
        """Raises instrument_missing; restricted_closed while this laptop may not write where its results go."""
        with self._turn:
            held = self._held()
            return held.start(participant_id, instrument_id, language=language, interpreter=interpreter, alone=alone)

    def resume_interview(self, interview_id: UUID) -> OpenInterview:
        """Everything up to the last answer, at the same question. Raises record_missing."""
        with self._turn:
            return self._held().resume(interview_id)

    def save_interview(self, held: OpenInterview, changes: Changes | None = None) -> tuple[str, ...]:
        """Keeps it as it is now, and makes the tasks of alerts that were raised. Returns the names of new alerts."""
        with self._turn:
            return self._held().save(held)

    def finish_interview(
        self, held: OpenInterview, *, signature: Sequence[Sequence[int]] = (), typed: str = "", origin: str = HERE
    ) -> Done:
        """Signs it; the draft is gone afterwards. Raises interview_incomplete with the refs that are missing."""
        with self._turn:
            return self._held().finish(held, signature, typed, origin)

    # --- deadline rules -------------------------------------------------------------------------------------------------------

    def read_rules(self, path: Path) -> bytes:
        """The file of a pack, for `RulePackPreview` and `accept_rules`. Raises file_unreadable, rules_unreadable."""
        from cmpp_desktop.workspace import rules

        return rules.read(path)

    def accept_rules(self, data: bytes | None, *, trust: str = "", progress: Callable[[int, int], None] | None = None) -> Done:
        """Takes a pack (None: the one that ships); the deadlines follow in portions. When that is interrupted (`progress` raises,
        the program ends), the rest follows with `follow_rules`. Raises what AcceptRulePack raises. `Done.undo` wants it, too."""
        from cmpp_desktop.domain.deadlines import AcceptRulePack
        from cmpp_desktop.workspace import rules

        opened = self._need()
        done = opened.do(AcceptRulePack(data, trust, follow=False), HERE)
        rules.follow(opened, self.today(), progress=progress)
        return done

    def withdraw_rules(self, rule_pack_id: UUID, *, progress: Callable[[int, int], None] | None = None) -> Done:
        """Takes an accepted pack back, and the deadlines with it. Raises not_allowed, record_missing."""
        from cmpp_desktop.domain.deadlines import WithdrawRulePack
        from cmpp_desktop.workspace import rules

        opened = self._need()
        done = opened.do(WithdrawRulePack(rule_pack_id, follow=False), HERE)
        rules.follow(opened, self.today(), progress=progress)
        return done

    def follow_rules(self, progress: Callable[[int, int], None] | None = None) -> int:
        """Lets the deadlines held here follow the rules that count, in portions, unless they do already; every exchange does it
        as well. Returns how many people it looked at."""
        from cmpp_desktop.workspace import rules

        return rules.follow(self._need(), self.today(), progress=progress)

    # --- sync, people and laptops ---------------------------------------------------------------------------------------------

    def sync_status(self) -> SyncStatus:
        from cmpp_desktop.workspace import people

        opened = self._need()
        return people.status_of(opened, opened.engine.status())

    def sync_now(self, progress: Callable[[int, int], None] | None = None) -> SyncStatus:
        """One exchange (more while there is more). Never raises for the network: the status says what happened. When other
        deadline rules came with it, the deadlines held here follow them; accepted hand-overs to another team are carried out."""
        from cmpp_desktop.workspace import people, rules

        opened = self._need()
        with self._exchanging:
            status = opened.engine.exchange(progress=progress)
            rules.follow(opened, self.today())  # a pack came, was withdrawn elsewhere, or was not followed to the end
            opened.follow_merged()
            opened.follow_identity()
            if opened.follow_hand_overs():
                status = opened.engine.exchange(progress=progress)
            return people.status_of(opened, status)

    def exchange_folder(
        self,
        folder: Path,
        progress: Callable[[int, int], None] | None = None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> FolderReport:
        """Takes in what a stick or a shared folder has and this laptop lacks, then writes what the folder lacks: sealed packages,
        nothing else. It is not "sent" by that. Raises folder_unreadable, folder_too_early, roster_fork, device_revoked…"""
        from cmpp_desktop.workspace import rules

        opened = self._need()
        with self._exchanging:
            done = opened.engine.exchange_folder(folder, progress, cancelled)
            opened.note("folder_exchanged", "", None, taken=done.bundles_in, written=done.files_out)
            rules.follow(opened, self.today())
            opened.follow_merged()
        return done

    def join_again(self, data: bytes, words: str = "") -> None:
        """This laptop, whose place another copy of it has taken, is let in once more by an invitation, with all that it holds.
        The server hears of it at the next exchange. Raises invitation_not_for_here, invitation_unreadable, invitation_expired…"""
        from cmpp_desktop.sync.enrolment import read_invitation
        from cmpp_desktop.sync.sealed_invitation import plain

        opened = self._need()
        with self._exchanging:
            opened.join_again(read_invitation(plain(data, words), self._parts.now_ms()))

    def decide_held(self, key: str, decision: Literal["take_in", "leave_out", "bring_back"]) -> None:
        """Work that came and does not count (`SyncStatus.held`) becomes this person's own, stays out, or waits again. Raises
        not_allowed, record_missing when somebody else decided it meanwhile."""
        from cmpp_desktop.workspace import held

        held.decide(self._need(), key, decision)

    def erasures(self) -> Mapping[UUID, Erasure]:
        """How the erasures of destroyed files stand, by certificate."""
        from cmpp_desktop.workspace import erasures

        opened = self._need()
        with self._turn:
            opened.must_be_open()
            return erasures.erasures(opened)

    def administration(self) -> Administration:
        """What an administrator does with laptops, roles and the recovery kit."""
        from cmpp_desktop.workspace.administration import Administration

        return Administration(self._need(), self._exchanging)

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

    def access(self) -> Access:
        from cmpp_desktop.workspace import people

        return people.access_of(self._need())

    def invite(self, person: str, role: Role, team_id: UUID, *, restricted: bool = True, days: int = 7) -> InvitationFile:
        """Needs the server's acknowledgement before the file is given out. Raises server_unreachable, not_allowed."""
        from cmpp_desktop.workspace import people

        with self._exchanging:
            return people.invite(self._need(), person, role, team_id, restricted=restricted, days=days, now=self.now())

    def confirm_device(self, device_id: str) -> None:
        """An administrator has compared the six digits by voice, and they match. Raises not_allowed, server_unreachable."""
        from cmpp_desktop.workspace import people

        with self._exchanging:
            people.confirm(self._need(), device_id)

    def ask_for_digits(self, confirm_restricted: bool) -> None:
        """Whether restricted records wait until a laptop's digits were compared. Raises not_allowed, server_unreachable."""
        from cmpp_desktop.workspace import people

        with self._exchanging:
            people.ask_for_digits(self._need(), confirm_restricted)

    def own_code(self) -> str:
        """This laptop's six digits ("418207"), or "" once they were compared."""
        return self._need().engine.own_code()

    def recent_people(self) -> tuple[UUID, ...]:
        """Participants opened lately on this laptop since it was unlocked, newest first."""
        return tuple(self._recent)

    # --- papers ---------------------------------------------------------------------------------------------------------------

    def paper(self, request: PaperRequest) -> Paper:
        """Renders a PDF in memory and writes into the audit log that it was made."""
        from cmpp_desktop.workspace import papers

        return papers.render(self._need(), self._held(), request)

    def save_paper(self, paper: Paper, path: Path, *, reason: str, password: str = "") -> None:
        """Writes it where the person asked; logs that it left the store and why. Raises file_not_written."""
        from cmpp_desktop.workspace import papers

        opened = self._need()
        papers.save(
            paper, path, reason=reason, password=password, note=lambda why: opened.note("exported", "paper", None, reason=why)
        )

    def share_paper(
        self,
        paper: Paper,
        path: Path,
        *,
        scope: str,
        recipient: str,
        purpose: str = "",
        override_reason: str = "",
        password: str = "",
    ) -> Done:
        """Writes it for somebody outside, under a consent that covers it, and enters that into the ledger of disclosures.
        `override_reason`: a supervisor's or administrator's, to go without one. Raises needs_consent, not_allowed, Invalid,
        file_not_written (then nothing was shared)."""
        from cmpp_desktop.workspace import papers

        return papers.share(
            self._need(),
            paper,
            path,
            scope=scope,
            recipient=recipient,
            purpose=purpose,
            override_reason=override_reason,
            password=password,
        )

    def preview_directory(
        self,
        path: Path,
        *,
        source: str = "",
        progress: Callable[[int, int], None] | None = None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> DirectoryPlan:
        """What bringing in a directory (HSDS: JSON, a folder or a zip of CSV) would do, and what is wrong in it by row. `source`:
        the name of the directory, when several stand side by side. Raises file_unreadable, file_too_big, import_cancelled."""
        from cmpp_desktop.workspace import directory

        return directory.preview(self._need(), path, source, progress=progress, cancelled=cancelled)

    def import_directory(
        self,
        path: Path,
        *,
        source: str = "",
        leave_out: bool = False,
        progress: Callable[[int, int], None] | None = None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> DirectoryPlan:
        """Brings a directory in, or its newer edition, all or nothing. Rows that cannot be read stop it (import_refused), unless
        they are to be left out. `progress(done, of)` is called now and then; once `cancelled()` is true it stops and nothing was
        brought in (import_cancelled). Raises not_allowed, file_unreadable, file_too_big."""
        from cmpp_desktop.workspace import directory

        return directory.bring_in(self._need(), path, source, leave_out=leave_out, progress=progress, cancelled=cancelled)

    def preview_import(
        self,
        path: Path,
        mapping: ColumnPlan | None = None,
        *,
        sheet: str = "",
        progress: Callable[[int, int], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> ImportPreview:
        """What bringing in a table of participants, households and obligations (CSV, XLSX) would do; nothing is written.
        `mapping` None: guessed from the headings. Raises file_unreadable (cause), file_too_big, Invalid (columns),
        import_cancelled."""
        from cmpp_desktop.workspace import imports

        return imports.preview(self._need(), path, mapping, sheet, progress, cancelled)

    def remap_import(
        self,
        seen: ImportPreview,
        mapping: ColumnPlan,
        progress: Callable[[int, int], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> ImportPreview:
        """The same file under another mapping; it is not read again. Raises Invalid (columns), import_cancelled."""
        from cmpp_desktop.workspace import imports

        return imports.again(self._need(), seen, mapping, progress, cancelled)

    def run_import(
        self,
        seen: ImportPreview,
        choices: Mapping[int, Choice],
        progress: Callable[[int, int], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> Done:
        """Brings in what was previewed, all or nothing; `Done.undo` (UndoImport) takes it back. Raises import_refused,
        import_undecided, import_cancelled, not_allowed, people_kept_apart."""
        from cmpp_desktop.workspace import imports

        return imports.run(self._need(), seen, choices, progress, cancelled)

    def save_import_problems(self, seen: ImportPreview, path: Path, language: str = "en") -> int:
        """Writes what is wrong in a file as CSV without formulas; returns how many lines. Raises file_not_written."""
        from cmpp_desktop.workspace import imports

        found = imports.save_problems(seen, path, language)
        self._need().note("exported", "import_run", None, count=found)
        return found

    def save_import_template(self, path: Path, language: str = "en") -> None:
        """Writes an empty table with all headings that are known. Raises file_not_written."""
        from cmpp_desktop.workspace import imports

        imports.save_template(path, language)

    def attach(
        self,
        path: Path,
        participant_id: UUID,
        *,
        title: str = "",
        document_type: str = "other",
        received_on: date | None = None,
        expires_on: date | None = None,
        source: str = "",
        note: str = "",
        restricted: bool = False,
    ) -> Done:
        """A file becomes a document of somebody's file, encrypted in the store, in one transaction. The file itself is left
        where it is. At most 100 MiB. Raises Invalid path over_100_mb, empty_file; file_unreadable, disk_full."""
        from cmpp_desktop.workspace import attachments

        return attachments.attach(
            self._need(), path, participant_id, title=title, document_type=document_type, received_on=received_on,
            expires_on=expires_on, source=source, note=note, restricted=restricted,
        )  # fmt: skip

    def open_attachment(self, attachment_id: UUID) -> bytes:
        """Its content, in memory; audited. Raises record_missing, content_elsewhere (facts who, size, here, travels, ask)."""
        from cmpp_desktop.workspace import attachments

        return attachments.open_attachment(self._need(), attachment_id)[1]

    def fetch_document(self, attachment_id: UUID, step: Callable[[int, int], object] | None = None) -> None:
        """Brings a document's content to this laptop, from where it broke off last; it stays. `step(done, of)` in bytes, which
        may raise to stop. Waits for the network, and nothing waits for it. Raises content_elsewhere (facts who, size, here,
        travels, ask), content_damaged, disk_full, server_unreachable and others."""
        from cmpp_desktop.workspace import attachments

        attachments.fetch(self._need(), attachment_id, step)

    def carry_documents(self, step: Callable[[int, int], object] | None = None) -> DocumentsSent:
        """Sends contents of documents that the server lacks, and tells it which may go; after an exchange that went well. Waits
        for the network, and no exchange waits for it. Raises what `step` raises; what goes wrong is in the answer."""
        from cmpp_desktop.workspace import attachments

        return attachments.carry(self._need(), step)

    def asks_before_large(self) -> bool:
        """Whether this laptop asks before it fetches a large document (a metered network)."""
        from cmpp_desktop.workspace import attachments

        return bool(self._need().setting(attachments.ASKS))

    def ask_before_large(self, yes: bool) -> None:
        """Asks, or no longer, before it fetches a document of more than 5 MB."""
        from cmpp_desktop.workspace import attachments

        self._need().put_setting(attachments.ASKS, yes)

    def save_attachment(self, attachment_id: UUID, path: Path, *, reason: str) -> None:
        """Writes a copy where the person asked, as it came; logs that it left the store and why. Raises Invalid reason
        missing, content_elsewhere, file_not_written."""
        from cmpp_desktop.workspace import attachments

        attachments.save_copy(self._need(), attachment_id, path, reason=reason)

    def export_calendar(self, path: Path, question: CalendarExport, *, reason: str, language: str = "en") -> int:
        """Writes an iCalendar file without names, numbers or notes, audited. Returns how many entries; raises Invalid,
        file_not_written."""
        from cmpp_desktop.workspace import calendar

        return calendar.export(self._need(), path, question, reason=reason, language=language)

    def export_dictionary(self, path: Path, *, language: str = "en") -> int:
        """Writes the data dictionary, as JSON where the file is called so, else as CSV; audited. Nobody's record is in it, so no
        reason is asked. Returns how many fields; raises file_not_written."""
        from cmpp_desktop.workspace import papers

        return papers.dictionary(self._need(), path, language)

    def today(self) -> date:
        """The day it is: in the organisation's zone, or, before somebody has signed in, in this laptop's."""
        return self.now().date()

    def now(self) -> datetime:
        """The time, aware, in the zone of `zone`. What is not a moment of a court is said by it, on the screen and on paper."""
        return self._parts.clock().astimezone(self.zone())

    def zone(self) -> ZoneInfo | None:
        """The organisation's time zone; None before somebody has signed in: then this laptop's serves."""
        opened = self._opened
        return opened.zone() if opened is not None else None

    def close(self) -> None:
        """Locks and lets the profile go."""
        self.lock()

    # --- inside -----------------------------------------------------------------------------------------------------------------

    def _vault(self) -> Vault:
        return self._parts.vault(self._folder)

    def _need(self) -> Opened:
        opened = self._opened
        if opened is None:
            raise KnownError("locked")
        return opened

    def _held(self) -> Interviews:
        interviews = self._interviews
        if interviews is None:
            raise KnownError("locked")
        return interviews

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
                self._publish(convert_folder(folder).xform)

    def _publish(self, xform: str) -> Done:
        from cmpp_desktop.domain.screenings import PublishInstrument
        from cmpp_desktop.forms import compile_instrument

        made = compile_instrument(xform)
        command = PublishInstrument(made.form_id, made.version, made.hash, made.title, made.languages, xform, dict(made.card))
        return self.do(command)

    def _remember(self, participant_id: UUID) -> None:
        self._recent = [participant_id, *(item for item in self._recent if item != participant_id)][:8]


def _with_the_kit(recover: Callable[[], bytes]) -> bytes:
    """What a kit opens; what does not fit was the wrong kit."""
    try:
        return recover()
    except KnownError as error:
        raise KnownError("wrong_kit") if error.code == "wrong_passphrase" else error from error
