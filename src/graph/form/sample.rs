//! What a task of the file looks like, taken from its bytes: what stands around the id, and its fields.

use crate::base::source::Span;
use crate::model::workspace::Task;

/// What stands around an id: `### Task `4.2`: `, `- [ ] **`T001`** `.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Around {
    pub before: String,
    pub after: String,
    /// What closes emphasis that holds the title too: `**5.1 Title**`.
    pub end: String,
}

/// A field on a line of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Field {
    /// `  - **Dependencies**: `.
    pub lead: String,
    /// What closes it, such as `` ` `` or `_`.
    pub tail: String,
    /// How far below the beginning of its task it stands: fields are written in this order.
    pub place: usize,
}

/// The fields that most tasks of the file have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Fields {
    pub path: Option<Field>,
    pub requirements: Option<Field>,
    pub waits: Option<Field>,
    /// Fields stand on neighbouring lines.
    pub close: bool,
}

/// What stands around the id of a task whose line begins at `from`.
pub(super) fn around(text: &str, from: usize, task: &Task) -> Around {
    let emphasis = |c: char| matches!(c, '*' | '_' | '`');
    let before = text.get(from..task.id_span.start as usize).unwrap_or_default().to_owned();
    let rest = text.get(task.id_span.end as usize..task.span.end as usize).unwrap_or_default();
    let rest = rest.lines().next().unwrap_or_default();
    let run = &rest[..rest.find(|c: char| !" .:：-–—*_`".contains(c)).unwrap_or(rest.len())];
    let marks = before[before.trim_end_matches(emphasis).len()..].to_owned();
    let closing = if marks.is_empty() { None } else { run.find(&marks).map(|at| at + marks.len()) };
    let from = closing.unwrap_or(0);
    // emphasis that opens behind the id belongs to the title
    let until = run[from..].find(emphasis).map_or(run.len(), |at| from + at);
    let kept = run[..until].trim_end();
    let after = if kept.chars().count() > 8 { " ".to_owned() } else { format!("{kept} ") };
    Around { before, after, end: if closing.is_some() { String::new() } else { marks } }
}

/// The fields on lines below the tasks, where at least half of the tasks that could have one do.
pub(super) fn fields(text: &str, tasks: &[&Task]) -> Fields {
    let usual = |of: &dyn Fn(&Task) -> Vec<Span>, named: &[&str]| {
        let with: Vec<&&Task> = tasks.iter().filter(|t| !of(t).is_empty()).collect();
        let found: Vec<Field> =
            with.iter().filter_map(|t| of(t).into_iter().find_map(|span| field(text, t, span, named))).collect();
        (found.len() * 2 >= with.len()).then(|| found.into_iter().last()).flatten()
    };
    let spans = |all: &[(String, Span)]| all.iter().map(|(_, span)| *span).collect::<Vec<_>>();
    let waits = usual(&|t| spans(&t.depends_on), &[]).or_else(|| empty(text, tasks));
    let close = tasks.iter().any(|t| {
        let field = |line: &&str| line.starts_with("**") && line.contains(':');
        let lines: Vec<&str> = below(text, t).lines().collect();
        lines.windows(2).any(|pair| pair.iter().all(field))
    });
    Fields {
        close,
        waits,
        path: usual(&|t| spans(&t.paths), &["file", "path", "output"]),
        requirements: usual(&|t| spans(&t.requirements), &[]),
    }
}

/// What stands below the line of a task and belongs to it.
fn below<'a>(text: &'a str, task: &Task) -> &'a str {
    text.get(task.span.end as usize..task.detail.end as usize).unwrap_or_default()
}

/// A field for dependencies that says only that there are none.
fn empty(text: &str, tasks: &[&Task]) -> Option<Field> {
    let found = tasks.iter().filter_map(|task| {
        let mut at = task.span.end as usize;
        below(text, task).split_inclusive('\n').find_map(|line| {
            let start = at;
            at += line.len();
            let colon = line.find(':')? + 1;
            let name = line[..colon].to_lowercase();
            let short = name.len() < 40 && !name.contains(['|', '[']);
            let named = short && ["depend", "blocked by"].iter().any(|n| name.contains(n));
            let marks = line[colon..].find(|c: char| !" *_`".contains(c)).unwrap_or(0);
            let lead = format!("{} ", line[..colon + marks].trim_end_matches([' ', '`']));
            named.then(|| Field { lead, tail: String::new(), place: start - task.detail.start as usize })
        })
    });
    let found: Vec<Field> = found.collect();
    (found.len() * 2 >= tasks.len()).then(|| found.into_iter().last()).flatten()
}

/// The line of a field that holds a value of the task.
fn field(text: &str, task: &Task, value: Span, named: &[&str]) -> Option<Field> {
    let at = value.start as usize;
    let inside = (task.span.end as usize..task.detail.end as usize).contains(&at);
    let start = text.get(..at)?.rfind('\n').map_or(0, |n| n + 1);
    if !inside || start <= task.id_span.start as usize {
        return None;
    }
    let lead = text.get(start..at)?;
    let line = text.get(start..)?.lines().next()?;
    let colon = lead.rfind([':', '：'])?;
    let colon = colon + lead[colon..].chars().next().map_or(1, char::len_utf8);
    let name = lead[..colon].to_lowercase();
    if name.len() > 60 || name.contains(['|', '[']) || !(named.is_empty() || named.iter().any(|n| name.contains(n))) {
        return None;
    }
    let marks = lead[colon..].find(|c: char| !" *_`\t".contains(c)).unwrap_or(lead.len() - colon);
    let run = &lead[colon..colon + marks];
    let mut lead = format!("{}{run}", &lead[..colon]);
    if !lead.ends_with([' ', '`', '：']) {
        lead.push(' ');
    }
    let ticks = if run.ends_with('`') { "`" } else { "" };
    let opening = lead.trim_start_matches([' ', '\t', '-', '+']);
    let italic = opening.starts_with('_') && !opening[1..].contains('_') && line.trim_end().ends_with('_');
    let hard = if line.ends_with("  ") { "  " } else { "" };
    let place = start - (task.detail.start as usize).min(start);
    Some(Field { lead, place, tail: format!("{ticks}{}{hard}", if italic { "_" } else { "" }) })
}

impl Field {
    pub(super) fn line(&self, value: &str) -> String {
        if self.tail.starts_with('`') && value.contains(", ") {
            return format!("{}{}{}", self.lead, value.replace(", ", "`, `"), self.tail);
        }
        format!("{}{value}{}", self.lead, self.tail)
    }

    /// Whether it is an item of a list, so that fields stand on neighbouring lines.
    pub(super) fn is_item(&self) -> bool {
        self.lead.trim_start().starts_with(['-', '*', '+']) && self.lead.trim_start()[1..].starts_with(' ')
    }
}
