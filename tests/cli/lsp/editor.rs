//! An editor, as the language server sees one.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use serde_json::{Value, json};

use crate::project::Project;

/// A conversation with `tidemill lsp`.
pub struct Editor {
    server: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    root: PathBuf,
    texts: std::collections::BTreeMap<String, (i32, String)>,
    asked: u64,
    /// What the server has told by itself.
    told: Vec<Value>,
}

impl Editor {
    /// Starts the server in a project's folder.
    pub fn of(project: &Project) -> Self {
        let mut server = project.command(["lsp"]);
        let mut server = server.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the binary starts");
        let to = server.stdin.take().expect("it is piped");
        let from = BufReader::new(server.stdout.take().expect("it is piped"));
        let root = project.root().canonicalize().expect("it is there");
        let mut editor = Self { server, to, from, root, texts: Default::default(), asked: 0, told: Vec::new() };
        let capabilities = editor.ask("initialize", json!({"processId": null, "rootUri": null, "capabilities": {}}));
        assert!(capabilities["capabilities"]["renameProvider"].is_object(), "{capabilities}");
        editor.tell("initialized", json!({}));
        editor
    }

    fn send(&mut self, mut message: Value) {
        message["jsonrpc"] = "2.0".into();
        let text = message.to_string();
        write!(self.to, "Content-Length: {}\r\n\r\n{text}", text.len()).expect("the server reads");
    }

    fn receive(&mut self) -> Value {
        let mut length = 0;
        loop {
            let mut line = String::new();
            self.from.read_line(&mut line).expect("the server writes text");
            assert!(!line.is_empty(), "the server has gone: {:?}", self.server.wait());
            match line.trim().split_once(": ") {
                Some(("Content-Length", value)) => length = value.parse().expect("a length is a number"),
                Some(_) => {}
                None => break,
            }
        }
        let mut bytes = vec![0; length];
        self.from.read_exact(&mut bytes).expect("as long as it says");
        serde_json::from_slice(&bytes).expect("messages are JSON")
    }

    /// Tells the server something.
    pub fn tell(&mut self, method: &str, params: Value) {
        self.send(json!({"method": method, "params": params}));
    }

    /// What the server answers; of a refusal, the error.
    pub fn ask(&mut self, method: &str, params: Value) -> Value {
        self.asked += 1;
        let id = self.asked;
        self.send(json!({"id": id, "method": method, "params": params}));
        loop {
            let mut message = self.receive();
            if message["id"] == id {
                return if message.get("error").is_some() { message["error"].take() } else { message["result"].take() };
            }
            self.told.push(message);
        }
    }

    fn uri(&self, path: &str) -> String {
        format!("file://{}", self.root.join(path).display())
    }

    /// Opens a file.
    pub fn open(&mut self, path: &str) -> Vec<Value> {
        let text = std::fs::read_to_string(self.root.join(path)).expect("the file is there");
        let document = json!({"uri": self.uri(path), "languageId": "yaml", "version": 1, "text": text});
        self.texts.insert(path.to_owned(), (1, text));
        self.tell("textDocument/didOpen", json!({"textDocument": document}));
        self.mistakes(path)
    }

    /// Replaces the text of a file that is open, and gives the mistakes then.
    pub fn edit(&mut self, path: &str, text: &str) -> Vec<Value> {
        let uri = self.uri(path);
        let known = self.texts.get_mut(path).expect("it is open");
        *known = (known.0 + 1, text.to_owned());
        let version = known.0;
        let document = json!({"uri": uri, "version": version});
        self.tell("textDocument/didChange", json!({"textDocument": document, "contentChanges": [{"text": text}]}));
        self.mistakes(path)
    }

