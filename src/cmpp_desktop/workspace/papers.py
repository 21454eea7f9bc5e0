"""Papers: figures from the store, pages from `reports`, and a note in the audit log of what was made, for whom, and why."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

from cmpp_desktop.changes import HERE
from cmpp_desktop.domain.attachments import AttachmentFields
from cmpp_desktop.domain.consent import RecordSharing, TakeBackSharing
from cmpp_desktop.domain.entries import OneRecord
from cmpp_desktop.domain.questions import Organisation, Participant, Screening, Session, Timeline
from cmpp_desktop.domain.retention import DestructionFields
from cmpp_desktop.domain.work import Done
from cmpp_desktop.errors import BugError, KnownError, NotAllowed
from cmpp_desktop.words import Words
from cmpp_desktop.workspace import attachments, erasures, figures
from cmpp_desktop.workspace.files import write_private
from cmpp_desktop.workspace.interviews import Interviews
from cmpp_desktop.workspace.people import only_administrators
from cmpp_desktop.workspace.profile import Opened
from cmpp_desktop.workspace.views import (
    AttachmentRequest,
    CaseSummaryRequest,
    CertificateRequest,
    InvitationSheetRequest,
    Paper,
    PaperRequest,
    RecoveryKitRequest,
    ScreeningRequest,
    SessionNoteRequest,
)

MOST_SESSIONS = 500


def render(opened: Opened, interviews: Interviews, request: PaperRequest) -> Paper:
    """The paper in memory. Raises record_missing."""
    if isinstance(request, AttachmentRequest):
        return attachments.paper(opened, request.attachment_id)
    here = opened.now()
    said = opened.words(request.language)
    if isinstance(request, CertificateRequest):
        return _certificate(opened, request, said, here)
    if isinstance(request, CaseSummaryRequest):
        paper = _case_summary(opened, request, said, here)
    elif isinstance(request, SessionNoteRequest):
        paper = _session_note(opened, request, said, here)
    elif isinstance(request, RecoveryKitRequest):
        paper = _recovery_kit(opened, request, said, here)
    elif isinstance(request, InvitationSheetRequest):
        paper = _invitation_sheet(opened, request, said, here)
    else:
        paper = _screening(opened, interviews, request, said, here)
    return paper


def _case_summary(opened: Opened, request: CaseSummaryRequest, said: Words, here: datetime) -> Paper:
    from cmpp_desktop.reports import case_summary

    organisation, today = opened.ask(Organisation()), here.date()
    view = opened.ask(Participant(request.participant_id))
    stream = opened.ask(Timeline(request.participant_id, today, kinds=("session",), limit=MOST_SESSIONS))
    sessions = (*stream.today, *stream.earlier)
    made = figures.case_summary(view, sessions, organisation, today)
    line = figures.consent_line(view, said, today)
    around = figures.stationery(organisation, said, here, purpose=request.purpose, consent_line=line)
    pdf = case_summary.render(made, around, said)
    opened.note("paper_made", "participant", request.participant_id, paper="case_summary")
    paper = _paper(said("Case summary"), "case-summary", today, pdf)
    return replace(paper, about=request.participant_id, subject=("participant", request.participant_id))


def _session_note(opened: Opened, request: SessionNoteRequest, said: Words, here: datetime) -> Paper:
    from cmpp_desktop.reports import session_note

    organisation = opened.ask(Organisation())
    owner = request.participant_id or opened.ask(Session(request.session_id)).session.fields.participant_id
    view = opened.ask(Session(request.session_id, seen_from=owner))  # a paper belongs to one file
    person = opened.ask(Participant(owner)).participant.fields
    made = figures.session_note(view, person, organisation)
    if view.withheld:
        withheld = said("What was written is left out: somebody was there from whom this person is kept apart.")
        made = replace(made, narrative=withheld)
    pdf = session_note.render(made, figures.stationery(organisation, said, here), said)
    opened.note("paper_made", "service_session", request.session_id, paper="session_note")
    paper = _paper(said("Session note"), "session-note", here.date(), pdf)
    hidden = view.session.compartment == "restricted"
    return replace(paper, about=owner, subject=("service_session", request.session_id), restricted=hidden)


def _screening(
    opened: Opened, interviews: Interviews, request: ScreeningRequest, said: Words, here: datetime
) -> Paper:
    from cmpp_desktop.reports import screening

    organisation = opened.ask(Organisation())
    view = opened.ask(Screening(request.screening_id))
    held = view.screening.fields
    person = opened.ask(Participant(held.participant_id)).participant.fields
    instrument = interviews.instrument(held.instrument_id)
    interview = instrument.read_submission(held.answers, interviews.context())
    interview.markers.update(held.markers)  # type: ignore[arg-type]  # they were markers when they were written
    languages = _languages(request, held.administration.language, instrument.languages)
    made = figures.screening(view, person, interview.answers(), instrument.card, organisation, languages)
    pdf = screening.render(made, figures.stationery(organisation, said, here), said)
    opened.note("paper_made", "screening", request.screening_id, paper="screening")
    paper = _paper(said("Screening"), "screening", here.date(), pdf)
    hidden = view.screening.compartment == "restricted"
    return replace(paper, about=held.participant_id, subject=("screening", request.screening_id), restricted=hidden)


def _certificate(opened: Opened, request: CertificateRequest, said: Words, here: datetime) -> Paper:
    from cmpp_desktop.reports import certificate

    organisation = opened.ask(Organisation())
    if organisation.me.role != "administrator":
        raise NotAllowed("not_allowed", needs="administrator")
    held = opened.ask(OneRecord(DestructionFields.kind, request.destruction_id)).fields
    stands = erasures.erasures(opened).get(request.destruction_id)
    made = figures.certificate(held, organisation, here, stands)
    pdf = certificate.render(made, figures.stationery(organisation, said, here), said)
    opened.note("paper_made", DestructionFields.kind, request.destruction_id, paper="certificate")
    paper = _paper(said("Certificate of destruction"), "certificate-of-destruction", held.destroyed_at.date(), pdf)
    return replace(paper, subject=(DestructionFields.kind, request.destruction_id))


def dictionary(opened: Opened, path: Path, language: str) -> int:
    """See `Workspace.export_dictionary`."""
    from cmpp_desktop.domain.dictionary import as_csv, as_json, rows

    words = opened.words(language)
    text = as_json(words) if path.suffix.casefold() == ".json" else as_csv(words)
    write_private(path, text.encode())
    count = len(rows(words))
    opened.note("exported", "dictionary", None, count=count)
    return count


def _recovery_kit(opened: Opened, request: RecoveryKitRequest, said: Words, here: datetime) -> Paper:
    from cmpp_desktop.reports import recovery_kit

    only_administrators(opened)
    around = figures.stationery(opened.ask(Organisation()), said, here)
    pdf = recovery_kit.render(request.code, around, said)
    opened.note("paper_made", "organisation", None, paper="recovery_kit")
    return _paper(said("Recovery kit"), "recovery-kit", here.date(), pdf)


def _invitation_sheet(opened: Opened, request: InvitationSheetRequest, said: Words, here: datetime) -> Paper:
    from cmpp_desktop.reports import invitation_sheet

    only_administrators(opened)
    left, around = request.left, figures.stationery(opened.ask(Organisation()), said, here)
    sheet = invitation_sheet.Sheet(
        left.person, left.server, left.words, left.modules, said.here(left.expires_at).date(), around.organisation
    )
    pdf = invitation_sheet.render(sheet, around, said)
    opened.note("paper_made", "staff_member", None, paper="invitation_sheet")
    return _paper(said("Invitation"), "invitation", here.date(), pdf)


def _languages(request: ScreeningRequest, spoken: str, there: tuple[str, ...]) -> tuple[str, ...]:
    first = request.language if request.language in there else there[0]
    second = spoken if spoken in there else next((code for code in there if code != first), first)
    return (first, second) if request.side_by_side and second != first else (first,)


def _paper(title: str, name: str, day: date, pdf: bytes) -> Paper:
    import pikepdf

    with pikepdf.open(io.BytesIO(pdf)) as document:
        pages = len(document.pages)
    return Paper(title, f"{name}-{day.isoformat()}.pdf", pdf, pages)


def save(
    paper: Paper, path: Path, *, reason: str, password: str, note: Callable[[str], None]
) -> None:
    """Writes it, whole or not at all, readable by its user alone. Raises Invalid, file_not_written."""
    from cmpp_desktop.errors import Invalid
    from cmpp_desktop.reports.exports import protect

    if not reason.strip():
        raise Invalid(reason="missing")
    data = protect(paper.pdf, password) if password else (paper.original or paper.pdf)
    write_private(path, data)
    note(reason.strip())


def share(
    opened: Opened,
    paper: Paper,
    path: Path,
    *,
    scope: str,
    recipient: str,
    purpose: str,
    override_reason: str,
    password: str,
) -> Done:
    """Writes it for somebody outside: first through the gate of consent, which keeps the ledger, then to the file; when that is
    not written, nothing was shared, and the ledger does not say so. Raises as `Workspace.share_paper`."""
    if paper.about is None:
        raise BugError("paper_of_nobody")
    kind, subject_id = paper.subject or ("", None)
    sharing = RecordSharing(
        paper.about,
        "document" if kind == AttachmentFields.kind else "paper",
        scope,
        recipient,
        purpose,
        paper.title,
        override_reason,
        subject_kind=kind,
        subject_id=subject_id,
        restricted=paper.restricted,
    )
    done = opened.do(sharing, HERE)

    def note(why: str) -> None:
        opened.note("exported", "disclosure", done.id, reason=why)

    try:
        save(paper, path, reason=purpose.strip() or override_reason.strip() or scope, password=password, note=note)
    except KnownError:
        opened.do(TakeBackSharing(done.id), HERE)
        raise
    return done
