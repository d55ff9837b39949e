//! Published files that no task makes any more.

use crate::project::Project;

/// A file for each country, and a command that counts all that lie in their folder.
fn per_country() -> Project {
    Project::new().file("sales.csv", "country,v\nFR,1\nDE,2\nUS,3\n").pipeline(
        "
        version: 1
        name: sales
        params: {countries: [FR, DE, US]}
        tasks:
          sales: {type: load, path: sales.csv}
          by:
            type: aggregate
            foreach: ${{ params.countries }}
            from: sales
            where: country = ${{ item }}
            metrics: {v: sum(v)}
            output: out/by/${{ item }}.csv
          count: {type: command, run: 'cat out/by/*.csv | grep -c v > ${{ outputs.n }}', depends_on: [by], outputs: {n: out/n.txt}}
        ",
    )
}

#[test]
fn the_file_of_an_item_that_is_gone_is_told_listed_and_removed() {
    let project = per_country();
    let two = "countries=[FR, DE]";
    assert_eq!(project.run(["clean"]).exits(0).stderr, "every published file is still made by a task\n");
    assert!(!project.run(["run"]).exits(0).stderr.contains("no task makes"));
    assert_eq!(project.run(["clean", "--yes"]).exits(0).stdout, "");
    let told = "warning out/by/US.csv is still there though no task makes it any more; `tidemill clean` lists such files, \
                `tidemill clean --yes` removes them";
    for arguments in [["plan", "-p", two], ["run", "-p", two], ["run", "-p", two]] {
        assert!(project.run(arguments).exits(0).stderr.contains(told), "{arguments:?}");
    }
    assert_eq!(project.read("out/n.txt"), "3\n");
    let listed = project.run(["clean", "-p", two]).exits(0);
    assert_eq!(
        (listed.stdout.as_str(), listed.stderr.as_str()),
        ("out/by/US.csv  (by@US)\n", "`tidemill clean --yes` removes 1 file\n")
    );
    assert!(project.has("out/by/US.csv"));
    assert_eq!(project.run(["clean", "-p", two, "--yes"]).exits(0).stderr, "1 file removed\n");
    assert!(!project.has("out/by/US.csv") && project.has("out/by/FR.csv"));
    assert!(!project.run(["run", "-p", two]).exits(0).stderr.contains("no task makes"));
    // With the item back, so is its file, and it is known again.
    project.run(["run"]).exits(0);
    assert!(project.has("out/by/US.csv"));
    assert_eq!(
        project.run(["clean", "-p", two, "--json"]).exits(0).stdout,
        "{\"file\":\"out/by/US.csv\",\"task\":\"by@US\",\"changed\":false,\"removed\":false}\n"
    );
}

#[test]
fn what_was_changed_since_stays_unless_forced_and_what_nobody_published_always() {
    let project = per_country();
    project.run(["run"]).exits(0);
    let project = project.file("out/by/US.csv", "mine\n").file("out/by/IT.csv", "mine\n");
    let none = "countries=[]";
    let listed = project.run(["clean", "-p", none]).exits(0).stdout;
    insta::assert_snapshot!(listed, @r"
    out/by/DE.csv  (by@DE)
    out/by/FR.csv  (by@FR)
    out/by/US.csv  (by@US)  changed since it was published: only --force removes it
    ");
    assert_eq!(project.run(["clean", "-p", none, "--yes"]).exits(0).stderr, "2 files removed, 1 file kept\n");
    assert_eq!(project.read("out/by/US.csv"), "mine\n");
    assert_eq!(project.run(["clean", "-p", none]).exits(0).stderr, "nothing is removed without --yes and --force\n");
    project.run(["clean", "-p", none, "--yes", "--force"]).exits(0);
    assert!(!project.has("out/by/US.csv") && project.has("out/by/IT.csv"));
}

#[test]
fn of_a_task_that_is_gone_or_has_another_output_the_former_file_is_left() {
    let text = |tasks: &str| format!("version: 1\nname: p\ntasks:\n{tasks}");
    let project = Project::new().file("a.csv", "n\n1\n").file(
        "pipeline.yaml",
        text(
            "  a: {type: load, path: a.csv, output: moved.csv}\n  b: {type: normalize, from: a, output: [gone.csv, kept.csv]}\n  c: {type: normalize, from: a, output: 'reports/${{ run.date }}.csv'}\n",
        ),
    );
    project.run(["run", "--at", "2024-11-19"]).exits(0);
    // One of the files has become a source; the reports of other days are no leftovers.
    let project = project.file(
        "pipeline.yaml",
        text(
            "  a: {type: load, path: a.csv, output: elsewhere.csv}\n  k: {type: load, path: kept.csv}\n  c: {type: normalize, from: a, output: 'reports/${{ run.date }}.csv'}\n",
        ),
    );
    project.run(["run", "--at", "2024-11-20"]).exits(0);
    assert_eq!(project.run(["clean"]).exits(0).stdout, "gone.csv  (b)\nmoved.csv  (a)\n");
    // What another pipeline of the folder publishes now is its.
    let project =
        project.file("other.yaml", "version: 1\nname: q\ntasks: {x: {type: load, path: a.csv, output: moved.csv}}\n");
    project.run(["-f", "other.yaml", "run"]).exits(0);
    assert_eq!(project.run(["clean", "--yes"]).exits(0).stdout, "removed  gone.csv  (b)\n");
    assert!(project.has("moved.csv") && project.has("kept.csv") && project.has("reports/2024-11-19.csv"));
}
