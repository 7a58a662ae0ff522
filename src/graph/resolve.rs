//! The typed blocks become the app: checked, merged, expanded, completed, one model for each environment.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use crate::base::diag::{Diagnostic, has_errors};
use crate::base::tree::{Node, Tree};
use crate::model::app::{App, Condition, Delivery, Need, Role, Unit};
use crate::model::fields::BLOCK;
use crate::model::ids::FeatureId;
use crate::model::workspace::Documents;
use crate::read::stack::Detect;

use super::defaults::{self, Surroundings};
use super::{budget, environments, expand, merge, parts, runtime, shape};

/// Builds the app from every typed block. `stack` tells what a build context is made with.
/// No block: no app and no error; any error: no app.
pub fn resolve(documents: &Documents, stack: &Detect<'_>) -> (Option<App>, Vec<Diagnostic>) {
    let mut out = Vec::new();
    for block in documents.features.iter().flat_map(|f| &f.blocks) {
        shape::check(&block.node, &BLOCK, "", &mut out);
        shape::control_characters(&block.node, "", &mut out);
    }
    let Some(merged) = merge::merge(documents, &mut out) else { return (None, out) };
    if has_errors(&out) {
        return (None, out);
    }
    let app = Resolver { documents, stack, merged: &merged }.app(&mut out);
    (app.filter(|_| !has_errors(&out)), out)
}

struct Resolver<'a> {
    documents: &'a Documents,
    stack: &'a Detect<'a>,
    merged: &'a merge::Merged,
}

/// The expanded trees of one environment, before and after defaults.
#[derive(Clone, Default)]
pub(super) struct Trees {
    pub(super) app: Option<Node>,
    pub(super) services: BTreeMap<String, Node>,
    pub(super) resources: BTreeMap<String, Node>,
    pub(super) migrations: BTreeMap<String, Node>,
}

