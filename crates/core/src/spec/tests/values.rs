//! Typed parameters out of nodes.

use super::super::{SqlHole, json_schema, read};
use super::{LoadKeys, fake_types, load_text, messages, render};
use crate::diagnostic::FileId;
use crate::table::Value;

fn keys(text: &str) -> Result<(LoadKeys, String), String> {
    let file = format!(
        "params: {{n: 15, name: x'y, xs: [a, b], on: true}}\ntasks:\n  a:\n    type: load\n    path: p/${{{{ params.name }}}}.csv\n{text}"
    );
    let loaded = load_text(&file);
    assert_eq!(messages(&loaded), "");
    let spec = loaded.spec.expect("it is a pipeline");
    let task = &spec.tasks["a"];
    let keys =
        read::<LoadKeys>(&task.keys, &task.scope, &loaded.sources).map_err(|errors| render(errors, &loaded.sources))?;
    let place = loaded.sources.get(FileId(0)).expect("the root file").text[keys.path.span.range()].to_owned();
    Ok((keys, place))
}

#[test]
fn holes_keep_their_types_and_values_their_places() {
    let (keys, place) = keys("    limit: ${{ params.n + 1 }}\n    strict: ${{ params.on }}\n    columns: ${{ params.xs }}\n    table: $${{ x }}\n").expect("all fits");
    assert_eq!((keys.path.value.as_str(), place.as_str()), ("p/x'y.csv", "p/${{ params.name }}.csv"));
    assert_eq!((keys.limit, keys.strict), (Some(16), Some(true)));
    let columns: Vec<String> = keys.columns.expect("it has some").iter().map(|name| name.value.clone()).collect();
    assert_eq!(columns, ["a", "b"]);
    assert_eq!(keys.table.expect("it has one").value, "${{ x }}");
}

#[test]
fn holes_in_sql_are_literals_of_the_same_length() {
    let (keys, _) =
        keys("    where: name = ${{ params.name }} and x in ${{ params.xs }}\n    derive: {one: 1.50, two: a}\n")
            .expect("all fits");
    let sql = keys.condition.expect("it has one");
    assert_eq!(sql.text.len(), sql.raw.len());
    assert_eq!(sql.text, format!("name = {:18} and x in {:16}", "$1", "$2"));
    let text = |text: &str| Value::String(text.to_owned());
    assert_eq!(sql.holes, [SqlHole::One(text("x'y")), SqlHole::Many(vec![text("a"), text("b")])]);
    let derive = keys.derive.expect("it has some");
    assert_eq!(derive["one"].raw, "1.50");
}

#[test]
fn what_does_not_fit_after_filling_says_so() {
    insta::assert_snapshot!(keys("    limit: ${{ params.name }}\n").map(|_| ()).expect_err("it is text"), @"p.yaml:7:12: expected a whole number, found the text `x'y` [${{ params.name }}]");
    insta::assert_snapshot!(keys("    where: ${{ params.nme }} = '${{ params.n }}'\n    table: ${{ parms.n }}\n    options: {delimiter: '${{ tasks.a.rows }}'}\n").map(|_| ()).expect_err("nothing is right"), @r"
    p.yaml:7:23: unknown parameter `nme` [nme]
      help: did you mean `name`?
    p.yaml:7:33: `${{ }}` stands inside SQL quotes [${{ params.n }}]
      help: leave the quotes out: the value becomes a literal by itself
    p.yaml:8:16: unknown name `parms` [parms]
      help: did you mean `params`?
    p.yaml:9:31: `tasks` is known only while a run is under way [tasks] not here
      help: use it in `when`, in texts that a task renders (mail, reports, `run` of a command) or in a handler
    ");
    insta::assert_snapshot!(keys("    table: a ${{ params.xs }}\n    subject: ${{ params.n }\n").map(|_| ()).expect_err("a list in text"), @r"
    p.yaml:7:14: a list cannot be part of a text [${{ params.xs }}]
      help: let it be the whole value, or join it: `${{ … | join(', ') }}`
    ");
}

#[test]
fn a_name_in_a_block_is_found_to_the_letter() {
    let text = "    where: |\n      n > 1\n      and m < ${{ params.m }}\n";
    insta::assert_snapshot!(keys(text).map(|_| ()).expect_err("there is no m"), @r"
    p.yaml:9:26: unknown parameter `m` [m]
      help: there is `n`, `name`, `xs`, `on`
    ");
}

#[test]
fn the_schema_knows_every_type_and_key() {
    let schema = json_schema(&fake_types());
    let tasks = schema.pointer("/$defs/Task/oneOf").and_then(|list| list.as_array()).expect("a list of types");
    assert_eq!(tasks.len(), 2);
    assert!(tasks[0].pointer("/properties/retries").is_some() && tasks[0].pointer("/properties/path").is_some());
    let text = schema.to_string();
    for reference in text.split("\"$ref\":\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(schema.pointer(reference).is_some(), "{reference} is nowhere");
    }
    assert!(!text.contains("x-expected"));
}
