//! Names of tables of a catalog.

use crate::lower::named;

/// The parts of a name that stands in the file: `db.sales`, or with anything in backticks.
pub(super) fn parts(table: &str) -> Vec<String> {
    let (mut parts, mut part, mut is_quoted) = (Vec::new(), String::new(), false);
    for c in table.chars() {
        match c {
            '`' => is_quoted = !is_quoted,
            '.' if !is_quoted => parts.push(std::mem::take(&mut part)),
            c => part.push(c),
        }
    }
    parts.push(part);
    parts
}

/// The table as it stands in a statement.
pub(crate) fn quoted_table(table: &str) -> String {
    parts(table).iter().map(|part| named(part)).collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::quoted_table;

    #[test]
    fn each_part_is_quoted() {
        assert_eq!(quoted_table("sales"), "`sales`");
        assert_eq!(quoted_table("lake.db.sales"), "`lake`.`db`.`sales`");
        assert_eq!(quoted_table("db.`odd.name; drop table x`"), "`db`.`odd.name; drop table x`");
    }
}
