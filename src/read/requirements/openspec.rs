//! OpenSpec: the name of a requirement is its identity; a change says what it does to the truth.

use std::ops::Range;

use crate::model::workspace::{Delta, RequirementKind};

use super::Found;

#[derive(Default)]
pub(super) struct State {
    /// What the section does: `## ADDED Requirements`.
    delta: Option<Delta>,
    /// The requirement whose scenarios follow.
    name: Option<String>,
    /// In a section of renamings, the name that was.
    from: Option<String>,
}

/// `### Requirement: Name`, and the headings below it, which are scenarios whatever they say.
pub(super) fn heading(state: &mut State, level: u8, title: &str, head: &Range<usize>) -> Option<Found> {
    let after = |word: &str| {
        let (first, rest) = title.split_once([':', '：'])?;
        first.trim().eq_ignore_ascii_case(word).then(|| rest.trim().to_owned()).filter(|r| !r.is_empty())
    };
    if level < 3 {
        state.name = None;
        state.delta = section(title);
        return None;
    }
    if let Some(name) = after("requirement") {
        state.name = Some(name.clone());
        let mut found = Found::new(name, RequirementKind::Functional, head.end, head.clone());
        found.delta.clone_from(&state.delta);
        return Some(found);
    }
    let name = state.name.clone()?;
    if level == 3 {
        state.name = None;
        return None;
    }
    let scenario = after("scenario").unwrap_or_else(|| title.to_owned());
    let mut found = Found::new(format!("{name}/{scenario}"), RequirementKind::Scenario, head.end, head.clone());
    found.delta.clone_from(&state.delta);
    Some(found)
}

fn section(title: &str) -> Option<Delta> {
    let (first, rest) = title.split_once(' ')?;
    if !rest.trim().to_lowercase().starts_with("requirement") {
        return None;
    }
    match first.to_ascii_uppercase().as_str() {
        "ADDED" => Some(Delta::Added),
        "MODIFIED" => Some(Delta::Modified),
        "REMOVED" => Some(Delta::Removed),
        "RENAMED" => Some(Delta::Renamed(String::new())),
        _ => None,
    }
}

impl State {
    /// Whether the section renames.
    pub(super) fn renames(&self) -> bool {
        matches!(self.delta, Some(Delta::Renamed(_)))
    }
}

/// `- FROM: …` and `- TO: …` in a section of renamings; what the second one makes.
pub(super) fn renamed(state: &mut State, raw: &str) -> Option<Found> {
    let line = raw.lines().next().unwrap_or_default();
    let name = line.rsplit_once("Requirement:").map_or("", |(_, n)| n).trim_matches([' ', '`', '*']).to_owned();
    let upper = line.trim_start_matches([' ', '*', '`']).to_ascii_uppercase();
    if upper.starts_with("FROM") && !name.is_empty() {
        state.from = Some(name);
        return None;
    }
    let from = state.from.take_if(|_| upper.starts_with("TO") && !name.is_empty())?;
    let mut found = Found::new(name, RequirementKind::Functional, 0, 0..0);
    found.delta = Some(Delta::Renamed(from));
    Some(found)
}
