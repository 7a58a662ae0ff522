//! Services that run to an end: Jobs and CronJobs. What they have by default, what means nothing for them, and
//! whether a schedule is one.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};

use crate::base::diag::Diagnostic;
use crate::base::tree::{Node, Tree};

use super::defaults::tree;

/// Fields of what serves or scales: a Job has no use for them.
const SERVING: &[(&str, &str)] = &[
    ("replicas", "a Job runs once, a CronJob once each time"),
    ("ports", "nothing calls a pod that ends by itself"),
    ("service", "nothing calls a pod that ends by itself"),
    ("ingress", "nothing calls a pod that ends by itself"),
    ("autoscaling", "there is no load to follow"),
    ("metrics", "a pod that ends is gone before Prometheus reads it"),
    ("verticalAutoscaling", "a pod that ends is not resized"),
    ("podDisruptionBudget", "a drained Job is started again elsewhere"),
    ("strategy", "no old pods are replaced"),
    ("spread", "there is one pod at a time"),
    ("livenessProbe", "a Job that hangs is ended by `activeDeadlineSeconds`"),
    ("readinessProbe", "nothing calls a pod that ends by itself"),
    ("startupProbe", "nothing waits for its start"),
];

/// Fields of Jobs, and of CronJobs alone.
const OF_JOBS: &[&str] = &["backoffLimit", "activeDeadlineSeconds", "ttlSecondsAfterFinished"];
const OF_SCHEDULES: &[&str] = &["schedule", "timeZone", "concurrencyPolicy", "suspend"];

/// Completes a service of kind Job or CronJob.
pub(super) fn defaults(node: &mut Node) {
    let mut put = |path: &str, value: Json, why: &str| node.put_default(path, tree(&value, why));
    put("backoffLimit", json!(6), "Kubernetes' own default: six tries, further and further apart");
    put("activeDeadlineSeconds", json!(900), "a Job that hangs is ended after a quarter of an hour");
    if node.get_str("kind") == Some("CronJob") {
        let mut put = |path: &str, value: Json, why: &str| node.put_default(path, tree(&value, why));
        put("concurrencyPolicy", json!("Forbid"), "one run at a time");
        put("suspend", json!(false), "it runs by its schedule");
    }
}

/// Who depends on a Job waits for its end, not for its health.
pub(super) fn awaited(services: &mut BTreeMap<String, Node>) {
    let jobs: BTreeSet<String> =
        services.iter().filter(|(_, n)| n.get_str("kind") == Some("Job")).map(|(name, _)| name.clone()).collect();
    for node in services.values_mut() {
        let needs: Vec<String> =
            node.get("dependsOn").and_then(Node::as_map).map(|m| m.keys().cloned().collect()).unwrap_or_default();
        for need in needs.iter().filter(|n| jobs.contains(*n)) {
            let path = format!("dependsOn.{need}");
            if let Some(written) = node.get(&path).filter(|n| n.as_str() == Some("healthy")).cloned() {
                node.put(&path, written.with(Tree::Text("completed".to_owned())));
            }
        }
    }
}

/// What does not fit the kind of a service as it is written, before defaults.
pub(super) fn check(name: &str, node: &Node, out: &mut Vec<Diagnostic>) {
    let kind = node.get_str("kind").unwrap_or("Deployment");
    let job = matches!(kind, "Job" | "CronJob");
    let mut refuse = |field: &str, why: &str, fix: &str| {
        if let Some(given) = node.get(field).filter(|n| !n.is_null()) {
            out.push(
                Diagnostic::error("job-field", format!("`{name}` is a {kind}, and `{field}` means nothing for it"))
                    .at(given.key_span(), format!("not for a {kind}"))
                    .saying(why)
                    .fix(fix),
            );
        }
    };
    if job {
        SERVING.iter().for_each(|(field, why)| refuse(field, why, "remove the line, or make it a Deployment"));
    } else {
        for field in OF_JOBS.iter().chain(OF_SCHEDULES) {
            let wanted = if OF_JOBS.contains(field) { "Job" } else { "CronJob" };
            refuse(field, "a Deployment never ends", &format!("remove the line, or add `kind: {wanted}`"));
        }
    }
    if kind == "Job" {
        let why = "a Job runs once, when it is delivered";
        OF_SCHEDULES.iter().for_each(|field| refuse(field, why, "remove the line, or make it `kind: CronJob`"));
    }
    if kind == "CronJob" && node.get("schedule").is_none() {
        out.push(
            Diagnostic::error("schedule-missing", format!("CronJob `{name}` does not say when it runs"))
                .at(node.get("kind").and_then(Node::key_span), "no `schedule`")
                .fix("add `schedule: \"0 3 * * *\"` for every night at three"),
        );
    }
    time_zone(node, out);
}

/// A time zone that Kubernetes would not find.
pub(super) fn time_zone(node: &Node, out: &mut Vec<Diagnostic>) {
    if let Some(zone) = node.get("timeZone").filter(|n| n.as_str().is_some_and(|z| !is_zone(z))) {
        let text = zone.as_str().unwrap_or_default();
        out.push(
            Diagnostic::error("time-zone", format!("`{text}` is no time zone"))
                .at(zone.span(), "not a name of the time zone database")
                .fix("write it like `Europe/Berlin` or `Etc/UTC`"),
        );
    }
}

