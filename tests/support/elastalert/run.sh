#!/usr/bin/env bash
# Runs a command with a Python that has ElastAlert 2:
#
#   tests/support/elastalert/run.sh cargo test
#
# Makes a virtual environment on first use and hands its Python to the command as ELASTALERT_PYTHON.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
venv=$here/venv
if ! cmp -s "$here/requirements.txt" "$venv/complete"; then
  rm -rf "$venv"
  "${PYTHON:-python3}" -m venv "$venv"
  "$venv/bin/pip" install -q --disable-pip-version-check -r "$here/requirements.txt" >&2
  cp "$here/requirements.txt" "$venv/complete"
fi
ELASTALERT_PYTHON=$venv/bin/python exec "$@"
