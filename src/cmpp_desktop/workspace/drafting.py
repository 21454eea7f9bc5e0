"""Drafts, questionnaires and interviews."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from cmpp_desktop.changes import HERE
from cmpp_desktop.errors import KnownError
from cmpp_desktop.workspace.core import Core
from cmpp_desktop.workspace.views import OpenInterview

if TYPE_CHECKING:
    from cmpp_desktop.domain.questions import Draft
    from cmpp_desktop.domain.work import Done
    from cmpp_desktop.forms import Changes


class Drafting(Core):
    """Nothing of a draft or an interview is lost: every answer is durable when its method returns."""

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

        return self._publish_instrument(convert(data, file_name).xform)

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
