//! Everything in a file that may be a task: boxes, headings with an id, rows of tables with an id.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::read::markdown::{Block, Kind, Markdown};
use crate::read::names::{family, is_lettered, resembles_task_id};

use super::opening::{Bare, Id, measures, opening, parent};
use super::sections::{Section, leads_checklist};
use super::table::{self, Table};

/// How something that may be a task is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// The offset of its mark; whether a star follows the box.
    Box {
        mark: usize,
        optional: bool,
    },
    Heading,
    /// Indices of the table and of its row.
    Row {
        table: usize,
        row: usize,
    },
}

impl Shape {
    /// Among lines of one id, the lowest defines it.
    pub(super) fn rank(self) -> u8 {
        match self {
            Self::Box { .. } => 0,
            Self::Heading => 1,
            Self::Row { .. } => 2,
        }
    }
}

/// A box, a heading or a row.
pub(super) struct Candidate {
    pub(super) block: usize,
    pub(super) shape: Shape,
    /// Its line.
    pub(super) line: Range<usize>,
    /// Its own text, from the id or the first word.
    pub(super) text: Range<usize>,
    /// With what stands below it.
    pub(super) extent: Range<usize>,
    pub(super) id: Option<Id>,
    /// Why what looks like an id is none.
    pub(super) refused: Option<String>,
    /// What was refused is a number.
    pub(super) number: bool,
    pub(super) section: usize,
    /// The box that it is nested in.
    pub(super) above: Option<usize>,
    /// Below a line such as `**Acceptance criteria**:`.
    pub(super) checklist: bool,
    /// A heading inside of a list or a quote is no heading of the file.
    pub(super) nested_heading: bool,
}

/// All of it, and what kinds of ids the file has.
pub(super) struct Survey {
    pub(super) candidates: Vec<Candidate>,
    pub(super) tables: Vec<Table>,
    /// The file's ids begin with a letter, so a number at the beginning of a box is a number.
    pub(super) lettered: bool,
}

impl Survey {
    pub(super) fn new(doc: &Markdown, sections: &[Section]) -> Self {
        let tables = table::read(doc);
        let mut survey = Self { candidates: collect(doc, sections, &tables), tables, lettered: false };
        survey.accept(&doc.masked, sections);
        survey
    }

    /// The id as it is written.
    pub(super) fn id<'t>(&self, text: &'t str, candidate: usize) -> Option<&'t str> {
        self.candidates[candidate].id.as_ref().map(|i| &text[i.range.clone()])
    }

    /// Takes away the ids that are none in this file.
    fn accept(&mut self, text: &str, sections: &[Section]) {
        // an id of each family, and whether there are others
        let mut families: BTreeMap<&str, (&str, bool)> = BTreeMap::new();
        let mut numbers: BTreeSet<&str> = sections.iter().filter_map(|s| s.number.as_deref()).collect();
        let headings: BTreeSet<&str> = numbers.clone();
        for (at, candidate) in self.candidates.iter().enumerate() {
            let Some(id) = self.id(text, at) else { continue };
            if is_lettered(id) {
                let (first, several) = families.entry(family(id)).or_insert((id, false));
                *several |= *first != id;
            } else if !matches!(candidate.shape, Shape::Row { .. })
                && !measures(&text[candidate_end(candidate)..candidate.text.end])
            {
                numbers.insert(id);
            }
        }
        let tee = families.contains_key("T") || families.contains_key("T-");
        let coded = |id: &str, marked: bool| marked || families.get(family(id)).is_some_and(|(_, several)| *several);
        self.lettered = tee
            || self.candidates.iter().enumerate().any(|(at, c)| {
                let id = self.id(text, at).filter(|id| is_lettered(id));
                id.is_some_and(|id| coded(id, c.id.as_ref().is_some_and(|i| i.marked)))
            });
        let lettered = self.lettered;
        let refusals: Vec<Option<String>> = (0..self.candidates.len())
            .map(|at| {
                let candidate = &self.candidates[at];
                let id = candidate.id.as_ref()?;
                let written = &text[id.range.clone()];
                let good = if is_lettered(written) {
                    matches!(family(written), "T" | "T-") || coded(written, id.marked)
                } else if id.worded && candidate.shape == Shape::Heading {
                    true
                } else if lettered && !id.worded {
                    return Some(format!("`{written}` is no task id beside ids such as `T012`"));
                } else {
                    match candidate.shape {
                        Shape::Row { table, .. } => !id.bare || self.tables[table].columns.of_work,
                        _ => is_outlined(written, id, &text[id.range.end..candidate.text.end], &numbers, &headings),
                    }
                };
                (!good).then(|| {
                    let what = if is_lettered(written) {
                        "no id of the kind that the other tasks have"
                    } else {
                        "a number here, not an id: nothing in the file is numbered like it"
                    };
                    format!("`{written}` is {what}")
                })
            })
            .collect();
        for (candidate, refused) in self.candidates.iter_mut().zip(refusals) {
            if refused.is_some() {
                candidate.number = candidate.id.take().is_some_and(|i| !is_lettered(&text[i.range]));
                candidate.refused = refused;
            } else if candidate.id.is_none() && matches!(candidate.shape, Shape::Box { .. }) {
                let odd = resembles_task_id(&text[candidate.text.clone()]);
                candidate.refused = odd.then(|| "the id is not written as `T012`, `T-4.3a` or `4.1.1`".into());
            }
        }
    }
}

