//! Rows and cells of a Markdown table, with their places in the file.

use std::ops::Range;

/// A line of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The line without white space around it.
    pub range: Range<usize>,
    /// What stands between the bars, without white space around it; an empty cell is an empty range.
    pub cells: Vec<Range<usize>>,
}

/// The heads of the columns, the line of dashes, and the rows below, for the table that stands at `range` of `text`.
pub fn rows(text: &str, range: Range<usize>) -> Vec<Row> {
    let mut found = Vec::new();
    let mut start = range.start;
    for line in text[range].split_inclusive('\n') {
        let inner = line.trim_start_matches([' ', '\t', '>']);
        let at = start + line.len() - inner.len();
        let inner = inner.trim_end();
        if !inner.is_empty() {
            found.push(Row { range: at..at + inner.len(), cells: cells(inner, at) });
        }
        start += line.len();
    }
    found
}

/// Whether a row is the line of dashes below the heads.
pub fn is_rule(text: &str) -> bool {
    text.contains('-') && text.chars().all(|c| matches!(c, '|' | '-' | ':' | ' ' | '\t'))
}

fn cells(line: &str, at: usize) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = usize::from(line.starts_with('|'));
    let mut before = ' ';
    for (i, c) in line.char_indices().skip(start) {
        // a bar after a backslash is text, in code as well
        if c == '|' && before != '\\' {
            found.push(trimmed(line, start..i, at));
            start = i + 1;
        }
        before = c;
    }
    if start < line.len() {
        found.push(trimmed(line, start..line.len(), at));
    }
    found
}

fn trimmed(line: &str, range: Range<usize>, at: usize) -> Range<usize> {
    let cell = &line[range.clone()];
    let start = at + range.start + cell.len() - cell.trim_start().len();
    start..start + cell.trim().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_know_their_places() {
        let text = "x\n\n| ID | Text |\n|:--|--|\n| FR-1 | a \\| `b` |\n|  | é\n";
        let rows = rows(text, 3..text.len());
        let seen: Vec<Vec<&str>> = rows.iter().map(|r| r.cells.iter().map(|c| &text[c.clone()]).collect()).collect();
        assert_eq!(seen, [vec!["ID", "Text"], vec![":--", "--"], vec!["FR-1", "a \\| `b`"], vec!["", "é"]]);
        assert!(is_rule(&text[rows[1].range.clone()]) && !is_rule(&text[rows[0].range.clone()]));
    }
}
