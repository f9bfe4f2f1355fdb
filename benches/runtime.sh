#!/usr/bin/env bash
# 3,000 rules that run every minute over a real OpenSearch: how long until each ran, how many runs were left out, CPU and
# memory; beside ElastAlert 2 where ELASTALERT_PYTHON names a Python that has it.
#
#   tests/support/elastalert/run.sh tests/support/opensearch/run.sh benches/runtime.sh [SECONDS]
#
# Each program runs for so many seconds (130 by default), one after the other.
set -euo pipefail
cd "$(dirname "$0")/.."
: "${OPENSEARCH_URL:?run it under tests/support/opensearch/run.sh}"
seconds=${1:-130}
count=${RULES:-3000}
cargo build -q --release
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/rules"
host=${OPENSEARCH_URL#http://}
for i in $(seq "$count"); do
  cat > "$work/rules/r$i.yaml" <<RULE
name: rule $i
type: any
index: bench-events
filter:
- query: {query_string: {query: 'process.executable:*\\\\tool$i.exe AND event.code:$((i % 100))'}}
realert: {minutes: 0}
alert: [debug]
RULE
done
cat > "$work/config.yaml" <<CONFIG
rules_folder: $work/rules
run_every: {minutes: 1}
buffer_time: {minutes: 15}
es_host: ${host%%:*}
es_port: ${host##*:}
writeback_index: WRITEBACK
alert_time_limit: {days: 2}
CONFIG
send() { curl -sf -X "$1" -H 'content-type: application/json' "$OPENSEARCH_URL/$2" -d "${3:-}"; }
send PUT bench-events '{"mappings":{"properties":{"@timestamp":{"type":"date"},"process":{"properties":{"executable":{"type":"keyword"}}},"event":{"properties":{"code":{"type":"keyword"}}}}}}' > /dev/null
for i in $(seq 2000); do
  printf '{"index":{}}\n{"@timestamp":"%s","process":{"executable":"C:\\\\Windows\\\\tool%d.exe"},"event":{"code":"%d"}}\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" $((i % 50)) $((i % 100))
done | curl -sf -H 'content-type: application/x-ndjson' "$OPENSEARCH_URL/bench-events/_bulk?refresh=true" --data-binary @- > /dev/null

# Runs a program for the given time, and prints its resource usage and its entries in the status index.
measure() {
  local name=$1 index=$2
  shift 2
  sed "s/WRITEBACK/$index/" "$work/config.yaml" > "$work/$index.yaml"
  target/release/sigmalert create-index --config "$work/$index.yaml" > /dev/null
  local began
  began=$(date -u +%s)
  "$@" --config "$work/$index.yaml" > "$work/$index.log" 2>&1 &
  local pid=$! first=never
  local cpu=0 peak=0
  for _ in $(seq "$seconds"); do
    sleep 1
    if [ "$first" = never ]; then
      ran=$(send POST "${index}_status/_search" '{"size":0,"aggs":{"n":{"cardinality":{"field":"rule_name","precision_threshold":40000}}}}' | sed 's/.*"n":{"value":\([0-9]*\).*/\1/')
      [ "${ran:-0}" -ge "$count" ] && first=$(($(date -u +%s) - began))
    fi
    cpu=$(awk '{print ($14 + $15) / 100}' "/proc/$pid/stat" 2> /dev/null || echo "$cpu")
    peak=$(awk '/VmHWM/ {print int($2 / 1024)}' "/proc/$pid/status" 2> /dev/null || echo "$peak")
  done
  kill -TERM "$pid" 2> /dev/null || true
  for _ in $(seq 100); do kill -0 "$pid" 2> /dev/null || break; sleep 0.1; done
  kill -9 "$pid" 2> /dev/null || true
  wait "$pid" 2> /dev/null || true
  local skipped
  skipped=$(grep -oE 'skipped=[0-9]+|was missed by' "$work/$index.log" | awk -F= '/skipped/ {n += $2} /missed/ {n++} END {print n + 0}')
  printf '%-12s %22s %14s %10s %9s\n' "$name" "$first" "$skipped" "$cpu" "$peak"
}
printf '%-12s %22s %14s %10s %9s\n' "" "all ran once after s" "runs left out" "CPU s" "peak MB"
measure sigmalert bench-sa target/release/sigmalert run
if [ -n "${ELASTALERT_PYTHON:-}" ]; then
  measure "ElastAlert 2" bench-ea "$ELASTALERT_PYTHON" -m elastalert.elastalert --verbose
fi
