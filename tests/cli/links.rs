//! Outputs, pictures and links: what is published stays in the project, once, and in folders that tasks fill.

use std::os::unix::fs::symlink;

use crate::project::Project;

/// A task for each item fills a folder that a command counts, without saying that it comes after.
fn filled(folder: &str) -> Project {
    Project::new().file("sales.csv", "country,v\nFR,1\nDE,2\n").pipeline(&format!(
        "
        version: 1
        name: sales
        tasks:
          count:
            type: command
            inputs: {{d: {folder}}}
            run: cat ${{{{ inputs.d }}}}/*.csv /dev/null | grep -c v > ${{{{ outputs.n }}}}
            outputs: {{n: n.txt}}
          sales: {{type: load, path: sales.csv}}
          by:
            type: aggregate
            foreach: [FR, DE]
            from: sales
            where: country = ${{{{ item }}}}
            metrics: {{v: sum(v)}}
            output: filled/by/${{{{ item }}}}.csv
        "
    ))
}

#[test]
fn a_folder_that_tasks_fill_is_an_edge_and_need_not_be_there() {
    for folder in ["filled/by", "./filled/by/"] {
        let project = filled(folder);
        project.run(["check"]).exits(0);
        project.run(["run", "-j", "1"]).exits(0);
        assert_eq!(project.read("n.txt"), "2\n");
        assert!(project.run(["run"]).exits(0).stderr.contains("nothing to do"));
        // What lies there beside is read too.
        let project = project.file("filled/by/IT.csv", "v\n3\n");
        project.run(["run"]).exits(0);
        assert_eq!(project.read("n.txt"), "3\n");
        // A file that is lost is put back and counts as ever.
        std::fs::remove_file(project.root().join("filled/by/FR.csv")).unwrap();
        project.run(["run"]).exits(0);
        assert_eq!(project.read("n.txt"), "3\n");
    }
}

#[test]
fn so_is_a_pattern_that_matches_such_a_folder_and_a_name_that_could_be_a_task() {
    let text = |inputs: &str| {
        format!(
            "version: 1\ntasks:\n  all: {{type: command, inputs: {{d: {inputs}}}, run: 'find $TIDEMILL_INPUT_d -name x.csv | wc -l > ${{{{ outputs.n }}}}', outputs: {{n: n.txt}}}}\n  a: {{type: load, path: a.csv, output: filled/deep/x.csv}}\n"
        )
    };
    for inputs in ["filled", "'fill*'", "'filled/*'"] {
        let project = Project::new().file("a.csv", "n\n1\n").file("pipeline.yaml", text(inputs));
        project.run(["run", "-j", "1"]).exits(0);
        assert_eq!(project.read("n.txt").trim(), "1", "{inputs}");
    }
}

#[test]
fn a_cycle_through_a_folder_is_told() {
    let project = Project::new().pipeline(
        "
        version: 1
        tasks:
          a: {type: command, inputs: {d: out/b}, run: 'touch ${{ outputs.o }}', outputs: {o: out/a/x}}
          b: {type: command, inputs: {d: out/a}, run: 'touch ${{ outputs.o }}', outputs: {o: out/b/x}}
          c: {type: command, inputs: {d: out/c}, run: 'touch ${{ outputs.o }}', outputs: {o: out/c/x}}
        ",
    );
    insta::assert_snapshot!(project.run(["check"]).exits(2).stderr);
}

const TWO: &str = "
    version: 1
    name: two
    tasks:
      link: {type: command, run: 'LINK', cache: auto}
      a: {type: load, path: a.csv, output: one/x.csv, depends_on: [link]}
      b: {type: load, path: a.csv, output: two/x.csv, depends_on: [a]}
    ";

#[test]
fn two_tasks_that_publish_one_file_through_a_link_are_found() {
    let before =
        Project::new().file("a.csv", "n\n1\n").folder("one").link("two", "one").pipeline(&TWO.replace("LINK", "true"));
    let told = before.run(["check"]).exits(2).stderr;
    assert!(told.contains("tasks `a` and `b` both publish `two/x.csv`"), "{told}");
    // In the run, if the link is made there.
    let meanwhile = Project::new().file("a.csv", "n\n1\n").pipeline(&TWO.replace("LINK", "mkdir one && ln -s one two"));
    let told = meanwhile.run(["run", "-j", "1"]).exits(1).stderr;
    assert!(
        told.contains(
            "error task b (load): `[folder]/project/two/x.csv` and `[folder]/project/one/x.csv` are one file"
        ),
        "{told}"
    );
    // Who reads through a link reads what the task has published.
    let reader = Project::new().file("a.csv", "n\n1\n").folder("one").link("two", "one").pipeline(
        "version: 1\ntasks:\n  r: {type: load, path: two/x.csv, output: r.csv}\n  a: {type: load, path: a.csv, output: one/x.csv}\n",
    );
    reader.run(["run", "-j", "1"]).exits(0);
    assert_eq!(reader.read("r.csv"), "n\n1\n");
}

#[test]
fn a_link_that_a_task_makes_leads_nothing_outside() {
    let project = Project::new().file("a.csv", "n\n1\n");
    let outside = project.root().join("../outside");
    std::fs::create_dir(&outside).unwrap();
    std::fs::write(outside.join("x.csv"), "precious").unwrap();
    let project = project.pipeline(&TWO.replace("LINK", "ln -s ../outside one"));
    let told = project.run(["run", "-j", "1"]).exits(1).stderr;
    assert!(told.contains("would be written outside the project: a link leads to [folder]/outside/x.csv"), "{told}");
    assert_eq!(std::fs::read_to_string(outside.join("x.csv")).unwrap(), "precious");
    assert_eq!(std::fs::read_dir(&outside).unwrap().count(), 1);
    // Nor what is only put back.
    let project = Project::new()
        .file("a.csv", "n\n1\n")
        .pipeline("version: 1\ntasks: {a: {type: load, path: a.csv, output: one/x.csv}}\n");
    project.run(["run"]).exits(0);
    std::fs::rename(project.root().join("one"), project.root().join("../gone")).unwrap();
    std::fs::create_dir(project.root().join("../outside")).unwrap();
    symlink("../outside", project.root().join("one")).unwrap();
    let told = project.run(["run"]).exits(2).stderr;
    assert!(told.contains("task `a` would write outside the project"), "{told}");
}

#[test]
fn an_outbox_lies_in_the_project_too_unless_it_is_allowed() {
    let mail = |more: &str| {
        Project::new().pipeline(&format!(
            "version: 1\nname: m\n{more}tasks: {{mail: {{type: email, to: a@example.com, subject: s, body: b, outbox: ../mails}}}}\n"
        ))
    };
    let told = mail("").run(["check"]).exits(2).stderr;
    assert!(
        told.contains("task `mail` would write outside the project") && told.contains("this is [folder]/mails"),
        "{told}"
    );
    let allowed = mail("allow_outside: [../mails]\n");
    allowed.run(["run"]).exits(0);
    assert_eq!(std::fs::read_dir(allowed.root().join("../mails")).unwrap().count(), 1);
    let linked = Project::new()
        .folder("outputs")
        .pipeline("version: 1\ntasks: {mail: {type: email, to: a@example.com, subject: s, body: b}}\n");
    std::fs::create_dir(linked.root().join("../mails")).unwrap();
    let linked = linked.link("outputs/outbox", "../../mails");
    assert!(linked.run(["run"]).exits(2).stderr.contains("would write outside the project"));
}

#[test]
fn a_report_shows_only_pictures_of_the_project() {
    let page = "<img src=\"${{ 'logo.png' | image }}\">\n";
    let pipeline = "version: 1\ntasks: {page: {type: report, template: page.html, output: out.html}}\n";
    let project = || Project::new().file("page.html", page).file("pipeline.yaml", pipeline);
    let secret = project().file("../secret", "root:x:0").link("logo.png", "../secret");
    let told = secret.run(["run"]).exits(1).stderr;
    assert!(told.contains("the picture logo.png lies outside the project, at [folder]/secret"), "{told}");
    let text = project().file("notes.txt", "root:x:0").link("logo.png", "notes.txt");
    assert!(text.run(["run"]).exits(1).stderr.contains("logo.png does not hold a picture of its kind (image/png)"));
    let picture = project().file("art/logo.png", b"\x89PNG\r\n\x1a\n").link("logo.png", "art/logo.png");
    picture.run(["run"]).exits(0);
    assert!(picture.read("out.html").contains("data:image/png;base64,iVBORw0KGgo="));
}

#[test]
fn init_writes_through_no_link() {
    let project = Project::new().link("pipeline.yaml", "../elsewhere.yaml");
    assert!(project.run(["init"]).exits(2).stderr.contains("pipeline.yaml is there already"));
    assert!(!project.root().join("../elsewhere.yaml").exists() && !project.has("data"));
}
