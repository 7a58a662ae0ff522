//! An app from a typed block, with every possible artifact owned.

use std::collections::BTreeMap;
use std::path::Path;

use bowline::base::diag::Diagnostic;
use bowline::base::source::{Sources, Span};
use bowline::graph::resolve::resolve;
use bowline::make::draw::{Inputs, Objects};
use bowline::make::load::{Loaded, load};
use bowline::make::run::{Made, make};
use bowline::model::app::App;
use bowline::model::catalogue::{Possible, enumerate};
use bowline::model::ids::{FeatureId, Identity, Ownership, RequirementId, TaskId};
use bowline::model::workspace::{Block, Documents, Feature, Layout};
use bowline::read::stack::{Asked, Stack};
use bowline::read::yaml::{Piece, parse};

pub(crate) const TODO: &str = "\
app: { name: todo, host: todo.local }
services:
  backend:
    build: app/backend                              # FR-001
    ports: [8000]
    livenessProbe: /health/live
    readinessProbe: /health/ready                   # FR-010
    autoscaling: { minReplicas: 2, maxReplicas: 6, cpu: 70 }   # FR-012
    dependsOn: [database]
    egress: [generativelanguage.googleapis.com:443] # FR-009
    environment: { LOG_LEVEL: INFO }                # FR-006
    secrets: { GEMINI_API_KEY: optional }           # FR-005
  frontend: { build: app/frontend, ports: [3000], ingress: /, dependsOn: [backend] }
resources:
  database: { type: postgres, class: in-cluster, migrations: { service: backend, command: alembic upgrade head } }   # FR-004
environments: { local: {}, production: { services: { backend: { replicas: 3 } } } }
";

