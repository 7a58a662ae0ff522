//! What a heading says about the lines below it, and requirements that have no id.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::model::workspace::RequirementKind;
use crate::read::piece_set::PieceSet;

use super::{Found, Nameless};

/// Headings below which requirements are expected, in lower case.
static ASKS: PieceSet<16> = PieceSet::new([
    "requirement",
    "success criteria",
    "measurable outcome",
    "acceptance criteria",
    "exigence",
    "requisito",
    "anforderung",
    "需求",
    "要求",
    "要件",
    "成功标准",
    "ضروریات",
    "تقاضے",
    "متطلبات",
    "요구사항",
    "требования",
]);

/// Headings below which ids are mentioned again more often than defined.
static REFERENCE: PieceSet<14> = PieceSet::new([
    "traceab",
    "coverage",
    "mapping",
    "summary",
    "clarification",
    "checklist",
    "change log",
    "changelog",
    "revision",
    "session 2",
    "change history",
    "matrix",
    "impact",
    "non-goal",
]);

/// The headings above, innermost last.
#[derive(Default)]
pub(super) struct Section {
    above: Vec<(u8, String)>,
    /// Counts headings.
    number: usize,
    /// Those below which a requirement has an id.
    counts: BTreeSet<usize>,
    /// What the headings above say of the lines below, found out once for each heading.
    asks: bool,
    acceptance: bool,
    reference: bool,
}

/// A line without an id where one is expected.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    range: Range<usize>,
    section: usize,
    kind: RequirementKind,
    /// It is in the form of EARS, and a requirement wherever it stands.
    ears: bool,
    /// It asks with MUST or SHALL.
    strong: bool,
}

impl Section {
    pub(super) fn heading(&mut self, level: u8, title: &str) {
        self.above.retain(|(l, _)| *l < level);
        self.above.push((level, title.to_lowercase()));
        self.number += 1;
        let nearest = self.above.last().map_or("", |(_, t)| t.as_str());
        self.asks = ASKS.any_in(nearest) && !ABOUT_OTHERS.any_in(nearest);
        self.acceptance = nearest.contains("acceptance") || nearest.contains("criteria");
        self.reference = self.refers();
    }

    /// Whether requirements are expected here: the nearest heading decides.
    pub(super) fn asks(&self) -> bool {
        self.asks
    }

    pub(super) fn is_acceptance(&self) -> bool {
        self.acceptance
    }

    pub(super) fn is_reference(&self) -> bool {
        self.reference
    }

    fn refers(&self) -> bool {
        // a long heading is the title of something, whatever words are in it
        let short =
            |t: &str| t.split(' ').count() < 5 && !t.contains([':', '-', '–', '—']) || t.starts_with("non-goal");
        let mentions = |(level, t): &(u8, String)| *level > 1 && short(t) && REFERENCE.any_in(t);
        self.above.iter().any(mentions)
    }

    pub(super) fn count(&mut self) {
        self.counts.insert(self.number);
    }

    pub(super) fn candidate(&self, range: Range<usize>, ears: bool, strong: bool) -> Candidate {
        let title = self.above.last().map_or("", |(_, t)| t.as_str());
        let kind = match () {
            () if title.contains("non-functional") || title.contains("nonfunctional") => RequirementKind::NonFunctional,
            () if title.contains("success") || title.contains("outcome") => RequirementKind::Success,
            () if title.contains("acceptance") => RequirementKind::Criterion,
            () => RequirementKind::Functional,
        };
        Candidate { range, section: self.number, kind, ears, strong }
    }
}

/// `System requirements` are about the machine, `Out of scope requirements` about nothing.
static ABOUT_OTHERS: PieceSet<5> =
    PieceSet::new(["system requirement", "out of scope", "prerequisite", "hardware", "no requirement"]);

impl Section {
    /// Where no line of a section has an id, its lines are requirements by their place: `R1`, `R2`. Beside lines with
    /// ids, one that asks with MUST is listed.
    pub(super) fn settle(&self, candidates: Vec<Candidate>) -> (Vec<Found>, Vec<Nameless>) {
        let (mut derived, mut nameless) = (Vec::new(), Vec::new());
        for c in candidates {
            if c.ears || !self.counts.contains(&c.section) {
                let mut one = Found::new(format!("R{}", derived.len() + 1), c.kind, c.range.start, c.range);
                one.derived = true;
                derived.push(one);
            } else if c.strong {
                let reason = "it asks for something and has no id; write `- **FR-004**: …`";
                nameless.push((c.range, reason.to_owned()));
            }
        }
        (derived, nameless)
    }
}
