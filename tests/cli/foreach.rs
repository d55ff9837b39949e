//! One task many times.

use crate::project::Project;

const ORDERS: &str = "country,year,total\nFR,2023,1\nDE,2023,2\nFR,2024,4\nDE,2024,8\nIT,2024,16\n";

fn per_country() -> Project {
    Project::new()
        .file("orders.csv", ORDERS)
        .file("all.md", "{% for row in inputs.sums %}${{ row.country }} {% endfor %}.\n")
        .pipeline(
            "
        version: 1
        name: countries
        params: {countries: [FR, DE]}
        tasks:
          orders: {type: load, path: orders.csv}
          sums:
            type: aggregate
            foreach: ${{ params.countries }}
            from: orders
            where: country = ${{ item }}
            group_by: [country]
            metrics: {total: sum(total)}
            output: by/${{ item }}.csv
          all: {type: normalize, from: sums, output: all.csv}
          one: {type: normalize, from: sums@FR, output: one.csv}
          report: {type: report, template: all.md, inputs: {sums: sums}, output: report.md}
          files:
            type: command
            foreach: ${{ params.countries }}
            run: printf %s ${{ item }} > ${{ outputs.f }}
            outputs: {f: 'files/${{ item }}.txt'}
          joined:
            type: command
            inputs: {parts: files}
            run: cat ${{ inputs.parts }} /dev/null > $TIDEMILL_OUTPUT_whole
            outputs: {whole: whole.txt}
          after: {type: command, run: 'true', depends_on: [files]}
        ",
        )
}

#[test]
fn a_list_makes_an_instance_for_each_item_and_its_readers_read_all() {
    let project = per_country();
    let story = project.run(["run", "-j", "1"]).exits(0).stderr;
    assert_eq!(project.read("all.csv"), "country,total\nFR,5\nDE,10\n");
    assert_eq!(project.read("one.csv"), "country,total\nFR,5\n");
    assert_eq!(project.read("report.md"), "FR DE .\n");
    assert_eq!(project.read("whole.txt"), "FRDE");
    assert_eq!(project.read("by/DE.csv"), "country,total\nDE,10\n");
    assert!(story.contains("done    sums@FR  1 row") && story.contains("files@DE"), "{story}");
    // The order of the items is the order of the rows.
    project.run(["run", "-p", "countries=[IT, DE, FR]"]).exits(0);
    assert_eq!(project.read("all.csv"), "country,total\nIT,16\nDE,10\nFR,5\n");
    assert_eq!(project.read("whole.txt"), "ITDEFR");
    insta::assert_snapshot!(project.run(["graph"]).exits(0).stdout);
}

#[test]
fn a_matrix_makes_an_instance_for_each_combination() {
    let project = Project::new().file("orders.csv", ORDERS).pipeline(
        "
        version: 1
        tasks:
          orders: {type: load, path: orders.csv}
          sums:
            type: aggregate
            foreach: {country: [FR, DE], year: [2023, 2024]}
            from: orders
            where: country = ${{ item.country }} and year = ${{ item.year }}
            group_by: [country, year]
            metrics: {total: sum(total)}
          all: {type: normalize, from: sums, output: all.csv}
          one: {type: normalize, from: sums@DE-2023, output: one.csv}
        ",
    );
    project.run(["run"]).exits(0);
    assert_eq!(project.read("all.csv"), "country,year,total\nFR,2023,1\nFR,2024,4\nDE,2023,2\nDE,2024,8\n");
    assert_eq!(project.read("one.csv"), "country,year,total\nDE,2023,2\n");
}

#[test]
fn without_items_its_readers_find_nothing() {
    let text =
        per_country().read("pipeline.yaml").replace("  one: {type: normalize, from: sums@FR, output: one.csv}\n", "");
    let project = per_country().file("pipeline.yaml", text);
    project.run(["check", "-p", "countries=[]"]).exits(0);
    insta::assert_snapshot!(project.run(["plan", "-p", "countries=[]"]).exits(0).stdout);
    insta::assert_snapshot!(project.run(["run", "-j", "1", "-p", "countries=[]"]).exits(0).stderr);
    assert_eq!(project.read("all.csv"), "country,total\n");
    assert_eq!(project.read("report.md"), ".\n");
    assert_eq!(project.read("whole.txt"), "");
    assert!(project.run(["logs", "after"]).exits(0).stderr.starts_with("after wrote nothing in run "));
    let again = project.run(["run", "-j", "1", "-p", "countries=[]"]).exits(0).stderr;
    assert!(again.contains("1 ran, ") && again.contains("cached"), "{again}");
    // And with items it is as if there had always been some.
    project.run(["run", "-p", "countries=[IT]"]).exits(0);
    assert_eq!(project.read("all.csv"), "country,total\nIT,16\n");
}

