//! From what is wanted and what differs to a [`Plan`]: which operations, and which comes after which.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::model::app::Condition;

use super::draft::Draft;
use super::object::{self, ObjectId};
use super::plan::{FORMAT, Means, Plan, Verify, What};
use super::ready;
use super::wanted::{Act, Input, TaskEdge, Wanted};

/// Makes the plan. It is empty when nothing differs and everything is ready.
pub fn plan(input: &Input) -> Plan {
    let mut draft = Draft::default();
    let made = images_and_secrets(input, &mut draft);
    let writes = match input.means {
        Means::Native => native(input, &mut draft),
        Means::Helm => helm(input, &mut draft),
    };
    let waits = waits(input, &mut draft, &writes);
    let checks: Vec<usize> = checks(input, &mut draft);

    // hard edges first; softer ones yield when they would close a cycle
    for (index, object) in input.objects.iter().enumerate() {
        let Some(write) = writes[index] else { continue };
        for (name, op) in &made {
            if mentions(&object.object, name) {
                draft.edge(*op, write);
            }
        }
    }
    unit_needs(input, &mut draft, &writes, &waits);
    for check in &checks {
        let (unit, task) = (draft.operations[*check].unit.clone(), draft.operations[*check].task().map(str::to_owned));
        for other in 0..draft.operations.len() {
            let op = &draft.operations[other];
            let related = op.unit == unit || task.as_ref().is_some_and(|t| op.tasks.contains(t));
            if related && !checks.contains(&other) {
                draft.edge(other, *check);
            }
        }
    }
    for wait in [true, false] {
        for edge in input.edges.iter().filter(|e| e.wait == wait) {
            task_edge(&mut draft, edge);
        }
    }
    kinds_first(input, &mut draft, &writes);
    let namespace = draft.operations.iter().position(|o| matches!(o.what, What::EnsureNamespace { .. }));
    if let Some(namespace) = namespace {
        // by construction nothing in the cluster comes before its Namespace
        for other in 0..draft.operations.len() {
            if draft.operations[other].what.changes_cluster() {
                draft.edge(namespace, other);
            }
        }
    }
    prune(input, &mut draft);

    let mut notes = input.notes.clone();
    notes.extend(
        draft.dropped.iter().map(|(a, b)| format!("`{a}` before `{b}` is not kept: the units need it otherwise")),
    );
    let changed: BTreeSet<&str> = draft.operations.iter().map(|o| o.unit.as_str()).collect();
    let mut unchanged: Vec<String> = Vec::new();
    for object in &input.objects {
        if !changed.contains(object.unit.as_str()) && !unchanged.contains(&object.unit) {
            unchanged.push(object.unit.clone());
        }
    }
    let operations = draft.finish(|operation| rank(&input.tasks, operation));
    Plan { notes, operations, base: input.base.clone(), unchanged, ..nothing(input) }
}

/// A plan that does nothing.
fn nothing(input: &Input) -> Plan {
    Plan {
        v: FORMAT,
        app: input.app.clone(),
        namespace: input.namespace.clone(),
        environment: input.environment.clone(),
        context: input.context.clone(),
        means: input.means,
        notes: Vec::new(),
        operations: Vec::new(),
        base: BTreeMap::new(),
        unchanged: Vec::new(),
    }
}

/// The Namespace, then in order of tasks, then what belongs to none.
fn rank(tasks: &[String], operation: &super::plan::Operation) -> usize {
    match (&operation.what, operation.task()) {
        (What::EnsureNamespace { .. } | What::Inventory { widen: true, .. }, _) => 0,
        (_, Some(task)) => tasks.iter().position(|t| t == task).map_or(tasks.len(), |p| p + 1),
        (_, None) => tasks.len() + 1,
    }
}

