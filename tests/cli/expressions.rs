//! Functions of texts, numbers and times in expressions of all tasks, and what is said of those that are called otherwise.

use crate::project::Project;

const PEOPLE: &str = "id,name,born,at,data\n7,Ada Byron,1815-12-10,2024-03-01T06:00:00,\"{\"\"tags\"\": [\"\"x\"\", 1.50]}\"\n42,żółw,2000-02-29,2024-02-28T12:00:00,\"{}\"\n8,,,,\n";

fn people(tasks: &str) -> Project {
    Project::new().file("people.csv", PEOPLE).pipeline(&format!(
        "version: 1\ntasks:\n  raw: {{type: load, path: people.csv}}\n  people:\n    type: normalize\n    from: raw\n    columns: {{id: int, born: date, at: datetime}}\n{tasks}"
    ))
}

fn selected(columns: &str) -> String {
    let project =
        people(&format!("  q:\n    type: sql\n    output: q.csv\n    sql: |\n      select {columns} from people\n"));
    project.run(["run"]).exits(0);
    project.read("q.csv")
}

fn refused(expression: &str) -> String {
    people(&format!("  q:\n    type: sql\n    sql: |\n      select {expression} as x from people\n"))
        .run(["check"])
        .exits(2)
        .stderr
}

#[test]
fn texts_are_taken_apart_and_put_together() {
    assert_eq!(
        selected(
            "concat_ws('/', id, split_part(name, ' ', 2), left(name, -2)) as a, lpad(id::string, 3, '0') as b, concat(name, '!') as c"
        ),
        "a,b,c\n7/Byron/Ada Byr,007,Ada Byron!\n42//żó,042,żółw!\n8,008,!\n"
    );
    assert_eq!(
        selected(
            r"regexp_replace(name, '(\w+) (\w+)', '\2, \1') as a, regexp_extract(name, '[a-z]+$') as b, strpos(name, 'w') as c, md5(name) as d"
        ),
        "a,b,c,d\n\"Byron, Ada\",yron,0,c1375ae8411855374f46102392bc7a8b\nżółw,w,4,1a8959981a7f28add16eccc76b859dc1\n,,,\n"
    );
    assert_eq!(selected("data ->> '$.tags[-1]' as a, data -> 'tags' as b"), "a,b\n1.50,\"[\"\"x\"\", 1.50]\"\n,\n,\n");
}

#[test]
fn numbers_are_cut_sorted_into_buckets_and_tried() {
    assert_eq!(
        selected(
            "trunc(id / 4, 1) as a, sign(id - 8) as b, width_bucket(id, 0, 40, 4) as c, id & 6 | 1 as d, try_cast(name as int) as e"
        ),
        "a,b,c,d,e\n1.7,-1,1,7,\n10.5,1,5,3,\n2,0,1,1,\n"
    );
}

#[test]
fn times_are_measured_between_and_written() {
    assert_eq!(
        selected(
            "extract(epoch from at - timestamp '2024-02-28 11:59:59.5') as a, extract(year from age(date '2024-12-31', born)) as b, date_diff('month', born, date '2000-03-01') as c, last_day(at) as d, to_char(at, 'FMDD. FMMonth YYYY') as e"
        ),
        "a,b,c,d,e\n151200.5,209,2211,2024-03-31,1. March 2024\n0.5,24,1,2024-02-29,28. February 2024\n,,,,\n"
    );
    assert_eq!(
        selected(
            "at - timestamp '2024-02-28 12:00:00' > interval '1 day' as a, to_date(to_char(born, 'DD.MM.YYYY'), 'DD.MM.YYYY') = born as b, isoyear(born) as c"
        ),
        "a,b,c\ntrue,true,1815\nfalse,true,2000\n,,\n"
    );
}

#[test]
fn expressions_of_tasks_know_the_same_functions() {
    let project = Project::new().file("people.csv", PEOPLE).pipeline(
        r#"
version: 1
tasks:
  raw: {type: load, path: people.csv}
  people:
    type: normalize
    from: raw
    columns: {id: int}
    derive: {initial: "left(name, 1)", parts: "regexp_count(name, '\\w+')"}
    reject: [{where: "starts_with(name, 'ż')", reason: "{a tortoise}"}]
  counted:
    type: aggregate
    from: people
    where: "id # 1 < 100"
    metrics: {longest: "max(length(rpad(name, 20)))", initials: "string_agg(concat(initial, '.'), '')"}
    having: contains(initials, 'A')
    output: counted.csv
"#,
    );
    project.run(["run"]).exits(0);
    assert_eq!(project.read("counted.csv"), "longest,initials\n20,A..\n");
    assert!(project.read("outputs/rejects/people.csv").contains("żółw"));
}

#[test]
fn a_comma_in_braces_gets_help() {
    let said = Project::new()
        .file("people.csv", PEOPLE)
        .pipeline(
            "version: 1\ntasks:\n  raw: {type: load, path: people.csv}\n  a: {type: normalize, from: raw, derive: {x: split_part(name, ' ', 1)}}\n",
        )
        .run(["check"])
        .exits(2)
        .stderr;
    assert!(said.contains("inside `{…}` a comma ends the value; put it in quotes"), "{said}");
}

