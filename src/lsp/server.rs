//! The message loop of the server.

use super::context::Context;
use super::{actions, completion, convert, hover};
use lsp_server::{Connection, Message, Notification, Request, Response};
use lsp_types::{
    CodeActionKind, CodeActionOptions, CodeActionParams, CodeActionProviderCapability, CompletionOptions, CompletionParams,
    DidChangeTextDocumentParams, DidCloseTextDocumentParams, DidOpenTextDocumentParams, DidSaveTextDocumentParams, HoverParams,
    HoverProviderCapability, InitializeParams, PublishDiagnosticsParams, SaveOptions, ServerCapabilities, TextDocumentSyncCapability,
    TextDocumentSyncKind, TextDocumentSyncOptions, TextDocumentSyncSaveOptions, Uri,
};
use serde::de::DeserializeOwned;
use sigmalert_check::{Checker, Config, File, Finding, Input};
use sigmalert_convert::batch::discover;
use sigmalert_convert::mapping::Mapping;
use sigmalert_convert::{Converter, Options, Target};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Settings from the command line. The editor's `initializationOptions` have the same names and take precedence.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The field mapping, for mapped fields and for what conversion would lose.
    pub mapping: Option<String>,
}

/// The number of files of a pack up to which findings that involve several rules are computed.
const MAX_PACK: usize = 20_000;

struct Server {
    connection: Connection,
    settings: Settings,
    roots: Vec<PathBuf>,
    open: HashMap<Uri, Open>,
    /// Findings that involve several rules, by file.
    pack: HashMap<PathBuf, Vec<Finding>>,
}

struct Open {
    path: PathBuf,
    text: String,
    version: i32,
}

/// Serves until the client sends `exit`.
///
/// # Errors
/// When the connection breaks, or the settings are invalid.
pub fn run(settings: Settings) -> Result<(), String> {
    let (connection, threads) = Connection::stdio();
    let capabilities = serde_json::to_value(capabilities()).map_err(|e| e.to_string())?;
    let params = connection.initialize(capabilities).map_err(|e| e.to_string())?;
    let options = params.get("initializationOptions").cloned().unwrap_or_default();
    let params: InitializeParams = serde_json::from_value(params).map_err(|e| e.to_string())?;
    let roots = params.workspace_folders.unwrap_or_default().iter().map(|f| convert::path(&f.uri)).collect();
    let mapping = options["mapping"].as_str().map(str::to_owned).or(settings.mapping);
    let mut server = Server { connection, settings: Settings { mapping }, roots, open: HashMap::new(), pack: HashMap::new() };
    server.serve()?;
    drop(server);
    threads.join().map_err(|e| e.to_string())
}

fn capabilities() -> ServerCapabilities {
    ServerCapabilities {
        text_document_sync: Some(TextDocumentSyncCapability::Options(TextDocumentSyncOptions {
            open_close: Some(true),
            change: Some(TextDocumentSyncKind::FULL),
            save: Some(TextDocumentSyncSaveOptions::SaveOptions(SaveOptions { include_text: Some(false) })),
            ..TextDocumentSyncOptions::default()
        })),
        hover_provider: Some(HoverProviderCapability::Simple(true)),
        completion_provider: Some(CompletionOptions {
            trigger_characters: Some([".", "|", ":", " "].map(str::to_owned).to_vec()),
            ..CompletionOptions::default()
        }),
        code_action_provider: Some(CodeActionProviderCapability::Options(CodeActionOptions {
            code_action_kinds: Some(vec![CodeActionKind::QUICKFIX, CodeActionKind::SOURCE_FIX_ALL]),
            ..CodeActionOptions::default()
        })),
        ..ServerCapabilities::default()
    }
}

impl Server {
    fn serve(&mut self) -> Result<(), String> {
        while let Ok(message) = self.connection.receiver.recv() {
            match message {
                Message::Request(request) => {
                    if self.connection.handle_shutdown(&request).map_err(|e| e.to_string())? {
                        return Ok(());
                    }
                    let response = self.answer(request);
                    self.send(Message::Response(response))?;
                }
                Message::Notification(n) => self.handle_notification(n)?,
                Message::Response(_) => {}
            }
        }
        Ok(())
    }

    fn send(&self, message: Message) -> Result<(), String> {
        self.connection.sender.send(message).map_err(|e| e.to_string())
    }

    fn answer(&self, request: Request) -> Response {
        let id = request.id.clone();
        match request.method.as_str() {
            "textDocument/hover" => self.answer_for(
                request,
                |p: &HoverParams| &p.text_document_position_params.text_document.uri,
                |c, p| serde_json::to_value(hover::hover(c, p.text_document_position_params.position)),
            ),
            "textDocument/completion" => self.answer_for(
                request,
                |p: &CompletionParams| &p.text_document_position.text_document.uri,
                |c, p| serde_json::to_value(completion::complete(c, p.text_document_position.position)),
            ),
            "textDocument/codeAction" => self.answer_for(
                request,
                |p: &CodeActionParams| &p.text_document.uri,
                |c, p| serde_json::to_value(actions::actions(c, &p.text_document.uri, p.range, p.context.only.as_deref())),
            ),
            other => Response::new_err(id, lsp_server::ErrorCode::MethodNotFound as i32, format!("{other} is not supported")),
        }
    }

