//! `tidemill functions`: the registry of SQL's functions, as people and programs see it.

use insta::assert_snapshot;

use crate::project::Project;

#[test]
fn one_function_is_explained() {
    assert_snapshot!(Project::new().run(["functions", "SUBSTRING"]).exits(0).stdout, @r"
    substr(text, start [, length])  string
      from a character, counted from 1; a start below 1 uses up the length, as in PostgreSQL; a negative length is an error

    Also written
      substring(text from start for length)
      substring

    Takes
      text: string
      start: int
      length: int; may be left out

    Examples
      substr('żółw', 2, 2) → ół
      substring('abc' from 2) → bc
    ");
    assert_snapshot!(Project::new().run(["functions", "corr"]).exits(0).stdout, @r"
    corr(x, y)  float
      Pearson's correlation, over the rows where both are there; NULL if either does not vary

    Takes
      x: float or int or decimal
      y: float or int or decimal

    Examples
      corr(x, y) → -1  of x = 1, 2  of y = 20, 10
    ");
}

#[test]
fn all_functions_are_listed() {
    let listed = Project::new().run(["functions"]).exits(0).stdout;
    let objects = Project::new().run(["functions", "--json"]).exits(0).stdout;
    assert_eq!(listed.lines().count(), objects.lines().count() + 1, "a line each below the head:\n{listed}");
    assert!(listed.lines().any(|line| line.starts_with("lower(text)")), "{listed}");
    let names: Vec<String> = objects
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON")["name"].to_string())
        .collect();
    assert!(
        ["\"lower\"", "\"sum\"", "\"lag\""].iter().all(|name| names.iter().any(|known| known == name)),
        "{names:?}"
    );
}

#[test]
fn an_object_says_all_of_a_function() {
    assert_snapshot!(Project::new().run(["functions", "round", "--json"]).exits(0).stdout, @r#"{"name":"round","kind":"scalar","over_windows":false,"signature":"round(x [, digits])","also":[],"parameters":[{"name":"x","takes":"float or int or decimal","count":"one"},{"name":"digits","takes":"int, constant, -38 to 38","count":"optional"}],"result":"same type; of decimals with so many digits behind the point, or as many as there were","summary":"to so many digits behind the point (a constant, 0 if not given), half away from zero; negative: before the point","examples":[{"call":"round(2.5)","result":"3"},{"call":"round(cast('-1.25' as decimal(5,2)), 1)","result":"-1.3"},{"call":"round(1250, -2)","result":"1300"}]}"#);
}

#[test]
fn a_function_that_is_not_there_is_answered() {
    assert_snapshot!(Project::new().run(["functions", "nvl"]).exits(2).stderr, @r"
    error: there is no function `nvl`
      help: here it is called `coalesce(x, y)`; the question is `x is null`
    ");
    assert_snapshot!(Project::new().run(["functions", "lenght"]).exits(2).stderr, @r"
    error: there is no function `lenght`
      help: did you mean `length`?
    ");
}
