//! Requests to another system, received by a server of the test's own.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};

use tidemill_mail_server::{Encryption, Settings};

use crate::project::Project;

/// A server that answers one request after the other as it is told, then none. An answer is a status, headers, an empty line and
/// a body.
pub(crate) struct Server {
    pub(crate) url: String,
    pub(crate) heard: Receiver<Heard>,
}

/// A request: its first line, its headers in small letters, its body.
#[derive(Debug)]
pub(crate) struct Heard {
    pub(crate) line: String,
    pub(crate) headers: Vec<String>,
    pub(crate) body: String,
    pub(crate) bytes: Vec<u8>,
}

pub(crate) fn server(answers: &[&str]) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("it is bound"));
    let (tell, heard) = channel();
    let answers: Vec<String> = answers.iter().map(|answer| (*answer).to_owned()).collect();
    std::thread::spawn(move || {
        for answer in answers {
            let Ok((stream, _)) = listener.accept() else { return };
            let request = hear(&stream);
            let (head, body) = answer.split_once("\n\n").unwrap_or((&answer, ""));
            let (head, length) = (head.replace('\n', "\r\n"), body.len());
            let _ = write!(&stream, "HTTP/1.1 {head}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}");
            if tell.send(request).is_err() {
                return;
            }
        }
    });
    Server { url, heard }
}

fn hear(stream: &TcpStream) -> Heard {
    let mut reader = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).expect("a request");
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let headers: Vec<String> = lines[1..].iter().map(|line| line.to_ascii_lowercase()).collect();
    let length = headers
        .iter()
        .find_map(|header| header.strip_prefix("content-length: "))
        .map_or(0, |n| n.parse().expect("a number"));
    let mut bytes = vec![0; length];
    reader.read_exact(&mut bytes).expect("a body");
    Heard { line: lines.remove(0), headers, body: String::from_utf8_lossy(&bytes).into_owned(), bytes }
}

fn calling(url: &str) -> Project {
    Project::new().file("t.csv", "n,name\n1,one\n2,\"a \"\"b\"\"\"\n").pipeline(&format!(
        "
        version: 1
        name: calling
        secrets: [KEY]
        dotenv: .env
        params: {{channel: sales}}
        tasks:
          t: {{type: load, path: t.csv}}
          call:
            type: webhook
            url: {url}/hook/${{{{ params.channel }}}}
            headers: {{authorization: 'Bearer ${{{{ secrets.KEY }}}}'}}
            json: {{text: 'rows: ${{{{ tasks.t.rows }}}}', count: '${{{{ tasks.t.rows }}}}', rows: '${{{{ inputs.t }}}}', plain: [1, true, null]}}
            inputs: {{t: t}}
            retries: {{max: 2, delay: 1ms}}
        "
    ))
    .file(".env", "KEY=open-sesame\n")
}

#[test]
fn a_request_carries_values_tables_and_secrets() {
    let server = server(&["200 OK\n\nthanks"]);
    let project = calling(&server.url);
    let story = project.run(["run", "-j", "1"]).exits(0).stderr;
    assert!(story.contains("done    call  127.0.0.1 answered 200 OK"), "{story}");
    let heard = server.heard.recv().expect("a request");
    assert_eq!(heard.line, "POST /hook/sales HTTP/1.1");
    assert!(heard.headers.contains(&"content-type: application/json".to_owned()), "{heard:?}");
    assert!(heard.headers.contains(&"authorization: bearer open-sesame".to_owned()), "{heard:?}");
    insta::assert_snapshot!(heard.body);
    assert!(project.log("call").contains("thanks"), "{}", project.log("call"));
    assert!(
        project
            .files(".")
            .iter()
            .all(|(path, bytes)| { path == ".env" || !String::from_utf8_lossy(bytes).contains("open-sesame") })
    );
    // By hand it is sent again only if its content differs; the server would not answer.
    let again = project.run(["run"]).exits(0).stderr;
    assert!(again.contains("nothing to do"), "{again}");
}

#[test]
fn what_may_pass_is_tried_again_and_what_may_not_is_not() {
    let first = server(&["503 Service Unavailable\n\nlater", "429 Too Many Requests", "204 No Content"]);
    let story = calling(&first.url).run(["run", "-j", "1"]).exits(0).stderr;
    assert!(story.contains("retry   call  attempt 2 failed: 127.0.0.1 answered 429 Too Many Requests"), "{story}");
    assert_eq!(first.heard.iter().count(), 3);
    let second = server(&["404 Not Found\n\nno such channel"]);
    let story = calling(&second.url).run(["run", "-j", "1"]).exits(1).stderr;
    assert!(
        story.contains("error task call (webhook): 127.0.0.1 answered 404 Not Found\n  \u{2502} no such channel"),
        "{story}"
    );
    assert!(!story.contains("retry"), "{story}");
}

#[test]
fn a_server_that_is_not_there_is_a_failure() {
    let gone = server(&[]).url;
    let story = calling(&gone).run(["run", "-j", "1"]).exits(1).stderr;
    assert!(story.contains("attempt 2 failed: cannot reach 127.0.0.1") && !story.contains("open-sesame"), "{story}");
}

/// The error of a run that fails, without the paths in it.
fn error(project: &Project) -> String {
    let story = project.run(["run", "-j", "1"]).exits(1).stderr;
    let from = story.find("error task").unwrap_or_else(|| panic!("{story}"));
    story[from..].split("  log:").next().unwrap_or_default().trim_end().to_owned()
}

