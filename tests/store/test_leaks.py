"""Nothing of what is restricted reaches who may not know it: no word, no code, no kind, in no answer, paper, table or index.

Ana holds the restricted records and Leon does not; Rosa held them once. Ana's work is random, and every field of what she
writes there holds a word of its own. Then everything that Leon and Rosa can ask is asked, and all of Leon's laptop is read.
"""

from __future__ import annotations

import importlib
import pkgutil
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, get_args
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from cmpp_desktop import domain
from cmpp_desktop.domain.audit_logs import AuditTrail
from cmpp_desktop.domain.calendar import CalendarExport
from cmpp_desktop.domain.consent import ConsentGiven, RecordConsent, RecordSharing
from cmpp_desktop.domain.dispatch import KINDS
from cmpp_desktop.domain.entries import AddRecord, ChangeRecord, OneRecord, Records, RemoveRecord
from cmpp_desktop.domain.finding import Find
from cmpp_desktop.domain.obligations import AddObligation, ObligationFields
from cmpp_desktop.domain.questions import (
    Conflicts,
    Instruments,
    InstrumentSource,
    Organisation,
    Participant,
    People,
    PeopleFilter,
    Session,
    Timeline,
    Today,
)
from cmpp_desktop.domain.records import When, validated
from cmpp_desktop.domain.referrals import CloseReferral, RecordReferralStep, Refer
from cmpp_desktop.domain.restricting import Restrict
from cmpp_desktop.domain.reviews import Amend, ReturnForChanges, SignDocument, SubmitForSignature
from cmpp_desktop.domain.screenings import (
    Administration,
    Alert,
    FinaliseScreening,
    PublishInstrument,
    RaiseAlert,
    RaiseSafetyConcern,
)
from cmpp_desktop.domain.sessions import ChangeSession, RecordSession, SessionContent
from cmpp_desktop.domain.tasks import ChangeNote, CompleteTask, WriteNote
from cmpp_desktop.domain.transfers import HandOver
from cmpp_desktop.domain.work import Question
from cmpp_desktop.errors import Invalid, KnownError, NotAllowed
from cmpp_desktop.store.queries import ANSWERS
from cmpp_desktop.workspace import figures
from cmpp_desktop.workspace.views import (
    AttachmentRequest,
    CaseSummaryRequest,
    CertificateRequest,
    InvitationSheetRequest,
    PaperRequest,
    RecoveryKitRequest,
    ScreeningRequest,
    SessionNoteRequest,
)
from cmpp_protocol import canon
from tests.store.laptops import CASELOAD, DAY, NOON, RESTRICTED, TEAM, Laptop, family
from tests.store.secrets_of import CAPABLE, Filler, in_tables, in_text, questions

# What a code or a kind of something restricted is called, wherever it is written.
CODES = (
    "mental_health", "trafficking_screening", "i914", "i918", "i360_vawa", "i765v", "t_status", "u_status", "vawa",
    "potential_relief", "alert_safety", "alert_minor_at_risk", "alert_self_harm",
)  # fmt: skip
FORM = "Zqformcanary"  # the instrument's name is the organisation's: only in the instrument itself may it be
PUBLIC = (Instruments, InstrumentSource)
ASKED = 16  # of each question, with different parameters


