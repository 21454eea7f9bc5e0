"""Consent: what somebody agreed to, for whom, why and until when. Nothing leaves the provider without one that covers it.

`needed` is the rule, pure; `share` is the gate: every way out (a paper, a referral, a transfer to another provider) goes through
it, and it writes the ledger of disclosures.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import Field

from cmpp_desktop.domain.codes import check_codes
from cmpp_desktop.domain.disclosures import DisclosureFields
from cmpp_desktop.domain.participants import ADULT_AT, ParticipantFields
from cmpp_desktop.domain.records import BirthDate, Fields, coded, refers, validated
from cmpp_desktop.domain.work import Command, Done, Question, Role, Stored, Work
from cmpp_desktop.errors import Invalid, NotAllowed

BY_GUARDIAN = "guardian"  # of code list consent_how
OVERRIDERS: tuple[Role, ...] = ("supervisor", "administrator")


class ConsentFields(Fields):
    """One consent. `scope`: code list consent_scope (services, share_legal, share_school, share_health…)."""

    kind: ClassVar[str] = "consent"

    participant_id: UUID
    scope: list[str] = coded("consent_scope", ...)
    recipient: str = Field(default="", max_length=200)  # "" : the provider itself
    purpose: str = Field(default="", max_length=500)
    language: str = coded("language", "en")
    how_given: str = coded("consent_how", "signed")
    interpreter: str = Field(default="", max_length=200)
    given_on: date
    expires_on: date | None = None
    withdrawn_on: date | None = None
    withdrawal_note: str = Field(default="", max_length=500)
    signature: list[list[int]] = Field(default_factory=list)  # strokes, each x0, y0, x1, y1… in tenths of a millimetre
    witness_id: UUID | None = refers("staff_member")
    attachment_id: UUID | None = refers("attachment")  # the signed paper, where there is one


@dataclass(frozen=True)
class ConsentGiven:
    """What was agreed to. `given_on` None: today. `restricted`: its recipient or purpose would tell what only some may know."""

    scope: tuple[str, ...] = ("services",)
    recipient: str = ""
    purpose: str = ""
    language: str = "en"
    how_given: str = "signed"
    interpreter: str = ""
    given_on: date | None = None
    expires_on: date | None = None
    signature: tuple[tuple[int, ...], ...] = ()
    restricted: bool = False


@dataclass(frozen=True)
class RecordConsent(Command):
    participant_id: UUID
    consent: ConsentGiven


@dataclass(frozen=True)
class WithdrawConsent(Command):
    """From that day on (None: today) nothing goes under it. `Done.more["disclosed"]`: ids of what had gone already."""

    consent_id: UUID
    note: str = ""
    withdrawn_on: date | None = None


@dataclass(frozen=True)
class RestoreConsent(Command):
    """Takes a withdrawal back that was a slip of the hand."""

    consent_id: UUID


@dataclass(frozen=True)
class RecordSharing(Command):
    """Something about a participant goes to somebody outside. `what`: code list disclosure_what.

    Raises needs_consent (see `share`), not_allowed for an override by somebody who may not. `Done.more["consent_id"]` says
    under which consent it went, None for an override.
    """

    participant_id: UUID
    what: str
    scope: str
    recipient: str
    purpose: str = ""
    title: str = ""
    override_reason: str = ""
    subject_kind: str = ""
    subject_id: UUID | None = None
    restricted: bool = False


@dataclass(frozen=True)
class TakeBackSharing(Command):
    """The entry was a mistake, or the sending did not succeed: nothing was shared. Audited; the entry is kept as deleted."""

    disclosure_id: UUID


Missing = Literal["", "none", "recipient", "purpose", "not_yet", "expired", "withdrawn", "turned_adult"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether something may be shared. Covered: by `consent_id`. Otherwise `why`, with the consent that comes nearest and the
    day on which it began, ended or stopped being enough."""

    consent_id: UUID | None
    why: Missing = ""
    nearest_id: UUID | None = None
    day: date | None = None

    @property
    def covered(self) -> bool:
        return self.consent_id is not None


@dataclass(frozen=True, slots=True)
class Sharing:
    """What `share` did: the consent under which it went (None: overridden), and its line in the ledger."""

    consent_id: UUID | None
    disclosure_id: UUID


@dataclass(frozen=True, slots=True)
class ConsentCheck(Question[Verdict]):
    """Whether something of a scope may go to a recipient on a day: what `share` would say, before anybody tries."""

    participant_id: UUID
    scope: str
    recipient: str
    day: date
    purpose: str = ""


