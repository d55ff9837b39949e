//! One client's session, RFC 5321 as far as clients need it.

use std::io;
use std::net::TcpStream;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::wire::Wire;
use crate::{Encryption, Mail, Mechanism, Shared, Trouble};

/// Bytes of a line of text, with its end and without the dot that was added.
const LONGEST_LINE: usize = 1000;

struct Session<'a> {
    wire: Wire,
    shared: &'a Shared,
    trouble: Trouble,
    user: Option<String>,
    password: String,
    from: Option<String>,
    to: Vec<String>,
    /// Whether the client has said that bytes beyond ASCII are coming.
    eight_bit: bool,
}

/// Whether the session goes on.
#[derive(PartialEq, Eq)]
enum Next {
    On,
    End,
}

/// Serves a client until it is gone.
pub(crate) fn serve(client: TcpStream, shared: &Shared) {
    let mut trouble = Trouble::None;
    shared.change(|happened| {
        happened.sessions += 1;
        trouble = happened.troubles.pop_front().unwrap_or(Trouble::None);
    });
    let Ok(wire) = Wire::new(client) else { return };
    let mut session = Session {
        wire,
        shared,
        trouble,
        user: None,
        password: String::new(),
        from: None,
        to: Vec::new(),
        eight_bit: false,
    };
    // A client that is gone needs no answer.
    let _ = session.run();
    session.wire.drop_now();
}

