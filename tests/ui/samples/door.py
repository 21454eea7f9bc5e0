"""A workspace that keeps nothing: the door's shape without a store, answering with the samples.

It writes down every command, behaves where a page depends on it (marks, drafts, alerts, undo), and can be told to fail.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from cmpp_desktop.changes import HERE, Bus, Changed
from cmpp_desktop.domain import questions as q
from cmpp_desktop.domain.audit_logs import AuditTrail
from cmpp_desktop.domain.directory import DirectoryPlan
from cmpp_desktop.domain.entries import Records
from cmpp_desktop.domain.erasures import Erasure
from cmpp_desktop.domain.finding import Find
from cmpp_desktop.domain.households import RegisterHousehold
from cmpp_desktop.domain.misplaced import Misplaced
from cmpp_desktop.domain.obligations import MarkObligation, SharedWith, UnmarkObligation
from cmpp_desktop.domain.participants import RevealANumber
from cmpp_desktop.domain.separations import Separations
from cmpp_desktop.domain.sessions import DeletedSessions
from cmpp_desktop.domain.tasks import CompleteTask, ReopenTask
from cmpp_desktop.domain.work import Command, Done, Question
from cmpp_desktop.errors import KnownError
from cmpp_desktop.reports.qr import modules
from cmpp_desktop.workspace import (
    Access,
    AdministratorRow,
    FetchedInvitation,
    FolderReport,
    Founding,
    Greeting,
    InvitationFile,
    InvitationInfo,
    LeftInvitation,
    LookedAt,
    OpenInterview,
    Paper,
    SealedInvitation,
    State,
    Strength,
    SyncStatus,
    Workspace,
)
from tests.ui.samples import audits, offices
from tests.ui.samples.basis import LATER, MARISELA, NOW, TODAY, organisation, stored, uid, when
from tests.ui.samples.days import found_texts, people, today
from tests.ui.samples.documents import SampleDocuments
from tests.ui.samples.interview import INSTRUMENT, FakeInterview
from tests.ui.samples.laptops import CHALLENGE, SampleAdministration, access
from tests.ui.samples.network import SampleNetwork
from tests.ui.samples.person import (
    HELD_WORK,
    conflict_items,
    participant_view,
    review_queue,
    session_fields,
    session_view,
    timeline,
)


def _file() -> dict[type[Any], Any]:
    """What is known of one participant, and what waits."""
    return {
        q.Participant: participant_view(),
        q.Timeline: timeline(),
        q.Session: session_view(),
        q.LastSession: stored(session_fields(when=when(date(2026, 11, 18), time(13, 30))), "session0"),
        q.ReviewQueue: review_queue(),
        q.Conflicts: conflict_items(),
        q.Instruments: (INSTRUMENT,),
        q.Drafts: (),
    }


class SampleDoor(SampleNetwork, SampleDocuments, audits.NoLogs, Workspace):
    """Answers from samples. `answers` by question type (an answer, a function of the question, or an error) come first;
    `fail[name]` raises; `done` holds the commands, `saved` what was kept of an interview. `full`: the file of one
    participant, a review queue, conflicts and an instrument are there too."""

    def __init__(
        self,
        *,
        state: State = "open",
        role: str = "caseworker",
        rows: tuple[q.PersonRow, ...] | None = None,
        full: bool = False,
    ) -> None:
        self.changed = Bus()
        self._state: State = state
        self._role = role
        self.rows = rows if rows is not None else people()
        self.day = today()
        self.done: list[Command] = []
        self.asked: list[Question[Any]] = []
        self.answers: dict[type[Any], Any] = _file() if full else {}
        self.drafts: dict[str, q.Draft] = {}
        self.accesses: list[str] = []
        self.held: OpenInterview | None = None
        self.saved: list[str] = []
        self.finished: list[tuple[str, Any]] = []
        self.pdf = b""
        self.papers: list[Any] = []
        self.no_documents()
        self.shared_papers: list[tuple[Any, dict[str, Any]]] = []
        self.saved_papers: list[tuple[Any, str, str]] = []
        self.synced = 0
        self.joined_again: list[bytes] = []
        self.administrators = 1  # whose place the kit lets a laptop take
        self.readmitted_as: tuple[Any, ...] = ()
        self.decisions: list[tuple[str, str]] = []  # about work that came too late
        self.folders: list[Path] = []
        self.looked: list[bool] = []
        looked_at = LookedAt("organisation", "", 112, 0, 0, "same", "Denise Okafor", "Leon Brandt")
        self.seen_records: tuple[LookedAt, ...] = (looked_at,)
        self.folder_done = FolderReport(bundles_in=3, files_out=12)
        self.fail: dict[str, BaseException] = {}
        self.status = SyncStatus(
            "sent", last_heard=(NOW - timedelta(minutes=2)).astimezone(UTC), server="https://cmpp.example.org"
        )
        self.wait_seconds, self.closed = 0, False
        self.code = ""  # this laptop's six digits, "" once compared
        self.compared: list[str] = []
        self.confirm_restricted = True
        self.imported: list[tuple[str, bytes]] = []
        self.directory: DirectoryPlan = offices.PLAN
        self.directories: list[tuple[str, bool]] = []
        self.shut: Any = ""  # why no passphrase opens it
        self.desk = SampleAdministration(self)
        self.recovered: list[tuple[str, str, str]] = []  # how, signs, new passphrase
        self.begun_again = 0
        self._by_kit = False

    def _may_fail(self, name: str) -> None:
        if name in self.fail:
            raise self.fail[name]

    # --- before it is open ------------------------------------------------------------------------------------------

    def state(self) -> State:
        return self._state

    def greeting(self) -> Greeting:
        return Greeting("Ana Marroquín", "Blue ThinkPad", "Lantern Street Services", self.wait_seconds, shut=self.shut)

    def secret_place(self) -> Any:
        return "keyring"

    def passphrase_strength(self, text: str) -> Strength:
        words = len(text.split())
        return Strength(min(words, 4), "" if words >= 3 else "more_words")

    def seal_invitation(self, file: InvitationFile, language: str) -> SealedInvitation:
        words = "rumor miseria acoger tropa trabajo peligro minero enero freno pegar litro boca"
        return SealedInvitation(replace(file, data=b"sealed"), tuple(words.split()))

    def leave_invitation(self, file: InvitationFile, language: str) -> LeftInvitation:
        self._may_fail("leave_invitation")
        code = "cmpp-join:hKJjYcQApnNlY3JldMQQAAECAwQFBgcICQoLDA0OD6ZzZXJ2ZXLZImh0dHBzOi8vc3luYy5sYW50ZXJuc3RyZWV0LmV4YW1wbGWhdgE"
        words = self.seal_invitation(file, language).words
        return LeftInvitation("Ana Marroquín", "https://cmpp.example.org", words, code, modules(code), file.expires_at)

    def fetch_invitation(self, typed: str, server: str = "") -> FetchedInvitation:
        self._may_fail("fetch_invitation")
        self.fetched_from = server
        if typed.startswith("cmpp-join:"):
            return FetchedInvitation(b"sealed", "rumor miseria")
        if typed != "rumor miseria":
            raise KnownError("invitation_not_there")
        return FetchedInvitation(b"sealed", typed)

    def read_invitation(self, data: bytes, words: str = "") -> InvitationInfo:
        if data == b"sealed":
            if not words:
                raise KnownError("invitation_sealed")
            if words != "rumor miseria":
                raise KnownError("invitation_words", reason="checksum")
        elif data != b"invitation":
            raise KnownError("invitation_unreadable")
        return InvitationInfo(
            "Lantern Street Services",
            "Ana Marroquín",
            "Denise Okafor",
            "caseworker",
            "Team North",
            "https://cmpp.example.org",
            NOW + timedelta(days=6),
        )

    def enrol(self, data: bytes, laptop: str, passphrase: str, words: str = "") -> None:
        self._may_fail("enrol")
        self.enrolled_with = words
        self._state = "open"

    def found(self, founding: Founding) -> str:
        self._may_fail("found")
        self._state = "open"
        return "X88F-QRTG-EK23-F6P2-J6CX-R7TM-4M08"

    def administrators_of_kit(self, server: str, kit: str) -> tuple[AdministratorRow, ...]:
        self._may_fail("administrators_of_kit")
        days = (datetime(2025, 3, 4, 9, tzinfo=UTC), datetime(2026, 9, 14, 9, tzinfo=UTC))
        return tuple(AdministratorRow(uid(70 + n), days[n], days[1], 6 - n) for n in range(self.administrators))

    def readmit(self, server: str, kit: str, member_id: UUID, laptop: str, passphrase: str) -> None:
        self._may_fail("readmit")
        self.readmitted_as = (server, kit, member_id, laptop)
        self._state = "open"

    def unlock(self, passphrase: str) -> None:
        self._may_fail("unlock")
        if passphrase != "correct horse battery staple":
            raise KnownError("wrong_passphrase", wait_seconds=self.wait_seconds)
        self._state = "open"

    def lock(self) -> None:
        self._state, self._by_kit = "locked", False

    def recovery_challenge(self) -> str:
        self._may_fail("recovery_challenge")
        return CHALLENGE

    def recover(self, kit: str, passphrase: str = "") -> None:
        self._recover("kit", kit, passphrase)

    def recover_by_telephone(self, response: str, passphrase: str = "") -> None:
        self._recover("telephone", response, passphrase)

    def _recover(self, how: str, signs: str, passphrase: str) -> None:
        self._may_fail("recover")
        self.recovered.append((how, signs, passphrase))
        self._state, self._by_kit = "open", bool(self.shut)

    def shut_out(self) -> None:
        self._state, self.shut = "locked", "retired" if self.status.problem == "device_retired" or self.desk.left else "revoked"

    def begin_again(self) -> Path:
        self._may_fail("begin_again")
        self._state, self.shut, self.begun_again = "new", "", self.begun_again + 1
        return Path("closed-2026-11-23-1")

    def erasures(self) -> Mapping[UUID, Erasure]:
        """Every certificate's, a week after it."""
        on, found = date(2026, 11, 20), self.ask(Records("destruction"))
        return {item.id: Erasure("ordered", on, n % 2 == 1, older=on - timedelta(days=4)) for n, item in enumerate(found)}

    def administration(self) -> Any:
        return self.desk

    # --- work -------------------------------------------------------------------------------------------------------

    def do(self, command: Command, origin: str = HERE) -> Done:
        self._may_fail("do")
        self.done.append(command)
        id = uid(f"done{len(self.done)}")
        undo: Command | None = None
        more: dict[str, Any] | None = None
        kinds, ids = {"task"}, {MARISELA}
        if isinstance(command, MarkObligation | UnmarkObligation):
            result = command.result if isinstance(command, MarkObligation) else None
            self._mark(command.obligation_id, result)
            id, kinds, ids = command.obligation_id, {"obligation"}, {command.obligation_id}
            undo = UnmarkObligation(command.obligation_id) if result else None
            more = {"ask_next": result == "attended"}
        elif isinstance(command, CompleteTask):
            undo = ReopenTask(command.task_id)
        elif isinstance(command, RevealANumber):
            more = {"a_number": "900555412"}
        elif isinstance(command, RegisterHousehold):
            id, kinds, ids = uid(5), {"participant"}, {uid(5)}
            more = {"participant_ids": (uid(5),), "household_id": uid(700), "case_ids": (uid(701),)}
        self.changed.publish(Changed(frozenset(kinds), frozenset(ids), origin))
        return Done(id, undo, more)

    def _mark(self, id: UUID, result: str | None) -> None:
        def marked(items: tuple[q.TodayItem, ...]) -> tuple[q.TodayItem, ...]:
            return tuple(replace(item, result=result) if item.id == id else item for item in items)

        self.day = replace(self.day, overdue=marked(self.day.overdue), today=marked(self.day.today), week=marked(self.day.week))

    def ask(self, question: Question[Any]) -> Any:
        self._may_fail("ask")
        self.asked.append(question)
        if type(question) in self.answers:
            answer = self.answers[type(question)]
            if isinstance(answer, Exception):
                raise answer
            return answer(question) if callable(answer) else answer
        if isinstance(question, q.Today):
            return self.day
        if isinstance(question, q.People):
            return self._people(question)
        if isinstance(question, Find):
            return found_texts(question.text)
        if isinstance(question, q.Organisation):
            return organisation(self._role)
        if isinstance(question, q.LikelyDuplicates):
            family = question.name.family.casefold()
            return tuple(item for item in self.rows if family and family in item.name.casefold())[:5]
        nothing = q.GroupSessions | SharedWith | Separations | DeletedSessions | AuditTrail | Misplaced
        if isinstance(question, nothing | q.ReviewQueue | q.Drafts | q.Conflicts | q.Instruments | Records):
            return ()
        raise KnownError("record_missing")

    def _people(self, question: q.People) -> q.PeopleAnswer:
        asked = question.text.casefold().strip()
        found = []
        for item in self.rows:
            if question.filter.mine and item.caseworker != "Ana Marroquín":
                continue
            if question.filter.interpreter and not item.interpreter_needed:
                continue
            at = item.name.casefold().find(asked)
            if asked and at < 0:
                continue
            native = item.native_name
            found.append(
                replace(item, spans=((at, len(asked)),), why=native, why_kind="native" if native else "") if asked else item
            )
        page = tuple(found[question.offset : question.offset + question.limit])
        return q.PeopleAnswer(page, len(found), sum(item.caseworker == "Ana Marroquín" for item in self.rows), len(self.rows))

    def note_access(self, action: str, subject_kind: str, subject_id: UUID | None, **facts: str | int) -> None:
        self.accesses.append(action)

    def index_texts(self, most: int = 400) -> int:
        return 0

    def join_again(self, data: bytes, words: str = "") -> None:
        self._may_fail("join_again")
        if data.startswith(b"sealed") and words not in ("the twelve", "rumor miseria"):
            raise KnownError("invitation_words" if words else "invitation_sealed")
        self.joined_again.append(data)
        self.status = replace(self.status, problem=None, word="sent")

    def decide_held(self, key: str, decision: Any) -> None:
        self._may_fail("decide_held")
        self.decisions.append((key, decision))
        left = () if decision != "bring_back" else (HELD_WORK,)
        self.status = replace(self.status, held=left, set_aside=len(left))

    def sync_status(self) -> SyncStatus:
        return self.status

    def sync_now(self, progress: Callable[[int, int], None] | None = None) -> SyncStatus:
        self.synced += 1
        return replace(self.status, word="sent", waiting=0, waiting_items=(), conflicts=0, set_aside=0)

    def exchange_folder(self, folder: Path, progress: Any = None, cancelled: Any = None) -> FolderReport:
        self._may_fail("exchange_folder")
        self.folders.append(folder)
        return self.folder_done

    def check_records(self, progress: Any = None, *, mend: bool = False) -> tuple[LookedAt, ...]:
        self._may_fail("check_records")
        self.looked.append(mend)
        if progress is not None:
            progress(40, 100)
        return tuple(replace(one, mended=one.differ) for one in self.seen_records) if mend else self.seen_records

    def access(self) -> Access:
        return access(self)

    def own_code(self) -> str:
        return self.code

    def confirm_device(self, device_id: str) -> None:
        self._may_fail("confirm_device")
        self.compared.append(device_id)

    def ask_for_digits(self, confirm_restricted: bool) -> None:
        self._may_fail("ask_for_digits")
        self.confirm_restricted = confirm_restricted

    def import_instrument(self, data: bytes, file_name: str) -> Done:
        self._may_fail("import_instrument")
        self.imported.append((file_name, data))
        return Done(uid(990))

    def preview_directory(self, path: Path, *, source: str = "", progress: Any = None, cancelled: Any = None) -> DirectoryPlan:
        self._may_fail("preview_directory")
        return self.directory

    def import_directory(
        self, path: Path, *, source: str = "", leave_out: bool = False, progress: Any = None, cancelled: Any = None
    ) -> DirectoryPlan:
        self._may_fail("import_directory")
        self.directories.append((source, leave_out))
        return self.directory

    def invite(self, person: str, role: Any, team_id: UUID, *, restricted: bool = True, days: int = 7) -> InvitationFile:
        self._may_fail("invite")
        return InvitationFile("cmpp-invitation.cmppi", b"invitation", NOW + timedelta(days=days))

    def recent_people(self) -> tuple[UUID, ...]:
        return ()

    def save_draft(self, key: str, body: bytes, *, title: str, participant_id: UUID | None, words: int = 0) -> None:
        self.drafts[key] = q.Draft(key, participant_id, None, title, body, words, LATER)

    def draft(self, key: str) -> q.Draft | None:
        return self.drafts.get(key)

    def discard_draft(self, key: str) -> None:
        self.drafts.pop(key, None)

    # --- an interview, and papers -----------------------------------------------------------------------------------

    def start_interview(
        self, participant_id: UUID, instrument_id: UUID, *, language: str, interpreter: str = "", alone: str = "unknown"
    ) -> OpenInterview:
        interview: Any = FakeInterview()
        self.held = OpenInterview(
            uid("interview"), participant_id, "Marisela Tzoc", INSTRUMENT, interview, language, interpreter, alone
        )
        return self.held

    def resume_interview(self, interview_id: UUID) -> OpenInterview:
        assert self.held is not None
        return self.held

    def save_interview(self, held: OpenInterview, changes: Any = None) -> tuple[str, ...]:
        self.saved.append(held.interview.current_ref)
        new = tuple(alert.name for alert in held.interview.outcome().alerts if alert.name not in held.raised)
        held.raised.update(new)
        return new

    def finish_interview(self, held: OpenInterview, *, signature: Any = (), typed: str = "", origin: str = HERE) -> Done:
        self.finished.append((typed, signature))
        return Done(uid("screening9"))

    def paper(self, request: Any) -> Paper:
        self.papers.append(request)
        self._may_fail("paper")
        return Paper("Case summary", "case-summary.pdf", self.pdf, 2, MARISELA, ("participant", MARISELA))

    def save_paper(self, paper: Paper, path: Any, *, reason: str, password: str = "") -> None:
        self.saved_papers.append((path, reason, password))

    def share_paper(self, paper: Paper, path: Any, **more: Any) -> Done:
        self._may_fail("share_paper")
        self.shared_papers.append((path, more))
        return Done(uid("disclosure"))

    # --- the end of it ----------------------------------------------------------------------------------------------

    def today(self) -> date:
        return TODAY

    def now(self) -> datetime:
        return NOW

    def close(self) -> None:
        self.closed = True
