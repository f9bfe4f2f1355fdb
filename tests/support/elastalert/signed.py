"""Judges signatures of AWS by botocore, and sends alerts by ElastAlert 2's own alerters.

Standard input: {"requests": [{method, path, headers, body}], "key", "secret", "rules": {file: matches}}. Output: one list of what is
wrong with the requests. The alerters of the rules send to AWS_ENDPOINT_URL.
"""
import datetime
import json
import logging
import re
import sys
from urllib.parse import parse_qsl, quote, urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from elastalert import loaders

logging.disable(logging.CRITICAL)
given = json.load(sys.stdin)
wrong = []
for r in given["requests"]:
    headers = {k.lower(): v for k, v in r["headers"]}
    m = re.match(r"AWS4-HMAC-SHA256 Credential=([^/]+)/\d+/([^/]+)/([^/]+)/aws4_request, SignedHeaders=(\S+), Signature=(\w+)", headers["authorization"])
    key, region, service, names, signature = m.groups()
    parts = urlsplit("http://" + headers["host"] + r["path"])
    query = "&".join(f"{quote(k, safe='-_.~')}={quote(v, safe='-_.~')}" for k, v in parse_qsl(parts.query, keep_blank_values=True))
    request = AWSRequest(
        method=r["method"],
        url=f"http://{headers['host']}{parts.path}" + (f"?{query}" if query else ""),
        headers={n: headers[n] for n in names.split(";") if n != "host"},
        data=r["body"].encode(),
    )
    auth = SigV4Auth(Credentials(given["key"], given["secret"], headers.get("x-amz-security-token")), service, region)
    request.context["timestamp"] = headers["x-amz-date"]
    own = auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request)
    if key != given["key"] or own != signature:
        wrong.append(f"{r['method']} {r['path']}: {signature} and not {own}")
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
for path, matches in given["rules"].items():
    rule = loader.load_configuration(path, conf)
    for alerter in rule["alert"]:
        alerter.pipeline = {}
        try:
            alerter.alert(json.loads(json.dumps(matches)))
        except Exception as e:  # noqa: BLE001 - the listener has what was sent
            print(e, file=sys.stderr)
json.dump(wrong, sys.stdout)
