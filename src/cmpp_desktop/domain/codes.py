"""Code lists in commands: what may be chosen on a day, of the program's lists and the organisation's own entries together.

What comes by sync is never judged here: a code that this version does not know is kept and shown as it is. A command may not
choose one, nor one that is not offered any more; what a record says already stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, ClassVar

from pydantic import Field

from cmpp_desktop.domain.records import Compartment, Fields
from cmpp_desktop.domain.work import Work
from cmpp_desktop.errors import Invalid
from cmpp_desktop.words import Code, OwnCode, load_codes, with_own

# Any language of the world may be spoken (BCP 47); the list has those that are often met.
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")

CODE = re.compile(r"[a-z0-9]+(_[a-z0-9]+)*")
# Lists of which the program's rules name each code: an organisation neither adds to them nor retires anything in them.
RULED_LISTS = frozenset(
    {
        "kind", "field", "role", "marker", "document_status", "case_state", "obligation_result", "evidence", "attendance",
        "goal_progress", "level", "alert_kind", "clock_event", "clock_cause", "transfer_to", "contact_route", "yes_no_unknown",
        "referral_outcome", "left_household",
    }
)  # fmt: skip


class CodeEntryFields(Fields):
    """A code that the organisation adds to a list, or retires. A retired one still prints what was recorded with it."""

    kind: ClassVar[str] = "code_entry"
    compartment: ClassVar[Compartment] = "organisation"
    about: ClassVar[str] = ""

    list_id: str = Field(min_length=1, max_length=60)
    code: str = Field(min_length=1, max_length=60)
    names: dict[str, str] = Field(default_factory=dict)  # language → name
    since: date | None = None  # the first day on which it is offered
    retired_on: date | None = None  # the last

    def as_own(self) -> OwnCode:
        """As `words` takes it."""
        return OwnCode(self.list_id, self.code, self.names, self.since, self.retired_on)


def check_codes(record: Fields, values: Iterable[str], work: Work, before: Fields | None = None) -> None:
    """Raises Invalid for those of the fields named in `values` that hold a code which may not be chosen today: not_valid for one
    that is in no list, retired for one that is not offered on this day. What `before` held already may stay."""
    problems: dict[str, str] = {}
    for name in values:
        list_id = list_of(type(record), name)
        if list_id is None:
            continue
        known = _codes(getattr(before, name)) if before is not None else frozenset()
        for code in _codes(getattr(record, name)) - known:
            problem = _problem(list_id, code, work)
            if problem:
                problems[name] = problem
    if problems:
        raise Invalid(**problems)


def list_of(model: type[Fields], name: str) -> str | None:
    """The code list that a field draws on."""
    info = model.model_fields.get(name)
    extra = info.json_schema_extra if info is not None else None
    found = extra.get("codes") if isinstance(extra, dict) else None
    return str(found) if found else None


def own_codes(work: Work, list_id: str | None = None) -> tuple[OwnCode, ...]:
    """The organisation's own entries, oldest first."""
    found = work.find(CodeEntryFields) if list_id is None else work.find(CodeEntryFields, list_id=list_id)
    return tuple(item.fields.as_own() for item in found)


def offered(list_id: str, own: Iterable[OwnCode], day: date) -> Mapping[str, Code]:
    """The codes of one list on a day, own ones among them; `retired` of each says whether it may be chosen."""
    return with_own({list_id: load_codes().get(list_id, {})}, (item for item in own if item.list_id == list_id), day)[list_id]


def _problem(list_id: str, code: str, work: Work) -> str:
    if list_id == "language" and _LANGUAGE.fullmatch(code):
        return ""
    found = offered(list_id, own_codes(work, list_id), work.today).get(code)
    return "not_valid" if found is None else "retired" if found.retired else ""


def _codes(value: Any) -> frozenset[str]:
    if value is None or value == "":
        return frozenset()
    return frozenset(value) if isinstance(value, list | tuple) else frozenset((value,))
