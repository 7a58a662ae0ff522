//! Fields that cannot change in place, and changes that restart pods.

use serde_json::Value;

use super::diff::FieldChange;
use super::object::pod_template_path;

/// The first changed field that forces the object to be deleted and made again.
pub fn forces_replacement(kind: &str, live: &Value, changes: &[FieldChange]) -> Option<String> {
    let fixed: &[&str] = match kind {
        "Job" => &["spec.template", "spec.selector", "spec.completionMode", "spec.podFailurePolicy"],
        "Deployment" | "DaemonSet" | "ReplicaSet" => &["spec.selector"],
        "StatefulSet" => {
            &["spec.serviceName", "spec.volumeClaimTemplates", "spec.selector", "spec.podManagementPolicy"]
        }
        "PersistentVolumeClaim" => &["spec.accessModes", "spec.storageClassName", "spec.volumeMode", "spec.selector"],
        "Service" => &["spec.clusterIP", "spec.clusterIPs"],
        "RoleBinding" | "ClusterRoleBinding" => &["roleRef"],
        "StorageClass" => &["provisioner", "parameters", "reclaimPolicy", "volumeBindingMode"],
        "IngressClass" => &["spec.controller"],
        "ConfigMap" if live["immutable"] == Value::Bool(true) => &["data", "binaryData", "immutable"],
        "Secret" if live["immutable"] == Value::Bool(true) => &["data", "stringData", "immutable", "type"],
        "Secret" => &["type"],
        _ => &[],
    };
    // a pod template of a Job keeps its metadata fixed too
    changes.iter().find_map(|c| fixed.iter().find(|f| is_below(&c.path, f)).map(|f| (*f).to_owned()))
}

/// Whether the changes give the workload a new revision: its pods are replaced one by one.
pub fn restarts(kind: &str, changes: &[FieldChange]) -> bool {
    matches!(kind, "Deployment" | "StatefulSet" | "DaemonSet")
        && pod_template_path(kind).is_some_and(|template| changes.iter().any(|c| is_below(&c.path, template)))
}

fn is_below(path: &str, prefix: &str) -> bool {
    path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}
