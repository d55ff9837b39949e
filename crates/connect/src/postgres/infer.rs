//! The types that only the values say: `numeric` without a declared precision.

use tidemill_core::connection::{ConnectionError, DatabaseColumns, LeftOutColumn};
use tidemill_core::table::{DataType, Schema};
use tokio_postgres::Client;

use super::error::of_statement;
use super::source::Source;
use super::sql::identifier;

/// The columns of a source, where one query over all of its rows has found out the guessed types.
///
/// # Errors
/// If the server refuses.
pub(super) async fn infer(
    client: &Client,
    connection: &str,
    source: &Source,
) -> Result<DatabaseColumns, ConnectionError> {
    let described = source.described();
    if described.guessed.is_empty() {
        return Ok(described);
    }
    let extremes = |name: &String| {
        let column = identifier(name);
        format!("max({column})::text, min({column})::text, max(scale({column}))")
    };
    let list: Vec<String> = described.guessed.iter().map(extremes).collect();
    let sql = source.select(&list.join(", "));
    let refused = |fault| of_statement(connection, &fault, None);
    let rows = client.query_raw(&sql, &source.parameters).await.map_err(refused)?;
    let rows: Vec<_> = futures_util::TryStreamExt::try_collect(rows).await.map_err(refused)?;
    let mut found = Vec::new();
    for at in 0..described.guessed.len() {
        let row = &rows[0];
        let text = |column| row.try_get::<_, Option<String>>(at * 3 + column).map_err(refused);
        let scale: Option<i32> = row.try_get(at * 3 + 2).map_err(refused)?;
        found.push(Found::of(text(0)?, text(1)?, scale));
    }
    Ok(with_found(&described, &found))
}

/// What the values of a column say.
enum Found {
    /// There are none.
    Nothing,
    /// They all fit a decimal.
    Decimal(DataType),
    /// They do not: what they are, and what to write in place of the column.
    Unheld(String, &'static str),
}

impl Found {
    /// Of the greatest and the least value, and the most digits behind the point.
    fn of(greatest: Option<String>, least: Option<String>, scale: Option<i32>) -> Self {
        let (Some(greatest), Some(least)) = (greatest, least) else { return Self::Nothing };
        for (special, help) in [
            ("NaN", "nullif({}, 'NaN')"),
            ("Infinity", "nullif({}, 'Infinity')"),
            ("-Infinity", "nullif({}, '-Infinity')"),
        ] {
            if greatest == special || least == special {
                return Self::Unheld(format!("numeric that holds {special}"), help);
            }
        }
        let whole = |value: &str| {
            value.trim_start_matches('-').split('.').next().unwrap_or_default().trim_start_matches('0').len()
        };
        let scale = usize::try_from(scale.unwrap_or_default()).unwrap_or_default();
        let digits = whole(&greatest).max(whole(&least)) + scale;
        match (u8::try_from(digits.max(1)), u8::try_from(scale)) {
            (Ok(precision @ ..=38), Ok(scale)) => Self::Decimal(DataType::Decimal { precision, scale }),
            _ => Self::Unheld(format!("numeric of {digits} digits"), "{}::numeric(38, 10)` or `{}::text"),
        }
    }
}

fn with_found(described: &DatabaseColumns, found: &[Found]) -> DatabaseColumns {
    let mut inferred = DatabaseColumns { left_out: described.left_out.clone(), ..DatabaseColumns::default() };
    let mut schema = Schema::new();
    for field in described.schema.fields() {
        let at = described.guessed.iter().position(|guessed| *guessed == field.name);
        match at.map(|at| &found[at]) {
            None => schema.set(&field.name, field.data_type),
            Some(Found::Decimal(data_type)) => schema.set(&field.name, *data_type),
            Some(Found::Nothing) => {
                schema.set(&field.name, field.data_type);
                inferred.guessed.push(field.name.clone());
            }
            Some(Found::Unheld(data_type, help)) => inferred.left_out.push(LeftOutColumn {
                name: field.name.clone(),
                data_type: data_type.clone(),
                help: format!("select `{}` in its place", help.replace("{}", &identifier(&field.name))),
            }),
        }
    }
    inferred.schema = schema;
    inferred
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_extremes_say_how_many_digits_are_needed() {
        let of = |greatest: &str, least: &str, scale| {
            Found::of(Some(greatest.to_owned()), Some(least.to_owned()), Some(scale))
        };
        let is = |found: Found, precision: u8, scale: u8| matches!(found, Found::Decimal(DataType::Decimal { precision: p, scale: s }) if (p, s) == (precision, scale));
        assert!(is(of("12.5", "-1234", 3), 7, 3));
        assert!(is(of("0.5", "0.0", 1), 1, 1));
        assert!(is(of("0", "0", 0), 1, 0));
        assert!(matches!(of("NaN", "1", 0), Found::Unheld(..)));
        assert!(matches!(of("1", "-Infinity", 0), Found::Unheld(..)));
        assert!(matches!(of("1e", "1", 38), Found::Unheld(..)), "forty digits");
    }
}