class History:
    """Ana's random work with two families; `secret` is what hers must not leave her collection."""

    def __init__(self, ana: Laptop, rosa: Laptop, chance: random.Random) -> None:
        self.ana, self.rosa, self.chance, self.fill = ana, rosa, chance, Filler(chance)
        self.people = [ana.do(family(name)).id for name in ("Marisela", "Farid")]
        card = {"compartment": "restricted"}
        self.instrument = ana.do(PublishInstrument(FORM, "1", "ab" * 32, FORM, ("en",), "<h:html/>", card)).id
        self.known: dict[str, list[UUID]] = {"participant": list(self.people)}
        self.urgent = 0

    @property
    def ids(self) -> list[UUID]:
        """Of all restricted records so far."""
        return [id for kind, ids in self.known.items() if kind != "participant" for id in ids]

    def step(self, name: str) -> None:
        """One piece of restricted work. It writes into the restricted collection alone; an urgent alert also says: talk to me."""
        before = {(item.collection, item.stamp.hlc) for item in self.ana.store.replica().outbox()}
        getattr(self, f"do_{name}")()
        for change_set in self.ana.store.replica().outbox():
            is_new = (change_set.collection, change_set.stamp.hlc) not in before
            if is_new and change_set.collection != RESTRICTED.bytes and name != "restricted_later":
                assert name == "alert", (name, change_set)
                titles = [canon.unpack(write.value) for write in change_set.writes if write.field == "title_code"]
                assert {write.kind for write in change_set.writes} == {"task"}
                assert titles in ([], ["safety_concern"])

    def who(self) -> UUID:
        return self.chance.choice(self.people)

    def keep(self, kind: str, id: UUID) -> UUID:
        self.known.setdefault(kind, []).append(id)
        return id

    def do_any_kind(self) -> None:
        model = KINDS[self.chance.choice(CAPABLE)]
        record = self.fill.record(model, self.known, participant_id=self.who())
        with self.ana.work() as commit:
            made = commit.work.add(record, compartment="restricted")
            commit()
        self.keep(model.kind, made)

    def do_note(self) -> None:
        type, restricted = self.chance.choice([("mental_health", False), ("contact", True), ("supervision", True)])
        command = WriteNote(self.who(), self.fill.word(), type, self.chance.random() < 0.5, restricted)
        note = self.keep("note", self.ana.do(command).id)
        self.ana.do(ChangeNote(note, {"text": self.fill.word()}))

    def do_session(self) -> None:
        service = self.chance.choice(["mental_health", "trafficking_screening", "case_management"])
        when = When(day=DAY - timedelta(days=self.chance.randint(0, 5)))
        word = self.fill.word
        content = SessionContent((service,), when, 50, word(), place_note=word(), interpreter=word())
        command = RecordSession(self.who(), content, self.chance.random() < 0.5, restricted=True)
        session = self.keep("service_session", self.ana.do(command).id)
        if command.submit:
            return
        self.ana.do(ChangeSession(session, content))
        self.ana.do(SubmitForSignature("service_session", session))
        with self.as_supervisor():
            self.ana.do(ReturnForChanges("service_session", session, self.fill.word()))
        self.ana.do(SubmitForSignature("service_session", session))
        with self.as_supervisor():
            self.ana.do(SignDocument("service_session", session, comment=self.fill.word()))
        self.ana.do(Amend("service_session", session, self.fill.word(), self.fill.word()))

    @contextmanager
    def as_supervisor(self) -> Iterator[None]:
        me = self.ana.actor
        self.ana.actor = type(me)(UUID(int=0xD0), "supervisor", me.device_id, TEAM)
        yield
        self.ana.actor = me

    def do_alert(self) -> None:
        kind = self.chance.choice(["safety", "minor_at_risk", "self_harm"])
        alert = Alert(name=self.fill.word(), kind=kind, ref=self.fill.word())
        self.urgent += 1
        interview = UUID(int=self.chance.getrandbits(120))
        task = self.keep("task", self.ana.do(RaiseAlert(self.who(), self.instrument, interview, alert)).id)
        if self.chance.random() < 0.3:
            self.ana.do(CompleteTask(task))

    def do_screening(self) -> None:
        word = self.fill.word
        now = datetime.fromisoformat("2026-11-24T10:00Z")
        held = Administration(interpreter=word(), started_at=now, finished_at=now)
        alerts = (Alert(name=word(), kind="self_harm"),)
        finished = FinaliseScreening(
            self.who(), self.instrument, held, f"<data>{word()}</data>", {word(): "declined"}, {word(): word()}, word(),
            {"en": word()}, word(), alerts, signature_typed=word(),
        )  # fmt: skip
        self.keep("screening", self.ana.do(finished).id)

    def do_papers(self) -> None:
        who, word = self.who(), self.fill.word
        form = self.chance.choice(["i914", "i918", "i360_vawa", "i765v"])
        values = {"participant_id": who, "form": form, "receipt_number": word(), "note": word()}
        application = self.keep("application", self.ana.do(AddRecord("application", values)).id)
        clock = {"participant_id": who, "application_id": application, "what": "start", "on": DAY, "reason": word()}
        self.keep("clock_event", self.ana.do(AddRecord("clock_event", clock)).id)
        relief = {"participant_id": who, "type": self.chance.choice(["t_status", "u_status", "vawa"]), "why": word()}
        self.keep("potential_relief", self.ana.do(AddRecord("potential_relief", relief)).id)

    def do_plan(self) -> None:
        who, word = self.who(), self.fill.word
        need = {"participant_id": who, "area": "mental_health", "description": word(), "raised_on": DAY}
        need_id = self.keep("need", self.ana.do(AddRecord("need", need)).id)
        goal = {"participant_id": who, "need_id": need_id, "statement": word()}
        goal_id = self.keep("goal", self.ana.do(AddRecord("goal", goal)).id)
        step = {"participant_id": who, "goal_id": goal_id, "what": word()}
        self.keep("action_step", self.ana.do(AddRecord("action_step", step)).id)
        if self.chance.random() < 0.3:
            self.ana.do(ChangeRecord("goal", goal_id, {"progress_note": word()}))
            self.ana.do(RemoveRecord("goal", goal_id))

    def do_referral(self) -> None:
        who, word = self.who(), self.fill.word
        clinic = word()
        consent = ConsentGiven(("share_health",), clinic, word(), interpreter=word(), restricted=True)
        consent_id = self.keep("consent", self.ana.do(RecordConsent(who, consent)).id)
        sharing = RecordSharing(who, "spoken", "share_health", clinic, title=word(), restricted=self.chance.random() < 0.5)
        shared = self.ana.do(sharing)
        assert shared.more == {"consent_id": consent_id}
        self.keep("disclosure", shared.id)
        command = Refer(who, clinic, scope="share_health", reason=word(), restricted=self.chance.random() < 0.5)
        referral = self.keep("referral", self.ana.do(command).id)  # restricted in any case: its consent is
        self.ana.do(RecordReferralStep(referral, "accepted"))
        if self.chance.random() < 0.5:
            self.ana.do(CloseReferral(referral, "no_room", word()))

    def do_restricted_later(self) -> None:
        """Written for everybody, and restricted afterwards: Leon gets it, and then that it went."""
        note = self.ana.do(WriteNote(self.who(), self.fill.word())).id
        need = {"participant_id": self.who(), "area": "housing", "description": self.fill.word(), "raised_on": DAY}
        need_id = self.ana.do(AddRecord("need", need)).id
        self.ana.do(Restrict("note", note))
        self.ana.do(Restrict("need", need_id))

    def do_conflict(self) -> None:
        """Rosa and Ana write at the same time."""
        need = {"participant_id": self.who(), "area": "mental_health", "description": self.fill.word(), "raised_on": DAY}
        need_id = self.keep("need", self.ana.do(AddRecord("need", need)).id)
        self.rosa.receive(self.ana)
        self.rosa.do(ChangeRecord("need", need_id, {"description": self.fill.word()}))
        self.ana.do(ChangeRecord("need", need_id, {"description": self.fill.word()}))

    def noise(self) -> None:
        """Work that everybody may see."""
        self.ana.do(WriteNote(self.who(), "She called about the bus."))
        self.ana.do(AddObligation((self.who(),), "master_hearing", When(day=DAY + timedelta(days=self.chance.randint(-9, 9)))))


