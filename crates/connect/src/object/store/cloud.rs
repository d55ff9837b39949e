//! The clouds whose stores are known: how a store is made of a connection and of the usual variables.

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use object_store::gcp::{GoogleCloudStorageBuilder, GoogleConfigKey};
use object_store::{ObjectStore, Result};
use tidemill_core::connection::ConnectionConfig;

use super::aws_profile;
use super::connector::{Connector, retries};

/// A cloud.
pub(crate) struct Cloud {
    /// The schemes of its URLs.
    pub schemes: &'static [&'static str],
    /// The keys that a connection may have beside `url`.
    pub options: &'static [&'static str],
    /// The store of a bucket, whose server may say nothing for so long. It does not connect.
    pub open: fn(&ConnectionConfig, &str, Duration) -> Result<Arc<dyn ObjectStore>>,
}

/// Amazon S3, and all that speaks like it.
pub(crate) static S3: Cloud = Cloud {
    schemes: &["s3"],
    options: &[
        "region",
        "endpoint",
        "access_key_id",
        "secret_access_key",
        "session_token",
        "profile",
        "skip_signature",
        "virtual_hosted_style_request",
        "request_payer",
        "timeout",
    ],
    open: open_s3,
};

/// Google Cloud Storage.
pub(crate) static GOOGLE: Cloud = Cloud {
    schemes: &["gs"],
    options: &[
        "service_account",
        "service_account_key",
        "application_credentials",
        "endpoint",
        "skip_signature",
        "timeout",
    ],
    open: open_google,
};

/// Azure's blob storage.
pub(crate) static AZURE: Cloud = Cloud {
    schemes: &["az"],
    options: &[
        "account_name",
        "account_key",
        "client_id",
        "client_secret",
        "tenant_id",
        "sas_token",
        "endpoint",
        "use_azure_cli",
        "skip_signature",
        "timeout",
    ],
    open: open_azure,
};

/// The keys of Amazon that are one another's: of two places none is mixed with the other's.
const AWS_KEYS: [AmazonS3ConfigKey; 3] =
    [AmazonS3ConfigKey::AccessKeyId, AmazonS3ConfigKey::SecretAccessKey, AmazonS3ConfigKey::Token];

const AWS_ENDPOINTS: [AmazonS3ConfigKey; 2] = [AmazonS3ConfigKey::Endpoint, AmazonS3ConfigKey::S3Endpoint];

/// What the connection says, in the library's own keys.
fn given<K: FromStr>(config: &ConnectionConfig) -> Vec<(K, String)> {
    let known = |(name, value): &(String, String)| {
        // Google's library has another word for it.
        let name = if name == "endpoint" && config.url.as_deref().is_some_and(|url| url.starts_with("gs:")) {
            "base_url"
        } else {
            name
        };
        Some((name.parse().ok()?, value.clone())).filter(|_| !value.is_empty() && name != "timeout")
    };
    config.options.iter().filter_map(known).collect()
}

/// What the variables say that begin so.
fn variables<K: FromStr>(prefix: &str) -> Vec<(K, String)> {
    let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
        let (name, value) = (name.into_string().ok()?, value.into_string().ok()?);
        let key = name
            .strip_prefix(prefix)
            .filter(|_| !value.is_empty())
            .and_then(|_| name.to_ascii_lowercase().parse().ok())?;
        Some((key, value))
    };
    std::env::vars_os().filter_map(text).collect()
}

fn open_s3(config: &ConnectionConfig, bucket: &str, silence: Duration) -> Result<Arc<dyn ObjectStore>> {
    let given: Vec<(AmazonS3ConfigKey, String)> = given(config);
    let mut known: Vec<(AmazonS3ConfigKey, String)> = variables("AWS_");
    let profile = config.option("profile");
    let is_given = |keys: &[AmazonS3ConfigKey]| given.iter().any(|(key, _)| keys.contains(key));
    if is_given(&AWS_KEYS) || profile.is_some() {
        known.retain(|(key, _)| !AWS_KEYS.contains(key));
    }
    if is_given(&AWS_ENDPOINTS) {
        known.retain(|(key, _)| !AWS_ENDPOINTS.contains(key));
    }
    let has_keys = is_given(&AWS_KEYS) || known.iter().any(|(key, _)| AWS_KEYS.contains(key));
    let of_profile = aws_profile::read(profile).into_iter().filter(|(key, _)| !has_keys || !AWS_KEYS.contains(key));
    let mut builder = AmazonS3Builder::new();
    for (key, value) in of_profile.chain(known).chain(given) {
        builder = builder.with_config(key, value);
    }
    let builder = builder.with_bucket_name(bucket).with_retry(retries()).with_http_connector(Connector { silence });
    Ok(Arc::new(builder.build()?))
}

fn open_google(config: &ConnectionConfig, bucket: &str, silence: Duration) -> Result<Arc<dyn ObjectStore>> {
    let mut builder = GoogleCloudStorageBuilder::new();
    for (key, value) in variables::<GoogleConfigKey>("GOOGLE_").into_iter().chain(given(config)) {
        builder = builder.with_config(key, value);
    }
    let builder = builder.with_bucket_name(bucket).with_retry(retries()).with_http_connector(Connector { silence });
    Ok(Arc::new(builder.build()?))
}

fn open_azure(config: &ConnectionConfig, container: &str, silence: Duration) -> Result<Arc<dyn ObjectStore>> {
    let mut builder = MicrosoftAzureBuilder::new();
    for (key, value) in variables::<AzureConfigKey>("AZURE_").into_iter().chain(given(config)) {
        builder = builder.with_config(key, value);
    }
    let builder =
        builder.with_container_name(container).with_retry(retries()).with_http_connector(Connector { silence });
    Ok(Arc::new(builder.build()?))
}
