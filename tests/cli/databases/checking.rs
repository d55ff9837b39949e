//! What `check` says of tables before anything runs.

use super::shop::{ORDERS, Shop};

/// What `check` says of an output into a table that is made so.
fn of_output(table: &str, output: &str) -> Option<String> {
    let rest = format!(
        "
        tasks:
          orders: {{type: load, connection: shop, table: orders}}
          out: {{type: sql, sql: 'select id, country from orders', output: {{connection: shop, table: out{output}}}}}
        "
    );
    let shop = Shop::new(&format!("{ORDERS} {table}"), &rest)?;
    let outcome = shop.run(["check"]).exits(2);
    assert!(outcome.stderr.contains("written here"), "{}", outcome.stderr);
    // Nothing has been run.
    shop.run(["run"]).exits(2);
    let lines = outcome.stderr.lines().filter(|line| line.starts_with("error") || line.contains("= help"));
    Some(lines.map(|line| line.trim_matches([' ', '|']).trim_start_matches("= ")).collect::<Vec<_>>().join("\n"))
}

#[test]
fn tables_that_do_not_take_the_rows_are_told() {
    for (table, output, told) in [
        ("", "", "error: there is no table `out`\nhelp: make it, or write `create: true`"),
        (
            "create table out (id int, contry text)",
            "",
            "error: `public.out` has no column `country`\nhelp: did you mean `contry`?",
        ),
        (
            "create table out (id date, country text)",
            "",
            "error: column `id` of `public.out` does not take int: int does not go into date of `id`: convert it before\nhelp: `cast(id as …)` before, or change the table",
        ),
        (
            "create table out (id int, country text, day date not null)",
            "",
            "error: column `day` of `public.out` must have a value, and the rows have none\nhelp: add it to the rows, or give it a default there",
        ),
        (
            "create table out (id int, country text unique)",
            ", mode: upsert, key: [id]",
            "error: `key` (id) is not unique in `public.out`\nhelp: unique are (country)",
        ),
    ] {
        let Some(found) = of_output(table, output) else { return };
        assert_eq!(found, told, "{table}");
    }
}

/// What `check` says of tasks.
fn of_tasks(tasks: &str) -> Option<String> {
    let shop = Shop::new(ORDERS, &format!("tasks:\n{tasks}"))?;
    Some(shop.run(["check"]).exits(2).stderr)
}

#[test]
fn loads_that_cannot_be_are_told() {
    for (tasks, told) in [
        ("  x: {type: load, connection: shp, table: orders}\n", "error: unknown connection `shp`"),
        ("  x: {type: load, connection: shop}\n", "error: task `x` does not say what to read"),
        (
            "  x: {type: load, connection: shop, table: order}\n",
            "error: connection `shop` refuses: relation \"order\" does not exist",
        ),
        (
            "  x: {type: load, connection: shop, query: select idd from orders}\n",
            "error: connection `shop` refuses: column \"idd\" does not exist",
        ),
        ("  x: {type: load, connection: shop, table: orders, columns: {id: int, day: date}}\n", "`day`"),
        (
            "  x: {type: load, path: 'postgres://ada@localhost:99999/shop', table: orders}\n",
            "a port that is not a number up to 65535",
        ),
    ] {
        let Some(found) = of_tasks(tasks) else { return };
        assert!(found.contains(told), "{told}: {found}");
    }
}

#[test]
fn offline_what_was_known_last_is_believed() {
    let rest = "
        tasks:
          orders: {type: load, connection: shop, table: orders}
          out: {type: sql, sql: 'select id, country from orders', output: out.csv}
        ";
    let Some(shop) = Shop::new(ORDERS, rest) else { return };
    shop.run(["run"]).exits(0);
    let shop = shop.secret("postgres://owner@localhost:1/shop");
    let reached = shop.run(["check"]).exits(2).stderr;
    assert!(reached.contains("connection `shop` has no server listening at localhost:1"), "{reached}");
    let offline = shop.run(["check", "--offline"]).exits(0).stderr;
    assert!(offline.contains("`orders` was not looked at: its columns are those of its last run"), "{offline}");
    let shop = shop.pipeline(&rest.replace("id, country", "idd, country"));
    let wrong = shop.run(["check", "--offline"]).exits(2).stderr;
    assert!(wrong.contains("idd"), "{wrong}");
}
