//! `command`: a program or a shell's text, with declared inputs and outputs.

mod aside;
mod environment;
mod evaluated;
mod input;
mod named_files;
mod outputs;
mod shell_text;
mod strict;
mod supervise;
mod table;

use std::path::Path;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tidemill_core::diagnostic::{Diagnostic, SourceMap};
use tidemill_core::spec::{At, Hole, NodeValue, OneOrMany, OrderedMap, RuntimeNames, Scope, Template};
use tidemill_core::table::{Check, DeclaredType, FormatDescriptor, Formats, Location, Schema};
use tidemill_core::task::{
    CheckContext, Descriptor, Io, MakesTable, OutputFile, Promised, RunContext, Task, TaskChecks, TaskFailure,
    TaskResult, TaskSource, Volatile,
};

use super::contract::promised;
use super::parameters::Parameters;
use input::{CommandInput, InputKey};
use shell_text::{SHELLS, ShellText};
use strict::StrictShell;
pub use supervise::{close_guardian, guard};

/// Runs a program or a shell's text.
#[derive(Deserialize, Serialize, JsonSchema, Clone)]
#[serde(deny_unknown_fields)]
pub struct Command {
    /// A text for the shell, or a list: a program and its arguments. Each `${{ }}` is exactly one argument, a list one each.
    run: OneOrMany<Template>,
    /// The shell of a text: `sh` (default), `dash`, `bash`, `zsh`, or another that takes `-c`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    shell: Option<At<String>>,
    /// Whether the text ends at the first command that fails, also before a `|`; default true for the four shells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    strict: Option<At<bool>>,
    /// Names and what enters under them: a path, a task, or `{task, format}` with the format csv (default), parquet or json.
    #[serde(default)]
    inputs: OrderedMap<At<InputKey>>,
    /// Names and the paths of the files that it writes.
    #[serde(default)]
    outputs: OrderedMap<At<Location>>,
    /// The output that other tasks read as a table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    table: Option<At<String>>,
    /// The columns that this table must have, and their types.
    #[serde(default, skip_serializing_if = "OrderedMap::is_empty")]
    columns: OrderedMap<At<DeclaredType>>,
    /// The folder it starts in; default the pipeline's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cwd: Option<At<Location>>,
    /// Variables of its environment, beside the pipeline's.
    #[serde(default)]
    env: OrderedMap<Template>,
}

/// How it is run.
enum Run {
    /// By a shell: the text, how values are quoted there, and whether it ends where something fails.
    Shell { text: Template, read: ShellText, strict: bool },
    /// As it is.
    Argv(Vec<Template>),
}

struct CommandTask {
    keys: Command,
    run: Run,
    inputs: Vec<(String, CommandInput)>,
    /// The environment that is declared, the task's before the pipeline's.
    env: Vec<(String, Template)>,
    pass_env: Vec<String>,
    params: Vec<String>,
    checks: TaskChecks,
    scope: Scope,
    /// The output that holds its table, and the format.
    table: Option<(At<Location>, &'static FormatDescriptor)>,
}

impl Parameters for Command {
    const DESCRIPTOR: Descriptor = Descriptor {
        name: "command",
        version: 2,
        summary: "Runs a program or a shell's text, with declared inputs and outputs.",
        colour: "#4d5b6a",
        table: MakesTable::WithKey("table"),
        supervised: true,
        // What ran before may have left files for it.
        reads_order: true,
        ..Descriptor::TABLE
    };

    fn recover(project: &Path) -> std::io::Result<Vec<std::path::PathBuf>> {
        aside::restore_aside(project)
    }

