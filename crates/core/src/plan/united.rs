//! The tables of all instances of a `foreach` as one: their rows under the columns of the first, by name.

use crate::sql::common_type;
use crate::table::{Expr, Rel, Schema};

/// What helps where instances do not fit each other.
pub const UNITED_HELP: &str = "rows are united by the names of their columns: let `columns` of the load, or `select` and `columns` of a `normalize`, say them for all";

/// The columns of the rows of all instances, which are given by name.
///
/// # Errors
/// If one lacks a column that another has, or has it in a type that does not fit.
pub fn united_schema(instances: &[(&str, &Schema)]) -> Result<Schema, String> {
    let Some(((first, columns), others)) = instances.split_first() else { return Ok(Schema::new()) };
    let mut all = (*columns).clone();
    for (other, schema) in others {
        let lacks = |one: &str, column: &str, two: &str| format!("`{one}` has no column `{column}`, which `{two}` has");
        if let Some(column) = schema.names().find(|column| !all.contains(column)) {
            return Err(lacks(first, column, other));
        }
        for field in all.clone().fields() {
            let name = &field.name;
            let found = schema.get(name).ok_or_else(|| lacks(other, name, first))?;
            let both = common_type(field.data_type, found).ok_or_else(|| {
                format!("column `{name}` is {found} in `{other}`, but {} in `{first}`", field.data_type)
            })?;
            all.set(name.as_str(), both);
        }
    }
    Ok(all)
}

/// The rows of one instance under the columns of all.
pub fn under(columns: &Schema, rel: Rel) -> Rel {
    let own = rel.schema();
    if own == *columns {
        return rel;
    }
    let column =
        |name: &str, wanted| own.get(name).map(|found| (name.to_owned(), Expr::column(name, found).cast(wanted)));
    let columns = columns.fields().iter().filter_map(|field| column(&field.name, field.data_type)).collect();
    Rel::Project { input: Box::new(rel), columns }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::DataType::{self, Date, Float, Int, Null, String};

    fn schema(columns: &[(&str, DataType)]) -> Schema {
        columns.iter().copied().collect()
    }

    #[test]
    fn columns_are_united_by_name() {
        let (a, b) = (schema(&[("x", Int), ("y", Null)]), schema(&[("y", Date), ("x", Float)]));
        assert_eq!(united_schema(&[("a", &a), ("b", &b)]), Ok(schema(&[("x", Float), ("y", Date)])));
        let rel = under(&schema(&[("x", Float), ("y", Date)]), Rel::Input { task: "b".into(), schema: b });
        assert_eq!(rel.schema(), schema(&[("x", Float), ("y", Date)]));
    }

    #[test]
    fn what_does_not_fit_names_the_instances() {
        let (a, b, c) = (schema(&[("x", Int)]), schema(&[("x", Int), ("y", Int)]), schema(&[("x", String)]));
        let wrong = |one, two| united_schema(&[("t@a", one), ("t@b", two)]).unwrap_err();
        assert_eq!(wrong(&a, &b), "`t@a` has no column `y`, which `t@b` has");
        assert_eq!(wrong(&b, &a), "`t@b` has no column `y`, which `t@a` has");
        assert_eq!(wrong(&a, &c), "column `x` is string in `t@b`, but int in `t@a`");
    }
}
