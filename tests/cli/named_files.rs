//! SQLite files under the names of connections.

use crate::project::Project;

fn shop(output: &str) -> Project {
    let project = Project::new().pipeline(&format!(
        "
        version: 1
        connections: {{local: 'sqlite:data/shop.db'}}
        tasks:
          orders: {{type: load, connection: local, table: orders}}
          large: {{type: sql, sql: select * from orders where id > 1, output: {output}}}
        "
    ));
    std::fs::create_dir(project.root().join("data")).expect("a folder");
    let database = rusqlite::Connection::open(project.root().join("data/shop.db")).expect("a database");
    database.execute_batch("create table orders (id int); insert into orders values (1), (2), (3)").expect("rows");
    project
}

#[test]
fn its_tables_are_read_and_doctor_looks_for_it() {
    let project = shop("large.csv");
    project.run(["run"]).exits(0);
    assert_eq!(project.read("large.csv"), "id\n2\n3\n");
    let told = project.run(["doctor"]).exits(0).stdout;
    assert!(told.contains("ok    connection  local: ") && told.contains("data/shop.db, "), "{told}");
    std::fs::remove_file(project.root().join("data/shop.db")).expect("it is there");
    let told = project.run(["doctor"]).stdout;
    assert!(told.contains("bad   connection  connection `local` cannot read ") && told.contains("shop.db"), "{told}");
}

#[test]
fn nothing_is_written_into_it_and_what_to_do_is_said() {
    let project = shop("{connection: local, table: large, create: true}");
    for arguments in [["check"], ["run"]] {
        insta::allow_duplicates! {
            insta::assert_snapshot!(project.run(arguments).exits(2).stderr, @"
            error: connection `local` is an SQLite file, whose tables are read; nothing is written into them
             --> pipeline.yaml:5:97
              |
            5 |   large: {type: sql, sql: select * from orders where id > 1, output: {connection: local, table: large, create: true}}
              |                                                                                                 ^^^^^ used here
              |
              = help: write a file of its own, such as `output: results.db`, or reach it by a driver that writes into it: `local: {driver: adbc_driver_sqlite, options: {uri: …}}`

            1 error
            ");
        }
    }
}
