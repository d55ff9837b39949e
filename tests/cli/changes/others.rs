//! Keys that the small pipeline has no use for: a workbook's sheet, a matrix, webhooks, pictures in a template.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

use super::small::Small;
use crate::project::Project;

/// What `plan` says after each edit, and what the run then does; the pipeline is put back in between.
#[track_caller]
fn after_each(small: &Small, edits: &[(&str, &str)]) -> String {
    let before = std::fs::read_to_string(small.path("pipeline.yaml")).expect("a pipeline");
    small.run(&[]);
    let mut told = Vec::new();
    for (old, new) in edits {
        small.edit("pipeline.yaml", old, new);
        let plan = small.plan(&[]);
        let did: Vec<String> = small.run(&[]).into_iter().collect();
        assert_eq!(small.plan(&[]), Vec::<String>::new(), "`{new}` is done");
        told.push(format!("{new}\n  {}\n  => {}", plan.join("\n  "), did.join(", ")));
        small.write("pipeline.yaml", &before);
        small.run(&[]);
    }
    told.join("\n")
}

#[test]
fn a_sheet_and_a_matrix() {
    let maker = Project::new()
        .file("stock.csv", "item,n\n1,5\n2,6\n")
        .pipeline("version: 1\nname: maker\ntasks: {stock: {type: load, path: stock.csv, output: book.xlsx}}\n");
    maker.run(["run"]).exits(0);
    let small = Small::of(Project::new().file("book.xlsx", maker.bytes("book.xlsx")).pipeline(
        r"
        version: 1
        name: shop
        tasks:
          raw: {type: load, path: book.xlsx}
          part:
            type: aggregate
            foreach: {item: [1, 2], side: [a, b]}
            from: raw
            where: item = ${{ item.item }}
            metrics: {n: sum(n), side: 'max(${{ item.side }})'}
          all: {type: aggregate, from: part, metrics: {n: sum(n)}}
        ",
    ));
    insta::assert_snapshot!(after_each(
        &small,
        &[
            ("path: book.xlsx", "path: book.xlsx, sheet: stock"),
            ("side: [a, b]", "side: [a, c]"),
            ("side: [a, b]", "side: [b, a]"),
            ("item: [1, 2], side: [a, b]", "side: [a, b], item: [1, 2]"),
            ("item: [1, 2]", "item: [1]"),
        ]
    ));
}

/// Answers every request with 200.
fn server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("it is bound").to_string();
    let answer = |mut stream: TcpStream| {
        let (mut text, mut buffer) = (Vec::new(), [0; 4096]);
        loop {
            let read = stream.read(&mut buffer).unwrap_or(0);
            text.extend_from_slice(&buffer[..read]);
            let all = String::from_utf8_lossy(&text).to_ascii_lowercase();
            let length =
                all.split_once("content-length: ").and_then(|(_, rest)| rest.lines().next()?.trim().parse().ok());
            let body = all.split_once("\r\n\r\n").map(|(_, body)| body.len());
            if read == 0 || body.is_some_and(|body| body >= length.unwrap_or(0)) {
                break;
            }
        }
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").ok();
    };
    // It ends with the process of the tests.
    std::thread::spawn(move || listener.incoming().flatten().for_each(answer));
    address
}

#[test]
fn the_keys_of_a_webhook() {
    let address = server();
    let small = Small::of(Project::new().file("orders.csv", "id\n1\n").pipeline(&format!(
        r"
        version: 1
        name: shop
        params: {{word: done}}
        tasks:
          raw: {{type: load, path: orders.csv}}
          tell:
            type: webhook
            url: http://{address}/a
            method: POST
            headers: {{x-by: tidemill}}
            json: {{text: '${{{{ params.word }}}}', rows: '${{{{ tasks.raw.rows }}}}'}}
            depends_on: [raw]
        "
    )));
    let told = after_each(
        &small,
        &[
            ("/a\n", "/b\n"),
            ("method: POST", "method: PUT"),
            ("x-by: tidemill", "x-by: me"),
            ("{text: '", "{more: 1, text: '"),
            ("word: done", "word: over"),
            ("depends_on: [raw]", "depends_on: [raw]\n    inputs: {orders: raw}"),
            ("type: webhook", "type: webhook\n    description: tells"),
        ],
    );
    insta::assert_snapshot!(told.replace(&address, "HOST"));
}

#[test]
fn a_picture_that_a_template_names_is_read_like_the_template() {
    let small = Small::of(
        Project::new()
            .file("logo.svg", "<svg/>")
            .file("page.html", "<img src=\"${{ 'logo.svg' | image }}\">${{ \"logo.svg\"|image }}\n")
            .pipeline(
                "version: 1\nname: shop\ntasks: {page: {type: report, template: page.html, output: outputs/page.html}}\n",
            ),
    );
    small.run(&[]);
    small.write("logo.svg", "<svg></svg>");
    assert_eq!(small.plan(&[]), ["run page: logo.svg changed (content)"]);
    assert_eq!(small.run(&[]).into_iter().collect::<Vec<_>>(), ["ran page"]);
    small.delete("logo.svg");
    let checked = small.checked();
    insta::assert_snapshot!(checked);
}
