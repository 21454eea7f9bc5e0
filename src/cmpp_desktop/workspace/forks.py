"""Two lists of who may open the records, side by side in words a person can judge, and the choice between them (rule 39)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from cmpp_desktop.domain.questions import Organisation
from cmpp_desktop.errors import Invalid
from cmpp_desktop.sync.branches import Branch, Side
from cmpp_desktop.sync.keys import read_recovery
from cmpp_desktop.workspace.profile import Opened
from cmpp_desktop.workspace.views import BranchLine, BranchView, ForkView
from cmpp_protocol.entries import Entry
from cmpp_protocol.keys import recovery_keys

# What happens by itself, or changes nothing about who may open what.
_QUIET = frozenset({"key_rotated", "device_confirmed", "branch_chosen", "policy_set"})


def look(opened: Opened) -> ForkView:
    """Both, as this laptop sees them. Raises no_fork and what an exchange does."""
    found, names = opened.engine.branches.look(), _Names(opened)
    here, server = _view(found.here, names), _view(found.server, names)
    return ForkView(here, server, found.recommended, 1 if found.here.kit == found.server.kit else 2)


def settle(opened: Opened, keep: Side, kits: Sequence[str]) -> tuple[str, ...]:
    """Chooses one, with the code of the kit (of both kits, where one of them was replaced), and exchanges. Gives the laptops that
    came in on the other one alone and need a new invitation. Raises Invalid(recovery), wrong_kit and what an exchange does."""
    if not any(kit.strip() for kit in kits):
        raise Invalid(recovery="missing")
    secrets = [recovery_keys(read_recovery(kit)) for kit in kits if kit.strip()]
    before = look(opened)
    opened.engine.branches.settle(keep, secrets)
    opened.engine.exchange()
    opened.note("fork_settled", "organisation", None, kept=keep)
    return (before.server if keep == "here" else before.here).came_in


class _Names:
    """What people and laptops are called, as far as their records came here."""

    def __init__(self, opened: Opened) -> None:
        found = opened.ask(Organisation())
        self.people = {one.id: one.name for one in found.staff}
        self.laptops = {device: (name, self.people.get(member, "")) for device, name, member in found.device_names}

    def of_laptop(self, device: bytes) -> str:
        name, person = self.laptops.get(device.hex(), ("", ""))
        return f"{name} ({person})" if name and person else name or person


def _view(branch: Branch, names: _Names) -> BranchView:
    lines = tuple(_line(entry, names) for entry in branch.entries if entry.type not in _QUIET)
    shut_out = tuple(names.of_laptop(device) for device in sorted(branch.removals.devices))
    came_in = tuple(
        names.of_laptop(entry.by) for entry in branch.entries if entry.type in ("device_enrolled", "device_recovered")
    )
    return BranchView(lines, shut_out, came_in, branch.mine)


def _line(entry: Entry, names: _Names) -> BranchLine:
    return BranchLine(
        entry.type, _about(entry.fields, names), names.of_laptop(entry.by), datetime.fromtimestamp(entry.at / 1000, UTC)
    )


def _about(fields: Mapping[str, object], names: _Names) -> str:
    device, member = fields.get("device"), fields.get("member")
    if isinstance(device, bytes):
        return names.of_laptop(device)
    return names.people.get(member, "")  # type: ignore[call-overload, no-any-return]  # an id, or nothing