def record_consent(command: RecordConsent, work: Work) -> Done:
    work.get(ParticipantFields, command.participant_id)
    return Done(record_consent_for(command.participant_id, command.consent, work))


def record_consent_for(participant_id: UUID, given: ConsentGiven, work: Work) -> UUID:
    """Adds the consent. Raises Invalid for an empty scope, a recipient without purpose, or an end before the start."""
    given_on = given.given_on or work.today
    if not given.scope:
        raise Invalid(scope="missing")
    if given.recipient and not given.purpose:
        raise Invalid(purpose="missing")
    if given.expires_on is not None and given.expires_on < given_on:
        raise Invalid(expires_on="before_start")
    record = validated(
        ConsentFields,
        participant_id=participant_id,
        scope=list(given.scope),
        recipient=given.recipient,
        purpose=given.purpose,
        language=given.language,
        how_given=given.how_given,
        interpreter=given.interpreter,
        given_on=given_on,
        expires_on=given.expires_on,
        signature=[list(stroke) for stroke in given.signature],
        witness_id=work.actor.staff_id,
    )
    check_codes(record, ("scope", "how_given", "language"), work)
    team = work.get(ParticipantFields, participant_id).team_id
    return work.add(record, team_id=team, compartment="restricted" if given.restricted else None)


def withdraw_consent(command: WithdrawConsent, work: Work) -> Done:
    held = work.get(ConsentFields, command.consent_id).fields
    day = command.withdrawn_on or work.today
    if day < held.given_on:
        raise Invalid(withdrawn_on="before_start")
    work.change(ConsentFields, command.consent_id, withdrawn_on=day, withdrawal_note=command.note)
    gone = tuple(item.id for item in work.find(DisclosureFields, consent_id=command.consent_id))
    return Done(command.consent_id, RestoreConsent(command.consent_id), {"disclosed": gone})


def restore_consent(command: RestoreConsent, work: Work) -> Done:
    work.change(ConsentFields, command.consent_id, withdrawn_on=None, withdrawal_note="")
    return Done(command.consent_id)


def in_force(consent: ConsentFields, today: date) -> bool:
    """Given, not yet expired, not withdrawn, on that day: the day of expiry still counts, the day of withdrawal does not."""
    return not _ended(consent, today)[0]


def same_name(name: str) -> str:
    """A name as recipients are compared by: however it was written, with capitals, accents, dots, hyphens or more spaces.

    Only marks of the Latin kind are taken off: in other scripts they are letters, and two names must never become one.
    """
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", name) if not "\u0300" <= sign <= "\u036f")
    spelled = unicodedata.normalize("NFKC", plain.casefold().replace("&", " and "))
    return " ".join("".join(_compared(sign) for sign in spelled).split())


def _compared(sign: str) -> str:
    if sign.isalnum() or unicodedata.category(sign).startswith("M"):
        return sign
    return "" if sign in "'’." else " "


def needed(
    consents: Iterable[Stored[ConsentFields]],
    scope: str,
    recipient: str,
    purpose: str,
    today: date,
    *,
    born: BirthDate | None = None,
) -> Verdict:
    """The consent that lets something of that scope go to that recipient for that purpose on that day; or why none does.

    `purpose` "" asks for whichever was agreed. `born`: the participant's; what somebody else agreed to for a child is not
    enough from the day on which the child is an adult. Of several that cover it the latest counts.
    """
    best: tuple[int, date, UUID, Missing, date | None] | None = None
    for item in sorted(consents, key=lambda one: (one.fields.given_on, one.id)):
        passed, why, day = _judged(item.fields, scope, recipient, purpose, today, born)
        if best is None or (passed, item.fields.given_on) >= best[:2]:
            best = (passed, item.fields.given_on, item.id, why, day)
    if best is None or best[0] == 0:
        return Verdict(None, "none")
    return Verdict(best[2]) if not best[3] else Verdict(None, best[3], best[2], best[4])


def _judged(
    consent: ConsentFields, scope: str, recipient: str, purpose: str, today: date, born: BirthDate | None
) -> tuple[int, Missing, date | None]:
    """How many of the conditions it meets, the first that it does not, and the day that this one speaks of."""
    if scope not in consent.scope:
        return 0, "none", None
    if not _is_named(consent.recipient, recipient):
        return 1, "recipient", None
    if purpose.strip() and not _is_named(consent.purpose, purpose):
        return 2, "purpose", None
    why, day = _ended(consent, today)
    if why:
        return 3, why, day
    grown = adult_on(born)
    given_for_them = consent.how_given == BY_GUARDIAN or (grown is not None and consent.given_on < grown)
    if given_for_them and grown is not None and grown <= today:
        return 4, "turned_adult", grown
    return 5, "", None


