//! The web, and what its servers do wrong.

use tidemill_test_servers::{WebAnswer, WebServer};

use crate::harness::Place;

const TABLE: &str = "n,text\n1,one\n2,two\n3,three\n";

/// More than one piece of the network.
fn large() -> String {
    (0..60_000).map(|n| format!("{n},row\n")).collect()
}

#[test]
fn a_file_is_identified_without_fetching_it_and_fetched_once() {
    let server = WebServer::start(|request, _| WebAnswer::file(request, TABLE.as_bytes(), "\"one\""));
    let web = Place::of_urls("http");
    let url = server.url("/x.csv");
    assert_eq!(web.find(&url), Ok(vec![url.clone()]));
    let digests = web.digests(&url);
    assert_eq!(digests, web.digests(&url));
    assert!(digests[0].1.is_some());
    assert_eq!(server.count("GET"), 0);
    assert_eq!(web.read(&url).as_deref(), Ok(TABLE));
    assert_eq!(web.read(&url).as_deref(), Ok(TABLE));
    assert_eq!(server.count("GET"), 1);
    let copies = web.copies();
    assert!(copies.len() == 1 && copies[0].ends_with(".csv"), "{copies:?}");
}

#[test]
fn a_new_tag_is_a_new_file() {
    let server = WebServer::start(|request, before| {
        let is_new = before >= 1 && request.method == "HEAD";
        let tag = if is_new { "\"new\"" } else { "\"old\"" };
        WebAnswer::file(request, if is_new { "n\n2\n" } else { "n\n1\n" }.as_bytes(), tag)
    });
    let web = Place::of_urls("http");
    let url = server.url("/x.csv");
    let first = web.digests(&url);
    assert_ne!(first, web.digests(&url));
}

#[test]
fn a_file_of_which_nothing_is_known_is_known_by_its_content() {
    let server = WebServer::start(|request, before| {
        let content = if request.method == "GET" && before == 2 { "n\n2\n" } else { "n\n1\n" };
        let answer = WebAnswer::whole(content);
        if request.method == "HEAD" { answer.header("Content-Length", "") } else { answer }
    });
    let web = Place::of_urls("http");
    let url = server.url("/x.csv");
    let first = web.digests(&url);
    assert_eq!(web.read(&url).as_deref(), Ok("n\n1\n"));
    assert_eq!(first, web.digests(&url));
    assert_ne!(first, web.digests(&url));
    assert_eq!(web.read(&url).as_deref(), Ok("n\n2\n"));
    assert_eq!(server.count("GET"), 3);
}

#[test]
fn a_body_that_breaks_off_is_resumed() {
    let server = WebServer::start(|request, before| {
        let answer = WebAnswer::file(request, large().as_bytes(), "\"one\"");
        if before < 2 { answer.cut(100_000) } else { answer }
    });
    let web = Place::of_urls("http");
    assert_eq!(web.read(&server.url("/x.csv")), Ok(large()));
    let froms: Vec<Option<usize>> =
        server.requests().iter().filter(|request| request.method == "GET").map(|request| request.from()).collect();
    assert_eq!(froms.len(), 3);
    assert!(froms[0].is_none() && froms[1] < froms[2] && froms[1].is_some(), "{froms:?}");
}

#[test]
fn a_server_that_ignores_ranges_sends_all_again() {
    let server = WebServer::start(|_, before| {
        let answer = WebAnswer::whole(large()).header("ETag", "\"one\"");
        if before < 1 { answer.cut(100_000) } else { answer }
    });
    let web = Place::of_urls("http");
    assert_eq!(web.read(&server.url("/x.csv")), Ok(large()));
}

#[test]
fn a_body_that_always_breaks_off_is_refused() {
    for tag in ["\"one\"", ""] {
        let server = WebServer::start(move |_, _| WebAnswer::whole(large()).header("ETag", tag).cut(100_000));
        let web = Place::of_urls("http");
        let error = web.read(&server.url("/x.csv")).expect_err("half of a table");
        assert!(error.contains("nothing of it is used"), "{error}");
        assert!(web.copies().is_empty());
    }
}

#[test]
fn a_wrong_length_is_refused() {
    let server = WebServer::start(|_, _| WebAnswer::whole(TABLE).header("Content-Length", "1000"));
    let web = Place::of_urls("http");
    let error = web.read(&server.url("/x.csv")).expect_err("more was promised");
    assert!(error.contains("nothing of it is used"), "{error}");
    let server = WebServer::start(|request, _| {
        let length = if request.method == "HEAD" { 5 } else { TABLE.len() };
        WebAnswer::whole(TABLE).header("Content-Length", &length.to_string())
    });
    let error = web.read(&server.url("/x.csv")).expect_err("less was promised");
    assert!(error.contains("it changes whenever it is read"), "{error}");
    assert!(web.copies().is_empty());
}

#[test]
fn an_end_that_nobody_can_tell_is_refused() {
    let server = WebServer::start(|_, _| WebAnswer::whole(TABLE).header("Content-Length", ""));
    let error = Place::of_urls("http").read(&server.url("/x.csv")).expect_err("it may be a part");
    assert!(error.contains("does not say how long it is"), "{error}");
}

#[test]
fn a_file_that_changes_while_it_is_read_is_read_as_the_new_one() {
    let server = WebServer::start(|request, before| match (request.method.as_str(), before) {
        ("HEAD", 0) => WebAnswer::file(request, large().as_bytes(), "\"old\""),
        ("GET", 0) => WebAnswer::file(request, large().as_bytes(), "\"old\"").cut(100_000),
        _ => WebAnswer::file(request, TABLE.as_bytes(), "\"new\""),
    });
    let web = Place::of_urls("http");
    assert_eq!(web.read(&server.url("/x.csv")).as_deref(), Ok(TABLE));
}

