//! Secret values: from the files that the spec names, from the process, then `.env`, or made up. A value lives in a type
//! that prints as `***`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::change::failure::{Failure, Fault};
use crate::change::mask::Masker;
use crate::change::plan::Secret;

use super::git::Git;
use super::secret_files::{self, Content, Kind};

/// A value that never shows itself.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretValue(String);

impl SecretValue {
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// Lets a masker know it, so that it is taken out of everything others write.
    pub fn teach(&self, masker: &mut Masker) {
        masker.learn(&self.0);
    }
}

impl std::fmt::Debug for SecretValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

/// Values by name of the variable.
#[derive(Clone, Debug, Default)]
pub struct Values {
    /// By what each is known by, see [`SecretKey::source`].
    found: BTreeMap<String, SecretValue>,
    /// SealedSecrets by their path; they hold nothing that can be read.
    sealed: BTreeMap<String, Value>,
    /// Files that were read, for `status`.
    pub files: Vec<String>,
}

impl Values {
    pub fn get(&self, name: &str) -> Option<&SecretValue> {
        self.found.get(name)
    }

    /// The SealedSecret of a file.
    pub fn sealed(&self, path: &str) -> Option<&Value> {
        self.sealed.get(path)
    }

    pub fn teach(&self, masker: &mut Masker) {
        self.found.values().for_each(|v| v.teach(masker));
    }
}

/// Looks for the values that the Secrets need: in the files that they name; else in the process (`environment`), then in
/// `.env` in each of `folders` (relative to `root`). Plain text that Git has is refused.
pub fn find(
    secrets: &[&Secret],
    environment: impl Fn(&str) -> Option<String>,
    root: &Path,
    folders: &[String],
    git: Option<&Git>,
) -> Result<Values, Vec<Failure>> {
    let mut values = Values::default();
    let mut failures = Vec::new();
    let in_files = dotenvs(root, folders, git, &mut values.files, &mut failures);
    named_files(secrets, root, git, &mut values, &mut failures);
    for key in secrets.iter().flat_map(|s| &s.keys).filter(|k| k.file.is_none()) {
        let given = environment(&key.env).filter(|v| !v.is_empty()).map(SecretValue);
        if let Some(value) = given.or_else(|| in_files.get(&key.env).cloned()) {
            values.found.insert(key.source(), value);
        }
    }
    if failures.is_empty() { Ok(values) } else { Err(failures) }
}

/// The variables of every `.env`; the first that names one holds.
fn dotenvs(
    root: &Path,
    folders: &[String],
    git: Option<&Git>,
    files: &mut Vec<String>,
    failures: &mut Vec<Failure>,
) -> BTreeMap<String, SecretValue> {
    let mut found: BTreeMap<String, SecretValue> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for folder in folders {
        let relative = Path::new(folder).join(".env");
        let relative = relative.strip_prefix(".").map_or_else(|_| relative.clone(), PathBuf::from);
        let name = relative.display().to_string();
        if !seen.insert(name.clone()) {
            continue;
        }
        let Ok(text) = std::fs::read_to_string(root.join(&relative)) else { continue };
        let encrypted = secret_files::kind(&text) == Kind::Sops("dotenv");
        if !encrypted && secret_files::tracked(root, &name, git) {
            let message = format!("`{name}` holds secrets, and Git tracks it");
            let fix = format!("git rm --cached {name}, add it to .gitignore, and change the secrets");
            failures.push(Failure::new("env-tracked", Fault::Documents, message).fix(fix));
            continue;
        }
        let lines = if encrypted { opened(root, &name, git, failures) } else { dotenv(&text) };
        files.push(name);
        for (key, value) in lines {
            found.entry(key).or_insert(value);
        }
    }
    found
}

/// The variables of a `.env` that SOPS has encrypted.
fn opened(root: &Path, name: &str, git: Option<&Git>, failures: &mut Vec<Failure>) -> Vec<(String, SecretValue)> {
    match secret_files::read(root, name, git) {
        Ok(Some(content @ Content::Opened(_))) => {
            let names: Vec<String> = content.names();
            names.into_iter().filter_map(|n| Some((n.clone(), SecretValue(content.value(&n)?)))).collect()
        }
        Ok(_) => Vec::new(),
        Err(failure) => {
            failures.push(failure);
            Vec::new()
        }
    }
}

/// The files that the spec names, each read once.
fn named_files(secrets: &[&Secret], root: &Path, git: Option<&Git>, values: &mut Values, failures: &mut Vec<Failure>) {
    let keys = || secrets.iter().flat_map(|s| &s.keys).filter_map(|k| Some((k, k.file.as_ref()?)));
    let named = keys().map(|(_, f)| &f.path).chain(secrets.iter().filter_map(|s| s.sealed.as_ref()));
    for path in named.collect::<BTreeSet<&String>>() {
        match secret_files::read(root, path, git) {
            Ok(Some(Content::Sealed(object))) => {
                values.sealed.insert(path.clone(), object);
            }
            Ok(Some(content)) => {
                for (key, file) in keys().filter(|(_, f)| f.path == *path) {
                    if let Some(value) = content.value(&file.entry) {
                        values.found.insert(key.source(), SecretValue(value));
                    }
                }
            }
            Ok(None) => {}
            Err(failure) => failures.push(failure),
        }
    }
}

