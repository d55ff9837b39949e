//! What tasks have made, as people look at it.

use super::browser::Server;
use crate::project::Project;

fn reporting() -> Project {
    Project::new()
        .pipeline(
            r#"
            version: 1
            name: news
            tasks:
              orders: {type: load, path: orders.csv, output: [out/orders.csv, out/orders.parquet]}
              note: {type: report, template: note.md, inputs: {orders: orders}, output: out/note.md}
              page: {type: report, template: page.html, inputs: {orders: orders}, output: out/page.html}
              mail:
                type: email
                to: [a@example.com]
                sender: Shöp <shop@example.com>
                subject: "${{ inputs.orders | length }} örders"
                body: See below.
                html: page
                inputs: {orders: orders}
                attach: [out/orders.csv]
            "#,
        )
        .file("orders.csv", "country,quantity\nFR,1\n\"<b>x</b>, y\",2\n")
        .file("note.md", "# Night\n\n**${{ inputs.orders | length }}** <script>alert(1)</script>\n")
        .file("page.html", "<h1>Night of ${{ inputs.orders | length }}</h1>")
}

#[test]
fn mails_reports_and_tables_are_shown_as_people_look_at_them() {
    let project = reporting();
    project.run(["run"]).exits(0);
    let server = Server::of(&project);
    let all = server.get("/api/v1/projects/news/outputs").json();
    let mail = all["outputs"].as_array().into_iter().flatten().find(|file| file["kind"] == "mail");
    let mail = mail.and_then(|file| file["path"].as_str()).expect("a mail").to_owned();
    let page = server.get(&format!("/p/news/outputs/{mail}")).text();
    for holds in ["Shöp", "a@example.com", "2 örders", "orders.csv", "See below."] {
        assert!(page.contains(holds), "no `{holds}`: {page}");
    }
    let html = server.get(&format!("/p/news/files/{mail}?html=1"));
    assert!(html.body.contains("Night of 2"), "{}", html.body);
    let part = server.get(&format!("/p/news/files/{mail}?part=0"));
    assert_eq!(part.header("content-disposition"), Some("attachment; filename=\"orders.csv\""), "{}", part.head);
    assert!(part.body.contains("FR,1"), "{}", part.body);
    assert_eq!(server.get(&format!("/p/news/files/{mail}?part=9")).status, 404);
    let note = server.get("/p/news/files/out/note.md?html=1");
    assert!(note.body.contains("<h1>Night</h1>") && note.body.contains("<strong>2</strong>"), "{}", note.body);
    for made in [&html, &part, &note] {
        let policy = made.header("content-security-policy").expect("a policy");
        assert!(
            policy.starts_with("sandbox;") && !policy.contains("script"),
            "what a pipeline made has no rights: {policy}"
        );
    }
    let table = server.get("/p/news/outputs/out/orders.csv");
    assert!(table.text().contains("country quantity FR 1 &lt;b&gt;x&lt;&#x2f;b&gt;, y 2"), "{}", table.text());
    let rows = server.get("/p/news/outputs/out/orders.parquet").text();
    assert!(rows.contains("The first rows of the table it was made from. country quantity FR 1"), "{rows}");
    for none in ["out/none.csv", "pipeline.yaml", "../orders.csv", "outputs/outbox/none.eml", "orders.csv"] {
        assert_eq!(server.get(&format!("/p/news/outputs/{none}")).status, 404, "{none}");
        assert_eq!(server.get(&format!("/p/news/files/{none}")).status, 404, "{none}");
    }
}
