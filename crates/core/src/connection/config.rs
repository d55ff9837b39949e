//! What the file says of a connection, its secrets filled in.

use std::fmt;

/// A connection as the file has it under `connections`, or a URL where a path may stand. Its values may be secrets: it is
/// neither shown nor written anywhere.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ConnectionConfig {
    /// Its name in the file; of a URL that stands for itself, that URL without password and query.
    pub name: String,
    /// `url`: `postgres://user:password@host:5432/shop?sslmode=verify-full`. None where there is a driver instead.
    pub url: Option<String>,
    /// All other keys that hold one text: `schema`, `region`, `endpoint`, `access_key_id`, `snapshot` …, in the order of the file.
    pub options: Vec<(String, String)>,
    /// `headers`, of a connection to the web.
    pub headers: Vec<(String, String)>,
    /// `driver`: the name, path or manifest of an ADBC driver.
    pub driver: Option<String>,
    /// `options` of that driver.
    pub driver_options: Vec<(String, String)>,
}

impl ConnectionConfig {
    /// The connection that a URL means by itself.
    pub fn of_url(name: impl Into<String>, url: impl Into<String>) -> Self {
        Self { name: name.into(), url: Some(url.into()), ..Self::default() }
    }

    /// The value of one of the other keys.
    pub fn option(&self, name: &str) -> Option<&str> {
        self.options.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Its name alone: everything else may be a secret.
impl fmt::Debug for ConnectionConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectionConfig").field("name", &self.name).finish_non_exhaustive()
    }
}
