//! Functions, filters and tests that a text calls and that there are not, found before it is rendered.

use std::ops::Range;

use crate::diagnostic::{Diagnostic, Span};
use crate::template;

use super::holes::{Call, Callee, calls};
use super::interpolate::{ENVIRONMENT, Text};

/// One mistake for each call of what there is not in the expression or statement at `inside`; `is_own` says what the text has
/// made itself, such as a macro.
pub(crate) fn unknown_calls(text: Text<'_>, inside: Range<usize>, is_own: &dyn Fn(&str) -> bool) -> Vec<Diagnostic> {
    let is_known = |call: &Call| match call.callee {
        Callee::Function => is_own(&call.name) || template::functions(&ENVIRONMENT).any(|known| known == call.name),
        Callee::Filter => template::has_filter(&ENVIRONMENT, &call.name),
        Callee::Test => template::has_test(&ENVIRONMENT, &call.name),
    };
    let unknown = calls(&text.text[inside.clone()]).into_iter().filter(|call| !is_known(call));
    let place = |range: &Range<usize>| text.place(inside.start + range.start..inside.start + range.end);
    unknown.map(|call| told(call.callee, &call.name, place(&call.range))).collect()
}

fn told(callee: Callee, name: &str, span: Span) -> Diagnostic {
    let unknown = |what: &str| Diagnostic::error(format!("in `${{{{ }}}}`: there is no {what} `{name}`")).at(span, "");
    match callee {
        Callee::Function if template::FILTERS.split(' ').any(|filter| filter == name) => {
            unknown("function").help(format!("it is a filter: write `value | {name}`"))
        }
        Callee::Function => unknown("function").suggest(name, template::functions(&ENVIRONMENT)),
        Callee::Filter => unknown("filter").suggest(name, template::FILTERS.split(' ')),
        Callee::Test => unknown("test").suggest(name, template::TESTS.split(' ')),
    }
}
