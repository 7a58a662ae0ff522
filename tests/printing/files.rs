//! Files: written once, left alone when equal, refused when not ours, removed when no longer made.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::Path;

use bowline::make::image;
use bowline::make::run::Made;
use bowline::make::store::Store;
use bowline::make::writes::{Action, Done, Write, apply, decide, refusals, survey};

use crate::fixture::{Example, TODO};

/// One run of `generate`: what it decided and did.
fn generate(root: &Path, example: &Example, made: &Made, discard: &[&str]) -> (Vec<Write>, Done) {
    let mut store = Store::open(root);
    let states = survey(root, &example.app, &made.artifacts, &mut store).unwrap();
    let discard: BTreeSet<String> = discard.iter().map(|p| (*p).to_owned()).collect();
    let writes = decide(&made.artifacts, &states, &discard);
    let done = apply(root, &made.artifacts, &writes).unwrap();
    store.record(&made.artifacts);
    store.save();
    (writes, done)
}

fn inodes(root: &Path, made: &Made) -> BTreeMap<String, (u64, i64, i64)> {
    made.artifacts
        .iter()
        .map(|a| (a.path.clone(), root.join(&a.path).metadata().map(|m| (m.ino(), m.mtime(), m.mtime_nsec())).unwrap()))
        .collect()
}

fn paths(writes: &[Write], action: Action) -> Vec<&str> {
    writes.iter().filter(|w| w.action == action).map(|w| w.path.as_str()).collect()
}

#[test]
fn a_second_run_writes_nothing_and_one_change_writes_what_depends_on_it() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let example = Example::new(TODO);
    let made = example.make();
    let (_, done) = generate(root, &example, &made, &[]);
    assert_eq!(done, Done { written: made.artifacts.len(), removed: 0 });
    let before = inodes(root, &made);
    assert_eq!(generate(root, &example, &made, &[]).1, Done::default());
    assert_eq!(inodes(root, &made), before);

    let changed = Example::new(&TODO.replace(
        "production: { services: { backend: { replicas: 3 } } }",
        "production: { services: { frontend: { replicas: 3 } } }",
    ));
    let made_after = changed.make();
    let store = Store::open(root);
    let (writes, _) = generate(root, &changed, &made_after, &[]);
    let updated = paths(&writes, Action::Update);
    assert_eq!(
        updated,
        ["charts/todo/values-production.yaml", "out/todo/production/frontend-deployment.yaml"]
            .map(str::to_owned)
            .iter()
            .chain(
                updated
                    .iter()
                    .filter(|p| p.ends_with("resourcequota.yaml"))
                    .map(|p| (*p).to_owned())
                    .collect::<Vec<_>>()
                    .iter()
            )
            .map(String::as_str)
            .collect::<Vec<_>>()
    );
    // and the cache names the ingredient
    let of = |path: &str| made_after.artifacts.iter().find(|a| a.path == path).unwrap();
    let deployment = of("out/todo/production/frontend-deployment.yaml");
    assert_eq!(store.changed(&deployment.path, &deployment.ingredients).unwrap(), ["frontend.replicas"]);
    let same = of("out/todo/local/frontend-deployment.yaml");
    assert_eq!(store.changed(&same.path, &same.ingredients).unwrap(), Vec::<String>::new());
    assert_eq!(store.changed("out/todo/never.yaml", &[]), None);
}

#[test]
fn equal_ingredients_mean_equal_bytes() {
    // every pair of variants: where no ingredient differs, no byte does
    let variants: Vec<Made> = [
        TODO.to_owned(),
        TODO.replace("todo.local", "todo.example.org"),
        TODO.replace("cpu: 70", "cpu: 80"),
        TODO.replace("LOG_LEVEL: INFO", "LOG_LEVEL: DEBUG, EXTRA: \"1\""),
        TODO.replace("ports: [8000]", "ports: [8080]"),
        TODO.replace("GEMINI_API_KEY: optional", "OPENAI_API_KEY: optional"),
        TODO.replace("replicas: 3", "replicas: 4, nodeSelector: { disk: ssd }"),
        TODO.replace("ingress: /", "ingress: /todo"),
        TODO.replace("class: in-cluster", "class: in-cluster, storage: 5Gi"),
        TODO.replace(
            "dependsOn: [database]",
            "dependsOn: [database]\n    metrics: /metrics\n    terminationGracePeriodSeconds: 50",
        ),
        TODO.replace("local: {}, production", "local: {}, staging: {}, production"),
        TODO.replace("autoscaling: {", "autoscaling: { memory: 60, "),
    ]
    .iter()
    .map(|block| Example::new(block).make())
    .collect();
    let mut compared = 0;
    for (index, a) in variants.iter().enumerate() {
        assert!(a.diagnostics.is_empty());
        for b in &variants[index + 1..] {
            let others: BTreeMap<_, _> = b.artifacts.iter().map(|x| (&x.path, x)).collect();
            for one in &a.artifacts {
                let Some(other) = others.get(&one.path).filter(|o| o.ingredients == one.ingredients) else { continue };
                assert_eq!(String::from_utf8_lossy(&one.bytes), String::from_utf8_lossy(&other.bytes), "{}", one.path);
                compared += 1;
            }
        }
    }
    assert!(compared > 1000, "{compared}");
}

