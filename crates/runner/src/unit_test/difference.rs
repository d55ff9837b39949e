//! How a table differs from what a test expects.

use serde::Serialize;
use tidemill_core::spec::ExpectationOf;

/// More pairs of rows are not compared to find out which belong together; rows are then compared place by place.
const MOST_PAIRS: usize = 4_000_000;

/// Something is not as a test expects.
#[derive(Clone, Debug, Serialize)]
pub struct Difference {
    /// Of what.
    #[serde(flatten)]
    pub subject: Subject,
    /// What is different.
    #[serde(flatten)]
    pub differs: DiffersAs,
}

/// What a test compares.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Subject {
    /// The task.
    pub task: String,
    /// Whether its rejected rows are meant.
    pub rejects: bool,
}

impl Subject {
    /// Of a task.
    pub fn new(task: &str, of: ExpectationOf) -> Self {
        Self { task: task.to_owned(), rejects: of == ExpectationOf::Rejects }
    }
}

/// What is different.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "differs", rename_all = "lowercase")]
pub enum DiffersAs {
    /// The number of rows.
    Count {
        /// So many should be there.
        expected: u64,
        /// So many are.
        found: u64,
    },
    /// The same rows stand in another order.
    Order,
    /// Some rows.
    Rows(TableDifference),
    /// Some rows are not among those that there are; beside each stands the one that is most like it.
    Missing(TableDifference),
}

/// The rows that differ, in the columns that are compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TableDifference {
    /// The columns.
    pub columns: Vec<String>,
    /// So many rows were expected.
    pub expected_rows: u64,
    /// So many were found.
    pub found_rows: u64,
    /// Those that differ.
    pub rows: Vec<DifferentRow>,
}

/// A row that differs. At least one of the two sides is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DifferentRow {
    /// Its place in the table found, or else in the rows expected; from 1.
    pub row: u64,
    /// What was expected, a value for each column, None for NULL.
    pub expected: Option<Vec<Option<String>>>,
    /// What was found in its place.
    pub found: Option<Vec<Option<String>>>,
    /// For each column, whether both are the same.
    pub same: Vec<bool>,
}

/// A row on either side, by its place.
pub(super) type Pair = (Option<usize>, Option<usize>);

/// Which of the expected rows and of those found belong together, in their order: as many equal ones as can be; between them the
/// others, one beside the other.
pub(super) fn align(expected: usize, found: usize, same: &dyn Fn(usize, usize) -> bool) -> Vec<Pair> {
    let equal = if expected.saturating_mul(found) > MOST_PAIRS {
        (0..expected.min(found)).filter(|at| same(*at, *at)).map(|at| (at, at)).collect()
    } else {
        longest_common(expected, found, same)
    };
    let mut pairs = Vec::new();
    let (mut left, mut right) = (0, 0);
    for (at, other) in equal.into_iter().chain([(expected, found)]) {
        while left < at || right < other {
            let one = (left < at).then_some(left);
            let two = (right < other).then_some(right);
            left += usize::from(one.is_some());
            right += usize::from(two.is_some());
            pairs.push((one, two));
        }
        if at < expected {
            pairs.push((Some(at), Some(other)));
        }
        (left, right) = (at + 1, other + 1);
    }
    pairs
}

/// The longest common subsequence, by the usual table of lengths.
fn longest_common(expected: usize, found: usize, same: &dyn Fn(usize, usize) -> bool) -> Vec<(usize, usize)> {
    let width = found + 1;
    let mut lengths = vec![0_u32; (expected + 1) * width];
    for at in (0..expected).rev() {
        for other in (0..found).rev() {
            lengths[at * width + other] = if same(at, other) {
                lengths[(at + 1) * width + other + 1] + 1
            } else {
                lengths[(at + 1) * width + other].max(lengths[at * width + other + 1])
            };
        }
    }
    let (mut pairs, mut at, mut other) = (Vec::new(), 0, 0);
    while at < expected && other < found {
        if same(at, other) {
            pairs.push((at, other));
            (at, other) = (at + 1, other + 1);
        } else if lengths[(at + 1) * width + other] >= lengths[at * width + other + 1] {
            at += 1;
        } else {
            other += 1;
        }
    }
    pairs
}

/// Whether the same rows are there, each as often, in whatever order.
pub(super) fn same_rows(expected: usize, found: usize, same: &dyn Fn(usize, usize) -> bool) -> bool {
    let mut free: Vec<usize> = (0..found).collect();
    let mut take = |at: usize| free.iter().position(|other| same(at, *other)).map(|place| free.swap_remove(place));
    expected == found && expected.saturating_mul(found) <= MOST_PAIRS && (0..expected).all(|at| take(at).is_some())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn told(expected: &str, found: &str) -> String {
        let (left, right): (Vec<char>, Vec<char>) = (expected.chars().collect(), found.chars().collect());
        let pairs = align(left.len(), right.len(), &|at, other| left[at] == right[other]);
        let side = |row: Option<usize>, letters: &[char]| row.map_or('-', |row| letters[row]);
        pairs.into_iter().map(|(one, two)| format!("{}{} ", side(one, &left), side(two, &right))).collect()
    }

    #[test]
    fn rows_that_are_the_same_stand_beside_each_other() {
        assert_eq!(told("abc", "abc"), "aa bb cc ");
        assert_eq!(told("abc", "axc"), "aa bx cc ");
        assert_eq!(told("abc", "ac"), "aa b- cc ");
        assert_eq!(told("ac", "abcd"), "aa -b cc -d ");
        assert_eq!(told("", "ab"), "-a -b ");
        assert_eq!(told("ab", ""), "a- b- ");
    }

    proptest! {
        #[test]
        fn every_row_is_told_once(expected in "[abc]{0,9}", found in "[abc]{0,9}") {
            let (left, right) = (expected.as_bytes(), found.as_bytes());
            let pairs = align(left.len(), right.len(), &|at, other| left[at] == right[other]);
            let one: Vec<usize> = pairs.iter().filter_map(|pair| pair.0).collect();
            let two: Vec<usize> = pairs.iter().filter_map(|pair| pair.1).collect();
            prop_assert_eq!(one, (0..left.len()).collect::<Vec<_>>());
            prop_assert_eq!(two, (0..right.len()).collect::<Vec<_>>());
        }
    }
}
