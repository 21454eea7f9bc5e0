"""What all of the workspace stands on: the open store, whose turn it is at it, the time, commands and questions."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

from cmpp_desktop import settings
from cmpp_desktop.changes import HERE, Bus
from cmpp_desktop.errors import KnownError

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from cmpp_desktop.domain.work import Command, Done, Question
    from cmpp_desktop.settings import Network
    from cmpp_desktop.store.vault import Vault
    from cmpp_desktop.workspace.interviews import Interviews
    from cmpp_desktop.workspace.parts import Parts
    from cmpp_desktop.workspace.profile import Opened

A = TypeVar("A")


class Core:
    """One profile folder, and what is open of it."""

    def __init__(self, folder: Path, parts: Parts) -> None:
        """`parts` are the real ones of `bootstrap`, or a test's."""
        self.changed = Bus()
        self._folder, self._parts = folder, parts
        self._turn = threading.RLock()  # whoever holds it may use the store
        self._exchanging = threading.Lock()  # one exchange at a time
        self._opened: Opened | None = None
        self._interviews: Interviews | None = None
        self._recent: list[UUID] = []
        self._by_kit = False

    def do(self, command: Command, origin: str = HERE) -> Done:
        """Carries a command out, durably, then publishes what changed."""
        return self._need().do(command, origin)

    def ask(self, question: Question[A]) -> A:
        """The answer, from one moment of the store."""
        answer = self._need().ask(question)
        participant = getattr(question, "participant_id", None)
        if type(question).__name__ == "Participant" and participant is not None:
            self._remember(participant)
        return answer

    def note_access(self, action: str, subject_kind: str, subject_id: UUID | None, **facts: str | int) -> None:
        """Writes into the audit log that something was looked at, printed or exported."""
        self._need().note(action, subject_kind, subject_id, **facts)

    def recent_people(self) -> tuple[UUID, ...]:
        """Participants opened lately on this laptop since it was unlocked, newest first."""
        return tuple(self._recent)

    def today(self) -> date:
        """The day it is: in the organisation's zone, or, before somebody has signed in, in this laptop's."""
        return self.now().date()

    def now(self) -> datetime:
        """The time, aware, in the zone of `zone`. What is not a moment of a court is said by it, on the screen and on paper."""
        return self._parts.clock().astimezone(self.zone())

    def zone(self) -> ZoneInfo | None:
        """The organisation's time zone; None before somebody has signed in: then this laptop's serves."""
        opened = self._opened
        return opened.zone() if opened is not None else None

    def _network_folder(self) -> Path:
        return self._parts.network_folder or self._folder

    def _network(self) -> Network:
        return settings.load_network(self._network_folder())

    def _vault(self) -> Vault:
        return self._parts.vault(self._folder)

    def _follow_names(self, opened: Opened) -> None:
        """Who came in by the recovery kit is greeted by name once the records say it."""
        if opened.follow_names():
            self._vault().rename(replace(self._vault().names, **opened.names_of_me()))

    def _need(self) -> Opened:
        opened = self._opened
        if opened is None:
            raise KnownError("locked")
        return opened

    def _held(self) -> Interviews:
        interviews = self._interviews
        if interviews is None:
            raise KnownError("locked")
        return interviews

    def _publish_instrument(self, xform: str) -> Done:
        from cmpp_desktop.domain.screenings import PublishInstrument
        from cmpp_desktop.forms import compile_instrument

        made = compile_instrument(xform)
        command = PublishInstrument(made.form_id, made.version, made.hash, made.title, made.languages, xform, dict(made.card))
        return self.do(command)

    def _remember(self, participant_id: UUID) -> None:
        self._recent = [participant_id, *(item for item in self._recent if item != participant_id)][:8]
