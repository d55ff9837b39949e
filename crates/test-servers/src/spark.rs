//! Apache Spark, as the package `pyspark` has it, with its Spark Connect server.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, Weak};
use std::{env, fs};

use rustix::process::Signal;
use tempfile::TempDir;

use crate::programs::{Account, free_port, installed, missing};
use crate::server_process::{ServerProcess, shared};

/// Where Debian's package has the driver of PostgreSQL for Java.
const POSTGRES_DRIVER: &str = "/usr/share/java/postgresql.jar";
/// What the server says when one can connect.
const READY: &str = "Spark Connect server started";

static SHARED: Mutex<Weak<SparkServer>> = Mutex::new(Weak::new());

/// A Spark Connect server with two cores of this machine, on 127.0.0.1, whose folders go with it. It ends with the test's process
/// in any case.
pub struct SparkServer {
    folder: TempDir,
    home: PathBuf,
    port: u16,
    ui_port: u16,
    token: Option<&'static str>,
    process: ServerProcess,
}

impl SparkServer {
    /// One that all tests that run at the same time share; None, and a line that says so, where it is not installed: the folder of
    /// the package is named by `TIDEMILL_SPARK_HOME`.
    ///
    /// # Panics
    /// If it does not start.
    pub fn shared() -> Option<Arc<Self>> {
        shared(&SHARED, || Self::start(None))
    }

    /// One of its own, which demands a token if one is given; None, and a line that says so, where it is not installed.
    ///
    /// # Panics
    /// If it does not start.
    pub fn start(token: Option<&'static str>) -> Option<Self> {
        let Some(home) = env::var_os("TIDEMILL_SPARK_HOME").map(PathBuf::from).filter(|home| home.is_dir()) else {
            missing("Spark (TIDEMILL_SPARK_HOME)");
            return None;
        };
        installed(["java"], &[])?;
        let make = || {
            let folder = tempfile::Builder::new().prefix("spark").tempdir()?;
            fs::create_dir(folder.path().join("warehouse"))?;
            let server = Self {
                folder,
                home,
                port: free_port()?,
                ui_port: free_port()?,
                token,
                process: ServerProcess::default(),
            };
            server.run()?;
            Ok::<_, io::Error>(server)
        };
        Some(make().unwrap_or_else(|error| panic!("Spark does not start: {error}")))
    }

    /// Starts it again after [`kill`](Self::kill), on the same port.
    ///
    /// # Errors
    /// If it does not start.
    pub fn run(&self) -> io::Result<()> {
        self.process.start(READY, || self.server())
    }

    fn server(&self) -> Command {
        let folder = self.folder.path().display();
        let account = Account::other_than_root(&[]);
        let mut server = account.command(&self.home.join("bin/spark-submit"), "KILL");
        server.args(["--master", "local[2]", "--driver-memory", "3g"]);
        // Tests compute little, each time something else: what the better compiler does for code that runs often costs more.
        server.args(["--driver-java-options", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"]);
        server.args(["--class", "org.apache.spark.sql.connect.service.SparkConnectServer"]);
        let settings = [
            ("spark.driver.host", "127.0.0.1".to_owned()),
            ("spark.driver.bindAddress", "127.0.0.1".to_owned()),
            ("spark.connect.grpc.binding.address", "127.0.0.1".to_owned()),
            ("spark.connect.grpc.binding.port", self.port.to_string()),
            ("spark.ui.port", self.ui_port.to_string()),
            ("spark.sql.catalogImplementation", "in-memory".to_owned()),
            ("spark.sql.shuffle.partitions", "4".to_owned()),
            ("spark.sql.warehouse.dir", format!("{folder}/catalog")),
            ("spark.local.dir", format!("{folder}/local")),
        ];
        if Path::new(POSTGRES_DRIVER).is_file() {
            server.args(["--jars", POSTGRES_DRIVER]);
        }
        let token = self.token.map(|token| ("spark.connect.authenticate.token", token.to_owned()));
        for (name, value) in settings.into_iter().chain(token) {
            server.arg("--conf").arg(format!("{name}={value}"));
        }
        server.arg("spark-internal").current_dir(self.folder.path());
        server.env("SPARK_HOME", &self.home).env("SPARK_LOCAL_IP", "127.0.0.1").env_remove("SPARK_CONF_DIR");
        server
    }

    /// The port of its address.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Whether it can read PostgreSQL by itself; a line that says so if not.
    pub fn has_postgres_driver(&self) -> bool {
        let is_there = Path::new(POSTGRES_DRIVER).is_file();
        if !is_there {
            missing("the driver of PostgreSQL for Java (libpostgresql-jdbc-java)");
        }
        is_there
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("sc://127.0.0.1:{}", self.port)
    }

    /// A folder that it sees as this process does, as a URL.
    pub fn warehouse(&self) -> String {
        format!("file://{}", self.folder.path().join("warehouse").display())
    }

    /// Kills it, as a power cut would.
    pub fn kill(&self) {
        self.process.kill(Signal::KILL);
    }
}

impl Drop for SparkServer {
    fn drop(&mut self) {
        self.kill();
    }
}
