//! What `doctor` says of a server's setting.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;

use tidemill_test_servers::Certificates;

use super::pages::shop;
use crate::project::Project;

/// The lines of these checks; the exit code is as it must be.
#[track_caller]
fn told<const N: usize>(project: &Project, arguments: [&str; N], code: i32) -> Vec<String> {
    let mut command = project.command(["doctor"]);
    let output = command.args(arguments).output().expect("the binary starts");
    assert_eq!(output.status.code(), Some(code), "{}", String::from_utf8_lossy(&output.stdout));
    let text = String::from_utf8(output.stdout).expect("text");
    let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let lines = text.lines().map(words);
    lines.skip_while(|line| !line.contains("sqlite ")).skip(1).take_while(|line| !line.is_empty()).collect()
}

#[test]
fn a_good_setting_is_told_line_by_line() {
    let project = shop().file("tokens", "run:0123456789abcdef0123456789abcdef\n");
    Certificates::make(&project.root(), false).expect("certificates");
    for file in ["tokens", "server.key"] {
        let path = project.root().join(file);
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).expect("it is ours");
    }
    let all =
        ["--listen", "127.0.0.1:0", "--token-file", "tokens", "--tls-cert", "server.pem", "--tls-key", "server.key"];
    assert_eq!(
        told(&project, all, 0),
        ["ok page 127.0.0.1:0 is free", "ok tokens 1 token", "ok tls server.pem is valid, and server.key is its key"]
    );
    assert!(told(&project, [], 0).is_empty(), "a server is looked at if it is asked for");
}

#[test]
fn what_is_wrong_with_a_setting_is_told_with_what_to_do() {
    let project = shop().file("tokens", "read:looking\nrun:acting\n").file("broken", "write:x\n");
    let closed = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(project.root().join("broken"), closed).expect("it is ours");
    Certificates::make(&project.root(), true).expect("certificates");
    let path = project.root().join("tokens");
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o644)).expect("it is ours");
    assert_eq!(
        told(&project, ["--listen", "0.0.0.0:0"], 1),
        [
            "bad page 0.0.0.0:0 can be reached from elsewhere, and no token is set",
            "help: set TIDEMILL_TOKEN, or give `--token-file`"
        ]
    );
    assert_eq!(
        told(&project, ["--listen", "0.0.0.0:0", "--token-file", "tokens"], 0),
        [
            "note page 0.0.0.0:0 is free, and what goes over the network would be readable",
            "help: put TLS in front of it, or give `--tls-cert` and `--tls-key`",
            "note tokens one has 6 characters: it can be guessed",
            "help: `openssl rand -hex 32` makes one that cannot",
            "note page tokens can be read by everybody on this machine",
            "help: `chmod 600 tokens`",
        ]
    );
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("an address").to_string();
    assert_eq!(
        told(&project, ["--listen", &address, "--token-file", "broken"], 1),
        [
            format!("note page {address} is taken: perhaps the page is there already"),
            "help: `--listen` with another port, if it is not".to_owned(),
            "bad tokens broken:1: this is no token".to_owned(),
            "help: write `read:TOKEN` or `run:TOKEN`, one a line".to_owned(),
        ]
    );
    let expired = told(&project, ["--listen", "127.0.0.1:0", "--tls-cert", "server.pem", "--tls-key", "server.key"], 1);
    assert!(
        expired.contains(&"bad tls the certificate in server.pem is not valid at this time".to_owned()),
        "{expired:?}"
    );
    let other = told(&project, ["--listen", "127.0.0.1:0", "--tls-cert", "ca.pem", "--tls-key", "server.key"], 1);
    let told = "bad tls the key in server.key does not belong to the certificate in ca.pem";
    assert!(other.contains(&told.to_owned()), "{other:?}");
}
