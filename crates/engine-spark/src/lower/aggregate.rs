//! Groups.
//!
//! Floats are added in the order of the rows, as on this machine: by a running window over the group, of which the first row is
//! taken. Ints and decimals are added exactly, in any order.

use tidemill_core::table::{AggCall, DataType, Expr, Rel, Schema, SortKey, Value};

use super::decimal::{MOST_DIGITS, Number, decimal, digits, quotient};
use super::expression::Scope;
use super::literal::{quoted, spark_type};
use super::moments::Moment;
use super::ordinal::{Lowered, Ordinal};
use super::relation::{Lowerer, kept, partition_by};
use super::{Lowering, refused};

/// A metric whose arguments are columns: `a2_0` is the first one of the metric number 2, NULL where its filter is not true.
pub(super) struct Metric<'a> {
    /// Its place.
    pub number: usize,
    /// The call.
    pub call: &'a AggCall,
}

impl Metric<'_> {
    fn arg(&self, place: usize) -> String {
        format!("a{}_{place}", self.number)
    }

    fn of(&self) -> DataType {
        self.call.args.first().map_or(DataType::Null, |arg| arg.data_type)
    }

    /// An argument as a float.
    pub fn float(&self, place: usize) -> String {
        let is_float = self.call.args.get(place).is_some_and(|arg| arg.data_type == DataType::Float);
        if is_float { self.arg(place) } else { format!("cast({} as double)", self.arg(place)) }
    }

    /// Whether its rows may be taken in an order of their own: where that is nothing to floats that are added.
    fn may_have_an_order(&self) -> bool {
        let takes_rows = ["first", "last", "any_value", "string_agg", "percentile_cont", "percentile_disc", "mode"];
        !self.call.distinct && takes_rows.contains(&self.call.func.name)
    }

    /// What orders its rows beside their own order: `b2_0` is the first key of the metric number 2.
    fn sort_keys(&self) -> Vec<String> {
        (0..self.call.order_by.len()).map(|place| format!("b{}_{place}", self.number)).collect()
    }

    /// The number of a row in its group, in the order in which the metric takes them.
    pub fn row(&self, passes: &mut Passes) -> String {
        if self.call.order_by.is_empty() {
            passes.needs_row = true;
            return "rn".to_owned();
        }
        let name = format!("r{}", self.number);
        let by = self.order(&passes.order);
        passes.first.push(format!("row_number() over ({}order by {by}) as {name}", passes.by));
        name
    }

    /// `order by` of its rows.
    fn order(&self, rows: &str) -> String {
        let direction =
            |key: &SortKey| Ordinal { descending: key.descending, nulls_first: key.nulls_first }.direction();
        let keys = self.sort_keys().into_iter().zip(&self.call.order_by);
        keys.map(|(name, key)| format!("{name} {}, ", direction(key))).collect::<String>() + rows
    }

    /// Whether equal values that count once must be the first of them, because their order matters.
    fn takes_first_of_equal(&self) -> bool {
        let floats = self.call.args.iter().any(|arg| arg.data_type == DataType::Float);
        let name = self.call.func.name;
        let ordered = matches!(name, "string_agg" | "median") || Moment::named(name).is_some();
        self.call.distinct && (ordered || (floats && matches!(name, "sum" | "avg")))
    }
}

/// The windows that are computed over the rows before they are grouped.
pub(super) struct Passes {
    /// Over a whole group, in the order of its rows.
    pub whole: String,
    /// `partition by` of the groups, with a blank behind it, or nothing.
    pub by: String,
    /// `order by` of the rows.
    order: String,
    /// Of the first pass.
    pub first: Vec<String>,
    second: Vec<String>,
    /// Whether the number of the row in its group is needed.
    needs_row: bool,
}

impl Passes {
    /// A sum in row order, of the first pass.
    pub fn sum(&mut self, x: &str, name: &str) {
        self.needs_row = true;
        self.first.push(format!("sum({x}) over {} as {name}", self.whole));
    }

    /// A sum in row order of what the first pass has made.
    pub fn again(&mut self, x: &str, name: &str) {
        self.needs_row = true;
        self.second.push(format!("sum({x}) over {} as {name}", self.whole));
    }

    /// The value that all rows of a group have, taken of the first.
    pub fn of_first_row(&self, name: &str) -> String {
        format!("max(case when rn = 1 then {name} end)")
    }
}

