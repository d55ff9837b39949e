//! Parameters: where their values come from, which are refused, and the screen that explains them.

use crate::project::Project;

fn shop() -> Project {
    Project::new().file("more.yaml", "params: {region: {type: string, enum: [north, south], default: north}}\n").pipeline(
        "
        version: 1
        name: shop
        include: [more.yaml]
        params:
          data_dir: data
          top_n: {type: int, default: 15, min: 1, max: 50, help: Campaigns in the chart}
          share: {type: float, default: 0.5, max: 1}
          least: {type: int, default: 0, min: 0}
          countries: [FR, DE]
          day: {type: string, help: \"The day that is reported,\\nas YYYY-MM-DD\"}
        env: {GREETING: hello}
        profiles:
          prod: {params: {top_n: 40, day: 2024-05-01}, env: {GREETING: good evening}}
        tasks:
          tell:
            type: command
            run: 'echo $GREETING: ${{ params.data_dir }} ${{ params.top_n }} ${{ params.share }} ${{ params.countries }} ${{ params.day }} ${{ params.region }}'
        ",
    )
}

/// What the command was told.
fn told<const N: usize>(arguments: [&str; N]) -> String {
    let project = shop().file("given.yaml", "top_n: 7\nshare: 1\nday: 2024-02-29\n");
    project.run(arguments).exits(0);
    let log = project.log("tell");
    log.lines().find_map(|line| line.split_once(" OUT   ")).expect("it says something").1.to_owned()
}

#[test]
fn a_value_comes_from_the_file_a_profile_a_params_file_or_the_command_line() {
    assert_eq!(told(["run", "-p", "day=today"]), "hello: data 15 0.5 FR DE today north");
    assert_eq!(told(["run", "--profile", "prod"]), "good evening: data 40 0.5 FR DE 2024-05-01 north");
    assert_eq!(told(["run", "--params-file", "given.yaml"]), "hello: data 7 1.0 FR DE 2024-02-29 north");
    // The nearer to the user, the stronger.
    assert_eq!(
        told([
            "run",
            "--profile",
            "prod",
            "--params-file",
            "given.yaml",
            "-p",
            "top_n=9",
            "-p",
            "countries=[IT, 'a b']"
        ]),
        "good evening: data 9 1.0 FR DE 2024-02-29 north".replace("FR DE", "IT a b")
    );
    assert_eq!(
        told(["run", "-p", "day=x", "-p", "region=south", "-p", "region=north"]),
        "hello: data 15 0.5 FR DE x north"
    );
}

#[test]
fn values_that_do_not_fit_are_refused() {
    let refused = |given: &str| shop().run(["run", "-p", "day=x", "-p", given]).exits(2).stderr;
    let all: String =
        ["top_n=many", "top_n=51", "share=1.5", "least=-1", "region=west", "countries=FR", "topn=3", "top_n"]
            .iter()
            .map(|given| format!("{}\n", refused(given)))
            .collect();
    insta::assert_snapshot!(all);
    insta::assert_snapshot!(shop().run(["run"]).exits(2).stderr);
    insta::assert_snapshot!(shop().run(["run", "--profile", "prd"]).exits(2).stderr);
    let project = shop().file("given.yaml", "top_n: 0\nday: [x]\nstranger: 1\n");
    insta::assert_snapshot!(project.run(["run", "--params-file", "given.yaml"]).exits(2).stderr);
}

#[test]
fn a_screen_tells_which_there_are() {
    insta::assert_snapshot!(shop().run(["run", "--help-params"]).exits(0).stdout);
    let given = ["run", "--help-params", "--profile", "prod", "-p", "countries=[IT]"];
    insta::assert_snapshot!(shop().run(given).exits(0).stdout);
    let lines = shop().run(["run", "--help-params", "--json"]).exits(0).stdout;
    insta::assert_snapshot!(lines.lines().nth(2).expect("several"));
    let none = Project::new().pipeline("version: 1\nname: bare\ntasks: {a: {type: command, run: 'true'}}\n");
    assert_eq!(none.run(["run", "--help-params"]).exits(0).stdout, "bare has no parameters\n");
    assert!(!none.has(".tidemill") && !none.has("logs"));
}
