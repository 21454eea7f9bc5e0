"""The way to the server: proxy, certificate authority, what travels on a network that is paid by size, stopping an exchange.

Proxy and authority belong to the laptop and can be chosen before anybody has signed in; a new organisation, and one that moves
to a server, takes the authority that was chosen here into its invitations.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from cmpp_desktop import settings
from cmpp_desktop.errors import KnownError
from cmpp_desktop.settings import NO_PROXY, SYSTEM, Network
from cmpp_desktop.workspace.core import Core
from cmpp_desktop.workspace.views_network import DocumentsRule, NetworkView


class Networking(Core):
    """Not for the window's thread, but `stop_exchange`."""

    def network(self) -> NetworkView:
        """What this laptop goes by."""
        from cmpp_desktop.sync import proxies, tls

        chosen = self._network()
        try:
            found = proxies.proxy_for(Network(), "https://server.invalid") or ""
        except KnownError:
            found = ""
        parts = urlsplit(found)
        shown = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}" if found else ""
        if not chosen.ca:
            return NetworkView(chosen.proxy, shown)
        try:
            authority = tls.read_authority(chosen.ca.encode())
        except KnownError:  # somebody has written into the file
            return NetworkView(chosen.proxy, shown, "?")
        return NetworkView(chosen.proxy, shown, authority.name or "?", authority.until)

    def use_proxy(self, proxy: str) -> None:
        """From now on "system", "none", or an address. Raises proxy_wrong (reason url, kind, password), disk_error."""
        from cmpp_desktop.sync import proxies

        chosen = proxy if proxy in (SYSTEM, NO_PROXY) else proxies.check_proxy(proxy)
        self._keep(Network(chosen, self._network().ca))

    def use_authority(self, path: Path | None) -> None:
        """Trusts the authority of a file (PEM or DER) beside the system's, for the server alone; None: no longer. Raises
        file_unreadable, authority_unreadable (reason size, none, not_one), disk_error."""
        from cmpp_desktop.sync import tls

        pem = ""
        if path is not None:
            try:
                with path.open("rb") as file:
                    data = file.read(tls.AUTHORITY_LIMIT + 1)
            except OSError:
                raise KnownError("file_unreadable") from None
            pem = tls.read_authority(data).pem
        self._keep(Network(self._network().proxy, pem))

    def stop_exchange(self) -> None:
        """Ends the exchange that waits for the network, at once: what was sent and taken in stays so, the rest goes with the
        next one. Waits for nothing."""
        opened = self._opened
        if opened is not None:
            opened.transport.stop()

    def documents_rule(self) -> DocumentsRule:
        """When documents travel: "always", "metered" (not on a network that is paid by size), "ask" (when somebody says so)."""
        from cmpp_desktop.workspace import attachments

        return attachments.rule_of(self._need())

    def choose_documents_rule(self, rule: DocumentsRule) -> None:
        """For whoever works here, on this laptop."""
        from cmpp_desktop.workspace import attachments

        self._need().put_setting(attachments.RULE, rule)

    def let_documents_travel(self) -> None:
        """Those that wait by the rule may go now all the same, and those that are opened come, until none waits or this laptop
        locks."""
        self._need().anyway = True

    def _keep(self, network: Network) -> None:
        try:
            settings.save_network(self._network_folder(), network)
        except OSError as error:
            raise KnownError("disk_error", cause=type(error).__name__) from error
        opened = self._opened
        if opened is not None:
            with self._exchanging:
                opened.connect_anew()
