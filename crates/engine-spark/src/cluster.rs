//! A session with a cluster, made as results need it.

use tidemill_core::spec::ClusterConfig;
use tidemill_core::table::EngineError;

use crate::address::Address;
use crate::client::Session;
use crate::failure::engine_error;
use crate::settings;

/// The oldest version of Spark that is spoken to: the first with Spark Connect's errors, and ANSI by default.
const OLDEST: u32 = 4;

/// A session of that id. Nothing connects yet.
///
/// # Errors
/// If the address cannot be used.
pub(crate) fn connect(config: &ClusterConfig, id: String) -> Result<Session, EngineError> {
    let session = |address| Session::new(address, id, config.stall_limit);
    Address::of(config).and_then(session).map_err(EngineError::Internal)
}

/// Fails if the server is too old.
///
/// # Errors
/// Then, or if it cannot be asked.
pub(crate) fn must_be_known(session: &Session) -> Result<(), EngineError> {
    let found = session.version().map_err(|error| engine_error(&error))?;
    let major = found.split('.').next().and_then(|major| major.parse::<u32>().ok()).unwrap_or(0);
    match major < OLDEST {
        true => Err(EngineError::Internal(format!("the server is Spark {found}; {OLDEST}.0 or newer is needed"))),
        false => Ok(()),
    }
}

/// Sets what results need, and what the user wants beside.
///
/// # Errors
/// If something cannot be set.
pub(crate) fn set(session: &Session, config: &ClusterConfig) -> Result<(), EngineError> {
    let wanted = settings::of_session(&config.settings).map_err(EngineError::Internal)?;
    session.set(&wanted).map_err(|error| engine_error(&error))?;
    let set =
        session.settings(wanted.iter().map(|(key, _)| key.clone()).collect()).map_err(|error| engine_error(&error))?;
    // What the server takes for a password it does not tell again.
    let is_told =
        |key: &str| settings::is_required(key) || set.iter().any(|(told, value)| told == key && !value.is_empty());
    match wanted.iter().find(|pair| is_told(&pair.0) && !set.contains(pair)) {
        Some((key, value)) => Err(EngineError::Internal(format!("the server does not set {key} to {value}"))),
        None => Ok(()),
    }
}

/// Runs one statement on a cluster for its effect, such as making a table. Tidemill itself never does: tests make so what they read.
///
/// # Errors
/// If it fails.
pub fn execute(config: &ClusterConfig, sql: &str) -> Result<(), EngineError> {
    let session = connect(config, crate::uuid::uuid())?;
    set(&session, config)?;
    let done = session.rows(sql, "tidemill-by-hand", &tidemill_core::attempt::NEVER_CANCELLED);
    // A session that the server has forgotten is as good as ended.
    let _ = session.release();
    done.map(|_| ()).map_err(|error| engine_error(&error))
}
