//! What is said about the order of groups against itself, against single tasks, and against the file's own order.

use std::collections::BTreeSet;

use crate::base::diag::Diagnostic;
use crate::base::source::Span;
use crate::graph::tasks::{Edge, Evidence, Graph};
use crate::model::ids::FeatureId;

use super::Few;

/// How many ways through the graph are looked for.
const MOST_PATHS: usize = 50;

/// Sentences that lead in a circle: `US1 depends on US2`, `US2 depends on US1`.
pub(super) fn circles(graph: &Graph, out: &mut Vec<Diagnostic>) {
    let mut few = Few::default();
    for circle in &graph.circles {
        let Some(first) = circle.first() else { continue };
        let message = "what is said about the order leads in a circle".to_owned();
        let found = steps(graph, Diagnostic::warning("order-contradiction", message), circle)
            .saying("the order of the file holds where the sentences contradict each other")
            .fix("take one of these sentences back");
        few.push(&graph.task(first.from).id().feature, found);
    }
    few.into("order-contradiction", out, |n, f| format!("{n} more circles in what is said about the order in `{f}`"));
}

fn steps(graph: &Graph, mut found: Diagnostic, edges: &[Edge]) -> Diagnostic {
    let mut seen: BTreeSet<Span> = BTreeSet::new();
    for edge in edges {
        let span = edge.span.unwrap_or(graph.task(edge.to).task.id_span);
        if seen.insert(span) {
            let text = edge.why.clone();
            found = if found.primary.is_none() { found.at(span, text) } else { found.and(span, text) };
        }
    }
    found
}

/// A sentence about groups that the tasks' own words contradict: the words of the tasks hold.
pub(super) fn yielded(graph: &Graph, out: &mut Vec<Diagnostic>) {
    let told: BTreeSet<Option<Span>> = graph.circles.iter().flatten().map(|e| e.span).collect();
    let mut few = Few::default();
    let mut seen: BTreeSet<Option<Span>> = BTreeSet::new();
    let lines = graph.yielded.iter().filter(|e| e.evidence == Evidence::DeclaredGroup && !told.contains(&e.span));
    for edge in lines.filter(|e| seen.insert(e.span)).take(MOST_PATHS) {
        let against = graph.path(edge.to, edge.from);
        let (from, to) = (&graph.task(edge.from).task.id, &graph.task(edge.to).task.id);
        let message = format!("this does not hold for `{}` and `{}`: the tasks say otherwise", from.id, to.id);
        let mut found = Diagnostic::warning("order-contradiction", message);
        found = found.at(edge.span, edge.why.clone());
        for step in &against {
            found = found.and(step.span, step.why.clone());
        }
        let found = found
            .saying("words about single tasks are stronger than words about groups")
            .fix("correct the sentence, or what the task waits for")
            .task(to.to_string());
        few.push(&from.feature, found);
    }
    few.into("order-contradiction", out, |n, f| format!("{n} more sentences of `{f}` contradict what its tasks say"));
}

/// A sentence that turns the order of the phases in the file round.
pub(super) fn against_the_file(graph: &Graph, out: &mut Vec<Diagnostic>) {
    let mut few = Few::default();
    let mut seen: BTreeSet<(FeatureId, usize, usize)> = BTreeSet::new();
    for edge in graph.yielded.iter().filter(|e| e.evidence == Evidence::PhaseOrder) {
        let (first, later) = (&graph.task(edge.from).task, &graph.task(edge.to).task);
        if seen.len() >= MOST_PATHS || !seen.insert((first.id.feature.clone(), first.phase, later.phase)) {
            continue;
        }
        let against = graph.path(edge.to, edge.from);
        let said = against.iter().find(|e| e.evidence == Evidence::DeclaredGroup);
        let Some(said) = said.filter(|_| against.iter().all(|e| e.evidence <= Evidence::DeclaredGroup)) else {
            continue;
        };
        let message = format!(
            "`{}` stands before `{}`, and the text says that it comes after",
            first.phase_title, later.phase_title
        );
        let found = Diagnostic::note("story-order", message)
            .at(said.span, said.why.clone())
            .saying("what is said holds; the order of the phases in the file yields")
            .fix("put the phases into the order that is meant, or correct the sentence");
        few.push(&first.id.feature, found);
    }
    few.into("story-order", out, |n, f| format!("{n} more phases of `{f}` stand in another order than the text says"));
}
