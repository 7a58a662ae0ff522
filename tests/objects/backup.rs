//! The backup of a database: what is made of it, and that its scripts do what they say.

use std::path::Path;
use std::process::Command;

use serde_json::{Value as Json, json};

use crate::laws::{at, held};
use crate::wrong::said;

pub(crate) fn block(backup: &str) -> String {
    format!(
        "app: {{ name: shop }}\nservices:\n  api: {{ build: app/backend, ports: [8000], dependsOn: [database] }}\nresources:\n  \
         database: {{ type: postgres, class: in-cluster, storage: 5Gi, backup: {backup} }}   # FR-004\nenvironments:\n  local: \
         {{ resources: {{ database: {{ backup: {{ suspend: true, storage: 1Gi }} }} }} }}\n  production: {{}}\n"
    )
}

#[test]
fn a_schedule_is_enough() {
    let made = held(&block("\"15 4 * * *\""), "objects-backup");
    let backup = &made["database-backup/CronJob"];
    assert_eq!(at(backup, "/spec/schedule"), "15 4 * * *");
    assert_eq!(at(backup, "/spec/suspend"), true, "the environment says so");
    let pod = at(backup, "/spec/jobTemplate/spec/template/spec");
    assert_eq!(pod["securityContext"]["runAsUser"], 10001);
    let container = &pod["containers"][0];
    assert_eq!(container["securityContext"]["readOnlyRootFilesystem"], true);
    assert_eq!(container["image"], "postgres:16.4-alpine3.20");
    assert_eq!(container["command"], json!(["sh", "/scripts/backup.sh"]));
    let env = container["env"].as_array().unwrap();
    let value = |name: &str| env.iter().find(|e| e["name"] == name).unwrap_or_else(|| panic!("{name}"));
    let settings = &made["database-backup/ConfigMap"]["data"];
    assert_eq!((&settings["BACKUP_KEEP"], &settings["PGHOST"]), (&json!("7"), &json!("database")));
    assert_eq!(value("PGPASSWORD")["valueFrom"]["secretKeyRef"]["name"], "database-credentials");
    // the way back waits for a person, and blocks neither readiness nor a wait of Helm
    let restore = &made["database-backup/CronJob/restore"];
    assert_eq!(at(restore, "/metadata/name"), "database-restore");
    assert_eq!(at(restore, "/spec/suspend"), true);
    assert_eq!(at(&made["database-backup/PersistentVolumeClaim"], "/spec/resources/requests/storage"), "1Gi");
    assert_eq!(made["database-backup/ServiceAccount"]["automountServiceAccountToken"], false);
    let name = "app.kubernetes.io~1name";
    let to = at(&made["database-backup/NetworkPolicy"], &format!("/spec/egress/0/to/0/podSelector/matchLabels/{name}"))
        .clone();
    assert_eq!(to, "database");
    assert!(made["database-backup/NetworkPolicy"]["spec"].get("ingress").is_none());
    let from = made["database/NetworkPolicy"]["spec"]["ingress"].to_string();
    assert!(from.contains("database-backup"), "{from}");
}

#[test]
fn the_long_form_holds_too() {
    let made = held(
        &block("{ schedule: \"@daily\", retention: 14d, storage: 9Gi, timeZone: Etc/UTC }"),
        "objects-backup-days",
    );
    assert_eq!(made["database-backup/ConfigMap"]["data"]["BACKUP_KEEP_DAYS"], "14");
    assert_eq!(at(&made["database-backup/CronJob"], "/spec/timeZone"), "Etc/UTC");
    let own = held(&block("{ command: \"pg_dumpall --file=/backup/all.sql\" }"), "objects-backup-command");
    assert!(!own.contains_key("database-backup/CronJob/restore"));
    assert!(!own.contains_key("database-backup/ConfigMap/scripts"));
    let command = at(&own["database-backup/CronJob"], "/spec/jobTemplate/spec/template/spec/containers/0/command");
    assert_eq!(command, &json!(["pg_dumpall", "--file=/backup/all.sql"]));
}