    fn into_task(self, source: &TaskSource<'_>) -> Result<Arc<dyn Task>, Vec<Diagnostic>> {
        let mut mistakes = self.table_mistakes(source.types.formats());
        let run = self.how(source).unwrap_or_else(|more| {
            mistakes.extend(more);
            Run::Argv(Vec::new())
        });
        let inputs =
            self.inputs.iter().map(|(name, key)| (name.value.clone(), CommandInput::of(key, source))).collect();
        let checks = TaskChecks::read(source)?;
        if let (Some(check), None) = (source.spec.common.checks.first(), &self.table) {
            mistakes.push(
                Diagnostic::error("`checks` need a table")
                    .at(check.span, "there is none here")
                    .help("name the output that holds one under `table`"),
            );
        }
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        let pipeline = source.pipeline;
        let mut env: Vec<(String, Template)> =
            self.env.iter().map(|(name, text)| (name.value.clone(), text.clone())).collect();
        let general = pipeline.env.iter().filter(|(name, _)| self.env.get(name).is_none());
        env.extend(general.map(|(name, text)| (name.clone(), text.clone())));
        env.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(Arc::new(CommandTask {
            run,
            inputs,
            env,
            pass_env: pipeline.pass_env.iter().map(|name| name.value.clone()).collect(),
            params: pipeline.params.keys().cloned().collect(),
            checks,
            scope: source.scope().clone(),
            table: self.table_file(source.types.formats()),
            keys: self,
        }))
    }
}

impl Command {
    /// The shell of a text.
    fn program(&self) -> &str {
        self.shell.as_ref().map_or("sh", |shell| shell.value.as_str())
    }

    /// A text is for a shell, a list is not.
    fn how(&self, source: &TaskSource<'_>) -> Result<Run, Vec<Diagnostic>> {
        let span = source.spec.id.span;
        let node = source.spec.keys.get("run").map(|(_, node)| &node.value);
        let text = match &self.run[..] {
            [] => return Err(vec![Diagnostic::error("`run` is an empty list").at(span, "what is to be run?")]),
            [text] if !matches!(node, Some(NodeValue::List(_))) => text,
            _ => return self.without_shell(),
        };
        if text.text.trim().is_empty() {
            return Err(vec![Diagnostic::error("`run` is empty").at(text.span, "what is to be run?")]);
        }
        if text.text.contains("{%") && text.text.contains("%}") {
            return Err(vec![
                Diagnostic::error("a command's text has no `{% %}`")
                    .at(text.span, "here")
                    .help("use the shell's own `if` and `for`, or a conditional in `${{ a if b else c }}`"),
            ]);
        }
        let program = self.program();
        let name = program.rsplit('/').next().unwrap_or(program);
        if !SHELLS.contains(&name) {
            let holes = text.holes();
            let place = |hole: &Hole| source.sources.within_scalar(text.span, &text.text, hole.whole.clone());
            let refuse = |hole: &Hole| {
                Diagnostic::error(format!("the quoting of `{name}` is not known"))
                    .at(place(hole), "a value cannot be passed here safely")
                    .help("use sh, dash, bash or zsh, or write `run` as a list of arguments")
            };
            let mistakes: Vec<Diagnostic> = holes.iter().map(refuse).collect();
            if !mistakes.is_empty() {
                return Err(mistakes);
            }
        }
        let read = shell_text::read(text, source.sources, name)?;
        let is_known = SHELLS.contains(&name);
        match &self.strict {
            Some(strict) if strict.value && !is_known => Err(vec![
                Diagnostic::error(format!("how `{name}` is made strict is not known"))
                    .at(strict.span, "this has no meaning")
                    .help("use sh, dash, bash or zsh, or take it away"),
            ]),
            strict => {
                let strict = strict.as_ref().map_or(is_known, |strict| strict.value);
                Ok(Run::Shell { text: text.clone(), read, strict })
            }
        }
    }

    /// A list is run as it is.
    fn without_shell(&self) -> Result<Run, Vec<Diagnostic>> {
        let span = self.shell.as_ref().map(|shell| shell.span).or(self.strict.as_ref().map(|strict| strict.span));
        match span {
            None => Ok(Run::Argv(self.run.0.clone())),
            Some(span) => Err(vec![
                Diagnostic::error("a list is run without a shell")
                    .at(span, "this has no meaning")
                    .help("take it away, or write `run` as one text"),
            ]),
        }
    }

    /// The output that is read as a table, if any.
    fn table_file(&self, formats: &Formats) -> Option<(At<Location>, &'static FormatDescriptor)> {
        let path = self.outputs.get(&self.table.as_ref()?.value)?;
        Some((path.clone(), formats.of_path(path.value.as_str())?))
    }

