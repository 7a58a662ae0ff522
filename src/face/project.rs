//! One repository, read as far as every command needs it: documents, app, templates, graph.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::base::diag::{self, Diagnostic};
use crate::base::digest;
use crate::base::paths;
use crate::base::source::Sources;
use crate::base::tree::Node;
use crate::graph::contradictions::{self, Presence};
use crate::graph::derive::{Addition, Given};
use crate::graph::patches;
use crate::graph::resolve::resolve;
use crate::graph::runtime;
use crate::graph::secret_checks;
use crate::graph::tasks::Graph;
use crate::make::load::{self, Loaded};
use crate::model::app::{App, Role};
use crate::model::catalogue::{Possible, enumerate};
use crate::model::ids::{Identity, Ownership, RequirementId};
use crate::model::workspace::Documents;
use crate::read::adopted::LOCK;
use crate::read::repository::{self, Repository};
use crate::read::{existing, stack};
use crate::{check, graph, read};

/// More files of one name than this are not looked through.
const MOST_NAMESAKES: usize = 200;

/// What the documents of a repository say.
pub struct Project {
    pub root: PathBuf,
    pub sources: Sources,
    pub documents: Documents,
    /// Every other file that Git would take.
    pub repository: Repository,
    pub app: Option<App>,
    pub templates: Loaded,
    pub possible: Vec<Possible>,
    pub graph: Graph,
    pub owners: BTreeMap<Identity, Ownership>,
    /// Everything found wrong on the way, in the order of the stages.
    pub diagnostics: Vec<Diagnostic>,
}

impl Project {
    /// Reads everything below `root`. Nothing is written, no program is run.
    pub fn read(root: &Path) -> Self {
        Self::with_documents(root, root)
    }

