//! What people do with the page, in Chromium: each step is one of `tests/browser/page.mjs`.

use super::browser::Server;
use crate::project::{Project, repository};

/// Tables, a command that waits until it is told to go on, one that fails until it is mended, and what is sent.
fn shop() -> Project {
    Project::new()
        .pipeline(
            r#"
            version: 1
            name: shop
            description: Orders by country, and what came of them
            schedule: '0 12 * * *'
            params:
              least: {type: int, default: 2, min: 0, help: The smallest quantity}
            tasks:
              raw: {type: load, path: orders.csv, description: As the shop exports them}
              orders:
                type: normalize
                from: raw
                columns: {quantity: int}
                on_invalid: reject
                reject: [{where: quantity < 0, reason: negative quantity}]
                checks: [{not_null: [country]}, {range: {quantity: {max: 9}}}]
              by_country: {type: aggregate, foreach: [FR, DE], from: orders, where: "country = ${{ item }}", metrics: {quantity: sum(quantity)}}
              large: {type: sql, sql: "select * from orders where quantity >= ${{ params.least }}"}
              wait:
                type: command
                run: |
                  until [ -e say ]; do sleep 0.05; done
                  echo a line that comes
                  until [ -e go ]; do sleep 0.05; done
              fragile: {type: command, depends_on: [wait], run: "[ -e mended ] || { echo no answer; exit 3; }"}
              note: {type: report, template: note.md, inputs: {orders: large}, output: out/note.md}
              page: {type: report, template: page.html, inputs: {orders: large}, output: out/page.html}
              mail: {type: email, to: [a@example.com], sender: shop@example.com, subject: news of the shop, body: See below., html: page}
            "#,
        )
        .file("orders.csv", "country,quantity\nFR,1\nDE,2\nFR,-3\nDE,x\nIT,9\nFR,4\n")
        .file("note.md", "# Night\n\n**${{ inputs.orders | length }}** orders\n")
        .file("page.html", "<!doctype html><title>Night</title><h1>Night of ${{ inputs.orders | length }} orders</h1>")
}

#[test]
fn everything_the_page_promises_is_done_in_a_browser() {
    let Some(mut script) = tidemill_test_servers::browser_script(&repository().join("tests/browser/page.mjs")) else {
        return;
    };
    let project = shop();
    let mut command = project.command(["serve", "--listen", "127.0.0.1:0", "--no-schedule"]);
    command.env("PATH", std::env::var("PATH").unwrap_or_default());
    let server = Server::with(command);
    let told = script.arg(format!("http://{}", server.host)).arg(project.root()).output().expect("node starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(told.status.success(), "{}{}", text(&told.stdout), text(&told.stderr));
}
