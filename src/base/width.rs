//! How wide a text stands in a terminal: letters of some scripts take two columns, marks above a letter none.
//! The only importer of the table of widths.

use unicode_width::UnicodeWidthStr as _;

/// Columns that a text takes.
pub fn width(text: &str) -> usize {
    text.width()
}

/// The text, followed by as many spaces as it needs to fill that many columns.
pub fn left(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

/// The text behind as many spaces as it needs to fill that many columns.
pub fn right(text: &str, columns: usize) -> String {
    format!("{}{text}", " ".repeat(columns.saturating_sub(width(text))))
}

/// At most that many columns of a text; where something is left out, `…` stands in its place.
pub fn cut(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut out = String::new();
    for letter in text.chars() {
        out.push(letter);
        // a letter may change the width of what stands before it, so the whole is measured
        if width(&out) + 1 > columns {
            out.pop();
            break;
        }
    }
    format!("{}…", out.trim_end())
}

/// One line of a text that may hold anything: control characters, which could move the cursor, become spaces.
pub fn line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() || is_bidi_control(c) { ' ' } else { c }).collect()
}

/// Marks that turn the direction of what follows, and so could show a line in another order than it is written.
fn is_bidi_control(letter: char) -> bool {
    matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_not_characters() {
        assert_eq!((width("部署"), width("کام"), width("e\u{301}"), width("✅")), (4, 3, 1, 2));
        assert_eq!(left("部署", 6), "部署  ");
        assert_eq!(right("12", 4), "  12");
        assert_eq!(cut("部署到集群", 7), "部署到…");
        assert_eq!(cut("部署到集群", 6), "部署…");
        assert_eq!(cut("short", 5), "short");
        assert_eq!(line("a\u{1b}[2Jb\tc\u{202e}d"), "a [2Jb c d");
    }
}
