//! The TLS certificate, reloaded whenever its files change.

use axum_server::tls_rustls::RustlsConfig;
use sigmalert_support::read::{MAX_PEM, read_bytes};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(5);

/// A certificate chain and its key, in PEM.
#[derive(Debug, Clone)]
pub struct Certificate {
    /// The chain, the server's own certificate first.
    pub chain: PathBuf,
    /// The key, not encrypted.
    pub key: PathBuf,
}

impl Certificate {
    /// When the files were changed.
    fn changed(&self) -> [Option<SystemTime>; 2] {
        [&self.chain, &self.key].map(|p| std::fs::metadata(p).and_then(|m| m.modified()).ok())
    }

    fn read(&self) -> Result<(Vec<u8>, Vec<u8>), String> {
        let read = |p: &Path| read_bytes(p, MAX_PEM).map_err(|e| format!("{} {e}", p.display()));
        Ok((read(&self.chain)?, read(&self.key)?))
    }

    fn wrong(&self, e: &std::io::Error) -> String {
        format!("{} and {} are not a PEM certificate and its key: {e}", self.chain.display(), self.key.display())
    }

    /// What connections are made with.
    ///
    /// # Errors
    /// When the files cannot be read, are not PEM, or do not match.
    pub(in crate::serve) async fn load(&self) -> Result<RustlsConfig, String> {
        let (chain, key) = self.read()?;
        RustlsConfig::from_pem(chain, key).await.map_err(|e| self.wrong(&e))
    }

    /// Reloads the files whenever they change, for as long as it is polled, so renewing a certificate needs no restart.
    /// An invalid certificate is reported and the old one stays in use.
    pub(in crate::serve) async fn watch(self, config: RustlsConfig) {
        let mut seen = self.changed();
        loop {
            tokio::time::sleep(LOOK).await;
            let now = self.changed();
            if now == seen {
                continue;
            }
            let read = match self.read() {
                Ok((chain, key)) => config.reload_from_pem(chain, key).await.map_err(|e| self.wrong(&e)),
                Err(e) => Err(e),
            };
            match read {
                Ok(()) => tracing::info!("certificate reloaded"),
                // One file may have been written before the other.
                Err(e) => tracing::warn!("the certificate was not reloaded: {e}"),
            }
            seen = now;
        }
    }
}
