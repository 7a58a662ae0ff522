//! What is known of a task from elsewhere in the file: tables of files, and the tasks that make a file before it.

use std::collections::BTreeSet;

use crate::model::workspace::{Task, TaskKind};
use crate::read::verbs;

use super::below::Below;
use super::fields::Field;
use super::line::add_paths;
use super::refs::List;
use super::survey::Shape;

/// A row that names more tasks than this says nothing of each of them.
const PER_ROW: usize = 64;

impl Below<'_> {
    /// The files that a table gives to tasks that are written elsewhere: `| T002-T003, T008 | app/mail.py |`.
    pub(super) fn files_of_rows(&mut self, tasks: &mut [Task]) {
        let text = self.doc.masked.as_str();
        let mut own: BTreeSet<(usize, usize)> = BTreeSet::new();
        for (candidate, at) in self.survey.candidates.iter().zip(self.index) {
            if let (Some(_), Shape::Row { table, row }) = (*at, candidate.shape) {
                own.insert((table, row));
            }
        }
        for (number, table) in self.survey.tables.iter().enumerate() {
            let files = table.columns.fields.iter().find(|(_, field)| *field == Field::Files);
            let (Some(id), Some((files, _))) = (table.columns.id, files) else { continue };
            let rows = table.rows.iter().enumerate().filter(|(row, _)| !own.contains(&(number, *row)));
            for (_, cells) in rows {
                let (Some(id), Some(files)) = (cells.cells.get(id), cells.cells.get(*files)) else { continue };
                let ids = self.known.list(text, id.clone(), List::Field, usize::MAX);
                if ids.len() > PER_ROW {
                    continue;
                }
                for at in ids.iter().filter_map(|(id, _)| self.known.place(id)) {
                    let task = &mut tasks[at];
                    add_paths(self.file, text, files.clone(), task);
                    if task.kind == TaskKind::Manual && !task.paths.is_empty() {
                        task.kind = verbs::kind(&task.title, task.paths.first().map(|(p, _)| p.as_str()));
                    }
                }
            }
        }
    }
}

/// `Add a page to read the mail in app/mail.py` changes that file when a task before it makes the file.
pub(super) fn adds_to_others(tasks: &mut [Task]) {
    let makes = |t: &Task| t.kind == TaskKind::Produces && !t.paths.is_empty();
    // few plans add anything, and only then it matters who made what
    let adds: Vec<usize> =
        (0..tasks.len()).filter(|at| makes(&tasks[*at]) && verbs::is_add(&tasks[*at].title)).collect();
    let Some(last) = adds.last() else { return };
    let mut made: BTreeSet<&str> = BTreeSet::new();
    let mut edits = Vec::new();
    for (at, task) in tasks[..=*last].iter().enumerate().filter(|(_, t)| makes(t)) {
        if made.contains(task.paths[0].0.as_str()) && adds.binary_search(&at).is_ok() {
            edits.push(at);
        } else {
            made.extend(task.paths.iter().map(|(p, _)| p.as_str()));
        }
    }
    edits.into_iter().for_each(|at| tasks[at].kind = TaskKind::Edits);
}
