//! How a server is reached: from the connection's URL and keys, and the variables that every client of it knows.

use std::path::PathBuf;
use std::time::Duration;

use mysql_async::{ClientIdentity, OptsBuilder, SslOpts};
use percent_encoding::percent_decode_str;
use tidemill_core::connection::{ConnectionConfig, ConnectionError, ConnectionErrorKind, DatabaseTable};
use url::Url;

/// How long a connection may take to come about, unless the URL says otherwise.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);

/// How long a server may say nothing until it is asked whether it still works, unless the URL says otherwise.
const READ_TIMEOUT: Duration = Duration::from_secs(60);

/// How often a line on which nothing passes is tried.
const KEEPALIVE: Duration = Duration::from_secs(30);

/// What each session begins with. Times are in UTC, and a reader that is slow to take rows does not lose its connection.
const SETUP: &str = "SET NAMES utf8mb4, time_zone = '+00:00', net_write_timeout = 3600, net_read_timeout = 3600";

/// How far the line to the server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tls {
    /// Not at all.
    Disabled,
    /// If the server can; its certificate is not looked at.
    Preferred,
    /// Always; its certificate is not looked at.
    Required,
    /// Always, and a known authority vouches for the certificate.
    VerifyCa,
    /// Always, and the certificate is that of this host.
    VerifyIdentity,
}

/// Where a server is and who asks it.
#[derive(Clone)]
pub(super) struct Settings {
    /// The connection's name.
    pub name: String,
    /// Host and port, or the path of the socket.
    pub place: String,
    /// The user.
    pub user: String,
    /// The default database.
    pub database: Option<String>,
    /// How far the line is protected.
    pub tls: Tls,
    /// Whether the reads of a run see one snapshot.
    pub snapshot: bool,
    /// How long a connection may take to come about.
    pub connect_timeout: Duration,
    /// How long a server may say nothing until it is asked whether it still works.
    pub silence: Duration,
    /// Everything for the client, except for TLS.
    options: OptsBuilder,
    /// What TLS is to look at.
    ssl: SslOpts,
}

impl Settings {
    /// Those of a connection.
    ///
    /// # Errors
    /// If the URL or a key has a value that means nothing.
    pub fn of(config: &ConnectionConfig, variable: impl Fn(&str) -> Option<String>) -> Result<Self, ConnectionError> {
        let wrong = |message: String| ConnectionError::new(ConnectionErrorKind::Config, &config.name, message);
        let url = Url::parse(config.url.as_deref().unwrap_or_default())
            .map_err(|error| wrong(format!("has a URL that cannot be read: {error}")).help(SHAPE))?;
        let parameters = Parameters::of(&url).map_err(|message| wrong(message).help(PARAMETERS))?;
        let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let filled = |text: &str| Some(decoded(text)).filter(|text| !text.is_empty());
        let host =
            url.host_str().and_then(filled).or_else(|| variable("MYSQL_HOST")).unwrap_or_else(|| "localhost".into());
        let port = match (url.port(), variable("MYSQL_TCP_PORT")) {
            (Some(port), _) => port,
            (None, Some(text)) => text.parse().map_err(|_| wrong("finds no port in MYSQL_TCP_PORT".to_owned()))?,
            (None, None) => 3306,
        };
        let login = || variable("USER").or_else(|| variable("LOGNAME"));
        let user = filled(url.username()).or_else(login).unwrap_or_else(|| "root".into());
        let password = url.password().map(decoded).or_else(|| variable("MYSQL_PWD"));
        let schema = config.option("schema").map(ToOwned::to_owned);
        let database = schema.or_else(|| filled(url.path().trim_start_matches('/')));
        let snapshot = match config.option("snapshot") {
            None => true,
            Some("none") => false,
            Some(_) => {
                return Err(wrong("has a `snapshot` that means nothing".to_owned()).help("leave it out, or say `none`"));
            }
        };
        let place = parameters.socket.clone().unwrap_or_else(|| format!("{host}:{port}"));
        let options = OptsBuilder::default()
            .ip_or_hostname(host.trim_start_matches('[').trim_end_matches(']'))
            .tcp_port(port)
            .socket(parameters.socket.clone())
            // The server's own socket may lead elsewhere than the address that was asked for.
            .prefer_socket(false)
            .user(Some(&user))
            .pass(password)
            .db_name(database.clone())
            .setup(vec![SETUP])
            .tcp_keepalive(Some(KEEPALIVE))
            .stmt_cache_size(0);
        let (tls, connect_timeout, silence) = (parameters.tls(), parameters.connect_timeout, parameters.read_timeout);
        let ssl = parameters.ssl(tls);
        let name = config.name.clone();
        Ok(Self { name, place, user, database, tls, snapshot, connect_timeout, silence, options, ssl })
    }

