//! What a service has beside its container.

use serde_json::json;

use crate::laws::{at, held};

pub(crate) const BLOCK: &str = r#"
app: { name: shop, host: shop.local }
services:
  api:
    build: app/backend
    ports:
      web: { port: 80, targetPort: 8000 }
      stats: { port: 9125, protocol: UDP }
    service: { type: NodePort, nodePort: 30080 }
    ingress: { path: /api, pathType: Exact, annotations: { nginx.ingress.kubernetes.io/proxy-body-size: 8m } }
    files:
      /etc/shop/settings.toml: app/backend/settings.toml
      /etc/shop/motd: { content: "hello\n  {{ there }}\n\nbye\n", mode: 0440 }
    volumes:
      /var/lib/shop: { size: 2Gi, storageClassName: fast, accessModes: [ReadWriteMany] }
      /cache: emptyDir
      /scratch: { emptyDir: { sizeLimit: 1Gi, medium: Memory } }
      /shared: { source: shared-files, readOnly: true }
    replicas: 3
    podDisruptionBudget: { minAvailable: 50% }
    strategy: { maxSurge: 25%, maxUnavailable: 1 }
    securityContext: { runAsUser: 1234, readOnlyRootFilesystem: false }
    serviceAccount: { rules: ["get,list,watch configmaps,deployments.apps", { resources: [leases], apiGroups: [coordination.k8s.io], verbs: [update], resourceNames: [shop] }] }
    labels: { example.org/team: "on" }
    annotations: { example.org/page: "https://example.org/{{ x }}" }
  page: { build: app/frontend, ports: [3000], ingress: { host: www.example.org }, strategy: Recreate, dependsOn: [api] }
  keeper: { image: "registry.local:5000/shop/keeper:1.0.0", ports: [{ name: rpc, port: 7000 }], volumes: { /data: 1Gi }, service: Headless }
environments: { local: {}, production: { app: { host: shop.example.org } } }
"#;

