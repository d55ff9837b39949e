//! Mails and webhooks: written down before they are sent, so that none is sent twice.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};
use tidemill_core::ids::{Digest, RunId, TaskName};

use crate::column::{digest, time, word};
use crate::{RunStatus, State, StateError};

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
    /// It may have been sent, and the task has sent something newer since.
    Superseded,
}

/// One mail or one call of a webhook.
#[derive(Clone, Debug, PartialEq)]
pub struct Effect {
    /// The pipeline.
    pub pipeline: String,
    /// The task.
    pub task: TaskName,
    /// What makes two the same one, see [`EffectTrigger::key`].
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

/// For what something is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EffectTrigger {
    /// Somebody asked for it: it is sent if the content is not that of what the task sent last. Beside the content there is the
    /// digest of all that it was made from.
    Hand(Digest),
    /// A fire: once for each, whatever the content is.
    Fire(String),
    /// A handler of a run: once for each run.
    Run(String),
    /// A notice: once for each thing that it tells of, such as `failed fire 2024-11-20T19:45:00Z`.
    Notice(String),
}

impl EffectTrigger {
    /// What tells an effect of a task from its others.
    pub fn key(&self, content: Digest) -> String {
        match self {
            Self::Hand(origin) => format!("{HAND}{content} {origin}"),
            Self::Fire(instant) => format!("{FIRE}{instant}"),
            Self::Run(run) => format!("{RUN}{run}"),
            Self::Notice(what) => format!("{NOTICE}{what}"),
        }
    }
}

impl Effect {
    /// The time of the schedule for which it was sent.
    pub fn fire(&self) -> Option<&str> {
        self.key.strip_prefix(FIRE)
    }

    /// The run as whose handler it was sent.
    pub fn handled(&self) -> Option<&str> {
        self.key.strip_prefix(RUN)
    }

    /// Of what was sent by hand, what tells all that it was made from.
    fn origin(&self) -> Option<&str> {
        self.key.strip_prefix(HAND)?.split_once(' ').map(|(_, origin)| origin)
    }
}

/// What counts as the same, and what is sent although it is the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Rule {
    /// Tasks have run although nothing had changed: by hand, whatever comes of the same things is then the same, even if it tells
    /// another time.
    pub forced: bool,
    /// What is sent all the same.
    pub resend: Resend,
}

/// What is sent although the ledger has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Resend {
    /// Nothing.
    #[default]
    Nothing,
    /// Whatever may or may not have been sent.
    Unknown,
    /// Everything.
    All,
}

impl Resend {
    /// Whether what stands so in the ledger must not be sent.
    pub fn refuses(self, known: EffectStatus) -> bool {
        match (self, known) {
            (Self::All, _) | (_, EffectStatus::Failed) => false,
            (Self::Unknown, EffectStatus::Unknown) => false,
            (Self::Nothing | Self::Unknown, _) => true,
        }
    }
}

/// Whether an effect may be sent.
#[derive(Clone, Debug, PartialEq)]
pub enum EffectClaim {
    /// It is written down as being sent: send it, and say how it went.
    Granted,
    /// It must not be sent: it was sent, is being sent, or may have been.
    Refused(Effect),
}

/// No notice is on its way for longer than this.
const ON_ITS_WAY: SignedDuration = SignedDuration::from_secs(120);
/// How the keys of effects begin that were sent by hand.
const HAND: &str = "hand ";
/// … for a time of the schedule.
const FIRE: &str = "fire ";
/// … by a handler.
const RUN: &str = "run ";
/// … of a notice to a channel.
pub(crate) const NOTICE: &str = "notify ";
pub(crate) const COLUMNS: &str = "pipeline, task, key, content, status, message, run, at";

impl State {
    /// What the ledger has that is the same: of the same fire or run; by hand, what the task sent last, if that has the same
    /// content.
    ///
    /// # Errors
    /// If the state cannot be read.
    pub fn same_effect(&self, effect: &Effect, rule: Rule) -> Result<Option<Effect>, StateError> {
        same(&self.db, effect, rule)
    }

    /// Writes an effect down as being sent, on the disk when this returns, unless it was sent before or may have been.
    ///
    /// # Errors
    /// If the state cannot be written; then it must not be sent.
    pub fn claim_effect(&mut self, effect: &Effect, rule: Rule) -> Result<EffectClaim, StateError> {
        self.write_durably(|db| {
            if let Some(known) = same(db, effect, rule)?
                && rule.resend.refuses(known.status)
            {
                return Ok(EffectClaim::Refused(known));
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
            Ok(EffectClaim::Granted)
        })
    }

    /// Writes down how a claimed effect went, on the disk when this returns: its `status`, `message` and `at`. By hand, what
    /// the task may have sent before is settled with it.
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
            if effect.status == EffectStatus::Sent && effect.key.starts_with(HAND) {
                db.execute(
                    "UPDATE effects SET status = 'superseded' WHERE pipeline = ? AND task = ? AND status = 'unknown' \
                     AND key LIKE ? || '%'",
                    params![effect.pipeline, effect.task.as_str(), HAND],
                )?;
            }
            Ok(())
        })
    }

    /// The effects of a pipeline that may or may not have been sent, the oldest first: also of runs that have died since and
    /// that no other run has found dead yet.
    ///
    /// # Errors
    /// If the state cannot be read.
    pub fn unknown_effects(&self, pipeline: &str) -> Result<Vec<Effect>, StateError> {
        let mut query = self.db.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM effects WHERE pipeline = ? AND status IN ('unknown', 'sending') ORDER BY rowid"
        ))?;
        let found = query.query_map([pipeline], read)?.collect::<rusqlite::Result<Vec<_>>>()?;
        let mut unknown = Vec::new();
        for effect in found {
            let is_going_on = effect.status == EffectStatus::Sending
                && match effect.notice() {
                    // Its own process sends it, whatever became of the run.
                    Some(_) => Timestamp::now().duration_since(effect.at) < ON_ITS_WAY,
                    None => self.run(effect.run.as_str())?.is_some_and(|run| run.status() == RunStatus::Running),
                };
            if !is_going_on {
                unknown.push(Effect { status: EffectStatus::Unknown, ..effect });
            }
        }
        Ok(unknown)
    }
}

/// Looks for what is the same, see [`State::same_effect`].
fn same(db: &Connection, effect: &Effect, rule: Rule) -> Result<Option<Effect>, StateError> {
    let (pipeline, task) = (effect.pipeline.as_str(), effect.task.as_str());
    if !effect.key.starts_with(HAND) {
        let sql = format!("SELECT {COLUMNS} FROM effects WHERE pipeline = ? AND task = ? AND key = ?");
        return Ok(db.prepare_cached(&sql)?.query_row([pipeline, task, effect.key.as_str()], read).optional()?);
    }
    // A task that goes back to an earlier content sends it again: only the latest one counts.
    let sql = format!(
        "SELECT {COLUMNS} FROM effects WHERE pipeline = ? AND task = ? AND status <> 'failed' ORDER BY rowid DESC LIMIT 1"
    );
    let last = db.prepare_cached(&sql)?.query_row([pipeline, task], read).optional()?;
    let is_same = |last: &Effect| {
        last.content == effect.content || rule.forced && effect.origin().is_some() && last.origin() == effect.origin()
    };
    Ok(last.filter(is_same))
}

pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<Effect> {
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
