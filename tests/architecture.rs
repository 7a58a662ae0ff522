//! The layers are the folders of `src/`. This test is the drawing: an import may only point leftwards,
//! each heavy crate has one importer, and no file holds two ideas.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// From left to right; a layer imports itself and what stands left of it.
const LAYERS: &[&str] = &["base", "read", "model", "graph", "make", "check", "change", "world", "face"];

/// `read` fills in `model`'s types and `model` is plain data over `base`: the two may not meet in a cycle, so
/// `read` may see `model`, and `model` sees neither `read` nor what follows.
const ALSO: &[(&str, &str)] = &[("read", "model")];
const NEVER: &[(&str, &str)] = &[("model", "read")];

/// Each heavy crate and the one place (file or folder) that may import it.
const IMPORTERS: &[(&str, &str)] = &[
    ("pulldown_cmark", "read/markdown.rs"),
    ("serde_yaml", "read/yaml.rs"),
    ("minijinja", "make/template.rs"),
    ("petgraph", "graph/order/circles.rs"),
    ("similar", "change/diff.rs"),
    ("annotate_snippets", "check/report/human.rs"),
    ("flate2", "base/gzip.rs"),
    ("git2", "world/git.rs"),
    ("kube", "world/cluster"),
    ("k8s_openapi", "world/cluster"),
    ("tokio", "world/runtime.rs"),
    ("clap", "face/cli"),
    ("blake3", "base/digest.rs"),
    ("mimalloc", "base/alloc.rs"),
    ("strsim", "base/suggest.rs"),
    ("tempfile", "base/fs.rs"),
    ("include_dir", "make/load.rs"),
    ("clap_complete", "face/cmd/print.rs"),
    ("clap_mangen", "face/cmd/print.rs"),
    ("unicode_width", "base/width.rs"),
    ("ignore", "read/repository.rs"),
];

/// Lines of code that one file may have, tests at its foot not counted.
const MOST_LINES: usize = 450;

fn sources() -> BTreeMap<String, String> {
    fn walk(folder: &Path, out: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, out);
            } else if path.extension().is_some_and(|e| e == "rs") {
                out.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    walk(&root, &mut files);
    let name = |p: &Path| p.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
    files.iter().map(|p| (name(p), std::fs::read_to_string(p).unwrap())).collect()
}

fn rank(layer: &str) -> usize {
    LAYERS
        .iter()
        .position(|l| *l == layer)
        .unwrap_or_else(|| panic!("`{layer}` is no layer: extend LAYERS or move the file"))
}

/// Names that follow `needle` in code, comments left out.
fn words_after<'a>(text: &'a str, needle: &'a str) -> impl Iterator<Item = (usize, &'a str)> {
    text.lines().enumerate().filter(|(_, l)| !l.trim_start().starts_with("//")).flat_map(move |(number, line)| {
        // `dockerignore::` is no use of `ignore::`
        let whole = move |at: usize| !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
        line.match_indices(needle).filter(move |(at, _)| whole(*at)).map(move |(at, _)| {
            let rest = &line[at + needle.len()..];
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            (number + 1, &rest[..end])
        })
    })
}

fn may_import(from: &str, to: &str) -> bool {
    if NEVER.contains(&(from, to)) {
        return false;
    }
    from == to || ALSO.contains(&(from, to)) || rank(to) < rank(from)
}

/// Every import that points the wrong way, as `file:line`.
fn wrong_imports(sources: &BTreeMap<String, String>) -> Vec<String> {
    let mut wrong = Vec::new();
    for (file, text) in sources.iter().filter(|(f, _)| f.contains('/')) {
        let from = file.split('/').next().unwrap();
        for needle in ["crate::", "bowline::"] {
            for (line, to) in words_after(text, needle).filter(|(_, w)| !w.is_empty()) {
                if LAYERS.contains(&to) && !may_import(from, to) {
                    wrong.push(format!("src/{file}:{line}: `{from}` imports `{to}`, which stands to its right"));
                }
            }
        }
    }
    wrong
}

#[test]
fn imports_point_leftwards() {
    let sources = sources();
    assert!(sources.len() > 20, "the sources were not found");
    let wrong = wrong_imports(&sources);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_forbidden_import_would_be_found() {
    let mut sources = sources();
    sources.insert("base/planted.rs".to_owned(), "use crate::world::cluster;\n".to_owned());
    sources.insert("model/planted.rs".to_owned(), "fn f() { crate::read::yaml::parse(); }\n".to_owned());
    assert_eq!(
        wrong_imports(&sources),
        [
            "src/base/planted.rs:1: `base` imports `world`, which stands to its right",
            "src/model/planted.rs:1: `model` imports `read`, which stands to its right"
        ]
    );
}

#[test]
fn every_folder_is_a_layer() {
    for file in sources().keys().filter(|f| f.contains('/')) {
        rank(file.split('/').next().unwrap());
    }
}

#[test]
fn heavy_crates_have_one_importer() {
    let sources = sources();
    let mut wrong = Vec::new();
    for (krate, home) in IMPORTERS {
        let mut used = false;
        for (file, text) in &sources {
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            let here = words_after(code, &format!("{krate}::")).next().is_some()
                || words_after(code, &format!("use {krate}")).any(|(_, rest)| rest.is_empty());
            if here && (file == home || file.starts_with(&format!("{home}/")) || file == &format!("{home}.rs")) {
                used = true;
            } else if here {
                wrong.push(format!("src/{file} imports `{krate}`; only src/{home} may"));
            }
        }
        if !used {
            wrong.push(format!("nothing in src/{home} imports `{krate}`: correct the table"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_hold_one_idea() {
    let long: Vec<String> = sources()
        .iter()
        .filter(|(file, _)| !file.ends_with("tests.rs"))
        .map(|(file, text)| (file, text.split("#[cfg(test)]").next().unwrap_or_default().lines().count()))
        .filter(|(_, lines)| *lines > MOST_LINES)
        .map(|(file, lines)| format!("src/{file} has {lines} lines"))
        .collect();
    assert!(long.is_empty(), "{}", long.join("\n"));
}

#[test]
fn every_file_says_what_it_is() {
    let silent: Vec<String> = sources().into_iter().filter(|(_, t)| !t.starts_with("//!")).map(|(f, _)| f).collect();
    assert!(silent.is_empty(), "no `//!` at the head of {silent:?}");
}
