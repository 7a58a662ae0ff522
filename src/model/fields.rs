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
    ListOf(&'static Shape),
    MapOf(&'static Shape),
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

const fn field(name: &'static str, shape: Shape, doc: &'static str) -> Field {
    Field { name, shape, doc }
}

use Shape::{Boolean, Choice, Either, Fields, Integer, ListOf, MapOf, Name, Quantity, Scalar, Text};

const COMMAND: Shape = Either(&[Text, ListOf(&Text)]);
const PORT: Shape = Integer(1, 65535);
const NAMED: Shape = Name(63);

const RESOURCE_LIST: &[Field] =
    &[field("cpu", Quantity, "CPU, such as 100m"), field("memory", Quantity, "memory, such as 256Mi")];
const RESOURCES: Shape = Fields(&[
    field("requests", Fields(RESOURCE_LIST), "what the scheduler sets aside"),
    field("limits", Fields(RESOURCE_LIST), "the most a container may use"),
]);

const HTTP_GET: Shape =
    Fields(&[field("path", Text, "path of the request"), field("port", PORT, "port; the first one unless given")]);
const PROBE: Shape = Either(&[
    Text,
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
        field("key", Text, "key in that Secret"),
    ]),
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
            field("version", Scalar, "version of the language runtime"),
            field(
                "packageManager",
                Choice(&["pip", "uv", "poetry", "npm", "pnpm", "yarn"]),
                "installs the dependencies; the one whose lock file is there unless given",
            ),
            field("entrypoint", COMMAND, "program of the image"),
            field("target", Text, "what is built: a Go package, a Rust binary, a jar, the folder of a page"),
            field("baseImage", Text, "image below the last stage, with its tag or digest"),
            field("buildImage", Text, "image that Go, Rust, Java and pages are built in"),
        ]),
        "how the image is made; detected unless given",
    ),
    field("image", Text, "an image that exists already, with its tag"),
    field("command", COMMAND, "replaces the image's program"),
    field("args", COMMAND, "arguments for the program"),
    field("schedule", Text, "when a CronJob runs, in cron's notation"),
    field("replicas", Integer(0, 1000), "number of pods; 2 unless given"),
    field("ports", Either(&[ListOf(&PORT), MapOf(&PORT)]), "ports that the container listens on"),
    field(
        "service",
        Fields(&[field("type", Choice(&["ClusterIP", "NodePort", "LoadBalancer"]), "ClusterIP unless given")]),
        "how the Service is exposed",
    ),
    field("ingress", Either(&[Text, Fields(&[field("path", Text, "path prefix")])]), "path prefix at the app's host"),
    field("environment", Either(&[MapOf(&Scalar), ListOf(&Text)]), "variables that are no secrets"),
    field("secrets", Either(&[ListOf(&Text), MapOf(&SECRET)]), "names of secret variables; values never stand here"),
    field("livenessProbe", PROBE, "restart when it fails; a path, or Kubernetes' long form"),
    field("readinessProbe", PROBE, "no traffic while it fails"),
    field("startupProbe", PROBE, "the other probes wait for it"),
    field("resources", RESOURCES, "requests and limits"),
    field("autoscaling", AUTOSCALING, "grow and shrink with the load"),
    field("dependsOn", DEPENDS_ON, "units that come first and may be called"),
    field("egress", ListOf(&Text), "host:port outside the cluster that may be called"),
    field("nodeSelector", MapOf(&Scalar), "labels that a node must have"),
    field("terminationGracePeriodSeconds", Integer(0, 3600), "time to finish after SIGTERM"),
    field("spread", Choice(&["preferred", "none"]), "spread pods over nodes"),
    field(
        "metrics",
        Either(&[Text, Fields(&[field("path", Text, "path of the metrics"), field("port", PORT, "port")])]),
        "where Prometheus reads",
    ),
    field("temporary", ListOf(&Text), "folders that are writable; /tmp unless given"),
];

/// Fields of `resources.<name>`.
pub const RESOURCE: &[Field] = &[
    field("type", Choice(&["postgres"]), "what it is"),
    field("class", Choice(&["in-cluster"]), "where it runs"),
    field("version", Scalar, "version of the server"),
    field("database", Name(63), "name of the database; the app's name unless given"),
    field("username", Name(63), "owner of the database; the app's name unless given"),
    field("storage", Quantity, "size of the volume; 1Gi unless given"),
    field("storageClassName", Text, "StorageClass of the volume"),
    field("resources", RESOURCES, "requests and limits"),
    field(
        "migrations",
        Fields(&[
            field("service", Text, "service whose image holds the migrations"),
            field("command", COMMAND, "program that brings the schema up to date"),
        ]),
        "a Job that runs before the services that depend on it",
    ),
];

/// Fields of `app`.
pub const APP: &[Field] = &[
    field("name", Name(53), "name of the app, its chart and its namespace"),
    field("namespace", NAMED, "namespace; the name unless given"),
    field("version", Scalar, "version of the app, as SemVer; 0.1.0 unless given"),
    field("host", Text, "host name of the Ingress"),
    field("ingressClassName", Text, "IngressClass of the Ingress"),
    field("delivery", Choice(&["helm", "native"]), "how `up` brings objects into the cluster; helm unless given"),
    field("quota", MapOf(&Quantity), "hard limits of the namespace; derived unless given"),
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
    field("environments", MapOf(&OVERRIDE), "what differs by environment: maps merge, lists replace, null removes"),
    field("supersedes", Either(&[Text, ListOf(&Text)]), "features whose fields this block may take over"),
]);
