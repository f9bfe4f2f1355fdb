//! Credentials that are asked for: of the security token service, of the container, of the instance. Each request has a bound on
//! its time, and is made only where signing is configured.

use super::Signer;
use super::environment::variable;
use super::source::Source;
use crate::url::quote;
use aws_credential_types::Credentials;
use serde_json::Value;
use std::time::{Duration, SystemTime};
use ureq::http::Request;

/// How long the container or the instance may take: they are next door.
const NEAR: Duration = Duration::from_secs(2);
/// How long the security token service may take.
const FAR: Duration = Duration::from_secs(10);
/// How much of an answer is read.
const MAX_ANSWER: u64 = 1 << 20;

/// A request and the text of its answer, where that is a success.
fn ask(method: &str, url: &str, headers: &[(&str, &str)], body: &str, time: Duration) -> Result<String, String> {
    let agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .proxy(None)
        .timeout_connect(Some(time.min(NEAR)))
        .timeout_global(Some(time))
        .build()
        .new_agent();
    let host = crate::url::redacted(url);
    let fail = |e: String| format!("{host}: {e}");
    let mut request = Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = if method == "GET" {
        agent.run(request.body(()).map_err(|e| fail(e.to_string()))?)
    } else {
        agent.run(request.body(body.as_bytes()).map_err(|e| fail(e.to_string()))?)
    };
    let mut answer = answer.map_err(|e| fail(e.to_string()))?;
    let status = answer.status().as_u16();
    let text = answer.body_mut().with_config().limit(MAX_ANSWER).read_to_string().map_err(|e| fail(e.to_string()))?;
    if status == 200 {
        return Ok(text);
    }
    // Only the code: the rest may repeat what was sent.
    let code = element(&text, "Code").map(|c| format!(", {c}")).unwrap_or_default();
    Err(fail(format!("the answer is {status}{code}")))
}

/// The credentials of an answer in JSON.
fn of_json(text: &str, from: &'static str) -> Result<Credentials, String> {
    let v: Value = serde_json::from_str(text).map_err(|_| format!("the {from} answers what is not valid JSON"))?;
    let of = |key: &str| v.get(key).and_then(Value::as_str).map(str::to_owned);
    match (of("AccessKeyId"), of("SecretAccessKey")) {
        (Some(id), Some(secret)) => Ok(Credentials::new(id, secret, of("Token"), of("Expiration").and_then(|e| time(&e)), from)),
        _ => Err(format!("the {from} answers without credentials")),
    }
}

fn time(text: &str) -> Option<SystemTime> {
    let seconds = text.parse::<jiff::Timestamp>().ok()?.as_second();
    Some(SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(seconds).ok()?))
}

/// The text of an element of XML that occurs once.
fn element(text: &str, name: &str) -> Option<String> {
    let (_, rest) = text.split_once(&format!("<{name}>"))?;
    let (inner, _) = rest.split_once(&format!("</{name}>"))?;
    Some(inner.trim().replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&"))
}

/// Those of an ECS task or an EKS pod.
pub(super) fn container() -> Result<Option<Credentials>, String> {
    let url = match (variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"), variable("AWS_CONTAINER_CREDENTIALS_FULL_URI")) {
        (Some(path), _) => format!("http://169.254.170.2/{}", path.trim_start_matches('/')),
        (None, Some(url)) => url,
        (None, None) => return Ok(None),
    };
    let uri: ureq::http::Uri = url.parse().map_err(|_| "AWS_CONTAINER_CREDENTIALS_FULL_URI is not an address".to_owned())?;
    let near = ["localhost", "127.0.0.1", "[::1]", "169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"];
    if uri.scheme_str() != Some("https") && !uri.host().is_some_and(|h| near.contains(&h)) {
        return Err("AWS_CONTAINER_CREDENTIALS_FULL_URI is neither an address of this machine nor https".into());
    }
    let token = match variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") {
        Some(file) => Some(read(&file)?),
        None => variable("AWS_CONTAINER_AUTHORIZATION_TOKEN"),
    };
    let headers: Vec<(&str, &str)> = token.iter().map(|t| ("authorization", t.as_str())).collect();
    of_json(&ask("GET", &url, &headers, "", NEAR)?, "container").map(Some)
}

fn read(file: &str) -> Result<String, String> {
    sigmalert_support::read::read_file(file.as_ref(), 1 << 20).map(|t| t.trim().to_owned()).map_err(|e| format!("{file}: {e}"))
}

