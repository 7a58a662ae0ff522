//! What a name means that a user writes: features, tasks, requirements, stories, sentences. Short forms are taken
//! wherever they mean one thing. The only place that decides it.

use crate::base::suggest::nearest;
use crate::model::ids::{FeatureId, RequirementId};
use crate::model::workspace::{Documents, Feature};

use super::tasks::{Graph, TaskIx};

/// One thing that a name can mean.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Thing {
    Feature(FeatureId),
    Task(TaskIx),
    Requirement(RequirementId),
    /// A label of tasks, such as `US1`, that no spec defines as a story.
    Story(FeatureId, String),
    /// A sentence of the constitution, by its id.
    Statement(String),
}

/// Why a name does not mean one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unclear {
    /// Nothing is called so; the nearest names.
    Unknown(Vec<String>),
    /// Several things are; each with a name that means it alone, sorted.
    Ambiguous(Vec<String>),
}

/// How exactly a name fits, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    Exact,
    /// But for upper and lower case.
    Case,
    /// But for zeros, hyphens and spaces: `T12` for `T012`, `FR3` for `FR-003`, `8` for `008-deployment`.
    Loose,
    /// The beginning of a feature's last part: `007-fix`.
    Beginning,
}

/// Everything in the documents that has a name.
#[derive(Clone, Copy)]
pub struct Names<'a> {
    documents: &'a Documents,
    graph: &'a Graph,
}

impl<'a> Names<'a> {
    pub fn new(documents: &'a Documents, graph: &'a Graph) -> Self {
        Self { documents, graph }
    }

    /// All that a name means. Of several, those that it fits best; sorted.
    ///
    /// `feature:`, `task:`, `requirement:`, `story:` and `statement:` in front ask for one kind of thing.
    pub fn find(&self, name: &str) -> Vec<Thing> {
        let name = name.trim();
        let (kind, name) = match name.split_once(':') {
            Some((kind @ ("feature" | "task" | "requirement" | "story" | "statement"), rest)) => (kind, rest.trim()),
            _ => ("", name),
        };
        if name.is_empty() {
            return Vec::new();
        }
        let wants = |k: &str| kind.is_empty() || kind == k;
        let mut found: Vec<(Fit, Thing)> = Vec::new();
        if wants("feature") {
            found.extend(self.fitting_features(name).into_iter().map(|(fit, f)| (fit, Thing::Feature(f.id.clone()))));
        }
        for (feature, id) in self.splits(name) {
            let among = |f: &FeatureId| feature.as_ref().is_none_or(|ids| ids.contains(&f));
            if wants("task") {
                let tasks = self.graph.indices().filter(|ix| among(&self.graph.task(*ix).task.id.feature));
                found.extend(tasks.filter_map(|ix| Some((fit(&self.graph.task(ix).task.id.id, id)?, Thing::Task(ix)))));
            }
            for f in self.documents.features.iter().filter(|f| among(&f.id)) {
                let defined = f.requirements.iter().filter_map(|r| Some((fit(&r.id.id, id)?, r.id.clone())));
                let defined: Vec<(Fit, RequirementId)> = defined.collect();
                if wants("story") && defined.is_empty() {
                    let labels = f.tasks.iter().filter_map(|t| t.story.as_deref());
                    let label = labels.filter_map(|l| Some((fit(l, id)?, l))).min();
                    found.extend(label.map(|(fit, l)| (fit, Thing::Story(f.id.clone(), l.to_owned()))));
                }
                if wants("requirement") || (wants("story") && defined.iter().all(|(_, r)| r.id.starts_with("US"))) {
                    found.extend(defined.into_iter().map(|(fit, r)| (fit, Thing::Requirement(r))));
                }
            }
        }
        if wants("statement") {
            let statements = self.documents.constitution.iter().flat_map(|c| &c.statements);
            found.extend(statements.filter_map(|s| {
                let short = s.id.strip_prefix("C/").and_then(|short| fit(short, name)).map(|f| f.max(Fit::Case));
                Some((exact(&s.id, name).or(short)?, Thing::Statement(s.id.clone())))
            }));
        }
        let Some(best) = found.iter().map(|(fit, _)| *fit).min() else { return Vec::new() };
        let mut best: Vec<Thing> = found.into_iter().filter(|(fit, _)| *fit == best).map(|(_, thing)| thing).collect();
        best.sort();
        best.dedup();
        best
    }

