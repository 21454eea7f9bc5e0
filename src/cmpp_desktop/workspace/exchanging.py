"""The exchange with others, who they are, what came from them, and the deadline rules that come that way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from uuid import UUID

from cmpp_desktop.changes import HERE
from cmpp_desktop.sync.folder_report import FolderDocuments, FolderReport
from cmpp_desktop.workspace.core import Core
from cmpp_desktop.workspace.views import Access, InvitationFile, LookedAt, SyncStatus

if TYPE_CHECKING:
    from datetime import date

    from cmpp_desktop.domain.audit_logs import AuditFilter
    from cmpp_desktop.domain.erasures import Erasure
    from cmpp_desktop.domain.work import Done, Role
    from cmpp_desktop.workspace.administration import Administration
    from cmpp_desktop.workspace.views_drops import AuditLaptop, ReceivedReport


class Exchanging(Core):
    """One exchange at a time; the network is never waited for while somebody's turn at the store lasts."""

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
            self._follow_names(opened)
            if opened.follow_hand_overs():
                status = opened.engine.exchange(progress=progress)
            opened.follow_server()
            return people.status_of(opened, status)

    def index_texts(self, most: int = 400) -> int:
        """Puts up to about so many records that arrived from other laptops into the index of `Find`, for idle moments after an
        exchange. Returns how many it looked at; 0 when the index is complete."""
        opened = self._need()
        with self._turn:
            opened.must_be_open()
            return opened.store.index_texts(most)

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
            opened.follow_server()
            if opened.engine.status().alone is not None:  # nothing else comes to these two there
                opened.follow_identity()
                opened.follow_hand_overs()
        return done

    def folder_documents(self, folder: Path) -> FolderDocuments:
        """How many documents would come in from a stick or a shared folder, and go onto it, and their bytes; nothing is written.
        To be asked after `exchange_folder`: records go first."""
        from cmpp_desktop.workspace import documents_here

        opened = self._need()
        return FolderDocuments() if opened.is_out() else documents_here.by_folder(opened, folder).plan()

    def carry_folder_documents(
        self, folder: Path, step: Callable[[int, int], object], cancelled: Callable[[], bool] = lambda: False
    ) -> FolderDocuments:
        """Carries them, sealed as the server has them. `step(done, of)` in bytes. What was stopped, or broke off, goes on the
        next time. Raises folder_unreadable, disk_full."""
        from cmpp_desktop.workspace import documents_here

        opened = self._need()
        with opened.carrying:
            return documents_here.carry_by_folder(opened, folder, step, cancelled)

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

    def check_records(
        self, progress: Callable[[int, int], None] | None = None, *, mend: bool = False
    ) -> tuple[LookedAt, ...]:
        """Compares the records of this laptop with what was sent and received, and with what other laptops have signed. `mend`:
        makes those that differ again. `progress` may raise to stop; nothing that was not sent is touched."""
        from cmpp_desktop.workspace import checking

        opened = self._need()
        with self._exchanging:
            found = checking.look(opened, progress, mend=mend)
            if mend:
                opened.follow_merged()
            return found

    def erasures(self) -> Mapping[UUID, Erasure]:
        """How the erasures of destroyed files stand, by certificate."""
        from cmpp_desktop.workspace import erasures

        opened = self._need()
        with self._turn:
            opened.must_be_open()
            return erasures.erasures(opened)

    def audit_laptops(self) -> tuple[AuditLaptop, ...]:
        """How the audit log of every laptop stands, for administrators; those with something wrong first. Raises not_allowed."""
        from cmpp_desktop.workspace import auditing

        return auditing.laptops(self._need())

    def export_audit(self, path: Path, wanted: AuditFilter, *, reason: str, language: str) -> int:
        """Writes entries of the audit logs as a CSV file; audited, with the reason. Returns how many. Raises Invalid(reason),
        not_allowed, file_not_written."""
        from cmpp_desktop.workspace import auditing

        return auditing.export(self._need(), path, wanted, reason=reason, language=language)

    def send_report(self, content: bytes, *, kind: str, name: str, first: date, last: date) -> UUID:
        """Seals a document about a period for the Board, whose readers and administrators open it; it leaves with the next
        exchange. Audited. For supervisors and administrators; raises not_allowed, Invalid(name, last), file_too_big."""
        from cmpp_desktop.workspace import reporting

        return reporting.send(self._need(), content, kind=kind, name=name, first=first, last=last)

    def reports_received(self) -> tuple[ReceivedReport, ...]:
        """What came for the Board, the newest first: only what its author's laptop signed. Raises not_allowed for everybody but
        board readers and administrators."""
        from cmpp_desktop.workspace import reporting

        return reporting.received(self._need())

    def save_report(self, report_id: UUID, path: Path, *, reason: str) -> None:
        """Writes a received report where the person asked; audited, with the reason. Raises Invalid(reason), record_missing,
        not_allowed, file_not_written."""
        from cmpp_desktop.workspace import reporting

        reporting.save(self._need(), report_id, path, reason=reason)

    def administration(self) -> Administration:
        """What an administrator does with laptops, roles and the recovery kit."""
        from cmpp_desktop.workspace.administration import Administration

        return Administration(self._need(), self._exchanging, self._network().ca, self._vault().secret_kind())

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
