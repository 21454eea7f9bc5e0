"""An office behind a proxy, whose server has a certificate of the organisation's own authority: from the first start on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cmpp_desktop import settings
from cmpp_desktop.bootstrap import Later
from cmpp_desktop.domain.questions import Organisation
from cmpp_desktop.errors import KnownError
from cmpp_desktop.store.secrets import FileSecrets
from cmpp_desktop.workspace import Founding, Workspace
from cmpp_desktop.workspace.parts import Parts
from tests.journeys.office import CHEAP, PASSPHRASE
from tests.journeys.server import ServerProcess
from tests.sync.between import TlsFront, TunnelProxy, authority


def laptop(folder: Path) -> Workspace:
    """One that goes by the network that was chosen on it, as the real one does."""

    def network() -> settings.Network:
        return settings.load_network(folder)

    return Workspace(
        folder,
        Parts(
            lambda: datetime.now(UTC), os.urandom, lambda url, ca: Later(url, ca, network=network), FileSecrets(folder), CHEAP,
            lambda url: Later(url, "", proved=False, network=network),
        ),
    )  # fmt: skip


@dataclass
class Office:
    folder: Path
    front: TlsFront
    proxy: TunnelProxy
    server: ServerProcess
    authority: Path


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    certificate, _ = authority().certificate(tmp_path)
    (tmp_path / "root.pem").write_bytes(authority().pem)
    with ExitStack() as stack:
        proxy, front = stack.enter_context(closing(TunnelProxy())), stack.enter_context(closing(TlsFront(certificate)))
        names = (f"127.0.0.1:{front.port}",)
        server = stack.enter_context(ServerProcess(f"sqlite:///{tmp_path}/server.db", tmp_path / "server.log", names=names))
        front.behind = server.port
        yield Office(tmp_path, front, proxy, server, tmp_path / "root.pem")


def test_an_office_behind_a_proxy_with_its_own_authority_works_and_lets_people_in(office: Office) -> None:
    with closing(laptop(office.folder / "denise")) as denise, closing(laptop(office.folder / "ana")) as ana:
        denise.use_proxy(office.proxy.url)
        founding = ("Lantern Street Services", "Denise Okafor", "Team North", office.front.url, "Denise’s laptop", PASSPHRASE)
        denise.found(Founding(*founding))
        status = denise.sync_now()
        assert (status.word, status.problem) == ("refused", "certificate_unknown")
        denise.use_authority(office.authority)
        assert denise.network().authority == "Lantern Street Services Root"
        office.server.admin("org", "add", denise.access().organisation_id)
        assert denise.sync_now().problem is None
        denise.administration().share_authority()  # she founded before she had the file: now invitations bring it
        # Ana has neither the file nor the address of the authority, only words and the proxy.
        left = denise.leave_invitation(denise.invite("Ana Marroquín", "caseworker", denise.ask(Organisation()).teams[0][0]), "en")
        ana.use_proxy(office.proxy.url)
        with pytest.raises(KnownError) as unknown:
            ana.fetch_invitation(" ".join(left.words), office.front.url)
        assert unknown.value.code == "certificate_unknown"  # twelve words do not say whose certificate it is; the QR code does
        found = ana.fetch_invitation(left.ticket)
        ana.enrol(found.data, "Blue ThinkPad", PASSPHRASE, found.words)
        assert ana.sync_now().problem is None
        assert ana.network().authority == ""  # it came with the invitation, for this server alone
        assert office.proxy.tunnels
        assert set(office.proxy.tunnels) == {f"127.0.0.1:{office.front.port}".encode()}
        # The proxy asks for a password one day; then it is open again, and nothing was lost.
        office.proxy.status = b"407 Proxy Authentication Required"
        ana.use_proxy(office.proxy.url)
        status = ana.sync_now()
        assert (status.word, status.problem) == ("offline", "proxy_login")
        ana.use_proxy("none")
        assert ana.sync_now().problem is None