def _ended(consent: ConsentFields, today: date) -> tuple[Missing, date | None]:
    if consent.withdrawn_on is not None and consent.withdrawn_on <= today:
        return "withdrawn", consent.withdrawn_on
    if consent.expires_on is not None and consent.expires_on < today:
        return "expired", consent.expires_on
    if consent.given_on > today:
        return "not_yet", consent.given_on
    return "", None


def _is_named(agreed: str, asked: str) -> bool:
    """Whether two recipients (or purposes) are the same; nothing but punctuation is compared as it is."""
    one, other = same_name(agreed), same_name(asked)
    return one == other if one or other else agreed.strip() == asked.strip()


def adult_on(born: BirthDate | None) -> date | None:
    """The day on which somebody becomes an adult; somebody born on 29 February on 1 March. None when it is not known."""
    if born is None:
        return None
    try:
        return born.day.replace(year=born.day.year + ADULT_AT)
    except ValueError:
        return date(born.day.year + ADULT_AT, 3, 1)


def verdict_for(work: Work, participant_id: UUID, scope: str, recipients: Sequence[str], purpose: str = "") -> Verdict:
    """The verdict of `needed` for today; `recipients` are the names of one organisation, the usual one first."""
    from cmpp_desktop.domain.merges import shown  # it knows participants

    born = shown(participant_id, work).birth_date
    consents = work.find(ConsentFields, participant_id=participant_id)
    verdicts = [needed(consents, scope, name, purpose, work.today, born=born) for name in recipients]
    return next((one for one in verdicts if one.covered), verdicts[0])


def share(
    work: Work,
    participant_id: UUID,
    *,
    what: str,
    scope: str,
    recipient: str,
    also_called: Sequence[str] = (),
    purpose: str = "",
    title: str = "",
    override_reason: str = "",
    subject_kind: str = "",
    subject_id: UUID | None = None,
    restricted: bool = False,
    id: UUID | None = None,
) -> Sharing:
    """The one gate through which something leaves the provider: finds the consent that covers it and writes the ledger.

    Raises needs_consent (facts: scope, why, day, consent_id of the nearest) when none does and no reason to go without one is
    given; not_allowed when one is given by somebody who is neither supervisor nor administrator; Invalid for no recipient.
    """
    if not recipient.strip():
        raise Invalid(recipient="missing")
    verdict = verdict_for(work, participant_id, scope, (recipient, *also_called), purpose)
    reason = override_reason.strip()
    if not verdict.covered and not reason:
        day = verdict.day.isoformat() if verdict.day else ""
        nearest = str(verdict.nearest_id or "")
        raise NotAllowed("needs_consent", scope=scope, why=verdict.why, day=day, consent_id=nearest)
    if not verdict.covered and work.actor.role not in OVERRIDERS:
        raise NotAllowed("not_allowed", needs=OVERRIDERS[0])
    record = validated(
        DisclosureFields,
        participant_id=participant_id,
        what=what,
        title=title,
        scope=scope,
        recipient=recipient,
        purpose=purpose,
        shared_at=work.now,
        shared_by=work.actor.staff_id,
        consent_id=verdict.consent_id,
        override_reason="" if verdict.covered else reason,
        subject_kind=subject_kind,
        subject_id=subject_id,
    )
    check_codes(record, ("what", "scope"), work)
    team = work.get(ParticipantFields, participant_id).team_id
    made = work.add(record, id=id, team_id=team, compartment="restricted" if restricted else None)
    if not verdict.covered:
        work.audit("consent_overridden", "disclosure", made, scope=scope, why=verdict.why, reason=reason)
    work.audit("shared", "disclosure", made, what=what)
    return Sharing(verdict.consent_id, made)


def record_sharing(command: RecordSharing, work: Work) -> Done:
    shared = share(
        work,
        command.participant_id,
        what=command.what,
        scope=command.scope,
        recipient=command.recipient,
        purpose=command.purpose,
        title=command.title,
        override_reason=command.override_reason,
        subject_kind=command.subject_kind,
        subject_id=command.subject_id,
        restricted=command.restricted,
    )
    return Done(shared.disclosure_id, TakeBackSharing(shared.disclosure_id), {"consent_id": shared.consent_id})


def take_back_sharing(command: TakeBackSharing, work: Work) -> Done:
    work.get(DisclosureFields, command.disclosure_id)
    work.delete(DisclosureFields, command.disclosure_id, "not_shared")
    work.audit("sharing_taken_back", "disclosure", command.disclosure_id)
    return Done(command.disclosure_id)
