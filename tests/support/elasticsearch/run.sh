#!/usr/bin/env bash
# Runs a command with a real Elasticsearch 7 node beside it, in OpenSearch's place:
#
#   tests/support/elasticsearch/run.sh cargo test --test all -- cluster
#
# 7.10 is the last release whose parts all lie in Maven Central. How it is started and stopped: ../opensearch/run.sh.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
RUNNER_NAME=Elasticsearch RUNNER_POM=$here/pom.xml RUNNER_PROPERTY=elasticsearch.runner \
  RUNNER_VERSION=${ELASTICSEARCH_RUNNER:-7.10.2.0} RUNNER_MAIN=org.codelibs.elasticsearch.runner.ElasticsearchClusterRunner \
  exec "$here/../opensearch/run.sh" "$@"
