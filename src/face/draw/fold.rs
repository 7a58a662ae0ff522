//! A picture too large to look at, folded: a node for each phase, or for each feature.

use std::collections::BTreeMap;

use super::picture::{Link, Node, Picture, State};

/// What a node stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    Task,
    Phase,
    Feature,
}

/// More nodes than this are no picture.
const MOST: usize = 150;

/// The finest level at which the picture can be looked at.
pub fn level(picture: &Picture) -> Level {
    let groups = |level: Level| {
        let of = picture.nodes.iter().filter(|n| n.task).map(|n| key(n, level));
        of.collect::<std::collections::BTreeSet<_>>().len()
    };
    match () {
        () if picture.nodes.iter().filter(|n| n.task).count() <= MOST => Level::Task,
        () if groups(Level::Phase) <= MOST => Level::Phase,
        () => Level::Feature,
    }
}

/// The feature of a node; its phase too, if phases are told apart.
fn key(node: &Node, level: Level) -> (String, String) {
    let feature = node.name.rsplit_once('/').map_or("", |(f, _)| f).to_owned();
    let phase = if level == Level::Phase { node.group.clone() } else { String::new() };
    (feature, phase)
}

/// Folds the tasks of a picture; artifacts are left out.
pub fn fold(picture: &Picture, level: Level) -> Picture {
    if level == Level::Task {
        return picture.clone();
    }
    let mut folded = Picture::default();
    let mut places: BTreeMap<(String, String), usize> = BTreeMap::new();
    let mut of: BTreeMap<&str, usize> = BTreeMap::new();
    let mut counts: Vec<(usize, usize)> = Vec::new();
    for node in picture.nodes.iter().filter(|n| n.task) {
        let key = key(node, level);
        let (feature, phase) = key.clone();
        let place = *places.entry(key).or_insert_with(|| {
            let phase = phase.split_once(" / ").map_or("", |(_, p)| p).to_owned();
            let short = feature.rsplit('/').next().unwrap_or_default().to_owned();
            let (name, label, group) = match level {
                Level::Phase => (format!("{feature}: {phase}"), phase, short),
                _ => (feature.clone(), short, String::new()),
            };
            let id = format!("p{}", folded.nodes.len());
            folded.nodes.push(Node { id, name, label, state: State::Done, task: true, group });
            counts.push((0, 0));
            folded.nodes.len() - 1
        });
        of.insert(&node.id, place);
        counts[place].0 += 1;
        counts[place].1 += usize::from(node.state == State::Done);
        if node.state != State::Done {
            folded.nodes[place].state = State::Open;
        }
    }
    for (node, (all, done)) in folded.nodes.iter_mut().zip(&counts) {
        let label = if node.label.is_empty() { "the beginning of the file" } else { &node.label };
        node.label = format!("{label}\n{done} of {all} done");
    }
    let mut strongest: BTreeMap<(usize, usize), &Link> = BTreeMap::new();
    for link in &picture.links {
        let (Some(from), Some(to)) = (of.get(link.from.as_str()), of.get(link.to.as_str())) else { continue };
        if from != to {
            let slot = strongest.entry((*from, *to)).or_insert(link);
            if rank(link.evidence) < rank(slot.evidence) {
                *slot = link;
            }
        }
    }
    folded.links = strongest
        .into_iter()
        .map(|((from, to), link)| {
            let (from, to) = (folded.nodes[from].id.clone(), folded.nodes[to].id.clone());
            Link { from, to, from_group: None, to_group: None, join: false, ..link.clone() }
        })
        .collect();
    folded
}

fn rank(evidence: &str) -> usize {
    ["declared", "declared for the group", "inferred", "phase order"].iter().position(|e| *e == evidence).unwrap_or(9)
}
