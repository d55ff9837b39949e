//! How to reach a server: what the connection, the environment and libpq's defaults say together.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tidemill_core::connection::{ConnectionConfig, ConnectionError, ConnectionErrorKind};
use tokio_postgres::Config;
use tokio_postgres::config::{ChannelBinding, LoadBalanceHosts, TargetSessionAttrs};

use super::parameters::{Parameters, Variables};
use super::passfile::{self, Found, Wanted};
use super::tls::{SslMode, TlsFiles};

/// How long to wait for a server to answer, unless `connect_timeout` says otherwise: libpq would wait for ever.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);

/// How long what was sent may stay without an acknowledgement until the server counts as gone, or without an answer until it is
/// asked whether one will come.
const USER_TIMEOUT: Duration = Duration::from_secs(60);

/// Everything that is to be known before a server can be reached.
pub(super) struct Settings {
    /// The connection's name.
    pub name: String,
    /// What the library is told, without TLS.
    pub config: Config,
    /// Whether to encrypt and what to verify.
    pub ssl: SslMode,
    /// Certificates and keys.
    pub tls: TlsFiles,
    /// Where it is, for people: `db.example:5432`.
    pub place: String,
    /// The user.
    pub user: String,
    /// The database.
    pub database: String,
    /// `schema`: where tables without a schema are.
    pub schema: Option<String>,
    /// Whether reads share a snapshot.
    pub snapshot: bool,
    /// The password file that is not read because others may read it too.
    pub open_passfile: Option<PathBuf>,
    /// How long to wait for a connection.
    pub connect_timeout: Duration,
    /// How long a server may say nothing until it is asked whether it still works.
    pub silence: Duration,
}

impl Settings {
    /// The server and the database there.
    pub fn server(&self) -> String {
        format!("postgres://{}/{}", self.place, self.database)
    }

    /// Of a connection.
    ///
    /// # Errors
    /// If one of its values cannot be used; no value of the URL is named.
    pub fn of(connection: &ConnectionConfig, variables: Variables<'_>) -> Result<Self, ConnectionError> {
        let wrong = |message: String| ConnectionError::new(ConnectionErrorKind::Config, &connection.name, message);
        let url = connection.url.as_deref().unwrap_or_default();
        let parameters = Parameters::of_url(url, variables).map_err(wrong)?;
        let snapshot = match connection.option("snapshot") {
            None => true,
            Some("none") => false,
            Some(_) => {
                return Err(wrong("has a `snapshot` of no kind that is known here".to_owned())
                    .help("leave it out, or write `none`"));
            }
        };
        let schema = connection.option("schema").map(ToOwned::to_owned);
        build(&connection.name, &parameters, schema, snapshot).map_err(wrong)
    }
}

fn build(name: &str, parameters: &Parameters<'_>, schema: Option<String>, snapshot: bool) -> Result<Settings, String> {
    let operating_user = || parameters.variable("USER").or_else(|| parameters.variable("LOGNAME"));
    let user = parameters.get("user").or_else(operating_user).ok_or("has no user")?;
    let database = parameters.get("dbname").unwrap_or_else(|| user.clone());
    let mut config = Config::new();
    config.user(&user).dbname(&database);
    let (host, port) = hosts(parameters, &mut config)?;
    let is_socket = host.starts_with('/');
    let wanted = Wanted { host: if is_socket { "localhost" } else { &host }, port, database: &database, user: &user };
    let open_passfile = password(parameters, &wanted, &mut config);
    let (connect_timeout, silence) = waiting(parameters, &mut config)?;
    behaviour(parameters, &mut config)?;
    let tls = TlsFiles {
        roots: parameters.get("sslrootcert").map(PathBuf::from),
        certificate: parameters.get("sslcert").map(PathBuf::from),
        key: parameters.get("sslkey").map(PathBuf::from),
    };
    // A socket of this machine is never encrypted.
    let ssl = if is_socket { SslMode::Disable } else { SslMode::of(parameters.get("sslmode").as_deref(), &tls)? };
    let place = format!("{host}:{port}");
    let name = name.to_owned();
    Ok(Settings {
        name,
        config,
        ssl,
        tls,
        place,
        user,
        database,
        schema,
        snapshot,
        open_passfile,
        connect_timeout,
        silence,
    })
}

