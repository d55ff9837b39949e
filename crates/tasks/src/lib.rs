//! The task types: one file each, and the list of them.
//!
//! A new type is a parameter struct with [`Parameters`], its [`Task`](tidemill_core::kind::Task), and a line in [`all`].
//! Its edges, cache key, dry-run text, JSON Schema and place in the docs follow from it.

mod aggregate;
mod chart;
mod checks;
mod command;
mod contract;
mod email;
mod fill;
mod join;
mod load;
mod normalize;
mod open_password;
mod parameters;
mod report;
mod sql;
mod table_task;
mod texts;
mod webhook;

use tidemill_core::kind::{Kind, Kinds};

pub use checks::warning as broken_check;
pub use command::{close_guardian, guard};
pub use contract::fits;
use parameters::TypeOf;

/// The task types that this binary knows.
pub struct AllKinds {
    list: Vec<Box<dyn Kind>>,
}

impl Default for AllKinds {
    /// Them all, in the order of the docs.
    fn default() -> Self {
        Self {
            list: vec![
                Box::new(TypeOf::<load::Load>::new()),
                Box::new(TypeOf::<normalize::Normalize>::new()),
                Box::new(TypeOf::<join::Join>::new()),
                Box::new(TypeOf::<aggregate::Aggregate>::new()),
                Box::new(TypeOf::<sql::Sql>::new()),
                Box::new(TypeOf::<chart::Chart>::new()),
                Box::new(TypeOf::<report::Report>::new()),
                Box::new(TypeOf::<email::Email>::new()),
                Box::new(TypeOf::<command::Command>::new()),
                Box::new(TypeOf::<webhook::Webhook>::new()),
            ],
        }
    }
}

impl Kinds for AllKinds {
    fn get(&self, name: &str) -> Option<&dyn Kind> {
        self.list.iter().find(|kind| kind.name() == name).map(|kind| &**kind)
    }

    fn names(&self) -> Vec<&'static str> {
        self.list.iter().map(|kind| kind.name()).collect()
    }
}
