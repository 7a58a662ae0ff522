//! Delivery: what is wanted, how far the cluster is from it, the plan, and carrying it out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use serde_json::Value;

use crate::change::diff::ObjectDiff;
use crate::change::event::{Millis, News};
use crate::change::failure::Failure;
use crate::change::mask::Masker;
use crate::change::object::text;
use crate::change::plan::{Means, Plan};
use crate::change::planner;
use crate::change::render;
use crate::change::step::Policy;
use crate::change::wanted::{Input, WantedImage};
use crate::model::app::Delivery;
use crate::world::cluster::{Apply as How, Cluster, Lock, LockError, MANAGER, holder};
use crate::world::docker::Docker;
use crate::world::git::Git;
use crate::world::helm::Helm;
use crate::world::look::{self, Question, Seen};
use crate::world::operate::Operator;
use crate::world::preflight::preflight;
use crate::world::run::{self, Ended, Interrupts};
use crate::world::secret_values::{self, Values};
use crate::world::secrets::{self, Need};

use super::cli::{DeliveryFlag, EventOutput, Target};
use super::exit::Exit;
use super::prepare::Prepared;
use super::progress::{Progress, seconds};
use super::run::Context;
use super::target::{self, Reached};
use super::wanted;
use super::wanted_secrets;

/// What the cluster is asked to become, and how far it is from that.
pub struct Distance {
    pub input: Input,
    pub diffs: Vec<ObjectDiff>,
    pub seen: Seen,
    masker: Masker,
    values: Values,
    /// Container runtime of the nodes.
    runtime: Option<String>,
}

/// The delivery that flags and spec ask for.
pub fn means(target: &Target, delivery: Delivery) -> Means {
    match target.delivery {
        Some(DeliveryFlag::Helm) => Means::Helm,
        Some(DeliveryFlag::Native) => Means::Native,
        None => delivery.into(),
    }
}

/// Asks cluster, Docker and environment how far they are from what is wanted. Changes nothing.
///
/// # Errors
/// Everything that makes a delivery pointless, all at once where it can be known at once.
pub fn distance(
    context: &Context,
    prepared: &Prepared,
    reached: &Reached,
    target: &Target,
    images: bool,
) -> Result<Distance, Vec<Failure>> {
    let Some(app) = prepared.app.as_ref() else { return Err(Vec::new()) };
    let cluster = &reached.cluster;
    let one = |failure: Failure| vec![failure];
    let means = means(target, app.delivery);
    let mut input = wanted::input(app, &prepared.project.graph, &prepared.made.artifacts, &prepared.environment, means);
    input.context = Some(cluster.context.clone());
    let mut masker = Masker::default();

    let objects: Vec<(Value, String, Vec<String>)> =
        input.objects.iter().map(|w| (w.object.clone(), w.unit.clone(), w.tasks.clone())).collect();
    let bodies: Vec<Value> = objects.iter().map(|(object, ..)| object.clone()).collect();
    let mut problems = Vec::new();
    let mut runtime = None;
    if images {
        let checked = preflight(cluster, &bodies).map_err(|e| one(e.failure()))?;
        problems.extend(checked.failures);
        input.notes.extend(checked.notes);
        runtime = checked.runtime;
    }
    let values = secret_values(context, &input, images, &mut problems);
    values.teach(&mut masker);
    secret_needs(cluster, &mut input, &values, images, &mut problems).map_err(one)?;
    if images {
        let expected = wanted_secrets::expected(app, &prepared.environment);
        problems.extend(secrets::unsealable(cluster, input.secrets.iter().map(|s| &s.secret)));
        problems.extend(secrets::absent(cluster, &expected).map_err(|e| one(e.failure()))?);
    }

    let releases: Vec<_> = input.releases.iter().map(|r| r.release.clone()).collect();
    let units: Vec<String> = app.units.iter().map(|u| u.name.clone()).collect();
    let question = Question {
        app: &app.name,
        namespace: &app.namespace,
        means,
        objects: &objects,
        releases: &releases,
        units: &units,
    };
    let mut seen = look::look(cluster, &question, &mut masker).map_err(|e| one(e.failure()))?;
    problems.append(&mut seen.problems);
    for (index, wanted) in input.objects.iter_mut().enumerate() {
        if let Some(diff) = seen.diffs.get(index) {
            wanted.act = diff.act();
        }
        wanted.settled = seen.settled.get(index).copied().unwrap_or(false);
    }
    for release in &mut input.releases {
        release.deployed = seen.is_deployed(&release.release.name);
    }
    input.vanished.clone_from(&seen.vanished);
    input.vanished_releases.clone_from(&seen.vanished_releases);
    input.base.clone_from(&seen.base);
    if images {
        input.notes.extend(handover_notes(&seen, means));
        local_images(&mut input, reached, runtime.as_deref(), &mut problems);
    }
    let settled = input.objects.iter().all(|o| o.settled);
    if settled && seen.is_same() {
        // nothing will run: what was checked last time is not asked again
        input.verify.clear();
    }
    if problems.is_empty() {
        Ok(Distance { input, diffs: seen.diffs.clone(), seen, masker, values, runtime })
    } else {
        Err(problems)
    }
}

