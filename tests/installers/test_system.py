"""System packages: installed where nobody has to be asked, otherwise named with the reason."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest
from tools import system

LOADER = "\tlibGL.so.1 (libc6,x86-64) => /lib/x86_64-linux-gnu/libGL.so.1\n"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the wheels carry everything on macOS and Windows")


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that has libGL and no program at all."""
    monkeypatch.setattr(system, "loader_knows", lambda: LOADER)
    monkeypatch.setattr(shutil, "which", lambda name, path=None: None)


@pytest.mark.usefixtures("bare")
def test_what_is_missing_is_found_by_library_and_by_program() -> None:
    lacking = dict(system.missing())
    assert "libgl1" not in lacking
    assert lacking["libegl1"] == "Qt"
    assert lacking["dbus"] == "the tests of the keyring"
    assert len(lacking) == len(system.needed()) - 1


@pytest.mark.usefixtures("bare")
def test_debians_own_python_needs_its_shared_library_for_a_package(monkeypatch: pytest.MonkeyPatch) -> None:
    library = f"libpython3.{sys.version_info[1]}"
    monkeypatch.setattr(sys, "prefix", "/opt/python")
    assert library not in dict(system.missing())
    monkeypatch.setattr(sys, "prefix", "/usr")
    assert dict(system.missing())[library] == "make package"


@pytest.mark.usefixtures("bare")
def test_a_developer_without_root_is_told_and_not_stopped(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(system, "install", lambda packages: pytest.fail("only root installs"))
    assert system.main() == 0
    said = capsys.readouterr().err
    assert "Missing on this system: libxcb-cursor0 (Debian's name), needed by the window on X11" in said
    assert "apt-get install libegl1 " in said


def test_an_install_that_fails_stops_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, 100, "", "E: Could not get lock")

    monkeypatch.setattr(subprocess, "run", refuse)
    with pytest.raises(SystemExit, match="Could not get lock"):
        system.install(["libgl1"])
