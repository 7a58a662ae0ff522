//! The user's own templates: in the place of those that Bowline brings, or beside them.

use bowline::base::fs::write;
use bowline::base::source::Sources;
use bowline::make::draw::Inputs;
use bowline::make::load::{embedded, load};
use bowline::make::run::make;
use bowline::model::catalogue::enumerate;

use crate::fixture::{Example, TODO};

#[test]
fn a_file_of_the_same_name_replaces_and_a_new_kind_joins() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| write(&folder.path().join("templates").join(name), text.as_bytes()).unwrap();
    let (_, service, _) = embedded().into_iter().find(|(name, ..)| name == "service.yaml").unwrap();
    put("service.yaml", &service.replace("  ports:\n", "  sessionAffinity: ClientIP\n  ports:\n"));
    put(
        "role.yaml",
        "{#-\nkind: Role\nfor: [service]\nlayer: kubernetes\nfile: \"{unit}-role\"\ntask: Write the {unit} Role\nafter: [ServiceAccount]\n-#}\n\
         apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata:\n  name: {{ unit.name }}\n{% include \"_metadata.yaml\" %}\nrules: []\n",
    );
    put("index.html", "<p>{{ not ours }}</p>");
    let mut sources = Sources::default();
    let loaded = load(folder.path(), &mut sources);
    assert!(loaded.diagnostics.is_empty(), "{:#?}", loaded.diagnostics);
    assert!(loaded.set.get("index.html").is_none());
    assert!(loaded.set.get("service.yaml").unwrap().own && !loaded.set.get("deployment.yaml").unwrap().own);

    let mut example = Example::new(TODO);
    example.possible = enumerate(&example.app, &loaded.entries);
    let owner = example.owners.values().next().unwrap().clone();
    for possible in &example.possible {
        example.owners.entry(possible.identity.clone()).or_insert_with(|| owner.clone());
    }
    let made = make(Inputs { entries: &loaded.entries, templates: &loaded.set, ..example.inputs() });
    assert!(made.diagnostics.is_empty(), "{:#?}", made.diagnostics);
    let text = |path: &str| {
        let artifact = made.artifacts.iter().find(|a| a.path == path).unwrap_or_else(|| panic!("no {path}"));
        String::from_utf8(artifact.bytes.clone()).unwrap()
    };
    assert!(text("charts/todo/templates/frontend-service.yaml").contains("  sessionAffinity: ClientIP\n"));
    assert!(text("out/todo/production/backend-role.yaml").contains("kind: Role\n"));
    assert!(text("out/todo/local/kustomization.yaml").contains("  - backend-role.yaml\n"));
    crate::helm::agree(&example.app, &made, "own");
}

#[test]
fn what_nobody_owns_is_not_made() {
    let mut example = Example::new(TODO);
    example.owners.retain(|identity, _| identity.kind == "Service");
    let made = example.make();
    assert!(made.diagnostics.is_empty(), "{:#?}", made.diagnostics);
    assert_eq!(made.artifacts.len(), 3 * 3);
    example.owners.clear();
    assert!(example.make().artifacts.is_empty());
}