    /// What the client is told; with TLS or without.
    pub fn options(&self, with_tls: bool) -> OptsBuilder {
        self.options.clone().ssl_opts(with_tls.then(|| self.ssl.clone()))
    }

    /// What the client is told, to take a certificate of that name for the server's. The authority behind it is asked all the same.
    pub fn options_for(&self, name: String) -> OptsBuilder {
        self.options.clone().ssl_opts(self.ssl.clone().with_danger_tls_hostname_override(Some(name)))
    }

    /// Host, port and default database, as in a URL.
    pub fn identity(&self) -> String {
        format!("mysql://{}/{}", self.place, self.database.as_deref().unwrap_or_default())
    }

    /// A table by its name in the file.
    pub fn table(&self, written: &str) -> DatabaseTable {
        let plain = |name: &str| name.trim_matches('`').to_owned();
        match written.split_once('.') {
            Some((schema, name)) => DatabaseTable { schema: Some(plain(schema)), name: plain(name) },
            None => DatabaseTable { schema: self.database.clone(), name: plain(written) },
        }
    }
}

const SHAPE: &str = "write it as mysql://user:password@host:3306/database, with %40 for an @ in a name or password";
const PARAMETERS: &str = "known are ssl-mode (disabled, preferred, required, verify_ca, verify_identity), ssl-ca, ssl-cert, ssl-key, \
                          connect-timeout, read-timeout and socket";

/// What stands behind the `?` of a URL.
struct Parameters {
    mode: Option<Tls>,
    ca: Option<PathBuf>,
    identity: Option<(PathBuf, PathBuf)>,
    connect_timeout: Duration,
    read_timeout: Duration,
    socket: Option<String>,
}

impl Parameters {
    fn of(url: &Url) -> Result<Self, String> {
        let (mut cert, mut key) = (None, None);
        let (connect_timeout, read_timeout) = (CONNECT_TIMEOUT, READ_TIMEOUT);
        let mut all = Self { mode: None, ca: None, identity: None, connect_timeout, read_timeout, socket: None };
        for (name, value) in url.query_pairs() {
            match name.to_ascii_lowercase().replace('_', "-").as_str() {
                "ssl-mode" | "sslmode" => all.mode = Some(mode(&value)?),
                "ssl-ca" | "sslrootcert" => all.ca = Some(PathBuf::from(value.as_ref())),
                "ssl-cert" | "sslcert" => cert = Some(PathBuf::from(value.as_ref())),
                "ssl-key" | "sslkey" => key = Some(PathBuf::from(value.as_ref())),
                "connect-timeout" => all.connect_timeout = seconds(&name, &value)?,
                "read-timeout" => all.read_timeout = seconds(&name, &value)?,
                "socket" => all.socket = Some(value.into_owned()),
                _ => return Err(format!("has a parameter `{name}` in its URL that means nothing")),
            }
        }
        all.identity = cert.zip(key);
        Ok(all)
    }

    /// Who names an authority wants it to be asked.
    fn tls(&self) -> Tls {
        match (&self.socket, self.mode, &self.ca) {
            // What passes through a socket never leaves the machine.
            (Some(_), ..) => Tls::Disabled,
            (None, Some(mode), _) => mode,
            (None, None, Some(_)) => Tls::VerifyIdentity,
            (None, None, None) => Tls::Preferred,
        }
    }

    fn ssl(self, tls: Tls) -> SslOpts {
        let identity = self.identity.map(|(cert, key)| ClientIdentity::new(cert.into(), key.into()));
        SslOpts::default()
            .with_disable_built_in_roots(self.ca.is_some())
            .with_root_certs(self.ca.into_iter().map(Into::into).collect())
            .with_client_identity(identity)
            .with_danger_accept_invalid_certs(matches!(tls, Tls::Preferred | Tls::Required))
            .with_danger_skip_domain_validation(tls != Tls::VerifyIdentity)
    }
}

fn mode(text: &str) -> Result<Tls, String> {
    match text.to_ascii_lowercase().replace('-', "_").as_str() {
        "disabled" | "disable" => Ok(Tls::Disabled),
        "preferred" | "prefer" => Ok(Tls::Preferred),
        "required" | "require" => Ok(Tls::Required),
        "verify_ca" => Ok(Tls::VerifyCa),
        "verify_identity" | "verify_full" => Ok(Tls::VerifyIdentity),
        _ => Err(format!("has an `ssl-mode` that means nothing: `{text}`")),
    }
}

fn seconds(name: &str, text: &str) -> Result<Duration, String> {
    match text.parse::<u64>() {
        Ok(seconds) if seconds > 0 => Ok(Duration::from_secs(seconds)),
        _ => Err(format!("has a `{name}` that is no number of seconds: `{text}`")),
    }
}
