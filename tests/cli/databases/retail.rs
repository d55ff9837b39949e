//! The pipeline that the project shows itself by, with its orders in PostgreSQL.

use std::collections::BTreeMap;

use crate::project::Project;

use super::shop::Shop;

/// What a run publishes that does not tell when it ran.
fn published(project: &Project) -> BTreeMap<String, Vec<u8>> {
    let mut files = project.files("outputs");
    files.retain(|path, _| !path.starts_with("report/") && !path.starts_with("outbox/"));
    files.extend(project.files("data/processed"));
    files
}

#[test]
fn the_database_gives_the_same_figures_and_gets_the_views() {
    let files = ["pipeline.yaml", "tasks", "data", "examples/shop"];
    let Some(shop) = Shop::with(Project::new().copy(&files), "select 1") else { return };
    let plain = Project::new().copy(&files);
    plain.run(["run"]).exits(0);
    shop.run(["-C", "examples/shop", "run"]).exits(0);
    shop.run(["--profile", "postgres", "run"]).exits(0);
    let (here, there) = (published(&plain), published(&shop.project));
    assert_eq!(here.keys().collect::<Vec<_>>(), there.keys().collect::<Vec<_>>());
    let differ: Vec<&String> = here.keys().filter(|path| here[*path] != there[*path]).collect();
    assert!(differ.is_empty() && here.len() > 8, "{differ:?} of {} differ", here.len());
    for view in ["daily_sales", "campaign_sales", "product_sales", "country_sales"] {
        let file = plain.read(&format!("data/processed/{view}.csv"));
        let mut rows: Vec<String> = file.lines().skip(1).map(|line| line.replace(',', "|")).collect();
        let table = shop.sql(&format!("select * from mart.{view}"));
        let mut found: Vec<&str> = table.lines().collect();
        rows.sort();
        found.sort_unstable();
        assert_eq!(found, rows, "{view}");
    }
    let again = shop.run(["--profile", "postgres", "run"]).exits(0).stderr;
    assert!(again.contains("done    raw_orders") && again.contains("1 ran, "), "{again}");
}