/// Values from the process, then `.env` beside the documents and in the build contexts.
fn secret_values(context: &Context, input: &Input, wanted: bool, problems: &mut Vec<Failure>) -> Values {
    if !wanted {
        return Values::default();
    }
    let all: Vec<_> = input.secrets.iter().map(|s| &s.secret).collect();
    let contexts: BTreeSet<String> = input.images.iter().map(|i| i.image.context.clone()).collect();
    let folders: Vec<String> = std::iter::once(".".to_owned()).chain(contexts).collect();
    let git = Git::open(&context.root);
    match secret_values::find(&all, |name| std::env::var(name).ok(), &context.root, &folders, git.as_ref()) {
        Ok(values) => values,
        Err(failures) => {
            problems.extend(failures);
            Values::default()
        }
    }
}

fn secret_needs(
    cluster: &Cluster,
    input: &mut Input,
    values: &Values,
    wanted: bool,
    problems: &mut Vec<Failure>,
) -> Result<(), Failure> {
    let all: Vec<_> = input.secrets.iter().map(|s| s.secret.clone()).collect();
    let all: Vec<_> = all.iter().collect();
    let live = secrets::live(cluster, &all).map_err(|e| e.failure())?;
    if !wanted {
        input.secrets.iter_mut().for_each(|s| s.needed = !live.contains_key(&s.secret.object.key()));
        return Ok(());
    }
    match secrets::needs(&all, values, &live) {
        Ok(needs) => {
            for (secret, need) in input.secrets.iter_mut().zip(needs) {
                secret.needed = !matches!(need, Need::Nothing);
            }
        }
        Err(failure) => problems.push(failure),
    }
    Ok(())
}

fn handover_notes(seen: &Seen, means: Means) -> Vec<String> {
    let all = seen.handovers.iter();
    all.map(|(id, replicas)| match means {
        Means::Helm => format!("{id}: an autoscaler takes the number of pods over; Helm drops `replicas`, so it may fall from {replicas} for a moment"),
        Means::Native => format!("{id}: an autoscaler takes the number of pods over; {replicas} are kept until it has decided"),
    })
    .collect()
}

/// Which images are built and loaded. Docker is needed only where something has to be built; what it happens to have
/// of the images that are only named, the cluster need not pull.
fn local_images(input: &mut Input, reached: &Reached, runtime: Option<&str>, problems: &mut Vec<Failure>) {
    let built_here = |i: &WantedImage| !i.image.context.is_empty();
    let docker = match Docker::find() {
        Ok(docker) => docker,
        Err(failure) => {
            if input.images.iter().any(built_here) {
                problems.push(failure);
            }
            return;
        }
    };
    for wanted in &mut input.images {
        let reference = &wanted.image.reference;
        let here = docker.has(reference).unwrap_or(false);
        let there = docker.nodes_have(reference, &reached.locality.node, runtime).ok().flatten();
        if built_here(wanted) {
            wanted.built = here;
            wanted.loaded = there == Some(true);
        } else {
            wanted.loaded = !here || there != Some(false);
        }
    }
}

/// Prints failures, one after the other; the exit code is the first one's.
pub fn refuse(context: &Context, failures: &[Failure]) -> Exit {
    for failure in failures.iter().skip(1) {
        target::refused(context, failure);
    }
    failures.first().map_or(Exit::Errors, |f| target::refused(context, f))
}

/// What a run may do and how it is told.
pub struct Manner {
    pub timeout: u64,
    pub output: EventOutput,
}

