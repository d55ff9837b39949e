//! A request, as far as a view needs it.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::app::App;
use crate::project::ServedProject;
use crate::reply::Problem;
use crate::tokens::Role;

/// No list goes on and no file is longer than that: the largest number that JSON can be trusted with.
pub const FARTHEST: u64 = (1 << 53) - 1;

/// What is asked.
pub struct Asked {
    /// The process.
    pub app: Arc<App>,
    /// What who asks may do.
    pub role: Role,
    /// Names and values of the path, decoded.
    pub path: Vec<(String, String)>,
    /// Names and values of the query, decoded.
    pub query: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Asked {
    /// The part of the path of that name; empty if there is none.
    pub fn part(&self, name: &str) -> &str {
        self.path.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// The value of that name in the query.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The one value of that name in the query.
    fn only(&self, name: &str) -> Result<Option<&str>, Problem> {
        let mut values = self.query.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str());
        match (values.next(), values.next()) {
            (_, Some(_)) => Err(Problem::bad(format!("`{name}` is there several times"))),
            (value, None) => Ok(value),
        }
    }

    /// A number of the query, at most `most`.
    ///
    /// # Errors
    /// If it is no number, or larger.
    pub fn number(&self, name: &str, default: u64, most: u64) -> Result<u64, Problem> {
        let Some(text) = self.only(name)? else { return Ok(default) };
        let number = text.parse().ok().filter(|number| *number <= most);
        number.ok_or_else(|| Problem::bad(format!("`{name}` is a whole number, {most} at most")))
    }

    /// Whether something is wanted.
    ///
    /// # Errors
    /// If it is neither `true` nor `false`.
    pub fn flag(&self, name: &str) -> Result<bool, Problem> {
        match self.only(name)? {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(Problem::bad(format!("`{name}` is neither true nor false"))),
        }
    }

    /// After how many of a list its page begins.
    ///
    /// # Errors
    /// If it is no number.
    pub fn offset(&self) -> Result<usize, Problem> {
        Ok(usize::try_from(self.number("offset", 0, FARTHEST)?).unwrap_or(usize::MAX))
    }

    /// The selectors of the query, parted by blanks as on the command line.
    pub fn selectors(&self) -> Vec<String> {
        self.query("select").unwrap_or_default().split_whitespace().map(str::to_owned).collect()
    }

    /// The project that is meant.
    ///
    /// # Errors
    /// If there is none of that name.
    pub fn project(&self) -> Result<&ServedProject, Problem> {
        self.app.project(self.part("project"))
    }

    /// The id of the task that is meant.
    ///
    /// # Errors
    /// If there is none of that name.
    pub fn task(&self) -> Result<&str, Problem> {
        let name = self.part("task");
        self.project()?.find_task(&*self.app.program, name)?;
        Ok(name)
    }

    /// The JSON object in the body, which has these keys and no others; without a body, an empty one.
    ///
    /// # Errors
    /// If it is none, or has another key: a key that is misspelt must not start all there is.
    pub fn json(&self, keys: &[&str]) -> Result<Value, Problem> {
        if self.body.is_empty() {
            return Ok(json!({}));
        }
        let wrong = |error| Problem::bad(format!("the body is not JSON: {error}"));
        let body: Value = serde_json::from_slice(&self.body).map_err(wrong)?;
        let object = body.as_object().ok_or_else(|| Problem::bad("the body is not a JSON object"))?;
        match object.keys().find(|key| !keys.contains(&key.as_str())) {
            Some(key) => Err(Problem::bad(format!("the body has a key `{key}`; known are `{}`", keys.join("`, `")))),
            None => Ok(body),
        }
    }

    /// The fields of a form in the body.
    pub fn form(&self) -> Vec<(String, String)> {
        url::form_urlencoded::parse(&self.body).into_owned().collect()
    }
}
