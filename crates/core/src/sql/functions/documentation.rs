//! How functions are shown to people.

use crate::sql::types::{EXTRA_SCALE, MAX_PRECISION};

use super::definition::{Accepts, Count, FunctionDefinition, Meaning, Returns, either};

impl FunctionDefinition {
    /// How it is called: `substr(text, start [, length])`.
    pub fn signature(&self) -> String {
        if let (Meaning::Grammar, Some(form)) = (&self.meaning, self.forms.first()) {
            return (*form).to_owned();
        }
        let mut text = format!("{}(", self.name);
        for (at, parameter) in self.parameters.iter().enumerate() {
            let comma = if at > 0 { ", " } else { "" };
            match parameter.count {
                Count::One => text += &format!("{comma}{}", parameter.name),
                Count::Many => text += &format!("{comma}{}, …", parameter.name),
                Count::Optional if at > 0 => text += &format!(" [, {}", parameter.name),
                Count::Optional => text += &format!("[{}", parameter.name),
            }
        }
        let optional = self.parameters.iter().filter(|parameter| parameter.count == Count::Optional).count();
        text + &"]".repeat(optional) + ")"
    }

    /// The type of its value, in words.
    pub fn result(&self) -> String {
        match (self.returns, self.parameters.first().map(|parameter| parameter.accepts)) {
            (Returns::Type(data_type), _) => data_type.to_string(),
            (Returns::Sum, _) => format!("int or float; of decimals decimal({MAX_PRECISION}, s)"),
            (Returns::Mean, _) => format!("float; of decimals decimal({MAX_PRECISION}, s+{EXTRA_SCALE})"),
            (Returns::Words(words), _) => words.to_owned(),
            (Returns::Argument, Some(Accepts::Common)) => "common type".to_owned(),
            (Returns::Argument, Some(Accepts::OneOf(types @ [_]))) => either(types),
            (Returns::Argument, _) => "same type".to_owned(),
        }
    }

    /// Other ways to write it: forms and other names.
    pub fn also_written(&self) -> Vec<String> {
        let signature = self.signature();
        let forms = self.forms.iter().filter(|form| **form != signature).map(|form| (*form).to_owned());
        forms.chain(self.aliases.iter().map(|alias| (*alias).to_owned())).collect()
    }
}
