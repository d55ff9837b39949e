//! Errors → text, hint and exit code, in one place.

use std::process::ExitCode;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet, renderer::DecorStyle};
use tidemill_core::diagnostic::{Diagnostic, Severity, SourceMap};

use crate::terminal::{Color, Stream};

pub use tidemill_runner::Failure;

/// 1: a task failed. 2: the file or the command line is wrong. 3: held by another run. 130: interrupted.
pub fn exit_code(failure: &Failure) -> ExitCode {
    ExitCode::from(match failure {
        Failure::Task | Failure::Broken { .. } => 1,
        Failure::Wrong { .. } | Failure::Mistakes { .. } => 2,
        Failure::Held { .. } => 3,
        Failure::Interrupted => 130,
    })
}

/// Says it on stderr.
pub fn print(failure: &Failure, color: Color) {
    if !matches!(failure, Failure::Task | Failure::Interrupted) {
        eprintln!("{}", text(failure, color.wanted(Stream::Stderr)));
    }
}

/// What there is to say, without a line break at its end.
pub fn text(failure: &Failure, colored: bool) -> String {
    let text = match failure {
        Failure::Task | Failure::Interrupted => String::new(),
        Failure::Mistakes { sources, diagnostics } => render_all(sources, diagnostics, colored),
        Failure::Held { message } => plain(message, &[], colored),
        Failure::Wrong { message, help } | Failure::Broken { message, help } => plain(message, help, colored),
    };
    text.trim_end().to_owned()
}

/// A message that points at no place.
fn plain(message: &str, help: &[String], colored: bool) -> String {
    let paint = crate::terminal::Paint(colored);
    let mut text = format!("{}{} {message}", paint.red("error"), paint.bold(":"));
    for help in help {
        text += &format!("\n  {} {help}", paint.cyan("help:"));
    }
    text
}

/// So many are shown: whoever has more of them begins with these.
const MOST_SHOWN: usize = 100;

/// All diagnostics in the style of rustc, and a line that counts them.
pub fn render_all(sources: &SourceMap, diagnostics: &[Diagnostic], colored: bool) -> String {
    let of = |severity| diagnostics.iter().filter(move |one| one.severity == severity);
    // Of too many, errors are shown before warnings.
    let mut shown: Vec<&Diagnostic> = match diagnostics.len() {
        0..=MOST_SHOWN => diagnostics.iter().collect(),
        _ => of(Severity::Error).chain(of(Severity::Warning)).collect(),
    };
    shown.truncate(MOST_SHOWN);
    let mut text: String = shown.iter().map(|one| render(sources, one, colored) + "\n\n").collect();
    if diagnostics.len() > shown.len() {
        text += &format!("… and {} more\n\n", diagnostics.len() - shown.len());
    }
    let count = |severity| diagnostics.iter().filter(|one| one.severity == severity).count();
    let plural = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    match (count(Severity::Error), count(Severity::Warning)) {
        (0, _) => {}
        (errors, 0) => text += &plural(errors, "error"),
        (errors, warnings) => text += &format!("{}, {}", plural(errors, "error"), plural(warnings, "warning")),
    }
    text
}

/// One diagnostic in the style of rustc.
pub fn render(sources: &SourceMap, diagnostic: &Diagnostic, colored: bool) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(diagnostic.message.as_str());
    let mut group = title.elements(Vec::<annotate_snippets::Element<'_>>::new());
    // Labels of one file share a snippet; the first one's file comes first.
    let mut files: Vec<_> = Vec::new();
    for label in &diagnostic.labels {
        if !files.contains(&label.span.file) {
            files.push(label.span.file);
        }
    }
    for file in files {
        let Some(source) = sources.get(file) else { continue };
        let mut snippet = Snippet::source(source.text.as_str()).path(source.name.as_str()).fold(true);
        for (at, label) in diagnostic.labels.iter().enumerate().filter(|(_, label)| label.span.file == file) {
            let kind = if at == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
            let range = within(&source.text, label.span.range());
            let annotation = kind.span(range);
            snippet = snippet.annotation(match label.text.is_empty() {
                true => annotation,
                false => annotation.label(label.text.as_str()),
            });
        }
        group = group.element(snippet);
    }
    for help in &diagnostic.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    let renderer = if colored { Renderer::styled() } else { Renderer::plain() };
    renderer.decor_style(DecorStyle::Ascii).render(&[group])
}

/// The range cut to the text and to whole characters; only its first line, so that a block does not fill the screen.
fn within(text: &str, range: std::ops::Range<usize>) -> std::ops::Range<usize> {
    let floor = |mut at: usize| {
        at = at.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let start = floor(range.start);
    let end = floor(range.end).max(start);
    let first_line = text[start..end].find('\n').map_or(end, |nl| start + nl);
    start..first_line
}
