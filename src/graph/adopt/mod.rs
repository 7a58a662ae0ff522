//! Which tasks a file answers to that a person wrote: by the path that a task names, or by the comment in the file.

mod comments;

use std::collections::{BTreeMap, BTreeSet};

use crate::base::source::Span;
use crate::base::suggest::nearest;
use crate::model::existing::Existing;
use crate::model::ids::RequirementId;
use crate::model::workspace::{Task, TaskKind};
use crate::read::paths::expand;
use crate::read::repository::{Repository, folder, name};

use super::join::is_source;
use super::pattern;
use super::tasks::{Graph, TaskIx};
use comments::Comments;

/// How a task was found to mean a file, the surest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum How {
    /// The file's own `# [Task]: …`.
    Comment,
    /// The task names its path.
    Path,
    /// The task names it by a pattern.
    Pattern,
    /// The task names its folder and its name apart.
    Apart,
    /// The task names the end of its path, and no other file ends so.
    Ending,
    /// The task names a folder that it lies in.
    Folder,
}

impl How {
    pub fn name(self) -> &'static str {
        match self {
            Self::Comment => "named in the file",
            Self::Path => "exact path",
            Self::Pattern => "pattern",
            Self::Apart => "folder and name",
            Self::Ending => "only file of that name",
            Self::Folder => "folder",
        }
    }
}

/// A task and a file, and what ties them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tie {
    pub task: TaskIx,
    pub how: How,
    /// As the task writes it; for a comment, as the file does.
    pub written: String,
    pub span: Option<Span>,
}

/// What is known of one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claim {
    /// In the order of the documents; empty when nothing is certain.
    pub ties: Vec<Tie>,
    /// Why there is none.
    pub reason: String,
    /// What might be meant: tasks with what they name, nearest first.
    pub candidates: Vec<String>,
}

/// Why nothing is certain: the reason of least rank is told, with what might be meant.
type Doubt = (u8, String, Vec<String>);

/// The claims on each file, in their order.
pub fn claims(graph: &Graph, files: &[Existing], repository: &Repository) -> Vec<Claim> {
    let index = Index::new(graph, files, repository);
    let mut found: Vec<BTreeMap<How, Vec<Tie>>> = vec![BTreeMap::new(); files.len()];
    let mut doubts: Vec<BTreeSet<Doubt>> = vec![BTreeSet::new(); files.len()];
    for ix in graph.indices() {
        index.task(ix, &mut found, &mut doubts);
    }
    let comments = Comments::new(graph);
    let pairs = files.iter().zip(found.into_iter().zip(doubts));
    pairs
        .map(|(file, (mut found, mut doubts))| {
            match comments.of(file, &found) {
                Ok(ties) if !ties.is_empty() => {
                    let named = found.remove(&How::Path).unwrap_or_default();
                    found = BTreeMap::from([(How::Path, both(ties, named))]);
                }
                Ok(_) => {}
                Err(doubt) => drop(doubts.insert(doubt)),
            }
            choose(graph, &index, file, found, doubts)
        })
        .collect()
}

/// The requirements that the tasks cite.
pub fn requirements(graph: &Graph, ties: &[Tie]) -> Vec<RequirementId> {
    let all: BTreeSet<RequirementId> = ties.iter().flat_map(|t| graph.requirements_of(t.task)).collect();
    all.into_iter().collect()
}

fn both(mut ties: Vec<Tie>, more: Vec<Tie>) -> Vec<Tie> {
    for tie in more {
        if !ties.iter().any(|t| t.task == tie.task) {
            ties.push(tie);
        }
    }
    ties.sort_by_key(|t| t.task);
    ties
}

/// The surest ties, unless they contradict each other.
fn choose(
    graph: &Graph,
    index: &Index<'_>,
    file: &Existing,
    found: BTreeMap<How, Vec<Tie>>,
    mut doubts: BTreeSet<Doubt>,
) -> Claim {
    let name_of = |t: &Tie| graph.task(t.task).id().to_string();
    for (how, ties) in found {
        let ties = both(Vec::new(), ties);
        let features: BTreeSet<_> = ties.iter().map(|t| &graph.task(t.task).id().feature).collect();
        if how < How::Apart || features.len() < 2 {
            return Claim { ties, ..Claim::default() };
        }
        let reason = format!("tasks of {} features name `{}`", features.len(), name(&file.path));
        doubts.insert((0, reason, ties.iter().map(name_of).collect()));
    }
    match doubts.pop_first() {
        Some((_, reason, candidates)) => Claim { ties: Vec::new(), reason, candidates },
        None => Claim { ties: Vec::new(), reason: "no task names it".to_owned(), candidates: index.near(graph, file) },
    }
}

