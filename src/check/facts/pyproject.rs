//! The few lines of a `pyproject.toml` that decide whether a package can be built from what is there.

use std::ops::Range;

/// A text value and its place.
pub(super) type Placed = (String, Range<usize>);

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Pyproject {
    /// `build-backend`, such as `hatchling.build`.
    pub backend: Option<String>,
    pub name: Option<Placed>,
    /// A file.
    pub readme: Option<Placed>,
    /// A file.
    pub license: Option<Placed>,
    /// Whether a table says which files Hatch takes.
    pub chooses: bool,
}

impl Pyproject {
    /// Reads one key a line, which is how these files are written; what spans lines is passed over.
    pub(super) fn read(text: &str) -> Self {
        let mut out = Self::default();
        let mut table = String::new();
        let mut at = 0;
        let mut quoted = false;
        for line in text.split_inclusive('\n') {
            let start = at;
            at += line.len();
            let triple = line.matches("\"\"\"").count() + line.matches("'''").count();
            if quoted || triple % 2 == 1 {
                quoted ^= triple % 2 == 1;
                continue;
            }
            let body = line.trim();
            if let Some(head) = body.strip_prefix('[').filter(|_| !body.contains('=')) {
                head.split(']').next().unwrap_or_default().trim_matches(['[', ' ']).clone_into(&mut table);
                out.chooses |= table.starts_with("tool.hatch.build");
                continue;
            }
            let Some((key, value)) = line.split_once('=').filter(|_| !body.starts_with('#')) else { continue };
            let from = start + key.len() + 1;
            let key = key.trim();
            out.chooses |= table == "tool.hatch" && key.starts_with("build");
            match (table.as_str(), key) {
                ("build-system", "build-backend") => out.backend = text_of(value, from).map(|t| t.0),
                ("project", "name") => out.name = text_of(value, from),
                ("project", "readme") => out.readme = file_of(value, from).or_else(|| text_of(value, from)),
                ("project", "license") => out.license = file_of(value, from),
                ("project.readme", "file") => out.readme = text_of(value, from),
                ("project.license", "file") => out.license = text_of(value, from),
                _ => {}
            }
        }
        out
    }

    /// Whether the build fails when a file that the metadata names is absent. Setuptools only warns.
    pub(super) fn needs_files(&self) -> bool {
        let strict = ["hatchling", "flit_core", "pdm.backend", "poetry.core", "uv_build", "maturin"];
        self.backend.as_ref().is_some_and(|b| strict.iter().any(|s| b.starts_with(s)))
    }
}

/// `"text"` at the beginning of a value.
fn text_of(value: &str, from: usize) -> Option<Placed> {
    let open = value.find(|c: char| !c.is_whitespace())?;
    let quote = value[open..].chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let length = value[open + 1..].find(quote)?;
    let text = &value[open + 1..open + 1 + length];
    (!text.is_empty()).then(|| (text.to_owned(), from + open + 1..from + open + 1 + length))
}

/// The file of `{ file = "…" }`.
fn file_of(value: &str, from: usize) -> Option<Placed> {
    let inner = value.trim_start().strip_prefix('{')?;
    let at = inner.find("file").filter(|at| inner[at + 4..].trim_start().starts_with('='))?;
    let rest = &inner[at + 4..];
    let equals = rest.find('=')?;
    let skipped = value.len() - rest.len() + equals + 1;
    text_of(&rest[equals + 1..], from + skipped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_in_their_forms() {
        let text = "[build-system]\nrequires = [\"hatchling\"]\nbuild-backend = \"hatchling.build\"\n\n[project]\nname = 'todo-api'\nreadme = { file = \"docs/README.md\", content-type = \"text/markdown\" }\n# license = { file = \"X\" }\ndescription = \"\"\"\nreadme = \"NO.md\"\n\"\"\"\n\n[project.license]\nfile = \"LICENSE\"\n";
        let read = Pyproject::read(text);
        assert!(read.needs_files() && !read.chooses);
        let (readme, place) = read.readme.unwrap();
        assert_eq!((readme.as_str(), &text[place]), ("docs/README.md", "docs/README.md"));
        assert_eq!(read.license.unwrap().0, "LICENSE");
        assert_eq!(read.name.unwrap().0, "todo-api");
        assert!(!Pyproject::read("[project]\nreadme = \"README.md\"\n").needs_files());
        assert_eq!(Pyproject::read("[project]\nreadme = { text = \"hello\" }\n").readme, None);
        assert!(Pyproject::read("[tool.hatch.build.targets.wheel]\npackages = [\"x\"]\n").chooses);
    }
}
