//! Connections to the server, and how a query that runs there is ended.

use std::future::Future;
use std::pin::pin;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures_util::future::{Either, join, select};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, DriverError, Error};
use tidemill_core::attempt::{CancelCallback, CancelToken};
use tidemill_core::connection::{ConnectionError, ConnectionErrorKind};
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::error;
use super::settings::{Settings, Tls};
use crate::liveness::{self, Seen};

/// How long a connection that nobody uses is kept: the next question mostly comes at once or not at all.
const IDLE: Duration = Duration::from_secs(10);

/// How long a query may take to end when it was told to.
const ENDING: Duration = Duration::from_secs(10);

/// A server, and the connections to it that nobody uses now.
pub(super) struct Server {
    /// How it is reached.
    pub settings: Settings,
    idle: Mutex<Vec<(Conn, Instant)>>,
}

impl Server {
    /// One to which nobody has connected yet.
    pub fn new(settings: Settings) -> Self {
        Self { settings, idle: Mutex::default() }
    }

    /// An error of the client, as one of this connection.
    pub fn fault(&self, error: &Error) -> ConnectionError {
        error::of(&self.settings, error)
    }

    /// A new connection.
    ///
    /// # Errors
    /// If the server cannot be reached or refuses.
    pub async fn connect(&self) -> Result<Conn, ConnectionError> {
        let connected = match timeout(self.settings.connect_timeout, self.greeted()).await {
            Ok(connected) => connected,
            Err(_) => return Err(error::timed_out(&self.settings)),
        };
        connected.map_err(|error| self.fault(&error))
    }

    async fn greeted(&self) -> Result<Conn, Error> {
        let with_tls = self.settings.tls != Tls::Disabled;
        match Conn::new(self.settings.options(with_tls)).await {
            Err(Error::Driver(DriverError::NoClientSslFlagFromServer)) if self.settings.tls == Tls::Preferred => {
                Conn::new(self.settings.options(false)).await
            }
            Err(error) if self.settings.tls == Tls::VerifyCa => match error::certified_name(&error) {
                Some(name) => Conn::new(self.settings.options_for(name)).await,
                None => Err(error),
            },
            connected => connected,
        }
    }

    /// A connection that answers: one that is there, or a new one.
    ///
    /// # Errors
    /// If the server cannot be reached or refuses.
    pub async fn session(&self) -> Result<Conn, ConnectionError> {
        while let Some((mut conn, since)) = self.take_idle() {
            if since.elapsed() < IDLE && self.prompt(conn.ping()).await {
                return Ok(conn);
            }
        }
        self.connect().await
    }

    /// Whether something that takes no time goes well.
    pub async fn prompt(&self, work: impl Future<Output = Result<(), Error>>) -> bool {
        matches!(timeout(self.settings.connect_timeout, work).await, Ok(Ok(())))
    }

    /// The answer to something that was sent on the connection of that number; None if the server has none to give any more.
    pub async fn answered<T>(&self, id: u32, work: impl Future<Output = T>) -> Option<T> {
        let since = Instant::now();
        let answer = liveness::answer(work, self.settings.silence, || self.seen(id, since)).await;
        if matches!(answer, Err(Seen::Waiting)) {
            // It would hold what it has locked as long as nobody tells it.
            let _ = timeout(ENDING, self.end("CONNECTION", id)).await;
        }
        answer.ok()
    }

    /// Waits for something that was sent on the connection of that number.
    ///
    /// # Errors
    /// If the server refuses, or is gone.
    pub async fn answer<T>(&self, id: u32, work: impl Future<Output = Result<T, Error>>) -> Result<T, ConnectionError> {
        match self.answered(id, work).await {
            Some(answer) => answer.map_err(|error| self.fault(&error)),
            None => Err(error::lost(&self.settings)),
        }
    }