/// Files and paths, ready to be asked.
struct Index<'a> {
    graph: &'a Graph,
    files: &'a [Existing],
    repository: &'a Repository,
    paths: BTreeMap<&'a str, usize>,
    names: BTreeMap<&'a str, Vec<usize>>,
    /// What the tasks name and nobody finds, by its last part.
    lost: BTreeMap<&'a str, Vec<(TaskIx, &'a str)>>,
}

impl<'a> Index<'a> {
    fn new(graph: &'a Graph, files: &'a [Existing], repository: &'a Repository) -> Self {
        let mut index =
            Self { graph, files, repository, paths: BTreeMap::new(), names: BTreeMap::new(), lost: BTreeMap::new() };
        for (at, file) in files.iter().enumerate() {
            index.paths.insert(&file.path, at);
            index.names.entry(name(&file.path)).or_default().push(at);
        }
        for ix in graph.indices() {
            for (path, _) in &graph.task(ix).task.paths {
                if !repository.has_file(path.trim_start_matches("./")) && !path.ends_with('/') {
                    index.lost.entry(name(path)).or_default().push((ix, path));
                }
            }
        }
        index
    }

    /// Everything that one task says of files.
    fn task(&self, ix: TaskIx, found: &mut [BTreeMap<How, Vec<Tie>>], doubts: &mut [BTreeSet<Doubt>]) {
        let task = &self.graph.task(ix).task;
        let id = task.id.to_string();
        let folders: Vec<String> = task.paths.iter().filter_map(|(p, _)| self.folder(task, p)).collect();
        let bare = task.paths.iter().any(|(p, _)| !p.contains('/') && !pattern::is_pattern(p));
        for (path, span) in &task.paths {
            let (files, how) = match self.find(task, path, &folders) {
                Found::Files(files, how) => (files, how),
                Found::Several(files) => {
                    let names: Vec<&str> = files.iter().map(|f| self.files[*f].path.as_str()).collect();
                    for at in &files {
                        let others: Vec<String> =
                            names.iter().filter(|n| **n != self.files[*at].path).map(|n| format!("`{n}`")).collect();
                        let reason = format!("`{path}` of `{}` may be this file or {}", task.id.id, some(&others));
                        doubts[*at].insert((1, reason, vec![id.clone()]));
                    }
                    continue;
                }
                Found::Below(files) if bare => {
                    // the names beside it say which of its files are meant
                    let _ = files;
                    continue;
                }
                Found::Below(files) => (files, How::Folder),
                Found::Mixed(files) => {
                    let reason = format!("`{}` names the folder `{path}`, which holds other things too", task.id.id);
                    for at in files {
                        doubts[at].insert((3, reason.clone(), vec![id.clone()]));
                    }
                    continue;
                }
                Found::Nothing => continue,
            };
            for at in files {
                match task.kind {
                    TaskKind::Produces | TaskKind::Edits if !is_source(&task.title, path) => {
                        let tie = Tie { task: ix, how, written: path.clone(), span: Some(*span) };
                        found[at].entry(how).or_default().push(tie);
                    }
                    kind => {
                        let reason = format!("`{}` names it, but {}", task.id.id, only(kind));
                        doubts[at].insert((2, reason, vec![id.clone()]));
                    }
                }
            }
        }
    }

    /// The paths that a path of a task may be, from the root and from where its feature's documents begin.
    fn places(task: &Task, path: &str) -> Vec<String> {
        let path = path.trim_start_matches("./").trim_end_matches('/');
        let id = &*task.id.feature.0;
        let base = id.rfind("/specs/").map(|at| &id[..at]).or_else(|| id.find("/.kiro/").map(|at| &id[..at]));
        std::iter::once(path.to_owned()).chain(base.map(|b| format!("{b}/{path}"))).collect()
    }

    fn folder(&self, task: &Task, path: &str) -> Option<String> {
        Self::places(task, path).into_iter().find(|p| !p.is_empty() && self.repository.has_folder(p))
    }

