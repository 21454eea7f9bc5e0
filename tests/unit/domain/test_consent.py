"""Consent: nothing leaves the provider without one that covers it, and what had gone is known when it is withdrawn."""

from __future__ import annotations

import unicodedata
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmpp_desktop.domain.consent import (
    ConsentFields,
    ConsentGiven,
    RecordConsent,
    RecordSharing,
    WithdrawConsent,
    adult_on,
    needed,
    same_name,
)
from cmpp_desktop.domain.disclosures import DisclosureFields
from cmpp_desktop.domain.households import NewPerson, RegisterHousehold
from cmpp_desktop.domain.participants import age
from cmpp_desktop.domain.records import BirthDate, Life, PersonName
from cmpp_desktop.domain.work import Stored
from cmpp_desktop.errors import Invalid, KnownError, NotAllowed
from tests.unit.domain.memory import MemoryWork

NOW = datetime(2026, 11, 24, tzinfo=UTC)
DAYS = st.dates(date(2025, 1, 1), date(2028, 12, 31))
ALDER = "Alder Legal Aid"


def stored(consent: ConsentFields, number: int = 1) -> Stored[ConsentFields]:
    who = UUID(int=1)
    return Stored(UUID(int=number), consent, Life.LIVE, "caseload", None, NOW, who, NOW, who)


def agreed(**more: object) -> ConsentFields:
    values: dict[str, object] = {
        "participant_id": UUID(int=5), "scope": ["share_legal"], "recipient": ALDER, "purpose": "asylum", "given_on": NOW.date()
    }  # fmt: skip
    return ConsentFields.model_validate({**values, **more})


def covered(consent: ConsentFields, day: date, scope: str = "share_legal", recipient: str = ALDER, purpose: str = "") -> bool:
    return needed([stored(consent)], scope, recipient, purpose, day).covered


@settings(max_examples=60)
@given(DAYS, st.integers(0, 400), st.one_of(st.none(), st.integers(0, 400)), DAYS)
def test_the_last_day_still_counts_and_the_day_of_withdrawal_does_not(
    start: date, lasts: int, withdrawn: int | None, day: date
) -> None:
    ends = start + timedelta(days=lasts)
    stop = None if withdrawn is None else start + timedelta(days=withdrawn)
    consent = agreed(given_on=start, expires_on=ends, withdrawn_on=stop)
    assert covered(consent, day) == (start <= day <= ends and (stop is None or day < stop))
    if stop is None:
        assert covered(consent, ends)
        assert not covered(consent, ends + timedelta(days=1))
    else:
        assert not covered(consent, stop)


SPELLINGS = st.sampled_from(
    ["Alder Legal Aid", "Centro José Martí", "St. Mary's & Co", "مركز الأمل", "आशा केंद्र", "Straßen-Hilfe 24"]
)


@settings(max_examples=80)
@given(SPELLINGS, st.sampled_from([str.upper, str.lower, str.title, str.casefold]), st.integers(0, 3), st.randoms())
def test_a_recipient_is_the_same_however_it_is_typed(name: str, cased: object, spaces: int, chance: object) -> None:
    typed = cased(name) if callable(cased) else name
    typed = unicodedata.normalize("NFD", typed).replace(" ", " " * (spaces + 1)).replace("-", " ").replace("&", "and")
    assert same_name(f"  {typed} ") == same_name(name)
    assert covered(agreed(recipient=name), NOW.date(), recipient=typed)


@settings(max_examples=80)
@given(st.text(min_size=1, max_size=12), st.text(min_size=1, max_size=12))
def test_no_other_letters_are_taken_for_the_recipient(one: str, other: str) -> None:
    letters = {sign for sign in same_name(one) if sign.isalnum()}
    others = {sign for sign in same_name(other) if sign.isalnum()}
    if letters != others:
        consent = agreed().model_copy(update={"recipient": one})
        assert not covered(consent, NOW.date(), recipient=other)


def test_two_names_whose_vowels_are_marks_stay_two() -> None:
    assert same_name("कि") != same_name("की")
    assert same_name("José") == same_name("JOSE")
    assert not covered(agreed(recipient="!"), NOW.date(), recipient="?")
    assert not covered(agreed(recipient="", purpose=""), NOW.date(), recipient="?")


def test_what_is_missing_is_said() -> None:
    day = NOW.date()
    cases = [
        ([], "none", None),
        ([agreed(scope=["share_school"])], "none", None),
        ([agreed(recipient="Birch School")], "recipient", None),
        ([agreed(purpose="a work permit")], "purpose", None),
        ([agreed(expires_on=day - timedelta(days=1), given_on=day - timedelta(days=9))], "expired", day - timedelta(days=1)),
        ([agreed(withdrawn_on=day)], "withdrawn", day),
        ([agreed(given_on=day + timedelta(days=1))], "not_yet", day + timedelta(days=1)),
        ([agreed(recipient="Birch"), agreed(withdrawn_on=day)], "withdrawn", day),  # the one that comes nearest is named
    ]
    for consents, why, when in cases:
        said = needed([stored(item, at) for at, item in enumerate(consents)], "share_legal", ALDER, "Asylum", day)
        assert (said.covered, said.why, said.day) == (False, why, when)
    both = [stored(agreed(withdrawn_on=day), 1), stored(agreed(), 2)]
    assert needed(both, "share_legal", ALDER, " ASYLUM. ", day).consent_id == UUID(int=2)