impl Lowerer<'_> {
    pub(super) fn aggregate(
        &self,
        input: &Rel,
        keys: &[(String, Expr)],
        metrics: &[(String, AggCall)],
        schema: Schema,
    ) -> Lowering<Lowered> {
        let input = self.rel(input)?;
        let metrics: Vec<Metric<'_>> =
            metrics.iter().enumerate().map(|(number, (_, call))| Metric { number, call }).collect();
        let group: Vec<String> = (0..keys.len()).map(|i| format!("k{i}")).collect();
        let mut sql = arguments(&input, keys, &metrics)?;
        sql = first_of_equal_values(sql, &input, &group, &metrics);
        let order = input.order_by();
        let whole = format!(
            "({}order by {order} rows between unbounded preceding and unbounded following)",
            partition_by(&group)
        );
        let by = partition_by(&group);
        let mut passes =
            Passes { whole, by, order: order.clone(), first: Vec::new(), second: Vec::new(), needs_row: false };
        let mut picks = Vec::new();
        for metric in &metrics {
            let pick = pick(metric, &mut passes)?;
            let place = keys.len() + metric.number;
            picks.push(format!("cast({pick} as {}) as c{place}", spark_type(metric.call.data_type)));
        }
        if passes.needs_row {
            passes.first.push(format!("row_number() over ({}order by {order}) as rn", passes.by));
        }
        for pass in [&passes.first, &passes.second].into_iter().filter(|pass| !pass.is_empty()) {
            sql = format!("select *, {} from ({sql}) t", pass.join(", "));
        }
        Ok(grouped(&sql, keys, picks, schema))
    }
}

