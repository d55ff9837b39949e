//! Windows. The ordinals end every `order by`, so that rows which tie keep their order.

use tidemill_core::table::{AggCall, DataType, FrameBound, Rel, Schema, Value, WindowCall, WindowFrame, WindowFunc};

use super::aggregate::{mean, summand};
use super::decimal::{MOST_DIGITS, digits};
use super::expression::Scope;
use super::literal::{constant, spark_type};
use super::ordinal::{Lowered, Ordinal};
use super::relation::{Lowerer, partition_by};
use super::{Lowering, refused};

/// A window in SQL.
struct Window {
    partition: Vec<String>,
    /// What it is ordered by, with directions.
    keys: Vec<String>,
    /// The same without.
    peers: Vec<String>,
    /// The ordinals of the rows.
    rows: String,
}

impl Window {
    fn of(call: &WindowCall, scope: &Scope, rows: String) -> Lowering<Self> {
        let partition = scope.exprs(&call.partition_by)?;
        let peers = scope.exprs(call.order_by.iter().map(|key| &key.expr))?;
        let direction = |key: &tidemill_core::table::SortKey| {
            Ordinal { descending: key.descending, nulls_first: key.nulls_first }.direction()
        };
        let keys = peers.iter().zip(&call.order_by).map(|(sql, key)| format!("{sql} {}", direction(key))).collect();
        Ok(Self { partition, keys, peers, rows })
    }

    /// Over the partition in the window's order, rows that tie in theirs.
    fn full(&self) -> String {
        let order = [self.keys.as_slice(), std::slice::from_ref(&self.rows)].concat().join(", ");
        format!("{}order by {order}", partition_by(&self.partition))
    }

    /// The last value among the peers of a row, of something that runs over rows.
    fn of_last_peer(&self, x: &str) -> String {
        let by = partition_by(&[self.partition.as_slice(), &self.peers].concat());
        format!(
            "last_value({x}) over ({by}order by {} rows between unbounded preceding and unbounded following)",
            self.rows
        )
    }
}

impl Lowerer<'_> {
    pub(super) fn window(&self, input: &Rel, columns: &[(String, WindowCall)], schema: Schema) -> Lowering<Lowered> {
        let input = self.rel(input)?;
        let scope = Scope::of(&input.schema, "t.");
        let mut list: Vec<String> = schema.names().map(|name| scope.column(name).unwrap_or_default()).collect();
        // What runs over rows and counts by peers is taken of the last peer, in a second step.
        let mut by_peers = Vec::new();
        for (name, call) in columns {
            let place = schema.names().position(|known| known == name).unwrap_or_default();
            let window = Window::of(call, &scope, input.order_by())?;
            let sql = value(call, &window, &scope)?;
            list[place] = format!("cast({sql} as {})", spark_type(call.data_type));
            let runs = matches!(call.func, WindowFunc::Agg(_)) || call_name(call) == Some("last_value");
            if runs && call.frame == WindowFrame::RUNNING_PEERS && !window.keys.is_empty() {
                by_peers.push((place, Window::of(call, &Scope::of(&input.schema, "p"), input.order_by())?));
            }
        }
        let mut list: Vec<String> = list.iter().enumerate().map(|(i, sql)| format!("{sql} as c{i}")).collect();
        // The keys of those windows are columns of the input, so they go along.
        if !by_peers.is_empty() {
            list.extend((0..input.schema.len()).map(|i| format!("t.c{i} as pc{i}")));
        }
        list.extend(input.ordinals());
        let mut sql = format!("select {} from {} t", list.join(", "), input.nested());
        if !by_peers.is_empty() {
            let mut list: Vec<String> = (0..schema.len()).map(|i| format!("c{i}")).collect();
            for (place, window) in by_peers {
                list[place] = format!("{} as c{place}", window.of_last_peer(&format!("c{place}")));
            }
            list.extend(input.ordinals());
            sql = format!("select {} from ({sql}) t", list.join(", "));
        }
        Ok(Lowered { sql, schema, order: input.order })
    }
}

fn call_name(call: &WindowCall) -> Option<&'static str> {
    match &call.func {
        WindowFunc::Call { name, .. } => Some(name),
        WindowFunc::Agg(_) => None,
    }
}

