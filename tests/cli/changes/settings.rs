//! Params, the environment, common keys, and what has no meaning.

use super::all;
use super::change::Change;
use super::small::Small;
use crate::project::Project;

#[test]
fn params_and_environment() {
    all(vec![
        Change::yaml("a default", "title: Sales\n", "title: Revenue\n")
            .because("figure", "param title Sales → Revenue")
            .because("tally", "param title Sales → Revenue")
            .because("report", "param title Sales → Revenue")
            .because("mail", "param title Sales → Revenue"),
        Change::new("a param given", |_| {})
            .with(&["-p", "title=Revenue"])
            .because("figure", "param title Sales → Revenue")
            .because("tally", "param title Sales → Revenue")
            .because("report", "param title Sales → Revenue")
            .because("mail", "param title Sales → Revenue"),
        Change::new("a param given with its default", |_| {}).with(&["-p", "title=Sales"]),
        Change::new("a param in an expression", |_| {})
            .with(&["-p", "least=6"])
            .because("visits_by_day", "param least 1 → 6")
            .because("tally", "param least 1 → 6")
            .but_ran("visits_by_day by_day best_day figure tally"),
        Change::new("a param in an expression that changes nothing", |_| {})
            .with(&["-p", "least=2"])
            .because("visits_by_day", "param least 1 → 2")
            .because("tally", "param least 1 → 2")
            .but_ran("visits_by_day tally"),
        Change::new("a param that only commands are given", |_| {})
            .with(&["-p", "unused=2"])
            .because("tally", "param unused 1 → 2"),
        Change::new("a param of a choice", |_| {})
            .with(&["-p", "fill=mean"])
            .because("orders", "param fill zero → mean")
            .because("tally", "param fill zero → mean")
            .but_ran("orders sold by_country by_day of_country@FR of_country@DE tally"),
        Change::new("back to an old value", |small| {
            small.run(&["-p", "title=Revenue"]);
        })
        .restores("figure", "param title Revenue → Sales")
        .restores("report", "param title Revenue → Sales")
        .because("mail", "param title Revenue → Sales, upstream figure changed, upstream report changed"),
        Change::yaml("env that a template uses", "GREETING: hello", "GREETING: bye")
            .because("tally", "env.GREETING hello → bye")
            .because("report", "env GREETING hello → bye"),
        Change::yaml("env that only commands are given", "UNUSED: one", "UNUSED: two")
            .because("tally", "env.UNUSED one → two"),
    ]);
}

#[test]
fn what_has_no_meaning() {
    all(vec![
        Change::yaml("a comment", "# with their types", "# typed, and without what was sent back"),
        Change::yaml("a blank line", "  visits:\n", "\n\n  visits:\n"),
        Change::yaml("another way to write a list", "group_by: [day]", "group_by:\n      - day"),
        Change::yaml("another way to write a text", "body: Here it is.", "body: \"Here it is.\""),
        Change::yaml("another way to write a map", "rename: {qty: quantity}", "rename:\n      qty: quantity"),
        Change::yaml(
            "the order of keys",
            "    kind: line\n    x: day\n    y: total\n",
            "    y: total\n    kind: line\n    x: day\n",
        ),
        Change::new("the order of tasks", |small| {
            let visits = "  visits:\n    type: normalize\n    from: raw_visits\n    columns: {day: date}\n    drop: [source]\n\n";
            small.edit("pipeline.yaml", visits, "");
            small.edit("pipeline.yaml", "tasks:\n", &format!("tasks:\n{visits}"));
        }),
        Change::yaml("the order of a contract", "{id: int, day: string,", "{day: string, id: int,"),
        Change::yaml(
            "the order of types",
            "      day: date\n      amount: money\n",
            "      amount: money\n      day: date\n",
        ),
        Change::yaml(
            "the order of inputs",
            "{countries: by_country, best: best_day}",
            "{best: best_day, countries: by_country}",
        ),
        Change::yaml("the pipeline's description", "description: A small shop", "description: A shop"),
        Change::yaml("a task's description", "description: Orders as they come", "description: Orders"),
        Change::yaml("tags", "    drop: [price]\n", "    drop: [price]\n    tags: [core]\n"),
        Change::yaml("retries", "    drop: [price]\n", "    drop: [price]\n    retries: 3\n"),
        Change::yaml("default retries", "defaults: {retries: 1}", "defaults: {retries: 2, timeout: 10m}"),
        Change::yaml("timeout", "    drop: [price]\n", "    drop: [price]\n    timeout: 1h\n"),
        Change::yaml("pool", "    pool: disk\n", ""),
        Change::yaml("a pool's size", "pools: {disk: 1}", "pools: {disk: 2}"),
        Change::yaml("depends_on", "    drop: [price]\n", "    drop: [price]\n    depends_on: [visits]\n"),
        Change::yaml("a trigger rule", "    drop: [price]\n", "    drop: [price]\n    trigger_rule: none_failed\n"),
        Change::yaml("a condition that holds", "    drop: [price]\n", "    drop: [price]\n    when: ${{ true }}\n"),
        Change::yaml("a secret", "pools: {disk: 1}", "pools: {disk: 1}\nsecrets: [TOKEN]"),
        Change::yaml("a schedule", "pools: {disk: 1}", "pools: {disk: 1}\nschedule: \"0 5 * * *\""),
        Change::yaml("a param's help", "help: For a quantity", "help: What stands for a missing quantity"),
        Change::yaml("a profile", "pools: {disk: 1}", "pools: {disk: 1}\nprofiles: {night: {params: {title: Night}}}"),
    ]);
}

