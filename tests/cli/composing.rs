//! One file, several runs of it: `foreach`, `include`, profiles, parameters.

use crate::project::Project;

fn per_country(foreach: &str, path: &str, output: &str) -> Project {
    Project::new()
        .file("FR.csv", "n\n1\n2\n")
        .file("DE.csv", "n\n3\n")
        .file("FR-2024.csv", "n\n4\n")
        .file("DE-2024.csv", "n\n5\n")
        .pipeline(&format!(
            "
            version: 1
            name: countries
            params: {{countries: [FR, DE]}}
            tasks:
              part: {{type: load, foreach: {foreach}, path: '{path}', output: '{output}'}}
              all: {{type: aggregate, from: part, metrics: {{n: sum(n), rows: count(*)}}, output: all.csv}}
            "
        ))
}

#[test]
fn a_list_makes_an_instance_of_each_item() {
    let project = per_country("'${{ params.countries }}'", "${{ item }}.csv", "out/${{ item }}.csv");
    insta::assert_snapshot!(project.run(["plan"]).exits(0).stdout, @r"
    run      part@FR  load       FR.csv
                                 because first run
    run      part@DE  load       DE.csv
                                 because first run
    run      all      aggregate  part in one row
                                 because first run, upstream part@FR runs, upstream part@DE runs
    3 to run, 0 cached
    ");
    project.run(["run"]).exits(0);
    assert_eq!(project.read("all.csv"), "n,rows\n6,3\n");
    project.run(["run", "-p", "countries=[DE]"]).exits(0);
    assert_eq!(project.read("all.csv"), "n,rows\n3,1\n");
    insta::assert_snapshot!(project.run(["plan", "part@FR"]).exits(0).stdout, @"0 to run, 1 cached");
}

#[test]
fn a_map_of_lists_makes_an_instance_of_each_combination() {
    let project = per_country(
        "{country: [FR, DE], year: [2024]}",
        "${{ item.country }}-${{ item.year }}.csv",
        "out/${{ item.country }}.csv",
    );
    project.run(["run"]).exits(0);
    assert_eq!(project.read("all.csv"), "n,rows\n9,2\n");
    insta::assert_snapshot!(project.run(["graph"]).exits(0).stdout, @r"
    ┌─────────┐
    │ part ×2 │
    └────┬────┘
         ▼
      ┌─────┐
      │ all │
      └─────┘
    ");
}

#[test]
fn instances_of_one_path_are_a_mistake() {
    let project = Project::new().file("a.csv", "n\n1\n").pipeline(
        "
        version: 1
        tasks:
          part: {type: load, foreach: [x, y], path: a.csv, output: out.csv}
        ",
    );
    insta::assert_snapshot!(project.run(["check"]).exits(2).stderr, @r"
    error: tasks `part@x` and `part@y` both publish `out.csv`
     --> pipeline.yaml:3:60
      |
    3 |   part: {type: load, foreach: [x, y], path: a.csv, output: out.csv}
      |                                                            ^^^^^^^
      |                                                            |
      |                                                            published here again
      |                                                            published here first
      |
      = help: give each output a path of its own
      = help: the instances of a `foreach` need `${{ item }}` in the path

    1 error
    ");
}

fn profiled() -> Project {
    Project::new()
        .file("data/t.csv", "n\n1\n")
        .file("prod/t.csv", "n\n10\n")
        .file("test/t.csv", "n\n100\n")
        .file("more.yaml", "tasks:\n  twice:\n    type: normalize\n    from: t\n    derive: {n: 'n * ${{ params.factor }}'}\n    output: out.csv\nparams: {factor: 2}\n")
        .file("params.yaml", "dir: test\n")
        .pipeline(
            "
            version: 1
            name: profiled
            include: more.yaml
            params: {dir: data}
            profiles: {prod: {params: {dir: prod, factor: 3}}}
            tasks:
              t: {type: load, path: '${{ params.dir }}/t.csv'}
            ",
        )
}

#[test]
fn included_tasks_profiles_and_parameter_files() {
    let project = profiled();
    let result = |outcome: crate::project::Outcome| {
        outcome.exits(0);
        project.read("out.csv")
    };
    assert_eq!(result(project.run(["run"])), "n\n2\n");
    assert_eq!(result(project.run(["--profile", "prod", "run"])), "n\n30\n");
    assert_eq!(result(project.run(["run", "--params-file", "params.yaml"])), "n\n200\n");
    assert_eq!(result(project.run(["run", "--profile", "prod", "--params-file", "params.yaml"])), "n\n300\n");
    assert_eq!(result(project.run(["run", "--params-file", "params.yaml", "-p", "factor=5"])), "n\n500\n");
}

#[test]
fn a_file_elsewhere_is_run_from_its_own_folder() {
    let project = profiled().folder("elsewhere");
    let mut command = project.command(["-f", "../pipeline.yaml", "run"]);
    let child = command.current_dir(project.root().join("elsewhere")).stderr(std::process::Stdio::piped()).spawn();
    project.wait(child.expect("the binary starts")).exits(0);
    assert_eq!(project.read("out.csv"), "n\n2\n");
}
