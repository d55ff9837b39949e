//! Dates written by a format.

use tidemill_core::table::DataType;

use super::literal::quoted;
use super::{Lowering, refused};

/// A date written as `strftime` says: each sign by itself, because Spark's own formats have other signs.
pub(super) fn strftime(x: &str, of: DataType, format: &str) -> Lowering<String> {
    let day = match of {
        DataType::Date => x.to_owned(),
        DataType::Datetime => format!("cast({x} as date)"),
        other => return Err(refused(format!("`strftime` of {other} cannot be computed"))),
    };
    let clock = if of == DataType::Date { None } else { Some(x) };
    let mut parts: Vec<String> = Vec::new();
    let mut plain = String::new();
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            plain.push(c);
            continue;
        }
        match chars.next() {
            Some('%') => plain.push('%'),
            Some(sign) => {
                if !plain.is_empty() {
                    parts.push(quoted(&std::mem::take(&mut plain)));
                }
                parts.push(written(sign, &day, clock)?);
            }
            None => return Err(refused("a format that ends with % cannot be used")),
        }
    }
    if !plain.is_empty() || parts.is_empty() {
        parts.push(quoted(&plain));
    }
    // NULL of NULL even where the format has constants alone.
    Ok(format!("(case when {x} is null then null else concat({}) end)", parts.join(", ")))
}

/// What a sign of the format stands for.
fn written(sign: char, day: &str, clock: Option<&str>) -> Lowering<String> {
    let padded = |width: usize, x: String| format!("lpad(cast({x} as string), {width}, '0')");
    let of_clock = |name: &str| clock.map_or_else(|| "0".to_owned(), |at| format!("{name}({at})"));
    let joined = |signs: [char; 3], with: &str| -> Lowering<String> {
        let parts = signs.iter().map(|sign| written(*sign, day, clock)).collect::<Lowering<Vec<_>>>()?;
        Ok(format!("concat({})", parts.join(&format!(", '{with}', "))))
    };
    Ok(match sign {
        'Y' => padded(4, format!("year({day})")),
        'y' => padded(2, format!("pmod(year({day}), 100)")),
        'm' => padded(2, format!("month({day})")),
        'd' => padded(2, format!("day({day})")),
        'j' => padded(3, format!("dayofyear({day})")),
        'H' => padded(2, of_clock("hour")),
        'M' => padded(2, of_clock("minute")),
        'S' => padded(2, of_clock("second")),
        'G' => padded(4, format!("extract(yearofweek from {day})")),
        'V' => padded(2, format!("weekofyear({day})")),
        'u' => format!("cast(weekday({day}) + 1 as string)"),
        'w' => format!("cast(dayofweek({day}) - 1 as string)"),
        'b' | 'h' => format!("date_format({day}, 'MMM')"),
        'B' => format!("date_format({day}, 'MMMM')"),
        'a' => format!("date_format({day}, 'EEE')"),
        'A' => format!("date_format({day}, 'EEEE')"),
        'F' => joined(['Y', 'm', 'd'], "-")?,
        'T' => joined(['H', 'M', 'S'], ":")?,
        other => return Err(refused(format!("%{other} of `strftime` cannot be written"))),
    })
}