    /// The one thing that a name means.
    ///
    /// # Errors
    /// When nothing is called so, or several things are.
    pub fn one(&self, name: &str) -> Result<Thing, Unclear> {
        let found = self.find(name);
        match &found[..] {
            [one] => Ok(one.clone()),
            [] => Err(Unclear::Unknown(self.near(name))),
            several => Err(Unclear::Ambiguous(self.names(several))),
        }
    }

    /// The one feature that a name means: its path, its last parts, its number, its title.
    ///
    /// # Errors
    /// As [`Self::one`].
    pub fn feature(&self, name: &str) -> Result<&'a Feature, Unclear> {
        let name = name.strip_prefix("feature:").unwrap_or(name);
        let mut found = self.fitting_features(name);
        let best = found.iter().map(|(fit, _)| *fit).min();
        found.retain(|(fit, _)| Some(*fit) == best);
        match &found[..] {
            [(_, one)] => Ok(one),
            [] => Err(Unclear::Unknown(self.near_among(name, |t| matches!(t, Thing::Feature(_))))),
            several => {
                let all: Vec<Thing> = several.iter().map(|(_, f)| Thing::Feature(f.id.clone())).collect();
                Err(Unclear::Ambiguous(self.names(&all)))
            }
        }
    }

    /// The one task that a name means.
    ///
    /// # Errors
    /// As [`Self::one`].
    pub fn task(&self, name: &str) -> Result<TaskIx, Unclear> {
        let kind = if name.starts_with("task:") { name.to_owned() } else { format!("task:{name}") };
        let found = self.find(&kind);
        match &found[..] {
            [Thing::Task(ix)] => Ok(*ix),
            [] => Err(Unclear::Unknown(self.near_among(name, |t| matches!(t, Thing::Task(_))))),
            several => Err(Unclear::Ambiguous(self.names(several))),
        }
    }

    /// The whole name of a thing.
    pub fn name(&self, thing: &Thing) -> String {
        match thing {
            Thing::Feature(id) => id.to_string(),
            Thing::Task(ix) => self.graph.task(*ix).task.id.to_string(),
            Thing::Requirement(id) => id.to_string(),
            Thing::Story(feature, story) => format!("{feature}/{story}"),
            Thing::Statement(id) => id.clone(),
        }
    }

    /// Names that each mean one of several things; the kind stands in front where names alone are equal.
    fn names(&self, things: &[Thing]) -> Vec<String> {
        let plain: Vec<String> = things.iter().map(|t| self.name(t)).collect();
        let mut all: Vec<String> = things
            .iter()
            .zip(&plain)
            .map(|(thing, name)| {
                let alone = plain.iter().filter(|n| *n == name).count() == 1;
                if alone { name.clone() } else { format!("{}:{name}", kind(thing)) }
            })
            .collect();
        all.sort();
        all
    }

    /// The answer to a name that means several things.
    pub fn ambiguous(&self, things: &[Thing]) -> Unclear {
        Unclear::Ambiguous(self.names(things))
    }

    /// The names nearest to one that means nothing.
    pub fn near(&self, name: &str) -> Vec<String> {
        self.near_among(name, |_| true)
    }

    fn near_among(&self, name: &str, wanted: impl Fn(&Thing) -> bool) -> Vec<String> {
        let bare = name.rsplit('/').next().unwrap_or(name);
        let mut known: Vec<(String, String)> = Vec::new();
        let mut add = |short: &str, thing: Thing| {
            if wanted(&thing) {
                known.push((short.to_owned(), self.name(&thing)));
            }
        };
        for ix in self.graph.indices() {
            add(&self.graph.task(ix).task.id.id, Thing::Task(ix));
        }
        for feature in &self.documents.features {
            let short = feature.id.short();
            let words = short.trim_start_matches(|c: char| c.is_ascii_digit() || c == '-');
            add(short, Thing::Feature(feature.id.clone()));
            if words != short && !words.is_empty() {
                add(words, Thing::Feature(feature.id.clone()));
            }
            for requirement in &feature.requirements {
                add(&requirement.id.id, Thing::Requirement(requirement.id.clone()));
            }
        }
        for statement in self.documents.constitution.iter().flat_map(|c| &c.statements) {
            add(&statement.id, Thing::Statement(statement.id.clone()));
        }
        // with a feature in front, only what lies in that feature is meant
        let inside = name.rsplit_once('/').map(|(f, _)| f).filter(|f| !self.fitting_features(f).is_empty());
        if let Some(inside) = inside {
            let ids: Vec<String> = self.fitting_features(inside).iter().map(|(_, f)| format!("{}/", f.id)).collect();
            known.retain(|(_, full)| ids.iter().any(|f| full.starts_with(f.as_str())));
        }
        let mut shorts: Vec<&str> = known.iter().map(|(short, _)| short.as_str()).collect();
        shorts.sort_unstable();
        shorts.dedup();
        let found = nearest(bare, shorts, 3);
        found
            .into_iter()
            .filter_map(|short| {
                let mut full = known.iter().filter(|(s, _)| s == short).map(|(_, full)| full);
                let first = full.next()?;
                Some(if full.next().is_none() && inside.is_some() { first.clone() } else { short.to_owned() })
            })
            .collect()
    }

    /// `feature/id` at every `/` in front of which a feature stands, and the name as a whole without a feature.
    fn splits<'n>(&self, name: &'n str) -> Vec<(Option<Vec<&'a FeatureId>>, &'n str)> {
        let mut all = vec![(None, name)];
        for (at, _) in name.match_indices('/') {
            let features = self.fitting_features(&name[..at]);
            let best = features.iter().map(|(fit, _)| *fit).min();
            let ids: Vec<&FeatureId> =
                features.iter().filter(|(fit, _)| Some(*fit) == best).map(|(_, f)| &f.id).collect();
            if !ids.is_empty() {
                all.push((Some(ids), &name[at + 1..]));
            }
        }
        all
    }

    fn fitting_features(&self, name: &str) -> Vec<(Fit, &'a Feature)> {
        let name = name.trim().trim_start_matches("./").trim_end_matches('/');
        if name.is_empty() {
            return Vec::new();
        }
        let features = self.documents.features.iter();
        let mut found: Vec<(Fit, &Feature)> = features.filter_map(|f| Some((feature_fit(f, name)?, f))).collect();
        // a whole path means that feature, even where it ends another path as well
        if found.iter().any(|(_, f)| *f.id.0 == *name) {
            found.retain(|(_, f)| *f.id.0 == *name);
        }
        found
    }
}

