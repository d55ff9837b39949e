//! The differences told.

use serde_json::{Value as Json, json};
use tidemill_core::ids::TaskName;
use tidemill_core::table::{EngineError, PlainTable, Value};

use super::Side;
use super::compare::{ChangedRow, ComparedColumn, Comparison};
use super::row_key::RowKey;
use crate::commands::preview::{rows_table, value_cell};
use crate::profile::{Profile, readable};
use crate::table_rows::{TableRows, object};
use crate::terminal::Paint;
use crate::text_table::{Cell, Emphasis, TextTable, shortened};
use tidemill_core::format::thousands;

/// A smallest or largest value is no longer than this.
const WIDEST: usize = 16;

/// At most so many cells of changed rows are in memory at a time: the rows before lie anywhere in their table.
const CELLS: usize = 1 << 21;

/// What is to be told.
pub struct Differences<'a> {
    /// The task.
    pub task: &'a TaskName,
    /// The earlier table.
    pub before: &'a Side,
    /// The later one.
    pub after: &'a Side,
    /// By what rows are the same.
    pub key: &'a RowKey,
    /// What differs.
    pub found: &'a Comparison,
}

impl Differences<'_> {
    /// For people: counts, columns, then at most `number` rows of each sort.
    ///
    /// # Errors
    /// If a table cannot be read.
    pub fn text(&self, number: usize, width: usize, paint: Paint) -> Result<String, EngineError> {
        let (before, after, found) = (self.before, self.after, self.found);
        let mut text = self.head(paint);
        text += &format!("\n{}", self.columns()?.write(width, 2, paint));
        let mut section = |name: &str, rows: usize, table: TextTable| {
            if rows > 0 {
                text += &format!(
                    "\n{}\n{}",
                    paint.bold(format!("{name} ({})", thousands(rows as u64))),
                    table.write(width, 2, paint)
                );
                if rows > number {
                    text += &format!("  {}\n", paint.dim(format!("… {} more", thousands((rows - number) as u64))));
                }
            }
        };
        let first = |side: &Side, rows: &[u64]| side.rows.take(&rows[..number.min(rows.len())]);
        let changed = &found.changed[..number.min(found.changed.len())];
        section("changed", found.changed.len(), self.changed(changed)?);
        section("added", found.added.len(), rows_table(&first(after, &found.added)?));
        section("removed", found.removed.len(), rows_table(&first(before, &found.removed)?));
        Ok(text)
    }

    /// The runs and the counts.
    fn head(&self, paint: Paint) -> String {
        let (key, found) = (self.key, self.found);
        let mut text = format!("{}\n", paint.bold(self.task));
        for (sign, side) in [("-", self.before), ("+", self.after)] {
            let rows = thousands(side.rows.len());
            text += &format!("  {sign} {}  {}  {rows} rows\n", side.run, paint.dim(format!("made {}", side.made)));
        }
        let count = |number: u64, what: &str| format!("{} {what}", thousands(number));
        let counts = [
            count(found.added.len() as u64, "added"),
            count(found.removed.len() as u64, "removed"),
            count(found.changed.len() as u64, "changed"),
            count(found.equal, "equal"),
        ];
        let by = match key.columns.is_empty() {
            true => "compared as whole rows; `--key` names the columns that identify a row".to_owned(),
            false => format!("by {} ({})", key.columns.join(", "), key.source),
        };
        text += &format!("  {}, {}\n", counts.join(", "), paint.dim(by));
        if found.repeated > 0 && !key.columns.is_empty() {
            let rows = count(found.repeated, "rows repeat a key and were paired in their order");
            text += &format!("{} {rows}\n", paint.yellow("warning"));
        }
        text
    }

    /// A line for each column: in how many rows it changed, and its profile before and after.
    fn columns(&self) -> Result<TextTable, EngineError> {
        let mut table = TextTable::new()
            .name("column")
            .whole("type")
            .number("changed")
            .text("nulls")
            .text("min")
            .text("max")
            .text("mean");
        for column in &self.found.columns {
            let (old, new) = (self.before.profile(&column.name)?, self.after.profile(&column.name)?);
            let pair = |show: &dyn Fn(&Profile) -> String| match (&old, &new) {
                (Some(old), Some(new)) if show(old) == show(new) => Cell::from(show(new)),
                (Some(old), Some(new)) => Cell::new(format!("{} → {}", show(old), show(new)), Emphasis::Notable),
                (Some(only), None) | (None, Some(only)) => Cell::from(show(only)),
                (None, None) => Cell::default(),
            };
            table.row([
                Cell::from(column.name.as_str()),
                types(column),
                match column.changed {
                    0 => Cell::default(),
                    changed => Cell::new(thousands(changed), Emphasis::Notable),
                },
                pair(&|profile| thousands(profile.nulls as u64)),
                pair(&|profile| shortened(&readable(&profile.min), WIDEST)),
                pair(&|profile| shortened(&readable(&profile.max), WIDEST)),
                pair(&Profile::mean_text),
            ]);
        }
        Ok(table)
    }

    /// Some changed rows as they were and as they are.
    fn pairs(&self, changed: &[ChangedRow]) -> Result<(PlainTable, PlainTable), EngineError> {
        let before: Vec<u64> = changed.iter().map(|row| row.before).collect();
        let after: Vec<u64> = changed.iter().map(|row| row.after).collect();
        Ok((self.before.rows.take(&before)?, self.after.rows.take(&after)?))
    }

    /// A line for each changed cell, under its row's key.
    fn changed(&self, changed: &[ChangedRow]) -> Result<TextTable, EngineError> {
        let key = self.key;
        let mut table = key.columns.iter().fold(TextTable::new(), |table, name| table.text(name));
        table = table.text("column").text("before").text("after");
        let (before, after) = self.pairs(changed)?;
        for row in 0..changed.len() {
            for (place, name) in self.found.differing((&before, row), (&after, row)).into_iter().enumerate() {
                // The key stands only on the first line of its row.
                let key = key.columns.iter().map(|name| match place {
                    0 => value_cell(&value(&after, name, row)),
                    _ => Cell::default(),
                });
                let cells =
                    [Cell::from(name), value_cell(&value(&before, name, row)), value_cell(&value(&after, name, row))];
                table.row(key.chain(cells));
            }
        }
        Ok(table)
    }

    /// For the page: the counts, the columns, and the first rows of each sort.
    ///
    /// # Errors
    /// If a table cannot be read.
    pub fn short_json(&self, most: usize) -> Result<Json, EngineError> {
        let mut lines = self.json_head()?.into_iter();
        let mut whole = lines.next().unwrap_or_default();
        for (name, side) in [("before", self.before), ("after", self.after)] {
            whole[name]["made"] = side.made.as_str().into();
        }
        whole["key_source"] = self.key.source.into();
        whole["columns"] = lines.collect();
        let first = |side: &Side, rows: &[u64]| -> Result<Json, EngineError> {
            let table = side.rows.take(&rows[..most.min(rows.len())])?;
            Ok((0..table.rows).map(|row| object(&table, row)).collect())
        };
        whole["rows"] = json!({
            "changed": self.json_changed(&self.found.changed[..most.min(self.found.changed.len())])?,
            "added": first(self.after, &self.found.added)?,
            "removed": first(self.before, &self.found.removed)?,
        });
        Ok(whole)
    }

    /// For programs: the counts, each column, then every difference; some lines at a time.
    pub fn json(&self) -> impl Iterator<Item = Result<Vec<Json>, EngineError>> {
        let columns = self.found.columns.len().max(1);
        let changed = self.found.changed.chunks((CELLS / columns).max(1)).map(|rows| self.json_changed(rows));
        let head = std::iter::once_with(|| self.json_head());
        let added = rows_of(&*self.after.rows, &self.found.added, "added", "after");
        let removed = rows_of(&*self.before.rows, &self.found.removed, "removed", "before");
        head.chain(changed).chain(added).chain(removed)
    }

    fn json_head(&self) -> Result<Vec<Json>, EngineError> {
        let (before, after, found) = (self.before, self.after, self.found);
        let mut lines = vec![json!({
            "task": self.task,
            "before": {"run": before.run, "rows": before.rows.len()},
            "after": {"run": after.run, "rows": after.rows.len()},
            "key": self.key.columns,
            "added": found.added.len(),
            "removed": found.removed.len(),
            "changed": found.changed.len(),
            "equal": found.equal,
            "repeated_keys": found.repeated,
        })];
        for column in &found.columns {
            let profile = |side: &Side| -> Result<Option<Json>, EngineError> {
                Ok(side.profile(&column.name)?.map(|profile| profile.json()))
            };
            lines.push(json!({
                "column": column.name,
                "changed": column.changed,
                "before": profile(before)?,
                "after": profile(after)?,
            }));
        }
        Ok(lines)
    }

    fn json_changed(&self, changed: &[ChangedRow]) -> Result<Vec<Json>, EngineError> {
        let (before, after) = self.pairs(changed)?;
        let line = |row| {
            json!({
                "change": "changed",
                "columns": self.found.differing((&before, row), (&after, row)),
                "before": object(&before, row),
                "after": object(&after, row),
            })
        };
        Ok((0..changed.len()).map(line).collect())
    }
}

