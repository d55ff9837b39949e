//! What is told of a word under the pointer, in Markdown.

use std::fmt::Write;

use tidemill_core::ids::TaskIx;
use tidemill_core::plan::PlannedTask;
use tidemill_core::sql::functions::FunctionDefinition;
use tidemill_core::table::Schema;

use crate::analysis::{Analysis, Checker};
use crate::schema::PipelineSchema;
use crate::symbol::{Meaning, Symbol};

/// So many columns of a table are listed.
const MOST_COLUMNS: usize = 40;

/// What is told of a symbol.
pub fn text(symbol: &Symbol, analysis: &Analysis, schema: &PipelineSchema, checker: &dyn Checker) -> Option<String> {
    match &symbol.meaning {
        Meaning::Task(ix) => {
            let task = analysis.plan.as_ref()?.task(*ix);
            Some(of_task(task, analysis.schema(*ix), checker.last_result(analysis, *ix)))
        }
        Meaning::Column(ix, name) => {
            let (task, data_type) = (analysis.plan.as_ref()?.task(*ix), analysis.schema(*ix)?.get(name)?);
            Some(format!("`{name}`: {data_type}\n\nA column of `{}`.", task.name.base()))
        }
        Meaning::Param(name) => {
            let param = analysis.spec.as_ref()?.params.get(name)?;
            let help = param.help.as_deref().map(|help| format!("\n\n{help}")).unwrap_or_default();
            Some(format!("`{name}` = `{}` ({}){help}", param.value, param.kind.name()))
        }
        Meaning::Function(function) => Some(of_function(function)),
        Meaning::Type(name) => {
            let (_, summary) = schema.task_types().find(|(known, _)| known == name)?;
            Some(format!("**{name}**: {summary}"))
        }
        Meaning::Key(path) => {
            let description = schema.description(path)?;
            Some(format!("**{}**: {description}", path.last()?))
        }
        Meaning::File(path) => {
            let size = std::fs::metadata(path).ok().map(|found| format!(", {} bytes", found.len()));
            Some(format!("`{}`{}", path.display(), size.unwrap_or_else(|| ", not there yet".to_owned())))
        }
    }
}

fn of_task(task: &PlannedTask, schema: Option<&Schema>, last: Option<String>) -> String {
    let mut text = format!("**{}**: {}", task.name, task.task_type.name);
    let described = task.task.describe();
    if !described.is_empty() {
        // Writing to a string cannot fail.
        _ = write!(text, "  \n`{described}`");
    }
    if let Some(last) = last {
        _ = write!(text, "  \n{last}");
    }
    if let Some(schema) = schema {
        text += "\n\n| column | type |\n|---|---|\n";
        for field in schema.fields().iter().take(MOST_COLUMNS) {
            _ = writeln!(text, "| {} | {} |", field.name.replace('|', "\\|"), field.data_type);
        }
        let more = schema.len().saturating_sub(MOST_COLUMNS);
        if more > 0 {
            _ = writeln!(text, "\n… and {more} more");
        }
    }
    text
}

fn of_function(function: &FunctionDefinition) -> String {
    let names: Vec<&str> = function.parameters.iter().map(|parameter| parameter.name).collect();
    let mut text = format!("`{}({})`\n\n{}.", function.name, names.join(", "), function.summary);
    for example in function.examples {
        _ = write!(text, "\n\n`{}` → `{}`", example.call, example.result);
    }
    text
}

/// A table's columns on one line, for lists.
pub fn columns(analysis: &Analysis, task: TaskIx) -> Option<String> {
    let names: Vec<&str> = analysis.schema(task)?.names().collect();
    Some(names.join(", "))
}
