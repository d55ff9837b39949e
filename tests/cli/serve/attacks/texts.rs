//! Texts that would be more than texts: in the file, data, logs, mails, names of files, and in what is asked for.

use super::{Fortress, SECRET, addresses, tells_nothing};

/// What is asked for, and said back by some page.
const ECHOED: &[&str] = &[
    "<script>alert(9)</script>",
    "\"><script>alert(9)</script>",
    "'><img src=x onerror=alert(9)>",
    "</title><script>alert(9)</script>",
    "</textarea><script>alert(9)</script>",
    "{{ 7 * 7 }}<script>alert(9)</script>",
    "x\r\nSet-Cookie: a=b",
    "x\u{2028}<script>alert(9)</script>",
    "+ADw-script+AD4-alert(9)+ADw-/script+AD4-",
];

const QUERIES: &[&str] = &["select", "search", "sort", "next", "param.who", "offset", "download", "desc", "limit"];

/// Every page has its own script alone, no handler and no style in an attribute, and no address that is a script.
#[track_caller]
fn is_plain(page: &str, after: &str) {
    assert_eq!(page.matches("<script").count(), 1, "{after}: {page}");
    assert_eq!(page.matches("</script").count(), 1, "{after}: {page}");
    assert!(!page.contains("<style") && !page.contains("evil.example)}</style"), "{after}: {page}");
    assert!(
        !page.contains("<img src=x") && !page.contains("<svg onload") && !page.contains("<b onclick"),
        "{after}: {page}"
    );
    let pattern = |text: &str| regex::Regex::new(text).expect("a regular expression");
    let values = pattern(r#""[^"]*"|'[^']*'"#);
    let handlers = pattern(r"(?i)\s(on[a-z]+|style|srcdoc)\s*=");
    for tag in pattern(r#"<[a-zA-Z](?:[^>"']|"[^"]*"|'[^']*')*>"#).find_iter(page) {
        let names = values.replace_all(tag.as_str(), "");
        assert!(!handlers.is_match(&names), "{after}: {}", tag.as_str());
    }
    let scripts = pattern(r#"(?i)(href|src|action|formaction)\s*=\s*["']?\s*(javascript|data|vbscript|https?):"#);
    assert_eq!(scripts.find(page).map(|found| found.as_str()), None, "{after}");
}

#[test]
fn no_text_of_a_project_is_more_than_a_text() {
    let fortress = Fortress::open();
    for path in addresses("GET") {
        for task in ["say", "query", "orders", "letter", "fails", "run"] {
            let path = fortress.filled(&path.replace("{task}", task));
            let answer = fortress.server.get(&path);
            tells_nothing(&answer.body, &path);
            let kind = answer.header("content-type").unwrap_or_default().to_owned();
            if path.contains("/files/") {
                let policy = answer.header("content-security-policy").unwrap_or_default();
                assert!(policy.starts_with("sandbox;"), "{path}: {policy}");
            } else if kind.starts_with("text/html") {
                is_plain(&answer.body, &path);
            } else {
                let known = [
                    "application/json",
                    "text/plain",
                    "text/css",
                    "text/javascript",
                    "image/svg+xml",
                    "text/event-stream",
                ];
                assert!(known.iter().any(|known| kind.starts_with(known)), "{path}: {kind}");
            }
        }
    }
    // The texts are there: what was looked at was not empty.
    let page = fortress.server.get("/p/keep/tasks/orders").body;
    assert!(page.contains("&lt;img src=x onerror=alert(2)&gt;"), "{page}");
}

#[test]
fn what_is_asked_for_is_said_back_as_text() {
    let fortress = Fortress::open();
    for path in addresses("GET").filter(|path| !path.contains("events")) {
        let path = fortress.filled(path);
        for text in ECHOED {
            let encoded: String = text.bytes().map(|byte| format!("%{byte:02x}")).collect();
            let query: Vec<String> = QUERIES.iter().map(|name| format!("{name}={encoded}")).collect();
            let mut asked = vec![format!("{path}?{}", query.join("&"))];
            // One wrong value must not keep the others from being said back; of one text that is enough.
            let alone = ["select", "search", "sort", "next"].into_iter().filter(|_| *text == ECHOED[0]);
            asked.extend(alone.map(|name| format!("{path}?{name}={encoded}")));
            asked.push(format!("{path}/{encoded}"));
            for asked in asked {
                let answer = fortress.server.get(&asked);
                assert!(answer.status < 500, "{asked}: {}", answer.body);
                assert!(!answer.head.contains("a=b"), "{asked}: {}", answer.head);
                let kind = answer.header("content-type").unwrap_or_default();
                if kind.starts_with("text/html") && !path.contains("/files/") {
                    is_plain(&answer.body, &asked);
                    assert!(!answer.body.contains("49<"), "{asked}: a template was filled");
                }
            }
        }
    }
}

#[test]
fn a_published_file_runs_nothing_and_tells_no_secret() {
    let fortress = Fortress::open();
    let outputs = fortress.server.get("/api/v1/projects/keep/outputs").json();
    let paths: Vec<String> = outputs["outputs"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|file| file["path"].as_str().expect("a path").to_owned())
        .collect();
    assert!(paths.len() >= 4, "{outputs}");
    for path in paths {
        let encoded: String = path
            .split('/')
            .map(|part| part.bytes().map(|byte| format!("%{byte:02x}")).collect::<String>())
            .collect::<Vec<_>>()
            .join("/");
        for query in ["", "?download=1"] {
            let answer = fortress.server.get(&format!("/p/keep/files/{encoded}{query}"));
            assert_eq!(answer.status, 200, "{path}");
            assert!(!answer.body.contains(SECRET), "{path}: {}", answer.body);
            let policy = answer.header("content-security-policy").unwrap_or_default();
            assert!(policy.starts_with("sandbox;") && !policy.contains("allow-"), "{path}: {policy}");
            assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
            let kept = answer.header("content-disposition").unwrap_or_default();
            assert!(!kept.contains('<') && kept.matches('"').count().is_multiple_of(2), "{path}: {kept}");
        }
    }
}
