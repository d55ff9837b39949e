//! Things that are found by what they are, among many as fast as among few.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Deref;

/// Where things of each hash are, the first ones first.
#[derive(Clone, Debug, Default)]
pub struct HashedPlaces(HashMap<u64, Vec<usize>>);

fn hash_of(thing: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    thing.hash(&mut hasher);
    hasher.finish()
}

impl HashedPlaces {
    /// Of these things.
    pub fn of<'t, T: Hash + 't>(things: impl IntoIterator<Item = &'t T>) -> Self {
        let mut places = Self::default();
        things.into_iter().enumerate().for_each(|(at, thing)| places.add(thing, at));
        places
    }

    /// Adds a place behind all others.
    pub fn add(&mut self, thing: &impl Hash, at: usize) {
        self.0.entry(hash_of(thing)).or_default().push(at);
    }

    fn remove(&mut self, thing: &impl Hash, at: usize) {
        if let Some(places) = self.0.get_mut(&hash_of(thing)) {
            places.retain(|place| *place != at);
        }
    }

    /// The places where such a thing may be: all of its hash.
    pub fn candidates<'a, T: Hash>(&'a self, thing: &T) -> impl Iterator<Item = usize> + use<'a, T> {
        self.0.get(&hash_of(thing)).into_iter().flatten().copied()
    }
}

/// Things in the order in which they came, equal ones once.
#[derive(Clone, Debug)]
pub struct Registry<T> {
    things: Vec<T>,
    places: HashedPlaces,
}

impl<T: Hash + PartialEq> Registry<T> {
    /// The place of one that is equal to this.
    pub fn place(&self, thing: &T) -> Option<usize> {
        self.places.candidates(thing).find(|at| self.things[*at] == *thing)
    }

    /// The place of this one, which is added at the end if there is none equal to it.
    pub fn register(&mut self, thing: T) -> usize {
        self.place(&thing).unwrap_or_else(|| {
            self.places.add(&thing, self.things.len());
            self.things.push(thing);
            self.things.len() - 1
        })
    }

    /// Changes all from a place on.
    pub fn change_from(&mut self, start: usize, mut change: impl FnMut(&mut T)) {
        for at in start..self.things.len() {
            self.places.remove(&self.things[at], at);
        }
        for at in start..self.things.len() {
            change(&mut self.things[at]);
            self.places.add(&self.things[at], at);
        }
    }

    /// The things alone.
    pub fn into_things(self) -> Vec<T> {
        self.things
    }
}

impl<T> Default for Registry<T> {
    fn default() -> Self {
        Self { things: Vec::new(), places: HashedPlaces::default() }
    }
}

impl<T> Deref for Registry<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.things
    }
}

impl<T: Hash + PartialEq> FromIterator<T> for Registry<T> {
    fn from_iter<I: IntoIterator<Item = T>>(things: I) -> Self {
        let mut registry = Self::default();
        things.into_iter().for_each(|thing| {
            registry.register(thing);
        });
        registry
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// A number that counts how often it is compared.
    struct Counting<'a>(usize, &'a Cell<usize>);

    impl PartialEq for Counting<'_> {
        fn eq(&self, other: &Self) -> bool {
            self.1.set(self.1.get() + 1);
            self.0 == other.0
        }
    }

    impl Hash for Counting<'_> {
        fn hash<H: Hasher>(&self, state: &mut H) {
            self.0.hash(state);
        }
    }

    #[test]
    fn each_of_many_is_compared_once() {
        let compared = Cell::new(0);
        let mut registry: Registry<Counting<'_>> = (0..10_000).map(|number| Counting(number, &compared)).collect();
        registry.change_from(5_000, |thing| thing.0 += 1);
        for number in 0..10_000 {
            assert_eq!(registry.place(&Counting(number, &compared)).is_none(), number == 5_000);
        }
        assert_eq!(compared.get(), 9_999);
    }

    #[test]
    fn equal_ones_are_there_once_also_after_a_change() {
        let mut registry: Registry<i32> = [3, 5, 3, 8].into_iter().collect();
        assert_eq!(*registry, [3, 5, 8]);
        registry.change_from(1, |thing| *thing += 1);
        assert_eq!(
            (registry.place(&5), registry.place(&6), registry.register(9), registry.register(3)),
            (None, Some(1), 2, 0)
        );
        assert_eq!(registry.into_things(), [3, 6, 9]);
    }
}