/// A schedule that the API server would refuse, here or in an environment.
pub(super) fn schedule(node: &Node, out: &mut Vec<Diagnostic>) {
    let Some(given) = node.get("schedule") else { return };
    let Some(text) = given.as_str() else { return };
    if let Err(why) = cron(text) {
        out.push(
            Diagnostic::error("schedule-invalid", format!("`{text}` is no schedule: {why}"))
                .at(given.span(), "minute, hour, day of the month, month, day of the week")
                .fix("write five fields, such as `*/15 * * * *` or `30 2 * * 1-5`, or `@daily`"),
        );
    }
}

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/// Cron's notation as Kubernetes reads it.
fn cron(text: &str) -> Result<(), String> {
    if text.starts_with("TZ=") || text.starts_with("CRON_TZ=") {
        return Err("the time zone is a field of its own, `timeZone`".to_owned());
    }
    if let Some(word) = text.strip_prefix('@') {
        let known = ["yearly", "annually", "monthly", "weekly", "daily", "midnight", "hourly"];
        return if known.contains(&word) { Ok(()) } else { Err(format!("there is no `@{word}`")) };
    }
    let fields: Vec<&str> = text.split_whitespace().collect();
    let [minute, hour, day, month, weekday] = fields[..] else {
        return Err(format!("it has {} fields, not five", fields.len()));
    };
    field(minute, "minute", 0, 59, &[])?;
    field(hour, "hour", 0, 23, &[])?;
    field(day, "day of the month", 1, 31, &[])?;
    field(month, "month", 1, 12, &MONTHS)?;
    // Sunday is 0 only: Kubernetes refuses 7
    field(weekday, "day of the week", 0, 6, &DAYS)
}

fn field(text: &str, what: &str, least: u32, most: u32, names: &[&str]) -> Result<(), String> {
    let number = |t: &str| {
        let named = names.iter().position(|n| t.eq_ignore_ascii_case(n)).and_then(|i| u32::try_from(i).ok());
        let number =
            named.map(|i| i + least).or_else(|| t.parse().ok().filter(|_| t.bytes().all(|b| b.is_ascii_digit())));
        let number = number.ok_or_else(|| format!("`{t}` is no {what}"))?;
        if (least..=most).contains(&number) {
            Ok(number)
        } else {
            Err(format!("the {what} goes from {least} to {most}, not {number}"))
        }
    };
    for part in text.split(',') {
        let (range, step) = part.split_once('/').map_or((part, None), |(r, s)| (r, Some(s)));
        if let Some(step) = step
            && step.parse::<u32>().ok().is_none_or(|s| s == 0)
        {
            return Err(format!("`{step}` is no step of the {what}"));
        }
        if range == "*" || range == "?" {
            continue;
        }
        let (from, to) = range.split_once('-').map_or((range, None), |(f, t)| (f, Some(t)));
        let from = number(from)?;
        if let Some(to) = to
            && number(to)? < from
        {
            return Err(format!("`{range}` of the {what} ends before it begins"));
        }
    }
    Ok(())
}

/// `Area/City`, or one of the names without an area.
fn is_zone(text: &str) -> bool {
    let part = |p: &str| {
        p.starts_with(|c: char| c.is_ascii_alphabetic())
            && p.chars().all(|c| c.is_ascii_alphanumeric() || "_+-".contains(c))
    };
    let alone =
        ["UTC", "GMT", "EST", "MST", "HST", "CET", "MET", "EET", "WET", "Zulu", "UCT", "GMT0", "GMT+0", "GMT-0"];
    let countries = [
        "Japan",
        "Singapore",
        "Turkey",
        "Israel",
        "Iran",
        "Egypt",
        "Cuba",
        "Eire",
        "Hongkong",
        "Iceland",
        "Jamaica",
        "Kwajalein",
        "Libya",
        "NZ",
        "NZ-CHAT",
        "Navajo",
        "PRC",
        "Poland",
        "Portugal",
        "ROC",
        "ROK",
        "GB",
        "GB-Eire",
        "W-SU",
        "Greenwich",
        "Universal",
        "EST5EDT",
        "CST6CDT",
        "MST7MDT",
        "PST8PDT",
    ];
    if text.contains('/') { text.split('/').all(part) } else { alone.contains(&text) || countries.contains(&text) }
}

#[cfg(test)]
mod tests {
    use super::{cron, is_zone};

    #[test]
    fn schedules_are_read_as_kubernetes_reads_them() {
        for good in
            ["* * * * *", "*/15 0-6,22 1,15 JAN-mar mon-fri", "0 3 ? * 0", "@daily", "5/10 * * * *", "59 23 31 12 6"]
        {
            assert_eq!(cron(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "* * * *",
            "* * * * * *",
            "60 * * * *",
            "* 24 * * *",
            "* * 0 * *",
            "* * * 13 *",
            "* * * * 7",
            "a * * * *",
            "*/0 * * * *",
            "5-1 * * * *",
            "@noon",
            "TZ=UTC 0 3 * * *",
            "-1 * * * *",
            "1,, * * * *",
            "every night",
        ] {
            assert!(cron(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn time_zones_are_names() {
        assert!(
            ["Europe/Berlin", "Etc/UTC", "UTC", "America/Argentina/Buenos_Aires", "Etc/GMT+2"]
                .iter()
                .all(|z| is_zone(z))
        );
        assert!(["Local", "", "Europe/", "+02:00", "berlin time", "../etc"].iter().all(|z| !is_zone(z)));
    }
}