/// Builds, loads and Secrets, with the name by which objects mention each.
fn images_and_secrets(input: &Input, draft: &mut Draft) -> Vec<(String, usize)> {
    let mut made = Vec::new();
    for wanted in &input.images {
        let reference = wanted.image.reference.clone();
        let build = (!wanted.built && !wanted.loaded)
            .then(|| draft.add(&wanted.unit, &wanted.tasks, What::BuildImage { image: wanted.image.clone() }, vec![]));
        if !wanted.loaded {
            let what = What::LoadImage { reference: reference.clone() };
            let load = draft.add(&wanted.unit, &wanted.tasks, what, vec![]);
            if let Some(build) = build {
                draft.edge(build, load);
            }
            made.push((reference, load));
        }
    }
    for wanted in input.secrets.iter().filter(|s| s.needed) {
        let object = wanted.secret.object.clone();
        let name = object.name.clone();
        let what = What::EnsureSecret { secret: wanted.secret.clone() };
        made.push((name, draft.add(&wanted.unit, &wanted.tasks, what, vec![object])));
    }
    made
}

/// Whether a string of the object's spec is that name: an image, a Secret.
fn mentions(value: &Value, name: &str) -> bool {
    match value {
        Value::String(text) => text == name,
        Value::Array(list) => list.iter().any(|v| mentions(v, name)),
        Value::Object(map) => map.iter().any(|(key, v)| key != "metadata" && mentions(v, name)),
        _ => false,
    }
}

fn id_of(input: &Input, object: &Value) -> Option<ObjectId> {
    ObjectId::of(object, Some(&input.namespace))
}

fn is_namespace(object: &Value) -> bool {
    object::text(object, "kind") == Some("Namespace")
}

/// The Namespace is the first operation of every delivery, and in no chart.
fn namespace(input: &Input, draft: &mut Draft, wanted: &Wanted) -> Option<usize> {
    let id = id_of(input, &wanted.object)?;
    let what = What::EnsureNamespace { object: wanted.object.clone() };
    (wanted.act != Act::None).then(|| draft.add(&wanted.unit, &wanted.tasks, what, vec![id]))
}

fn native(input: &Input, draft: &mut Draft) -> Vec<Option<usize>> {
    let mut writes = Vec::new();
    for wanted in &input.objects {
        let Some(id) = id_of(input, &wanted.object) else {
            writes.push(None);
            continue;
        };
        if is_namespace(&wanted.object) {
            writes.push(namespace(input, draft, wanted));
            continue;
        }
        let object = wanted.object.clone();
        let what = match &wanted.act {
            Act::None => None,
            Act::Create | Act::Update => Some(What::ApplyObject { object }),
            Act::Replace { field } => Some(What::ReplaceObject { object, field: field.clone() }),
        };
        writes.push(what.map(|what| draft.add(&wanted.unit, &wanted.tasks, what, vec![id])));
    }
    writes
}

fn helm(input: &Input, draft: &mut Draft) -> Vec<Option<usize>> {
    let mut writes: Vec<Option<usize>> = vec![None; input.objects.len()];
    for (index, wanted) in input.objects.iter().enumerate().filter(|(_, w)| is_namespace(&w.object)) {
        writes[index] = namespace(input, draft, wanted);
    }
    for wanted in &input.releases {
        let members: Vec<usize> = (0..input.objects.len())
            .filter(|i| !is_namespace(&input.objects[*i].object))
            .filter(|i| wanted.release.units.contains(&input.objects[*i].unit))
            .collect();
        let changed = members.iter().any(|i| input.objects[*i].act != Act::None);
        if members.is_empty() || (wanted.deployed && !changed) {
            continue;
        }
        let mut tasks: Vec<String> = Vec::new();
        for task in members.iter().flat_map(|i| &input.objects[*i].tasks) {
            if !tasks.contains(task) {
                tasks.push(task.clone());
            }
        }
        let objects = members.iter().filter_map(|i| id_of(input, &input.objects[*i].object)).collect();
        let unit = match wanted.release.units.as_slice() {
            [one] => one.clone(),
            _ => input.app.clone(),
        };
        let what = What::HelmRelease {
            release: wanted.release.clone(),
            chart: input.chart.clone(),
            values: input.values.clone(),
        };
        let op = draft.add(&unit, &tasks, what, objects);
        for member in members {
            writes[member] = Some(op);
        }
    }
    writes
}

