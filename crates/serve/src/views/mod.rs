//! What pages show and the API answers, as JSON. Runs and tasks are told as `history --json` and `show --json` tell them.

mod fires;
mod outputs;
mod plan;
mod project;
mod run;
mod task;

pub use fires::{fires, schedule};
pub use outputs::outputs;
pub use plan::{given_params, json_params, plan};
pub use project::{card, pipeline, runs};
pub use run::{run, run_for_people};
pub use task::task;
