//! One connection to the server, and how work on it is interrupted.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Either, select};
use tidemill_core::attempt::{CancelCallback, CancelToken};
use tidemill_core::connection::{ConnectionError, ConnectionErrorKind};
use tokio::sync::Notify;
use tokio_postgres::Client;
use tokio_postgres_rustls::MakeRustlsConnect;

use super::error;
use super::settings::Settings;
use super::sql::{identifier, literal};
use super::tls::{self, SslMode};

/// How long to wait for the server to take the wish that a query end.
const CANCELLING: Duration = Duration::from_secs(5);

/// What a session is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Reading; the server itself refuses to write.
    Read,
    /// Writing.
    Write,
}

/// How values are to be written as text, whatever the server's own settings, and how long is waited.
const SETTINGS: &[(&str, &str)] = &[
    ("TimeZone", "UTC"),
    ("DateStyle", "ISO, YMD"),
    ("IntervalStyle", "postgres"),
    ("extra_float_digits", "1"),
    ("bytea_output", "hex"),
    ("synchronize_seqscans", "off"),
    ("idle_in_transaction_session_timeout", "0"),
    ("client_connection_check_interval", "10s"),
    ("tcp_keepalives_idle", "60"),
    ("tcp_keepalives_interval", "10"),
    ("tcp_keepalives_count", "6"),
];

/// A connection that is in no transaction, or in the one that its holder has begun.
pub(super) struct Session {
    /// The connection.
    pub client: Client,
    /// How TLS is spoken, which cancelling needs again.
    connector: MakeRustlsConnect,
}

impl Session {
    /// Connects.
    ///
    /// # Errors
    /// If the server cannot be reached or refuses.
    pub async fn connect(settings: &Settings, purpose: Purpose) -> Result<Self, ConnectionError> {
        let modes: &[SslMode] = match settings.ssl {
            SslMode::Allow => &[SslMode::Disable, SslMode::Require],
            SslMode::Prefer => &[SslMode::Prefer, SslMode::Disable],
            ref one => std::slice::from_ref(one),
        };
        let mut last = None;
        for mode in modes {
            match Self::connect_as(settings, *mode, purpose).await {
                // Another way may help where this one was refused, not where nobody listens.
                Err(fault) if fault.kind == ConnectionErrorKind::Refused => last = last.or(Some(fault)),
                ended => return ended,
            }
        }
        Err(last.unwrap_or_else(|| error::lost(&settings.name)))
    }

    async fn connect_as(settings: &Settings, mode: SslMode, purpose: Purpose) -> Result<Self, ConnectionError> {
        use tokio_postgres::config::SslMode as Mode;

        let wrong = |message| error::error(&settings.name, ConnectionErrorKind::Config, message);
        let connector = tls::connector(mode, &settings.tls).map_err(wrong)?;
        let mut config = settings.config.clone();
        config.ssl_mode(match mode {
            SslMode::Disable => Mode::Disable,
            SslMode::Prefer => Mode::Prefer,
            _ => Mode::Require,
        });
        let connecting = config.connect(connector.clone());
        let connected = match tokio::time::timeout(settings.connect_timeout * 2, connecting).await {
            Ok(connected) => connected.map_err(|fault| error::of_connecting(settings, &fault)),
            Err(_) => Err(error::timed_out(settings)),
        };
        let (client, connection) = connected?;
        // It ends when the client is dropped, and tells the client's requests why it ended before.
        tokio::spawn(async move { connection.await.ok() });
        let session = Self { client, connector };
        let set_up = session.client.batch_execute(&set_up(settings, purpose)).await;
        set_up.map_err(|fault| error::of_statement(&settings.name, &fault, None))?;
        Ok(session)
    }

    /// What to call to end what the server does for this session.
    pub fn interrupter(&self) -> Interrupter {
        Interrupter { token: self.client.cancel_token(), connector: self.connector.clone() }
    }

    /// Waits for work of this session; when it is to stop, so does the server.
    ///
    /// # Errors
    /// Those of the work, or that it was cancelled.
    pub async fn until_stopped<T>(
        &self,
        name: &str,
        stop: &Stop,
        work: impl Future<Output = Result<T, ConnectionError>>,
    ) -> Result<T, ConnectionError> {
        let interrupter = self.interrupter();
        match select(pin!(work), pin!(stop.wanted())).await {
            Either::Left((ended, _)) => ended,
            Either::Right(_) => {
                interrupter.interrupt().await;
                Err(error::cancelled(name))
            }
        }
    }
}

/// Ends what the server does for a session.
pub(super) struct Interrupter {
    token: tokio_postgres::CancelToken,
    connector: MakeRustlsConnect,
}

impl Interrupter {
    /// Asks the server to end it; it does not wait until it has.
    pub async fn interrupt(self) {
        // A server that cannot be asked finds out by itself that nobody listens any more.
        tokio::time::timeout(CANCELLING, self.token.cancel_query(self.connector)).await.ok();
    }
}

/// Says when work is to stop.
pub(super) struct Stop {
    notify: Arc<Notify>,
    _callback: CancelCallback,
}

impl Stop {
    /// When that token is cancelled.
    pub fn of(token: &CancelToken) -> Self {
        let notify = Arc::new(Notify::new());
        let theirs = Arc::clone(&notify);
        // A permit stays for who asks later.
        Self { notify, _callback: token.on_cancel(move || theirs.notify_one()) }
    }

    /// Waits until it is to stop.
    pub async fn wanted(&self) {
        self.notify.notified().await;
        // Whoever asks again is told again.
        self.notify.notify_one();
    }
}

/// Waits for the beginning of work, where no server need be told that it is to stop.
///
/// # Errors
/// Those of the work, or that it was cancelled.
pub(super) async fn or_stopped<T>(
    name: &str,
    stop: &Stop,
    work: impl Future<Output = Result<T, ConnectionError>>,
) -> Result<T, ConnectionError> {
    match select(pin!(work), pin!(stop.wanted())).await {
        Either::Left((ended, _)) => ended,
        Either::Right(_) => Err(error::cancelled(name)),
    }
}

/// The settings of a session; those that an older server does not know are left out.
fn set_up(settings: &Settings, purpose: Purpose) -> String {
    let values: Vec<String> = SETTINGS.iter().map(|(name, value)| format!("('{name}','{value}')")).collect();
    let mut sql = format!(
        "select set_config(s.name, v.value, false) from (values {}) as v(name, value) \
         join pg_catalog.pg_settings s on lower(s.name) = lower(v.name) \
         where s.context = 'user';",
        values.join(",")
    );
    if purpose == Purpose::Read {
        sql.push_str("set default_transaction_read_only = on;");
    }
    if let Some(schema) = &settings.schema {
        let first = literal(&format!("{}, ", identifier(schema)));
        sql.push_str(&format!("select set_config('search_path', {first} || current_setting('search_path'), false);"));
    }
    sql
}
