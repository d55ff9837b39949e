//! The filters that make one value of a list. They pass over NULLs, as aggregates do in SQL.

use minijinja::value::{Kwargs, StringInput, Value};
use minijinja::{Error, ErrorKind, State};

use super::number::Exact;

/// `rows | sum(attribute="total")`: exact. Of NULLs alone it is NULL, of an empty list 0.
pub(super) fn sum(
    values: &Value,
    attribute: Option<&str>,
    start: Option<Value>,
    kwargs: Kwargs,
) -> Result<Value, Error> {
    let attribute = match attribute {
        Some(attribute) => Some(attribute),
        None => kwargs.get::<Option<&str>>("attribute")?,
    };
    let start = match start {
        Some(start) => Some(start),
        None => kwargs.get::<Option<Value>>("start")?,
    };
    kwargs.assert_all_used()?;
    let is_empty = values.try_iter()?.next().is_none();
    let start = start.or_else(|| is_empty.then(|| Value::from(0)));
    let items = known(values, attribute)?;
    let parts = items.iter().map(|item| part(item, attribute));
    let numbers = start.into_iter().map(Ok).chain(parts).collect::<Result<Vec<_>, _>>()?;
    let Some(first) = numbers.first() else { return Ok(Value::from(())) };
    let exact = numbers[1..].iter().try_fold(Exact::of(first).ok(), |sum, number| {
        Some(sum.zip(Exact::of(number).ok()).and_then(|(sum, number)| sum.plus(number)))
    });
    match exact.flatten() {
        Some(sum) => Ok(sum.value()),
        None => Ok(Value::from(numbers.iter().map(float).sum::<Result<f64, _>>()?)),
    }
}

/// The nearest binary number.
fn float(value: &Value) -> Result<f64, Error> {
    let read = f64::try_from(value.clone()).ok().or_else(|| value.as_str()?.trim().parse().ok());
    read.ok_or_else(|| Error::new(ErrorKind::InvalidOperation, format!("`{value}` is no number")))
}

/// The least value.
pub(super) fn min(state: &State<'_, '_>, values: &Value, kwargs: Kwargs) -> Result<Value, Error> {
    let known = known(values, kwargs.get("attribute")?)?;
    if known.is_empty() { Ok(Value::from(())) } else { minijinja::filters::min(state, known.into(), kwargs) }
}

/// The largest value.
pub(super) fn max(state: &State<'_, '_>, values: &Value, kwargs: Kwargs) -> Result<Value, Error> {
    let known = known(values, kwargs.get("attribute")?)?;
    if known.is_empty() { Ok(Value::from(())) } else { minijinja::filters::max(state, known.into(), kwargs) }
}

/// The values in a row, with `joiner` between them.
pub(super) fn join(
    state: &mut State<'_, '_>,
    values: &Value,
    joiner: Option<StringInput<'_>>,
    attribute: Option<&str>,
    kwargs: Kwargs,
) -> Result<Value, Error> {
    // Text is joined letter by letter, and has no NULLs.
    if values.as_str().is_some() {
        return minijinja::filters::join(state, values, joiner, attribute, kwargs);
    }
    let known = match attribute {
        Some(attribute) => known(values, Some(attribute))?,
        None => known(values, kwargs.get("attribute")?)?,
    };
    minijinja::filters::join(state, &Value::from(known), joiner, attribute, kwargs)
}

/// The items whose value is not NULL.
fn known(values: &Value, attribute: Option<&str>) -> Result<Vec<Value>, Error> {
    let mut known = Vec::new();
    for item in values.try_iter()? {
        if !part(&item, attribute)?.is_none() {
            known.push(item);
        }
    }
    Ok(known)
}

/// What stands under a dotted name in an item, or the item itself.
fn part(item: &Value, attribute: Option<&str>) -> Result<Value, Error> {
    let mut value = item.clone();
    for name in attribute.into_iter().flat_map(|path| path.split('.')) {
        value = match name.parse::<usize>() {
            Ok(index) => value.get_item(&Value::from(index))?,
            Err(_) => value.get_attr(name)?,
        };
        if value.is_undefined() {
            return Err(Error::new(ErrorKind::UndefinedError, format!("there is no `{name}` in an item of the list")));
        }
    }
    Ok(value)
}
