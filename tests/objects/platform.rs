//! What an app asks of its platform: a mesh, telemetry, agents, files that the cluster starts with.

use serde_json::{Value as Json, json};

use crate::fixture::Example;
use crate::laws::{at, held};
use crate::wrong::said;

/// A block with one more field of the app.
pub(crate) fn block(app: &str) -> String {
    format!(
        "app: {{ name: shop, {app} }}\nservices:\n  backend: {{ build: app/backend, ports: [8000], metrics: /metrics, dependsOn: [database], \
         secrets: {{ GEMINI_API_KEY: optional }}, egress: [generativelanguage.googleapis.com:443] }}\n  page: {{ build: app/frontend, ports: [3000], ingress: /, dependsOn: [backend] }}\n  \
         nightly: {{ kind: CronJob, image: \"registry.local:5000/n:1\", schedule: \"@daily\" }}\nresources:\n  database: {{ type: postgres, \
         class: in-cluster }}   # FR-004\nenvironments: {{ local: {{}} }}\n"
    )
}

pub(crate) const AGENTS: &str = "agents: { helper: { description: keeps todos, instructions: \"You keep a list.\\nUse {{ tools }}.\", \
                                 model: gemini-2.5-flash, apiKey: GEMINI_API_KEY, tools: [{ service: backend, tools: [list, add] }] }, quiet: { \
                                 instructions: none, model: { provider: Ollama, name: llama3.2, host: \"http://ollama.ollama.svc:11434\" } } }";

fn policy<'j>(made: &'j std::collections::BTreeMap<String, Json>, unit: &str, way: &str) -> &'j Vec<Json> {
    made[&format!("{unit}/NetworkPolicy")]["spec"][way].as_array().unwrap_or_else(|| panic!("{unit} {way}"))
}

#[test]
fn agents_have_a_model_tools_and_a_policy() {
    let made = held(&block(AGENTS), "objects-agents");
    let agent = &made["shop/Agent/helper"]["spec"];
    let inner = &agent["declarative"];
    assert_eq!(inner["modelConfig"], "helper-model");
    assert_eq!(inner["systemMessage"], "You keep a list.\nUse {{ tools }}.");
    assert_eq!(inner["tools"][0]["mcpServer"]["name"], "backend-mcp");
    assert_eq!(inner["tools"][0]["mcpServer"]["toolNames"], json!(["list", "add"]));
    let model = &made["shop/ModelConfig/helper"]["spec"];
    assert_eq!(model["provider"], "Gemini");
    assert_eq!(
        (&model["apiKeySecret"], &model["apiKeySecretKey"]),
        (&json!("backend-secrets"), &json!("GEMINI_API_KEY"))
    );
    assert_eq!(made["shop/ModelConfig/quiet"]["spec"]["ollama"]["host"], "http://ollama.ollama.svc:11434");
    let server = &made["shop/RemoteMCPServer/backend-mcp"]["spec"];
    assert_eq!(server["url"], "http://backend.shop:8000/mcp");
    // its pods may call the service, and the service lets them in
    let labels = inner["deployment"]["labels"].clone();
    let into = policy(&made, "backend", "ingress").iter().map(|r| &r["from"][0]["podSelector"]["matchLabels"]);
    let fits = |wanted: &Json| wanted.as_object().is_some_and(|m| m.iter().all(|(k, v)| &labels[k] == v));
    assert!(into.clone().any(fits), "{:?}", into.collect::<Vec<_>>());
    let own = &made["shop/NetworkPolicy/helper"]["spec"];
    assert!(fits(&own["podSelector"]["matchLabels"]));
    assert!(own["egress"].to_string().contains("\"shop-backend\""));
}

#[test]
fn agents_that_cannot_work_are_told() {
    let agent = |fields: &str| said(&block(&format!("agents: {{ helper: {{ {fields} }} }}")));
    let good = "instructions: x, model: gemini-2.5-flash, apiKey: GEMINI_API_KEY";
    assert_eq!(agent(good), Vec::<String>::new());
    assert_eq!(agent("model: gemini-2.5-flash, apiKey: GEMINI_API_KEY"), ["agent-field 1"]);
    assert_eq!(agent("instructions: x, model: llama3"), ["agent-model 1"]);
    assert_eq!(agent("instructions: x, model: gemini-2.5-flash"), ["agent-key 1"]);
    assert_eq!(agent("instructions: x, model: gemini-2.5-flash, apiKey: GEMINI_KEY"), ["agent-key 1"]);
    assert_eq!(agent(&format!("{good}, tools: [bakend]")), ["agent-tool 1"]);
    assert_eq!(agent(&format!("{good}, tools: [nightly]")), ["agent-tool 1"]);
    assert_eq!(said(&block(&format!("agents: {{ backend: {{ {good} }} }}"))), ["agent-name 1"]);
}