#[test]
fn foreign_and_edited_files_are_refused_with_both_ways_out() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let example = Example::new(TODO);
    let made = example.make();
    let service = "out/todo/local/backend-service.yaml";
    bowline::base::fs::write(&root.join(service), b"kind: Service\n").unwrap();
    let (writes, _) = generate(root, &example, &made, &[]);
    assert_eq!(paths(&writes, Action::Foreign), [service]);
    assert_eq!(std::fs::read(root.join(service)).unwrap(), b"kind: Service\n");
    let found = refusals(&writes, &made.artifacts);
    assert_eq!(found[0].code, "file-foreign");
    assert_eq!(
        found[0].message,
        "`out/todo/local/backend-service.yaml` is not generated, and a generated file belongs there"
    );
    assert_eq!(
        found[0].fix.as_deref(),
        Some(
            "tie it to its task and keep it: `bowline adopt out/todo/local/backend-service.yaml`; or take it over: `bowline generate --replace out/todo/local/backend-service.yaml`"
        )
    );
    assert!(found[0].task.as_deref().is_some_and(|t| t.starts_with("todo-chatbot/T")));
    std::fs::remove_file(root.join(service)).unwrap();
    generate(root, &example, &made, &[]);

    let edited = std::fs::read_to_string(root.join(service)).unwrap().replace("8000", "8001");
    std::fs::write(root.join(service), &edited).unwrap();
    let (writes, done) = generate(root, &example, &made, &[]);
    assert_eq!(paths(&writes, Action::Edited), [service]);
    assert_eq!(done, Done::default());
    assert_eq!(std::fs::read_to_string(root.join(service)).unwrap(), edited);
    let found = refusals(&writes, &made.artifacts);
    assert_eq!(found[0].code, "file-edited");
    let fix = found[0].fix.as_deref().unwrap();
    assert!(
        fix.contains("into a template of the same name under `templates/`")
            && fix.contains("`bowline generate --discard out/todo/local/backend-service.yaml`")
    );
    let (writes, done) = generate(root, &example, &made, &[service]);
    assert_eq!(done.written, 1);
    assert!(refusals(&writes, &made.artifacts).is_empty());
}

#[test]
fn what_is_no_longer_made_goes_unless_somebody_worked_on_it() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let example = Example::new(TODO);
    generate(root, &example, &example.make(), &[]);
    std::fs::write(root.join("out/todo/NOTES"), "mine").unwrap();
    let edited = "charts/todo/templates/backend-horizontalpodautoscaler.yaml";
    let text = std::fs::read_to_string(root.join(edited)).unwrap();
    std::fs::write(root.join(edited), text + "# mine\n").unwrap();
    let without =
        Example::new(&TODO.replace("    autoscaling: { minReplicas: 2, maxReplicas: 6, cpu: 70 }   # FR-012\n", ""));
    let made = without.make();
    let (writes, _) = generate(root, &without, &made, &[]);
    let gone = [
        "out/todo/local/backend-horizontalpodautoscaler.yaml",
        "out/todo/production/backend-horizontalpodautoscaler.yaml",
    ];
    assert_eq!(paths(&writes, Action::Remove), gone);
    assert_eq!(paths(&writes, Action::Edited), [edited]);
    assert_eq!(
        refusals(&writes, &made.artifacts)[0].message,
        format!("`{edited}` is no longer made, and was changed by hand")
    );
    assert!(gone.iter().all(|p| !root.join(p).exists()));
    assert!(root.join(edited).exists() && root.join("out/todo/NOTES").exists());
    assert_eq!(generate(root, &without, &made, &[edited]).1, Done { written: 0, removed: 1 });
}

