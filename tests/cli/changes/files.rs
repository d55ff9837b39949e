//! Sources, outputs, and what is in the store.

use std::io::{Seek, SeekFrom, Write};
use std::path::Path;

use super::all;
use super::change::Change;
use super::small::Small;

#[test]
fn sources() {
    all(vec![
        Change::new("nothing", |_| {}),
        Change::new("a touch", |small| {
            let file = std::fs::File::options().write(true).open(small.path("data/orders.csv")).expect("a file");
            file.set_modified(std::time::SystemTime::now()).expect("a time");
        }),
        Change::new("written anew with the same content", |small| small.edit("data/orders.csv", "gift", "gift")),
        Change::file("a value", "data/orders.csv", "9.50", "9.75")
            .because("raw_orders", "data/orders.csv changed (content)"),
        Change::file("a value that is not used", "data/orders.csv", "gift", "sale")
            .because("raw_orders", "data/orders.csv changed (content)")
            .but_ran("raw_orders orders"),
        Change::new("a column that is not used", |small| {
            let text = std::fs::read_to_string(small.path("data/orders.csv")).expect("a text");
            let wider: String =
                text.lines().enumerate().map(|(at, line)| format!("{line},{}\n", ["more", "1"][at.min(1)])).collect();
            small.write("data/orders.csv", &wider);
        })
        .because("raw_orders", "data/orders.csv changed (content)")
        .but_ran("raw_orders orders"),
        Change::file("another line break", "data/orders.csv", "8,,4.00,gift\n", "8,,4.00,gift\r\n")
            .because("raw_orders", "data/orders.csv changed (content)")
            .but_ran("raw_orders"),
        Change::file("quotes", "data/orders.csv", "gift", "\"gift\"")
            .because("raw_orders", "data/orders.csv changed (content)")
            .but_ran("raw_orders"),
        Change::file("a row that is rejected", "data/orders.csv", "4,2024-05-02,IT,9,-1,2.00,back\n", "")
            .because("raw_orders", "data/orders.csv changed (content)")
            .but_ran("raw_orders orders report mail"),
        Change::file(
            "a row that a condition leaves out",
            "data/visits.json",
            "\"visits\": 5, \"source\": \"app\"",
            "\"visits\": 5, \"source\": \"tv\"",
        )
        .because("raw_visits", "data/visits.json changed (content)")
        .but_ran("raw_visits visits"),
        Change::file("white space in JSON", "data/visits.json", "[{", "[ {")
            .because("raw_visits", "data/visits.json changed (content)")
            .but_ran("raw_visits"),
        Change::new("rows in another order", |small| {
            small.edit("data/visits.json", "20, \"source\": \"web\"", "0, \"source\": \"web\"");
            small.edit("data/visits.json", "5, \"source\": \"app\"", "20, \"source\": \"app\"");
            small.edit("data/visits.json", "\"visits\": 0,", "\"visits\": 5,");
        })
        .because("raw_visits", "data/visits.json changed (content)")
        .but_ran("raw_visits visits visits_by_day"),
        Change::new("a row in the table", |small| small.sqlite("insert into products values (9, 'Hat', 1)"))
            .because("raw_products", "data/shop.db changed (content)")
            .but_ran("raw_products sold"),
        Change::new("another table of the database", |small| small.sqlite("insert into other values (1)"))
            .because("raw_products", "data/shop.db changed (content)")
            .but_ran("raw_products"),
        Change::new("a value and back again", |small| {
            small.edit("data/orders.csv", "9.50", "9.75");
            small.run(&[]);
            small.edit("data/orders.csv", "9.75", "9.50");
        })
        .restores("by_country", "upstream sold changed")
        .restores("by_day", "upstream sold changed")
        .restores("figure", "upstream by_day changed")
        .restores("report", "upstream by_country changed")
        .because("mail", "upstream figure changed, upstream report changed"),
    ]);
}

