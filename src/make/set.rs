//! The templates of a run: those that Bowline brings, with the user's own of the same name in their place.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::base::digest;
use crate::base::source::{FileId, Span};

/// One template or part of templates.
#[derive(Clone, Debug)]
pub struct Template {
    /// File name below `templates/`; those beginning with `_` are parts that others include.
    pub name: String,
    pub text: String,
    pub file: Option<FileId>,
    pub digest: String,
    /// Whether it is a file of the workspace.
    pub own: bool,
}

/// All templates, in order of name.
#[derive(Clone, Debug, Default)]
pub struct TemplateSet {
    pub templates: Arc<Vec<Template>>,
}

impl TemplateSet {
    /// Adds a template, or puts it in the place of one of the same name.
    pub fn put(&mut self, name: &str, text: &str, file: Option<FileId>, own: bool) {
        let digest = digest::hex(text.as_bytes(), 16);
        let template = Template { name: name.to_owned(), text: text.to_owned(), file, digest, own };
        match self.place(name) {
            Ok(at) => Arc::make_mut(&mut self.templates)[at] = template,
            Err(at) => Arc::make_mut(&mut self.templates).insert(at, template),
        }
    }

    /// Where a template stands among all, or would stand.
    fn place(&self, name: &str) -> Result<usize, usize> {
        self.templates.binary_search_by(|t| t.name.as_str().cmp(name))
    }

    /// The index of a template, which places name it by.
    pub fn index(&self, name: &str) -> Option<usize> {
        self.place(name).ok()
    }

    pub fn get(&self, name: &str) -> Option<&Template> {
        self.templates.get(self.index(name)?)
    }

    /// The span of a line, counted from 1, when the text is among the sources.
    pub fn span(&self, name: &str, line: usize) -> Option<Span> {
        let template = self.get(name)?;
        let start: usize = template.text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
        let length = template.text.get(start..)?.lines().next().map_or(0, str::len);
        Some(Span::new(template.file?, start, start + length))
    }

    /// A template and everything that it includes, directly or not, in order of name.
    pub fn closure(&self, name: &str) -> Vec<&Template> {
        let (mut seen, mut open) = (BTreeSet::new(), vec![name.to_owned()]);
        while let Some(next) = open.pop() {
            if let Some(template) = self.get(&next).filter(|t| seen.insert(t.name.clone())) {
                open.extend(included(&template.text));
            }
        }
        seen.iter().filter_map(|n| self.get(n)).collect()
    }
}

/// Names after `include`, `import`, `from` and `extends`.
fn included(text: &str) -> Vec<String> {
    let tags = text.split("{%").skip(1).filter_map(|t| t.split("%}").next());
    tags.filter(|t| ["include", "import", "from", "extends"].contains(&t.split_whitespace().next().unwrap_or_default()))
        .filter_map(|t| t.split(['"', '\'']).nth(1).map(str::to_owned))
        .collect()
}
