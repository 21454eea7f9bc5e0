"""Where the device secret of a profile is kept: the system's keyring, or a file that only this user may read.

A copied disk without the device secret opens nothing, and the secret without a passphrase neither. `KeyringSecrets` takes
the backend of the platform by name and nothing else: backends that swallow writes, chain to others, or keep plain text
are refused. A locked keyring may ask the person and block for as long as they take: never call this on the window's thread.
"""

from __future__ import annotations

import base64
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal, Protocol

from cmpp_desktop.errors import KnownError

SERVICE = "org.cmpp.desktop"
SecretKind = Literal["keyring", "file"]
# The one backend of each platform.
BACKENDS = {
    "linux": ("keyring.backends.SecretService", "Keyring"),
    "darwin": ("keyring.backends.macOS", "Keyring"),
    "win32": ("keyring.backends.Windows", "WinVaultKeyring"),
}


class DeviceSecrets(Protocol):
    """A place for one secret of 32 bytes per profile name."""

    @property
    def kind(self) -> SecretKind: ...

    def get(self, name: str) -> bytes | None:
        """The secret, or None when there is none. Raises keyring_missing or keyring_locked."""
        ...

    def put(self, name: str, secret: bytes) -> None: ...

    def delete(self, name: str) -> None:
        """Forgets it; harmless when there is none."""
        ...


class KeyringSecrets:
    """The system's own: Secret Service on Linux, Keychain on macOS, Credential Manager on Windows."""

    kind: SecretKind = "keyring"

    def __init__(self, backend: Any = None) -> None:
        """`backend`: a keyring backend; None takes the platform's when it is first needed."""
        if backend is not None:
            _refuse_unsafe(backend)
        self._backend = backend

    def get(self, name: str) -> bytes | None:
        text = self._do("get_password", SERVICE, name)
        if text is None:
            return None
        try:
            return base64.b64decode(text, validate=True)
        except ValueError:
            raise KnownError("slots_damaged", cause="device_secret") from None

    def put(self, name: str, secret: bytes) -> None:
        self._do("set_password", SERVICE, name, base64.b64encode(secret).decode("ascii"))
        if self.get(name) != secret:  # a keyring that forgets at once would lock the person out for ever
            raise KnownError("keyring_missing", cause="did_not_keep")

    def delete(self, name: str) -> None:
        from keyring.errors import PasswordDeleteError

        with suppress(PasswordDeleteError):
            self._do("delete_password", SERVICE, name)

    def _do(self, method: str, *arguments: str) -> Any:
        import keyring.errors

        try:
            if self._backend is None:
                self._backend = platform_backend()
            return getattr(self._backend, method)(*arguments)
        except keyring.errors.PasswordDeleteError:
            raise
        except keyring.errors.KeyringLocked as error:
            raise KnownError("keyring_locked") from error
        except KnownError:
            raise
        except Exception as error:  # backends raise errors of their own libraries too (secretstorage, jeepney, pywin32)
            if type(error).__name__ in ("LockedException", "PromptDismissedException"):
                raise KnownError("keyring_locked") from error
            raise KnownError("keyring_missing", cause=type(error).__name__) from error


class FileSecrets:
    """A file in the profile folder with permissions 0600: weaker, because whoever copies the disk copies it too."""

    kind: SecretKind = "file"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, name: str) -> bytes | None:
        try:
            return self._path(name).read_bytes()
        except FileNotFoundError:
            return None

    def put(self, name: str, secret: bytes) -> None:
        write_file(self._path(name), secret)

    def delete(self, name: str) -> None:
        self._path(name).unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.secret"


def platform_backend() -> Any:
    """This platform's keyring, usable now. Raises keyring_missing."""
    import importlib

    named = BACKENDS.get("linux" if sys.platform.startswith("linux") else sys.platform)
    if named is None:
        raise KnownError("keyring_missing", cause="platform")
    backend = getattr(importlib.import_module(named[0]), named[1])()
    _refuse_unsafe(backend)
    if backend.priority <= 0:  # reading it raises RuntimeError where the service is not there
        raise KnownError("keyring_missing", cause="priority")
    return backend


def choose(folder: Path) -> DeviceSecrets:
    """The system's keyring where it works at this moment, else the file. Only for making a new profile."""
    system = KeyringSecrets()
    try:
        system.get("probe")
    except KnownError as error:
        if error.code == "keyring_locked":
            raise
        return FileSecrets(folder)
    return system


def _refuse_unsafe(backend: Any) -> None:
    name = f"{type(backend).__module__}.{type(backend).__qualname__}"
    if name not in {".".join(place) for place in BACKENDS.values()}:
        raise KnownError("keyring_missing", cause="unsafe_backend")


def write_file(path: Path, data: bytes) -> None:
    """Replaces a file whole: permissions before content, flushed, then renamed. Raises disk_full or disk_error."""
    partial = path.with_name(path.name + ".part")
    try:
        partial.unlink(missing_ok=True)
        handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
        if os.name != "nt":
            folder = os.open(path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
    except OSError as error:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        import errno

        full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        raise KnownError("disk_full" if full else "disk_error", folder=str(path.parent)) from error
