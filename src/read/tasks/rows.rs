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
    let mut made: BTreeSet<String> = BTreeSet::new();
    for task in tasks.iter_mut().filter(|t| t.kind == TaskKind::Produces) {
        let first = task.paths.first().map(|(p, _)| p.as_str());
        if first.is_some_and(|p| made.contains(p)) && verbs::is_add(&task.title) {
            task.kind = TaskKind::Edits;
        } else {
            made.extend(task.paths.iter().map(|(p, _)| p.clone()));
        }
    }
}
