//! Helm 3 and 4, as a program beside us. Waiting is ours: what does not get ready is named with object, reason and log line.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::base::base64::from_base64;
use crate::base::source::Sources;
use crate::base::{fs, gzip};
use crate::change::failure::{Failure, Fault};
use crate::change::inventory::PART_OF;
use crate::change::mask::Masker;
use crate::change::object::{self, ObjectId, label, text};
use crate::change::release::Release;
use crate::read::yaml;

use super::cluster::{Cluster, ClusterError, MANAGER};
use super::docker::failure;
use super::process::{Cancel, Output, command, run};

/// A Helm that runs.
#[derive(Clone, Debug)]
pub struct Helm {
    program: String,
    /// `v3.20.0`
    pub version: String,
    pub major: u32,
    context: String,
    namespace: String,
}

/// One release as the cluster has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installed {
    pub name: String,
    pub revision: u32,
    /// `deployed`, `failed`, `pending-upgrade`, `superseded`, …
    pub status: String,
}

impl Installed {
    /// An operation is under way, or died on the way: Helm refuses everything until it is gone.
    pub fn is_pending(&self) -> bool {
        self.status.starts_with("pending-") || self.status == "uninstalling"
    }
}

impl Helm {
    /// Finds Helm (`HELM`, else `helm` on the PATH) and asks for its version.
    pub fn find(context: &str, namespace: &str) -> Result<Self, Failure> {
        let program = std::env::var("HELM").ok().filter(|p| !p.is_empty()).unwrap_or_else(|| "helm".into());
        Self::find_as(&program, context, namespace)
    }

    /// The same, with that program.
    pub fn find_as(program: &str, context: &str, namespace: &str) -> Result<Self, Failure> {
        let fix = "install Helm, or set `delivery: native` in the spec";
        let asked = run(command(program, ["version", "--template", "{{.Version}}"]), &Cancel::default())
            .map_err(|e| Failure::world("helm-absent", format!("the chart cannot be installed: {e}")).fix(fix))?;
        let version = asked.stdout.trim().to_owned();
        let major = version.trim_start_matches('v').split('.').next().and_then(|m| m.parse().ok());
        match major {
            Some(major @ 3..) if asked.success => {
                let (context, namespace) = (context.to_owned(), namespace.to_owned());
                Ok(Self { program: program.to_owned(), version, major, context, namespace })
            }
            _ => {
                let message = format!("`{program}` is no Helm 3 or 4: it says {}", asked.last_line());
                Err(Failure::world("helm-version", message).fix(fix))
            }
        }
    }

    /// A Helm for a chart alone; no cluster is asked.
    pub fn for_rendering() -> Result<Self, Failure> {
        Self::find("", "").map_err(|mut failure| {
            failure.message = failure.message.replace("the chart cannot be installed", "the chart cannot be rendered");
            failure.fix("install Helm, or name it: HELM=/path/to/helm")
        })
    }

    /// The objects that a chart gives with its own values and those of more files, later ones winning. Paths are
    /// relative to `root`.
    pub fn render(
        &self,
        release: &str,
        root: &Path,
        chart: &Path,
        values: &[PathBuf],
        namespace: &str,
    ) -> Result<Vec<Value>, Failure> {
        let mut template = command(&self.program, ["template", release, "--namespace", namespace]);
        template.current_dir(root).arg(chart);
        for file in values {
            template.arg("--values").arg(file);
        }
        let output = run(template, &Cancel::default()).map_err(|e| failure(&e))?;
        let refused = |why: &str| {
            let message = format!("Helm cannot render `{}`: {why}", chart.display());
            Failure::new("chart-render", Fault::Documents, message)
        };
        if !output.success {
            // what follows is advice about flags of Helm's own
            let said = output.stderr.lines().find_map(|l| l.strip_prefix("Error: ")).map(str::to_owned);
            let why = Masker::default().scrub(&said.unwrap_or_else(|| output.last_line()));
            let fix = "correct the chart; what it depends on comes with `helm dependency build`";
            return Err(refused(&why).fix(fix));
        }
        objects(&output.stdout).ok_or_else(|| refused("what it prints is no YAML"))
    }

