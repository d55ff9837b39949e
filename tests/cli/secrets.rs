//! Secrets: in nothing that leaves the process, in whatever form.

use std::process::Command;

use base64::Engine as _;

use crate::project::Project;

/// With all that some encoding changes.
const TOKEN: &str = "s3cr/et \"k\u{e4}y\" & 9";
const PASSWORD: &str = "correct-horse";

/// The secrets in the forms that a program may give them.
fn forms() -> Vec<String> {
    let base64 = |text: &str| base64::engine::general_purpose::STANDARD.encode(text);
    let json = serde_json::to_string(TOKEN).expect("a text");
    vec![
        TOKEN.to_owned(),
        PASSWORD.to_owned(),
        base64(TOKEN).trim_end_matches('=').to_owned(),
        base64(PASSWORD).trim_end_matches('=').to_owned(),
        "s3cr%2Fet%20%22k%C3%A4y%22%20%26%209".to_owned(),
        json[1..json.len() - 1].to_owned(),
    ]
}

fn hidden(extra: &str) -> Project {
    let text = "
        version: 1
        name: hidden
        secrets: [TOKEN, DB_PASS]
        dotenv: .env
        params: {note: none}
        env: {TOKEN: '${{ secrets.TOKEN }}', DB_PASS: '${{ secrets.DB_PASS }}'}
        tasks:
          plain: {type: command, run: 'printf \"%s|\\n\" \"$TOKEN\"; printf \"%s|\\n\" \"$DB_PASS\" >&2'}
          encoded: {type: command, run: cat forms.txt}
          pieces: {type: command, run: 'printf corre; sleep 0.02; echo ct-horse'}
          argument: {type: command, run: [echo, '${{ secrets.TOKEN }}'], env: {NOTE: '${{ params.note }}'}}
          report: {type: report, template: t.md, output: report.md}
          mail: {type: email, to: [a@example.com], subject: 'On ${{ secrets.DB_PASS }}', body: 'It is ${{ secrets.TOKEN }}.'}
        ";
    Project::new()
        .pipeline(&format!("{}{extra}", text.trim_end_matches(' ')))
        .file(".env", format!("DB_PASS={PASSWORD}\n"))
        .file("forms.txt", forms().join("\n") + "\n")
        .file("t.md", "The token is ${{ secrets.TOKEN }}.\n")
}

fn with_token<const N: usize>(project: &Project, arguments: [&str; N]) -> Command {
    let mut command = project.command(arguments);
    command.env("TOKEN", TOKEN).env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command
}

/// That no form of a secret is in these bytes.
#[track_caller]
fn is_clean(what: &str, bytes: &[u8]) {
    for form in forms() {
        let found = bytes.windows(form.len()).position(|window| window == form.as_bytes());
        assert!(found.is_none(), "{form} is in {what}");
    }
}

/// That the project's files and these texts hold no secret.
#[track_caller]
fn all_clean(project: &Project, output: &std::process::Output) {
    is_clean("stdout", &output.stdout);
    is_clean("stderr", &output.stderr);
    let mut files = project.files(".");
    files.retain(|path, _| path != ".env" && path != "forms.txt");
    assert!(files.keys().any(|path| path.contains("state.db")) && files.keys().any(|path| path.ends_with(".log")));
    files.iter().for_each(|(path, bytes)| is_clean(path, bytes));
}

