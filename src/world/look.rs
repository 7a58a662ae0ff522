//! The distance from the wanted objects to the cluster, by the server's own dry run, under either delivery.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use crate::change::diff::{self, ObjectDiff, Verb};
use crate::change::failure::Failure;
use crate::change::inventory;
use crate::change::mask::Masker;
use crate::change::object::{self, ObjectId, fingerprint, list, set_annotation, set_label, text};
use crate::change::plan::Means;
use crate::change::ready;
use crate::change::release::{self, Release};

use super::cluster::{Apply, Cluster, ClusterError, MANAGER, Snapshot};
use super::helm::{self, Installed};

/// What is wanted, in order of the graph.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    pub app: &'a str,
    pub namespace: &'a str,
    pub means: Means,
    /// Object, unit, tasks.
    pub objects: &'a [(Value, String, Vec<String>)],
    /// Under Helm.
    pub releases: &'a [Release],
    /// All unit names of the app.
    pub units: &'a [String],
}

/// How the cluster differs.
#[derive(Debug, Default)]
pub struct Seen {
    /// One for each wanted object, in the same order.
    pub diffs: Vec<ObjectDiff>,
    /// Live, unchanged and ready; in the same order.
    pub settled: Vec<bool>,
    /// Live objects by key.
    pub live: BTreeMap<String, Value>,
    /// Fingerprints of all objects that will be written.
    pub base: BTreeMap<String, String>,
    /// Newest revision of each release in the namespace.
    pub installed: Vec<Installed>,
    /// Members of the app that nothing wants any more.
    pub vanished: Vec<ObjectId>,
    pub vanished_releases: Vec<String>,
    /// Workloads whose replicas an autoscaler takes over, with their present number.
    pub handovers: Vec<(ObjectId, i64)>,
    /// What makes applying pointless: the server refuses an object, a release stands in the way.
    pub problems: Vec<Failure>,
}

impl Seen {
    /// Whether a release is installed as it should be.
    pub fn is_deployed(&self, release: &str) -> bool {
        self.installed.iter().any(|i| i.name == release && i.status == "deployed")
    }

    /// Whether anything differs.
    pub fn is_same(&self) -> bool {
        self.diffs.iter().all(|d| d.verb == Verb::None) && self.vanished.is_empty() && self.vanished_releases.is_empty()
    }
}

/// Asks the cluster about every object; several at a time.
pub fn look(cluster: &Cluster, question: &Question<'_>, masker: &mut Masker) -> Result<Seen, ClusterError> {
    let mut seen = Seen::default();
    if question.means == Means::Helm {
        seen.installed = helm::installed(cluster, question.namespace)?;
        releases(cluster, question, &mut seen)?;
    }
    let last = last_manifests(cluster, question, &seen.installed)?;
    let found: Mutex<BTreeMap<usize, Result<Found, ClusterError>>> = Mutex::default();
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..question.objects.len().min(6) {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some((object, unit, _)) = question.objects.get(index) else { break };
                    let one = ask(cluster, question, object, unit, &last);
                    found.lock().unwrap_or_else(PoisonError::into_inner).insert(index, one);
                }
            });
        }
    });
    let found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    for (index, one) in found {
        let Found { id, live, would, notes, problem } = one?;
        let (_, unit, tasks) = &question.objects[index];
        let mut diff = diff::objects(&id, live.as_ref(), Some(&would), masker);
        diff.unit.clone_from(unit);
        diff.tasks.clone_from(tasks);
        diff.notes = notes;
        // an immutable field is refused by the dry run too, and is no problem: the object is replaced
        if let Some(problem) = problem.filter(|_| diff.forced_by.is_none()) {
            seen.problems.push(problem);
        }
        if diff.verb != Verb::None {
            seen.base.insert(id.key(), fingerprint(live.as_ref()));
        }
        if let Some(live) = live {
            seen.live.insert(id.key(), live);
        }
        seen.diffs.push(diff);
    }
    let awaited: Vec<ObjectId> =
        seen.diffs.iter().map(|d| d.object.clone()).filter(|id| ready::waits_for(&id.kind)).collect();
    let snapshot = Snapshot::take(cluster, question.namespace, &awaited)?;
    seen.settled = seen
        .diffs
        .iter()
        .map(|d| {
            let there = seen.live.contains_key(&d.object.key());
            let waits = ready::waits_for(&d.object.kind);
            d.verb == Verb::None && there && (!waits || snapshot.readiness(&d.object, None).is_ready())
        })
        .collect();
    handovers(question, &mut seen);
    if question.means == Means::Native {
        let wanted: Vec<ObjectId> = seen.diffs.iter().map(|d| d.object.clone()).collect();
        let members = members(cluster, question.app, question.namespace)?;
        seen.vanished = inventory::vanished(&members, &wanted);
    }
    Ok(seen)
}