/// What comes from elsewhere: a database, secrets of every source, calls out of the cluster, another Ingress controller.
pub(crate) const OUTSIDE: &str = "\
app: { name: todo, ingressController: { namespace: edge, podLabels: { app: \"on\" } }, secretStore: { name: vault, kind: ClusterSecretStore } }
services:
  backend:
    build: app/backend
    ports: [8000, 8001]
    ingress: /
    service: { type: NodePort }
    dependsOn: [neon, database]
    egress: [api.example.org, '203.0.113.0/24:25', '[2001:db8::/32]:443', redis.cache.svc:6379]
    secrets: { A: required, B: { fromEnv: OTHER }, C: { secretName: theirs, key: \"no\" }, D: { external: { store: other, key: \"{{ x }}\" } }, E: { generate: 48 } }
resources:
  neon: { type: postgres, class: external, egress: ['198.51.100.7:6543'], migrations: { service: backend, command: alembic upgrade head } }
  database: { type: postgres, existingSecret: theirs }
  far: { type: postgres, class: external, urlFrom: { fromEnv: FAR } }
environments:
  local: {}
  production: { services: { backend: { existingSecret: \"real\" } }, resources: { database: { existingSecret: ours } } }
";

/// Texts that some YAML reader, Helm or Go takes for something else.
pub(crate) const HOSTILE: &str = r#"
app: { name: todo, host: "0123" }
services:
  backend:
    build: app/backend
    ports: [8000]
    autoscaling: { minReplicas: 2, maxReplicas: 6, cpu: 70 }
    dependsOn: [database]
    nodeSelector: { disk: "on" }
    environment:
      MODE: "on"
      "NO": "no"
      FLOAT: "1e3"
      CLOCK: "12:30"
      ZIP: "0123"
      HEX: "0x10"
      EMPTY: ""
      SPACE: " a "
      BRACES: "say {{ x }} and {{{ y }}} }}"
      LINES: "one\ntwo\r\n\tthree\n"
      QUOTES: "she said \"hi\", 'twice' \\ back"
      UNICODE: "🙂 é \u2028 \u2029 \uFEFF x"
      HTML: "<b>&amp;</b>"
      PERCENT: "100% %v %d"
      DOLLAR: "$(HOME) ${HOME} $$"
      BIG: 10485760
      COMMENT: "a # b: c"
      TILDE: "~"
      ANCHOR: "&a *b !c"
      CONTROL: "\u0001 \u001b \b \f"
  worker-two:
    image: registry.local:5000/some/worker:1e3
    command: ["sh", "-c", "echo \"{{ .Values }}\" %s $HOME # no"]
    args: ["no", "0123", "a: b", "{{ x }}"]
    ports: []
    replicas: 1
    environment: {}
resources:
  database: { type: postgres, class: in-cluster, database: "on", username: "null", storageClassName: "1e3", migrations: { service: backend, command: alembic upgrade head } }
environments:
  local: {}
  production:
    app: { host: "1e3" }
    services:
      backend:
        autoscaling: ~
        replicas: 3
        nodeSelector: { zone: "1e3" }
        environment: { MODE: ~, EXTRA: "null", LINES: "other\nlines" }
        resources: { limits: { cpu: 1, memory: 512Mi } }
      worker-two: { replicas: 1000 }
    resources:
      database: { storage: 10Gi }
"#;

pub(crate) struct Example {
    pub(crate) sources: Sources,
    pub(crate) app: App,
    pub(crate) loaded: Loaded,
    pub(crate) possible: Vec<Possible>,
    pub(crate) owners: BTreeMap<Identity, Ownership>,
    pub(crate) texts: BTreeMap<RequirementId, String>,
    pub(crate) tags: BTreeMap<String, String>,
}

impl Example {
    #[track_caller]
    pub(crate) fn new(block: &str) -> Self {
        Self::read(block).unwrap_or_else(|found| panic!("{found:#?}"))
    }

    /// What is wrong with a block, or the app that it describes.
    pub(crate) fn read(block: &str) -> Result<Self, Vec<Diagnostic>> {
        let mut sources = Sources::default();
        let file = sources.add("specs/todo-chatbot.md", block);
        let node = parse(&Piece::at(file, block, 0)).map_err(|error| vec![error])?;
        let feature = FeatureId("todo-chatbot".into());
        let mut written = Feature::new(feature.clone(), Layout::Flat);
        (written.spec, written.blocks) = (Some(file), vec![Block { span: Span::new(file, 0, block.len()), node }]);
        let documents = Documents { features: vec![written].into(), ..Documents::default() };
        let stack = |asked: &Asked<'_>| Stack {
            exists: true,
            text: asked.context.ends_with(".toml").then(|| "level = \"info\"\nsay = '{{ x }}'\n".to_owned()),
            framework: Some(if asked.context.ends_with("frontend") { "nextjs" } else { "fastapi" }.to_owned()),
            ..Stack::default()
        };
        let (app, diagnostics) = resolve(&documents, &stack);
        let Some(app) = app.filter(|_| diagnostics.is_empty()) else { return Err(diagnostics) };
        let loaded = load(Path::new("/nowhere"), &mut sources);
        assert!(loaded.diagnostics.is_empty(), "{:#?}", loaded.diagnostics);
        let possible = enumerate(&app, &loaded.entries);
        let requirement = |id: &str| RequirementId { feature: feature.clone(), id: id.to_owned() };
        let owners = possible.iter().enumerate().map(|(i, p)| {
            let task = TaskId { feature: feature.clone(), id: format!("T{i:03}") };
            (
                p.identity.clone(),
                Ownership {
                    tasks: vec![task],
                    requirements: vec![requirement("FR-001"), requirement("FR-004")],
                    fields: Vec::new(),
                },
            )
        });
        let texts = BTreeMap::from([
            (requirement("FR-001"), "it runs".to_owned()),
            (requirement("FR-004"), "it stores".to_owned()),
        ]);
        let mut tags: BTreeMap<String, String> =
            app.units.iter().map(|u| (u.name.clone(), "89abcdef0123".to_owned())).collect();
        tags.extend([
            ("backend".to_owned(), "1e3a5c7b9d0f".to_owned()),
            ("frontend".to_owned(), "012345678901".to_owned()),
        ]);
        Ok(Self { owners: owners.collect(), sources, app, loaded, possible, texts, tags })
    }

    pub(crate) fn inputs(&self) -> Inputs<'_> {
        Inputs {
            app: &self.app,
            entries: &self.loaded.entries,
            possible: &self.possible,
            templates: &self.loaded.set,
            patches: &self.loaded.patches,
            owners: &self.owners,
            requirement_texts: &self.texts,
            tags: &self.tags,
            constitution: Some("c0ffee"),
            objects: Objects::All,
        }
    }

    pub(crate) fn make(&self) -> Made {
        make(self.inputs())
    }
}
