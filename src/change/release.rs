//! Under Helm: one release for the whole app, or one per unit when something has to come first.

use serde::{Deserialize, Serialize};

use crate::model::app::{App, Condition, Role, Unit};

/// One Helm release and the units in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// `todo`, or `todo-backend`.
    pub name: String,
    /// Unit names; all of them for the whole chart.
    pub units: Vec<String>,
    /// Keys in values.yaml of the units that this release leaves out (`<key>.enabled: false`).
    pub off: Vec<String>,
}

/// How the app is split into releases, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    pub releases: Vec<Release>,
    /// One line for people.
    pub why: String,
}

/// Decides it from the units' needs. `order`: unit names in task order; units it does not name come in the app's order.
pub fn split(app: &App, order: &[String]) -> Split {
    let first = app.units.iter().flat_map(|u| u.needs.iter().map(move |n| (u, n))).find(|(_, need)| {
        let role = app.unit(&need.unit).filter(|u| !is_elsewhere(u)).map(|u| u.role);
        let first = matches!(role, Some(Role::Resource | Role::Migration)) || need.condition == Condition::Completed;
        need.condition != Condition::Started && first
    });
    let Some((unit, need)) = first else {
        let release =
            Release { name: app.name.clone(), units: app.units.iter().map(|u| u.name.clone()).collect(), off: vec![] };
        return Split {
            releases: vec![release],
            why: format!("one release `{}`: nothing in it has to come first", app.name),
        };
    };
    let mut names: Vec<&str> = order.iter().map(String::as_str).filter(|n| app.unit(n).is_some()).collect();
    names.extend(app.units.iter().map(|u| u.name.as_str()).filter(|n| !order.iter().any(|o| o == n)));
    let releases = names
        .iter()
        // of a database outside of the cluster there may be nothing to install
        .filter(|name| !app.unit(name).is_some_and(|u| is_elsewhere(u) && u.union.get("externalSecret").is_none()))
        .map(|name| Release {
            name: release_name(&app.name, name),
            units: vec![(*name).to_owned()],
            off: app.units.iter().filter(|u| u.name != *name && !is_nowhere(u)).map(|u| u.key.clone()).collect(),
        })
        .collect();
    let state = match need.condition {
        Condition::Completed => "done",
        Condition::Healthy | Condition::Started => "ready",
    };
    let why = format!("one release per unit, in task order: `{}` must be {state} before `{}`", need.unit, unit.name);
    Split { releases, why }
}

fn is_elsewhere(unit: &Unit) -> bool {
    unit.union.get_str("kind") == Some("External")
}

/// Whether the chart has nothing of it: its address is in a Secret that is there already.
fn is_nowhere(unit: &Unit) -> bool {
    is_elsewhere(unit) && unit.union.get_bool("credentials.given") == Some(true)
}

/// `<app>-<unit>`.
pub fn release_name(app: &str, unit: &str) -> String {
    format!("{app}-{unit}")
}

/// Releases of this app in the cluster that stand in the way of the wanted ones: a whole release where unit releases are
/// wanted, or the reverse. `installed`: names of the releases in the namespace.
pub fn in_the_way<'a>(app: &str, units: &[String], wanted: &[Release], installed: &'a [String]) -> Vec<&'a str> {
    let whole = wanted.iter().any(|r| r.name == app);
    installed
        .iter()
        .map(String::as_str)
        .filter(|name| if whole { units.iter().any(|u| *name == release_name(app, u)) } else { *name == app })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::tree::Node;
    use crate::model::app::{Delivery, Need};
    use crate::model::ids::FeatureId;

    fn unit(name: &str, role: Role, needs: &[(&str, Condition)]) -> Unit {
        Unit {
            name: name.into(),
            role,
            key: name.into(),
            union: Node::empty_map("test"),
            environments: std::collections::BTreeMap::default(),
            needs: needs.iter().map(|(u, c)| Need { unit: (*u).into(), condition: *c, span: None }).collect(),
            feature: FeatureId("f".into()),
            span: None,
        }
    }

    fn app(units: Vec<Unit>) -> App {
        App {
            name: "todo".into(),
            namespace: "todo".into(),
            version: "1.0.0".into(),
            delivery: Delivery::Helm,
            environments: vec!["local".into()],
            default_environment: "local".into(),
            units,
            span: None,
            features: vec![],
            superseded: vec![],
        }
    }

    #[test]
    fn one_release_when_nothing_comes_first() {
        let app = app(vec![
            unit("todo", Role::App, &[]),
            unit("backend", Role::Service, &[]),
            unit("frontend", Role::Service, &[("backend", Condition::Healthy)]),
        ]);
        let split = split(&app, &[]);
        assert_eq!(split.releases.len(), 1);
        assert_eq!(split.releases[0].name, "todo");
        assert!(split.releases[0].off.is_empty());
    }

    #[test]
    fn one_per_unit_in_task_order_for_a_database() {
        let app = app(vec![
            unit("todo", Role::App, &[]),
            unit("database", Role::Resource, &[]),
            unit("backend", Role::Service, &[("database", Condition::Healthy)]),
        ]);
        let order = ["database".to_owned(), "todo".to_owned()];
        let split = split(&app, &order);
        let names: Vec<_> = split.releases.iter().map(|r| r.name.as_str()).collect();
        assert_eq!(names, ["todo-database", "todo-todo", "todo-backend"]);
        assert_eq!(split.releases[0].off, ["todo", "backend"]);
        assert!(split.why.contains("`database` must be ready before `backend`"), "{}", split.why);
    }

    #[test]
    fn releases_of_the_other_form_are_named() {
        let units = ["backend".to_owned()];
        let whole = [Release { name: "todo".into(), units: units.to_vec(), off: vec![] }];
        let installed = ["todo-backend".to_owned(), "other".to_owned()];
        assert_eq!(in_the_way("todo", &units, &whole, &installed), ["todo-backend"]);
        let split = [Release { name: "todo-backend".into(), units: units.to_vec(), off: vec![] }];
        assert_eq!(in_the_way("todo", &units, &split, &["todo".to_owned()]), ["todo"]);
    }
}
