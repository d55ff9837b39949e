//! Relations, one function for each step.

use tidemill_core::table::{DataType, Expr, ExprKind, JoinStep, Rel, Scan, Schema, SortKey};

use super::expression::Scope;
use super::literal::spark_type;
use super::ordinal::{Lowered, Ordinal};
use super::source::Source;
use super::stored::Stored;
use super::{Lowering, refused};

/// Columns, and joins of one query, beyond which Spark's optimizer takes minutes or all memory.
const MOST_COLUMNS: usize = 2_000;

/// Where the tables of other tasks are.
pub(crate) trait Inputs {
    /// The table of a task.
    fn table(&self, task: &str) -> Option<Stored>;

    /// The files of a scan, if the cluster reads them by itself.
    fn source(&self, scan: &Scan) -> Option<Source>;
}

/// Says relations in SQL.
pub(crate) struct Lowerer<'a> {
    /// Where inputs are.
    pub inputs: &'a dyn Inputs,
    /// The joins of which a left row is known to have one pair at most.
    pub single: Vec<&'a JoinStep>,
}

impl<'a> Lowerer<'a> {
    /// Of these inputs; nothing is known of joins.
    pub fn new(inputs: &'a dyn Inputs) -> Self {
        Self { inputs, single: Vec::new() }
    }

    /// A relation.
    pub fn rel(&self, rel: &Rel) -> Lowering<Lowered> {
        let schema = rel.schema();
        if schema.len() > MOST_COLUMNS {
            return Err(refused(format!("a table of more than {MOST_COLUMNS} columns cannot be computed")));
        }
        match rel {
            Rel::Input { task, .. } => self.input(task, schema),
            Rel::Unit => Ok(Lowered { sql: "select 0L as o0".to_owned(), schema, order: vec![Ordinal::ASCENDING] }),
            Rel::Project { input, columns } => project(&self.rel(input)?, columns, schema),
            Rel::Filter { input, predicate, .. } => filter(self.rel(input)?, predicate),
            Rel::Fill { input, columns } => self.fill(input, columns),
            Rel::Distinct { input, on } => distinct(&self.rel(input)?, on.as_deref()),
            Rel::Sort { input, by } => sort(&self.rel(input)?, by),
            Rel::Limit { input, offset, count } => limit(self.rel(input)?, *offset, *count),
            Rel::Expand { input, columns } => expand(&self.rel(input)?, columns, schema),
            Rel::Listed(step) => self.rel(&step.input),
            Rel::Join(step) => self.join(step, schema),
            Rel::Aggregate { input, keys, metrics } => self.aggregate(input, keys, metrics, schema),
            Rel::Window { input, columns } => self.window(input, columns, schema),
            Rel::SetOp { kind, all, left, right } => self.set_operation(*kind, *all, left, right, schema),
            Rel::Scan(scan) => {
                let source =
                    self.inputs.source(scan).ok_or_else(|| refused("what only this machine has cannot be read"))?;
                Ok(source.lowered(schema))
            }
            Rel::Convert { input, columns, on_invalid } => self.convert(input, columns, *on_invalid),
            Rel::Reject { input, rules } => self.reject(input, rules),
            Rel::Sample { .. } => Err(refused("rows chosen by chance cannot be computed")),
            Rel::Series { .. } => Err(refused("`generate_series` cannot be computed")),
            Rel::Recursive { .. } | Rel::Working { .. } => Err(refused("`with recursive` cannot be computed")),
            Rel::Asof(_) => Err(refused("`asof join` cannot be computed")),
        }
    }

    fn input(&self, task: &str, schema: Schema) -> Lowering<Lowered> {
        let table = self.inputs.table(task).ok_or_else(|| refused(format!("the table of {task} is not there")))?;
        Ok(table.lowered(schema))
    }
}

fn project(input: &Lowered, columns: &[(String, Expr)], schema: Schema) -> Lowering<Lowered> {
    let scope = Scope::of(&input.schema, "t.");
    let mut list = Vec::with_capacity(columns.len());
    for (i, (_, expr)) in columns.iter().enumerate() {
        let sql = scope.expr(expr)?;
        let is_column = matches!(expr.kind, ExprKind::Column(_));
        let sql = if is_column { sql } else { format!("cast({sql} as {})", spark_type(expr.data_type)) };
        list.push(format!("{sql} as c{i}"));
    }
    list.extend(input.ordinals());
    let sql = format!("select {} from {} t", list.join(", "), input.nested());
    Ok(Lowered { sql, schema, order: input.order.clone() })
}

