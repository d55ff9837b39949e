//! Texts become values (normalize's `columns`).
//!
//! Each column goes through selects, one in the other: `x` is the value as text, `p` the text after strip, trim and case, `q` after
//! the map (and `m` whether the map gave it), `v` what it was read as. Where `q` is there and `v` is not, the value does not fit:
//! `b`. A number behind the letter is that of the column among those converted.

mod money;
mod prepared;
mod read;

use tidemill_core::table::{Conversion, DataType, OnInvalid, Rel};

use self::money::currency;
use self::prepared::prepared;
use self::read::{by_each_format, has_formats, value};
use super::cast::to_text;
use super::expression::Scope;
use super::literal::{null, quoted};
use super::ordinal::Lowered;
use super::relation::Lowerer;
use super::{Lowering, MISFIT, cast};

/// The rows of a step's input with what its columns become.
pub(crate) struct Converted<'a> {
    /// A `select` of the input's columns and ordinals, and of the columns of each step of each conversion.
    pub sql: String,
    /// The input.
    pub input: Lowered,
    /// What is done to which columns.
    pub columns: Vec<ConvertedColumn<'a>>,
}

/// A column and what is done to it.
pub(crate) struct ConvertedColumn<'a> {
    /// What is done.
    pub conversion: &'a Conversion,
    /// Its place in the input.
    pub place: usize,
    /// Whether a value may not fit: `b` and its number is there.
    pub may_be_unfit: bool,
}

impl ConvertedColumn<'_> {
    /// Whether formats may read a text differently.
    pub fn may_be_ambiguous(&self) -> bool {
        self.may_be_unfit && has_formats(self.conversion) && self.conversion.formats.len() > 1
    }
}

impl Lowerer<'_> {
    /// The step that converts.
    pub(super) fn convert(&self, input: &Rel, columns: &[Conversion], on_invalid: OnInvalid) -> Lowering<Lowered> {
        let Converted { sql, input, columns } = self.converted(input, columns)?;
        let mut schema = input.schema.clone();
        let mut list = input.columns();
        for (j, column) in columns.iter().enumerate() {
            list[column.place] = format!("v{j} as c{}", column.place);
            schema.set(&column.conversion.column, column.conversion.data_type);
        }
        list.extend(input.ordinals());
        let unfit: Vec<String> =
            (0..columns.len()).filter(|j| columns[*j].may_be_unfit).map(|j| format!("b{j}")).collect();
        // A condition, which is asked of every row: nobody may read the column.
        let condition = match on_invalid {
            _ if unfit.is_empty() => String::new(),
            OnInvalid::Null => String::new(),
            OnInvalid::Reject => format!(" where not ({})", unfit.join(" or ")),
            OnInvalid::Fail => format!(
                " where case when {} then cast(raise_error('{MISFIT}') as boolean) else true end",
                unfit.join(" or ")
            ),
        };
        let sql = format!("select {} from ({sql}) t{condition}", list.join(", "));
        Ok(Lowered { sql, schema, order: input.order })
    }

    /// What columns become, before anything is done about values that do not fit.
    pub(crate) fn converted<'a>(&self, input: &Rel, columns: &'a [Conversion]) -> Lowering<Converted<'a>> {
        let input = self.rel(input)?;
        let scope = Scope::of(&input.schema, "");
        let mut steps: [Vec<String>; 5] = Default::default();
        let mut found = Vec::with_capacity(columns.len());
        for (j, conversion) in columns.iter().enumerate() {
            let place = input.schema.names().position(|name| name == conversion.column).unwrap_or_default();
            let (name, from) = (scope.column(&conversion.column)?, input.schema.fields()[place].data_type);
            let may_be_unfit = !keeps_meaning(from, conversion) && conversion.data_type != DataType::String;
            if keeps_meaning(from, conversion) {
                steps[0].push(format!("{} as v{j}", cast(&name, from, conversion.data_type)?));
                found.push(ConvertedColumn { conversion, place, may_be_unfit });
                continue;
            }
            let text = if from == DataType::String { name } else { to_text(&name, from)? };
            steps[0].push(format!("{text} as x{j}"));
            steps[1].push(format!("{} as p{j}", prepared(&format!("x{j}"), conversion)));
            steps[2].extend(mapped(j, conversion));
            steps[3].push(format!("{} as v{j}", value(&format!("q{j}"), &format!("m{j}"), conversion)?));
            if may_be_unfit {
                steps[4].push(format!("(q{j} is not null and v{j} is null) as b{j}"));
            }
            found.push(ConvertedColumn { conversion, place, may_be_unfit });
        }
        let mut sql = input.sql.clone();
        for step in steps.iter().filter(|step| !step.is_empty()) {
            sql = format!("select *, {} from ({sql}) t", step.join(", "));
        }
        Ok(Converted { sql, input, columns: found })
    }
}

impl Converted<'_> {
    /// A row of columns for one column that says what of it is worth a warning, over `t`: how many values do not fit, the
    /// currencies in any order, how many texts formats read differently, and the first of these with what it is by which format.
    pub fn remarks(&self, j: usize) -> Lowering<Remarks> {
        let column = &self.columns[j];
        let conversion = column.conversion;
        let currencies = conversion.money.then(|| currency(&format!("q{j}"), &format!("m{j}"), conversion.data_type));
        let ambiguous = match column.may_be_ambiguous() {
            true => Some(by_each_format(&format!("q{j}"), &format!("m{j}"), conversion)?),
            false => None,
        };
        Ok(Remarks { currencies, ambiguous })
    }
}

/// What of a column's values is worth a warning, each in SQL over a row.
pub(crate) struct Remarks {
    /// The currency of an amount; NULL if it has none.
    pub currencies: Option<String>,
    /// A struct of the text, what it is by the first format and by another one, and the numbers of these; NULL if all agree.
    pub ambiguous: Option<String>,
}

/// Whether values of that type can be taken as they are, without being written as texts and read again.
fn keeps_meaning(from: DataType, conversion: &Conversion) -> bool {
    let Conversion { strip, trim, case, map, data_type, .. } = conversion;
    let no_steps = strip.is_none() && !trim && case.is_none() && map.is_empty();
    let is_wider = from == DataType::Date && *data_type == DataType::Datetime;
    from == DataType::Null || (from == *data_type && (no_steps || from.is_temporal())) || (no_steps && is_wider)
}

/// `q` and `m` of a column.
fn mapped(j: usize, conversion: &Conversion) -> [String; 2] {
    if conversion.map.is_empty() {
        return [format!("p{j} as q{j}"), format!("false as m{j}")];
    }
    let to = |value: &tidemill_core::table::Value| match value {
        tidemill_core::table::Value::Null => null(DataType::String),
        value => quoted(&value.to_string()),
    };
    let mut sql = format!("case p{j}");
    for (from, value) in &conversion.map {
        sql += &format!(" when {} then {}", quoted(from), to(value));
    }
    let texts: Vec<String> = conversion.map.iter().map(|(from, _)| quoted(from)).collect();
    [format!("{sql} else p{j} end as q{j}"), format!("coalesce(p{j} in ({}), false) as m{j}", texts.join(", "))]
}
