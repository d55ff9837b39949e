//! Rows taken out with a reason, and the rows of the source that were.

use tidemill_core::table::{RejectRule, Rel};

use super::convert::Converted;
use super::expression::Scope;
use super::ordinal::Lowered;
use super::relation::Lowerer;
use super::source::Source;
use super::stored::Stored;
use super::{Lowering, refused};

/// Rows of one file have numbers below this in the order of a stored table.
const ROWS_OF_FILE: &str = "1099511627776L";

impl Lowerer<'_> {
    /// The rows that no rule applies to.
    pub(super) fn reject(&self, input: &Rel, rules: &[RejectRule]) -> Lowering<Lowered> {
        let input = self.rel(input)?;
        let applies = rules_that_apply(&input, rules)?;
        let sql = format!("select {} from {} t where not ({})", input.all(), input.nested(), applies.join(" or "));
        Ok(Lowered { sql, ..input })
    }

    /// The rejected rows of a job as [`RejectedElsewhere`](tidemill_core::table::RejectedElsewhere) has them, in order: row, step,
    /// number in the step, value, and the source's columns, as `c0, c1, …`.
    pub(crate) fn rejected(&self, rel: &Rel) -> Lowering<String> {
        let source_rel = rel.rejected_from();
        let source = self.rel(source_rel)?;
        let all = rel.rejecting().into_iter().enumerate();
        let all =
            all.map(|(step, rel)| self.rejected_by(rel, step, source.order.len())).collect::<Lowering<Vec<_>>>()?;
        let same: Vec<String> = (0..source.order.len()).map(|i| format!("r.p{i} <=> s.o{i}")).collect();
        let columns: String = (0..source.schema.len()).map(|i| format!(", s.c{i} as c{}", i + 4)).collect();
        Ok(format!(
            "select s.row as c0, r.step as c1, r.number as c2, r.value as c3{columns} from ({}) r join ({}) s on {} order by c0",
            all.join(" union all "),
            self.numbered(source_rel, &source.sql, &source)?,
            same.join(" and ")
        ))
    }

    /// The rows that one step rejects: where they stand in the source, and why.
    fn rejected_by(&self, rel: &Rel, step: usize, ordinals: usize) -> Lowering<String> {
        let (sql, input, number, value) = match rel {
            Rel::Reject { input, rules } => {
                let input = self.rel(input)?;
                let applies = rules_that_apply(&input, rules)?;
                (input.nested(), input, first_of(&applies, |i| format!("{i}L")), "cast(null as string)".to_owned())
            }
            Rel::Convert { input, columns, .. } => {
                let Converted { sql, input, columns } = self.converted(input, columns)?;
                let unfit: Vec<usize> = (0..columns.len()).filter(|j| columns[*j].may_be_unfit).collect();
                let conditions: Vec<String> = unfit.iter().map(|j| format!("b{j}")).collect();
                let number = first_of(&conditions, |i| format!("{}L", unfit[i]));
                (format!("({sql})"), input, number, first_of(&conditions, |i| format!("x{}", unfit[i])))
            }
            _ => return Err(refused("a step that rejects no rows cannot be asked for them")),
        };
        // Each step has put its own ordinals before those of the source.
        let first = input.order.len().saturating_sub(ordinals);
        let places: Vec<String> = (0..ordinals).map(|i| format!("o{} as p{i}", first + i)).collect();
        Ok(format!(
            "select * from (select {}, {step}L as step, {number} as number, {value} as value from {sql} t) t where number is not null",
            places.join(", ")
        ))
    }

    /// The rows of `sql`, which are those of a relation, one for one, with their numbers in it from 0 as `row`.
    ///
    /// Where rows are in order by their files, these are counted, so that nothing has to be sorted.
    pub(crate) fn numbered(&self, rel: &Rel, sql: &str, lowered: &Lowered) -> Lowering<String> {
        let mut base = rel;
        while let Rel::Project { input, .. } | Rel::Convert { input, .. } | Rel::Fill { input, .. } = base {
            base = input;
        }
        if !self.is_numbered_by_file(base) {
            let order = lowered.order_by();
            return Ok(format!(
                "select *, cast(row_number() over (order by {order}) - 1 as bigint) as row from ({sql}) t"
            ));
        }
        let counted =
            format!("select o0 div {ROWS_OF_FILE} as file, count(*) as n from ({}) t group by 1", self.rel(base)?.sql);
        let starts =
            format!("select file, cast(sum(n) over (order by file) - n as bigint) as start from ({counted}) t");
        Ok(format!(
            "select /*+ broadcast(n) */ t.*, t.o0 % {ROWS_OF_FILE} + n.start as row from ({sql}) t join ({starts}) n on t.o0 div {ROWS_OF_FILE} = n.file"
        ))
    }

    /// Whether the order of a relation is one number, of the file and of the row in it.
    fn is_numbered_by_file(&self, rel: &Rel) -> bool {
        match rel {
            Rel::Input { task, .. } => {
                let stored = self.inputs.table(task);
                matches!(stored, Some(Stored::Staged { .. } | Stored::Sorted { .. } | Stored::Files(Source::Files(_))))
            }
            Rel::Scan(scan) => matches!(self.inputs.source(scan), Some(Source::Files(_))),
            _ => false,
        }
    }
}

/// Whether each rule is true of a row of `t`.
fn rules_that_apply(input: &Lowered, rules: &[RejectRule]) -> Lowering<Vec<String>> {
    let scope = Scope::of(&input.schema, "t.");
    rules.iter().map(|rule| Ok(format!("coalesce({}, false)", scope.expr(&rule.predicate)?))).collect()
}

/// What `then` gives for the first condition that is true; NULL if none is.
fn first_of(conditions: &[String], then: impl Fn(usize) -> String) -> String {
    let branches: String =
        conditions.iter().enumerate().map(|(i, condition)| format!(" when {condition} then {}", then(i))).collect();
    if branches.is_empty() { "null".to_owned() } else { format!("case{branches} end") }
}
