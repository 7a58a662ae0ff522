//! The news of a run as lines: a line per operation, failures with everything that helps, and how to go on.

use std::collections::BTreeMap;

use crate::change::event::{Millis, News};
use crate::change::failure::Failure;
use crate::change::plan::{OpId, Plan, What};
use crate::change::report::{self, Report};

use super::cli::EventOutput;
use super::output::Output;

/// Tells a run to a person, or as one JSON document per line.
pub struct Progress<'a> {
    plan: &'a Plan,
    output: Output,
    format: EventOutput,
    started: BTreeMap<OpId, Millis>,
    pub report: Report,
    /// `file:line` of each task, for failures.
    places: BTreeMap<String, String>,
    titles: usize,
}

impl<'a> Progress<'a> {
    pub fn new(
        plan: &'a Plan,
        output: Output,
        format: EventOutput,
        rehearsal: bool,
        places: BTreeMap<String, String>,
    ) -> Self {
        let titles = plan.operations.iter().map(|o| o.title().chars().count()).max().unwrap_or(0).min(64);
        Self { plan, output, format, started: BTreeMap::new(), report: Report::new(plan, rehearsal), places, titles }
    }

    /// One piece of news, at a time since the run began.
    pub fn news(&mut self, now: Millis, news: &News) {
        self.report.take(now, news);
        if self.format == EventOutput::Jsonl {
            self.output.event(&report::line(self.plan, now, news).to_string());
            return;
        }
        let words = match news {
            News::Started { op } => {
                self.started.insert(*op, now);
                return;
            }
            News::Done { op, changed, detail } => {
                let took = now.saturating_sub(self.started.get(op).copied().unwrap_or(now));
                let word = self.word(*op, *changed);
                let detail = if detail.is_empty() { String::new() } else { format!("  {detail}") };
                self.line(*op, &format!("{word} {}{detail}", seconds(took)))
            }
            News::Waiting { op, object, reason } => format!("  {:>5}  {object}: {reason}", self.task(*op)),
            News::Warning { object, text, .. } => format!("  {:>5}  {object}: {text}", "note"),
            News::Failed { op, .. } => {
                let took = now.saturating_sub(self.started.get(op).copied().unwrap_or(now));
                self.line(*op, &format!("failed after {}", seconds(took)))
            }
            News::Skipped { .. } | News::NotStarted { .. } => return,
            News::RolledBack { op, text } => self.line(*op, &format!("rolled back: {text}")),
            News::NotRolledBack { op, why } => self.line(*op, &format!("not rolled back: {why}")),
            News::Interrupted => "interrupted: what runs is let finish; press again to stop at once".to_owned(),
        };
        self.output.say(words.trim_end());
    }

    fn word(&self, op: OpId, changed: bool) -> &'static str {
        match self.plan.operation(op).map(|o| &o.what) {
            Some(What::BuildImage { .. }) if changed => "built",
            Some(What::LoadImage { .. }) if changed => "loaded",
            Some(What::WaitReady { complete: true }) => "completed",
            Some(What::WaitReady { .. }) => "ready",
            Some(What::Verify { .. }) => "answers",
            Some(What::DeleteObject { .. } | What::HelmUninstall { .. }) if changed => "removed",
            _ if changed => "done",
            _ => "unchanged",
        }
    }

    /// The bare id of the first task.
    fn task(&self, op: OpId) -> &str {
        let task = self.plan.operation(op).and_then(|o| o.task()).unwrap_or("-");
        task.rsplit('/').next().unwrap_or(task)
    }

    fn line(&self, op: OpId, words: &str) -> String {
        let title = self.plan.operation(op).map(crate::change::plan::Operation::title).unwrap_or_default();
        format!("  {:>5}  {title:<width$}  {words}", self.task(op), width = self.titles)
    }

    /// What failed, what was not started, what was taken back, and how to go on.
    pub fn ending(&self) -> String {
        let mut text = String::new();
        for (entry, failure) in self.report.failures() {
            let task = entry.tasks.first().map(String::as_str);
            text += &failure_text(failure, task.map(|t| (t, self.places.get(t).map(String::as_str))));
        }
        let of = |result: &str| -> Vec<&str> {
            let entries = self.report.operations.iter().filter(|e| e.result == result);
            entries.map(|e| e.operation.as_str()).collect()
        };
        let idle: Vec<&str> = ["skipped", "not started"].into_iter().flat_map(of).collect();
        if let Some(first) = idle.first() {
            let more = if idle.len() > 1 { format!(" and {} more", idle.len() - 1) } else { String::new() };
            text += &format!("not started: {first}{more}\n");
        }
        for entry in &self.report.operations {
            if let Some(what) = &entry.rolled_back {
                text += &format!("rolled back: {what}\n");
            }
            if let Some(why) = &entry.not_rolled_back {
                text += &format!("not rolled back: {}: {why}\n", entry.operation);
            }
        }
        text
    }
}

/// A failure for a person.
pub fn failure_text(failure: &Failure, task: Option<(&str, Option<&str>)>) -> String {
    let mut text = format!("error[{}]: {}\n", failure.code, failure.message);
    let mut row = |name: &str, value: &str| text += &format!("   {name:<11} {value}\n");
    if let Some(object) = &failure.object {
        row("object", &object.to_string());
    }
    if let Some(event) = &failure.last_event {
        row("last event", event);
    }
    if let Some(log) = &failure.last_log {
        row("last log", log);
    }
    for line in &failure.output {
        row("output", line);
    }
    if let Some((task, place)) = task {
        row("task", &place.map_or_else(|| task.to_owned(), |p| format!("{task} ({p})")));
    }
    if let Some(fix) = &failure.fix {
        row("fix", fix);
    }
    text
}

/// `0.4 s`, `41 s`, `2 min 5 s`.
pub fn seconds(millis: Millis) -> String {
    match millis {
        0..10_000 => format!("{}.{} s", millis / 1000, millis % 1000 / 100),
        10_000..120_000 => format!("{} s", millis / 1000),
        _ => format!("{} min {} s", millis / 60_000, millis % 60_000 / 1000),
    }
}