    fn find(&self, task: &Task, path: &str, folders: &[String]) -> Found {
        if pattern::is_pattern(path) {
            let wanted: Vec<String> = Self::places(task, path).iter().flat_map(|p| expand(p)).collect();
            let mut files: Vec<usize> = wanted.iter().flat_map(|w| self.matching(w)).collect();
            files.sort_unstable();
            files.dedup();
            return if files.is_empty() { Found::Nothing } else { Found::Files(files, How::Pattern) };
        }
        let places = Self::places(task, path);
        if let Some(at) = places.iter().find_map(|p| self.paths.get(p.as_str())) {
            return Found::Files(vec![*at], How::Path);
        }
        if let Some(folder) = self.folder(task, path) {
            let files = self.below(&folder);
            let pure =
                !files.is_empty() && files.len() == self.repository.below(&folder).filter(|p| !is_beside(p)).count();
            return if pure { Found::Below(files) } else { Found::Mixed(files) };
        }
        let inside: Vec<usize> =
            folders.iter().filter_map(|f| self.paths.get(format!("{f}/{path}").as_str())).copied().collect();
        if !inside.is_empty() {
            return Found::Files(inside, How::Apart);
        }
        self.ending(path.trim_start_matches("./").trim_end_matches('/'))
    }

    /// Files whose path ends like this one: as much of it as any has, and at least what tells it from others.
    fn ending(&self, path: &str) -> Found {
        let Some(same) = self.names.get(name(path)) else { return Found::Nothing };
        let parts: Vec<&str> = path.split('/').filter(|p| !matches!(*p, "" | "." | "..")).collect();
        let specific = name(path).rsplit_once('.').map_or(name(path), |(stem, _)| stem).contains(['-', '.']);
        for length in (1..=parts.len()).rev() {
            if length == 1 && parts.len() > 1 && !specific {
                break;
            }
            let ending = parts[parts.len() - length..].join("/");
            let fits = |at: &&usize| {
                let path = self.files[**at].path.as_str();
                path.strip_suffix(&ending).is_some_and(|before| before.is_empty() || before.ends_with('/'))
            };
            match same.iter().filter(fits).copied().collect::<Vec<_>>()[..] {
                [] => {}
                [one] => return Found::Files(vec![one], How::Ending),
                ref several => return Found::Several(several.to_vec()),
            }
        }
        Found::Nothing
    }

    fn matching(&self, wanted: &str) -> Vec<usize> {
        let inside = pattern::folder(wanted);
        self.below(inside).into_iter().filter(|at| pattern::matches(wanted, &self.files[*at].path)).collect()
    }

    fn below(&self, folder: &str) -> Vec<usize> {
        let start = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let from = self.paths.range(start.as_str()..).take_while(|(p, _)| p.starts_with(&start));
        from.map(|(_, at)| *at).collect()
    }

    /// What tasks name and does not exist, and is called like this file.
    fn near(&self, graph: &Graph, file: &Existing) -> Vec<String> {
        let own = name(&file.path);
        let same = self.lost.get(own).into_iter().flatten().take(3);
        let mut all: Vec<String> =
            same.map(|(ix, path)| format!("{} names `{path}`: moved?", graph.task(*ix).id())).collect();
        if all.is_empty() && self.lost.len() <= 2000 {
            for near in nearest(own, self.lost.keys().copied(), 3) {
                let first = self.lost.get(near).and_then(|l| l.first());
                all.extend(first.map(|(ix, path)| format!("{} names `{path}`", graph.task(*ix).id())));
            }
        }
        all
    }
}

enum Found {
    Files(Vec<usize>, How),
    /// Any one of them may be meant.
    Several(Vec<usize>),
    /// Everything below a folder of nothing else.
    Below(Vec<usize>),
    /// A folder with code in it too.
    Mixed(Vec<usize>),
    Nothing,
}

/// Files that may lie beside manifests and charts without making their folder one of code.
fn is_beside(path: &str) -> bool {
    let name = name(path);
    name.starts_with('.')
        || [".md", ".txt", ".json", ".sh", ".lock", ".example"].iter().any(|e| name.ends_with(e))
        || name == "Makefile"
        || folder(path).ends_with("/tests")
}

fn some(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [a] => a.clone(),
        [a, b] => format!("{a} or {b}"),
        [a, b, ..] => format!("{a}, {b} or {} more", names.len() - 2),
    }
}

fn only(kind: TaskKind) -> &'static str {
    match kind {
        TaskKind::Runs => "only to run something with it",
        TaskKind::Verifies => "only to verify it",
        TaskKind::Removes => "to remove it",
        TaskKind::Manual => "leaves the work to a person",
        TaskKind::Produces | TaskKind::Edits => "only as what another file is made from",
    }
}