impl Resolver<'_> {
    fn app(&self, out: &mut Vec<Diagnostic>) -> Option<App> {
        let block = &self.merged.tree;
        let Some(name) = block.get_str("app.name").map(str::to_owned) else {
            let at = block.get("app").or(Some(block)).and_then(Node::key_span);
            out.push(
                Diagnostic::error("app-unnamed", "the typed block does not say what the app is called")
                    .at(at, "no `app.name`")
                    .fix("add `app: { name: todo }` to the block"),
            );
            return None;
        };
        let base = Self::expand(block);
        parts::names(&base, &name, self.merged, self.stack, out);
        let overrides = Self::overrides(block);
        for over in overrides.values() {
            if let Some(node) = &over.app {
                environments::only_knobs(node, base.app.as_ref(), "", "app", out);
            }
            for (of, all) in [(&over.services, &base.services), (&over.resources, &base.resources)] {
                of.iter().for_each(|(unit, node)| environments::only_knobs(node, all.get(unit), "", unit, out));
            }
        }
        let raw: BTreeMap<String, Trees> = overrides.iter().map(|(e, over)| (e.clone(), base.overlay(over))).collect();
        let union = raw.values().fold(base.clone(), |u, t| u.union(t));
        let complete = self.complete(union, &name);
        let order: Vec<String> = raw.keys().cloned().collect();
        let completed: BTreeMap<String, Trees> = raw.into_iter().map(|(e, t)| (e, self.complete(t, &name))).collect();
        let default_environment =
            if order.iter().any(|e| e == "local") { "local".to_owned() } else { order.first()?.clone() };
        let mut units = Vec::new();
        for role in [Role::Resource, Role::Migration, Role::Service] {
            for (unit, node) in complete.of(role) {
                let models = completed.iter().filter_map(|(e, t)| Some((e.clone(), t.of(role).get(unit)?.clone())));
                units.push(self.unit(unit, role, node.clone(), models.collect()));
            }
        }
        environments::derive(&mut units);
        parts::needs(&units, out);
        let own = self.own(&name, &complete, &completed, &units, &default_environment);
        let text = |path: &str, default: &str| own.union.get_str(path).unwrap_or(default).to_owned();
        let app = App {
            namespace: text("namespace", &name),
            version: text("version", "0.1.0"),
            delivery: if text("delivery", "helm") == "native" { Delivery::Native } else { Delivery::Helm },
            environments: order,
            default_environment,
            span: block.get("app").and_then(Node::key_span),
            features: self.merged.features.clone(),
            superseded: self.merged.superseded.clone(),
            units: std::iter::once(own).chain(units).collect(),
            name,
        };
        Some(app)
    }

    fn expand(block: &Node) -> Trees {
        let each = |section: &str, with: &dyn Fn(&Node, &str) -> Node| {
            let map = block.get(section).and_then(Node::as_map);
            map.map(|m| m.iter().filter(|(_, n)| n.as_map().is_some()).map(|(k, n)| (k.clone(), with(n, k))).collect())
                .unwrap_or_default()
        };
        Trees {
            app: block.get("app").map(expand::app),
            services: each("services", &|n, k| expand::service(n, k)),
            resources: each("resources", &|n, _| expand::resource(n)),
            migrations: BTreeMap::new(),
        }
    }

    /// The overrides of each environment; `local` alone when the block names none.
    fn overrides(block: &Node) -> BTreeMap<String, Trees> {
        let map = block.get("environments").and_then(Node::as_map);
        let named: BTreeMap<String, Trees> =
            map.map(|m| m.iter().map(|(e, n)| (e.clone(), Self::expand(n))).collect()).unwrap_or_default();
        if named.is_empty() { BTreeMap::from([("local".to_owned(), Trees::default())]) } else { named }
    }

    /// Fills in the defaults, resources first: services link to them.
    fn complete(&self, mut trees: Trees, app: &str) -> Trees {
        for (name, node) in &mut trees.resources {
            defaults::postgres(node, name, app);
        }
        let (services, resources) = (trees.services.clone(), trees.resources.clone());
        // ports first: a service's address is its neighbour's default
        let mut done = services.clone();
        for _ in 0..2 {
            let known = done.clone();
            for (name, node) in &services {
                let stack = runtime::asked(node).map(|a| (self.stack)(&a)).unwrap_or_default();
                let around = Surroundings { app, services: &known, resources: &resources, stack: &stack };
                let mut node = node.clone();
                defaults::service(&mut node, name, &around);
                done.insert(name.clone(), node);
            }
        }
        trees.services = done;
        for (name, resource) in &resources {
            let Some(of) = resource.get_str("migrations.service") else { continue };
            let (Some(service), Some(command)) = (trees.services.get(of), resource.get("migrations.command")) else {
                continue;
            };
            let unit = format!("{name}-migrate");
            let mut node = defaults::migration(service, command, &unit, of);
            node.origin = resource.get("migrations").map_or(node.origin, |n| n.origin.clone());
            node.requirements.clone_from(&resource.requirements);
            node.put(
                "dependsOn",
                defaults::tree(&json!({ name.as_str(): "healthy" }), "a migration needs its database"),
            );
            trees.migrations.insert(unit, node);
        }
        // who depends on a database with migrations waits for them
        for node in trees.services.values_mut() {
            let needs: Vec<String> =
                node.get("dependsOn").and_then(Node::as_map).map(|m| m.keys().cloned().collect()).unwrap_or_default();
            for need in needs {
                let unit = format!("{need}-migrate");
                if trees.migrations.contains_key(&unit) {
                    node.put_default(
                        &format!("dependsOn.{unit}"),
                        Node::text("completed", "the schema comes before its users"),
                    );
                }
            }
        }
        trees
    }

    fn unit(&self, name: &str, role: Role, union: Node, models: BTreeMap<String, Node>) -> Unit {
        let span = union.key_span();
        let environments = models
            .into_iter()
            .map(|(e, model)| {
                let grafted = environments::graft(&union, &model, "");
                (e, grafted)
            })
            .collect();
        let needs = union.get("dependsOn").and_then(Node::as_map).map(|m| m.iter().map(|(k, n)| need(k, n)).collect());
        Unit {
            name: name.to_owned(),
            role,
            key: camel(name),
            feature: self.feature_of(&union),
            needs: needs.unwrap_or_default(),
            union,
            environments,
            span,
        }
    }

    fn feature_of(&self, node: &Node) -> FeatureId {
        let file = node.key_span().map(|s| s.file);
        let found = self.documents.features.iter().find(|f| f.spec.is_some() && f.spec == file).map(|f| f.id.clone());
        found.or_else(|| self.merged.features.first().cloned()).unwrap_or_else(|| FeatureId("".into()))
    }

    /// The app's own unit: namespace, quota, Ingress, and for compose.yaml the models of all others.
    fn own(
        &self,
        name: &str,
        union: &Trees,
        environments: &BTreeMap<String, Trees>,
        units: &[Unit],
        default: &str,
    ) -> Unit {
        let complete = |tree: &Trees, environment: &str| {
            let mut node = tree.app.clone().unwrap_or_else(|| Node::empty_map("no `app` here"));
            let mut put =
                |path: &str, value: serde_json::Value, why: &str| node.put_default(path, defaults::tree(&value, why));
            put("enabled", json!(true), "every unit is on");
            put("namespace", json!(name), "the namespace is called like the app");
            put("version", json!("0.1.0"), "the first version");
            put("podSecurity", json!("restricted"), "the strictest Pod Security Standard");
            put("host", json!(format!("{name}.local")), "a name for the local cluster");
            let model = |u: &Unit| u.environments.get(environment).map_or_else(|| u.union.clone(), Clone::clone);
            put(
                "quota",
                json!(budget::quota(units.iter().map(model))),
                "the sum of what the units may use, with room for one upgrade",
            );
            put("limitRange", budget::limit_range(), "for containers that state none");
            let rules: Vec<_> = union.services.iter().filter_map(|(s, n)| ingress_rule(s, n)).collect();
            if !rules.is_empty() {
                node.put_default("ingress", Node::empty_map("services with an ingress path"));
                node.put("ingress.rules", Node::default(Tree::List(rules), "services with an ingress path"));
            }
            for unit in units {
                let section = match unit.role {
                    Role::Service => "services",
                    Role::Resource => "resources",
                    Role::Migration => "migrations",
                    Role::App => continue,
                };
                let model = unit.environments.get(default).unwrap_or(&unit.union).clone();
                node.put(&format!("{section}.{}", unit.name), model);
            }
            let facts: Vec<_> =
                units.iter().map(|u| json!({ "name": u.name, "key": u.key, "role": u.role.name() })).collect();
            node.put("units", defaults::tree(&json!(facts), "the units of the app"));
            node
        };
        let mut models: BTreeMap<String, Node> =
            environments.iter().map(|(e, t)| (e.clone(), complete(t, e))).collect();
        let union = models.values().fold(complete(union, default), |u, m| u.union(m));
        models.values_mut().for_each(|m| *m = environments::graft(&union, m, ""));
        Unit {
            name: name.to_owned(),
            role: Role::App,
            key: "app".to_owned(),
            feature: self.feature_of(&union),
            span: union.key_span(),
            union,
            environments: models,
            needs: Vec::new(),
        }
    }
}

