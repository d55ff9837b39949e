//! Where the rows of a task came from and went, in words.

use std::time::Duration;

use tidemill_core::event::TaskStatus;
use tidemill_core::format::{quantity, thousands};
use tidemill_core::sched::How;
use tidemill_core::table::{DroppedRows, JoinDiagnosis, RejectedRows, RowsIn};
use tidemill_core::task::TaskReport;

use crate::summary::seconds;
use crate::text_table::Emphasis;

/// So many unmatched keys are named.
const EXAMPLES: usize = 3;

/// What is known of a task's rows.
#[derive(Clone, Copy, Debug)]
pub struct Account<'a> {
    rows_in: &'a [RowsIn],
    rejected: &'a [RejectedRows],
    dropped: &'a [DroppedRows],
    joins: &'a [JoinDiagnosis],
    rows: Option<u64>,
}

impl<'a> Account<'a> {
    /// As it is reported.
    pub fn of(report: &'a TaskReport) -> Self {
        let TaskReport { rows_in, rejected, dropped, joins, rows, .. } = report;
        Self { rows_in, rejected, dropped, joins, rows: *rows }
    }

    /// Rows in, for a table: `1,000 + 508` where they come from two tables.
    pub fn rows_in(&self) -> String {
        match self.rows_in {
            [left, right] => format!("{} + {}", thousands(left.rows), thousands(right.rows)),
            several => number(several.iter().map(|rows| rows.rows).sum()),
        }
    }

    /// Rows rejected, for a table; empty for none.
    pub fn rejected(&self) -> String {
        number(self.rejected.iter().map(|rejected| rejected.rows).sum())
    }

    /// Rows dropped, for a table; empty for none.
    pub fn dropped(&self) -> String {
        number(self.dropped.iter().map(|dropped| dropped.rows).sum())
    }

    /// What one should know of where rows went: rejects by reason, and rows that a step left out unasked. What `where`,
    /// `having` and `limit` leave out is what they are for; keys without a match are warnings of their join, and values that a
    /// pivot does not list are one of it.
    pub fn notes(&self) -> Vec<String> {
        let mut notes: Vec<String> = self
            .rejected
            .iter()
            .map(|reason| format!("{} rejected: {}", thousands(reason.rows), reason.reason))
            .collect();
        let is_asked_for = |step: &str| matches!(step, "where" | "having" | "limit" | "in");
        let unasked = self.dropped.iter().filter(|dropped| !is_asked_for(&dropped.step));
        notes.extend(unasked.map(|dropped| format!("{} dropped: {}", thousands(dropped.rows), dropped.step)));
        notes
    }

    /// All that is known, a line each, for whoever looks closely.
    pub fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> =
            self.rows_in.iter().map(|rows| format!("{} in from {}", rows_of(rows.rows), rows.from)).collect();
        lines
            .extend(self.rejected.iter().map(|reason| format!("{} rejected: {}", rows_of(reason.rows), reason.reason)));
        lines.extend(
            self.dropped.iter().map(|dropped| format!("{} dropped by {}", rows_of(dropped.rows), dropped.step)),
        );
        for join in self.joins {
            if join.max_matches_per_left > 1 {
                let key = join.max_matches_key.as_ref().map(|key| format!(" ({key})")).unwrap_or_default();
                lines.push(format!(
                    "a row of {} matched up to {} of {}{key}",
                    join.left,
                    thousands(join.max_matches_per_left),
                    join.right
                ));
            }
            lines.extend(unmatched(join));
        }
        lines.extend(self.rows.map(|rows| format!("{} out", rows_of(rows))));
        lines
    }
}

