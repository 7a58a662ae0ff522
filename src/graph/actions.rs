//! What a task that runs or verifies does, and to which units: by its verb and the units that it names.

use std::collections::BTreeSet;

use crate::model::app::App;
use crate::model::workspace::{Task, TaskKind};

use super::tasks::Action;

/// The names that a task may speak of.
pub struct Units<'a> {
    app: &'a str,
    names: BTreeSet<&'a str>,
}

impl<'a> Units<'a> {
    pub fn new(app: &'a App) -> Self {
        Self { app: &app.name, names: app.units.iter().map(|u| u.name.as_str()).collect() }
    }
}

/// The actions of a task, one for each unit that it names. A task that names only the app means the app's own unit.
pub fn of(task: &Task, app: &Units<'_>) -> Vec<(Action, String)> {
    if !matches!(task.kind, TaskKind::Runs | TaskKind::Verifies) {
        return Vec::new();
    }
    let title = task.title.to_lowercase();
    let words: BTreeSet<&str> = title.split(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '_'))).collect();
    let has = |list: &[&str]| list.iter().any(|w| words.contains(w));
    let image = has(&["image", "images"]);
    let good = has(&["ready", "healthy", "running", "answers", "completed", "works"]);
    let action = match task.kind {
        TaskKind::Verifies if !good => return Vec::new(),
        TaskKind::Verifies => Action::Verify,
        _ if title.starts_with("build") && image => Action::Build,
        _ if image && has(&["load", "push", "pull", "import"]) => Action::Load,
        _ if has(&["apply", "deploy", "install", "upgrade", "run", "start", "release"]) => Action::Apply,
        _ => return Vec::new(),
    };
    let named: Vec<&str> = words.iter().copied().filter(|w| app.names.contains(w)).collect();
    let others: Vec<&str> = named.iter().copied().filter(|n| *n != app.app).collect();
    let units = if others.is_empty() { named } else { others };
    units.into_iter().map(|u| (action, u.to_owned())).collect()
}
