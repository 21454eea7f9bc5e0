"""The draft of a session lies where the session will: one that is restricted is not seen any more either once that is closed."""

from __future__ import annotations

from cmpp_desktop.domain.questions import Draft, ParticipantView
from cmpp_desktop.ui.pages.drafts import DraftKeeper
from cmpp_desktop.ui.pages.session_model import SessionForm
from cmpp_desktop.workspace import Workspace

CLOSED = "restricted:"  # before the key of a draft of something restricted


def found(door: Workspace, key: str) -> Draft | None:
    """What was begun under this key, restricted or not. On the store's thread."""
    return door.draft(f"{CLOSED}{key}") or door.draft(key)


class SessionKeeper(DraftKeeper):
    """Keeps one session page's draft, and moves it when it becomes restricted or ceases to be."""

    _base = ""
    _called = ""
    _view: ParticipantView | None = None

    def begin(self, base: str, form: SessionForm, view: ParticipantView, title: str, draft: Draft | None) -> None:
        """From now on this is what is kept; `draft`: what was found of it."""
        self._base, self._view, self._called = base, view, title
        self.keep_as(draft.key if draft is not None else self._key_of(form), title, view.participant.id)

    def follow(self, form: SessionForm | None) -> None:
        """Something was typed."""
        if form is not None and self._view is not None:
            key = self._key_of(form)
            if key != self.key:
                self.drop()
                self.keep_as(key, self._called, self._view.participant.id)
        self.touched()

    def _key_of(self, form: SessionForm) -> str:
        held = self._view is not None and not self._view.restricted_exists
        return f"{CLOSED}{self._base}" if held and form.closed else self._base
