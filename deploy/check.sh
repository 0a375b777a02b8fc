#!/usr/bin/env bash
# All checks, in the order that fails fastest. `check.sh lint` runs the static ones only.
set -uo pipefail
cd "$(dirname "$0")/.."
PATH=$PWD/.venv/bin:$PATH
failed=()

step() {
  local name=$1 began=$SECONDS; shift
  printf '\n== %s\n' "$name"
  if "$@"; then printf -- '-- %s: ok (%s s)\n' "$name" $((SECONDS - began))
  else printf -- '-- %s: FAILED (%s s)\n' "$name" $((SECONDS - began)); failed+=("$name"); fi
}
console() { (cd src/console && { [ -d node_modules ] || npm ci --silent --no-audit --no-fund; } && npm run --silent check); }

step 'format' ruff format --check --quiet .
step 'lint' ruff check --quiet .
step 'types' mypy
step 'import contracts' lint-imports
step 'configuration' yitong check-config
step 'deployment files' python deploy/check_compose.py
step 'console: lint, types, unit tests' console
if [ "${1:-all}" = all ]; then
  step 'tests' python -m pytest --ignore=tests/e2e
  # A process of its own: the browser driver keeps an event loop running in it.
  step 'end-to-end tests' python -m pytest tests/e2e
fi

if [ ${#failed[@]} -gt 0 ]; then
  printf '\nFAILED: %s\n' "${failed[*]}"
  exit 1
fi
printf '\nall checks passed\n'
