//! Mail: SMTP, with TLS where the server has it.

use super::text::{Escape, as_is, html};
use super::{Failed, Message};
use crate::guard::hosts::Host;
use crate::lookup::lookup;
use crate::options::Options;
use crate::search::pinned::vouch;
use crate::text::python;
use lettre::Address;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Body, Mailbox, MultiPart, SinglePart};
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{Identity, SmtpConnection, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use serde_json::Value;
use sigmalert_sigma::yaml::{Dialect, Limits, parse_as};
use std::path::PathBuf;
use std::time::Duration;

/// How large an image may be.
const MAX_IMAGE: u64 = 10 << 20;
/// How large a certificate or key may be.
const MAX_CERTIFICATE: u64 = 1 << 20;
/// How long the mail server may take for an answer.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A user and password from an account file, relative to the rule's.
pub(super) fn account(m: &Message<'_>, option: &str, file: &str) -> Result<Options, Failed> {
    let path = m.rule.place(file);
    let fail = |e: String| Failed::new(format!("{}: {e}", path.display()));
    let text = m.rule.read(option, &path, 1 << 20)?;
    let expanded = sigmalert_elastalert::load::environment::expand(&text, &m.rule.guard.environment());
    let documents = parse_as(&expanded, &Limits::default(), Dialect::Yaml11).map_err(|e| fail(e.message))?;
    match documents.first().map(|d| Value::from(d.to_value())) {
        Some(Value::Object(map)) => Ok(Options(map)),
        _ => Err(fail("is no mapping with `user` and `password`".into())),
    }
}

/// To whom: those of the options, or of a field of the match.
fn recipients(m: &Message<'_>) -> Vec<String> {
    let fallback = m.options.texts("email");
    let Some(field) = m.options.some_text("email_from_field") else { return fallback };
    let domain = m.options.some_text("email_add_domain").map(|d| if d.starts_with('@') { d } else { format!("@{d}") });
    let full = |name: &str| match &domain {
        _ if name.contains('@') => Some(name.to_owned()),
        Some(d) => Some(format!("{name}{d}")),
        None => None,
    };
    let found: Vec<String> = match lookup(m.first(), &field).as_deref() {
        Some(Value::String(s)) => full(s).into_iter().collect(),
        Some(Value::Array(items)) => items.iter().filter_map(|i| full(&python::str(i))).collect(),
        _ => vec![],
    };
    // An event names people, not lists of them or other headers.
    let plain: Vec<String> = found.into_iter().filter(|a| a.parse::<Address>().is_ok()).collect();
    if plain.is_empty() { fallback } else { plain }
}

fn mailbox(text: &str, option: &str) -> Result<Mailbox, Failed> {
    text.trim().parse::<Mailbox>().map_err(|e| Failed::new(format!("`{option}` has `{text}`, which is no address: {e}")))
}

/// The sender. ElastAlert's own name is no address; neither are others without a domain.
fn sender(m: &Message<'_>) -> Result<Mailbox, Failed> {
    let given = m.options.text_or("from_addr", "ElastAlert");
    if given.contains('@') {
        mailbox(&given, "from_addr")
    } else {
        mailbox(&format!("{} <{}@localhost>", given, given.replace(|c: char| !c.is_ascii_alphanumeric(), "-")), "from_addr")
    }
}

/// A header's value on one line.
fn one_line(text: &str) -> String {
    text.split(['\r', '\n']).map(str::trim).collect::<Vec<_>>().join(" ")
}

pub(super) fn send(m: &Message<'_>) -> Result<(), Failed> {
    let o = m.options;
    let is_html = o.text("email_format").as_deref() == Some("html");
    let escape: Escape = if is_html { html } else { as_is };
    let mut body = m.body(escape)?;
    if let Some(url) = m.pipeline.ticket_url() {
        body.push_str(&format!("\nJira ticket: {url}"));
    }
    let subject = one_line(&m.title(&|| m.keyed_title(as_is), as_is)?);
    let to = recipients(m);
    let (cc, bcc) = (o.texts("cc"), o.texts("bcc"));
    let mut message =
        lettre::Message::builder().subject(subject).from(sender(m)?).message_id(Some(format!("<{}@sigmalert>", m.id))).date_now();
    for address in &to {
        message = message.to(mailbox(address, "email")?);
    }
    for address in &cc {
        message = message.cc(mailbox(address, "cc")?);
    }
    for address in &bcc {
        message = message.bcc(mailbox(address, "bcc")?);
    }
    let replies = o.texts("email_reply_to");
    for address in if replies.is_empty() { &to } else { &replies } {
        message = message.reply_to(mailbox(address, "email_reply_to")?);
    }
    message = message.raw_header(HeaderValue::new(HeaderName::new_from_ascii_str("X-Alert-Id"), m.id.to_owned()));
    let message = if is_html {
        let mut parts = MultiPart::related().singlepart(SinglePart::html(body));
        for (key, file) in o.texts("email_image_keys").iter().zip(o.texts("email_image_values")) {
            let path = m.rule.image(o.text("assets_dir"), &file)?;
            let bytes = m.rule.read_bytes("email_image_values", &path, MAX_IMAGE).map_err(|e| Failed::new(format!("the image {e}")))?;
            let kind = match path.extension().and_then(|e| e.to_str()) {
                Some("png") => "image/png",
                Some("gif") => "image/gif",
                Some("svg") => "image/svg+xml",
                _ => "image/jpeg",
            };
            let kind = ContentType::parse(kind).map_err(|e| Failed::new(e.to_string()))?;
            parts = parts.singlepart(Attachment::new_inline(key.clone()).body(Body::new(bytes), kind));
        }
        message.multipart(parts)
    } else {
        message.singlepart(SinglePart::plain(body))
    };
    let message = message.map_err(|e| Failed::new(format!("the mail cannot be created: {e}")))?;
    Server::of(m)?.send(&message).map_err(|e| Failed::new(format!("the mail server does not take it: {e}")))
}

/// A mail server as the options name it.
struct Server {
    host: String,
    port: u16,
    /// TLS from the start; otherwise where the server offers it.
    ssl: bool,
    tls: TlsParameters,
    credentials: Option<Credentials>,
    /// The file of `smtp_ca_certs` and its text.
    trusted: Option<(PathBuf, Vec<u8>)>,
    /// Whether the server's certificate is checked.
    verify: bool,
}

impl Server {
    fn of(m: &Message<'_>) -> Result<Self, Failed> {
        let o = m.options;
        let host = o.text_or("smtp_host", "localhost");
        let ssl = o.flag("smtp_ssl", false);
        let port = o.count("smtp_port").and_then(|p| u16::try_from(p).ok()).unwrap_or(if ssl { 465 } else { 25 });
        // Where the server offers TLS it is used, and checked: ElastAlert takes any certificate (`smtp_verify_certs: false` does, too).
        let verify = o.flag("smtp_verify_certs", true);
        m.rule.reach(Some(Host::new(&host, Some(port))))?;
        let read = |option: &str, file: &str| m.rule.read_bytes(option, &m.rule.place(file), MAX_CERTIFICATE);
        let trusted = match o.some_text("smtp_ca_certs") {
            Some(file) => Some((m.rule.place(&file), read("smtp_ca_certs", &file)?)),
            None => None,
        };
        // Named certificates are checked once the connection stands, before anything but a greeting was sent: lettre refuses one
        // that signed itself and says that it is an authority.
        let mut parameters = TlsParameters::builder(host.clone())
            .dangerous_accept_invalid_certs(!verify || trusted.is_some())
            .dangerous_accept_invalid_hostnames(verify && trusted.is_some());
        if let (Some(cert), Some(key)) = (o.some_text("smtp_cert_file"), o.some_text("smtp_key_file")) {
            let identity = Identity::from_pem(&read("smtp_cert_file", &cert)?, &read("smtp_key_file", &key)?)
                .map_err(|e| Failed::new(format!("{cert}: {e}")))?;
            parameters = parameters.identify_with(identity);
        }
        let tls = parameters.build().map_err(|e| Failed::new(format!("TLS cannot be set up: {e}")))?;
        let mut credentials = None;
        if let Some(file) = o.some_text("smtp_auth_file") {
            let account = account(m, "smtp_auth_file", &file)?;
            let (Some(user), Some(password)) = (account.text("user"), account.text("password")) else {
                return Err(Failed::new(format!("{file} has no `user` and `password`")));
            };
            credentials = Some(Credentials::new(user, password));
        }
        Ok(Self { host, port, ssl, tls, credentials, trusted, verify })
    }

    fn send(&self, message: &lettre::Message) -> Result<(), String> {
        let mut connection = self.connect().map_err(|e| e.to_string())?;
        let sent = self.speak(&mut connection, message);
        connection.abort();
        sent
    }

    /// A connection that was greeted, and nothing more.
    fn connect(&self) -> Result<SmtpConnection, lettre::transport::smtp::Error> {
        let name = ClientId::default();
        let mut connection =
            SmtpConnection::connect((self.host.as_str(), self.port), Some(TIMEOUT), &name, self.ssl.then_some(&self.tls), None)?;
        if !self.ssl && connection.can_starttls() {
            connection.starttls(&self.tls, &name)?;
        }
        Ok(connection)
    }

    /// Logs in and sends, where the server is the one that is meant.
    fn speak(&self, connection: &mut SmtpConnection, message: &lettre::Message) -> Result<(), String> {
        if let Some((path, pem)) = self.trusted.as_ref().filter(|_| self.verify) {
            if !connection.is_encrypted() {
                return Err("it offers no TLS (STARTTLS), and with `smtp_ca_certs` nothing is sent in clear: set `smtp_ssl: true` if the port speaks TLS from the start, or remove `smtp_ca_certs`".into());
            }
            let chain = connection.certificate_chain().map_err(|e| e.to_string())?;
            vouch(pem, path, &self.host, &chain).map_err(|e| {
                format!("its certificate is not trusted: {e}. Name the server's own certificate, or the authority that signed it, in `smtp_ca_certs` (now {})", path.display())
            })?;
        }
        if let Some(credentials) = &self.credentials {
            connection.auth(DEFAULT_MECHANISMS, credentials).map_err(|e| e.to_string())?;
        }
        connection.send(message.envelope(), &message.formatted()).map(|_| ()).map_err(|e| e.to_string())
    }
}
