#!/usr/bin/env bash
# Remakes the locks in requirements/ from pyproject.toml: every package pinned, with the hashes of all its files, and no
# index address. `tools/lock.sh` keeps what still fits; `tools/lock.sh --upgrade` takes the newest of everything.
# Made on Python 3.11 on Linux; the hashes cover the wheels of the other systems too.
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-.venv/bin/python}
"$python" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || { echo "locks are made on Python 3.11" >&2; exit 1; }

compile() { # compile OUTPUT [pip-compile arguments]
  local output=$1; shift
  "$python" -m piptools compile --quiet --generate-hashes --allow-unsafe --strip-extras --resolver=backtracking \
    --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options --no-header --annotation-style=line \
    --output-file "$output" "$@"
  # A comment or option that names a host or a folder of this machine would make the lock useless elsewhere.
  if grep -nE '://|^-|^ *--(index|extra|find|trusted)' "$output"; then echo "$output holds an address" >&2; exit 1; fi
}

# dev is the whole: the program, the server, the tests and tools. The other two are its subsets, so that what is tested is
# what is shipped.
compile requirements/dev.txt --extra server --extra dev "$@" pyproject.toml
compile requirements/runtime.txt --constraint requirements/dev.txt pyproject.toml
# The server does not carry the window's packages, so its list is the extra alone.
mkdir -p build
"$python" -c 'import tomllib
print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["server"], sep="\n")' >build/server.in
compile requirements/server.txt --constraint requirements/dev.txt build/server.in
