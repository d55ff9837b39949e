//! Every mistake that is found before anything runs, with the whole of what is said about it.

mod columns;
mod graph;
mod keys;
mod names;
mod outputs;
mod schedule;
mod sources;
mod sql;
mod syntax;
mod types;
mod values;

use crate::project::Project;

/// A shop's sources.
fn shop() -> Project {
    Project::new()
        .file("data/orders.csv", "id,day,country,product,amount\n1,2024-05-01,FR,7,9.50\n2,2024-05-02,DE,8,1.25\n")
        .file("data/products.csv", "product,title,price\n7,Lamp,9.50\n8,Cup,1.25\n")
        .file("data/countries.csv", "country,region,tax\nFR,West,0.2\nDE,West,0.19\n")
}

/// What `check` says of this pipeline over the shop's sources, which has mistakes.
#[track_caller]
fn check(pipeline: &str) -> String {
    shop().pipeline(pipeline).run(["check"]).exits(2).stderr
}
