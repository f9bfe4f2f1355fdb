#!/usr/bin/env bash
# Runs a command with js-yaml and yaml, readers of YAML in JavaScript, beside it:
#
#   tests/support/yaml/run.sh cargo test
#
# Fetches them from npm on first use and hands their folder to the command as YAML_MODULES. Without npm the command runs
# without them.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
modules=$here/node_modules
if [[ ! -d $modules/js-yaml || ! -d $modules/yaml ]] &&
  ! npm install --silent --no-audit --no-fund --no-package-lock --prefix "$here" >&2; then
  echo "js-yaml and yaml cannot be had: what is written is not read with them" >&2
  exec "$@"
fi
YAML_MODULES=$modules exec "$@"