#[test]
fn the_cache_changes_nothing_but_time() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let example = Example::new(TODO);
    let made = example.make();
    generate(root, &example, &made, &[]);
    let before = inodes(root, &made);
    for damage in [None, Some(&b"garbage"[..]), Some(b"bowline cache 1\n\xff\xff\xff\x7f")] {
        match damage {
            None => std::fs::remove_dir_all(root.join(".bowline")).unwrap(),
            Some(bytes) => std::fs::write(root.join(".bowline/cache"), bytes).unwrap(),
        }
        assert_eq!(generate(root, &example, &made, &[]).1, Done::default());
        assert_eq!(inodes(root, &made), before);
    }
    // equal size, equal time of change as far as `touch` can make it so
    let path = root.join("out/todo/compose.yaml");
    let times = path.metadata().unwrap().modified().unwrap();
    let text = std::fs::read_to_string(&path).unwrap().replace("name: todo", "name: toda");
    std::fs::write(&path, text).unwrap();
    std::fs::File::options().write(true).open(&path).unwrap().set_modified(times).unwrap();
    assert_eq!(paths(&generate(root, &example, &made, &[]).0, Action::Edited), ["out/todo/compose.yaml"]);
}

#[test]
fn a_path_that_leaves_the_workspace_is_not_written() {
    let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    symlink(elsewhere.path(), folder.path().join("out")).unwrap();
    let example = Example::new(TODO);
    let made = example.make();
    let error = survey(folder.path(), &example.app, &made.artifacts, &mut Store::open(folder.path())).unwrap_err();
    assert!(error.to_string().ends_with("leaves the repository"), "{error}");
    assert_eq!(std::fs::read_dir(elsewhere.path()).unwrap().count(), 0);
}

#[test]
fn a_tag_is_what_goes_into_the_image() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let put = |path: &str, text: &str| bowline::base::fs::write(&root.join(path), text.as_bytes()).unwrap();
    put("app/backend/main.py", "print(1)\n");
    put("app/backend/run.sh", "exec python3\n");
    put("app/frontend/page.tsx", "export {}\n");
    symlink("main.py", root.join("app/backend/link.py")).unwrap();
    let example = Example::new(TODO);
    let tag = |example: &Example| {
        let tags = image::tags(root, example.inputs(), &mut Store::open(root));
        assert!(tags.diagnostics.is_empty(), "{:?}", tags.diagnostics);
        assert_eq!(tags.tags.keys().collect::<Vec<_>>(), ["backend", "frontend"]);
        tags.tags["backend"].clone()
    };
    let first = tag(&example);
    assert_eq!(first.len(), 12);
    // what the build does not see, and what only says where the image comes from
    put("app/backend/tests/test_main.py", "assert 1\n");
    put("app/backend/todo/__pycache__/main.pyc", "x");
    put("app/backend/.env", "SECRET=1\n");
    put("app/frontend/page.tsx", "export default 1\n");
    assert_eq!(tag(&example), first);
    let mut stamped = Example::new(TODO);
    stamped.owners.values_mut().for_each(|o| o.requirements.clear());
    assert_eq!(tag(&stamped), first);
    // what it does
    let mut seen = BTreeSet::from([first]);
    let mut next = |what: &str| assert!(seen.insert(tag(&example)), "{what} does not count");
    put("app/backend/main.py", "print(2)\n");
    next("a changed file");
    put("app/backend/other.py", "");
    next("a new file");
    std::fs::set_permissions(root.join("app/backend/run.sh"), std::fs::Permissions::from_mode(0o755)).unwrap();
    next("the executable bit");
    std::fs::remove_file(root.join("app/backend/link.py")).unwrap();
    symlink("other.py", root.join("app/backend/link.py")).unwrap();
    next("a link's target");
    std::fs::rename(root.join("app/backend/other.py"), root.join("app/backend/another.py")).unwrap();
    next("a name");
    assert!(
        seen.insert(tag(&Example::new(&TODO.replace("ports: [8000]", "ports: [8001]")))),
        "the Dockerfile does not count"
    );
    std::fs::remove_dir_all(root.join("app/backend")).unwrap();
    let tags = image::tags(root, example.inputs(), &mut Store::open(root));
    assert_eq!(tags.diagnostics[0].code, "build-context");
}