    fn run(&self, args: &[&str], cancel: &Cancel) -> Result<Output, Failure> {
        let place = ["--namespace", self.namespace.as_str(), "--kube-context", self.context.as_str()];
        run(command(&self.program, args.iter().chain(&place)), cancel).map_err(|e| failure(&e))
    }

    /// What a person would type for the same.
    pub fn words(release: &Release, chart: &str, values: &[String], namespace: &str) -> String {
        let mut words = format!("helm upgrade --install {} {chart} --namespace {namespace}", release.name);
        for file in values {
            words.push_str(" --values ");
            words.push_str(file);
        }
        for key in &release.off {
            words.push_str(" --set ");
            words.push_str(key);
            words.push_str(".enabled=false");
        }
        words
    }

    /// Installs or upgrades a release; returns as soon as the objects are written. `root`: the workspace.
    pub fn upgrade(
        &self,
        release: &Release,
        chart: &str,
        values: &[String],
        root: &Path,
        cancel: &Cancel,
    ) -> Result<(), Failure> {
        let off: serde_json::Map<String, Value> =
            release.off.iter().map(|key| (key.clone(), serde_json::json!({ "enabled": false }))).collect();
        // a file rather than --set: keys may hold anything, and process lists are public
        let switches = fs::temporary(".yaml", Value::Object(off).to_string().as_bytes())
            .map_err(|e| Failure::world("disk", e.to_string()))?;
        let chart = root.join(chart).display().to_string();
        let files: Vec<String> = values.iter().map(|v| root.join(v).display().to_string()).collect();
        let last = switches.path().display().to_string();
        let mut args = vec!["upgrade", "--install", &release.name, &chart, "--history-max", "10", "--output", "json"];
        for file in files.iter().chain(std::iter::once(&last)) {
            args.extend(["--values", file]);
        }
        let output = self.run(&args, cancel)?;
        if output.success { Ok(()) } else { Err(explain(&release.name, &output)) }
    }

    /// Goes back to a revision.
    pub fn rollback(&self, release: &str, revision: u32, cancel: &Cancel) -> Result<(), Failure> {
        let output = self.run(&["rollback", release, &revision.to_string()], cancel)?;
        if output.success { Ok(()) } else { Err(explain(release, &output)) }
    }

    /// Removes a release and its objects; whether it was there.
    pub fn uninstall(&self, release: &str, cancel: &Cancel) -> Result<bool, Failure> {
        let output = self.run(&["uninstall", release], cancel)?;
        if output.success {
            return Ok(true);
        }
        if output.stderr.contains("not found") { Ok(false) } else { Err(explain(release, &output)) }
    }
}

/// Helm's message with the code, fault and way out that belong to it.
fn explain(release: &str, output: &Output) -> Failure {
    let text = output.stderr.trim();
    let line = output.last_lines(1).pop().unwrap_or_default();
    let line = line.trim_start_matches("Error: ").to_owned();
    let lower = text.to_lowercase();
    let (code, fault, fix) = if lower.contains("another operation") {
        ("helm-pending", Fault::Locked, format!("wait for it, or, when it died: helm rollback {release}"))
    } else if lower.contains("invalid ownership metadata")
        || lower.contains("cannot be imported into the current release")
    {
        let fix = "uninstall the release or delete the object that owns it, or adopt it";
        ("helm-ownership", Fault::Conflict, fix.to_owned())
    } else if lower.contains("conflict") {
        ("field-conflict", Fault::Conflict, "let the other manager give the field up".to_owned())
    } else if lower.contains("exceeded quota") {
        ("quota-exceeded", Fault::World, "raise the quota, or ask for less".to_owned())
    } else if lower.contains("unreachable") || lower.contains("connection refused") {
        ("cluster-unreachable", Fault::World, "start the cluster".to_owned())
    } else {
        ("helm", Fault::World, format!("helm status {release}"))
    };
    Failure::new(code, fault, format!("release `{release}`: {line}")).output(output.last_lines(10)).fix(fix)
}

