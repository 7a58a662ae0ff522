//! Dockerfiles, Compose files, manifests and charts that stand in a repository, and whose they are.

use std::collections::BTreeSet;

use rayon::prelude::*;

use crate::base::diag::Diagnostic;
use crate::base::ids::join as join_ids;
use crate::base::source::{Sources, Span};
use crate::model::existing::{Comments, Existing, FileKind, FileState};

use super::adopted::{self, Lock};
use super::repository::{self, Repository};

/// Folders of documents, and of what tools keep for themselves.
const NOT_HERE: [&str; 8] = ["specs", ".specify", ".kiro", "openspec", "history", ".github", ".gitlab", ".vscode"];

/// More of a range of ids than this is a mistake.
const LONGEST_RANGE: u32 = 200;

/// Every such file that Git would take, in order of path. What lies below `out/` is Bowline's, and left out.
pub fn find(repository: &Repository, lock: &Lock) -> Vec<Existing> {
    let charts: BTreeSet<String> = repository.charts().into_iter().collect();
    let candidates: Vec<&str> = repository.files().filter(|p| !p.starts_with("out/") && is_searched(p)).collect();
    candidates.into_par_iter().filter_map(|path| look(repository, &charts, lock, path)).collect()
}

/// Everything that stands there, with what is wrong in `bowline.lock`.
pub fn read(repository: &mut Repository, sources: &mut Sources) -> (Vec<Existing>, Vec<Diagnostic>) {
    let (lock, mut out) = match repository.text(adopted::LOCK, sources) {
        Some(file) => adopted::read_lock(file, sources),
        None => (Lock::new(), Vec::new()),
    };
    let mut all = find(repository, &lock);
    let charts: BTreeSet<String> = repository.charts().into_iter().collect();
    for path in lock.keys().filter(|p| all.binary_search_by(|e| e.path.cmp(p)).is_err()).cloned().collect::<Vec<_>>() {
        if let Some(file) = look(repository, &charts, &lock, &path) {
            all.push(file);
            all.sort_by(|a, b| a.path.cmp(&b.path));
            continue;
        }
        let file = sources.find(adopted::LOCK);
        let line = file.and_then(|f| sources.text(f).find(&join_ids(std::slice::from_ref(&path))).map(|at| (f, at)));
        out.push(
            Diagnostic::warning("lock-file-missing", format!("`{}` names `{path}`, which is not there", adopted::LOCK))
                .at(line.map(|(f, at)| Span::new(f, at, at + path.len())), "no such file")
                .fix("run `bowline adopt --sidecar`, which takes the line out; or bring the file back"),
        );
    }
    (all, out)
}

/// One file, wherever it lies; nothing when it is none of these.
pub fn look(repository: &Repository, charts: &BTreeSet<String>, lock: &Lock, path: &str) -> Option<Existing> {
    let chart = chart_of(charts, path).map(str::to_owned);
    if !is_possible(path) {
        return None;
    }
    let text = repository.contents(path)?;
    let kind = kind(path, chart.as_deref(), &text, !charts.is_empty())?;
    let state = match adopted::find(&text) {
        Some((_, adoption)) => FileState::Adopted(adoption),
        None if is_generated(&text) => FileState::Generated,
        None => lock.get(path).cloned().map_or(FileState::Foreign, FileState::Adopted),
    };
    Some(Existing { path: path.to_owned(), kind, state, chart, comments: comments(&text) })
}

fn is_searched(path: &str) -> bool {
    !path.split('/').any(|part| NOT_HERE.contains(&part))
}

fn is_possible(path: &str) -> bool {
    let name = repository::name(path);
    let ending = name.rsplit_once('.').map_or("", |(_, e)| e);
    matches!(ending, "yaml" | "yml" | "tpl") || name == "NOTES.txt" || repository::is_dockerfile(name)
}

/// The nearest folder above that holds a `Chart.yaml`.
fn chart_of<'c>(charts: &'c BTreeSet<String>, path: &str) -> Option<&'c str> {
    let mut folder = repository::folder(path);
    loop {
        if let Some(chart) = charts.get(folder) {
            return Some(chart);
        }
        if folder.is_empty() {
            return None;
        }
        folder = repository::folder(folder);
    }
}

fn kind(path: &str, chart: Option<&str>, text: &str, any_chart: bool) -> Option<FileKind> {
    let name = repository::name(path);
    if repository::is_dockerfile(name) {
        return Some(FileKind::Dockerfile);
    }
    let inside = chart.and_then(|c| if c.is_empty() { Some(path) } else { path.strip_prefix(c)?.strip_prefix('/') });
    let yaml = name.ends_with(".yaml") || name.ends_with(".yml");
    if let Some(inside) = inside {
        if inside.starts_with("templates/") {
            return match name {
                "NOTES.txt" => Some(FileKind::Notes),
                _ if name.ends_with(".tpl") || name.starts_with('_') => Some(FileKind::Helpers),
                _ if yaml => Some(FileKind::Template),
                _ => None,
            };
        }
        if inside == "Chart.yaml" {
            return Some(FileKind::Chart);
        }
    }
    // templates of Bowline's own, not of a chart
    if !yaml || path.starts_with("templates/") {
        return None;
    }
    match name {
        _ if repository::is_compose(name) => Some(FileKind::Compose),
        "kustomization.yaml" | "kustomization.yml" => Some(FileKind::Kustomization),
        _ if any_chart && name.starts_with("values") => Some(FileKind::Values),
        _ => {
            let has = |key: &str| text.lines().any(|l| l.trim_start_matches('\u{feff}').starts_with(key));
            (has("apiVersion:") && has("kind:")).then_some(FileKind::Manifest)
        }
    }
}