    /// The same, with the documents of another folder: those that are not written yet.
    pub fn with_documents(root: &Path, documents: &Path) -> Self {
        let mut sources = Sources::default();
        let (mut documents, mut diagnostics) = read::documents(documents, &mut sources);
        let mut repository = Repository::walk(root);
        let (existing, found) = existing::read(&mut repository, &mut sources);
        diagnostics.extend(found);
        documents.existing = existing;
        // several environments ask for the same folder
        let known: Mutex<BTreeMap<[Option<String>; 3], stack::Stack>> = Mutex::default();
        let detect = |asked: &stack::Asked<'_>| {
            let key = [Some(asked.context), asked.framework, asked.manager].map(|t| t.map(str::to_owned));
            let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
            known.entry(key).or_insert_with(|| stack::detect(root, asked)).clone()
        };
        let (mut app, found) = resolve(&documents, &detect);
        diagnostics.extend(found);
        let blocks = documents.features.iter().flat_map(|f| &f.blocks);
        blocks.flat_map(|b| secret_checks::values(&b.node)).for_each(|span| sources.mask(span));
        let mut templates = load::load(root, &mut sources);
        let broken = diag::has_errors(&templates.diagnostics);
        diagnostics.append(&mut templates.diagnostics);
        let possible = app.as_ref().map(|a| enumerate(a, &templates.entries)).unwrap_or_default();
        let (mut graph, found) = graph::build(&documents, app.as_ref(), &templates.entries, &possible);
        // what a broken template would make is not known
        diagnostics.extend(found.into_iter().filter(|d| !broken || d.code != "artifact-unknown"));
        diagnostics.extend(bind(&templates, &documents, &possible, &mut graph));
        diagnostics.extend(templates.patches.iter().flat_map(check::patch));
        if let Some(app) = &mut app {
            own_dockerfiles(app, &graph);
            diagnostics.extend(runtime::lacks(app, &detect));
        }
        let owners = app.as_ref().map(|a| graph.ownership(&documents, a)).unwrap_or_default();
        Self {
            root: root.to_path_buf(),
            sources,
            documents,
            repository,
            app,
            templates,
            possible,
            graph,
            owners,
            diagnostics,
        }
    }

    /// The same project after these tasks are written; nothing is written here. Its findings are those of the graph.
    #[must_use]
    pub fn with_tasks(mut self, additions: &[Addition]) -> Self {
        for addition in additions {
            let old = addition.file.map_or("", |file| self.sources.text(file));
            let text = format!("{old}{}", addition.text);
            let doc = read::markdown::parse(&text);
            let file = self.sources.add(addition.path.as_str(), text);
            let id = addition.tasks.first().map(|t| t.feature.clone());
            let Some(feature) = self.documents.features.iter_mut().find(|f| Some(&f.id) == id.as_ref()) else {
                continue;
            };
            feature.tasks_file = Some(file);
            feature.tasks = read::tasks::read(file, &feature.id, &doc).0.into_iter().map(Arc::new).collect();
        }
        let entries = &self.templates.entries;
        (self.graph, self.diagnostics) = graph::build(&self.documents, self.app.as_ref(), entries, &self.possible);
        self.diagnostics.extend(bind(&self.templates, &self.documents, &self.possible, &mut self.graph));
        self.owners = self.app.as_ref().map(|a| self.graph.ownership(&self.documents, a)).unwrap_or_default();
        self
    }

    /// What tasks are derived from; nothing without an app. `exists` tells whether a file stands at a path.
    pub fn given<'a>(&'a self, exists: &'a dyn Fn(&str) -> bool) -> Option<Given<'a>> {
        Some(Given {
            documents: &self.documents,
            sources: &self.sources,
            app: self.app.as_ref()?,
            entries: &self.templates.entries,
            possible: &self.possible,
            graph: &self.graph,
            exists,
        })
    }

    /// What the documents say twice and differently, and what ticked tasks name that is not there.
    pub fn contradictions(&self) -> Vec<Diagnostic> {
        let names: OnceCell<BTreeMap<&str, Vec<&str>>> = OnceCell::new();
        let presence = |path: &str| {
            if self.repository.exists(path) {
                return Presence::Here;
            }
            let names = names.get_or_init(|| {
                let mut names: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
                self.repository.files().for_each(|f| names.entry(repository::name(f)).or_default().push(f));
                names
            });
            let same = names.get(repository::name(path)).map(Vec::as_slice).unwrap_or_default();
            // a bare name means any file of that name, and a path may begin below a folder of its own
            let ends = |file: &&str| file.strip_suffix(path).is_some_and(|rest| rest.ends_with('/'));
            match same.iter().take(MOST_NAMESAKES).any(ends) {
                true => Presence::Here,
                false if same.is_empty() => Presence::Absent,
                false => Presence::Elsewhere(same.iter().take(MOST_NAMESAKES).map(|f| (*f).to_owned()).collect()),
            }
        };
        contradictions::find(&self.documents, &self.graph, &presence)
    }

    pub fn has_errors(&self) -> bool {
        diag::has_errors(&self.diagnostics)
    }

    /// Every path that reading looked at: folders for their names, files that are absent among them.
    pub fn looked_at(&self) -> Vec<String> {
        let files = self.sources.files().map(|f| self.sources.path(f).to_owned());
        let existing = self.documents.existing.iter().map(|e| e.path.clone());
        let fixed = ["templates", LOCK].map(str::to_owned);
        let units = self.app.iter().flat_map(|a| &a.units);
        let mounted = units.filter_map(|u| u.union.get("files")?.as_list()).flatten();
        let mounted = mounted.filter_map(|f| f.get_str("source").map(str::to_owned));
        let files = files.chain(mounted);
        self.documents.folders.iter().cloned().chain(files).chain(existing).chain(fixed).collect()
    }

    /// The digest of the constitution's bytes, of all its files.
    pub fn constitution_digest(&self) -> Option<String> {
        let constitution = self.documents.constitution.as_ref()?;
        let files = std::iter::once(constitution.file).chain(constitution.more.iter().copied());
        let bytes: Vec<u8> = files.flat_map(|f| self.sources.text(f).bytes()).collect();
        Some(digest::hex(&bytes, 12))
    }

    /// The texts of all requirements, for the digest of what an artifact rests on.
    pub fn requirement_texts(&self) -> BTreeMap<RequirementId, String> {
        let all = self.documents.features.iter().flat_map(|f| &f.requirements);
        all.map(|r| (r.id.clone(), r.text.clone())).collect()
    }
}

/// Patches, where there is an app that they could change.
fn bind(templates: &Loaded, documents: &Documents, possible: &[Possible], graph: &mut Graph) -> Vec<Diagnostic> {
    if templates.patches.is_empty() {
        return Vec::new();
    }
    patches::bind(&templates.patches, documents, &templates.entries, possible, graph)
}

/// Where a person wrote a unit's Dockerfile, its image is built from that one.
fn own_dockerfiles(app: &mut App, graph: &Graph) {
    for (identity, files) in graph.adopted.iter().filter(|(i, _)| i.kind == "Dockerfile") {
        let Some(file) = files.first() else { continue };
        for unit in &mut app.units {
            // the app's own unit knows the parts of every other one
            let place = match unit.role {
                Role::App => format!("services.{}.build", identity.unit),
                _ if unit.name == identity.unit => "build".to_owned(),
                _ => continue,
            };
            for model in std::iter::once(&mut unit.union).chain(unit.environments.values_mut()) {
                if let Some(context) = model.get_str(&format!("{place}.context")) {
                    let own = Node::text(paths::relative(file.as_str(), context), "the Dockerfile that a person wrote");
                    model.put(&format!("{place}.dockerfile"), own);
                }
            }
        }
    }
}

/// The repository that `from` stands in: the nearest folder upwards that looks like one, else `from` itself.
pub fn root_of(from: &Path) -> PathBuf {
    let marks = ["constitution.md", ".specify", "specs", "CONSTITUTION.md", ".git"];
    let found = from.ancestors().find(|folder| marks.iter().any(|m| folder.join(m).exists()));
    found.unwrap_or(from).to_path_buf()
}
