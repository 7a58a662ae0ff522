//! The headings of a tasks file: how far each reaches, and what stands below it.

use std::ops::Range;

use crate::read::markdown::{Kind, Markdown};
use crate::read::names::is_lettered;
use crate::read::piece_set::PieceSet;
use crate::read::prose;

use super::opening::{Bare, opening};

/// Words that begin a phase; below one, tasks are defined whatever else its title says.
const PHASES: [&str; 10] =
    ["phase", "sprint", "milestone", "iteration", "wave", "stage", "阶段", "阶段：", "مرحلہ", "fase"];

/// Below these, an id that is defined elsewhere is mentioned again, not defined again.
static REPEATS: PieceSet<30> = PieceSet::new([
    "detail",
    "summary",
    "overview",
    "dependenc",
    "parallel",
    "strategy",
    "order",
    "traceability",
    "mapping",
    "coverage",
    "reference",
    "completion",
    "progress",
    "tracking",
    "status",
    "matrix",
    "assignment",
    "statistic",
    "mvp",
    "delivery",
    "graph",
    "timeline",
    "roadmap",
    "notes",
    "convention",
    "how to",
    "glossary",
    "依赖",
    "خلاصہ",
    "résumé",
]);

/// Below these, boxes are things to see, not work to do.
static CHECKLISTS: PieceSet<13> = PieceSet::new([
    "checklist",
    "acceptance",
    "criteria",
    "criterion",
    "definition of done",
    "success metric",
    "quality gate",
    "sign-off",
    "done when",
    "checkpoint",
    "验收",
    "检查清单",
    "قبولیت",
]);

/// The same, unless the heading has a number: `## 6. Verification` is a step.
static CHECKS: PieceSet<5> = PieceSet::new(["verification", "validation", "testing strategy", "validate", "verify"]);

/// Below these stand examples and explanations.
const EXAMPLES: [&str; 4] = ["example", "format", "legend", "template"];

/// What stands below a heading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Plain,
    Repeats,
    Checklist,
    Example,
}

/// A heading and what stands below it.
pub(super) struct Section {
    /// The block of the heading; `None` for what stands above the first one.
    pub(super) block: Option<usize>,
    pub(super) level: u8,
    pub(super) title: String,
    pub(super) role: Role,
    /// From the heading to the next one of its level or above.
    pub(super) range: Range<usize>,
    /// `1.2` of `### 1.2 Setup`, `3` of `## Phase 3: …`.
    pub(super) number: Option<String>,
    pub(super) phase: bool,
    pub(super) parent: usize,
}

/// The sections in document order; the first is what stands above all headings. Headings inside of lists are none.
pub(super) fn read(doc: &Markdown) -> Vec<Section> {
    let end = doc.masked.len();
    let mut all = vec![Section {
        block: None,
        level: 0,
        title: String::new(),
        role: Role::Plain,
        range: 0..end,
        number: None,
        phase: false,
        parent: 0,
    }];
    let mut open: Vec<usize> = vec![0];
    for (block, b) in doc.blocks.iter().enumerate() {
        let Kind::Heading(level) = b.kind else { continue };
        if b.depth > 0 {
            continue;
        }
        while let Some(last) = open.last().copied().filter(|l| all[*l].level >= level) {
            all[last].range.end = b.range.start;
            open.pop();
        }
        let parent = open.last().copied().unwrap_or(0);
        let title = prose::plain(&doc.masked[b.head.clone()]);
        let lower = title.to_lowercase();
        let phase = PHASES.iter().any(|p| lower.starts_with(p)) || lower.starts_with('第');
        let number = number(&title);
        // a task's own heading says what the task is, not what stands below
        let named =
            opening(&doc.masked, &b.head, Bare::No).id.is_some_and(|i| i.worded || is_lettered(&doc.masked[i.range]));
        let plain = phase || named || (level == 1 && all.len() == 1);
        let own = if plain { Role::Plain } else { role(&lower, number.is_some()) };
        let role = if own == Role::Plain { all[parent].role } else { own };
        open.push(all.len());
        all.push(Section { block: Some(block), level, title, role, range: b.range.start..end, number, phase, parent });
    }
    all
}

/// Whether a paragraph such as `**Acceptance criteria**:` makes a checklist of the list below it.
pub(super) fn leads_checklist(line: &str) -> bool {
    let line = line.trim_end().trim_end_matches(['*', '_']);
    let Some(line) = line.strip_suffix([':', '：']) else { return false };
    let lower = line.to_lowercase();
    lower.len() < 120
        && (has(&lower, &CHECKLISTS) || has(&lower, &CHECKS) || lower.trim_start_matches('*').starts_with("after "))
}

fn role(lower: &str, numbered: bool) -> Role {
    if has(lower, &CHECKLISTS) || (!numbered && has(lower, &CHECKS)) {
        Role::Checklist
    } else if !numbered
        && EXAMPLES.iter().any(|e| lower.trim_start_matches(|c: char| !c.is_alphanumeric()).starts_with(e))
    {
        Role::Example
    } else if !numbered && has(lower, &REPEATS) {
        Role::Repeats
    } else {
        Role::Plain
    }
}

/// Whether a word of the text begins with one of these.
fn has<const N: usize>(lower: &str, words: &PieceSet<N>) -> bool {
    if !words.any_in(lower) {
        return false;
    }
    let mut before = ' ';
    lower.char_indices().any(|(at, c)| {
        let opens = !std::mem::replace(&mut before, c).is_alphanumeric();
        let here = |w: &&'static str| w.as_bytes()[0] == lower.as_bytes()[at] && (opens || !w.is_ascii());
        words.pieces().filter(here).any(|w| lower[at..].starts_with(w))
    })
}

/// The number that a title begins with, after a word such as `Phase` or `Section`.
pub(super) fn number(title: &str) -> Option<String> {
    let mut rest = title.trim_start_matches(|c: char| !c.is_alphanumeric());
    let word = rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len());
    let words =
        ["phase", "section", "step", "stage", "part", "sprint", "milestone", "day", "week", "group", "第", "阶段"];
    if words.contains(&rest[..word].to_lowercase().as_str()) {
        rest = rest[word..].trim_start_matches([' ', '#']);
    }
    let end = rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(rest.len());
    let number = rest[..end].trim_end_matches('.');
    let after = &rest[number.len()..];
    let ends = after.is_empty() || after.starts_with(['.', ')', ':', ' ', '：', '、', '-', '–', '—']);
    let parts = number.split('.').all(|p| (1..=4).contains(&p.len()));
    (parts && ends).then(|| number.to_owned())
}

#[cfg(test)]
mod tests {
    use super::Role::{Checklist, Plain, Repeats};
    use super::*;
    use crate::read::markdown;

    #[test]
    fn what_stands_below_a_heading() {
        let text = "# Tasks: validation\n\n## Phase 2: Dockerfile validation\n\n### Notes\n\n## 6. Verification\n\n\
                    ## Border service\n\n## Task Summary\n\n### Phase 1: again\n\n## Completion checklist\n\n### Backend\n";
        let seen: Vec<_> = read(&markdown::parse(text)).into_iter().map(|s| (s.title, s.role, s.number)).collect();
        let roles: Vec<_> = seen.iter().map(|(_, r, _)| *r).collect();
        assert_eq!(
            roles,
            [Plain, Plain, Plain, Repeats, Plain, Plain, Repeats, Repeats, Checklist, Checklist],
            "{seen:?}"
        );
        assert_eq!(seen[4].2.as_deref(), Some("6"));
    }
}
