//! The Secrets that `up` makes, and those that it counts on.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::base::diag::Diagnostic;
use crate::base::fs;
use crate::base::tree::Node;
use crate::change::object::ObjectId;
use crate::change::plan::{Secret, SecretFile, SecretKey};
use crate::change::wanted::WantedSecret;
use crate::make::dockerignore::Patterns;
use crate::model::app::{App, Role, Unit};
use crate::model::ids::Identity;
use crate::world::git::Git;
use crate::world::secret_files::{self, Kind};
use crate::world::secrets::Expected;

/// One value that a unit needs: its entry of `secrets`, or the credentials of a resource.
struct Entry<'a> {
    variable: &'a str,
    node: &'a Node,
}

impl Entry<'_> {
    fn flag(&self, name: &str) -> bool {
        self.node.get_bool(name) == Some(true)
    }

    fn key(&self) -> &str {
        self.node.get_str("key").unwrap_or(self.variable)
    }

    fn secret(&self) -> &str {
        self.node.get_str("secret").unwrap_or_default()
    }

    fn is_external(&self) -> bool {
        self.node.get("external").is_some()
    }
}

fn entries(unit: &Unit) -> Vec<Entry<'_>> {
    match unit.role {
        Role::Resource => {
            let node = unit.union.get("credentials");
            let entry = |node| Entry { variable: Node::get_str(node, "variable").unwrap_or_default(), node };
            node.map(entry).into_iter().collect()
        }
        Role::Service => {
            let all = unit.union.get("secrets").and_then(Node::as_map).into_iter().flatten();
            all.map(|(variable, node)| Entry { variable, node }).collect()
        }
        Role::App | Role::Migration | Role::Backup => Vec::new(),
    }
}

/// The name that an environment gives instead of the Secret that is made.
fn existing<'u>(unit: &'u Unit, environment: &str) -> Option<&'u str> {
    unit.environments.get(environment).unwrap_or(&unit.union).get_str("existingSecret")
}

fn object(app: &App, name: &str) -> ObjectId {
    ObjectId::new("v1", "Secret", Some(&app.namespace), name)
}

/// The Secrets that `up` makes: one for each database, one for the keys of each service, and those of sealed files.
/// `owners` knows the tasks of an artifact.
pub(super) fn wanted(app: &App, environment: &str, owners: &dyn Fn(&Identity) -> Vec<String>) -> Vec<WantedSecret> {
    let mut all: Vec<WantedSecret> = Vec::new();
    for unit in &app.units {
        let mut groups: BTreeMap<(String, Option<String>), Vec<SecretKey>> = BTreeMap::new();
        let replaced = existing(unit, environment).is_some();
        for entry in entries(unit) {
            let sealed = entry.node.get_str("sealed").map(str::to_owned);
            let made = !entry.flag("given") && !entry.is_external() && !replaced;
            if let Some(sealed) = sealed {
                groups.entry((entry.secret().to_owned(), Some(sealed))).or_default();
            } else if made {
                groups.entry((entry.secret().to_owned(), None)).or_default().push(key(unit, &entry));
            }
        }
        let identity = Identity::new(&unit.name, "Secret", (unit.role == Role::Resource).then_some("credentials"));
        let tasks = owners(&identity);
        for ((name, sealed), keys) in groups {
            if all.iter().any(|w| w.secret.object.name == name && w.secret.sealed.is_some()) {
                continue;
            }
            let (labels, annotations) = stamps(app, unit, &tasks);
            let secret = Secret { object: object(app, &name), keys, sealed, labels, annotations };
            all.push(WantedSecret { secret, unit: unit.name.clone(), tasks: tasks.clone(), needed: true });
        }
    }
    all
}

fn key(unit: &Unit, entry: &Entry<'_>) -> SecretKey {
    let text = |field: &str| entry.node.get_str(field).map(str::to_owned);
    let length = entry.node.get_int("generate").and_then(|n| usize::try_from(n).ok());
    let own = unit.role == Role::Resource && unit.union.get("postgres").is_some();
    SecretKey {
        key: entry.key().to_owned(),
        env: text("env").unwrap_or_else(|| entry.variable.to_owned()),
        optional: entry.flag("optional"),
        generated: length.or(own.then_some(32)),
        file: text("file").map(|path| SecretFile { path, entry: text("entry").unwrap_or_default() }),
    }
}

/// The Secrets that must be in the cluster already: named in the spec, and made by somebody else.
pub(super) fn expected(app: &App, environment: &str) -> Vec<Expected> {
    let mut all: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for unit in &app.units {
        for entry in entries(unit) {
            let given = entry.flag("given").then(|| entry.secret());
            let name = given.or_else(|| existing(unit, environment));
            let Some(name) = name.filter(|_| entry.node.get("sealed").is_none() && !entry.flag("optional")) else {
                continue;
            };
            all.entry(name.to_owned()).or_default().push((entry.key().to_owned(), unit.name.clone()));
        }
    }
    all.into_iter().map(|(name, keys)| Expected { object: object(app, &name), keys }).collect()
}

