//! What each operation does in the real world.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::Value;

use crate::change::event::{Outcome, Undo};
use crate::change::failure::{Failure, Fault};
use crate::change::inventory;
use crate::change::mask::Masker;
use crate::change::normalise::normalise;
use crate::change::object::{self, ObjectId, generation, int, text};
use crate::change::owned;
use crate::change::plan::{Operation, Secret, Verify, What};
use crate::change::ready::Readiness;
use crate::change::release::Release;

use super::cluster::{Apply, Cluster, ClusterError, HANDOVER, MANAGER, Snapshot, http_get};
use super::docker::Docker;
use super::helm::{self, Helm};
use super::local::Node;
use super::look::as_member;
use super::process::Cancel;
use super::run::{Answerer, Expected};
use super::secret_values::Values;
use super::secrets;

/// The world that a plan is carried out in.
pub struct Operator {
    pub cluster: Cluster,
    /// `None` when nothing has to be built or loaded.
    pub docker: Option<Docker>,
    /// `None` under native delivery.
    pub helm: Option<Helm>,
    /// The workspace.
    pub root: PathBuf,
    pub app: String,
    pub namespace: String,
    pub node: Node,
    /// Container runtime of the nodes, from the preflight.
    pub runtime: Option<String>,
    pub secrets: Values,
    /// Version of this program, for the inventory.
    pub tool: String,
    /// Digest of the constitution, for the inventory.
    pub constitution: Option<String>,
    pub masker: Mutex<Masker>,
    /// What each object was before this run, as this manager had applied it.
    pub before: Mutex<BTreeMap<String, Value>>,
}

fn wrong(error: &ClusterError) -> Failure {
    error.failure()
}

fn missing(what: &str) -> Failure {
    Failure::world("program-absent", format!("{what} is needed and was not looked for"))
}

impl Operator {
    fn docker(&self) -> Result<&Docker, Failure> {
        self.docker.as_ref().ok_or_else(|| missing("Docker"))
    }

    fn helm(&self) -> Result<&Helm, Failure> {
        self.helm.as_ref().ok_or_else(|| missing("Helm"))
    }

    fn apply(&self, wanted: &Value, member: bool) -> Result<Outcome, Failure> {
        let object = if member { as_member(wanted, &self.app, &self.namespace) } else { wanted.clone() };
        let id = ObjectId::of(&object, Some(&self.namespace))
            .ok_or_else(|| Failure::world("object", "an object without apiVersion, kind or name"))?;
        let live = self.cluster.get(&id).map_err(|e| wrong(&e))?;
        if let Some(live) = &live {
            self.hold_replicas(&id, live, &object)?;
        }
        let how = Apply { manager: MANAGER, dry_run: false, force: false };
        let now = self.cluster.apply(&object, &self.namespace, how).map_err(|e| wrong(&e))?;
        let changed = differs(live.as_ref(), &now);
        let undo = match live.as_ref().and_then(|l| owned::owned(l, MANAGER)) {
            _ if id.kind == "Job" => Undo::Nothing { why: format!("{id}: a Job runs once") },
            Some(previous) => {
                lock(&self.before).insert(id.key(), previous);
                Undo::Object { object: id.clone() }
            }
            None => Undo::Nothing { why: format!("{id} is new; it stays, to be looked at") },
        };
        let detail = if live.is_none() { "created" } else { "" };
        let generations = vec![(id, generation(&now))];
        Ok(Outcome { changed, detail: detail.into(), generations, undo: Some(undo) })
    }

    /// Somebody has to hold `replicas` when it leaves the manifest, or it falls to one.
    fn hold_replicas(&self, id: &ObjectId, live: &Value, wanted: &Value) -> Result<(), Failure> {
        let scaled = matches!(id.kind.as_str(), "Deployment" | "StatefulSet");
        let ours = owned::owned(live, MANAGER).is_some_and(|o| object::at(&o, "spec.replicas").is_some());
        let Some(replicas) = int(live, "spec.replicas").filter(|n| *n > 1) else { return Ok(()) };
        if !scaled || !ours || object::at(wanted, "spec.replicas").is_some() {
            return Ok(());
        }
        let held = serde_json::json!({
            "apiVersion": id.api_version(), "kind": id.kind,
            "metadata": { "name": id.name, "namespace": id.namespace },
            "spec": { "replicas": replicas },
        });
        let how = Apply { manager: HANDOVER, dry_run: false, force: false };
        self.cluster.apply(&held, &self.namespace, how).map(|_| ()).map_err(|e| wrong(&e))
    }

