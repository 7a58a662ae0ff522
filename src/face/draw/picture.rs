//! What is drawn, before it is drawn: tasks by phase, artifacts, edges, and a state for each node.

use std::collections::{BTreeMap, BTreeSet};

use crate::face::project::Project;
use crate::graph::tasks::TaskIx;
use crate::model::ids::{FeatureId, Identity};

/// What colours a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    Done,
    Open,
    /// An artifact that is on disk as it would be made.
    Fresh,
    /// An artifact that would be made anew.
    Stale,
    /// An artifact that is not there.
    Absent,
    /// An artifact that was edited by hand, or belongs to nobody.
    Conflict,
    /// An artifact that no task asks for.
    Unasked,
}

impl State {
    pub fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Open => "open",
            Self::Fresh => "fresh",
            Self::Stale => "stale",
            Self::Absent => "absent",
            Self::Conflict => "conflict",
            Self::Unasked => "unasked",
        }
    }

    /// Fill and border of the node.
    pub fn colours(self) -> (&'static str, &'static str) {
        match self {
            Self::Done | Self::Fresh => ("#e3f4e5", "#2e7d32"),
            Self::Open => ("#ffffff", "#616161"),
            Self::Stale => ("#fff4d6", "#b26a00"),
            Self::Absent => ("#f5f5f5", "#9e9e9e"),
            Self::Conflict => ("#fde3e1", "#c62828"),
            Self::Unasked => ("#ece6f7", "#5e35b1"),
        }
    }
}

/// A node; ids are stable and safe in every format.
#[derive(Clone, Debug)]
pub struct Node {
    pub id: String,
    /// The name in the documents: `todo-chatbot/T012`, `backend/Deployment`.
    pub name: String,
    pub label: String,
    pub state: State,
    pub task: bool,
    /// Phase of a task, unit of an artifact.
    pub group: String,
}

#[derive(Clone, Debug)]
pub struct Link {
    pub from: String,
    pub to: String,
    /// `declared`, `inferred`, `phase order`; `makes` from a task to its artifact.
    pub evidence: &'static str,
    pub why: String,
}

#[derive(Clone, Debug, Default)]
pub struct Picture {
    pub nodes: Vec<Node>,
    pub links: Vec<Link>,
}

impl Picture {
    /// Leaves out the tasks of other features, and artifacts that none of the rest makes.
    pub fn keep(&mut self, project: &Project, features: &[FeatureId]) {
        let of = |ix: TaskIx| features.contains(&project.graph.task(ix).task.id.feature);
        let mut kept: BTreeSet<String> = project.graph.indices().filter(|ix| of(*ix)).map(id).collect();
        let makes = self.links.iter().filter(|l| l.evidence == MAKES && kept.contains(&l.from));
        let made: Vec<String> = makes.map(|l| l.to.clone()).collect();
        kept.extend(made);
        self.nodes.retain(|n| kept.contains(&n.id));
        self.links.retain(|l| kept.contains(&l.from) && kept.contains(&l.to));
    }
}

/// The evidence of a link from a task to its artifact.
const MAKES: &str = "makes";

fn id(ix: TaskIx) -> String {
    format!("t{}", ix.0)
}

/// Draws the project. `states`: what is known of each artifact. `tasks_only` leaves artifacts out.
pub fn picture(project: &Project, states: &BTreeMap<Identity, State>, tasks_only: bool) -> Picture {
    let graph = &project.graph;
    let mut picture = Picture::default();
    for ix in graph.indices() {
        let task = &graph.task(ix).task;
        picture.nodes.push(Node {
            id: id(ix),
            name: task.id.to_string(),
            label: format!("{}\n{}", task.id.id, shorten(&task.title)),
            state: if task.done { State::Done } else { State::Open },
            task: true,
            group: format!("{} / {}", task.id.feature.short(), task.phase_title),
        });
    }
    for edge in &graph.edges {
        let (from, to) = (id(edge.from), id(edge.to));
        picture.links.push(Link { from, to, evidence: edge.evidence.name(), why: edge.why.clone() });
    }
    for join in &graph.joins {
        // one line from group to group says it: from the last of the one to the first of the other
        if let (Some(from), Some(to)) = (join.before.last(), join.after.first()) {
            let (from, to) = (id(*from), id(*to));
            picture.links.push(Link { from, to, evidence: join.evidence.name(), why: join.why.clone() });
        }
    }
    if tasks_only {
        return picture;
    }
    for (number, possible) in project.possible.iter().enumerate() {
        let artifact = format!("a{number}");
        let owners = graph.owners.get(&possible.identity);
        let unasked = owners.is_none_or(Vec::is_empty);
        let known = states.get(&possible.identity).copied().unwrap_or(State::Absent);
        picture.nodes.push(Node {
            id: artifact.clone(),
            name: possible.identity.to_string(),
            label: possible.identity.to_string().replace('/', "\n"),
            state: if unasked { State::Unasked } else { known },
            task: false,
            group: possible.identity.unit.clone(),
        });
        for owner in owners.into_iter().flatten() {
            picture.links.push(Link { from: id(*owner), to: artifact.clone(), evidence: MAKES, why: String::new() });
        }
    }
    picture
}

fn shorten(title: &str) -> String {
    const MOST: usize = 44;
    if title.chars().count() <= MOST {
        return title.to_owned();
    }
    let cut: String = title.chars().take(MOST - 1).collect();
    format!("{}…", cut.trim_end())
}