fn candidate_end(candidate: &Candidate) -> usize {
    candidate.id.as_ref().map_or(candidate.text.start, |i| i.range.end)
}

/// Whether a number is one of an outline: its neighbours or its heading are there, or it is marked as a name.
fn is_outlined(id: &str, how: &Id, after: &str, numbers: &BTreeSet<&str>, headings: &BTreeSet<&str>) -> bool {
    if how.marked {
        return true;
    }
    if measures(after) {
        return false;
    }
    let trimmed = id.trim_end_matches(|c: char| c.is_ascii_lowercase());
    let (stem, last) = trimmed.rsplit_once('.').map_or(("", trimmed), |(s, l)| (s, l));
    let Ok(last) = last.parse::<u32>() else { return false };
    let sibling = |n: u32| {
        let written = if stem.is_empty() { n.to_string() } else { format!("{stem}.{n}") };
        numbers.contains(written.as_str())
    };
    let above = parent(trimmed).is_some_and(|p| headings.contains(p) || numbers.contains(p));
    if stem.is_empty() {
        return last == 1 || (last > 1 && sibling(last - 1));
    }
    // `6.1.1` beside `3.1.4`: nobody measures in three parts
    let parts = |n: &str| n.matches('.').count();
    let alike = parts(trimmed) > 1 && numbers.iter().any(|n| *n != trimmed && parts(n) == parts(trimmed));
    above
        || alike
        || (last > 0 && sibling(last - 1))
        || (last <= 1 && sibling(last + 1))
        || trimmed.len() < id.len() && numbers.contains(trimmed)
}

fn collect(doc: &Markdown, sections: &[Section], tables: &[Table]) -> Vec<Candidate> {
    let text = &doc.masked;
    let mut found: Vec<Candidate> = Vec::new();
    let mut section = 0;
    let mut boxes: Vec<(usize, usize)> = Vec::new();
    let mut tables = tables.iter().enumerate().peekable();
    let mut checklist = false;
    for (at, block) in doc.blocks.iter().enumerate() {
        while boxes.last().is_some_and(|(_, end)| *end <= block.range.start) {
            boxes.pop();
        }
        let above = boxes.last().map(|(candidate, _)| *candidate);
        let own = sections.get(section + 1).filter(|s| s.block == Some(at));
        if own.is_some() {
            section += 1;
            checklist = false;
        }
        let base = |shape, line: Range<usize>, text: Range<usize>, id| Candidate {
            block: at,
            shape,
            extent: line.clone(),
            line,
            text,
            id,
            refused: None,
            number: false,
            section,
            above,
            checklist,
            nested_heading: false,
        };
        let mut leading = None;
        match block.kind {
            Kind::Heading(_) => {
                let opening = opening(text, &block.head, Bare::No);
                let id = opening.id.filter(|i| i.worded || is_lettered(&text[i.range.clone()]));
                if id.is_some() {
                    let line = trimmed(text, &block.range);
                    let mut candidate = base(Shape::Heading, line, opening.start..block.head.end, id);
                    candidate.extent = own.map_or(block.range.clone(), |s| s.range.clone());
                    candidate.nested_heading = own.is_none();
                    found.push(candidate);
                }
            }
            Kind::Item { mark: Some(mark) } => {
                let opening = opening(text, &block.head, Bare::Dotted);
                let optional = text.as_bytes().get(mark + 2) == Some(&b'*');
                let shape = Shape::Box { mark, optional };
                let line = block.range.start..block.head.end.max(mark + 2);
                let mut candidate = base(shape, line, opening.start..block.head.end, opening.id);
                candidate.extent = block.range.clone();
                boxes.push((found.len(), block.range.end));
                found.push(candidate);
            }
            Kind::Paragraph | Kind::Item { mark: None } => leading = Some(leads(text, block)),
            Kind::Table => {
                let Some((index, table)) = tables.next_if(|(_, t)| t.block == at) else { continue };
                let Some(column) = table.columns.id else { continue };
                for (number, row) in table.rows.iter().enumerate() {
                    let Some(cell) = row.cells.get(column) else { continue };
                    let Some(id) = opening(text, cell, Bare::Cell).id.filter(|i| alone(text, cell, i)) else {
                        continue;
                    };
                    let shape = Shape::Row { table: index, row: number };
                    found.push(base(shape, row.range.clone(), row.range.clone(), Some(id)));
                }
            }
            Kind::Fence(_) => {}
        }
        checklist = leading.unwrap_or(checklist);
    }
    found
}

/// Whether a cell holds the id and nothing else.
fn alone(text: &str, cell: &Range<usize>, id: &Id) -> bool {
    text[id.range.end..cell.end].trim_matches([' ', '*', '_', '`', '\t', '.', ']']).is_empty()
}

fn leads(text: &str, block: &Block) -> bool {
    let head = text[block.head.clone()].trim_end();
    leads_checklist(&head[head.rfind('\n').map_or(0, |i| i + 1)..])
}

fn trimmed(text: &str, range: &Range<usize>) -> Range<usize> {
    range.start..range.start + text[range.clone()].trim_end().len()
}
