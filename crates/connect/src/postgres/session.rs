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

use super::backend::{Backend, WHO};
use super::error;
use super::settings::Settings;
use super::sql::{identifier, literal};
use super::tls::{self, SslMode};
use crate::liveness::{self, Seen};

/// How long to wait for the server to take the wish that a query or a session end.
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
    /// Who serves it.
    pub backend: Backend,
    settings: Arc<Settings>,
    /// How TLS is spoken, which cancelling needs again.
    connector: MakeRustlsConnect,
}

impl Session {
    /// Connects.
    ///
    /// # Errors
    /// If the server cannot be reached or refuses.
    pub async fn connect(settings: &Arc<Settings>, purpose: Purpose) -> Result<Self, ConnectionError> {
        let modes: &[SslMode] = match settings.ssl {
            SslMode::Allow => &[SslMode::Disable, SslMode::Require],
            SslMode::Prefer => &[SslMode::Prefer, SslMode::Disable],
            ref one => std::slice::from_ref(one),
        };
        let mut last = None;
        for mode in modes {
            let connecting = Self::connect_as(settings, *mode, purpose);
            let connected = tokio::time::timeout(settings.connect_timeout * 2, connecting).await;
            match connected.unwrap_or_else(|_| Err(error::timed_out(settings))) {
                // Another way may help where this one was refused, not where nobody listens.
                Err(fault) if fault.kind == ConnectionErrorKind::Refused => last = last.or(Some(fault)),
                ended => return ended,
            }
        }
        Err(last.unwrap_or_else(|| error::lost(&settings.name)))
    }

    async fn connect_as(settings: &Arc<Settings>, mode: SslMode, purpose: Purpose) -> Result<Self, ConnectionError> {
        use tokio_postgres::config::SslMode as Mode;

        let wrong = |message| error::error(&settings.name, ConnectionErrorKind::Config, message);
        let connector = tls::connector(mode, &settings.tls).map_err(wrong)?;
        let mut config = settings.config.clone();
        config.ssl_mode(match mode {
            SslMode::Disable => Mode::Disable,
            SslMode::Prefer => Mode::Prefer,
            _ => Mode::Require,
        });
        let connected = config.connect(connector.clone()).await;
        let (client, connection) = connected.map_err(|fault| error::of_connecting(settings, &fault))?;
        // It ends when the client is dropped, and tells the client's requests why it ended before.
        tokio::spawn(async move { connection.await.ok() });
        let set_up = client.simple_query(&set_up(settings, purpose)).await;
        let answers = set_up.map_err(|fault| error::of_statement(&settings.name, &fault, None))?;
        Ok(Self { client, backend: Backend::of(&answers), settings: Arc::clone(settings), connector })
    }

    /// What to call to end what the server does for this session.
    pub fn interrupter(&self) -> Interrupter {
        Interrupter { token: self.client.cancel_token(), connector: self.connector.clone() }
    }

    /// Ends it; who served it comes back.
    pub fn close(self) -> Backend {
        self.backend
    }

    /// The answer to something that was sent here; None if the server has none to give any more.
    pub async fn answered<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let answer = liveness::answer(work, self.settings.silence, || self.seen()).await;
        if matches!(answer, Err(Seen::Waiting)) {
            self.give_up().await;
        }
        answer.ok()
    }

    /// Has the server end what it began for this session: it would wait, and hold what it has locked, as long as nobody tells it.
    async fn give_up(&self) {
        let giving_up = async {
            let other = Self::connect(&self.settings, Purpose::Read).await.ok()?;
            self.backend.end(&other.client).await.ok()
        };
        // A server that cannot be told now finds out by itself, later.
        let _ = tokio::time::timeout(CANCELLING, giving_up).await;
    }

    /// Waits for the answer to something.
    ///
    /// # Errors
    /// If the server refuses, or is gone.
    pub async fn answer<T>(
        &self,
        work: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, ConnectionError> {
        match self.answered(work).await {
            Some(answer) => answer.map_err(|fault| error::of_statement(&self.settings.name, &fault, None)),
            None => Err(error::lost(&self.settings.name)),
        }
    }

    /// Waits for work that consists of waiting for answers; when it is to stop, so does the server.
    ///
    /// # Errors
    /// Those of the work, or that it was cancelled.
    pub async fn until_stopped<T>(
        &self,
        stop: &Stop,
        work: impl Future<Output = Result<T, ConnectionError>>,
    ) -> Result<T, ConnectionError> {
        match select(pin!(self.answered(work)), pin!(stop.wanted())).await {
            Either::Left((ended, _)) => ended.unwrap_or_else(|| Err(error::lost(&self.settings.name))),
            Either::Right(_) => {
                self.interrupter().interrupt().await;
                Err(error::cancelled(&self.settings.name))
            }
        }
    }

    /// Has something done that takes no time.
    ///
    /// # Errors
    /// If the server refuses, or takes its time.
    pub async fn promptly(&self, sql: &str) -> Result<(), ConnectionError> {
        match tokio::time::timeout(self.settings.connect_timeout, self.client.batch_execute(sql)).await {
            Ok(done) => done.map_err(|fault| error::of_statement(&self.settings.name, &fault, None)),
            Err(_) => Err(error::timed_out(&self.settings)),
        }
    }

    /// What the server does for this session, says a session of its own.
    async fn seen(&self) -> Seen {
        let other = match Self::connect(&self.settings, Purpose::Read).await {
            Ok(other) => other,
            Err(fault) if fault.kind == ConnectionErrorKind::Unreachable => return Seen::Gone,
            // A server that refuses a session may well go on with another one.
            Err(_) => return Seen::Working,
        };
        let asked = tokio::time::timeout(self.settings.connect_timeout, self.backend.seen(&other.client)).await;
        asked.ok().and_then(Result::ok).unwrap_or(Seen::Gone)
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
    sql.push_str(WHO);
    sql
}
