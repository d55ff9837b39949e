//! Servers and other programs for tests: each is started from the installed programs, on a free port, in a folder of its own that goes with it.
//!
//! Where a program is not installed, a test says so and is skipped; with `TIDEMILL_REQUIRE_SERVERS=1` it fails.

mod adbc;
mod certificate_authority;
mod chromium;
mod cut;
mod grpc;
mod mariadb;
mod neovim;
mod postgres;
mod programs;
mod s3;
mod server_process;
mod spark;
mod tls_client;
mod tls_proxy;
mod web;

pub use adbc::adbc_driver;
pub use certificate_authority::{CertificateAuthority, Certificates};
pub use chromium::browser_script;
pub use cut::{ConnectionState, Cut};
pub use grpc::{GrpcCall, GrpcServer};
pub use mariadb::MariaDb;
pub use neovim::neovim;
pub use postgres::Postgres;
pub use s3::S3Server;
pub use spark::SparkServer;
pub use tls_client::tls_connect;
pub use tls_proxy::TlsProxy;
pub use web::{WebAnswer, WebRequest, WebServer};
