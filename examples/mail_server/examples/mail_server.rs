//! A mail server to try mails with: `cargo run --example mail_server -- --folder /tmp/mails`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use tidemill_mail_server::{Encryption, Mail, Server, Settings};

const USAGE: &str = "\
Takes mails on this machine and keeps each as a file.

Usage: cargo run --example mail_server [-- OPTIONS]

  --port N      on 127.0.0.1 [default: 2525]
  --folder DIR  where the mails and the certificate go [default: mails]
  --tls HOW     none, starttls or tls [default: starttls]
  --password P  of the user `tidemill` [default: demo]";

struct Wanted {
    port: u16,
    folder: PathBuf,
    encryption: Encryption,
    password: String,
}

/// What the command line asks for; `None` for help.
fn parse(mut args: impl Iterator<Item = String>) -> Result<Option<Wanted>, String> {
    let mut wanted = Wanted {
        port: 2525,
        folder: PathBuf::from("mails"),
        encryption: Encryption::StartTls,
        password: "demo".to_owned(),
    };
    while let Some(flag) = args.next() {
        if matches!(flag.as_str(), "-h" | "--help") {
            return Ok(None);
        }
        let value = args.next().ok_or_else(|| format!("`{flag}` needs a value"))?;
        match (flag.as_str(), value.as_str()) {
            ("--port", _) => wanted.port = value.parse().map_err(|_| format!("`{value}` is no port"))?,
            ("--folder", _) => wanted.folder = value.into(),
            ("--password", _) => wanted.password = value,
            ("--tls", "none") => wanted.encryption = Encryption::None,
            ("--tls", "starttls") => wanted.encryption = Encryption::StartTls,
            ("--tls", "tls") => wanted.encryption = Encryption::Tls,
            _ => return Err(format!("unknown option `{flag} {value}`")),
        }
    }
    Ok(Some(wanted))
}

fn main() -> ExitCode {
    let wanted = match parse(std::env::args().skip(1)) {
        Ok(Some(wanted)) => wanted,
        Ok(None) => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(message) => {
            eprintln!("error: {message}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match serve(&wanted) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn serve(wanted: &Wanted) -> std::io::Result<()> {
    std::fs::create_dir_all(&wanted.folder)?;
    let user = "tidemill";
    let server = Server::start(Settings {
        port: wanted.port,
        encryption: wanted.encryption,
        login: Some((user.to_owned(), wanted.password.clone())),
        international: true,
        ..Settings::default()
    })?;
    let url = match wanted.encryption {
        Encryption::None => server.url(user, &wanted.password),
        _ => server.url_trusting(user, &wanted.password, &wanted.folder.canonicalize()?.join("ca.pem"))?,
    };
    println!("mails for {} are kept in {}; send them with\n", server.address(), wanted.folder.display());
    println!("  export SMTP_URL='{url}'\n");
    let mut seen = 0;
    loop {
        server.wait_for(seen + 1, Duration::from_secs(3600));
        for mail in &server.mails()[seen..] {
            seen += 1;
            let path = wanted.folder.join(format!("{seen:04}.eml"));
            std::fs::write(&path, &mail.bytes)?;
            println!("{}  {} → {}  {}", path.display(), mail.from, mail.to.join(", "), subject(mail));
        }
    }
}

/// The subject as the header has it.
fn subject(mail: &Mail) -> String {
    let text = String::from_utf8_lossy(&mail.bytes);
    text.lines().find_map(|line| line.strip_prefix("Subject: ")).unwrap_or_default().to_owned()
}
