"""Frozen sample answers about made-up people, for pictures of the pages and for their tests.

`SampleDoor` is a workspace that keeps nothing: it answers from here, remembers what it was told to do, and can be told to
fail. Nobody in it exists.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from cmpp_desktop.changes import HERE, Bus, Changed
from cmpp_desktop.domain import questions as q
from cmpp_desktop.domain.obligations import MarkObligation, UnmarkObligation
from cmpp_desktop.domain.records import BirthDate, When
from cmpp_desktop.domain.work import Command, Done
from cmpp_desktop.errors import KnownError
from cmpp_desktop.workspace import (
    Access,
    DeviceRow,
    Founding,
    Greeting,
    InvitationFile,
    InvitationInfo,
    OpenInvitation,
    State,
    Strength,
    SyncStatus,
    Workspace,
)

DAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 8, 10, tzinfo=ZoneInfo("America/New_York"))


def uid(number: int) -> UUID:
    return UUID(int=(0x0193_5A00_0000_7000_8000 << 48) + number)


def _when(days: int, hour: int | None = None, minute: int = 0) -> When:
    return When(day=DAY + timedelta(days=days), at=time(hour, minute) if hour is not None else None)


def _item(number: int, name: str, code: str, when: When | None, **more: Any) -> q.TodayItem:
    kind = more.pop("kind", "obligation")
    return q.TodayItem(kind, uid(500 + number), uid(number), name, code, more.pop("title", ""), when, **more)


def today() -> q.TodayAnswer:
    """A Monday of a caseworker."""
    return q.TodayAnswer(
        overdue=(
            _item(
                1, "Marisela Tzoc", "address_change", _when(-2), title="Address change to the court", rule="eoir_33", kind="task"
            ),
            _item(2, "Wideline Pierre-Louis", "isap_check_in", _when(-4), place="By phone"),
            _item(3, "Ibrahima Diallo", "plan_review", _when(-3), title="Plan review", kind="task"),
            _item(
                4, "Rosa Quispe Mamani", "returned", None, title="Session, 12 Nov", kind="returned", since=NOW - timedelta(days=3)
            ),
        ),
        today=(
            _item(
                5,
                "Farid Rahimi",
                "master_hearing",
                _when(0, 9, 30),
                place="Newbridge Immigration Court, room 4",
                transport="Bus 14, card given Fri",
                interpreter="Dari, by the court",
                interpreter_needed=True,
                lawyer="J. Whitlock, confirmed",
                reminder="Text read Sun 6:12 pm",
            ),
            _item(6, "Luis Alberto Pineda", "ice_check_in", _when(0, 11), place="200 Canal St, window 3", lawyer="None yet"),
            _item(
                7,
                "Gurpreet Kaur",
                "biometrics",
                _when(0, 13, 30),
                place="Application Support Center",
                transport="Her brother drives",
            ),
            _item(
                8, "Nadia Haddad", "session", None, title="Session note", kind="draft", words=64, since=NOW - timedelta(days=3)
            ),
        ),
        week=(
            _item(9, "Oksana Hrytsenko", "biometrics", _when(1, 8), place="Application Support Center"),
            _item(
                10, "Yosief Tesfamariam", "ead_eligible", _when(2), title="Work permit can be filed", rule="i765_c8", kind="task"
            ),
            _item(
                11,
                "Chinedu Eze",
                "asylum_deadline",
                _when(4),
                title="Asylum application, I-589",
                rule="i589_one_year",
                kind="task",
            ),
            _item(12, "Gurpreet Kaur", "consent_ends", _when(4), title="Legal partner", kind="consent_ends"),
        ),
        hearings_in_30_days=11,
        deadlines_in_30_days=6,
    )


_PEOPLE: tuple[tuple[Any, ...], ...] = (
    # name, native, born, languages, interpreter, A-number's end, next (code, days, hour), days since contact, by, state, flags
    ("Rahimi, Farid", "فرید رحیمی", 1985, ("prs",), True, "907", ("master_hearing", 0, 9), 3, "Ana Marroquín", "active", ()),
    ("Rahimi, Zohra", "زهره رحیمی", 1988, ("prs",), True, "908", ("master_hearing", 0, 9), 3, "Ana Marroquín", "active", ()),
    (
        "Rahimov, Bakhtiyor",
        "Бахтиёр Рахимов",
        1997,
        ("uz", "ru"),
        True,
        "233",
        ("ice_check_in", 18, 10),
        6,
        "Leon Brandt",
        "active",
        (),
    ),
    ("Karimi, Nasrin", "", 1974, ("fa",), False, "640", None, 21, "Ana Marroquín", "active", ()),
    (
        "Rahimi, Samir",
        "صمیر رحیمی",
        2009,
        ("prs", "en"),
        False,
        "116",
        ("biometrics", 7, 8),
        4,
        "Sade Oyelaran",
        "active",
        ("minor",),
    ),
    ("Rahmani, Leila", "", 2002, ("fa", "en"), False, "582", ("individual_hearing", 52, 13), 5, "Leon Brandt", "active", ()),
    ("Rahimi, Gul Agha", "گل آغا رحیمي", 1963, ("ps",), True, "071", ("master_hearing", 73, 9), 9, "Sade Oyelaran", "active", ()),
    ("Haddad, Nadia", "نادية حداد", 1989, ("ar",), True, "325", ("isap_check_in", 8, 11), 3, "Ana Marroquín", "active", ()),
    ("Tzoc, Marisela", "", 1992, ("quc", "es"), True, "412", ("master_hearing", 15, 8), 5, "Ana Marroquín", "active", ()),
    ("Tzoc, Mateo", "", 2011, ("quc", "es"), False, "413", ("master_hearing", 15, 8), 5, "Ana Marroquín", "active", ("minor",)),
    ("Tzoc, Lucía", "", 2017, ("quc", "es"), False, "414", ("master_hearing", 15, 8), 5, "Ana Marroquín", "active", ("minor",)),
    ("Xol, Candelaria", "", 1979, ("quc",), True, "209", None, 12, "Leon Brandt", "paused", ()),
    ("Eze, Chinedu", "", 1995, ("ig", "en"), False, "871", ("individual_hearing", 4, 9), 2, "Ana Marroquín", "active", ()),
    ("Kaur, Gurpreet", "ਗੁਰਪ੍ਰੀਤ ਕੌਰ", 1990, ("pa",), True, "560", ("biometrics", 0, 13), 1, "Sade Oyelaran", "active", ()),
    ("Tesfamariam, Yosief", "ዮሴፍ ተስፋማርያም", 1993, ("ti",), True, "118", None, 8, "Ana Marroquín", "active", ()),
    ("Rahimi-Stanek, Mira", "", 2017, ("en",), False, "777", None, 81, "Jonas Vantongeren", "exited", ("minor",)),
)


def _person(number: int, raw: tuple[Any, ...]) -> q.PersonRow:
    name, native, born, languages, interpreter, end, following, ago, by, state, flags = raw
    family, given = name.split(", ")
    return q.PersonRow(
        id=uid(number),
        name=name,
        called=f"{given} {family}",
        native_name=native,
        birth_date=BirthDate(day=date(born, 5, 4)),
        languages=languages,
        interpreter_needed=interpreter,
        a_number_end=end,
        next_obligation=following[0] if following else None,
        next_when=_when(following[1], following[2]) if following else None,
        last_contact=DAY - timedelta(days=ago),
        caseworker=by,
        state=state,
        flags=flags,
    )


def people(count: int = 0) -> tuple[q.PersonRow, ...]:
    """Sixteen people, or as many as asked for (the same ones again, with other ids)."""
    total = count or len(_PEOPLE)
    return tuple(_person(5 + number, _PEOPLE[number % len(_PEOPLE)]) for number in range(total))


def organisation(role: str = "caseworker") -> q.OrganisationView:
    ana = q.StaffRow(uid(901), "Ana Marroquín", role, uid(801), "Team North")
    denise = q.StaffRow(uid(902), "Denise Okafor", "supervisor", uid(801), "Team North")
    leon = q.StaffRow(uid(903), "Leon Brandt", "caseworker", uid(801), "Team North")
    return q.OrganisationView(
        uid(800),
        "Lantern Street Services",
        "",
        "America/New_York",
        10,
        ana,
        (ana, denise, leon),
        ((uid(801), "Team North"),),
        (("aa" * 32, "Blue ThinkPad", uid(901)),),
    )


class SampleDoor(Workspace):
    """Answers from samples. `answers` overrides by question type; `fail[name]` raises; `done` holds the commands."""

    def __init__(self, *, state: State = "open", role: str = "caseworker", rows: tuple[q.PersonRow, ...] | None = None) -> None:
        self.changed = Bus()
        self._state: State = state
        self._role = role
        self.rows = rows if rows is not None else people()
        self.day = today()
        self.done: list[Command] = []
        self.asked: list[q.Question[Any]] = []
        self.answers: dict[type[Any], Callable[[Any], Any]] = {}
        self.fail: dict[str, BaseException] = {}
        self.status = SyncStatus(
            "sent", last_heard=(NOW - timedelta(minutes=2)).astimezone(UTC), server="https://cmpp.example.org"
        )
        self.wait_seconds = 0
        self.closed = False
        self.code = ""  # this laptop's six digits, "" once compared
        self.compared: list[str] = []
        self.confirm_restricted = True
        self.imported: list[tuple[str, bytes]] = []

    def _may_fail(self, name: str) -> None:
        if name in self.fail:
            raise self.fail[name]

    # --- before it is open ------------------------------------------------------------------------------------------

    def state(self) -> State:
        return self._state

    def greeting(self) -> Greeting:
        return Greeting("Ana Marroquín", "Blue ThinkPad", "Lantern Street Services", self.wait_seconds)

    def secret_place(self) -> Any:
        return "keyring"

    def passphrase_strength(self, text: str) -> Strength:
        words = len(text.split())
        return Strength(min(words, 4), "" if words >= 3 else "more_words")

    def read_invitation(self, data: bytes) -> InvitationInfo:
        if data != b"invitation":
            raise KnownError("invitation_unreadable")
        return InvitationInfo(
            "Lantern Street Services",
            "Ana Marroquín",
            "Denise Okafor",
            "caseworker",
            "Team North",
            "https://cmpp.example.org",
            NOW + timedelta(days=6),
        )

    def enrol(self, data: bytes, laptop: str, passphrase: str) -> None:
        self._may_fail("enrol")
        self._state = "open"

    def found(self, founding: Founding) -> str:
        self._may_fail("found")
        self._state = "open"
        return "X88F-QRTG-EK23-F6P2-J6CX-R7TM-4M08"

    def unlock(self, passphrase: str) -> None:
        self._may_fail("unlock")
        if passphrase != "correct horse battery staple":
            raise KnownError("wrong_passphrase", wait_seconds=self.wait_seconds)
        self._state = "open"

    def lock(self) -> None:
        self._state = "locked"

    # --- work -------------------------------------------------------------------------------------------------------

    def do(self, command: Command, origin: str = HERE) -> Done:
        self._may_fail("do")
        self.done.append(command)
        if isinstance(command, MarkObligation):
            self._mark(command.obligation_id, command.result)
            self.changed.publish(Changed(frozenset({"obligation"}), frozenset({command.obligation_id}), origin))
            return Done(
                command.obligation_id, UnmarkObligation(command.obligation_id), {"ask_next": command.result == "attended"}
            )
        if isinstance(command, UnmarkObligation):
            self._mark(command.obligation_id, None)
            self.changed.publish(Changed(frozenset({"obligation"}), frozenset({command.obligation_id}), origin))
            return Done(command.obligation_id)
        self.changed.publish(Changed(frozenset({"participant"}), frozenset({uid(5)}), origin))
        return Done(uid(5), None, {"participant_ids": (uid(5),), "household_id": uid(700), "case_ids": (uid(701),)})

    def _mark(self, id: UUID, result: str | None) -> None:
        def marked(items: tuple[q.TodayItem, ...]) -> tuple[q.TodayItem, ...]:
            return tuple(replace(item, result=result) if item.id == id else item for item in items)

        self.day = replace(self.day, overdue=marked(self.day.overdue), today=marked(self.day.today), week=marked(self.day.week))

    def ask(self, question: q.Question[Any]) -> Any:
        self._may_fail("ask")
        self.asked.append(question)
        if type(question) in self.answers:
            return self.answers[type(question)](question)
        if isinstance(question, q.Today):
            return self.day
        if isinstance(question, q.People):
            return self._people(question)
        if isinstance(question, q.Organisation):
            return organisation(self._role)
        if isinstance(question, q.LikelyDuplicates):
            family = question.name.family.casefold()
            return tuple(item for item in self.rows if family and family in item.name.casefold())[:5]
        if isinstance(question, q.ReviewQueue | q.Drafts | q.Conflicts | q.AuditTrail | q.Instruments):
            return ()
        raise KnownError("record_missing")

    def _people(self, question: q.People) -> q.PeopleAnswer:
        asked = question.text.casefold().strip()
        found = []
        for item in self.rows:
            if question.filter.mine and item.caseworker != "Ana Marroquín":
                continue
            if question.filter.interpreter and not item.interpreter_needed:
                continue
            at = item.name.casefold().find(asked)
            if asked and at < 0:
                continue
            native = item.native_name
            found.append(
                replace(item, spans=((at, len(asked)),), why=native, why_kind="native" if native else "") if asked else item
            )
        page = tuple(found[question.offset : question.offset + question.limit])
        return q.PeopleAnswer(page, len(found), sum(item.caseworker == "Ana Marroquín" for item in self.rows), len(self.rows))

    def note_access(self, action: str, subject_kind: str, subject_id: UUID | None, **facts: str | int) -> None:
        return None

    def sync_status(self) -> SyncStatus:
        return self.status

    def sync_now(self, progress: Callable[[int, int], None] | None = None) -> SyncStatus:
        return self.status

    def access(self) -> Access:
        return Access(
            (
                DeviceRow("aa" * 32, "Blue ThinkPad", "Ana Marroquín", uid(901), "caseworker", "this_one"),
                DeviceRow("bb" * 32, "Denise’s Mac", "Denise Okafor", uid(902), "supervisor", "in_use"),
                DeviceRow("cc" * 32, "Leon-T14", "Leon Brandt", uid(903), "caseworker", "in_use"),
                DeviceRow(
                    "dd" * 32,
                    "Front desk",
                    "Sade Oyelaran",
                    uid(904),
                    "caseworker",
                    "in_use" if "dd" * 32 in self.compared else "compare_code",
                    "418207",
                ),
                DeviceRow("ee" * 32, "Old Surface", "Ana Marroquín", uid(901), "caseworker", "retired"),
                DeviceRow("ff" * 32, "Red Asus", "Leon Brandt", uid(903), "caseworker", "revoked"),
            ),
            (OpenInvitation("11" * 16, "Jonas Vantongeren", "caseworker", "Team North", NOW + timedelta(days=6)),),
            "5f" * 32,
            self.confirm_restricted,
        )

    def own_code(self) -> str:
        return self.code

    def confirm_device(self, device_id: str) -> None:
        self._may_fail("confirm_device")
        self.compared.append(device_id)

    def ask_for_digits(self, confirm_restricted: bool) -> None:
        self._may_fail("ask_for_digits")
        self.confirm_restricted = confirm_restricted

    def import_instrument(self, data: bytes, file_name: str) -> Done:
        self._may_fail("import_instrument")
        self.imported.append((file_name, data))
        return Done(uid(990))

    def invite(self, person: str, role: Any, team_id: UUID, *, restricted: bool = True, days: int = 7) -> InvitationFile:
        self._may_fail("invite")
        return InvitationFile("cmpp-invitation.cmppi", b"invitation", NOW + timedelta(days=days))

    def recent_people(self) -> tuple[UUID, ...]:
        return ()

    def save_draft(self, key: str, body: bytes, *, title: str, participant_id: UUID | None, words: int = 0) -> None:
        return None

    def draft(self, key: str) -> q.Draft | None:
        return None

    def discard_draft(self, key: str) -> None:
        return None

    def today(self) -> date:
        return DAY

    def now(self) -> datetime:
        return NOW

    def close(self) -> None:
        self.closed = True


def at_first_run(page: Any, step: int) -> None:
    """Comes to a step of the first run: 0 start, 1 who invites, 2 passphrase, 3 a new organisation, 4 the recovery kit."""
    if step in (1, 2):
        page.show_invitation(b"invitation", page.ui.door.read_invitation(b"invitation"))
    if step == 2:
        page._go("passphrase")
        page.laptop.setText("Blue ThinkPad")
        page.first.line.setText("harbor cedar velvet")
    elif step == 3:
        page._go("organisation")
    elif step == 4:
        page._go("organisation")
        page.show_kit("X88F-QRTG-EK23-F6P2-J6CX-R7TM-4M08")


def at_someone_new(page: Any, step: int) -> None:
    """Comes to a step of someone new with a made-up family."""
    page._fill(
        {
            "texts": {"given": "Marisela", "family": "Tzoc", "phone": "202 555 0148", "preferred": "Mari"},
            "scope": ["services", "share_legal"],
            "birth": "1992-05-04",
            "speaks": "quc",
            "also": "es",
            "language": "quc",
            "needs_interpreter": True,
            "step": step,
            "more": [
                {"relationship": "son", "given": "Mateo", "family": "Tzoc", "birth": "2011-02-11"},
                {"relationship": "daughter", "given": "Lucía", "family": "Tzoc", "birth": "2017-09-30"},
            ],
        }
    )
    if step == 1:
        page._search()
