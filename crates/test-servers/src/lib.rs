//! Servers for tests, each started from the installed programs in a folder of its own.
