//! Tables of upstream tasks.

use polars::prelude::DataFrame;
use tidemill_core::table::Rel;

use super::context::JobContext;
use super::operator::Operator;
use super::required_columns::RequiredColumns;
use crate::error::Outcome;
use crate::store::table_handle::TableHandle;

/// The table of an upstream task.
pub(crate) struct InputExec<'a> {
    pub task: &'a str,
    pub required: RequiredColumns,
}

impl Operator for InputExec<'_> {
    fn inputs(&self) -> Vec<(&Rel, RequiredColumns)> {
        vec![]
    }

    fn execute(&self, _: Vec<DataFrame>, context: &mut JobContext<'_>) -> Outcome<DataFrame> {
        let table = TableHandle::of(context.table(self.task)?)?;
        let names = self
            .required
            .as_ref()
            .map(|required| table.names().into_iter().filter(|name| required.contains(name)).collect::<Vec<_>>());
        let frame = table.frame(names.as_deref())?;
        context.count_in(self.task.to_owned(), frame.height());
        Ok(frame)
    }
}
