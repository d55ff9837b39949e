//! Where an axis has its ticks and what stands beside them.

pub(crate) mod log;
pub(crate) mod number;
pub(crate) mod time;

/// One tick.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tick {
    /// In the unit of its axis.
    pub at: f64,
    /// Its label; empty where there is no room for one.
    pub text: String,
    /// A second line below it: the year or the day, where it changes.
    pub below: String,
}
