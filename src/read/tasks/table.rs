//! Tables: rows and cells by their places, and what each column holds.

use std::ops::Range;

use crate::read::markdown::{Block, Kind, Markdown};

use super::fields::{Field, field_of};

/// A table of the file.
pub(super) struct Table {
    pub(super) block: usize,
    pub(super) header: Row,
    pub(super) rows: Vec<Row>,
    pub(super) columns: Columns,
}

/// A line of a table.
pub(super) struct Row {
    pub(super) range: Range<usize>,
    pub(super) cells: Vec<Range<usize>>,
}

/// What the columns of a table of tasks hold, by their names, in any order.
#[derive(Default)]
pub(super) struct Columns {
    pub(super) id: Option<usize>,
    pub(super) title: Option<usize>,
    pub(super) status: Option<usize>,
    pub(super) parallel: Option<usize>,
    /// Columns that say what a field says: dependencies, files, requirements, story.
    pub(super) fields: Vec<(usize, Field)>,
    /// Whether the names are those of work to do, so that `5` below `#` is a task.
    pub(super) of_work: bool,
}

/// All tables, in document order.
pub(super) fn read(doc: &Markdown) -> Vec<Table> {
    let tables = doc.blocks.iter().enumerate().filter(|(_, b)| matches!(b.kind, Kind::Table));
    tables.filter_map(|(index, block)| table(&doc.masked, index, block)).collect()
}

fn table(text: &str, block: usize, b: &Block) -> Option<Table> {
    let mut rows = Vec::new();
    let mut at = b.range.start;
    for line in text[b.range.clone()].split_inclusive('\n') {
        rows.push(row(line, at));
        at += line.len();
    }
    let mut rows = rows.into_iter();
    let header = rows.next()?;
    // the line of dashes
    rows.next()?;
    let rows: Vec<Row> = rows.filter(|r| !r.range.is_empty()).collect();
    let columns = columns(text, &header, &rows);
    Some(Table { block, header, rows, columns })
}

fn row(line: &str, at: usize) -> Row {
    let front = line.trim_start_matches([' ', '\t', '>']);
    let start = at + line.len() - front.len();
    let front = front.trim_end();
    let range = start..start + front.len();
    let inner = front.strip_prefix('|').unwrap_or(front);
    let mut from = range.end - inner.len();
    let inner = inner.strip_suffix('|').filter(|i| !i.ends_with('\\')).unwrap_or(inner);
    let mut cells = Vec::new();
    let mut escaped = false;
    let end = from + inner.len();
    for (i, c) in inner.bytes().enumerate() {
        if c == b'|' && !escaped {
            let bar = end - inner.len() + i;
            cells.push(from..bar);
            from = bar + 1;
        }
        escaped = c == b'\\' && !escaped;
    }
    cells.push(from..end);
    Row { range, cells }
}

fn columns(text: &str, header: &Row, rows: &[Row]) -> Columns {
    let mut found = Columns::default();
    let names: Vec<String> = header.cells.iter().map(|c| name(&text[c.clone()])).collect();
    for (at, name) in names.iter().enumerate() {
        match name.as_str() {
            "#" | "id" | "task id" | "task #" | "task no" | "no" | "nr" | "№" | "编号" | "شمار" => {
                found.id = found.id.or(Some(at));
            }
            "title" | "description" | "name" | "action" | "what" | "summary" | "标题" | "描述" | "عنوان" => {
                found.title = found.title.or(Some(at));
            }
            "status" | "state" | "done" | "complete" | "completed" | "✅" | "状态" | "حیثیت" => {
                found.status = found.status.or(Some(at));
            }
            "p" | "[p]" | "parallel" | "parallel?" => found.parallel = found.parallel.or(Some(at)),
            "priority" | "estimate" | "effort" | "owner" | "assignee" => found.of_work = true,
            name => match field_of(name) {
                Some(field) if !matches!(field, Field::Status | Field::Title) => found.fields.push((at, field)),
                _ => {}
            },
        }
    }
    // `Task` names the ids where the cells are ids, and the titles otherwise
    let task = names.iter().position(|n| matches!(n.as_str(), "task" | "tasks" | "任务" | "ٹاسک" | "tâche" | "tarea"));
    if let Some(at) = task {
        found.of_work = true;
        let ids = |r: &&Row| r.cells.get(at).is_some_and(|c| crate::read::names::is_task_id(bare(&text[c.clone()])));
        let half = rows.iter().filter(ids).count() * 2 >= rows.len().max(1);
        if found.id.is_none() && half {
            found.id = Some(at);
        } else if !half {
            found.title = Some(at);
        }
    }
    found.of_work |= found.status.is_some() || found.fields.iter().any(|(_, f)| *f == Field::DependsOn);
    if found.title.is_none() {
        let taken = |at: &usize| {
            [found.id, found.status, found.parallel].contains(&Some(*at)) || found.fields.iter().any(|(f, _)| f == at)
        };
        found.title = (0..names.len()).find(|at| !taken(at));
    }
    found
}

fn name(cell: &str) -> String {
    cell.trim_matches([' ', '*', '_', '`', '\t', ':']).to_lowercase()
}

/// A cell's text without emphasis.
pub(super) fn bare(cell: &str) -> &str {
    cell.trim_matches([' ', '*', '_', '`', '\t', '.'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::markdown;

    #[test]
    fn cells_and_columns() {
        let text = "| Priority | Task | # | Dependencies | Status |\n|---|---|---|---|---|\n| P0 | Make `a\\|b` | 5 | 3, 4 | [X] |\n";
        let doc = markdown::parse(text);
        let tables = read(&doc);
        let table = &tables[0];
        let cells: Vec<&str> = table.rows[0].cells.iter().map(|c| text[c.clone()].trim()).collect();
        assert_eq!(cells, ["P0", "Make `a\\|b`", "5", "3, 4", "[X]"]);
        let columns = &table.columns;
        assert_eq!((columns.id, columns.title, columns.status), (Some(2), Some(1), Some(4)));
        assert_eq!(columns.fields, [(3, Field::DependsOn)]);
        assert!(columns.of_work);
    }
}
