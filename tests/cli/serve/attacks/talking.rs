//! How a request is said: lengths that differ, lines that are none, other protocols.

use super::{Fortress, is_refused};

/// A request for a change as the page makes it; it stands where it must not be found.
const HIDDEN: &str = "POST /p/keep/pause HTTP/1.1\r\nHost: [host]\r\nOrigin: http://[host]\r\nCookie: [cookie]\r\n\
                      Content-Length: 0\r\n\r\n";

/// `[hidden]` stands for a request for a change, `[post]` for the beginning of one without its lengths.
const SAID: &[(&str, &str)] = &[
    ("two lengths", "[post]Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}[hidden]"),
    ("two lengths in a line", "[post]Content-Length: 2, 3\r\n\r\n{}[hidden]"),
    ("a length below nothing", "[post]Content-Length: -1\r\n\r\n[hidden]"),
    ("a length with a sign", "[post]Content-Length: +2\r\n\r\n{}[hidden]"),
    ("a length in another base", "[post]Content-Length: 0x2\r\n\r\n{}[hidden]"),
    ("a length that none can hold", "[post]Content-Length: 99999999999999999999999\r\n\r\n{}[hidden]"),
    ("pieces that are not the last word", "[post]Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n[hidden]"),
    ("pieces of another name", "[post]Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n[hidden]"),
    ("pieces, hidden by a blank", "[post]Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n[hidden]"),
    ("pieces, hidden by a tab", "[post]Transfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n[hidden]"),
    ("pieces on the line after", "[post]X: y\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n[hidden]"),
    (
        "pieces as long ago",
        "POST /p/keep/runs HTTP/1.0\r\nHost: [host]\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n[hidden]",
    ),
    ("a length of a piece that is none", "[post]Transfer-Encoding: chunked\r\n\r\nzz\r\n[hidden]"),
    ("a length of a piece below nothing", "[post]Transfer-Encoding: chunked\r\n\r\n-1\r\n[hidden]"),
    ("a length of a piece that none can hold", "[post]Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n[hidden]"),
    ("both a length and pieces", "[post]Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n[hidden]"),
    ("both pieces and a length", "[post]Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n[hidden]"),
    ("pieces, twice", "[post]Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n[hidden]"),
    ("a blank before the first line", "GET  / HTTP/1.1\r\nHost: [host]\r\n\r\n"),
    ("an end of text in a header", "GET / HTTP/1.1\r\nHost: [host]\r\nX: a\0b\r\n\r\n"),
    ("an end of line in a header", "GET / HTTP/1.1\r\nHost: [host]\r\nX: a\rHost: evil.example\r\n\r\n"),
    ("a header without a name", "GET / HTTP/1.1\r\nHost: [host]\r\n: x\r\n\r\n"),
    ("a line that is no header", "GET / HTTP/1.1\r\nHost: [host]\r\nfree text\r\n\r\n"),
    ("an end of text in the address", "GET /\0 HTTP/1.1\r\nHost: [host]\r\n\r\n"),
    ("no address", "GET HTTP/1.1\r\nHost: [host]\r\n\r\n"),
    ("an address that begins with nothing", "GET p/keep HTTP/1.1\r\nHost: [host]\r\n\r\n"),
    ("a protocol of the past", "GET /\r\n\r\n"),
    ("a protocol of the future", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    ("a version that there is not", "GET / HTTP/9.9\r\nHost: [host]\r\n\r\n"),
    ("TLS where none is spoken", "\x16\x03\x01\x02\0\x01\0\x01\u{7c}\x03\x03"),
    ("no words at all", "\0\0\0\0\0\0\0\0\r\n\r\n"),
    ("a compressed body", "[post]Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\u{b}\x08\0"),
    ("a body compressed in two ways", "[post]Content-Encoding: br, gzip\r\nContent-Length: 2\r\n\r\n{}"),
];

#[test]
fn nothing_is_heard_that_was_not_said() {
    let fortress = Fortress::open();
    let (host, cookie) = (fortress.server.host.clone(), fortress.server.cookie());
    let post =
        "POST /api/v1/projects/nowhere/runs HTTP/1.1\r\nHost: [host]\r\nOrigin: http://[host]\r\nCookie: [cookie]\r\n";
    for (what, said) in SAID {
        let said = said.replace("[hidden]", HIDDEN).replace("[post]", post);
        let said = said.replace("[host]", &host).replace("[cookie]", &cookie);
        let mut stream = fortress.server.connect();
        let _ = std::io::Write::write_all(&mut stream, said.as_bytes());
        // Who waits for more must not wait for ever.
        let _ = stream.shutdown(std::net::Shutdown::Write);
        is_refused(&super::super::browser::listen(&mut stream), what);
    }
    fortress.stands("requests that are none");
}

#[test]
fn no_other_protocol_is_begun() {
    let fortress = Fortress::open();
    let upgrades = [
        "Upgrade: websocket\r\nConnection: Upgrade, close\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13",
        "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings, close\r\nHTTP2-Settings: AAMAAABkAAQAAP__",
        "Upgrade: TLS/1.2\r\nConnection: Upgrade, close",
    ];
    for upgrade in upgrades {
        let answer =
            fortress.server.say(format!("GET / HTTP/1.1\r\nHost: {}\r\n{upgrade}\r\n\r\n", fortress.server.host));
        assert!(answer.starts_with("HTTP/1.1 200"), "{upgrade}: {answer}");
        assert!(!answer.to_lowercase().contains("\nupgrade:"), "{upgrade}: {answer}");
    }
}

#[test]
fn what_is_too_long_is_refused() {
    let fortress = Fortress::open();
    let server = &fortress.server;
    let (cookie, origin) = (server.cookie(), format!("http://{}", server.host));
    let own = [("Cookie", cookie.as_str()), ("Origin", origin.as_str())];
    let long = "x".repeat(80_000);
    let many: String = (0..200).map(|at| format!("X-{at}: x\r\n")).collect();
    let pieces = format!("{:x}\r\n{}\r\n", 70_000, "x".repeat(70_000));
    let host = &server.host;
    let requests = [
        ("an address", server.request("GET", &format!("/{long}"), &[], "")),
        ("a query", server.request("GET", &format!("/p/keep?select={long}"), &[], "")),
        ("a header", server.request("GET", "/", &[("X", &long)], "")),
        ("a cookie", server.request("GET", "/", &[("Cookie", &long)], "")),
        ("a token", server.request("GET", "/", &[("Authorization", &format!("Bearer {long}"))], "")),
        ("a host", server.request("GET", "/", &[("Host", &long)], "")),
        ("all headers together", format!("GET / HTTP/1.1\r\nHost: {host}\r\n{many}\r\n")),
        ("a body", server.request("POST", "/api/v1/projects/keep/runs", &own, &long)),
        (
            "a body that says no length",
            format!(
                "POST /api/v1/projects/keep/runs HTTP/1.1\r\nHost: {host}\r\nOrigin: {origin}\r\nCookie: {cookie}\r\n\
                     Transfer-Encoding: chunked\r\n\r\n{pieces}"
            ),
        ),
        ("a form", server.request("POST", "/p/keep/runs", &own, &format!("select={long}"))),
        ("a page of rows", server.request("GET", "/api/v1/projects/keep/tasks/query/rows?offset=-1", &[], "")),
        (
            "a number",
            server.request("GET", "/api/v1/projects/keep/tasks/query/rows?limit=99999999999999999999999", &[], ""),
        ),
    ];
    for (what, request) in requests {
        is_refused(&server.say(request), what);
    }
    // What can be had is bounded; who asks for more is told the bound.
    for path in ["runs?limit=18446744073709551615", "tasks/query/rows?limit=1001", "runs?limit=1&limit=2"] {
        let answer = server.get(&format!("/api/v1/projects/keep/{path}"));
        assert_eq!(answer.status, 400, "{path}: {}", answer.body);
    }
    fortress.stands("long ones");
}
