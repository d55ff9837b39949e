//! TLS: the certificate and its key.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier as _;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{CertificateError, Error, RootCertStore, ServerConfig};
use tidemill_runner::Failure;

/// The files of a certificate.
#[derive(Clone, Debug)]
pub struct TlsFiles {
    /// The certificate and those that vouch for it, as PEM.
    pub certificate: PathBuf,
    /// Its key, as PEM.
    pub key: PathBuf,
}

impl TlsFiles {
    /// What a server needs to speak TLS.
    ///
    /// # Errors
    /// If a file cannot be read or holds no such thing, or if the two do not belong together.
    pub fn read(&self) -> Result<ServerConfig, Failure> {
        let key = PrivateKeyDer::from_pem_file(&self.key).map_err(|error| unread(&self.key, "key", &error))?;
        let wrong = |error: Error| match error {
            Error::InconsistentKeys(_) => Failure::wrong(format!(
                "the key in {} does not belong to the certificate in {}",
                self.key.display(),
                self.certificate.display()
            )),
            error => Failure::wrong(format!("{} cannot be used: {error}", self.certificate.display())),
        };
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(wrong)?
            .with_no_client_auth()
            .with_single_cert(self.certificates()?, key)
            .map_err(wrong)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }

    /// Whether the certificate's time is over or has not come yet.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn has_expired(&self) -> Result<bool, Failure> {
        let certificates = self.certificates()?;
        // There is one, see there. Its time is looked at before anything else, so that it does not matter whom it is held to.
        let (Some(own), Some(last)) = (certificates.first(), certificates.last()) else { return Ok(false) };
        let wrong = |error: &dyn std::fmt::Display| {
            Failure::wrong(format!("{} cannot be used: {error}", self.certificate.display()))
        };
        let mut roots = RootCertStore::empty();
        roots.add(last.clone()).map_err(|error| wrong(&error))?;
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider()).build();
        let name = ServerName::try_from("localhost").map_err(|error| wrong(&error))?;
        let found = verifier.map_err(|error| wrong(&error))?.verify_server_cert(own, &[], &name, &[], UnixTime::now());
        Ok(matches!(
            found,
            Err(Error::InvalidCertificate(
                CertificateError::Expired
                    | CertificateError::ExpiredContext { .. }
                    | CertificateError::NotValidYet
                    | CertificateError::NotValidYetContext { .. }
            ))
        ))
    }

    /// The certificates of the file: at least one.
    fn certificates(&self) -> Result<Vec<CertificateDer<'static>>, Failure> {
        let unread = |error| unread(&self.certificate, "certificate", &error);
        let found = CertificateDer::pem_file_iter(&self.certificate).map_err(unread)?;
        let found: Vec<CertificateDer<'_>> = found.collect::<Result<_, _>>().map_err(unread)?;
        if found.is_empty() { Err(unread(pem::Error::NoItemsFound)) } else { Ok(found) }
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

fn unread(path: &Path, what: &str, error: &pem::Error) -> Failure {
    let path = path.display();
    match error {
        pem::Error::Io(error) => Failure::wrong(format!("cannot read the {what} in {path}: {error}")),
        pem::Error::NoItemsFound => Failure::wrong(format!("{path} holds no {what} as PEM")),
        error => Failure::wrong(format!("{path} holds no {what} as PEM: {error}")),
    }
}
