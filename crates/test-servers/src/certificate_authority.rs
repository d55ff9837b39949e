//! Certificates for servers, from an authority that nobody else knows.

use std::path::{Path, PathBuf};
use std::{fs, io};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};

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
