//! Who imports whom in `src`, read from the paths in the code.
//!
//! A file that names something arrows to the file where the thing stands, through what modules hand on. A folder's `mod.rs`
//! and the files below it belong together; arrows between them do not count.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use crate::source::{Source, read, sources};

/// A module by its path from the root of the crate.
type Module = Vec<String>;

/// What a file of a module names that stands in another module.
struct Arrow {
    /// The module that imports.
    from: Module,
    /// The module that is imported.
    to: Module,
    /// The name, and where it is named.
    because: String,
}

/// Who imports whom among the modules of one folder, with one name as proof.
type Neighbours = BTreeMap<(String, String), String>;

#[test]
fn no_modules_import_each_other_in_a_circle() {
    let mut folders: BTreeMap<Module, Neighbours> = BTreeMap::new();
    for (folder, from, to, because) in arrows().into_iter().filter_map(between_neighbours) {
        folders.entry(folder).or_default().entry((from, to)).or_insert(because);
    }
    assert!(folders.len() > 5, "the arrows of {} folders were read", folders.len());
    let circles: Vec<String> = folders
        .iter()
        .filter_map(|(folder, arrows)| Some(format!("in {}:\n{}", folder.join("::"), circle(arrows)?)))
        .collect();
    assert!(circles.is_empty(), "modules import each other\n{}", circles.join("\n"));
}

#[test]
fn modules_import_only_from_lower_floors() {
    let page = read("ARCHITECTURE.md");
    let floors: Vec<&str> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once("` |").map(|(name, _)| name))
        .collect();
    let floor = |name: &str| floors.iter().position(|floor| *floor == name);
    let mut wrong = BTreeMap::new();
    for (_, from, to, because) in
        arrows().into_iter().filter_map(between_neighbours).filter(|(folder, ..)| folder.is_empty())
    {
        match (floor(&from), floor(&to)) {
            (None, _) => _ = wrong.insert(from, "ARCHITECTURE.md has no floor for it".to_owned()),
            (_, None) => _ = wrong.insert(to, "ARCHITECTURE.md has no floor for it".to_owned()),
            (Some(from_floor), Some(to_floor)) if from_floor >= to_floor => {
                wrong.insert(format!("{from} imports {to}, which stands above it"), because);
            }
            _ => {}
        }
    }
    let wrong: Vec<String> = wrong.into_iter().map(|(what, because)| format!("{what}: {because}")).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The folder in which two modules part, what they are called there, and the proof; nothing if one holds the other.
fn between_neighbours(arrow: Arrow) -> Option<(Module, String, String, String)> {
    let common = arrow.from.iter().zip(&arrow.to).take_while(|(a, b)| a == b).count();
    let (from, to) = (arrow.from.get(common)?.clone(), arrow.to.get(common)?.clone());
    Some((arrow.from[..common].to_vec(), from, to, arrow.because))
}

/// The arrows that are part of circles, if there are any.
fn circle(arrows: &Neighbours) -> Option<String> {
    let mut left: BTreeMap<&(String, String), &String> = arrows.iter().collect();
    loop {
        let before = left.len();
        // What imports nothing, and what nobody imports, is in no circle.
        let from: BTreeSet<&String> = left.keys().map(|(from, _)| from).collect();
        let to: BTreeSet<&String> = left.keys().map(|(_, to)| to).collect();
        left.retain(|(a, b), _| to.contains(a) && from.contains(b));
        if left.len() == before {
            break;
        }
    }
    let lines: Vec<String> =
        left.iter().map(|((from, to), because)| format!("  {from} -> {to}: {because}")).collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// A path as it is written, in the module that writes it.
struct Named {
    /// The module.
    at: Module,
    /// The path from the root.
    path: Module,
    /// The name under which a `use` makes it known, if it stands in one.
    known_as: Option<String>,
    /// The file.
    file: String,
}

/// The arrows between the modules of `src`, without tests.
fn arrows() -> Vec<Arrow> {
    let sources: Vec<_> = sources("mqtt-conformance/src")
        .into_iter()
        .map(|source| (module(&source), source))
        .filter(|(module, _)| module.last().is_none_or(|name| name != "tests"))
        .collect();
    let modules: BTreeSet<Module> = sources.iter().map(|(module, _)| module.clone()).collect();
    let mut named = Vec::new();
    for (module, source) in &sources {
        let mut reader =
            Reader { modules: &modules, module, file: &source.path, depth: 0, named: &mut named };
        reader.read(&source.tokens);
    }
    let handed_on: BTreeMap<(Module, &str), &Module> = named
        .iter()
        .filter_map(|found| Some(((found.at.clone(), found.known_as.as_deref()?), &found.path)))
        .collect();
    named
        .iter()
        .filter_map(|found| {
            let to = home(&found.path, &modules, &handed_on)?;
            (to != found.at).then(|| Arrow {
                from: found.at.clone(),
                to,
                because: format!("{} names {}", found.file, found.path.join("::")),
            })
        })
        .collect()
}

/// The module of a file. The binary and the library are one house with one roof.
fn module(source: &Source) -> Module {
    let path = source.path.trim_start_matches("mqtt-conformance/src/").trim_end_matches(".rs");
    let mut module: Module = path.split('/').map(str::to_owned).collect();
    if module.last().is_some_and(|last| last == "mod") || ["lib", "main"].contains(&path) {
        module.pop();
    }
    module
}

/// The module in which the thing stands that a path names, through what modules hand on.
fn home(
    path: &Module,
    modules: &BTreeSet<Module>,
    handed_on: &BTreeMap<(Module, &str), &Module>,
) -> Option<Module> {
    let mut path = path.clone();
    for _ in 0..8 {
        let depth = (0..=path.len()).rev().find(|depth| modules.contains(&path[..*depth]))?;
        let module = path[..depth].to_vec();
        let Some(name) = path.get(depth) else { return Some(module) };
        match handed_on.get(&(module.clone(), name.as_str())) {
            Some(further) if !further.starts_with(&path[..=depth]) => {
                path = further.iter().chain(&path[depth + 1..]).cloned().collect();
            }
            _ => return Some(module),
        }
    }
    None
}

/// Collects the paths of a file.
struct Reader<'a> {
    modules: &'a BTreeSet<Module>,
    module: &'a Module,
    file: &'a str,
    /// How many modules within the file are open.
    depth: usize,
    named: &'a mut Vec<Named>,
}

