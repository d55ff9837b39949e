//! What Tidemill remembers of a project, in `.tidemill/state.db`, and the lock that lets one run at a time hold a pipeline.
//!
//! Several pipelines may live in one folder: they share the file, and each has its own rows and its own lock.
//!
//! **Ledger and history.** Fires, effects and the cache index are a ledger: the run stops when they cannot be written. All
//! of it survives the death of the process at any instant, since each call is one transaction in a write-ahead log.
//! Against a power cut, the log is synced before the call returns only for fires and effects, which must not happen twice;
//! the rest may lose its last transactions and then costs a repeated task, never a wrong one.

mod column;
mod edited;
mod effects;
mod error;
mod files;
mod fires;
mod history;
mod in_place;
mod lock;
mod notices;
mod open;
mod process;
mod profiles;
mod published;
mod results;
mod retain;
mod runs;
mod schedules;
mod tasks;
mod whole_run;

pub use edited::Edited;
pub use effects::{Effect, EffectClaim, EffectStatus, EffectTrigger, Resend, Rule};
pub use error::StateError;
pub use fires::{Fire, FireStatus, LOST, NOT_STARTABLE, NOT_STARTED};
pub use lock::{HeldBy, Holder, Lock, LockError};
pub use open::{State, sqlite_version};
pub use process::Process;
pub use profiles::ProfileKey;
pub use published::PublishedFile;
pub use results::{LastGood, LastTable, Made, MadeTable, Output};
pub use retain::Retained;
pub use runs::{Run, RunStart, RunStatus, TaskCounts};
pub use schedules::Watch;
pub use tasks::{AttemptRecord, Ledger, TaskRecord};
pub use whole_run::{WholeRun, counts_text, run_json, run_time};

/// What stands in a project's folder for all of this: its name.
pub const FOLDER: &str = ".tidemill";
