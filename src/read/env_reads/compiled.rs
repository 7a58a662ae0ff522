//! Go, Java and Kotlin, and the files in which Spring finds its settings.

use std::ops::Range;

use super::mask::{self, Part, Style};
use super::{EnvRead, Reads, identifier, is_name, quoted, skip};

const CODE: Style = Style { python: false };

fn plain(text: &str, range: Range<usize>) -> EnvRead {
    EnvRead { name: text[range.clone()].to_owned(), range, default: false, literal: None, needed: false }
}

pub(super) fn go(text: &str) -> Reads {
    let mut out = Reads { dynamic: text.contains("AutomaticEnv(") || text.contains("os.Environ("), ..Reads::default() };
    let parts = mask::parts(text, CODE);
    called(text, &parts, &["os.Getenv(", "os.LookupEnv("], &mut out);
    let mut at = 0;
    for tags in text.split_inclusive(['\n', '`']) {
        tagged(text, at..at + tags.len(), &parts, &mut out);
        at += tags.len();
    }
    out
}

/// The struct tags of one pair of back-ticks: `env:"PORT,required" envDefault:"80"`.
fn tagged(text: &str, within: Range<usize>, parts: &[Part], out: &mut Reads) {
    let tags = &text[within.clone()];
    let default = ["envDefault:", "default:"].iter().any(|w| tags.contains(w));
    for (at, tag) in tags.match_indices("env:\"") {
        if tags[..at].ends_with(|c: char| c.is_alphanumeric()) || parts[within.start + at] == Part::Comment {
            continue;
        }
        let start = within.start + at + tag.len();
        let name = identifier(text, start);
        if is_name(name) && text[start + name.len()..].starts_with(['"', ',']) {
            let mut read = plain(text, start..start + name.len());
            read.default = default;
            out.list.push(read);
        }
    }
}

pub(super) fn java(text: &str) -> Reads {
    let mut out = Reads { dynamic: text.contains("System.getenv()"), ..Reads::default() };
    let parts = mask::parts(text, CODE);
    called(text, &parts, &["System.getenv("], &mut out);
    for (at, tag) in text.match_indices("@Value(") {
        let quote = skip(text, at + tag.len());
        if let Some((range, _)) = quoted(text, quote).filter(|_| parts[at] == Part::Code) {
            placeholders(text, range, false, &mut out);
        }
    }
    out
}

/// `${NAME}` and `${NAME:default}` in `application.yml` or `.properties`; without a default Spring does not start.
pub(super) fn spring(text: &str) -> Reads {
    let mut out = Reads::default();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if !line.trim_start().starts_with(['#', '!']) {
            placeholders(text, at..at + line.len(), true, &mut out);
        }
        at += line.len();
    }
    out
}

fn placeholders(text: &str, within: Range<usize>, needed: bool, out: &mut Reads) {
    for (at, _) in text[within.clone()].match_indices("${") {
        let start = within.start + at + 2;
        let name = identifier(&text[..within.end], start);
        // a name with points or small letters is another setting
        if !is_name(name) || name.bytes().any(|b| b.is_ascii_lowercase()) {
            continue;
        }
        let end = start + name.len();
        let rest = &text[end..within.end];
        // a default that holds another name is not followed
        let stop = rest.find(['}', '$', '\n']).unwrap_or(rest.len());
        let (plainly, empty) = (rest[stop..].starts_with('}'), stop <= 1);
        let default = rest.starts_with(':');
        if !(default || plainly && stop == 0) {
            continue;
        }
        let mut read = plain(text, start..end);
        read.default = default;
        read.literal = (default && plainly && !empty).then_some(end + 1..end + stop);
        read.needed = needed && !default;
        out.list.push(read);
    }
}

fn called(text: &str, parts: &[Part], calls: &[&str], out: &mut Reads) {
    for call in calls {
        for (at, _) in text.match_indices(call) {
            if parts[at] != Part::Code {
                continue;
            }
            match quoted(text, skip(text, at + call.len())).filter(|(r, _)| is_name(&text[r.clone()])) {
                Some((range, _)) => out.list.push(plain(text, range)),
                None => out.dynamic = true,
            }
        }
    }
}