#[test]
fn no_secret_is_in_logs_history_reports_mails_or_on_the_screen() {
    let project = hidden("");
    let output = with_token(&project, ["run", "-v"]).output().expect("the binary starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    all_clean(&project, &output);
    assert_eq!(project.read("report.md"), "The token is ***.\n");
    let (_, mail) = project.files("outputs/outbox").pop_first().expect("a mail");
    let mail = String::from_utf8(mail).expect("a text");
    assert!(mail.contains("Subject: On ***") && mail.contains("It is ***."), "{mail}");
    assert_eq!(project.log("plain").matches("***|").count(), 2, "{}", project.log("plain"));
    assert_eq!(project.log("encoded").matches("OUT   ***").count(), 6, "{}", project.log("encoded"));
    assert!(project.log("pieces").contains("OUT   ***\n") && project.log("argument").contains("OUT   ***\n"));
}

#[test]
fn no_secret_is_in_failures_and_events() {
    let project = hidden(
        "          fails: {type: command, run: 'echo the password is $DB_PASS; exit 3', retries: {max: 1, delay: 1ms}}
          missing: {type: command, run: ['/no/such/${{ secrets.DB_PASS }}']}
          odd: {type: command, run: 'true', when: '${{ secrets.DB_PASS }}'}
        on_failure:
          tell: {type: report, template: tell.md, output: told.md}
",
    )
    .file(
        "tell.md",
        "${{ tasks.fails.error }} ${{ tasks.fails.log }} ${{ tasks.missing.error }} ${{ tasks.odd.error }}\n",
    );
    let note = format!("note={PASSWORD}");
    let arguments = ["run", "--json", "--keep-going", "--log-format", "json", "-p", &note];
    let output = with_token(&project, arguments).output().expect("the binary starts");
    assert_eq!(output.status.code(), Some(1));
    all_clean(&project, &output);
    let told = project.read("told.md");
    assert!(told.contains("the password is ***") && told.contains("/no/such/***"), "{told}");
    for arguments in
        [&["history", "--json"][..], &["show"], &["show", "--json"], &["logs", "fails"], &["plan", "-p", &note]]
    {
        let output = with_token(&project, []).args(arguments).output().expect("the binary starts");
        assert!(output.status.success(), "{arguments:?}");
        is_clean(&arguments.join(" "), &output.stdout);
    }
    // What the run was given is not known any more.
    let retried = with_token(&project, ["retry"]).output().expect("the binary starts");
    assert_eq!(retried.status.code(), Some(2));
    let said = String::from_utf8_lossy(&retried.stderr).into_owned();
    assert!(
        said.contains("the parameter `note` of run") && said.contains("held a secret, which is not kept"),
        "{said}"
    );
}

#[test]
fn no_secret_is_in_what_check_says() {
    let project = Project::new().pipeline(&format!(
        "
        version: 1
        secrets: [TOKEN, DB_PASS]
        dotenv: .env
        params: {{n: 1}}
        tasks:
          a: {{type: load, path: {PASSWORD}.csv}}
          b: {{type: aggregate, from: {PASSWORD}, metrics: {{n: sum(x)}}}}
        "
    ));
    let project = project.file(".env", format!("DB_PASS={PASSWORD}\n"));
    for arguments in [&["check"][..], &["plan"], &["run"], &["run", "-p", "n=correct-horse"]] {
        let output = with_token(&project, []).args(arguments).output().expect("the binary starts");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        is_clean(&arguments.join(" "), &output.stderr);
        assert!(String::from_utf8_lossy(&output.stderr).contains("***"), "{arguments:?}");
    }
}

#[test]
fn a_secret_that_is_not_set_is_a_failure_where_it_is_used() {
    let project = Project::new().pipeline(
        "
        version: 1
        secrets: [TOKEN]
        dotenv: not-there.env
        tasks:
          other: {type: command, run: 'true'}
          uses: {type: command, run: 'echo ${{ secrets.TOKEN }}', retries: 3}
          mail: {type: email, to: [a@example.com], subject: x, body: y, smtp: '${{ secrets.TOKEN }}'}
        ",
    );
    let story = project.run(["run", "-j", "1", "--keep-going"]).exits(1).stderr;
    assert!(story.contains("error task uses (command): the secret `TOKEN` is not set"), "{story}");
    assert!(
        story.contains("done    mail  mail for 1 recipient in outputs/outbox/") && !story.contains("retry"),
        "{story}"
    );
}
