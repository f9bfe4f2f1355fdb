#!/usr/bin/env bash
# Side by side with elastalert2-server: the same requests of 200 clients at once, over the same real OpenSearch.
#
#   benches/compare-serve.sh [SECONDS]        (of each kind of request; 15 otherwise)
#
# elastalert2-server is a folder with its build (`npm ci && npm run build`), named by ELASTALERT2_SERVER, and is left out where none
# is named. wrk sends the requests. Prints requests a second, median, 99th percentile and failures, and the ratio of the 99th
# percentiles. Both have a folder of a thousand rules, which are switched off, so that neither runs rules meanwhile.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
seconds=${1:-15}
if [[ -z ${OPENSEARCH_URL:-} || -z ${ELASTALERT_PYTHON:-} ]]; then
  exec "$root/tests/support/elastalert/run.sh" "$root/tests/support/opensearch/run.sh" "$0" "$@"
fi
command -v wrk >/dev/null || { echo "wrk is not there: it sends the requests" >&2; exit 2; }
cargo build --release --quiet --manifest-path "$root/Cargo.toml"
exec python3 - "$seconds" "$root/target/release/sigmalert" "${ELASTALERT2_SERVER:-}" <<'PY'
import json, os, re, signal, subprocess, sys, tempfile, time, urllib.request

seconds, sigmalert, peer = sys.argv[1:]
url, python = os.environ["OPENSEARCH_URL"], os.environ["ELASTALERT_PYTHON"]
port = int(url.rsplit(":", 1)[1])
work = tempfile.TemporaryDirectory()
home = work.name
os.makedirs(f"{home}/rules"); os.makedirs(f"{home}/rule_templates"); os.makedirs(f"{home}/server_data")
rule = """name: rule %d
is_enabled: false
type: any
index: bench-events
timestamp_field: "@timestamp"
filter:
  - query:
      query_string:
        query: "user:alice"
alert: [debug]
"""
for i in range(1000):
    with open(f"{home}/rules/rule{i}.yaml", "w") as f:
        f.write(rule % i)
# Without one that is on, ElastAlert ends at once.
with open(f"{home}/rules/on.yaml", "w") as f:
    f.write((rule % 1000).replace("is_enabled: false\n", "").replace("alice", "nobody"))
with open(f"{home}/config.yaml", "w") as f:
    f.write(f"rules_folder: rules\nrun_every: {{minutes: 10}}\nbuffer_time: {{minutes: 15}}\nes_host: 127.0.0.1\nes_port: {port}\nwriteback_index: bench_status\n")

def send(method, path, body=None, kind="application/json"):
    data = body.encode() if body is not None else None
    request = urllib.request.Request(url + path, data, {"Content-Type": kind}, method=method)
    return urllib.request.urlopen(request).read()

lines = []
for i in range(2000):
    lines += ['{"index":{"_index":"bench-events"}}', json.dumps({"@timestamp": "2026-01-01T00:00:00Z", "user": "alice" if i % 9 else "bob", "n": i})]
send("POST", "/_bulk?refresh=true", "\n".join(lines) + "\n", "application/x-ndjson")

def free():
    import socket
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]

def start(command, cwd, env, at):
    log = open(f"{home}/log", "ab")
    process = subprocess.Popen(command, cwd=cwd, env=env, stdout=log, stderr=log, start_new_session=True)
    for _ in range(200):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{at}/", timeout=1)
            return process
        except OSError:
            time.sleep(0.2)
    os.killpg(process.pid, signal.SIGKILL)
    sys.exit(f"{command[0]} does not answer:\n" + open(f"{home}/log").read()[-2000:])

SEARCH = json.dumps({"query": {"bool": {"must": [{"query_string": {"query": "user:bob"}}]}}, "size": 40})
KINDS = {
    "read a rule": ("GET", "/rules/rule7", None),
    "list the rules": ("GET", "/rules", None),
    "search": ("POST", "/search/bench-events", SEARCH),
    "metadata": ("GET", "/metadata/elastalert_status", None),
}

def load(at, kind):
    method, path, body = KINDS[kind]
    with open(f"{home}/wrk.lua", "w") as f:
        f.write(f"wrk.method = {json.dumps(method)}\n")
        if body:
            f.write(f'wrk.body = [[{body}]]\nwrk.headers["Content-Type"] = "application/json"\n')
        f.write('done = function(s, l, r)\n io.write(string.format("RESULT %d %d %f %f %d\\n", s.requests, s.duration, l:percentile(50), l:percentile(99), s.errors.connect + s.errors.read + s.errors.write + s.errors.status + s.errors.timeout))\nend\n')
    out = subprocess.run(["wrk", "-t2", "-c200", f"-d{seconds}s", "--timeout", "30s", "-s", f"{home}/wrk.lua", f"http://127.0.0.1:{at}{path}"], capture_output=True, text=True).stdout
    n, micros, p50, p99, failed = re.search(r"RESULT (\d+) (\d+) ([\d.]+) ([\d.]+) (\d+)", out).groups()
    return int(n) / (int(micros) / 1e6), float(p50) / 1000, float(p99) / 1000, int(failed)

results = {}
def measure(name, command, cwd, env, at):
    process = start(command, cwd, env, at)
    try:
        time.sleep(8)  # until ElastAlert has loaded its rules
        for kind in KINDS:
            results[name, kind] = load(at, kind)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)

at = free()
measure("sigmalert serve", [sigmalert, "serve", "--config", "config.yaml", "--rules", "rules", "--listen", f"127.0.0.1:{at}"], home, os.environ, at)
if peer:
    at, ws = free(), free()
    # It reads its configuration from where it runs, and runs `python`.
    os.makedirs(f"{home}/server/config")
    json.dump({"appName": "bench", "port": at, "wsport": ws, "elastalertPath": home, "es_host": "127.0.0.1", "es_port": port, "writeback_index": "bench_status",
        "rulesPath": {"relative": True, "path": "/rules"}, "templatesPath": {"relative": True, "path": "/rule_templates"}, "dataPath": {"relative": True, "path": "/server_data"}}, open(f"{home}/server/config/config.json", "w"))
    env = dict(os.environ, PATH=os.path.dirname(python) + ":" + os.environ["PATH"])
    measure("elastalert2-server", ["node", f"{os.path.abspath(peer)}/dist/index.js"], f"{home}/server", env, at)
print(f"{'':20}{'':20}{'requests/s':>12}{'median ms':>12}{'p99 ms':>10}{'failed':>8}")
for (name, kind), (rate, p50, p99, failed) in results.items():
    print(f"{kind:20}{name:20}{rate:12.0f}{p50:12.1f}{p99:10.1f}{failed:8}")
if peer:
    for kind in KINDS:
        ours, theirs = results["sigmalert serve", kind], results["elastalert2-server", kind]
        print(f"{kind}: the 99th percentile is {theirs[2] / ours[2]:.1f} times shorter, {ours[0] / theirs[0]:.1f} times as many requests")
send("DELETE", "/bench-events")
PY
