//! The lines of new tasks: what each of them says that it waits for, and whether they are read where they are written.

use std::collections::BTreeSet;

use crate::base::diag::Diagnostic;
use crate::base::source::Sources;
use crate::model::ids::{FeatureId, TaskId};
use crate::model::workspace::{Feature, Layout, Task, TaskKind};
use crate::read::{markdown, tasks as reader};

use super::{Addition, Derived, Deriver, Given};
use crate::graph::form::{Line, Writer};
use crate::graph::tasks::Evidence;

impl Deriver<'_> {
    /// Adds a task to the end of a feature's file; without an id where the file's form gives none.
    pub(super) fn append(
        &mut self,
        feature: &FeatureId,
        heading: &str,
        line: Line,
        waits: Vec<TaskId>,
    ) -> Option<TaskId> {
        let Given { documents, sources, graph, .. } = self.given;
        let feature = documents.features.iter().find(|f| f.id == *feature).or(documents.features.first())?;
        if !self.files.contains_key(&feature.id) {
            let stamped = self.taken.iter().filter(|t| t.feature == feature.id).map(|t| t.id.clone());
            // a task that was taken out may still be waited for by one of another feature
            let elsewhere = graph.tasks.iter().flat_map(|n| n.task.depends_on.iter().chain(&n.task.blocks));
            let elsewhere = elsewhere.filter_map(|(id, _)| id.rsplit_once('/').filter(|(f, _)| *f == &*feature.id.0));
            let taken = stamped.chain(elsewhere.map(|(_, id)| id.to_owned())).collect();
            let mentioned: Vec<&str> =
                [feature.spec, feature.plan].into_iter().flatten().map(|f| sources.text(f)).collect();
            let text = feature.tasks_file.map(|file| sources.text(file));
            self.files.insert(feature.id.clone(), (Writer::new(feature, text, &mentioned, &taken)?, Vec::new()));
        }
        let waits = self.needed(waits);
        let open = |id: &TaskId| graph.get(id).is_none_or(|ix| !graph.task(ix).task.done);
        let free = !waits.iter().any(open);
        let name = |id: &TaskId| if id.feature == feature.id { id.id.clone() } else { id.to_string() };
        let mut names: Vec<String> = waits.iter().map(name).collect();
        names.sort_by(|a, b| (a.len(), a).cmp(&(b.len(), b)));
        self.made.entry(feature.id.clone()).or_default().extend(line.path.clone());
        let (writer, tasks) = self.files.get_mut(&feature.id)?;
        writer.heading(heading);
        let id = writer.task(&Line { waits: names, free, ..line });
        let id = id.map(|id| TaskId { feature: feature.id.clone(), id });
        tasks.push(id.clone().unwrap_or_else(|| TaskId { feature: feature.id.clone(), id: String::new() }));
        if let Some(id) = &id {
            let before = waits.iter().flat_map(|w| self.before(w)).chain(waits.iter().cloned()).collect();
            self.implied.insert(id.clone(), before);
        }
        id
    }

    /// Without those that another of them comes after, as a person would say it.
    fn needed(&self, mut waits: Vec<TaskId>) -> Vec<TaskId> {
        waits.sort();
        waits.dedup();
        let implied: BTreeSet<TaskId> = waits.iter().flat_map(|w| self.before(w)).collect();
        let cycle = waits.iter().all(|w| implied.contains(w));
        if !cycle {
            waits.retain(|w| !implied.contains(w));
        }
        waits
    }

    /// What comes before a task because it, or one of those, says so.
    fn before(&self, task: &TaskId) -> BTreeSet<TaskId> {
        if let Some(known) = self.implied.get(task) {
            return known.clone();
        }
        let graph = self.given.graph;
        let mut found = BTreeSet::new();
        let mut next: Vec<_> = graph.get(task).into_iter().collect();
        while let Some(ix) = next.pop() {
            for edge in graph.incoming(ix).filter(|e| e.evidence == Evidence::Declared) {
                if found.insert(graph.task(edge.from).id().clone()) {
                    next.push(edge.from);
                }
            }
        }
        found
    }

    /// The additions, each file read once more with its own.
    pub(super) fn finish(self) -> Derived {
        let Given { documents, sources, .. } = self.given;
        let mut derived = Derived::default();
        for (id, (writer, tasks)) in self.files {
            let Some(feature) = documents.features.iter().find(|f| f.id == id) else { continue };
            let path = feature.tasks_file.map_or_else(|| new_path(feature), |file| sources.path(file).to_owned());
            let before = feature.tasks_file.map_or("", |file| sources.text(file));
            let text = writer.finish();
            if is_read(feature, before, &text, &tasks, self.made.get(&id)) {
                let offset = before.len();
                derived.additions.push(Addition { path, file: feature.tasks_file, offset, text, tasks });
            } else {
                derived.refused.push(
                    Diagnostic::error(
                        "tasks-unwritable",
                        format!("{} cannot be appended to `{path}`: there they would not be read", count(tasks.len())),
                    )
                    .at(feature.tasks_file.and_then(|f| sources.line_span(f, sources.line_count(f))), "the file ends here")
                    .saying("something above swallows what follows, such as an HTML block or a list that never ends")
                    .fix("end the file with a heading of its own, such as `## Phase 9: Delivery`, and run `bowline tasks` again"),
                );
            }
        }
        derived
    }
}

fn count(tasks: usize) -> String {
    if tasks == 1 { "a task".to_owned() } else { format!("{tasks} tasks") }
}

/// Whether the tasks of a file are read as before, and the new ones beside them with the files that they make.
fn is_read(feature: &Feature, before: &str, added: &str, new: &[TaskId], made: Option<&BTreeSet<String>>) -> bool {
    let text = format!("{before}{added}");
    let file = Sources::default().add("", "");
    let (read, _) = reader::read(file, &feature.id, &markdown::parse(&text));
    let place = |t: &Task| (t.id_span.range(), t.form, t.done);
    let old = feature.tasks.iter().map(|t| place(t)).eq(read.iter().take(feature.tasks.len()).map(place));
    let ids: BTreeSet<&TaskId> = read.iter().skip(feature.tasks.len()).map(|t| &t.id).collect();
    let named = new.iter().filter(|id| !id.id.is_empty()).all(|id| ids.contains(id));
    let makes = read.iter().skip(feature.tasks.len()).filter(|t| t.kind == TaskKind::Produces);
    let paths: Vec<&str> = makes.flat_map(|t| t.paths.iter().map(|(p, _)| p.as_str())).collect();
    let all = made.into_iter().flatten().all(|m| paths.iter().any(|p| m.ends_with(p)));
    old && named && all && ids.len() >= new.len()
}

fn new_path(feature: &Feature) -> String {
    match feature.layout {
        Layout::Flat => format!("tasks/{}.md", feature.id),
        Layout::SpecKit | Layout::Kiro | Layout::OpenSpec => format!("{}/tasks.md", feature.id),
    }
}