impl Session<'_> {
    fn run(&mut self) -> io::Result<()> {
        if self.shared.settings.encryption == Encryption::Tls {
            self.wire.encrypt(&self.shared.tls)?;
        }
        if self.trouble == Trouble::Busy {
            return self.wire.say("421 too busy, come back later");
        }
        self.wire.say("220 localhost ESMTP for tests")?;
        while let Some(line) = self.wire.line()? {
            let (verb, rest) = line.split_once(' ').unwrap_or((&line, ""));
            let verb = verb.to_ascii_uppercase();
            let shown = if verb == "AUTH" { verb.clone() } else { line.clone() };
            self.shared.change(|happened| happened.commands.push(shown));
            if self.command(&verb, rest)? == Next::End {
                break;
            }
        }
        Ok(())
    }

    fn command(&mut self, verb: &str, rest: &str) -> io::Result<Next> {
        let settings = &self.shared.settings;
        let needs_tls = settings.encryption == Encryption::StartTls && !self.wire.is_encrypted();
        match verb {
            "EHLO" | "HELO" => self.hello(needs_tls)?,
            "STARTTLS" if needs_tls => {
                self.wire.say("220 go ahead")?;
                self.wire.encrypt(&self.shared.tls)?;
            }
            "NOOP" => self.wire.say("250 fine")?,
            "RSET" => {
                (self.from, self.to) = (None, Vec::new());
                self.wire.say("250 forgotten")?;
            }
            "QUIT" => {
                self.wire.say("221 bye")?;
                return Ok(Next::End);
            }
            _ if needs_tls => self.wire.say("530 5.7.0 say STARTTLS first")?,
            "AUTH" => self.auth(rest)?,
            "MAIL" | "RCPT" | "DATA" if settings.login.is_some() && self.user.is_none() => {
                self.wire.say("530 5.7.0 who are you?")?;
            }
            "MAIL" if self.trouble == Trouble::RefuseSender => self.wire.say("550 5.7.1 you may not send as that")?,
            "MAIL" => {
                self.from = Some(address(rest));
                self.eight_bit = rest.contains("BODY=8BITMIME") || rest.contains("SMTPUTF8");
                self.wire.say("250 fine")?;
            }
            "RCPT" => self.recipient(address(rest))?,
            "DATA" if self.trouble == Trouble::DropBeforeData => return Ok(Next::End),
            "DATA" if self.from.is_none() || self.to.is_empty() => self.wire.say("503 to whom?")?,
            "DATA" => return self.data(),
            _ => self.wire.say("502 that is not known here")?,
        }
        Ok(Next::On)
    }

    fn hello(&mut self, needs_tls: bool) -> io::Result<()> {
        let settings = &self.shared.settings;
        let mut lines = vec!["localhost", "8BITMIME"];
        if needs_tls {
            lines.push("STARTTLS");
        }
        if settings.international {
            lines.push("SMTPUTF8");
        }
        match settings.mechanism {
            _ if needs_tls || settings.login.is_none() => {}
            Mechanism::Plain => lines.push("AUTH PLAIN"),
            Mechanism::Login => lines.push("AUTH LOGIN"),
        }
        let last = lines.len() - 1;
        for (at, line) in lines.iter().enumerate() {
            self.wire.say(&format!("250{}{line}", if at < last { "-" } else { " " }))?;
        }
        Ok(())
    }

    fn auth(&mut self, rest: &str) -> io::Result<()> {
        let (mechanism, first) = rest.split_once(' ').unwrap_or((rest, ""));
        let (user, password) = if mechanism.eq_ignore_ascii_case("LOGIN") {
            let user = self.ask("VXNlcm5hbWU6")?;
            (user, self.ask("UGFzc3dvcmQ6")?)
        } else {
            let line = if first.is_empty() { self.ask("")? } else { decoded(first) };
            let mut parts = line.split('\0').skip(1).map(str::to_owned);
            (parts.next().unwrap_or_default(), parts.next().unwrap_or_default())
        };
        if self.shared.settings.login.as_ref().is_some_and(|known| *known == (user.clone(), password.clone())) {
            (self.user, self.password) = (Some(user), password);
            return self.wire.say("235 welcome");
        }
        // Some servers tell more than they should.
        self.wire.say(&format!("535 5.7.8 {user} may not enter with {password}"))
    }

    fn ask(&mut self, question: &str) -> io::Result<String> {
        self.wire.say(&format!("334 {question}"))?;
        Ok(decoded(&self.wire.line()?.unwrap_or_default()))
    }

    fn recipient(&mut self, address: String) -> io::Result<()> {
        if self.shared.settings.refused.contains(&address) {
            return self.wire.say(&format!("550 5.1.1 nobody is called {address} here"));
        }
        if self.trouble == Trouble::Greylist {
            return self.wire.say("450 4.7.1 greylisted, try again in a moment");
        }
        self.to.push(address);
        self.wire.say("250 fine")
    }

    fn data(&mut self) -> io::Result<Next> {
        self.wire.say("354 go ahead")?;
        if self.trouble == Trouble::DropDuringData {
            self.wire.read_more()?;
            return Ok(Next::End);
        }
        let mut bytes = Vec::new();
        let mut mistake = None;
        loop {
            let Some(line) = self.wire.raw_line()? else { return Ok(Next::End) };
            // Behind a line that ends in LF alone this is not the end.
            if line == b".\r\n" && (bytes.is_empty() || bytes.ends_with(b"\r\n")) {
                break;
            }
            let line = line.strip_prefix(b".").unwrap_or(&line);
            mistake = mistake.or_else(|| illegal(line, self.eight_bit));
            bytes.extend_from_slice(line);
        }
        if let Some(mistake) = mistake {
            (self.from, self.to) = (None, Vec::new());
            self.wire.say(&format!("554 5.6.0 {mistake}"))?;
            return Ok(Next::On);
        }
        let accepted = matches!(self.trouble, Trouble::None | Trouble::DropAfterFinal);
        let mail = Mail {
            from: self.from.take().unwrap_or_default(),
            to: std::mem::take(&mut self.to),
            bytes,
            user: self.user.clone(),
            encrypted: self.wire.is_encrypted(),
            accepted,
        };
        let mut at = 0;
        self.shared.change(|happened| {
            at = happened.mails.len();
            happened.mails.push(mail);
        });
        match self.trouble {
            Trouble::DropAfterData => return Ok(Next::End),
            Trouble::Later => self.wire.say("451 4.3.0 not now")?,
            Trouble::Refuse => {
                let password = self.password.clone();
                self.wire.say(&format!("554 5.7.1 not this one; and {password} is a bad password"))?;
            }
            Trouble::Hold => {
                self.held(at);
                self.wire.say("250 taken")?;
            }
            Trouble::DropAfterFinal => {
                self.wire.say("250 taken")?;
                return Ok(Next::End);
            }
            _ => self.wire.say("250 taken")?,
        }
        Ok(Next::On)
    }

    /// Waits to be released.
    fn held(&mut self, mail: usize) {
        let mut happened = self.shared.happened();
        while happened.released == 0 {
            happened = self.shared.changed.wait(happened).unwrap_or_else(std::sync::PoisonError::into_inner);
        }
        happened.released -= 1;
        happened.mails[mail].accepted = true;
    }
}

/// What is wrong with a line of a message, RFC 5321, 2.3.8 and 4.5.3.1.6: strict servers refuse it.
fn illegal(line: &[u8], eight_bit: bool) -> Option<&'static str> {
    let Some(text) = line.strip_suffix(b"\r\n") else { return Some("bare LF") };
    match text {
        _ if text.contains(&b'\r') => Some("bare CR"),
        _ if text.contains(&0) => Some("NUL"),
        _ if line.len() > LONGEST_LINE => Some("line too long"),
        _ if !eight_bit && !text.is_ascii() => Some("8-bit data without BODY=8BITMIME"),
        _ => None,
    }
}

/// `FROM:<a@b> BODY=8BITMIME` → `a@b`.
fn address(rest: &str) -> String {
    let inner = rest.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map_or(rest, |(inner, _)| inner);
    inner.to_owned()
}

fn decoded(text: &str) -> String {
    String::from_utf8_lossy(&STANDARD.decode(text.trim()).unwrap_or_default()).into_owned()
}
