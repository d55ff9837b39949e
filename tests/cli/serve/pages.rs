//! What the pages show.

use super::browser::Server;
use crate::project::Project;

/// Two tables, one of them with a hostile description, and a command that fails.
pub fn shop() -> Project {
    Project::new()
        .pipeline(
            r#"
            version: 1
            name: shop
            params:
              least: {type: int, default: 2, min: 0, help: The smallest quantity}
            tasks:
              orders:
                type: load
                path: orders.csv
                description: "<script>alert('x')</script> & all orders"
              large:
                type: sql
                sql: select * from orders where quantity >= ${{ params.least }}
                output: out/large.csv
            "#,
        )
        .file("orders.csv", "country,quantity\nFR,1\nDE,2\nIT,3\n<b>XX</b>,4\n")
}

#[test]
fn each_page_answers_and_holds_what_it_must() {
    let project = shop();
    let server = Server::of(&project);
    let before = server.get("/p/shop");
    assert!(before.text().contains("It has not run yet"), "{}", before.text());
    project.run(["run"]).exits(0);
    let run = server.get("/api/v1/projects/shop/runs").json()["runs"][0]["run"].as_str().expect("a run").to_owned();
    let pages = [
        ("/".to_owned(), "shop"),
        ("/p/shop".to_owned(), "success orders"),
        ("/p/shop/plan".to_owned(), "Nothing: all results are there."),
        ("/p/shop/plan?param.least=3".to_owned(), "1 to run"),
        ("/p/shop/runs".to_owned(), &run),
        (format!("/p/shop/runs/{run}"), "first run"),
        (format!("/p/shop/runs/{run}/logs/run"), "Log of run"),
        ("/p/shop/tasks/large".to_owned(), "select * from orders where quantity"),
        ("/p/shop/tasks/orders?sort=quantity&desc=true&limit=1".to_owned(), "&lt;b&gt;XX&lt;&#x2f;b&gt; 4"),
        ("/p/shop/outputs".to_owned(), "out&#x2f;large.csv"),
        ("/p/shop/files/out/large.csv".to_owned(), "country,quantity"),
        ("/p/shop/schedule".to_owned(), "The pipeline has no schedule"),
        ("/metrics".to_owned(), "tidemill_last_run_success{pipeline=\"shop\"} 1"),
    ];
    for (path, holds) in pages {
        let page = server.get(&path);
        assert_eq!(page.status, 200, "{path}: {}", page.body);
        let text = if page.body.contains("<html") { page.text() } else { page.body.clone() };
        assert!(text.contains(holds), "{path} holds no `{holds}`: {text}");
        assert_eq!(page.header("x-content-type-options"), Some("nosniff"), "{path}");
        let policy = page.header("content-security-policy").expect("a policy");
        assert!(policy.contains("default-src 'none'"), "{path}: {policy}");
        assert!(!policy.contains("script-src 'unsafe"), "{path}: {policy}");
        assert!(!page.body.contains(" style=\"") && !page.body.contains("<style"), "{path} holds a style of its own");
    }
}

#[test]
fn what_a_pipeline_says_is_escaped() {
    let project = shop();
    let server = Server::of(&project);
    for path in ["/", "/p/shop", "/p/shop/tasks/orders", "/p/shop/plan?select=%3Cscript%3E", "/p/%3Cscript%3E"] {
        let page = server.get(path);
        assert_eq!(page.body.matches("<script").count(), 1, "{path} holds its own script alone: {}", page.body);
    }
    assert!(server.get("/p/shop").text().contains("&lt;script&gt;alert(&#x27;x&#x27;)"), "the description is there");
}

#[test]
fn a_file_with_mistakes_is_shown_with_them() {
    let project = Project::new().pipeline("version: 1\nname: broken\ntasks:\n  a: {type: loda, path: x.csv}\n");
    let server = Server::of(&project);
    for path in ["/", "/p/broken"] {
        let text = server.get(path).text();
        assert!(text.contains("The file has mistakes") || text.contains("the file has mistakes"), "{text}");
        assert!(text.contains("loda"), "{text}");
    }
    assert_eq!(server.get("/api/v1/projects/broken/plan").status, 422);
}

#[test]
fn a_secret_is_in_no_answer() {
    let project = Project::new()
        .pipeline(
            r#"
            version: 1
            name: quiet
            secrets: [TOKEN_OF_SHOP]
            tasks:
              say: {type: command, run: "echo hush-hush-hush; exit 1"}
            "#,
        )
        .file(".env", "");
    let mut command = project.command(["serve", "--listen", "127.0.0.1:0"]);
    command.env("TOKEN_OF_SHOP", "hush-hush-hush").env("PATH", std::env::var("PATH").unwrap_or_default());
    let server = Server::with(command);
    let run = server.post("/api/v1/projects/quiet/runs", "{}").json()["run"].as_str().expect("a run").to_owned();
    server.ended("quiet", &run);
    let paths = ["/", "/p/quiet", "/p/quiet/plan", "/p/quiet/tasks/say", &format!("/p/quiet/runs/{run}")];
    for path in paths.into_iter().chain([&*format!("/api/v1/projects/quiet/runs/{run}/logs/say")]) {
        let page = server.get(path);
        assert_eq!(page.status, 200, "{path}: {}", page.body);
        assert!(!page.body.contains("hush-hush"), "{path}: {}", page.body);
    }
}

#[test]
fn a_failure_stands_first_with_the_end_of_its_log() {
    let project = Project::new().pipeline(
        r#"
        version: 1
        name: bad
        tasks:
          good: {type: command, run: "echo fine"}
          broken: {type: command, run: "echo '<b>last words</b>'; exit 3"}
        "#,
    );
    let mut command = project.command(["run", "--keep-going"]);
    command.env("PATH", std::env::var("PATH").unwrap_or_default());
    assert_eq!(command.output().expect("the binary starts").status.code(), Some(1));
    let server = Server::of(&project);
    let run = server.get("/api/v1/projects/bad/runs").json()["runs"][0]["run"].as_str().expect("a run").to_owned();
    let page = server.get(&format!("/p/bad/runs/{run}"));
    let text = page.text();
    let place = |what: &str| text.find(what).unwrap_or_else(|| panic!("no `{what}`: {text}"));
    assert!(place("last words") < place("good"), "{text}");
    assert!(place("Retry what failed") > 0 && place("Rerun with what follows") > 0, "{text}");
    assert!(page.body.contains("&lt;b&gt;last words"), "{}", page.body);
    let log = server.get(&format!("/p/bad/runs/{run}/logs/broken?search=words"));
    assert!(log.text().contains("last words"), "{}", log.text());
    let none = server.get(&format!("/p/bad/runs/{run}/logs/broken?search=nowhere"));
    assert!(none.text().contains("No line has this text"), "{}", none.text());
    let kept = server.get(&format!("/api/v1/projects/bad/runs/{run}/logs/broken?download=1"));
    let name = format!("attachment; filename=\"{run}-broken.log\"");
    assert_eq!(kept.header("content-disposition"), Some(name.as_str()));
}
