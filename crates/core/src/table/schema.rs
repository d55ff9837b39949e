//! The columns of a table.

use std::collections::HashMap;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};

use super::DataType;

/// Among so few columns one is found by looking at each.
const FEW: usize = 32;

/// One column: a name and a type. Every column may hold NULL.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Field {
    /// The name, unique in its schema, case kept.
    pub name: String,
    /// The type.
    pub data_type: DataType,
}

/// The columns of a table, in order, with unique names.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Schema {
    fields: Vec<Field>,
    /// Where each column is, once one has been looked for among many. Copies share it until they change.
    #[serde(skip)]
    places: OnceLock<Arc<HashMap<String, usize>>>,
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

    /// The place of the column of that name.
    pub fn place(&self, name: &str) -> Option<usize> {
        if self.fields.len() <= FEW {
            return self.fields.iter().position(|field| field.name == name);
        }
        let places = self.places.get_or_init(|| {
            Arc::new(self.fields.iter().enumerate().map(|(at, field)| (field.name.clone(), at)).collect())
        });
        places.get(name).copied()
    }

    /// The type of the column of that name.
    pub fn get(&self, name: &str) -> Option<DataType> {
        self.place(name).map(|at| self.fields[at].data_type)
    }

    /// Whether there is a column of that name.
    pub fn contains(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Adds a column at the end, or replaces the one of that name in place.
    pub fn set(&mut self, name: impl Into<String>, data_type: DataType) {
        let name = name.into();
        match self.place(&name) {
            Some(at) => self.fields[at].data_type = data_type,
            None => {
                if let Some(places) = self.places.get_mut() {
                    Arc::make_mut(places).insert(name.clone(), self.fields.len());
                }
                self.fields.push(Field { name, data_type });
            }
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

impl fmt::Debug for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Schema").field("fields", &self.fields).finish()
    }
}

impl PartialEq for Schema {
    fn eq(&self, other: &Self) -> bool {
        self.fields == other.fields
    }
}

impl Eq for Schema {}

impl Hash for Schema {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.fields.hash(state);
    }
}

impl<N: Into<String>> FromIterator<(N, DataType)> for Schema {
    fn from_iter<I: IntoIterator<Item = (N, DataType)>>(columns: I) -> Self {
        let mut schema = Self::new();
        columns.into_iter().for_each(|(name, data_type)| schema.set(name, data_type));
        schema
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_comes_again_keeps_its_place() {
        for count in [3_usize, 100] {
            let names = (0..count).chain([1, 2]).map(|at| (format!("c{at}"), DataType::Int));
            let again = [("c1".to_owned(), DataType::Bool)];
            let schema: Schema = names.chain(again).collect();
            assert_eq!((schema.len(), schema.get("c1")), (count, Some(DataType::Bool)));
            assert_eq!(schema.names().nth(1), Some("c1"));
        }
    }

    #[test]
    fn a_copy_that_grows_leaves_the_other_as_it_is() {
        let schema: Schema = (0..100).map(|at| (format!("c{at}"), DataType::Int)).collect();
        assert_eq!(schema.place("c99"), Some(99));
        let mut copy = schema.clone();
        copy.set("more", DataType::Date);
        assert_eq!((copy.place("more"), schema.place("more")), (Some(100), None));
        assert_ne!(copy, schema);
    }
}
