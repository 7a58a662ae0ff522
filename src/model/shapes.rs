//! Shapes of the block's larger fields, each with its short and its long form. `fields.rs` names them.

use super::fields::{COMMAND, Field, Shape, field};
use super::grammars;

use Shape::{Boolean, Choice, Either, Fields, Integer, Keyed, ListOf, MapOf, Name, Quantity, Scalar, Text, Word};

const PORT: Shape = Integer(1, 65535);
const NODE_PORT: Shape = Integer(30000, 32767);
const PROTOCOL: Shape = Choice(&["TCP", "UDP", "SCTP"]);
/// A number of pods, or a part of them such as 25%.
const SHARE: Shape = Scalar;

const PORT_FIELDS: &[Field] = &[
    field("port", PORT, "port of the Service"),
    field("targetPort", PORT, "port that the container listens on; the Service's unless given"),
    field("protocol", PROTOCOL, "TCP unless given"),
];
const NAMED_PORT: &[Field] = &[
    field("name", Name(15), "name of the port"),
    field("port", PORT, "port of the Service"),
    field("targetPort", PORT, "port that the container listens on; the Service's unless given"),
    field("protocol", PROTOCOL, "TCP unless given"),
];

/// `ports`.
pub const PORTS: Shape =
    Either(&[ListOf(&Either(&[PORT, Fields(NAMED_PORT)])), MapOf(&Either(&[PORT, Fields(PORT_FIELDS)]))]);

const SERVICE_TYPE: Shape = Choice(&["ClusterIP", "NodePort", "LoadBalancer", "Headless"]);

/// `service`.
pub const EXPOSED: Shape = Either(&[
    SERVICE_TYPE,
    Fields(&[
        field("type", SERVICE_TYPE, "ClusterIP unless given"),
        field("nodePort", NODE_PORT, "port of every node that leads to the first port; needs type NodePort"),
    ]),
]);

/// `ingress`.
pub const INGRESS: Shape = Either(&[
    Text,
    Fields(&[
        field("host", Text, "host name of its own; the app's unless given"),
        field("path", Text, "path at the host; / unless given"),
        field("pathType", Choice(&["Prefix", "Exact", "ImplementationSpecific"]), "Prefix unless given"),
        field("annotations", Keyed(&grammars::LABEL_KEY, &Scalar), "annotations that the Ingress controller reads"),
        field(
            "tls",
            Either(&[
                Choice(&["self-signed"]),
                Fields(&[field("secretName", Name(253), "a Secret with `tls.crt` and `tls.key` that exists already")]),
            ]),
            "HTTPS: `self-signed` makes a certificate in the cluster",
        ),
    ]),
]);

/// `files`.
pub const FILES: Shape = MapOf(&Either(&[
    Text,
    Fields(&[
        field("content", Text, "the text of the file"),
        field("source", Text, "file in the repository, relative to its root"),
        field("mode", Scalar, "permissions, such as 0440"),
    ]),
]));

/// `volumes`.
pub const VOLUMES: Shape = MapOf(&Either(&[
    Scalar,
    Fields(&[
        field("size", Quantity, "size of a claim of its own"),
        field(
            "storageClassName",
            Word(&grammars::OBJECT),
            "StorageClass of that claim; the cluster's default unless given",
        ),
        field(
            "accessModes",
            ListOf(&Choice(&["ReadWriteOnce", "ReadWriteMany", "ReadOnlyMany", "ReadWriteOncePod"])),
            "who may mount it; ReadWriteOnce unless given",
        ),
        field(
            "emptyDir",
            Either(&[
                Boolean,
                Fields(&[
                    field("sizeLimit", Quantity, "the most it may hold; 64Mi unless given"),
                    field("medium", Choice(&["Memory"]), "keep it in memory"),
                ]),
            ]),
            "a folder that is gone with its pod",
        ),
        field("source", Name(253), "a claim that exists already"),
        field("readOnly", Boolean, "mount it read-only"),
    ]),
]));

/// `podDisruptionBudget`.
pub const BUDGET: Shape = Fields(&[
    field("minAvailable", SHARE, "pods, or percent of them, that a drain must leave"),
    field("maxUnavailable", SHARE, "pods, or percent of them, that a drain may take at once"),
]);

/// `strategy`.
pub const STRATEGY: Shape = Either(&[
    Choice(&["RollingUpdate", "Recreate"]),
    Fields(&[
        field("type", Choice(&["RollingUpdate", "Recreate"]), "RollingUpdate unless given"),
        field("maxSurge", SHARE, "pods, or percent, beyond the wanted number during an upgrade; 1 unless given"),
        field("maxUnavailable", SHARE, "pods, or percent, that may be missing during an upgrade; 0 unless given"),
    ]),
]);

/// `resources.<name>.backup`.
pub const BACKUP: Shape = Either(&[
    Text,
    Fields(&[
        field("schedule", Text, "when it runs, in cron's notation; every night at three unless given"),
        field("timeZone", Text, "time zone of the schedule; the cluster's unless given"),
        field("suspend", Boolean, "make none by the clock"),
        field("retention", Scalar, "how many to keep, or for how long, such as 14d; 7 unless given"),
        field("storage", Quantity, "size of the volume for them; the resource's own unless given"),
        field("storageClassName", Word(&grammars::OBJECT), "StorageClass of that volume"),
        field("command", COMMAND, "makes a backup below /backup in its own way"),
        field("resources", super::fields::RESOURCES, "requests and limits"),
    ]),
]);

const USER: Shape = Integer(1, 2_147_483_647);

/// `securityContext`.
pub const SECURITY: Shape = Fields(&[
    field("runAsUser", USER, "user id of the process; 10001 unless given, never 0"),
    field("runAsGroup", USER, "group id; the user's unless given"),
    field("fsGroup", USER, "group of mounted volumes; the user's unless given"),
    field("readOnlyRootFilesystem", Boolean, "true unless given"),
]);

/// `serviceAccount`.
pub const ACCOUNT: Shape = Fields(&[
    field("name", Name(63), "name of the account; the service's unless given"),
    field("automount", Boolean, "give the pods its token; true when there are rules"),
    field(
        "rules",
        ListOf(&Either(&[
            Text,
            Fields(&[
                field("apiGroups", ListOf(&Text), "groups of the kinds; the core group unless given"),
                field("resources", ListOf(&Text), "kinds, in the plural"),
                field("resourceNames", ListOf(&Text), "names of single objects"),
                field("verbs", ListOf(&Text), "what it may do: get, list, watch, create, …"),
            ]),
        ])),
        "what it may do with the cluster's API in its namespace; short: `get,list deployments.apps`",
    ),
]);
