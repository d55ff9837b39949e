//! A change to the small pipeline, and what must come of it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::small::{Did, Small};

/// The tasks in the order of the plan, each with those whose table or files it reads, or of which its text speaks, in the
/// order of the file. This is the test's own knowledge of the graph: the waves of upstream runs that `plan` must tell follow
/// from it.
const READS: [(&str, &[&str]); 17] = [
    ("raw_orders", &[]),
    ("raw_products", &[]),
    ("raw_visits", &[]),
    ("orders", &["raw_orders"]),
    ("visits", &["raw_visits"]),
    ("visits_by_day", &["visits"]),
    ("sold", &["raw_products", "orders"]),
    ("by_country", &["sold"]),
    ("by_day", &["visits_by_day", "sold"]),
    ("best_day", &["by_day"]),
    ("figure", &["by_day"]),
    ("of_country@FR", &["sold"]),
    ("of_country@DE", &["sold"]),
    ("countries", &["of_country@FR", "of_country@DE"]),
    ("tally", &["by_day"]),
    ("report", &["orders", "by_country", "best_day"]),
    ("mail", &["figure", "report"]),
];

type Alter = Box<dyn Fn(&Small) + Send + Sync>;

/// One thing that changes, with all that must come of it. Without more, nothing may.
pub struct Change {
    what: &'static str,
    alter: Alter,
    arguments: &'static [&'static str],
    reads: Vec<(&'static str, &'static [&'static str])>,
    because: Vec<(&'static str, &'static str)>,
    restored: Vec<(&'static str, &'static str)>,
    skipped: Vec<(&'static str, &'static str)>,
    ran: Option<&'static str>,
    further: &'static str,
    again: &'static str,
}

impl Change {
    /// Something that happens between two runs.
    pub fn new(what: &'static str, alter: impl Fn(&Small) + Send + Sync + 'static) -> Self {
        Self {
            what,
            alter: Box::new(alter),
            arguments: &[],
            reads: READS.to_vec(),
            because: Vec::new(),
            restored: Vec::new(),
            skipped: Vec::new(),
            ran: None,
            further: "",
            again: "",
        }
    }

    /// A text in the pipeline file becomes another one.
    pub fn yaml(what: &'static str, old: &'static str, new: &'static str) -> Self {
        Self::file(what, "pipeline.yaml", old, new)
    }

    /// A text in a file becomes another one.
    pub fn file(what: &'static str, path: &'static str, old: &'static str, new: &'static str) -> Self {
        Self::new(what, move |small| small.edit(path, old, new))
    }

    /// The plan and the run are asked for with these arguments.
    pub fn with(mut self, arguments: &'static [&'static str]) -> Self {
        self.arguments = arguments;
        self
    }

    /// The graph is another one now: what this task reads.
    pub fn reads(mut self, task: &str, reads: &'static [&'static str]) -> Self {
        self.reads.iter_mut().filter(|(name, _)| *name == task).for_each(|known| known.1 = reads);
        self
    }

    /// The graph is another one now: there is a further task before that one.
    pub fn task_before(mut self, next: &str, task: &'static str, reads: &'static [&'static str]) -> Self {
        let at = self.reads.iter().position(|(name, _)| *name == next).expect("it is there");
        self.reads.insert(at, (task, reads));
        self
    }

    /// The graph is another one now: this task is gone.
    pub fn without(mut self, task: &str) -> Self {
        self.reads.retain(|(name, _)| *name != task);
        self
    }

    /// The graph is another one now: this task has another name, in its old place.
    pub fn named(mut self, old: &str, new: &'static str) -> Self {
        self.reads.iter_mut().filter(|(name, _)| *name == old).for_each(|known| known.0 = new);
        self
    }

    /// The plan says that this task runs, for reasons of its own. That those below run follows.
    pub fn because(mut self, task: &'static str, reasons: &'static str) -> Self {
        self.because.push((task, reasons));
        self
    }

    /// The plan says that this task's files are restored, and why.
    pub fn restores(mut self, task: &'static str, reasons: &'static str) -> Self {
        self.restored.push((task, reasons));
        self
    }

    /// The plan says that this task is skipped, and why.
    pub fn skips(mut self, task: &'static str, reason: &'static str) -> Self {
        self.skipped.push((task, reason));
        self
    }

    /// The wave ends early: only these tasks really ran.
    pub fn but_ran(mut self, tasks: &'static str) -> Self {
        self.ran = Some(tasks);
        self
    }

    /// The wave ends early: the results of these tasks, which were to run, were in the store, but not their files in place.
    pub fn but_restored(mut self, tasks: &'static str) -> Self {
        self.further = tasks;
        self
    }

    /// What a further run without any change runs; nothing, if this is not said.
    pub fn again(mut self, tasks: &'static str) -> Self {
        self.again = tasks;
        self
    }

    fn expected_plan(&self) -> Vec<String> {
        let mut running: Vec<&str> = Vec::new();
        let mut lines = Vec::new();
        for (task, reads) in &self.reads {
            let of = |list: &[(&'static str, &'static str)]| {
                list.iter().find(|(name, _)| name == task).map(|(_, reasons)| (*reasons).to_owned())
            };
            if let Some(reason) = of(&self.skipped) {
                lines.push(format!("skip {task}: {reason}"));
                continue;
            }
            let mut reasons: Vec<String> = of(&self.because).into_iter().collect();
            reasons
                .extend(reads.iter().filter(|read| running.contains(read)).map(|read| format!("upstream {read} runs")));
            if !reasons.is_empty() {
                running.push(task);
                lines.push(format!("run {task}: {}", reasons.join(", ")));
            } else if let Some(reasons) = of(&self.restored) {
                lines.push(format!("restore {task}: {reasons}"));
            }
        }
        lines
    }

    fn expected_run(&self, plan: &[String]) -> Did {
        let planned = |act: &'static str| {
            let name = move |line: &String| Some(line.strip_prefix(act)?.split(':').next()?.to_owned());
            plan.iter().filter_map(name).collect::<Vec<_>>()
        };
        let ran = match self.ran {
            Some(tasks) => tasks.split_whitespace().map(str::to_owned).collect(),
            None => planned("run "),
        };
        let restored = planned("restore ").into_iter().chain(self.further.split_whitespace().map(str::to_owned));
        ran.into_iter()
            .map(|task| format!("ran {task}"))
            .chain(restored.map(|task| format!("restored {task}")))
            .collect()
    }

    /// What came otherwise than it must, as a text; None if all went well.
    pub fn went_otherwise(&self) -> Option<String> {
        let tried = catch_unwind(AssertUnwindSafe(|| self.try_out()));
        let wrong = tried.unwrap_or_else(|panic| {
            let text = panic.downcast_ref::<String>().cloned();
            vec![text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()]
        });
        (!wrong.is_empty()).then(|| format!("── {}\n{}", self.what, wrong.join("\n")))
    }

    fn try_out(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        let small = Small::after_a_run();
        (self.alter)(&small);
        let files = small.path(".tidemill/cache");
        let plan = small.plan(self.arguments);
        let mut compare = |what: &str, is: Vec<String>, must: Vec<String>| {
            if is != must {
                wrong.push(format!(
                    "{what}\n  is:\n    {}\n  must be:\n    {}",
                    is.join("\n    "),
                    must.join("\n    ")
                ));
            }
        };
        compare("plan", plan, self.expected_plan());
        assert!(files.is_dir(), "a plan changes nothing on the disk");
        let did = small.run(self.arguments);
        compare("run", did.into_iter().collect(), self.expected_run(&self.expected_plan()).into_iter().collect());
        // The arguments that force are about one run.
        let params: Vec<&str> = self.arguments.iter().copied().filter(|argument| *argument != "--force").collect();
        let again = self.again.split_whitespace().map(|task| format!("ran {task}")).collect();
        compare("run again", small.run(&params).into_iter().collect(), again);
        let afresh = small.afresh();
        afresh.run(&params);
        // Files that no task publishes any longer stay where they are.
        let mut published = small.outputs();
        let must = afresh.outputs();
        published.retain(|path, _| must.contains_key(path));
        if published != must {
            let other: Vec<&String> = must.keys().filter(|path| published.get(*path) != must.get(*path)).collect();
            wrong.push(format!("not as a run from the beginning makes them: {other:?}"));
        }
        wrong
    }
}
