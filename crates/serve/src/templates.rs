//! The templates of the pages.

use minijinja::value::{Kwargs, ValueKind};
use minijinja::{AutoEscape, Environment, Error, Value as Jinja};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tidemill_core::format::thousands;

use crate::reply::Problem;

const TEMPLATES: &[(&str, &str)] = &[
    ("base.html", include_str!("../templates/base.html")),
    ("parts.html", include_str!("../templates/parts.html")),
    ("projects.html", include_str!("../templates/projects.html")),
    ("pipeline.html", include_str!("../templates/pipeline.html")),
    ("plan.html", include_str!("../templates/plan.html")),
    ("runs.html", include_str!("../templates/runs.html")),
    ("run.html", include_str!("../templates/run.html")),
    ("log.html", include_str!("../templates/log.html")),
    ("task.html", include_str!("../templates/task.html")),
    ("task_head.html", include_str!("../templates/task_head.html")),
    ("profile.html", include_str!("../templates/profile.html")),
    ("lineage.html", include_str!("../templates/lineage.html")),
    ("differences.html", include_str!("../templates/differences.html")),
    ("failed.html", include_str!("../templates/failed.html")),
    ("outputs.html", include_str!("../templates/outputs.html")),
    ("output.html", include_str!("../templates/output.html")),
    ("schedule.html", include_str!("../templates/schedule.html")),
    ("simulation.html", include_str!("../templates/simulation.html")),
    ("backfill.html", include_str!("../templates/backfill.html")),
    ("login.html", include_str!("../templates/login.html")),
    ("problem.html", include_str!("../templates/problem.html")),
];

/// What stays as it is in a part of an address.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A text as a part of an address.
pub fn encoded(text: &str) -> String {
    utf8_percent_encode(text, PLAIN).to_string()
}

/// The query of an address: what was asked, with these names changed, or left out where the value is none. A list stands for a
/// name that is there several times.
fn with(asked: Vec<Vec<String>>, changes: Kwargs) -> Result<String, Error> {
    let mut pairs: Vec<(String, String)> = Vec::new();
    let given = asked.into_iter().filter_map(|pair| <[String; 2]>::try_from(pair).ok());
    pairs.extend(given.filter(|[name, _]| !changes.has(name)).map(|[name, value]| (name, value)));
    for name in changes.args() {
        let value: Jinja = changes.get(name)?;
        match value.kind() {
            ValueKind::None | ValueKind::Undefined => {}
            ValueKind::Seq | ValueKind::Iterable => {
                pairs.extend(value.try_iter()?.map(|value| (name.to_owned(), value.to_string())));
            }
            _ => pairs.push((name.to_owned(), value.to_string())),
        }
    }
    let pairs: Vec<String> =
        pairs.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
    Ok(format!("?{}", pairs.join("&")))
}

/// The templates.
pub struct Pages(Environment<'static>);

impl Pages {
    /// All of them, every value escaped.
    pub fn new() -> Self {
        let mut environment = Environment::new();
        environment.set_auto_escape_callback(|_| AutoEscape::Html);
        environment.add_filter("address", |text: String| encoded(&text));
        environment.add_filter("path", |text: String| text.split('/').map(encoded).collect::<Vec<_>>().join("/"));
        environment.add_function("with", with);
        environment.add_filter("thousands", |number: u64| thousands(number));
        for (name, text) in TEMPLATES {
            // That they are well-formed is tested.
            let _ = environment.add_template(name, text);
        }
        Self(environment)
    }

    /// A page.
    ///
    /// # Errors
    /// If the template does not fit its values, which is a mistake of the program.
    pub fn render(&self, name: &str, values: Jinja) -> Result<String, Problem> {
        let page = self.0.get_template(name).and_then(|template| template.render(values));
        page.map_err(|error| Problem::broken(format!("the page `{name}` cannot be made: {error}")))
    }
}

#[cfg(test)]
mod tests {
    use minijinja::context;

    use super::*;

    #[test]
    fn all_templates_are_well_formed() {
        let pages = Pages::new();
        for (name, _) in TEMPLATES {
            assert!(pages.0.get_template(name).is_ok(), "{name}");
        }
    }

    #[test]
    fn an_address_keeps_what_was_asked() {
        let mut pages = Pages::new();
        let text = "{{ with(asked, offset=20, find=none, open=['a', 'b c']) | safe }}";
        pages.0.add_template("here", text).expect("a template");
        let asked = [["find", "x"], ["open", "z"], ["because", "x → 1&2"], ["offset", "0"]];
        let page = pages.render("here", context! { asked }).expect("a page");
        assert_eq!(page, "?because=x%20%E2%86%92%201%262&offset=20&open=a&open=b%20c");
    }

    #[test]
    fn values_are_escaped() {
        let pages = Pages::new();
        let values = context! { message => "<script>alert(1)</script>", status => 404 };
        let page = pages.render("problem.html", values).expect("a page");
        assert!(!page.contains("<script>alert"), "{page}");
        assert!(page.contains("&lt;script&gt;alert"), "{page}");
    }
}
