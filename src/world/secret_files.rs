//! Files that values of secrets come from: plain text that Git does not have, what SOPS has encrypted, and SealedSecrets.

use std::path::Path;

use serde_json::Value;

use crate::base::fs;
use crate::base::source::Sources;
use crate::change::failure::{Failure, Fault};
use crate::read::yaml::{Piece, parse};

use super::git::Git;
use super::process::{self, Cancel, ProcessError};

/// The most that a Secret can hold.
const MOST_BYTES: u64 = 1024 * 1024;

/// How a file keeps its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Plain,
    /// Encrypted by SOPS, in the syntax that its program is told.
    Sops(&'static str),
    /// A SealedSecret, which only the controller in the cluster can open.
    Sealed,
}

/// What was read. Never printed: it holds values.
pub enum Content {
    Plain(String),
    /// What SOPS gave, by name.
    Opened(Value),
    Sealed(Value),
}

/// How the text of a file keeps its values, by what stands in it and not by its name.
pub fn kind(text: &str) -> Kind {
    let marks = |line: &str| line.starts_with("sops_mac=") || line.starts_with("sops_version=");
    if text.lines().any(marks) {
        return Kind::Sops("dotenv");
    }
    let Some(tree) = structured(text) else { return Kind::Plain };
    let is_object = text.trim_start().starts_with('{');
    if tree.get("sops").is_some_and(|s| s.get("mac").is_some()) {
        return Kind::Sops(if is_object { "json" } else { "yaml" });
    }
    if tree.get("kind").and_then(Value::as_str) == Some("SealedSecret") { Kind::Sealed } else { Kind::Plain }
}

fn structured(text: &str) -> Option<Value> {
    if !text.contains("sops") && !text.contains("SealedSecret") {
        return None;
    }
    let mut sources = Sources::default();
    let file = sources.add("secret", text);
    parse(&Piece::at(file, text, 0)).ok().map(|n| n.json())
}

/// Reads a file of the workspace; nothing when it is not there.
///
/// # Errors
/// A path that leaves the workspace, no regular file, no text, plain text that Git has, and what `sops` says.
pub fn read(root: &Path, path: &str, git: Option<&Git>) -> Result<Option<Content>, Failure> {
    let bad = |code: &str, message: String| Failure::new(code, Fault::Documents, message);
    let full =
        fs::inside(root, path).map_err(|_| bad("secret-file", format!("`{path}` is outside of the repository")))?;
    let Ok(about) = full.metadata() else { return Ok(None) };
    if !about.is_file() {
        return Err(bad("secret-file", format!("`{path}` is no file that a secret can be read from")));
    }
    if about.len() > MOST_BYTES {
        let message = format!("`{path}` is larger than a Secret can be ({} bytes)", about.len());
        return Err(bad("secret-file", message).fix("name the file that holds the value and nothing else"));
    }
    let bytes =
        std::fs::read(&full).map_err(|e| Failure::world("secret-file", format!("`{path}` cannot be read: {e}")))?;
    let Ok(text) = String::from_utf8(bytes) else {
        return Err(bad("secret-file", format!("`{path}` is no text, and a variable cannot hold it")));
    };
    match kind(&text) {
        Kind::Plain => match git.filter(|_| tracked(root, path, git)) {
            Some(_) => Err(plain_in_git(path)),
            None => Ok(Some(Content::Plain(text))),
        },
        Kind::Sops(syntax) => open(root, path, syntax).map(|v| Some(Content::Opened(v))),
        Kind::Sealed => Ok(structured(&text).map(Content::Sealed)),
    }
}

/// Whether Git has the file that a path leads to, through links as well.
pub fn tracked(root: &Path, path: &str, git: Option<&Git>) -> bool {
    let real = root.join(path).canonicalize().ok().zip(root.canonicalize().ok());
    let real = real.and_then(|(real, root)| Some(real.strip_prefix(root).ok()?.to_string_lossy().into_owned()));
    git.is_some_and(|git| git.is_tracked(real.as_deref().unwrap_or(path)))
}

fn plain_in_git(path: &str) -> Failure {
    let message = format!("`{path}` holds a secret in plain text, and Git tracks it");
    let fix = format!("git rm --cached {path}, add it to .gitignore, and change the secret; or encrypt it with SOPS");
    Failure::new("secret-file-tracked", Fault::Documents, message).fix(fix)
}

