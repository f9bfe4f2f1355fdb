//! The shared files of the AWS tools: `~/.aws/credentials` and `~/.aws/config`.

use super::environment::variable;
use super::remote;
use aws_credential_types::Credentials;
use std::collections::HashMap;
use std::path::PathBuf;

/// How many roles a profile may go through.
const MAX_ROLES: usize = 5;

/// What the files say, by profile.
pub(super) struct Profiles {
    files: [PathBuf; 2],
    profiles: HashMap<String, HashMap<String, String>>,
}

/// The profile that is meant.
pub(super) fn name(given: Option<&str>) -> String {
    given
        .map(str::to_owned)
        .or_else(|| variable("AWS_DEFAULT_PROFILE"))
        .or_else(|| variable("AWS_PROFILE"))
        .unwrap_or_else(|| "default".into())
}

impl Profiles {
    /// Reads both files; one that is not there says nothing.
    pub fn read() -> Self {
        let home = |file: &str| PathBuf::from(variable("HOME").unwrap_or_default()).join(".aws").join(file);
        let place = |name: &str, file: &str| variable(name).map_or_else(|| home(file), PathBuf::from);
        let files = [place("AWS_SHARED_CREDENTIALS_FILE", "credentials"), place("AWS_CONFIG_FILE", "config")];
        let mut profiles: HashMap<String, HashMap<String, String>> = HashMap::new();
        // What stands in both holds as the credentials file says it.
        for (file, is_config) in [(&files[1], true), (&files[0], false)] {
            let text = sigmalert_support::read::read_file(file, 1 << 20).unwrap_or_default();
            for (profile, entries) in sections(&text, is_config) {
                profiles.entry(profile).or_default().extend(entries);
            }
        }
        Self { files, profiles }
    }

    /// Where was looked, for messages.
    pub fn places(&self) -> String {
        let [credentials, config] = &self.files;
        format!("{} nor {}", credentials.display(), config.display())
    }

    /// The region of a profile.
    pub fn region(&self, name: &str) -> Option<String> {
        self.profiles.get(name)?.get("region").cloned()
    }

    /// The credentials of a profile, where it has some.
    ///
    /// # Errors
    /// When the profile names credentials that cannot be had.
    pub fn credentials(&self, name: &str) -> Result<Option<Credentials>, String> {
        self.through(name, 0)
    }

    fn through(&self, name: &str, depth: usize) -> Result<Option<Credentials>, String> {
        let Some(profile) = self.profiles.get(name) else { return Ok(None) };
        let of = |key: &str| profile.get(key).map(String::as_str).filter(|v| !v.is_empty());
        if let Some(role) = of("role_arn") {
            if depth >= MAX_ROLES {
                return Err(format!("the AWS profile `{name}` goes through more than {MAX_ROLES} roles"));
            }
            let region = of("region").map(str::to_owned).or_else(|| variable("AWS_DEFAULT_REGION"));
            if let Some(file) = of("web_identity_token_file") {
                return remote::assume_with_token(role, file, of("role_session_name"), region.as_deref()).map(Some);
            }
            let base = match (of("source_profile"), of("credential_source")) {
                // A profile may be its own source: then its keys are meant.
                (Some(source), _) if source == name => keys(profile),
                (Some(source), _) => self.through(source, depth + 1)?,
                (None, Some("Environment")) => environment(),
                (None, Some("EcsContainer")) => remote::container()?,
                (None, Some("Ec2InstanceMetadata")) => Some(remote::instance()?),
                _ => return Err(format!("the AWS profile `{name}` has a role_arn and no source_profile or credential_source")),
            };
            let base = base.ok_or_else(|| format!("the AWS profile `{name}` has a source without credentials"))?;
            return remote::assume(role, of("external_id"), of("role_session_name"), region.as_deref(), &base).map(Some);
        }
        if let Some(found) = keys(profile) {
            return Ok(Some(found));
        }
        for other in ["credential_process", "sso_session", "sso_start_url"] {
            if of(other).is_some() {
                return Err(format!(
                    "the AWS profile `{name}` takes its credentials from `{other}`, which is not supported: use keys, a role or the environment"
                ));
            }
        }
        Ok(None)
    }
}

