//! Markdown to blocks with byte ranges into the file as it stands on disk: byte order mark, CRLF and all.

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, CowStr, Event, Options, Parser, Tag, TagEnd};

/// One Markdown file, taken apart.
#[derive(Clone, Debug, Default)]
pub struct Markdown {
    /// In document order; an item comes before what is nested in it.
    pub blocks: Vec<Block>,
    /// The file with comments, front matter, code fences and the byte order mark blanked by spaces:
    /// same length, same offsets, so that a scanner cannot be fooled by an example.
    pub masked: String,
    /// Fences and comments that nothing closes.
    pub unclosed: Vec<Unclosed>,
    /// Text indented so far that it is code, with its offset; blank in `masked`.
    pub indented: Vec<(usize, String)>,
}

/// A block of text.
#[derive(Clone, Debug)]
pub struct Block {
    pub kind: Kind,
    /// The whole block, for an item with everything nested in it.
    pub range: Range<usize>,
    /// Its own text: without `#`, list marker and check box, up to the first nested block.
    pub head: Range<usize>,
    /// How many list items it lies in (an item counts itself not).
    pub depth: usize,
}

#[derive(Clone, Debug)]
pub enum Kind {
    /// Level 1 to 6.
    Heading(u8),
    Paragraph,
    /// A list item; the offset of the byte between the brackets if it has a check box.
    Item {
        mark: Option<usize>,
    },
    Fence(Fence),
    Table,
}

/// A fenced code block.
#[derive(Clone, Debug)]
pub struct Fence {
    /// The words after the opening marks.
    pub info: String,
    /// The lines between the marks, without the indentation of the list they stand in, with `\n` endings.
    pub content: String,
    /// `(offset in content, offset in file)` for each run of bytes that stands in the file as one, sorted: a fence
    /// in a list, or in a file with CRLF, is not one piece of the file.
    pub runs: Vec<(usize, usize)>,
}

impl Fence {
    /// Whether this is a typed block: ` ```yaml bowline `.
    pub fn is_typed(&self) -> bool {
        let mut words = self.info.split_whitespace();
        matches!(words.next(), Some("yaml" | "yml")) && words.any(|w| w == "bowline")
    }

    fn push(&mut self, c: char, offset: usize) {
        let joined = self.content.len();
        // the same run while both sides advance alike
        if self.runs.last().is_none_or(|(j, f)| offset.checked_sub(*f) != joined.checked_sub(*j)) {
            self.runs.push((joined, offset));
        }
        self.content.push(c);
    }
}

/// Something that swallows the rest of its surroundings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unclosed {
    /// The opening line.
    pub range: Range<usize>,
    /// `fence` or `comment`.
    pub what: &'static str,
    /// Whether it is a typed block.
    pub typed: bool,
}

/// Takes a file apart. Any text is a document; nothing here fails.
pub fn parse(text: &str) -> Markdown {
    let skip = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let skip = skip + front_matter(&text[skip..]);
    let mut reader = Reader { text, ..Reader::default() };
    reader.masks.push(0..skip);
    let options = Options::ENABLE_TABLES;
    for (event, range) in Parser::new_ext(&text[skip..], options).into_offset_iter() {
        reader.event(event, range.start + skip..range.end + skip);
    }
    reader.finish()
}

/// The length of the YAML between two lines of dashes at the head of a file. Only there: further down, and before
/// anything but `key: value`, such a line divides, and what follows it is text.
fn front_matter(text: &str) -> usize {
    let mut lines = text.split_inclusive('\n');
    if lines.next().is_none_or(|l| l.trim_end() != "---") {
        return 0;
    }
    let keyed = |line: &str| {
        let key = line.find(':').map_or("", |i| &line[..i]);
        !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || "_-. \"'".contains(c)) && !line.starts_with(' ')
    };
    let mut at = text.split_inclusive('\n').next().map_or(0, str::len);
    for (number, line) in lines.enumerate() {
        at += line.len();
        if matches!(line.trim_end(), "---" | "...") {
            return if number > 0 { at } else { 0 };
        }
        if number == 0 && !keyed(line) {
            return 0;
        }
    }
    0
}