/// Those of an EC2 instance, by the second version of its metadata service.
pub(super) fn instance() -> Result<Credentials, String> {
    if variable("AWS_EC2_METADATA_DISABLED").is_some_and(|v| v.eq_ignore_ascii_case("true")) {
        return Err("AWS_EC2_METADATA_DISABLED is set".into());
    }
    let base = variable("AWS_EC2_METADATA_SERVICE_ENDPOINT").unwrap_or_else(|| "http://169.254.169.254".into());
    let base = base.trim_end_matches('/');
    let token = ask("PUT", &format!("{base}/latest/api/token"), &[("x-aws-ec2-metadata-token-ttl-seconds", "21600")], "", NEAR)?;
    let headers = [("x-aws-ec2-metadata-token", token.trim())];
    let at = format!("{base}/latest/meta-data/iam/security-credentials/");
    let roles = ask("GET", &at, &headers, "", NEAR)?;
    let role = roles.lines().next().map(str::trim).filter(|r| !r.is_empty()).ok_or("the instance has no role")?;
    of_json(&ask("GET", &format!("{at}{}", quote(role)), &headers, "", NEAR)?, "instance")
}

fn session(given: Option<&str>) -> String {
    given.map_or_else(|| format!("sigmalert-{}", std::process::id()), str::to_owned)
}

/// The security token service, with the region that its requests are signed for.
fn token_service(region: Option<&str>, source: Source) -> Result<(String, Signer), String> {
    let region = region.map(str::to_owned).or_else(|| variable("AWS_REGION")).unwrap_or_else(|| "us-east-1".into());
    let signer = Signer::new(source, &region, "sts")?;
    Ok((signer.endpoint("sts", "STS") + "/", signer))
}

fn of_xml(text: &str) -> Result<Credentials, String> {
    match (element(text, "AccessKeyId"), element(text, "SecretAccessKey"), element(text, "SessionToken")) {
        (Some(id), Some(secret), token @ Some(_)) => {
            Ok(Credentials::new(id, secret, token, element(text, "Expiration").and_then(|e| time(&e)), "role"))
        }
        _ => Err("the security token service answers without credentials".into()),
    }
}

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// Those of a role, by credentials that may take it.
pub(super) fn assume(
    role: &str,
    external: Option<&str>,
    name: Option<&str>,
    region: Option<&str>,
    base: &Credentials,
) -> Result<Credentials, String> {
    let (url, signer) = token_service(region, Source::Chain { profile: None })?;
    let mut body = format!("Action=AssumeRole&Version=2011-06-15&RoleArn={}&RoleSessionName={}", quote(role), quote(&session(name)));
    if let Some(id) = external {
        body.push_str(&format!("&ExternalId={}", quote(id)));
    }
    let signed = signer.headers(base, SystemTime::now(), "POST", &url, &[FORM], body.as_bytes())?;
    let headers: Vec<(&str, &str)> = [FORM].into_iter().chain(signed.iter().map(|(n, v)| (n.as_str(), v.as_str()))).collect();
    of_xml(&ask("POST", &url, &headers, &body, FAR)?).map_err(|e| format!("the role {role}: {e}"))
}

/// Those of a role, by the token of a web identity: pods of EKS have one.
pub(super) fn assume_with_token(role: &str, file: &str, name: Option<&str>, region: Option<&str>) -> Result<Credentials, String> {
    let (url, _) = token_service(region, Source::Chain { profile: None })?;
    let body = format!(
        "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn={}&RoleSessionName={}&WebIdentityToken={}",
        quote(role),
        quote(&session(name)),
        quote(&read(file)?)
    );
    of_xml(&ask("POST", &url, &[FORM], &body, FAR)?).map_err(|e| format!("the role {role}: {e}"))
}

/// The same where the environment names the role and the token; `region` is that of the default profile.
pub(super) fn web_identity(region: Option<String>) -> Result<Option<Credentials>, String> {
    let (Some(role), Some(file)) = (variable("AWS_ROLE_ARN"), variable("AWS_WEB_IDENTITY_TOKEN_FILE")) else { return Ok(None) };
    let region = variable("AWS_DEFAULT_REGION").or(region);
    assume_with_token(&role, &file, variable("AWS_ROLE_SESSION_NAME").as_deref(), region.as_deref()).map(Some)
}
