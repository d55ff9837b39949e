//! The entries of `tasks:` and of the handlers → [`TaskSpec`]s.

use std::collections::HashMap;
use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Value;

use crate::diagnostic::{Diagnostic, SourceMap, Span};
use crate::ids::TaskName;
use crate::side_by_side::side_by_side;
use crate::table::Location;
use crate::task::TaskTypes;

use super::common::{common, is_common, one_statement_each};
use super::foreach::{Item, items, no_item};
use super::holes::{NameUse, cut, names};
use super::interpolate::{RUNTIME, Text, closed, unknown_name};
use super::validate::{Rules, required, unknown_key};
use super::{At, Common, ForeachGroup, Key, Node, NodeValue, OutputOfItems, Scope, TaskSpec};

/// The paths in an output's node that differ from item to item.
fn note_outputs(node: &Node, found: &mut Vec<OutputOfItems>) {
    match &node.value {
        NodeValue::List(items) => items.iter().for_each(|item| note_outputs(item, found)),
        NodeValue::Map(entries) => entries.iter().for_each(|(_, value)| note_outputs(value, found)),
        NodeValue::String(text) => {
            let cut = cut(text);
            let Some(first) = cut.holes.first() else { return };
            let folder = text[..first.whole.start].rsplit_once('/').map_or("", |(folder, _)| folder);
            let (mut path, mut from) = (String::new(), 0);
            for hole in &cut.holes {
                path = path + &text[from..hole.whole.start] + "_";
                from = hole.whole.end;
            }
            let path = At::new(Location::new(path + &text[from..]), node.span);
            found.push(OutputOfItems { path, folder: Location::new(folder) });
        }
        _ => {}
    }
}

/// What all tasks of a pipeline are read with.
pub(crate) struct TaskReader<'a> {
    /// The types there are.
    pub types: &'a TaskTypes,
    /// The schemas of the types, by name.
    pub schemas: HashMap<&'static str, Value>,
    /// The schema of the common keys.
    pub common: Value,
    /// `defaults`.
    pub defaults: Option<&'a Node>,
    /// What `${{ }}` may use.
    pub scope: &'a Scope,
    /// The texts that spans point into.
    pub sources: &'a SourceMap,
    /// The pools there are.
    pub pools: Vec<&'a str>,
    /// The secrets that are declared.
    pub secrets: Vec<&'a str>,
}

