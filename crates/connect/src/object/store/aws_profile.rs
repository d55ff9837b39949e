//! The files in which Amazon's own programs keep keys and regions, by the names of profiles.

use std::path::PathBuf;

use object_store::aws::AmazonS3ConfigKey;

/// The settings that are read from there.
const SETTINGS: [(&str, AmazonS3ConfigKey); 5] = [
    ("aws_access_key_id", AmazonS3ConfigKey::AccessKeyId),
    ("aws_secret_access_key", AmazonS3ConfigKey::SecretAccessKey),
    ("aws_session_token", AmazonS3ConfigKey::Token),
    ("region", AmazonS3ConfigKey::Region),
    ("endpoint_url", AmazonS3ConfigKey::Endpoint),
];

/// What they say of that profile, or of the one that `AWS_PROFILE` names, or of `default`. Files that are not there say nothing.
pub(super) fn read(profile: Option<&str>) -> Vec<(AmazonS3ConfigKey, String)> {
    let named = profile.map(str::to_owned).or_else(|| std::env::var("AWS_PROFILE").ok());
    let profile = named.unwrap_or_else(|| "default".to_owned());
    let text = |variable: &str, name: &str| {
        let path = std::env::var_os(variable).map(PathBuf::from);
        let path = path.or_else(|| Some(std::env::home_dir()?.join(".aws").join(name)))?;
        std::fs::read_to_string(path).ok()
    };
    let config = text("AWS_CONFIG_FILE", "config").unwrap_or_default();
    let credentials = text("AWS_SHARED_CREDENTIALS_FILE", "credentials").unwrap_or_default();
    let mut found = settings(&config, &profile);
    found.extend(settings(&credentials, &profile));
    found
}

/// The settings below `[name]` or `[profile name]`.
fn settings(text: &str, profile: &str) -> Vec<(AmazonS3ConfigKey, String)> {
    let mut is_meant = false;
    let mut found = Vec::new();
    for line in text.lines() {
        let line = line.trim();
        if let Some(section) = line.strip_prefix('[').and_then(|line| line.split(']').next()) {
            let section = section.trim();
            is_meant = section.strip_prefix("profile ").map_or(section, str::trim) == profile;
            continue;
        }
        let Some((name, value)) = line.split_once('=').filter(|_| is_meant && !line.starts_with(['#', ';'])) else {
            continue;
        };
        let known = SETTINGS.iter().find(|(setting, _)| *setting == name.trim());
        found.extend(known.map(|(_, key)| (*key, value.trim().to_owned())));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_is_read_and_no_other() {
        let text = "[default]\naws_access_key_id = A\n# region = x\nregion=eu-central-1\n\n\
                    [profile other]\naws_access_key_id=B\noutput = json\n";
        let of = |profile| settings(text, profile).into_iter().map(|(_, value)| value).collect::<Vec<_>>();
        assert_eq!(of("default"), ["A", "eu-central-1"]);
        assert_eq!(of("other"), ["B"]);
        assert!(of("third").is_empty());
    }
}
