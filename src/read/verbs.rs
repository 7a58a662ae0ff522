//! What doing a task means, from its first words.

use crate::model::workspace::TaskKind;

const PRODUCE: &[&str] = &["create", "write", "generate", "scaffold", "define", "declare", "make", "author", "draft"];
const EDIT: &[&str] = &[
    "update",
    "edit",
    "modify",
    "extend",
    "change",
    "adjust",
    "refactor",
    "fix",
    "configure",
    "tune",
    "rename",
    "replace",
    "set",
];
const RUN: &[&str] = &[
    "run", "load", "apply", "deploy", "install", "start", "enable", "push", "tag", "execute", "scale", "upgrade",
    "roll", "rollback", "launch", "pull", "release",
];
const VERIFY: &[&str] = &[
    "verify",
    "check",
    "test",
    "smoke",
    "smoke-test",
    "validate",
    "confirm",
    "ensure",
    "lint",
    "scan",
    "measure",
    "inspect",
    "prove",
];
const THINK: &[&str] =
    &["read", "review", "decide", "agree", "discuss", "ask", "consider", "study", "research", "look", "compare"];
const REMOVE: &[&str] = &["remove", "delete", "drop"];

/// The kind of a task. `title` has no box, id and labels; `path` is the first path that it names.
pub fn kind(title: &str, path: Option<&str>) -> TaskKind {
    let lower = title.to_lowercase();
    let mut words = lower.split(|c: char| !(c.is_alphanumeric() || c == '-')).filter(|w| !w.is_empty());
    let verb = words.next().unwrap_or_default();
    let has = |list: &[&str]| list.contains(&verb);
    let image = || words.clone().any(|w| matches!(w, "image" | "images" | "container" | "containers"));
    let with_path = if path.is_some() { TaskKind::Produces } else { TaskKind::Manual };
    match verb {
        "add" if path.is_some_and(|p| adds_to(&lower, p)) => TaskKind::Edits,
        "build" if image() => TaskKind::Runs,
        "add" | "build" => with_path,
        _ if has(PRODUCE) => with_path,
        _ if has(EDIT) && path.is_some() => TaskKind::Edits,
        _ if has(REMOVE) && path.is_some() => TaskKind::Removes,
        _ if has(RUN) => TaskKind::Runs,
        _ if has(THINK) => TaskKind::Manual,
        _ if has(VERIFY) => TaskKind::Verifies,
        _ => with_path,
    }
}

/// `add probes to the Deployment in FILE` changes the file; `add FILE` and `add the Service in FILE` make it.
fn adds_to(title: &str, path: &str) -> bool {
    let before = title.find(&path.to_lowercase()).map_or(title, |at| &title[..at]);
    before.contains(" to ") || before.contains(" into ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_by_first_word() {
        let path = "charts/todo/values.yaml";
        for (title, path, wanted) in [
            ("Write charts/todo/values.yaml", Some(path), TaskKind::Produces),
            ("Add probes to `charts/todo/values.yaml`", Some(path), TaskKind::Edits),
            ("Add the values in charts/todo/values.yaml", Some(path), TaskKind::Produces),
            ("Update charts/todo/values.yaml", Some(path), TaskKind::Edits),
            ("Build the backend image", None, TaskKind::Runs),
            ("Build the login page in app/x.tsx", Some("app/x.tsx"), TaskKind::Produces),
            ("Load the image into the cluster", None, TaskKind::Runs),
            ("Smoke-test the page", None, TaskKind::Verifies),
            ("Remove charts/todo/values.yaml", Some(path), TaskKind::Removes),
            ("Create an account", None, TaskKind::Manual),
            ("Agree on names", None, TaskKind::Manual),
            ("Review charts/todo/values.yaml", Some(path), TaskKind::Manual),
        ] {
            assert_eq!(kind(title, path), wanted, "{title}");
        }
    }
}