STEPS = ("any_kind", "note", "session", "alert", "screening", "papers", "plan", "referral", "conflict", "restricted_later")
HISTORIES = st.lists(st.sampled_from(STEPS), min_size=6, max_size=16)


def open_only(laptop: Laptop, other: Laptop) -> None:
    """What the server would give to somebody without the restricted collection's key."""
    laptop.ms = max(laptop.ms, other.ms)
    for change_set in other.store.replica().outbox():
        if change_set.collection != RESTRICTED.bytes:
            laptop.apply(change_set, other.actor.member_id)


def closed(laptop: Laptop) -> None:
    """Takes a laptop's right to the restricted collection away."""
    replica = laptop.store.replica()
    with replica.transaction():
        replica.put_collection(RESTRICTED, "restricted", TEAM, False)


def told(laptop: Laptop, history: History) -> set[tuple[str, str]]:
    """(question, word) for everything secret in any answer."""
    words = (*history.fill.words, *CODES, FORM, *map(str, history.ids))  # that an id is known is known already too much
    texts = [*history.chance.sample(history.fill.words, 3), "mental"]
    ids = [*history.people, history.instrument, *history.ids]
    found: set[tuple[str, str]] = set()
    for kind in ANSWERS:
        for question in questions(kind, ids, texts, ASKED):
            if isinstance(question, PUBLIC) or getattr(question, "kind", "") == "instrument" or _is_senseless(question):
                continue
            try:
                said = in_text(words, repr(laptop.ask(question)))
            except KnownError as refused:  # which may say again what was asked for
                said = in_text(words, repr(refused)) - in_text(words, repr(question))
            found |= {(repr(question), word) for word in said}
    return found


