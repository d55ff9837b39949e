//! What a join does to its rows, told from the keys' counts.

use tidemill_core::table::{DataType, EngineError, JOIN_EXAMPLES, JoinDiagnosis, JoinKind, JoinStep};

use crate::job::JobContext;
use crate::lower::{Lowered, Scope, cast, order_by};

/// A side of a join: `q` is a query of its keys `k0, k1, …`, `there` (whether none is NULL) and the value `row` by which its rows
/// are in order.
struct Side {
    lowered: Lowered,
    q: String,
    /// The keys as texts, for messages.
    texts: Vec<String>,
    /// What the keys are called there.
    names: Vec<Option<String>>,
}

impl Side {
    fn of(step: &JoinStep, is_left: bool, context: &JobContext<'_>) -> Result<Self, EngineError> {
        let refused = |refused: tidemill_core::table::Unsupported| EngineError::Internal(refused.message);
        let rel = if is_left { &step.left } else { &step.right };
        let lowered = context.lowered(rel)?;
        let scope = Scope::of(&lowered.schema, "t.");
        let keys: Vec<_> = step.on.iter().map(|(left, right)| if is_left { left } else { right }).collect();
        let sql = scope.exprs(keys.iter().copied()).map_err(refused)?;
        let texts = keys.iter().enumerate().map(|(i, key)| cast(&format!("k{i}"), key.data_type, DataType::String));
        let texts = texts.collect::<Result<_, _>>().map_err(refused)?;
        let names = keys.iter().map(|key| rel.key_name(key).map(str::to_owned)).collect();
        // Where largest values come first the rows have to be counted.
        let counted = || format!("row_number() over (order by {})", order_by(&lowered.order));
        let row = lowered.place("t.").unwrap_or_else(counted);
        let mut list: Vec<String> = sql.iter().enumerate().map(|(i, key)| format!("{key} as k{i}")).collect();
        let is_there: Vec<String> = sql.iter().map(|key| format!("{key} is not null")).collect();
        list.push(format!("{} as there", if sql.is_empty() { "true".to_owned() } else { is_there.join(" and ") }));
        list.push(format!("{row} as row"));
        let q = format!("(select t.*, {} from {} t)", list.join(", "), lowered.nested());
        Ok(Self { lowered, q, texts, names })
    }

    fn keys(&self) -> Vec<String> {
        (0..self.names.len()).map(|i| format!("k{i}")).collect()
    }

    /// The keys that are there with how often and in which row first.
    fn counted(&self) -> String {
        let keys = self.keys();
        let by =
            if keys.is_empty() { "having count(*) > 0".to_owned() } else { format!("group by {}", keys.join(", ")) };
        let list = [keys, vec!["count(*) as n".to_owned(), "min(row) as first".to_owned()]].concat().join(", ");
        format!("(select {list} from {} s where there {by})", self.q)
    }

    /// A key as text: `product_id=7`.
    fn text(&self, of: impl Fn(usize) -> Option<String>) -> String {
        let part = |(i, name): (usize, &Option<String>)| {
            let shown = of(i).unwrap_or_default();
            name.as_ref().map_or(shown.clone(), |name| format!("{name}={shown}"))
        };
        self.names.iter().enumerate().map(part).collect::<Vec<_>>().join(", ")
    }
}

/// The first key that stands most often on a side, if any stands there twice.
///
/// # Errors
/// If the statement fails.
pub(crate) fn most_frequent(
    step: &JoinStep,
    is_left: bool,
    context: &JobContext<'_>,
) -> Result<Option<(String, u64)>, EngineError> {
    let side = Side::of(step, is_left, context)?;
    let list = [side.texts.clone(), vec!["n".to_owned()]].concat().join(", ");
    let sql = format!("select {list} from {} c where n > 1 order by n desc, first limit 1", side.counted());
    let found = context.rows(&sql)?;
    let place = side.names.len();
    Ok((found.len() > 0).then(|| (side.text(|i| found.text(0, i)), found.count(0, place))))
}