#[test]
fn a_wrong_backup_is_told() {
    for (backup, expected) in [
        ("nightly", "schedule-invalid 5"),
        ("{ retention: 0 }", "backup-retention 5"),
        ("{ retention: 2w }", "backup-retention 5"),
        ("{ retention: 3, command: \"x y\" }", "backup-command 5"),
        ("{ storage: much }", "field-shape 5"),
        ("{ timeZone: Local }", "time-zone 5"),
        ("{ keep: 3 }", "field-unknown 5"),
    ] {
        assert_eq!(said(&block(backup)), [expected], "{backup}");
    }
    let structure = block("\"@daily\"").replace("suspend: true", "retention: 3");
    assert_eq!(said(&structure), ["environment-structure 7"]);
}

/// A stand-in for a program: a script of that name.
fn program(folder: &Path, name: &str, text: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    let path = folder.join(name);
    std::fs::write(&path, format!("#!/bin/sh\n{text}")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

fn script(made: &std::collections::BTreeMap<String, Json>, name: &str) -> String {
    made["database-backup/ConfigMap/scripts"]["data"][name].as_str().unwrap().to_owned()
}

#[test]
fn old_dumps_go_only_when_there_is_a_new_one() {
    let made = held(&block("{ retention: 3 }"), "objects-backup-script");
    let folder = tempfile::tempdir().unwrap();
    let (bin, dumps) = (folder.path().join("bin"), folder.path().join("dumps"));
    std::fs::create_dir_all(&bin).unwrap();
    std::fs::create_dir_all(&dumps).unwrap();
    for day in 1..=5 {
        std::fs::write(dumps.join(format!("shop-2020010{day}T030000Z.dump")), "old").unwrap();
    }
    std::fs::write(dumps.join("other.txt"), "somebody else's").unwrap();
    program(
        &bin,
        "pg_dump",
        "for a; do case $a in --file=*) echo new >\"${a#--file=}\" ;; esac; done\nexit ${FAIL:-0}\n",
    );
    program(&bin, "pg_restore", "echo \"$@\" >>\"$BACKUP_FOLDER/../restored\"\n");
    let run = |name: &str, more: &[(&str, &str)]| {
        let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
        let mut command = Command::new("sh");
        command
            .arg("-c")
            .arg(script(&made, name))
            .env("PATH", path)
            .env("BACKUP_FOLDER", &dumps)
            .env("PGDATABASE", "shop");
        command.env("BACKUP_KEEP", "3").env("RESTORE_FROM", "latest").envs(more.iter().copied());
        command.output().unwrap()
    };
    let there = || {
        let mut all: Vec<String> =
            std::fs::read_dir(&dumps).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        all.sort();
        all
    };
    let before = there();
    assert!(!run("backup.sh", &[("FAIL", "1")]).status.success());
    assert_eq!(there(), before, "a dump that failed leaves nothing and takes nothing");
    let ran = run("backup.sh", &[]);
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let after = there();
    assert_eq!(after.len(), 4, "{after:?}");
    assert_eq!(after[0], "other.txt");
    assert_eq!(after[1..3], ["shop-20200104T030000Z.dump", "shop-20200105T030000Z.dump"]);
    let newest = &after[3];

    let restored = || std::fs::read_to_string(folder.path().join("restored")).unwrap();
    assert!(run("restore.sh", &[]).status.success());
    assert!(restored().trim_end().ends_with(newest.as_str()), "{}", restored());
    assert!(restored().contains("--single-transaction"));
    assert!(run("restore.sh", &[("RESTORE_FROM", "shop-20200104T030000Z.dump")]).status.success());
    assert!(restored().trim_end().ends_with("shop-20200104T030000Z.dump"));
    let ran = run("restore.sh", &[("RESTORE_FROM", "nothing.dump")]);
    assert!(!ran.status.success());
    let said = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert!(said.contains("there is no dump") && said.contains(newest.as_str()), "{said}");
}
