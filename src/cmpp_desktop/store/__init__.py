"""The store: everything that this laptop keeps, in one encrypted file, behind one door.

`Store.create` and `Store.open` give it; `work` is the only way to write records, `answer` the only way to read them;
`replica` is sync's side; `drafts`, `audit`, `settings` are of this laptop alone. What goes out is frozen; no row leaves. One
thread owns a store. Keys and passphrases are the vault's (vault.py).

The vault is needed to greet somebody, before anything else: so the rest is imported when it is first asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cmpp_desktop.store.opened import Commit, Store, UnitOfWork

FILE = "store.db"


def __getattr__(name: str) -> Any:
    if name in ("Commit", "Store", "UnitOfWork"):
        from cmpp_desktop.store import opened

        return getattr(opened, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = ["FILE", "Commit", "Store", "UnitOfWork"]
