//! The typed blocks become the app: checked, merged, expanded, completed, one model for each environment.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use serde_json::json;

use crate::base::diag::{Diagnostic, has_errors};
use crate::base::tree::Node;
use crate::model::app::{App, Condition, Delivery, Need, Role, Unit};
use crate::model::fields::BLOCK;
use crate::model::ids::FeatureId;
use crate::model::workspace::Documents;
use crate::read::stack::Detect;

use super::defaults::{self, Surroundings};
use super::{
    agents, backup, budget, conflicts, databases, environments, expand, ingress, jobs, limits, merge, mesh, monitoring,
    mounts, network, parts, runtime, secret_checks, secrets, shape, telemetry,
};

/// Builds the app from every typed block. `stack` tells what a build context is made with.
/// No block: no app and no error; any error: no app.
pub fn resolve(documents: &Documents, stack: &Detect<'_>) -> (Option<App>, Vec<Diagnostic>) {
    let mut out = Vec::new();
    for block in documents.features.iter().flat_map(|f| &f.blocks) {
        shape::check(&block.node, &BLOCK, "", &mut out);
        shape::control_characters(&block.node, "", &mut out);
    }
    let Some(mut merged) = merge::merge(documents, &mut out) else { return (None, out) };
    if has_errors(&out) {
        return (None, out);
    }
    shape::without_nulls(&mut merged.tree, &BLOCK);
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
    pub(super) backups: BTreeMap<String, Node>,
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
        let mut base = Self::expand(block);
        base.resources.iter_mut().for_each(|(name, node)| databases::credentials(node, name));
        secrets::sealed(&mut base, self.stack);
        self.written(&base, &name, out);
        parts::names(&base, &name, self.merged, self.stack, out);
        let overrides = Self::overrides(block);
        for (service, node) in &base.services {
            jobs::check(service, node, out);
            mounts::check(service, node, self.stack, out);
            conflicts::check(service, node, out);
            limits::check(service, node, out);
            monitoring::check(service, node, out);
        }
        for trees in overrides.values().chain([&base]) {
            trees.services.values().for_each(|node| jobs::schedule(node, out));
            trees.resources.values().for_each(|node| backup::check(node, out));
        }
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
        parts::derived(&complete, out);
        telemetry::check(complete.app.as_ref(), out);
        let others: Vec<&str> =
            complete.resources.keys().chain(complete.migrations.keys()).map(String::as_str).chain([&*name]).collect();
        agents::check(complete.app.as_ref(), &complete.services, &others, out);
        monitoring::check_app(complete.app.as_ref(), &complete.services, out);
        ingress::check(&complete.services, &name, out);
        conflicts::check_all(&complete.services, out);
        let order: Vec<String> = raw.keys().cloned().collect();
        // where no environment differs, each is the union
        let same = overrides.values().all(Trees::is_empty);
        let each = |tree: Trees| if same { complete.clone() } else { self.complete(tree, &name) };
        let completed: BTreeMap<String, Trees> = raw.into_iter().map(|(e, t)| (e, each(t))).collect();
        limits::check_all(completed.values(), out);
        let default_environment =
            if order.iter().any(|e| e == "local") { "local".to_owned() } else { order.first()?.clone() };
        let mut units = Vec::new();
        for role in [Role::Resource, Role::Migration, Role::Backup, Role::Service] {
            for (unit, node) in complete.of(role) {
                let models = completed.iter().filter_map(|(e, t)| Some((e.clone(), t.of(role).get(unit)?.clone())));
                units.push(self.unit(unit, role, node.clone(), models.collect()));
            }
        }
        let apps = completed.values().map(|t| t.app.as_ref());
        network::edges(&mut units, &network::controller(base.app.as_ref(), apps));
        environments::derive(&mut units);
        parts::needs(&units, out);
        secret_checks::twice(&units, out);
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

    /// What is wrong with the block as it is written: classes of databases, sources of secrets, ways out.
    fn written(&self, base: &Trees, app: &str, out: &mut Vec<Diagnostic>) {
        let block = &self.merged.tree;
        let namespace = block.get_str("app.namespace").unwrap_or(app);
        databases::check(block, out);
        network::check(block, namespace, out);
        secret_checks::check(block, self.stack, namespace, out);
        secret_checks::providers(base, out);
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
            ..Trees::default()
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
            if network::is_external(node) {
                databases::external(node, name);
            } else {
                defaults::postgres(node, name, app);
            }
        }
        telemetry::collector(trees.app.as_ref(), &mut trees.services);
        let (services, resources) = (trees.services.clone(), trees.resources.clone());
        // ports first: a service's address is its neighbour's default
        let mut known = services.clone();
        for _ in 0..2 {
            let complete = |(name, node): (&String, &Node)| {
                let stack = runtime::asked(node).map(|a| (self.stack)(&a)).unwrap_or_default();
                let around = Surroundings { app, services: &known, resources: &resources, stack: &stack };
                let mut node = node.clone();
                mounts::complete(&mut node, name, self.stack);
                defaults::service(&mut node, name, &around);
                (name.clone(), node)
            };
            known = services.par_iter().map(complete).collect();
        }
        trees.services = known;
        jobs::awaited(&mut trees.services);
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
        trees.backups = resources.iter().filter_map(|(name, node)| backup::of(name, node)).collect();
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
        monitoring::complete(trees.app.as_ref(), [&mut trees.services, &mut trees.resources, &mut trees.backups]);
        telemetry::complete(trees.app.as_ref(), app, &mut trees.services);
        agents::complete(trees.app.as_ref(), &mut trees.services);
        mesh::complete(trees.app.as_ref(), &mut trees.services);
        secrets::external(&mut trees, app);
        secrets::hidden(&mut trees);
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
            let agents = agents::models(&node);
            let mut put =
                |path: &str, value: serde_json::Value, why: &str| node.put_default(path, defaults::tree(&value, why));
            put("enabled", json!(true), "every unit is on");
            let issuer = ingress::of(&union.services, name).and_then(|i| ingress::certificate(&i, name));
            put("namespace", json!(name), "the namespace is called like the app");
            put("version", json!("0.1.0"), "the first version");
            put("podSecurity", json!("restricted"), "the strictest Pod Security Standard");
            put("host", json!(format!("{name}.local")), "a name for the local cluster");
            let model = |u: &Unit| u.environments.get(environment).map_or_else(|| u.union.clone(), Clone::clone);
            put(
                "quota",
                json!(budget::quota(units.iter().map(model).chain(issuer).chain(agents))),
                "the sum of what the units may use, with room for one upgrade",
            );
            put("limitRange", budget::limit_range(), "for containers that state none");
            if let Some(ingress) = ingress::of(&union.services, name) {
                if let Some(certificate) = ingress::certificate(&ingress, name) {
                    node.put("image", ingress::issuer());
                    node.put("certificate", certificate);
                }
                node.put("ingress", ingress);
            }
            let namespace = node.get_str("namespace").unwrap_or(name).to_owned();
            if let Some((agents, servers)) = agents::of(&node, &union.services, name, &namespace) {
                node.put("agents", agents);
                node.put("agentServers", servers);
            }
            if let Some(dashboard) = monitoring::dashboard(&node, &union.services) {
                node.put("dashboard", dashboard);
            }
            if let Some(shared) = mounts::shared(&union.services) {
                node.put("compose", shared);
            }
            for unit in units {
                let section = match unit.role {
                    Role::Service => "services",
                    Role::Resource => "resources",
                    Role::Migration => "migrations",
                    Role::App | Role::Backup => continue,
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

impl Trees {
    fn is_empty(&self) -> bool {
        self.app.is_none()
            && [&self.services, &self.resources, &self.migrations, &self.backups].iter().all(|m| m.is_empty())
    }

    fn of(&self, role: Role) -> &BTreeMap<String, Node> {
        match role {
            Role::Resource => &self.resources,
            Role::Migration => &self.migrations,
            Role::Backup => &self.backups,
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
            backups: maps(&self.backups, &over.backups),
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
