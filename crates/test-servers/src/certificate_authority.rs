//! Certificates for servers, from an authority that nobody else knows.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fs, io};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// Vouches for certificates of test servers.
pub struct CertificateAuthority {
    issuer: Issuer<'static, KeyPair>,
    folder: PathBuf,
}

/// The PEM files of a certificate.
#[derive(Clone, Debug)]
pub struct Certificates {
    /// The certificate of the authority that has signed it.
    pub authority: PathBuf,
    /// The server's certificate.
    pub certificate: PathBuf,
    /// Its key.
    pub key: PathBuf,
}

impl Certificates {
    /// For `localhost`, from an authority of its own, made in that folder; expired on demand.
    ///
    /// # Errors
    /// If they cannot be made or written.
    pub fn make(folder: &Path, expired: bool) -> io::Result<Self> {
        CertificateAuthority::new(folder)?.issue("server", &["localhost"], expired)
    }
}

impl Certificates {
    /// What a server that shows this certificate needs to speak TLS.
    ///
    /// # Panics
    /// If they cannot be read.
    pub fn server_config(&self) -> ServerConfig {
        let certificate = CertificateDer::from_pem_file(&self.certificate).expect("a certificate");
        let key = PrivateKeyDer::from_pem_file(&self.key).expect("a key");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let versions = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = versions.expect("versions").with_no_client_auth();
        config.with_single_cert(vec![certificate], key).expect("a certificate of that key")
    }
}

impl CertificateAuthority {
    /// A new one, which keeps its files in that folder.
    ///
    /// # Errors
    /// If they cannot be made or written.
    pub fn new(folder: &Path) -> io::Result<Self> {
        let key = KeyPair::generate().map_err(io::Error::other)?;
        let mut params = CertificateParams::new(Vec::new()).map_err(io::Error::other)?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(rcgen::DnType::CommonName, "Test authority");
        let certificate = params.self_signed(&key).map_err(io::Error::other)?;
        let authority = Self { issuer: Issuer::new(params, key), folder: folder.to_owned() };
        fs::write(authority.file(), certificate.pem())?;
        Ok(authority)
    }

    /// The file of its own certificate.
    pub fn file(&self) -> PathBuf {
        self.folder.join("ca.pem")
    }

    /// A certificate for these names and addresses; of years ago if it is to have expired.
    ///
    /// # Errors
    /// If it cannot be made or written.
    pub fn issue(&self, file: &str, names: &[&str], expired: bool) -> io::Result<Certificates> {
        let key = KeyPair::generate().map_err(io::Error::other)?;
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        let mut params = CertificateParams::new(names).map_err(io::Error::other)?;
        if expired {
            (params.not_before, params.not_after) = (date_time_ymd(2001, 1, 1), date_time_ymd(2002, 1, 1));
        }
        let certificate = params.signed_by(&key, &self.issuer).map_err(io::Error::other)?;
        let path = |end: &str| self.folder.join(format!("{file}.{end}"));
        let issued = Certificates { authority: self.file(), certificate: path("pem"), key: path("key") };
        fs::write(&issued.certificate, certificate.pem())?;
        fs::write(&issued.key, key.serialize_pem())?;
        Ok(issued)
    }
}
