//! Who is answered.

use super::browser::Server;
use super::pages::shop;

#[test]
fn a_foreign_host_is_not_answered() {
    let project = shop();
    let server = Server::of(&project);
    for host in ["evil.example", "evil.example:8420", "127.0.0.1.evil.example", "10.0.0.1"] {
        let answer = server.ask("GET", "/", &[("Host", host)], "");
        assert_eq!(answer.status, 403, "{host}");
        assert!(!answer.text().contains("shop"), "{host}: {}", answer.text());
    }
    assert_eq!(server.ask("GET", "/", &[("Host", "localhost")], "").status, 200);
}

#[test]
fn changes_need_the_page_s_own_origin_and_cookie() {
    let project = shop();
    let server = Server::of(&project);
    let (cookie, origin) = (server.cookie(), format!("http://{}", server.host));
    let path = "/api/v1/projects/shop/runs";
    let refused: [&[(&str, &str)]; 5] = [
        &[],
        &[("Cookie", &cookie)],
        &[("Origin", &origin)],
        &[("Cookie", &cookie), ("Origin", "http://evil.example")],
        &[("Cookie", "tidemill=guess"), ("Origin", &origin)],
    ];
    for headers in refused {
        assert_eq!(server.ask("POST", path, headers, "{}").status, 403, "{headers:?}");
    }
    assert!(!project.has(".tidemill"), "nothing ran");
    let attributes = server.get("/").header("set-cookie").expect("a cookie").to_owned();
    assert!(attributes.contains("HttpOnly") && attributes.contains("SameSite=Strict"), "{attributes}");
}

#[test]
fn a_token_of_a_reader_starts_nothing() {
    let project = shop().file("tokens", "read:looking\nrun:acting\n");
    let mut command = project.command(["serve", "--listen", "127.0.0.1:0", "--token-file", "tokens"]);
    command.env("TIDEMILL_TOKEN", "another");
    let server = Server::with(command);
    let path = "/api/v1/projects/shop/runs";
    assert_eq!(server.get(path).status, 401);
    assert_eq!(server.get("/p/shop").header("location"), Some("/login?next=%2Fp%2Fshop"));
    let with = |method: &str, token: &str| {
        server.ask(method, path, &[("Authorization", &format!("Bearer {token}"))], "{}").status
    };
    assert_eq!([with("GET", "looking"), with("GET", "acting"), with("GET", "guess")], [200, 200, 401]);
    assert_eq!([with("POST", "looking"), with("POST", "guess")], [403, 401]);
    assert!(!project.has(".tidemill"), "nothing ran");
    assert_eq!([with("POST", "acting")], [202]);
    let origin = format!("http://{}", server.host);
    let signed_in = server.ask("POST", "/login", &[("Origin", &origin)], "token=looking&next=%2F%2Fevil.example");
    assert_eq!((signed_in.status, signed_in.header("location")), (303, Some("/")));
    let cookie = signed_in.header("set-cookie").expect("a cookie").split(';').next().expect("a value");
    assert_eq!(server.ask("GET", "/p/shop", &[("Cookie", cookie)], "").status, 200);
    assert_eq!(server.ask("POST", path, &[("Cookie", cookie), ("Origin", &origin)], "{}").status, 403);
}

#[test]
fn another_address_demands_a_token() {
    let project = shop();
    let outcome = project.run(["serve", "--listen", "0.0.0.0:0"]).exits(2);
    assert!(outcome.stderr.contains("no token is set"), "{}", outcome.stderr);
}

#[test]
fn read_only_starts_nothing() {
    let project = shop();
    let server = Server::with(project.command(["serve", "--listen", "127.0.0.1:0", "--read-only"]));
    assert_eq!(server.post("/api/v1/projects/shop/runs", "{}").status, 403);
    assert!(!server.get("/p/shop/plan").text().contains("Start the run"));
    assert!(!project.has(".tidemill"), "nothing ran");
}

#[test]
fn only_what_was_published_is_served() {
    let project = shop().file("secret.txt", "not for you").folder("out").link("out/link.csv", "/etc/passwd");
    project.run(["run"]).exits(0);
    std::fs::remove_file(project.root().join("out/large.csv")).expect("it was published");
    std::os::unix::fs::symlink("/etc/passwd", project.root().join("out/large.csv")).expect("a link");
    let server = Server::of(&project);
    let paths = [
        "secret.txt",
        "pipeline.yaml",
        ".tidemill/state.db",
        "../outside",
        "%2e%2e/outside",
        "out/%2e%2e/secret.txt",
        "..%2f..%2fetc/passwd",
        "/etc/passwd",
        "%2fetc%2fpasswd",
        "out/link.csv",
        // Published, and now a link that leads out.
        "out/large.csv",
        "out/large.csv%00",
    ];
    for path in paths {
        let answer = server.get(&format!("/p/shop/files/{path}"));
        assert!([400, 404].contains(&answer.status), "{path}: {} {}", answer.status, answer.body);
    }
    let run = server.get("/api/v1/projects/shop/runs").json()["runs"][0]["run"].as_str().expect("a run").to_owned();
    for task in ["..%2f..%2fsecret", "%2e%2e%2frun", "..%2f..%2f..%2f..%2fetc%2fpasswd"] {
        assert_eq!(server.get(&format!("/p/shop/runs/{run}/logs/{task}")).status, 404, "{task}");
    }
}

#[test]
fn a_long_body_is_refused() {
    let project = shop();
    let server = Server::of(&project);
    let body = format!("{{\"select\": [\"{}\"]}}", "x".repeat(70_000));
    assert_eq!(server.post("/api/v1/projects/shop/runs", &body).status, 413);
}
