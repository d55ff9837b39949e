//! Reading tables and queries.

use tidemill_core::attempt::NEVER_CANCELLED;
use tidemill_core::connection::DatabaseSource;

use crate::shop::{fresh, open, query, read, row, server, texts};

#[test]
fn a_table_and_a_query_are_read_with_the_types_that_they_have() {
    let Some(server) = server() else { return };
    let url = fresh(&server, "plain");
    server.sql(
        "create table plain.orders (id int primary key, price decimal(10,2), placed datetime(6), note varchar(20))",
    );
    server
        .sql("insert into plain.orders values (1, 9.90, '2024-11-20 19:45:00.000001', 'käse'), (2, null, null, null)");
    let database = open(&url, &[]);
    let version = server.sql("select substring_index(version(), '-', 1)");
    let expected = format!("MariaDB {}, as tidemill, over TLS", version.trim());
    assert_eq!(database.probe().expect("it answers"), expected);
    let table = read(&*database, DatabaseSource::Table("orders")).expect("it is there");
    assert_eq!(table.rows, 2);
    let shown: Vec<String> = row(&table, 0).iter().map(ToString::to_string).collect();
    assert_eq!(shown, ["1", "9.90", "2024-11-20T19:45:00.000001", "käse"]);
    let text = query("select sum(price) as total, count(*) as n from orders");
    let columns = database.describe(DatabaseSource::Query(&text), &NEVER_CANCELLED).expect("it is right");
    let types: Vec<String> = columns.schema.fields().iter().map(|field| field.data_type.to_string()).collect();
    assert_eq!(types, ["decimal(32,2)", "int"]);
    let table = read(&*database, DatabaseSource::Query(&text)).expect("it is right");
    assert_eq!((texts(&table, "total"), texts(&table, "n")), (vec!["9.90".to_owned()], vec!["2".to_owned()]));
}