/// Carries out a plan under the lock, and writes the report of the run.
pub fn carry_out(
    context: &Context,
    prepared: &Prepared,
    reached: &Reached,
    distance: Distance,
    plan: &Plan,
    manner: &Manner,
) -> Exit {
    let Some(app) = prepared.app.as_ref() else { return Exit::Errors };
    let cluster = &reached.cluster;
    let interrupts = Interrupts::default();
    interrupts.listen(&reached.runtime);
    let lock = match lock(cluster, &distance.input) {
        Ok(lock) => lock,
        Err(failure) => return target::refused(context, &failure),
    };
    if let Some(before) = &lock.taken_from {
        context.output.say(&format!("note: took over the lock of {before}, which ended without giving it back"));
    }
    let helm = match plan.means {
        Means::Helm => match Helm::find(&cluster.context, &app.namespace) {
            Ok(helm) => Some(helm),
            Err(failure) => return target::refused(context, &failure),
        },
        Means::Native => None,
    };
    let docker = if distance.input.images.iter().any(|i| !i.loaded) { Docker::find().ok() } else { None };
    let operator = Operator {
        cluster: cluster.clone(),
        docker,
        helm,
        root: context.root.clone(),
        app: app.name.clone(),
        namespace: app.namespace.clone(),
        node: reached.locality.node.clone(),
        runtime: distance.runtime,
        secrets: distance.values,
        tool: env!("CARGO_PKG_VERSION").to_owned(),
        constitution: prepared.project.constitution_digest(),
        masker: Mutex::new(distance.masker),
        before: Mutex::new(BTreeMap::new()),
    };
    let mut telling = Telling(Progress::new(plan, context.output, manner.output, false, prepared.places()));
    let policy = Policy { deadline: manner.timeout.saturating_mul(1000), ..Policy::default() };
    let ended = run::drive(plan, policy, &operator, &mut telling, &interrupts);
    drop(lock);
    save_report(context, &ended);
    finish(context, &telling.0, &ended)
}

struct Telling<'a>(Progress<'a>);

impl run::Progress for Telling<'_> {
    fn news(&mut self, now: Millis, _: &Plan, news: &News) {
        self.0.news(now, news);
    }
}

/// The lock is a Lease in the namespace, so the Namespace comes before it.
fn lock(cluster: &Cluster, input: &Input) -> Result<Lock, Failure> {
    let namespace = input.objects.iter().map(|o| &o.object).find(|o| text(o, "kind") == Some("Namespace"));
    if let Some(namespace) = namespace {
        let how = How { manager: MANAGER, dry_run: false, force: false };
        cluster.apply(namespace, &input.namespace, how).map_err(|e| e.failure())?;
    }
    Lock::take(cluster, &input.app, &input.namespace, &holder()).map_err(|e: LockError| e.failure())
}

/// `.bowline/runs/NNNN.json`: written for people, never read to decide.
fn save_report(context: &Context, ended: &Ended) {
    let folder = context.root.join(".bowline/runs");
    let next = std::fs::read_dir(&folder)
        .map_or(0, |all| all.filter_map(Result::ok).filter_map(|e| number(&e)).max().unwrap_or(0))
        + 1;
    let text = serde_json::to_string_pretty(&ended.report).unwrap_or_default();
    // a report that cannot be written is no reason to call a good run bad
    if let Err(error) = crate::base::fs::write(&folder.join(format!("{next:04}.json")), text.as_bytes()) {
        context.output.say(&format!("note: the report of this run is not kept: {error}"));
    }
}

fn number(entry: &std::fs::DirEntry) -> Option<u32> {
    entry.file_name().to_str()?.strip_suffix(".json")?.parse().ok()
}

fn finish(context: &Context, progress: &Progress<'_>, ended: &Ended) -> Exit {
    let code = ended.exit_code();
    let ending = progress.ending();
    if !ending.is_empty() {
        context.output.say(&format!("\n{}", ending.trim_end()));
    }
    let exit = match code {
        0 => Exit::Done,
        1 => Exit::Errors,
        5 => Exit::Conflict,
        6 => Exit::Locked,
        130 => Exit::Interrupted,
        _ => Exit::World,
    };
    let done = ended.report.operations.iter().filter(|o| o.result == "done").count();
    let took = seconds(ended.took);
    match exit {
        Exit::Done => context
            .output
            .say(&format!("\n{done} of {} operations changed something; {took}.", ended.report.operations.len())),
        _ => context.output.say("Again: bowline up (what is done stays done)     Back: bowline rollback"),
    }
    exit
}

/// What a person should have agreed to: objects that are deleted and made again, and pods that may go for a moment.
pub fn risks(distance: &Distance) -> Vec<String> {
    let replaced = distance.diffs.iter().filter_map(|d| {
        let field = d.forced_by.as_ref()?;
        Some(format!("{} is deleted and made again, because `{field}` cannot change in place", d.object))
    });
    let helm = distance.input.means == Means::Helm;
    let handovers = if helm { handover_notes(&distance.seen, Means::Helm) } else { Vec::new() };
    replaced.chain(handovers).collect()
}

/// The plan of a distance.
pub fn plan(distance: &Distance) -> Plan {
    planner::plan(&distance.input)
}

/// What would change, for a person.
pub fn describe(context: &Context, distance: &Distance, plan: &Plan) {
    let text = render::objects(&distance.diffs, 20);
    if !text.is_empty() {
        context.output.say(text.trim_end());
    }
    context.output.say(&render::summary(&distance.diffs));
    for note in &plan.notes {
        context.output.say(&format!("note: {note}"));
    }
}
