//! The columns of a table.

use std::collections::HashMap;

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
        // Where each column is, once there are so many that looking at each is slower than this table.
        let mut places: HashMap<String, usize> = HashMap::new();
        for (name, data_type) in columns {
            if schema.len() <= FEW {
                schema.set(name, data_type);
                continue;
            }
            for at in places.len()..schema.len() {
                places.insert(schema.fields[at].name.clone(), at);
            }
            let name = name.into();
            match places.get(&name) {
                Some(at) => schema.fields[*at].data_type = data_type,
                None => schema.fields.push(Field { name, data_type }),
            }
        }
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
}
