//! Names and texts as they stand in PostgreSQL's SQL.

use tidemill_core::connection::DatabaseTable;

/// A name in double quotes.
pub(super) fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Several names, with commas between.
pub(super) fn identifiers<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().map(identifier).collect::<Vec<_>>().join(", ")
}

/// A table's name, with its schema if it has one.
pub(super) fn table(table: &DatabaseTable) -> String {
    match &table.schema {
        Some(schema) => format!("{}.{}", identifier(schema), identifier(&table.name)),
        None => identifier(&table.name),
    }
}

/// A text constant.
pub(super) fn literal(text: &str) -> String {
    let quoted = text.replace('\'', "''");
    if quoted.contains('\\') { format!("E'{}'", quoted.replace('\\', "\\\\")) } else { format!("'{quoted}'") }
}

/// What a file calls a table: `orders`, `sales.orders`, or with double quotes around a part that has a point in it.
pub(super) fn parse_table(written: &str, default_schema: Option<&str>) -> DatabaseTable {
    let quoted = written.strip_prefix('"').and_then(|rest| rest.split_once('"'));
    let (first, rest) = match quoted {
        Some((first, rest)) => (first, rest.strip_prefix('.')),
        None => written.split_once('.').map_or((written, None), |(first, rest)| (first, Some(rest))),
    };
    let unquoted =
        |name: &str| name.strip_prefix('"').and_then(|name| name.strip_suffix('"')).unwrap_or(name).to_owned();
    match rest {
        Some(name) => DatabaseTable { schema: Some(first.to_owned()), name: unquoted(name) },
        None => DatabaseTable { schema: default_schema.map(ToOwned::to_owned), name: first.to_owned() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_one_name_however_it_is_written() {
        for (written, schema, name) in [
            ("orders", Some("mart"), "orders"),
            ("sales.orders", Some("sales"), "orders"),
            ("\"a.b\"", Some("mart"), "a.b"),
            ("sales.\"a.b\"", Some("sales"), "a.b"),
            ("sales.a.b", Some("sales"), "a.b"),
        ] {
            let parsed = parse_table(written, Some("mart"));
            assert_eq!((parsed.schema.as_deref(), parsed.name.as_str()), (schema, name), "{written}");
            assert_eq!(parse_table(&parsed.to_string(), Some("else")), parsed, "{written} again");
        }
        assert_eq!(parse_table("orders", None).schema, None);
    }

    #[test]
    fn quotes_and_backslashes_in_texts_stay_what_they_are() {
        assert_eq!(literal("it's"), "'it''s'");
        assert_eq!(literal("a\\'"), "E'a\\\\'''");
        assert_eq!(identifier("a\"b"), "\"a\"\"b\"");
    }
}
