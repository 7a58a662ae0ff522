//! Secret values: from the files that the spec names, from the process, then `.env`; all missing names at once, before anything
//! is built. A value lives in a type that prints as `***`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::base::base64::{from_base64, to_base64};
use crate::change::failure::{Failure, Fault};
use crate::change::mask::Masker;
use crate::change::object::{ObjectId, at, set_annotation, set_label};
use crate::change::plan::Secret;

use super::cluster::{Cluster, ClusterError};
use super::git::Git;
use super::secret_files::{self, Content, Kind};

/// A value that never shows itself.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretValue(String);

impl SecretValue {
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    fn bytes(&self) -> &[u8] {
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

/// What has to be done about one Secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Need {
    /// The cluster has it as it is wanted.
    Nothing,
    /// Absent, or with other values.
    Write,
}

/// Which Secrets have to be written, and every required name that nobody gives, in one failure.
pub fn needs(secrets: &[&Secret], values: &Values, live: &BTreeMap<String, Value>) -> Result<Vec<Need>, Failure> {
    let mut missing: Vec<String> = Vec::new();
    let mut needs = Vec::new();
    for secret in secrets {
        let there = live.get(&secret.object.key());
        let mut need = if there.is_some() { Need::Nothing } else { Need::Write };
        if let Some(path) = &secret.sealed {
            let held = live.get(&sealed_id(secret).key()).and_then(|l| at(l, "spec.encryptedData"));
            match values.sealed(path).map(|s| at(s, "spec.encryptedData")) {
                None => missing.push(format!("`{path}` (the SealedSecret of {})", secret.object)),
                Some(wanted) if wanted != held => need = Need::Write,
                Some(_) => {}
            }
        }
        for key in &secret.keys {
            let held = there.and_then(|l| at(l, "data")).and_then(|d| d.get(&key.key)).and_then(Value::as_str);
            match (values.get(&key.source()), held) {
                (Some(value), Some(held)) if from_base64(held).as_deref() == Some(value.bytes()) => {}
                (Some(_), _) => need = Need::Write,
                (None, None) if key.generated.is_some() => need = Need::Write,
                (None, None) if !key.optional => {
                    missing.push(format!("{} (key `{}` of {})", key.place(), key.key, secret.object));
                }
                (None, _) => {}
            }
        }
        needs.push(need);
    }
    if missing.is_empty() {
        return Ok(needs);
    }
    let message =
        format!("{} missing: {}", if missing.len() == 1 { "a secret is" } else { "secrets are" }, missing.join(", "));
    let fix = "set them in the environment, or in a .env beside the spec that Git ignores; files come where the spec names them";
    let fix = if missing.iter().any(|m| m.starts_with('`')) { fix } else { fix.split("; ").next().unwrap_or(fix) };
    Err(Failure::new("secret-missing", Fault::Documents, message).fix(fix))
}

/// The SealedSecret that a Secret is made of.
pub fn sealed_id(secret: &Secret) -> ObjectId {
    ObjectId::new("bitnami.com/v1alpha1", "SealedSecret", secret.object.namespace.as_deref(), &secret.object.name)
}

/// The SealedSecret to apply, with the labels of the unit and in the namespace of the app.
pub fn sealed_object(secret: &Secret, values: &Values) -> Option<Value> {
    let mut object = values.sealed(secret.sealed.as_ref()?)?.clone();
    let labels = secret.labels.iter().filter(|(k, _)| !k.starts_with("app.kubernetes.io/managed-by"));
    for (key, value) in labels {
        set_label(&mut object, key, value);
    }
    for (key, value) in &secret.annotations {
        set_annotation(&mut object, key, value);
    }
    object["metadata"]["namespace"] = json!(secret.object.namespace);
    Some(object)
}

/// The Secret object to apply: given values over those that the cluster has; generated ones where neither is.
pub fn object(secret: &Secret, values: &Values, live: Option<&Value>) -> Result<Value, Failure> {
    let mut data = serde_json::Map::new();
    for key in &secret.keys {
        let held = live.and_then(|l| at(l, "data")).and_then(|d| d.get(&key.key)).cloned();
        let coded = match (values.get(&key.source()), held) {
            (Some(value), _) => Some(json!(to_base64(value.bytes()))),
            (None, Some(held)) => Some(held),
            (None, None) => match key.generated {
                Some(length) => Some(json!(to_base64(generate(length)?.bytes()))),
                None => None,
            },
        };
        if let Some(coded) = coded {
            data.insert(key.key.clone(), coded);
        }
    }
    Ok(json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": secret.object.name,
            "namespace": secret.object.namespace,
            "labels": secret.labels,
            "annotations": secret.annotations,
        },
        "type": "Opaque",
        "data": data,
    }))
}

