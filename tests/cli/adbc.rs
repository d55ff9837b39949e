//! Databases with a driver, through the binary. What the drivers do is tested beside the code.

use tidemill_test_servers::adbc_driver;

use crate::project::Project;

#[test]
fn a_pipeline_reads_from_duckdb_and_writes_to_it() {
    let Some(driver) = adbc_driver("libduckdb.so") else { return };
    let pipeline = format!(
        "
        version: 1
        name: ducks
        params: {{least: 2}}
        connections:
          duck: {{driver: '{}', options: {{path: data/shop.duckdb}}}}
        tasks:
          sales:
            type: load
            path: sales.csv
            columns: {{id: int, day: date, amount: 'decimal(10,2)'}}
            output: {{connection: duck, table: sales, create: true}}
          large:
            type: load
            connection: duck
            query: select id, day, amount from sales where id >= ${{{{ params.least }}}} order by id
            after: [sales]
            output: large.csv
        ",
        driver.display()
    );
    let project = Project::new()
        .file("sales.csv", "id,day,amount\n1,2024-01-01,1.50\n2,2024-01-02,2.50\n3,2024-01-03,3.50\n")
        .file("data/.keep", "")
        .pipeline(&pipeline);
    project.run(["run"]).exits(0);
    assert_eq!(project.read("large.csv"), "id,day,amount\n2,2024-01-02,2.50\n3,2024-01-03,3.50\n");
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
