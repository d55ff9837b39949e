//! How deep values may nest that a template makes. Whoever drops, prints or compares a value walks it by recursion, and a loop
//! that puts a list into a list, again and again, would make one that no stack can hold.
//!
//! What an expression makes is bounded by its text; what grows from one step to the next goes through a `{% set %}`. So each
//! of them is given a call around its value, which looks.

use std::borrow::Cow;

use minijinja::value::{Tuple, Value, ValueKind};
use minijinja::{Error, ErrorKind};

use super::depth;
use super::rows::Row;

/// Lists and maps that may stand inside one another.
const MOST_NESTED: usize = 100;
/// Values that one `{% set %}` may hold. A list that holds itself twice doubles with each step.
const MOST_VALUES: usize = 5_000_000;
/// The name of the call. It is no name that a template is told of.
pub(super) const BOUNDED: &str = "_bounded";

/// The template with the call around each value that it sets.
pub(super) fn with_bounds(text: &str) -> Cow<'_, str> {
    let mut bounded = String::new();
    let mut taken = 0;
    for tag in depth::tags(text) {
        let Some((from, to)) = value_of_set(text, tag) else { continue };
        bounded += &text[taken..from];
        bounded += BOUNDED;
        bounded += "((";
        bounded += &text[from..to];
        bounded += "))";
        taken = to;
    }
    if taken == 0 { Cow::Borrowed(text) } else { Cow::Owned(bounded + &text[taken..]) }
}

/// From where to where the value of a `{% set x = … %}` stands, if the tag is one.
fn value_of_set(text: &str, tag: std::ops::Range<usize>) -> Option<(usize, usize)> {
    let inner = text.get(tag.start..tag.end.checked_sub(2)?)?.strip_prefix("{%")?;
    let inner = inner.strip_suffix(['-', '+']).unwrap_or(inner);
    let rest = inner.trim_start_matches(['-', '+']).trim_start().strip_prefix("set")?;
    let sign = rest.find('=')?;
    // Without a `=` behind the names, what is set is the text up to `endset`.
    let is_target = |c: char| c.is_alphanumeric() || c.is_whitespace() || matches!(c, '_' | '.' | ',' | '(' | ')');
    let is_named = rest.starts_with(char::is_whitespace) && rest[..sign].chars().all(is_target);
    let end = tag.start + 2 + inner.len();
    (is_named && !rest[sign + 1..].trim().is_empty()).then(|| (end - rest.len() + sign + 1, end))
}

/// The value, if it does not nest too deep. Lists that are computed when they are read are read now, for they nest as well.
pub(super) fn bounded(value: &Value) -> Result<Value, Error> {
    let mut left = MOST_VALUES;
    within(value, MOST_NESTED, &mut left)?;
    let is_lazy = matches!(value.kind(), ValueKind::Seq | ValueKind::Iterable)
        && value.downcast_object_ref::<Vec<Value>>().is_none()
        && value.downcast_object_ref::<Tuple>().is_none();
    Ok(if is_lazy { value.try_iter()?.collect::<Vec<Value>>().into() } else { value.clone() })
}

fn within(value: &Value, depth: usize, left: &mut usize) -> Result<(), Error> {
    if !matches!(value.kind(), ValueKind::Seq | ValueKind::Iterable | ValueKind::Map)
        || value.downcast_object_ref::<Row>().is_some()
    {
        return Ok(());
    }
    let refused = |what: String| Err(Error::new(ErrorKind::InvalidOperation, what));
    if depth == 0 {
        return refused(format!("this nests lists or maps more than {MOST_NESTED} deep"));
    }
    for item in value.try_iter()? {
        *left = left.saturating_sub(1);
        if *left == 0 {
            return refused(format!("this holds more than {} million values", MOST_VALUES / 1_000_000));
        }
        match value.kind() {
            ValueKind::Map => within(&value.get_item(&item)?, depth - 1, left)?,
            _ => within(&item, depth - 1, left)?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::template::{environment, explain, prepare};

    fn rendered(text: &str) -> String {
        let prepared = prepare(text).expect("it is not deep");
        environment().render_str(&prepared, ()).unwrap_or_else(|error| explain(&error))
    }

    #[test]
    fn what_a_loop_nests_is_bounded() {
        let grown = |start: &str, step: &str, count: usize| {
            rendered(&format!(
                "{{% set ns = namespace(x={start}) %}}{{% for i in range({count}) %}}{{% set ns.x = {step} %}}{{% endfor %}}done"
            ))
        };
        for (start, step) in [
            ("[]", "[ns.x]"),
            ("[]", "[1, [[ns.x]]]"),
            ("{}", "{'a': ns.x}"),
            ("1", "namespace(y=ns.x)"),
            ("[]", "(ns.x, 1)"),
            ("[]", "ns.x, 1"),
            ("[]", "[ns.x] | list"),
        ] {
            assert_eq!(grown(start, step, 20), "done", "{step}");
            assert_eq!(grown(start, step, 90_000), "this nests lists or maps more than 100 deep", "{step}");
        }
        assert_eq!(grown("[1]", "[ns.x, ns.x]", 60), "this holds more than 5 million values");
        for flat in ["ns.x | chain([1])", "ns.x | reverse", "ns.x | map('string')", "[1]"] {
            assert_eq!(grown("[1]", flat, 1_000), "done", "{flat}");
        }
    }

    #[test]
    fn a_name_that_is_set_often_is_bounded() {
        let often = format!("{{% set x = [] %}}{}done", "{%- set x = [x] -%}".repeat(10_000));
        assert_eq!(rendered(&often), "this nests lists or maps more than 100 deep");
    }

    #[test]
    fn what_is_set_stays_what_it_was() {
        for (text, shown) in [
            ("{% set a, b = 1, [2] %}${{ a }} ${{ b }}", "1 [2]"),
            ("{% set t = (1, 'a') %}${{ t }}", "(1, 'a')"),
            ("{% set t = 1, %}${{ t }}", "(1,)"),
            ("{%- set x=1==1 -%}${{ x }}", "True"),
            ("{% set x = 'a=b %}' %}${{ x }}", "a=b %}"),
            ("{% set x %}a = b{% endset %}${{ x }}", "a = b"),
            ("{% set x | upper %}a{% endset %}${{ x }}", "A"),
            ("{% set x = {'a': {'b': 1}} %}${{ x.a.b }}", "1"),
            ("{% raw %}{% set x = 1 %}{% endraw %}", "{% set x = 1 %}"),
            ("{# {% set x = 1 %} #}a", "a"),
            (
                "{% set ns = namespace(n=0) %}{% for i in range(5) %}{% set ns.n = ns.n + i %}{% endfor %}${{ ns.n }}",
                "10",
            ),
        ] {
            assert_eq!(rendered(text), shown, "{text}");
        }
    }
}