#[test]
fn now_is_the_time_of_the_run() {
    let project = Project::new().pipeline(
        "version: 1\ntasks:\n  q: {type: sql, output: q.csv, sql: \"select now() as at, cast(NOW ( ) as date) as day, 'now()' as word\"}\n",
    );
    let made = |project: &Project, day: &str| {
        project.run(["run", "--at", day]).exits(0);
        project.read("q.csv")
    };
    assert_eq!(made(&project, "2024-05-01T10:00:00+02:00"), "at,day,word\n2024-05-01T08:00:00,2024-05-01,now()\n");
    assert_eq!(made(&project, "2024-05-02T00:30:00Z"), "at,day,word\n2024-05-02T00:30:00,2024-05-02,now()\n");
    // The same letters as a text constant are another value.
    let constant = "version: 1\ntasks:\n  q: {type: sql, output: q.csv, sql: \"select ${{ run.logical_time }} as at, cast(NOW ( ) as date) as day, 'now()' as word\"}\n";
    let project = project.pipeline(constant);
    assert_eq!(made(&project, "2024-05-02T00:30:00Z"), "at,day,word\n2024-05-02T00:30:00+00:00,2024-05-02,now()\n");
    // Asking by hand again is no other input.
    project.run(["run"]).exits(0);
    let by_hand = project.read("q.csv");
    project.run(["run"]).exits(0);
    assert_eq!(project.read("q.csv"), by_hand);
}

#[test]
fn names_of_other_dialects_are_translated() {
    for (call, help) in [
        ("isnull(name, '')", "here it is called `coalesce(x, y)`"),
        ("dayname(date '2024-01-01')", "`strftime(date, '%A')`"),
        ("octet_length(name)", "characters are by `length`"),
        ("charindex('a', name)", "`strpos(text, what)`: the text comes first"),
        ("len(name)", "here it is called `length`"),
        ("datediff('day', born, born)", "here it is called `date_diff('day', start, end)`"),
        ("getdate()", "here it is called `now()`"),
        ("instr(name, 'a')", "here it is called `strpos(text, what)`"),
        ("substring_index(name, ' ', 1)", "here it is called `split_part(text, separator, place)`"),
        ("str_to_date(name, '%Y')", "here it is called `strptime(text, '%Y-%m-%d')`"),
        ("date_format(born, '%Y')", "here it is called `strftime(date, '%Y-%m-%d')`"),
        ("dateadd('day', 1, born)", "here it is `date + interval '3' day`"),
        ("iff(id = 1, 2, 3)", "here it is `case when … then … else … end`"),
        ("decode(id, 1, 2)", "here it is `case x when 1"),
        ("random()", "results are the same every time"),
        ("safe_cast(name as int)", "here it is called `try_cast`"),
        ("data #>> '{tags,0}'", "use `->> '$.a.b[0]'`"),
    ] {
        let said = refused(call);
        assert!(said.contains(help) && !said.contains("did you mean"), "{call}: {said}");
    }
}

#[test]
fn what_is_no_value_is_told_at_its_place() {
    for (expression, help) in [
        ("at - timestamp '2024-01-01 00:00:00'", "seconds are `extract(epoch from (a - b))`"),
        ("age(born, born)", "an interval is no value of a column"),
        ("interval '1 day' > id", "an interval cannot be compared with an int"),
        ("date_add(born, 3)", "`interval '1 day' * n`"),
        ("to_char(id, '9 kg')", "`kg` is no pattern of a number"),
        ("to_char(born, 'YYYY-MM-DDTHH24')", "letters that stand for themselves"),
        ("to_date(name, '%Y')", "formats with `%` are those of `strftime` and `strptime`"),
        ("strptime(name, '%H')", "no text gives a datetime by this format"),
        ("regexp_extract(name, '(a)', 2)", "the pattern has no group 2"),
        ("regexp_replace(name, 'a', 'b', 'x')", "the flags are `g`"),
        ("data -> '$.['", "the path is not understood"),
        ("left(name, 'a')", "`left` takes an int"),
        ("to_timestamp(name)", "needs a template"),
    ] {
        let said = refused(expression);
        assert!(said.contains(help) && said.contains("pipeline.yaml:"), "{expression}: {said}");
    }
}

#[test]
fn values_without_an_answer_fail_with_their_row() {
    for (expression, message) in [
        ("split_part(name, ' ', id - 42)", "there is no part 0 in row 2"),
        ("repeat(name, id * 1000000)", "more than 10000000, in row 1"),
        ("make_date(2024, 2, id)", "there is no day 2024-2-42, made in row 2"),
        ("name ->> 'a'", "\"Ada Byron\" is no JSON"),
        ("to_date(name, 'YYYY')", "no text gives"),
        ("strptime(name, '%Y-%m-%d')", "\"Ada Byron\" does not fit the format \"%Y-%m-%d\" in row 1"),
        ("width_bucket(id, 0, 0, 3)", "a range that has an end and a width"),
    ] {
        let project = people(&format!("  q:\n    type: sql\n    sql: |\n      select {expression} as x from people\n"));
        let outcome = project.run(["run"]);
        assert!(outcome.stderr.contains(message), "{expression}: {}", outcome.stderr);
    }
}