/// The newest revision of every release in the namespace, by name.
pub fn installed(cluster: &Cluster, namespace: &str) -> Result<Vec<Installed>, ClusterError> {
    let mut newest: Vec<Installed> = Vec::new();
    for found in history(cluster, namespace, None)? {
        match newest.iter_mut().find(|n| n.name == found.name) {
            Some(known) if known.revision < found.revision => *known = found,
            Some(_) => {}
            None => newest.push(found),
        }
    }
    newest.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(newest)
}

/// All recorded revisions (of one release), newest first.
pub fn history(cluster: &Cluster, namespace: &str, release: Option<&str>) -> Result<Vec<Installed>, ClusterError> {
    let selector = release.map_or_else(|| "owner=helm".to_owned(), |r| format!("owner=helm,name={r}"));
    let records = cluster.list("v1", "Secret", Some(namespace), Some(&selector))?;
    let mut all: Vec<Installed> = records
        .iter()
        .filter_map(|record| {
            let revision = label(record, "version")?.parse().ok()?;
            let (name, status) = (label(record, "name")?.to_owned(), label(record, "status")?.to_owned());
            Some(Installed { name, revision, status })
        })
        .collect();
    all.sort_by(|a, b| b.revision.cmp(&a.revision).then_with(|| a.name.cmp(&b.name)));
    Ok(all)
}

/// Removes the record of an operation that died, so that Helm goes on from the last revision that was deployed. Only for who holds
/// the lock; a record younger than `grace` may belong to a Helm that is at work.
pub fn clear_pending(
    cluster: &Cluster,
    namespace: &str,
    release: &Installed,
    now: i64,
    grace: i64,
) -> Result<bool, ClusterError> {
    let name = format!("sh.helm.release.v1.{}.v{}", release.name, release.revision);
    let id = ObjectId::new("v1", "Secret", Some(namespace), &name);
    let Some(record) = cluster.get(&id)? else { return Ok(true) };
    let stamp = label(&record, "modifiedAt").or_else(|| label(&record, "createdAt"));
    let age = stamp.and_then(|s| s.parse::<i64>().ok()).map_or(i64::MAX, |then| now - then);
    if age < grace {
        return Ok(false);
    }
    cluster.delete(&id, text(&record, "metadata.uid"))
}

/// Gives an object that Bowline applied itself to a release, keeping it as it is. Bowline's ownership of its fields ends: Helm 4
/// would take another spelling of the same quantity (`0.5` beside `500m`) for a conflict.
pub fn adopt(cluster: &Cluster, live: &Value, release: &str, namespace: &str) -> Result<(), ClusterError> {
    let Some(id) = ObjectId::of(live, Some(namespace)) else { return Ok(()) };
    let ours = |e: &&Value| text(e, "manager") == Some(MANAGER) && text(e, "operation") == Some("Apply");
    let managers: Vec<&Value> = object::list(live, "metadata.managedFields").iter().filter(|e| !ours(e)).collect();
    // an empty list would mean "forget everything", and the server writes one of its own
    let managers = if managers.is_empty() { serde_json::json!([{}]) } else { serde_json::json!(managers) };
    let patch = serde_json::json!({ "metadata": {
        "resourceVersion": text(live, "metadata.resourceVersion"),
        "managedFields": managers,
        "labels": { "app.kubernetes.io/managed-by": "Helm", PART_OF: null },
        "annotations": { "meta.helm.sh/release-name": release, "meta.helm.sh/release-namespace": namespace },
    }});
    cluster.merge(&id, &patch, "helm").map(|_| ())
}