/// One that follows would take the secret in the header to wherever it is sent.
#[test]
fn a_redirect_is_a_failure_that_says_where_to() {
    let other = server(&["200 OK"]);
    for status in
        ["301 Moved Permanently", "302 Found", "303 See Other", "307 Temporary Redirect", "308 Permanent Redirect"]
    {
        let first = server(&[&format!("{status}\nlocation: {}/other?key=open-sesame", other.url)]);
        let project = calling(&first.url);
        let told = error(&project);
        let line = format!(
            "127.0.0.1 answered {status}, which leads to {}/other\n  help: a redirect is not followed",
            other.url
        );
        assert!(told.contains(&line), "{told}");
        assert_eq!(first.heard.iter().count(), 1, "it is not tried again");
        let state = project.run(["status"]);
        assert!(!state.stdout.contains("not known") && !state.stderr.contains("not known"), "{}", state.stdout);
    }
    assert!(other.heard.try_recv().is_err(), "nobody has called there");
    let bare = server(&["304 Not Modified"]);
    assert_eq!(error(&calling(&bare.url)), "error task call (webhook): 127.0.0.1 answered 304 Not Modified");
}

#[test]
fn a_refused_certificate_is_a_failure_and_not_unknown() {
    let settings = Settings { encryption: Encryption::Tls, ..Settings::default() };
    let server = tidemill_mail_server::Server::start(settings).expect("a server");
    let told = error(&calling(&format!("https://{}", server.address())));
    assert_eq!(told, "error task call (webhook): cannot reach 127.0.0.1: invalid peer certificate: UnknownIssuer");
    assert_eq!(server.sessions(), 1, "it is not tried again");
    let plain = self::server(&["200 OK"]);
    let told = error(&calling(&plain.url.replace("http:", "https:")));
    assert!(told.contains("cannot reach 127.0.0.1: "), "{told}");
}

/// A server that takes requests and never answers.
fn silent() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("it is bound"));
    std::thread::spawn(move || {
        let clients: Vec<TcpStream> = listener.incoming().flatten().collect();
        drop(clients);
    });
    url
}

#[test]
fn a_timeout_holds_while_a_request_is_under_way() {
    let project = calling(&silent());
    let text = project.read("pipeline.yaml").replace("retries: {max: 2, delay: 1ms}", "timeout: 1s");
    let told = error(&project.file("pipeline.yaml", text));
    let line = "it is not known whether 127.0.0.1 took the request: no answer within ";
    assert!(told.contains(line) && told.contains("help: raise `timeout` if it may take longer"), "{told}");
}

/// Of an answer without end, and of one that would steer the terminal, only harmless letters are shown.
#[test]
fn an_answer_is_shown_without_its_escapes_and_its_length() {
    let long = format!("400 Bad Request\n\n\u{1b}]0;owned\u{7}\u{1b}[2Jnot\r\n\u{9b}31mthis\n{}", "x".repeat(200_000));
    let first = server(&[&long]);
    let project = calling(&first.url);
    let told = error(&project);
    assert!(
        told.contains("\n  \u{2502} \\u{1b}]0;owned\\u{7}\\u{1b}[2Jnot\n  \u{2502} \\u{9b}31mthis\n  \u{2502} xxx"),
        "{told}"
    );
    assert!(told.len() < 3000, "{}", told.len());
    let log = project.log("call");
    assert!(!log.contains(['\u{1b}', '\u{7}', '\u{9b}']) && log.contains("not"), "{log}");
    let place = server(&["302 Found\nlocation: /\u{9b}31m/"]);
    let told = error(&calling(&place.url));
    assert!(told.contains("leads to /\\u{9b}31m/"), "{told}");
}

#[test]
fn a_password_in_the_file_is_masked_in_the_plan_and_a_warning() {
    let project = Project::new().pipeline(
        "
        version: 1
        name: open
        secrets: [TOKEN]
        tasks:
          one: {type: webhook, url: 'https://me:hunter2@example.com/x'}
          two: {type: webhook, url: 'https://example.com/x', headers: {Authorization: Bearer hunter2}}
          three: {type: webhook, url: 'https://example.com/@x:y', headers: {X-Api-Key: '${{ secrets.TOKEN }}'}}
        ",
    );
    insta::assert_snapshot!(project.run(["check"]).exits(0).stderr, @r"
    warning: pipeline.yaml:5:29: a password stands here, and whoever reads the file can use it
     |
     = help: declare `secrets: [WEBHOOK_URL]`, set WEBHOOK_URL in the environment or in the file that `dotenv` names, and write `${{ secrets.WEBHOOK_URL }}`

    warning: pipeline.yaml:6:79: a password stands here, and whoever reads the file can use it
     |
     = help: declare `secrets: [TOKEN]`, set TOKEN in the environment or in the file that `dotenv` names, and write `${{ secrets.TOKEN }}`
    ok open: 3 tasks, no mistakes
    ");
    for arguments in [["plan", "-v"], ["run", "--dry-run"], ["graph", "--format=mermaid"]] {
        let outcome = project.run(arguments);
        let told = format!("{}{}", outcome.stdout, outcome.stderr);
        assert!(told.contains("one") && !told.contains("hunter2"), "{arguments:?} {told}");
    }
}

#[test]
fn a_header_that_is_none_is_named() {
    let project = Project::new().pipeline(
        "
        version: 1
        tasks:
          odd: {type: webhook, url: 'http://127.0.0.1:1/', headers: {'x key': a, x-lines: \"a\\nb\"}}
        ",
    );
    let told = project.run(["check"]).exits(2).stderr;
    assert!(told.contains("`x key` is no name of a header"), "{told}");
    assert!(told.contains("the value of the header `x-lines` has a line end"), "{told}");
}
