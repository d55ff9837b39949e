//! `tidemill functions`: the functions of SQL.

use std::process::ExitCode;

use clap::Parser;
use serde_json::{Value, json};
use tidemill_core::diagnostic::nearest;
use tidemill_core::sql::functions::{Count, FunctionDefinition, FunctionKind, all, elsewhere, find, names};

use super::CliCommand;
use super::pipeline_history::json_lines;
use crate::failure::Failure;
use crate::global::Global;
use crate::terminal::{Paint, Stream, put};
use crate::text_table::{Cell, Emphasis, TextTable};

/// The functions of SQL, or one of them with an example
#[derive(Parser, Debug)]
#[command(name = "functions")]
pub struct FunctionsArgs {
    /// One function, with what it takes and examples
    name: Option<String>,
    /// An object a line
    #[arg(long)]
    json: bool,
}

impl CliCommand for FunctionsArgs {
    /// Prints all functions, or one.
    fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let paint = Paint(global.color.wanted(Stream::Stdout));
        let one = self.name.as_deref().map(named).transpose()?;
        if self.json {
            let wanted = all().filter(|known| one.is_none_or(|one| one.name == known.name));
            return put(&json_lines(wanted.map(object).collect::<Vec<_>>()));
        }
        match one {
            Some(function) => put(&screen(function, paint)),
            None => put(&table().write(Stream::Stdout.width(), 0, paint)),
        }
    }
}

fn named(name: &str) -> Result<&'static FunctionDefinition, Failure> {
    let lower = name.to_lowercase();
    find(&lower).ok_or_else(|| {
        let failure = Failure::wrong(format!("there is no function `{name}`"));
        match (elsewhere(&lower), nearest(&lower, names())) {
            (Some(instead), _) => failure.help(instead),
            (None, Some(near)) => failure.help(format!("did you mean `{near}`?")),
            (None, None) => failure.help("`tidemill functions` lists them"),
        }
    })
}

/// A line for each function.
fn table() -> TextTable {
    let mut table = TextTable::new().name("function").text("type").text("what it gives");
    for function in all() {
        table.row([
            Cell::from(function.signature()),
            Cell::new(function.result(), Emphasis::Dim),
            Cell::from(function.summary),
        ]);
    }
    table
}

/// All of one function.
fn screen(function: &FunctionDefinition, paint: Paint) -> String {
    let mut text = format!("{}  {}\n", paint.bold(function.signature()), paint.dim(function.result()));
    text += &format!("  {}\n", function.summary);
    let also = function.also_written();
    if !also.is_empty() {
        text += &format!("\nAlso written\n  {}\n", also.join("\n  "));
    }
    if !function.parameters.is_empty() {
        text += "\nTakes\n";
        for parameter in function.parameters {
            let count = match parameter.count {
                Count::One => "",
                Count::Optional => "; may be left out",
                Count::Many => "; one or more",
            };
            text += &format!("  {}: {}{count}\n", parameter.name, parameter.takes());
        }
    }
    text += "\nExamples\n";
    for example in function.examples {
        let over: String = example.over().map(|column| format!("  of {column}")).collect();
        text += &format!("  {} → {}{}\n", example.call, paint.cyan(example.result), paint.dim(&over));
    }
    text
}

/// One function for programs.
fn object(function: &'static FunctionDefinition) -> Value {
    let parameters: Vec<Value> = function
        .parameters
        .iter()
        .map(|parameter| json!({"name": parameter.name, "takes": parameter.takes(), "count": parameter.count}))
        .collect();
    json!({
        "name": function.name,
        "kind": function.kind(),
        "over_windows": function.kind() != FunctionKind::Scalar,
        "signature": function.signature(),
        "also": function.also_written(),
        "parameters": parameters,
        "result": function.result(),
        "summary": function.summary,
        "examples": function.examples,
    })
}
