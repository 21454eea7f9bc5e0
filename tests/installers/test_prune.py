"""Which files a frozen program carries. Names are those that real builds collected."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path

import pytest

PRUNE = Path(__file__).resolve().parents[2] / "installers" / "prune.py"


@pytest.fixture(scope="module")
def keep() -> Callable[[str, str], bool]:
    spec = importlib.util.spec_from_file_location("prune", PRUNE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    function: Callable[[str, str], bool] = module.keep
    return function


@pytest.mark.parametrize(
    "name",
    [
        "PySide6/Qt/plugins/platforms/libqxcb.so",
        "PySide6/Qt/plugins/platforms/libqoffscreen.so",
        "PySide6/Qt/plugins/imageformats/libqsvg.so",
        "PySide6/Qt/lib/libQt6Core.so.6",
        "PySide6/Qt/lib/libQt6Network.so.6",  # QtPdf links it
        "PySide6/Qt/lib/libicudata.so.73",
        "PySide6/Qt/translations/qtbase_es.qm",
        "babel/locale-data/es_US.dat",
        "babel/locale-data/root.dat",
        "pillow.libs/libXau-154567c4.so.6.0.0",
        "pillow.libs/libfreetype-083ff72c.so.6.20.0",
        "libpython3.11.so.1.0",
        "libssl.so.3",
        "resources/fonts/NotoSans-Regular.ttf",
        "resources/icons/pin.svg",
        "migrations/desktop/env.py",
    ],
)
def test_what_the_program_needs_stays(keep: Callable[[str, str], bool], name: str) -> None:
    assert keep(name, "linux")


@pytest.mark.parametrize(
    "name",
    [
        "PySide6/Qt/plugins/platforms/libqeglfs.so",
        "PySide6/Qt/plugins/platformthemes/libqgtk3.so",
        "PySide6/Qt/plugins/tls/libqopensslbackend.so",
        "PySide6/Qt/lib/libQt6Qml.so.6",
        "PySide6/Qt/lib/libQt6EglFSDeviceIntegration.so.6",
        "PySide6/Qt/translations/qtbase_de.qm",
        "PySide6/Qt/translations/qtquick_es.qm",
        "babel/locale-data/de_CH.dat",
        "libgtk-3.so.0",
        "libstdc++.so.6",
        "libX11.so.6",
        "libxcb.so.1",
        "libz.so.1",
        "libfreetype.so.6",
    ],
)
def test_what_the_system_has_or_nobody_uses_goes(keep: Callable[[str, str], bool], name: str) -> None:
    assert not keep(name, "linux")


def test_windows_keeps_its_own_libraries(keep: Callable[[str, str], bool]) -> None:
    assert keep("PySide6\\plugins\\platforms\\qwindows.dll", "win32")
    assert keep("PySide6\\plugins\\styles\\qmodernwindowsstyle.dll", "win32")
    assert not keep("PySide6\\plugins\\platforms\\qdirect2d.dll", "win32")
    assert keep("libcrypto-3.dll", "win32")
    assert keep("libffi-8.dll", "win32")
