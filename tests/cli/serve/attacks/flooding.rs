//! Too much of everything: connections, requests, watchers, and what comes too slowly.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use super::super::browser::listen;
use super::Fortress;

/// More than one peer may have.
const CONNECTIONS: usize = 400;

#[test]
fn a_thousand_connections_leave_room() {
    let fortress = Fortress::open();
    for round in 0..3 {
        let open: Vec<TcpStream> = (0..CONNECTIONS).map(|_| fortress.server.connect()).collect();
        // Those that are too many are hung up on; the others may speak.
        let (mut heard, mut hung_up) = (0, 0);
        for mut stream in open {
            let _ = stream.write_all(fortress.server.request("GET", "/assets/icon.svg", &[], "").as_bytes());
            if listen(&mut stream).is_empty() { hung_up += 1 } else { heard += 1 }
        }
        assert!(heard >= 100, "round {round}: {heard} were heard, {hung_up} hung up on");
    }
    fortress.stands("a thousand connections");
}

#[test]
fn too_many_requests_are_told_to_wait() {
    let fortress = Fortress::open();
    // The cheapest there is: refused for its name.
    let request = "GET /api/v1/projects HTTP/1.1\r\nHost: evil.example\r\n\r\n";
    let mut stream = fortress.server.connect();
    let mut sender = stream.try_clone().expect("a second handle");
    let sending = std::thread::spawn(move || while sender.write_all(request.repeat(50).as_bytes()).is_ok() {});
    let mut heard = String::new();
    let mut piece = vec![0; 64 << 10];
    while !heard.contains("HTTP/1.1 429") {
        let read = stream.read(&mut piece).expect("an answer");
        assert!(read > 0, "it hung up: {heard}");
        heard.push_str(&String::from_utf8_lossy(&piece[..read]));
    }
    stream.shutdown(std::net::Shutdown::Both).expect("it is open");
    sending.join().expect("it ends with the connection");
    let answer = heard.rsplit_once("HTTP/1.1 429").expect("there is one").1.to_lowercase();
    assert!(answer.is_empty() || !answer.contains("\r\n\r\n") || answer.contains("retry-after: 1"), "{answer}");
}

#[test]
fn watchers_leave_room() {
    let fortress = Fortress::open();
    let events = format!("/api/v1/projects/keep/runs/{}/events", fortress.run);
    let watchers: Vec<TcpStream> = (0..CONNECTIONS)
        .map(|_| {
            let mut stream = fortress.server.connect();
            let _ = stream.write_all(fortress.server.request("GET", &events, &[], "").as_bytes());
            stream
        })
        .collect();
    drop(watchers);
    fortress.stands("watchers that left");
}

/// Slowly said heads and bodies end at the server's patience: it is the server that hangs up.
#[test]
fn who_speaks_slowly_is_hung_up_on() {
    let fortress = Fortress::open();
    let (cookie, host) = (fortress.server.cookie(), &fortress.server.host);
    let post = format!(
        "POST /api/v1/projects/keep/runs HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nCookie: {cookie}\r\n"
    );
    let slow = [
        ("no word", String::new()),
        ("half a head", "GET / HTTP/1.1\r\nHost: loc".to_owned()),
        ("half a body", format!("{post}Content-Length: 100\r\n\r\n{{\"select\"")),
        ("half a piece", format!("{post}Transfer-Encoding: chunked\r\n\r\n64\r\n{{")),
        ("a body that is promised", format!("{post}Content-Length: 100\r\nExpect: 100-continue\r\n\r\n")),
        ("nothing after an answer", format!("GET /assets/icon.svg HTTP/1.1\r\nHost: {host}\r\n\r\n")),
    ];
    let streams: Vec<(&str, TcpStream)> = slow
        .iter()
        .map(|(what, said)| {
            let mut stream = fortress.server.connect();
            stream.write_all(said.as_bytes()).expect("it listens");
            (*what, stream)
        })
        .collect();
    for (what, mut stream) in streams {
        let heard = listen(&mut stream);
        assert!(!heard.contains("HTTP/1.1 202"), "{what}: {heard}");
    }
    fortress.stands("slow ones");
}

/// Each change is a process: no more are started at a time than the machine can bear.
#[test]
fn changes_come_one_after_another() {
    let fortress = Fortress::open();
    let (cookie, host) = (fortress.server.cookie(), &fortress.server.host);
    let origin = format!("http://{host}");
    let own = [("Cookie", cookie.as_str()), ("Origin", origin.as_str())];
    let request = fortress.server.request("POST", "/api/v1/projects/keep/runs", &own, r#"{"select": ["nothing"]}"#);
    let streams: Vec<TcpStream> = (0..40)
        .map(|_| {
            let mut stream = fortress.server.connect();
            stream.write_all(request.as_bytes()).expect("it listens");
            stream
        })
        .collect();
    let answers: Vec<String> = streams.into_iter().map(|mut stream| listen(&mut stream)).collect();
    let count =
        |status: &str| answers.iter().filter(|answer| answer.starts_with(&format!("HTTP/1.1 {status}"))).count();
    assert_eq!(count("422") + count("429"), 40, "{answers:?}");
    assert!(count("422") >= 1, "{answers:?}");
    fortress.stands("many changes");
}
