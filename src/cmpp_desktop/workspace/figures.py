"""From what the store answered to what the papers print: names in place of ids, no A-number but its end.

Plain functions from frozen values to frozen values; tested without a store or a page.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from cmpp_desktop.domain.consent import in_force
from cmpp_desktop.domain.erasures import Erasure
from cmpp_desktop.domain.obligations import HEARINGS, ObligationFields
from cmpp_desktop.domain.participants import AddressFields, ParticipantFields, age
from cmpp_desktop.domain.questions import OrganisationView, ParticipantView, ScreeningView, SessionView, TimelineEntry
from cmpp_desktop.domain.retention import DestructionFields
from cmpp_desktop.domain.reviews import AmendmentFields
from cmpp_desktop.domain.work import Stored
from cmpp_desktop.forms import AnswerLine
from cmpp_desktop.reports import figures as paper
from cmpp_desktop.words import Words, zone_of

LOOK_BACK = timedelta(days=90)
RESTRICTED = "restricted"
KEPT_TYPES = ("attended", "missed_excused", "missed_unexcused", "unknown")


def stationery(
    organisation: OrganisationView, words: Words, at: datetime, *, purpose: str = "", consent_line: str = ""
) -> paper.Stationery:
    """What stands around every paper; `at` aware, in the zone where it is printed."""
    return paper.Stationery(
        organisation=organisation.name,
        purpose=purpose,
        consent_line=consent_line,
        printed_by=organisation.me.name,
        printed_at=at,
        language=words.language,
        confidentiality=organisation.confidentiality,
    )


def consent_line(view: ParticipantView, words: Words, today: date) -> str:
    """"Consent: Legal partner, to 14 May 2027": what may be shared now; "" when nothing may."""
    shared = []
    for consent in (item for item in view.consents if item.compartment != RESTRICTED):
        scopes = [words.code("consent_scope", scope) for scope in consent.fields.scope if scope != "services"]
        if scopes and in_force(consent.fields, today):
            until = consent.fields.expires_on
            end = words(", to {day}", day=words.short_date(until)) if until else ""
            shared.append(", ".join(scopes) + end)
    return words("Consent: {what}", what="; ".join(shared)) if shared else ""


def case_summary(
    view: ParticipantView, sessions: Sequence[TimelineEntry], organisation: OrganisationView, today: date
) -> paper.CaseSummary:
    """`sessions`: the participant's, at least those of the last 90 days. What is restricted is not in it: it goes out of the
    house, and whoever prints it may hold more than whoever gets it may know."""
    person = view.participant.fields
    address = current_address(view.addresses, today)
    open_ones = (entry for entry in sessions if entry.kind == "session" and not entry.restricted)
    recent = [entry for entry in open_ones if entry.day >= today - LOOK_BACK]
    court = next((item.fields for item in reversed(view.obligations) if item.fields.type in HEARINGS), None)
    return paper.CaseSummary(
        as_of=today,
        name=person.legal_name.full,
        preferred_name=person.preferred_name,
        native_name=person.native_name,
        pronunciation=person.pronunciation,
        safe_contact=person.safe_contact,
        birth_date=person.birth_date,
        country=person.country_of_birth,
        languages=tuple(person.languages),
        interpreter_needed=person.interpreter_needed,
        interpreter_note=person.interpreter_note,
        a_number_end=end_of(person),
        lives_at="" if address is None else address.address.one_line,
        lives_since=None if address is None else address.since,
        household=tuple(
            paper.Relative(member.name, member.relationship, age(member.birth_date, today)) for member in view.household
        ),
        flags=tuple(person.flags),
        case_state=None if view.case is None else view.case.fields.state,
        court=_court(court, person),
        duties=tuple(_duty(item.fields) for item in view.obligations if _ahead_or_open(item.fields, today)),
        kept=_kept(view.obligations, today),
        sessions=len(recent),
        minutes=sum(entry.minutes for entry in recent),
        services=tuple(Counter(entry.code for entry in recent).most_common()),
        in_short="\n\n".join(note.fields.text for note in view.pinned if note.compartment != RESTRICTED),
        caseworker=view.caseworker,
        supervisor=next((staff.name for staff in organisation.staff if staff.role == "supervisor"), ""),
    )


def certificate(
    held: DestructionFields, organisation: OrganisationView, here: datetime, erasure: Erasure | None
) -> paper.Certificate:
    """Of a destroyed file, with names of the staff; `here` says in which zone its time is read."""
    names = {staff.id: staff.name for staff in organisation.staff}
    return paper.Certificate(
        counts=held.counts,
        kept=held.kept,
        award=held.award,
        ground=held.ground,
        kept_until=held.kept_until,
        destroyed_at=held.destroyed_at.astimezone(here.tzinfo),
        destroyed_by=names.get(held.destroyed_by, "") if held.destroyed_by else "",
        witness=names.get(held.witness_id, "") if held.witness_id else "",
        subject_hash=held.subject_hash,
        salt=held.salt,
        erasure=erasure,
    )


def end_of(person: ParticipantFields) -> str:
    """The last three digits of the A-number: all of it that a paper shows."""
    return person.a_number[-3:]


def current_address(addresses: Sequence[Stored[AddressFields]], today: date) -> AddressFields | None:
    """Where they live on that day; a confidential address is not printed."""
    found = None
    for item in addresses:
        ended = item.fields.until is not None and item.fields.until <= today
        if item.fields.use == "home" and not item.fields.confidential and not ended:
            found = item.fields
    return found


def _ahead_or_open(obligation: ObligationFields, today: date) -> bool:
    return obligation.result is None and (obligation.when.day >= today - LOOK_BACK)


def _duty(obligation: ObligationFields) -> paper.Duty:
    return paper.Duty(
        type=obligation.type,
        when=obligation.when,
        rule=obligation.rule,
        note=obligation.place,
        transport=obligation.transport,
        lawyer=obligation.lawyer,
        interpreter=obligation.interpreter,
    )


def _court(hearing: ObligationFields | None, person: ParticipantFields) -> paper.CourtCase:
    if hearing is None:
        return paper.CourtCase(arrived_on=person.arrived_on)
    return paper.CourtCase(
        court=hearing.place, judge=hearing.judge, lawyer=hearing.lawyer, arrived_on=person.arrived_on
    )


def _kept(obligations: Sequence[Stored[ObligationFields]], today: date) -> tuple[paper.Kept, ...]:
    counted: dict[str, Counter[str]] = {}
    for item in obligations:
        result = item.fields.result
        if item.fields.when.day < today and item.fields.type != "appointment" and result not in ("cancelled", "moved_by_agency"):
            counted.setdefault(item.fields.type, Counter())[result or "unknown"] += 1
    return tuple(
        paper.Kept(type=type, **{name: counts[name] for name in KEPT_TYPES}) for type, counts in sorted(counted.items())
    )


def session_note(view: SessionView, person: ParticipantFields, organisation: OrganisationView) -> paper.SessionNote:
    """A session with its narrative, attendance, reviews and signature."""
    session = view.session.fields
    signatures: tuple[paper.Signature, ...] = ()
    if view.signed_at is not None:
        signer = next((staff for staff in organisation.staff if staff.name == view.signed_by), None)
        signatures = (
            paper.Signature(
                who=view.signed_by,
                at=_here(view.signed_at, organisation),
                role=signer.role if signer else "",
                device=_laptop(organisation, signer.id if signer else None),
                content_hash=view.content_hash,
            ),
        )
    return paper.SessionNote(
        participant=view.participant,
        services=tuple(session.services),
        when=session.when,
        minutes=session.minutes,
        status=view.status,
        narrative=session.narrative,
        a_number_end=end_of(person),
        mode=session.mode,
        place=session.place,
        place_note=session.place_note,
        language=session.language,
        interpreter=session.interpreter,
        staff=view.staff,
        attendees=tuple(paper.Attendee(name, attendance) for _, name, attendance in view.attendees),
        signatures=signatures,
        steps=tuple(
            paper.ReviewStep(review.fields.verdict, who, _here(review.fields.at, organisation), review.fields.comment)
            for review, who in zip(view.reviews, view.reviewers, strict=True)
        ),
        amendments=tuple(
            _amendment(item.fields, organisation) for item in view.amendments
        ),
    )


def _amendment(item: AmendmentFields, organisation: OrganisationView) -> paper.AmendmentText:
    who = _name(organisation, item.author_id)
    return paper.AmendmentText(item.text, item.reason, who, _here(item.at, organisation))


def screening(
    view: ScreeningView,
    person: ParticipantFields,
    lines: Sequence[AnswerLine],
    card: Mapping[str, str],
    organisation: OrganisationView,
    languages: tuple[str, ...],
) -> paper.ScreeningPaper:
    """A finished interview; `lines` are its answers as the instrument reads them back."""
    held = view.screening.fields
    about = held.administration
    signature = paper.Signature(
        who=view.staff,
        at=_here(view.signed_at or about.finished_at, organisation),
        role=next((staff.role for staff in organisation.staff if staff.id == held.staff_id), ""),
        device=_laptop(organisation, held.staff_id),
        content_hash=view.content_hash,
        strokes=tuple(tuple(stroke) for stroke in held.signature),
        typed=held.signature_typed,
    )
    return paper.ScreeningPaper(
        participant=view.participant,
        title=held.title,
        form_id=held.form_id,
        version=held.form_version,
        instrument_hash=held.instrument_hash,
        languages=languages,
        answers=tuple(answer(line) for line in lines),
        started_at=_here(about.started_at, organisation),
        finished_at=_here(about.finished_at, organisation),
        a_number_end=end_of(person),
        card=card,
        language=about.language,
        interpreter=about.interpreter,
        alone=about.alone,
        interpreter_unrelated=about.interpreter_unrelated,
        stops=about.stops,
        score=held.score,
        band=held.band,
        follow_up=held.follow_up,
        alerts=tuple(paper.AlertLine(alert.kind) for alert in held.alerts),
        staff=view.staff,
        signature=signature if view.signed_at is not None else None,
    )


def answer(line: AnswerLine) -> paper.Answer:
    """One line of the interview as the paper wants it."""
    return paper.Answer(
        label=line.labels, section=line.section, value=line.values, raw=line.raw, marker=line.marker or ""
    )


def _here(at: datetime, organisation: OrganisationView) -> datetime:
    return at.astimezone(zone_of(organisation.zone))


def _name(organisation: OrganisationView, staff_id: UUID) -> str:
    return next((staff.name for staff in organisation.staff if staff.id == staff_id), "")


def _laptop(organisation: OrganisationView, member_id: UUID | None) -> str:
    """The laptop of a member of staff when they have only one: else the paper leaves it out."""
    names = [name for _, name, member in organisation.device_names if member == member_id]
    return names[0] if len(names) == 1 else ""