impl Reader<'_> {
    fn read(&mut self, tokens: &TokenStream) {
        let tokens: Vec<TokenTree> = tokens.clone().into_iter().collect();
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            match token {
                TokenTree::Group(group) => self.read(&group.stream()),
                TokenTree::Ident(word) if word == "mod" => {
                    if let (Some(TokenTree::Ident(name)), Some(TokenTree::Group(body))) =
                        (tokens.get(at + 1), tokens.get(at + 2))
                    {
                        if name != "tests" {
                            self.depth += 1;
                            self.read(&body.stream());
                            self.depth -= 1;
                        }
                        at += 2;
                    }
                }
                TokenTree::Ident(word) if word == "use" => {
                    let end = (at..tokens.len()).find(|end| is(&tokens, *end, ';')).unwrap_or(tokens.len());
                    self.tree(None, &tokens[at + 1..end]);
                    at = end;
                }
                TokenTree::Ident(_) if !is(&tokens, at.wrapping_sub(1), ':') && is(&tokens, at + 1, ':') => {
                    let end = (at..tokens.len())
                        .find(|end| !matches!(tokens[*end], TokenTree::Ident(_)) && !is(&tokens, *end, ':'))
                        .unwrap_or(tokens.len());
                    self.path(None, &words(&tokens[at..end]), None);
                }
                _ => {}
            }
            at += 1;
        }
    }

    /// One tree of a `use`, or several between commas.
    fn tree(&mut self, stem: Option<&[String]>, tokens: &[TokenTree]) {
        let trees = tokens.split(|token| matches!(token, TokenTree::Punct(mark) if mark.as_char() == ','));
        for tree in trees.filter(|tree| !tree.is_empty()) {
            let mut path = words(tree);
            if let Some(TokenTree::Group(group)) = tree.last()
                && group.delimiter() == Delimiter::Brace
            {
                let stem: Vec<String> = stem.unwrap_or_default().iter().cloned().chain(path).collect();
                self.tree(Some(&stem), &group.stream().into_iter().collect::<Vec<_>>());
                continue;
            }
            let mut known_as = path.last().cloned();
            if let Some(word) = path.iter().position(|word| word == "as") {
                path.truncate(word);
            }
            if path.last().is_some_and(|last| last == "self") {
                path.pop();
                known_as = path.last().or_else(|| stem.and_then(<[String]>::last)).cloned();
            }
            self.path(stem, &path, known_as);
        }
    }

    fn path(&mut self, stem: Option<&[String]>, path: &[String], known_as: Option<String>) {
        let words: Vec<String> = stem.unwrap_or_default().iter().chain(path).cloned().collect();
        let mut rest = words.as_slice();
        let mut depth = self.depth;
        let mut from_root = self.module.clone();
        let mut anchored = false;
        while let [first, behind @ ..] = rest {
            match first.as_str() {
                "crate" | "mqtt_conformance" if !anchored => from_root.clear(),
                "super" if depth > 0 => depth -= 1,
                "super" => {
                    from_root.pop();
                }
                "self" => {}
                _ => break,
            }
            anchored = true;
            rest = behind;
        }
        let child = |name: &String| {
            self.modules.contains(&[self.module.as_slice(), std::slice::from_ref(name)].concat())
        };
        if anchored || rest.first().is_some_and(child) {
            from_root.extend(rest.iter().cloned());
            let file = self.file.to_owned();
            self.named.push(Named { at: self.module.clone(), path: from_root, known_as, file });
        }
    }
}

fn is(tokens: &[TokenTree], at: usize, mark: char) -> bool {
    matches!(tokens.get(at), Some(TokenTree::Punct(found)) if found.as_char() == mark)
}

fn words(tokens: &[TokenTree]) -> Vec<String> {
    tokens
        .iter()
        .filter_map(|token| if let TokenTree::Ident(word) = token { Some(word.to_string()) } else { None })
        .collect()
}