impl TaskReader<'_> {
    /// Reads a task. With mistakes in it there is nothing.
    pub fn read(&self, key: &Key, node: &Node, found: &mut Vec<Diagnostic>) -> Option<Vec<TaskSpec>> {
        let before = found.len();
        if !TaskName::is_valid(&key.name) {
            found.push(bad_id(key));
        }
        if !matches!(node.value, NodeValue::Map(_)) {
            found.push(
                Diagnostic::error(format!("expected a task, a map with a `type`, found {}", node.value.kind()))
                    .at(node.place(key), ""),
            );
            return None;
        }
        let kind = self.kind(key, node, found);
        let schema = kind.as_ref().and_then(|kind| self.schemas.get(kind.value.as_str()));
        self.validate(key, node, schema, kind.is_some(), found);
        if let Some((_, checks)) = node.get("checks") {
            one_statement_each(checks, self.types.checks(), found);
        }
        self.literal_pool_exists(node, found);
        self.names_known(node, false, found);
        if found.len() > before {
            self.names_known(node, true, found);
        }
        let instances = self.instances(node, found);
        let (kind, schema, instances) = (kind?, schema?, instances?);
        if found.len() > before {
            return None;
        }
        let known = schema.get("properties").and_then(Value::as_object);
        let own = |name: &str| known.is_some_and(|known| known.contains_key(name));
        let keys = Node {
            value: NodeValue::Map(node.entries().iter().filter(|(key, _)| own(&key.name)).cloned().collect()),
            span: key.span,
        };
        let common_node = self.common_node(key, node, own);
        if let (true, Some((_, list))) = (instances.is_empty(), node.get("foreach")) {
            let scope = self.scope.with_item(no_item(list, self.scope, self.sources));
            return Some(vec![self.without_items(key, &common_node, kind, keys, scope)]);
        }
        let mut tasks = Vec::with_capacity(instances.len());
        for (order, item) in instances.into_iter().enumerate() {
            let (id, scope, foreach) = self.instance(&key.name, item, order);
            let common = common(&common_node, &scope, self.sources, found);
            self.pool_exists(common.pool.as_ref(), found);
            let id = At::new(id, key.span);
            tasks.push(TaskSpec {
                id,
                kind: kind.clone(),
                common,
                keys: keys.clone(),
                scope,
                foreach,
                has_no_items: false,
                outputs_of_items: Vec::new(),
            });
        }
        (found.len() == before).then_some(tasks)
    }

    /// The items of `foreach`; one without an item for a task that has none.
    fn instances(&self, node: &Node, found: &mut Vec<Diagnostic>) -> Option<Vec<Option<Item>>> {
        let Some((key, list)) = node.get("foreach") else { return Some(vec![None]) };
        let before = found.len();
        if let Some(rule) = self.common.pointer("/properties/foreach") {
            Rules { root: &self.common }.check(rule, list, list.place(key), found);
        }
        if found.len() > before {
            return None;
        }
        Some(items(key, list, self.scope, self.sources, found)?.into_iter().map(Some).collect())
    }

    /// The one task that a `foreach` without items leaves, so that its id still means something.
    fn without_items(&self, key: &Key, node: &Node, kind: At<String>, keys: Node, scope: Scope) -> TaskSpec {
        // What needs an item cannot be read, and nothing will be done anyway.
        let read = common(node, &scope, self.sources, &mut Vec::new());
        let common = Common {
            description: read.description,
            tags: read.tags,
            depends_on: read.depends_on,
            trigger_rule: read.trigger_rule,
            ..Common::default()
        };
        let id = At::new(TaskName::new(key.name.as_str()), key.span);
        let mut outputs_of_items = Vec::new();
        for (_, outputs) in node.get("output").into_iter().chain(keys.get("outputs")).chain(keys.get("output")) {
            note_outputs(outputs, &mut outputs_of_items);
        }
        TaskSpec { id, kind, common, keys, scope, foreach: None, has_no_items: true, outputs_of_items }
    }

    fn instance(&self, id: &str, item: Option<Item>, order: usize) -> (TaskName, Scope, Option<ForeachGroup>) {
        match item {
            None => (TaskName::new(id), self.scope.clone(), None),
            Some(item) => {
                let group = ForeachGroup { id: TaskName::new(id), order };
                (TaskName::new(format!("{id}@{}", item.key)), self.scope.with_item(item.value), Some(group))
            }
        }
    }

    fn kind(&self, key: &Key, node: &Node, found: &mut Vec<Diagnostic>) -> Option<At<String>> {
        let Some((kind_key, kind)) = node.get("type") else {
            let list: Vec<String> = self.types.names().map(|name| format!("`{name}`")).collect();
            let missing = Diagnostic::error(format!("the task `{}` has no `type`", key.name)).at(key.span, "");
            found.push(missing.help(format!("there is {}", list.join(", "))));
            return None;
        };
        let place = kind.place(kind_key);
        let NodeValue::String(name) = &kind.value else {
            found.push(
                Diagnostic::error(format!("expected the name of a task type, found {}", kind.value.kind()))
                    .at(place, ""),
            );
            return None;
        };
        if self.types.get(name).is_none() {
            found.push(
                Diagnostic::error(format!("unknown task type `{name}`"))
                    .at(place, "")
                    .suggest(name, self.types.names()),
            );
            return None;
        }
        Some(At::new(name.clone(), place))
    }

    /// Checks every key against the schema of the type, else against the common one.
    fn validate(&self, key: &Key, node: &Node, schema: Option<&Value>, known: bool, found: &mut Vec<Diagnostic>) {
        let own = schema.and_then(|schema| schema.get("properties")).and_then(Value::as_object);
        let common = self.common.get("properties").and_then(Value::as_object);
        for (key, value) in node.entries().iter().filter(|(key, _)| key.name != "type" && key.name != "foreach") {
            let place = value.place(key);
            if let (Some(root), Some(rule)) = (schema, own.and_then(|own| own.get(&key.name))) {
                Rules { root }.check(rule, value, place, found);
            } else if let Some(rule) = common.and_then(|common| common.get(&key.name)) {
                Rules { root: &self.common }.check(rule, value, place, found);
            } else if known {
                let names = [own, common].into_iter().flatten().flat_map(|keys| keys.keys().map(String::as_str));
                found.push(unknown_key(&key.name, key.span, names));
            }
        }
        for name in schema.and_then(Value::as_object).into_iter().flat_map(required) {
            if node.get(name).is_none() {
                let kind = node.get("type").and_then(|(_, kind)| kind.value.scalar_text()).unwrap_or_default();
                found.push(
                    Diagnostic::error(format!("the key `{name}` is missing: `{kind}` needs it")).at(key.span, ""),
                );
            }
        }
    }

    /// The common keys of a task as a map, those of `defaults` that it does not have itself included.
    fn common_node(&self, key: &Key, node: &Node, own: impl Fn(&str) -> bool) -> Node {
        let common = |(key, _): &&(Key, Node)| is_common(&key.name) && !own(&key.name);
        let mut entries: Vec<(Key, Node)> = node.entries().iter().filter(common).cloned().collect();
        let defaults = self.defaults.map_or(&[][..], Node::entries).iter().filter(common);
        entries.extend(defaults.filter(|(key, _)| node.get(&key.name).is_none()).cloned());
        Node { value: NodeValue::Map(entries), span: key.span }
    }

    /// The same for a task that is not read any further.
    fn literal_pool_exists(&self, node: &Node, found: &mut Vec<Diagnostic>) {
        if let Some((key, pool)) = node.get("pool")
            && let NodeValue::String(name) = &pool.value
            && !name.contains("${{")
        {
            self.pool_exists(Some(&At::new(name.clone(), pool.place(key))), found);
        }
    }

    fn pool_exists(&self, pool: Option<&At<String>>, found: &mut Vec<Diagnostic>) {
        if let Some(pool) = pool.filter(|pool| !self.pools.contains(&pool.as_str())) {
            let unknown = Diagnostic::error(format!("unknown pool `{}`", pool.value)).at(pool.span, "");
            found.push(match self.pools.is_empty() {
                true => unknown.help(format!("declare it at the top: `pools: {{{}: 1}}`", pool.value)),
                false => unknown.suggest(pool, self.pools.iter().copied()),
            });
        }
    }

    /// That every `secrets.X` in the task is declared; with `all`, that every other name is known too, because a task with
    /// mistakes is not read any further.
    fn names_known(&self, node: &Node, all: bool, found: &mut Vec<Diagnostic>) {
        match &node.value {
            NodeValue::List(items) => items.iter().for_each(|item| self.names_known(item, all, found)),
            NodeValue::Map(entries) => entries.iter().for_each(|(_, value)| self.names_known(value, all, found)),
            NodeValue::String(text) if text.contains("${{") && (all || text.contains("secrets")) => {
                let scalar = Text { text, span: node.span, sources: self.sources };
                // A text with statements has variables of its own.
                let all = all && !text.contains("{%");
                let cut = cut(text);
                found.extend(closed(&cut, scalar).err().into_iter().flatten().filter(|_| all));
                for hole in cut.holes {
                    let start = hole.expression.start;
                    for name in names(&text[hole.expression]) {
                        self.name_known(scalar, start, &name, all, found);
                    }
                }
            }
            _ => {}
        }
    }

    fn name_known(&self, scalar: Text<'_>, start: usize, name: &NameUse, all: bool, found: &mut Vec<Diagnostic>) {
        let root = name.parts.first().map_or("", |(root, _)| root);
        match name.parts.get(1) {
            Some((secret, range)) if root == "secrets" && !all => {
                self.secret_declared(secret, scalar.place(start + range.start..start + range.end), found);
            }
            _ if all && root != "item" && root != "run" && !RUNTIME.contains(&root) => {
                found.extend(unknown_name(scalar, start, name, self.scope, None));
            }
            _ => {}
        }
    }

    fn secret_declared(&self, secret: &str, place: Span, found: &mut Vec<Diagnostic>) {
        if !self.secrets.contains(&secret) {
            let unknown = Diagnostic::error(format!("the secret `{secret}` is not declared")).at(place, "");
            let near = crate::diagnostic::nearest(secret, self.secrets.iter().copied());
            found.push(match near {
                Some(near) => unknown.help(format!("did you mean `{near}`?")),
                None => unknown.help(format!("declare it at the top: `secrets: [{secret}]`")),
            });
        }
    }
}