    /// What is wrong with `table` and `columns`.
    fn table_mistakes(&self, formats: &Formats) -> Vec<Diagnostic> {
        let Some(table) = &self.table else {
            let contract = self.columns.iter().next().map(|(name, _)| {
                Diagnostic::error("`columns` say what a table must be, and there is none")
                    .at(name.span, "here")
                    .help("name the output that holds it under `table`")
            });
            return contract.into_iter().collect();
        };
        match self.outputs.get(&table.value) {
            None => vec![
                Diagnostic::error(format!("`{}` is none of the outputs", table.value))
                    .at(table.span, "the table is read from an output")
                    .suggest(&table.value, self.outputs.iter().map(|(name, _)| name.value.as_str())),
            ],
            Some(path) => match formats.of_path(path.value.as_str()) {
                None | Some(FormatDescriptor { database: Some(_), .. }) => vec![
                    Diagnostic::error(format!("the ending of `{}` does not say the format of its table", path.value))
                        .at(path.span, "a table is read from here")
                        .help(format!("end it with {}", formats.endings(false))),
                ],
                Some(_) => Vec::new(),
            },
        }
    }

    fn texts(&self) -> impl Iterator<Item = &Template> {
        self.run.iter().chain(self.env.iter().map(|(_, text)| text))
    }

    fn unknown_names(&self, scope: &Scope, cx: &CheckContext<'_>) -> Vec<Diagnostic> {
        let known = RuntimeNames {
            tasks: cx.before.iter().map(String::as_str).collect(),
            inputs: self.inputs.iter().map(|(name, _)| name.value.as_str()).collect(),
            outputs: self.outputs.iter().map(|(name, _)| name.value.as_str()).collect(),
            secrets: cx.secrets.iter().map(String::as_str).collect(),
            ..RuntimeNames::default()
        };
        self.texts().flat_map(|text| text.check(scope, &known, cx.sources)).collect()
    }

    /// Whether the command asks where to write an output, instead of writing to its path.
    fn asks_for(&self, output: &str, sources: &SourceMap) -> bool {
        let variable = environment::variable("OUTPUT", output);
        self.texts().any(|text| {
            text.text.contains(&variable)
                || text
                    .uses(sources)
                    .iter()
                    .any(|used| used.parts[0] == "outputs" && used.parts.get(1).is_none_or(|name| name == output))
        })
    }
}

impl CommandTask {
    /// The command as people know it, in one line.
    fn shown(&self) -> String {
        match &self.run {
            Run::Shell { text, .. } => {
                let mut lines = text.text.trim().lines();
                let first = lines.next().unwrap_or_default().to_owned();
                if lines.next().is_some() { first + " …" } else { first }
            }
            Run::Argv(list) => list.iter().map(|text| text.text.as_str()).collect::<Vec<_>>().join(" "),
        }
    }

    /// The shell that runs the text strictly, if it is to.
    fn strict_shell(&self) -> Option<StrictShell> {
        match &self.run {
            Run::Shell { read, strict: true, .. } => {
                Some(StrictShell::choose(self.keys.shell.as_ref().map(|shell| shell.value.as_str()), read.traits))
            }
            _ => None,
        }
    }

    /// That a failure before a `|` cannot be seen here.
    fn without_pipefail(&self) -> Option<Diagnostic> {
        let Run::Shell { text, read, .. } = &self.run else { return None };
        let shell = self.strict_shell().filter(|shell| read.traits.pipes && !shell.has_pipefail())?;
        Some(
            Diagnostic::warning(format!("`{}` has no `pipefail` here", shell.program))
                .at(text.span, "a failure before the last `|` does not count")
                .help("`shell: bash` has it; `strict: false` says that this is meant"),
        )
    }

    fn uses_tasks(&self, sources: &SourceMap) -> bool {
        let texts = self.keys.texts().chain(self.env.iter().map(|(_, text)| text));
        texts.flat_map(|text| text.uses(sources)).any(|used| used.parts[0] == "tasks")
    }
}

impl Task for CommandTask {
    fn io(&self) -> Io {
        let keys = &self.keys;
        let mut reads: Vec<_> = self.inputs.iter().filter_map(|(name, input)| input.edge(name)).collect();
        reads.extend(self.checks.reads());
        let output =
            |(name, path): &(At<String>, At<Location>)| OutputFile { path: path.clone(), role: name.value.clone() };
        Io {
            reads,
            files: self.inputs.iter().filter_map(|(_, input)| input.file()).collect(),
            outputs: keys.outputs.iter().map(output).collect(),
            table: keys.table.is_some(),
            facts: self.uses_tasks(&SourceMap::default())
                || self.inputs.iter().any(|(_, input)| matches!(input, CommandInput::Files(..))),
            volatile: keys.outputs.is_empty().then_some(Volatile::Undeclared),
            ..Io::default()
        }
    }