    fn replace(&self, wanted: &Value, cancel: &Cancel) -> Result<Outcome, Failure> {
        let id = ObjectId::of(wanted, Some(&self.namespace)).ok_or_else(|| Failure::world("object", "no identity"))?;
        self.delete(&id, cancel)?;
        let mut outcome = self.apply(wanted, true)?;
        outcome.undo = Some(Undo::Nothing { why: format!("{id} was deleted and made again") });
        outcome.detail = "made again".into();
        Ok(outcome)
    }

    /// Deletes, and waits until it is gone.
    fn delete(&self, id: &ObjectId, cancel: &Cancel) -> Result<Outcome, Failure> {
        let there = self.cluster.delete(id, None).map_err(|e| wrong(&e))?;
        let gone = || Ok(self.cluster.get(id).map_err(|e| wrong(&e))?.is_none());
        if there && !within(120, cancel, gone)? {
            let message = format!("`{id}` is still being deleted after 120 s");
            return Err(Failure::world("delete-timeout", message).on(id.clone()).fix("see its finalizers"));
        }
        if there && id.kind == "Namespace" {
            self.volumes_are_gone(&id.name, cancel)?;
        }
        let undo = there.then(|| Undo::Nothing { why: format!("{id} was deleted") });
        let detail = if there { "deleted" } else { "was not there" };
        Ok(Outcome { changed: there, detail: detail.into(), generations: Vec::new(), undo })
    }

    /// A provisioner may name a volume's folder after its claim: the same app installed again a moment later would find the
    /// old data there, or lose the new. Whoever may not see volumes does not wait for them.
    fn volumes_are_gone(&self, namespace: &str, cancel: &Cancel) -> Result<(), Failure> {
        let gone = || {
            let all = self.cluster.list("v1", "PersistentVolume", None, None).unwrap_or_default();
            Ok(!all.iter().any(|v| {
                text(v, "spec.claimRef.namespace") == Some(namespace)
                    && text(v, "spec.persistentVolumeReclaimPolicy") == Some("Delete")
                    && text(v, "status.phase") != Some("Failed")
            }))
        };
        within(30, cancel, gone).map(|_| ())
    }

    fn secret(&self, secret: &Secret, cancel: &Cancel) -> Result<Outcome, Failure> {
        let live = self.cluster.get(&secret.object).map_err(|e| wrong(&e))?;
        if secret.sealed.is_some() {
            return self.sealed(secret, cancel);
        }
        let object = secrets::object(secret, &self.secrets, live.as_ref())?;
        secrets::teach(&object, &mut lock(&self.masker));
        // ours alone: whoever else wrote into it is overruled only for the keys that the spec names
        let how = Apply { manager: MANAGER, dry_run: false, force: false };
        let now = self.cluster.apply(&object, &self.namespace, how).map_err(|e| wrong(&e))?;
        Ok(Outcome { changed: differs(live.as_ref(), &now), ..Outcome::default() })
    }

    /// A SealedSecret goes to the cluster as it is; its controller makes the Secret, which pods wait for.
    fn sealed(&self, secret: &Secret, cancel: &Cancel) -> Result<Outcome, Failure> {
        let id = secrets::sealed_id(secret);
        let Some(object) = secrets::sealed_object(secret, &self.secrets) else {
            return Err(Failure::world("secret-file", format!("the file of `{id}` is gone")).on(id));
        };
        let outcome = self.apply(&object, false)?;
        let made = || Ok(self.cluster.get(&secret.object).map_err(|e| wrong(&e))?.is_some());
        if !within(60, cancel, made)? {
            let message = format!("nothing has made `{}` of `{id}` within 60 s", secret.object);
            let fix =
                "is the controller of Sealed Secrets installed, and was it sealed for this cluster and namespace?";
            return Err(Failure::world("sealed-secret", message).on(id).fix(fix));
        }
        Ok(Outcome { undo: None, ..outcome })
    }

