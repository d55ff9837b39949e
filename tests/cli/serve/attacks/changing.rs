//! Who may change something: from another page, from a reader, by another method.

use super::{Fortress, addresses, is_refused};

/// Names and values.
type Headers = &'static [(&'static str, &'static str)];

/// What a browser of the owner can be made to send by another page: headers, and the body.
const FROM_ELSEWHERE: &[(&str, Headers, &str)] = &[
    ("no cookie and no origin", &[], "{}"),
    ("the cookie and no origin", &[("Cookie", "[cookie]")], "{}"),
    ("an origin and no cookie", &[("Origin", "[origin]")], "{}"),
    ("another origin", &[("Cookie", "[cookie]"), ("Origin", "http://evil.example")], "{}"),
    ("another port of this machine", &[("Cookie", "[cookie]"), ("Origin", "http://127.0.0.1:1")], "{}"),
    ("another name of this machine", &[("Cookie", "[cookie]"), ("Origin", "http://localhost")], "{}"),
    ("an origin that begins alike", &[("Cookie", "[cookie]"), ("Origin", "[origin].evil.example")], "{}"),
    ("an origin with a user", &[("Cookie", "[cookie]"), ("Origin", "http://x@[host]")], "{}"),
    ("a frame without origin", &[("Cookie", "[cookie]"), ("Origin", "null")], "{}"),
    ("an empty origin", &[("Cookie", "[cookie]"), ("Origin", "")], "{}"),
    ("the origin of a file", &[("Cookie", "[cookie]"), ("Origin", "file://")], "{}"),
    ("two origins", &[("Cookie", "[cookie]"), ("Origin", "http://evil.example [origin]")], "{}"),
    ("a Referer instead", &[("Cookie", "[cookie]"), ("Referer", "[origin]/")], "{}"),
    (
        "a form that looks like JSON",
        &[("Cookie", "[cookie]"), ("Origin", "http://evil.example"), ("Content-Type", "text/plain")],
        "{\"select\": [], \"x\": \"=\"}",
    ),
    (
        "a form",
        &[
            ("Cookie", "[cookie]"),
            ("Origin", "http://evil.example"),
            ("Content-Type", "application/x-www-form-urlencoded"),
        ],
        "select=say",
    ),
    (
        "a form with a file",
        &[
            ("Cookie", "[cookie]"),
            ("Origin", "http://evil.example"),
            ("Content-Type", "multipart/form-data; boundary=x"),
        ],
        "--x\r\nContent-Disposition: form-data; name=\"select\"\r\n\r\nsay\r\n--x--\r\n",
    ),
    ("a guessed cookie", &[("Cookie", "[name]=0000"), ("Origin", "[origin]")], "{}"),
    ("an empty cookie", &[("Cookie", "[name]="), ("Origin", "[origin]")], "{}"),
    ("the cookie of another port", &[("Cookie", "x[cookie]"), ("Origin", "[origin]")], "{}"),
];

#[test]
fn no_other_page_changes_anything() {
    let fortress = Fortress::open();
    let (cookie, origin) = (fortress.server.cookie(), format!("http://{}", fortress.server.host));
    let name = cookie.split('=').next().expect("a name").to_owned();
    let filled = |value: &str| {
        let value = value.replace("[cookie]", &cookie).replace("[origin]", &origin).replace("[name]", &name);
        value.replace("[host]", &fortress.server.host)
    };
    for path in addresses("POST").filter(|path| *path != "/login") {
        let path = fortress.filled(path);
        for (what, headers, body) in FROM_ELSEWHERE {
            let headers: Vec<(&str, String)> = headers.iter().map(|(name, value)| (*name, filled(value))).collect();
            let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let answer = fortress.server.ask("POST", &path, &headers, body);
            assert_eq!(answer.status, 403, "{path}: {what}: {}", answer.body);
        }
    }
    fortress.stands("other pages");
}

/// What asks for a change under the name of a look, with all that the page itself has.
const DISGUISED: &[(&str, &str, Headers, &str)] = &[
    ("a look that says it is a change", "GET", &[("X-HTTP-Method-Override", "POST")], ""),
    ("the same in other words", "GET", &[("X-HTTP-Method", "POST"), ("X-Method-Override", "POST")], ""),
    ("in a form", "GET", &[("Content-Type", "application/x-www-form-urlencoded")], "_method=POST"),
    ("only its head", "HEAD", &[], ""),
    ("a method of its own", "PURGE", &[], "{}"),
    ("PUT", "PUT", &[], "{}"),
    ("PATCH", "PATCH", &[], "{}"),
    ("DELETE", "DELETE", &[], ""),
    ("TRACE, which would say the cookie", "TRACE", &[], ""),
    ("small letters", "post", &[], "{}"),
];

#[test]
fn only_a_change_changes() {
    let fortress = Fortress::open();
    let (cookie, origin) = (fortress.server.cookie(), format!("http://{}", fortress.server.host));
    for address in addresses("POST").filter(|path| *path != "/login") {
        let path = format!("{}?_method=POST", fortress.filled(address));
        for (what, method, headers, body) in DISGUISED {
            let own = [("Cookie", cookie.as_str()), ("Origin", origin.as_str())];
            let headers: Vec<(&str, &str)> = own.into_iter().chain(headers.iter().copied()).collect();
            let answer = fortress.server.ask(method, &path, &headers, body);
            // A list may have the address at which its things are made.
            let is_list = ["GET", "HEAD"].contains(method) && addresses("GET").any(|list| list == address);
            assert!(is_list || [404, 405].contains(&answer.status), "{path}: {what}: {}", answer.head);
            assert!(!answer.body.contains(&cookie), "{path}: {what}");
        }
    }
    fortress.stands("disguised changes");
}