def _is_senseless(question: Any) -> bool:
    return (
        isinstance(question, Records)
        and question.participant_id is not None
        and "participant_id" not in KINDS[question.kind].model_fields
    )


def printed(laptop: Laptop, person: UUID) -> str:
    """All that goes out of the house about somebody by itself: case summary, hand-over summary, calendar."""
    view, stream = laptop.ask(Participant(person)), laptop.ask(Timeline(person, DAY, ("session",), limit=500))
    made = figures.case_summary(view, (*stream.today, *stream.earlier), laptop.ask(Organisation()), DAY)
    month = timedelta(days=31)
    calendar = laptop.ask(CalendarExport(DAY - month, DAY + month, mine=False))
    handed_over = laptop.ask(HandOver(view.case.id, DAY)) if view.case else None
    return repr((made, calendar, handed_over))


@settings(
    max_examples=3,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),  # a smaller history would take minutes to find, and says no more
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(HISTORIES, st.integers(0, 1 << 30))
def test_no_word_of_it_is_found_by_who_may_not_know(
    tmp_path_factory: pytest.TempPathFactory, steps: list[str], seed: int
) -> None:
    folder: Path = tmp_path_factory.mktemp("leaks")
    ana, rosa = Laptop(folder / "ana", 1), Laptop(folder / "rosa", 3)
    leon = Laptop(folder / "leon", 2, role="supervisor", restricted=False)
    try:
        history = History(ana, rosa, random.Random(seed))
        for name in steps:
            history.step(name)
            if history.chance.random() < 0.4:
                history.noise()
        open_only(leon, ana)
        rosa.receive(ana)
        _drafts(rosa, history)
        for laptop in (leon, rosa):
            while laptop.store.index_texts():  # what arrived can be found now
                pass
        said = [  # while she holds it, Rosa finds them: the search searches
            repr((rosa.ask(Timeline(person, DAY)), [rosa.ask(Records(kind, person)) for kind in CAPABLE]))
            for person in history.people  # all of it may be about one of them
        ]
        assert in_text(history.fill.words, " ".join(said)) or not set(steps) - {"alert"}
        if "note" in steps:
            assert any(rosa.ask(Find(word, DAY)).texts for word in history.fill.words)
        closed(rosa)
        secret = (*history.fill.words, *CODES)
        assert told(leon, history) == set()
        assert in_tables(leon, (*secret, FORM), history.ids, but=("r_instrument",)) == set()
        assert told(rosa, history) == set()
        assert rosa.store.replica().conflict_count(rosa.ms) == len(rosa.ask(Conflicts())) == 0
        for laptop in (ana, leon, rosa):  # for those who hold it, too, a summary is made to be given away
            for person in history.people:
                assert in_text((*secret, FORM), printed(laptop, person)) == set()
    finally:
        for laptop in (ana, rosa, leon):
            laptop.store.close()


def _drafts(laptop: Laptop, history: History) -> None:
    """What Rosa is in the middle of writing."""
    who, me = history.people[0], laptop.actor.member_id
    save = laptop.store.drafts.save
    word = history.fill.word
    save(me, f"restricted:note:{who}", word().encode(), title=word(), participant_id=who, now_ms=NOON)
    body = canon.pack({"v": 1, "instrument": history.instrument.bytes, "said": word()})
    save(me, f"interview:{UUID(int=5)}", body, title=FORM, participant_id=who, now_ms=NOON)


Make = Callable[..., Laptop]


