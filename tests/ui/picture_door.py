"""A workspace of samples that answers everything a picture needs, papers included."""

from __future__ import annotations

from typing import Any

from cmpp_desktop import words
from cmpp_desktop.domain import questions as q
from cmpp_desktop.domain.calendar import Calendar, CalendarAnswer
from cmpp_desktop.domain.entries import FileOf
from cmpp_desktop.reports import case_summary, certificate, invitation_sheet
from cmpp_desktop.workspace import CertificateRequest, InvitationSheetRequest, Paper
from cmpp_desktop.workspace.views_documents import DocumentHere, FileDocuments, SmallPicture
from tests.reports import people as papers
from tests.ui.samples import MARISELA, SampleDoor, offices, people, record_answers, sync_status, timeline, uid


class PictureDoor(SampleDoor):
    """`empty`: nothing has been written yet. `offline`: with things that wait, came in and need a choice."""

    def __init__(self, *, empty: bool = False, offline: bool = False, **more: Any) -> None:
        super().__init__(full=True, **more)
        self.empty = empty
        if offline:
            self.status = sync_status()
        self.answers[q.Timeline] = self._timeline
        self.answers |= record_answers()
        self._furnish_documents()
        if empty:
            self.file = FileDocuments()
            self.rows = ()
            self.day = q.TodayAnswer((), (), (), 0, 0)
            for kind in (q.ReviewQueue, q.Conflicts, q.Instruments, FileOf):
                self.answers[kind] = ()
            self.answers |= offices.no_answers()
            self.answers[Calendar] = lambda asked: CalendarAnswer(asked.first, asked.last, (), ())

    def _furnish_documents(self) -> None:
        """A notice that is here, with its first page, and a passport that is on Denise's laptop."""
        notice, passport = uid("notice"), uid("passport")
        here = DocumentHere(notice, "Hearing notice of 8 December", 48_211, 48_211, True, True, "Ana Marroquín")
        away = DocumentHere(passport, "Passport, all pages", 12_300_000, 0, False, True, "Denise Okafor")
        self.file = FileDocuments((here, away))
        page = case_summary.render(papers.summary(), papers.stationery("en"), words.load("en"))
        self.pictures = {notice: SmallPicture(pdf=page)}

    def _timeline(self, question: q.Timeline) -> q.TimelineAnswer:
        def kept(entries: tuple[q.TimelineEntry, ...]) -> tuple[q.TimelineEntry, ...]:
            return tuple(item for item in entries if not question.kinds or item.kind in question.kinds)

        found = timeline()
        return q.TimelineAnswer(kept(found.ahead), kept(found.today), kept(found.earlier), found.more)

    def paper(self, request: Any) -> Paper:
        self._may_fail("paper")
        language = request.language
        if isinstance(request, CertificateRequest):
            made = certificate.render(papers.certificate(), papers.stationery(language), words.load(language))
            return Paper("Certificate of destruction", "certificate.pdf", made, 1)
        if isinstance(request, InvitationSheetRequest):
            left = request.left
            sheet = invitation_sheet.Sheet(left.person, left.server, left.words, left.modules, left.expires_at.date(), "Lantern")
            made = invitation_sheet.render(sheet, papers.stationery(language), words.load(language))
            return Paper("Invitation", "invitation.pdf", made, 1)
        pdf = case_summary.render(papers.summary(), papers.stationery(language), words.load(language))
        return Paper("Case summary", "case-summary.pdf", pdf, 2, MARISELA, ("participant", MARISELA))

    def recent_people(self) -> Any:
        return () if self.empty else tuple(item.id for item in people()[:3])
