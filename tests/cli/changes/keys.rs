//! The keys of each task type.

use super::all;
use super::change::Change;

#[test]
fn load() {
    all(vec![
        Change::new("another file of the same content", |small| {
            std::fs::copy(small.path("data/visits.json"), small.path("data/more.json")).expect("a copy");
            small.edit("pipeline.yaml", "data/visits.json", "data/more.json");
        })
        .because("raw_visits", "path data/visits.json → data/more.json, data/more.json is a new input, data/visits.json no longer read")
        .but_ran("raw_visits"),
        Change::yaml("another table", "    table: products\n", "    query: select * from products where product < 8\n")
            .because("raw_products", "query set to select * from products where product < 8, table removed (was products)")
            .but_ran("raw_products sold by_country by_day of_country@FR of_country@DE"),
        Change::yaml("another type in the contract", "amount: float}", "amount: string}")
            .because("raw_orders", "columns.amount float → string")
            .but_ran("raw_orders orders"),
        Change::yaml("one column less in the contract", ", amount: float}", "}")
            .because("raw_orders", "columns.amount removed (was float)")
            .but_ran("raw_orders"),
        Change::yaml("options", "path: data/orders.csv", "path: data/orders.csv\n    options: {null_values: [gift]}")
            .because("raw_orders", "options set to {\"null_values\":[\"gift\"]}")
            .but_ran("raw_orders orders"),
        Change::yaml("the format said", "path: data/visits.json", "path: data/visits.json\n    format: json")
            .because("raw_visits", "format set to json")
            .but_ran("raw_visits"),
        Change::yaml("a folder up and down again", "path: data/visits.json", "path: data/../data/visits.json")
            .because("raw_visits", "path data/visits.json → data/../data/visits.json, data/../data/visits.json is a new input, data/visits.json no longer read")
            .but_ran("raw_visits"),
    ]);
}

#[test]
fn normalize() {
    all(vec![
        Change::new("another task with the same table", |small| {
            let load = "  raw_visits:\n    type: load\n    path: data/visits.json\n";
            small.edit("pipeline.yaml", load, &format!("{load}\n{}", load.replace("raw_visits", "all_visits")));
            small.edit("pipeline.yaml", "from: raw_visits", "from: all_visits");
        })
        .task_before("orders", "all_visits", &[])
        .reads("visits", &["all_visits"])
        .because("visits", "from raw_visits → all_visits, new input all_visits, no longer reads raw_visits")
        .but_ran("visits"),
        Change::yaml("rename", "rename: {qty: quantity}", "rename: {qty: quantity, note: remark}")
            .because("orders", "rename.note set to remark")
            .but_ran("orders"),
        Change::yaml("columns", "amount: money", "amount: decimal(18,3)")
            .because("orders", "columns.amount.type money → decimal(18,3)")
            .but_ran(
                "orders sold by_country by_day best_day figure of_country@FR of_country@DE countries tally report",
            ),
        Change::yaml("the type that money is stored as", "amount: money", "amount: decimal(18,2)")
            .because("orders", "columns.amount.type money → decimal(18,2)")
            .but_ran("orders"),
        Change::yaml(
            "on_invalid",
            "    columns:\n      day: date",
            "    on_invalid: reject\n    columns:\n      day: date",
        )
        .because("orders", "on_invalid fail → reject")
        .but_ran("orders"),
        Change::yaml("missing", "quantity: ${{ params.fill }}", "quantity: 5")
            .because("orders", "missing.quantity zero → 5")
            .but_ran("orders sold by_country by_day of_country@FR of_country@DE"),
        Change::yaml("the value that a param had", "quantity: ${{ params.fill }}", "quantity: zero"),
        Change::yaml("an expression", "net: amount * 0.8", "net: amount * 0.9")
            .because("orders", "derive.net amount * 0.8 → amount * 0.9")
            .but_ran("orders sold by_country by_day of_country@FR of_country@DE"),
        Change::yaml("white space in an expression", "net: amount * 0.8", "net: amount  *  0.8"),
        Change::yaml(
            "the order of derive",
            "      net: amount * 0.8\n      tax: amount * 0.2\n",
            "      tax: amount * 0.2\n      net: amount * 0.8\n",
        )
        .because("orders", "order of derive changed")
        .but_ran("orders"),
        Change::yaml("a rule", "where: quantity < 0", "where: quantity < 2")
            .because("orders", "reject[1].where quantity < 0 → quantity < 2"),
        Change::yaml("a reason for rejects", "reason: negative", "reason: below zero")
            .because("orders", "reject[1].reason negative → below zero")
            .but_ran("orders report"),
        Change::yaml(
            "rejects",
            "    checks:\n      - not_null: [id]",
            "    rejects: outputs/bad.csv\n    checks:\n      - not_null: [id]",
        )
        .because(
            "orders",
            "rejects set to outputs/bad.csv, output outputs/bad.csv added, output outputs/rejects/orders.csv removed",
        )
        .but_ran("orders report"),
        Change::yaml(
            "distinct",
            "    checks:\n      - not_null: [id]",
            "    distinct: true\n    checks:\n      - not_null: [id]",
        )
        .because("orders", "distinct set to true")
        .but_ran("orders"),
        Change::yaml("the order of select", "select: [id, day,", "select: [day, id,")
            .because("orders", "order of select changed")
            .but_ran("orders sold by_country by_day of_country@FR of_country@DE"),
        Change::yaml("one column less", "net, tax]", "net]")
            .because("orders", "select: tax removed")
            .but_ran("orders sold by_country by_day of_country@FR of_country@DE"),
        Change::yaml("drop", "drop: [source]", "drop: []")
            .because("visits", "drop: source removed")
            .but_ran("visits visits_by_day"),
        Change::yaml("a check", "not_null: [id]", "not_null: [id, day]")
            .because("orders", "checks[1].not_null: day added")
            .but_ran("orders"),
        Change::yaml("a check's severity", "- not_null: [id]", "- not_null: [id]\n        severity: warn")
            .because("orders", "checks[1].severity error → warn")
            .but_ran("orders"),
    ]);
}

