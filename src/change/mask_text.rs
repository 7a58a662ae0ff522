//! Secret values in texts that people wrote, masked line by line before a diff of them is shown.

use super::mask::{Masker, is_secret_name};

/// The text with as many lines, and `***` for each value whose name says that it is a secret, for everything that a
/// Secret holds, and for passwords in addresses. What refers to a value (`{{ .Values.x }}`, `$NAME`) is left.
pub fn text(text: &str) -> String {
    let mut masker = Masker::default();
    let mut out = String::with_capacity(text.len());
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let mut start = 0;
    for end in 1..=lines.len() {
        if end == lines.len() || lines[end].trim_end() == "---" {
            let secret = lines[start..end].iter().any(|l| l.trim_end() == "kind: Secret");
            document(&lines[start..end], secret, &mut masker, &mut out);
            start = end;
        }
    }
    out
}

fn document(lines: &[&str], secret: bool, masker: &mut Masker, out: &mut String) {
    let (mut data, mut named) = (false, false);
    // lines of a value that is masked are indented deeper than its key
    let mut inside: Option<usize> = None;
    for line in lines {
        let content = line.trim_end_matches(['\n', '\r']);
        let end = &line[content.len()..];
        let indent = content.len() - content.trim_start().len();
        let word = content.trim_start();
        if !word.is_empty() && indent == 0 {
            data = secret && ["data:", "stringData:"].iter().any(|k| word.starts_with(k));
        }
        if inside.is_some_and(|depth| word.is_empty() || indent > depth) {
            out.push_str(&" ".repeat(indent));
            out.push_str(if word.is_empty() { "" } else { "***" });
            out.push_str(end);
            continue;
        }
        inside = None;
        let (key, at) = key(word).unwrap_or(("", word.len()));
        let telling = is_secret_name(key) || (data && indent > 0) || (named && key == "value");
        let value = word[at..].trim();
        named = key == "name" && is_secret_name(value.trim_matches(['"', '\'']));
        let refers = value.contains("{{") || value.starts_with('$') || value.starts_with('#');
        if telling && !refers && !value.is_empty() {
            let spaces = word[at..].len() - word[at..].trim_start().len();
            out.push_str(&content[..indent + at + spaces]);
            out.push_str("***");
            inside = Some(indent);
        } else {
            out.push_str(&masker.scrub(content));
        }
        out.push_str(end);
    }
}

/// The name that a line gives a value to, and where the value begins: `KEY: v`, `- KEY=v`, `ENV KEY=v`, `ENV KEY v`.
fn key(word: &str) -> Option<(&str, usize)> {
    let mut at = 0;
    for opener in ["- ", "ENV ", "ARG ", "export "] {
        if word[at..].starts_with(opener) {
            at += opener.len();
        }
    }
    let rest = &word[at..];
    let quoted = usize::from(rest.starts_with(['"', '\'']));
    let name = &rest[quoted..];
    let length = name.find(|c: char| !(c.is_alphanumeric() || "_-.".contains(c)))?;
    let behind = &name[length..];
    let mark = behind.find([':', '=', ' ']).filter(|m| *m <= 1)?;
    (length > 0).then_some((&name[..length], at + quoted + length + mark + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_in_texts() {
        for (given, shown) in [
            ("ENV JWT_SECRET=abc LOG=1\n", "ENV JWT_SECRET=***\n"),
            ("ENV API_KEY abc\r\nFROM x\r\n", "ENV API_KEY ***\r\nFROM x\r\n"),
            ("  POSTGRES_PASSWORD: hunter2\n  LOG_LEVEL: info\n", "  POSTGRES_PASSWORD: ***\n  LOG_LEVEL: info\n"),
            ("  - DB_PASSWORD=hunter2\n  - \"TOKEN=x\"\n", "  - DB_PASSWORD=***\n  - \"TOKEN=***\n"),
            ("  password: {{ .Values.x }}\n  jwtSecret: $X\n", "  password: {{ .Values.x }}\n  jwtSecret: $X\n"),
            (
                "- name: API_TOKEN\n  value: abc\n- name: B\n  value: c\n",
                "- name: API_TOKEN\n  value: ***\n- name: B\n  value: c\n",
            ),
            (
                "kind: Secret\nmetadata:\n  name: a\nstringData:\n  x: |\n    one\n    two\n  y: z\n---\nkind: ConfigMap\ndata:\n  x: y\n",
                "kind: Secret\nmetadata:\n  name: a\nstringData:\n  x: ***\n    ***\n    ***\n  y: ***\n---\nkind: ConfigMap\ndata:\n  x: y\n",
            ),
            ("url: postgres://u:hunter2@h/x\n", "url: postgres://u:<secret #1>@h/x\n"),
        ] {
            assert_eq!(text(given), shown);
        }
    }
}