/// One wait per unit and task, for what was written or was left unready.
fn waits(input: &Input, draft: &mut Draft, writes: &[Option<usize>]) -> BTreeMap<String, Vec<usize>> {
    type Group = (String, Vec<String>, Vec<usize>, bool);
    let mut groups: Vec<Group> = Vec::new();
    for (index, wanted) in input.objects.iter().enumerate() {
        let kind = object::text(&wanted.object, "kind").unwrap_or_default();
        // under Helm an unchanged object of an upgraded release is written too
        let written = writes[index].is_some();
        if !ready::waits_for(kind) || (wanted.settled && wanted.act == Act::None && !written) {
            continue;
        }
        let job = kind == "Job";
        let task = wanted.tasks.first();
        match groups.iter_mut().find(|g| g.0 == wanted.unit && g.1.first() == task && g.3 == job) {
            Some(group) => group.2.push(index),
            None => groups.push((wanted.unit.clone(), wanted.tasks.clone(), vec![index], job)),
        }
    }
    let mut waits: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (unit, tasks, members, complete) in groups {
        let objects = members.iter().filter_map(|i| id_of(input, &input.objects[*i].object)).collect();
        let wait = draft.add(&unit, &tasks, What::WaitReady { complete }, objects);
        for write in members.iter().filter_map(|i| writes[*i]) {
            draft.edge(write, wait);
        }
        waits.entry(unit).or_default().push(wait);
    }
    waits
}

fn checks(input: &Input, draft: &mut Draft) -> Vec<usize> {
    let mut all = Vec::new();
    for (unit, task, verify) in &input.verify {
        let object = match verify {
            Verify::Http { service, .. } => service.clone(),
            Verify::Condition { object, .. } => object.clone(),
        };
        let what = What::Verify { verify: verify.clone() };
        all.push(draft.add(unit, std::slice::from_ref(task), what, vec![object]));
    }
    all
}

/// The workloads of a unit come after what the unit needs.
fn unit_needs(input: &Input, draft: &mut Draft, writes: &[Option<usize>], waits: &BTreeMap<String, Vec<usize>>) {
    for need in &input.needs {
        let mut first: Vec<usize> = Vec::new();
        if need.condition != Condition::Started {
            first.extend(waits.get(&need.needs).into_iter().flatten());
        }
        let of = |unit: &str| {
            let unit = unit.to_owned();
            input.objects.iter().zip(writes).filter(move |(o, _)| o.unit == unit)
        };
        first.extend(of(&need.needs).filter_map(|(_, w)| *w));
        let mut then: Vec<usize> = of(&need.unit)
            .filter(|(o, _)| object::text(&o.object, "kind").is_some_and(object::is_workload))
            .filter_map(|(_, w)| *w)
            .collect();
        // left unready by an earlier run: nothing is written, yet one is awaited after the other
        then.extend(waits.get(&need.unit).into_iter().flatten());
        for before in &first {
            for after in &then {
                draft.edge(*before, *after);
            }
        }
    }
}

/// All of one task before all of the other. An edge that only orders does not wait for readiness.
fn task_edge(draft: &mut Draft, edge: &TaskEdge) {
    let of = |draft: &Draft, task: &str| -> Vec<usize> {
        (0..draft.operations.len()).filter(|i| draft.operations[*i].tasks.iter().any(|t| t == task)).collect()
    };
    let (before, after) = (of(draft, &edge.before), of(draft, &edge.after));
    // "apply backend" after "write its Deployment": its other objects need not wait for that Deployment
    if before.iter().all(|b| after.contains(b)) {
        return;
    }
    for b in &before {
        let waiting = matches!(draft.operations[*b].what, What::WaitReady { .. });
        for a in after.iter().filter(|a| !before.contains(a)) {
            if waiting && !edge.wait {
                continue;
            }
            let kept = draft.edge(*b, *a);
            if edge.wait && !kept {
                let pair = (edge.before.clone(), edge.after.clone());
                if !draft.dropped.contains(&pair) {
                    draft.dropped.push(pair);
                }
            }
        }
    }
}

