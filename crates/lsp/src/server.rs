//! The conversation with an editor.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, select};
use lsp_server::{Connection, ErrorCode, Message, Notification, Request as Asked, RequestId, Response};
use lsp_types::notification::{
    DidChangeTextDocument, DidChangeWatchedFiles, DidCloseTextDocument, DidOpenTextDocument, DidSaveTextDocument,
    Notification as _, PublishDiagnostics,
};
use lsp_types::request::{
    CodeActionRequest, Completion, DocumentSymbolRequest, GotoDefinition, HoverRequest, PrepareRenameRequest,
    References, Rename, Request as _,
};
use lsp_types::{
    CodeActionKind, CodeActionOptions, CodeActionParams, CodeActionProviderCapability, CompletionOptions,
    CompletionParams, DidChangeTextDocumentParams, DidCloseTextDocumentParams, DidOpenTextDocumentParams,
    DocumentSymbolParams, DocumentSymbolResponse, GotoDefinitionParams, Hover, HoverContents, HoverParams,
    HoverProviderCapability, Location, MarkupContent, MarkupKind, OneOf, PrepareRenameResponse,
    PublishDiagnosticsParams, Range, ReferenceParams, RenameOptions, RenameParams, SaveOptions, ServerCapabilities,
    TextDocumentPositionParams, TextDocumentSyncCapability, TextDocumentSyncKind, TextDocumentSyncOptions,
    TextDocumentSyncSaveOptions, TextEdit, Uri, WorkspaceEdit,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::analysis::{Analysis, Checker, Unsaved};
use crate::checking::{self, CheckRequest, Outcome};
use crate::document::{Document, offset, range};
use crate::pipeline_file::{path_of, pipeline_of, uri_of};
use crate::schema::PipelineSchema;
use crate::symbol::Symbol;
use crate::{completion, definition, hover, outline, published, quick_fix, rename, symbol, word};

/// A question about a text waits so long for the check of its last edit, and is then answered from the check before.
const PATIENCE: Duration = Duration::from_secs(2);

/// A name that no pipeline has, by which the uses of another are found.
const NO_NAME: &str = "tidemill_no_such_name";

/// Why the server ended before it was told to.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The editor does not speak the protocol.
    #[error("the language server was spoken to in another protocol: {0}")]
    Protocol(String),
    /// The thread that checks, or one that reads and writes, could not go on.
    #[error("the language server cannot go on: {0}")]
    Thread(#[from] std::io::Error),
}

/// Serves one editor over stdin and stdout, until it says `exit` or goes away. `name` and `version` are told to the editor.
///
/// # Errors
/// If the editor speaks another protocol, or a thread cannot be started.
pub fn serve(checker: Arc<dyn Checker>, name: &str, version: &str) -> Result<(), ServerError> {
    let (connection, threads) = Connection::stdio();
    converse(&connection, checker, name, version)?;
    drop(connection);
    threads.join()?;
    Ok(())
}

fn converse(connection: &Connection, checker: Arc<dyn Checker>, name: &str, version: &str) -> Result<(), ServerError> {
    let protocol = |error: lsp_server::ProtocolError| ServerError::Protocol(error.to_string());
    let (id, _) = connection.initialize_start().map_err(protocol)?;
    let told = json!({"capabilities": capabilities(), "serverInfo": {"name": name, "version": version}});
    connection.initialize_finish(id, told).map_err(protocol)?;
    let (requests, outcomes) = checking::start(checker.clone())?;
    let mut server = Server {
        sender: connection.sender.clone(),
        checker,
        requests,
        outcomes,
        documents: BTreeMap::new(),
        pipelines: BTreeMap::new(),
        schemas: HashMap::new(),
        revision: 0,
    };
    loop {
        select! {
            recv(connection.receiver) -> message => match message {
                Ok(Message::Request(request)) => {
                    if connection.handle_shutdown(&request).map_err(protocol)? {
                        return Ok(());
                    }
                    server.answer(request);
                }
                Ok(Message::Notification(notification)) => server.hear(notification),
                Ok(Message::Response(_)) => {}
                Err(_) => return Ok(()),
            },
            recv(server.outcomes) -> outcome => match outcome {
                Ok(outcome) => server.take(outcome),
                Err(_) => return Err(std::io::Error::other("the thread that checks has ended").into()),
            },
        }
    }
}

fn capabilities() -> ServerCapabilities {
    ServerCapabilities {
        text_document_sync: Some(TextDocumentSyncCapability::Options(TextDocumentSyncOptions {
            open_close: Some(true),
            change: Some(TextDocumentSyncKind::INCREMENTAL),
            save: Some(TextDocumentSyncSaveOptions::SaveOptions(SaveOptions { include_text: Some(false) })),
            ..TextDocumentSyncOptions::default()
        })),
        hover_provider: Some(HoverProviderCapability::Simple(true)),
        completion_provider: Some(CompletionOptions {
            trigger_characters: Some([".", "{", " "].map(str::to_owned).to_vec()),
            ..CompletionOptions::default()
        }),
        definition_provider: Some(OneOf::Left(true)),
        references_provider: Some(OneOf::Left(true)),
        document_symbol_provider: Some(OneOf::Left(true)),
        code_action_provider: Some(CodeActionProviderCapability::Options(CodeActionOptions {
            code_action_kinds: Some(vec![CodeActionKind::QUICKFIX]),
            ..CodeActionOptions::default()
        })),
        rename_provider: Some(OneOf::Right(RenameOptions {
            prepare_provider: Some(true),
            work_done_progress_options: lsp_types::WorkDoneProgressOptions::default(),
        })),
        ..ServerCapabilities::default()
    }
}

/// A pipeline of which a text is open.
#[derive(Default)]
struct Pipeline {
    /// The revision of its last edit.
    asked: u64,
    /// The revision of the last check.
    checked: u64,
    /// What the last check found.
    analysis: Option<Analysis>,
    /// The last one without mistakes, for completing while a text is half-written.
    sound: Option<Analysis>,
    /// The files whose mistakes the editor was told.
    told: Vec<PathBuf>,
}

impl Pipeline {
    /// The analyses to complete from, the better first.
    fn analyses(&self) -> impl Iterator<Item = &Analysis> {
        self.analysis.iter().chain(&self.sound)
    }
}

struct Server {
    sender: Sender<Message>,
    checker: Arc<dyn Checker>,
    requests: Sender<CheckRequest>,
    outcomes: Receiver<Outcome>,
    documents: BTreeMap<PathBuf, Document>,
    pipelines: BTreeMap<PathBuf, Pipeline>,
    /// What the schema says, by the pipeline; made when first asked for.
    schemas: HashMap<PathBuf, Arc<PipelineSchema>>,
    revision: u64,
}

/// What is answered: a value, or why there is none.
type Answer = Result<Value, String>;

impl Server {
    fn hear(&mut self, notification: Notification) {
        match notification.method.as_str() {
            DidOpenTextDocument::METHOD => self.with(notification, |server, told: DidOpenTextDocumentParams| {
                let document = told.text_document;
                let Some(path) = path_of(&document.uri) else { return };
                let opened = Document { uri: document.uri, version: document.version, text: document.text };
                server.documents.insert(path.clone(), opened);
                server.check(&path);
            }),
            DidChangeTextDocument::METHOD => self.with(notification, |server, told: DidChangeTextDocumentParams| {
                let Some(path) = path_of(&told.text_document.uri) else { return };
                let Some(document) = server.documents.get_mut(&path) else { return };
                document.version = told.text_document.version;
                told.content_changes.into_iter().for_each(|change| document.change(change));
                server.check(&path);
            }),
            DidCloseTextDocument::METHOD => self.with(notification, |server, told: DidCloseTextDocumentParams| {
                let Some(path) = path_of(&told.text_document.uri) else { return };
                let closed = server.documents.remove(&path);
                if let Some(pipeline) = closed.and_then(|closed| pipeline_of(&path, &closed.text)) {
                    server.request(pipeline);
                }
            }),
            // Another text may have changed on the disk, or a source.
            DidSaveTextDocument::METHOD | DidChangeWatchedFiles::METHOD => {
                let pipelines: Vec<PathBuf> = self.pipelines.keys().cloned().collect();
                pipelines.into_iter().for_each(|pipeline| self.request(pipeline));
            }
            _ => {}
        }
    }

    fn with<T: DeserializeOwned>(&mut self, notification: Notification, act: impl FnOnce(&mut Self, T)) {
        // What is not as the protocol has it is nothing that could be done.
        if let Ok(told) = serde_json::from_value(notification.params) {
            act(self, told);
        }
    }

    fn answer(&mut self, request: Asked) {
        let Asked { id, method, params } = request;
        let answer = match method.as_str() {
            HoverRequest::METHOD => self.ask(params, Self::hover),
            Completion::METHOD => self.ask(params, Self::complete),
            GotoDefinition::METHOD => self.ask(params, Self::define),
            References::METHOD => self.ask(params, Self::refer),
            PrepareRenameRequest::METHOD => self.ask(params, Self::prepare_rename),
            Rename::METHOD => self.ask(params, Self::rename),
            DocumentSymbolRequest::METHOD => self.ask(params, Self::outline),
            CodeActionRequest::METHOD => self.ask(params, Self::act),
            _ => return self.refuse(id, ErrorCode::MethodNotFound, format!("`{method}` is not answered here")),
        };
        match answer {
            Ok(value) => self.send(Message::Response(Response::new_ok(id, value))),
            Err(message) => self.refuse(id, ErrorCode::RequestFailed, message),
        }
    }

    fn ask<T: DeserializeOwned>(&mut self, params: Value, answer: impl FnOnce(&mut Self, T) -> Answer) -> Answer {
        let params = serde_json::from_value(params).map_err(|error| error.to_string())?;
        answer(self, params)
    }

    fn refuse(&self, id: RequestId, code: ErrorCode, message: String) {
        self.send(Message::Response(Response::new_err(id, code as i32, message)));
    }

    fn send(&self, message: Message) {
        // If the editor is gone, the loop ends with the next message that does not come.
        _ = self.sender.send(message);
    }

    /// Has the pipeline checked to which a text belongs.
    fn check(&mut self, path: &Path) {
        let pipeline = self.documents.get(path).and_then(|document| pipeline_of(path, &document.text));
        if let Some(pipeline) = pipeline {
            self.request(pipeline);
        }
    }

    fn request(&mut self, pipeline: PathBuf) {
        self.revision += 1;
        self.pipelines.entry(pipeline.clone()).or_default().asked = self.revision;
        let request = CheckRequest { pipeline, unsaved: self.unsaved(), revision: self.revision };
        // The thread is there as long as the server; that it has ended is told where its outcomes are read.
        _ = self.requests.send(request);
    }

    fn unsaved(&self) -> Unsaved {
        Arc::new(self.documents.iter().map(|(path, document)| (path.clone(), document.text.clone())).collect())
    }

    /// Takes what a check found, and tells the editor.
    fn take(&mut self, outcome: Outcome) {
        let Some(pipeline) = self.pipelines.get_mut(&outcome.pipeline) else { return };
        pipeline.checked = outcome.revision;
        let analysis = match outcome.analysis {
            Ok(analysis) => analysis,
            Err(message) => {
                let message = json!({"type": 1, "message": message});
                let told = Notification::new("window/logMessage".to_owned(), message);
                return self.send(Message::Notification(told));
            }
        };
        let files = published::by_file(&analysis, &outcome.pipeline);
        let gone: Vec<PathBuf> = pipeline.told.iter().filter(|path| !files.contains_key(*path)).cloned().collect();
        pipeline.told = files.iter().filter(|(_, found)| !found.is_empty()).map(|(path, _)| path.clone()).collect();
        if let Some(last) = pipeline.analysis.take().filter(|last| last.errors().all(|error| error.passing)) {
            pipeline.sound = Some(last);
        }
        pipeline.analysis = Some(analysis);
        for (path, diagnostics) in files.into_iter().chain(gone.into_iter().map(|path| (path, Vec::new()))) {
            let document = self.documents.get(&path);
            let Some(uri) = document.map(|document| document.uri.clone()).or_else(|| uri_of(&path)) else { continue };
            // A file that is neither open nor wrong has nothing to be told of.
            let version = document.map(|document| document.version);
            let told = PublishDiagnosticsParams { uri, diagnostics, version };
            let told = Notification::new(PublishDiagnostics::METHOD.to_owned(), told);
            self.send(Message::Notification(told));
        }
    }

    /// Waits until the last edit of a pipeline is checked, if that does not take long.
    fn wait(&mut self, pipeline: &Path) {
        let until = Instant::now() + PATIENCE;
        while self.pipelines.get(pipeline).is_some_and(|known| known.checked < known.asked) {
            match self.outcomes.recv_deadline(until) {
                Ok(outcome) => self.take(outcome),
                Err(_) => return,
            }
        }
    }

    /// The file and its pipeline, checked up to the last edit.
    fn place(&mut self, uri: &Uri) -> Option<(PathBuf, PathBuf)> {
        let path = path_of(uri)?;
        let pipeline = pipeline_of(&path, &self.documents.get(&path)?.text)?;
        self.wait(&pipeline);
        Some((path, pipeline))
    }

    /// What stands at a position, of a pipeline that was checked.
    fn symbol(&mut self, at: &TextDocumentPositionParams) -> Option<(Symbol, PathBuf, PathBuf)> {
        let (path, pipeline) = self.place(&at.text_document.uri)?;
        let analysis = self.pipelines.get(&pipeline)?.analysis.as_ref()?;
        let text = &analysis.sources.get(analysis.file(&path)?)?.text;
        let symbol = symbol::at(analysis, &path, offset(text, at.position))?;
        Some((symbol, path, pipeline))
    }

    fn analysis(&self, pipeline: &Path) -> Option<&Analysis> {
        self.pipelines.get(pipeline)?.analysis.as_ref()
    }

    fn schema(&mut self, pipeline: &Path) -> Option<Arc<PipelineSchema>> {
        if let Some(known) = self.schemas.get(pipeline) {
            return Some(known.clone());
        }
        let schema = Arc::new(PipelineSchema::new(&self.analysis(pipeline)?.types));
        self.schemas.insert(pipeline.to_owned(), schema.clone());
        Some(schema)
    }

    fn hover(&mut self, asked: HoverParams) -> Answer {
        let told = self.symbol(&asked.text_document_position_params).and_then(|(symbol, path, pipeline)| {
            let schema = self.schema(&pipeline)?;
            let analysis = self.analysis(&pipeline)?;
            let value = hover::text(&symbol, analysis, &schema, &*self.checker)?;
            let text = &analysis.sources.get(analysis.file(&path)?)?.text;
            let contents = HoverContents::Markup(MarkupContent { kind: MarkupKind::Markdown, value });
            Some(Hover { contents, range: Some(range(text, symbol.range)) })
        });
        Ok(json!(told))
    }

    fn complete(&mut self, asked: CompletionParams) -> Answer {
        let at = asked.text_document_position;
        let items = self.place(&at.text_document.uri).and_then(|(path, pipeline)| {
            let schema = self.schema(&pipeline)?;
            let text = &self.documents.get(&path)?.text;
            let offset = offset(text, at.position);
            let analyses: Vec<&Analysis> = self.pipelines.get(&pipeline)?.analyses().collect();
            Some(completion::at(&analyses, &schema, &path, text, offset))
        });
        Ok(json!(items.unwrap_or_default()))
    }

    fn define(&mut self, asked: GotoDefinitionParams) -> Answer {
        let found = self.symbol(&asked.text_document_position_params).and_then(|(symbol, _, pipeline)| {
            let analysis = self.analysis(&pipeline)?;
            let found = definition::of(&symbol, analysis)?;
            location(analysis, &found.path, found.range)
        });
        Ok(json!(found))
    }

    fn refer(&mut self, asked: ReferenceParams) -> Answer {
        let Some((symbol, _, pipeline)) = self.symbol(&asked.text_document_position) else { return Ok(Value::Null) };
        let Some(analysis) = self.analysis(&pipeline) else { return Ok(Value::Null) };
        let Some(name) = rename::name_of(&symbol, analysis) else { return Ok(Value::Null) };
        let checks = (&*self.checker, &*pipeline, &self.unsaved());
        let found = rename::occurrences(&symbol, NO_NAME, analysis, checks)?;
        let places = found
            .iter()
            .flat_map(|(path, places)| places.iter().filter_map(|at| location(analysis, path, *at..*at + name.len())));
        Ok(json!(places.collect::<Vec<_>>()))
    }

    fn prepare_rename(&mut self, asked: TextDocumentPositionParams) -> Answer {
        let found = self.symbol(&asked).and_then(|(symbol, path, pipeline)| {
            let analysis = self.analysis(&pipeline)?;
            let placeholder = rename::name_of(&symbol, analysis)?;
            let text = &analysis.sources.get(analysis.file(&path)?)?.text;
            let range = range(text, symbol.range);
            Some(PrepareRenameResponse::RangeWithPlaceholder { range, placeholder })
        });
        Ok(json!(found))
    }

    fn rename(&mut self, asked: RenameParams) -> Answer {
        let new = asked.new_name;
        if new.is_empty() || !new.chars().all(word::is_of_name) {
            return Err(format!("`{new}` is no name: letters, digits and `_` make one"));
        }
        let Some((symbol, _, pipeline)) = self.symbol(&asked.text_document_position) else {
            return Err("there is no task and no column here".to_owned());
        };
        let Some(analysis) = self.analysis(&pipeline) else { return Ok(Value::Null) };
        let old = rename::name_of(&symbol, analysis).ok_or("only tasks and columns can be renamed")?;
        let checks = (&*self.checker, &*pipeline, &self.unsaved());
        let found = rename::occurrences(&symbol, &new, analysis, checks)?;
        #[expect(
            clippy::mutable_key_type,
            reason = "the protocol's form of an edit; the key's inner state is not its identity"
        )]
        let mut changes: HashMap<Uri, Vec<TextEdit>> = HashMap::new();
        for (path, places) in &found {
            for at in places {
                let Some(place) = location(analysis, path, *at..*at + old.len()) else { continue };
                let edit = TextEdit { range: place.range, new_text: new.clone() };
                changes.entry(place.uri).or_default().push(edit);
            }
        }
        Ok(json!(WorkspaceEdit { changes: Some(changes), ..WorkspaceEdit::default() }))
    }

    fn outline(&mut self, asked: DocumentSymbolParams) -> Answer {
        let symbols = self.place(&asked.text_document.uri).and_then(|(path, pipeline)| {
            let analysis = self.analysis(&pipeline)?;
            let file = analysis.file(&path)?;
            Some(outline::of(&analysis.tree(file)?, &analysis.sources.get(file)?.text))
        });
        Ok(json!(DocumentSymbolResponse::Nested(symbols.unwrap_or_default())))
    }

    fn act(&mut self, asked: CodeActionParams) -> Answer {
        let uri = asked.text_document.uri;
        let actions = self
            .place(&uri)
            .and_then(|(path, pipeline)| Some(quick_fix::of(self.analysis(&pipeline)?, &path, &uri, asked.range)));
        Ok(json!(actions.unwrap_or_default()))
    }
}

/// Bytes of a file of the pipeline, as the protocol names them.
fn location(analysis: &Analysis, path: &Path, bytes: std::ops::Range<usize>) -> Option<Location> {
    let text = analysis.file(path).and_then(|id| analysis.sources.get(id)).map(|file| file.text.as_str());
    let place = text.map_or_else(Range::default, |text| range(text, bytes));
    Some(Location { uri: uri_of(path)?, range: place })
}