fn kind(thing: &Thing) -> &'static str {
    match thing {
        Thing::Feature(_) => "feature",
        Thing::Task(_) => "task",
        Thing::Requirement(_) => "requirement",
        Thing::Story(..) => "story",
        Thing::Statement(_) => "statement",
    }
}

fn feature_fit(feature: &Feature, name: &str) -> Option<Fit> {
    let (path, short) = (&*feature.id.0, feature.id.short());
    let ends =
        |path: &str, name: &str| path == name || path.strip_suffix(name).is_some_and(|before| before.ends_with('/'));
    if ends(path, name) {
        return Some(Fit::Exact);
    }
    let lower = name.to_lowercase();
    if ends(&path.to_lowercase(), &lower) {
        return Some(Fit::Case);
    }
    let digits = short.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = short.split_at(digits);
    let zeros = |n: &str| n.trim_start_matches('0').to_owned();
    let by_number = digits > 0 && name.bytes().all(|b| b.is_ascii_digit()) && zeros(number) == zeros(name);
    let by_words = rest.trim_start_matches(['-', '_']).to_lowercase() == lower || feature.title.to_lowercase() == lower;
    if by_number || by_words {
        return Some(Fit::Loose);
    }
    (lower.chars().count() >= 3 && short.to_lowercase().starts_with(&lower)).then_some(Fit::Beginning)
}

fn exact(known: &str, name: &str) -> Option<Fit> {
    if known == name { Some(Fit::Exact) } else { (known.to_lowercase() == name.to_lowercase()).then_some(Fit::Case) }
}

fn fit(known: &str, name: &str) -> Option<Fit> {
    // most names differ in their first letters, and there may be very many
    exact(known, name).or_else(|| (loose(known) == loose(name)).then_some(Fit::Loose))
}

