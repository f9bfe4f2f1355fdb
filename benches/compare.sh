#!/usr/bin/env bash
# Side by side with sigma-cli: the same folder of rules to Lucene queries in one file.
#
#   benches/compare.sh [FOLDER]        (the folder of rules of the public Sigma repository)
#
# Runs both in turn, five times each after one run that is not counted, and prints time, memory and the ratio of
# the medians. Installs sigma-cli into a virtual environment under target/ on first use.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
rules=${1:-${SIGMA_RULES:-$root/../shared/corpus/rules}}
if [[ ! -d $rules ]]; then
  echo "there is no folder $rules; name the rules folder of the public Sigma repository" >&2
  exit 2
fi
venv=$root/target/compare-venv
if [[ ! -f $venv/complete ]]; then
  rm -rf "$venv"
  python3 -m venv "$venv"
  "$venv/bin/pip" install -q --disable-pip-version-check sigma-cli pysigma-backend-elasticsearch pysigma-pipeline-windows
  touch "$venv/complete"
fi
cargo build --release --quiet --manifest-path "$root/Cargo.toml"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

exec "$venv/bin/python" - "$rules" "$work" "$venv/bin/sigma" "$root/target/release/sigmalert" <<'PY'
import os, statistics, subprocess, sys, time

rules, work, sigma, sigmalert = sys.argv[1:]
commands = {
    "sigma-cli": [sigma, "convert", "-t", "lucene", "-p", "ecs_windows", "--skip-unsupported", "-o", f"{work}/peer.txt", rules],
    "sigmalert": [sigmalert, "convert", "-m", "winlogbeat", "-t", "lucene", "-q", "-o", f"{work}/own.txt", rules],
}

def run(command):
    begin = time.perf_counter()
    # A rule that the target cannot say makes both end with a failure after the others are done.
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, _, usage = os.wait4(child.pid, 0)
    return time.perf_counter() - begin, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024

results = {name: [] for name in commands}
for i in range(6):
    for name, command in commands.items():
        result = run(command)
        if i > 0:
            results[name].append(result)

files = sum(f.endswith((".yml", ".yaml")) for _, _, names in os.walk(rules) for f in names)
print(f"{files} files of {rules}, {os.cpu_count()} cores, medians of 5 runs in turn")
print(f"{'':10} {'seconds':>9} {'CPU seconds':>12} {'peak MB':>8}")
median = {}
for name, r in results.items():
    wall, cpu, memory = (statistics.median(x) for x in zip(*r))
    median[name] = wall
    print(f"{name:10} {wall:9.3f} {cpu:12.3f} {memory:8.0f}")
print(f"sigmalert is {median['sigma-cli'] / median['sigmalert']:.0f} times as fast")
PY
