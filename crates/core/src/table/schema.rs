//! The columns of a table.

use serde::{Deserialize, Serialize};

use super::DataType;

/// One column: a name and a type. Every column may hold NULL.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Field {
    /// The name, unique in its schema, case kept.
    pub name: String,
    /// The type.
    pub data_type: DataType,
}

/// The columns of a table, in order, with unique names.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Schema {
    fields: Vec<Field>,
}

impl Schema {
    /// An empty schema.
    pub fn new() -> Self {
        Self::default()
    }

    /// The columns in order.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// The names in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(|field| field.name.as_str())
    }

    /// The type of the column of that name.
    pub fn get(&self, name: &str) -> Option<DataType> {
        self.fields.iter().find(|field| field.name == name).map(|field| field.data_type)
    }

    /// Whether there is a column of that name.
    pub fn contains(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Adds a column at the end, or replaces the one of that name in place.
    pub fn set(&mut self, name: impl Into<String>, data_type: DataType) {
        let name = name.into();
        match self.fields.iter_mut().find(|field| field.name == name) {
            Some(field) => field.data_type = data_type,
            None => self.fields.push(Field { name, data_type }),
        }
    }

    /// How many columns there are.
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// Whether there is no column.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }
}

impl<N: Into<String>> FromIterator<(N, DataType)> for Schema {
    fn from_iter<I: IntoIterator<Item = (N, DataType)>>(columns: I) -> Self {
        let mut schema = Self::new();
        columns.into_iter().for_each(|(name, data_type)| schema.set(name, data_type));
        schema
    }
}
