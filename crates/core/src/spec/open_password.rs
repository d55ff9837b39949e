//! A password that stands in the pipeline's file.

use super::Template;
use crate::diagnostic::{Diagnostic, SourceMap};

/// The warning that a password stands in a text; the secret of that name could take its place. The line itself is not shown: the
/// password is in it.
pub fn open_password(sources: &SourceMap, text: &Template, secret: &str) -> Diagnostic {
    let place = sources
        .line_column(text.span)
        .and_then(|(line, column)| Some(format!("{}:{line}:{column}", sources.get(text.span.file)?.name)));
    let place = place.unwrap_or_else(|| "the file".to_owned());
    Diagnostic::warning(format!("{place}: a password stands here, and whoever reads the file can use it")).help(format!(
        "declare `secrets: [{secret}]`, set {secret} in the environment or in the file that `dotenv` names, and write \
         `${{{{ secrets.{secret} }}}}`"
    ))
}
