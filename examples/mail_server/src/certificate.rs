//! A certificate for this machine, signed by an authority that nobody knows before.

use std::io;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls::ServerConfig;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::PrivateKeyDer;

/// What the server shows, and the authority's certificate in PEM.
pub(crate) fn make() -> io::Result<(Arc<ServerConfig>, String)> {
    let (leaf, key, authority) = sign().map_err(io::Error::other)?;
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(vec![leaf.der().clone()], key))
        .map_err(io::Error::other)?;
    Ok((Arc::new(config), authority))
}

fn sign() -> Result<(rcgen::Certificate, PrivateKeyDer<'static>, String), rcgen::Error> {
    let mut above = CertificateParams::new(Vec::new())?;
    above.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    above.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
    above.distinguished_name.push(DnType::CommonName, "Mail server for tests");
    let above_key = KeyPair::generate()?;
    let authority = above.self_signed(&above_key)?.pem();
    let issuer = Issuer::new(above, above_key);
    let key = KeyPair::generate()?;
    let own = CertificateParams::new(vec!["localhost".to_owned(), "127.0.0.1".to_owned()])?;
    let leaf = own.signed_by(&key, &issuer)?;
    Ok((leaf, PrivateKeyDer::from(key), authority))
}
