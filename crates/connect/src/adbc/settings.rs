//! What the file says of a connection with a driver.

use std::path::{Path, PathBuf};

use tidemill_core::connection::{ConnectionConfig, ConnectionError, ConnectionErrorKind as Kind, DatabaseTable};

use crate::database_storage::shown;

/// Options that say which database it is, by the last part of their names: `adbc.snowflake.sql.account`.
const TELLING: [&str; 12] = [
    "path",
    "uri",
    "host",
    "port",
    "account",
    "db",
    "database",
    "catalog",
    "schema",
    "dataset",
    "dataset_id",
    "project_id",
];

/// Options whose values are files.
const FILES: [&str; 2] = ["path", "uri"];

/// A connection's driver and what it is told.
pub(super) struct Settings {
    /// The connection's name.
    pub name: String,
    /// The driver: a name, or the path of a library or manifest.
    pub driver: String,
    /// The function of the library with which it begins, where the file says it.
    pub entrypoint: Option<String>,
    /// The options of the driver, as it takes them.
    pub options: Vec<(String, String)>,
    /// The schema of tables that are written without one.
    pub schema: Option<String>,
    /// Whether the reads of a run see one moment.
    pub snapshot: bool,
    identity: String,
}

impl Settings {
    /// Those of a connection. Relative paths are seen from the current folder, which is the project's.
    ///
    /// # Errors
    /// If there is no driver, or a key has a value that means nothing.
    pub fn of(config: &ConnectionConfig) -> Result<Self, ConnectionError> {
        let wrong = |message: String| ConnectionError::new(Kind::Config, &config.name, message);
        let driver = config.driver.clone().filter(|driver| !driver.trim().is_empty());
        let driver = driver.ok_or_else(|| wrong("names no driver".to_owned()))?;
        let snapshot = match config.option("snapshot") {
            None => true,
            Some("none") => false,
            Some(_) => return Err(wrong("has a `snapshot` that means nothing".to_owned()).help("`none` turns it off")),
        };
        let all = &config.driver_options;
        let entrypoint = all.iter().find(|(name, _)| name == "entrypoint").map(|(_, value)| value.clone());
        let options = all.iter().filter(|(name, _)| name != "entrypoint");
        let identity = identity(&driver, all);
        Ok(Self {
            name: config.name.clone(),
            driver: if is_path(&driver) { absolute(&driver) } else { driver },
            entrypoint,
            options: options.map(|(name, value)| (name.clone(), as_taken(name, value))).collect(),
            schema: config.option("schema").map(ToOwned::to_owned),
            snapshot,
            identity,
        })
    }

    /// What identifies the database, without what may be secret.
    pub fn identity(&self) -> String {
        match &self.schema {
            Some(schema) => format!("{}/{schema}", self.identity),
            None => self.identity.clone(),
        }
    }

    /// The table of that name.
    pub fn table(&self, written: &str) -> DatabaseTable {
        let plain = |name: &str| name.trim_matches(['"', '`']).to_owned();
        match written.rsplit_once('.') {
            Some((schema, name)) => DatabaseTable { schema: Some(plain(schema)), name: plain(name) },
            None => DatabaseTable { schema: self.schema.clone(), name: plain(written) },
        }
    }

    /// Whether the driver, by its name, is for that database.
    pub fn is_for(&self, database: &str) -> bool {
        stem(&self.driver).contains(database)
    }

    /// A text of the driver, without the values of options that may be secret.
    pub fn without_secrets(&self, text: &str) -> String {
        let secrets = self.options.iter().filter(|(name, value)| !is_open(name, value) && value.len() > 2);
        secrets.fold(text.to_owned(), |text, (_, value)| {
            let text = text.replace(value, "***");
            passwords(value).iter().fold(text, |text, password| text.replace(password, "***"))
        })
    }
}

/// Whether everybody may see the value of an option.
fn is_open(name: &str, value: &str) -> bool {
    TELLING.contains(&last_part(name)) && !value.contains(['@', ';', '?']) && !value.contains("://")
}