#[test]
fn outputs() {
    all(vec![
        Change::new("a table's file deleted", |small| small.delete("outputs/by_country.csv"))
            .restores("by_country", "outputs/by_country.csv was deleted"),
        Change::new("a table's file edited", |small| small.write("outputs/by_country.csv", "by hand"))
            .restores("by_country", "outputs/by_country.csv was edited"),
        Change::new("a figure deleted", |small| small.delete("outputs/by_day.svg"))
            .restores("figure", "outputs/by_day.svg was deleted"),
        Change::new("a report cut short", |small| small.write("outputs/report.md", ""))
            .restores("report", "outputs/report.md was edited"),
        Change::new("rejects deleted", |small| small.delete("outputs/rejects/orders.csv"))
            .restores("orders", "outputs/rejects/orders.csv was deleted"),
        Change::new("all outputs deleted", |small| {
            ["by_country.csv", "by_day.csv", "by_day.svg", "report.md", "rejects/orders.csv"]
                .iter()
                .for_each(|name| small.delete(&format!("outputs/{name}")));
        })
        .restores("orders", "outputs/rejects/orders.csv was deleted")
        .restores("by_country", "outputs/by_country.csv was deleted")
        .restores("by_day", "outputs/by_day.csv was deleted")
        .restores("figure", "outputs/by_day.svg was deleted")
        .restores("report", "outputs/report.md was deleted"),
        Change::new("a mail in the outbox deleted", |small| {
            std::fs::remove_dir_all(small.path("outputs/outbox")).expect("it was there");
        }),
        Change::new("logs deleted", |small| std::fs::remove_dir_all(small.path("logs")).expect("they were there")),
        Change::new("a source changed, an output deleted above where the wave ends", |small| {
            small.edit("data/orders.csv", "gift", "sale");
            small.delete("outputs/by_country.csv");
        })
        .because("raw_orders", "data/orders.csv changed (content)")
        .because("by_country", "outputs/by_country.csv was deleted")
        .but_ran("raw_orders orders")
        .but_restored("by_country"),
    ]);
}

/// Changes one byte in the middle.
fn flip(path: &Path) {
    let mut bytes = std::fs::read(path).expect("an object");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    overwrite(path, &bytes);
}

/// Loses the last byte.
fn cut(path: &Path) {
    let bytes = std::fs::read(path).expect("an object");
    overwrite(path, &bytes[..bytes.len() - 1]);
}

/// Objects are read-only; who breaks one can write all the same.
fn overwrite(path: &Path, bytes: &[u8]) {
    std::fs::remove_file(path).expect("an object");
    let mut file = std::fs::File::create(path).expect("a file");
    file.seek(SeekFrom::Start(0)).and_then(|_| file.write_all(bytes)).expect("a file");
}

#[test]
fn the_store() {
    /// The output is gone, so that its copy in the store is needed.
    fn without_output(small: &Small, damage: impl Fn(&Path)) {
        damage(&small.published("by_country"));
        small.delete("outputs/by_country.csv");
    }
    all(vec![
        Change::new("a table lost", |small| std::fs::remove_file(small.object("sold")).expect("it was there"))
            .because("sold", "its cached result is gone or damaged")
            .but_ran("sold"),
        Change::new("a table cut", |small| cut(&small.object("sold")))
            .because("sold", "its cached result is gone or damaged")
            .but_ran("sold"),
        Change::new("a table that nobody asks for flipped", |small| flip(&small.object("sold"))),
        Change::new("a flipped table that a changed task reads", |small| {
            flip(&small.object("sold"));
            small.edit("pipeline.yaml", "limit: 10", "limit: 1");
        })
        .because("by_country", "limit 10 → 1"),
        Change::new("a published file's copy lost, and the file there", |small| {
            std::fs::remove_file(small.published("by_country")).expect("it was there");
        }),
        Change::new("a published file and its copy lost", |small| {
            without_output(small, |path| std::fs::remove_file(path).expect("it was there"));
        })
        .because("by_country", "its cached result is gone or damaged")
        .but_ran("by_country"),
        Change::new("a published file lost and its copy cut", |small| without_output(small, cut))
            .because("by_country", "its cached result is gone or damaged")
            .but_ran("by_country"),
        Change::new("the whole cache lost", |small| {
            std::fs::remove_dir_all(small.path(".tidemill/cache")).expect("it was there");
            std::fs::create_dir(small.path(".tidemill/cache")).expect("a folder");
        })
        .because("raw_orders", "its cached result is gone or damaged")
        .because("raw_products", "its cached result is gone or damaged")
        .because("raw_visits", "its cached result is gone or damaged")
        .because("orders", "its cached result is gone or damaged")
        .because("visits", "its cached result is gone or damaged")
        .because("visits_by_day", "its cached result is gone or damaged")
        .because("sold", "its cached result is gone or damaged")
        .because("by_country", "its cached result is gone or damaged")
        .because("by_day", "its cached result is gone or damaged")
        .because("best_day", "its cached result is gone or damaged")
        .because("of_country@FR", "its cached result is gone or damaged")
        .because("of_country@DE", "its cached result is gone or damaged")
        .because("countries", "its cached result is gone or damaged")
        .but_ran(
            "raw_orders raw_products raw_visits orders visits visits_by_day sold by_country by_day best_day of_country@FR \
             of_country@DE countries",
        ),
    ]);
}
