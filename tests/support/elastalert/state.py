"""What ElastAlert 2 makes of the writeback indices: for each rule where it would begin and whether it is silenced, and how many
alerts it would send again.

Arguments: the configuration.
"""
import json
import logging
import sys

from elastalert import elastalert

logging.disable(logging.CRITICAL)
client = elastalert.ElastAlerter(["--config", sys.argv[1]])
rules = {}
for rule in client.rules:
    client.thread_data.current_es = client.get_elasticsearch_client(rule)
    start = client.get_starttime(rule)
    rules[rule["name"]] = {
        "start": start and start.isoformat(),
        "silenced": client.is_silenced(rule["name"]) or client.is_silenced(rule["name"] + "._silence"),
    }
pending = client.find_recent_pending_alerts(client.alert_time_limit)
json.dump({"rules": rules, "pending": [p["_source"]["rule_name"] for p in pending]}, sys.stdout)