fn bad_id(key: &Key) -> Diagnostic {
    let mut better: String = key
        .name
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' { c } else { '_' })
        .collect();
    if !better.starts_with(|c: char| c.is_ascii_lowercase()) {
        better.insert_str(0, "t_");
    }
    Diagnostic::error(format!("`{}` cannot be a task's id", key.name))
        .at(key.span, "")
        .help(format!("an id has small letters, digits, `_` and `-`, a letter first: `{better}`"))
}

/// The tasks of one map, and where each id has been seen.
pub(crate) fn read_all(
    reader: &TaskReader<'_>,
    entries: &[&(Key, Node)],
    seen: &mut HashMap<String, Span>,
    broken: &mut indexmap::IndexSet<TaskName>,
    found: &mut Vec<Diagnostic>,
) -> IndexMap<TaskName, Arc<TaskSpec>> {
    let mut once = Vec::with_capacity(entries.len());
    for (key, node) in entries {
        if let Some(first) = seen.get(&key.name) {
            let twice = Diagnostic::error(format!("two tasks have the id `{}`", key.name));
            found.push(twice.at(key.span, "again here").at(*first, "first here"));
            continue;
        }
        seen.insert(key.name.clone(), key.span);
        once.push((key, node));
    }
    let read = side_by_side(&once, |(key, node)| {
        let mut mistakes = Vec::new();
        (reader.read(key, node, &mut mistakes), mistakes)
    });
    let mut tasks = IndexMap::with_capacity(once.len());
    for ((key, _), (instances, mistakes)) in once.into_iter().zip(read) {
        found.extend(mistakes);
        match instances {
            Some(instances) => tasks.extend(instances.into_iter().map(|task| (task.id.value.clone(), Arc::new(task)))),
            None => drop(broken.insert(TaskName::new(key.name.as_str()))),
        }
    }
    tasks
}
