//! The same pipeline on this machine and on Spark: equal files, to the last byte.

mod both;
mod catalog;
mod cleaning;
mod faults;
mod full_disk;
mod jdbc;
mod kills;
mod mixing;
mod outputs;
mod pages;
mod random;
mod refusing;
mod retail;
mod sources;
mod statements;