/// Whether one of the first lines is the stamp of a generated file.
fn is_generated(text: &str) -> bool {
    text.lines().take(2).any(|l| l.contains("bowline:v1 ") && l.contains(" body="))
}

/// `# [Task]: T-001, T-003` and `# [From]: …` at any place, in any kind of comment.
fn comments(text: &str) -> Comments {
    let mut found = Comments::default();
    for line in text.lines().take(200) {
        if let Some((_, ids)) = line.split_once("[Task]:") {
            for id in task_ids(ids) {
                if !found.tasks.contains(&id) {
                    found.tasks.push(id);
                }
            }
        }
        if let Some((_, from)) = line.split_once("[From]:")
            && found.from.is_empty()
        {
            from.trim().trim_end_matches("*/").trim_end_matches("-->").trim().clone_into(&mut found.from);
        }
    }
    found
}

/// The ids of a list such as `T-008, T-009` or `T001-T004`.
fn task_ids(text: &str) -> Vec<String> {
    let mut all = Vec::new();
    let separates = |c: char| c.is_whitespace() || matches!(c, ',' | ';' | '+' | '&' | '(' | ')' | '[' | ']');
    for word in text.split(separates).filter(|w| w.bytes().any(|b| b.is_ascii_digit())) {
        let ends = word.split_once('–').or_else(|| {
            let at = word
                .match_indices("-T")
                .map(|(at, _)| at)
                .find(|at| word[..*at].ends_with(|c: char| c.is_ascii_digit()))?;
            Some((&word[..at], &word[at + 1..]))
        });
        match ends.and_then(|(from, to)| range(from, to)) {
            Some(ids) => all.extend(ids),
            None => all.push(word.trim_matches(['.', ':', '`']).to_owned()),
        }
    }
    all
}

fn range(from: &str, to: &str) -> Option<Vec<String>> {
    let split = |id: &str| {
        let at = id.rfind(|c: char| !c.is_ascii_digit()).map_or(0, |i| i + 1);
        let digits = id.get(at..).filter(|d| !d.is_empty())?;
        Some((id.get(..at)?.to_owned(), digits.len(), digits.parse::<u32>().ok()?))
    };
    let ((prefix, width, first), (_, _, last)) = (split(from)?, split(to)?);
    let fits = first <= last && last - first < LONGEST_RANGE;
    fits.then(|| (first..=last).map(|n| format!("{prefix}{n:0width$}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::fs;

    #[test]
    fn files_are_told_apart() {
        let root = tempfile::tempdir().expect("a folder");
        let object = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n";
        for (path, text) in [
            ("backend/Dockerfile", "# [Task]: T-001\n# [From]: speckit.plan §3\nFROM a\n"),
            ("docker-compose.yml", "services: {}\n"),
            ("helm/todo/Chart.yaml", "name: todo\n"),
            ("helm/todo/values.yaml", "a: 1\n"),
            ("helm/todo/templates/_helpers.tpl", ""),
            ("helm/todo/templates/NOTES.txt", "x\n"),
            ("helm/todo/templates/sub/a.yaml", "{{ x }}\n"),
            ("helm/todo/crds/c.yaml", object),
            ("k8s/kustomization.yaml", "resources: []\n"),
            ("k8s/a.yaml", object),
            ("k8s/b.yaml", "# bowline:v1 adopted task=f/T1\n"),
            ("k8s/c.yaml", "a: 1\n"),
            ("templates/deployment.yaml", object),
            ("specs/1/contracts/a.yaml", object),
            ("charts/x/templates/a.yaml", "{{- /* bowline:v1 task=f/T1 body=0 */ -}}\n"),
            ("charts/x/Chart.yaml", "# bowline:v1 task=f/T1 body=0\n"),
            ("out/x/local/a.yaml", object),
        ] {
            fs::write(&root.path().join(path), text.as_bytes()).expect("written");
        }
        let found = find(&Repository::walk(root.path()), &Lock::new());
        let names: Vec<String> = found.iter().map(|e| format!("{} {}", e.path, e.kind.name())).collect();
        assert_eq!(
            names,
            [
                "backend/Dockerfile Dockerfile",
                "charts/x/Chart.yaml chart",
                "charts/x/templates/a.yaml chart template",
                "docker-compose.yml Compose file",
                "helm/todo/Chart.yaml chart",
                "helm/todo/crds/c.yaml manifest",
                "helm/todo/templates/NOTES.txt chart notes",
                "helm/todo/templates/_helpers.tpl chart helpers",
                "helm/todo/templates/sub/a.yaml chart template",
                "helm/todo/values.yaml values",
                "k8s/a.yaml manifest",
                "k8s/kustomization.yaml kustomization",
            ]
        );
        assert_eq!(found[0].comments, Comments { tasks: vec!["T-001".into()], from: "speckit.plan §3".into() });
        assert_eq!(found[1].state, FileState::Generated);
    }

    #[test]
    fn ids_in_comments() {
        assert_eq!(task_ids(" T-008, T-009 and T013"), ["T-008", "T-009", "T013"]);
        assert_eq!(task_ids("T001-T004"), ["T001", "T002", "T003", "T004"]);
        assert_eq!(task_ids("T-4.3a"), ["T-4.3a"]);
        assert_eq!(task_ids("T1-T999999"), ["T1-T999999"]);
    }
}
