//! The Rust sources of the workspace: their tokens, and their comments with lines.

use std::fs;
use std::path::Path;
use std::str::FromStr;

use proc_macro2::{TokenStream, TokenTree};

/// A comment, or a line of a longer one.
pub(crate) struct Comment {
    /// The line, from 1.
    pub(crate) line: usize,
    /// The text, with its slashes.
    pub(crate) text: String,
}

/// A source file.
pub(crate) struct Source {
    /// The path from the root of the workspace.
    pub(crate) path: String,
    /// The text.
    pub(crate) text: String,
    /// The tokens, without comments; comments of documentation are attributes here.
    pub(crate) tokens: TokenStream,
}

impl Source {
    /// All comments, of documentation too.
    pub(crate) fn comments(&self) -> Vec<Comment> {
        let mut code = vec![false; self.text.len()];
        mark(&self.tokens, &self.text, &mut code);
        let mut start = 0;
        let mut comments = Vec::new();
        for (number, line) in self.text.split_inclusive('\n').enumerate() {
            let rest: Vec<u8> =
                line.bytes().enumerate().filter(|(at, _)| !code[start + at]).map(|(_, byte)| byte).collect();
            let text = String::from_utf8_lossy(&rest).trim().to_owned();
            if !text.is_empty() {
                comments.push(Comment { line: number + 1, text });
            }
            start += line.len();
        }
        comments
    }
}

/// Marks the bytes that tokens stand on, and leaves comments out: each token of a comment of documentation spans the comment.
fn mark(tokens: &TokenStream, text: &str, code: &mut [bool]) {
    for token in tokens.clone() {
        let spans = match &token {
            TokenTree::Group(group) => {
                mark(&group.stream(), text, code);
                vec![group.span_open(), group.span_close()]
            }
            other => vec![other.span()],
        };
        for range in spans.iter().map(proc_macro2::Span::byte_range) {
            if !text[range.clone()].starts_with("//") && !text[range.clone()].starts_with("/*") {
                code[range].fill(true);
            }
        }
    }
}

/// The root of the workspace.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package lies in the workspace")
}

/// The files below a folder of the workspace whose name ends so, as paths from the root, sorted.
pub(crate) fn files(folder: &str, extension: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.expect("an entry of a folder").path();
            if path.is_dir() {
                if path.file_name().is_some_and(|name| name != "target") {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|found| found == extension) {
                found.push(from_root(&path));
            }
        }
    }
    found.sort();
    found
}

fn from_root(path: &Path) -> String {
    path.strip_prefix(root()).expect("below the root").to_str().expect("UTF-8").replace('\\', "/")
}

/// The text of a file of the workspace.
pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The sources below a folder of the workspace.
pub(crate) fn sources(folder: &str) -> Vec<Source> {
    files(folder, "rs")
        .into_iter()
        .map(|path| {
            let text = read(&path);
            let tokens = TokenStream::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"));
            Source { path, text, tokens }
        })
        .collect()
}
