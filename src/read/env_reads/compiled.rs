//! Go, Java and Kotlin, and the files in which Spring finds its settings.

use super::mask::{self, Part, Style};
use super::{EnvRead, Reads, ahead, is_name, quoted, skip};

const CODE: Style = Style { python: false };

fn plain(text: &str, range: std::ops::Range<usize>) -> EnvRead {
    EnvRead { name: text[range.clone()].to_owned(), range, default: false, literal: None, needed: false }
}

pub(super) fn go(text: &str) -> Reads {
    let mut out = Reads { dynamic: text.contains("AutomaticEnv(") || text.contains("os.Environ("), ..Reads::default() };
    let parts = mask::parts(text, CODE);
    called(text, &parts, &["os.Getenv(", "os.LookupEnv("], &mut out);
    // struct tags: `env:"PORT,required" envDefault:"80"`
    for (at, tag) in text.match_indices("env:\"") {
        if text[..at].ends_with(|c: char| c.is_alphanumeric()) || parts[at] == Part::Comment {
            continue;
        }
        let start = at + tag.len();
        let Some(length) = text[start..].find(['"', '\n']) else { continue };
        let value = &text[start..start + length];
        let name = value.split(',').next().unwrap_or_default();
        if is_name(name) {
            let line = ahead(text, at).split(['\n', '`']).next().unwrap_or_default();
            let mut read = plain(text, start..start + name.len());
            read.default = line.contains("envDefault:") || line.contains("default:");
            out.list.push(read);
        }
    }
    out
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

fn placeholders(text: &str, within: std::ops::Range<usize>, needed: bool, out: &mut Reads) {
    for (at, _) in text[within.clone()].match_indices("${") {
        let start = within.start + at + 2;
        let Some(length) = text[start..within.end].find(['}', '\n']) else { continue };
        let body = &text[start..start + length];
        let (name, default) = body.split_once(':').map_or((body, None), |(n, d)| (n, Some(d)));
        // a name with points or small letters is another setting
        let variable = is_name(name) && !name.bytes().any(|b| b.is_ascii_lowercase());
        if variable {
            let mut read = plain(text, start..start + name.len());
            read.default = default.is_some();
            read.literal =
                default.filter(|d| !d.is_empty() && !d.contains('$')).map(|d| start + length - d.len()..start + length);
            read.needed = needed && default.is_none();
            out.list.push(read);
        }
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
