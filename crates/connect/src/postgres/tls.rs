//! TLS as libpq's `sslmode` means it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use tokio_postgres_rustls::MakeRustlsConnect;

/// libpq's `sslmode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SslMode {
    /// Never encrypted.
    Disable,
    /// Encrypted if the server refuses otherwise.
    Allow,
    /// Encrypted if the server can.
    Prefer,
    /// Encrypted; the certificate is not looked at.
    Require,
    /// Encrypted; the certificate comes from a known authority.
    VerifyCa,
    /// As `VerifyCa`, and it is that of the host.
    VerifyFull,
}

impl SslMode {
    /// By its name; `prefer` without one. As in libpq, `require` beside a file of authorities verifies against these.
    ///
    /// # Errors
    /// If there is none of that name.
    pub fn of(name: Option<&str>, files: &TlsFiles) -> Result<Self, String> {
        Ok(match name {
            None | Some("prefer") => Self::Prefer,
            Some("disable") => Self::Disable,
            Some("allow") => Self::Allow,
            Some("require") if files.roots.is_some() => Self::VerifyCa,
            Some("require") => Self::Require,
            Some("verify-ca") => Self::VerifyCa,
            Some("verify-full") => Self::VerifyFull,
            Some(_) => {
                let known = "disable, allow, prefer, require, verify-ca, verify-full";
                return Err(format!("has an `sslmode` that is none of {known}"));
            }
        })
    }
}

/// Files with certificates and keys.
#[derive(Default)]
pub(super) struct TlsFiles {
    /// `sslrootcert`: the authorities that are trusted, instead of those that the machine trusts; `system` means the latter.
    pub roots: Option<PathBuf>,
    /// `sslcert`: the certificate by which the client is known.
    pub certificate: Option<PathBuf>,
    /// `sslkey`: its key.
    pub key: Option<PathBuf>,
}

/// How TLS is spoken in that mode.
///
/// # Errors
/// A sentence, if a file cannot be read as what it should be.
pub(super) fn connector(mode: SslMode, files: &TlsFiles) -> Result<MakeRustlsConnect, String> {
    let provider = Arc::new(ring::default_provider());
    let failed = |error: Error| format!("cannot set up TLS: {error}");
    let authorities = match mode {
        SslMode::Disable | SslMode::Allow | SslMode::Prefer | SslMode::Require => None,
        SslMode::VerifyCa | SslMode::VerifyFull => {
            let roots = Arc::new(roots(files.roots.as_deref())?);
            let built = WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(&provider)).build();
            Some(built.map_err(|error| format!("cannot set up TLS: {error}"))?)
        }
    };
    let verifier: Arc<dyn ServerCertVerifier> = match authorities {
        Some(authorities) if mode == SslMode::VerifyFull => authorities,
        authorities => Arc::new(AnyName { authorities, provider: Arc::clone(&provider) }),
    };
    let builder =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().map_err(failed)?;
    let builder = builder.dangerous().with_custom_certificate_verifier(verifier);
    let config = match &files.certificate {
        Some(certificate) => {
            let key = files.key.as_deref().ok_or("has an `sslcert` without `sslkey`")?;
            let unreadable = |_| format!("has an `sslkey` that cannot be read: {}", key.display());
            let key = PrivateKeyDer::from_pem_file(key).map_err(unreadable)?;
            builder.with_client_auth_cert(certificates(certificate, "sslcert")?, key).map_err(failed)?
        }
        None => builder.with_no_client_auth(),
    };
    Ok(MakeRustlsConnect::new(config))
}

/// The authorities of that file, else those of the machine and of browsers.
fn roots(file: Option<&Path>) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    match file.filter(|file| *file != Path::new("system")) {
        Some(file) => {
            roots.add_parsable_certificates(certificates(file, "sslrootcert")?);
        }
        None => {
            roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
            // A certificate there that cannot be read takes nothing from the others.
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    Ok(roots)
}

fn certificates(file: &Path, parameter: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let unreadable = |_| format!("has an `{parameter}` that cannot be read: {}", file.display());
    CertificateDer::pem_file_iter(file).map_err(unreadable)?.collect::<Result<_, _>>().map_err(unreadable)
}

/// Takes every certificate of a known authority, whichever host it is for; or every one at all: the line is encrypted then, but who
/// is at its other end stays unknown.
#[derive(Debug)]
struct AnyName {
    authorities: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for AnyName {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Some(authorities) = &self.authorities else { return Ok(ServerCertVerified::assertion()) };
        // The name is looked at last, when all else is verified.
        match authorities.verify_server_cert(certificate, between, name, ocsp, now) {
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => Ok(ServerCertVerified::assertion()),
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