#[test]
fn long_and_short_forms_are_made_and_helm_agrees() {
    let made = held(BLOCK, "objects-services");
    let service = at(&made["api/Service"], "/spec");
    assert_eq!(service["type"], "NodePort");
    assert_eq!(
        service["ports"],
        json!([
            { "name": "web", "port": 80, "targetPort": "web", "protocol": "TCP", "nodePort": 30080 },
            { "name": "stats", "port": 9125, "targetPort": "stats", "protocol": "UDP" },
        ])
    );
    let deployment = &made["api/Deployment"];
    let pod = at(deployment, "/spec/template/spec");
    let container = &pod["containers"][0];
    assert_eq!(container["ports"][0]["containerPort"], 8000);
    assert_eq!(container["readinessProbe"]["tcpSocket"]["port"], 8000);
    assert_eq!(at(deployment, "/spec/strategy/rollingUpdate"), &json!({ "maxSurge": "25%", "maxUnavailable": 1 }));
    assert_eq!(pod["securityContext"]["runAsUser"], 1234);
    assert_eq!(pod["securityContext"]["fsGroup"], 1234);
    assert_eq!(container["securityContext"]["readOnlyRootFilesystem"], false);
    assert_eq!(pod["automountServiceAccountToken"], true);
    assert_eq!(at(deployment, "/metadata/labels/example.org~1team"), "on");
    assert_eq!(at(deployment, "/spec/template/metadata/labels/example.org~1team"), "on");
    assert_eq!(at(deployment, "/spec/template/metadata/annotations/example.org~1page"), "https://example.org/{{ x }}");

    let files = &made["api/ConfigMap/files"]["data"];
    assert_eq!(files["settings.toml"], "level = \"info\"\nsay = '{{ x }}'\n");
    assert_eq!(files["motd"], "hello\n  {{ there }}\n\nbye\n");
    let mounts = container["volumeMounts"].as_array().unwrap();
    let mount = |path: &str| mounts.iter().find(|m| m["mountPath"] == path).unwrap_or_else(|| panic!("{path}"));
    assert_eq!(mount("/etc/shop/motd")["subPath"], "motd");
    assert_eq!(mount("/shared")["readOnly"], true);
    let volumes = pod["volumes"].as_array().unwrap();
    let volume = |mount: &serde_json::Value| volumes.iter().find(|v| v["name"] == mount["name"]).unwrap();
    assert_eq!(
        volume(mount("/etc/shop/motd"))["configMap"]["items"][1],
        json!({ "key": "motd", "path": "motd", "mode": 288 })
    );
    assert_eq!(volume(mount("/scratch"))["emptyDir"], json!({ "medium": "Memory", "sizeLimit": "1Gi" }));
    assert_eq!(volume(mount("/var/lib/shop"))["persistentVolumeClaim"]["claimName"], "api-var-lib-shop");
    assert_eq!(volume(mount("/shared"))["persistentVolumeClaim"]["claimName"], "shared-files");
    let claim = at(&made["api/PersistentVolumeClaim/api-var-lib-shop"], "/spec");
    assert_eq!(claim["storageClassName"], "fast");
    assert_eq!(claim["accessModes"], json!(["ReadWriteMany"]));

    let rules = &made["api/Role"]["rules"];
    assert_eq!(
        rules[0],
        json!({ "apiGroups": ["", "apps"], "resources": ["configmaps", "deployments"], "verbs": ["get", "list", "watch"] })
    );
    assert_eq!(rules[1]["resourceNames"], json!(["shop"]));
    assert_eq!(at(&made["api/RoleBinding"], "/subjects/0/name"), "api");
    assert_eq!(at(&made["api/PodDisruptionBudget"], "/spec/minAvailable"), "50%");
    let policy = at(&made["api/NetworkPolicy"], "/spec/egress/0/ports");
    assert_eq!(policy.as_array().unwrap().len(), 3, "the API server");

    let ingress = &made["shop/Ingress"];
    assert_eq!(at(ingress, "/metadata/annotations/nginx.ingress.kubernetes.io~1proxy-body-size"), "8m");
    assert_eq!(at(ingress, "/spec/rules/0/host"), "shop.local");
    assert_eq!(at(ingress, "/spec/rules/0/http/paths/0/pathType"), "Exact");
    assert_eq!(at(ingress, "/spec/rules/0/http/paths/0/backend/service/port/number"), 80);
    assert_eq!(at(ingress, "/spec/rules/1/host"), "www.example.org");
    assert_eq!(at(&made["page/Deployment"], "/spec/strategy"), &json!({ "type": "Recreate" }));
    let calls = at(&made["page/NetworkPolicy"], "/spec/egress");
    assert_eq!(calls[0]["ports"][0]["port"], 8000, "a policy counts the container's ports");

    // a volume that one node can mount: one pod, and the old one ends first
    let keeper = at(&made["keeper/Deployment"], "/spec");
    assert_eq!((&keeper["replicas"], &keeper["strategy"]["type"]), (&json!(1), &json!("Recreate")));
    assert_eq!(at(&made["keeper/Service"], "/spec/clusterIP"), "None");
}

#[test]
fn texts_of_files_stand_as_people_write_them() {
    let example = crate::fixture::Example::new(BLOCK);
    let made = example.make();
    let text = |path: &str| {
        let artifact = made.artifacts.iter().find(|a| a.path == path).unwrap_or_else(|| panic!("{path}"));
        String::from_utf8(artifact.bytes.clone()).unwrap()
    };
    let manifest = text("out/shop/local/api-configmap-files.yaml");
    assert!(manifest.contains("  motd: |\n    hello\n      {{ there }}\n\n    bye\n"), "{manifest}");
    let chart = text("charts/shop/templates/api-configmap-files.yaml");
    assert!(chart.contains("  motd: |\n    hello\n      {{ \"{{\" }} there }}\n\n    bye\n"), "{chart}");
}
