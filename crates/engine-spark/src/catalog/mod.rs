//! The catalog of the cluster: its tables are read as those of a database, under the connection `spark`: `spark://db.sales` is the
//! table `sales` of its `db`. The cluster reads them by itself; what this machine computes gets their rows through Spark Connect.

mod database;
mod decode;
mod rows;
mod table_name;

pub use database::CatalogDatabase;
pub(crate) use database::is_read_as;
pub(crate) use table_name::quoted_table;
