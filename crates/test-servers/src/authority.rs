//! Certificates for servers, from an authority that nobody else knows.

use std::fs;
use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};

/// Vouches for certificates of test servers.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    folder: PathBuf,
}

/// The files of a certificate.
#[derive(Clone, Debug)]
pub struct Issued {
    /// The certificate.
    pub certificate: PathBuf,
    /// Its key.
    pub key: PathBuf,
}

impl Authority {
    /// A new one, which keeps its files in that folder.
    ///
    /// # Panics
    /// If they cannot be written.
    pub fn new(folder: &Path) -> Self {
        let key = KeyPair::generate().expect("a key can be made");
        let mut params = CertificateParams::new(Vec::new()).expect("no name is wrong");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(rcgen::DnType::CommonName, "Test authority");
        let certificate = params.self_signed(&key).expect("an authority can sign itself");
        fs::write(folder.join("ca.pem"), certificate.pem()).expect("the folder can be written to");
        Self { issuer: Issuer::new(params, key), folder: folder.to_owned() }
    }

    /// The file of its own certificate.
    pub fn file(&self) -> PathBuf {
        self.folder.join("ca.pem")
    }

    /// A certificate for these names and addresses; of years ago if it is to have expired.
    ///
    /// # Panics
    /// If its files cannot be written.
    pub fn issue(&self, file: &str, names: &[&str], expired: bool) -> Issued {
        let key = KeyPair::generate().expect("a key can be made");
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        let mut params = CertificateParams::new(names).expect("the names are names");
        if expired {
            (params.not_before, params.not_after) = (date_time_ymd(2001, 1, 1), date_time_ymd(2002, 1, 1));
        }
        let certificate = params.signed_by(&key, &self.issuer).expect("an authority can sign");
        let path = |end: &str| self.folder.join(format!("{file}.{end}"));
        let issued = Issued { certificate: path("pem"), key: path("key") };
        fs::write(&issued.certificate, certificate.pem()).expect("the folder can be written to");
        fs::write(&issued.key, key.serialize_pem()).expect("the folder can be written to");
        issued
    }
}
