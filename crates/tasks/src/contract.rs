//! What a file's columns must be.

use tidemill_core::diagnostic::Diagnostic;
use tidemill_core::spec::{At, OrderedMap};
use tidemill_core::table::{DataType, DeclaredType, EngineError, Location, Schema};
use tidemill_core::task::Promised;

/// A contract as others see it.
pub fn promised(columns: &OrderedMap<At<DeclaredType>>, strict: bool) -> Promised {
    Promised { columns: columns.iter().map(|(name, of_type)| (name.value.clone(), of_type.value)).collect(), strict }
}

/// The columns that a file must have, and their types.
pub struct Contract<'a> {
    /// The file.
    pub path: &'a At<Location>,
    /// The columns.
    pub columns: &'a OrderedMap<At<DeclaredType>>,
    /// Whether there may be no others.
    pub strict: bool,
}

impl Contract<'_> {
    /// The columns as they are promised, before there is a file.
    pub fn promised(&self) -> Schema {
        self.columns.iter().map(|(name, declared)| (name.value.as_str(), declared.value.data_type)).collect()
    }

    /// The columns found, with the types that the contract gives them. `read_as` says which value is not of such types.
    ///
    /// # Errors
    /// All that is missing, mistyped or, strictly, too much.
    pub fn hold(
        &self,
        found: &Schema,
        read_as: &dyn Fn(Schema) -> Option<EngineError>,
    ) -> Result<Schema, Vec<Diagnostic>> {
        let mut mistakes = Vec::new();
        let mut schema = found.clone();
        for (name, declared) in self.columns {
            match found.get(&name.value) {
                None => mistakes.push(
                    Diagnostic::error(format!("`{}` has no column `{}`", self.path.value, name.value))
                        .at(name.span, "the contract wants it")
                        .suggest(&name.value, found.names()),
                ),
                Some(is) if fits(is, declared.value.data_type) => schema.set(&name.value, declared.value.data_type),
                Some(is) => match read_as(std::iter::once((&name.value, declared.value.data_type)).collect()) {
                    // Its values may all be such: of numbers that all have a plus sign only the contract says that they are.
                    None => schema.set(&name.value, declared.value.data_type),
                    Some(error) => mistakes.push(self.mistyped(name, declared, is, &error)),
                },
            }
        }
        if self.strict {
            let known = self.columns.by_key();
            for name in found.names().filter(|name| !known.contains_key(name)) {
                mistakes.push(
                    Diagnostic::error(format!(
                        "`{}` has a column `{name}` that is not in the contract",
                        self.path.value
                    ))
                    .at(self.path.span, "read strictly")
                    .help(format!("add `{name}:` and its type under `columns:`, or take `strict: true` away")),
                );
            }
        }
        if mistakes.is_empty() { Ok(schema) } else { Err(mistakes) }
    }
}

impl Contract<'_> {
    /// That a column is not of the type promised, with the first value that is not.
    fn mistyped(
        &self,
        name: &At<String>,
        declared: &At<DeclaredType>,
        is: DataType,
        error: &EngineError,
    ) -> Diagnostic {
        let message = format!("column `{}` of `{}` is {is}, not {}", name.value, self.path.value, declared.value);
        let diagnostic = Diagnostic::error(message).at(declared.span, "the contract says otherwise");
        match error {
            EngineError::Source { help: Some(help), .. } => diagnostic.help(error.to_string()).help(help.clone()),
            _ => diagnostic.help("correct the contract, or load it as it is and convert it in a `normalize` task"),
        }
    }
}

/// Whether a column found as `is` may be declared so: numbers widen, text may hold anything, NULL is everything.
pub fn fits(is: DataType, declared: DataType) -> bool {
    use DataType::{Bool, Date, Datetime, Decimal, Float, Int, Null, String, Time};
    is == declared
        || matches!(
            (is, declared),
            (Null, _)
                | (_, String)
                | (Int, Float | Decimal { .. })
                | (Float, Decimal { .. })
                | (String, Date | Datetime | Time | Decimal { .. })
                | (Int, Bool)
                | (Date, Datetime)
        )
}
