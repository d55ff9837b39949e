//! Whatever the file holds, nothing panics and every place lies in its text.

use proptest::prelude::*;

use super::super::holes::{cut, names};
use super::{load_files, messages};

pub(super) const VALID: &str = "version: 1\nname: é\nparams: {n: {type: int, default: 3, max: 9}, xs: [a, b]}\nsecrets: [S]\nenv: {A: '${{ env.HOME }}'}\nschedule: {cron: '5 4 * * *', timezone: UTC}\ndefaults: {retries: {max: 2, delay: 1s}}\ntasks:\n  a:\n    type: load\n    path: ${{ params.n }}/x.csv\n    foreach: {c: [1, 2], d: '${{ params.xs }}'}\n    where: |\n      x > ${{ item.c }}\n      and y = 'z'\n    checks: [{range: {a: {min: 0}}}]\n    output: [{path: o.csv, bom: true}, p.json]\n    when: ${{ tasks.b.rows > 0 }}\n";

/// Reads a file of these bytes and all its tasks, and says whether nothing was wrong with it.
pub(super) fn is_valid(bytes: &[u8]) -> bool {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("p.yaml");
    std::fs::write(&file, bytes).expect("a file");
    let loaded = super::load(&super::options(&file), &super::fake_types());
    // Rendering slices the texts at every place.
    let messages = messages(&loaded);
    let mut is_valid = messages.is_empty();
    assert!(loaded.spec.is_some() || !is_valid, "it is refused without a word");
    for task in loaded.spec.iter().flat_map(|spec| spec.tasks.values()) {
        is_valid &= super::super::read::<super::LoadKeys>(&task.keys, &task.scope, &loaded.sources).is_ok();
    }
    is_valid
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        is_valid(&bytes);
    }

    #[test]
    fn random_holes_never_panic(text in "[${}'a-z.|= \"éx\\[\\]]{0,40}") {
        let cut = cut(&text);
        for hole in cut.holes {
            let _ = names(&text[hole.expression]);
        }
        let _ = names(&text);
    }
}

#[test]
fn the_file_that_is_mutated_is_valid() {
    assert_eq!(messages(&load_files(&[("p.yaml", VALID)], |_| {})), "");
}

#[test]
fn a_large_file_is_within_the_limits() {
    let mut text = String::from("version: 1\ntasks:\n");
    for no in 0..5_000 {
        text.push_str(&format!(
            "  t{no}:\n    type: load\n    path: data/${{{{ env.HOME }}}}/{no}.csv\n    depends_on: [t{}]\n",
            no / 2
        ));
    }
    let loaded = load_files(&[("p.yaml", &text)], |_| {});
    assert_eq!(messages(&loaded), "");
    assert_eq!(loaded.spec.expect("it is a pipeline").tasks.len(), 5_000);
}

#[test]
fn aliases_that_explode_are_refused() {
    let mut text = String::from("version: 1\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for no in 1..12 {
        text.push_str(&format!(
            "a{no}: &a{no} [*a{0}, *a{0}, *a{0}, *a{0}, *a{0}, *a{0}, *a{0}, *a{0}, *a{0}, *a{0}]\n",
            no - 1
        ));
    }
    assert!(messages(&load_files(&[("p.yaml", &text)], |_| {})).contains("aliases unfold"));
}
