//! Tasks that a task names: of its own feature, or of another by its name, `002-orders/T003`.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::diag::Diagnostic;
use crate::base::source::Span;
use crate::base::suggest::did_you_mean;
use crate::model::ids::{FeatureId, TaskId};

use super::by_feature::ByFeature;
use super::tasks::{Graph, TaskNode};

/// Candidates that a finding names.
const MOST_NAMED: usize = 8;

/// The features that have tasks, by what they may be called.
pub(super) struct Features<'a> {
    whole: BTreeSet<&'a FeatureId>,
    /// By their last segments.
    short: BTreeMap<&'a str, Vec<&'a FeatureId>>,
}

impl<'a> Features<'a> {
    pub(super) fn new(features: &ByFeature<'a>) -> Self {
        let whole: BTreeSet<&FeatureId> = features.ids().collect();
        let mut short: BTreeMap<&str, Vec<&FeatureId>> = BTreeMap::new();
        for feature in &whole {
            short.entry(feature.short()).or_default().push(feature);
        }
        Self { whole, short }
    }

    /// The features that the name before the last `/` may mean, and the id behind it.
    pub(super) fn of<'w>(&self, own: &'a FeatureId, written: &'w str) -> (Vec<&'a FeatureId>, &'w str) {
        let Some((name, id)) = written.rsplit_once('/') else { return (vec![own], written) };
        if let Some(feature) = self.whole.get(&FeatureId(name.into())) {
            return (vec![feature], id);
        }
        let found = match self.short.get(name) {
            Some(found) => found.clone(),
            None => self.beginning(name),
        };
        // of several roots, the feature's own
        let beside: Vec<&FeatureId> = found.iter().copied().filter(|f| folder(f) == folder(own)).collect();
        (if beside.len() == 1 { beside } else { found }, id)
    }

    /// `002` for `002-orders`.
    fn beginning(&self, name: &str) -> Vec<&'a FeatureId> {
        let from = format!("{name}-");
        let alike = self.short.range(from.as_str()..).take_while(|(short, _)| short.starts_with(&from));
        if name.is_empty() { Vec::new() } else { alike.flat_map(|(_, f)| f.iter().copied()).collect() }
    }
}

fn folder(feature: &FeatureId) -> &str {
    feature.0.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// A task that is named and not there.
pub(super) struct Wanted<'w> {
    pub(super) verb: &'w str,
    pub(super) written: &'w str,
    pub(super) span: Span,
    /// Whether to look for names that are near.
    pub(super) near: bool,
}

/// `features` are those that the name may mean: one without such a task, none, or several.
pub(super) fn unknown(graph: &Graph, task: &TaskId, wanted: &Wanted<'_>, features: &[&FeatureId]) -> Diagnostic {
    let Wanted { verb, written, span, near } = *wanted;
    let (name, bare) = written.rsplit_once('/').unwrap_or(("", written));
    let finding = |what: &str, label: String| {
        let message = format!("`{}` {verb} `{written}`, and {what}", task.id);
        Diagnostic::error("task-unknown", message).at(span, label).task(task.to_string())
    };
    let all = || graph.tasks.iter().map(TaskNode::id);
    let feature = match *features {
        [feature] => feature,
        [] => {
            let short = || all().map(|i| i.feature.short()).collect::<BTreeSet<&str>>();
            let fix = near.then(|| did_you_mean(name, short())).flatten();
            let fix = fix.unwrap_or_else(|| "name a feature that has tasks".to_owned());
            return finding("no feature is called so", format!("`{name}` is no feature with tasks")).fix(fix);
        }
        _ => {
            let mut names: Vec<String> = features.iter().take(MOST_NAMED).map(|f| format!("`{f}`")).collect();
            if features.len() > MOST_NAMED {
                names.push(format!("{} more", features.len() - MOST_NAMED));
            }
            return finding("several features are called so", format!("`{name}` may be any of {}", features.len()))
                .saying(format!("it may be {}", names.join(", ")))
                .fix(format!("write the whole name, such as `{}/{bare}`", features[0]));
        }
    };
    let own = *feature == task.feature;
    let label = if own { "not a task of this feature".to_owned() } else { format!("`{feature}` has no task `{bare}`") };
    let mut found = finding("there is no such task", label);
    let fix = format!("name a task of `{feature}`, or write the task");
    if !near {
        return found.fix(fix);
    }
    let beside = all().filter(|i| i.feature == *feature && *i != task).map(|i| &*i.id);
    let elsewhere: Vec<String> =
        all().filter(|i| i.id == bare && i.feature != *feature).take(3).map(|i| format!("`{i}`")).collect();
    if !elsewhere.is_empty() {
        found = found.saying(format!("another feature has one: {}", elsewhere.join(", ")));
    }
    found.fix(did_you_mean(bare, beside).unwrap_or(fix))
}
