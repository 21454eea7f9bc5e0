"""Frozen samples about made-up people, and a workspace that answers with them. Nobody in them exists. One door: import from
here."""

from tests.ui.samples.basis import (
    ANA,
    DENISE,
    LATER,
    LEON,
    LUCIA,
    MARISELA,
    MATEO,
    NOW,
    TODAY,
    ZONE,
    organisation,
    stored,
    uid,
    when,
)
from tests.ui.samples.days import people, today
from tests.ui.samples.door import SampleDoor
from tests.ui.samples.interview import INSTRUMENT, SECTIONS, YES_NO, FakeChoice, FakeInterview, FakeQuestion
from tests.ui.samples.laptops import ANSWER, CHALLENGE, KIT, NEW_KIT
from tests.ui.samples.person import (
    NARRATIVE,
    conflict_items,
    participant_view,
    review_queue,
    session_fields,
    session_view,
    sync_alone,
    sync_decisions,
    sync_status,
    timeline,
)
from tests.ui.samples.records import file_records, record_answers
from tests.ui.samples.steps import at_first_run, at_someone_new

__all__ = [
    "ANA", "ANSWER", "CHALLENGE", "DENISE", "INSTRUMENT", "KIT", "LATER", "LEON", "LUCIA", "MARISELA", "MATEO", "NARRATIVE",
    "NEW_KIT", "NOW", "SECTIONS", "TODAY",
    "YES_NO", "ZONE", "FakeChoice", "FakeInterview", "FakeQuestion", "SampleDoor", "at_first_run", "at_someone_new",
    "conflict_items", "file_records", "organisation", "participant_view", "people", "record_answers",
    "review_queue", "session_fields", "session_view", "stored",
    "sync_alone", "sync_decisions", "sync_status", "timeline", "today", "uid", "when",
]  # fmt: skip
