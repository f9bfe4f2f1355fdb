"""Runs rule files with ElastAlert 2 over a cluster, step by step, its clock aside: each step is one run of every rule up to a
time.

Arguments: the configuration, where the first run begins, the ends of the runs. Alerts are in the writeback index afterwards.
"""
import datetime
import logging
import sys

from elastalert import elastalert, ruletypes
from elastalert.util import ts_to_dt

logging.disable(logging.CRITICAL)
config, start, *ends = sys.argv[1:]
client = elastalert.ElastAlerter(["--config", config, "--start", start])
for rule in client.rules:
    if isinstance(rule["type"], ruletypes.ChangeRule):
        # All rules of this type share one memory, so that they disturb each other: a defect that is not to be compared.
        rule["type"].change_map, rule["type"].occurrence_time = {}, {}
for i, end in enumerate(ends):
    for rule in client.rules:
        client.thread_data.alerts_sent = 0
        try:
            client.run_rule(rule, ts_to_dt(end), ts_to_dt(start) if i == 0 else None)
        except Exception as e:  # noqa: BLE001 - told, and counted as no alert
            print(f"{rule['name']}: {e!r}", file=sys.stderr)
print(len(client.rules), "rules")