/// The diagnosis of a join.
///
/// # Errors
/// If a statement fails.
pub(crate) fn diagnose(step: &JoinStep, context: &JobContext<'_>) -> Result<JoinDiagnosis, EngineError> {
    let (left, right) = (Side::of(step, true, context)?, Side::of(step, false, context)?);
    let pairs = Pairs::of(step, &left, &right)?;
    let numbers = context.rows(&pairs.numbers())?;
    let number = |at| numbers.count(0, at);
    let (left_rows, right_rows, left_unmatched, right_unmatched) = (number(0), number(1), number(4), number(5));
    let matched = number(6);
    let out_rows = match step.kind {
        JoinKind::Inner | JoinKind::Cross => matched,
        JoinKind::Left => matched + left_unmatched,
        JoinKind::Right => matched + right_unmatched,
        JoinKind::Full => matched + left_unmatched + right_unmatched,
        JoinKind::Semi => left_rows - left_unmatched,
        JoinKind::Anti => left_unmatched,
    };
    let (left_name, right_name) = step.diagnose.clone().unwrap_or_default();
    let max_matches_per_left = number(7);
    let max_matches_key = match max_matches_per_left > 0 && !step.on.is_empty() {
        true if pairs.is_by_key => Some(left.text(|i| numbers.text(0, 9 + i))),
        true => {
            let list = left.texts.join(", ");
            let found =
                context.rows(&format!("select {list} from {} t order by n desc, row limit 1", pairs.by_left_row()))?;
            (found.len() > 0).then(|| left.text(|i| found.text(0, i)))
        }
        false => None,
    };
    Ok(JoinDiagnosis {
        kind: step.kind,
        left: left_name,
        right: right_name,
        left_rows,
        right_rows,
        out_rows,
        left_unmatched,
        left_unmatched_examples: examples(&left, &pairs.unmatched(true), left_unmatched, context)?,
        right_unmatched,
        right_unmatched_examples: examples(&right, &pairs.unmatched(false), right_unmatched, context)?,
        left_null_keys: number(2),
        right_null_keys: number(3),
        max_matches_per_left,
        max_matches_key,
        max_matches_per_right: number(8),
        expect: step.expect,
    })
}

/// Keys of rows without a pair, each once, in row order; rows whose key is NULL are not shown.
fn examples(side: &Side, rows: &str, count: u64, context: &JobContext<'_>) -> Result<Vec<String>, EngineError> {
    if count == 0 {
        return Ok(Vec::new());
    }
    if side.names.is_empty() {
        // Without keys all rows have the same one, of which there is nothing to say.
        return Ok(vec![String::new()]);
    }
    let (keys, texts) = (side.keys().join(", "), side.texts.join(", "));
    let first = format!("(select {keys}, min(row) as first from {rows} t where there group by {keys})");
    let found = context.rows(&format!("select {texts} from {first} t order by first limit {JOIN_EXAMPLES}"))?;
    Ok((0..found.len()).map(|row| side.text(|i| found.text(row, i))).collect())
}

/// The pairs of a join: by the counts of keys, or, where a condition decides beside them, each by itself.
struct Pairs<'a> {
    left: &'a Side,
    right: &'a Side,
    /// What is true of a pair, over the rows `l` and `r`.
    on: String,
    is_by_key: bool,
}

impl<'a> Pairs<'a> {
    fn of(step: &JoinStep, left: &'a Side, right: &'a Side) -> Result<Self, EngineError> {
        let keys: Vec<String> = (0..step.on.len()).map(|i| format!("l.k{i} = r.k{i}")).collect();
        let mut on = keys;
        if let Some(condition) = &step.condition {
            let scope = Scope::of(&left.lowered.schema, "l.").beside(Scope::of(&right.lowered.schema, "r."));
            on.push(scope.expr(condition).map_err(|refused| EngineError::Internal(refused.message))?);
        }
        let on = if on.is_empty() { "true".to_owned() } else { on.join(" and ") };
        Ok(Self { left, right, on, is_by_key: step.condition.is_none() })
    }

