//! Tables as templates see them: a list of rows, each a map from columns to values.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use minijinja::value::{Enumerator, Object, ObjectRepr, Value};
use minijinja::{Error, ErrorKind};

use super::number::decimal_value;
use crate::table::{self, EngineError, PlainBatches, PlainTable};

/// One row of a table. One can calculate with its decimals; written as they are, or by the filter `table`, they keep all
/// digits of their scale.
#[derive(Debug)]
pub(super) struct Row {
    table: Arc<PlainTable>,
    row: usize,
}

/// The rows of a table of so many rows. `read` gives their batches from the first one on.
///
/// They are read as they are asked for: a template that shows the first ten rows, or goes once through them all, never holds
/// the whole table.
pub fn table_rows(rows: u64, read: impl Fn() -> Result<PlainBatches, EngineError> + Send + Sync + 'static) -> Value {
    let rows = usize::try_from(rows).unwrap_or(usize::MAX);
    Value::from_object(Rows { rows, read: Box::new(read), reading: Mutex::default() })
}

/// A list of rows.
struct Rows {
    rows: usize,
    read: Box<dyn Fn() -> Result<PlainBatches, EngineError> + Send + Sync>,
    reading: Mutex<Reading>,
}

/// How far the rows have been read.
#[derive(Default)]
struct Reading {
    batches: Option<PlainBatches>,
    /// The row at which the next batch begins.
    next: usize,
    /// The batches at hand, each with the row at which it begins. Going through the rows for the first time only the last one
    /// is kept: most templates go once.
    kept: Vec<(usize, Arc<PlainTable>)>,
    again: bool,
}

impl Rows {
    /// The row in that place.
    fn row(&self, row: usize) -> Result<Row, EngineError> {
        // Whoever panicked while reading has left batches that go on behind those kept.
        let mut reading = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let at = reading.kept.partition_point(|(start, _)| *start <= row).checked_sub(1);
            if let Some((start, table)) = at.and_then(|at| reading.kept.get(at))
                && row - start < table.rows
            {
                return Ok(Row { table: Arc::clone(table), row: row - start });
            }
            reading.more(row, &self.read)?;
        }
    }
}

impl Reading {
    /// Reads a batch nearer to the row.
    fn more(&mut self, row: usize, read: &dyn Fn() -> Result<PlainBatches, EngineError>) -> Result<(), EngineError> {
        if self.batches.is_none() || row < self.next {
            *self = Self { again: self.batches.is_some(), batches: Some(read()?), ..Self::default() };
        }
        let batch = self.batches.as_mut().and_then(Iterator::next);
        let batch = batch.unwrap_or_else(|| Err(EngineError::Internal(format!("the table has no row {row}"))))?;
        if !self.again {
            self.kept.clear();
        }
        let start = self.next;
        self.next += batch.rows;
        self.kept.push((start, Arc::new(batch)));
        Ok(())
    }
}

impl fmt::Debug for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rows({})", self.rows)
    }
}

impl Object for Rows {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let row = key.as_usize().filter(|row| *row < self.rows)?;
        let wrong = |error: EngineError| Error::new(ErrorKind::InvalidOperation, error.to_string());
        Some(self.row(row).map_or_else(|error| Value::from(wrong(error)), Value::from_object))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Seq(self.rows)
    }
}

impl Row {
    /// A value with all its digits, as text; None if there is no such column.
    pub(super) fn exact(&self, column: &str) -> Option<Value> {
        Some(match self.table.column(column)?.data.value(self.row) {
            table::Value::Null => Value::from(()),
            value => Value::from(value.to_string()),
        })
    }
}

impl Object for Row {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Map
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        // Filters take an attribute of digits for a place; a row has columns alone, and `2024` may be the name of one.
        let name = key.as_str().map(str::to_owned).or_else(|| key.as_usize().map(|digits| digits.to_string()))?;
        Some(value_of(self.table.column(&name)?.data.value(self.row)))
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
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::table::{PlainColumn, PlainData};
    use crate::template::environment;

    /// The rows of a table, so many at a time; `read` counts the batches.
    fn in_batches(table: PlainTable, size: usize, read: Arc<AtomicUsize>) -> Value {
        super::table_rows(table.rows as u64, move || {
            let (table, read) = (table.clone(), Arc::clone(&read));
            let batch = move |start: usize| {
                read.fetch_add(1, Ordering::Relaxed);
                Ok(table.take(&(start..table.rows.min(start + size)).collect::<Vec<_>>()))
            };
            Ok(Box::new((0..5).map(move |at| at * size).map(batch)))
        })
    }

