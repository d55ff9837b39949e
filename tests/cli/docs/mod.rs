//! The docs: their examples are right, their links lead somewhere, their paragraphs are short.

mod generated;
mod links;
mod page;
mod prose;
mod yaml;
