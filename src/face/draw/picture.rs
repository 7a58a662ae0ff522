//! What is drawn, before it is drawn: tasks by phase, artifacts, edges, and a state for each node.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::source::Span;
use crate::face::project::Project;
use crate::graph::tasks::{Graph, TaskIx};
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
    /// `file:line` of the words that say so.
    pub at: Option<String>,
    /// The group that is meant as a whole, where the link begins at a group: `from` is a task of it.
    pub from_group: Option<String>,
    /// The same where it ends.
    pub to_group: Option<String>,
    /// Drawn for something in [`Picture::said`].
    pub join: bool,
}

/// What a sentence about two groups says, whole.
#[derive(Clone, Debug)]
pub struct Said {
    /// Names of tasks.
    pub before: Vec<String>,
    pub after: Vec<String>,
    pub evidence: &'static str,
    pub why: String,
    pub at: Option<String>,
}

#[derive(Clone, Debug, Default)]
pub struct Picture {
    pub nodes: Vec<Node>,
    pub links: Vec<Link>,
    /// Statements about groups; their lines are among the links.
    pub said: Vec<Said>,
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
        let names: BTreeSet<&String> = self.nodes.iter().map(|n| &n.name).collect();
        self.said.retain(|s| s.before.iter().chain(&s.after).all(|n| names.contains(n)));
    }
}

/// More tasks of one phase than this are drawn as one end of a line.
const MOST_ENDS: usize = 3;

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
            group: group(graph, ix),
        });
    }
    let place = |span: Option<Span>| span.map(|s| project.sources.display(s));
    for edge in &graph.edges {
        let (from, to) = (id(edge.from), id(edge.to));
        let (evidence, why, at) = (edge.evidence.name(), edge.why.clone(), place(edge.span));
        picture.links.push(Link { from, to, evidence, why, at, from_group: None, to_group: None, join: false });
    }
    let mut sizes: BTreeMap<String, usize> = BTreeMap::new();
    graph.indices().for_each(|ix| *sizes.entry(group(graph, ix)).or_default() += 1);
    for join in &graph.joins {
        let name = |list: &[TaskIx]| list.iter().map(|t| graph.task(*t).id().to_string()).collect();
        let (evidence, why, at) = (join.evidence.name(), &join.why, place(join.span));
        picture.said.push(Said {
            before: name(&join.before),
            after: name(&join.after),
            evidence,
            why: why.clone(),
            at: at.clone(),
        });
        let ends = ends(graph, &sizes, &join.after, false);
        for (from, from_group) in self::ends(graph, &sizes, &join.before, true) {
            for (to, to_group) in &ends {
                let (from_group, to_group) = (from_group.clone(), to_group.clone());
                let (from, to, why, at) = (id(from), id(*to), why.clone(), at.clone());
                picture.links.push(Link { from, to, evidence, why, at, from_group, to_group, join: true });
            }
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
            let (from, to) = (id(*owner), artifact.clone());
            let why = String::new();
            picture.links.push(Link {
                from,
                to,
                evidence: MAKES,
                why,
                at: None,
                from_group: None,
                to_group: None,
                join: false,
            });
        }
    }
    picture
}

fn group(graph: &Graph, ix: TaskIx) -> String {
    let task = &graph.task(ix).task;
    format!("{} / {}", task.id.feature.short(), task.phase_title)
}

/// Where the line of a group begins or ends: at whole phases, and at the tasks of phases that it holds in part.
fn ends(graph: &Graph, sizes: &BTreeMap<String, usize>, tasks: &[TaskIx], last: bool) -> Vec<(TaskIx, Option<String>)> {
    let mut groups: BTreeMap<String, Vec<TaskIx>> = BTreeMap::new();
    tasks.iter().for_each(|t| groups.entry(group(graph, *t)).or_default().push(*t));
    let mut all: Vec<(TaskIx, Option<String>)> = Vec::new();
    for (name, members) in groups {
        let whole = sizes.get(&name) == Some(&members.len()) && members.len() > 1;
        let one = if last { members.last() } else { members.first() }.copied();
        if whole || members.len() > MOST_ENDS {
            all.extend(one.map(|t| (t, whole.then_some(name))));
        } else {
            all.extend(members.into_iter().map(|t| (t, None)));
        }
    }
    all.sort();
    all
}

fn shorten(title: &str) -> String {
    const MOST: usize = 44;
    if title.chars().count() <= MOST {
        return title.to_owned();
    }
    let cut: String = title.chars().take(MOST - 1).collect();
    format!("{}…", cut.trim_end())
}