fn keys(profile: &HashMap<String, String>) -> Option<Credentials> {
    let of = |key: &str| profile.get(key).cloned().filter(|v| !v.is_empty());
    Some(Credentials::new(of("aws_access_key_id")?, of("aws_secret_access_key")?, of("aws_session_token"), None, "profile"))
}

fn environment() -> Option<Credentials> {
    Some(Credentials::new(
        variable("AWS_ACCESS_KEY_ID")?,
        variable("AWS_SECRET_ACCESS_KEY")?,
        variable("AWS_SESSION_TOKEN"),
        None,
        "environment",
    ))
}

/// The sections of a file. In the configuration all but `default` are called `profile NAME`.
fn sections(text: &str, is_config: bool) -> Vec<(String, HashMap<String, String>)> {
    let mut out: Vec<(String, HashMap<String, String>)> = Vec::new();
    let mut open = false;
    for line in text.lines() {
        let bare = line.trim();
        if bare.is_empty() || bare.starts_with(['#', ';']) {
            continue;
        }
        if let Some(inner) = bare.strip_prefix('[') {
            let name = inner.split(']').next().unwrap_or(inner).trim();
            let name = match name.strip_prefix("profile ").map(str::trim) {
                Some(name) if is_config => Some(name),
                _ if is_config && name != "default" => None,
                _ => Some(name),
            };
            open = name.is_some();
            out.extend(name.map(|n| (n.trim_matches(['"', '\'']).to_owned(), HashMap::new())));
            continue;
        }
        // What is indented belongs to an option of a service, such as `s3 =`.
        if line.starts_with([' ', '\t']) || !open {
            continue;
        }
        if let (Some((key, value)), Some((_, entries))) = (bare.split_once('='), out.last_mut()) {
            let value = value.split(" #").next().unwrap_or(value).split(" ;").next().unwrap_or(value);
            entries.insert(key.trim().to_ascii_lowercase(), value.trim().to_owned());
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profiles(credentials: &str, config: &str) -> Profiles {
        let mut profiles: HashMap<String, HashMap<String, String>> = HashMap::new();
        for (text, is_config) in [(config, true), (credentials, false)] {
            for (name, entries) in sections(text, is_config) {
                profiles.entry(name).or_default().extend(entries);
            }
        }
        Profiles { files: ["a".into(), "b".into()], profiles }
    }

    #[test]
    fn files_are_read_as_the_tools_read_them() {
        let p = profiles(
            "[default]\naws_access_key_id = A\naws_secret_access_key=s=1 # mine\n; no\n[prod]\nAWS_ACCESS_KEY_ID = B\naws_secret_access_key = t\naws_session_token = u\n",
            "[default]\nregion = eu-west-1\ns3 =\n  region = nowhere\n[profile prod]\nregion=us-east-2\n[other]\nregion = x\n[sso-session y]\nregion = z\n",
        );
        let c = p.credentials("default").unwrap().unwrap();
        assert_eq!((c.access_key_id(), c.secret_access_key(), c.session_token()), ("A", "s=1", None));
        let c = p.credentials("prod").unwrap().unwrap();
        assert_eq!((c.access_key_id(), c.session_token()), ("B", Some("u")));
        assert_eq!(p.region("default").as_deref(), Some("eu-west-1"));
        assert_eq!(p.region("prod").as_deref(), Some("us-east-2"));
        assert_eq!(p.region("other"), None);
        assert!(p.credentials("none").unwrap().is_none());
    }

    #[test]
    fn what_cannot_be_had_is_said() {
        let p = profiles(
            "",
            "[profile a]\nrole_arn = r\nsource_profile = b\n[profile b]\nrole_arn = r\nsource_profile = a\n[profile c]\ncredential_process = x\n[profile d]\nrole_arn = r\n",
        );
        assert!(p.credentials("a").unwrap_err().contains("more than 5 roles"));
        assert!(p.credentials("c").unwrap_err().contains("credential_process"));
        assert!(p.credentials("d").unwrap_err().contains("source_profile"));
    }
}
