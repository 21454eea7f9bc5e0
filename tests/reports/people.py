"""Synthetic people and visits on paper. Nobody here exists."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

from cmpp_desktop.domain.records import BirthDate, When
from cmpp_desktop.reports import figures as f
from cmpp_desktop.reports import invitation_sheet

ZONE = ZoneInfo("America/New_York")
HASH = "7f2c91ab03dd5e10" + "ab12cd34" * 6
ARABIC_NAME = "ليلى حسن الأحمد"
ARABIC = (
    "التقت الموظفة بالسيدة ليلى في منزلها. قالت إن موعد المحكمة (8:30 صباحاً) في Newbridge Immigration Court يوم 8 ديسمبر.\n"
    "طلبت ألا يترجم ابنها لها. الهاتف 555-0100 والسيد Dr Smith (MUAC 11.5 cm) معها."
)
HINDI = "राष्ट्रीय स्वास्थ्य कार्यक्रम में 12 बच्चे पंजीकृत हुए।"
AMHARIC = "የጤና ጣቢያው 12 ሕፃናትን መዝግቧል።"
BURMESE = "မြန်မာဘာသာ စကား"
STORY = "She asked what happens in the room, and we walked through it with pictures. She will bring the letter. "


def at(hour: int, minute: int = 0, day: int = 23) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=ZONE)


def stationery(language: str = "en") -> f.Stationery:
    return f.Stationery(
        organisation="Lantern Street Services",
        purpose="hand over to Team South",
        consent_line="legal partner, to 14 May 2027",
        printed_by="Ana Marroquín",
        printed_at=at(14, 40),
        language=language,
        confidentiality="Confidential. Leaves the file only with the consent named above.",
    )


def certificate() -> f.Certificate:
    return f.Certificate(
        counts={"participant": 1, "case": 1, "note": 14, "service_session": 9, "obligation": 22},
        kept={"service_session": 2},
        award="24-017",
        ground="2 CFR 200.334: final financial report of 24-017 on 2023-09-30, kept until 2026-09-30.",
        kept_until=date(2026, 9, 30),
        destroyed_at=at(11, 5),
        destroyed_by="Denise Okafor",
        witness="León Brandt",
        subject_hash=HASH,
        salt=HASH[:32],
    )


def summary() -> f.CaseSummary:
    return f.CaseSummary(
        as_of=date(2026, 11, 23),
        name="Marisela Tzoc Ajanel",
        preferred_name="Marisela",
        pronunciation="mah-ree-SEH-lah tsok",
        safe_contact="No voicemail. No calls before 4 pm.",
        birth_date=BirthDate(day=date(1992, 2, 17)),
        country="GT",
        languages=("quc", "es"),
        interpreter_needed=True,
        interpreter_note="K’iche’. Not a family member",
        a_number_end="412",
        lives_at="61 Alder St, Apt 2",
        lives_since=date(2026, 11, 16),
        household=(f.Relative("Mateo", "child", 15), f.Relative("Lucía", "child", 9)),
        flags=("safety_plan",),
        case_state="active",
        court=f.CourtCase(
            court="Newbridge Immigration Court, room 4",
            judge="H. Castellane",
            nta_served=date(2026, 3, 19),
            nta_filed=date(2026, 4, 2),
            lawyer="J. Whitlock, Alder Legal Aid",
            arrived_on=date(2026, 3, 4),
        ),
        duties=(
            f.Duty("master_hearing", When(day=date(2026, 12, 8), at=time(8, 30)), transport="Ana drives", lawyer="Whitlock"),
            f.Duty("address_change", When(day=date(2026, 11, 21)), people=3, rule="5 days after the move", note="Mateo signs"),
            f.Duty("asylum_deadline", When(day=date(2027, 3, 4)), rule="1 year after arrival"),
        ),
        rule_pack="2026.3",
        goals=(f.GoalLine("Stable housing", "Moved to own apartment", "Done 16 Nov"),),
        kept=(f.Kept("master_hearing", attended=1), f.Kept("isap_check_in", attended=31, missed_excused=1, unknown=2)),
        sessions=11,
        minutes=520,
        services=(("case_management", 7), ("social_services", 3)),
        assistance=(f.Assistance("Bus cards", Decimal("22")),),
        in_short="She keeps every appointment. Mateo must not interpret for her.",
        caseworker="Ana Marroquín",
        supervisor="Denise Okafor",
    )


def signature() -> f.Signature:
    return f.Signature(
        who="Denise Okafor",
        at=at(15, 2),
        role="supervisor",
        device="Laptop 4",
        content_hash=HASH,
        strokes=((0, 30, 10, 5, 20, 28), (20, 40, 110, 36), (7, 7), (3,), ()),
        typed="Denise Okafor",
    )


def note(narrative: str = STORY * 3) -> f.SessionNote:
    return f.SessionNote(
        participant="Marisela Tzoc Ajanel",
        services=("case_management", "legal_orientation_individual"),
        when=When(day=date(2026, 11, 23), at=time(10, 0)),
        minutes=75,
        status="signed",
        narrative=narrative,
        a_number_end="412",
        place="home",
        place_note="61 Alder St, Apt 2",
        language="quc",
        interpreter="Tomasa Choc, by phone",
        staff=("Ana Marroquín",),
        attendees=(f.Attendee("Marisela Tzoc Ajanel", "present"), f.Attendee("Mateo Tzoc", "late", "Son")),
        goals=("Attend every hearing",),
        signatures=(signature(),),
        steps=(
            f.ReviewStep("submitted", "Ana Marroquín", at(12)),
            f.ReviewStep("returned", "Denise Okafor", at(13), "Please say who interpreted."),
            f.ReviewStep("submitted", "Ana Marroquín", at(14)),
            f.ReviewStep("approved", "Denise Okafor", at(15, 2)),
        ),
        amendments=(f.AmendmentText("The interpreter is Tomasa Choc.", "Name was missing", "Ana Marroquín", at(9, day=24)),),
    )


def arabic_note() -> f.SessionNote:
    return replace(
        note("\n".join((ARABIC, HINDI, AMHARIC, BURMESE))),
        participant=ARABIC_NAME,
        attendees=(f.Attendee(ARABIC_NAME, "present"), f.Attendee("Omar (ابن)", "excused")),
        language="ar",
    )


WORK = {"en": "Work", "es": "Trabajo", "ar": "العمل"}
SAFETY = {"en": "Safety", "es": "Seguridad", "ar": "الأمان"}
QUESTIONS = (
    f.Answer(
        {
            "en": "Has anyone kept your papers (passport, card) so that you could not leave?",
            "es": "¿Alguien le ha quitado sus documentos (pasaporte, cédula) para que no se fuera?",
            "ar": "هل أخذ أحدٌ أوراقك (جواز السفر أو الهوية) كي لا تستطيعي المغادرة؟",
        },
        WORK,
        {"en": "Yes", "es": "Sí", "ar": "نعم"},
        "yes",
    ),
    f.Answer({"en": "How many hours a day?", "es": "¿Cuántas horas al día?", "ar": "كم ساعة في اليوم؟"}, WORK, {}, "14"),
    f.Answer({"en": "Were you paid?", "es": "¿Le pagaron?", "ar": "هل دفعوا لك؟"}, WORK, {}, "", "declined"),
    f.Answer({"en": "Are you afraid?", "es": "¿Tiene miedo?", "ar": "هل أنت خائفة؟"}, SAFETY, {}, "", "stopped_distress"),
    f.Answer({"en": "Anything else?", "es": "¿Algo más?", "ar": "هل من شيء آخر؟"}, SAFETY, {}, "", "not_asked"),
    f.Answer({"en": "Other", "es": "Otro", "ar": "غير ذلك"}, SAFETY),
)


def screening(*languages: str, times: int = 1) -> f.ScreeningPaper:
    return f.ScreeningPaper(
        participant="Marisela Tzoc Ajanel",
        title="Trafficking-indicator guide",
        form_id="cmpp_trafficking",
        version="2026.2",
        instrument_hash="ab" * 32,
        languages=languages or ("en", "es"),
        answers=QUESTIONS * times,
        started_at=at(10, 5),
        finished_at=at(10, 50),
        a_number_end="412",
        card={"kind": "guide", "source": "The programme"},
        language="quc",
        interpreter="Tomasa Choc",
        alone="yes",
        interpreter_unrelated="yes",
        stops=1,
        score="3",
        band={"en": "Several indicators", "es": "Varios indicadores", "ar": "عدة مؤشرات"},
        follow_up="Talk to a lawyer; offer a referral.",
        alerts=(f.AlertLine("safety", "“Are you afraid?”"),),
        staff="Ana Marroquín",
        signature=replace(signature(), who="Ana Marroquín", role="caseworker"),
    )


def invitation() -> invitation_sheet.Sheet:
    """The sheet for somebody who was invited; its code is a small pattern."""
    words = ("rumor", "miseria", "acoger", "tropa", "trabajo", "peligro", "minero", "enero", "freno", "pegar", "litro", "boca")
    pattern = tuple(tuple((row * column) % 3 == 0 for column in range(21)) for row in range(21))
    until, office = date(2026, 12, 6), "Lantern Street Services"
    return invitation_sheet.Sheet("Nia Sesay", "https://sync.example", words, pattern, until, office)
