//! Questions to the graph: which tasks, which requirements, which artifacts, and why one task comes after another.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::model::app::{App, Role};
use crate::model::ids::{Identity, Ownership, RequirementId, TaskId};
use crate::model::workspace::Documents;

use super::build::{cited, feature_of};
use super::tasks::{Edge, Evidence, Graph, Join, TaskIx};

impl Graph {
    /// The tasks that a name means: `T012`, `feature/T012`; several when features share an id.
    pub fn find(&self, name: &str) -> Vec<TaskIx> {
        let (feature, id) = name.rsplit_once('/').map_or((None, name), |(f, id)| (Some(f), id));
        let fits = |task: &TaskId| {
            let same = feature.is_none_or(|f| *task.feature.0 == *f || task.feature.short() == f);
            same && task.id.eq_ignore_ascii_case(id)
        };
        self.indices().filter(|ix| fits(self.task(*ix).id())).collect()
    }

    /// The task of exactly that id.
    pub fn get(&self, id: &TaskId) -> Option<TaskIx> {
        self.indices().find(|ix| self.task(*ix).id() == id)
    }

    /// Why `later` comes after `first`: the edges from one to the other, over the strongest evidence that connects
    /// them and with the fewest steps. Empty when nothing does.
    pub fn path(&self, first: TaskIx, later: TaskIx) -> Vec<Edge> {
        let levels = [Evidence::Declared, Evidence::DeclaredGroup, Evidence::Inferred, Evidence::PhaseOrder];
        levels.iter().map(|e| self.path_over(first, later, *e)).find(|p| !p.is_empty()).unwrap_or_default()
    }

    fn path_over(&self, first: TaskIx, later: TaskIx, weakest: Evidence) -> Vec<Edge> {
        let mut of: BTreeMap<TaskIx, Vec<usize>> = BTreeMap::new();
        for (number, join) in self.joins.iter().enumerate().filter(|(_, j)| j.evidence <= weakest) {
            join.before.iter().for_each(|t| of.entry(*t).or_default().push(number));
        }
        let mut taken: BTreeSet<usize> = BTreeSet::new();
        let mut came: BTreeMap<TaskIx, Edge> = BTreeMap::new();
        let mut queue = VecDeque::from([first]);
        while let Some(node) = queue.pop_front() {
            if came.contains_key(&later) {
                break;
            }
            let direct = self.outgoing(node).filter(|e| e.evidence <= weakest).cloned();
            let mut steps: Vec<Edge> = direct.collect();
            // a join leads to the same tasks from each of its members
            for join in of.get(&node).into_iter().flatten().filter(|j| taken.insert(**j)) {
                steps.extend(self.joins[*join].after.iter().map(|to| self.joins[*join].edge(node, *to)));
            }
            for edge in steps {
                if let Entry::Vacant(slot) = came.entry(edge.to)
                    && edge.to != first
                {
                    queue.push_back(edge.to);
                    slot.insert(edge);
                }
            }
        }
        let mut path = Vec::new();
        let mut at = later;
        while let Some(edge) = came.get(&at) {
            path.push(edge.clone());
            at = edge.from;
        }
        path.reverse();
        path
    }

    /// The joins that a task waits for, and those that wait for it.
    pub fn joins_of(&self, task: TaskIx) -> (Vec<&Join>, Vec<&Join>) {
        let on = |pick: fn(&Join) -> &Vec<TaskIx>| {
            self.joins.iter().filter(|j| pick(j).binary_search(&task).is_ok()).collect::<Vec<_>>()
        };
        (on(|j| &j.after), on(|j| &j.before))
    }

    /// `T004`, `T004 and T007`, `T004 to T019` (16 tasks): a sorted list in few words.
    pub fn shown(&self, tasks: &[TaskIx]) -> String {
        let id = |ix: &TaskIx| &self.task(*ix).task.id.id;
        match tasks {
            [] => "nothing".to_owned(),
            [one] => format!("`{}`", id(one)),
            [one, two] => format!("`{}` and `{}`", id(one), id(two)),
            [first, .., last] => {
                let run = last.0 - first.0 + 1 == u32::try_from(tasks.len()).unwrap_or_default();
                if run {
                    format!("`{}` to `{}`", id(first), id(last))
                } else {
                    format!("`{}` … `{}` ({} tasks)", id(first), id(last), tasks.len())
                }
            }
        }
    }

    /// Edges from a task to those that wait for it.
    pub fn outgoing(&self, from: TaskIx) -> impl Iterator<Item = &Edge> {
        let start = self.edges.partition_point(|e| e.from < from);
        self.edges[start..].iter().take_while(move |e| e.from == from)
    }

    /// Edges from those that a task waits for.
    pub fn incoming(&self, to: TaskIx) -> impl Iterator<Item = &Edge> {
        self.edges.iter().filter(move |e| e.to == to)
    }

    /// The requirements that a task cites, in the order of its line.
    pub fn requirements_of(&self, task: TaskIx) -> Vec<RequirementId> {
        let task = &self.task(task).task;
        let ids = task.requirements.iter().map(|(id, _)| id.clone());
        ids.map(|id| RequirementId { feature: task.id.feature.clone(), id }).collect()
    }

    /// The artifacts that a task owns.
    pub fn artifacts_of(&self, task: TaskIx) -> Vec<&Identity> {
        self.owners.iter().filter(|(_, owners)| owners.contains(&task)).map(|(identity, _)| identity).collect()
    }

    /// Tasks and requirements behind every artifact that has a task: the requirements that its tasks cite and
    /// those that the fields of its unit cite. Ids that no spec defines are left out.
    pub fn ownership(&self, documents: &Documents, app: &App) -> BTreeMap<Identity, Ownership> {
        let known: BTreeSet<&RequirementId> =
            documents.features.iter().flat_map(|f| &f.requirements).map(|r| &r.id).collect();
        let mut units: BTreeMap<&str, BTreeSet<RequirementId>> = BTreeMap::new();
        for unit in &app.units {
            let ids = units.entry(&unit.name).or_default();
            let mut own = unit.union.clone();
            if unit.role == Role::App {
                // its tree repeats the units as facts for the chart; they answer for themselves
                for key in ["units", "services", "resources", "migrations"] {
                    own.remove(key);
                }
            }
            cited(&own, &mut |node, id| {
                let feature = feature_of(documents, node, &unit.feature).map(|f| f.id.clone());
                ids.extend(feature.map(|feature| RequirementId { feature, id: id.to_owned() }));
            });
        }
        let known_of = |ids: BTreeSet<RequirementId>| ids.into_iter().filter(|r| known.contains(r)).collect();
        let ownership = |identity: &Identity, owners: &[TaskIx]| Ownership {
            tasks: owners.iter().map(|ix| self.task(*ix).id().clone()).collect(),
            requirements: known_of(owners.iter().flat_map(|ix| self.requirements_of(*ix)).collect()),
            fields: known_of(units.get(identity.unit.as_str()).cloned().unwrap_or_default()),
        };
        self.owners.iter().map(|(identity, owners)| (identity.clone(), ownership(identity, owners))).collect()
    }
}
