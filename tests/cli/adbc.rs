//! Databases with a driver, through the binary. What the drivers do is tested beside the code.

use tidemill_test_servers::adbc_driver;

use crate::project::Project;

#[test]
fn a_pipeline_reads_from_duckdb_and_writes_to_it() {
    let Some(driver) = adbc_driver("libduckdb.so") else { return };
    let connection = format!("{{driver: '{}', options: {{path: data/shop.duckdb}}}}", driver.display());
    let project = Project::new()
        .file("sales.csv", "id,day,amount\n1,2024-01-01,1.50\n2,2024-01-02,2.50\n3,2024-01-03,3.50\n")
        .file("data/.keep", "")
        .pipeline(&format!(
            "
            version: 1
            name: into
            connections: {{duck: {connection}}}
            tasks:
              sales:
                type: load
                path: sales.csv
                columns: {{id: int, day: date, amount: 'decimal(10,2)'}}
                output: {{connection: duck, table: sales, create: true}}
            "
        ));
    project.run(["run"]).exits(0);
    let project = project.pipeline(&format!(
        "
        version: 1
        name: out
        params: {{least: 2}}
        connections: {{duck: {connection}}}
        tasks:
          large:
            type: load
            connection: duck
            query: select id, day, amount from sales where id >= ${{{{ params.least }}}} order by id
            output: large.csv
          sum:
            type: sql
            sql: select sum(amount) as total from large
            output: {{connection: duck, table: sums, create: true}}
          all: {{type: load, connection: duck, table: sales, output: all.csv}}
        "
    ));
    project.run(["run"]).exits(0);
    assert_eq!(project.read("large.csv"), "id,day,amount\n2,2024-01-02,2.50\n3,2024-01-03,3.50\n");
    assert_eq!(project.read("all.csv").lines().count(), 4);
    let told = project.run(["doctor"]);
    assert!(told.stdout.contains("DuckDB v") || told.stdout.contains("duckdb v"), "{}", told.stdout);
}

#[test]
fn a_driver_that_is_not_installed_is_told_before_anything_runs() {
    let project = Project::new().pipeline(
        "
        version: 1
        name: none
        connections:
          duck: {driver: adbc_driver_nowhere, options: {path: shop.duckdb}}
        tasks:
          sales: {type: load, connection: duck, table: sales, columns: {id: int}, output: sales.csv}
        ",
    );
    let failed = project.run(["check"]).exits(2);
    assert!(failed.stderr.contains("`pip install adbc-driver-nowhere`"), "{}", failed.stderr);
}

#[test]
fn a_driver_of_the_projects_python_is_found_by_its_name() {
    let Some(driver) = adbc_driver("libadbc_driver_sqlite.so") else { return };
    let library = std::fs::read(driver).expect("the driver can be read");
    let place = ".venv/lib/python3.11/site-packages/adbc_driver_sqlite/libadbc_driver_sqlite.so";
    let project = Project::new().file(place, library).pipeline(
        "
        version: 1
        name: python
        connections:
          lite: {driver: adbc_driver_sqlite, options: {uri: lite.db}}
        tasks:
          one: {type: load, connection: lite, query: select 1 as n, output: one.csv}
        ",
    );
    project.run(["run"]).exits(0);
    assert_eq!(project.read("one.csv"), "n\n1\n");
}
