#!/usr/bin/env bash
# All checks, in the order that fails fastest. `check.sh lint` runs the static ones only.
set -uo pipefail
cd "$(dirname "$0")/.."
PATH=$PWD/.venv/bin:$PATH
failed=() names=() running=() logs=()

step() {
  local name=$1 began=$SECONDS; shift
  printf '\n== %s\n' "$name"
  if "$@"; then printf -- '-- %s: ok (%s s)\n' "$name" $((SECONDS - began))
  else printf -- '-- %s: FAILED (%s s)\n' "$name" $((SECONDS - began)); failed+=("$name"); fi
}
# Runs a step beside the others, and shows it when it is waited for.
beside() {
  local name=$1 log; shift
  log=$(mktemp)
  "$@" >"$log" 2>&1 &
  names+=("$name"); running+=($!); logs+=("$log")
}
all_beside() {
  local i
  for i in "${!names[@]}"; do step "${names[i]}" finished "${running[i]}" "${logs[i]}"; done
}
finished() { local code=0; wait "$1" || code=$?; cat "$2"; return "$code"; }
stop_beside() { kill "${running[@]}" 2>/dev/null; rm -f "${logs[@]}"; }
console() { (cd src/console && { [ -d node_modules ] || npm ci --silent --no-audit --no-fund; } && npm run --silent check); }

step 'format' ruff format --check --quiet .
step 'lint' ruff check --quiet .
step 'types' mypy
step 'import contracts' lint-imports
step 'configuration' yitong check-config
step 'deployment files' python deploy/check_compose.py
step 'console: lint, types, unit tests' console
if [ "${1:-all}" = all ]; then
  # Most of them wait for processes of their own, so they share the machine.
  trap stop_beside EXIT
  beside 'unit, property, replay, contract and architecture tests' nice -n 15 python -m pytest \
    --ignore=tests/integration --ignore=tests/chaos --ignore=tests/e2e
  beside 'integration tests' python -m pytest tests/integration tests/chaos \
    --ignore=tests/integration/bench --ignore=tests/integration/farm --ignore=tests/integration/ingest
  step 'integration tests with cameras' python -m pytest tests/integration/{bench,farm,ingest}
  # A process of its own: the browser driver keeps an event loop running in it.
  step 'end-to-end tests' python -m pytest tests/e2e
  all_beside
fi

if [ ${#failed[@]} -gt 0 ]; then
  printf '\nFAILED: %s\n' "${failed[*]}"
  exit 1
fi
printf '\nall checks passed\n'