    /// The mistakes of the last version of a file, as soon as they are told.
    fn mistakes(&mut self, path: &str) -> Vec<Value> {
        let (uri, version) = (self.uri(path), self.texts[path].0);
        loop {
            let is_it = |told: &Value| {
                told["method"] == "textDocument/publishDiagnostics"
                    && told["params"]["uri"] == uri.as_str()
                    && told["params"]["version"] == version
            };
            if let Some(at) = self.told.iter().position(is_it) {
                let found = self.told[at]["params"]["diagnostics"].take();
                self.told.clear();
                return found.as_array().cloned().expect("mistakes are a list");
            }
            let message = self.receive();
            self.told.push(message);
        }
    }

    /// The place of `|` in a piece of the text, as a question about it names it.
    pub fn at(&self, path: &str, marked: &str) -> Value {
        let text = &self.texts[path].1;
        let before = marked.find('|').expect("the place is marked");
        let start = text.find(&marked.replacen('|', "", 1)).unwrap_or_else(|| panic!("{marked} is not in {text}"));
        let head = &text[..start + before];
        let line = head.matches('\n').count();
        let column = head[head.rfind('\n').map_or(0, |at| at + 1)..].encode_utf16().count();
        json!({"textDocument": {"uri": self.uri(path)}, "position": {"line": line, "character": column}})
    }

    /// What is told of a place.
    pub fn hover(&mut self, path: &str, marked: &str) -> String {
        let at = self.at(path, marked);
        self.ask("textDocument/hover", at)["contents"]["value"].as_str().unwrap_or_default().to_owned()
    }

    /// What may be typed at a place.
    pub fn complete(&mut self, path: &str, marked: &str) -> Vec<String> {
        let at = self.at(path, marked);
        let items = self.ask("textDocument/completion", at);
        items.as_array().into_iter().flatten().filter_map(|item| Some(item["label"].as_str()?.to_owned())).collect()
    }

    /// Where a thing is made: `file:line:column`, both from 1.
    pub fn define(&mut self, path: &str, marked: &str) -> String {
        let at = self.at(path, marked);
        let found = self.ask("textDocument/definition", at);
        let number = |value: &Value| value.as_u64().map_or(0, |number| number + 1);
        let start = &found["range"]["start"];
        let uri = found["uri"].as_str().unwrap_or_default();
        let file = uri.rsplit('/').next().unwrap_or_default();
        format!("{file}:{}:{}", number(&start["line"]), number(&start["character"]))
    }

    /// Renames what stands at a place, in the files; a refusal in words.
    pub fn rename(&mut self, path: &str, marked: &str, new: &str) -> Result<usize, String> {
        let mut asked = self.at(path, marked);
        asked["newName"] = new.into();
        let answer = self.ask("textDocument/rename", asked);
        if let Some(refused) = answer["message"].as_str() {
            return Err(refused.to_owned());
        }
        let changes = answer["changes"].as_object().cloned().expect("changes are by file");
        let mut count = 0;
        for (uri, edits) in changes {
            let file = PathBuf::from(uri.strip_prefix("file://").expect("files are of this machine"));
            count += apply(&file, edits.as_array().expect("edits are a list"));
        }
        Ok(count)
    }

    /// Ends the conversation as an editor does.
    pub fn quit(mut self) {
        self.ask("shutdown", Value::Null);
        self.tell("exit", Value::Null);
        assert!(self.server.wait().expect("it is ours").success());
    }
}

/// Makes the edits of a file, from the last to the first.
fn apply(file: &Path, edits: &[Value]) -> usize {
    let text = std::fs::read_to_string(file).expect("it is there");
    let mut lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
    let place = |end: &Value| {
        let number = |value: &Value| usize::try_from(value.as_u64().unwrap_or_default()).expect("it is small");
        (number(&end["line"]), number(&end["character"]))
    };
    let mut edits: Vec<&Value> = edits.iter().collect();
    edits.sort_by_key(|edit| std::cmp::Reverse(place(&edit["range"]["start"])));
    for edit in &edits {
        let ((line, start), (_, end)) = (place(&edit["range"]["start"]), place(&edit["range"]["end"]));
        lines[line].replace_range(start..end, edit["newText"].as_str().expect("it is text"));
    }
    std::fs::write(file, lines.join("\n")).expect("it is ours");
    edits.len()
}
