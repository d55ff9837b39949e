//! What a picture is made from.

use serde::{Deserialize, Serialize};

/// Tasks and their edges.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DrawGraph {
    /// The tasks; their order breaks ties in every picture.
    pub nodes: Vec<DrawNode>,
    /// Pairs of places in `nodes`: the task that comes before, the task that comes after. Edges to places that do not
    /// exist, and those that close a cycle, are not drawn.
    pub edges: Vec<(usize, usize)>,
}

/// A task.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DrawNode {
    /// Its id.
    pub id: String,
    /// Its type, such as `load`.
    pub kind: String,
    /// The colour of its type, `#rrggbb`, dark enough for white text; a grey if there is none. Not in JSON.
    #[serde(skip)]
    pub colour: Option<&'static str>,
    /// How it ended, or what a run would do with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<DrawStatus>,
    /// What else there is to say, such as rows and duration.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<String>,
    /// What there is to say to whoever looks closely, such as where its rows went: shown when one points at the task.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<String>,
    /// The `foreach` task of which it is an instance: all instances are drawn as one, which has it too, but not in JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
}

impl DrawNode {
    pub(crate) fn colour(&self) -> &'static str {
        self.colour.unwrap_or("#6b7280")
    }
}

/// How a task stands. Of the instances of a `foreach`, the greatest counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DrawStatus {
    /// Its result was there already.
    Cached,
    /// It ran and succeeded.
    Success,
    /// It has not run yet, or would run.
    Pending,
    /// It was not wanted.
    Skipped,
    /// It runs.
    Running,
    /// It was stopped.
    Cancelled,
    /// It failed.
    Failed,
}

impl DrawStatus {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Cached => "cached",
            Self::Success => "success",
            Self::Pending => "pending",
            Self::Skipped => "skipped",
            Self::Running => "running",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
        }
    }
}