#[test]
fn what_passes_is_tried_again() {
    for status in [429, 503] {
        let server = WebServer::start(move |request, before| match before {
            0 => WebAnswer::status(status).header("Retry-After", "0"),
            1 => WebAnswer::status(status),
            _ => WebAnswer::file(request, TABLE.as_bytes(), "\"one\""),
        });
        assert_eq!(Place::of_urls("http").read(&server.url("/x.csv")).as_deref(), Ok(TABLE));
        assert_eq!((server.count("HEAD"), server.count("GET")), (3, 3));
    }
}

#[test]
fn a_server_that_wants_to_rest_for_long_is_left_alone() {
    let server = WebServer::start(|_, _| WebAnswer::status(429).header("Retry-After", "86400"));
    let error = Place::of_urls("http").read(&server.url("/x.csv")).expect_err("tomorrow");
    assert!(error.contains("429") && error.contains("86400 seconds"), "{error}");
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn refusals_are_told_apart() {
    let server = WebServer::start(|request, _| {
        WebAnswer::status(request.path.trim_start_matches("/?key=hush&status=").parse().unwrap_or(404))
    });
    let web = Place::of_urls("http");
    for (status, words) in [(401, "wants to know who asks"), (403, "refuses access"), (418, "418")] {
        let error = web.find(&server.url(&format!("/?key=hush&status={status}"))).expect_err("refused");
        assert!(error.contains(words) && error.contains("127.0.0.1"), "{error}");
        assert!(!error.contains("hush"), "{error}");
    }
    assert_eq!(web.find(&server.url("/?key=hush&status=404")), Ok(Vec::new()));
    let error = web.read(&server.url("/x.csv")).expect_err("not there");
    assert!(error.contains("not there"), "{error}");
}

#[test]
fn who_may_only_read_need_not_ask_first() {
    let server = WebServer::start(|request, _| match request.method.as_str() {
        "HEAD" => WebAnswer::status(403),
        _ => WebAnswer::file(request, TABLE.as_bytes(), "\"one\""),
    });
    let web = Place::of_urls("http");
    assert_eq!(web.read(&server.url("/x.csv?signature=1")).as_deref(), Ok(TABLE));
}

#[test]
fn another_host_gets_nothing_of_the_connections_headers() {
    let other = WebServer::start(|request, _| WebAnswer::file(request, TABLE.as_bytes(), "\"one\""));
    let target = other.url("/y.csv");
    let server = WebServer::start(move |request, _| match request.path.as_str() {
        "/export/x.csv?day=1" => WebAnswer::status(302).header("Location", "/export/z.csv"),
        _ => WebAnswer::status(307).header("Location", &target),
    });
    let web = Place::of(&server.url("/export/"), &[], &[("Authorization", "Bearer hush"), ("X-Key", "hush")]);
    assert_eq!(web.read("there://x.csv?day=1").as_deref(), Ok(TABLE));
    let sent = |request: &tidemill_test_servers::WebRequest| request.header("x-key").is_some();
    assert!(server.requests().iter().all(sent) && !other.requests().iter().any(sent));
    assert!(other.requests().iter().all(|request| request.header("authorization").is_none()));
}

#[test]
fn a_circle_of_redirects_ends() {
    let server = WebServer::start(|_, _| WebAnswer::status(302).header("Location", "/x.csv"));
    let error = Place::of_urls("http").find(&server.url("/x.csv")).expect_err("a circle");
    assert!(error.contains("more than 10 times"), "{error}");
}

#[test]
fn who_sends_to_a_host_that_is_not_there_is_named() {
    let server = WebServer::start(|_, _| WebAnswer::status(302).header("Location", "http://other.invalid/x.csv"));
    let error = Place::of_urls("http").find(&server.url("/x.csv")).expect_err("nobody is there");
    assert!(error.contains("127.0.0.1 sends elsewhere, and the host `other.invalid` is not known"), "{error}");
}

#[test]
fn a_connection_to_the_web_is_tried() {
    let server = WebServer::start(|request, _| match request.header("x-key").is_some() {
        true => WebAnswer::status(404),
        false => WebAnswer::status(401),
    });
    let probe = |headers: &[(&str, &str)]| Place::of(&server.url("/export/"), &[], headers).storage.probe();
    assert_eq!(probe(&[("X-Key", "hush")]).as_deref(), Ok("127.0.0.1 answers (404 Not Found)"));
    let error = probe(&[]).expect_err("nobody may").to_string();
    assert_eq!(error, "connection `there` cannot be used: the server wants to know who asks: 401 Unauthorized");
}

#[test]
fn a_server_that_says_nothing_is_given_up() {
    let server = WebServer::start(|_, _| WebAnswer::silence());
    let web = Place::of(&server.url("/"), &[("timeout", "100ms")], &[]);
    let error = web.find("there://x.csv").expect_err("silence");
    assert!(error.contains("says nothing for too long"), "{error}");
}

#[test]
fn who_is_not_there_is_said() {
    let web = Place::of_urls("http");
    let error = web.find("http://127.0.0.1:1/x.csv").expect_err("nobody listens");
    assert!(error.contains("nobody answers at 127.0.0.1"), "{error}");
    let error = web.find("http://no-such-host.invalid/x.csv").expect_err("no such host");
    assert!(error.contains("the host `no-such-host.invalid` is not known"), "{error}");
}

#[test]
fn patterns_mean_nothing_on_the_web() {
    let error = Place::of_urls("http").find("http://127.0.0.1:1/*.csv").expect_err("no list");
    assert!(error.contains("a pattern means nothing on the web"), "{error}");
}
