//! Components: the code that an image is built from, and the variables that it reads.

use std::collections::BTreeSet;

use crate::base::source::{FileId, Span};
use crate::read::env_reads;
use crate::read::repository::{join, name};

use super::Ground;
use super::images::Image;

/// The code of one build context.
pub(super) struct Component {
    /// What people call it.
    pub name: String,
    pub context: String,
    /// The paths of its Dockerfiles.
    pub dockerfiles: Vec<String>,
    pub reads: Vec<Read>,
    /// Whether it also reads names that are not written in the code.
    pub dynamic: bool,
    /// Whether it reads a `.env` file that is there.
    pub from_file: bool,
}

/// One reading of a variable.
pub(super) struct Read {
    pub name: String,
    pub span: Span,
    pub default: bool,
    pub literal: Option<Span>,
    pub needed: bool,
    /// Whether the file is one that a browser runs.
    pub in_browser: bool,
}

/// Folders of code that is run by hand.
const ASIDE: &[&str] =
    &["scripts", "script", "tools", "bin", "docs", "examples", "migrations", "alembic", "benchmarks", "notebooks"];

/// The components, one for each build context that is not the whole repository with other contexts in it.
pub(super) fn read(ground: &mut Ground<'_>, images: &[Image]) -> Vec<Component> {
    let contexts: BTreeSet<&str> = images.iter().map(|i| i.context.as_str()).collect();
    let inner =
        |outer: &str| contexts.iter().any(|c| *c != outer && (outer.is_empty() || c.starts_with(&format!("{outer}/"))));
    let mut components = Vec::new();
    for context in contexts.iter().filter(|c| !inner(c)) {
        let of: Vec<&Image> = images.iter().filter(|i| i.context == **context).collect();
        let Some(first) = of.first() else { continue };
        let mut component = Component {
            name: first.component().to_owned(),
            context: (*context).to_owned(),
            dockerfiles: of.iter().map(|i| i.path.clone()).collect(),
            reads: Vec::new(),
            dynamic: false,
            from_file: false,
        };
        scan(ground, &mut component, &of);
        components.push(component);
    }
    components
}

fn scan(ground: &mut Ground<'_>, component: &mut Component, images: &[&Image]) {
    let paths: Vec<String> = ground.repository.below(&component.context).map(str::to_owned).collect();
    let mut imports = BTreeSet::new();
    let mut found: Vec<(String, FileId, env_reads::EnvRead, bool)> = Vec::new();
    for path in paths {
        let code = name(&path).rsplit_once('.').is_some_and(|(_, e)| is_code(e)) && !env_reads::is_test(&path);
        let Some(text) = code.then(|| ground.repository.contents(&path)).flatten() else { continue };
        if path.ends_with(".py") {
            let lines =
                text.lines().map(str::trim_start).filter(|l| l.starts_with("import ") || l.starts_with("from "));
            imports
                .extend(lines.flat_map(|l| l.split(|c: char| !(c.is_alphanumeric() || c == '_')).map(str::to_owned)));
        }
        let Some(reads) = env_reads::reads(&path, &text) else { continue };
        component.dynamic |= reads.dynamic;
        component.from_file |= reads.from_file && ground.repository.exists(&join(&component.context, ".env"));
        if reads.list.is_empty() {
            continue;
        }
        let head = text.trim_start();
        let browser =
            head.starts_with("\"use client\"") || head.starts_with("'use client'") || text.contains("import.meta.env");
        let file = ground.repository.keep(&path, text, ground.sources);
        found.extend(reads.list.into_iter().map(|r| (path.clone(), file, r, browser)));
    }
    let starts: String =
        images.iter().flat_map(|i| &i.docker.instructions).map(|i| i.arguments.as_str()).collect::<Vec<_>>().join(" ");
    for (path, file, read, in_browser) in found {
        let stem = name(&path).split('.').next().unwrap_or_default();
        let aside = path.split('/').any(|p| ASIDE.contains(&p));
        // a module that nothing imports or starts may never be loaded
        let loaded = !path.ends_with(".py") || imports.contains(stem) || starts.contains(stem) || stem == "__init__";
        let span = |range: std::ops::Range<usize>| Span::new(file, range.start, range.end);
        component.reads.push(Read {
            name: read.name,
            span: span(read.range),
            default: read.default,
            literal: read.literal.map(span),
            needed: read.needed && loaded && !aside,
            in_browser,
        });
    }
}

fn is_code(ending: &str) -> bool {
    [
        "py",
        "js",
        "mjs",
        "cjs",
        "ts",
        "mts",
        "cts",
        "tsx",
        "jsx",
        "vue",
        "svelte",
        "astro",
        "go",
        "java",
        "kt",
        "yml",
        "yaml",
        "properties",
    ]
    .contains(&ending)
}
