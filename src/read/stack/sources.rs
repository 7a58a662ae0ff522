//! The source files of one component, read once, and small searches in them.

use crate::model::proposal::Place;
use crate::read::repository::{self, Repository};

/// Folders whose code does not run in the container.
const NOT_SHIPPED: &[&str] = &[
    "tests",
    "test",
    "__tests__",
    "e2e",
    "docs",
    "examples",
    "example",
    "fixtures",
    "scripts",
    "storybook",
    "cypress",
];

/// Endings of code.
const CODE: &[&str] =
    &["py", "ts", "tsx", "js", "jsx", "mjs", "cjs", "go", "rs", "java", "kt", "properties", "yml", "yaml"];

/// A file with its text.
pub struct Source {
    /// Relative to the repository.
    pub path: String,
    /// Relative to the component.
    pub inner: String,
    pub text: String,
}

impl Source {
    pub fn is(&self, endings: &[&str]) -> bool {
        self.path.rsplit_once('.').is_some_and(|(_, e)| endings.contains(&e))
    }

    /// Each line with its place.
    pub fn lines(&self) -> impl Iterator<Item = (Place, &str)> {
        self.text.lines().enumerate().map(|(i, l)| (Place::new(&self.path, i + 1), l))
    }
}

/// The files of a component, without those of components inside of it, and without tests.
pub struct SourceFiles {
    pub files: Vec<Source>,
}

impl SourceFiles {
    /// Reads the code below `folder`; `others` are the folders of components inside.
    pub fn read(repository: &Repository, folder: &str, others: &[String]) -> Self {
        let start = if folder.is_empty() { 0 } else { folder.len() + 1 };
        let wanted = repository.below(folder).filter(|path| {
            let inner = &path[start..];
            let code = inner.rsplit_once('.').is_some_and(|(_, e)| CODE.contains(&e));
            let elsewhere = others.iter().any(|o| o.len() > folder.len() && path.starts_with(&format!("{o}/")));
            code && !elsewhere && !is_aside(inner)
        });
        let read = |path: &str| {
            let text = repository.contents(path)?;
            Some(Source { path: path.to_owned(), inner: path[start..].to_owned(), text })
        };
        Self { files: wanted.filter_map(read).collect() }
    }

    pub fn of(&self, endings: &'static [&'static str]) -> impl Iterator<Item = &Source> {
        self.files.iter().filter(|f| f.is(endings))
    }
}

/// Whether a path inside a component is a test, an example, or what Bowline makes.
pub fn is_aside(inner: &str) -> bool {
    let folder = repository::folder(inner);
    let name = repository::name(inner);
    let first = inner.split('/').next().unwrap_or_default();
    folder.split('/').any(|part| NOT_SHIPPED.contains(&part) || (part.starts_with('.') && part.len() > 1))
        || (inner.contains('/') && matches!(first, "out" | "charts" | "helm" | "k8s" | "kubernetes" | "specs"))
        || name.starts_with("test_")
        || name.starts_with("conftest")
        || [".test.", ".spec.", ".stories.", "_test."].iter().any(|t| name.contains(t))
}

/// The first text in quotes.
pub fn quoted(text: &str) -> Option<&str> {
    let start = text.find(['"', '\'', '`'])?;
    let quote = text[start..].chars().next()?;
    let inside = &text[start + 1..];
    Some(&inside[..inside.find(quote)?])
}

/// The digits that a text begins with, as a port.
pub fn port(text: &str) -> Option<u16> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    text[..digits].parse().ok().filter(|p| *p > 0)
}

/// Ports of addresses on this machine: `http://localhost:8000`.
pub fn local_ports(line: &str) -> impl Iterator<Item = u16> + '_ {
    ["localhost:", "127.0.0.1:"]
        .into_iter()
        .flat_map(move |host| line.match_indices(host).filter_map(move |(at, _)| port(&line[at + host.len()..])))
}

/// The first line of a text that holds `needle`, from 1.
pub fn line_of(text: &str, needle: &str) -> usize {
    text.lines().position(|l| l.contains(needle)).map_or(0, |i| i + 1)
}
