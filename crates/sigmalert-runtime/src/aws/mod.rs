//! Requests signed for AWS (Signature Version 4): OpenSearch Service, SES, SNS and SQS.
//!
//! `aws-sigv4` signs; requests are sent by the clients that send all others. Where credentials come from is in `credentials`.

mod credentials;
mod environment;
mod profiles;
mod remote;
mod source;

pub(crate) use source::Source;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{PayloadChecksumKind, SignableBody, SignableRequest, SigningParams, SigningSettings, sign};
use aws_sigv4::sign::v4;
use std::time::SystemTime;

/// Who signs, for which service of which region.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Signer {
    pub source: Source,
    pub region: String,
    pub service: &'static str,
}

/// The headers that sign a request, and the credentials that must not be told.
pub(crate) struct Signed {
    pub headers: Vec<(String, String)>,
    credentials: Credentials,
}

impl Signer {
    /// A signer, where the region is one.
    ///
    /// # Errors
    /// With a message that says what is wrong.
    pub fn new(source: Source, region: &str, service: &'static str) -> Result<Self, String> {
        // It becomes part of a host's name.
        if region.is_empty() || region.len() > 40 || !region.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
            return Err(format!("`{region}` is not an AWS region, such as eu-central-1"));
        }
        Ok(Self { source, region: region.to_owned(), service })
    }

    /// Signs a request. `headers` are signed as well; the host is that of the address.
    ///
    /// # Errors
    /// When there are no credentials, or the address is not valid. The message says what is wrong.
    pub fn sign(&self, method: &str, url: &str, headers: &[(&str, &str)], body: &[u8]) -> Result<Signed, String> {
        let credentials = self.source.credentials()?;
        let headers = self.headers(&credentials, SystemTime::now(), method, url, headers, body)?;
        Ok(Signed { headers, credentials })
    }

    fn headers(
        &self,
        credentials: &Credentials,
        at: SystemTime,
        method: &str,
        url: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Vec<(String, String)>, String> {
        let identity = credentials.clone().into();
        let mut settings = SigningSettings::default();
        // OpenSearch Serverless demands it, the others take it.
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        let unsigned = |e: String| format!("{} cannot be signed for AWS: {e}", crate::url::redacted(url));
        let params: SigningParams<'_> = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(self.service)
            .time(at)
            .settings(settings)
            .build()
            .map_err(|e| unsigned(e.to_string()))?
            .into();
        let request =
            SignableRequest::new(method, url, headers.iter().copied(), SignableBody::Bytes(body)).map_err(|e| unsigned(e.to_string()))?;
        let (instructions, _) = sign(request, &params).map_err(|e| unsigned(e.to_string()))?.into_parts();
        Ok(instructions.headers().map(|(n, v)| (n.to_owned(), v.to_owned())).collect())
    }

    /// Has the credentials read again: the service does not take them.
    pub fn forget(&self) {
        self.source.forget();
    }

    /// The host of a service in this region, or what the environment says in its place.
    pub fn endpoint(&self, host: &str, variable: &str) -> String {
        let given = |name: &str| std::env::var(name).ok().filter(|v| !v.is_empty());
        if let Some(url) = given(&format!("AWS_ENDPOINT_URL_{variable}")).or_else(|| given("AWS_ENDPOINT_URL")) {
            return url.trim_end_matches('/').to_owned();
        }
        let domain = if self.region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
        format!("https://{host}.{}.{domain}", self.region)
    }
}

impl Signed {
    /// A message without the credentials: AWS repeats the whole request where a signature is wrong, its session token included.
    pub fn told(&self, message: &str) -> String {
        let mut out = message.replace(self.credentials.secret_access_key(), "…");
        if let Some(token) = self.credentials.session_token() {
            out = out.replace(token, "…");
        }
        out
    }
}

/// The signer of a connection to OpenSearch Service, where options ask for one.
///
/// # Errors
/// With a message that says what is wrong.
pub(crate) fn of_connection(region: Option<String>, profile: Option<String>, hosts: &[String]) -> Result<Option<Signer>, String> {
    if region.is_none() && profile.is_none() {
        return Ok(None);
    }
    let source = Source::Chain { profile };
    let region = region
        .or_else(|| source.region())
        .ok_or("`profile` has no region: set `aws_region`, or `region` in the profile of ~/.aws/config")?;
    let serverless = hosts.iter().any(|h| h.contains(".aoss."));
    Signer::new(source, &region, if serverless { "aoss" } else { "es" }).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn signer(region: &str) -> Signer {
        let source = Source::Keys { id: "AKIDEXAMPLE".into(), secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".into() };
        Signer::new(source, region, "service").unwrap()
    }

    /// The examples of GET requests in AWS's description of the signature, whose content's checksum is a header, as it is here.
    #[test]
    fn signs_as_aws_published() {
        let keys = Credentials::new("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", None, None, "test");
        let signer = Signer { service: "s3", ..signer("us-east-1") };
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_369_353_600);
        let cases = [
            (
                "test.txt",
                Some(("range", "bytes=0-9")),
                "host;range;x-amz-content-sha256;x-amz-date",
                "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
            ),
            (
                "?lifecycle",
                None,
                "host;x-amz-content-sha256;x-amz-date",
                "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
            ),
            (
                "?max-keys=2&prefix=J",
                None,
                "host;x-amz-content-sha256;x-amz-date",
                "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
            ),
        ];
        for (path, sent, names, signature) in &cases {
            let url = format!("https://examplebucket.s3.amazonaws.com/{path}");
            let headers = signer.headers(&keys, at, "GET", &url, sent.as_slice(), b"").unwrap();
            let of = |name: &str| headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str()).unwrap();
            assert_eq!(of("x-amz-date"), "20130524T000000Z");
            let scope = "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request";
            assert_eq!(of("authorization"), format!("{scope}, SignedHeaders={names}, Signature={signature}"), "{path}");
        }
    }

    #[test]
    fn a_region_is_part_of_no_other_host() {
        for bad in ["", "x.evil.example/", "eu central 1", "EU", "a/b", "a@b"] {
            assert!(Signer::new(Source::Chain { profile: None }, bad, "sns").is_err(), "{bad}");
        }
        assert_eq!(signer("cn-north-1").endpoint("sns", "NONE"), "https://sns.cn-north-1.amazonaws.com.cn");
    }

    #[test]
    fn credentials_are_not_told() {
        let s = signer("us-east-1");
        let credentials = Credentials::new("id", "the-secret", Some("the-token".into()), None, "test");
        let signed = Signed { headers: vec![], credentials };
        assert_eq!(signed.told("x-amz-security-token:the-token the-secret"), "x-amz-security-token:… …");
        assert!(!format!("{:?}", s.source).contains("wJalr"));
    }
}
