//! Which functions, filters and tests templates have.

use minijinja::Environment;
use minijinja::value::Value;

use super::nesting;

/// The filters, to be suggested for one that there is not.
pub(crate) const FILTERS: &str = "abs attr batch bool capitalize chain count d date default dictsort e escape first float format \
     groupby image indent int items join last length lines list lower map max min money percent pprint reject rejectattr replace \
     reverse round safe select selectattr slice sort sparkline split string sum table thousands title tojson trim unique upper";

/// The tests, to be suggested for one that there is not.
pub(crate) const TESTS: &str = "boolean defined divisibleby endingwith even false filter float in int integer iterable lower \
     mapping none number odd sameas sequence startingwith string true undefined upper";

/// Whether there is that filter. `image` is known only to the templates of reports and mails, and taken for known.
pub(crate) fn has_filter(environment: &Environment<'_>, name: &str) -> bool {
    name == "image" || has(environment, "filter", name)
}

/// Whether there is that test.
pub(crate) fn has_test(environment: &Environment<'_>, name: &str) -> bool {
    has(environment, "test", name)
}

/// The engine has tests for what it has.
fn has(environment: &Environment<'_>, what: &str, name: &str) -> bool {
    environment.empty_state().perform_test(what, &[Value::from(name)]).unwrap_or(true)
}

/// The functions that a text may call.
pub(crate) fn functions<'e>(environment: &'e Environment<'_>) -> impl Iterator<Item = &'e str> {
    environment.globals().map(|(name, _)| name).filter(|name| *name != nesting::BOUNDED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_suggested_is_there() {
        let environment = super::super::environment();
        assert_eq!(FILTERS.split(' ').find(|name| !has_filter(&environment, name)), None);
        assert_eq!(TESTS.split(' ').find(|name| !has_test(&environment, name)), None);
        assert!(!has_filter(&environment, "monney") && !has_test(&environment, "definde"));
        assert_eq!(functions(&environment).collect::<Vec<_>>(), ["dict", "namespace", "range"]);
    }
}
