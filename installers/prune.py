"""What a frozen program carries, and what it leaves to the system or leaves out. Plain rules over file names, so that they
can be tested without a build; installers/cmpp-desktop.spec applies them.

Left to the system on Linux: everything that a desktop has anyway and that other system libraries link too (a second,
older copy in the program's folder would be loaded in its place). Left out: parts of Qt and of packages that are not used.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

PLUGINS = {
    "platforms": {"qxcb", "qoffscreen", "qwayland", "qwindows", "qcocoa"},
    "imageformats": {"qjpeg", "qsvg", "qico", "qgif", "qwebp"},
    "iconengines": {"qsvgicon"},
    "platforminputcontexts": {"composeplatforminputcontextplugin", "ibusplatforminputcontextplugin"},
    "platformthemes": {"qxdgdesktopportal"},
    "networkinformation": {"qnetworkmanager", "qnetworklistmanager", "qglib"},  # whether a network is paid by size
    "printsupport": {"cupsprintersupport"},
    "styles": {"qmodernwindowsstyle", "qmacstyle"},
    "wayland-decoration-client": {"adwaita"},
    "wayland-shell-integration": {"xdg-shell"},
}
LANGUAGES = {"en", "es"}  # of Qt's own words
# Of Babel: the interface and the languages that papers for participants are written in.
LOCALES = {"root", "en", "es", "ar", "fr", "pt", "ht", "am", "ti", "so", "sw", "uk", "ru", "fa", "ps", "my", "pa", "ne", "hi"}

SYSTEM = re.compile(
    r"^lib("
    r"gtk-3|gdk|gdk_pixbuf|atk|atspi|pango|cairo|epoxy|gio|glib|gobject|gmodule|gthread|X|xcb-[a-z]+\.so|xcb\.so|xkbcommon"
    r"|fontconfig|freetype|dbus-1|cups|avahi|gnutls|krb5|gssapi|k5|com_err|keyutils|systemd|harfbuzz|graphite|fribidi|thai"
    r"|datrie|pixman|png16|jpeg\.so|brotli|mount|blkid|selinux|pcre2|p11|tasn1|nettle|hogweed|gmp|idn2|unistring|gcrypt"
    r"|gpg-error|cap|lz4|md|bsd|expat|stdc\+\+|gcc_s|readline|tinfo|z\.so|zstd\.so|lzma|uuid|bz2|wayland-|EGL|GL|drm|gbm"
    r")"
)
# Wheels carry such copies under a name with a hash (libXau-154567c4.so): they are linked by that name and must stay.
OF_A_WHEEL = re.compile(r"-[0-9a-f]{8}(\.|$)")
UNUSED = re.compile(
    r"^(libQt6(EglF[sS]|Qml|Quick|OpenGL|Pdf(Quick|Widgets)|Wayland(Compositor|Egl)|VirtualKeyboard|Test)|lib(avif|webpmux|webpdemux))"
)


def _plugin(path: PurePosixPath) -> bool | None:
    """Whether a Qt plugin stays; None for a file that is no Qt plugin."""
    parts = path.parts
    if "plugins" not in parts or "PySide6" not in parts or len(parts) < 2:
        return None
    kind, name = parts[-2], path.name.split(".")[0]
    return name.removeprefix("lib") in PLUGINS.get(kind, set())


def keep(destination: str, platform: str) -> bool:
    """Whether a collected file goes into the frozen program. `destination` is its place there, `platform` sys.platform."""
    path = PurePosixPath(destination.replace("\\", "/"))
    name = path.name
    if (plugin := _plugin(path)) is not None:
        return plugin
    if "translations" in path.parts and "PySide6" in path.parts:
        return name.startswith("qtbase_") and name[len("qtbase_") :].split(".")[0].split("_")[0] in LANGUAGES
    if "locale-data" in path.parts:
        return name.removesuffix(".dat").split("_")[0] in LOCALES
    if UNUSED.match(name):
        return False
    return not (platform == "linux" and SYSTEM.match(name) and not OF_A_WHEEL.search(name))