/// The revision to go back to: the newest one before the present that was deployed.
pub fn previous(cluster: &Cluster, namespace: &str, release: &str) -> Result<Option<u32>, ClusterError> {
    let mut all = history(cluster, namespace, Some(release))?.into_iter();
    all.next();
    Ok(all.find(|r| r.status == "superseded" || r.status == "deployed").map(|r| r.revision))
}

/// The objects that a revision of a release wrote, as its record in the cluster has them.
pub fn manifest(cluster: &Cluster, namespace: &str, release: &Installed) -> Result<Vec<Value>, ClusterError> {
    let name = format!("sh.helm.release.v1.{}.v{}", release.name, release.revision);
    let id = ObjectId::new("v1", "Secret", Some(namespace), &name);
    let Some(record) = cluster.get(&id)? else { return Ok(Vec::new()) };
    let unreadable = || ClusterError::Other(format!("the record of release `{}` cannot be read", release.name));
    let coded = text(&record, "data.release").ok_or_else(unreadable)?;
    decode(coded).ok_or_else(unreadable)
}

/// base64 of base64 of gzip of JSON, whose `manifest` is YAML.
fn decode(coded: &str) -> Option<Vec<Value>> {
    let inner = String::from_utf8(from_base64(coded)?).ok()?;
    let bytes = from_base64(&inner)?;
    // a release is at most a Secret's size, compressed; this is the limit that Helm could ever have written
    let json = gzip::unpack(&bytes, 64 * 1024 * 1024)?;
    let record: Value = serde_json::from_slice(&json).ok()?;
    let manifest = text(&record, "manifest")?;
    objects(manifest)
}

/// The objects of a stream of YAML documents.
fn objects(manifest: &str) -> Option<Vec<Value>> {
    let mut sources = Sources::default();
    let file = sources.add("manifest", manifest);
    let documents = yaml::parse_all(&yaml::Piece::at(file, manifest, 0)).ok()?;
    Some(documents.iter().map(crate::base::tree::Node::json).filter(Value::is_object).collect())
}

/// Who installed an object with Helm: release and namespace.
pub fn owner(live: &Value) -> Option<(&str, &str)> {
    let release = object::annotation(live, "meta.helm.sh/release-name")?;
    Some((release, object::annotation(live, "meta.helm.sh/release-namespace")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(stderr: &str) -> Failure {
        explain("todo", &Output { stderr: stderr.into(), ..Output::default() })
    }

    #[test]
    fn helms_words_become_ours() {
        for (stderr, code, exit) in [
            ("Error: UPGRADE FAILED: another operation (install/upgrade/rollback) is in progress", "helm-pending", 6),
            (
                "Error: Unable to continue with install: Service \"x\" in namespace \"y\" exists and cannot be imported into the current release: invalid ownership metadata",
                "helm-ownership",
                5,
            ),
            ("Error: conflict occurred while applying object", "field-conflict", 5),
            ("Error: Kubernetes cluster unreachable: dial tcp", "cluster-unreachable", 4),
            ("Error: boom", "helm", 4),
        ] {
            let failure = said(stderr);
            assert_eq!((failure.code.as_str(), failure.fault.exit_code()), (code, exit), "{stderr}");
            assert!(failure.message.starts_with("release `todo`: ") && !failure.message.contains("Error:"));
        }
    }

    #[test]
    fn a_helm_that_is_not_there() {
        let failure = Helm::find_as("no-helm-here", "c", "n").unwrap_err();
        assert_eq!(failure.message, "the chart cannot be installed: `no-helm-here` is not installed");
    }

    #[test]
    fn the_words_for_a_person() {
        let release = Release { name: "todo-backend".into(), units: vec!["backend".into()], off: vec!["app".into()] };
        assert_eq!(
            Helm::words(&release, "charts/todo", &["charts/todo/values-local.yaml".into()], "todo"),
            "helm upgrade --install todo-backend charts/todo --namespace todo --values charts/todo/values-local.yaml --set app.enabled=false"
        );
    }
}