/// Rows that only one table has, in their order, an object for each.
fn rows_of<'a>(
    table: &'a dyn TableRows,
    rows: &'a [u64],
    change: &'a str,
    side: &'a str,
) -> impl Iterator<Item = Result<Vec<Json>, EngineError>> + 'a {
    let limit = rows.last().map_or(0, |last| last + 1);
    let (batches, failed) = match table.batches(None, Some(limit)) {
        Ok(batches) => (Some(batches), None),
        Err(error) => (None, Some(Err(error))),
    };
    let (mut start, mut at) = (0, 0);
    let lines = move |batch: Result<PlainTable, EngineError>| {
        let batch = batch?;
        let end = start + batch.rows as u64;
        let here = rows[at..].iter().take_while(|row| **row < end);
        let lines: Vec<Json> =
            here.map(|row| json!({"change": change, side: object(&batch, (row - start) as usize)})).collect();
        (start, at) = (end, at + lines.len());
        Ok(lines)
    };
    failed.into_iter().chain(batches.into_iter().flatten().map(lines))
}

impl Side {
    /// What its column of that name holds; None if it has none.
    fn profile(&self, name: &str) -> Result<Option<Profile>, EngineError> {
        let column = self.rows.schema().fields().iter().find(|field| field.name == name);
        column.map(|column| Profile::of(&*self.rows, column)).transpose()
    }
}

