//! What runs after the end, and what it may know.

use crate::project::Project;

const TOLD: &str = "${{ run.status }}
{% for name, task in tasks|items if task.status == 'failed' -%}
${{ name }}: ${{ task.error }}
{% for line in task.log %}  > ${{ line }}
{% endfor %}{% endfor -%}
ended: {% for name, task in tasks|items %}${{ name }}=${{ task.status }} {% endfor %}
";

fn handled() -> Project {
    Project::new().file("told.md", TOLD).pipeline(
        "
        version: 1
        name: handled
        params: {code: 0}
        tasks:
          good: {type: command, run: 'echo fine'}
          bad: {type: command, run: 'seq 1 30; echo no such table >&2; exit ${{ params.code }}'}
          after: {type: command, run: 'true', depends_on: [bad]}
        on_success:
          ok: {type: report, template: told.md, output: ok.txt}
        on_failure:
          ko: {type: report, template: told.md, output: ko.txt}
          mail: {type: email, to: [a@example.com], subject: 'It ${{ run.status }}', body: '${{ tasks.bad.log | last }}'}
          call: {type: command, run: 'echo ${{ run.status }} ${{ tasks.bad.log }} > called.txt'}
        finally:
          last: {type: command, run: 'echo ${{ run.status }} > last.txt'}
        ",
    )
}

#[test]
fn a_failure_is_told_with_its_last_lines() {
    let project = handled();
    project.run(["run", "-j", "1", "-p", "code=4"]).exits(1);
    insta::assert_snapshot!(project.read("ko.txt"));
    let (_, mail) = project.files("outputs/outbox").pop_first().expect("a mail");
    let mail = String::from_utf8(mail).expect("a text");
    assert!(mail.contains("Subject: It failed") && mail.contains("no such table"), "{mail}");
    assert!(project.read("called.txt").starts_with("failed 12 13 ") && project.read("called.txt").ends_with("table\n"));
    assert_eq!(project.read("last.txt"), "failed\n");
    assert!(!project.has("ok.txt"));
}

#[test]
fn a_success_has_its_own() {
    let project = handled();
    project.run(["run", "-j", "1"]).exits(0);
    assert_eq!(project.read("ok.txt"), "success\nended: after=success bad=success good=success ");
    assert_eq!(project.read("last.txt"), "success\n");
    assert!(!project.has("ko.txt") && !project.has("outputs"));
}

#[test]
fn a_handler_that_fails_makes_the_run_fail() {
    let project = Project::new().pipeline(
        "
        version: 1
        tasks: {good: {type: command, run: 'true'}}
        on_success: {bad: {type: command, run: 'exit 3'}}
        finally: {last: {type: command, run: 'echo ${{ run.status }} > last.txt'}}
        ",
    );
    let story = project.run(["run"]).exits(1).stderr;
    assert!(story.contains("error task bad (command): `exit 3` ended with exit code 3"), "{story}");
    assert_eq!(project.read("last.txt"), "success\n");
}
