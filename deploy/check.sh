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
finished() { local code=0; wait "$1" || code=$?; cat "$2"; return "$code"; }
console() { (cd src/console && { [ -d node_modules ] || npm ci --silent --no-audit --no-fund; } && npm run --silent check); }

step 'format' ruff format --check --quiet .
step 'lint' ruff check --quiet .
step 'types' mypy
step 'import contracts' lint-imports
step 'configuration' yitong check-config
step 'deployment files' python deploy/check_compose.py
step 'console: lint, types, unit tests' console
if [ "${1:-all}" = all ]; then
  # What waits for no device runs behind, with what the others leave of the machine.
  log=$(mktemp)
  nice -n 15 python -m pytest --ignore=tests/integration --ignore=tests/e2e >"$log" 2>&1 &
  behind=$!
  trap 'kill "$behind" 2>/dev/null; rm -f "$log"' EXIT
  step 'integration tests' python -m pytest tests/integration
  # A process of its own: the browser driver keeps an event loop running in it.
  step 'end-to-end tests' python -m pytest tests/e2e
  step 'unit, property, replay, contract and architecture tests' finished "$behind" "$log"
fi

if [ ${#failed[@]} -gt 0 ]; then
  printf '\nFAILED: %s\n' "${failed[*]}"
  exit 1
fi
printf '\nall checks passed\n'