    /// What the server does for the connection of that number, says a connection of its own.
    async fn seen(&self, id: u32, since: Instant) -> Seen {
        let mut other = match self.connect().await {
            Ok(other) => other,
            Err(fault) if fault.kind == ConnectionErrorKind::Unreachable => return Seen::Gone,
            // A server that refuses a connection may well go on with another one.
            Err(_) => return Seen::Working,
        };
        let asked = timeout(self.settings.connect_timeout, seen_by(&mut other, id, since)).await;
        // It was opened to ask alone: how it ends changes nothing.
        let _ = timeout(self.settings.connect_timeout, other.disconnect()).await;
        asked.ok().and_then(Result::ok).unwrap_or(Seen::Gone)
    }

    fn take_idle(&self) -> Option<(Conn, Instant)> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    /// Keeps a connection, on which nothing is under way, for the next one.
    pub fn give_back(&self, conn: Conn) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push((conn, Instant::now()));
    }

    /// Has something done on a connection; where it is cancelled, the server is told.
    ///
    /// # Errors
    /// Those of the work, or if it was cancelled or the server cannot be reached.
    pub async fn run<T>(
        &self,
        cancelled: &CancelToken,
        work: impl AsyncFnOnce(&mut Conn) -> Result<T, ConnectionError>,
    ) -> Result<T, ConnectionError> {
        let mut stop = pin!(is_cancelled(cancelled));
        let mut conn = match select(pin!(self.session()), &mut stop).await {
            Either::Left((conn, _)) => conn?,
            Either::Right(_) => return Err(error::cancelled(&self.settings)),
        };
        let id = conn.id();
        let answered = async {
            let answer = self.answered(id, work(&mut conn)).await;
            answer.unwrap_or_else(|| Err(error::lost(&self.settings)))
        };
        let done = self.stoppable(id, stop, answered).await;
        if let Some(Ok(done)) = done {
            self.give_back(conn);
            return Ok(done);
        }
        match done {
            Some(Err(error)) if !cancelled.is_cancelled() => Err(error),
            _ => Err(error::cancelled(&self.settings)),
        }
    }

    /// Waits for work on the connection of that number. When `stop` comes first, the server is told to end the query, and the work
    /// gets a moment to see that; None if that was not enough.
    pub async fn stoppable<T>(
        &self,
        id: u32,
        stop: impl Future<Output = ()>,
        work: impl Future<Output = T>,
    ) -> Option<T> {
        match select(pin!(work), pin!(stop)).await {
            Either::Left((done, _)) => Some(done),
            Either::Right(((), work)) => {
                timeout(ENDING, join(self.end("QUERY", id), work)).await.ok().map(|((), done)| done)
            }
        }
    }

    /// Ends another connection, or its query. Where that fails, the server will see that its client has gone.
    async fn end(&self, what: &str, id: u32) {
        if let Ok(mut conn) = self.connect().await {
            // Nothing is there to be ended any more, or the connection is lost: both are as good.
            let _ = conn.query_drop(format!("KILL {what} {id}")).await;
            let _ = conn.disconnect().await;
        }
    }
}

/// What another connection does. One that was waited for before the server began is none of its own.
async fn seen_by(conn: &mut Conn, id: u32, since: Instant) -> Result<Seen, Error> {
    let uptime: Option<(String, u64)> = conn.query_first("show global status like 'Uptime'").await?;
    if uptime.is_some_and(|(_, seconds)| seconds < since.elapsed().as_secs()) {
        return Ok(Seen::Gone);
    }
    let sql = "select command from information_schema.processlist where id = ?";
    let command: Option<String> = conn.exec_first(sql, (id,)).await?;
    Ok(match command.as_deref() {
        None => Seen::Gone,
        Some("Sleep") => Seen::Waiting,
        Some(_) => Seen::Working,
    })
}

/// Waits until the work is cancelled.
pub(super) fn is_cancelled(token: &CancelToken) -> impl Future<Output = ()> + Send + use<> {
    let (sender, receiver) = oneshot::channel();
    let waiting: CancelCallback = token.on_cancel(move || {
        // Nobody waits any more: then it was in vain.
        let _ = sender.send(());
    });
    async move {
        let _waiting = waiting;
        let _ = receiver.await;
    }
}
