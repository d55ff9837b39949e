//! One try of a task: the gate that a stopped attempt cannot pass, and the files that pass it.

mod cancel;
mod gate;
mod places;
mod staging;
mod time_limit;

pub use cancel::{CancelCallback, CancelToken, NEVER_CANCELLED, UncancelledReader};
pub use gate::AttemptToken;
pub use places::{OutputPlaces, place, real};
pub use staging::{PublishError, Staging, is_staged_name};
pub use time_limit::TimeLimit;
