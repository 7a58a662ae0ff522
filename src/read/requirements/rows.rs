//! Requirements in tables: a row whose first cell, or the cell below `ID`, is an id.

use crate::read::markdown::Block;
use crate::read::prose;
use crate::read::table::{Row, is_rule, rows};

use super::ids::definition;
use super::{Found, Reader, forms};

pub(super) fn read(reader: &mut Reader<'_>, block: &Block) {
    let text = reader.text;
    let all = rows(text, block.range.clone());
    let Some((head, body)) = all.split_first() else { return };
    let heads: Vec<String> = head.cells.iter().map(|c| prose::plain(&text[c.clone()]).to_lowercase()).collect();
    let named = |n: &String| ["id", "#", "req", "fr", "nfr", "requirement", "requirement id"].contains(&n.as_str());
    let column = heads.iter().position(named).unwrap_or(0);
    let anything = reader.section.asks();
    for row in body.iter().filter(|r| !is_rule(&text[r.range.clone()])) {
        if let Some(found) = one(text, row, column, anything) {
            reader.section.count();
            // a row repeats what is defined elsewhere more often than it defines
            reader.found.push(Found { weak: true, ..found });
        }
    }
}

fn one(text: &str, row: &Row, column: usize, anything: bool) -> Option<Found> {
    let cell = row.cells.get(column)?;
    let bare = prose::plain(&text[cell.clone()]);
    let (id, kind) = definition(&bare, anything).filter(|(id, _)| id.len() == bare.len())?;
    // cells that only point elsewhere do not define
    let words = |c: &&std::ops::Range<usize>| {
        let plain = prose::plain(&text[(*c).clone()]);
        plain.split_whitespace().filter(|w| definition(w.trim_matches(','), true).is_none()).count() > 1
            || plain.chars().filter(|c| !c.is_ascii() && c.is_alphabetic()).count() > 3
    };
    let mut others = row.cells.iter().enumerate().filter(|(n, _)| *n != column).map(|(_, c)| c);
    let said = others.find(words)?;
    let end = row.range.start + text[row.range.clone()].trim_end_matches(['|', ' ', '\t']).len();
    let mut found = Found::new(id, kind, said.start.max(cell.end), row.range.start..end.max(said.end));
    if forms::is_retired(&text[cell.clone()]) {
        found.range.start = cell.start;
    }
    Some(found)
}
