//! The tables that a task reads: from the engine's memory, from the store, or computed again.

use tidemill_core::attempt::{AttemptToken, CancelToken};
use tidemill_core::ids::TaskIx;
use tidemill_core::plan::{UNITED_HELP, under, united_schema};
use tidemill_core::table::{JobOptions, Rel, Schema, SetOpKind, TableEngine, TableJob, TableRef};
use tidemill_core::task::{LogLevel, TaskFailure};

use super::TaskExecutor;

impl TaskExecutor {
    /// The tables that a task reads, under the ids by which the file names them.
    pub(super) fn tables(&self, ix: TaskIx, token: &AttemptToken) -> Result<Vec<(String, TableRef)>, TaskFailure> {
        let task = self.plan.task(ix);
        task.tables_read()
            .into_iter()
            .map(|(name, tasks)| {
                let mut tables = tasks.iter().map(|ix| self.table(*ix, token)).collect::<Result<Vec<_>, _>>()?;
                let table = if tables.len() == 1 {
                    tables.remove(0)
                } else {
                    let names = tasks.iter().map(|ix| self.plan.task(*ix).name.to_string());
                    let named: Vec<(String, TableRef)> = names.zip(tables).collect();
                    united(&*self.context.engine, &named, token.cancelled())?
                };
                Ok((name.to_owned(), table))
            })
            .collect()
    }

    /// A task's table: held, else from the store, else computed again.
    fn table(&self, ix: TaskIx, token: &AttemptToken) -> Result<TableRef, TaskFailure> {
        // The lock is held meanwhile: a second reader waits for what the first one opens.
        let mut progress = self.results.of(ix);
        if let Some(table) = &progress.table {
            return Ok(table.clone());
        }
        let name = &self.plan.task(ix).name;
        if let Some(object) = progress.object
            && let Ok(Some(table)) = self.stored_tables().open(&object.digest)
        {
            progress.table = Some(table.clone());
            return Ok(table);
        }
        let warning = format!("the stored table of `{name}` is gone or damaged; it is computed again");
        self.context.logs.write(name, LogLevel::Warn, &warning);
        let result = self.compute(ix, 1, token, &tidemill_core::attempt::Staging::new(), "", &|| Ok(()))?;
        let table = result
            .table
            .and_then(|report| report.table)
            .ok_or_else(|| TaskFailure::new(format!("the table of `{name}` is not there")))?;
        progress.object = Some(self.stored_tables().save(&table)?);
        progress.table = Some(table.clone());
        Ok(table)
    }
}

/// The rows of all instances of a `foreach`, which are given by name, in the order of the items; columns by their names.
///
/// # Errors
/// If the engine fails, or the instances' columns do not fit each other.
pub fn united(
    engine: &dyn TableEngine,
    tables: &[(String, TableRef)],
    cancelled: &CancelToken,
) -> Result<TableRef, TaskFailure> {
    let schemas: Vec<(&str, &Schema)> = tables.iter().map(|(name, table)| (name.as_str(), &table.schema)).collect();
    let columns = united_schema(&schemas).map_err(|wrong| TaskFailure {
        help: vec![UNITED_HELP.to_owned()],
        permanent: true,
        ..TaskFailure::new(wrong)
    })?;
    let input = |(name, table): &(String, TableRef)| {
        under(&columns, Rel::Input { task: name.clone(), schema: table.schema.clone() })
    };
    let rel = union_all(tables.iter().map(input).collect());
    let options = JobOptions { inputs: tables, origin: &|_| None, cancelled };
    let report = engine.run(&TableJob { rel, checks: Vec::new() }, &options)?;
    report.table.ok_or_else(|| TaskFailure::new("the instances of a foreach could not be united"))
}

/// The rows of all, in their order. The tree is balanced: thousands of instances would make a chain too deep for the stack.
fn union_all(mut rels: Vec<Rel>) -> Rel {
    let right = rels.split_off(rels.len() / 2);
    if rels.is_empty() {
        return right.into_iter().next().unwrap_or(Rel::Unit);
    }
    Rel::SetOp { kind: SetOpKind::Union, all: true, left: Box::new(union_all(rels)), right: Box::new(union_all(right)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaves(rel: &Rel, depth: usize, found: &mut Vec<(String, usize)>) {
        match rel {
            Rel::Input { task, .. } => found.push((task.clone(), depth)),
            Rel::SetOp { left, right, .. } => {
                leaves(left, depth + 1, found);
                leaves(right, depth + 1, found);
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn many_instances_make_a_shallow_tree_in_their_order() {
        for count in [1, 2, 3, 4000] {
            let rels = (0..count).map(|at| Rel::Input { task: at.to_string(), schema: Schema::new() }).collect();
            let mut found = Vec::new();
            leaves(&union_all(rels), 0, &mut found);
            assert!(found.iter().enumerate().all(|(at, (task, _))| *task == at.to_string()), "{count}");
            assert_eq!(found.len(), count);
            assert!(found.iter().all(|(_, depth)| *depth <= 12), "{count}");
        }
    }
}
