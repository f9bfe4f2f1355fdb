"""Prints what a rule file's alert says of an event, as ElastAlert 2 itself puts it together.

Arguments: the rule file. Standard input: the event as JSON. Output: subject and body as a JSON list.
"""
import datetime
import json
import logging
import os
import sys
from unittest import mock

from elastalert import loaders
from elastalert.alerters import jira

logging.disable(logging.CRITICAL)
path = sys.argv[1]
conf = {
    "rules_folder": os.path.dirname(path),
    "es_host": "127.0.0.1",
    "es_port": 9,
    "writeback_index": "elastalert",
    "run_every": datetime.timedelta(minutes=1),
    "buffer_time": datetime.timedelta(minutes=15),
    "custom_pretty_ts_format": None,
}
with mock.patch.object(jira, "JIRA"):
    rule = loaders.FileRulesLoader(conf).load_configuration(path, conf)
alert = rule["alert"][0]
matches = [json.load(sys.stdin)]
json.dump([alert.create_title(matches), alert.create_alert_body(matches)], sys.stdout)
