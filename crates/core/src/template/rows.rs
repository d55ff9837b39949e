//! Tables as templates see them: a list of rows, each a map from columns to values.

use std::sync::Arc;

use minijinja::value::{Enumerator, Object, ObjectRepr, Value};

use super::number::decimal_value;
use crate::table::{self, PlainTable};

/// One row of a table. One can calculate with its decimals; written as they are, or by the filter `table`, they keep all
/// digits of their scale.
#[derive(Debug)]
pub(super) struct Row {
    table: Arc<PlainTable>,
    row: usize,
}

/// The rows of a table.
pub fn table_rows(table: PlainTable) -> Value {
    let table = Arc::new(table);
    (0..table.rows).map(|row| Value::from_object(Row { table: table.clone(), row })).collect::<Vec<Value>>().into()
}

impl Row {
    /// A value as CSV has it; None if there is no such column.
    pub(super) fn text(&self, column: &str) -> Option<String> {
        Some(self.table.column(column)?.data.value(self.row).to_string())
    }
}

impl Object for Row {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Map
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        Some(value_of(self.table.column(key.as_str()?)?.data.value(self.row)))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.table.columns.iter().map(|column| Value::from(column.name.as_str())).collect())
    }
}

fn value_of(value: table::Value) -> Value {
    match value {
        table::Value::Null => Value::from(()),
        table::Value::Bool(value) => Value::from(value),
        table::Value::Int(value) => Value::from(value),
        table::Value::Float(value) => Value::from(value),
        table::Value::Decimal { unscaled, scale } => decimal_value(unscaled, scale),
        other => Value::from(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use crate::table::{PlainColumn, PlainData, PlainTable};
    use crate::template::environment;

    #[test]
    fn decimals_calculate_and_keep_their_digits() {
        let amount = PlainData::Decimal { unscaled: vec![Some(1050), None], precision: 18, scale: 2 };
        let name = PlainData::String(vec![Some("a".into()), Some("b".into())]);
        let columns =
            vec![PlainColumn { name: "name".into(), data: name }, PlainColumn { name: "amount".into(), data: amount }];
        let rows = super::table_rows(PlainTable { columns, rows: 2 });
        let text =
            "${{ rows[0].amount / 2 }} ${{ rows[0].amount | money }} ${{ rows[0].amount > 9 }}\n${{ rows | table }}";
        let rendered = environment().render_str(text, minijinja::context! { rows }).expect("it renders");
        insta::assert_snapshot!(rendered, @r"
        5.25 10.50 True
        | name | amount |
        | --- | ---: |
        | a | 10.50 |
        | b |  |
        ");
    }
}
