//! The flags that give parameters their values.

use std::path::PathBuf;

use clap::Args;

use crate::failure::Failure;
use crate::project::Wanted;

/// `-p` and `--params-file`.
#[derive(Args, Debug, Clone, Default)]
pub struct ParamArgs {
    /// Set a parameter; the value is read as YAML, so that `-p xs='[FR, DE]'` is a list
    #[arg(short = 'p', long = "param", value_name = "NAME=VALUE")]
    pub params: Vec<String>,
    /// Set parameters from a YAML file
    #[arg(long, value_name = "F")]
    pub params_file: Option<PathBuf>,
}

impl ParamArgs {
    /// What they ask for.
    pub fn wanted(&self) -> Result<Wanted, Failure> {
        let params = self
            .params
            .iter()
            .map(|text| match text.split_once('=') {
                Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
                _ => Err(Failure::wrong(format!("`-p {text}` is not NAME=VALUE")).help("write `-p top_n=20`")),
            })
            .collect::<Result<_, _>>()?;
        Ok(Wanted { params, params_file: self.params_file.clone(), ..Wanted::default() })
    }
}
