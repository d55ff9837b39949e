//! What is read: a table or a query, and its columns.

use tidemill_core::connection::{
    ConnectionError, ConnectionErrorKind, DatabaseColumns, DatabaseSource, DatabaseTable, LeftOutColumn,
};
use tidemill_core::diagnostic::nearest;
use tidemill_core::table::{DataType, Schema};
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Statement};

use super::bound::{Bound, Parameter};
use super::column_type::ColumnType;
use super::decode::ReadColumn;
use super::error::{error, of_statement};
use super::sql::{identifier, identifiers, parse_table, table};

/// The statement or name that says what is read.
pub(super) fn text(source: DatabaseSource<'_>) -> &str {
    match source {
        DatabaseSource::Table(name) => name,
        DatabaseSource::Query(query) => &query.text,
    }
}

/// A source that the server has looked at.
pub(super) struct Source {
    /// What stands behind `from`.
    from: String,
    /// The values of its parameters.
    pub parameters: Vec<Parameter>,
    /// The table, if it is one.
    pub table: Option<DatabaseTable>,
    /// Its columns.
    columns: Vec<SourceColumn>,
}

struct SourceColumn {
    name: String,
    of: Type,
    is: ColumnType,
}

impl Source {
    /// Has the server prepare it, which reads no row.
    ///
    /// # Errors
    /// If the server refuses it, or two columns have one name.
    pub async fn prepare(
        client: &Client,
        connection: &str,
        source: DatabaseSource<'_>,
        default_schema: Option<&str>,
    ) -> Result<Self, ConnectionError> {
        let (sql, parameters, of_table) = match source {
            DatabaseSource::Table(name) => {
                let of_table = parse_table(name, default_schema);
                (format!("select * from {}", table(&of_table)), Vec::new(), Some(of_table))
            }
            DatabaseSource::Query(query) => {
                let bound = Bound::of(connection, query)?;
                (bound.sql, bound.parameters, None)
            }
        };
        let written = of_table.is_none().then_some(sql.as_str());
        let statement = client.prepare(&sql).await.map_err(|fault| of_statement(connection, &fault, written))?;
        let columns = columns(connection, &statement)?;
        let from = match &of_table {
            Some(of_table) => table(of_table),
            // A comment at its end takes the parenthesis away if no new line begins.
            None => format!(
                "(\n{sql}\n) as tidemill_query ({})",
                identifiers(columns.iter().map(|column| column.name.as_str()))
            ),
        };
        Ok(Self { from, parameters, table: of_table, columns })
    }

    /// Its columns, as far as the statement says them.
    pub fn described(&self) -> DatabaseColumns {
        let mut described = DatabaseColumns::default();
        for column in &self.columns {
            match column.is.data_type {
                Some(data_type) => described.schema.set(&column.name, data_type),
                None => described.left_out.push(LeftOutColumn {
                    name: column.name.clone(),
                    data_type: column.of.name().to_owned(),
                    help: ColumnType::help(&column.of, &column.name),
                }),
            }
            if column.is.guessed {
                described.guessed.push(column.name.clone());
            }
        }
        described
    }

    /// A query for something of its rows.
    pub fn select(&self, list: &str) -> String {
        format!("select {list} from {}", self.from)
    }

    /// The query for these columns, and how they are read.
    ///
    /// # Errors
    /// If one is not there, or cannot be read as that type.
    pub fn reading(&self, connection: &str, schema: &Schema) -> Result<(String, Vec<ReadColumn>), ConnectionError> {
        let mut list = Vec::new();
        let mut columns = Vec::new();
        for field in schema.fields() {
            let (expression, column) = self.read_column(connection, &field.name, field.data_type)?;
            list.push(expression);
            columns.push(column);
        }
        Ok((self.select(&list.join(", ")), columns))
    }

    fn read_column(
        &self,
        connection: &str,
        name: &str,
        wanted: DataType,
    ) -> Result<(String, ReadColumn), ConnectionError> {
        let missing = |message: String| error(connection, ConnectionErrorKind::Missing, message);
        let place = self.table.as_ref().map_or_else(|| "the query".to_owned(), |table| format!("table {table}"));
        let Some(column) = self.columns.iter().find(|column| column.name == name) else {
            let error = missing(format!("has no column `{name}` in {place}"));
            let meant = nearest(name, self.columns.iter().map(|column| column.name.as_str()));
            return Err(match meant {
                Some(meant) => error.help(format!("do you mean `{meant}`?")),
                None => error.help("it may have been dropped or renamed since the pipeline was written"),
            });
        };
        let Some(is) = column.is.read_as(wanted) else {
            let of = column.of.name();
            let error =
                missing(format!("has a column `{name}` of type {of} in {place}, which cannot be read as {wanted}"));
            return Err(match column.is.data_type {
                Some(own) => error.help(format!("it is read as {own}: declare that, or cast it in a query")),
                None => error.help(ColumnType::help(&column.of, name)),
            });
        };
        let read = ReadColumn { name: name.to_owned(), data_type: wanted, wire: is.wire };
        Ok((is.cast.of(&identifier(name)), read))
    }
}

fn columns(connection: &str, statement: &Statement) -> Result<Vec<SourceColumn>, ConnectionError> {
    let mut columns: Vec<SourceColumn> = Vec::with_capacity(statement.columns().len());
    for column in statement.columns() {
        let name = column.name();
        if columns.iter().any(|other| other.name == name) {
            let message = format!("is asked by a query that has two columns `{name}`");
            return Err(error(connection, ConnectionErrorKind::Query, message).help("name them apart with `as`"));
        }
        let is = ColumnType::of(column.type_(), column.type_modifier());
        columns.push(SourceColumn { name: name.to_owned(), of: column.type_().clone(), is });
    }
    if columns.is_empty() && statement.columns().is_empty() {
        let message = "is asked something that gives no columns";
        return Err(error(connection, ConnectionErrorKind::Query, message).help("ask with a `select`"));
    }
    Ok(columns)
}
