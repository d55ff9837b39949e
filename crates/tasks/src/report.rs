//! `report`: a text from a template.

use std::path::Path;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tidemill_core::diagnostic::{Diagnostic, SourceMap};
use tidemill_core::spec::{At, OrderedMap, Scope};
use tidemill_core::table::{Location, Schema};
use tidemill_core::task::{
    CheckContext, Descriptor, FileInput, FileRole, Io, MakesTable, OutputFile, RunContext, Task, TaskFailure,
    TaskResult, TaskSource,
};
use tidemill_core::template::is_html;

use super::parameters::Parameters;
use super::texts::{RenderFormat, check_file, input_edges, names_in_file, pictures_in_file, render_file};

/// What there is instead of PDF.
const NO_PDF: &str = "end it with .html: browsers print it as PDF, and so does a `command`, such as \
                      `chromium --headless --print-to-pdf=report.pdf report.html`";

/// Writes a report from a template: text, Markdown, or HTML in one file.
#[derive(Deserialize, Serialize, JsonSchema, Clone)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// The template: MiniJinja with `${{ }}`, `{% %}`, `{# #}`.
    template: At<Location>,
    /// Names and the tasks whose tables enter under them, each a list of rows.
    #[serde(default, serialize_with = "OrderedMap::unordered")]
    inputs: OrderedMap<At<String>>,
    /// Where the report goes: .txt, .md or .html.
    output: At<Location>,
    /// The look of an HTML report: `default`, a page that is readable on phones, in mails and on paper, unless the template
    /// brings its own `<html>` or `<body>`; `none`, nothing but what the template has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    style: Option<At<Style>>,
}

/// What is put around an HTML report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[schemars(rename = "ReportStyle")]
#[serde(rename_all = "lowercase")]
enum Style {
    /// A page, unless the template brings its own.
    Default,
    /// Nothing.
    None,
}

struct ReportTask {
    keys: Report,
    scope: Scope,
    /// What its template shows by name.
    pictures: Vec<FileInput>,
}

impl Parameters for Report {
    const DESCRIPTOR: Descriptor = Descriptor {
        name: "report",
        version: 3,
        summary: "Writes a report from a template: text, Markdown, or HTML in one file.",
        colour: "#3f7d2c",
        table: MakesTable::Never,
        // It shows the figures of tasks that only go first.
        reads_order: true,
        ..Descriptor::TABLE
    };

    fn into_task(self, source: &TaskSource<'_>) -> Result<Arc<dyn Task>, Vec<Diagnostic>> {
        let lower = self.output.value.as_str().to_ascii_lowercase();
        if ![".txt", ".md", ".html", ".htm"].iter().any(|ending| lower.ends_with(ending)) {
            return Err(vec![
                Diagnostic::error(format!("`{}` is no report's name", self.output.value))
                    .at(self.output.span, "a report is written here")
                    .help(if lower.ends_with(".pdf") { NO_PDF } else { "end it with .txt, .md or .html" }),
            ]);
        }
        if let Some(style) = self.style.as_ref().filter(|_| !is_html(&lower)) {
            return Err(vec![
                Diagnostic::error("`style` has no meaning here")
                    .at(style.span, format!("only for .html, not for `{}`", self.output.value)),
            ]);
        }
        let pictures = pictures_in_file(source, &self.template);
        Ok(Arc::new(ReportTask { keys: self, scope: source.scope().clone(), pictures }))
    }
}

impl Task for ReportTask {
    fn io(&self) -> Io {
        Io {
            reads: input_edges(&self.keys.inputs),
            files: std::iter::once(FileInput::new(self.keys.template.clone(), FileRole::Template))
                .chain(self.pictures.iter().cloned())
                .collect(),
            outputs: vec![OutputFile { path: self.keys.output.clone(), role: "report".into() }],
            facts: true,
            ..Io::default()
        }
    }

    fn parameters(&self) -> serde_json::Value {
        serde_json::to_value(&self.keys).unwrap_or_default()
    }

    fn names(&self, project: &Path, sources: &SourceMap) -> Vec<Vec<String>> {
        names_in_file(project, sources, &self.keys.template.value)
    }

    fn describe(&self) -> String {
        format!("{} → {}", self.keys.template.value, self.keys.output.value)
    }

    fn check(&self, cx: &CheckContext<'_>) -> Result<Option<Schema>, Vec<Diagnostic>> {
        let mistakes = check_file(cx, &self.keys.template, &self.scope, &self.keys.inputs);
        if mistakes.is_empty() { Ok(None) } else { Err(mistakes) }
    }

    fn run(&self, cx: &RunContext<'_>) -> Result<TaskResult, TaskFailure> {
        let output = self.keys.output.value.as_str();
        let is_bare = self.keys.style.as_ref().is_some_and(|style| style.value == Style::None);
        let form = match is_html(output) {
            false => RenderFormat::Text,
            true if is_bare => RenderFormat::Html,
            true => RenderFormat::Page(Path::new(output).file_stem().and_then(|stem| stem.to_str()).unwrap_or(output)),
        };
        let text = render_file(cx, &self.scope, &self.keys.template.value, &self.keys.inputs, form)?;
        let staged = (cx.stage)(&self.keys.output.value);
        std::fs::write(&staged, &text)
            .map_err(|error| TaskFailure::new(format!("cannot write {}: {error}", self.keys.output.value)))?;
        let lines = text.lines().count();
        Ok(TaskResult {
            outputs: vec![self.keys.output.value.clone()],
            note: Some(format!("{lines} line{}", if lines == 1 { "" } else { "s" })),
            ..TaskResult::default()
        })
    }
}