/// The rows of a frame.
fn frame(call: &WindowCall) -> Lowering<String> {
    let WindowFrame { start, end } = &call.frame;
    let is_running = call.frame.is_running() || call.order_by.is_empty() && *end == FrameBound::Groups(0);
    let bound = |bound: &FrameBound, unbounded: &str| match bound {
        FrameBound::Unbounded => Ok(format!("unbounded {unbounded}")),
        FrameBound::Rows(0) => Ok("current row".to_owned()),
        FrameBound::Rows(rows) if *rows < 0 => Ok(format!("{} preceding", -rows)),
        FrameBound::Rows(rows) => Ok(format!("{rows} following")),
        FrameBound::Groups(_) => Err(refused("a frame of `groups` cannot be computed")),
        FrameBound::Range { .. } => Err(refused("a frame of `range` with a distance cannot be computed")),
    };
    if is_running && *end == FrameBound::Groups(0) {
        // Without an order all rows are peers.
        let end = if call.order_by.is_empty() { "unbounded following" } else { "current row" };
        return Ok(format!("rows between unbounded preceding and {end}"));
    }
    Ok(format!("rows between {} and {}", bound(start, "preceding")?, bound(end, "following")?))
}

fn value(call: &WindowCall, window: &Window, scope: &Scope) -> Lowering<String> {
    match &call.func {
        WindowFunc::Call { ignore_nulls: true, .. } => Err(refused("`ignore nulls` cannot be computed")),
        WindowFunc::Call { name, args, .. } => of_place(name, args, call, window, scope),
        WindowFunc::Agg(agg) => of_frame(agg, call, window, scope),
    }
}

/// What a row's place says, and the value of another row.
fn of_place(
    name: &str,
    args: &[tidemill_core::table::Expr],
    call: &WindowCall,
    window: &Window,
    scope: &Scope,
) -> Lowering<String> {
    let full = window.full();
    let args_sql = scope.exprs(args)?;
    Ok(match name {
        "row_number" => format!("row_number() over ({full})"),
        "rank" | "dense_rank" if window.keys.is_empty() => "1L".to_owned(),
        "rank" | "dense_rank" => {
            format!("{name}() over ({}order by {})", partition_by(&window.partition), window.keys.join(", "))
        }
        "lag" | "lead" => {
            let offset = match args.get(1).map(constant) {
                None => 1,
                Some(Some(Value::Int(offset))) => *offset,
                Some(_) => return Err(refused(format!("`{name}` by what is no constant cannot be computed"))),
            };
            if i32::try_from(offset).is_err() {
                return Err(refused(format!("`{name}` by more than two billion rows cannot be computed")));
            }
            let back = (name == "lag") == (offset >= 0);
            let (name, count) = (if back { "lag" } else { "lead" }, offset.abs());
            let shifted = format!("{name}({}, {count}) over ({full})", args_sql[0]);
            // Spark's default is a constant, ours is computed for the row.
            match args_sql.get(2) {
                Some(default) => {
                    format!("(case when {name}(true, {count}) over ({full}) then {shifted} else {default} end)")
                }
                None => shifted,
            }
        }
        "first_value" | "last_value" => format!("{name}({}) over ({full} {})", args_sql[0], frame(call)?),
        other => return Err(refused(format!("`{other}` over a window cannot be computed"))),
    })
}

/// An aggregate over the frame.
fn of_frame(agg: &AggCall, call: &WindowCall, window: &Window, scope: &Scope) -> Lowering<String> {
    if agg.distinct || !agg.order_by.is_empty() {
        return Err(refused("`distinct` and `order by` in an aggregate over a window cannot be computed"));
    }
    let over = format!("({} {})", window.full(), frame(call)?);
    let filter = agg.filter.as_ref().map(|filter| scope.expr(filter)).transpose()?;
    let arg = agg.args.first().map(|arg| scope.expr(arg)).transpose()?;
    let of = agg.args.first().map_or(DataType::Null, |arg| arg.data_type);
    let a = match (arg, filter) {
        (Some(arg), Some(filter)) => format!("(case when {filter} then {arg} end)"),
        (Some(arg), None) => arg,
        (None, Some(filter)) => format!("(case when {filter} then 1 end)"),
        (None, None) => "1".to_owned(),
    };
    let count = format!("count({a}) over {over}");
    let sum = match of {
        DataType::Float => format!("sum({a}) over {over}"),
        _ => {
            let wide = spark_type(summand(of));
            format!("cast(sum(cast({a} as {wide})) over {over} as decimal({MOST_DIGITS},{}))", digits(of).1)
        }
    };
    Ok(match (agg.func.name, agg.data_type) {
        ("count", _) if agg.args.len() < 2 => count,
        ("min" | "max" | "bool_and" | "bool_or", _) => format!("{}({a}) over {over}", agg.func.name),
        ("sum", _) => sum,
        ("avg", DataType::Decimal { precision, scale }) => mean(&sum, of, &count, precision, scale)?,
        ("avg", _) => format!("cast({sum} as double) / cast(nullif({count}, 0) as double)"),
        (other, _) => return Err(refused(format!("`{other}` over a window cannot be computed"))),
    })
}
