//! Mistakes as an editor shows them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use lsp_types::{Diagnostic as Shown, DiagnosticRelatedInformation, DiagnosticSeverity, Location, Range};
use tidemill_core::diagnostic::{Diagnostic, Label, Severity, Span};

use crate::analysis::Analysis;
use crate::document::range;
use crate::pipeline_file::uri_of;

/// Who says it, beside each mistake.
const SOURCE: &str = "tidemill";

/// The mistakes of every text of the pipeline, those without a place at the head of the pipeline file. Texts without mistakes
/// are there with none.
pub fn by_file(analysis: &Analysis, pipeline: &Path) -> BTreeMap<PathBuf, Vec<Shown>> {
    let mut files: BTreeMap<PathBuf, Vec<Shown>> = analysis.paths().map(|path| (path, Vec::new())).collect();
    for found in &analysis.diagnostics {
        let place = found.labels.first().and_then(|label| Some((analysis.path(label.span.file)?, label)));
        let (path, label) = place.map_or_else(|| (pipeline.to_owned(), None), |(path, label)| (path, Some(label)));
        let shown = shown(analysis, found, label);
        let list = files.entry(path).or_default();
        // A file that several tasks name is read for each of them.
        if !list.contains(&shown) {
            list.push(shown);
        }
    }
    files
}

fn shown(analysis: &Analysis, found: &Diagnostic, label: Option<&Label>) -> Shown {
    let mut message = found.message.clone();
    if let Some(text) = label.map(|label| &label.text).filter(|text| !text.is_empty()) {
        message = format!("{message} ({text})");
    }
    for help in &found.help {
        message = format!("{message}\n{help}");
    }
    let related = found.labels.iter().skip(1).filter_map(|label| {
        let uri = uri_of(&analysis.path(label.span.file)?)?;
        let message = if label.text.is_empty() { "here".to_owned() } else { label.text.clone() };
        let range = label_range(analysis, label.span);
        Some(DiagnosticRelatedInformation { location: Location { uri, range }, message })
    });
    let related: Vec<_> = related.collect();
    Shown {
        range: label.map_or_else(Range::default, |label| label_range(analysis, label.span)),
        severity: Some(match found.severity {
            Severity::Error => DiagnosticSeverity::ERROR,
            Severity::Warning => DiagnosticSeverity::WARNING,
        }),
        source: Some(SOURCE.to_owned()),
        message,
        related_information: (!related.is_empty()).then_some(related),
        ..Shown::default()
    }
}

/// The place of a span in its text.
pub fn label_range(analysis: &Analysis, span: Span) -> Range {
    analysis.sources.get(span.file).map_or_else(Range::default, |file| range(&file.text, span.range()))
}
