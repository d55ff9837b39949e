//! What other systems are told of runs: real receivers decode what is sent.

mod collector;
mod lineage;
mod mistakes;
mod schema;
mod traces;