def test_what_leon_counts_is_as_if_nothing_were_restricted(a_laptop: Make) -> None:
    ana, leon, noa = a_laptop(1), a_laptop(2, restricted=False), a_laptop(3, restricted=False)
    history = History(ana, ana, random.Random(7))
    history.noise()
    open_only(noa, ana)
    for name in ("note", "session", "screening", "papers", "plan", "referral", "any_kind") * 2:
        history.step(name)
    open_only(leon, ana)
    for question in (Today(DAY, mine=False), People(DAY), *(Timeline(person, DAY) for person in history.people)):
        assert leon.ask(question) == noa.ask(question)
    for person in history.people:
        assert leon.ask(Participant(person)) == noa.ask(Participant(person))


def test_the_caseload_hears_of_danger_and_not_of_why(a_laptop: Make) -> None:
    ana, leon = a_laptop(1), a_laptop(2, restricted=False)
    history = History(ana, ana, random.Random(1))
    person = history.people[0]
    for kind in ("safety", "self_harm", "minor_at_risk"):
        ana.do(RaiseAlert(person, history.instrument, UUID(int=9), Alert(name=kind, kind=kind)))
    open_only(leon, ana)
    (task,) = leon.ask(Participant(person)).tasks  # one a day, however many there were
    assert (task.fields.title_code, task.fields.subject_id, task.fields.priority) == (
        "safety_concern", ana.actor.staff_id, "high",
    )  # fmt: skip
    assert task.fields.due_at is not None
    assert task.fields.note == task.fields.title == ""
    assert [item.code for item in leon.ask(Today(DAY, mine=False)).today if item.kind == "task"] == ["safety_concern"]
    by_hand = leon.do(RaiseSafetyConcern(history.people[1]))  # whoever sees one cannot tell it from one of an interview
    other = leon.ask(OneRecord("task", by_hand.id)).fields
    assert set(other.model_dump()) == set(task.fields.model_dump())
    assert (other.title_code, other.subject_kind) == (task.fields.title_code, task.fields.subject_kind)


def test_a_concern_that_was_ticked_comes_back_with_the_next_alert(a_laptop: Make) -> None:
    ana = a_laptop()
    history = History(ana, ana, random.Random(1))
    person = history.people[0]
    first = ana.do(RaiseSafetyConcern(person)).id
    ana.do(CompleteTask(first))
    ana.do(RaiseAlert(person, history.instrument, UUID(int=9), Alert(name="a", kind="safety")))
    assert ana.ask(OneRecord("task", first)).fields.done_at is None


def test_who_does_not_hold_it_can_write_nothing_there_and_nothing_open_instead(a_laptop: Make) -> None:
    leon = a_laptop(2, restricted=False)
    person = leon.do(family()).id
    before = len(leon.store.replica().outbox())
    for refused in (
        WriteNote(person, "…", "mental_health"), WriteNote(person, "…", restricted=True),
        AddRecord("need", {"participant_id": person, "area": "mental_health", "raised_on": DAY}),
        AddRecord("potential_relief", {"participant_id": person, "type": "asylum"}),
        RecordSession(person, SessionContent(("mental_health",), When(day=DAY), 50, "…")),
    ):  # fmt: skip
        with pytest.raises(NotAllowed) as said:
            leon.do(refused)
        assert said.value.code == "restricted_closed"
    assert len(leon.store.replica().outbox()) == before


def test_an_open_record_cannot_be_made_to_tell(a_laptop: Make) -> None:
    ana = a_laptop()
    person = ana.do(family()).id
    note = ana.do(WriteNote(person, "She called.")).id
    need = ana.do(AddRecord("need", {"participant_id": person, "area": "mental_health", "raised_on": DAY})).id
    goal = ana.do(AddRecord("goal", {"participant_id": person, "statement": "To sleep"})).id
    for wrong in (ChangeNote(note, {"type": "mental_health"}), ChangeRecord("goal", goal, {"need_id": need})):
        with pytest.raises(Invalid) as said:
            ana.do(wrong)
        assert set(said.value.fields.values()) == {"other_compartment"}
    kept = ana.do(AddRecord("goal", {"participant_id": person, "need_id": need, "statement": "To sleep"})).id
    assert [item.compartment for item in ana.ask(Records("goal", person)) if item.id == kept] == ["restricted"]
    content = SessionContent(("mental_health",), When(day=DAY), 50, "…")
    session = ana.do(RecordSession(person, content, submit=True)).id
    assert ana.ask(Session(session)).reviews[0].compartment == "restricted"
    assert ana.store.replica().states(CASELOAD, [session]) == {}