fn filter(input: Lowered, predicate: &Expr) -> Lowering<Lowered> {
    let predicate = Scope::of(&input.schema, "t.").expr(predicate)?;
    Ok(Lowered { sql: format!("select {} from {} t where {predicate}", input.all(), input.nested()), ..input })
}

fn distinct(input: &Lowered, on: Option<&[String]>) -> Lowering<Lowered> {
    let scope = Scope::of(&input.schema, "");
    let keys = match on {
        Some(names) => names.iter().map(|name| scope.column(name)).collect::<Lowering<Vec<_>>>()?,
        None => input.columns(),
    };
    Ok(first_of_equal(input, &keys))
}

/// The first of the rows that are equal in the keys.
pub(super) fn first_of_equal(input: &Lowered, keys: &[String]) -> Lowered {
    let by = partition_by(keys);
    let numbered =
        format!("select *, row_number() over ({by}order by {}) n from {} t", input.order_by(), input.nested());
    let sql = format!("select {} from ({numbered}) t where n = 1", input.all());
    Lowered { sql, schema: input.schema.clone(), order: input.order.clone() }
}

/// `partition by …` with a blank behind it, or nothing.
pub(super) fn partition_by(keys: &[String]) -> String {
    if keys.is_empty() { String::new() } else { format!("partition by {} ", keys.join(", ")) }
}

fn sort(input: &Lowered, by: &[SortKey]) -> Lowering<Lowered> {
    let scope = Scope::of(&input.schema, "t.");
    let mut list = input.columns();
    let mut order = Vec::new();
    for (i, key) in by.iter().enumerate() {
        list.push(format!("{} as o{i}", kept(scope.expr(&key.expr)?, key.expr.data_type)));
        order.push(Ordinal { descending: key.descending, nulls_first: key.nulls_first });
    }
    list.extend((0..input.order.len()).map(|i| format!("o{i} as o{}", i + by.len())));
    order.extend(&input.order);
    let sql = format!("select {} from {} t", list.join(", "), input.nested());
    Ok(Lowered { sql, schema: input.schema.clone(), order })
}

/// A value that orders rows, in a type that can be written to a file.
pub(super) fn kept(sql: String, data_type: DataType) -> String {
    if data_type == DataType::Null { format!("cast({sql} as {})", spark_type(data_type)) } else { sql }
}

fn limit(input: Lowered, offset: u64, count: Option<u64>) -> Lowering<Lowered> {
    let number = |rows: u64| {
        i32::try_from(rows).map_err(|_| refused("a limit of more than two billion rows cannot be computed"))
    };
    let count = count.map(number).transpose()?.map_or_else(String::new, |count| format!(" limit {count}"));
    let offset = if offset > 0 { format!(" offset {}", number(offset)?) } else { String::new() };
    let sql = format!("select {} from {} t order by {}{count}{offset}", input.all(), input.nested(), input.order_by());
    Ok(Lowered { sql, ..input })
}

/// Each row several times in succession.
fn expand(input: &Lowered, columns: &[(String, Vec<Expr>)], schema: Schema) -> Lowering<Lowered> {
    let scope = Scope::of(&input.schema, "t.");
    let times = columns.first().map_or(0, |(_, values)| values.len());
    // A column of that name is replaced in its place.
    let mut list: Vec<String> = schema.names().map(|name| scope.column(name).unwrap_or_default()).collect();
    for (name, values) in columns {
        let place = schema.names().position(|known| known == name).unwrap_or_default();
        let data_type = spark_type(schema.fields()[place].data_type);
        let mut sql = "case e.i".to_owned();
        for (time, value) in scope.exprs(values)?.iter().enumerate() {
            sql += &format!(" when {time} then {value}");
        }
        list[place] = format!("cast({sql} end as {data_type})");
    }
    let mut list: Vec<String> = list.iter().enumerate().map(|(i, sql)| format!("{sql} as c{i}")).collect();
    list.extend(input.ordinals());
    list.push(format!("e.i as o{}", input.order.len()));
    let repeated = format!("(select explode(sequence(0, {})) as i)", times.saturating_sub(1));
    let sql = format!("select {} from {} t cross join {repeated} e", list.join(", "), input.nested());
    let order = [input.order.as_slice(), &[Ordinal::ASCENDING]].concat();
    Ok(Lowered { sql, schema, order })
}
