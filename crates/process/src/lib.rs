//! Commands and everything that they start: begun, watched and ended together, even if the runner is killed.
//!
//! Three processes stand behind a command. The *runner* hands it to a *keeper*, over a line of their own; where none is free, it
//! asks one *guardian*, a second process of the same binary, to fork another. The keeper starts the command in a session of its
//! own, reaps what it leaves, and ends the whole tree when it is told to or when the runner is no more. The guardian is small and has one thread, so forking it
//! is cheap and safe, which it would not be in the runner. There are as many keepers as there have been commands at once.
//!
//! On Linux keeper and guardian are subreapers: whatever a command starts stays below its keeper, also behind `nohup`, `setsid`
//! and a double fork, and the tree is found in `/proc`. Elsewhere only the command's process group is ended.

mod children;
mod descriptors;
mod error;
mod guardian;
mod keeper;
mod report;
mod request;
mod running;
mod serve;
mod spawn;
mod tree;

pub use error::ProcessError;
pub use guardian::Guardian;
pub use report::{Ended, Exit};
pub use request::Request;
pub use running::Wish;
pub use serve::serve;
