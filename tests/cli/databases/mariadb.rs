//! The same with MariaDB.

use tidemill_test_servers::MariaDb;

use crate::project::Project;

const PIPELINE: &str = "
    version: 1
    name: shop
    secrets: [DB_URL]
    dotenv: .env
    params: {countries: [FR, \"D'E\"]}
    connections:
      shop: ${{ secrets.DB_URL }}
      mart: {url: '${{ secrets.DB_URL }}', schema: mart}
    tasks:
      orders:
        type: load
        connection: shop
        query: select id, country, amount from orders where country in ${{ params.countries }} order by id
        output:
          - orders.csv
          - {connection: mart, table: replaced, create: true}
          - {connection: mart, table: appended, mode: append, create: true}
          - {connection: mart, table: changed, mode: upsert, key: [id]}
      back: {type: load, path: 'mart://replaced', columns: {id: int, country: string, amount: 'decimal(12,2)'}, output: back.csv}
    ";

#[test]
fn a_pipeline_reads_mariadb_and_writes_it_once() {
    let Some(server) = MariaDb::start() else { return };
    server.sql(
        "create database mart; create table mart.changed (id int primary key, country text, amount decimal(12,2), note text);
        insert into mart.changed (id, note) values (1, 'mine');
        create table orders (id int primary key, country varchar(10) not null, amount decimal(12,2) not null);
        insert into orders values (1, 'FR', 1.5), (2, 'US', 2), (3, 'D''E', 3)",
    );
    let project = Project::new().pipeline(PIPELINE).file(".env", format!("DB_URL={}\n", server.url()));
    project.run(["check"]).exits(0);
    project.run(["run"]).exits(0);
    project.run(["run", "--force"]).exits(0);
    assert_eq!(project.read("orders.csv"), "id,country,amount\n1,FR,1.50\n3,D'E,3.00\n");
    assert_eq!(project.read("back.csv"), project.read("orders.csv"));
    for (table, rows) in [("replaced", 2), ("appended", 2), ("changed", 2)] {
        assert_eq!(server.sql(&format!("select count(*) from mart.{table}")), format!("{rows}\n"), "{table}");
    }
    assert_eq!(server.sql("select * from mart.changed order by id"), "1\tFR\t1.50\tmine\n3\tD'E\t3.00\tNULL\n");
    server.sql("delete from orders where id = 3");
    project.run(["run"]).exits(0);
    for (table, rows) in [("replaced", 1), ("appended", 3), ("changed", 2)] {
        assert_eq!(server.sql(&format!("select count(*) from mart.{table}")), format!("{rows}\n"), "{table}");
    }
    let told = project.run(["doctor"]).exits(0).stdout;
    assert!(told.contains("ok    connection  shop: ") && !told.contains("sesame"), "{told}");
    project.files(".").into_iter().filter(|(path, _)| path != ".env").for_each(|(path, bytes)| {
        assert!(!bytes.windows(6).any(|window| window == b"sesame"), "the password is in {path}");
    });
}

#[test]
fn a_mariadb_that_is_not_there_is_told_by_the_connection() {
    let Some(server) = MariaDb::start() else { return };
    let nowhere = server.url().replace(&server.port().to_string(), "1");
    let project = Project::new().pipeline(PIPELINE).file(".env", format!("DB_URL={nowhere}\n"));
    let told = project.run(["check"]).exits(2).stderr;
    assert!(told.contains("connection `shop`") && !told.contains("sesame"), "{told}");
}