/// The rows of either side that found none on the other.
fn unmatched(join: &JoinDiagnosis) -> Vec<String> {
    let side = |count: u64, nulls: u64, all: u64, own: &str, other: &str, examples: &[String]| {
        (count > 0).then(|| {
            // Within the join the right side's key has a name of its own.
            let named: Vec<String> =
                examples.iter().take(EXAMPLES).map(|example| example.replacen("_right=", "=", 1)).collect();
            let such = if named.is_empty() { String::new() } else { format!(", such as {}", named.join(", ")) };
            let nulls = if nulls > 0 { format!(" ({} with a NULL key)", thousands(nulls)) } else { String::new() };
            format!("{} of {} of {own} match none of {other}{nulls}{such}", thousands(count), rows_of(all))
        })
    };
    let JoinDiagnosis { left, right, .. } = join;
    [
        side(join.left_unmatched, join.left_null_keys, join.left_rows, left, right, &join.left_unmatched_examples),
        side(join.right_unmatched, join.right_null_keys, join.right_rows, right, left, &join.right_unmatched_examples),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn number(number: u64) -> String {
    if number == 0 { String::new() } else { thousands(number) }
}

/// `1 row`, `1,000 rows`.
pub fn rows_of(rows: u64) -> String {
    quantity(rows, "row")
}

/// How long a task took, or why it took no time.
pub fn time_of(status: TaskStatus, how: Option<How>, duration: Duration) -> String {
    match (status, how) {
        (TaskStatus::Success, Some(How::Cached)) => "cached".to_owned(),
        (TaskStatus::Success, Some(How::Restored)) => "restored".to_owned(),
        (TaskStatus::Success, _) => seconds(duration),
        (TaskStatus::Failed, _) => "failed".to_owned(),
        (TaskStatus::Skipped, _) => "skipped".to_owned(),
        (TaskStatus::Cancelled, _) => "not reached".to_owned(),
    }
}

/// How its line stands out in a table.
pub fn emphasis_of(status: TaskStatus, how: Option<How>) -> Emphasis {
    match (status, how) {
        (TaskStatus::Failed, _) => Emphasis::Bad,
        (TaskStatus::Skipped | TaskStatus::Cancelled, _) | (_, Some(How::Cached)) => Emphasis::Dim,
        _ => Emphasis::Plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_and_keys_without_a_match_are_told() {
        let report = TaskReport {
            rows: Some(3),
            rows_in: vec![RowsIn { from: "orders".into(), rows: 1_000 }, RowsIn { from: "shops".into(), rows: 1 }],
            rejected: vec![RejectedRows { reason: "negative".into(), rows: 2 }],
            dropped: vec![DroppedRows { step: "missing: drop".into(), rows: 1 }],
            joins: vec![JoinDiagnosis {
                kind: tidemill_core::table::JoinKind::Left,
                left: "orders".into(),
                right: "shops".into(),
                left_rows: 1_000,
                right_rows: 1,
                out_rows: 3,
                left_unmatched: 997,
                left_unmatched_examples: vec!["shop=7".into(), "shop=8".into()],
                right_unmatched: 1,
                right_unmatched_examples: vec!["shop_right=1".into()],
                left_null_keys: 5,
                right_null_keys: 0,
                max_matches_per_left: 2,
                max_matches_key: Some("shop=9".into()),
                max_matches_per_right: 1,
                expect: None,
            }],
            ..TaskReport::default()
        };
        let account = Account::of(&report);
        assert_eq!(
            (account.rows_in(), account.rejected(), account.dropped()),
            ("1,000 + 1".into(), "2".into(), "1".into())
        );
        insta::assert_snapshot!(account.lines().join("\n"), @r"
        1,000 rows in from orders
        1 row in from shops
        2 rows rejected: negative
        1 row dropped by missing: drop
        a row of orders matched up to 2 of shops (shop=9)
        997 of 1,000 rows of orders match none of shops (5 with a NULL key), such as shop=7, shop=8
        1 of 1 row of shops match none of orders, such as shop=1
        3 rows out
        ");
        assert_eq!(account.notes(), ["2 rejected: negative", "1 dropped: missing: drop"]);
    }
}
