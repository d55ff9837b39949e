//! Why somebody is to be told something.

use jiff::Timestamp;
use tidemill_core::ids::Digest;

/// What has happened, or is to be looked at.
#[derive(Clone, Copy)]
pub enum NoticeCause<'a> {
    /// A fire is settled, whatever became of it.
    Settled {
        /// The fire.
        fire: Timestamp,
        /// Whether the file has mistakes now, and the run was one of what it was before.
        is_file_broken: bool,
        /// What is wrong with the file now, asked for if the run never began.
        mistakes: &'a dyn Fn() -> Vec<String>,
    },
    /// The run of that fire may be late.
    Late(Timestamp),
    /// A run that somebody started has ended.
    Ended(&'a str),
    /// The file, or the data that it reads, have mistakes.
    BrokenFile {
        /// The first fire that they concern; None of a run that somebody started.
        fire: Option<Timestamp>,
        /// Whether what the file was before stays in force; else nothing runs.
        is_former_in_force: bool,
        /// What is wrong with it.
        mistakes: &'a [String],
    },
}

impl NoticeCause<'_> {
    /// What tells it from all others of its pipeline.
    pub(super) fn key(&self) -> String {
        match self {
            Self::Settled { fire, .. } | Self::Late(fire) => format!("fire {fire}"),
            Self::Ended(run) => format!("run {run}"),
            Self::BrokenFile { fire: Some(fire), .. } => format!("{BROKEN}{fire}"),
            // Whoever starts a run every few minutes hears of each mistake once, until a run succeeds.
            Self::BrokenFile { fire: None, mistakes, .. } => {
                format!("{BROKEN}{}", Digest::of(mistakes.join("\n").as_bytes()).short())
            }
        }
    }
}

/// How the keys of mistakes in the file begin.
pub(super) const BROKEN: &str = "file ";
