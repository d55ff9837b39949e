//! Files of secrets: each line is read as documented, or told with file and line.

use crate::project::Project;

/// A task that writes the secrets A and B, and a mail that needs a third.
fn project(dotenv: impl AsRef<[u8]>) -> Project {
    Project::new().file("some.env", dotenv).pipeline(
        "
        version: 1
        dotenv: some.env
        secrets: [A, B, SMTP_URL]
        tasks:
          t: {type: command, run: \"printf '%s|%s' ${{ secrets.A }} ${{ secrets.B }} > ${{ outputs.o }}\", outputs: {o: o.txt}}
          mail: {type: email, to: [a@example.com], subject: x, body: y, smtp: '${{ secrets.SMTP_URL }}'}
        ",
    )
}

#[test]
fn each_line_is_read_as_documented() {
    for (dotenv, expected) in [
        ("A=pa$word\nB=${A}x\n", "pa$word|${A}x"),
        ("A=it's here\nB=a\"b\n", "it's here|a\"b"),
        ("A=value # a remark\nB=pa#ss\n", "value|pa#ss"),
        ("\u{feff}A=bom\r\nB=crlf\r\n", "bom|crlf"),
        ("export A = spaced \nB=a=b==", "spaced|a=b=="),
        ("A='x $y \"z\" \\n' # it's\nB=\"a\\\"b\\\\ $c\\n\"\n", "x $y \"z\" \\n|a\"b\\ $c\n"),
        ("A=\"first\r\n# second\"\r\nB={\"user\":\"x\"}\r\n", "first\n# second|{\"user\":\"x\"}"),
        ("# one\n\nA=1 old\nB=two\nA=1 new\n", "1 new|two"),
    ] {
        let project = project(dotenv);
        project.run(["run", "t"]).exits(0);
        assert_eq!(project.read("o.txt"), expected, "{dotenv}");
    }
}

#[test]
fn a_line_that_cannot_be_read_ends_all_before_anything_runs_and_is_not_shown() {
    let project = project("A=first-one\nB='it's hidden'\nno assignment\nSMTP_URL=smtp://127.0.0.1:1?tls=none\n");
    insta::assert_snapshot!(project.run(["check"]).exits(2).stderr, @r#"
    error: some.env:2: something stands behind the closing quote
     --> pipeline.yaml:2:9
      |
    2 | dotenv: some.env
      |         ^^^^^^^^ secrets are read from here
      |
      = help: write `\"` for a quote in double quotes; or put the whole value into the other kind of quotes

    error: some.env:3: there is no `=`
     --> pipeline.yaml:2:9
      |
    2 | dotenv: some.env
      |         ^^^^^^^^ secrets are read from here
      |
      = help: write `NAME=value`, or `#` before a remark

    2 errors
    "#);
    for arguments in [["run", "t"], ["plan", "t"]] {
        let told = project.run(arguments).exits(2).stderr;
        assert!(told.contains("some.env:2: ") && told.contains("some.env:3: ") && !told.contains("hidden"), "{told}");
    }
    let found = project.run(["doctor"]).exits(1).stdout;
    assert!(found.contains("2 mistakes, first: some.env:2: something stands"), "{found}");
    assert!(!project.has("outputs/outbox") && !project.has("o.txt"));
}

#[test]
fn a_file_that_is_none_of_text_is_told() {
    let wide: Vec<u8> = "A=x\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (dotenv, told) in [
        (&b"A=1\nB=gr\xfcn\n"[..], "some.env:2: this is not UTF-8"),
        (&wide, "some.env:1: there is a zero byte"),
        (b"A=x\nB='never closed\n", "some.env:2: the quote that opens the value is never closed"),
        (b"B=C:\nA=\"C:\\data\"\n", "some.env:2: a `\\` in double quotes has no meaning here"),
    ] {
        let said = project(dotenv).run(["check"]).exits(2).stderr;
        assert!(said.contains(told), "{said}");
    }
    let folder = Project::new().folder("some.env").pipeline(
        "
        version: 1
        dotenv: some.env
        tasks: {t: {type: command, run: 'true'}}
        ",
    );
    let said = folder.run(["run"]).exits(2).stderr;
    assert!(said.contains("error: some.env: it is a folder, not a regular file"), "{said}");
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_no_text_is_told() {
    use std::os::unix::ffi::OsStrExt as _;
    let project = project("A=x\nB=y\n");
    let mut command = project.command(["check"]);
    command.env("A", std::ffi::OsStr::from_bytes(b"gr\xfcn")).stderr(std::process::Stdio::piped());
    let said = project.wait(command.spawn().expect("the binary starts")).exits(2).stderr;
    assert!(said.contains("the variable A of the environment is not UTF-8"), "{said}");
}