/// What is open while events come in.
enum Open {
    /// A block of the result; inline text extends its head while the flag says so.
    Block { index: usize, takes_text: bool },
    /// The first paragraph of an item: its text is the item's.
    ItemText(usize),
    /// A quote, a list, front matter, a footnote: nothing of its own.
    Other,
}

#[derive(Default)]
struct Reader<'a> {
    text: &'a str,
    blocks: Vec<Block>,
    open: Vec<Open>,
    masks: Vec<Range<usize>>,
    unclosed: Vec<Unclosed>,
    indented: Vec<(usize, String)>,
    depth: usize,
}

impl Reader<'_> {
    fn event(&mut self, event: Event, range: Range<usize>) {
        match event {
            Event::Start(tag) => self.start(tag, range),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => match self.open.last() {
                Some(Open::Block { index, takes_text: false }) => self.code(*index, &text, &range),
                _ => self.inline(&range),
            },
            Event::InlineHtml(_) => {
                self.comments(&range);
                self.inline(&range);
            }
            Event::Code(_) | Event::SoftBreak | Event::HardBreak => self.inline(&range),
            _ => {}
        }
    }

    fn start(&mut self, tag: Tag, range: Range<usize>) {
        match tag {
            // a line of dashes below a box makes a heading of its text, which is the task's all the same
            Tag::Heading { level, .. } => match self.fresh_item() {
                Some((index, true)) => self.open.push(Open::ItemText(index)),
                _ => self.push(Kind::Heading(level as u8), range, true),
            },
            Tag::Paragraph => match self.fresh_item() {
                Some((index, _)) => self.open.push(Open::ItemText(index)),
                None => self.push(Kind::Paragraph, range, true),
            },
            Tag::Item => {
                let mark = box_mark(self.text, &range);
                self.push(Kind::Item { mark }, range, true);
                self.depth += 1;
            }
            Tag::CodeBlock(CodeBlockKind::Fenced(info)) => {
                self.masks.push(range.clone());
                let fence = Fence { info: info.trim().to_owned(), content: String::new(), runs: Vec::new() };
                if !is_closed(&self.text[range.clone()]) {
                    let typed = fence.is_typed();
                    let range = first_line(self.text, &range);
                    self.unclosed.push(Unclosed { range, what: "fence", typed });
                }
                self.push(Kind::Fence(fence), range, false);
            }
            Tag::CodeBlock(CodeBlockKind::Indented) => {
                self.indented.push((range.start, self.text[range.clone()].to_owned()));
                self.masks.push(range);
                self.other();
            }
            Tag::HtmlBlock => {
                self.comments(&range);
                self.other();
            }
            Tag::Table(_) => self.push(Kind::Table, range, false),
            Tag::BlockQuote(_) | Tag::List(_) | Tag::FootnoteDefinition(_) => self.other(),
            // emphasis, links and the like belong to the text around them
            _ => self.inline(&range),
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Item => {
                self.depth -= 1;
                self.open.pop();
            }
            TagEnd::Paragraph | TagEnd::Heading(_) => {
                if let Some(Open::ItemText(_)) = self.open.pop() {
                    self.close_text();
                }
            }
            TagEnd::CodeBlock
            | TagEnd::HtmlBlock
            | TagEnd::Table
            | TagEnd::BlockQuote(_)
            | TagEnd::List(_)
            | TagEnd::FootnoteDefinition => {
                self.open.pop();
            }
            _ => {}
        }
    }

    fn push(&mut self, kind: Kind, range: Range<usize>, takes_text: bool) {
        self.close_text();
        let index = self.blocks.len();
        let head = range.end..range.end;
        self.blocks.push(Block { kind, range, head, depth: self.depth });
        self.open.push(Open::Block { index, takes_text });
    }

    fn other(&mut self) {
        self.close_text();
        self.open.push(Open::Other);
    }

    /// A nested block ends the text of the item around it.
    fn close_text(&mut self) {
        if let Some(Open::Block { takes_text, .. }) = self.open.last_mut() {
            *takes_text = false;
        }
    }

    /// The item that is open and has no text yet; whether it has a box.
    fn fresh_item(&self) -> Option<(usize, bool)> {
        let Some(Open::Block { index, takes_text: true }) = self.open.last() else { return None };
        let block = &self.blocks[*index];
        let Kind::Item { mark } = block.kind else { return None };
        block.head.is_empty().then_some((*index, mark.is_some()))
    }

    fn inline(&mut self, range: &Range<usize>) {
        let index = match self.open.last() {
            Some(Open::Block { index, takes_text: true } | Open::ItemText(index)) => *index,
            _ => return,
        };
        let head = &mut self.blocks[index].head;
        *head = if head.start == head.end { range.clone() } else { head.start..head.end.max(range.end) };
    }

    /// Adds a piece of text to a block, if it is a fence.
    fn code(&mut self, index: usize, text: &CowStr, range: &Range<usize>) {
        let Kind::Fence(fence) = &mut self.blocks[index].kind else { return };
        let mut source = self.text[range.clone()].char_indices().peekable();
        for c in text.chars() {
            // a CR is in the file and not in the text
            while source.next_if(|(_, s)| *s != c && *s == '\r').is_some() {}
            let offset = source.next().map_or(range.end, |(i, _)| range.start + i);
            fence.push(c, offset);
        }
    }

    fn comments(&mut self, range: &Range<usize>) {
        let html = &self.text[range.clone()];
        let mut from = 0;
        while let Some(start) = html[from..].find("<!--").map(|i| from + i) {
            let end = html[start..].find("-->").map(|i| start + i + 3);
            if end.is_none() {
                let line = first_line(self.text, &(range.start + start..range.end));
                self.unclosed.push(Unclosed { range: line, what: "comment", typed: false });
            }
            from = end.unwrap_or(html.len());
            self.masks.push(range.start + start..range.start + from);
        }
    }

    fn finish(mut self) -> Markdown {
        for block in &mut self.blocks {
            if let Kind::Item { mark: Some(mark) } = block.kind {
                block.head.start = (mark + 2).clamp(block.head.start, block.head.end);
            }
        }
        let mut bytes = self.text.as_bytes().to_vec();
        for mask in self.masks {
            for byte in bytes.get_mut(mask).into_iter().flatten().filter(|b| !matches!(b, b'\n' | b'\r')) {
                *byte = b' ';
            }
        }
        let masked = String::from_utf8(bytes).unwrap_or_else(|_| self.text.to_owned());
        Markdown { blocks: self.blocks, masked, unclosed: self.unclosed, indented: self.indented }
    }
}