fn ingress_rule(service: &str, node: &Node) -> Option<Node> {
    let ingress = node.get("ingress")?;
    let mut rule = ingress.clone();
    rule.put("unit", ingress.with(Tree::Text(service.to_owned())));
    rule.put("port", ingress.with(Tree::Int(defaults::first_port(node)?)));
    rule.put_default("path", Node::text("/", "the whole host"));
    Some(rule)
}

impl Trees {
    fn of(&self, role: Role) -> &BTreeMap<String, Node> {
        match role {
            Role::Resource => &self.resources,
            Role::Migration => &self.migrations,
            Role::Service | Role::App => &self.services,
        }
    }

    fn overlay(&self, over: &Self) -> Self {
        self.merge(over, Node::overlay)
    }

    fn union(&self, over: &Self) -> Self {
        self.merge(over, Node::union)
    }

    fn merge(&self, over: &Self, with: fn(&Node, &Node) -> Node) -> Self {
        let maps = |a: &BTreeMap<String, Node>, b: &BTreeMap<String, Node>| {
            let keys: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            keys.into_iter()
                .filter_map(|k| match (a.get(k), b.get(k)) {
                    (Some(x), Some(y)) => Some((k.clone(), with(x, y))),
                    (x, y) => x.or(y).map(|n| (k.clone(), n.clone())),
                })
                .collect()
        };
        Self {
            app: match (&self.app, &over.app) {
                (Some(a), Some(b)) => Some(with(a, b)),
                (a, b) => a.clone().or_else(|| b.clone()),
            },
            services: maps(&self.services, &over.services),
            resources: maps(&self.resources, &over.resources),
            migrations: maps(&self.migrations, &over.migrations),
        }
    }
}

fn need(unit: &str, node: &Node) -> Need {
    let condition = match node.as_str() {
        Some("started") => Condition::Started,
        Some("completed") => Condition::Completed,
        _ => Condition::Healthy,
    };
    Need { unit: unit.to_owned(), condition, span: node.span() }
}

/// `database-migrate` to `databaseMigrate`: a key that `.Values` can be followed by.
pub fn camel(name: &str) -> String {
    let mut parts = name.split('-');
    let head = parts.next().unwrap_or_default().to_owned();
    parts.fold(head, |mut out, part| {
        let mut chars = part.chars();
        out.extend(chars.next().map(|c| c.to_ascii_uppercase()));
        out.push_str(chars.as_str());
        out
    })
}
