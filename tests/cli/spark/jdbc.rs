//! Databases that the cluster reads by itself, as catalogs of its own.

use tidemill_test_servers::{Postgres, SparkServer};

use crate::project::Project;

const ORDERS: &str = "
create table orders (id bigint, country text, amount numeric(12,2), rate double precision, day date, at timestamp, seen timestamptz, paid boolean, note varchar(20));
insert into orders select i, nullif('c' || i % 5, 'c3'), i * 1.25, i / 7.0, date '2024-01-01' + i % 40, timestamp '2024-01-01 10:00' + i * interval '1 minute',
  timestamptz '2024-07-01 12:00+02' + i * interval '1 hour', i % 2 = 0, nullif('n' || i % 3, 'n1') from generate_series(1, 300) as t(i);
create role jdbc login password 'for jdbc';
grant select on orders to jdbc;";

#[test]
fn a_database_that_the_server_has_as_a_catalog_is_read_by_the_cluster() {
    let (Some(server), Some(postgres)) = (SparkServer::shared(), Postgres::shared()) else { return };
    if !server.has_postgres_driver() {
        return;
    }
    let database = postgres.database();
    postgres.psql(&database, ORDERS);
    let url = format!("jdbc:postgresql://localhost:{}/{database}?sslmode=require", postgres.port());
    let engine = format!(
        "engine:
  type: local
  url: {}
  warehouse: {}
  settings:
    spark.sql.catalog.shop: org.apache.spark.sql.execution.datasources.v2.jdbc.JDBCTableCatalog
    spark.sql.catalog.shop.url: {url}
    spark.sql.catalog.shop.driver: org.postgresql.Driver
    spark.sql.catalog.shop.user: jdbc
    spark.sql.catalog.shop.password: ${{{{ secrets.JDBC }}}}
",
        server.url(),
        server.warehouse()
    );
    // Order and types are those of this machine's own reader too.
    let make = |name: &str| {
        let text = format!(
            "version: 1
name: jdbc
secrets: [JDBC, SHOP]
dotenv: .env
connections: {{own: \"${{{{ secrets.SHOP }}}}\"}}
{engine}tasks:
  there: {{type: load, connection: spark, table: shop.public.orders, output: out/there.csv}}
  here: {{type: load, connection: own, query: select * from orders order by id, output: out/here.csv}}
  groups: {{type: aggregate, from: there, group_by: [country], metrics: {{n: count(*), amount: sum(amount)}}, output: out/groups.csv}}
"
        );
        let env = format!("JDBC=\"for jdbc\"\nSHOP=\"{}\"\n", postgres.url(&database));
        let project = Project::new().file("pipeline.yaml", text).file(".env", env);
        let run = project.run(["--engine", name, "run"]).exits(0).stderr;
        (project, run)
    };
    let [(local, _), (spark, told)] = ["local", "spark"].map(make);
    assert!(told.contains("done    there  300 rows, on spark"), "{told}");
    assert_eq!(local.files("out"), spark.files("out"));
    assert_eq!(spark.read("out/there.csv"), spark.read("out/here.csv"));
}
