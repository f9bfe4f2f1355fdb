"""Loads every rule file below a folder with ElastAlert 2's own loader, as its start does.

Prints one line for each file that fails, then the number of files loaded. Exit status 1 when any failed.
"""
import datetime
import logging
import os
import sys
from unittest import mock

from elastalert import loaders
from elastalert.alerters import jira

logging.disable(logging.CRITICAL)
folder = sys.argv[1]
conf = {
    "rules_folder": folder,
    "scan_subdirectories": True,
    "es_host": "127.0.0.1",
    "es_port": 9,
    "writeback_index": "elastalert",
    "run_every": datetime.timedelta(minutes=1),
    "buffer_time": datetime.timedelta(minutes=15),
    "alert_time_limit": datetime.timedelta(days=2),
    "old_query_limit": datetime.timedelta(days=7),
    "max_query_size": 10000,
    "disable_rules_on_error": True,
    "custom_pretty_ts_format": None,
}
loader = loaders.FileRulesLoader(conf)
names, failed, loaded = {}, 0, 0
for root, _, files in os.walk(folder):
    for name in sorted(files):
        if not name.endswith((".yaml", ".yml")):
            continue
        path = os.path.join(root, name)
        try:
            # Nothing is looked up: rule types that ask the server when they start get a stand-in.
            # So does Jira, which logs in.
            with mock.patch("elastalert.ruletypes.elasticsearch_client"), mock.patch.object(jira, "JIRA"):
                rule = loader.load_configuration(path, conf)
            if rule["name"] in names:
                raise ValueError("the name is that of " + names[rule["name"]])
            names[rule["name"]] = path
            loaded += 1
        except Exception as e:  # noqa: BLE001 - whatever the loader raises is what is looked for
            failed += 1
            print(f"{path}: {type(e).__name__}: {e}")
print(f"{loaded} loaded")
sys.exit(1 if failed else 0)
