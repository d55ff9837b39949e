//! Whatever the file holds, nothing panics and every place lies in its text.

use proptest::prelude::*;

use super::super::holes::{cut, names};
use super::{load_files, messages};

const VALID: &str = "version: 1\nname: é\nparams: {n: {type: int, default: 3, max: 9}, xs: [a, b]}\nsecrets: [S]\nenv: {A: '${{ env.HOME }}'}\nschedule: {cron: '5 4 * * *', timezone: UTC}\ndefaults: {retries: {max: 2, delay: 1s}}\ntasks:\n  a:\n    type: load\n    path: ${{ params.n }}/x.csv\n    foreach: {c: [1, 2], d: '${{ params.xs }}'}\n    where: |\n      x > ${{ item.c }}\n      and y = 'z'\n    checks: [{range: {a: {min: 0}}}]\n    output: [{path: o.csv, bom: true}, p.json]\n    when: ${{ tasks.b.rows > 0 }}\n";

/// The valid file with some places overwritten, cut out or doubled.
fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let edit = (
        0..VALID.len(),
        0..12usize,
        prop::sample::select(vec![
            b"".as_slice(),
            b"${{",
            b"}}",
            b"'",
            b"\"",
            b": ",
            b"\n",
            b"\t",
            b"- ",
            b"{",
            b"]",
            b"&a ",
            b"*a",
            b"|",
            b"\xff",
            b"<<",
            b"-5",
            b"null",
        ]),
    );
    prop::collection::vec(edit, 1..5).prop_map(|edits| {
        let mut text = VALID.as_bytes().to_vec();
        for (at, len, new) in edits {
            let at = at.min(text.len());
            let end = (at + len).min(text.len());
            text.splice(at..end, new.iter().copied());
        }
        text
    })
}

fn survives(bytes: &[u8]) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("p.yaml");
    std::fs::write(&file, bytes).expect("a file");
    let loaded = super::load(&super::options(&file), &super::fake_types());
    // Rendering slices the texts at every place.
    let _ = messages(&loaded);
    if let Some(spec) = loaded.spec {
        for task in spec.tasks.values() {
            let _ = super::super::read::<super::LoadKeys>(&task.keys, &task.scope, &loaded.sources);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_mutated_file_never_panics(bytes in mutated()) {
        survives(&bytes);
    }

    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        survives(&bytes);
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