/// Live objects that carry the app's membership label, of the kinds that its inventory names.
pub fn members(cluster: &Cluster, app: &str, namespace: &str) -> Result<Vec<ObjectId>, ClusterError> {
    let Some(parent) = cluster.get(&inventory::parent(app, namespace))? else { return Ok(Vec::new()) };
    let selector = format!("{}={}", inventory::PART_OF, inventory::id(app, namespace));
    let mut members = Vec::new();
    for kind in inventory::kinds(&parent) {
        let (kind, group) = kind.split_once('.').unwrap_or((kind.as_str(), ""));
        let version = version_of(group);
        let place = (!object::is_cluster_wide(kind)).then_some(namespace);
        let listed = cluster.list(&version, kind, place, Some(&selector))?;
        members.extend(listed.iter().filter_map(|o| ObjectId::of(o, None)));
    }
    members.sort();
    Ok(members)
}

/// The version under which a group is listed; the inventory keeps none.
fn version_of(group: &str) -> String {
    match group {
        "" => "v1".into(),
        "autoscaling" => "autoscaling/v2".into(),
        "kagent.dev" => "kagent.dev/v1alpha2".into(),
        other => format!("{other}/v1"),
    }
}

struct Found {
    id: ObjectId,
    live: Option<Value>,
    would: Value,
    notes: Vec<String>,
    problem: Option<Failure>,
}

fn ask(
    cluster: &Cluster,
    question: &Question<'_>,
    wanted: &Value,
    unit: &str,
    last: &BTreeMap<String, Value>,
) -> Result<Found, ClusterError> {
    let id = ObjectId::of(wanted, Some(question.namespace))
        .ok_or_else(|| ClusterError::Other("an object without apiVersion, kind or name".into()))?;
    let live = cluster.get(&id)?;
    let mut found = Found { would: wanted.clone(), id, live, notes: Vec::new(), problem: None };
    let native = question.means == Means::Native || found.id.kind == "Namespace";
    if native {
        found.would = as_member(wanted, question.app, question.namespace);
    }
    let Some(live) = found.live.clone() else { return Ok(found) };
    if native && let Some((release, _)) = helm::owner(&live) {
        found.notes.push(format!("release `{release}` wrote it: a field that the spec drops stays"));
    }
    let helm_applies = list(&live, "metadata.managedFields")
        .iter()
        .any(|e| text(e, "manager") == Some("helm") && text(e, "operation") == Some("Apply"));
    let mut how = Apply { manager: MANAGER, dry_run: true, force: false };
    if !native {
        // a manager that owns nothing: what Bowline applied natively before the release took over does not show as removed
        how = Apply { manager: if helm_applies { "helm" } else { "bowline-look" }, dry_run: true, force: true };
        helm_marks(&mut found, question, unit);
    }
    let tried = match cluster.apply(&found.would, question.namespace, how) {
        Err(error @ ClusterError::Conflict { .. }) => {
            found.notes.push(error.to_string());
            found.problem = Some(error.failure());
            cluster.apply(&found.would, question.namespace, Apply { force: true, ..how })
        }
        tried => tried,
    };
    match tried {
        Ok(result) => {
            found.would = match last.get(&found.id.key()) {
                Some(last) if !native && !helm_applies => diff::without_dropped(&result, last, &found.would),
                _ => result,
            };
        }
        Err(error @ ClusterError::Refused { .. }) => {
            found.would = diff::overlay(&live, &found.would);
            found.problem = Some(error.failure());
        }
        Err(error) => return Err(error),
    }
    Ok(found)
}

