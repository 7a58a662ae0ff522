//! What a run did, for people and programs: the report in `.bowline/runs/` (written, never read to decide) and the event lines
//! of `--output jsonl`.

use serde::Serialize;
use serde_json::{Value, json};

use super::event::{End, Millis, News};
use super::failure::Failure;
use super::object::ObjectId;
use super::plan::{OpId, Plan};

/// One operation of a finished run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    pub operation: String,
    pub tasks: Vec<String>,
    pub unit: String,
    /// `done`, `unchanged`, `failed`, `skipped`, `not started`, `interrupted`.
    pub result: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started: Option<Millis>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<Millis>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// The operation whose failure skipped it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rolled_back: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_rolled_back: Option<String>,
}

/// A run from beginning to end, fed with its news.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    pub bowline: u32,
    pub app: String,
    pub namespace: String,
    pub environment: String,
    pub context: Option<String>,
    /// Whether it was a rehearsal: nothing real was changed.
    pub rehearsal: bool,
    pub end: Option<End>,
    pub operations: Vec<Entry>,
    pub warnings: Vec<String>,
}

impl Report {
    pub fn new(plan: &Plan, rehearsal: bool) -> Self {
        let entry = |o: &super::plan::Operation| Entry {
            operation: o.title(),
            tasks: o.tasks.clone(),
            unit: o.unit.clone(),
            result: "not started",
            started: None,
            ended: None,
            failure: None,
            because: None,
            rolled_back: None,
            not_rolled_back: None,
        };
        Self {
            bowline: 1,
            app: plan.app.clone(),
            namespace: plan.namespace.clone(),
            environment: plan.environment.clone(),
            context: plan.context.clone(),
            rehearsal,
            end: None,
            operations: plan.operations.iter().map(entry).collect(),
            warnings: Vec::new(),
        }
    }

    /// Takes one piece of news.
    pub fn take(&mut self, now: Millis, news: &News) {
        let title = |id: &OpId| self.operations.get(id.0).map(|e| e.operation.clone());
        let because = if let News::Skipped { because, .. } = news { title(because) } else { None };
        if let News::Warning { object, text, .. } = news {
            self.warnings.push(format!("{object}: {text}"));
        }
        let Some(entry) = operation(news).and_then(|op| self.operations.get_mut(op.0)) else { return };
        match news {
            News::Started { .. } => {
                entry.started = Some(now);
                entry.result = "interrupted";
            }
            News::Done { changed, .. } => {
                entry.ended = Some(now);
                entry.result = if *changed { "done" } else { "unchanged" };
            }
            News::Failed { failure, .. } => {
                entry.ended = Some(now);
                entry.result = "failed";
                entry.failure = Some(failure.clone());
            }
            News::Skipped { .. } => {
                entry.result = "skipped";
                entry.because = because;
            }
            News::NotStarted { .. } => {
                entry.result = if entry.started.is_some() { "interrupted" } else { "not started" }
            }
            News::RolledBack { text, .. } => entry.rolled_back = Some(text.clone()),
            News::NotRolledBack { why, .. } => entry.not_rolled_back = Some(why.clone()),
            News::Waiting { .. } | News::Warning { .. } | News::Interrupted => {}
        }
    }

    /// Failures in the order in which they happened to be planned.
    pub fn failures(&self) -> impl Iterator<Item = (&Entry, &Failure)> {
        self.operations.iter().filter_map(|e| Some((e, e.failure.as_ref()?)))
    }
}

/// The operation that a piece of news is about.
pub fn operation(news: &News) -> Option<OpId> {
    match news {
        News::Started { op }
        | News::Done { op, .. }
        | News::Waiting { op, .. }
        | News::Warning { op, .. }
        | News::Failed { op, .. }
        | News::Skipped { op, .. }
        | News::NotStarted { op }
        | News::RolledBack { op, .. }
        | News::NotRolledBack { op, .. } => Some(*op),
        News::Interrupted => None,
    }
}

/// One line of `--output jsonl`: `{"v":1,"type":…,"task":"feature/T012","object":{…}}`, with the time in milliseconds.
pub fn line(plan: &Plan, now: Millis, news: &News) -> Value {
    let mut line = json!({ "v": 1, "type": "", "at": now });
    let op = operation(news).and_then(|op| plan.operation(op));
    if let Some(op) = op {
        line["task"] = op.task().map_or(Value::Null, |t| json!(t));
        line["unit"] = json!(op.unit);
        line["operation"] = json!(op.title());
    }
    let object = match news {
        News::Waiting { object, .. } | News::Warning { object, .. } => Some(object),
        News::Failed { failure, .. } => failure.object.as_ref(),
        _ => None,
    };
    if let Some(object) = object.or_else(|| op.and_then(|o| o.objects.first().filter(|_| o.objects.len() == 1))) {
        line["object"] = object_json(object);
    }
    let mut rest = serde_json::to_value(news).unwrap_or(Value::Null);
    if let Some(map) = rest.as_object_mut() {
        for (key, value) in std::mem::take(map) {
            match key.as_str() {
                "op" | "object" => {}
                "because" => {
                    let title = value.as_u64().and_then(|n| plan.operation(OpId(usize::try_from(n).ok()?)));
                    line["because"] = title.map_or(Value::Null, |o| json!(o.title()));
                }
                _ => line[key] = value,
            }
        }
    }
    line
}

fn object_json(id: &ObjectId) -> Value {
    json!({ "apiVersion": id.api_version(), "kind": id.kind, "namespace": id.namespace, "name": id.name })
}
