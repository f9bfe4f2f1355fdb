#!/usr/bin/env bash
# Compares scan with rsigma: the same rules against the same events.
#
#   benches/compare-matcher.sh [RULES [RECORDINGS]]
#
# RULES is the folder rules/windows of the public Sigma repository, RECORDINGS its recordings of attacks (EVTX). Generates
# 100,000 events from the recordings (benches/events.rs), runs both programs alternately, five times each, and prints time,
# memory and ratios, then the detections that differ. Both print every match with its event to /dev/null. sigmalert uses
# benches/plain.yml because rsigma ignores log sources. Installs rsigma in target/ on first use.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
rules=${1:-${SIGMA_RULES:-$root/../shared/corpus/rules/windows}}
recordings=${2:-${SIGMA_RECORDINGS:-$root/../shared/corpus/regression}}
for folder in "$rules" "$recordings"; do
  if [[ ! -d $folder ]]; then
    echo "no such folder: $folder; pass the folders of rules and of recordings of the public Sigma repository" >&2
    exit 2
  fi
done
rsigma=${RSIGMA:-$root/target/compare-rsigma/bin/rsigma}
if [[ ! -x $rsigma ]]; then
  cargo install --quiet --locked rsigma --version 0.23.0 --root "$root/target/compare-rsigma"
fi
cargo build --release --quiet --manifest-path "$root/Cargo.toml"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cargo bench --quiet --manifest-path "$root/Cargo.toml" --bench events -- 100000 "$recordings" "$work/events.ndjson"

python3 - "$rules" "$work" "$rsigma" "$root/target/release/sigmalert" "$root/benches/plain.yml" <<'PY'
import json, os, statistics, subprocess, sys, time
from collections import Counter

rules, work, rsigma, sigmalert, mapping = sys.argv[1:]
events, one, half = f"{work}/events.ndjson", f"{work}/one.ndjson", f"{work}/half"
with open(one, "w") as f:
    f.write("{}\n")
files = sorted(os.path.join(d, n) for d, _, names in os.walk(rules) for n in names if n.endswith((".yml", ".yaml")))

def peer(path):
    return [rsigma, "engine", "eval", "-r", rules, "-e", "@" + path, "--input-format", "json", "--output-format", "ndjson", "--include-event"]

def own(path, threads, folder=rules):
    return [sigmalert, "scan", path, "-r", folder, "-m", mapping, "--format", "ndjson", "-j", str(threads)]

def detections(command, rule):
    counts = Counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as child:
        for line in child.stdout:
            counts[rule(json.loads(line))] += 1
    return counts

# What rules cost that find nothing: those that find something, and of the others every second.
by_path = detections(own(events, 2), lambda m: os.path.abspath(m["rule"]["path"]))
silent = [f for f in files if os.path.abspath(f) not in by_path]
os.mkdir(half)
for i, path in enumerate([*by_path, *silent[::2]]):
    os.symlink(os.path.abspath(path), f"{half}/{i}.yml")

commands = {
    "rsigma": (peer(events), peer(one)),
    "sigmalert, 1 thread": (own(events, 1), own(one, 1)),
    "sigmalert, 2 threads": (own(events, 2), own(one, 2)),
    "sigmalert, 1, half of them": (own(events, 1, half), own(one, 1, half)),
}

def run(command):
    begin = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, _, usage = os.wait4(child.pid, 0)
    return time.perf_counter() - begin, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024

results = {name: ([], []) for name in commands}
for _ in range(5):
    for name, pair in commands.items():
        for kept, command in zip(results[name], pair):
            kept.append(run(command))

number = sum(1 for _ in open(events, "rb"))
print(f"{len(files)} rule files, {number} events with {os.path.getsize(events) / 1e6:.0f} MB, {os.cpu_count()} cores, medians of 5 alternating runs")
print(f"{'':30} {'load s':>10} {'match s':>11} {'events/s':>9} {'CPU s':>7} {'peak MB':>8}")
matching, loading = {}, {}
for name, (whole, load) in results.items():
    wall, cpu, memory = (statistics.median(x) for x in zip(*whole))
    loading[name] = statistics.median(x[0] for x in load)
    matching[name] = wall - loading[name]
    print(f"{name:30} {loading[name]:10.2f} {matching[name]:11.2f} {number / matching[name]:9.0f} {cpu:7.2f} {memory:8.0f}")
a, b, c, d = commands
print(f"one thread each: {matching[a] / matching[b]:.1f} times as fast; loads in {loading[b] / loading[a]:.2f} of the time")
print(f"two threads: {matching[b] / matching[c]:.2f} times one; {len(files)} rules instead of {len(by_path) + len(silent[::2])}: {matching[b] / matching[d]:.2f} times the time")

theirs = detections([c for c in peer(events) if c != "--include-event"], lambda m: m["rule_id"])
ours = detections(own(events, 2), lambda m: m["rule"]["id"])
different = sorted(k for k in theirs | ours if theirs[k] != ours[k])
print(f"detections: rsigma {theirs.total()}, sigmalert {ours.total()}, by {len(theirs | ours)} rules; {len(different)} rules differ")
for k in different:
    print(f"  {k}: rsigma {theirs[k]}, sigmalert {ours[k]}")
PY