/// Who is known as a reader, or as nobody.
const UNWORTHY: &[(&str, Headers, u16)] = &[
    ("nobody", &[], 401),
    ("the token of a reader", &[("Authorization", "Bearer looking")], 403),
    ("that and the page's origin", &[("Authorization", "Bearer looking"), ("Origin", "[origin]")], 403),
    ("the cookie of a reader", &[("Cookie", "[cookie]"), ("Origin", "[origin]")], 403),
    ("a guess", &[("Authorization", "Bearer actinh")], 401),
    ("a beginning", &[("Authorization", "Bearer act")], 401),
    ("more than it", &[("Authorization", "Bearer acting!")], 401),
    ("the line of the file", &[("Authorization", "Bearer run:acting")], 401),
    ("no token", &[("Authorization", "Bearer ")], 401),
    ("a user and a password", &[("Authorization", "Basic cnVuOmFjdGluZw==")], 401),
    ("the token alone", &[("Authorization", "acting")], 401),
    ("as a cookie", &[("Cookie", "[name]=acting"), ("Origin", "[origin]")], 401),
    ("as a header", &[("X-Token", "acting"), ("X-Api-Key", "acting")], 401),
    ("in the address", &[("Referer", "[origin]/?token=acting")], 401),
];

#[test]
fn a_reader_changes_nothing() {
    let fortress = Fortress::with_tokens();
    let server = &fortress.server;
    let origin = format!("http://{}", server.host);
    let signed_in = server.ask("POST", "/login", &[("Origin", &origin)], "token=looking&next=/");
    let cookie = signed_in.header("set-cookie").expect("a cookie").split(';').next().expect("a value").to_owned();
    let name = cookie.split('=').next().expect("a name").to_owned();
    let filled = |value: &str| value.replace("[cookie]", &cookie).replace("[origin]", &origin).replace("[name]", &name);
    for path in addresses("POST").filter(|path| *path != "/login") {
        for path in [fortress.filled(path), format!("{}?token=acting&access_token=acting", fortress.filled(path))] {
            for (what, headers, status) in UNWORTHY {
                let headers: Vec<(&str, String)> = headers.iter().map(|(name, value)| (*name, filled(value))).collect();
                let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
                let answer = server.ask("POST", &path, &headers, "{}");
                assert_eq!(answer.status, *status, "{path}: {what}: {}", answer.body);
            }
        }
    }
    let looks = addresses("GET").filter(|path| !["/login"].contains(path) && !path.starts_with("/assets/"));
    for path in looks.map(|path| fortress.filled(path)) {
        let answer = server.get(&path);
        assert!([303, 401].contains(&answer.status), "{path}: {}", answer.head);
        assert!(!answer.body.contains("keep") || answer.status == 401, "{path}: {}", answer.body);
    }
    fortress.stands("readers");
}

/// Bodies that would have another thing run than what may run, or nothing at all; from the page itself.
const BODIES: &[(&str, &str)] = &[
    ("a flag as a selector", r#"{"select": ["--force"]}"#),
    ("a flag as a selector, later", r#"{"select": ["orders", "--file=/etc/passwd"]}"#),
    ("a flag under two names", r#"{"select": ["orders"], "select": ["--jobs=1000"]}"#),
    ("nothing as a selector", r#"{"select": [""]}"#),
    ("an end of text in a selector", r#"{"select": ["orders\u0000--force"]}"#),
    ("an end of text in a parameter", r#"{"params": {"who": "a\u0000b"}}"#),
    ("a flag in the name of a parameter", r#"{"params": {"who=x --force": 1}}"#),
    ("a parameter that there is not", r#"{"params": {"__proto__": {"who": 1}}}"#),
    ("another pipeline", r#"{"select": ["../../etc/passwd"]}"#),
    ("a selector that is a number", r#"{"select": [1]}"#),
    ("a selector that is a list", r#"{"select": [["orders"]]}"#),
    ("a text instead of a list", r#"{"select": "orders"}"#),
    ("a list instead of the whole", r#"["orders"]"#),
    ("a misspelt key, which would run all there is", r#"{"selects": ["orders"]}"#),
    ("a number that none can hold", r#"{"params": {"who": 1e999999}}"#),
    ("half a body", r#"{"select": ["orders""#),
    ("two bodies", r#"{} {"select": ["orders"]}"#),
    ("half a character", "{\"select\": [\"\\ud800\"]}"),
];

#[test]
fn no_body_runs_more_than_it_may() {
    let fortress = Fortress::open();
    let (cookie, origin) = (fortress.server.cookie(), format!("http://{}", fortress.server.host));
    let own = [("Cookie", cookie.as_str()), ("Origin", origin.as_str())];
    for (what, body) in BODIES {
        let answer = fortress.server.say(fortress.server.request("POST", "/api/v1/projects/keep/runs", &own, body));
        is_refused(&answer, what);
    }
    let deep = format!("{}{}", "[".repeat(30_000), "]".repeat(30_000));
    let answer = fortress.server.say(fortress.server.request("POST", "/api/v1/projects/keep/runs", &own, &deep));
    is_refused(&answer, "a deep body");
    for task in ["--force", "-h", "%2d%2dforce", "orders%00", "%2e%2e%2fsay", "nothing"] {
        for api in ["", "/api/v1"] {
            let path = if api.is_empty() {
                format!("/p/keep/tasks/{task}/rerun")
            } else {
                format!("{api}/projects/keep/tasks/{task}/rerun")
            };
            is_refused(&fortress.server.say(fortress.server.request("POST", &path, &own, "")), &path);
        }
    }
    fortress.stands("bodies");
}