/// Lower case, without hyphens, spaces and leading zeros; `user story 1` is `us1`.
fn loose(name: &str) -> String {
    let lower = name.to_lowercase();
    let story = ["user story", "user-story", "story"].iter().find_map(|p| lower.strip_prefix(p));
    let story = story.filter(|rest| rest.trim_start_matches([' ', '-']).starts_with(|c: char| c.is_ascii_digit()));
    let lower = story.map_or(lower.clone(), |rest| format!("us{rest}"));
    let mut out = String::with_capacity(lower.len());
    let mut letters = lower.chars().filter(|c| !matches!(c, '-' | '_' | ' ')).peekable();
    while let Some(letter) = letters.next() {
        let digit_before = out.ends_with(|c: char| c.is_ascii_digit());
        let digit_after = letters.peek().is_some_and(char::is_ascii_digit);
        if letter != '0' || digit_before || !digit_after {
            out.push(letter);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::source::{Sources, Span};
    use crate::model::ids::TaskId;
    use crate::model::workspace::{Layout, Requirement, Task};

    #[test]
    fn names_but_for_zeros_hyphens_and_case() {
        for (known, name, wanted) in [
            ("T012", "T012", Some(Fit::Exact)),
            ("T012", "t012", Some(Fit::Case)),
            ("T012", "T12", Some(Fit::Loose)),
            ("T-001", "T1", Some(Fit::Loose)),
            ("FR-003", "fr3", Some(Fit::Loose)),
            ("US1", "User Story 1", Some(Fit::Loose)),
            ("User login", "user-login", Some(Fit::Loose)),
            ("1.10", "1.1", None),
            ("1.1", "11", None),
            ("T100", "T1", None),
            ("T0", "T", None),
        ] {
            assert_eq!(fit(known, name), wanted, "{known} {name}");
        }
    }

    /// Two features, one inside the other; a task and a requirement of one name.
    fn documents() -> Documents {
        let mut sources = Sources::default();
        let span = Span::new(sources.add("f", ""), 0, 0);
        let feature = |path: &str, tasks: &[&str], requirements: &[&str]| {
            let id = FeatureId(path.into());
            let mut feature = Feature::new(id.clone(), Layout::Kiro);
            let task = |t: &&str| Task::new(TaskId { feature: id.clone(), id: (*t).to_owned() }, span);
            feature.tasks = tasks.iter().map(|t| task(t).into()).collect();
            let requirement =
                |r: &&str| Requirement::new(RequirementId { feature: id.clone(), id: (*r).to_owned() }, "", span);
            feature.requirements = requirements.iter().map(requirement).collect();
            feature
        };
        let features = vec![
            feature(".kiro/specs/login", &["1", "1.1"], &["1.1", "User/admin login"]),
            feature("specs/004-x", &["T001"], &[]),
            feature("specs/004-x/specs/004-x", &["T001", "T002"], &[]),
        ];
        Documents { features: features.into(), ..Documents::default() }
    }

    #[test]
    fn several_kinds_and_nested_features() {
        let documents = documents();
        let (graph, _) = crate::graph::build(&documents, None, &[], &[]);
        let names = Names::new(&documents, &graph);
        let all = |name: &str| names.find(name).iter().map(|t| names.name(t)).collect::<Vec<_>>();
        let ambiguous = |name: &str| match names.one(name) {
            Err(Unclear::Ambiguous(all)) => all,
            other => panic!("{name}: {other:?}"),
        };
        assert_eq!(ambiguous("login/1.1"), ["requirement:.kiro/specs/login/1.1", "task:.kiro/specs/login/1.1"]);
        for candidate in ambiguous("login/1.1").into_iter().chain(ambiguous("004-x")).chain(ambiguous("T001")) {
            assert!(names.one(&candidate).is_ok(), "{candidate} is a name");
        }
        assert_eq!(all("specs/004-x"), ["specs/004-x"], "a whole path means that feature alone");
        assert_eq!(all("4/T002"), ["specs/004-x/specs/004-x/T002"], "one of the two has it");
        assert_eq!(all("login/user/ADMIN login"), [".kiro/specs/login/User/admin login"], "names may hold a slash");
        assert_eq!(all("user/admin-login"), [".kiro/specs/login/User/admin login"]);
        assert_eq!((all(""), all("/"), all("task:"), all("login/")), (vec![], vec![], vec![], all("login")));
        assert_eq!(names.one("login/zzz"), Err(Unclear::Unknown(vec![])));
    }
}
