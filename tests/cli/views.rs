//! What is printed for people and programs: plans, graphs, the schema, help, completions, the manual page.

use crate::project::Project;

fn small() -> Project {
    Project::new().file("t.csv", "n,k\n1,a\n").file("r.md", "${{ inputs.t | length }}\n").pipeline(
        "
        version: 1
        name: small
        tasks:
          t: {type: load, path: t.csv}
          clean: {type: normalize, from: t, columns: {n: int}, reject: [{where: n < 0, reason: negative}]}
          sums: {type: aggregate, from: clean, group_by: [k], metrics: {n: sum(n)}, output: sums.csv}
          both: {type: join, left: clean, right: sums, on: [k]}
          query: {type: sql, sql: select count(*) as n from both}
          picture: {type: chart, from: sums, kind: bar, x: k, y: n, output: picture.svg}
          report: {type: report, template: r.md, inputs: {t: query}, output: report.md}
          mail: {type: email, to: [a@example.com], subject: Numbers, body: See the picture., attach: [picture, report]}
        ",
    )
}

#[test]
fn a_plan() {
    let project = small();
    insta::assert_snapshot!(project.run(["plan"]).exits(0).stdout, @r"
    run      t        load       t.csv
                                 because first run
    run      clean    normalize  t: 1 typed column, 1 reject rule
                                 because first run, upstream t runs
    run      sums     aggregate  clean by k
                                 because first run, upstream clean runs
    run      both     join       clean inner join sums on k
                                 because first run, upstream clean runs, upstream sums runs
    run      query    sql        query over both
                                 because first run, upstream both runs
    run      picture  chart      bar of sums → picture.svg
                                 because first run, upstream sums runs
    run      report   report     r.md → report.md
                                 because first run, upstream query runs
    run      mail     email      mail to a@example.com
                                 because first run, upstream picture runs, upstream report runs
    8 to run, 0 cached
    ");
    insta::assert_snapshot!(project.run(["plan", "--json", "clean"]).exits(0).stdout, @r#"
    {"task":"t","action":"run","reasons":["first run"]}
    {"task":"clean","action":"run","reasons":["first run","upstream t runs"]}
    "#);
    insta::assert_snapshot!(project.run(["run", "--dry-run", "sums"]).exits(0).stdout, @r"
    run      t      load       t.csv
                               because first run
    run      clean  normalize  t: 1 typed column, 1 reject rule
                               because first run, upstream t runs
    run      sums   aggregate  clean by k
                               because first run, upstream clean runs
    3 to run, 0 cached
    ");
    assert!(!project.has("sums.csv"));
}

#[test]
fn a_graph() {
    let project = small();
    insta::assert_snapshot!(project.run(["graph"]).exits(0).stdout, @r"
              ┌───┐
              │ t │
              └─┬─┘
                ▼
            ┌───────┐
            │ clean │
            └───┬───┘
                ▼
            ┌──────┐
            │ sums │
            └───┬──┘
             ╭──┴─╮
             ▼    │
         ┌──────┐ │
         │ both │ │
         └───┬──┘ │
             │    ╰╮
             ▼     │
         ┌───────┐ │
         │ query │ │
         └───┬───┘ │
         ╭───╯     │
         ▼         ▼
    ┌────────┐  ┌─────────┐
    │ report │  │ picture │
    └────┬───┘  └────┬────┘
         ╰─────┬─────╯
               ▼
           ┌──────┐
           │ mail │
           └──────┘

    also both ← clean
    ");
    insta::assert_snapshot!(project.run(["graph", "--format", "dot", "+both"]).exits(0).stdout, @r##"
    digraph pipeline {
        rankdir=LR;
        node [shape=box, style=rounded, fontname="Helvetica"];
        edge [color="#8a94a0"];
        "t" [label="t\nload", color="#2f6fb5"];
        "clean" [label="clean\nnormalize", color="#0f857c"];
        "sums" [label="sums\naggregate", color="#a8570f"];
        "both" [label="both\njoin", color="#7a4fb3"];
        "t" -> "clean";
        "clean" -> "sums";
        "clean" -> "both";
        "sums" -> "both";
    }
    "##);
    project.run(["graph", "--format", "svg", "-o", "graph.svg"]).exits(0);
    assert!(project.read("graph.svg").starts_with("<svg"), "a picture");
}

#[test]
fn a_check_that_finds_nothing() {
    insta::assert_snapshot!(small().run(["check"]).exits(0).stderr, @"ok small: 8 tasks, no mistakes");
}

#[test]
fn a_whole_run() {
    insta::assert_snapshot!(small().run(["run", "-j", "1"]).exits(0).stderr, @r"
    done    t  1 row  [time]
    done    clean  1 row  [time]
    done    sums  1 row  [time]
    done    both  1 row  [time]
    done    picture  figure of 1 row  [time]
    done    query  1 row  [time]
    done    report  1 line  [time]
    done    mail  mail for 1 recipient in outputs/outbox/[run]-mail.eml  [time]
      task     rows in  rows out  rejected  time
      t              1         1  [time]
      clean          1         1  [time]
      sums           1         1  [time]
      both       1 + 1         1  [time]
      query          1         1  [time]
      picture  [time]
      report  [time]
      mail  [time]

    Results
      outputs/rejects/  clean.csv
      ./  sums.csv  picture.svg  report.md
      mail: mail for 1 recipient in outputs/outbox/[run]-mail.eml

    done in [time]: 8 ran
    ");
}

/// What reads a pipe goes by lines: nothing is broken there.
#[test]
fn messages_in_a_pipe_are_lines() {
    let reason = "a reason of many words ".repeat(8);
    let reason = reason.trim_end();
    let project = Project::new().file("t.csv", "n\n-1\n1\n").pipeline(&format!(
        "
        version: 1
        params: {{words: {{type: string, default: {reason}}}}}
        tasks:
          t: {{type: load, path: t.csv}}
          clean: {{type: normalize, from: t, columns: {{n: int}}, reject: [{{where: n < 0, reason: {reason}}}]}}
        "
    ));
    let said = project.run(["run"]).exits(0).stderr;
    let note = said.lines().find(|line| line.starts_with("note")).expect("a note");
    assert!(note.contains(reason), "{said}");
    let shown = project.run(["show"]).exits(0).stdout;
    assert!(shown.lines().any(|line| line == note), "{shown}");
    assert!(shown.contains(&format!("words={reason}")), "{shown}");
}

#[test]
fn the_schema_knows_every_type() {
    let text = Project::new().run(["schema"]).exits(0).stdout;
    let schema: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert!(schema["$schema"].as_str().is_some_and(|uri| uri.contains("json-schema.org")));
    for kind in ["load", "normalize", "join", "aggregate", "sql", "chart", "report", "email"] {
        assert!(text.contains(&format!("\"const\": \"{kind}\"")), "{kind}");
    }
}

#[test]
fn alone_it_prints_help() {
    let alone = Project::new().run([]);
    let asked = Project::new().run(["--help"]).exits(0);
    assert!(alone.stdout.contains("Usage: tidemill") || alone.stderr.contains("Usage: tidemill"));
    assert!(asked.stdout.contains("Exit codes: 0 done, 1 a task or check failed"));
}

#[test]
fn logs_are_followed_by_f_and_the_file_keeps_its_long_name() {
    let project = small();
    project.run(["run", "-j", "1"]).exits(0);
    std::fs::rename(project.root().join("pipeline.yaml"), project.root().join("other.yaml")).expect("a file");
    let log = project.log("sums");
    for arguments in [["-f", "other.yaml", "logs", "sums"], ["logs", "sums", "--file", "other.yaml"]] {
        assert_eq!(project.run(arguments).exits(0).stdout, log);
    }
    assert_eq!(project.run(["-f", "other.yaml", "logs", "sums", "-f"]).exits(0).stdout, log);
}

#[test]
fn completions_and_the_manual_page() {
    for shell in ["bash", "zsh", "fish"] {
        let text = Project::new().run(["completions", shell]).exits(0).stdout;
        assert!(text.contains("tidemill") && text.contains("keep-going"), "{shell}");
    }
    let page = Project::new().run(["man"]).exits(0).stdout;
    assert!(page.contains(".TH tidemill 1"), "{page}");
}
