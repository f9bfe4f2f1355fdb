"""Sends the alerts of a rule file for an event, each by ElastAlert 2's own alerter, to listeners on loopback.

Arguments: the rule file. Standard input: the event as JSON. Output: what arrived, as a JSON list of [where, what].
"""
import datetime
import email
import email.policy
import http.server
import json
import logging
import os
import socket
import sys
import threading
from unittest import mock

from aiosmtpd.controller import Controller
from elastalert import loaders
from elastalert.alerters import jira

logging.disable(logging.CRITICAL)
arrived = []


class Http(http.server.BaseHTTPRequestHandler):
    def do_POST(self):  # noqa: N802 - the name is the library's
        body = self.rfile.read(int(self.headers["content-length"]))
        arrived.append([f"POST {self.path}", json.loads(body)])
        self.send_response(200)
        self.end_headers()

    def log_message(self, *args):
        pass


class Smtp:
    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        headers = "".join(f"{k}: {message[k]}\n" for k in ("Subject", "From", "To"))
        arrived.append([f"mail to {', '.join(envelope.rcpt_tos)}", headers + "\n" + message.get_content().replace("\r\n", "\n")])
        return "250 OK"


web = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Http)
threading.Thread(target=web.serve_forever, daemon=True).start()
# The library wants to be told a port: one that is free.
with socket.socket() as probe:
    probe.bind(("127.0.0.1", 0))
    port = probe.getsockname()[1]
mail = Controller(Smtp(), hostname="127.0.0.1", port=port)
mail.start()
base = f"http://127.0.0.1:{web.server_address[1]}"
os.environ.update(
    SLACK_WEBHOOK_URL=base + "/slack",
    MATTERMOST_WEBHOOK_URL=base + "/mattermost",
    HTTP_POST_URL=base + "/http",
    HIVE_HOST="http://127.0.0.1",
    HIVE_PORT=str(web.server_address[1]),
    HIVE_APIKEY="key",
    ALERT_EMAIL="soc@example.org",
    KIBANA_DISCOVER_URL="https://kibana.example.org/app/discover#/",
)
path = sys.argv[1]
conf = {
    "rules_folder": os.path.dirname(path),
    "es_host": "127.0.0.1",
    "es_port": 9,
    "writeback_index": "elastalert",
    "run_every": datetime.timedelta(minutes=1),
    "buffer_time": datetime.timedelta(minutes=15),
    "custom_pretty_ts_format": None,
    "smtp_port": port,
    "smtp_host": "127.0.0.1",
    "from_addr": "elastalert@example.org",
}
loader = loaders.FileRulesLoader(conf)
loader.base_config = conf
with mock.patch.object(jira, "JIRA"):
    rule = loader.load_configuration(path, conf)
matches = [json.load(sys.stdin)]
if rule.get("generate_kibana_discover_url"):
    from elastalert import kibana_discover

    matches[0]["kibana_discover_url"] = kibana_discover.generate_kibana_discover_url(rule, matches[0])
for alerter in rule["alert"]:
    alerter.pipeline = {}
    alerter.alert(matches)
mail.stop()
web.shutdown()
json.dump(arrived, sys.stdout)