/// Tells the hosts and ports; the first ones come back.
fn hosts(parameters: &Parameters<'_>, config: &mut Config) -> Result<(String, u16), String> {
    let port = |text: &str| match text {
        "" => Ok(5432),
        text => text.parse::<u16>().map_err(|_| "has a port that is not a number up to 65535".to_owned()),
    };
    let ports = parameters.get("port").unwrap_or_default().split(',').map(port).collect::<Result<Vec<_>, _>>()?;
    let addresses = parameters.get("hostaddr");
    // Without a name TLS takes the address for it.
    let hosts = parameters.get("host").or_else(|| addresses.clone()).unwrap_or_else(|| default_host(ports[0]));
    for host in hosts.split(',') {
        config.host(if host.is_empty() { "localhost" } else { host });
    }
    for address in addresses.iter().flat_map(|addresses| addresses.split(',')) {
        let address: IpAddr = address.parse().map_err(|_| "has a `hostaddr` that is no IP address")?;
        config.hostaddr(address);
    }
    for port in &ports {
        config.port(*port);
    }
    let first = hosts.split(',').next().filter(|host| !host.is_empty()).unwrap_or("localhost");
    Ok((first.to_owned(), ports[0]))
}

/// A socket of this machine where a server listens at one, else this machine's name.
fn default_host(port: u16) -> String {
    let folders = ["/var/run/postgresql", "/tmp"];
    let listening = folders.iter().find(|folder| Path::new(folder).join(format!(".s.PGSQL.{port}")).exists());
    listening.map_or_else(|| "localhost".to_owned(), ToString::to_string)
}

/// Tells the password; the file that may not be used for it comes back.
fn password(parameters: &Parameters<'_>, wanted: &Wanted<'_>, config: &mut Config) -> Option<PathBuf> {
    if let Some(password) = parameters.get("password") {
        config.password(password);
        return None;
    }
    let home = || parameters.variable("HOME").map(|home| Path::new(&home).join(".pgpass"));
    let file = parameters.get("passfile").map(PathBuf::from).or_else(home)?;
    match passfile::look_up(&file, wanted) {
        Found::Password(password) => config.password(password),
        Found::Nothing => return None,
        Found::TooOpen => return Some(file),
    };
    None
}

/// Tells how long to wait, so that a server that has vanished is noticed: for a connection, and for a word on one.
fn waiting(parameters: &Parameters<'_>, config: &mut Config) -> Result<(Duration, Duration), String> {
    let seconds =
        |name| Ok::<_, String>(parameters.number::<u64>(name)?.filter(|value| *value > 0).map(Duration::from_secs));
    // As in libpq, one second is too short to be meant.
    let timeout = seconds("connect_timeout")?.map_or(CONNECT_TIMEOUT, |timeout| timeout.max(Duration::from_secs(2)));
    config.connect_timeout(timeout);
    config.keepalives(parameters.get("keepalives").as_deref() != Some("0"));
    config.keepalives_idle(seconds("keepalives_idle")?.unwrap_or(Duration::from_secs(30)));
    config.keepalives_interval(seconds("keepalives_interval")?.unwrap_or(Duration::from_secs(10)));
    config.keepalives_retries(parameters.number("keepalives_count")?.unwrap_or(3));
    let user_timeout = parameters.number("tcp_user_timeout")?.filter(|millis| *millis > 0);
    let user_timeout = user_timeout.map_or(USER_TIMEOUT, Duration::from_millis);
    config.tcp_user_timeout(user_timeout);
    Ok((timeout, user_timeout))
}

fn behaviour(parameters: &Parameters<'_>, config: &mut Config) -> Result<(), String> {
    config.application_name(parameters.get("application_name").unwrap_or_else(|| "tidemill".to_owned()));
    if let Some(options) = parameters.get("options") {
        config.options(options);
    }
    config.target_session_attrs(match parameters.get("target_session_attrs").as_deref() {
        None | Some("any") => TargetSessionAttrs::Any,
        Some("read-write" | "primary") => TargetSessionAttrs::ReadWrite,
        Some("read-only" | "standby") => TargetSessionAttrs::ReadOnly,
        Some(_) => {
            return Err(
                "has a `target_session_attrs` that is none of any, read-write, read-only, primary, standby".to_owned()
            );
        }
    });
    config.channel_binding(match parameters.get("channel_binding").as_deref() {
        None | Some("prefer") => ChannelBinding::Prefer,
        Some("require") => ChannelBinding::Require,
        Some("disable") => ChannelBinding::Disable,
        Some(_) => return Err("has a `channel_binding` that is none of disable, prefer, require".to_owned()),
    });
    config.load_balance_hosts(match parameters.get("load_balance_hosts").as_deref() {
        Some("random") => LoadBalanceHosts::Random,
        _ => LoadBalanceHosts::Disable,
    });
    Ok(())
}
