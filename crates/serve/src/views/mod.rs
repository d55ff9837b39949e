//! What pages show and the API answers, as JSON. Runs and tasks are told as `history --json` and `show --json` tell them.

mod asked_fires;
mod lineage;
mod month;
mod outputs;
mod paged;
mod pipeline;
mod plan;
mod project;
mod run;
mod schedule;
mod task;

pub use asked_fires::{backfill, simulation, time};
pub use lineage::drawn_lineage;
pub use month::month;
pub use outputs::{find as find_output, output, outputs};
pub use paged::paged;
pub use pipeline::{TaskFilter, graph, pipeline, pipeline_for_people};
pub use plan::{given_params, json_params, plan};
pub use project::{card, runs};
pub use run::{RunFilter, run, run_for_people};
pub use schedule::{fires, schedule, timetable_of};
pub use task::{charts, task};
