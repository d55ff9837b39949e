//! Who may look: requests under foreign names, and what every answer says to browsers.

use super::{Fortress, addresses, is_refused, tells_nothing};

/// What the attack is, and the lines of the request; `[host]` stands for the server's own.
const FOREIGN: &[(&str, &str)] = &[
    ("a name of elsewhere is bound to this address", "GET / HTTP/1.1\nHost: evil.example"),
    ("with the right port", "GET /api/v1/projects HTTP/1.1\nHost: evil.example:8420"),
    ("that begins like this machine's address", "GET / HTTP/1.1\nHost: 127.0.0.1.evil.example"),
    ("that begins like this machine's name", "GET / HTTP/1.1\nHost: localhost.evil.example"),
    ("with this machine as the user", "GET / HTTP/1.1\nHost: localhost@evil.example"),
    ("with this machine as the fragment", "GET / HTTP/1.1\nHost: evil.example#localhost"),
    ("with this machine as the path", "GET / HTTP/1.1\nHost: evil.example/localhost"),
    ("after an address in brackets", "GET / HTTP/1.1\nHost: [::1].evil.example"),
    ("the address of all networks", "GET / HTTP/1.1\nHost: 0.0.0.0"),
    ("an address as one number", "GET / HTTP/1.1\nHost: 2130706433"),
    ("an address in short", "GET / HTTP/1.1\nHost: 127.1"),
    ("no name", "GET / HTTP/1.1"),
    ("an empty name", "GET / HTTP/1.1\nHost:"),
    ("no name, as long ago", "GET / HTTP/1.0"),
    ("two names, the own one first", "GET / HTTP/1.1\nHost: [host]\nHost: evil.example"),
    ("two names, the own one last", "GET / HTTP/1.1\nHost: evil.example\nHost: [host]"),
    ("twice the own name", "GET / HTTP/1.1\nHost: [host]\nHost: [host]"),
    ("another name in the address", "GET http://evil.example/ HTTP/1.1\nHost: [host]"),
    ("a user in the address", "GET http://localhost@evil.example/ HTTP/1.1\nHost: [host]"),
    ("the own name as a user", "GET http://[host]@evil.example/ HTTP/1.1\nHost: [host]"),
    ("a proxy is asked for", "CONNECT evil.example:443 HTTP/1.1\nHost: evil.example:443"),
    ("what a proxy adds", "GET / HTTP/1.1\nHost: evil.example\nX-Forwarded-Host: localhost"),
    (
        "what a proxy adds, as the standard has it",
        "GET / HTTP/1.1\nHost: evil.example\nForwarded: host=localhost;for=127.0.0.1",
    ),
    (
        "what a proxy says of the peer",
        "GET / HTTP/1.1\nHost: evil.example\nX-Forwarded-For: 127.0.0.1\nX-Real-IP: 127.0.0.1",
    ),
    (
        "the address of another way",
        "GET /p/keep HTTP/1.1\nHost: evil.example\nX-Original-URL: /login\nX-Rewrite-URL: /login",
    ),
];

#[test]
fn no_foreign_name_is_answered() {
    let fortress = Fortress::open();
    for (what, lines) in FOREIGN {
        let request = lines.replace("[host]", &fortress.server.host).replace('\n', "\r\n");
        let answer = fortress.server.say(format!("{request}\r\nConnection: close\r\n\r\n"));
        is_refused(&answer, what);
        assert!(!answer.contains("keep"), "{what}: {answer}");
        assert!(!answer.to_lowercase().contains("set-cookie"), "{what}: {answer}");
    }
    fortress.stands("foreign names");
}

/// Headers that hold browsers to what a page may do: clickjacking, sniffing of types, what a cache keeps, what a Referer tells.
#[test]
fn each_answer_holds_browsers_to_what_it_is() {
    let fortress = Fortress::open();
    let wrong = ["/nowhere", "/p/nowhere", "/api/v1/nowhere"].into_iter();
    for path in addresses("GET").chain(addresses("POST")).chain(wrong) {
        let path = fortress.filled(path);
        let answer = fortress.server.get(&path);
        tells_nothing(&answer.body, &path);
        let header = |name: &str| answer.header(name).unwrap_or_default();
        let policy = header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'self'"), "{path}: {policy}");
        assert!(!policy.contains("unsafe-eval") && !policy.contains('*'), "{path}: {policy}");
        assert!(!policy.contains("script-src 'unsafe"), "{path}: {policy}");
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header("cache-control"), "no-store", "{path}");
        assert_eq!(header("referrer-policy"), "same-origin", "{path}");
        assert_eq!(header("cross-origin-resource-policy"), "same-origin", "{path}");
        assert_eq!(header("access-control-allow-origin"), "", "{path}");
        assert_eq!(header("server"), "", "{path}");
    }
}

#[test]
fn another_page_may_not_ask_before_it_asks() {
    let fortress = Fortress::open();
    let headers = [
        ("Origin", "http://evil.example"),
        ("Access-Control-Request-Method", "POST"),
        ("Access-Control-Request-Headers", "authorization"),
    ];
    let answer = fortress.server.ask("OPTIONS", "/api/v1/projects/keep/runs", &headers, "");
    assert!(answer.status >= 400 && !answer.head.to_lowercase().contains("access-control-allow"), "{}", answer.head);
}
