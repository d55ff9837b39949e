//! What pages show and the API answers, as JSON. Runs and tasks are told as `history --json` and `show --json` tell them.

mod asked_fires;
mod month;
mod outputs;
mod plan;
mod project;
mod run;
mod schedule;
mod task;

pub use asked_fires::{backfill, simulation, time};
pub use month::month;
pub use outputs::outputs;
pub use plan::{given_params, json_params, plan};
pub use project::{card, pipeline, runs};
pub use run::{run, run_for_people};
pub use schedule::{calendar_of, fires, schedule};
pub use task::task;
