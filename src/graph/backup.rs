//! The backup of a resource: a unit of its own, beside the database that it reads.

use serde_json::json;

use crate::base::diag::Diagnostic;
use crate::base::tree::{Node, Tree};
use crate::model::quantity::is_amount;

use super::defaults::{hardening, scratch, tree};
use super::jobs;

/// Name and model of a resource's backup unit; nothing when the spec asks for none. `resource` is complete.
pub(super) fn of(name: &str, resource: &Node) -> Option<(String, Node)> {
    let asked = resource.get("backup").filter(|n| n.as_map().is_some())?;
    let unit = format!("{name}-backup");
    let mut node = Node::empty_map("the backup of a resource");
    node.origin = asked.origin.clone();
    node.requirements.clone_from(if asked.requirements.is_empty() {
        &resource.requirements
    } else {
        &asked.requirements
    });
    for field in ["schedule", "timeZone", "suspend", "retention", "storage", "command", "resources"] {
        if let Some(given) = asked.get(field) {
            node.put(field, given.clone());
        }
    }
    for field in ["image", "postgres", "nodeSelector"] {
        if let Some(given) = resource.get(field) {
            node.put(field, given.clone());
        }
    }
    let mut put = |path: &str, value: serde_json::Value, why: &str| node.put_default(path, tree(&value, why));
    put("enabled", json!(true), "every unit is on");
    put("kind", json!("CronJob"), "a backup is made by the clock");
    put("schedule", json!("0 3 * * *"), "every night at three");
    put("suspend", json!(false), "it runs by its schedule");
    put("backoffLimit", json!(2), "a database that does not answer now may answer the third time");
    put("activeDeadlineSeconds", json!(3600), "a dump that hangs is ended after an hour");
    put("restoreFrom", json!("latest"), "the newest dump");
    let secret =
        |part: &str, otherwise: &str| resource.get_str(&format!("credentials.{part}")).unwrap_or(otherwise).to_owned();
    let made = format!("{name}-credentials");
    let of = json!({ "name": name, "port": 5432, "secret": secret("secret", &made), "key": secret("key", "password") });
    put("resource", of, "what it backs up");
    let size =
        json!({ "requests": { "cpu": "50m", "memory": "64Mi" }, "limits": { "cpu": "500m", "memory": "256Mi" } });
    for (part, leaf) in [("requests", "cpu"), ("requests", "memory"), ("limits", "cpu"), ("limits", "memory")] {
        put(&format!("resources.{part}.{leaf}"), size[part][leaf].clone(), "requests and limits that fit a dump");
    }
    let text = |path: &str| resource.get_str(path).unwrap_or_default().to_owned();
    let settings = json!({
        "PGHOST": name, "PGPORT": "5432", "PGDATABASE": text("postgres.database"), "PGUSER": text("postgres.username"),
        "BACKUP_FOLDER": "/backup",
    });
    put("environment", settings, "where the database is, as its own programs ask");
    put("secrets", json!({}), "no secrets but the database's password");
    put("ports", json!([]), "a backup listens on nothing");
    put("egress", json!([]), "a backup calls its database only");
    put("spread", json!("none"), "one pod");
    put("terminationGracePeriodSeconds", json!(30), "Kubernetes' own default");
    if node.get("command").is_none() && node.get("retention").is_none() {
        node.put("retention", tree(&json!({ "count": 7 }), "a week of nights"));
    }
    for (kept, variable) in [("count", "BACKUP_KEEP"), ("days", "BACKUP_KEEP_DAYS")] {
        if let Some(number) = node.get_int(&format!("retention.{kept}"))
            && let Some(written) = node.get(&format!("retention.{kept}")).cloned()
        {
            node.put_default(&format!("environment.{variable}"), written.with(Tree::Text(number.to_string())));
        }
    }
    if node.get("storage.size").is_none()
        && let Some(size) = resource.get("storage.size")
    {
        node.put("storage.size", Node::default(size.tree.clone(), "dumps are smaller than what they hold"));
    }
    node.put("dependsOn", Node::empty_map("a backup needs its database"));
    node.put(&format!("dependsOn.{name}"), asked.with(Tree::Text("healthy".to_owned())));
    scratch(&mut node);
    hardening(&mut node, &unit, 10001);
    Some((unit, node))
}

/// What is wrong with `backup` of a resource as it is written, here or in an environment.
pub(super) fn check(resource: &Node, out: &mut Vec<Diagnostic>) {
    let Some(backup) = resource.get("backup") else { return };
    jobs::schedule(backup, out);
    jobs::time_zone(backup, out);
    if resource.get_str("class").is_some_and(|c| c != "in-cluster") {
        out.push(
            Diagnostic::error("backup-external", "a database outside the cluster is backed up where it runs")
                .at(backup.key_span(), "for class in-cluster only")
                .fix("remove `backup`, and use what its provider offers"),
        );
    }
    let kept = ["count", "days"].into_iter().find_map(|k| backup.get(&format!("retention.{k}")));
    if let Some(kept) = kept.filter(|k| !matches!(k.tree, Tree::Int(n) if (1..=3650).contains(&n))) {
        out.push(
            Diagnostic::error("backup-retention", "`retention` is a number of dumps, or a time in days")
                .at(kept.span(), "neither")
                .fix("write `7` for seven dumps, or `14d` for those of two weeks"),
        );
    }
    if let (Some(kept), Some(command)) = (kept, backup.get("command")) {
        out.push(
            Diagnostic::error("backup-command", "a command of its own decides what is kept")
                .at(kept.span(), "means nothing here")
                .and(command.key_span(), "because of this")
                .fix("remove `retention` and let the command take old dumps away, or remove `command`"),
        );
    }
    if let Some(size) = backup.get("storage.size").filter(|s| !s.as_str().is_some_and(is_amount)) {
        out.push(
            Diagnostic::error("volume-size", "the size of the volume for backups is no quantity")
                .at(size.span(), "such as 2Gi")
                .fix("write `2Gi`"),
        );
    }
}
