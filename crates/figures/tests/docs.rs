//! The guide's table of kinds is that of the list.

use std::fs;
use std::path::Path;

use tidemill_figures::Kind;

fn pages(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let texts = entries.flat_map(|path| match path.is_dir() {
        true => pages(&path),
        false => path
            .extension()
            .filter(|end| *end == "md")
            .map(|_| fs::read_to_string(&path).unwrap())
            .into_iter()
            .collect(),
    });
    texts.collect()
}

#[test]
fn the_guide_has_the_table_of_kinds() {
    let rows = Kind::all()
        .iter()
        .map(|kind| format!("| `{}` | {} | {} |\n", kind.name(), kind.summary(), kind.columns().summary()));
    let table = format!("| kind | draws | columns |\n|---|---|---|\n{}", rows.collect::<String>());
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    assert!(pages(&docs).iter().any(|page| page.contains(&table)), "no page of docs/ holds this table:\n{table}");
}
