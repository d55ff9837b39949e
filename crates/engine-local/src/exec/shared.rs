//! What a job needs several times, such as the table of a `with` that a query names twice: it is computed once.

use polars::prelude::DataFrame;
use tidemill_core::table::Rel;

/// The relations that occur several times in a job.
#[derive(Default)]
pub(super) struct Shared {
    relations: Vec<Rel>,
    /// Places in `relations` and their rows, in the order in which they were computed.
    computed: Vec<(usize, DataFrame)>,
}

impl Shared {
    /// Of a job that computes these relations.
    pub fn of<'r>(computed: impl IntoIterator<Item = &'r Rel>) -> Self {
        let mut seen: Vec<(&Rel, bool)> = Vec::new();
        computed.into_iter().for_each(|rel| collect(rel, &mut seen));
        let relations = seen.into_iter().filter(|(_, again)| *again).map(|(rel, _)| rel.clone()).collect();
        Self { relations, computed: Vec::new() }
    }

    /// The place of a relation that is needed several times.
    pub fn place(&self, rel: &Rel) -> Option<usize> {
        self.relations.iter().position(|shared| shared == rel)
    }

    /// Its rows, once they have been computed.
    pub fn rows(&self, place: usize) -> Option<&DataFrame> {
        self.computed.iter().find(|(known, _)| *known == place).map(|(_, rows)| rows)
    }

    /// Keeps its rows.
    pub fn keep(&mut self, place: usize, rows: DataFrame) {
        self.computed.push((place, rows));
    }

    /// How many have been computed.
    pub fn count(&self) -> usize {
        self.computed.len()
    }

    /// Forgets those that were computed after so many.
    pub fn roll_back(&mut self, count: usize) {
        self.computed.truncate(count);
    }
}

/// Gathers what is worth keeping, the outermost of it, and whether it occurs again.
fn collect<'r>(rel: &'r Rel, seen: &mut Vec<(&'r Rel, bool)>) {
    if is_worth_keeping(rel) && !rel.reads_rounds() {
        if let Some((_, again)) = seen.iter_mut().find(|(known, _)| *known == rel) {
            *again = true;
            return;
        }
        seen.push((rel, false));
    }
    for input in rel.inputs() {
        collect(input, seen);
    }
}

/// Whether a relation costs much and its rows are few beside those it is made of. Joins, filters and values are computed
/// batch by batch where they are needed, of the columns that are needed there.
fn is_worth_keeping(rel: &Rel) -> bool {
    matches!(rel, Rel::Aggregate { .. } | Rel::Distinct { .. } | Rel::SetOp { all: false, .. } | Rel::Window { .. })
}

#[cfg(test)]
mod tests {
    use tidemill_core::table::{DataType, Schema};

    use super::*;

    fn input() -> Rel {
        Rel::Input { task: "t".to_owned(), schema: [("a", DataType::Int)].into_iter().collect::<Schema>() }
    }

    fn distinct(input: Rel) -> Rel {
        Rel::Distinct { input: Box::new(input), on: None }
    }

    fn both(left: Rel, right: Rel) -> Rel {
        Rel::SetOp { kind: tidemill_core::table::SetOpKind::Union, all: true, left: left.into(), right: right.into() }
    }

    #[test]
    fn the_outermost_of_what_occurs_again_is_shared() {
        let twice = distinct(distinct(input()));
        let shared = Shared::of([&both(twice.clone(), twice.clone())]);
        assert_eq!(shared.place(&twice), Some(0));
        assert_eq!(shared.place(&distinct(input())), None);
        assert!(Shared::of([&both(twice, distinct(input()))]).place(&distinct(input())).is_some());
        assert_eq!(Shared::of([&both(input(), input())]).relations, []);
    }

    #[test]
    fn what_a_round_has_made_is_not_kept_for_the_next() {
        let working = Rel::Working { name: "w".to_owned(), schema: input().schema() };
        assert_eq!(Shared::of([&both(distinct(working.clone()), distinct(working))]).relations, []);
    }
}
