//! The differences told.

use serde_json::{Value as Json, json};
use tidemill_core::ids::TaskName;
use tidemill_core::table::{PlainTable, Value};

use super::Side;
use super::compare::{ComparedColumn, Comparison};
use super::key::Key;
use crate::commands::preview::{json_value, object, rows_table, value_cell};
use crate::profile::{Profile, readable};
use crate::terminal::Paint;
use crate::text_table::{Cell, Look, TextTable, shortened};
use tidemill_core::format::thousands;

/// A smallest or largest value is no longer than this.
const WIDEST: usize = 16;

/// For people: counts, columns, then at most `number` rows of each sort.
#[expect(clippy::too_many_arguments, reason = "both sides, what was found, and for whom")]
pub fn text(
    task: &TaskName,
    before: &Side,
    after: &Side,
    key: &Key,
    found: &Comparison,
    number: usize,
    width: usize,
    paint: Paint,
) -> String {
    let mut text = format!("{}\n", paint.bold(task));
    for (sign, side) in [("-", before), ("+", after)] {
        let rows = thousands(side.table.rows as u64);
        text += &format!("  {sign} {}  {}  {rows} rows\n", side.run, paint.dim(format!("made {}", side.made)));
    }
    let count = |number: usize, what: &str| format!("{} {what}", thousands(number as u64));
    let counts = [
        count(found.added.len(), "added"),
        count(found.removed.len(), "removed"),
        count(found.changed.len(), "changed"),
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
    text += &format!("\n{}", columns(before, after, found).write(width, 2, paint));
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
    section("changed", found.changed.len(), changed(before, after, key, found, number));
    section("added", found.added.len(), rows_table(&after.table, found.added.iter().take(number).copied()));
    section("removed", found.removed.len(), rows_table(&before.table, found.removed.iter().take(number).copied()));
    text
}

/// A line for each column: in how many rows it changed, and its profile before and after.
fn columns(before: &Side, after: &Side, found: &Comparison) -> TextTable {
    let mut table = TextTable::new()
        .name("column")
        .whole("type")
        .number("changed")
        .text("nulls")
        .text("min")
        .text("max")
        .text("mean");
    for column in &found.columns {
        let profile = |table: &PlainTable| table.column(&column.name).map(Profile::of);
        let (old, new) = (profile(&before.table), profile(&after.table));
        let pair = |show: &dyn Fn(&Profile) -> String| match (&old, &new) {
            (Some(old), Some(new)) if show(old) == show(new) => Cell::from(show(new)),
            (Some(old), Some(new)) => Cell::new(format!("{} → {}", show(old), show(new)), Look::Notable),
            (Some(only), None) | (None, Some(only)) => Cell::from(show(only)),
            (None, None) => Cell::default(),
        };
        table.row([
            Cell::from(column.name.as_str()),
            types(column),
            match column.changed {
                0 => Cell::default(),
                changed => Cell::new(thousands(changed as u64), Look::Notable),
            },
            pair(&|profile| thousands(profile.nulls as u64)),
            pair(&|profile| shortened(&readable(&profile.min), WIDEST)),
            pair(&|profile| shortened(&readable(&profile.max), WIDEST)),
            pair(&Profile::mean_text),
        ]);
    }
    table
}

fn types(column: &ComparedColumn) -> Cell {
    match (column.before, column.after) {
        (Some(old), Some(new)) if old == new => Cell::new(new.to_string(), Look::Active),
        (Some(old), Some(new)) => Cell::new(format!("{old} → {new}"), Look::Notable),
        (Some(old), None) => Cell::new(format!("{old}, gone"), Look::Bad),
        (None, Some(new)) => Cell::new(format!("{new}, new"), Look::Good),
        (None, None) => Cell::default(),
    }
}

/// A line for each changed cell, under its row's key.
fn changed(before: &Side, after: &Side, key: &Key, found: &Comparison, number: usize) -> TextTable {
    let mut table = key.columns.iter().fold(TextTable::new(), |table, name| table.text(name));
    table = table.text("column").text("before").text("after");
    for row in found.changed.iter().take(number) {
        for (place, &at) in row.columns.iter().enumerate() {
            let name = &found.columns[at].name;
            // The key stands only on the first line of its row.
            let key = key.columns.iter().map(|name| match place {
                0 => value_cell(&value(&after.table, name, row.after)),
                _ => Cell::default(),
            });
            let cells = [
                Cell::from(name.as_str()),
                value_cell(&value(&before.table, name, row.before)),
                value_cell(&value(&after.table, name, row.after)),
            ];
            table.row(key.chain(cells));
        }
    }
    table
}

fn value(table: &PlainTable, column: &str, row: usize) -> Value {
    table.column(column).map_or(Value::Null, |column| column.data.value(row))
}

/// For programs: the counts, each column, then every difference.
pub fn json(task: &TaskName, before: &Side, after: &Side, key: &Key, found: &Comparison) -> Vec<Json> {
    let mut lines = vec![json!({
        "task": task,
        "before": {"run": before.run, "rows": before.table.rows},
        "after": {"run": after.run, "rows": after.table.rows},
        "key": key.columns,
        "added": found.added.len(),
        "removed": found.removed.len(),
        "changed": found.changed.len(),
        "equal": found.equal,
        "repeated_keys": found.repeated,
    })];
    for column in &found.columns {
        let profile = |table: &PlainTable| {
            table.column(&column.name).map(Profile::of).map(|profile| {
                json!({
                    "type": profile.data_type.to_string(),
                    "nulls": profile.nulls,
                    "distinct": profile.distinct,
                    "min": json_value(&profile.min),
                    "max": json_value(&profile.max),
                    "mean": profile.mean,
                })
            })
        };
        lines.push(json!({
            "column": column.name,
            "changed": column.changed,
            "before": profile(&before.table),
            "after": profile(&after.table),
        }));
    }
    for row in &found.changed {
        let names: Vec<&str> = row.columns.iter().map(|&at| found.columns[at].name.as_str()).collect();
        lines.push(json!({
            "change": "changed",
            "columns": names,
            "before": object(&before.table, row.before),
            "after": object(&after.table, row.after),
        }));
    }
    lines.extend(found.added.iter().map(|&row| json!({"change": "added", "after": object(&after.table, row)})));
    lines.extend(found.removed.iter().map(|&row| json!({"change": "removed", "before": object(&before.table, row)})));
    lines
}

#[cfg(test)]
mod tests {
    use tidemill_core::table::{PlainColumn, PlainData};

    use super::super::compare::compare;
    use super::*;

    fn side(run: &str, countries: &[&str], amounts: &[i128], last: (&str, PlainData)) -> Side {
        let column = |name: &str, data| PlainColumn { name: name.into(), data };
        let table = PlainTable {
            columns: vec![
                column("country", PlainData::String(countries.iter().map(|name| Some((*name).to_owned())).collect())),
                column(
                    "amount",
                    PlainData::Decimal {
                        unscaled: amounts.iter().copied().map(Some).collect(),
                        precision: 18,
                        scale: 2,
                    },
                ),
                column(last.0, last.1),
            ],
            rows: countries.len(),
        };
        Side { run: run.into(), made: "2024-11-20 19:45:00".into(), table }
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
        let (before, after) = sides();
        let key = Key { columns: vec!["country".into()], source: "its group_by" };
        let found = compare(&before.table, &after.table, &key.columns);
        insta::assert_snapshot!(text(&TaskName::new("sales"), &before, &after, &key, &found, 20, 80, Paint(false)));
        let json = json(&TaskName::new("sales"), &before, &after, &key, &found);
        assert_eq!((json[0]["added"].as_u64(), json[0]["changed"].as_u64()), (Some(1), Some(1)));
        assert_eq!(json[5]["after"]["amount"], "1100.00");
    }

    #[test]
    fn whole_rows_are_capped_and_counted() {
        let (before, after) = sides();
        let key = Key { columns: Vec::new(), source: "whole rows" };
        let found = compare(&before.table, &after.table, &[]);
        insta::assert_snapshot!(text(&TaskName::new("sales"), &before, &after, &key, &found, 1, 80, Paint(false)));
    }
}
