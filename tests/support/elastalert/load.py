"""Loads every rule file below the folders with ElastAlert 2's own loader, as its start does, each folder for itself.

Prints one line for each file that fails or that the loader warns of, then the number of files loaded. Exit status 1
when anything was told.
"""
import datetime
import logging
import os
import sys
from unittest import mock

from elastalert import loaders
from elastalert.alerters import jira


class Told(logging.Handler):
    """Keeps what the loader warns of."""

    def __init__(self):
        super().__init__(logging.WARNING)
        self.messages = []

    def emit(self, record):
        self.messages.append(record.getMessage())


# Jira logs in and asks for its priorities.
JIRA = mock.Mock()
JIRA.return_value.priorities.return_value = [mock.Mock(id=str(i)) for i in range(5)]
JIRA.return_value.fields.return_value = []
told = Told()
logging.getLogger("elastalert").handlers = [told]
logging.getLogger("elastalert").propagate = False
failed, loaded = 0, 0
for folder in sys.argv[1:]:
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
    names = {}
    for root, _, files in os.walk(folder):
        for name in sorted(files):
            if not name.endswith((".yaml", ".yml")):
                continue
            path = os.path.join(root, name)
            told.messages.clear()
            try:
                # Nothing is looked up: rule types that ask the server when they start get a stand-in.
                with mock.patch("elastalert.ruletypes.elasticsearch_client"), mock.patch.object(jira, "JIRA", JIRA):
                    rule = loader.load_configuration(path, conf)
                if rule["name"] in names:
                    raise ValueError("the name is that of " + names[rule["name"]])
                names[rule["name"]] = path
                loaded += 1
            except Exception as e:  # noqa: BLE001 - whatever the loader raises is what is looked for
                failed += 1
                print(f"{path}: {type(e).__name__}: {e}")
            for message in told.messages:
                failed += 1
                print(f"{path}: warning: {message}")
print(f"{loaded} loaded")
sys.exit(1 if failed else 0)