/// Has the person's own `sops` open a file, with the keys that it finds by itself.
fn open(root: &Path, path: &str, syntax: &str) -> Result<Value, Failure> {
    let args = ["--decrypt", "--input-type", syntax, "--output-type", "json", path];
    let mut command = process::command("sops", args);
    command.current_dir(root);
    let output = match process::run(command, &Cancel::default()) {
        Ok(output) => output,
        Err(ProcessError::NotFound(_)) => {
            let message = format!("`{path}` is encrypted with SOPS, and `sops` is not installed");
            let fix = "install sops, or give the values through `fromEnv`";
            return Err(Failure::world("sops-missing", message).fix(fix));
        }
        Err(error) => return Err(Failure::world("sops-failed", format!("`sops` cannot be run: {error}"))),
    };
    let opened = serde_json::from_str(&output.stdout).ok().filter(|_| output.success);
    opened.ok_or_else(|| {
        let mut failure = Failure::world("sops-failed", format!("`sops` does not decrypt `{path}`"));
        // what it wrote to its standard output may be a value; its complaints are not
        failure.output = output.stderr.lines().filter(|l| !l.trim().is_empty()).take(5).map(str::to_owned).collect();
        failure.fix(format!("see what is missing: sops --decrypt {path}"))
    })
}

impl Content {
    /// The names of its entries; plain text has none.
    pub fn names(&self) -> Vec<String> {
        match self {
            Self::Opened(tree) => tree.as_object().map(|m| m.keys().cloned().collect()).unwrap_or_default(),
            Self::Plain(_) | Self::Sealed(_) => Vec::new(),
        }
    }

    /// The value of an entry; of plain text the whole, without the line's end. Nothing when there is none.
    pub fn value(&self, entry: &str) -> Option<String> {
        let text = match self {
            Self::Plain(text) => {
                text.strip_suffix('\n').map_or(text.as_str(), |t| t.strip_suffix('\r').unwrap_or(t)).to_owned()
            }
            Self::Opened(tree) => scalar(at(tree, entry).or_else(|| only(tree))?)?,
            Self::Sealed(_) => return None,
        };
        (!text.is_empty()).then_some(text)
    }
}

/// `a.b` is an entry of that name, else one inside of `a`.
fn at<'v>(tree: &'v Value, entry: &str) -> Option<&'v Value> {
    tree.get(entry).or_else(|| entry.split('.').try_fold(tree, |tree, part| tree.get(part)))
}

/// What SOPS makes of a file without a syntax that it knows: one entry, called `data`.
fn only(tree: &Value) -> Option<&Value> {
    let map = tree.as_object()?;
    map.get("data").filter(|_| map.len() == 1)
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_by_what_stands_in_them() {
        for (text, wanted) in [
            ("hunter2\n", Kind::Plain),
            ("", Kind::Plain),
            ("sops: is a word here\n", Kind::Plain),
            ("sops:\n  note: no mac\n", Kind::Plain),
            ("A=ENC[x]\nsops_mac=ENC[y]\nsops_version=3.9.0\n", Kind::Sops("dotenv")),
            ("A: ENC[x]\nsops:\n    mac: ENC[y]\n    version: 3.9.0\n", Kind::Sops("yaml")),
            ("{\"A\":\"ENC[x]\",\"sops\":{\"mac\":\"ENC[y]\"}}", Kind::Sops("json")),
            ("kind: SealedSecret\nmetadata: { name: x }\n", Kind::Sealed),
            ("kind: Secret\nmetadata: { name: SealedSecret }\n", Kind::Plain),
        ] {
            assert_eq!(kind(text), wanted, "{text}");
        }
    }

    #[test]
    fn entries_of_files() {
        let plain = |text: &str| Content::Plain(text.to_owned()).value("A");
        assert_eq!(plain("x\n").as_deref(), Some("x"));
        assert_eq!(plain("x\r\n").as_deref(), Some("x"));
        assert_eq!(plain("x\n\n").as_deref(), Some("x\n"), "one line's end is the file's, the rest is the value's");
        assert_eq!(plain("\n"), None);
        let tree = serde_json::json!({ "A": "x", "a.b": 1, "c": { "d": true }, "e": {} });
        let opened = Content::Opened(tree);
        for (entry, value) in [("A", Some("x")), ("a.b", Some("1")), ("c.d", Some("true")), ("e", None), ("f", None)] {
            assert_eq!(opened.value(entry).as_deref(), value, "{entry}");
        }
        assert_eq!(Content::Opened(serde_json::json!({ "data": "x" })).value("A").as_deref(), Some("x"));
    }
}