fn types(column: &ComparedColumn) -> Cell {
    match (column.before, column.after) {
        (Some(old), Some(new)) if old == new => Cell::new(new.to_string(), Emphasis::Active),
        (Some(old), Some(new)) => Cell::new(format!("{old} → {new}"), Emphasis::Notable),
        (Some(old), None) => Cell::new(format!("{old}, gone"), Emphasis::Bad),
        (None, Some(new)) => Cell::new(format!("{new}, new"), Emphasis::Good),
        (None, None) => Cell::default(),
    }
}

fn value(table: &PlainTable, column: &str, row: usize) -> Value {
    table.column(column).map_or(Value::Null, |column| column.data.value(row))
}

#[cfg(test)]
mod tests {
    use tidemill_core::table::PlainData;

    use super::super::compare::compare;
    use super::*;
    use crate::table_rows::tests::InBatches;

    fn side(run: &str, countries: &[&str], amounts: &[i128], last: (&str, PlainData)) -> Side {
        let rows = InBatches::of([
            ("country", PlainData::String(countries.iter().map(|name| Some((*name).to_owned())).collect())),
            (
                "amount",
                PlainData::Decimal { unscaled: amounts.iter().copied().map(Some).collect(), precision: 18, scale: 2 },
            ),
            last,
        ]);
        Side { run: run.into(), made: "2024-11-20 19:45:00".into(), rows: Box::new(rows) }
    }

    /// What is told of the two, by the key.
    fn told<T>(columns: &[&str], source: &'static str, tell: impl Fn(&Differences<'_>) -> T) -> T {
        let (before, after) = sides();
        let key = RowKey { columns: columns.iter().map(|name| (*name).to_owned()).collect(), source };
        let found = compare(&*before.rows, &*after.rows, &key.columns).expect("rows in memory");
        let task = TaskName::new("sales");
        tell(&Differences { task: &task, before: &before, after: &after, key: &key, found: &found })
    }

    fn sides() -> (Side, Side) {
        let quantity = |values: &[i64]| PlainData::Int(values.iter().copied().map(Some).collect());
        (
            side("A", &["DE", "FR", "IT"], &[100_000, 250_050, 7_000], ("quantity", quantity(&[1, 2, 3]))),
            side("B", &["FR", "DE", "ES"], &[250_050, 110_000, 99], ("orders", quantity(&[1, 2, 3]))),
        )
    }

    #[test]
    fn what_changed_is_told_by_row_and_by_column() {
        let by_country = |tell: &dyn Fn(&Differences<'_>)| told(&["country"], "its group_by", tell);
        by_country(&|told| {
            insta::assert_snapshot!(
                "what_changed_is_told_by_row_and_by_column",
                told.text(20, 80, Paint(false)).expect("rows in memory")
            );
        });
        by_country(&|told| {
            let json: Vec<Json> = told.json().flat_map(|lines| lines.expect("rows in memory")).collect();
            assert_eq!((json[0]["added"].as_u64(), json[0]["changed"].as_u64()), (Some(1), Some(1)));
            assert_eq!(json[5]["after"]["amount"], "1100.00");
        });
    }

    #[test]
    fn whole_rows_are_capped_and_counted() {
        told(&[], "whole rows", |told| {
            insta::assert_snapshot!(
                "whole_rows_are_capped_and_counted",
                told.text(1, 80, Paint(false)).expect("rows in memory")
            );
        });
    }
}
