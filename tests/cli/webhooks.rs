//! Requests to another system, received by a server of the test's own.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};

use crate::project::Project;

/// A server that answers one request after the other as it is told, then none.
struct Server {
    url: String,
    heard: Receiver<Heard>,
}

/// A request: its first line, its headers in small letters, its body.
#[derive(Debug)]
struct Heard {
    line: String,
    headers: Vec<String>,
    body: String,
}

fn server(answers: &[&str]) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("it is bound"));
    let (tell, heard) = channel();
    let answers: Vec<String> = answers.iter().map(|answer| (*answer).to_owned()).collect();
    std::thread::spawn(move || {
        for answer in answers {
            let Ok((stream, _)) = listener.accept() else { return };
            let request = hear(&stream);
            let length = answer.split_once("\n").map_or(0, |(_, body)| body.len());
            let (status, body) = answer.split_once('\n').unwrap_or((&answer, ""));
            let _ = write!(&stream, "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}");
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
    let mut body = vec![0; length];
    reader.read_exact(&mut body).expect("a body");
    Heard { line: lines.remove(0), headers, body: String::from_utf8(body).expect("a text") }
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
    let server = server(&["200 OK\nthanks"]);
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
    let first = server(&["503 Service Unavailable\nlater", "429 Too Many Requests\n", "204 No Content\n"]);
    let story = calling(&first.url).run(["run", "-j", "1"]).exits(0).stderr;
    assert!(story.contains("retry   call  attempt 2 failed: 127.0.0.1 answered 429 Too Many Requests"), "{story}");
    assert_eq!(first.heard.iter().count(), 3);
    let second = server(&["404 Not Found\nno such channel"]);
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