/// Labels and annotations as the unit's other objects carry them.
fn stamps(app: &App, unit: &Unit, tasks: &[String]) -> (BTreeMap<String, String>, BTreeMap<String, String>) {
    let of = |s: &str| BTreeMap::from([("app.kubernetes.io/part-of".to_owned(), s.to_owned())]);
    let mut labels = of(&app.name);
    labels.insert("app.kubernetes.io/name".to_owned(), unit.name.clone());
    labels.insert("app.kubernetes.io/instance".to_owned(), format!("{}-{}", app.name, unit.name));
    let mut annotations = BTreeMap::new();
    if let Some(first) = tasks.first() {
        let (feature, id) = first.rsplit_once('/').unwrap_or(("", first));
        labels.insert("bowline.dev/task".to_owned(), id.to_owned());
        labels.insert("bowline.dev/feature".to_owned(), feature.rsplit('/').next().unwrap_or_default().to_owned());
        annotations.insert("bowline.dev/tasks".to_owned(), tasks.join(","));
    }
    (labels, annotations)
}

fn named_files(app: &App) -> Vec<&Node> {
    app.units.iter().flat_map(entries).filter_map(|e| e.node.get("file")).collect()
}

/// The encrypted files that the spec takes values from; nothing when one is in plain text, or not there: of such a file
/// not even a digest is kept.
pub(super) fn encrypted(root: &Path, app: &App) -> Option<Vec<String>> {
    let paths: BTreeSet<&str> = named_files(app).into_iter().filter_map(Node::as_str).collect();
    paths.into_iter().map(|path| (kind(root, path)? != Kind::Plain).then(|| path.to_owned())).collect()
}

fn kind(root: &Path, path: &str) -> Option<Kind> {
    let bytes = fs::inside(root, path).ok().and_then(|full| fs::read_if_there(&full).ok().flatten())?;
    Some(secret_files::kind(&String::from_utf8_lossy(&bytes)))
}

/// What is wrong with the files that values come from.
pub(super) fn findings(root: &Path, app: &App) -> Vec<Diagnostic> {
    tracked(root, app).into_iter().chain(in_contexts(root, app)).collect()
}

/// Files that the spec takes values from, that Git has, and that hold them in plain text: at the line that names each.
fn tracked(root: &Path, app: &App) -> Vec<Diagnostic> {
    let files = named_files(app);
    let Some(git) = Some(root).filter(|_| !files.is_empty()).and_then(Git::open) else { return Vec::new() };
    let mut said = BTreeSet::new();
    let mut out = Vec::new();
    for file in files {
        let path = file.as_str().unwrap_or_default();
        if secret_files::tracked(root, path, Some(&git)) && kind(root, path) == Some(Kind::Plain) && said.insert(path) {
            let message = format!("`{path}` holds a secret in plain text, and Git tracks it");
            let fix =
                format!("git rm --cached {path}, add it to .gitignore, and change the secret; or encrypt it with SOPS");
            out.push(
                Diagnostic::error("secret-file-tracked", message).at(file.span(), "the source of a secret").fix(fix),
            );
        }
    }
    out
}

/// Files with a secret in plain text that a build may copy: in the context of a person's own Dockerfile, and left out by no
/// `.dockerignore`. Beside a generated Dockerfile stands one that leaves them out.
fn in_contexts(root: &Path, app: &App) -> Vec<Diagnostic> {
    let read = |path: &str| fs::inside(root, path).ok().and_then(|p| std::fs::read_to_string(p).ok());
    let mut out = Vec::new();
    for unit in &app.units {
        let (Some(dockerfile), Some(context)) = (unit.own_dockerfile(), unit.union.get_str("build.context")) else {
            continue;
        };
        let ignored = read(&format!("{dockerfile}.dockerignore")).or_else(|| read(&format!("{context}/.dockerignore")));
        let patterns = Patterns::read(&ignored.unwrap_or_default());
        for file in unit.union.get("build.secretFiles").and_then(Node::as_list).unwrap_or_default() {
            let below = file.as_str().unwrap_or_default();
            let path = format!("{}/{below}", context.trim_end_matches('/'));
            if patterns.excludes(below) || kind(root, path.trim_start_matches("./")) != Some(Kind::Plain) {
                continue;
            }
            let message = format!("the image of `{}` may come to hold `{path}`, which is a secret", unit.name);
            let found = Diagnostic::warning("secret-in-context", message).at(file.span(), "in the build context");
            out.push(found.fix(format!("add `{below}` to `{dockerfile}.dockerignore`, or keep the file elsewhere")));
        }
    }
    out
}
