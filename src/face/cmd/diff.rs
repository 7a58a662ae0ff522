//! `bowline diff`: documents to disk, disk to a Git revision, disk to the cluster.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use crate::base::fs;
use crate::change::diff::{self as change, Verb};
use crate::change::render;
use crate::face::cli::{Diff, PlainOutput};
use crate::face::deliver;
use crate::face::exit::Exit;
use crate::face::made;
use crate::face::output::count;
use crate::face::prepare::{Prepared, prepare};
use crate::face::run::Context;
use crate::face::target;
use crate::make::store::Store;
use crate::world::cluster;
use crate::world::git::Git;

pub fn run(context: &Context, args: &Diff) -> Exit {
    let prepared = match prepare(context, args.target.environment.as_deref()) {
        Ok(prepared) => prepared,
        Err(exit) => return exit,
    };
    let configured =
        cluster::contexts().is_ok_and(|all| all.iter().any(|c| c.current)) || args.target.context.is_some();
    if let Some(revision) = &args.git {
        git(context, args, &prepared, revision)
    } else if args.live || args.save.is_some() || (configured && !args.disk) {
        live(context, args, &prepared)
    } else {
        disk(context, args, &prepared)
    }
}

/// 3 when there are changes and the caller asked for it.
fn exit(args: &Diff, changes: bool) -> Exit {
    if changes && args.exit_code { Exit::Pending } else { Exit::Done }
}

/// Texts that differ, as patches.
fn files(context: &Context, args: &Diff, what: &str, pairs: &BTreeMap<String, (String, String)>) -> Exit {
    let changed: Vec<_> = pairs.iter().filter(|(_, (old, new))| old != new).collect();
    if args.output == PlainOutput::Json {
        let rows: Vec<_> = changed
            .iter()
            .map(|(path, (old, new))| {
                let (added, removed) = change::text_counts(old, new);
                json!({ "path": path, "added": added, "removed": removed })
            })
            .collect();
        context.output.json("diff", &json!({ "distance": what, "files": rows }));
        return exit(args, !changed.is_empty());
    }
    for (path, (old, new)) in &changed {
        context.output.data(&change::texts(path, old, new));
    }
    let summary =
        if changed.is_empty() { "no changes".to_owned() } else { format!("{} differ", count(changed.len(), "file")) };
    context.output.say(&format!("{what}: {summary}"));
    exit(args, !changed.is_empty())
}

fn disk(context: &Context, args: &Diff, prepared: &Prepared) -> Exit {
    let mut store = Store::open(&context.root);
    let decided = match made::decide(context, &prepared.project, &prepared.made, &BTreeSet::new(), &mut store) {
        Ok(decided) => decided,
        Err(exit) => return exit,
    };
    let mut pairs = BTreeMap::new();
    for write in decided.iter().filter(|w| w.action.is_change()) {
        let artifact = write.artifact.and_then(|a| prepared.made.artifacts.get(a));
        let new = artifact.map(|a| String::from_utf8_lossy(&a.bytes).into_owned()).unwrap_or_default();
        pairs.insert(write.path.clone(), (on_disk(context, &write.path), new));
    }
    files(context, args, "documents to disk", &pairs)
}

fn on_disk(context: &Context, path: &str) -> String {
    let bytes = fs::inside(&context.root, path).ok().and_then(|p| fs::read_if_there(&p).ok().flatten());
    bytes.map(|b| String::from_utf8_lossy(&b).into_owned()).unwrap_or_default()
}

fn git(context: &Context, args: &Diff, prepared: &Prepared, revision: &str) -> Exit {
    let Some(git) = Git::open(&context.root) else {
        context.output.say("error: this is no Git repository");
        return Exit::Errors;
    };
    let name = prepared.app.as_ref().map(|a| a.name.clone()).unwrap_or_default();
    let mut paths: BTreeSet<String> = prepared.made.artifacts.iter().map(|a| a.path.clone()).collect();
    for folder in [format!("out/{name}"), format!("charts/{name}")] {
        match git.files_at(revision, &folder) {
            Ok(found) => paths.extend(found),
            Err(error) => {
                context.output.say(&format!("error: {error}"));
                return Exit::Errors;
            }
        }
    }
    let mut pairs = BTreeMap::new();
    for path in paths {
        let old = git.file_at(revision, &path).ok().flatten();
        let old = old.map(|b| String::from_utf8_lossy(&b).into_owned()).unwrap_or_default();
        let new = on_disk(context, &path);
        pairs.insert(path, (old, new));
    }
    files(context, args, &format!("{revision} to disk"), &pairs)
}

fn live(context: &Context, args: &Diff, prepared: &Prepared) -> Exit {
    let reached = match target::reach(&args.target) {
        Ok(reached) => reached,
        Err(failure) => return target::refused(context, &failure),
    };
    let distance = match deliver::distance(context, prepared, &reached, &args.target, args.save.is_some()) {
        Ok(distance) => distance,
        Err(failures) => return deliver::refuse(context, &failures),
    };
    let mut plan = deliver::plan(&distance);
    let changes = !distance.seen.is_same();
    if args.output == PlainOutput::Json {
        let rows: Vec<_> = distance
            .diffs
            .iter()
            .filter(|d| d.verb != Verb::None)
            .map(|d| {
                let fields: Vec<_> =
                    d.fields.iter().map(|f| json!({ "path": f.path, "old": f.old, "new": f.new })).collect();
                json!({ "object": d.object.to_string(), "change": d.verb.name(), "tasks": d.tasks, "fields": fields,
                    "restarts": d.restarts, "forcedBy": d.forced_by })
            })
            .collect();
        context.output.json(
            "diff",
            &json!({ "distance": "disk to cluster", "context": reached.cluster.context, "objects": rows }),
        );
    } else {
        let text = render::objects(&distance.diffs, usize::MAX);
        if !text.is_empty() {
            context.output.data(text.trim_end());
        }
        context.output.say(&format!(
            "disk to context {}: {}",
            reached.cluster.context,
            render::summary(&distance.diffs)
        ));
    }
    if let Some(file) = &args.save {
        plan.context = Some(reached.cluster.context.clone());
        let saved = plan
            .save()
            .map_err(|e| e.to_string())
            .and_then(|t| fs::write(file, t.as_bytes()).map_err(|e| e.to_string()));
        if let Err(error) = saved {
            context.output.say(&format!("error: the plan is not saved: {error}"));
            return Exit::World;
        }
        context.output.say(&format!(
            "saved {}; carry it out with `bowline apply {}`",
            count(plan.operations.len(), "operation"),
            file.display()
        ));
    }
    exit(args, changes)
}
