#!/usr/bin/env bash
# Runs a command with axe-core, the accessibility checker, beside it:
#
#   tests/support/axe/run.sh cargo test
#
# Fetches it from npm on first use and hands its file to the command as AXE. Without npm the command runs without it.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
axe=$here/node_modules/axe-core/axe.min.js
if [[ ! -f $axe ]] && ! npm install --silent --no-audit --no-fund --no-package-lock --prefix "$here" >&2; then
  echo "axe-core cannot be had: pages are not checked with it" >&2
  exec "$@"
fi
AXE=$axe exec "$@"
