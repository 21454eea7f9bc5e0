"""Who appends to the roster of an organisation that has no server: one laptop, the *keeper*, named by the policy.

While the policy has a keeper, entries of nobody else count but two: an administrator's `policy_set` that names their own laptop
(the keeper is lost: they take over), and an administrator whom the recovery kit lets in. What other laptops have to say of
themselves they propose, and the keeper carries it into the roster. A policy without a keeper: a server orders the entries.

Nothing here keeps a keeper that was only thought lost from going on: two entries of one number are a fork, noticed by whoever
meets both (rule 39).
"""

from __future__ import annotations

from typing import Any

from cmpp_protocol.entries import Entry, Role, RosterError
from cmpp_protocol.roster_state import RosterState

KEEPER = "keeper"  # policy: the id of the one device that appends
SERVER, CA = "server", "ca"  # policy, of an organisation that has moved to a server: its address, and its authority (PEM) or ""


def keeper(state: RosterState) -> bytes | None:
    """The device that appends, under the identity that it has now; None: a server orders the entries."""
    named = state.policy.get(KEEPER)
    if not isinstance(named, bytes) or named not in state.devices:
        return None
    return state.with_successors(named)[-1]


def moved_to(state: RosterState) -> tuple[str, str] | None:
    """The server that an organisation without one has moved to: address and authority."""
    url, ca = state.policy.get(SERVER), state.policy.get(CA, "")
    return (url, ca) if isinstance(url, str) and url and isinstance(ca, str) else None


def check_author(state: RosterState, entry: Entry) -> None:
    """Raises RosterError not_keeper for an entry that only the keeper may append."""
    known = keeper(state)
    if known is None or entry.by == known or entry.type == "device_recovered":
        return
    if entry.type != "policy_set" or entry.fields["policy"].get(KEEPER) != entry.by:
        raise RosterError("not_keeper")


def check_policy(state: RosterState, policy: dict[str, Any]) -> None:
    """Raises RosterError keeper for a policy that names a laptop which could not append."""
    if KEEPER not in policy:
        return
    device = state.devices.get(policy[KEEPER]) if isinstance(policy[KEEPER], bytes) else None
    if device is None or not device.active(state.no) or state.members[device.member].role is not Role.ADMINISTRATOR:
        raise RosterError("keeper")
