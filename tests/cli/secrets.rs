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

#[test]
fn escaped_forms_and_single_lines_of_a_secret_are_masked() {
    let key = "-----BEGIN KEY-----\nMIIE/first+line=\n  second line of it\nend\n-----END KEY-----\n";
    let url = "smtps://me:p&ss<w\"rd'1@mail.example.com/?tls=none";
    let project = Project::new()
        .file("t.html", "<p title=\"${{ secrets.URL }}\">${{ secrets.KEY }}</p>\n<script>x = ${{ secrets.URL | tojson }}</script>\n")
        .file(
            "said.txt",
            "MIIE/first+line=|\n{\"key\":\"second line of it\"}\nsmtps:&#x2F;&#x2F;me:p&amp;ss&lt;w&#34;rd&#39;1@mail.example.com&#x2F;?tls=none\n\
             p%26ss%3Cw%22rd'1 p&ss<w\\\"rd'1 p\\u0026ss\\u003cw\\\"rd'1\nsmtps://me:p&amp;ss&lt;w\"rd'1@mail.example.com/?tls=none end\n",
        )
        .pipeline(
            "
            version: 1
            secrets: [KEY, URL]
            tasks:
              html: {type: report, template: t.html, output: report.html, style: none}
              say: {type: command, run: cat said.txt}
            ",
        );
    let mut command = project.command(["run"]);
    command.env("KEY", key).env("URL", url);
    assert!(command.output().expect("the binary starts").status.success());
    insta::assert_snapshot!(project.read("report.html"), @r#"
    <p title="***">***</p>
    <script>x = "***"</script>
    "#);
    let log = project.log("say");
    let said: Vec<&str> = log.lines().filter_map(|line| line.split_once(" OUT   ")).map(|(_, text)| text).collect();
    assert_eq!(said, ["***|", "{\"key\":\"***\"}", "***", "*** *** ***", "*** end"]);
}

#[test]
fn a_short_secret_is_told_and_spoils_no_data() {
    let project = Project::new()
        .file("t.csv", "id,amount,city\n12,1200.12,Hamburg\n")
        .file("t.md", "{% for row in inputs.t %}${{ row.amount }} ${{ row.city }}{% endfor %}\n")
        .file(".env", "PIN=12\nURL=smtp://me:00@127.0.0.1\nCITY=Hamburg\n")
        .pipeline(
            "
            version: 1
            dotenv: .env
            secrets: [PIN, URL, CITY]
            tasks:
              t: {type: load, path: t.csv}
              all: {type: sql, sql: select * from t, output: all.csv}
              report: {type: report, inputs: {t: t}, template: t.md, output: report.md}
            ",
        );
    let told = project.run(["check"]).exits(0);
    let told = told.stderr + &told.stdout;
    for name in ["`PIN`", "the password in `URL`"] {
        assert!(told.contains(&format!("warning: {name} has fewer than 6 characters and is not masked")), "{told}");
    }
    assert!(!told.contains("`CITY`"), "{told}");
    project.run(["run"]).exits(0);
    // Words are masked, tables are what they are.
    assert_eq!(project.read("report.md"), "1200.12 ***");
    let table = "id,amount,city\n12,1200.12,Hamburg\n";
    assert_eq!(
        (project.read("all.csv").as_str(), project.run(["preview", "all", "--csv"]).stdout.as_str()),
        (table, table)
    );
    for arguments in [&["preview", "t"][..], &["preview", "t", "--json"]] {
        let output = project.command([]).args(arguments).output().expect("the binary starts");
        assert!(String::from_utf8_lossy(&output.stdout).contains("Hamburg"), "{arguments:?}");
    }
}
