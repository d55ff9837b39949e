//! A small pipeline with a task of every type that needs no network, and what can happen to its files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::OnceLock;

use serde_json::Value;

use crate::project::Project;

/// The pipeline.
const PIPELINE: &str = include_str!("pipeline.yaml");

const ORDERS: &str = "id,day,country,product,qty,amount,note
1,2024-05-01,FR,7,1,9.50,first
2,2024-05-01,DE,8,2,1.25,
3,2024-05-02,FR,8,,4.00,gift
4,2024-05-02,IT,9,-1,2.00,back
5,2024-05-03,DE,7,3,28.50,
";

const VISITS: &str = r#"[{"day": "2024-05-01", "visits": 10, "source": "web"},
 {"day": "2024-05-02", "visits": 20, "source": "web"},
 {"day": "2024-05-02", "visits": 5, "source": "app"},
 {"day": "2024-05-03", "visits": 7, "source": "web"}]
"#;

const PRODUCTS: &str = "create table products (product integer, title text, price real);
    insert into products values (7, 'Lamp', 9.5), (8, 'Cup', 1.25);
    create table other (x integer);";

const BY_DAY: &str = "-- Sales and visits of a day.
select o.day, sum(o.amount) as total, max(v.visits) as visits
from sold o left join visits_by_day v on v.day = o.day
group by o.day
";

const REPORT: &str = "{# What a day brought. #}
# ${{ params.title }}
{% for row in inputs.countries %}
- ${{ row.country }}: ${{ row.total | money }}
{% endfor %}
Rejected: ${{ tasks.orders.rejected }}. ${{ env.GREETING }}
";

/// What a run did, task by task: `ran` or `restored`; what was cached is left out.
pub type Did = BTreeSet<String>;

/// The pipeline in a folder of its own.
pub struct Small(Project);

impl Small {
    /// Its sources; nothing has run.
    pub fn new() -> Self {
        let project = Project::new()
            .file("pipeline.yaml", PIPELINE)
            .file("data/orders.csv", ORDERS)
            .file("data/visits.json", VISITS)
            .sqlite("data/shop.db", PRODUCTS)
            .file("tasks/by_day.sql", BY_DAY)
            .file("tasks/report.md", REPORT)
            .file("tasks/words.txt", "one\ntwo\n");
        Self(project)
    }

    /// Another pipeline.
    pub fn of(project: Project) -> Self {
        Self(project)
    }

    /// The same after a run.
    pub fn after_a_run() -> Self {
        static FILES: OnceLock<BTreeMap<String, Vec<u8>>> = OnceLock::new();
        let files = FILES.get_or_init(|| {
            let small = Self::new();
            small.run(&[]);
            small.0.files("")
        });
        Self(files.iter().fold(Project::new(), |project, (path, content)| project.file(path, content)))
    }

    /// The same sources in another folder, where nothing ever ran.
    pub fn afresh(&self) -> Self {
        let made = [".tidemill/", "outputs/", "logs/"];
        let sources = self.0.files("").into_iter().filter(|(path, _)| !made.iter().any(|made| path.starts_with(made)));
        Self(sources.fold(Project::new(), |project, (path, content)| project.file(&path, content)))
    }

    /// The path of a file.
    pub fn path(&self, path: &str) -> PathBuf {
        self.0.root().join(path)
    }

    /// Replaces a text that stands exactly once in a file.
    #[track_caller]
    pub fn edit(&self, path: &str, old: &str, new: &str) {
        let text = self.0.read(path);
        assert_eq!(text.matches(old).count(), 1, "`{old}` in {path}");
        self.write(path, &text.replace(old, new));
    }

    /// Writes a file.
    pub fn write(&self, path: &str, text: &str) {
        std::fs::write(self.path(path), text).expect("a file");
    }

    /// Deletes a file.
    pub fn delete(&self, path: &str) {
        std::fs::remove_file(self.path(path)).expect("it was there");
    }

    /// Does something to the database.
    pub fn sqlite(&self, statements: &str) {
        let database = rusqlite::Connection::open(self.path("data/shop.db")).expect("a database");
        database.execute_batch(statements).expect("well-formed statements");
    }

    /// The stored table of a task.
    pub fn object(&self, task: &str) -> PathBuf {
        self.stored("select lower(hex(table_digest)) from results where latest and task = ?", task)
    }

    /// The stored copy of the first file that a task publishes.
    pub fn published(&self, task: &str) -> PathBuf {
        self.stored("select outputs ->> '$[0].object.digest' from results where latest and task = ?", task)
    }

    fn stored(&self, query: &str, task: &str) -> PathBuf {
        let state = rusqlite::Connection::open(self.path(".tidemill/state.db")).expect("a state");
        let digest: String = state.query_row(query, [task], |row| row.get(0)).expect("the task has a result");
        let (fan, rest) = digest.split_at(2);
        self.path(&format!(".tidemill/cache/{fan}/{rest}"))
    }

    /// What `plan` says of all that is not cached: `run TASK: reason, reason`, in its order.
    #[track_caller]
    pub fn plan(&self, arguments: &[&str]) -> Vec<String> {
        let lines = match arguments.contains(&"--force") {
            true => self.json("run", &[arguments, &["--dry-run"]].concat()),
            false => self.json("plan", arguments),
        };
        let told = lines.iter().filter(|line| line["action"] != "cached").map(|line| {
            let reasons: Vec<&str> =
                line["reasons"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            format!("{} {}: {}", text(&line["action"]), text(&line["task"]), reasons.join(", "))
        });
        told.collect()
    }

    /// Runs it, and says what was done.
    #[track_caller]
    pub fn run(&self, arguments: &[&str]) -> Did {
        let lines = self.json("run", arguments);
        let ended = lines
            .iter()
            .filter(|line| line["event"] == "task_ended" && line["how"] != "cached" && !line["how"].is_null());
        ended.map(|line| format!("{} {}", text(&line["how"]), text(&line["task"]))).collect()
    }

    /// Runs it as people do.
    #[track_caller]
    pub fn run_plainly(&self, arguments: &[&str]) {
        let output = self.0.command(["run"]).args(arguments).output().expect("the binary starts");
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    }

    #[track_caller]
    fn json(&self, verb: &str, arguments: &[&str]) -> Vec<Value> {
        let output = self.0.command([verb, "--json"]).args(arguments).output().expect("the binary starts");
        let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(0), "{verb}\n{stderr}");
        stdout.lines().map(|line| serde_json::from_str(line).expect("an object a line")).collect()
    }

    /// What `check` says of its mistakes.
    #[track_caller]
    pub fn checked(&self) -> String {
        self.0.run(["check"]).exits(2).stderr
    }

    /// What it publishes, mails aside.
    pub fn outputs(&self) -> BTreeMap<String, Vec<u8>> {
        let files = self.0.files("outputs");
        files.into_iter().filter(|(path, _)| !path.starts_with("outbox/")).collect()
    }
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}