/// Membership is written at apply time only, and never on the Namespace.
pub(super) fn as_member(wanted: &Value, app: &str, namespace: &str) -> Value {
    let mut object = wanted.clone();
    if object::text(&object, "kind") != Some("Namespace") {
        set_label(&mut object, inventory::PART_OF, &inventory::id(app, namespace));
        if object::text(&object, "metadata.namespace").is_none()
            && object::text(&object, "kind").is_some_and(|k| !object::is_cluster_wide(k))
        {
            object["metadata"]["namespace"] = namespace.into();
        }
    }
    object
}

/// Helm adds a label and two annotations of its own: with them a dry run shows no removal of them.
fn helm_marks(found: &mut Found, question: &Question<'_>, unit: &str) {
    let release = question.releases.iter().find(|r| r.units.iter().any(|u| u == unit));
    let Some(release) = release else { return };
    match found.live.as_ref().and_then(helm::owner) {
        Some((name, _)) if name == release.name => {}
        Some((name, _)) => found.notes.push(format!("belongs to release `{name}`, not `{}`", release.name)),
        None => found.notes.push(format!("is handed over to release `{}`", release.name)),
    }
    set_label(&mut found.would, "app.kubernetes.io/managed-by", "Helm");
    set_annotation(&mut found.would, "meta.helm.sh/release-name", &release.name);
    set_annotation(&mut found.would, "meta.helm.sh/release-namespace", question.namespace);
}

/// What the wanted releases wrote last, by object key.
fn last_manifests(
    cluster: &Cluster,
    question: &Question<'_>,
    installed: &[Installed],
) -> Result<BTreeMap<String, Value>, ClusterError> {
    let mut last = BTreeMap::new();
    for release in installed.iter().filter(|i| question.releases.iter().any(|r| r.name == i.name)) {
        for object in helm::manifest(cluster, question.namespace, release)? {
            if let Some(id) = ObjectId::of(&object, Some(question.namespace)) {
                last.insert(id.key(), object);
            }
        }
    }
    Ok(last)
}

/// Releases of this app that nothing wants, and those of the other form, which Helm would refuse to install over.
fn releases(cluster: &Cluster, question: &Question<'_>, seen: &mut Seen) -> Result<(), ClusterError> {
    let names: Vec<String> = seen.installed.iter().map(|i| i.name.clone()).collect();
    let blocking: BTreeSet<&str> =
        release::in_the_way(question.app, question.units, question.releases, &names).into_iter().collect();
    if !blocking.is_empty() {
        let list: Vec<String> = blocking.iter().map(|b| format!("`{b}`")).collect();
        let verb = if list.len() == 1 { "holds" } else { "hold" };
        let message = format!("{} {verb} the same objects as the releases that are wanted", list.join(", "));
        let all: Vec<&str> = blocking.iter().copied().collect();
        let fix = format!("helm uninstall {} --namespace {} (volumes stay)", all.join(" "), question.namespace);
        let fault = crate::change::failure::Fault::Conflict;
        seen.problems.push(Failure::new("helm-releases", fault, message).fix(fix));
    }
    for installed in &seen.installed {
        let wanted = question.releases.iter().any(|r| r.name == installed.name);
        let ours = installed.name.starts_with(&format!("{}-", question.app));
        if wanted || !ours || blocking.contains(installed.name.as_str()) {
            continue;
        }
        let objects = helm::manifest(cluster, question.namespace, installed)?;
        // the name alone is no proof: every object must carry the app's stamp
        let stamped = |o: &Value| {
            object::label(o, "app.kubernetes.io/part-of") == Some(question.app)
                && object::label(o, "bowline.dev/task").is_some()
                && object::label(o, "bowline.dev/origin").is_none()
        };
        if !objects.is_empty() && objects.iter().all(stamped) {
            seen.vanished_releases.push(installed.name.clone());
        }
    }
    Ok(())
}

fn handovers(question: &Question<'_>, seen: &mut Seen) {
    let wanted: Vec<Value> = question.objects.iter().map(|(o, _, _)| o.clone()).collect();
    seen.handovers = inventory::handovers(&wanted, &seen.live, question.namespace);
    for (id, replicas) in &seen.handovers {
        if let Some(diff) = seen.diffs.iter_mut().find(|d| d.object.same(id)) {
            diff.notes.push(match question.means {
                Means::Native => format!("an autoscaler takes over; its {replicas} replicas are held until then"),
                Means::Helm => {
                    format!("an autoscaler takes over; Helm lets its {replicas} replicas fall to 1 for a while")
                }
            });
        }
    }
}