#[test]
fn conditions() {
    all(vec![
        Change::yaml(
            "one that no longer holds",
            "    kind: line\n",
            "    kind: line\n    when: ${{ tasks.by_day.rows > 3 }}\n",
        )
        .skips("figure", "`when: ${{ tasks.by_day.rows > 3 }}` is false")
        .skips("mail", "`figure` is skipped"),
        Change::yaml("one that holds", "    kind: line\n", "    kind: line\n    when: ${{ tasks.by_day.rows == 3 }}\n"),
        Change::new("one about a task that runs", |small| {
            small.edit(
                "pipeline.yaml",
                "    kind: line\n",
                "    kind: line\n    when: ${{ tasks.by_day.rows == 3 }}\n",
            );
            small.edit("data/orders.csv", "28.50", "28.75");
        })
        .because("raw_orders", "data/orders.csv changed (content)"),
        Change::yaml(
            "a rule that waits for a failure",
            "    kind: line\n",
            "    kind: line\n    trigger_rule: one_failed\n",
        )
        .skips("figure", "it runs only if a task before it fails")
        .skips("mail", "`figure` is skipped"),
    ]);
}

#[test]
fn caching() {
    all(vec![
        Change::yaml("cache: off", "    drop: [price]\n", "    drop: [price]\n    cache: off\n")
            .because("sold", "cache: off")
            .but_ran("sold")
            .again("sold"),
        Change::yaml("a ttl that is not over", "    drop: [price]\n", "    drop: [price]\n    cache: {ttl: 1d}\n"),
        Change::yaml("a ttl that is over", "    drop: [price]\n", "    drop: [price]\n    cache: {ttl: 1ms}\n")
            .because("sold", "its ttl is over")
            .but_ran("sold")
            .again("sold"),
        Change::yaml("store: false", "    drop: [price]\n", "    drop: [price]\n    cache: {store: false}\n"),
        Change::yaml(
            "store: false, and another key",
            "    drop: [price]\n",
            "    drop: [price, label]\n    cache: {store: false}\n",
        )
        .because("sold", "drop: label added")
        .but_ran("sold by_country by_day of_country@FR of_country@DE"),
    ]);
}

#[test]
fn force() {
    let every = "raw_orders raw_products raw_visits orders visits visits_by_day sold by_country by_day best_day figure \
                 of_country@FR of_country@DE countries tally report";
    let below = "by_country by_day best_day figure of_country@FR of_country@DE countries tally report mail";
    let change = Change::new("all", |_| {}).with(&["--force"]);
    let one = Change::new("one task", |_| {}).with(&["sold", "--force"]).because("sold", "forced");
    all(vec![
        every.split_whitespace().fold(change, |change, task| change.because(task, "forced")).but_ran(every),
        below.split_whitespace().fold(one, Change::without),
    ]);
}

/// Neither plan nor run counts a task that is not before it.
#[test]
fn a_template_may_tell_of_all_tasks_before_it() {
    let small = Small::new();
    small.edit("tasks/report.md", "Rejected:", "Tasks: ${{ tasks | length }}. Rejected:");
    small.run(&[]);
    assert!(small.path("outputs/report.md").is_file());
    assert_eq!(small.plan(&[]), Vec::<String>::new());
    assert!(small.run(&[]).is_empty());
}

/// A text may speak of a task that only goes before: when that runs, the text may change.
#[test]
fn what_a_text_says_of_a_task_before_it_counts() {
    let small = Small::of(
        Project::new().file("numbers.csv", "n\n1\n").file("report.md", "${{ tasks.numbers.rows }} numbers").pipeline(
            "
                version: 1
                name: texts
                tasks:
                  numbers: {type: load, path: numbers.csv}
                  report: {type: report, template: report.md, output: outputs/report.md, depends_on: [numbers]}
                ",
        ),
    );
    small.run(&[]);
    small.write("numbers.csv", "n\n1\n2\n");
    assert_eq!(small.plan(&[]), ["run numbers: numbers.csv changed (content)", "run report: upstream numbers runs"]);
    assert_eq!(small.run(&[]).into_iter().collect::<Vec<_>>(), ["ran numbers", "ran report"]);
    assert_eq!(small.plan(&[]), Vec::<String>::new());
}

/// A report shows the figures of tasks that only go before it: when those run, so does the report, and the plan says so.
#[test]
fn a_report_behind_a_task_that_runs_is_planned() {
    let small = Small::of(Project::new().file("numbers.csv", "n\n1\n").file("report.md", "See the list.\n").pipeline(
        "
                version: 1
                name: texts
                tasks:
                  numbers: {type: load, path: numbers.csv, output: outputs/numbers.csv}
                  report: {type: report, template: report.md, output: outputs/report.md, depends_on: [numbers]}
                ",
    ));
    small.run(&[]);
    small.write("numbers.csv", "n\n1\n2\n");
    assert_eq!(small.plan(&[]), ["run numbers: numbers.csv changed (content)", "run report: upstream numbers runs"]);
    assert_eq!(small.run(&[]).into_iter().collect::<Vec<_>>(), ["ran numbers", "ran report"]);
    assert_eq!(small.plan(&[]), Vec::<String>::new());
}
