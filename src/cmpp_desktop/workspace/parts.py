"""What a workspace is made of, so that `bootstrap` can say it without importing the rooms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cmpp_desktop.store.secrets import DeviceSecrets
    from cmpp_desktop.store.vault import Cost, Vault
    from cmpp_desktop.sync.transport import Transport, Way


@dataclass(frozen=True)
class Parts:
    """The real parts, chosen in `bootstrap`. `clock`: aware time; `randomness(n)`: n random bytes; `connect(url, ca)`: a way
    to the server, `connect_unproved(url)` the same without asking who answers there (see `sync.left_invitation`; None: there is
    no such way); `network_folder`: where the network of this laptop is said (None: in the profile's folder); `secrets` None: the
    system's keyring, or the file where there is none; `cost` None: the usual one."""

    clock: Callable[[], datetime]
    randomness: Callable[[int], bytes]
    connect: Callable[[str, str], Way]
    secrets: DeviceSecrets | None = None
    cost: Cost | None = None
    connect_unproved: Callable[[str], Transport] | None = None
    network_folder: Path | None = None

    def now_ms(self) -> int:
        """The system's clock in ms since 1970."""
        return int(self.clock().timestamp() * 1000)

    def vault(self, folder: Path) -> Vault:
        """The vault of a profile folder. Needs no other room: somebody is to be greeted before they are imported."""
        from cmpp_desktop.store.vault import Vault

        return Vault(folder, self.now_ms, self.randomness, self.secrets)
