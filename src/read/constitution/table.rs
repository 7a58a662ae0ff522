//! Rules in tables: a row, or a cell that says whether its column is required.

use crate::model::workspace::Force;

use super::{Reader, force};
use crate::read::markdown::Block;
use crate::read::prose;
use crate::read::table::{Row, is_rule, rows};

/// What a cell says about its column.
enum Mark {
    Asks(Force),
    AsksNot,
}

pub(super) fn read(reader: &mut Reader<'_>, block: &Block) {
    let text = reader.text;
    let all = rows(text, block.range.clone());
    let Some((head, body)) = all.split_first() else { return };
    reader.aside(head.range.clone(), "head of a table");
    let heads: Vec<String> = head.cells.iter().map(|c| prose::plain(&text[c.clone()])).collect();
    for row in body {
        if is_rule(&text[row.range.clone()]) {
            reader.aside(row.range.clone(), "ruling");
        } else {
            one(reader, &heads, row);
        }
    }
}

fn one(reader: &mut Reader<'_>, heads: &[String], row: &Row) {
    let cells: Vec<String> = row.cells.iter().map(|c| prose::plain(&reader.text[c.clone()])).collect();
    let Some((name, rest)) = cells.split_first() else { return };
    if rest.iter().all(|c| mark(c).is_none()) {
        let filled: Vec<&str> = rest.iter().map(String::as_str).filter(|c| !c.is_empty()).collect();
        let text = if filled.is_empty() { name.clone() } else { format!("{name}: {}", filled.join("; ")) };
        let own = force::of(&text);
        let (text, force) = reader.in_context(text, own, false);
        if super::is_placeholder(&text) {
            reader.aside(row.range.clone(), "placeholder of the template");
        } else if super::says_something(&text) {
            reader.push(row.range.clone(), text, force);
        } else {
            reader.aside(row.range.clone(), "one word");
        }
        return;
    }
    let mut stated = false;
    for (index, cell) in cells.iter().enumerate().skip(1) {
        let head = heads.get(index).map_or("", String::as_str);
        let at = row.cells[index].clone();
        match mark(cell) {
            Some(Mark::Asks(force)) => {
                reader.push(at, format!("{name}: {head} {cell}"), force);
                stated = true;
            }
            Some(Mark::AsksNot) => reader.aside(at, "not required"),
            None if super::says_something(cell) => {
                let force = force::of(cell).unwrap_or(Force::Should);
                reader.push(at, format!("{name}: {head}: {cell}"), force);
                stated = true;
            }
            None => {}
        }
    }
    if !stated {
        reader.aside(row.range.clone(), "not required");
    }
}

fn mark(cell: &str) -> Option<Mark> {
    let lower = cell.to_lowercase();
    let word = lower.trim_matches(|c: char| !c.is_alphanumeric());
    let starts = |list: &[&str]| list.iter().any(|w| word.starts_with(w));
    match () {
        () if cell.starts_with(['❌', '✗', '✘']) || starts(&["not required", "n/a", "forbidden"]) => {
            Some(Mark::AsksNot)
        }
        () if matches!(word, "no" | "none") => Some(Mark::AsksNot),
        () if starts(&["optional"]) => Some(Mark::Asks(Force::May)),
        () if starts(&["recommended"]) || word == "should" => Some(Mark::Asks(Force::Should)),
        () if starts(&["required", "mandatory"]) || matches!(word, "must" | "yes") => Some(Mark::Asks(Force::Must)),
        () if cell.starts_with(['✅', '✓', '✔', '☑']) => Some(Mark::Asks(Force::Must)),
        () => None,
    }
}