/// The keys, the filters and the arguments as columns.
fn arguments(input: &Lowered, keys: &[(String, Expr)], metrics: &[Metric<'_>]) -> Lowering<String> {
    let scope = Scope::of(&input.schema, "t.");
    let mut list: Vec<String> = Vec::new();
    for (i, (_, key)) in keys.iter().enumerate() {
        list.push(format!("{} as k{i}", scope.expr(key)?));
    }
    for metric in metrics {
        if !metric.call.order_by.is_empty() && !metric.may_have_an_order() {
            let what = if metric.call.distinct { "with `distinct` and `order by`" } else { "with `order by`" };
            return Err(refused(format!("`{}` {what} cannot be computed", metric.call.func.name)));
        }
        for (name, key) in metric.sort_keys().iter().zip(&metric.call.order_by) {
            list.push(format!("{} as {name}", scope.expr(&key.expr)?));
        }
        let filter = metric.call.filter.as_ref().map(|filter| scope.expr(filter)).transpose()?;
        list.push(format!("{} as f{}", filter.as_deref().unwrap_or("true"), metric.number));
        for (place, arg) in metric.call.args.iter().enumerate() {
            let sql = scope.expr(arg)?;
            let sql = match arg.data_type {
                DataType::Null => format!("cast({sql} as {})", spark_type(metric.call.data_type)),
                _ => sql,
            };
            let sql = match &filter {
                Some(filter) => format!("(case when {filter} then {sql} end)"),
                None => sql,
            };
            list.push(format!("{sql} as {}", metric.arg(place)));
        }
    }
    list.extend(input.ordinals());
    Ok(format!("select {} from {} t", list.join(", "), input.nested()))
}

/// The same where, of equal values that count once in an order, all but the first are NULL.
fn first_of_equal_values(sql: String, input: &Lowered, group: &[String], metrics: &[Metric<'_>]) -> String {
    let distinct: Vec<&Metric<'_>> = metrics.iter().filter(|metric| metric.takes_first_of_equal()).collect();
    if distinct.is_empty() {
        return sql;
    }
    let order = input.order_by();
    let number = |metric: &&Metric<'_>| {
        let args = (0..metric.call.args.len()).map(|place| metric.arg(place));
        let by = partition_by(&group.iter().cloned().chain(args).collect::<Vec<_>>());
        format!("row_number() over ({by}order by {order}) as d{}", metric.number)
    };
    let numbers: Vec<String> = distinct.iter().map(number).collect();
    let mut list: Vec<String> = group.to_vec();
    for metric in metrics {
        list.push(format!("f{}", metric.number));
        list.extend(metric.sort_keys());
        for place in 0..metric.call.args.len() {
            let arg = metric.arg(place);
            list.push(match metric.takes_first_of_equal() {
                true => format!("case when d{} = 1 then {arg} end as {arg}", metric.number),
                false => arg,
            });
        }
    }
    list.extend(input.ordinals());
    format!("select {} from (select *, {} from ({sql}) t) t", list.join(", "), numbers.join(", "))
}

/// One row for each group, in the order of the keys.
fn grouped(sql: &str, keys: &[(String, Expr)], picks: Vec<String>, schema: Schema) -> Lowered {
    let mut list: Vec<String> = Vec::new();
    for (i, (_, key)) in keys.iter().enumerate() {
        list.push(format!("cast(k{i} as {}) as c{i}", spark_type(key.data_type)));
    }
    list.extend(picks);
    let mut order = Vec::new();
    for (i, (_, key)) in keys.iter().enumerate() {
        list.push(format!("{} as o{i}", kept(format!("k{i}"), key.data_type)));
        order.push(Ordinal::ASCENDING);
    }
    if keys.is_empty() {
        list.push("0 as o0".to_owned());
        order.push(Ordinal::ASCENDING);
    }
    let group: Vec<String> = (0..keys.len()).map(|i| format!("k{i}")).collect();
    let by = if keys.is_empty() { String::new() } else { format!(" group by {}", group.join(", ")) };
    Lowered { sql: format!("select {} from ({sql}) t{by}", list.join(", ")), schema, order }
}

/// The value of a metric for a group.
fn pick(metric: &Metric<'_>, passes: &mut Passes) -> Lowering<String> {
    let (j, name, a) = (metric.number, metric.call.func.name, metric.arg(0));
    let distinct = if metric.call.distinct { "distinct " } else { "" };
    if let Some(moment) = Moment::named(name) {
        return Ok(moment.pick(metric, passes));
    }
    Ok(match name {
        "count" if metric.call.args.is_empty() => format!("count(case when f{j} then 1 end)"),
        // A row of which one value is missing counts for nothing, there as here.
        "count" => {
            let args = (0..metric.call.args.len()).map(|place| metric.arg(place)).collect::<Vec<_>>();
            format!("count({distinct}{})", args.join(", "))
        }
        "sum" | "avg" => total(metric, passes)?,
        "min" | "max" | "bool_and" | "bool_or" => format!("{name}({a})"),
        "first" | "last" => {
            let row = metric.row(passes);
            format!("{}_by({a}, case when f{j} then {row} end)", if name == "first" { "min" } else { "max" })
        }
        "any_value" => {
            let row = metric.row(passes);
            format!("min_by({a}, case when {a} is not null then {row} end)")
        }
        "min_by" | "max_by" => {
            let (row, key) = (metric.row(passes), metric.arg(1));
            let sign = if name == "min_by" { "" } else { "-" };
            // Of equal keys the first row.
            let place = format!("named_struct('k', {key}, 'n', {sign}{row})");
            format!("{name}({a}, case when {a} is not null and {key} is not null then {place} end)")
        }
        "string_agg" => {
            let row = metric.row(passes);
            let separator = match &metric.call.func.parameter {
                Some((_, Value::String(separator))) => quoted(separator),
                _ => return Err(refused("`string_agg` without a separator cannot be computed")),
            };
            let pairs = format!("collect_list(case when {a} is not null then named_struct('n', {row}, 'x', {a}) end)");
            format!(
                "case when count({a}) > 0 then array_join(transform(array_sort({pairs}), z -> z.x), {separator}) end"
            )
        }
        "median" => median(metric, passes)?,
        "percentile_cont" => percentile(metric, passes, true)?,
        "percentile_disc" => percentile(metric, passes, false)?,
        "mode" => {
            let row = metric.row(passes);
            let by = if passes.by.is_empty() { "partition by ".to_owned() } else { format!("{}, ", passes.by.trim()) };
            passes.first.push(format!("count({a}) over ({by}{a}) as q{j}"));
            format!("max_by({a}, case when {a} is not null then named_struct('q', q{j}, 'n', -{row}) end)")
        }
        other => return Err(refused(format!("`{other}` cannot be computed"))),
    })
}

/// At a part of the way from the first to the last of the values that are there, between two of them or at one of them.
fn percentile(metric: &Metric<'_>, passes: &mut Passes, between: bool) -> Lowering<String> {
    let (j, a) = (metric.number, metric.arg(0));
    let fraction = match &metric.call.func.parameter {
        Some((_, Value::Float(fraction))) => format!("{fraction:e}D"),
        _ => return Err(refused(format!("`{}` of no constant cannot be computed", metric.call.func.name))),
    };
    let order = metric.order(&passes.order);
    let so_far = "rows between unbounded preceding and current row";
    passes.first.push(format!("count({a}) over ({}order by {order} {so_far}) as m{j}", passes.by));
    passes.first.push(format!("count({a}) over ({}) as n{j}", passes.by.trim()));
    let at = |place: &str| format!("max(case when {a} is not null and m{j} = {place} then {a} end)");
    if !between {
        return Ok(at(&format!("greatest(ceil({fraction} * n{j}), 1L)")));
    }
    let place = format!("({fraction} * (n{j} - 1L))");
    let (low, high) = (at(&format!("floor({place}) + 1L")), at(&format!("ceil({place}) + 1L")));
    let part = format!("max({place} - floor({place}))");
    Ok(format!("(case when {part} = 0D then {low} else {low} + {part} * ({high} - {low}) end)"))
}

/// `sum` and `avg`.
fn total(metric: &Metric<'_>, passes: &mut Passes) -> Lowering<String> {
    let (a, to) = (metric.arg(0), metric.call.data_type);
    let distinct = if metric.call.distinct { "distinct " } else { "" };
    let is_sum = metric.call.func.name == "sum";
    Ok(match metric.of() {
        DataType::Float => {
            let name = format!("s{}", metric.number);
            passes.sum(&a, &name);
            let sum = passes.of_first_row(&name);
            if is_sum { sum } else { format!("{sum} / cast(nullif(count({a}), 0) as double)") }
        }
        of => {
            let sum = exact_sum(&a, distinct, of);
            match to {
                _ if is_sum => format!("cast({sum} as {})", spark_type(to)),
                DataType::Decimal { precision, scale } => {
                    mean(&sum, of, &format!("count({distinct}{a})"), precision, scale)?
                }
                _ => format!("cast({sum} as double) / cast(nullif(count({distinct}{a}), 0) as double)"),
            }
        }
    })
}

/// The type in which ints and decimals are added: Spark's sum has ten digits more.
pub(super) fn summand(of: DataType) -> DataType {
    let (precision, scale) = digits(of);
    decimal(precision.max(28), scale)
}

/// A sum in the widest decimal. Ints are added in two halves, which is several times as fast as decimals are.
fn exact_sum(values: &str, distinct: &str, of: DataType) -> String {
    if of != DataType::Int || !distinct.is_empty() {
        let summands = format!("{distinct}cast({values} as {})", spark_type(summand(of)));
        return format!("cast(sum({summands}) as decimal({MOST_DIGITS},{}))", digits(of).1);
    }
    let half = |half: &str| format!("cast(sum({half}) as decimal(20,0))");
    let (high, low) = (half(&format!("shiftright({values}, 32)")), half(&format!("{values} & 4294967295L")));
    format!("cast({high} * cast(4294967296L as decimal(10,0)) + {low} as decimal({MOST_DIGITS},0))")
}

/// A sum of decimals divided by their number.
pub(super) fn mean(sum: &str, of: DataType, count: &str, precision: u8, scale: u8) -> Lowering<String> {
    let count = format!("cast(nullif({count}, 0) as decimal(19,0))");
    let sum = Number { sql: sum, data_type: decimal(MOST_DIGITS, digits(of).1) };
    quotient(&sum, &Number { sql: &count, data_type: decimal(19, 0) }, precision, scale)
}

/// The value in the middle, or the mean of the two.
fn median(metric: &Metric<'_>, passes: &mut Passes) -> Lowering<String> {
    let (j, a) = (metric.number, metric.arg(0));
    let (by, order) = (&passes.by, &passes.order);
    // -0.0 lies below 0.0 here, and beside it on Spark.
    let zeros = if metric.of() == DataType::Float {
        format!("{a} <> 0D or cast({a} as string) = '0.0', ")
    } else {
        String::new()
    };
    let number = format!("row_number() over ({by}order by {a} asc nulls last, {zeros}{order}) as m{j}");
    let count = format!("count({a}) over ({}) as n{j}", by.trim());
    passes.first.extend([number, count]);
    let low = format!("max(case when m{j} = (n{j} + 1) div 2 then {a} end)");
    let high = format!("max(case when m{j} = n{j} div 2 + 1 then {a} end)");
    if let DataType::Decimal { precision, scale } = metric.call.data_type {
        let of = digits(metric.of()).1;
        let sum = format!("cast(({low} + {high}) as decimal({MOST_DIGITS},{of}))");
        let sum = Number { sql: &sum, data_type: decimal(MOST_DIGITS, of) };
        return quotient(&sum, &Number { sql: "cast(2 as decimal(1,0))", data_type: decimal(1, 0) }, precision, scale);
    }
    let float = |x: &str| if metric.of() == DataType::Float { x.to_owned() } else { format!("cast({x} as double)") };
    Ok(format!("({} / 2D + {} / 2D)", float(&low), float(&high)))
}
