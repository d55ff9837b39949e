//! What the server's catalogue says of tables: columns, keys, foreign keys.

use tidemill_core::connection::{DatabaseTable, TargetColumn, TargetTable};
use tokio_postgres::types::{Kind, Oid, Type};
use tokio_postgres::{Client, Error, Row};

use super::column_type::ColumnType;
use super::sql::table;
use crate::written::View;

/// Columns, of a domain with the type that it is made of.
const COLUMNS: &str = "\
select a.attrelid, n.nspname, c.relname, a.attname,
  format_type(coalesce(nullif(t.typbasetype, 0), a.atttypid),
    case when t.typbasetype <> 0 then t.typtypmod else a.atttypmod end) as type_name,
  coalesce(nullif(t.typbasetype, 0), a.atttypid) as type_oid,
  case when t.typbasetype <> 0 then t.typtypmod else a.atttypmod end as modifier,
  coalesce(b.typelem <> 0 and b.typlen = -1, false) as is_array,
  not (a.attnotnull or t.typnotnull) as nullable,
  (a.atthasdef or a.attidentity <> '' or t.typdefault is not null or not (a.attnotnull or t.typnotnull)) as has_default,
  a.attgenerated <> '' as generated
from pg_catalog.pg_attribute a
join pg_catalog.pg_class c on c.oid = a.attrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_type t on t.oid = a.atttypid
left join pg_catalog.pg_type b on b.oid = coalesce(nullif(t.typbasetype, 0), a.atttypid)
where a.attrelid = any($1) and a.attnum > 0 and not a.attisdropped
order by n.nspname, c.relname, a.attrelid, a.attnum";

/// Unique keys, the primary one first; those over expressions or of some rows only are none.
const KEYS: &str = "\
select i.indrelid, array(
    select a.attname::text from unnest(i.indkey) with ordinality k(number, place)
    join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.number
    where k.place <= i.indnkeyatts order by k.place) as columns
from pg_catalog.pg_index i
where i.indrelid = any($1) and i.indisunique and i.indisvalid and i.indpred is null and i.indexprs is null
order by i.indrelid, i.indisprimary desc, i.indexrelid";

const FOREIGN_KEYS: &str = "\
select k.conrelid, n.nspname, c.relname,
  array(select a.attname::text from unnest(k.conkey) with ordinality u(number, place)
    join pg_catalog.pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.number order by u.place) as columns,
  array(select a.attname::text from unnest(k.confkey) with ordinality u(number, place)
    join pg_catalog.pg_attribute a on a.attrelid = k.confrelid and a.attnum = u.number order by u.place) as others
from pg_catalog.pg_constraint k
join pg_catalog.pg_class c on c.oid = k.confrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where k.contype = 'f' and k.conrelid = any($1)
order by k.conrelid, k.conname";

const READABLE: &str = "\
select c.oid from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'v', 'm', 'f', 'p') and not c.relispartition
  and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  and ($1::text is null or n.nspname = $1)
  and has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select')";

/// The oid of a table or view; None if there is none.
pub(super) async fn find(client: &Client, of: &DatabaseTable) -> Result<Option<Oid>, Error> {
    let row = client.query_one("select to_regclass($1::text)::oid", &[&table(of)]).await?;
    row.try_get(0)
}

/// The columns of a table's primary key; none if it has none.
pub(super) async fn primary_key(client: &Client, of: &DatabaseTable) -> Result<Vec<String>, Error> {
    let Some(oid) = find(client, of).await? else { return Ok(Vec::new()) };
    let sql = "select a.attname::text from pg_catalog.pg_index i join pg_catalog.pg_attribute a \
               on a.attrelid = i.indrelid and a.attnum = any(i.indkey) where i.indrelid = $1 and i.indisprimary";
    client.query(sql, &[&oid]).await?.iter().map(|row| row.try_get(0)).collect()
}

/// The oids of the tables and views that the user may read, in that schema or in all but the server's own.
pub(super) async fn readable(client: &Client, schema: Option<&str>) -> Result<Vec<Oid>, Error> {
    client.query(READABLE, &[&schema]).await?.iter().map(|row| row.try_get(0)).collect()
}

/// The views that the user may know of, with their definitions.
pub(super) async fn views(client: &Client) -> Result<Vec<View>, Error> {
    let sql = "select viewname::text, coalesce(definition, '') from pg_catalog.pg_views \
               where schemaname not in ('pg_catalog', 'information_schema')";
    client.query(sql, &[]).await?.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
}

/// What these tables look like, by schema and name.
pub(super) async fn describe(client: &Client, oids: &[Oid]) -> Result<Vec<TargetTable>, Error> {
    let mut tables: Vec<(Oid, TargetTable)> = Vec::new();
    for row in client.query(COLUMNS, &[&oids]).await? {
        let oid: Oid = row.try_get(0)?;
        if tables.last().is_none_or(|(last, _)| *last != oid) {
            let table = DatabaseTable { schema: Some(row.try_get(1)?), name: row.try_get(2)? };
            let (columns, unique_keys, foreign_keys) = (Vec::new(), Vec::new(), Vec::new());
            tables.push((oid, TargetTable { table, columns, unique_keys, foreign_keys }));
        }
        if let Some((_, table)) = tables.last_mut() {
            table.columns.push(column(&row)?);
        }
    }
    let places: std::collections::HashMap<Oid, usize> =
        tables.iter().enumerate().map(|(at, (oid, _))| (*oid, at)).collect();
    for row in client.query(KEYS, &[&oids]).await? {
        if let Some(at) = places.get(&row.try_get(0)?) {
            tables[*at].1.unique_keys.push(row.try_get(1)?);
        }
    }
    for row in client.query(FOREIGN_KEYS, &[&oids]).await? {
        if let Some(at) = places.get(&row.try_get(0)?) {
            let other = DatabaseTable { schema: Some(row.try_get(1)?), name: row.try_get(2)? };
            tables[*at].1.foreign_keys.push((row.try_get(3)?, other, row.try_get(4)?));
        }
    }
    Ok(tables.into_iter().map(|(_, table)| table).collect())
}

fn column(row: &Row) -> Result<TargetColumn, Error> {
    let is_array: bool = row.try_get("is_array")?;
    let other = || {
        let kind = if is_array { Kind::Array(Type::TEXT) } else { Kind::Simple };
        Type::new(String::new(), 0, kind, String::new())
    };
    let of = Type::from_oid(row.try_get("type_oid")?).unwrap_or_else(other);
    Ok(TargetColumn {
        name: row.try_get("attname")?,
        database_type: row.try_get("type_name")?,
        data_type: ColumnType::of(&of, row.try_get("modifier")?).data_type,
        nullable: row.try_get("nullable")?,
        has_default: row.try_get("has_default")?,
        generated: row.try_get("generated")?,
    })
}
