//! Things that are found by their names, among many as fast as among few.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::ops::Deref;

use sqlparser::ast::Ident;

use crate::table::Expr;

/// Among so few one is found by looking at each.
const FEW: usize = 32;

/// What has a name.
pub(super) trait Named {
    /// The name.
    fn name(&self) -> &str;

    /// The table by which the name is qualified, if there is one.
    fn table(&self) -> Option<&str> {
        None
    }
}

impl Named for (String, Expr) {
    fn name(&self) -> &str {
        &self.0
    }
}

/// Things with names, in order. Names never change.
#[derive(Clone, Debug)]
pub(super) struct NamedList<T> {
    things: Vec<T>,
    /// Made by the first search among many.
    places: OnceCell<Places>,
}

/// Where the things of each name are.
#[derive(Clone, Debug, Default)]
struct Places {
    exact: HashMap<String, Vec<usize>>,
    /// By the names in lower case.
    lower: HashMap<String, Vec<usize>>,
    /// The tables, each once.
    tables: Vec<String>,
}

impl Places {
    fn add(&mut self, thing: &impl Named, at: usize) {
        self.exact.entry(thing.name().to_owned()).or_default().push(at);
        self.lower.entry(thing.name().to_lowercase()).or_default().push(at);
        if let Some(table) = thing.table()
            && !self.tables.iter().any(|known| known == table)
        {
            self.tables.push(table.to_owned());
        }
    }
}

impl<T: Named> NamedList<T> {
    /// Adds one at the end.
    pub(super) fn push(&mut self, thing: T) {
        if let Some(places) = self.places.get_mut() {
            places.add(&thing, self.things.len());
        }
        self.things.push(thing);
    }

    /// All to be changed, but for their names.
    pub(super) fn things_mut(&mut self) -> &mut [T] {
        &mut self.things
    }

    /// The places of those that count and whose name is that: exactly, else without regard to case if it is not quoted.
    pub(super) fn find(&self, ident: &Ident, counts: impl Fn(usize, &T) -> bool) -> Vec<usize> {
        let counting = |at: &usize| counts(*at, &self.things[*at]);
        if self.things.len() <= FEW {
            let places = || (0..self.things.len()).filter(counting);
            let exact: Vec<usize> = places().filter(|at| self.things[*at].name() == ident.value).collect();
            if !exact.is_empty() || ident.quote_style.is_some() {
                return exact;
            }
            let lower = ident.value.to_lowercase();
            return places().filter(|at| self.things[*at].name().to_lowercase() == lower).collect();
        }
        let places = self.places();
        let among = |places: &HashMap<String, Vec<usize>>, name: &str| -> Vec<usize> {
            places.get(name).into_iter().flatten().copied().filter(counting).collect()
        };
        let exact = among(&places.exact, &ident.value);
        if !exact.is_empty() || ident.quote_style.is_some() {
            return exact;
        }
        among(&places.lower, &ident.value.to_lowercase())
    }

    /// The tables by which names are qualified.
    pub(super) fn tables(&self) -> Vec<&str> {
        if self.things.len() <= FEW {
            return self.things.iter().filter_map(T::table).collect();
        }
        self.places().tables.iter().map(String::as_str).collect()
    }

    fn places(&self) -> &Places {
        self.places.get_or_init(|| {
            let mut places = Places::default();
            self.things.iter().enumerate().for_each(|(at, thing)| places.add(thing, at));
            places
        })
    }
}

impl<T> Default for NamedList<T> {
    fn default() -> Self {
        Self { things: Vec::new(), places: OnceCell::new() }
    }
}

impl<T> Deref for NamedList<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.things
    }
}

impl<T: Named> Extend<T> for NamedList<T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, things: I) {
        things.into_iter().for_each(|thing| self.push(thing));
    }
}

impl<T: Named> FromIterator<T> for NamedList<T> {
    fn from_iter<I: IntoIterator<Item = T>>(things: I) -> Self {
        Self { things: things.into_iter().collect(), places: OnceCell::new() }
    }
}

impl<T> IntoIterator for NamedList<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.things.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::table::DataType;

    /// A name that counts how often it is looked at.
    struct Counting<'a>(String, &'a Cell<usize>);

    impl Named for Counting<'_> {
        fn name(&self) -> &str {
            self.1.set(self.1.get() + 1);
            &self.0
        }
    }

    #[test]
    fn each_of_many_is_looked_at_once() {
        let looked = Cell::new(0);
        let list: NamedList<Counting<'_>> = (0..10_000).map(|at| Counting(format!("c{at}"), &looked)).collect();
        for at in 0..10_000 {
            assert_eq!(list.find(&Ident::new(format!("C{at}")), |_, _| true), [at]);
        }
        assert_eq!(looked.get(), 2 * 10_000, "once as it is, and once in lower case");
    }

    fn list(count: usize) -> NamedList<(String, Expr)> {
        let column = |name: String| (name.clone(), Expr::column(name, DataType::Int));
        (0..count)
            .map(|at| column(format!("c{at}")))
            .chain(["x", "X", "y"].map(|name| column(name.to_owned())))
            .collect()
    }

    #[test]
    fn many_are_found_as_few_are() {
        for count in [0, 100] {
            let mut list = list(count);
            let find = |list: &NamedList<_>, ident: Ident| list.find(&ident, |_, _| true);
            assert_eq!(find(&list, Ident::new("x")), [count]);
            assert_eq!(find(&list, Ident::new("Y")), [count + 2]);
            assert_eq!(find(&list, Ident::with_quote('"', "Y")), [0_usize; 0]);
            assert_eq!(list.find(&Ident::new("x"), |at, _| at != count), [count + 1]);
            list.push(("Y".to_owned(), Expr::column("y", DataType::Int)));
            assert_eq!(find(&list, Ident::new("Y")), [count + 3]);
        }
    }
}
