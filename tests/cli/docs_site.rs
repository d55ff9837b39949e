//! `tidemill docs`.

use crate::project::Project;

const PIPELINE: &str = "\
version: 1
name: shop
description: Orders <by> country
params: {least: {type: int, default: 2, help: Smaller orders are left out}}
tasks:
  raw: {type: load, path: orders.csv}
  orders:
    type: sql
    description: Orders that count
    sql: select country, amount * 2 as price from raw where amount >= ${{ params.least }}
    checks: [{not_null: [country, price]}, {row_count: {min: 1}}]
  total: {type: aggregate, from: orders, group_by: [country], metrics: {total: sum(price)}, output: out/total.csv}
";

#[test]
fn the_pages_tell_tasks_columns_and_results_and_every_link_leads_somewhere() {
    let project = Project::new().pipeline(PIPELINE).file("orders.csv", "country,amount\nFR,3\nDE,1\n");
    project.run(["run"]).exits(0);
    let told = project.run(["docs", "-o", "site"]).exits(0).stderr;
    assert!(told.contains("site/index.html: 3 tasks"), "{told}");
    let index = project.read("site/index.html");
    for part in
        ["Orders &lt;by&gt; country", "<svg", "href=\"tasks/orders.html\"", "Smaller orders are left out", "1 rows, "]
    {
        assert!(index.contains(part), "{part} is not in {index}");
    }
    let orders = project.read("site/tasks/orders.html");
    for part in [
        "Orders that count",
        "href=\"raw.html#amount\">raw.amount</a>",
        "amount * 2",
        "not_null: country, price",
        "row_count: min: 1",
        "href=\"total.html\">total</a>",
        "sql: select country",
    ] {
        assert!(orders.contains(part), "{part} is not in {orders}");
    }
    let link = regex::Regex::new(r#"(?:href|src)="([^"]+)""#).expect("a regex");
    let pages = project.files("site");
    assert_eq!(pages.len(), 6);
    for (name, bytes) in pages.iter().filter(|(name, _)| name.ends_with(".html")) {
        let text = String::from_utf8_lossy(bytes);
        assert!(!text.contains("://") || !text.contains("src=\"http"), "nothing comes from another host");
        for found in link.captures_iter(&text) {
            let (file, anchor) = found[1].split_once('#').unwrap_or((&found[1], ""));
            let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
            let path = std::path::Path::new("site").join(folder).join(file);
            let target = if file.is_empty() { text.to_string() } else { project.read(&path.display().to_string()) };
            assert!(anchor.is_empty() || target.contains(&format!("id=\"{anchor}\"")), "{name}: {}", &found[1]);
        }
    }
}