    fn ten() -> (Value, Arc<AtomicUsize>) {
        let numbers = PlainColumn { name: "n".into(), data: PlainData::Int((0..10).map(Some).collect()) };
        let read = Arc::new(AtomicUsize::new(0));
        (in_batches(PlainTable { columns: vec![numbers], rows: 10 }, 2, Arc::clone(&read)), read)
    }

    fn render(text: &str, rows: &Value) -> String {
        environment().render_str(text, minijinja::context! { rows }).expect("it renders")
    }

    #[test]
    fn only_what_is_asked_for_is_read() {
        let batches = |text: &str, expected: &str| {
            let (rows, read) = ten();
            assert_eq!(render(text, &rows), expected);
            read.load(Ordering::Relaxed)
        };
        assert_eq!(batches("${{ rows | length }}", "10"), 0);
        assert_eq!(batches("${{ rows[0].n }}${{ rows[1].n }}", "01"), 1);
        assert_eq!(batches("{% for row in rows[:3] %}${{ row.n }}{% endfor %}", "012"), 2);
        assert_eq!(batches("${{ rows | sum(attribute=\"n\") }}", "45"), 5);
        assert_eq!(batches("${{ (rows | last).n }}", "9"), 5);
    }

    #[test]
    fn rows_that_are_asked_for_again_are_kept() {
        let (rows, read) = ten();
        let all = "{% for row in rows %}${{ row.n }}{% endfor %}";
        assert_eq!(render(&all.repeat(4), &rows), "0123456789".repeat(4));
        assert!(read.load(Ordering::Relaxed) <= 10, "{read:?}");
        assert_eq!(
            render("${{ rows[9].n }}${{ rows[0].n }}${{ rows[5].n }}${{ rows[10] is undefined }}", &rows),
            "905True"
        );
        assert!(read.load(Ordering::Relaxed) <= 10, "{read:?}");
    }

    #[test]
    fn rows_that_cannot_be_read_fail_the_template() {
        let rows = super::table_rows(1, || Err(EngineError::Internal("the disk is gone".into())));
        let rendered = environment().render_str("${{ rows[0].n }}", minijinja::context! { rows });
        assert!(rendered.is_err_and(|error| error.to_string().contains("the disk is gone")));
    }

    #[test]
    fn decimals_calculate_and_keep_their_digits() {
        let amount = PlainData::Decimal { unscaled: vec![Some(1050), None], precision: 18, scale: 2 };
        let name = PlainData::String(vec![Some("a".into()), Some("b".into())]);
        let columns =
            vec![PlainColumn { name: "name".into(), data: name }, PlainColumn { name: "amount".into(), data: amount }];
        let rows = in_batches(PlainTable { columns, rows: 2 }, 1, Arc::default());
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

    #[test]
    fn filters_find_columns_whose_names_are_numbers() {
        let columns =
            vec![PlainColumn { name: "2024".into(), data: PlainData::Int(vec![Some(10), Some(30), Some(20)]) }];
        let rows = in_batches(PlainTable { columns, rows: 3 }, 2, Arc::default());
        let text = "${{ rows | map(attribute='2024') | join(' ') }} ${{ rows | sum(attribute='2024') }} ${{ rows | max(attribute='2024') }} ${{ rows | sort(attribute='2024') | map(attribute='2024') | join(' ') }} ${{ rows | selectattr('2024', 'gt', 15) | list | length }}";
        let rendered = environment().render_str(text, minijinja::context! { rows }).expect("it renders");
        assert_eq!(rendered, "10 30 20 60 {'2024': 30} 10 20 30 2");
    }

    #[test]
    fn zeros_at_the_end_of_a_decimal_make_no_text_of_it() {
        let unit = vec![Some(17_333_333_333_000_000), Some(100_033_333_333_333_333_333)];
        let unit = PlainData::Decimal { unscaled: unit, precision: 38, scale: 14 };
        let rows = in_batches(
            PlainTable { columns: vec![PlainColumn { name: "unit".into(), data: unit }], rows: 2 },
            2,
            Arc::default(),
        );
        let text = "${{ rows[0].unit < 1000 }} ${{ rows[0].unit * 2 }} ${{ rows[1].unit }}";
        let rendered = environment().render_str(text, minijinja::context! { rows }).expect("it renders");
        assert_eq!(rendered, "True 346.66666666 1000333.33333333333333");
    }
}