    fn inventory(&self, kinds: &[String], widen: bool) -> Result<Outcome, Failure> {
        let id = inventory::parent(&self.app, &self.namespace);
        let live = self.cluster.get(&id).map_err(|e| wrong(&e))?;
        let mut all: std::collections::BTreeSet<String> = kinds.iter().cloned().collect();
        if let Some(live) = &live {
            if let Some(tool) = inventory::other_tool(live) {
                let message = format!("`{id}` belongs to {tool}");
                return Err(Failure::new("inventory", Fault::Conflict, message)
                    .on(id)
                    .fix("give the app another name"));
            }
            if widen {
                all.extend(inventory::kinds(live));
            }
        }
        let parent = inventory::manifest(&self.app, &self.namespace, &all, &self.tool, self.constitution.as_deref());
        self.apply(&parent, false).map(|o| Outcome { undo: None, ..o })
    }

    fn release(
        &self,
        release: &Release,
        chart: &str,
        values: &[String],
        objects: &[ObjectId],
        cancel: &Cancel,
    ) -> Result<Outcome, Failure> {
        let helm = self.helm()?;
        let mut detail = String::new();
        let installed = || helm::installed(&self.cluster, &self.namespace).map_err(|e| wrong(&e));
        let find = |all: Vec<helm::Installed>| all.into_iter().find(|i| i.name == release.name);
        while let Some(pending) = find(installed()?).filter(helm::Installed::is_pending) {
            // the lock is ours: whoever began it and is silent for half a minute is dead
            let cleared = helm::clear_pending(&self.cluster, &self.namespace, &pending, seconds(), 30);
            if cleared.map_err(|e| wrong(&e))? {
                detail = format!("an unfinished {} was cleared", pending.status.trim_start_matches("pending-"));
            } else {
                pause(cancel, Duration::from_secs(1))?;
            }
        }
        let before = find(installed()?).filter(|i| i.status == "deployed" || i.status == "failed");
        for id in objects {
            self.hand_to_helm(id, &release.name)?;
        }
        if let Err(failure) = helm.upgrade(release, chart, values, &self.root, cancel) {
            return Err(self.masked(failure));
        }
        let snapshot = Snapshot::take(&self.cluster, &self.namespace, objects).map_err(|e| wrong(&e))?;
        let generations = objects.iter().filter_map(|o| Some((o.clone(), generation(snapshot.live(o)?)))).collect();
        let undo = match before {
            Some(old) => Undo::Helm { release: release.name.clone(), revision: old.revision },
            None => Undo::Nothing { why: format!("release {} is new; it stays, to be looked at", release.name) },
        };
        Ok(Outcome { changed: true, detail, generations, undo: Some(undo) })
    }

    /// An object that Bowline applied natively before is given to the release; anything else is left to Helm to refuse.
    fn hand_to_helm(&self, id: &ObjectId, release: &str) -> Result<(), Failure> {
        let Some(live) = self.cluster.get(id).map_err(|e| wrong(&e))? else { return Ok(()) };
        if helm::owner(&live).is_none() && owned::owned(&live, MANAGER).is_some() {
            helm::adopt(&self.cluster, &live, release, &self.namespace).map_err(|e| wrong(&e))?;
        }
        Ok(())
    }

    fn verify(&self, verify: &Verify, cancel: &Cancel) -> Result<Outcome, Failure> {
        match verify {
            Verify::Condition { object, condition } => {
                let live = self.cluster.get(object).map_err(|e| wrong(&e))?;
                if live.is_some_and(|l| object::condition_is(&l, condition, "True")) {
                    return Ok(Outcome::default());
                }
                Err(Failure::world("verify", format!("`{object}` is not {condition}")).on(object.clone()))
            }
            Verify::Http { service, port, path, status } => {
                let begun = Instant::now();
                loop {
                    let place = service.namespace.as_deref().unwrap_or(&self.namespace);
                    let answer = self
                        .cluster
                        .forward_service(place, &service.name, *port, 0)
                        .map_err(|e| e.to_string())
                        .and_then(|f| http_get(f.address, path, Duration::from_secs(10)).map_err(|e| e.to_string()));
                    let why = match answer {
                        Ok(answer) if answer.status == *status => {
                            return Ok(Outcome { detail: format!("{}", answer.status), ..Outcome::default() });
                        }
                        Ok(answer) => format!("it answers {}", answer.status),
                        Err(why) => why,
                    };
                    if begun.elapsed() > Duration::from_secs(30) {
                        let message = format!("{path} of `{service}` should answer {status}: {why}");
                        return Err(Failure::world("verify", message).on(service.clone()));
                    }
                    pause(cancel, Duration::from_millis(500))?;
                }
            }
        }
    }

