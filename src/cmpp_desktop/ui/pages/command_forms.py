"""The short forms of commands: what each asks for, and the command that it becomes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from uuid import UUID

from cmpp_desktop.ui.page import Ui
from cmpp_desktop.ui.pages.record_model import FormPlan
from cmpp_desktop.words import Words

COMMANDS: Mapping[str, Callable[[Ui, UUID | None], FormPlan]] = {}
# Forms of commands in the menu of what can be added, beside the kinds of records: group → form → what it is called.
OFFERED: Mapping[str, Mapping[str, Callable[[Words], str]]] = {}