/// The lines `NAME=value` of a file; `export` before and quotes around are taken off.
fn dotenv(text: &str) -> Vec<(String, SecretValue)> {
    let line = |line: &str| {
        let line = line.trim();
        let line = line.strip_prefix("export ").unwrap_or(line);
        let (name, value) = line.split_once('=').filter(|_| !line.starts_with('#'))?;
        let (name, value) = (name.trim(), value.trim());
        let quoted = ['"', '\''].iter().find_map(|q| value.strip_prefix(*q)?.split_once(*q).map(|(inside, _)| inside));
        let plain = || value.split(" #").next().unwrap_or(value).trim_end();
        let value = quoted.unwrap_or_else(plain);
        (!name.is_empty() && !value.is_empty()).then(|| (name.to_owned(), SecretValue::new(value)))
    };
    text.lines().filter_map(line).collect()
}

/// So many letters and digits from the system's random source.
pub fn generate(length: usize) -> Result<SecretValue, Failure> {
    const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let mut password = String::new();
    let mut bytes = [0_u8; 64];
    while password.len() < length {
        getrandom::fill(&mut bytes).map_err(|e| Failure::world("random", format!("no random numbers: {e}")))?;
        // 248 is the largest multiple of 62 in a byte: each letter is as likely as the other
        let fair = bytes.iter().filter(|b| **b < 248).map(|b| char::from(LETTERS[usize::from(*b) % 62]));
        password.extend(fair.take(length - password.len()));
    }
    Ok(SecretValue(password))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::change::object::ObjectId;
    use crate::change::plan::SecretKey;

    pub(in crate::world) fn secret(keys: &[(&str, bool, bool)]) -> Secret {
        let key = |(env, optional, generated): &(&str, bool, bool)| SecretKey {
            key: (*env).to_lowercase(),
            env: (*env).into(),
            optional: *optional,
            generated: generated.then_some(32),
            file: None,
        };
        Secret {
            object: ObjectId::new("v1", "Secret", Some("todo"), "backend-secrets"),
            keys: keys.iter().map(key).collect(),
            sealed: None,
            labels: BTreeMap::new(),
            annotations: BTreeMap::new(),
        }
    }

    #[test]
    fn the_process_comes_before_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let text = "# note\nexport A='from file' # x\nB=\"two # words\"\nC=plain # note\nEMPTY=\n";
        std::fs::write(folder.path().join(".env"), text).unwrap();
        let secret = secret(&[("A", false, false), ("B", false, false), ("C", false, false), ("EMPTY", true, false)]);
        let given = |name: &str| (name == "A").then(|| "from process".to_owned());
        let values = find(&[&secret], given, folder.path(), &[".".into()], None).unwrap();
        let shown = |name: &str| values.get(name).map(|v| String::from_utf8(v.bytes().to_vec()).unwrap());
        assert_eq!(shown("A").as_deref(), Some("from process"));
        assert_eq!(shown("B").as_deref(), Some("two # words"));
        assert_eq!(shown("C").as_deref(), Some("plain"));
        assert_eq!(shown("EMPTY"), None);
        assert_eq!(values.files, [".env"]);
        assert!(!format!("{values:?}").contains("plain"), "{values:?}");
    }

    #[test]
    fn a_tracked_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let repository = git2_init(folder.path());
        std::fs::write(folder.path().join(".env"), "A=hunter2\n").unwrap();
        repository();
        let git = Git::open(folder.path());
        let failures =
            find(&[&secret(&[("A", false, false)])], |_| None, folder.path(), &[".".into()], git.as_ref()).unwrap_err();
        assert_eq!(failures[0].message, "`.env` holds secrets, and Git tracks it");
        assert!(!format!("{failures:?}").contains("hunter2"));
    }

    /// `git add .env` by the program, since one file alone may know git2.
    fn git2_init(folder: &Path) -> impl Fn() + '_ {
        let git = move |args: &[&str]| {
            let status = std::process::Command::new("git").args(args).current_dir(folder).output().unwrap().status;
            assert!(status.success(), "git {args:?}");
        };
        git(&["init", "-q"]);
        move || git(&["add", "-f", ".env"])
    }

    #[test]
    fn passwords_are_long_and_differ() {
        let (a, b) = (generate(32).unwrap(), generate(32).unwrap());
        assert!(a.0.len() == 32 && a.0.chars().all(|c| c.is_ascii_alphanumeric()));
        assert_ne!(a.0, b.0);
        assert_eq!(format!("{a:?}"), "***");
    }
}
