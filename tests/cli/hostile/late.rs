//! Files whose head is well and whose rest is not: `check` sees the head, the run finds the place, each task by itself.

use super::{Corpus, all_are_told, gz};

/// More than `check` looks at, in rows and in bytes.
const ROWS: usize = 40_000;

fn rows(shown: impl Fn(usize) -> String) -> String {
    (0..ROWS).map(shown).collect()
}

/// A table of two columns with another line after row 10,000.
fn table(line: &str) -> String {
    let rest =
        rows(|n| if n == 10_000 { format!("{line}\n") } else { format!("{n},some text that makes the row long\n") });
    format!("a,b\n{rest}")
}

fn lines(line: &str) -> String {
    rows(|n| {
        if n == 10_000 {
            format!("{line}\n")
        } else {
            format!("{{\"a\": {n}, \"b\": \"some text that makes the row long\"}}\n")
        }
    })
}

#[test]
fn what_breaks_behind_the_head_fails_its_own_task_and_says_where() {
    let mut latin1 = table("7,caf?").into_bytes();
    let at = latin1.iter().position(|byte| *byte == b'?').expect("it is there");
    latin1[at] = 0xe9;
    // Random digits, so that the packed file is long as well.
    let noise = format!("a,b\n{}", rows(|n| format!("{},{}\n", n * 7919 % 10_007, n * 104_729 % 100_003)));
    let packed = gz(noise.as_bytes());
    let zst = zstd::encode_all(noise.as_bytes(), 0).expect("memory");
    let corpus = Corpus::new()
        .file("long.csv", table("1,2,3"), "", ":10002: found 3 fields, expected 2")
        .file("quote.csv", table("1,\"x"), "", ":10002: a quoted field begins here and never ends")
        .file("latin1.csv", latin1, "", ":10002: is not valid UTF-8: byte 0xE9")
        .file("contract.csv", table("x,y"), "columns: {a: int}", "` is string, not int")
        .file("cut.csv", table("").trim_end_matches(",some text that makes the row long\n"), "", ":")
        .file("cut.csv.gz", &packed[..packed.len() - 9], "", " is damaged or cut off")
        .file("cut.csv.zst", &zst[..zst.len() - 9], "", " is damaged or cut off")
        .file("bad.ndjson", lines("{\"a\": "), "", ":10001: is not valid JSON")
        .file("list.ndjson", lines("[1]"), "", ":10001: expected an object on the line, found an array")
        .file("twice.ndjson", lines("{\"a\": 1, \"a\": 2}"), "", ":10001: the key `a` stands twice in one object")
        .file("cut.json", format!("[{}", lines("{}").replace("}\n", "},\n")), "", ":");
    let (project, expected) = corpus.written();
    project.run(["check"]).exits(0);
    let outcome = project.run(["run", "--keep-going"]).exits(1);
    assert!(outcome.stderr.contains(&format!("{} failed", expected.len())), "{}", outcome.stderr);
    let mut told = expected;
    // The contract's message puts the column first.
    told.retain(|_, (path, message)| path != "contract.csv" && message != ":");
    all_are_told(&outcome, &told);
    for path in [
        "column `a` of `contract.csv` is string, not int",
        "cut.csv:40001: found 1 field",
        "cut.json:40001: the array is cut off",
    ] {
        assert!(outcome.stderr.contains(path), "{path}\n{}", outcome.stderr);
    }
    assert!(!project.has("out"), "nothing broken is published");
}

#[test]
fn other_kinds_of_values_behind_the_head_change_no_value() {
    let project = crate::project::Project::new()
        .file("text.csv", table("007,x"))
        .file("float.csv", table("0.5,x"))
        .file("large.csv", table("9223372036854775808,x"))
        .file("null.csv", table(",\"\""))
        .file("mixed.ndjson", lines("{\"a\": \"x\", \"c\": true}"))
        .pipeline(
            "
            version: 1
            tasks:
              text: {type: load, path: text.csv, output: out/text.csv}
              float: {type: load, path: float.csv, output: out/float.csv}
              large: {type: load, path: large.csv, output: out/large.csv}
              none: {type: load, path: 'null.csv', output: out/null.csv}
              mixed: {type: load, path: mixed.ndjson, output: out/mixed.csv}
              sum: {type: aggregate, from: text, metrics: {a: sum(a)}, output: out/sum.csv}
              total: {type: aggregate, from: float, metrics: {a: sum(a)}, output: out/total.csv}
            ",
        );
    project.run(["check"]).exits(0);
    let outcome = project.run(["run", "--keep-going"]).exits(1);
    for name in ["text", "float", "large", "null"] {
        assert_eq!(project.read(&format!("out/{name}.csv")), project.read(&format!("{name}.csv")), "{name}");
    }
    assert_eq!(project.read("out/mixed.csv").lines().nth(10_001), Some("x,,true"));
    // 0.5 stands where 10,000 would.
    assert_eq!(project.read("out/total.csv"), "a\n799970000.5\n");
    let said = "text.csv:10002: column `a`: `007` is not of type int; the first rows, which `check` looks at, were int";
    assert!(outcome.stderr.contains(said), "{}", outcome.stderr);
    assert!(!project.has("out/sum.csv"));
}
