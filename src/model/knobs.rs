//! The knobs: the only fields of a unit that may differ between environments. One table for the typed block,
//! for `values.*` in templates, for values.yaml, its comments and values.schema.json.

/// What a knob holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KnobType {
    Text,
    Integer,
    Boolean,
    /// A map of text to text, printed with `range` and `quote` in a chart.
    TextMap,
    /// A typed map such as resources, printed with `toYaml`.
    Map,
}

/// One knob of a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Knob {
    /// Dotted path in the unit's long form, and below the unit's key in values.yaml.
    pub path: &'static str,
    pub kind: KnobType,
    /// May be absent, or null, in an environment.
    pub optional: bool,
    /// The comment above the value, and its description in the schema.
    pub doc: &'static str,
}

const fn knob(path: &'static str, kind: KnobType, doc: &'static str) -> Knob {
    Knob { path, kind, optional: false, doc }
}

const fn optional(path: &'static str, kind: KnobType, doc: &'static str) -> Knob {
    Knob { path, kind, optional: true, doc }
}

/// Every knob. A path below another (`autoscaling.cpu`) is a leaf of that one.
pub const KNOBS: &[Knob] = &[
    knob("enabled", KnobType::Boolean, "Whether the chart contains this unit; the switch for one release per unit."),
    knob("replicas", KnobType::Integer, "Number of pods; not used while autoscaling is on."),
    knob("schedule", KnobType::Text, "When it runs: minute, hour, day of the month, month, day of the week."),
    knob("suspend", KnobType::Boolean, "Whether it starts by hand only."),
    knob(
        "image.repository",
        KnobType::Text,
        "Name of the image; behind a registry's, where the cluster pulls it from there.",
    ),
    knob("image.tag", KnobType::Text, "Tag of the image; for images built here a digest of what goes into it."),
    knob("environment", KnobType::TextMap, "Environment variables that are no secrets; they stand in the ConfigMap."),
    knob("resources", KnobType::Map, "Requests and limits of the container, as Kubernetes writes them."),
    optional(
        "autoscaling",
        KnobType::Map,
        "Limits and targets of the HorizontalPodAutoscaler; null for a fixed number of pods.",
    ),
    knob("autoscaling.minReplicas", KnobType::Integer, "Fewest pods."),
    knob("autoscaling.maxReplicas", KnobType::Integer, "Most pods."),
    optional("autoscaling.cpu", KnobType::Integer, "Target for CPU, in percent of the request."),
    optional("autoscaling.memory", KnobType::Integer, "Target for memory, in percent of the request."),
    optional("nodeSelector", KnobType::TextMap, "Labels that a node must have."),
    knob("storage.size", KnobType::Text, "Size of the volume; a StatefulSet's claim cannot shrink."),
    optional("storage.storageClassName", KnobType::Text, "StorageClass of the volume; null for the cluster's default."),
    knob("restoreFrom", KnobType::Text, "Dump that a restore reads: the name of a file on the volume, or `latest`."),
    optional(
        "password",
        KnobType::Text,
        "Password, for an installation without `bowline up`; give it by --set, never in a file.",
    ),
    optional(
        "url",
        KnobType::Text,
        "Connection URL, for an installation without `bowline up`; give it by --set, never in a file.",
    ),
    optional(
        "existingSecret",
        KnobType::Text,
        "Name of a Secret that exists already, used in place of the one that is made; it has the same keys.",
    ),
    optional(
        "secretValues",
        KnobType::TextMap,
        "Secret values, for an installation without `bowline up`; give them by --set, never in a file.",
    ),
    knob("host", KnobType::Text, "Host name of the Ingress."),
    optional("ingressClassName", KnobType::Text, "IngressClass; null for the cluster's default."),
    knob("quota", KnobType::TextMap, "Hard limits of the namespace, as a ResourceQuota writes them."),
    knob("limitRange.default", KnobType::TextMap, "Limits of a container that states none."),
    knob("limitRange.defaultRequest", KnobType::TextMap, "Requests of a container that states none."),
];

/// The knob at exactly this path.
pub fn knob_at(path: &str) -> Option<&'static Knob> {
    KNOBS.iter().find(|k| k.path == path)
}

/// Whether a knob lies strictly below this path.
pub fn knob_below(path: &str) -> bool {
    KNOBS.iter().any(|k| k.path.len() > path.len() && k.path.starts_with(path) && k.path.as_bytes()[path.len()] == b'.')
}