    /// Answers a request for an open document.
    fn answer_for<P: DeserializeOwned>(
        &self,
        request: Request,
        uri: impl Fn(&P) -> &Uri,
        answer: impl Fn(&Context<'_>, &P) -> serde_json::Result<serde_json::Value>,
    ) -> Response {
        let id = request.id.clone();
        let invalid = |e: String| Response::new_err(id.clone(), lsp_server::ErrorCode::InvalidParams as i32, e);
        let params: P = match serde_json::from_value(request.params) {
            Ok(p) => p,
            Err(e) => return invalid(e.to_string()),
        };
        let Some(open) = self.open.get(uri(&params)) else { return invalid("the document is not open".into()) };
        let checker = match self.checker(&open.path) {
            Ok(c) => c,
            Err(e) => return invalid(e),
        };
        let context = Context { path: &open.path, text: &open.text, checker: &checker };
        match answer(&context, &params) {
            Ok(value) => Response::new_ok(id, value),
            Err(e) => invalid(e.to_string()),
        }
    }

    fn handle_notification(&mut self, n: Notification) -> Result<(), String> {
        let read = |n: Notification| n.params;
        match n.method.as_str() {
            "textDocument/didOpen" => {
                let Ok(p) = serde_json::from_value::<DidOpenTextDocumentParams>(read(n)) else { return Ok(()) };
                let d = p.text_document;
                self.open.insert(d.uri.clone(), Open { path: convert::path(&d.uri), text: d.text, version: d.version });
                self.check_pack(&d.uri);
                self.publish(&d.uri)
            }
            "textDocument/didChange" => {
                let Ok(p) = serde_json::from_value::<DidChangeTextDocumentParams>(read(n)) else { return Ok(()) };
                let uri = p.text_document.uri;
                if let (Some(open), Some(change)) = (self.open.get_mut(&uri), p.content_changes.into_iter().last()) {
                    open.text = change.text;
                    open.version = p.text_document.version;
                }
                self.publish(&uri)
            }
            "textDocument/didSave" => {
                let Ok(p) = serde_json::from_value::<DidSaveTextDocumentParams>(read(n)) else { return Ok(()) };
                self.check_pack(&p.text_document.uri);
                let all: Vec<Uri> = self.open.keys().cloned().collect();
                all.iter().try_for_each(|u| self.publish(u))
            }
            "textDocument/didClose" => {
                let Ok(p) = serde_json::from_value::<DidCloseTextDocumentParams>(read(n)) else { return Ok(()) };
                self.open.remove(&p.text_document.uri);
                self.send_diagnostics(PublishDiagnosticsParams { uri: p.text_document.uri, diagnostics: vec![], version: None })
            }
            _ => Ok(()),
        }
    }

    /// Creates the checker for a file, from its nearest configuration and the mapping.
    fn checker(&self, path: &Path) -> Result<Checker, String> {
        let folder = path.parent().unwrap_or(Path::new("."));
        let config = Config::nearest(folder).map_err(|e| e.to_string())?;
        let mapping = self.settings.mapping.clone().or_else(|| config.mapping.clone());
        let checker = Checker::new(config).partial_pack();
        let Some(name) = mapping else { return Ok(checker) };
        let mapping = Mapping::load(&name).map_err(|e| e.to_string())?;
        Ok(checker.with_converter(Converter::new(mapping, Options { target: Target::ElastAlert, ..Options::default() })))
    }

    /// Updates findings that involve several rules, for the workspace folder of a file.
    fn check_pack(&mut self, uri: &Uri) {
        let Some(open) = self.open.get(uri) else { return };
        let Some(root) = self.roots.iter().find(|r| open.path.starts_with(r)) else { return };
        let Ok(config) = Config::nearest(root) else { return };
        let texts: HashMap<&Path, &str> = self.open.values().map(|o| (o.path.as_path(), o.text.as_str())).collect();
        let sources = discover(std::slice::from_ref(root)).sources;
        if sources.len() > MAX_PACK {
            return;
        }
        let inputs: Vec<Input> = sources
            .into_iter()
            .filter(|s| !config.excludes(&s.path))
            .map(|s| Input { text: texts.get(s.path.as_path()).map(|t| (*t).to_owned()), path: s.path })
            .collect();
        let report = Checker::new(config).check(&inputs);
        self.pack = report
            .files
            .into_iter()
            .map(|f| (f.path, f.findings.into_iter().filter(|x| x.lint.code.starts_with("SG6")).collect::<Vec<_>>()))
            .filter(|(_, f)| !f.is_empty())
            .collect();
    }

    fn publish(&self, uri: &Uri) -> Result<(), String> {
        let Some(open) = self.open.get(uri) else { return Ok(()) };
        let file = File::new(&open.path, &open.text);
        let diagnostics = match self.checker(&open.path) {
            Ok(checker) => {
                let own = Context { path: &open.path, text: &open.text, checker: &checker }.findings();
                let pack = self.pack.get(&open.path).into_iter().flatten();
                own.iter().chain(pack).map(|f| convert::diagnostic(&file, f)).collect()
            }
            // An invalid configuration is reported in the file.
            Err(message) => vec![lsp_types::Diagnostic { message, source: Some("sigmalert".into()), ..lsp_types::Diagnostic::default() }],
        };
        self.send_diagnostics(PublishDiagnosticsParams { uri: uri.clone(), diagnostics, version: Some(open.version) })
    }

    fn send_diagnostics(&self, params: PublishDiagnosticsParams) -> Result<(), String> {
        let params = serde_json::to_value(params).map_err(|e| e.to_string())?;
        self.send(Message::Notification(Notification { method: "textDocument/publishDiagnostics".into(), params }))
    }
}