    fn masked(&self, mut failure: Failure) -> Failure {
        let mut masker = lock(&self.masker);
        failure.message = masker.scrub(&failure.message);
        for line in &mut failure.output {
            *line = masker.scrub(line);
        }
        failure
    }
}

impl Answerer for Operator {
    fn run(&self, operation: &Operation, cancel: &Cancel) -> Result<Outcome, Failure> {
        match &operation.what {
            What::BuildImage { image } => {
                let built = self.docker()?.build(image, &self.root, cancel).map_err(|f| self.masked(f))?;
                let detail = if built { "built" } else { "was there" };
                Ok(Outcome { changed: built, detail: detail.into(), ..Outcome::default() })
            }
            What::LoadImage { reference } => {
                let loaded = self.docker()?.load(reference, &self.node, self.runtime.as_deref(), cancel)?;
                let detail = if loaded { "loaded" } else { "was there" };
                Ok(Outcome { changed: loaded, detail: detail.into(), ..Outcome::default() })
            }
            What::EnsureNamespace { object } => self.apply(object, false),
            What::EnsureSecret { secret } => self.secret(secret, cancel),
            What::Inventory { kinds, widen } => self.inventory(kinds, *widen),
            What::HelmRelease { release, chart, values } => {
                self.release(release, chart, values, &operation.objects, cancel)
            }
            What::HelmUninstall { release } => {
                let there = self.helm()?.uninstall(release, cancel)?;
                Ok(Outcome { changed: there, ..Outcome::default() })
            }
            What::ApplyObject { object } => self.apply(object, true),
            What::ReplaceObject { object, .. } => self.replace(object, cancel),
            What::DeleteObject { id } => self.delete(id, cancel),
            What::Verify { verify } => self.verify(verify, cancel),
            What::WaitReady { .. } => Ok(Outcome::default()),
        }
    }

    fn observe(&self, objects: &[Expected]) -> Result<Vec<(ObjectId, Readiness)>, Failure> {
        let ids: Vec<ObjectId> = objects.iter().map(|(id, _)| id.clone()).collect();
        let snapshot = Snapshot::take(&self.cluster, &self.namespace, &ids).map_err(|e| wrong(&e))?;
        let mut masker = lock(&self.masker);
        let explain =
            |(id, written): &Expected| (id.clone(), snapshot.explained(&self.cluster, id, *written, &mut masker));
        Ok(objects.iter().map(explain).collect())
    }

    fn roll_back(&self, operation: &Operation, undo: &Undo) -> Result<String, Failure> {
        match undo {
            Undo::Helm { release, revision } => {
                self.helm()?.rollback(release, *revision, &Cancel::default())?;
                Ok(format!("release {release} is what revision {revision} was"))
            }
            Undo::Object { object } => {
                let previous = lock(&self.before).get(&object.key()).cloned();
                let previous = previous.ok_or_else(|| Failure::world("rollback", format!("{object} was not kept")))?;
                let how = Apply { manager: MANAGER, dry_run: false, force: false };
                self.cluster.apply(&previous, &self.namespace, how).map_err(|e| wrong(&e))?;
                Ok(format!("{object} is what it was"))
            }
            Undo::Nothing { why } => Err(Failure::world("rollback", format!("{}: {why}", operation.title()))),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether an apply did anything. A newer resourceVersion alone proves nothing: controllers write between two looks.
fn differs(before: Option<&Value>, now: &Value) -> bool {
    before.is_none_or(|b| normalise(b) != normalise(now))
}

fn seconds() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

/// Asks five times a second; whether the answer was yes within so many seconds.
fn within(seconds: u64, cancel: &Cancel, mut ask: impl FnMut() -> Result<bool, Failure>) -> Result<bool, Failure> {
    let begun = Instant::now();
    while !ask()? {
        if begun.elapsed() > Duration::from_secs(seconds) {
            return Ok(false);
        }
        pause(cancel, Duration::from_millis(200))?;
    }
    Ok(true)
}

/// A short rest between two looks, cut short when the person stops the run.
fn pause(cancel: &Cancel, time: Duration) -> Result<(), Failure> {
    if cancel.is_cancelled() {
        return Err(Failure::new("interrupted", Fault::Interrupted, "stopped"));
    }
    std::thread::sleep(time);
    Ok(())
}
