//! TLS: spoken, and nothing else beside it.

use std::io::{Read, Write};
use std::path::Path;

use tidemill_test_servers::{CertificateAuthority, Certificates, tls_connect};

use super::super::browser::{Answer, Server};
use super::super::pages::shop;
use crate::project::Project;

/// A project with a certificate in its folder.
fn certified(expired: bool) -> (Project, Certificates) {
    let project = shop();
    let certificates = Certificates::make(&project.root(), expired).expect("certificates");
    (project, certificates)
}

fn serve(project: &Project) -> Server {
    Server::with(project.command([
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--tls-cert",
        "server.pem",
        "--tls-key",
        "server.key",
    ]))
}

fn ask(server: &Server, authority: &Path, request: &str) -> std::io::Result<Answer> {
    let mut stream = tls_connect(&server.host, "localhost", authority)?;
    stream.write_all(request.as_bytes())?;
    let mut heard = Vec::new();
    stream.read_to_end(&mut heard)?;
    Answer::read(&String::from_utf8_lossy(&heard)).ok_or_else(|| std::io::Error::other("no answer"))
}

#[test]
fn over_tls_the_page_is_as_ever_and_its_cookie_stays_there() {
    let (project, certificates) = certified(false);
    let server = serve(&project);
    let page = ask(&server, &certificates.authority, &server.request("GET", "/p/shop", &[], "")).expect("an answer");
    assert_eq!(page.status, 200, "{}", page.head);
    let cookie = page.header("set-cookie").expect("a cookie");
    assert!(cookie.contains("; Secure"), "{cookie}");
    let cookie = cookie.split(';').next().expect("a value");
    let post = |origin: &str| {
        let origin = format!("{origin}{}", server.host);
        let headers = [("Cookie", cookie), ("Origin", &*origin)];
        let request = server.request("POST", "/api/v1/projects/shop/runs", &headers, r#"{"select": ["none"]}"#);
        ask(&server, &certificates.authority, &request).expect("an answer").status
    };
    assert_eq!([post("http://"), post("https://")], [403, 422]);
    // Whoever does not speak it is not heard.
    assert!(!server.say(server.request("GET", "/", &[], "")).contains("HTTP/1.1 200"));
}

#[test]
fn a_new_certificate_counts_at_once_and_one_that_is_wrong_does_not() {
    let (project, old) = certified(false);
    let server = serve(&project);
    let request = server.request("GET", "/", &[], "");
    let elsewhere = project.root().join("elsewhere");
    std::fs::create_dir(&elsewhere).expect("a folder");
    let authority = CertificateAuthority::new(&elsewhere).expect("an authority");
    let new = authority.issue("server", &["localhost"], false).expect("a certificate");
    assert!(ask(&server, &old.authority, &request).is_ok() && ask(&server, &new.authority, &request).is_err());
    // The certificate comes before its key: until both are there, the old ones count.
    std::fs::copy(&new.certificate, &old.certificate).expect("a copy");
    assert!(ask(&server, &old.authority, &request).is_ok());
    std::fs::copy(&new.key, &old.key).expect("a copy");
    assert!(ask(&server, &new.authority, &request).is_ok());
    assert!(ask(&server, &old.authority, &request).is_err());
}

#[test]
fn files_that_do_not_fit_are_refused_before_anything_is_answered() {
    let (project, _) = certified(true);
    let project = project.file("empty.pem", "").file("tokens", "run:acting\n");
    let serve = |more: &[&str]| {
        let mut command = project.command(["serve", "--listen", "127.0.0.1:0"]);
        let output = command.args(more).output().expect("the binary starts");
        assert_eq!(output.status.code(), Some(2), "{more:?}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let told = serve(&["--tls-cert", "server.pem"]);
    assert!(told.contains("--tls-key"), "{told}");
    let told = serve(&["--tls-cert", "empty.pem", "--tls-key", "server.key"]);
    assert!(told.contains("empty.pem holds no certificate as PEM"), "{told}");
    let told = serve(&["--tls-cert", "server.pem", "--tls-key", "server.pem"]);
    assert!(told.contains("server.pem holds no key as PEM"), "{told}");
    assert!(told.contains("is not valid at this time"), "{told}");
    let told = serve(&["--tls-cert", "none.pem", "--tls-key", "server.key"]);
    assert!(told.contains("cannot read the certificate in none.pem"), "{told}");
    let told = serve(&["--token-file", "none"]);
    assert!(told.contains("cannot read the tokens in none"), "{told}");
    let told = serve(&["--token-file", "server.pem"]);
    assert!(told.contains("server.pem:1: this is no token") && !told.contains("BEGIN"), "{told}");
}