/// The offset between the brackets of an item's check box. Only these marks make a box: `[P]` and `[US1]` do not.
/// A star may follow: `- [ ]*` is optional to Kiro.
fn box_mark(text: &str, item: &Range<usize>) -> Option<usize> {
    let raw = &text[item.clone()];
    let rest = raw.trim_start();
    let bullet = rest.find(|c: char| !c.is_ascii_digit())?;
    let after = rest[bullet..].strip_prefix(['-', '*', '+', '.', ')'])?.trim_start_matches([' ', '\t']);
    let mut chars = after.strip_prefix('[')?.chars();
    let marked = matches!(chars.next()?, ' ' | 'x' | 'X' | '-' | '~') && chars.next()? == ']';
    let after_box = chars.as_str().strip_prefix('*').unwrap_or(chars.as_str());
    let ends = after_box.chars().next().is_none_or(char::is_whitespace);
    (marked && ends).then_some(item.start + raw.len() - after.len() + 1)
}

fn first_line(text: &str, range: &Range<usize>) -> Range<usize> {
    let line = text[range.clone()].lines().next().unwrap_or_default();
    range.start..range.start + line.trim_end().len()
}

fn is_closed(fence: &str) -> bool {
    let clean = |line: &'_ str| line.trim_start_matches([' ', '\t', '>']).trim_end().to_owned();
    let mut lines = fence.lines();
    let opening = lines.next().map(clean).unwrap_or_default();
    let Some(mark) = opening.chars().next() else { return false };
    let length = opening.chars().take_while(|c| *c == mark).count();
    let last = lines.rfind(|l| !l.trim().is_empty()).map(clean).unwrap_or_default();
    last.chars().count() >= length && last.chars().all(|c| c == mark)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fence(text: &str) -> Fence {
        let fences = parse(text).blocks.into_iter().filter_map(|b| match b.kind {
            Kind::Fence(f) => Some(f),
            _ => None,
        });
        fences.collect::<Vec<_>>().pop().expect("a fence")
    }

    fn heads(text: &str) -> Vec<String> {
        parse(text).blocks.iter().map(|b| text[b.head.clone()].to_owned()).collect()
    }

    #[test]
    fn every_byte_of_a_fence_knows_its_place() {
        for text in [
            "```yaml bowline\napp:\n  name: é\n```\n",
            "- one\n  ```yaml bowline\n  app:\n    name: é\n  ```\n",
            "\u{feff}# T\r\n\r\n```yaml bowline\r\napp:\r\n  name: é\r\n```\r\n",
            "> ```yaml bowline\n> app:\n>   name: é\n> ```\n",
        ] {
            let fence = fence(text);
            assert!(fence.is_typed());
            assert_eq!(fence.content, "app:\n  name: é\n", "{text:?}");
            for (i, c) in fence.content.char_indices().filter(|(_, c)| !c.is_whitespace()) {
                let run = fence.runs[fence.runs.partition_point(|(joined, _)| *joined <= i) - 1];
                assert!(text[run.1 + i - run.0..].starts_with(c), "{c} of {text:?}");
            }
        }
    }

    #[test]
    fn a_fence_that_nothing_closes_is_told() {
        assert!(parse("```\na\n```\n").unclosed.is_empty());
        assert!(parse("````\n```\n````").unclosed.is_empty());
        let text = "a\n\n```yaml bowline\nb\n";
        assert_eq!(parse(text).unclosed, [Unclosed { range: 3..18, what: "fence", typed: true }]);
        assert_eq!(parse("a\n\n<!-- b\n\nc\n").unclosed[0].what, "comment");
    }

    #[test]
    fn items_have_their_own_text_and_their_mark() {
        let text = "- [ ] T001 one\n  more\n  - nested\n\n- [P] two\n1. [X] three\n";
        assert_eq!(heads(text), [" T001 one\n  more", "nested", "[P] two", " three"]);
        assert_eq!(heads("- [ ] T001 one\n    ---\n- two\n  ---\n"), [" T001 one", "", "two"]);
        let marks: Vec<_> = parse(text)
            .blocks
            .iter()
            .map(|b| match b.kind {
                Kind::Item { mark } => mark.map(|m| text.as_bytes()[m]),
                _ => None,
            })
            .collect();
        assert_eq!(marks, [Some(b' '), None, None, Some(b'X')]);
    }

    #[test]
    fn front_matter_comments_and_code_are_masked() {
        let text =
            "\u{feff}---\ntitle: x\n---\n\n# H <!-- c -->\n\n<!--\n- [ ] T009 no\n-->\n\n```\n- [ ] T008 no\n```\n";
        let doc = parse(text);
        assert_eq!(doc.masked.len(), text.len());
        assert_eq!(doc.masked.split_whitespace().collect::<Vec<_>>(), ["#", "H"]);
        assert!(matches!(doc.blocks[0].kind, Kind::Heading(1)));
    }

    #[test]
    fn only_the_head_of_a_file_is_front_matter() {
        for text in
            ["a\n\n---\n## Phase 5\n\nb\n\n---\n", "---\n# Title: x\n\n---\n", "---\n\nkey: x\n---\n", "---\nkey: x\n"]
        {
            assert_eq!(parse(text).masked, text);
        }
        assert_eq!(parse("---\r\nkey: x\r\n---\r\nb\r\n").masked.trim(), "b");
    }
}
