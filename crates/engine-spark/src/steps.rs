//! The steps of a relation.

use tidemill_core::table::Rel;

/// Whether a relation reads the table of another task.
pub(crate) fn has_input(rel: &Rel) -> bool {
    matches!(rel, Rel::Input { .. }) || rel.inputs().into_iter().any(has_input)
}

/// Calls `visit` with every step, those before it first.
pub(crate) fn each_step<'r>(rel: &'r Rel, visit: &mut dyn FnMut(&'r Rel)) {
    rel.inputs().into_iter().for_each(|input| each_step(input, visit));
    visit(rel);
}
