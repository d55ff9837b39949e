//! The task types: one file each, and the list of them.
//!
//! A new type is a parameter struct with [`Parameters`], its [`Task`](tidemill_core::task::Task), and a line in [`all`].
//! Its edges, cache key, dry-run text, JSON Schema and place in the docs follow from it.

mod aggregate;
mod calendar;
mod chart;
mod checks;
mod column_rule;
mod command;
mod contract;
mod email;
mod fill;
mod join;
mod load;
mod load_options;
mod markdown;
mod normalize;
mod notify;
mod page;
mod parameters;
mod picture;
mod pivot;
mod report;
mod sample;
mod sql;
mod table_task;
mod texts;
mod unpivot;
mod webhook;
mod workbook;

use tidemill_core::task::TaskTypes;

pub use checks::{CheckCompiler, CheckOf, CheckParameters};
pub use command::{close_guardian, guard};
pub use contract::fits;
pub use markdown::into_html as markdown_to_html;
pub use notify::NoticeChannels;
pub use parameters::{Parameters, TypeOf};
pub use table_task::{TableLogic, reads, table_task, upstream};

/// All task types and checks, in the order of the docs.
pub fn all() -> TaskTypes {
    checks::with_all(TaskTypes::new())
        .with(TypeOf::<load::Load>::new())
        .with(TypeOf::<normalize::Normalize>::new())
        .with(TypeOf::<join::Join>::new())
        .with(TypeOf::<aggregate::Aggregate>::new())
        .with(TypeOf::<sql::Sql>::new())
        .with(TypeOf::<pivot::Pivot>::new())
        .with(TypeOf::<unpivot::Unpivot>::new())
        .with(TypeOf::<sample::Sample>::new())
        .with(TypeOf::<calendar::Calendar>::new())
        .with(TypeOf::<chart::Chart>::new())
        .with(TypeOf::<report::Report>::new())
        .with(TypeOf::<workbook::Workbook>::new())
        .with(TypeOf::<email::Email>::new())
        .with(TypeOf::<command::Command>::new())
        .with(TypeOf::<webhook::Webhook>::new())
}
