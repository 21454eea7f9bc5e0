"""Makes the signed file of a pack of deadline rules: `seal_rules.py KEY-FILE rules.toml rules.cmpprules`.

For a publisher, on a machine of their own. The key (Ed25519, 32 bytes as hexadecimal digits) is made when the file is not there,
readable by its owner alone, and never leaves that machine; its fingerprint is what administrators compare by voice.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cmpp_desktop.domain.deadline_words import problem
from cmpp_desktop.domain.rule_packs import fingerprint, seal
from cmpp_desktop.domain.rules import RulesRefused, parse
from cmpp_desktop.errors import KnownError
from cmpp_desktop.words import load


def main(arguments: list[str]) -> int:
    """0 when the file was written; else what was wrong stands on standard error, and nothing was."""
    if len(arguments) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    key_file, source, target = map(Path, arguments)
    try:
        text = source.read_text(encoding="utf-8")
        pack = parse(text)
        key = _key(key_file)
        public = key.public_key().public_bytes_raw()
        target.write_bytes(seal(text, public, key.sign))
    except RulesRefused as error:
        print("\n".join(problem(one, load("en")) for one in error.problems), file=sys.stderr)
        return 1
    except (KnownError, OSError, ValueError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    print(f"{target}: version {pack.version}, {len(pack.rule)} rules; fingerprint {fingerprint(public.hex())}")
    return 0


def _key(path: Path) -> Ed25519PrivateKey:
    """The publisher's key; a new one where there is none yet."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(path.read_text(encoding="ascii").strip()))
    made = Ed25519PrivateKey.generate()
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(made.private_bytes_raw().hex() + "\n")
    return made


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
