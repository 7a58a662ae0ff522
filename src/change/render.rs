//! A diff for people: per object in order of tasks, then per field; aligned, and no longer than it needs to be.

use std::fmt::Write as _;

use serde_json::Value;

use super::diff::{FieldChange, ObjectDiff, Verb};

/// The text of a diff, in order of tasks; objects without a difference are left out. `most`: fields shown per object.
pub fn objects(diffs: &[ObjectDiff], most: usize) -> String {
    let mut out = String::new();
    let changed: Vec<&ObjectDiff> = diffs.iter().filter(|d| d.verb != Verb::None).collect();
    let width = changed.iter().map(|d| d.object.to_string().chars().count()).max().unwrap_or(0);
    for diff in changed {
        object(&mut out, diff, width, most);
    }
    out
}

fn object(out: &mut String, diff: &ObjectDiff, width: usize, most: usize) {
    let mut remarks = Vec::new();
    if let Some(field) = &diff.forced_by {
        remarks.push(format!("`{field}` cannot change in place"));
    } else if diff.restarts {
        remarks.push("restarts its pods".to_owned());
    }
    remarks.extend(diff.notes.iter().cloned());
    let task = diff.tasks.first().map_or("no task", String::as_str);
    let (verb, name, remarks) = (diff.verb.name(), diff.object.to_string(), remarks.join("; "));
    let _ = writeln!(out, "{}", format!("  {verb:<8} {name:<width$}  {task}  {remarks}").trim_end());
    out.push_str(&fields(&diff.fields[..diff.fields.len().min(most)]));
    if diff.fields.len() > most {
        let _ = writeln!(out, "             and {} more", diff.fields.len() - most);
    }
}

/// A line for each field, aligned and indented.
pub fn fields(fields: &[FieldChange]) -> String {
    let column = fields.iter().map(|f| f.path.chars().count()).max().unwrap_or(0).min(64);
    fields.iter().map(|f| format!("             {:<column$}  {}\n", f.path, change(f))).collect()
}

fn change(field: &FieldChange) -> String {
    match (&field.old, &field.new) {
        (Some(old), Some(new)) => format!("{} -> {}", short(old), short(new)),
        (None, Some(new)) => format!("+ {}", short(new)),
        (Some(old), None) => format!("- {}", short(old)),
        (None, None) => String::new(),
    }
}

fn short(value: &Value) -> String {
    let text = match value {
        Value::String(s) if !s.is_empty() && !s.contains(char::is_control) => s.clone(),
        other => other.to_string(),
    };
    if text.chars().count() <= 60 { text } else { text.chars().take(57).chain("...".chars()).collect() }
}

/// `2 to create, 1 to update, 1 to replace; deployment/backend restarts its pods`, or `no changes`.
pub fn summary(diffs: &[ObjectDiff]) -> String {
    let count = |verb| diffs.iter().filter(|d| d.verb == verb).count();
    let parts: Vec<String> = [Verb::Create, Verb::Update, Verb::Replace, Verb::Delete]
        .into_iter()
        .filter(|v| count(*v) > 0)
        .map(|v| format!("{} to {}", count(v), v.name()))
        .collect();
    if parts.is_empty() {
        return "no changes".into();
    }
    let restarting: Vec<String> =
        diffs.iter().filter(|d| d.restarts && d.forced_by.is_none()).map(|d| d.object.to_string()).collect();
    match restarting.as_slice() {
        [] => parts.join(", "),
        [one] => format!("{}; {one} restarts its pods", parts.join(", ")),
        many => format!("{}; {} restart their pods", parts.join(", "), many.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::change::mask::Masker;
    use crate::change::object::ObjectId;
    use serde_json::json;

    #[test]
    fn a_diff_reads_well() {
        let id = |kind: &str, name: &str| ObjectId::new("apps/v1", kind, Some("todo"), name);
        let deployment = |replicas: i64, image: &str| json!({"spec":{"replicas":replicas,"template":{"spec":{"containers":[{"name":"backend","image":image}]}}}});
        let mut masker = Masker::default();
        let mut update = super::super::diff::objects(
            &id("Deployment", "backend"),
            Some(&deployment(2, "todo/backend:1")),
            Some(&deployment(3, "todo/backend:2")),
            &mut masker,
        );
        update.tasks = vec!["todo-chatbot/T030".into()];
        let mut create =
            super::super::diff::objects(&id("Service", "backend"), None, Some(&json!({"spec":{}})), &mut masker);
        create.tasks = vec!["todo-chatbot/T031".into()];
        let same = super::super::diff::objects(&id("Service", "x"), Some(&json!({})), Some(&json!({})), &mut masker);
        let all = [update, create, same];
        let expected = "  update   deployment/backend  todo-chatbot/T030  restarts its pods
             spec.replicas                                 2 -> 3
             spec.template.spec.containers[backend].image  todo/backend:1 -> todo/backend:2
  create   service/backend     todo-chatbot/T031
";
        assert_eq!(objects(&all, 20), expected);
        assert_eq!(summary(&all), "1 to create, 1 to update; deployment/backend restarts its pods");
        assert_eq!(summary(&all[2..]), "no changes");
    }
}