/// A folder, or a pattern, that only an empty `foreach` would fill need not be there before the first run.
#[test]
fn without_items_the_folder_that_they_would_fill_is_empty() {
    let project = Project::new().pipeline(
        "
        version: 1
        params: {countries: {type: list, default: []}}
        tasks:
          part:
            type: command
            foreach: ${{ params.countries }}
            run: 'echo ${{ item }} > $TIDEMILL_OUTPUT_o'
            outputs: {o: 'parts/${{ item }}/all.csv'}
          folder: {type: command, run: 'ls -A \"$TIDEMILL_INPUT_d\" > $TIDEMILL_OUTPUT_o', inputs: {d: parts/}, outputs: {o: folder.txt}}
          pattern: {type: command, run: 'echo \"<$TIDEMILL_INPUT_d>\"', inputs: {d: 'parts/*/*.csv'}}
        ",
    );
    project.run(["run"]).exits(0);
    assert_eq!((project.read("folder.txt"), project.has("parts/_")), (String::new(), false));
    project.run(["run", "-p", "countries=[FR]"]).exits(0);
    assert_eq!(project.read("folder.txt"), "FR\n");
}

#[test]
fn without_items_a_table_whose_columns_hang_on_the_item_is_not_read() {
    let project = Project::new().file("data/a.csv", "n\n1\n").file("data/b.csv", "n\n2\n").pipeline(
        "
        version: 1
        name: parts
        params: {parts: [a, b]}
        tasks:
          part: {type: load, foreach: '${{ params.parts }}', path: 'data/${{ item }}.csv'}
          sum: {type: aggregate, from: part, metrics: {n: sum(n)}, output: sum.csv}
          apart: {type: command, run: 'true', depends_on: [part]}
        ",
    );
    insta::assert_snapshot!(project.run(["run", "-j", "1", "-p", "parts=[]"]).exits(0).stderr);
    insta::assert_snapshot!(project.run(["plan", "-p", "parts=[]"]).exits(0).stdout);
    project.run(["run"]).exits(0);
    assert_eq!(project.read("sum.csv"), "n\n3\n");
}

#[test]
fn a_failed_instance_is_named_and_the_others_go_on_if_wanted() {
    let project = Project::new().pipeline(
        "
        version: 1
        tasks:
          t:
            type: command
            foreach: [a, b, c]
            run: test ${{ item }} != b && echo ${{ item }} > ${{ outputs.o }}
            outputs: {o: '${{ item }}.txt'}
          end: {type: command, run: 'true', depends_on: [t]}
        ",
    );
    let story = project.run(["run", "-j", "1", "--keep-going"]).exits(1).stderr;
    assert!(story.contains("error task t@b (command)") && story.contains("skipped end  `t@b` failed"), "{story}");
    assert!(project.has("a.txt") && !project.has("b.txt") && project.has("c.txt"));
}

#[test]
fn rows_of_instances_are_united_by_the_names_of_their_columns() {
    let project = Project::new().file("a.csv", "x,y,z\n1,2,\n").file("b.csv", "z,y,x\nw,3.5,4\n").pipeline(
        "
            version: 1
            tasks:
              t: {type: load, foreach: [a, b], path: '${{ item }}.csv'}
              all: {type: sql, sql: select * from t, output: all.csv}
              sum: {type: aggregate, from: t, metrics: {x: sum(x), y: sum(y)}, output: sum.csv}
            ",
    );
    project.run(["run"]).exits(0);
    assert_eq!(project.read("all.csv"), "x,y,z\n1,2,\n4,3.5,w\n");
    assert_eq!(project.read("sum.csv"), "x,y\n5,5.5\n");
}

#[test]
fn instances_that_do_not_fit_each_other_are_named() {
    let project = Project::new()
        .file("a.csv", "x,y\n1,2\n")
        .file("b.csv", "x,z\n3,4\n")
        .file("c.csv", "x,y\nthree,4\n")
        .pipeline(
            "
            version: 1
            tasks:
              t: {type: load, foreach: [a, b], path: '${{ item }}.csv'}
              all: {type: sql, sql: select x from t}
              u: {type: load, foreach: [a, c], path: '${{ item }}.csv'}
              both: {type: aggregate, from: u, metrics: {n: count(*)}}
              one: {type: aggregate, from: u@c, metrics: {n: count(*)}}
            ",
        );
    insta::assert_snapshot!(project.run(["check"]).exits(2).stderr, @r"
    error: `t@a` has no column `z`, which `t@b` has
     --> pipeline.yaml:4:3
      |
    4 |   all: {type: sql, sql: select x from t}
      |   ^^^ it reads all of `t`
      |
      = help: rows are united by the names of their columns: let `columns` of the load, or `select` and `columns` of a `normalize`, say them for all

    error: column `x` is string in `u@c`, but int in `u@a`
     --> pipeline.yaml:6:3
      |
    6 |   both: {type: aggregate, from: u, metrics: {n: count(*)}}
      |   ^^^^ it reads all of `u`
      |
      = help: rows are united by the names of their columns: let `columns` of the load, or `select` and `columns` of a `normalize`, say them for all

    2 errors
    ");
}

#[test]
fn what_only_a_whole_file_shows_is_named_when_it_runs() {
    let late = format!("x\n{}word\n", "1\n".repeat(2000));
    let project = Project::new().file("a.csv", "x\n1\n").file("b.csv", late).pipeline(
        "
        version: 1
        tasks:
          t: {type: load, foreach: [a, b], path: '${{ item }}.csv'}
          all: {type: aggregate, from: t, metrics: {n: count(*)}}
        ",
    );
    let story = project.run(["run"]).exits(1).stderr;
    assert!(story.contains("column `x` is string in `t@b`, but int in `t@a`"), "{story}");
}
