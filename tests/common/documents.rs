//! A temporary workspace of documents, read and joined with a small catalogue of its own.

#![allow(dead_code, unreachable_pub, reason = "each test program uses a part of it")]

use bowline::base::diag::{self, Diagnostic, Severity};
use bowline::base::source::Sources;
use bowline::check::report::human;
use bowline::graph::build;
use bowline::graph::derive::{Addition, Given, derive};
use bowline::graph::resolve::resolve;
use bowline::graph::tasks::Graph;
use bowline::model::app::{App, Role};
use bowline::model::catalogue::{Entry, Layer, Possible, enumerate};
use bowline::model::workspace::Documents;
use bowline::read::{
    self,
    stack::{Asked, Stack},
};

/// One service `api` with a requirement.
pub const SPEC: &str = "\
# Todo

- **FR-001**: a backend

```yaml bowline
app: { name: todo }
services:
  api: { build: app/api, ports: [80] }   # FR-001
```
";

/// A task for each artifact of [`SPEC`].
pub const TASKS: &str = "\
## Phase 1: All

- [ ] T001 Write out/todo/local/todo-namespace.yaml
- [ ] T002 Write charts/todo/templates/api-configmap.yaml (depends on T001)
- [ ] T003 Write charts/todo/templates/api-deployment.yaml per FR-001 (depends on T002)
";

fn entry(kind: &str, role: Role, after: &[&str]) -> Entry {
    Entry {
        template: format!("{}.yaml", kind.to_lowercase()),
        kind: kind.to_owned(),
        name: None,
        roles: vec![role],
        each: None,
        when: Vec::new(),
        layer: Layer::Kubernetes,
        file: format!("{{unit}}-{}", kind.to_lowercase()),
        task: format!("Write the {{unit}} {kind}"),
        after: after.iter().map(|a| (*a).to_owned()).collect(),
        outside_chart: kind == "Namespace",
    }
}

pub struct Workspace {
    pub root: tempfile::TempDir,
    pub entries: Vec<Entry>,
    exists: Box<dyn Fn(&str) -> bool>,
}

/// What a workspace says.
pub struct Read {
    pub sources: Sources,
    pub documents: Documents,
    pub app: Option<App>,
    pub possible: Vec<Possible>,
    pub graph: Graph,
    pub findings: Vec<Diagnostic>,
}

impl Read {
    /// Everything that is wrong, as a terminal shows it: notes are counted there, and not shown.
    pub fn shown(&self) -> String {
        let shown: Vec<Diagnostic> = self.findings.iter().filter(|d| d.severity != Severity::Note).cloned().collect();
        human(&shown, &self.sources, false)
    }
}

impl Workspace {
    pub fn new(files: &[(&str, &[u8])]) -> Self {
        let root = tempfile::tempdir().expect("a folder");
        let home = root.path().to_path_buf();
        let workspace = Self {
            root,
            exists: Box::new(move |path| home.join(path).exists()),
            entries: vec![
                entry("Namespace", Role::App, &[]),
                entry("Deployment", Role::Service, &["ConfigMap"]),
                entry("ConfigMap", Role::Service, &["app:Namespace"]),
            ],
        };
        for (path, bytes) in files {
            workspace.write(path, bytes);
        }
        workspace
    }

    /// The usual spec with other tasks.
    pub fn tasks(text: &str) -> Self {
        Self::new(&[("specs/todo.md", SPEC.as_bytes()), ("tasks/todo.md", text.as_bytes())])
    }

    pub fn write(&self, path: &str, bytes: &[u8]) {
        bowline::base::fs::write(&self.root.path().join(path), bytes).expect("written");
    }

    pub fn text(&self, path: &str) -> String {
        std::fs::read_to_string(self.root.path().join(path)).unwrap_or_default()
    }

    pub fn read(&self) -> Read {
        let mut sources = Sources::default();
        let (documents, mut findings) = read::documents(self.root.path(), &mut sources);
        let stack = |_: &Asked<'_>| Stack { exists: true, framework: Some("fastapi".into()), ..Stack::default() };
        let (app, more) = resolve(&documents, &stack);
        findings.extend(more);
        let possible = app.as_ref().map(|a| enumerate(a, &self.entries)).unwrap_or_default();
        let (graph, more) = build(&documents, app.as_ref(), &self.entries, &possible);
        findings.extend(more);
        diag::sort(&mut findings, &sources);
        Read { sources, documents, app, possible, graph, findings }
    }

    pub fn derive(&self, read: &Read) -> Vec<Addition> {
        derive(self.given(read))
    }

    /// What deriving rests on.
    pub fn given<'a>(&'a self, read: &'a Read) -> Given<'a> {
        Given {
            documents: &read.documents,
            sources: &read.sources,
            app: read.app.as_ref().expect("an app"),
            entries: &self.entries,
            possible: &read.possible,
            graph: &read.graph,
            exists: self.exists.as_ref(),
        }
    }

    /// Inserts what was derived; the text before and after.
    pub fn apply(&self, addition: &Addition) -> (String, String) {
        let before = self.text(&addition.path);
        let mut after = before.clone();
        after.insert_str(addition.offset, &addition.text);
        self.write(&addition.path, after.as_bytes());
        (before, after)
    }
}