#[test]
fn a_collector_stands_beside_the_services() {
    let made = held(&block("telemetry: collector"), "objects-collector");
    let variables = &made["backend/ConfigMap"]["data"];
    assert_eq!(variables["OTEL_EXPORTER_OTLP_ENDPOINT"], "http://otel-collector:4318");
    assert_eq!(variables["OTEL_SERVICE_NAME"], "backend");
    assert!(made["nightly/ConfigMap"]["data"].get("OTEL_SERVICE_NAME").is_none(), "only what runs all the time");
    let config = made["otel-collector/ConfigMap/files"]["data"]["config.yaml"].as_str().unwrap();
    let mut sources = bowline::base::source::Sources::default();
    let file = sources.add("config", config);
    let config = bowline::read::yaml::parse(&bowline::read::yaml::Piece::at(file, config, 0)).unwrap().json();
    assert_eq!(config["service"]["pipelines"]["traces"]["exporters"], json!(["debug"]));
    let into = policy(&made, "otel-collector", "ingress");
    assert_eq!(into.len(), 2, "both services, and nobody else: {into:?}");
    let out = policy(&made, "page", "egress");
    assert!(out.iter().any(|r| r.to_string().contains("otel-collector") && r["ports"][0]["port"] == 4318), "{out:?}");

    let onward =
        held(&block("telemetry: { collector: true, endpoint: \"https://traces.example.org\" }"), "objects-onward");
    let config = onward["otel-collector/ConfigMap/files"]["data"]["config.yaml"].as_str().unwrap();
    assert!(config.contains("otlphttp:\n    endpoint: \"https://traces.example.org\""), "{config}");
    let inside = held(&block("telemetry: \"http://collector.observability.svc:4318\""), "objects-endpoint");
    let out = policy(&inside, "backend", "egress");
    assert!(out.iter().any(|r| r.to_string().contains("\"observability\"")), "{out:?}");
    for wrong in ["telemetry: somewhere", "telemetry: \"ftp://x:1\"", "telemetry: { collector: false }"] {
        assert_eq!(said(&block(wrong)), ["telemetry-endpoint 1"], "{wrong}");
    }
}

#[test]
fn a_mesh_encrypts_what_stays_inside() {
    let made = held(&block("mesh: istio, monitoring: annotations"), "objects-istio");
    let peer = |unit: &str| &made[&format!("{unit}/PeerAuthentication")]["spec"];
    assert_eq!(peer("backend")["mtls"]["mode"], "STRICT");
    assert_eq!(peer("backend")["portLevelMtls"]["8000"]["mode"], "PERMISSIVE", "Prometheus reads there");
    assert_eq!(peer("page")["mtls"]["mode"], "PERMISSIVE", "the Ingress is outside");
    assert_eq!(at(&made["backend/Deployment"], "/spec/template/metadata/labels/sidecar.istio.io~1inject"), "true");
    assert!(!made["nightly/CronJob"].to_string().contains("sidecar"), "a Job with a proxy never ends");
    assert!(policy(&made, "backend", "egress").iter().any(|r| r.to_string().contains("istio-system")));

    let made = held(&block("mesh: linkerd"), "objects-linkerd");
    assert_eq!(made["backend/Server/http"]["spec"]["accessPolicy"], "all-authenticated");
    assert!(!made.contains_key("page/Server/http"), "the Ingress is outside");
    assert_eq!(at(&made["page/Deployment"], "/spec/template/metadata/annotations/linkerd.io~1inject"), "enabled");
    assert_eq!(said(&block("mesh: consul")), ["field-shape 1"]);
}

#[test]
fn the_cluster_starts_with_files_that_hold_no_key() {
    let example = Example::new(&block("cluster: { encryption: true, audit: true }"));
    let made = example.make();
    assert!(made.diagnostics.is_empty(), "{:#?}", made.diagnostics);
    let file = |name: &str| {
        let path = format!("out/shop/cluster/{name}.yaml");
        let artifact = made.artifacts.iter().find(|a| a.path == path).unwrap_or_else(|| panic!("{path}"));
        let text = String::from_utf8(artifact.bytes.clone()).unwrap();
        let mut sources = bowline::base::source::Sources::default();
        let id = sources.add("file", text.as_str());
        let tree = bowline::read::yaml::parse(&bowline::read::yaml::Piece::at(id, &text, 0)).unwrap();
        (tree.json(), text)
    };
    let (encryption, text) = file("encryption");
    assert_eq!(at(&encryption, "/resources/0/providers/0/secretbox/keys/0/secret"), "KEY");
    assert!(text.contains("minikube start --extra-config=apiserver.encryption-provider-config="), "{text}");
    let (audit, text) = file("audit-policy");
    assert_eq!(audit["rules"][0]["level"], "Metadata");
    assert!(text.contains("minikube start --extra-config=apiserver.audit-policy-file="), "{text}");
    let none = Example::new(&block("cluster: { audit: false }")).make();
    assert!(none.artifacts.iter().all(|a| !a.path.contains("/cluster/")));
}
