"""Interviews between the window and the store: started, kept at every answer, taken up again, signed.

The draft of an interview holds everything; a `kill -9` loses nothing that `save` has returned for. Alerts make their tasks
the moment they are kept, whatever becomes of the interview.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from cmpp_desktop.changes import HERE
from cmpp_desktop.domain.questions import Instruments, InstrumentSource, Participant
from cmpp_desktop.domain.screenings import Administration, Alert, FinaliseScreening, RaiseAlert
from cmpp_desktop.domain.work import Done
from cmpp_desktop.errors import KnownError
from cmpp_desktop.workspace.parts import Parts
from cmpp_desktop.workspace.profile import Opened
from cmpp_desktop.workspace.views import OpenInterview
from cmpp_protocol import canon
from cmpp_protocol.ids import uuid7

if TYPE_CHECKING:
    from cmpp_desktop.forms import Instrument, InterviewContext

FORMAT = 1


class Interviews:
    """For one opened profile; compiled instruments are kept while it is open."""

    def __init__(self, opened: Opened, parts: Parts) -> None:
        self._opened, self._parts = opened, parts
        self._compiled: dict[UUID, Instrument] = {}

    def instrument(self, instrument_id: UUID) -> Instrument:
        """A compiled instrument. Raises instrument_missing or InstrumentRefused."""
        from cmpp_desktop.forms import compile_instrument

        if instrument_id not in self._compiled:
            self._compiled[instrument_id] = compile_instrument(self._opened.ask(InstrumentSource(instrument_id)))
        return self._compiled[instrument_id]

    def context(self) -> InterviewContext:
        """What expressions may know: the time on the organisation's clocks, ids, randomness, who asks on which laptop."""
        from cmpp_desktop.forms import InterviewContext

        return InterviewContext(
            now=self._opened.now,
            new_id=lambda: uuid7(self._parts.now_ms(), self._parts.randomness(10)),
            randomness=self._parts.randomness,
            username=str(self._opened.member_id),
            device_id=self._opened.device.id.hex(),
        )

    def start(self, participant_id: UUID, instrument_id: UUID, *, language: str, interpreter: str, alone: str) -> OpenInterview:
        row = next((item for item in self._opened.ask(Instruments()) if item.id == instrument_id), None)
        if row is None:
            raise KnownError("instrument_missing")
        if dict(row.card).get("compartment") == "restricted" and not self._holds_restricted():
            raise KnownError("restricted_closed")
        person = self._opened.ask(Participant(participant_id)).participant.fields
        interview = self.instrument(instrument_id).start(self.context())
        held = OpenInterview(
            interview.instance_id, participant_id, person.called, row, interview, language, interpreter=interpreter, alone=alone
        )
        self.save(held)
        return held

    def resume(self, interview_id: UUID) -> OpenInterview:
        draft = self._opened.store.drafts.load(self._opened.member_id, f"interview:{interview_id}")
        if draft is None or draft.participant_id is None:
            raise KnownError("record_missing")
        state = canon.unpack(draft.body)
        if state["v"] != FORMAT:
            raise KnownError("update_first")
        instrument_id = UUID(bytes=state["instrument"])
        row = next((item for item in self._opened.ask(Instruments()) if item.id == instrument_id), None)
        if row is not None and dict(row.card).get("compartment") == "restricted" and not self._holds_restricted():
            raise KnownError("restricted_closed")
        instrument = self.instrument(instrument_id)
        if row is None:
            raise KnownError("instrument_missing")
        person = self._opened.ask(Participant(draft.participant_id)).participant.fields
        return OpenInterview(
            interview_id, draft.participant_id, person.called, row, instrument.resume(state["interview"], self.context()),
            state["language"], state["interpreter"], state["alone"], state["unrelated"], state["stops"], set(state["raised"]),
        )  # fmt: skip

    def save(self, held: OpenInterview) -> tuple[str, ...]:
        """Keeps it as it is now; then the tasks of alerts that are new. Returns their names."""
        interview = held.interview
        body, outcome = interview.save(), interview.outcome()
        new = tuple(alert for alert in outcome.alerts if alert.name not in held.raised)
        self._keep(held, body)
        for alert in new:
            raised = Alert(name=alert.name, kind=alert.kind, ref=alert.ref)
            self._opened.do(RaiseAlert(held.participant_id, held.instrument.id, held.id, raised), HERE)
            held.raised.add(alert.name)
        if new:
            self._keep(held, body)
        return tuple(alert.name for alert in new)

    def finish(self, held: OpenInterview, signature: Sequence[Sequence[int]], typed: str, origin: str) -> Done:
        """Signs it. The draft goes only after the signed screening is durable."""
        interview = held.interview
        answers, outcome = interview.finish(), interview.outcome()
        administration = Administration(
            language=held.language,
            interpreter=held.interpreter,
            alone=held.alone,
            interpreter_unrelated=held.interpreter_unrelated,
            started_at=interview.started,
            finished_at=self._opened.now(),
            stops=held.stops,
        )
        self.save(held)
        done = self._opened.do(
            FinaliseScreening(
                held.participant_id, held.instrument.id, administration, answers, dict(interview.markers),
                dict(interview.notes), outcome.score, dict(outcome.band or {}), outcome.follow_up,
                tuple(Alert(name=alert.name, kind=alert.kind, ref=alert.ref) for alert in outcome.alerts),
                tuple(tuple(stroke) for stroke in signature), typed,
            ),
            origin,
        )  # fmt: skip
        self._opened.store.drafts.delete(self._opened.member_id, held.draft_key)
        return done

    def _keep(self, held: OpenInterview, body: bytes) -> None:
        state = {
            "v": FORMAT, "interview": body, "instrument": held.instrument.id.bytes, "language": held.language,
            "interpreter": held.interpreter, "alone": held.alone, "unrelated": held.interpreter_unrelated,
            "stops": held.stops, "raised": sorted(held.raised),
        }  # fmt: skip
        self._opened.store.drafts.save(
            self._opened.member_id, held.draft_key, canon.pack(state), title=held.instrument.title,
            participant_id=held.participant_id, subject_id=held.id, now_ms=self._opened.engine.now_ms(),
        )  # fmt: skip

    def _holds_restricted(self) -> bool:
        return self._opened.store.holds("restricted", self._opened.team_id)