    /// The rows of a side that have no pair.
    fn unmatched(&self, is_left: bool) -> String {
        let (ours, theirs, our_name, their_name) = match is_left {
            true => (self.left, self.right, "l", "r"),
            false => (self.right, self.left, "r", "l"),
        };
        format!(
            "(select {our_name}.* from {} {our_name} left anti join {} {their_name} on {})",
            ours.q, theirs.q, self.on
        )
    }

    /// One row: the rows of the left and of the right side, those of either whose key is NULL, those of either without a pair, the
    /// pairs, the most of them that a left and a right row has. By keys, the key behind the first left row of those that have most is
    /// told too, as texts.
    fn numbers(&self) -> String {
        if self.is_by_key {
            return self.numbers_by_key();
        }
        let count = |of: &str| format!("(select count(*) from {of} t)");
        let nulls = |side: &Side| format!("(select count(*) from {} t where not there)", side.q);
        let list = [
            count(&self.left.q),
            count(&self.right.q),
            nulls(self.left),
            nulls(self.right),
            count(&self.unmatched(true)),
            count(&self.unmatched(false)),
            format!("(select count(*) from {} l join {} r on {})", self.left.q, self.right.q, self.on),
            self.most(true),
            self.most(false),
        ];
        format!("select {}", list.join(", "))
    }

    /// Each side is read once: its keys are counted, and the counts of both put beside each other.
    fn numbers_by_key(&self) -> String {
        let counted = |side: &Side| {
            let keys = side.keys();
            let by = if keys.is_empty() {
                " having count(*) > 0".to_owned()
            } else {
                format!(" group by {}", keys.join(", "))
            };
            let list = [keys, vec!["count(*) as n, min(row) as first, bool_and(there) as there".to_owned()]].concat();
            format!("(select {} from {} s{by})", list.join(", "), side.q)
        };
        let keys = self.left.keys().into_iter().map(|key| format!(", l.{key}")).collect::<String>();
        let beside = format!(
            "(select l.n as nl, r.n as nr, l.there as tl, r.there as tr, l.first as first{keys} from {} l full join {} r on {})",
            counted(self.left),
            counted(self.right),
            self.on
        );
        let sum = |what: &str| format!("coalesce(cast(sum({what}) as bigint), 0L)");
        let most = |what: &str, of: &str| format!("coalesce(max(case when {of} is not null then {what} end), 0L)");
        let mut list = vec![
            sum("nl"),
            sum("nr"),
            sum("case when not tl then nl end"),
            sum("case when not tr then nr end"),
            sum("case when nr is null then nl end"),
            sum("case when nl is null then nr end"),
            sum("nl * nr"),
            most("nr", "nl"),
            most("nl", "nr"),
        ];
        // The least of these is that of the first row among those that have most.
        let place = "case when nl is not null and nr is not null then named_struct('n', -nr, 'row', first) end";
        list.extend(self.left.texts.iter().map(|text| format!("min_by({text}, {place})")));
        format!("select {} from {beside} t", list.join(", "))
    }

    /// The most pairs that a row of a side has.
    fn most(&self, is_left: bool) -> String {
        let row = if is_left { "l.row" } else { "r.row" };
        let counted = format!(
            "(select count(*) as n from {} l join {} r on {} group by {row})",
            self.left.q, self.right.q, self.on
        );
        format!("(select coalesce(max(n), 0L) from {counted} t)")
    }

    /// The keys of left rows with a pair, how many they have (`n`) and where the row is.
    fn by_left_row(&self) -> String {
        let list: Vec<String> = self.left.keys().iter().map(|key| format!("l.{key}")).collect();
        let list = list.join(", ");
        format!(
            "(select {list}, l.row as row, count(*) as n from {} l join {} r on {} group by {list}, l.row)",
            self.left.q, self.right.q, self.on
        )
    }
}