/// SealedSecrets in a cluster that knows no such kind.
pub fn unsealable<'s>(cluster: &Cluster, mut secrets: impl Iterator<Item = &'s Secret>) -> Option<Failure> {
    let id = sealed_id(secrets.find(|s| s.sealed.is_some())?);
    let Err(error @ ClusterError::NoSuchKind { .. }) = cluster.is_namespaced(&id.api_version(), &id.kind) else {
        return None;
    };
    Some(error.failure().fix("install the controller of Sealed Secrets, or give the values through `fromEnv`"))
}

/// A Secret that somebody else makes, with the keys that must be in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    pub object: ObjectId,
    /// Key, and the unit that reads it.
    pub keys: Vec<(String, String)>,
}

/// The expected Secrets that are not there, or lack a key, in one failure: their pods would never start.
pub fn absent(cluster: &Cluster, expected: &[Expected]) -> Result<Option<Failure>, ClusterError> {
    let mut missing: Vec<String> = Vec::new();
    for secret in expected {
        let live = cluster.get(&secret.object)?;
        let data = live.as_ref().and_then(|l| at(l, "data"));
        if live.is_none() {
            let units: BTreeSet<&str> = secret.keys.iter().map(|(_, unit)| unit.as_str()).collect();
            let units: Vec<String> = units.into_iter().map(|u| format!("`{u}`")).collect();
            missing.push(format!("{} (for {})", secret.object, units.join(", ")));
            continue;
        }
        for (key, unit) in secret.keys.iter().filter(|(key, _)| data.and_then(|d| d.get(key)).is_none()) {
            missing.push(format!("key `{key}` of {} (for `{unit}`)", secret.object));
        }
    }
    Ok((!missing.is_empty()).then(|| {
        let message = format!("the spec counts on what is not in the cluster: {}", missing.join(", "));
        let fix = "make it there first, or let Bowline make one: take `secretName` or `existingSecret` out of the spec";
        Failure::new("secret-absent", Fault::Documents, message).fix(fix)
    }))
}

/// Lets a masker know every value of a Secret object.
pub fn teach(object: &Value, masker: &mut Masker) {
    let data = at(object, "data").and_then(Value::as_object);
    for coded in data.into_iter().flat_map(|d| d.values()).filter_map(Value::as_str) {
        if let Some(text) = from_base64(coded).and_then(|b| String::from_utf8(b).ok()) {
            masker.learn(&text);
        }
    }
}

/// The live Secrets, by object key.
pub fn live(cluster: &Cluster, secrets: &[&Secret]) -> Result<BTreeMap<String, Value>, ClusterError> {
    let mut found = BTreeMap::new();
    for id in secrets.iter().map(|s| &s.object).collect::<BTreeSet<&ObjectId>>() {
        if let Some(object) = cluster.get(id)? {
            found.insert(id.key(), object);
        }
    }
    for id in secrets.iter().filter(|s| s.sealed.is_some()).map(|s| sealed_id(s)) {
        if let Some(object) = cluster.get(&id)? {
            found.insert(id.key(), object);
        }
    }
    Ok(found)
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
mod tests {
    use super::*;
    use crate::change::plan::SecretKey;

    fn secret(keys: &[(&str, bool, bool)]) -> Secret {
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
    fn all_missing_names_in_one_error() {
        let secrets =
            [secret(&[("A", false, false), ("B", true, false)]), secret(&[("C", false, false), ("D", false, true)])];
        let all: Vec<&Secret> = secrets.iter().collect();
        let failure = needs(&all, &Values::default(), &BTreeMap::new()).unwrap_err();
        assert_eq!(
            failure.message,
            "secrets are missing: A (key `a` of secret/backend-secrets), C (key `c` of secret/backend-secrets)"
        );
    }

    #[test]
    fn what_the_cluster_has_is_kept() {
        let secret = secret(&[("A", false, false), ("D", false, true)]);
        let first = object(
            &secret,
            &Values { found: BTreeMap::from([("A".into(), SecretValue::new("x"))]), ..Values::default() },
            None,
        );
        let live = first.unwrap();
        let map = BTreeMap::from([(secret.object.key(), live.clone())]);
        assert_eq!(needs(&[&secret], &Values::default(), &map).unwrap(), [Need::Nothing]);
        let again = object(&secret, &Values::default(), Some(&live)).unwrap();
        assert_eq!(again, live, "a generated password stays");
        let other = Values { found: BTreeMap::from([("A".into(), SecretValue::new("y"))]), ..Values::default() };
        assert_eq!(needs(&[&secret], &other, &map).unwrap(), [Need::Write]);
    }

    #[test]
    fn passwords_are_long_and_differ() {
        let (a, b) = (generate(32).unwrap(), generate(32).unwrap());
        assert!(a.0.len() == 32 && a.0.chars().all(|c| c.is_ascii_alphanumeric()));
        assert_ne!(a.0, b.0);
        assert_eq!(format!("{a:?}"), "***");
    }

    #[test]
    fn base64_there_and_back() {
        for text in ["", "f", "fo", "foo", "hunter2"] {
            assert_eq!(from_base64(&to_base64(text.as_bytes())).unwrap(), text.as_bytes());
        }
    }
}