/// What pods refer to before the pods: of the same unit, and of the app's own.
fn kinds_first(input: &Input, draft: &mut Draft, writes: &[Option<usize>]) {
    let workload = |o: &Wanted| object::text(&o.object, "kind").is_some_and(object::is_workload);
    for (later, then) in input.objects.iter().zip(writes).filter(|(o, _)| workload(o)) {
        let Some(then) = then else { continue };
        for (early, first) in input.objects.iter().zip(writes).filter(|(o, _)| !workload(o)) {
            if let Some(first) = first
                && (early.unit == later.unit || early.unit == input.own_unit)
            {
                draft.edge(*first, *then);
            }
        }
    }
}

/// Deletions after everything else, and the inventory around all of it.
fn prune(input: &Input, draft: &mut Draft) {
    let all = draft.operations.len();
    for release in &input.vanished_releases {
        let op = draft.add(&input.own_unit, &[], What::HelmUninstall { release: release.clone() }, vec![]);
        (0..all).for_each(|other| _ = draft.edge(other, op));
    }
    for id in input.vanished.iter().filter(|id| !object::is_precious(&id.kind)) {
        let op = draft.add(&input.own_unit, &[], What::DeleteObject { id: id.clone() }, vec![id.clone()]);
        (0..all).for_each(|other| _ = draft.edge(other, op));
    }
    let writes = draft.operations.iter().any(|o| o.what.changes_cluster());
    if input.means != Means::Native || !writes {
        return;
    }
    let kinds = |extra: bool| -> Vec<String> {
        let wanted = input.objects.iter().filter_map(|o| id_of(input, &o.object));
        let old = input.vanished.iter().filter(|id| extra || object::is_precious(&id.kind)).cloned();
        wanted.chain(old).map(|id| id.group_kind()).collect::<BTreeSet<_>>().into_iter().collect()
    };
    let what = |widen| What::Inventory { kinds: kinds(widen), widen };
    let before = draft.add(&input.own_unit, &[], what(true), vec![]);
    let after = draft.add(&input.own_unit, &[], what(false), vec![]);
    for other in 0..draft.operations.len() - 2 {
        let op = &draft.operations[other].what;
        if matches!(op, What::EnsureNamespace { .. }) {
            draft.edge(other, before);
        } else if op.changes_cluster() {
            draft.edge(before, other);
        }
        draft.edge(other, after);
    }
    draft.edge(before, after);
}

/// The way down: the reverse of `objects` (native), or every release uninstalled in reverse. What holds data stays unless `all`.
pub fn down(input: &Input, all: bool) -> Plan {
    let mut draft = Draft::default();
    let mut kept = Vec::new();
    for wanted in input.releases.iter().rev() {
        let what = What::HelmUninstall { release: wanted.release.name.clone() };
        draft.add(wanted.release.units.first().map_or("", String::as_str), &[], what, vec![]);
    }
    for wanted in input.objects.iter().rev() {
        let Some(id) = id_of(input, &wanted.object) else { continue };
        if object::is_precious(&id.kind) && !all {
            kept.push(id.to_string());
            continue;
        }
        draft.add(&wanted.unit, &wanted.tasks, What::DeleteObject { id: id.clone() }, vec![id]);
    }
    for index in 1..draft.operations.len() {
        draft.edge(index - 1, index);
    }
    let mut notes = input.notes.clone();
    if !kept.is_empty() {
        notes.push(format!("kept: {} (`down --all` removes them too)", kept.join(", ")));
    }
    Plan { notes, operations: draft.finish(|_| 0), ..nothing(input) }
}
