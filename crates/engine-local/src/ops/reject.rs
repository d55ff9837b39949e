//! Rows taken out with a reason.

use polars::prelude::DataFrame;
use tidemill_core::table::{RejectRule, Rel};

use super::context::JobContext;
use super::operator::{Operator, only_input};
use super::reject_log::source_rows;
use super::required_columns::RequiredColumns;
use crate::arrays::select::filter;
use crate::error::{Outcome, unsupported};
use crate::expr::Eval;

/// Takes out the rows that a rule applies to; the first such rule gives the reason.
pub(crate) struct RejectExec<'a> {
    pub input: &'a Rel,
    pub rules: &'a [RejectRule],
}

impl Operator for RejectExec<'_> {
    fn inputs(&self) -> Vec<(&Rel, RequiredColumns)> {
        vec![(self.input, None)]
    }

    fn execute(&self, inputs: Vec<DataFrame>, context: &mut JobContext<'_>) -> Outcome<DataFrame> {
        let frame = only_input(inputs);
        let mut rule_of: Vec<Option<usize>> = vec![None; frame.height()];
        for (number, rule) in self.rules.iter().enumerate() {
            let mask = Eval::new(&frame, &context.notes).mask(&rule.predicate)?;
            for (row, applies) in rule_of.iter_mut().zip(mask.iter()) {
                if row.is_none() && applies == Some(true) {
                    *row = Some(number);
                }
            }
        }
        if rule_of.iter().all(Option::is_none) {
            return Ok(frame);
        }
        let rows = source_rows(&frame)?;
        let rejects = context.rejects.as_mut().ok_or_else(|| unsupported("the job does not collect rejects"))?;
        for (row, rule) in rows.iter().zip(&rule_of) {
            if let Some(number) = rule {
                let reason = &self.rules[*number].reason;
                rejects.add(*row, reason.clone(), reason);
            }
        }
        filter(&frame, &rule_of.iter().map(|rule| Some(rule.is_none())).collect())
    }
}
