#!/usr/bin/env bash
# Side by side with `rsigma rule lint` and `sigma check`: the same folder of rules looked through for faults.
#
#   benches/compare-check.sh [FOLDER]        (the folder of rules of the public Sigma repository)
#
# rsigma is taken from the path, or from RSIGMA, and left out where it is not there; sigma-cli is installed into a virtual
# environment under target/ on first use, with SigmaHQ's validators. Validators of sigma-cli that download their data are
# left out. Prints time, memory and ratios of the medians: sigmalert and rsigma five runs in turn, sigma-cli one.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
rules=${1:-${SIGMA_RULES:-$root/../shared/corpus/rules}}
if [[ ! -d $rules ]]; then
  echo "there is no folder $rules; name the rules folder of the public Sigma repository" >&2
  exit 2
fi
venv=$root/target/compare-check-venv
if [[ ! -f $venv/complete ]]; then
  rm -rf "$venv"
  python3 -m venv "$venv"
  "$venv/bin/pip" install -q --disable-pip-version-check sigma-cli
  touch "$venv/complete"
fi
cargo build --release --quiet --manifest-path "$root/Cargo.toml"
rsigma=${RSIGMA:-$(command -v rsigma || true)}

exec "$venv/bin/python" - "$rules" "$venv/bin/sigma" "$root/target/release/sigmalert" "$rsigma" <<'PY'
import os, statistics, subprocess, sys, tempfile, time

rules, sigma, sigmalert, rsigma = sys.argv[1:]
config = tempfile.NamedTemporaryFile("w", suffix=".yml")
config.write("validators: [all, -attacktag, -d3_fendtag]\n")
config.flush()
commands = {
    "sigmalert check": ([sigmalert, "check", "--no-config", "-q", "--severity", "info", rules], 5),
    "sigmalert check -m": ([sigmalert, "check", "--no-config", "-q", "-m", "winlogbeat", "--severity", "info", rules], 5),
    "rsigma rule lint": ([rsigma, "rule", "lint", rules], 5 if rsigma else 0),
    "sigma check": ([sigma, "check", "--validation-config", config.name, rules], 1),
}

def run(command):
    begin = time.perf_counter()
    # All of them fail where they find an error.
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    errors = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    if os.waitstatus_to_exitcode(status) > 1:
        sys.exit(f"{' '.join(command)}: {errors.decode()[-2000:]}")
    return time.perf_counter() - begin, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024

results = {name: [] for name in commands}
for i in range(6):
    for name, (command, runs) in commands.items():
        # The first run of those that run often is not counted.
        if i < runs + (runs > 1):
            result = run(command)
            if i > 0 or runs == 1:
                results[name].append(result)

files = sum(f.endswith((".yml", ".yaml")) for _, _, names in os.walk(rules) for f in names)
print(f"{files} files, {os.cpu_count()} cores, medians")
print(f"{'':19} {'seconds':>9} {'CPU seconds':>12} {'peak MB':>8}")
median = {}
for name, r in results.items():
    if r:
        wall, cpu, memory = (statistics.median(x) for x in zip(*r))
        median[name] = wall
        print(f"{name:19} {wall:9.3f} {cpu:12.3f} {memory:8.0f}")
own = median["sigmalert check"]
for name in ("rsigma rule lint", "sigma check"):
    if name in median:
        print(f"{name}: {median[name] / own:.1f} times the time of sigmalert check")
PY
