//! Signatures of AWS (version 4), worked out again from requests that arrived.

use super::runtime::Request;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::io::Write;
use std::process::{Command, Stdio};

/// The secret of the key AKIDEXAMPLE.
pub const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn hmac(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut block = [0u8; 64];
    if key.len() > 64 {
        block[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let pad = |with: u8| block.map(|b| b ^ with);
    let inner = Sha256::new().chain_update(pad(0x36)).chain_update(text).finalize();
    Sha256::new().chain_update(pad(0x5c)).chain_update(inner).finalize().to_vec()
}

fn encoded(text: &[u8], slash: bool) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.~".contains(&b) || (slash && b == b'/');
    text.iter().map(|b| if plain(*b) { char::from(*b).to_string() } else { format!("%{b:02X}") }).collect()
}

fn decoded(text: &str) -> Vec<u8> {
    let (bytes, mut out, mut i) = (text.as_bytes(), Vec::new(), 0);
    while i < bytes.len() {
        let hex = (bytes[i] == b'%').then(|| text.get(i + 1..i + 3).and_then(|h| u8::from_str_radix(h, 16).ok())).flatten();
        out.push(hex.unwrap_or(bytes[i]));
        i += if hex.is_some() { 3 } else { 1 };
    }
    out
}

/// What a signature says.
#[derive(Debug, PartialEq, Eq)]
pub struct Scope {
    pub key: String,
    pub region: String,
    pub service: String,
    pub headers: Vec<String>,
}

/// Works out the signature of a request by a secret: whose it is, where it is right.
pub fn verified(r: &Request, secret: &str) -> Result<Scope, String> {
    let authorization = r.header("authorization").ok_or("there is no authorization")?;
    let rest = authorization.strip_prefix("AWS4-HMAC-SHA256 ").ok_or_else(|| authorization.to_owned())?;
    let part = |name: &str| rest.split(", ").find_map(|p| p.strip_prefix(name)).unwrap_or_default().to_owned();
    let (credential, names, signature) = (part("Credential="), part("SignedHeaders="), part("Signature="));
    let scope: Vec<&str> = credential.split('/').collect();
    let [key, day, region, service, "aws4_request"] = scope[..] else { return Err(credential) };
    let (path, query) = r.path.split_once('?').unwrap_or((&r.path, ""));
    let mut pairs: Vec<(String, String)> = query
        .split('&')
        .filter(|p| !p.is_empty())
        .map(|p| p.split_once('=').unwrap_or((p, "")))
        .map(|(k, v)| (encoded(&decoded(k), false), encoded(&decoded(v), false)))
        .collect();
    pairs.sort();
    let query: Vec<String> = pairs.iter().map(|(k, v)| format!("{k}={v}")).collect();
    let headers: String = names.split(';').map(|n| format!("{n}:{}\n", r.header(n).unwrap_or_default().trim())).collect();
    let body = hex(&Sha256::digest(&r.body));
    if r.header("x-amz-content-sha256").is_some_and(|h| h != body) {
        return Err("the checksum is of another body".into());
    }
    let canonical = format!("{}\n{}\n{}\n{headers}\n{names}\n{body}", r.method, encoded(path.as_bytes(), true), query.join("&"));
    let at = r.header("x-amz-date").ok_or("there is no date")?;
    let text = format!("AWS4-HMAC-SHA256\n{at}\n{day}/{region}/{service}/aws4_request\n{}", hex(&Sha256::digest(&canonical)));
    let signing = [day, region, service, "aws4_request"].iter().fold(format!("AWS4{secret}").into_bytes(), |k, t| hmac(&k, t.as_bytes()));
    let own = hex(&hmac(&signing, text.as_bytes()));
    if own != signature {
        return Err(format!("the signature is {signature} and not {own} of\n{canonical}"));
    }
    Ok(Scope {
        key: key.to_owned(),
        region: region.to_owned(),
        service: service.to_owned(),
        headers: names.split(';').map(str::to_owned).collect(),
    })
}

/// Has botocore judge requests, and ElastAlert send the alerts of rules to an endpoint. Nothing where there is no ElastAlert.
pub fn judge(requests: &[Request], rules: &Value, endpoint: &str, test: &str) -> Option<()> {
    let Ok(python) = std::env::var("ELASTALERT_PYTHON") else {
        eprintln!("{test}: not judged by botocore too, which tests/support/elastalert/run.sh would have");
        return None;
    };
    let requests: Vec<Value> =
        requests.iter().map(|r| json!({"method": r.method, "path": r.path, "headers": r.headers, "body": r.body})).collect();
    let mut child = Command::new(python)
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/elastalert/signed.py"))
        .env("AWS_ENDPOINT_URL", endpoint)
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let given = json!({"requests": requests, "key": "AKIDEXAMPLE", "secret": SECRET, "rules": rules});
    child.stdin.take().unwrap().write_all(given.to_string().as_bytes()).unwrap();
    let out = child.wait_with_output().unwrap();
    let wrong: Vec<String> = serde_json::from_slice(&out.stdout).unwrap();
    assert!(wrong.is_empty(), "{wrong:?}");
    Some(())
}
