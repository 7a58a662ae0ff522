//! Nothing changed: nothing is read. Anything changed, in whatever way: it is seen.

mod common;

use common::Space;

const IDLE: &str = "nothing has changed since the last run";

#[test]
fn a_second_run_reads_nothing_and_every_change_is_seen() {
    let space = Space::small();
    space.run(&["generate"]).exits(0).never_says(&[IDLE]);
    // the cache itself is new to the repository's folder the first time
    space.run(&["generate"]).exits(0);
    let before = space.tree("out");
    space.run(&["generate"]).exits(0).says(&[IDLE]);
    assert_eq!(before, space.tree("out"));

    let seen = |what: &str| {
        space.run(&["generate"]).exits(0).never_says(&[IDLE]);
        space.run(&["generate"]).exits(0);
        space.run(&["generate"]).exits(0).says(&[IDLE]);
        assert_eq!(before.keys().collect::<Vec<_>>(), space.tree("out").keys().collect::<Vec<_>>(), "{what}");
    };
    std::fs::remove_file(space.join("out/small/local/web-service.yaml")).unwrap();
    seen("a file that is gone");
    space.edit("specs/small.md", "replicas: 2 ", "replicas: 4 ");
    seen("another value");
    assert!(space.read("out/small/local/web-deployment.yaml").contains("replicas: 4"));
    space.edit("specs/small.md", "replicas: 4 ", "replicas: 2 ");
    seen("the old value");
    space.write("specs/other.md", "# Other\n");
    seen("another spec");
    std::fs::remove_dir_all(space.join(".bowline")).unwrap();
    seen("no cache");
    space.write(
        "templates/configmap.yaml",
        include_str!("../templates/configmap.yaml").replace("kind: ConfigMap\nmeta", "kind: ConfigMap\n# ours\nmeta"),
    );
    seen("a template of one's own");
    assert!(space.read("out/small/local/web-configmap.yaml").contains("# ours"));
}

#[test]
fn what_has_a_warning_is_said_again() {
    let space = Space::small();
    let tasks = space.read("tasks/small.md");
    let without: String =
        tasks.lines().filter(|l| !l.contains("PodDisruptionBudget")).map(|l| format!("{l}\n")).collect();
    space.write("tasks/small.md", without);
    for _ in 0..3 {
        space.run(&["generate"]).exits(0).says(&["warning[task-missing]"]);
    }
}
