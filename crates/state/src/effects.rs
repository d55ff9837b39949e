//! Mails and webhooks: written down before they are sent, so that none is sent twice.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};
use tidemill_core::ids::{Digest, RunId, TaskName};

use crate::column::{digest, time, word};
use crate::{State, StateError};

/// How an effect stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EffectStatus {
    /// It is on its way, and its run goes on.
    Sending,
    /// The other side took it.
    Sent,
    /// It was certainly not sent.
    Failed,
    /// Its process died on the way, or the other side did not answer: it may have been sent.
    Unknown,
}

/// One mail or one call of a webhook.
#[derive(Clone, Debug, PartialEq)]
pub struct Effect {
    /// The pipeline.
    pub pipeline: String,
    /// The task.
    pub task: TaskName,
    /// What makes two the same one: content, and by the rules for mail the fire or the run.
    pub key: String,
    /// The digest of what is sent.
    pub content: Digest,
    /// How it stands.
    pub status: EffectStatus,
    /// The message's id, once it is known.
    pub message: Option<String>,
    /// The run that sends it.
    pub run: RunId,
    /// When it came to stand so.
    pub at: Timestamp,
}

/// Whether an effect may be sent.
#[derive(Clone, Debug, PartialEq)]
pub enum Claim {
    /// It is written down as being sent: send it, and say how it went.
    Granted,
    /// It must not be sent: it was sent, is being sent, or may have been.
    Refused(Effect),
}

const COLUMNS: &str = "pipeline, task, key, content, status, message, run, at";

impl State {
    /// Writes an effect down as being sent, on the disk when this returns, unless it was sent before or may have been; with
    /// `again`, even then.
    ///
    /// # Errors
    /// If the state cannot be written; then it must not be sent.
    pub fn claim_effect(&mut self, effect: &Effect, again: bool) -> Result<Claim, StateError> {
        self.write_durably(|db| {
            let known = db
                .query_row(
                    &format!("SELECT {COLUMNS} FROM effects WHERE pipeline = ? AND task = ? AND key = ?"),
                    params![effect.pipeline, effect.task.as_str(), effect.key],
                    read,
                )
                .optional()?;
            match known {
                Some(known) if known.status != EffectStatus::Failed && !again => return Ok(Claim::Refused(known)),
                _ => {}
            }
            db.execute(
                "INSERT OR REPLACE INTO effects (pipeline, task, key, content, status, message, run, at) \
                 VALUES (?, ?, ?, ?, 'sending', ?, ?, ?)",
                params![
                    effect.pipeline,
                    effect.task.as_str(),
                    effect.key,
                    effect.content.0,
                    effect.message,
                    effect.run.as_str(),
                    effect.at.as_microsecond()
                ],
            )?;
            Ok(Claim::Granted)
        })
    }

    /// Writes down how a claimed effect went, on the disk when this returns: its `status`, `message` and `at`.
    ///
    /// # Errors
    /// If the state cannot be written.
    pub fn settle_effect(&mut self, effect: &Effect) -> Result<(), StateError> {
        let status = serde_json::to_value(effect.status)?;
        self.write_durably(|db| {
            db.execute(
                "UPDATE effects SET status = ?, message = coalesce(?, message), at = ? \
                 WHERE pipeline = ? AND task = ? AND key = ?",
                params![
                    status.as_str(),
                    effect.message,
                    effect.at.as_microsecond(),
                    effect.pipeline,
                    effect.task.as_str(),
                    effect.key
                ],
            )?;
            Ok(())
        })
    }

    /// What a task sent, or may have sent, under that key.
    ///
    /// # Errors
    /// If the state cannot be read.
    pub fn effect(&self, pipeline: &str, task: &TaskName, key: &str) -> Result<Option<Effect>, StateError> {
        let mut query = self.db.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM effects WHERE pipeline = ? AND task = ? AND key = ? AND status <> 'failed'"
        ))?;
        Ok(query.query_row([pipeline, task.as_str(), key], read).optional()?)
    }

    /// What a task sent last, or may have sent: by hand, the same content is not sent again.
    ///
    /// # Errors
    /// If the state cannot be read.
    pub fn last_effect(&self, pipeline: &str, task: &TaskName) -> Result<Option<Effect>, StateError> {
        let mut query = self.db.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM effects WHERE pipeline = ? AND task = ? AND status <> 'failed' ORDER BY at DESC LIMIT 1"
        ))?;
        Ok(query.query_row([pipeline, task.as_str()], read).optional()?)
    }

    /// The effects of a pipeline that may or may not have been sent, the oldest first.
    ///
    /// # Errors
    /// If the state cannot be read.
    pub fn unknown_effects(&self, pipeline: &str) -> Result<Vec<Effect>, StateError> {
        let mut query = self.db.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM effects WHERE pipeline = ? AND status = 'unknown' ORDER BY at"
        ))?;
        Ok(query.query_map([pipeline], read)?.collect::<rusqlite::Result<_>>()?)
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<Effect> {
    Ok(Effect {
        pipeline: row.get(0)?,
        task: TaskName::new(row.get::<_, String>(1)?),
        key: row.get(2)?,
        content: digest(row, 3)?,
        status: word(row, 4)?,
        message: row.get(5)?,
        run: RunId::new(row.get::<_, String>(6)?),
        at: time(row, 7)?,
    })
}
