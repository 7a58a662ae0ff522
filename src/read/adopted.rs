//! The stamp of an adopted file, in the file or in `bowline.lock`. It has no digest of the body: the file is a
//! person's, who may edit it.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::base::diag::Diagnostic;
use crate::base::ids::{join, split};
use crate::base::source::{FileId, Sources};
use crate::model::existing::Adoption;

/// Where adoptions stand that are in no file, relative to the workspace.
pub const LOCK: &str = "bowline.lock";

const MAGIC: &str = "bowline:v1 adopted ";
const COMMENT: (&str, &str) = ("# ", "");
/// Cuts the white space behind it and nothing before it: what the chart renders stays as it was.
const TEMPLATE: (&str, &str) = ("{{/* ", " */ -}}");
/// A stamp stands among the first lines or nowhere.
const FIRST_LINES: usize = 40;
const HEAD: &str = "\
# Files that people wrote and that answer to tasks. Written by `bowline adopt --sidecar`; commit it.
";

/// The comment that ties a file to its tasks, without an end of line.
pub fn comment(adoption: &Adoption, template: bool) -> String {
    let (open, close) = if template { TEMPLATE } else { COMMENT };
    format!("{open}{MAGIC}{}{close}", words(adoption))
}

fn words(adoption: &Adoption) -> String {
    let mut words = format!("task={}", join(&adoption.tasks));
    if !adoption.requirements.is_empty() {
        words += &format!(" req={} source={}", join(&adoption.requirements), adoption.source);
    }
    words
}

fn parse(words: &str) -> Option<Adoption> {
    let mut adoption = Adoption::default();
    for word in words.split_whitespace() {
        let (key, value) = word.split_once('=')?;
        match key {
            "task" => adoption.tasks = split(value),
            "req" => adoption.requirements = split(value),
            "source" => value.clone_into(&mut adoption.source),
            "file" => value.clone_into(&mut adoption.digest),
            _ => {}
        }
    }
    (!adoption.tasks.is_empty()).then_some(adoption)
}

/// The stamp in a file, with the bytes that belong to it: taken out, the file is as it was before.
pub fn find(text: &str) -> Option<(Range<usize>, Adoption)> {
    let mut start = 0;
    for line in text.split_inclusive('\n').take(FIRST_LINES) {
        let content = line.trim_end_matches(['\n', '\r']);
        for (open, close) in [COMMENT, TEMPLATE] {
            let magic = format!("{open}{MAGIC}");
            let Some(at) = content.find(&magic) else { continue };
            let alone = content[..at].trim_start_matches('\u{feff}').trim().is_empty();
            let Some(words) = content[at + magic.len()..].strip_suffix(close).filter(|_| alone) else { continue };
            if let Some(adoption) = parse(words) {
                let mut range = start + at..start + line.len();
                if content.len() == line.len() {
                    // behind it no line ends, so the end of line before it was added with it
                    let before = &text[..range.start];
                    range.start = before.strip_suffix("\r\n").or(before.strip_suffix('\n')).unwrap_or(before).len();
                }
                return Some((range, adoption));
            }
        }
        start += line.len();
    }
    None
}

/// What `bowline.lock` says, by path.
pub type Lock = BTreeMap<String, Adoption>;

/// Reads `bowline.lock`; a line that cannot be read is said, and the others count.
pub fn read_lock(file: FileId, sources: &Sources) -> (Lock, Vec<Diagnostic>) {
    let mut lock = Lock::new();
    let mut out = Vec::new();
    for number in 1..=sources.line_count(file) {
        let Some(span) = sources.line_span(file, number) else { continue };
        let line = sources.slice(span).trim_start_matches('\u{feff}').trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (path, words) = line.split_once(' ').unwrap_or((line, ""));
        let path = split(path).pop().filter(|_| !path.contains(','));
        match path.zip(parse(words)) {
            Some((path, adoption)) if !lock.contains_key(&path) => {
                lock.insert(path, Adoption { sidecar: true, ..adoption });
            }
            read => {
                let why = if read.is_some() { "this file stands here twice" } else { "this line cannot be read" };
                out.push(
                    Diagnostic::error("lock-line", format!("`{LOCK}`: {why}"))
                        .at(span, "not read")
                        .saying("a line is a path, `task=` with the tasks, and what `bowline adopt --sidecar` adds")
                        .fix("take the line out and run `bowline adopt --sidecar`"),
                );
            }
        }
    }
    (lock, out)
}

/// The text of `bowline.lock`: a line for each file, sorted.
pub fn write_lock(lock: &Lock) -> String {
    let line = |(path, adoption): (&String, &Adoption)| {
        format!("{} {} file={}\n", join(std::slice::from_ref(path)), words(adoption), adoption.digest)
    };
    HEAD.chars().chain(lock.iter().map(line).collect::<String>().chars()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn adoption(tasks: &[&str]) -> Adoption {
        Adoption { tasks: tasks.iter().map(|t| (*t).to_owned()).collect(), ..Adoption::default() }
    }

    #[test]
    fn stamps_are_found_with_their_bytes() {
        let stamp = adoption(&["specs/a b/T1", "x/T,2"]);
        for (before, template, end, after) in [
            ("", false, "\n", "a: 1\n"),
            ("\u{feff}", false, "\r\n", "a: 1\r\n"),
            ("# syntax=docker/dockerfile:1\n", false, "\n", "FROM a\n"),
            ("\n\n  ", true, "\n", "{{ include \"x\" . }}\n"),
        ] {
            let text = format!("{before}{}{end}{after}", comment(&stamp, template));
            let (range, found) = find(&text).expect("a stamp");
            assert_eq!(found, stamp);
            assert_eq!(format!("{}{}", &text[..range.start], &text[range.end..]), format!("{before}{after}"));
        }
        let text = format!("# syntax=x\r\n{}", comment(&stamp, false));
        assert_eq!(&text[..find(&text).expect("a stamp").0.start], "# syntax=x");
        for none in ["", "a: 1\n", "# bowline:v1 task=a/T1 body=0123\n", "x # bowline:v1 adopted task=a/T1\n"] {
            assert_eq!(find(none), None, "{none}");
        }
    }

    #[test]
    fn the_lock_is_read_as_it_is_written() {
        let mut lock = Lock::new();
        for path in ["b/Dockerfile", "a b/c,d.yaml", "é.yaml"] {
            let given = Adoption { sidecar: true, digest: "0123".to_owned(), ..adoption(&["f/T1", "g/T2"]) };
            lock.insert(path.to_owned(), given);
        }
        let mut sources = Sources::default();
        let file = sources.add(LOCK, write_lock(&lock));
        let (read, found) = read_lock(file, &sources);
        assert!(found.is_empty(), "{found:?}");
        assert_eq!(read, lock);
        let file = sources.add(LOCK, "x.yaml task=f/T1\r\nx.yaml task=f/T2\n<<<<<<< HEAD\ny.yaml\n");
        let (read, found) = read_lock(file, &sources);
        assert_eq!((read.len(), found.len()), (1, 3));
    }
}
