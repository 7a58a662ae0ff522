//! Shapes of what an app asks of its platform: monitoring, a mesh, telemetry, agents, settings of the cluster.

use super::fields::{Field, Shape, field};
use super::grammars;

use Shape::{Boolean, Choice, Either, Fields, Integer, Keyed, ListOf, MapOf, Name, Text, Word};

/// `services.<name>.metrics`.
pub const METRICS: Shape = Either(&[
    Word(&grammars::URL_PATH),
    Fields(&[
        field("path", Word(&grammars::URL_PATH), "path of the metrics"),
        field("port", Integer(1, 65535), "port; the first one unless given"),
        field("requests", Text, "name of the counter of requests, such as http_requests_total"),
        field("duration", Text, "name of the histogram of their time, such as http_request_duration_seconds"),
        field("status", Text, "label of the counter that holds the HTTP status; status unless given"),
    ]),
]);

/// `app.monitoring`.
pub const MONITORING: Shape = Either(&[
    Choice(&["annotations", "operator"]),
    Fields(&[
        field(
            "scrape",
            Choice(&["annotations", "serviceMonitor"]),
            "how Prometheus finds the metrics: by annotations of pods, or by the operator's ServiceMonitor",
        ),
        field("rules", Boolean, "alerts, as the operator's PrometheusRule"),
        field("dashboard", Boolean, "a Grafana dashboard, in a ConfigMap that Grafana's sidecar finds"),
        field("namespace", Name(63), "namespace that Prometheus runs in; monitoring unless given"),
        field(
            "labels",
            Keyed(&grammars::LABEL_KEY, &Word(&grammars::LABEL_VALUE)),
            "labels by which the operator picks monitors and rules, such as release",
        ),
    ]),
]);

/// `verticalAutoscaling`.
pub const VERTICAL: Shape = Choice(&["recommend", "update"]);

/// `app.telemetry`.
pub const TELEMETRY: Shape = Either(&[
    Text,
    Fields(&[
        field("endpoint", Text, "where traces go by OTLP over HTTP, such as http://collector.observability:4318"),
        field("collector", Boolean, "run a collector beside the services; `endpoint` is then where it sends them on"),
    ]),
]);

/// `app.mesh`.
pub const MESH: Shape = Choice(&["linkerd", "istio"]);

const TOOL: &[Field] = &[
    field("service", Text, "service of this app that offers tools by MCP"),
    field("path", Text, "path of its MCP endpoint; /mcp unless given"),
    field("tools", ListOf(&Text), "names of the tools that the agent may use; all of them unless given"),
];

/// `app.agents`.
pub const AGENTS: Shape = MapOf(&Fields(&[
    field("description", Text, "what the agent is for, in a sentence"),
    field("instructions", Text, "its system message"),
    field(
        "model",
        Either(&[
            Text,
            Fields(&[
                field(
                    "provider",
                    Choice(&["Gemini", "OpenAI", "Anthropic", "Ollama"]),
                    "who answers; told by the name unless given",
                ),
                field("name", Text, "name of the model"),
                field("host", Text, "address of an Ollama server"),
            ]),
        ]),
        "the model that it thinks with, such as gemini-2.5-flash",
    ),
    field(
        "apiKey",
        Either(&[
            Text,
            Fields(&[
                field("secretName", Name(253), "a Secret that exists already"),
                field("key", Text, "key in that Secret"),
            ]),
        ]),
        "the provider's key: the name of a secret of one of the services, or a Secret",
    ),
    field("tools", ListOf(&Either(&[Text, Fields(TOOL)])), "services whose MCP tools it uses"),
]));

/// `app.cluster`.
pub const CLUSTER: Shape = Fields(&[
    field("encryption", Boolean, "a configuration that encrypts Secrets in etcd, for `minikube start`"),
    field("audit", Boolean, "an audit policy of the API server, for `minikube start`"),
]);
