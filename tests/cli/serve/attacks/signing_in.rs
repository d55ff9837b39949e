//! Signing in: where it leads, what it gives, and to whom.

use super::Fortress;

/// Where somebody is to be led after signing in.
const ELSEWHERE: &[&str] = &[
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "https://evil.example/",
    "http:evil.example",
    "/\t/evil.example",
    "\t//evil.example",
    "/\n/evil.example",
    "/\r\nSet-Cookie: a=b",
    " //evil.example",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "evil.example",
    "",
];

#[test]
fn signing_in_leads_nowhere_else() {
    let fortress = Fortress::with_tokens();
    let origin = format!("http://{}", fortress.server.host);
    for next in ELSEWHERE {
        let encoded: String = next.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let form = format!("token=looking&next={encoded}");
        let answer = fortress.server.ask("POST", "/login", &[("Origin", &origin)], &form);
        assert_eq!((answer.status, answer.header("location")), (303, Some("/")), "{next:?}: {}", answer.head);
        assert_eq!(answer.head.matches("et-cookie").count(), 1, "{next:?}: {}", answer.head);
        let page = fortress.server.get(&format!("/login?next={encoded}"));
        assert_eq!(page.body.matches("<script").count(), 1, "{next:?}: {}", page.body);
        assert!(!page.body.contains("href=\"javascript"), "{next:?}: {}", page.body);
    }
    let inside =
        fortress.server.ask("POST", "/login", &[("Origin", &origin)], "token=looking&next=%2Fp%2Fkeep%3Fselect%3Da");
    assert_eq!(inside.header("location"), Some("/p/keep?select=a"));
}

#[test]
fn a_session_is_nobody_else_s() {
    let fortress = Fortress::with_tokens();
    let origin = format!("http://{}", fortress.server.host);
    let page = fortress.server.get("/login");
    assert_eq!(page.header("set-cookie"), None, "nobody has signed in");
    let name = format!("tidemill_{}", fortress.server.host.rsplit(':').next().expect("a port"));
    // One that somebody else has set before stays worth nothing.
    let set = format!("{name}={}", "0".repeat(64));
    let login = |token: &str, origin: &str| {
        fortress.server.ask("POST", "/login", &[("Origin", origin), ("Cookie", &set)], &format!("token={token}&next=/"))
    };
    let signed_in = login("acting", &origin);
    let cookie = signed_in.header("set-cookie").expect("a cookie").to_owned();
    assert!(!cookie.contains(&"0".repeat(64)), "{cookie}");
    for attribute in ["HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    assert_eq!(fortress.server.ask("GET", "/p/keep", &[("Cookie", &set)], "").status, 303);
    let reader = login("looking", &origin).header("set-cookie").expect("a cookie").to_owned();
    assert_ne!(reader.split(';').next(), cookie.split(';').next());
    assert_eq!(login("guess", &origin).status, 401);
    assert_eq!(login("guess", &origin).header("set-cookie"), None);
    // Another page signs nobody in.
    for other in ["http://evil.example", "null", ""] {
        assert_eq!(login("acting", other).status, 401, "{other}");
    }
    // Behind a proxy that speaks TLS the cookie is for TLS alone.
    let secure = login("acting", &origin.replace("http://", "https://"));
    assert!(secure.header("set-cookie").is_some_and(|cookie| cookie.contains("; Secure")), "{}", secure.head);
    fortress.stands("sessions");
}

#[test]
fn a_token_ends_with_its_line_and_another_begins() {
    let fortress = Fortress::with_tokens();
    let with = |token: &str| {
        fortress.server.ask("GET", "/api/v1/projects", &[("Authorization", &format!("Bearer {token}"))], "").status
    };
    assert_eq!([with("looking"), with("newcomer")], [200, 401]);
    let file = |text: &str| std::fs::write(fortress.project.root().join("tokens"), text).expect("a file");
    file("read:newcomer\n");
    assert_eq!([with("looking"), with("newcomer")], [401, 200]);
    // A file with a mistake changes nothing: nobody is let in by it, and nobody is shut out.
    for mistake in ["", "everybody:newcomer2\n", "# nobody\n"] {
        file(mistake);
        assert_eq!([with("looking"), with("newcomer"), with("newcomer2"), with("")], [401, 200, 401, 401], "{mistake}");
    }
}
