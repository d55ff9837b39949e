//! Object stores and the web as storages, against servers of the tests' own.

mod harness;
mod store;
mod web;
