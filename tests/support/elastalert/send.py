"""What ElastAlert 2's own alerters would send for matches: their requests, and their commands, are noted in place of being made.

Standard input: a JSON mapping from rule files to matches. Output: a JSON mapping from rule files to [address, body] lists, or to
the reason why there is none.
"""
import datetime
import json
import logging
import os
import sys
from unittest import mock

import requests
from elastalert import loaders
from elastalert.alerters import command

logging.disable(logging.CRITICAL)
sent = []


def post(url, data=None, json=None, **kwargs):  # noqa: A002 - the library's names
    body = json if json is not None else data
    if isinstance(body, bytes):
        body = body.decode()
    sent.append([url, body])
    answer = mock.Mock(status_code=202, text="{}")
    answer.json.return_value = {}
    return answer


def popen(words, stdin=None, shell=False):
    sent.append(["command", words])
    child = mock.Mock()
    child.communicate.return_value = (b"", b"")
    child.wait.return_value = 0
    return child


conf = {
    "rules_folder": ".",
    "es_host": "127.0.0.1",
    "es_port": 9,
    "writeback_index": "elastalert",
    "run_every": datetime.timedelta(minutes=1),
    "buffer_time": datetime.timedelta(minutes=15),
    "custom_pretty_ts_format": None,
    "jinja_root_name": "_data",
}
loader = loaders.FileRulesLoader(conf)
loader.base_config = conf
out = {}
with mock.patch.object(requests, "post", post), mock.patch.object(command.subprocess, "Popen", popen):
    for path, matches in json.load(sys.stdin).items():
        sent.clear()
        try:
            rule = loader.load_configuration(path, conf)
            for alerter in rule["alert"]:
                alerter.pipeline = {}
                alerter.alert(json.loads(json.dumps(matches)))
            out[path] = list(sent)
        except Exception as e:  # noqa: BLE001 - told
            out[path] = repr(e)
json.dump(out, sys.stdout)