    fn parameters(&self) -> serde_json::Value {
        let keys = &self.keys;
        // A list is not what a shell reads, even if it has one entry.
        let run: serde_json::Value = match &self.run {
            Run::Shell { text, .. } => text.text.as_str().into(),
            Run::Argv(arguments) => arguments.iter().map(|argument| argument.text.as_str()).collect(),
        };
        let sorted = |entries: Vec<(String, serde_json::Value)>| {
            let mut entries = entries;
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            serde_json::Value::Object(entries.into_iter().collect())
        };
        let value = |value: serde_json::Result<serde_json::Value>| value.unwrap_or_default();
        let mut parameters = serde_json::json!({
            "run": run,
            "inputs": sorted(keys.inputs.iter().map(|(name, key)| (name.value.clone(), value(serde_json::to_value(key)))).collect()),
            "outputs": sorted(keys.outputs.iter().map(|(name, path)| (name.value.clone(), path.value.as_str().into())).collect()),
            "env": sorted(self.env.iter().map(|(name, text)| (name.clone(), text.text.as_str().into())).collect()),
        });
        if let Some(map) = parameters.as_object_mut() {
            let mut add = |name: &str, value: Option<serde_json::Value>| {
                if let Some(value) = value {
                    map.insert(name.to_owned(), value);
                }
            };
            add("shell", keys.shell.as_ref().map(|shell| shell.value.as_str().into()));
            let lax = keys.strict.as_ref().filter(|strict| !strict.value);
            add("strict", lax.map(|strict| strict.value.into()));
            add("table", keys.table.as_ref().map(|table| table.value.as_str().into()));
            add("cwd", keys.cwd.as_ref().map(|cwd| cwd.value.as_str().into()));
            let columns =
                keys.columns.iter().map(|(name, declared)| (name.value.clone(), declared.value.to_string().into()));
            add("columns", (!keys.columns.is_empty()).then(|| sorted(columns.collect())));
            add("checks", (!self.checks.is_empty()).then(|| self.checks.parameters()));
        }
        parameters
    }

    fn names(&self, _project: &Path, sources: &SourceMap) -> Vec<Vec<String>> {
        let texts = self.keys.run.iter().chain(self.env.iter().map(|(_, text)| text));
        let mut names: Vec<Vec<String>> = texts.flat_map(|text| text.uses(sources)).map(|used| used.parts).collect();
        // They are all in its environment, and nobody knows which of them it looks at.
        names.extend(self.params.iter().map(|name| vec!["params".to_owned(), name.clone()]));
        names.extend(self.pass_env.iter().map(|name| vec!["env".to_owned(), name.clone()]));
        names.sort();
        names.dedup();
        names
    }

    fn describe(&self) -> String {
        self.shown()
    }

    fn check(&self, cx: &CheckContext<'_>) -> Result<Option<Schema>, Vec<Diagnostic>> {
        let mistakes = self.keys.unknown_names(&self.scope, cx);
        if mistakes.is_empty() { self.check_table(cx) } else { Err(mistakes) }
    }

    fn checks(&self, table: &Schema, cx: &CheckContext<'_>) -> Result<Vec<Check>, Vec<Diagnostic>> {
        self.checks.compile(table, cx)
    }

    fn contract(&self) -> Promised {
        promised(&self.keys.columns, false)
    }

    fn warnings(&self, cx: &CheckContext<'_>) -> Vec<Diagnostic> {
        let undeclared = named_files::undeclared(&self.keys, cx).into_iter();
        undeclared.chain(self.without_pipefail()).chain(self.evaluated(cx)).collect()
    }

    fn run(&self, cx: &RunContext<'_>) -> Result<TaskResult, TaskFailure> {
        let mut outputs =
            outputs::Outputs::prepare(cx, &self.keys.outputs, |name| self.keys.asks_for(name, cx.sources))?;
        let done = self.supervise(cx, &outputs).and_then(|left| outputs.collect().map(|()| left));
        // Whatever happened, what was there before is there again until something takes its place.
        let restored = outputs.restore();
        let warnings = done?;
        restored?;
        let (table, more) = self.read_table(cx, &outputs)?;
        let warnings: Vec<String> = warnings.into_iter().chain(more).collect();
        let published = self.keys.outputs.iter().map(|(_, path)| path.value.clone()).collect();
        Ok(TaskResult { table, outputs: published, warnings, ..TaskResult::default() })
    }
}
