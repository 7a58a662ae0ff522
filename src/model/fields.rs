//! The fields of the typed block: names, shapes, and what they mean. The block is checked against this table,
//! and its JSON Schema is made from it. Names are Compose's, Score's and Kubernetes' own.

/// What may stand at a place of the block.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    Text,
    /// A DNS label of at most this many characters.
    Name(usize),
    Integer(i64, i64),
    Boolean,
    /// A Kubernetes quantity (`100m`, `256Mi`) or a number.
    Quantity,
    /// A text from a list.
    Choice(&'static [&'static str]),
    /// A scalar of any kind, kept as text.
    Scalar,
    /// A scalar whose text is of a grammar.
    Word(&'static Grammar),
    ListOf(&'static Shape),
    MapOf(&'static Shape),
    /// A map whose keys are of a grammar.
    Keyed(&'static Grammar, &'static Shape),
    Fields(&'static [Field]),
    /// The first shape that fits the kind of value; the short forms.
    Either(&'static [Shape]),
}

/// A named place.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    pub name: &'static str,
    pub shape: Shape,
    pub doc: &'static str,
}

pub(super) const fn field(name: &'static str, shape: Shape, doc: &'static str) -> Field {
    Field { name, shape, doc }
}

use super::grammars::{self, Grammar};
use super::{shapes, shapes_app};

use Shape::{Boolean, Choice, Either, Fields, Integer, Keyed, ListOf, MapOf, Name, Quantity, Scalar, Text, Word};

pub(super) const COMMAND: Shape = Either(&[Word(&grammars::PROGRAM), ListOf(&Text)]);
const PORT: Shape = Integer(1, 65535);
const NAMED: Shape = Name(63);

const RESOURCE_LIST: &[Field] = &[
    field("cpu", Quantity, "CPU, such as 100m"),
    field("memory", Quantity, "memory, such as 256Mi"),
    field("ephemeral-storage", Quantity, "disk for the log and temporary files, such as 512Mi"),
];
pub(super) const RESOURCES: Shape = Fields(&[
    field("requests", Fields(RESOURCE_LIST), "what the scheduler sets aside"),
    field("limits", Fields(RESOURCE_LIST), "the most a container may use"),
]);

const HTTP_GET: Shape = Fields(&[
    field("path", Word(&grammars::URL_PATH), "path of the request"),
    field("port", PORT, "port; the first one unless given"),
]);
const PROBE: Shape = Either(&[
    Word(&grammars::URL_PATH),
    Fields(&[
        field("httpGet", HTTP_GET, "ready when the answer is 2xx or 3xx"),
        field("tcpSocket", Fields(&[field("port", PORT, "port to connect to")]), "ready when the port accepts"),
        field(
            "exec",
            Fields(&[field("command", ListOf(&Text), "program and arguments")]),
            "ready when it exits with 0",
        ),
        field("initialDelaySeconds", Integer(0, 3600), "wait before the first try"),
        field("periodSeconds", Integer(1, 3600), "time between tries"),
        field("timeoutSeconds", Integer(1, 3600), "time for one try"),
        field("failureThreshold", Integer(1, 1000), "failed tries in a row that count"),
    ]),
]);

const AUTOSCALING: Shape = Fields(&[
    field("minReplicas", Integer(1, 1000), "fewest pods"),
    field("maxReplicas", Integer(1, 1000), "most pods"),
    field("cpu", Integer(1, 1000), "target CPU in percent of the request"),
    field("memory", Integer(1, 1000), "target memory in percent of the request"),
]);

const DEPENDS_ON: Shape = Either(&[ListOf(&Text), MapOf(&Choice(&["started", "healthy", "completed"]))]);

const SECRET: Shape = Either(&[
    Choice(&["optional", "required"]),
    Fields(&[
        field("optional", Boolean, "start without it"),
        field("secretName", NAMED, "a Secret that exists already"),
        field("key", Text, "key in that Secret, or in an encrypted file"),
        field("fromEnv", Text, "another variable of the process or of .env"),
        field("fromFile", Text, "a file that Git does not take, or that SOPS or kubeseal has encrypted"),
        field("generate", Integer(8, 1024), "made up once in the cluster, of so many letters and digits"),
        field("external", EXTERNAL, "an entry of a secret store, fetched by External Secrets"),
    ]),
]);

const STORE_KIND: Shape = Choice(&["SecretStore", "ClusterSecretStore"]);
const EXTERNAL: Shape = Either(&[
    Text,
    Fields(&[
        field("store", NAMED, "the store; that of `app.secretStore` unless given"),
        field("kind", STORE_KIND, "SecretStore unless given"),
        field("key", Text, "name of the entry"),
        field("property", Text, "property of the entry"),
    ]),
]);

/// Where one value of an external resource comes from.
const SOURCE: Shape = Fields(&[
    field("secretName", NAMED, "a Secret that exists already"),
    field("key", Text, "key in that Secret, or in an encrypted file"),
    field("fromEnv", Text, "another variable of the process or of .env"),
    field("fromFile", Text, "a file that Git does not take, or that SOPS or kubeseal has encrypted"),
    field("external", EXTERNAL, "an entry of a secret store, fetched by External Secrets"),
]);

/// Fields of `services.<name>`.
pub const SERVICE: &[Field] = &[
    field("kind", Choice(&["Deployment", "Job", "CronJob"]), "workload kind; Deployment unless given"),
    field(
        "build",
        Either(&[
            Text,
            Fields(&[
                field("context", Text, "folder with the sources"),
                field(
                    "dockerfile",
                    Text,
                    "a Dockerfile that exists already, relative to the context; it stays as it is",
                ),
            ]),
        ]),
        "folder that the image is built from",
    ),
    field(
        "runtime",
        Fields(&[
            field(
                "framework",
                Choice(&[
                    "fastapi", "django", "python", "nextjs", "express", "node", "go", "rust", "java", "static",
                    "custom",
                ]),
                "picks the Dockerfile template; custom is a Dockerfile of your own",
            ),
            field("version", Word(&grammars::TAG), "version of the language runtime"),
            field(
                "packageManager",
                Choice(&["pip", "uv", "poetry", "npm", "pnpm", "yarn"]),
                "installs the dependencies; the one whose lock file is there unless given",
            ),
            field("entrypoint", COMMAND, "program of the image"),
            field(
                "target",
                Word(&grammars::TARGET),
                "what is built: a Go package, a Rust binary, a jar, the folder of a page",
            ),
            field("baseImage", Word(&grammars::IMAGE), "image below the last stage, with its tag or digest"),
            field("buildImage", Word(&grammars::IMAGE), "image that Go, Rust, Java and pages are built in"),
        ]),
        "how the image is made; detected unless given",
    ),
    field("image", Text, "an image that exists already, with its tag"),
    field("command", COMMAND, "replaces the image's program"),
    field("args", COMMAND, "arguments for the program"),
    field("schedule", Text, "when a CronJob runs, in cron's notation"),
    field("timeZone", Text, "time zone of the schedule, such as Europe/Berlin; the cluster's unless given"),
    field(
        "concurrencyPolicy",
        Choice(&["Forbid", "Allow", "Replace"]),
        "a CronJob whose last run is not over; Forbid unless given",
    ),
    field("suspend", Boolean, "a CronJob that only starts by hand"),
    field("backoffLimit", Integer(0, 1000), "failed tries after which a Job has failed; 6 unless given"),
    field("activeDeadlineSeconds", Integer(1, 604_800), "the longest that a Job may take; 900 unless given"),
    field("ttlSecondsAfterFinished", Integer(0, 31_536_000), "time after which a finished Job is removed"),
    field("replicas", Integer(0, 1000), "number of pods; 2 unless given"),
    field("ports", shapes::PORTS, "ports that the container listens on"),
    field("service", shapes::EXPOSED, "how the Service is exposed"),
    field("ingress", shapes::INGRESS, "path prefix at the app's host"),
    field(
        "environment",
        Either(&[Keyed(&grammars::VARIABLE, &Scalar), ListOf(&Word(&grammars::ASSIGNMENT))]),
        "variables that are no secrets",
    ),
    field("secrets", Either(&[ListOf(&Text), MapOf(&SECRET)]), "names of secret variables; values never stand here"),
    field("livenessProbe", PROBE, "restart when it fails; a path, or Kubernetes' long form"),
    field("readinessProbe", PROBE, "no traffic while it fails"),
    field("startupProbe", PROBE, "the other probes wait for it"),
    field("resources", RESOURCES, "requests and limits"),
    field("autoscaling", AUTOSCALING, "grow and shrink with the load"),
    field("dependsOn", DEPENDS_ON, "units that come first and may be called"),
    field("egress", ListOf(&Text), "host:port or cidr:port that may be called; port 443 unless given"),
    field("existingSecret", NAMED, "a Secret that exists already, used in place of the one that is made"),
    field("nodeSelector", Keyed(&grammars::LABEL_KEY, &Word(&grammars::LABEL_VALUE)), "labels that a node must have"),
    field("terminationGracePeriodSeconds", Integer(0, 3600), "time to finish after SIGTERM"),
    field("spread", Choice(&["preferred", "none"]), "spread pods over nodes"),
    field("metrics", shapes_app::METRICS, "where Prometheus reads; short: the path"),
    field(
        "verticalAutoscaling",
        shapes_app::VERTICAL,
        "a VerticalPodAutoscaler that recommends requests, or sets them",
    ),
    field("temporary", ListOf(&Word(&grammars::MOUNT)), "folders that are writable; /tmp unless given"),
    field("files", shapes::FILES, "files that the container finds, by path; short: a file in the repository"),
    field("volumes", shapes::VOLUMES, "folders with a volume, by path; short: the size of a claim, or `emptyDir`"),
    field("podDisruptionBudget", shapes::BUDGET, "how many pods a drain may take; one unless given"),
    field("strategy", shapes::STRATEGY, "how new pods replace old ones"),
    field("securityContext", shapes::SECURITY, "user of the process, and whether its root is read-only"),
    field("serviceAccount", shapes::ACCOUNT, "the account of the pods, and what it may do"),
    field("labels", MapOf(&Scalar), "further labels of its objects and pods"),
    field("annotations", MapOf(&Scalar), "further annotations of its objects and pods"),
];

/// Fields of `resources.<name>`.
pub const RESOURCE: &[Field] = &[
    field("type", Choice(&["postgres"]), "what it is"),
    field("class", Choice(&["in-cluster", "external"]), "where it runs; in-cluster unless given"),
    field("version", Word(&grammars::TAG), "version of the server"),
    field("database", Name(63), "name of the database; the app's name unless given"),
    field("username", Name(63), "owner of the database; the app's name unless given"),
    field("storage", Quantity, "size of the volume; 1Gi unless given"),
    field("storageClassName", Word(&grammars::OBJECT), "StorageClass of the volume"),
    field("urlFrom", SOURCE, "external: where the connection URL comes from; the variable NAME_URL unless given"),
    field("secrets", Either(&[ListOf(&Text), MapOf(&SECRET)]), "external: the variable that holds the connection URL"),
    field(
        "egress",
        ListOf(&Text),
        "external: host:port or cidr:port of the server; any public address on 5432 unless given",
    ),
    field("existingSecret", NAMED, "a Secret that exists already, used in place of the one that is made"),
    field("resources", RESOURCES, "requests and limits"),
    field(
        "migrations",
        Fields(&[
            field("service", Text, "service whose image holds the migrations"),
            field("command", COMMAND, "program that brings the schema up to date"),
        ]),
        "a Job that runs before the services that depend on it",
    ),
    field(
        "verticalAutoscaling",
        shapes_app::VERTICAL,
        "a VerticalPodAutoscaler that recommends requests, or sets them",
    ),
    field("backup", shapes::BACKUP, "dumps on a volume of their own, and the way back; short: the schedule"),
];

/// Fields of `app`.
pub const APP: &[Field] = &[
    field("name", Name(53), "name of the app, its chart and its namespace"),
    field("namespace", NAMED, "namespace; the name unless given"),
    field("version", Word(&grammars::VERSION), "version of the app, as SemVer; 0.1.0 unless given"),
    field("host", Word(&grammars::HOST), "host name of the Ingress"),
    field("ingressClassName", Word(&grammars::OBJECT), "IngressClass of the Ingress"),
    field(
        "ingressController",
        Either(&[
            Word(&grammars::LABEL),
            Fields(&[
                field("namespace", NAMED, "namespace of its pods"),
                field(
                    "podLabels",
                    Keyed(&grammars::LABEL_KEY, &Word(&grammars::LABEL_VALUE)),
                    "labels of its pods; any pod of the namespace unless given",
                ),
            ]),
        ]),
        "who may call the services behind the Ingress; derived from the IngressClass unless given",
    ),
    field(
        "secretStore",
        Either(&[
            Word(&grammars::OBJECT),
            Fields(&[
                field("name", NAMED, "the store of External Secrets that holds the app's secrets"),
                field("kind", STORE_KIND, "SecretStore unless given"),
                field(
                    "path",
                    Word(&grammars::TARGET),
                    "what the names of its entries begin with; the app's name unless given",
                ),
            ]),
        ]),
        "secrets without a source of their own come from here; Bowline makes no Secrets then",
    ),
    field("delivery", Choice(&["helm", "native"]), "how `up` brings objects into the cluster; helm unless given"),
    field("quota", Keyed(&grammars::LABEL_KEY, &Quantity), "hard limits of the namespace; derived unless given"),
    field(
        "monitoring",
        shapes_app::MONITORING,
        "what watches the app; short: `annotations`, or `operator` for monitors, alerts and a dashboard",
    ),
    field("telemetry", shapes_app::TELEMETRY, "where OpenTelemetry sends traces; short: the endpoint, or `collector`"),
    field("mesh", shapes_app::MESH, "a service mesh that encrypts what services say to each other"),
    field("agents", shapes_app::AGENTS, "kagent's agents, with their model and the services whose tools they use"),
    field("cluster", shapes_app::CLUSTER, "files that the cluster itself starts with"),
];

const OVERRIDE: Shape = Fields(&[
    field("app", Fields(APP), "fields of the app that differ here"),
    field("services", MapOf(&Fields(SERVICE)), "fields of services that differ here"),
    field("resources", MapOf(&Fields(RESOURCE)), "fields of resources that differ here"),
]);

/// The whole block.
pub const BLOCK: Shape = Fields(&[
    field("app", Fields(APP), "the app; stands once"),
    field("services", MapOf(&Fields(SERVICE)), "what the app is made of, one container each"),
    field("resources", MapOf(&Fields(RESOURCE)), "what services need and do not build"),
    field(
        "environments",
        Keyed(&grammars::LABEL, &OVERRIDE),
        "what differs by environment: maps merge, lists replace, null removes",
    ),
    field("supersedes", Either(&[Text, ListOf(&Text)]), "features whose fields this block may take over"),
]);
