//! Files in object stores and on the web, through the binary. What the storages themselves do is tested beside them.

use std::process::Command;

use tidemill_test_servers::{Certificates, Cut, S3Server, WebAnswer, WebServer};

use crate::project::{Outcome, Project};

fn with_keys(mut command: Command, server: &S3Server) -> Command {
    let keys = [("AWS_ACCESS_KEY_ID", "key"), ("AWS_SECRET_ACCESS_KEY", "hush"), ("AWS_REGION", "us-east-1")];
    command.envs(keys).env("AWS_ENDPOINT_URL", server.url());
    command
}

fn run<const N: usize>(project: &Project, server: &S3Server, arguments: [&str; N]) -> Outcome {
    let child = with_keys(project.command(arguments), server);
    finish(project, child)
}

fn finish(project: &Project, mut command: Command) -> Outcome {
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    project.wait(command.spawn().expect("the binary starts"))
}

#[test]
fn of_a_parquet_file_in_a_store_the_columns_that_are_taken_come_and_no_others() {
    let Some(server) = S3Server::start() else { return };
    let made = Project::new().pipeline(
        "
        version: 1
        tasks:
          wide:
            type: sql
            sql: select n, sha256('a' || n) || sha256('b' || n) as text, n * 2.5 as price, md5('c' || n) as other from generate_series(1, 100000) as s (n)
            output: wide.parquet
        ",
    );
    made.run(["run"]).exits(0);
    let file = std::fs::read(made.root().join("wide.parquet")).expect("it was made");
    server.make_bucket("lake");
    server.put("lake/wide.parquet", &file);
    let cut = Cut::before(server.port()).expect("a proxy");
    let project = Project::new().pipeline(
        "
        version: 1
        tasks:
          prices: {type: load, path: 's3://lake/wide.parquet', select: [n, price]}
          total: {type: sql, sql: 'select count(*) as n, sum(price) as price from prices', output: total.csv}
        ",
    );
    let run = |arguments: [&str; 1]| {
        let mut command = with_keys(project.command(arguments), &server);
        command.env("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{}", cut.port()));
        finish(&project, command).exits(0)
    };
    run(["check"]);
    assert!(cut.answered() < 300_000, "{} of {} bytes for a check", cut.answered(), file.len());
    let before = cut.answered();
    run(["run"]);
    let came = cut.answered() - before;
    assert_eq!(project.read("total.csv"), "n,price\n100000,12500125000\n");
    assert!(file.len() > 8 << 20 && came < 2_500_000, "{came} of {} bytes", file.len());
    println!("{came} of {} bytes came for two columns of four", file.len());
    assert!(project.files(".tidemill/cache/fetched").is_empty(), "a copy of parts does not stay");
}

#[test]
fn a_pipeline_reads_from_a_store_and_writes_to_it() {
    let Some(server) = S3Server::start() else { return };
    server.make_bucket("reports");
    server.put("reports/raw/2024-01.csv", "n\n1\n2\n");
    server.put("reports/raw/2024-02.csv", "n\n3\n");
    let project = Project::new().pipeline(
        "
        version: 1
        name: stores
        tasks:
          raw: {type: load, path: 's3://reports/raw/2024-*.csv'}
          doubled: {type: sql, sql: select n * 2 as twice from raw, output: 's3://reports/out/doubled.csv'}
          total: {type: sql, sql: select sum(twice) as total from doubled, output: [total.csv, 's3://reports/out/total.csv']}
          made:
            type: command
            run: printf 'made' > ${{ outputs.text }}
            outputs: {text: 's3://reports/out/made.txt'}
        ",
    );
    let text = |path: &str| server.get(path).map(|bytes| String::from_utf8(bytes).expect("a text"));
    run(&project, &server, ["run"]).exits(0);
    assert_eq!(text("reports/out/doubled.csv").as_deref(), Some("twice\n2\n4\n6\n"));
    assert_eq!(text("reports/out/total.csv"), Some(project.read("total.csv")));
    assert_eq!(text("reports/out/made.txt").as_deref(), Some("made"));
    assert!(project.files(".tidemill/scratch").is_empty(), "what was sent does not stay");
    let again = run(&project, &server, ["run"]);
    assert!(again.stderr.contains("nothing to do"), "{}", again.stderr);
    // Edited and removed by somebody else.
    server.put("reports/out/doubled.csv", "edited\n");
    server.delete("reports/out/made.txt");
    let restored = run(&project, &server, ["run"]);
    assert!(restored.stderr.contains("had been edited by hand"), "{}", restored.stderr);
    assert_eq!(text("reports/out/doubled.csv").as_deref(), Some("twice\n2\n4\n6\n"));
    assert_eq!(text("reports/out/made.txt").as_deref(), Some("made"));
    let saved = project.files(".tidemill/edited");
    assert_eq!(saved.values().collect::<Vec<_>>(), [b"edited\n"]);
    // Another file that the pattern matches.
    server.put("reports/raw/2024-03.csv", "n\n10\n");
    run(&project, &server, ["run"]).exits(0);
    assert_eq!(text("reports/out/doubled.csv").as_deref(), Some("twice\n2\n4\n6\n20\n"));
}

