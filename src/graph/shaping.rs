//! Which fields of a unit shape an artifact of a kind: a derived task cites the requirements of their lines.

/// The fields of a unit that shape an artifact of a kind most.
pub(super) fn fields(kind: &str) -> &'static [&'static str] {
    match kind {
        "Dockerfile" | "Dockerignore" => &["build", "runtime"],
        "ConfigMap" => &["environment"],
        "Secret" => &["secrets", "links"],
        "Service" => &["ports", "service"],
        "PersistentVolumeClaim" => &["volumes"],
        "Role" | "RoleBinding" => &["serviceAccount"],
        "Ingress" => &["ingress", "host"],
        "NetworkPolicy" => &["egress", "ingressFrom"],
        "Deployment" | "StatefulSet" | "Job" | "CronJob" => &[
            "schedule",
            "build",
            "image",
            "command",
            "replicas",
            "startupProbe",
            "livenessProbe",
            "readinessProbe",
            "metrics",
        ],
        _ => &[],
    }
}
