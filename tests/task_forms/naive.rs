//! A scan that knows nothing of Markdown but lines, fences and comments: boxes, headings with ids, rows with ids.

use std::ops::Range;

/// What a line looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    Box,
    Heading,
    Row,
}

/// Every line that looks like a task, by its bytes without white space around it.
pub(crate) fn scan(text: &str) -> Vec<(What, Range<usize>)> {
    let mut found = Vec::new();
    let mut fence: Option<String> = None;
    let mut comment = false;
    let mut matter = text.trim_start_matches('\u{feff}').starts_with("---\n")
        || text.trim_start_matches('\u{feff}').starts_with("---\r\n");
    let mut at = 0;
    for (number, raw) in text.split_inclusive('\n').enumerate() {
        let start = at + raw.len() - raw.trim_start_matches(['\u{feff}', ' ', '\t', '>']).len();
        at += raw.len();
        // not at the end: `-->` closes a comment
        let line = raw.trim_start_matches(['\u{feff}', ' ', '\t', '>']).trim_end();
        if matter {
            matter = number == 0 || line != "---";
            continue;
        }
        let marks = line.len() - line.trim_start_matches(['`', '~']).len();
        if let Some(open) = &fence {
            if line.starts_with(open.as_str()) && line.chars().all(|c| open.starts_with(c)) {
                fence = None;
            }
            continue;
        }
        if !comment && marks >= 3 {
            fence = Some(line[..marks].to_owned());
            continue;
        }
        if comment || line.starts_with("<!--") {
            comment = !line.contains("-->");
            continue;
        }
        if let Some(what) = what(line) {
            found.push((what, start..start + line.len()));
        }
    }
    found
}

fn what(line: &str) -> Option<What> {
    let item = line.strip_prefix(['-', '*', '+']).or_else(|| {
        let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
        (rest.len() < line.len()).then(|| rest.strip_prefix(['.', ')'])).flatten()
    });
    if let Some(item) = item {
        let chars: Vec<char> = item.trim_start().chars().take(5).collect();
        if item.starts_with(' ')
            && let ['[', ' ' | 'x' | 'X' | '-' | '~', ']', ' ' | '*', ..] = chars[..]
        {
            return Some(What::Box);
        }
    }
    if line.starts_with('#') {
        let title = line.trim_start_matches('#').trim().trim_start_matches(['*', '[']);
        let after = ["Task ID: ", "Task "].iter().find_map(|w| title.strip_prefix(w));
        let id = after.unwrap_or(title);
        let dotted = after.is_some() && is_dotted(id);
        return (is_tee(id) || dotted).then_some(What::Heading);
    }
    if let Some(row) = line.strip_prefix('|') {
        return row.split('|').next().is_some_and(|c| is_exactly(c.trim().trim_matches('*'))).then_some(What::Row);
    }
    None
}

/// `T012`, `T-4.3a` at the beginning.
fn is_tee(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('T') else { return false };
    let rest = rest.strip_prefix('-').unwrap_or(rest);
    let end = rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(rest.len());
    let letter = usize::from(rest[end..].starts_with(|c: char| c.is_ascii_lowercase()));
    end > 0 && rest[end + letter..].chars().next().is_none_or(|c| " :*]".contains(c))
}

/// `4.1.1` at the beginning.
fn is_dotted(text: &str) -> bool {
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    text[..end].contains('.') && !text.starts_with('.') && text[end..].chars().next().is_none_or(|c| " :*".contains(c))
}

fn is_exactly(cell: &str) -> bool {
    is_tee(cell) && !cell.contains(' ')
}