@settings(max_examples=60)
@given(st.dates(date(2000, 1, 1), date(2012, 12, 31)), st.integers(-400, 400))
def test_what_a_parent_agreed_to_ends_with_childhood(born: date, offset: int) -> None:
    grown = adult_on(BirthDate(day=born))
    assert grown is not None
    day = grown + timedelta(days=offset)
    years = age(BirthDate(day=born), day)
    consent = stored(agreed(given_on=born + timedelta(days=3000), how_given="guardian"))
    said = needed([consent], "share_legal", ALDER, "", day, born=BirthDate(day=born))
    assert said.covered == (years is not None and years < 18)
    if not said.covered:
        assert (said.why, said.day) == ("turned_adult", grown)
    own = stored(agreed(given_on=grown))
    assert needed([own], "share_legal", ALDER, "", max(day, grown), born=BirthDate(day=born)).covered


@pytest.fixture
def work() -> MemoryWork:
    return MemoryWork()


@pytest.fixture
def noor(work: MemoryWork) -> UUID:
    person = NewPerson(PersonName(given="Noor", family="Haddad"), birth_date=BirthDate(day=date(2009, 2, 10)))
    return work.do(RegisterHousehold((person,), ConsentGiven(how_given="guardian"))).id


def test_a_summary_goes_to_the_lawyer_only_under_noors_consent(work: MemoryWork, noor: UUID) -> None:
    with pytest.raises(NotAllowed) as refused:
        work.do(RecordSharing(noor, "paper", "share_legal", ALDER, title="Case summary"))
    assert refused.value.code == "needs_consent"
    assert (refused.value.facts["scope"], refused.value.facts["why"]) == ("share_legal", "none")
    assert ALDER not in str(refused.value)  # errors are logged: no names
    consent = work.do(RecordConsent(noor, ConsentGiven(("share_legal",), ALDER, "asylum", how_given="guardian"))).id
    done = work.do(RecordSharing(noor, "paper", "share_legal", "ALDER  legal aid", "Asylum", "Case summary"))
    assert done.more == {"consent_id": consent}
    line = work.get(DisclosureFields, done.id).fields
    assert (line.consent_id, line.shared_at, line.shared_by, line.override_reason) == (consent, work.now, work.member, "")
    assert ("shared", done.id) in work.audited


def test_a_withdrawal_shows_what_had_already_gone(work: MemoryWork, noor: UUID) -> None:
    consent = work.do(RecordConsent(noor, ConsentGiven(("share_legal", "share_school"), ALDER, "asylum"))).id
    gone = [work.do(RecordSharing(noor, "spoken", scope, ALDER)).id for scope in ("share_legal", "share_school")]
    slip = work.do(RecordSharing(noor, "paper", "share_legal", ALDER))
    assert slip.undo is not None
    work.do(slip.undo)  # the file was not written: nothing went
    withdrawn = work.do(WithdrawConsent(consent, "She changed her mind"))
    assert withdrawn.more == {"disclosed": tuple(gone)}
    with pytest.raises(KnownError) as refused:
        work.do(RecordSharing(noor, "spoken", "share_legal", ALDER))
    assert refused.value.facts["why"] == "withdrawn"
    assert refused.value.facts["consent_id"] == str(consent)
    assert withdrawn.undo is not None
    work.do(withdrawn.undo)
    work.do(RecordSharing(noor, "spoken", "share_legal", ALDER))
    with pytest.raises(Invalid):
        work.do(WithdrawConsent(consent, withdrawn_on=date(2020, 1, 1)))


def test_only_a_supervisor_goes_past_it_with_a_reason_that_is_written_down(work: MemoryWork, noor: UUID) -> None:
    urgent = RecordSharing(noor, "spoken", "share_health", "County hospital", override_reason="Unconscious; allergy")
    with pytest.raises(NotAllowed) as refused:
        work.do(urgent)
    assert refused.value.code == "not_allowed"
    assert not work.find(DisclosureFields)
    work.become(2, "supervisor")
    with pytest.raises(NotAllowed):
        work.do(RecordSharing(noor, "spoken", "share_health", "County hospital", override_reason="  "))
    done = work.do(urgent)
    line = work.get(DisclosureFields, done.id).fields
    assert (line.consent_id, line.override_reason) == (None, "Unconscious; allergy")
    assert ("consent_overridden", done.id) in work.audited


def test_on_noors_eighteenth_birthday_what_her_mother_signed_is_not_enough(work: MemoryWork, noor: UUID) -> None:
    work.do(RecordConsent(noor, ConsentGiven(("share_school",), "Birch School", "enrolment", how_given="guardian")))
    work.now = datetime(2027, 2, 9, 12, tzinfo=UTC)
    work.do(RecordSharing(noor, "spoken", "share_school", "Birch School"))
    work.now = datetime(2027, 2, 10, 12, tzinfo=UTC)
    with pytest.raises(KnownError) as refused:
        work.do(RecordSharing(noor, "spoken", "share_school", "Birch School"))
    assert (refused.value.facts["why"], refused.value.facts["day"]) == ("turned_adult", "2027-02-10")
    work.do(RecordConsent(noor, ConsentGiven(("share_school",), "Birch School", "enrolment")))
    work.do(RecordSharing(noor, "spoken", "share_school", "Birch School"))


def test_nothing_is_shared_with_nobody(work: MemoryWork, noor: UUID) -> None:
    with pytest.raises(Invalid):
        work.do(RecordSharing(noor, "spoken", "services", " "))
