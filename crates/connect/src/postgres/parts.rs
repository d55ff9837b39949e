//! A table in parts that several sessions read at once. Each is a range of the table's pages, so that one part after the other gives
//! the rows in the order in which a single reader finds them, whatever key the table has or has not.

use tidemill_core::connection::DatabaseTable;
use tokio_postgres::{Client, Error};

use super::sql::table;

/// Pages of a part: about as many rows as go into a batch.
const PAGES: i64 = 512;

/// The conditions by which a table falls into parts, in their order; a single empty one where it is small, is no table that has pages
/// of its own, or the server cannot go straight to a page.
///
/// # Errors
/// If the server refuses.
pub(super) async fn conditions(client: &Client, of: &DatabaseTable) -> Result<Vec<String>, Error> {
    let sql = "select pg_relation_size(c.oid) / current_setting('block_size')::bigint from pg_catalog.pg_class c \
               join pg_catalog.pg_am a on a.oid = c.relam where c.oid = to_regclass($1::text) and a.amname = 'heap' \
               and c.relkind in ('r', 'm') and not c.relhassubclass \
               and current_setting('server_version_num')::int >= 140000";
    let pages = client.query_opt(sql, &[&table(of)]).await?.map(|row| row.try_get(0)).transpose()?;
    Ok(ranges(pages.unwrap_or_default()))
}

/// The ranges of so many pages. The last one has no end: pages may join the table meanwhile.
fn ranges(pages: i64) -> Vec<String> {
    let last = pages / PAGES;
    let range = |part| {
        let from = (part > 0).then(|| format!("ctid >= '({},0)'", part * PAGES));
        let to = (part < last).then(|| format!("ctid < '({},0)'", (part + 1) * PAGES));
        let bounds: Vec<String> = from.into_iter().chain(to).collect();
        if bounds.is_empty() { String::new() } else { format!(" where {}", bounds.join(" and ")) }
    };
    (0..=last).map(range).collect()
}

#[cfg(test)]
mod tests {
    use super::ranges;

    #[test]
    fn ranges_hold_every_page_once() {
        assert_eq!(ranges(0), [""]);
        assert_eq!(ranges(511), [""]);
        assert_eq!(ranges(512), [" where ctid < '(512,0)'", " where ctid >= '(512,0)'"]);
        assert_eq!(ranges(1500)[1], " where ctid >= '(512,0)' and ctid < '(1024,0)'");
        assert_eq!(ranges(1500).len(), 3);
    }
}