#[test]
fn join() {
    all(vec![
        Change::yaml("how", "how: left", "how: inner").because("sold", "how left → inner").but_ran("sold"),
        Change::yaml("the default said", "    how: left\n    fill", "    where: \"true\"\n    how: left\n    fill")
            .because("sold", "where set to true")
            .but_ran("sold"),
        Change::yaml("on as a map", "on: [product]", "on: {product: product}"),
        Change::yaml("expect", "    how: left\n", "    how: left\n    expect: many_to_one\n")
            .because("sold", "expect set to many_to_one")
            .but_ran("sold"),
        Change::yaml("fill", "fill: {title: unknown}", "fill: {title: nothing}")
            .because("sold", "fill.title unknown → nothing")
            .but_ran("sold"),
        Change::yaml("derive", "label: upper(title)", "label: lower(title)")
            .because("sold", "derive.label upper(title) → lower(title)")
            .but_ran("sold by_country by_day of_country@FR of_country@DE"),
        Change::yaml("drop", "drop: [price]", "drop: [price, title]")
            .because("sold", "drop: title added")
            .but_ran("sold by_country by_day of_country@FR of_country@DE"),
    ]);
}

#[test]
fn aggregate() {
    all(vec![
        Change::yaml("where", "where: quantity >= 0", "where: quantity >= 2")
            .because("by_country", "where quantity >= 0 → quantity >= 2"),
        Change::yaml("a condition that all rows meet", "where: quantity >= 0", "where: quantity >= -1")
            .because("by_country", "where quantity >= 0 → quantity >= -1")
            .but_ran("by_country"),
        Change::yaml("group_by as a word", "group_by: [day]", "group_by: day"),
        Change::yaml("a metric", "orders: count(*)}", "orders: count(quantity)}")
            .because("by_country", "metrics.orders count(*) → count(quantity)")
            .but_ran("by_country"),
        Change::yaml(
            "the order of metrics",
            "{visits: sum(visits), days: count(*)}",
            "{days: count(*), visits: sum(visits)}",
        )
        .because("visits_by_day", "order of metrics changed")
        .but_ran("visits_by_day by_day"),
        Change::yaml("having", "having: total > 0", "having: total > 20")
            .because("by_country", "having total > 0 → total > 20"),
        Change::yaml("sort", "sort: [-total, country]", "sort: [total, country]")
            .because("by_country", "sort -total → total"),
        Change::yaml("limit", "limit: 10", "limit: 1").because("by_country", "limit 10 → 1"),
        Change::yaml("a limit that cuts nothing", "limit: 10", "limit: 20")
            .because("by_country", "limit 10 → 20")
            .but_ran("by_country"),
        Change::yaml("another output", "output: outputs/by_country.csv", "output: outputs/countries.csv")
            .because("by_country", "output outputs/by_country.csv removed, output outputs/countries.csv added")
            .but_ran("by_country"),
        Change::yaml(
            "a further output",
            "output: outputs/by_country.csv",
            "output: [outputs/by_country.csv, outputs/by_country.json]",
        )
        .because("by_country", "output outputs/by_country.json added")
        .but_ran("by_country"),
        Change::yaml("how an output is written", "delimiter: \",\"", "delimiter: \";\"")
            .because("by_day", "output outputs/by_day.csv.delimiter , → ;")
            .but_ran("by_day"),
        Change::yaml("the default of an output said", "delimiter: \",\"", "delimiter: \",\", bom: false"),
    ]);
}

