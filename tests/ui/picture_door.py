"""A workspace of samples that answers everything a picture needs: the frame's samples and the pages' samples together."""

from __future__ import annotations

from typing import Any

from cmpp_desktop import words
from cmpp_desktop.domain import questions as q
from cmpp_desktop.reports import case_summary
from cmpp_desktop.workspace import OpenInterview, Paper, SyncStatus
from tests.reports import people as papers
from tests.ui import page_samples
from tests.ui.samples import SampleDoor, people

_ANSWERED = (
    q.Participant, q.Timeline, q.Session, q.LastSession, q.ReviewQueue, q.Conflicts, q.Instruments,
)  # fmt: skip


class PictureDoor(SampleDoor):
    """`empty`: nothing has been written yet. `offline`: with things that wait, came in and need a choice."""

    def __init__(self, *, empty: bool = False, offline: bool = False, **more: Any) -> None:
        super().__init__(**more)
        self.pages = page_samples.FakeWorkspace()
        self.empty = empty
        if offline:
            self.status = page_samples.sync_status()
        self.answers[q.Organisation] = lambda question: page_samples.organisation(self._role)
        for kind in _ANSWERED:
            self.answers[kind] = self.pages.ask
        self.answers[q.Timeline] = self._timeline
        if empty:
            self.rows = ()
            self.day = q.TodayAnswer((), (), (), 0, 0)
            for kind in (q.ReviewQueue, q.Conflicts, q.Instruments):
                self.answers[kind] = lambda question: ()

    def _timeline(self, question: q.Timeline) -> q.TimelineAnswer:
        def kept(entries: tuple[q.TimelineEntry, ...]) -> tuple[q.TimelineEntry, ...]:
            return tuple(item for item in entries if not question.kinds or item.kind in question.kinds)

        found = page_samples.timeline()
        return q.TimelineAnswer(kept(found.ahead), kept(found.today), kept(found.earlier), found.more)

    def start_interview(self, *args: Any, **more: Any) -> OpenInterview:
        return self.pages.start_interview(*args, **more)

    def resume_interview(self, interview_id: Any) -> OpenInterview:
        return self.pages.resume_interview(interview_id)

    def save_interview(self, held: OpenInterview, changes: Any = None) -> tuple[str, ...]:
        return self.pages.save_interview(held, changes)

    def paper(self, request: Any) -> Paper:
        language = request.language
        pdf = case_summary.render(papers.summary(), papers.stationery(language), words.load(language))
        return Paper("Case summary", "case-summary.pdf", pdf, 2)

    def sync_status(self) -> SyncStatus:
        return self.status

    def recent_people(self) -> Any:
        return () if self.empty else tuple(item.id for item in people()[:3])