#[test]
fn a_store_that_refuses_the_output_fails_the_task() {
    let Some(server) = S3Server::start() else { return };
    let project = Project::new().file("n.csv", "n\n1\n").pipeline(
        "
        version: 1
        name: refused
        tasks:
          n: {type: load, path: n.csv, output: 's3://nowhere/n.csv'}
        ",
    );
    let failed = run(&project, &server, ["run"]).exits(1);
    let told = "cannot publish `s3://nowhere/n.csv`: there is no bucket `nowhere`";
    assert!(failed.stderr.contains(told) && !failed.stderr.contains("hush"), "{}", failed.stderr);
}

/// The message about a file of the web, over TLS with certificates that are trusted.
fn of_secure_web(expired: bool, answer: impl Fn(&str) -> WebAnswer + Send + Sync + 'static) -> Outcome {
    let folder = tempfile::tempdir().expect("a folder");
    let certificates = Certificates::make(folder.path(), expired).expect("certificates");
    let server = WebServer::start_secure(&certificates, move |request, _| answer(&request.path));
    let project = Project::new().pipeline(&format!(
        "
        version: 1
        name: web
        secrets: [KEY]
        connections:
          api: {{url: '{}', headers: {{X-Key: '${{{{ secrets.KEY }}}}'}}}}
        tasks:
          x: {{type: load, connection: api, path: x.csv, output: x.csv}}
        ",
        server.url("/export")
    ));
    let mut command = project.command(["run"]);
    command.env("SSL_CERT_FILE", &certificates.authority).env("KEY", "hush-hush");
    let outcome = finish(&project, command);
    assert!(!outcome.stderr.contains("hush-hush"), "{}", outcome.stderr);
    outcome
}

#[test]
fn a_file_of_the_web_is_read_over_tls() {
    of_secure_web(false, |_| WebAnswer::whole("n\n1\n").header("ETag", "\"one\"")).exits(0);
}

#[test]
fn an_expired_certificate_is_refused() {
    let outcome = of_secure_web(true, |_| WebAnswer::whole("n\n1\n"));
    assert!(outcome.stderr.contains("the certificate of localhost is not trusted"), "{}", outcome.stderr);
    assert!(outcome.stderr.to_lowercase().contains("expired"), "{}", outcome.stderr);
}

#[test]
fn nobody_leads_from_https_to_http() {
    let plain = WebServer::start(|_, _| WebAnswer::whole("n\n1\n").header("ETag", "\"one\""));
    let target = plain.url("/x.csv");
    let outcome = of_secure_web(false, move |_| WebAnswer::status(302).header("Location", &target));
    assert!(outcome.stderr.contains("without encryption"), "{}", outcome.stderr);
    assert!(plain.requests().is_empty());
}
