//! Every rule with the phrases that switch it on. The ids are the product's: they stay.

use super::Check::{Scope, View};
use super::Number::{Above, AtLeast, None as NoNumber};
use super::{
    Check, Number, Rule, config, delivery, images, network, platform, pods, probes, scaling, secrets, stamps, state,
};

const fn prohibits(id: &'static str, asks: &'static [&'static str], check: Check) -> Rule {
    Rule { id, asks, demands: false, fact: false, number: NoNumber, check }
}

const fn demands(id: &'static str, asks: &'static [&'static str], check: Check) -> Rule {
    Rule { demands: true, ..prohibits(id, asks, check) }
}

const fn fact(id: &'static str, asks: &'static [&'static str], check: Check) -> Rule {
    Rule { fact: true, ..prohibits(id, asks, check) }
}

#[allow(clippy::needless_pass_by_value, reason = "a table is built of values")]
const fn with(number: Number, rule: Rule) -> Rule {
    Rule { number, ..rule }
}

/// The profile of the Pod Security Standards, and what sums it up in one sentence.
const HARDENED: &str = "pod_security|restricted_profile|restricted_standard|security_best_practices";
const NON_ROOT: &str = "non_root|nonroot|no_root_user*|not_root|rootless|as_root";
const NON_ROOT_WORDS: &str = "never|not|no|without run*|user* root !filesystem* !file";
const HPA: &str = "hpa|horizontalpodautoscaler|horizontal_pod_autoscal*|horizontal_autoscal*|autoscaler*|autoscaling !cluster_autoscal*";
const HEALTH: &str = "health_check*|health_probe*|probes !dockerfile* !image*";
const POLICIES: &str = "network_polic*|networkpolic*|default_deny|pod_to_pod";
const TASK_ID: &str = "task_id*|stamp*|carries|carry|reference* task*";
const ANY_STAMP: &str = "stamp*|stamped";
const NO_SECRET: &str = "no|never|not|without|outside secret*|credential*|password*|api_key* !configmap*";
const SECRETS_KEPT: &str = "kubernetes_secret*|hardcoded|hard_coded|plaintext|plain_text|managed secret*|credential*|password*|api_key*|sensitive|configuration";

pub(super) const RULES: &[Rule] = &[
    // images
    prohibits(
        "image-tag-pinned",
        &["latest", "pin* image*|version*", "explicit_version*", "immutable tag*|image*"],
        Scope(images::tag_pinned),
    ),
    prohibits(
        "base-image-pinned",
        &["latest", "pin* base|image*|version*", "explicit_version*"],
        View(images::base_pinned),
    ),
    demands(
        "dockerfile-per-service",
        &["own dockerfile*", "every|each|all service*|component* containeriz*|containeris*|dockerfile* !environment*"],
        View(images::per_service),
    ),
    demands("dockerfile-multi-stage", &["multi_stage|multistage"], View(images::multi_stage)),
    prohibits("dockerfile-user-nonroot", &[NON_ROOT, NON_ROOT_WORDS], View(images::user)),
    demands(
        "dockerfile-healthcheck",
        &["healthcheck*", "health_check*|health_checked dockerfile*|image*"],
        View(images::healthcheck),
    ),
    prohibits(
        "dockerfile-no-secrets",
        &[
            "no|never|not|without|free secret*|credential*|password* image*|container*|dockerfile*|layer*",
            "baked|hardcoded|hard_coded secret*|credential*",
        ],
        View(secrets::dockerfiles),
    ),
    prohibits(
        "dockerfile-cache-order",
        &[
            "layer_cach*|build_cache|cache_hits|layer_order*|layer_optimi*",
            "cache* layer*",
            "dependenc* before source*|code",
        ],
        View(images::cache_order),
    ),
    demands("graceful-shutdown", &["graceful* shut*|terminat*|stop*|drain*", "sigterm"], View(images::exec_form)),
    demands("graceful-shutdown", &["graceful* shut*|terminat*|stop*|drain*", "sigterm"], Scope(pods::grace)),
    // pods
    prohibits("run-as-non-root", &[NON_ROOT, NON_ROOT_WORDS, HARDENED], Scope(pods::non_root)),
    with(Above(1, 1001), prohibits("run-as-uid-min", &["uid|uids|user_id*"], Scope(pods::uid))),
    prohibits(
        "read-only-root-fs",
        &["read_only root|filesystem*|file_system*", "readonlyrootfilesystem"],
        Scope(pods::read_only),
    ),
    prohibits("no-privileged", &["privileged", HARDENED], Scope(pods::privileged)),
    prohibits("drop-all-capabilities", &["capabilities drop*|all|linux|minim*", HARDENED], Scope(pods::capabilities)),
    demands("security-context-required", &["security_context*|securitycontext"], Scope(pods::context)),
    prohibits(
        "no-privilege-escalation",
        &["privilege_escalat*|allowprivilegeescalation", "escalat* privilege*", HARDENED],
        Scope(pods::escalation),
    ),
    demands("seccomp-runtime-default", &["seccomp*", HARDENED], Scope(pods::seccomp)),
    prohibits(
        "no-host-namespaces",
        &[
            "host_network*|host_namespace*|host_pid|host_ipc|hostnetwork|hostpid|hostipc",
            "host* namespace*|network",
            "service_isolation",
            HARDENED,
        ],
        Scope(pods::host_namespaces),
    ),
    prohibits(
        "no-host-path",
        &["hostpath|host_path*", "no|never|not local file_storage|files|disk", HARDENED],
        Scope(pods::host_path),
    ),
    demands(
        "pod-security-labels",
        &["pod_security|restricted_profile|restricted_standard"],
        Scope(pods::security_labels),
    ),
    // resources, scaling, availability
    demands(
        "resources-required",
        &["resource* limit*|request*", "cpu memory limit*|request*|bound*", "limits requests"],
        Scope(scaling::resources),
    ),
    demands("namespace-resource-quota", &["quota*|resourcequota*"], Scope(scaling::quota)),
    demands("hpa-required", &[HPA], Scope(scaling::hpa)),
    demands("hpa-bounds", &[HPA, "min* max* replica*"], Scope(scaling::hpa_bounds)),
    demands("hpa-owns-replicas", &[HPA], Scope(scaling::hpa_owns)),
    with(AtLeast(2), demands("min-replicas", &["replica* !max*"], Scope(scaling::replicas))),
    demands("pdb-required", &["disruption_budget*|pdb|pdbs|poddisruptionbudget*"], Scope(scaling::pdb)),
    demands(
        "spread-replicas",
        &["anti_affinity|antiaffinity|topology_spread*", "spread replica*|pod*|node*"],
        Scope(scaling::spread),
    ),
    demands(
        "rolling-update",
        &["rolling_update*|rolling_upgrade*", "zero_downtime", "without|no downtime|interruption"],
        Scope(scaling::rolling),
    ),
    // probes
    demands("liveness-probe", &["liveness", HEALTH], Scope(probes::liveness)),
    demands("readiness-probe", &["readiness", HEALTH], Scope(probes::readiness)),
    demands(
        "startup-probe",
        &["startup_probe*", "startup probe*|slow*|time", "health startup"],
        Scope(probes::startup),
    ),
    prohibits("probe-port-exists", &["liveness", "readiness", HEALTH], Scope(probes::port)),
    // configuration and secrets
    prohibits(
        "no-plaintext-secret",
        &[
            NO_SECRET,
            SECRETS_KEPT,
            "secrets sensitive",
            "commit* secret*",
            "secret* come*|live*|stay*|kept only|secret*|environment",
        ],
        View(secrets::plaintext),
    ),
    demands(
        "configmap-for-config",
        &["configmap*|config_map*", "configuration environment_variable*|externaliz*|externalis*"],
        Scope(config::configmap),
    ),
    // network
    demands("networkpolicy-required", &[POLICIES], Scope(network::required)),
    prohibits("networkpolicy-targets-pod", &[POLICIES], Scope(network::targets)),
    prohibits("egress-allowlist", &["egress", "outbound|outgoing traffic|connection*|network"], Scope(network::egress)),
    fact(
        "service-selects-pods",
        &["service_discovery|clusterip|cluster_ip", "services dns"],
        Scope(network::selects_pods),
    ),
    fact(
        "service-target-port-exists",
        &["service_discovery|clusterip|cluster_ip", "services dns"],
        Scope(network::target_port),
    ),
    prohibits(
        "internal-clusterip",
        &[
            "clusterip|cluster_ip",
            "internal service* !dns !discovery",
            "not|never|only expos* outside|externally|ingress",
        ],
        Scope(network::internal),
    ),
    demands("statefulset-headless-service", &["headless"], Scope(network::headless)),
    // state
    demands(
        "database-statefulset",
        &["statefulset* !only", "database* one|single|1 replica*"],
        Scope(state::statefulset),
    ),
    demands(
        "database-in-cluster",
        &[
            "database*|postgres* in_the_cluster|inside_the_cluster|within_the_cluster|in_cluster|in_kubernetes !neon !external !or",
            "database*|postgres* statefulset* !only !neon !external",
            "database*|postgres* persistent_volume* !neon !external",
            "database*|postgres* containeriz*|containeris* !neon !external",
        ],
        Scope(state::in_cluster),
    ),
    demands(
        "external-database",
        &[
            "neon !in_kubernetes !in_the_cluster !in_cluster !no_neon !not_neon !instead_of",
            "external|managed|hosted|serverless database*|postgres* !no !never !not !without !or",
            "database*|postgres* outside_the_cluster|outside_of_the_cluster !no !never !not !without",
        ],
        Scope(state::external),
    ),
    demands(
        "database-persistent",
        &[
            "persist* database*|postgres*|data|volume*|storage|claim* !neon !only !backup*",
            "surviv* restart*|delet*|data !neon",
            "volume_claim*|pvc",
        ],
        Scope(state::persistent),
    ),
    demands(
        "db-migration-defined",
        &["migration*|migrate* database*|schema|job|strateg*|before|ordered", "database_initiali*"],
        Scope(state::migration),
    ),
    demands(
        "backup-defined",
        &["backup*|back_up database*|data|recover*|restor*|postgres*", "database_backup*"],
        Scope(platform::backup),
    ),
    demands(
        "dedicated-namespace",
        &["namespace own|dedicated|separate|isolat*|its|one", "default_namespace"],
        Scope(state::namespace),
    ),
    demands("dedicated-service-account", &["service_account*|serviceaccount*"], Scope(state::account)),
    prohibits(
        "no-token-automount",
        &[
            "least_privilege|minimum_required_permissions",
            "token* mount*|automount*|service_account*|api",
            "automount*",
        ],
        Scope(state::token),
    ),
    // charts and files
    demands(
        "recommended-labels",
        &["label* convention*|recommended|standard|common|kubernetes|consistent", "app_kubernetes_io"],
        Scope(delivery::labels),
    ),
    demands(
        "chart-values-per-env",
        &[
            "values file*|files environment*|dev|production|prod|staging|local",
            "environment_specific value*|config*|setting*",
            "values environment",
            "separate_values",
        ],
        View(delivery::values),
    ),
    demands("chart-semver", &["semantic_version*|semver chart*|release*|version*", "semver"], View(delivery::semver)),
    demands(
        "helm-only",
        &[
            "helm all|only|every|through|via|required deploy*|resource*|install*|manifest* !layer*",
            "helm_chart* all|every !layer* !dependenc*",
        ],
        View(delivery::helm_only),
    ),
    prohibits(
        "local-only",
        &["local_only|locally_only|only_local*", "no|without cloud", "local minikube|cluster must|only|run* !cloud"],
        Scope(delivery::local_only),
    ),
    demands("compose-present", &["compose !only_kubernetes"], View(delivery::compose)),
    demands(
        "four-layer-coverage",
        &["four_layer*|4_layer*", "layer* code docker|image* helm|chart*"],
        View(delivery::layers),
    ),
    // traceability
    demands("task-stamp-required", &[TASK_ID, ANY_STAMP], View(stamps::required)),
    demands("task-id-valid", &[TASK_ID, ANY_STAMP, "valid task*"], View(stamps::valid)),
    prohibits(
        "no-manual-edit",
        &["manual* edit*|configuration|chang*|code|modif*", "hand edit*|chang*|written|made", "hand_edited"],
        View(stamps::unedited),
    ),
    // the platform around it
    demands(
        "ingress-tls",
        &["tls|https|ssl ingress|external_traffic|external_connection*|public_traffic"],
        Scope(platform::ingress_tls),
    ),
    demands("grafana-dashboard", &["grafana dashboard*", "grafana_dashboard*"], Scope(platform::dashboard)),
    demands("kagent-configured", &["kagent agent*|configur*|deploy*|monitor*|set_up"], Scope(platform::kagent)),
];