#[test]
fn sql_chart_report_and_email() {
    all(vec![
        Change::yaml("the text", "order by total desc limit 1", "order by total limit 1")
            .because("best_day", "sql …er by total desc limit 1 → …er by total limit 1")
            .but_ran("best_day report"),
        Change::file("the SQL file", "tasks/by_day.sql", "sum(o.amount)", "max(o.amount)")
            .because("by_day", "SQL file tasks/by_day.sql changed"),
        Change::file("a comment in the SQL file", "tasks/by_day.sql", "-- Sales and visits of a day.\n", "")
            .because("by_day", "SQL file tasks/by_day.sql changed")
            .but_ran("by_day"),
        Change::yaml("kind", "kind: line", "kind: bar").because("figure", "kind line → bar"),
        Change::yaml("size", "size: 4x3in", "size: 5x3in").because("figure", "size 4x3in → 5x3in"),
        Change::yaml("dpi has no meaning in an SVG", "size: 4x3in", "size: 4x3in\n    dpi: 100")
            .because("figure", "dpi set to 100")
            .but_ran("figure"),
        Change::yaml("a label", "size: 4x3in", "size: 4x3in\n    y_label: Sales")
            .because("figure", "y_label set to Sales"),
        Change::file("the template", "tasks/report.md", "Rejected:", "Left out:")
            .because("report", "template tasks/report.md changed"),
        Change::file("a comment in the template", "tasks/report.md", "{# What a day brought. #}", "{# The report. #}")
            .because("report", "template tasks/report.md changed")
            .but_ran("report"),
        Change::yaml(
            "an input that the template does not use",
            "{countries: by_country, best: best_day}",
            "{countries: by_country}",
        )
        .reads("report", &["orders", "by_country"])
        .because("report", "inputs.best removed (was best_day), no longer reads best_day")
        .but_ran("report"),
        Change::yaml("the mail's body", "body: Here it is.", "body: Here you are.")
            .because("mail", "body Here it is. → Here you are."),
        Change::yaml("a further reader", "to: [a@example.com]", "to: [a@example.com, b@example.com]")
            .because("mail", "to: b@example.com added"),
        Change::yaml("what goes with it", "attach: [figure, report]", "attach: [figure]")
            .reads("mail", &["figure"])
            .because("mail", "attach: report removed, no longer reads report"),
        Change::yaml("the outbox", "body: Here it is.", "body: Here it is.\n    outbox: outputs/outbox/small"),
    ]);
}

#[test]
fn command() {
    all(vec![
        Change::yaml("what it runs", "| wc -l >", "| wc -c >").because(
            "tally",
            "run …ys }} | wc -l > ${{ outputs.lines }} → …ys }} | wc -c > ${{ outputs.lines }}",
        ),
        Change::yaml("another way to the same lines", "| wc -l >", "| cat | wc -l >").because("tally", "run …s.days }} | wc -l > ${{ outputs.lines }} → …s.days }} | cat | wc -l > ${{ outputs.lines }}"),
        Change::yaml("its environment", "env: {LC_ALL: C}", "env: {LC_ALL: C, WIDTH: 3}")
            .because("tally", "env.WIDTH set to 3"),
        Change::yaml("its shell", "    env: {LC_ALL: C}", "    shell: bash\n    env: {LC_ALL: C}")
            .because("tally", "shell set to bash"),
        Change::yaml("whether it goes on", "    env: {LC_ALL: C}", "    strict: false\n    env: {LC_ALL: C}")
            .because("tally", "strict set to false"),
        Change::yaml("its folder", "    env: {LC_ALL: C}", "    cwd: data\n    env: {LC_ALL: C}")
            .because("tally", "cwd set to data"),
        Change::yaml("an input's format", "{days: by_day,", "{days: {task: by_day, format: json},")
            .because("tally", "inputs.days by_day → [\"by_day\",\"json\"]"),
        Change::yaml(
            "the order of inputs",
            "{days: by_day, words: tasks/words.txt}",
            "{words: tasks/words.txt, days: by_day}",
        ),
        Change::file("a declared input", "tasks/words.txt", "two", "three")
            .because("tally", "tasks/words.txt changed (content)"),
        Change::yaml("another output", "{lines: outputs/lines.txt}", "{lines: outputs/count.txt}")
            .because("tally", "outputs.lines outputs/lines.txt → outputs/count.txt, output outputs/count.txt added, output outputs/lines.txt removed"),
        Change::new("its output deleted", |small| small.delete("outputs/lines.txt"))
            .restores("tally", "outputs/lines.txt was deleted"),
        Change::yaml(
            "a task before it, whose files it may read",
            "    env: {LC_ALL: C}",
            "    depends_on: [by_country]\n    env: {LC_ALL: C}",
        )
        .reads("tally", &["by_country", "by_day"])
        .because("tally", "new input by_country"),
        Change::yaml(
            "one that makes no files",
            "  report:\n",
            "  say:\n    type: command\n    run: \"true\"\n\n  report:\n",
        )
        .task_before("report", "say", &[])
        .because("say", "a command without outputs always runs")
        .again("say"),
    ]);
}
