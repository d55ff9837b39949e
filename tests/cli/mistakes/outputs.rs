//! Where tasks may not write.

use super::{check, shop};
use crate::project::Project;

#[test]
fn two_tasks_publish_one_path() {
    insta::assert_snapshot!(check(
        "
        version: 1
        tasks:
          orders: {type: load, path: data/orders.csv, output: outputs/a.csv}
          products: {type: load, path: data/products.csv, output: [outputs/b.csv, outputs/../outputs/a.csv]}
          picture: {type: chart, from: orders, x: day, y: amount, output: outputs/p.png}
          second: {type: chart, from: orders, x: day, y: amount, output: ./outputs/p.png}
          twice: {type: load, path: data/countries.csv, output: [c.csv, c.csv]}
        "
    ), @r"
    error: tasks `orders` and `products` both publish `outputs/../outputs/a.csv`
     --> pipeline.yaml:4:75
      |
    3 |   orders: {type: load, path: data/orders.csv, output: outputs/a.csv}
      |                                                       ------------- published here first
    4 |   products: {type: load, path: data/products.csv, output: [outputs/b.csv, outputs/../outputs/a.csv]}
      |                                                                           ^^^^^^^^^^^^^^^^^^^^^^^^ published here again
      |
      = help: give each output a path of its own

    error: tasks `picture` and `second` both publish `./outputs/p.png`
     --> pipeline.yaml:6:66
      |
    5 |   picture: {type: chart, from: orders, x: day, y: amount, output: outputs/p.png}
      |                                                                   ------------- published here first
    6 |   second: {type: chart, from: orders, x: day, y: amount, output: ./outputs/p.png}
      |                                                                  ^^^^^^^^^^^^^^^ published here again
      |
      = help: give each output a path of its own

    error: task `twice` publishes `c.csv` twice
     --> pipeline.yaml:7:65
      |
    7 |   twice: {type: load, path: data/countries.csv, output: [c.csv, c.csv]}
      |                                                          -----  ^^^^^ published here again
      |                                                          |
      |                                                          published here first
      |
      = help: give each output a path of its own

    3 errors
    ");
}

#[test]
fn a_task_overwrites_its_own_source() {
    insta::assert_snapshot!(check(
        "
        version: 1
        tasks:
          orders: {type: load, path: data/orders.csv, output: data/orders.csv}
        "
    ), @r"
    error: task `orders` would overwrite what it reads
     --> pipeline.yaml:3:55
      |
    3 |   orders: {type: load, path: data/orders.csv, output: data/orders.csv}
      |                              ---------------          ^^^^^^^^^^^^^^^ written here
      |                              |
      |                              read here
      |
      = help: write to another path

    1 error
    ");
}

#[test]
fn outside_the_project() {
    insta::assert_snapshot!(check(
        "
        version: 1
        tasks:
          absolute: {type: load, path: data/orders.csv, output: /srv/reports/orders.csv}
          dots: {type: load, path: data/orders.csv, output: outputs/../../orders.csv}
          rejects:
            type: normalize
            from: dots
            reject: [{where: id < 0, reason: negative}]
            rejects: ../rejects.csv
          own: {type: load, path: data/orders.csv, output: .tidemill/orders.csv}
        "
    ), @r"
    error: task `absolute` would write outside the project
     --> pipeline.yaml:3:57
      |
    3 |   absolute: {type: load, path: data/orders.csv, output: /srv/reports/orders.csv}
      |                                                         ^^^^^^^^^^^^^^^^^^^^^^^ this is /srv/reports/orders.csv
      |
      = help: write below the folder of the pipeline file, or list the folder under `allow_outside`

    error: task `dots` would write outside the project
     --> pipeline.yaml:4:53
      |
    4 |   dots: {type: load, path: data/orders.csv, output: outputs/../../orders.csv}
      |                                                     ^^^^^^^^^^^^^^^^^^^^^^^^ this is [folder]/orders.csv
      |
      = help: write below the folder of the pipeline file, or list the folder under `allow_outside`

    error: task `rejects` would write outside the project
     --> pipeline.yaml:9:14
      |
    9 |     rejects: ../rejects.csv
      |              ^^^^^^^^^^^^^^ this is [folder]/rejects.csv
      |
      = help: write below the folder of the pipeline file, or list the folder under `allow_outside`

    error: task `own` would write to the folder `.tidemill`
      --> pipeline.yaml:10:52
       |
    10 |   own: {type: load, path: data/orders.csv, output: .tidemill/orders.csv}
       |                                                    ^^^^^^^^^^^^^^^^^^^^ Tidemill keeps its own files here
       |
       = help: choose another path

    4 errors
    ");
}

#[test]
fn a_path_of_an_unknown_format() {
    insta::assert_snapshot!(check(
        "
        version: 1
        tasks:
          orders: {type: load, path: data/orders.csv, output: outputs/orders}
          more: {type: load, path: data/orders.csv, output: {path: outputs/orders.tsw, delimiter: ';;'}}
        "
    ), @r"
    error: `outputs/orders` has no ending that says its format
     --> pipeline.yaml:3:55
      |
    3 |   orders: {type: load, path: data/orders.csv, output: outputs/orders}
      |                                                       ^^^^^^^^^^^^^^ a table is written here
      |
      = help: end it with .csv, .json, .ndjson, .parquet, .xlsx or .sqlite

    error: expected a character, found the text `;;`
     --> pipeline.yaml:4:91
      |
    4 |   more: {type: load, path: data/orders.csv, output: {path: outputs/orders.tsw, delimiter: ';;'}}
      |                                                                                           ^^^^

    2 errors
    ");
}

/// What is read under these endings is never what is written: the programs that they belong to would refuse it.
#[test]
fn files_that_can_only_be_read() {
    for ending in ["ods", "xls", "xlsm", "ODS"] {
        let said = check(&format!(
            "
            version: 1
            tasks:
              orders: {{type: load, path: data/orders.csv, output: out.{ending}}}
              clean: {{type: normalize, from: orders, columns: {{id: int}}, reject: [{{where: id < 0, reason: r}}], rejects: bad.{ending}}}
            "
        ));
        let lower = ending.to_lowercase();
        for path in ["out", "bad"] {
            let wrong = format!("`{path}.{ending}`: files that end in `.{lower}` can be read, not written");
            assert!(said.contains(&wrong) && said.contains("end it with .csv"), "{said}");
        }
    }
}

#[cfg(unix)]
fn linked(allow: &str) -> Project {
    let project = shop();
    let elsewhere = project.root().with_file_name("elsewhere");
    std::fs::create_dir(&elsewhere).expect("a folder beside the project");
    project.link("outputs", elsewhere).pipeline(&format!(
        "
        version: 1
        {allow}
        tasks:
          orders: {{type: load, path: data/orders.csv, output: outputs/orders.csv}}
        "
    ))
}

#[cfg(unix)]
#[test]
fn outside_the_project_through_a_link() {
    insta::assert_snapshot!(linked("").run(["check"]).exits(2).stderr, @r"
    error: task `orders` would write outside the project
     --> pipeline.yaml:4:55
      |
    4 |   orders: {type: load, path: data/orders.csv, output: outputs/orders.csv}
      |                                                       ^^^^^^^^^^^^^^^^^^ this is [folder]/elsewhere/orders.csv
      |
      = help: write below the folder of the pipeline file, or list the folder under `allow_outside`

    1 error
    ");
}

#[cfg(unix)]
#[test]
fn outside_the_project_where_it_is_allowed() {
    let project = linked("allow_outside: ../elsewhere");
    project.run(["run"]).exits(0);
    let written = std::fs::read_to_string(project.root().with_file_name("elsewhere").join("orders.csv"));
    assert_eq!(written.expect("the output").lines().next(), Some("id,day,country,product,amount"));
}
