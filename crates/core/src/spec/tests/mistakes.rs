//! Each mistake with its whole message.

use super::{load_files, load_text, messages};
use crate::diagnostic::FileId;

fn mistakes(text: &str) -> String {
    messages(&load_text(text))
}

fn task(keys: &str) -> String {
    mistakes(&format!(
        "params: {{top_n: 15, xs: [a, b]}}\nsecrets: [SMTP_URL]\ntasks:\n  a:\n    type: load\n    path: x.csv\n{keys}"
    ))
}

#[test]
fn unknown_and_duplicate_keys() {
    insta::assert_snapshot!(mistakes("nam: x\nname: y\nname: z\ndefaults: {retrys: 1}\ntasks:\n  a: {type: load, path: x, pth: y, pool: p, options: {skip_row: 1}}\n  a: {type: load}\n"), @r"
    p.yaml:2:1: unknown key `nam` [nam]
      help: did you mean `name`?
    p.yaml:4:1: the key `name` occurs twice [name] again here
      p.yaml:3:1 [name] first here
    p.yaml:5:12: unknown key `retrys` [retrys]
      help: did you mean `retries`?
    p.yaml:7:28: unknown key `pth` [pth]
      help: did you mean `path`?
    p.yaml:7:42: unknown pool `p` [p]
      help: declare it at the top: `pools: {p: 1}`
    p.yaml:7:55: unknown key `skip_row` [skip_row]
      help: did you mean `skip_rows`?
    p.yaml:8:3: the key `a` occurs twice [a] again here
      p.yaml:7:3 [a] first here
    ");
}

#[test]
fn wrong_types() {
    insta::assert_snapshot!(task("    columns: {a: 1}\n    limit: many\n    strict: yes\n    table: 5\n    format: cvs\n    options:\n      skip_rows: -1\n    tags: 1\n    retries: often\n    timeout: 10\n    cache: never\n    trigger_rule: all\n    depends_on: [1]\n"), @r"
    p.yaml:8:5: expected text or a list of names, found a map [columns]
    p.yaml:9:12: expected a whole number, found the text `many` [many]
    p.yaml:10:13: expected `true` or `false`, found the text `yes` [yes]
      help: write `true`
    p.yaml:11:12: expected text, found the number 5 [5]
      help: put it in quotes
    p.yaml:12:13: `cvs` is not known here: expected `csv` or `json` [cvs]
      help: did you mean `csv`?
    p.yaml:14:18: -1 is too small: the least is 0 [-1]
    p.yaml:15:11: expected text or a list of names, found the number 1 [1]
      help: put it in quotes
    p.yaml:16:14: expected a whole number or a map, found the text `often` [often]
    p.yaml:17:14: expected a duration such as `90s` or `1h30m`, found the number 10 [10]
    p.yaml:18:12: `never` is not known here: expected `auto` or `off` [never]
    p.yaml:19:19: `all` is not known here: expected `all_success`, `all_done`, `one_failed` or `none_failed` [all]
    p.yaml:20:18: expected text, found the number 1 [1]
      help: put it in quotes
    ");
}

#[test]
fn ids_and_types() {
    insta::assert_snapshot!(mistakes("tasks:\n  Raw Orders: {type: load, path: x}\n  b: {path: x}\n  c: {type: lod}\n  d: {type: load}\n  e: 5\n"), @r"
    p.yaml:3:3: `Raw Orders` cannot be a task's id [Raw Orders]
      help: an id has small letters, digits, `_` and `-`, a letter first: `raw_orders`
    p.yaml:4:3: the task `b` has no `type` [b]
      help: there is `load`, `email`
    p.yaml:5:13: unknown task type `lod` [lod]
      help: did you mean `load`?
    p.yaml:6:3: the key `path` is missing: `load` needs it [d]
    p.yaml:7:6: expected a task, a map with a `type`, found a whole number [5]
    ");
}

#[test]
fn names_in_holes() {
    insta::assert_snapshot!(task("    table: t_${{ params.topn }}\n    where: x > ${{ prams.top_n }} and y = '${{ params.top_n }}'\n    depends_on: ['${{ top_n }}']\n    when: ${{ secrets.SMTP_URLS != '' }}\n    timeout: ${{ tasks.b.rows }}\n    output: out/${{ params.top_n.csv\n"), @r"
    p.yaml:8:25: unknown parameter `topn` [topn]
      help: did you mean `top_n`?
    p.yaml:9:20: unknown name `prams` [prams]
      help: did you mean `params`?
    p.yaml:10:23: unknown name `top_n` [top_n]
      help: did you mean `params.top_n`?
    p.yaml:11:23: the secret `SMTP_URLS` is not declared [SMTP_URLS]
      help: did you mean `SMTP_URL`?
    p.yaml:13:17: `${{` is never closed [${{] opened here
      help: close it with `}}`, or write `$${{` for a literal `${{`
    ");
}

#[test]
fn parameters() {
    insta::assert_snapshot!(mistakes("params:\n  a: {type: int, default: 99, max: 50}\n  b: {type: string, default: x, enum: [mean, median]}\n  c: {type: number}\n  d: {type: int, min: 3, max: 1, default: 2}\n  e: {type: bool}\n  f: {default: 1, typ: int}\ntasks: {}\n"), @r"
    p.yaml:3:27: 99 is too large for the parameter `a`: its greatest value is 50 [99]
    p.yaml:4:30: `x` is not a value of the parameter `b` [x]
      help: there is `mean`, `median`
    p.yaml:5:3: the parameter `c` has no value [c] it has no default
      help: give it one with `-p c=…`
    p.yaml:5:13: `number` is not known here: expected `string`, `int`, `float`, `bool`, `list` or `map` [number]
    p.yaml:6:18: min 3 is more than max 1 [min]
    p.yaml:6:43: 2 is too small for the parameter `d`: its least value is 3 [2]
    p.yaml:7:3: the parameter `e` has no value [e] it has no default
      help: give it one with `-p e=…`
    p.yaml:8:19: unknown key `typ` [typ]
      help: did you mean `type`?
    ");
}

#[test]
fn parameters_from_outside() {
    let files = [
        ("p.yaml", "version: 1\nparams: {top_n: {type: int, default: 5, max: 50}, name: x, xs: [a]}\ntasks: {}\n"),
        ("more.yaml", "top_n: 60\nnaem: y\n"),
    ];
    let loaded = load_files(&files, |options| {
        options.params_file = options.file.parent().map(|folder| folder.join("more.yaml"));
        for (name, value) in
            [("topn", "1"), ("top_n", "many"), ("top_n", "70"), ("name", "17"), ("xs", "FR"), ("xs", "[FR, DE]")]
        {
            options.params.push((name.to_owned(), value.to_owned()));
        }
    });
    insta::assert_snapshot!(messages(&loaded), @r"
    `-p topn=…`: unknown parameter `topn`
      help: did you mean `top_n`?
    more.yaml:1:8: 60 is too large for the parameter `top_n`: its greatest value is 50 [60]
    more.yaml:2:1: unknown parameter `naem` [naem]
      help: did you mean `name`?
    -p top_n:1:1: the parameter `top_n` is a whole number, found the text `many` [many]
    -p top_n:1:1: 70 is too large for the parameter `top_n`: its greatest value is 50 [70]
    -p xs:1:1: the parameter `xs` is a list, such as `[a, b]`, found the text `FR` [FR]
    ");
    let spec = loaded.spec.expect("it is a pipeline");
    assert_eq!(spec.params["name"].value, "17");
    assert_eq!(spec.params["xs"].value, serde_json::json!(["FR", "DE"]));
}

#[test]
fn profiles() {
    let text = "version: 1\nparams: {a: 1}\nprofiles: {prod: {params: {b: 2, a: x}, evn: {}}}\ntasks: {}\n";
    let with =
        |name: &str| messages(&load_files(&[("p.yaml", text)], |options| options.profile = Some(name.to_owned())));
    insta::assert_snapshot!(with("prod"), @r"
    p.yaml:3:28: unknown parameter `b` [b]
      help: there is `a`
    p.yaml:3:37: the parameter `a` is a whole number, found the text `x` [x]
    p.yaml:3:41: unknown key `evn` [evn]
      help: did you mean `env`?
    ");
    insta::assert_snapshot!(with("pord"), @r"
    unknown profile `pord`
      help: did you mean `prod`?
    p.yaml:3:41: unknown key `evn` [evn]
      help: did you mean `env`?
    ");
}

#[test]
fn includes() {
    let files = [
        ("p.yaml", "version: 1\ninclude: [a.yaml, nope.yaml]\nparams: {x: 1}\ntasks:\n  t: {type: load, path: x}\n"),
        ("a.yaml", "include: b.yaml\nparams: {x: 2}\ntasks:\n  t: {type: load, path: y}\nname: z\n"),
        ("b.yaml", "include: [a.yaml]\ntasks:\n  u: {type: load, path: x}\n"),
    ];
    let loaded = load_files(&files, |_| {});
    let text = messages(&loaded);
    let folder = loaded.sources.get(FileId(0)).expect("the root file").name.replace("p.yaml", "");
    insta::assert_snapshot!(text.replace(&folder, ""), @r"
    p.yaml:2:19: there is no file `nope.yaml` [nope.yaml]
      help: paths start at the folder of the root pipeline file
    a.yaml:2:10: two parameters have the name `x` [x] again here
      p.yaml:3:10 [x] first here
    a.yaml:4:3: two tasks have the id `t` [t] again here
      p.yaml:5:3 [t] first here
    a.yaml:5:1: `name` belongs into the root file [name]
      help: an included file has `params`, `tasks`, `tests` and `include`
    b.yaml:1:11: the files include each other in a circle [a.yaml]
      help: a.yaml → b.yaml → a.yaml
    ");
}

#[test]
fn schedules() {
    insta::assert_snapshot!(mistakes("schedule: 61 * * * *\nretention: {runs: 0, max_size: 10 apples}\ntasks: {}\n"), @r"
    p.yaml:2:11: `61` is no minute: a minute is 0 to 59; also `*`, `0-1`, `0,1`, `*/2` [61 * * * *]
    p.yaml:3:19: 0 is too small: the least is 1 [0]
    p.yaml:3:32: `10 apples` is no size: write it as `500MB` or `10GB` [10 apples]
    ");
    insta::assert_snapshot!(mistakes("schedule: {cron: 0 0 30 2 *, timezone: Europe/Berln, catchup: newest}\ntasks: {}\n"), @"p.yaml:2:63: `newest` is not known here: expected `none`, `latest` or `all` [newest]");
    insta::assert_snapshot!(mistakes("schedule: {cron: 0 0 30 2 *, timezone: Europe/Berln}\ntasks: {}\n"), @r"
    p.yaml:2:18: this cron expression never fires: its days do not exist [0 0 30 2 *]
    p.yaml:2:40: unknown time zone `Europe/Berln` [Europe/Berln]
      help: did you mean `Europe/Berlin`?
    ");
    insta::assert_snapshot!(mistakes("schedule:\n  every: 15m\n  cron: 0 0 * * *\ntasks: {}\n"), @r"
    p.yaml:3:10: a schedule has `cron` or `every`, not both [15m] the interval
      p.yaml:4:9 [0 0 * * *] the cron expression
    ");
    insta::assert_snapshot!(mistakes("schedule: {every: 10ms}\ntasks: {}\n"), @"p.yaml:2:19: `every` must be a second or more [10ms]");
    insta::assert_snapshot!(mistakes("schedule: {timezone: UTC}\ntasks: {}\n"), @"p.yaml:2:1: a schedule needs `cron` or `every` [schedule]");
}

#[test]
fn pools_secrets_and_environment() {
    insta::assert_snapshot!(mistakes("pools: {sqlite: 0}\nsecrets: [SMTP-URL]\nenv: {1A: x}\npass_env: [A B]\ntasks:\n  a: {type: load, path: x, pool: sqlit, subject: '${{ secrets.OTHER }}'}\n"), @r"
    p.yaml:2:17: 0 is too small: the least is 1 [0]
    p.yaml:3:11: `SMTP-URL` cannot be the name of an environment variable [SMTP-URL]
      help: such a name has letters, digits and `_`, and no digit first
    p.yaml:4:7: `1A` cannot be the name of an environment variable [1A]
      help: such a name has letters, digits and `_`, and no digit first
    p.yaml:5:12: `A B` cannot be the name of an environment variable [A B]
      help: such a name has letters, digits and `_`, and no digit first
    p.yaml:7:34: unknown pool `sqlit` [sqlit]
      help: did you mean `sqlite`?
    p.yaml:7:63: the secret `OTHER` is not declared [OTHER]
      help: declare it at the top: `secrets: [OTHER]`
    ");
}

#[test]
fn checks_and_foreach() {
    insta::assert_snapshot!(task("    checks:\n      - {not_null: a, unique: b}\n      - {severity: warn}\n      - {expr: a > 0, severity: bad}\n      - {nonull: a}\n    foreach: [FR, DE, FR]\n"), @r"
    p.yaml:9:23: a check makes one statement [unique] this is beside `not_null`
      help: make it an item of its own
    p.yaml:10:9: this check says nothing [{]
      help: there is `not_null`, `unique`, `range`, `expr`
    p.yaml:11:33: `bad` is not known here: expected `error` or `warn` [bad]
    p.yaml:12:10: unknown key `nonull` [nonull]
      help: did you mean `not_null`?
    p.yaml:13:23: the item `FR` occurs twice [FR] again here
      p.yaml:13:15 [FR] first here
    ");
    insta::assert_snapshot!(task("    foreach: {a: 1}\n"), @"p.yaml:8:18: expected a list, found the number 1 [1]");
    insta::assert_snapshot!(task("    foreach: ${{ params.nope }}\n"), @r"
    p.yaml:8:25: unknown parameter `nope` [nope]
      help: there is `top_n`, `xs`
    ");
}

#[test]
fn files_that_are_no_pipelines() {
    let alone = |text: &str| messages(&load_files(&[("p.yaml", text)], |_| {}));
    insta::assert_snapshot!(alone(""), @r"
    p.yaml:1:1: the file is empty []
      help: it begins with `version: 1` and has `tasks:`
    ");
    insta::assert_snapshot!(alone("- a\n"), @r"
    p.yaml:1:3: a pipeline file is a map of keys [a]
      help: it begins with `version: 1` and has `tasks:`
    ");
    insta::assert_snapshot!(alone("name: x\n"), @r"
    p.yaml:1:1: the key `version` is missing [name]
      help: begin the file with `version: 1`
    p.yaml:1:1: the pipeline has no `tasks` [name]
    ");
    insta::assert_snapshot!(alone("version: 2\ntasks: {}\n"), @r"
    p.yaml:1:10: this is not a version of the pipeline file that is known here [2]
      help: write `version: 1`
    ");
    insta::assert_snapshot!(alone("version: 1\ntasks:\n  a: {path: ${{ params.x }}, type: load}\n"), @r"
    p.yaml:3:14: not valid YAML: while parsing a flow mapping, did not find expected ',' or '}' [{]
      help: inside `[ ]` and `{ }`, put a `${{ … }}` in quotes
    ");
    // The place is where the mistake is, not the end of the file.
    let early = alone("version: 1\ntasks:\n  a: {path: ${{ params.x }}, type: load}\n  b: {type: load, path: y}\n");
    assert!(early.starts_with("p.yaml:3:"), "{early}");
    insta::assert_snapshot!(alone("version: 1\ntasks:\n  a: [1, 2\n"), @"p.yaml:3:6: not valid YAML: unclosed bracket '[' [[]");
    insta::assert_snapshot!(alone("version: 1\ntasks:\n\ta: 1\n"), @r"
    p.yaml:3:1: not valid YAML: tabs disallowed within this context (block indentation) [	]
      help: indent with blanks, not tabs
    ");
    insta::assert_snapshot!(alone("version: 1\nname: x\n bad: y\n"), @"p.yaml:3:5: not valid YAML: mapping values are not allowed in this context [:]");
}

#[test]
fn what_is_fine_stays_when_something_else_is_not() {
    let loaded = load_text("tasks:\n  good: {type: load, path: x}\n  bad: {type: nope}\n");
    let spec = loaded.spec.expect("it is a pipeline");
    assert_eq!(spec.tasks.keys().map(|id| id.as_str()).collect::<Vec<_>>(), ["good"]);
    assert!(spec.broken.contains("bad"));
}