/// The password of a URL, as it is written there and as it is.
fn passwords(url: &str) -> Vec<String> {
    let parsed = url::Url::parse(url).ok();
    let written = parsed.as_ref().and_then(url::Url::password).filter(|password| !password.is_empty());
    let plain = |written: &str| percent_encoding::percent_decode_str(written).decode_utf8_lossy().into_owned();
    written.into_iter().flat_map(|written| [written.to_owned(), plain(written)]).collect()
}

fn last_part(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

fn is_path(driver: &str) -> bool {
    driver.contains(['/', '\\']) || Path::new(driver).extension().is_some()
}

/// An option's value as the driver takes it: a file with its whole path.
fn as_taken(name: &str, value: &str) -> String {
    let is_file = FILES.contains(&name) && !value.is_empty() && !value.contains([':', '=']);
    if is_file { absolute(value) } else { value.to_owned() }
}

fn absolute(path: &str) -> String {
    // Without a current folder the driver finds the file itself, or says that it does not.
    std::path::absolute(path).unwrap_or_else(|_| PathBuf::from(path)).to_string_lossy().into_owned()
}

/// `adbc_driver_sqlite` of `/usr/lib/libadbc_driver_sqlite.so.2`.
pub(super) fn stem(driver: &str) -> &str {
    let file = driver.rsplit(['/', '\\']).next().unwrap_or(driver);
    let file = file.split('.').next().unwrap_or(file);
    file.strip_prefix("lib").unwrap_or(file)
}

fn identity(driver: &str, options: &[(String, String)]) -> String {
    let telling = options.iter().filter(|(name, _)| TELLING.contains(&last_part(name)));
    let mut parts: Vec<String> = telling
        .map(|(name, value)| {
            let value = if value.contains("://") { shown(value) } else { value.clone() };
            // What stands before an `@` is who asks.
            let value = value.rsplit('@').next().unwrap_or_default();
            format!("{}={value}", last_part(name))
        })
        .collect();
    parts.sort();
    format!("{}:{}", stem(driver), parts.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(driver: &str, options: &[(&str, &str)]) -> Settings {
        let driver_options = options.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let config = ConnectionConfig {
            name: "duck".to_owned(),
            driver: Some(driver.to_owned()),
            driver_options,
            ..ConnectionConfig::default()
        };
        Settings::of(&config).expect("it is well written")
    }

    #[test]
    fn neither_identity_nor_messages_hold_secrets() {
        let uri = "postgresql://reader:geheim@db/shop?sslkey=x";
        let settings = settings("adbc_driver_postgresql", &[("uri", uri), ("username", "eva"), ("password", "s3cret")]);
        assert_eq!(settings.identity(), "adbc_driver_postgresql:uri=db/shop");
        let message = settings.without_secrets(&format!("cannot open {uri}: s3cret, geheim"));
        assert_eq!(message, "cannot open ***: ***, ***");
    }

    #[test]
    fn files_are_seen_from_the_project() {
        let duck = settings("lib/libduckdb.so", &[("path", "data/shop.duckdb"), ("entrypoint", "duckdb_adbc_init")]);
        assert!(Path::new(&duck.driver).is_absolute() && Path::new(&duck.options[0].1).is_absolute());
        assert_eq!((duck.options.len(), duck.identity().as_str()), (1, "duckdb:path=data/shop.duckdb"));
        let memory = settings("adbc_driver_sqlite", &[("uri", ":memory:")]);
        assert_eq!(memory.options[0].1, ":memory:");
        assert!(memory.is_for("sqlite") && !memory.is_for("duckdb"));
    }

    #[test]
    fn a_table_has_a_schema_or_the_connections() {
        let duck = settings("duckdb", &[]);
        assert_eq!(duck.table("orders").schema, None);
        assert_eq!(duck.table("shop.main.orders").schema.as_deref(), Some("shop.main"));
        assert_eq!(duck.table("\"orders\"").name, "orders");
    }
}
