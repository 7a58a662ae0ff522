//! The ticked task that says the opposite of a finding.

use crate::base::diag::Diagnostic;
use crate::model::workspace::{Documents, Task};
use crate::read::repository::{folder, join, name};

use super::Found;
use super::given::mentions;

/// Names in each finding the ticked task that claims the opposite, where there is one.
pub(super) fn contradict(found: Vec<Found>, documents: &Documents) -> Vec<Diagnostic> {
    let ticked: Vec<&Task> =
        documents.features.iter().flat_map(|f| &f.tasks).map(|t| &**t).filter(|t| t.done).collect();
    let each = found.into_iter().map(|mut found| {
        let best = ticked.iter().map(|task| (tie(task, &found), task)).rev().max_by_key(|(tie, _)| *tie);
        if let Some((Some(tie), task)) = best {
            let at = if task.id_span.start < task.id_span.end { task.id_span } else { task.span };
            let says = match tie {
                Tie::Proves | Tie::ProvesThis => "is ticked and says the opposite",
                Tie::Wrote | Tie::Speaks => "is ticked as done; this says that it is not",
            };
            found.diagnostic = found.diagnostic.and(at, format!("`{}` {says}", task.id.id));
            found.diagnostic.task = Some(task.id.to_string());
        }
        found.diagnostic
    });
    each.collect()
}

/// What a task has to do with a finding, the weakest first: one that says that a thing builds or loads counts before
/// one that wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Tie {
    /// It wrote a file that the finding is about.
    Wrote,
    /// It names a variable that the finding is about.
    Speaks,
    /// It says that everything of that kind is well.
    Proves,
    /// It says so of this file.
    ProvesThis,
}

fn tie(task: &Task, found: &Found) -> Option<Tie> {
    let title = task.title.to_lowercase();
    let words: Vec<&str> = title.split(|c: char| !c.is_alphanumeric()).collect();
    let any = |wanted: &[&str]| wanted.iter().any(|w| words.contains(w));
    let code = found.diagnostic.code;
    let named = found.about.iter().any(|file| task.paths.iter().any(|(path, _)| names(path, file, &title)));
    if !(code.starts_with("build-") || code == "chart-loads") {
        let denies = code == "secret-fallback-public"
            && any(&["secret", "secrets", "credential", "credentials", "password", "passwords"])
            && any(&["hardcode", "hardcoded", "coded", "no", "not", "never", "without"]);
        let speaks = found.variables.iter().any(|v| mentions(&task.title, v));
        return match (denies, speaks, named) {
            (true, ..) => Some(Tie::Proves),
            (_, true, _) => Some(Tie::Speaks),
            (.., named) => named.then_some(Tie::Wrote),
        };
    }
    let chart = found.about.iter().any(|f| f.ends_with("Chart.yaml"));
    let proves = if chart {
        any(&["lint", "lints", "template", "install", "installs", "renders"])
    } else {
        any(&["build", "builds", "built", "compiles"])
    };
    if named {
        return Some(if proves { Tie::ProvesThis } else { Tie::Wrote });
    }
    let subject = found.about.iter().any(|file| {
        let folder = folder(file);
        if chart {
            let path = folder.to_lowercase();
            any(&["chart"]) || (path.contains('/') && title.contains(&path)) || (any(&["helm"]) && path.is_empty())
        } else {
            let image = any(&["image", "docker", "dockerfile", "container"]);
            let all = any(&["images", "dockerfiles", "containers"]) && any(&["all", "both", "each", "every"]);
            let component = folder.split('/').next_back().unwrap_or_default().to_lowercase();
            all || (image && !component.is_empty() && words.contains(&component.as_str()))
        }
    });
    (subject && proves && (task.paths.is_empty() || chart)).then_some(Tie::Proves)
}

/// Whether a path of a task is that file, a folder above it that says so, or its name beside its folder's.
fn names(path: &str, file: &str, title: &str) -> bool {
    let path = join("", path);
    if path.is_empty() {
        return false;
    }
    let below =
        |long: &str, short: &str| long.strip_suffix(short).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'));
    if path.contains('/') && (below(file, &path) || below(&path, file)) {
        return true;
    }
    let component = folder(file).rsplit('/').next().unwrap_or_default().to_lowercase();
    path == file
        || (path == name(file) && !component.is_empty() && title.contains(&component))
        || (file.ends_with("Chart.yaml") && path.contains('/') && path.starts_with(&format!("{}/", folder(file))))
}
