//! Apache Spark, as the package `pyspark` has it, with its Spark Connect server.

use std::io::{self, BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::{env, fs, thread};

use tempfile::TempDir;

use crate::programs::{Account, free_port, installed, missing};

/// What the server says when one can connect.
const READY: &str = "Spark Connect server started";
/// How often a start is tried, should another process take the port in between.
const TRIES: usize = 3;

static SHARED: Mutex<Weak<SparkServer>> = Mutex::new(Weak::new());

/// A Spark Connect server with two cores of this machine, on 127.0.0.1, whose folders go with it. It ends with the test's process
/// in any case.
pub struct SparkServer {
    folder: TempDir,
    home: PathBuf,
    port: u16,
    ui_port: u16,
    token: Option<&'static str>,
    running: Mutex<Option<Running>>,
}

struct Running {
    process: i32,
    ended: Receiver<()>,
}

impl SparkServer {
    /// One that all tests that run at the same time share; None, and a line that says so, where it is not installed: the folder of
    /// the package is named by `TIDEMILL_SPARK_HOME`.
    ///
    /// # Panics
    /// If it does not start.
    pub fn shared() -> Option<Arc<Self>> {
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = shared.upgrade() {
            return Some(running);
        }
        let started = Arc::new(Self::start(None)?);
        *shared = Arc::downgrade(&started);
        Some(started)
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
            let server =
                Self { folder, home, port: free_port()?, ui_port: free_port()?, token, running: Mutex::default() };
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
        for _ in 1..TRIES {
            if self.try_run().is_ok() {
                return Ok(());
            }
        }
        self.try_run()
    }

    fn try_run(&self) -> io::Result<()> {
        let (told, first) = channel();
        let (end, ended) = channel();
        let command = self.server();
        // It is to end with the process of the tests, not with the test that was the first to need it.
        thread::spawn(move || watch(command, &told, &end));
        let process = first.recv().map_err(io::Error::other)??;
        *self.running.lock().unwrap_or_else(PoisonError::into_inner) = Some(Running { process, ended });
        Ok(())
    }

    fn server(&self) -> Command {
        let folder = self.folder.path().display();
        let account = Account::other_than_root(&[]);
        let mut server = account.command(&self.home.join("bin/spark-submit"), "KILL");
        server.args(["--master", "local[2]", "--driver-memory", "2g"]);
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
        let token = self.token.map(|token| ("spark.connect.authenticate.token", token.to_owned()));
        for (name, value) in settings.into_iter().chain(token) {
            server.arg("--conf").arg(format!("{name}={value}"));
        }
        server.arg("spark-internal").current_dir(self.folder.path());
        server.env("SPARK_HOME", &self.home).env("SPARK_LOCAL_IP", "127.0.0.1").env_remove("SPARK_CONF_DIR");
        server.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        server
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
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(running) = running else { return };
        if let Some(process) = rustix::process::Pid::from_raw(running.process) {
            // It has ended by itself: then there is nothing to kill.
            let _ = rustix::process::kill_process(process, rustix::process::Signal::KILL);
        }
        let _ = running.ended.recv();
    }
}

impl Drop for SparkServer {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Runs the server until it ends; tells its number when it is ready, or why it is not.
fn watch(mut command: Command, told: &Sender<io::Result<i32>>, end: &Sender<()>) {
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => {
            let _ = told.send(Err(error));
            return;
        }
    };
    let mut last = String::new();
    if let Some(stderr) = child.stderr.take() {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            if line.contains(READY) {
                let _ = told.send(Ok(child.id() as i32));
            }
            last = line;
        }
    }
    let _ = child.wait();
    // Whoever waits has heard that it was ready, or hears this.
    let _ = told.send(Err(io::Error::other(last)));
    let _ = end.send(());
}
