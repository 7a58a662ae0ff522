//! `api-enum`: fields that take one of a few words. The published schemas do not list them.

use crate::base::suggest::did_you_mean;
use crate::check::schema::Visit;

use super::Typed;

const UPDATES: &[&str] = &["RollingUpdate", "OnDelete"];
const PROTOCOLS: &[&str] = &["TCP", "UDP", "SCTP"];
const SCOPES: &[&str] = &["Cluster", "Local"];

const OPERATORS: &[&str] = &["In", "NotIn", "Exists", "DoesNotExist"];
const NODE_OPERATORS: &[&str] = &["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"];
const ACCESS: &[&str] = &["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"];
const RECLAIM: &[&str] = &["Retain", "Delete", "Recycle"];
const FORGET: &[&str] = &["Retain", "Delete"];

/// Type, field, and the words it takes.
pub(super) const TABLE: &[(&str, &str, &[&str])] = &[
    ("apps.v1.DaemonSetUpdateStrategy", "type", UPDATES),
    ("apps.v1.DeploymentStrategy", "type", &["RollingUpdate", "Recreate"]),
    ("apps.v1.StatefulSetPersistentVolumeClaimRetentionPolicy", "whenDeleted", FORGET),
    ("apps.v1.StatefulSetPersistentVolumeClaimRetentionPolicy", "whenScaled", FORGET),
    ("apps.v1.StatefulSetSpec", "podManagementPolicy", &["OrderedReady", "Parallel"]),
    ("apps.v1.StatefulSetUpdateStrategy", "type", UPDATES),
    ("autoscaling.v2.HPAScalingRules", "selectPolicy", &["Max", "Min", "Disabled"]),
    ("autoscaling.v2.HPAScalingPolicy", "type", &["Pods", "Percent"]),
    ("autoscaling.v2.MetricSpec", "type", &["Resource", "ContainerResource", "Pods", "Object", "External"]),
    ("autoscaling.v2.MetricTarget", "type", &["Utilization", "Value", "AverageValue"]),
    ("batch.v1.CronJobSpec", "concurrencyPolicy", &["Allow", "Forbid", "Replace"]),
    ("batch.v1.JobSpec", "completionMode", &["NonIndexed", "Indexed"]),
    ("batch.v1.JobSpec", "podReplacementPolicy", &["TerminatingOrFailed", "Failed"]),
    ("core.v1.Container", "imagePullPolicy", &["Always", "IfNotPresent", "Never"]),
    ("core.v1.Container", "terminationMessagePolicy", &["File", "FallbackToLogsOnError"]),
    ("core.v1.ContainerPort", "protocol", PROTOCOLS),
    ("core.v1.EmptyDirVolumeSource", "medium", &["", "Memory", "HugePages", "HugePages-2Mi", "HugePages-1Gi"]),
    ("core.v1.HTTPGetAction", "scheme", &["HTTP", "HTTPS"]),
    ("core.v1.LimitRangeItem", "type", &["Pod", "Container", "PersistentVolumeClaim"]),
    ("core.v1.NodeSelectorRequirement", "operator", NODE_OPERATORS),
    ("core.v1.PersistentVolumeClaimSpec", "accessModes", ACCESS),
    ("core.v1.PersistentVolumeClaimSpec", "volumeMode", &["Filesystem", "Block"]),
    ("core.v1.PersistentVolumeSpec", "accessModes", ACCESS),
    ("core.v1.PersistentVolumeSpec", "persistentVolumeReclaimPolicy", RECLAIM),
    ("core.v1.PodSecurityContext", "fsGroupChangePolicy", &["OnRootMismatch", "Always"]),
    ("core.v1.PodSecurityContext", "supplementalGroupsPolicy", &["Merge", "Strict"]),
    ("core.v1.PodSpec", "dnsPolicy", &["ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"]),
    ("core.v1.PodSpec", "preemptionPolicy", &["PreemptLowerPriority", "Never"]),
    ("core.v1.PodSpec", "restartPolicy", &["Always", "OnFailure", "Never"]),
    ("core.v1.SeccompProfile", "type", &["RuntimeDefault", "Localhost", "Unconfined"]),
    ("core.v1.SecurityContext", "procMount", &["Default", "Unmasked"]),
    ("core.v1.ServicePort", "protocol", PROTOCOLS),
    ("core.v1.ServiceSpec", "externalTrafficPolicy", SCOPES),
    ("core.v1.ServiceSpec", "internalTrafficPolicy", SCOPES),
    ("core.v1.ServiceSpec", "ipFamilies", &["IPv4", "IPv6"]),
    ("core.v1.ServiceSpec", "ipFamilyPolicy", &["SingleStack", "PreferDualStack", "RequireDualStack"]),
    ("core.v1.ServiceSpec", "sessionAffinity", &["ClientIP", "None"]),
    ("core.v1.ServiceSpec", "type", &["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"]),
    ("core.v1.Toleration", "effect", &["", "NoSchedule", "PreferNoSchedule", "NoExecute"]),
    ("core.v1.Toleration", "operator", &["Exists", "Equal"]),
    ("core.v1.TopologySpreadConstraint", "nodeAffinityPolicy", &["Honor", "Ignore"]),
    ("core.v1.TopologySpreadConstraint", "nodeTaintsPolicy", &["Honor", "Ignore"]),
    ("core.v1.TopologySpreadConstraint", "whenUnsatisfiable", &["DoNotSchedule", "ScheduleAnyway"]),
    ("meta.v1.LabelSelectorRequirement", "operator", OPERATORS),
    ("networking.v1.HTTPIngressPath", "pathType", &["Exact", "Prefix", "ImplementationSpecific"]),
    ("networking.v1.NetworkPolicyPort", "protocol", PROTOCOLS),
    ("networking.v1.NetworkPolicySpec", "policyTypes", &["Ingress", "Egress"]),
    ("policy.v1.PodDisruptionBudgetSpec", "unhealthyPodEvictionPolicy", &["IfHealthyBudget", "AlwaysAllow"]),
    ("rbac.v1.RoleRef", "kind", &["Role", "ClusterRole"]),
    ("rbac.v1.Subject", "kind", &["ServiceAccount", "User", "Group"]),
    ("storage.v1.StorageClass", "reclaimPolicy", FORGET),
    ("storage.v1.StorageClass", "volumeBindingMode", &["Immediate", "WaitForFirstConsumer"]),
];

pub(super) fn visit(v: &Visit<'_>, to: &mut Typed<'_, '_>) {
    let Some(text) = v.node.as_str() else { return };
    let Some((_, _, words)) = TABLE.iter().find(|(ty, field, _)| *ty == v.ty && *field == v.field) else { return };
    if !words.contains(&text) {
        let one_of = || {
            let listed: Vec<String> = words.iter().filter(|w| !w.is_empty()).map(|w| format!("`{w}`")).collect();
            format!("use {}", listed.join(", "))
        };
        let fix = did_you_mean(text, words.iter().copied()).unwrap_or_else(one_of);
        let message = format!("`{text}` is not a `{}` of {}", v.field, to.object.label());
        to.error("api-enum", message, v.node.span(), "refused by the API server", &fix);
    }
}
