//! The catalog of the cluster: its tables are read as those of a database, under the connection `spark`. The cluster reads them by
//! itself; what this machine computes gets their rows through Spark Connect.

mod database;
mod decode;
mod rows;

pub(crate) use database::is_read_as;
pub use storage::SparkCatalog;
pub(crate) use table_name::quoted_table;

mod storage;
mod table_name;
