//! Tasks that come, go, or get another name, and groups of them.

use super::all;
use super::change::Change;

#[test]
fn tasks() {
    all(vec![
        Change::yaml(
            "a new task",
            "  mail:\n",
            "  days:\n    type: sql\n    sql: select count(*) as n from by_day\n\n  mail:\n",
        )
        .task_before("figure", "days", &["by_day"])
        .because("days", "never ran"),
        Change::yaml(
            "a task less",
            "  countries:\n    type: sql\n    sql: select country, total from of_country\n\n",
            "",
        )
        .without("countries"),
        Change::new("a task with another name", |small| {
            small.edit("pipeline.yaml", "  best_day:\n", "  top_day:\n");
            small.edit("pipeline.yaml", "best: best_day", "best: top_day");
        })
        .named("best_day", "top_day")
        .reads("report", &["orders", "by_country", "top_day"])
        .because("report", "inputs.best best_day → top_day, no longer reads best_day, new input top_day")
        .but_ran("report"),
        Change::yaml(
            "another type",
            "  countries:\n    type: sql\n    sql: select country, total from of_country\n",
            "  countries:\n    type: normalize\n    from: of_country\n",
        )
        .because("countries", "type sql → normalize"),
    ]);
}

#[test]
fn foreach() {
    all(vec![
        Change::yaml("another item", "foreach: [FR, DE]", "foreach: [FR, DE, IT]")
            .task_before("countries", "of_country@IT", &["sold"])
            .reads("countries", &["of_country@FR", "of_country@DE", "of_country@IT"])
            .because("of_country@IT", "never ran"),
        Change::yaml("an item less", "foreach: [FR, DE]", "foreach: [FR]")
            .without("of_country@DE")
            .reads("countries", &["of_country@FR"])
            .because("countries", "no longer reads of_country@DE"),
        Change::yaml("items in another order", "foreach: [FR, DE]", "foreach: [DE, FR]")
            .because("countries", "order of inputs changed: of_country@DE, order of inputs changed: of_country@FR"),
        Change::yaml("a key of all", "total: sum(amount)}\n\n  countries", "total: max(amount)}\n\n  countries")
            .because("of_country@FR", "metrics.total sum(amount) → max(amount)")
            .because("of_country@DE", "metrics.total sum(amount) → max(amount)"),
    ]);
}
