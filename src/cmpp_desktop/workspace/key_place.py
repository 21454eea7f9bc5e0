"""Where half of a laptop's key may be kept: an organisation can forbid the file, which whoever copies the disk copies too."""

from __future__ import annotations

from cmpp_desktop.errors import KnownError
from cmpp_desktop.store.vault import Vault
from cmpp_protocol import rights
from cmpp_protocol.roster import RosterState


def required(state: RosterState) -> bool:
    """Whether the organisation wants it in the system's keyring."""
    return state.policy.get(rights.KEYRING_ONLY, rights.POLICY_DEFAULTS[rights.KEYRING_ONLY]) is True


def check(state: RosterState, vault: Vault) -> None:
    """Moves it into the keyring where that is wanted and there is one now. Raises keyring_required where there is none, and
    keyring_locked. A laptop that was shut out has no such half, and opens by the kit as always."""
    if required(state) and not vault.shut and not vault.move_to_keyring():
        raise KnownError("keyring_required")