def test_the_audit_log_keeps_what_it_no_longer_tells(a_laptop: Make) -> None:
    rosa = a_laptop(3)
    history = History(rosa, rosa, random.Random(2))
    for name in ("screening", "note", "session"):
        history.step(name)
    history.noise()
    screening = history.known["screening"][0]
    for kind, id in (("screening", screening), ("participant", history.people[0])):
        rosa.store.note(rosa.actor, rosa.ms, "paper_made", kind, id)
    before = rosa.ask(AuditTrail(500))
    assert {row.subject_id for row in before} >= {screening, history.people[0]}
    closed(rosa)
    after = rosa.ask(AuditTrail(500))
    told_of = {row.subject_id for row in after}
    assert told_of & set(history.ids) == set()
    assert history.people[0] in told_of
    assert set(after) < set(before)
    assert rosa.store.verify_audit() == len(before)  # all of it is there, in its chain
    assert [row.action for row in rosa.ask(AuditTrail(1))] == ["paper_made"]
    replica = rosa.store.replica()
    with replica.transaction():
        replica.put_collection(RESTRICTED, "restricted", TEAM, True)
    assert rosa.ask(AuditTrail(500)) == before


def test_a_filter_does_not_tell_either(a_laptop: Make) -> None:
    rosa = a_laptop(3)
    history = History(rosa, rosa, random.Random(2))
    hearing = validated(ObligationFields, participant_id=history.people[0], type="master_hearing", when=When(day=DAY))
    with rosa.work() as commit:
        commit.work.add(hearing, compartment="restricted")
        commit()
    soon = People(DAY, filter=PeopleFilter(hearing_within=30))
    assert rosa.ask(soon).matching == 1
    closed(rosa)
    assert rosa.ask(soon).matching == 0
    assert all(row.next_when is None for row in rosa.ask(People(DAY, sort="next")).rows)
    assert (rosa.ask(Today(DAY)).today, rosa.ask(Today(DAY)).hearings_in_30_days) == ((), 0)


def test_the_last_contact_forgets_a_session_that_may_not_be_known(a_laptop: Make) -> None:
    rosa = a_laptop(3)
    person = rosa.do(family()).id
    day = DAY - timedelta(days=30)
    rosa.do(RecordSession(person, SessionContent(("case_management",), When(day=day), 30, "…")))
    rosa.do(RecordSession(person, SessionContent(("mental_health",), When(day=DAY), 50, "…")))

    def last() -> object:
        return next(row.last_contact for row in rosa.ask(People(DAY)).rows if row.id == person)

    assert last() == DAY
    closed(rosa)
    assert last() == day
    rosa.do(WriteNote(person, "She called."))
    assert last() == DAY


def test_every_question_and_every_paper_is_searched() -> None:
    """Who adds a question or a paper has to say here what may be in it: `told` asks all of `ANSWERS`, `printed` makes papers."""
    for module in pkgutil.walk_packages(domain.__path__, f"{domain.__name__}."):
        importlib.import_module(module.name)
    # By name: a dataclass with slots is made twice.
    asked = {f"{kind.__module__}.{kind.__qualname__}" for kind in _heirs(Question) if kind.__module__.startswith("cmpp_desktop.")}
    assert asked == {f"{kind.__module__}.{kind.__qualname__}" for kind in ANSWERS}
    # Of these papers each is made of one document, which is asked for by its id (`Session`, `Screening`, an attachment's record).
    whole_documents = {AttachmentRequest, SessionNoteRequest, ScreeningRequest, CertificateRequest}
    of_nobody = {RecoveryKitRequest, InvitationSheetRequest}
    assert set(get_args(PaperRequest)) == {CaseSummaryRequest, *whole_documents, *of_nobody}
    ids, texts = [UUID(int=1)], ["word"]
    assert all(next(questions(kind, ids, texts, ASKED), None) is not None for kind in ANSWERS)


def _heirs(kind: type[Any]) -> Iterator[type[Any]]:
    for heir in kind.__subclasses__():
        yield heir
        yield from _heirs(heir)
