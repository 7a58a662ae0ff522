//! The only file that knows the Kubernetes client. Everything goes in and out as JSON.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use kube::api::{Api, ApiResource, DeleteParams, DynamicObject, GroupVersionKind, ListParams, LogParams, Patch};
use kube::api::{PatchParams, PostParams, Preconditions};
use kube::config::{KubeConfigOptions, Kubeconfig, KubeconfigError};
use kube::{Client, Config};
use serde_json::Value;

use crate::change::object::{ObjectId, is_cluster_wide};
use crate::world::runtime::{Forwarding, Runtime};

use super::error::{ClusterError, FieldConflict};

/// A context of the kubeconfig, with what tells where its cluster is.
#[derive(Clone, Debug, PartialEq)]
pub struct Context {
    pub name: String,
    pub cluster: String,
    pub server: String,
    pub namespace: Option<String>,
    pub current: bool,
    /// Extensions of context and cluster, as tools leave them (`{provider: minikube.sigs.k8s.io, …}`).
    pub extensions: Vec<Value>,
}

/// How to apply.
#[derive(Clone, Copy, Debug)]
pub struct Apply<'a> {
    pub manager: &'a str,
    pub dry_run: bool,
    /// Take fields over; only to look at what would come of it.
    pub force: bool,
}

/// API version and kind to the resource, and whether it lives in namespaces.
type Kinds = BTreeMap<(String, String), (ApiResource, bool)>;

/// A connection to the cluster of one context.
#[derive(Clone)]
pub struct Cluster {
    runtime: Arc<Runtime>,
    client: Client,
    kinds: Arc<Mutex<Kinds>>,
    pub context: String,
    pub server: String,
}

/// All contexts of the kubeconfig (`KUBECONFIG`, else `~/.kube/config`); none when there is no such file.
pub fn contexts() -> Result<Vec<Context>, ClusterError> {
    Ok(read()?.map_or_else(Vec::new, |config| list(&config)))
}

fn read() -> Result<Option<Kubeconfig>, ClusterError> {
    match Kubeconfig::read() {
        Ok(config) => Ok(Some(config)),
        Err(KubeconfigError::FindPath) => Ok(None),
        Err(KubeconfigError::ReadConfig(e, _)) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        // the parser's message quotes the file, and the file holds credentials
        Err(KubeconfigError::Parse(_)) => Err(ClusterError::Kubeconfig("it is not valid YAML".into())),
        Err(e) => Err(ClusterError::Kubeconfig(e.to_string())),
    }
}

fn list(config: &Kubeconfig) -> Vec<Context> {
    let of = |named: &kube::config::NamedContext| {
        let context = named.context.clone().unwrap_or_default();
        let cluster = config.clusters.iter().find(|c| c.name == context.cluster).and_then(|c| c.cluster.clone());
        let mut extensions = context.extensions.unwrap_or_default();
        extensions.extend(cluster.as_ref().and_then(|c| c.extensions.clone()).unwrap_or_default());
        Context {
            name: named.name.clone(),
            cluster: context.cluster,
            server: cluster.and_then(|c| c.server).unwrap_or_default(),
            namespace: context.namespace,
            current: config.current_context.as_deref() == Some(&named.name),
            extensions: extensions.into_iter().map(|e| e.extension).collect(),
        }
    };
    config.contexts.iter().map(of).collect()
}

impl Cluster {
    /// Connects to a context (the current one without a name) and asks for the server's version, so that a cluster that does not
    /// answer is known at once.
    pub fn connect(runtime: &Arc<Runtime>, context: Option<&str>) -> Result<Self, ClusterError> {
        Self::open(runtime, read()?.ok_or(ClusterError::NoContext)?, context)
    }

    /// The same, with the text of a kubeconfig.
    pub fn connect_by(runtime: &Arc<Runtime>, kubeconfig: &str, context: Option<&str>) -> Result<Self, ClusterError> {
        let config = Kubeconfig::from_yaml(kubeconfig);
        let config = config.map_err(|_| ClusterError::Kubeconfig("it is not valid YAML".into()))?;
        Self::open(runtime, config, context)
    }

    fn open(runtime: &Arc<Runtime>, config: Kubeconfig, context: Option<&str>) -> Result<Self, ClusterError> {
        let all = list(&config);
        let wanted = match context {
            Some(name) => all.iter().find(|c| c.name == name).ok_or_else(|| ClusterError::UnknownContext {
                name: name.to_owned(),
                known: all.iter().map(|c| c.name.clone()).collect(),
            })?,
            None => all.iter().find(|c| c.current).ok_or(ClusterError::NoContext)?,
        };
        let options = KubeConfigOptions { context: Some(wanted.name.clone()), ..KubeConfigOptions::default() };
        let client = runtime.wait(async {
            let mut config = Config::from_custom_kubeconfig(config, &options)
                .await
                .map_err(|e| ClusterError::Kubeconfig(e.to_string()))?;
            config.connect_timeout = Some(Duration::from_secs(5));
            config.read_timeout = Some(Duration::from_secs(30));
            Client::try_from(config).map_err(|e| ClusterError::Kubeconfig(e.to_string()))
        })?;
        let (runtime, context, server) = (Arc::clone(runtime), wanted.name.clone(), wanted.server.clone());
        let cluster = Self { runtime, client, kinds: Arc::default(), context, server };
        cluster.version()?;
        Ok(cluster)
    }

    /// The server's version, such as `v1.34.4`.
    pub fn version(&self) -> Result<String, ClusterError> {
        let nobody = ObjectId::new("v1", "Version", None, "version");
        let info = self.runtime.wait(self.client.apiserver_version()).map_err(|e| self.error(&nobody, e))?;
        Ok(info.git_version)
    }

    /// Whether the API has that kind, and whether its objects live in namespaces.
    pub fn is_namespaced(&self, api_version: &str, kind: &str) -> Result<bool, ClusterError> {
        Ok(self.kind(api_version, kind)?.1)
    }

    /// The object; `None` when there is none, or no API for it.
    pub fn get(&self, id: &ObjectId) -> Result<Option<Value>, ClusterError> {
        let api = match self.api(&id.api_version(), &id.kind, id.namespace.as_deref()) {
            Err(ClusterError::NoSuchKind { .. }) => return Ok(None),
            api => api?,
        };
        let found = self.runtime.wait(api.get_opt(&id.name)).map_err(|e| self.error(id, e))?;
        Ok(found.map(json))
    }

    /// All objects of a kind in a namespace (or everywhere), with an optional label selector. Those of an unknown API are none.
    pub fn list(
        &self,
        api_version: &str,
        kind: &str,
        namespace: Option<&str>,
        labels: Option<&str>,
    ) -> Result<Vec<Value>, ClusterError> {
        let api = match self.api(api_version, kind, namespace) {
            Err(ClusterError::NoSuchKind { .. }) => return Ok(Vec::new()),
            api => api?,
        };
        let params = labels.map_or_else(ListParams::default, |l| ListParams::default().labels(l));
        let whole = ObjectId::new(api_version, kind, namespace, "");
        let listed = self.runtime.wait(api.list(&params)).map_err(|e| self.error(&whole, e))?;
        let typed = |object| {
            let mut value = json(object);
            if let Some(map) = value.as_object_mut() {
                // items of a list do not say what they are
                map.insert("apiVersion".into(), api_version.into());
                map.insert("kind".into(), kind.into());
            }
            value
        };
        Ok(listed.items.into_iter().map(typed).collect())
    }

    /// Server-side apply; answers with what the object is now (or would be).
    pub fn apply(&self, object: &Value, namespace: &str, how: Apply<'_>) -> Result<Value, ClusterError> {
        let id = ObjectId::of(object, Some(namespace))
            .ok_or_else(|| ClusterError::Other("an object without apiVersion, kind or name".into()))?;
        let api = self.api(&id.api_version(), &id.kind, id.namespace.as_deref())?;
        let mut params = PatchParams::apply(how.manager).validation_strict();
        params.force = how.force;
        params.dry_run = how.dry_run;
        let patched = self.runtime.wait(api.patch(&id.name, &params, &Patch::Apply(object)));
        patched.map(json).map_err(|e| self.error(&id, e))
    }

    /// Changes parts of an object by a merge patch, in the name of that manager.
    pub fn merge(&self, id: &ObjectId, patch: &Value, manager: &str) -> Result<Value, ClusterError> {
        let api = self.api(&id.api_version(), &id.kind, id.namespace.as_deref())?;
        let params = PatchParams { field_manager: Some(manager.into()), ..PatchParams::default() };
        let patched = self.runtime.wait(api.patch(&id.name, &params, &Patch::Merge(patch)));
        patched.map(json).map_err(|e| self.error(id, e))
    }

    /// Creates; [`ClusterError::Exists`] when it is there.
    pub fn create(&self, id: &ObjectId, object: &Value) -> Result<Value, ClusterError> {
        let api = self.api(&id.api_version(), &id.kind, id.namespace.as_deref())?;
        let params = PostParams { field_manager: Some(super::MANAGER.into()), ..PostParams::default() };
        let created = self.runtime.wait(api.create(&params, &dynamic(object)?));
        created.map(json).map_err(|e| self.error(id, e))
    }

    /// Replaces; [`ClusterError::Changed`] when its resourceVersion is not the newest.
    pub fn replace(&self, id: &ObjectId, object: &Value) -> Result<Value, ClusterError> {
        let api = self.api(&id.api_version(), &id.kind, id.namespace.as_deref())?;
        let params = PostParams { field_manager: Some(super::MANAGER.into()), ..PostParams::default() };
        let replaced = self.runtime.wait(api.replace(&id.name, &params, &dynamic(object)?));
        replaced.map(json).map_err(|e| self.error(id, e))
    }

    /// Deletes with everything that it owns; whether it was there. With a uid only that very object.
    pub fn delete(&self, id: &ObjectId, uid: Option<&str>) -> Result<bool, ClusterError> {
        let api = match self.api(&id.api_version(), &id.kind, id.namespace.as_deref()) {
            Err(ClusterError::NoSuchKind { .. }) => return Ok(false),
            api => api?,
        };
        let mut params = DeleteParams::background();
        if let Some(uid) = uid {
            params = params.preconditions(Preconditions { uid: Some(uid.to_owned()), resource_version: None });
        }
        match self.runtime.wait(api.delete(&id.name, &params)) {
            Ok(_) => Ok(true),
            Err(kube::Error::Api(status)) if status.code == 404 => Ok(false),
            Err(e) => Err(self.error(id, e)),
        }
    }

    /// The last lines that a container wrote; of the run before with `previous`.
    pub fn log(
        &self,
        pod: &str,
        namespace: &str,
        container: &str,
        previous: bool,
        lines: i64,
    ) -> Result<String, ClusterError> {
        let id = ObjectId::new("v1", "Pod", Some(namespace), pod);
        let api = self.api("v1", "Pod", Some(namespace))?;
        let params = LogParams {
            container: Some(container.to_owned()),
            previous,
            tail_lines: Some(lines),
            limit_bytes: Some(64 * 1024),
            ..LogParams::default()
        };
        self.runtime.wait(logs(&api, pod, &params)).map_err(|e| self.error(&id, e))
    }

    /// A local port that leads to a port of the pod; `local` 0 is any free one.
    pub fn forward_pod(&self, namespace: &str, pod: &str, port: u16, local: u16) -> std::io::Result<Forwarding> {
        let api: Api<k8s_openapi::api::core::v1::Pod> = Api::namespaced(self.client.clone(), namespace);
        let pod = pod.to_owned();
        self.runtime.forward(local, move || {
            let (api, pod) = (api.clone(), pod.clone());
            async move { api.portforward(&pod, &[port]).await.ok()?.take_stream(port) }
        })
    }

    fn api(&self, api_version: &str, kind: &str, namespace: Option<&str>) -> Result<Api<DynamicObject>, ClusterError> {
        let (resource, namespaced) = self.kind(api_version, kind)?;
        Ok(match namespace {
            Some(namespace) if namespaced => Api::namespaced_with(self.client.clone(), namespace, &resource),
            _ => Api::all_with(self.client.clone(), &resource),
        })
    }

    /// Whether the cluster knows a kind.
    ///
    /// # Errors
    /// The cluster does not answer.
    pub fn serves(&self, api_version: &str, kind: &str) -> Result<bool, ClusterError> {
        match self.kind(api_version, kind) {
            Ok(_) => Ok(true),
            Err(ClusterError::NoSuchKind { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Built-in kinds are known; others are asked for once.
    fn kind(&self, api_version: &str, kind: &str) -> Result<(ApiResource, bool), ClusterError> {
        let key = (api_version.to_owned(), kind.to_owned());
        if let Some(known) = self.kinds.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(known.clone());
        }
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        let gvk = GroupVersionKind::gvk(group, version, kind);
        let found = if is_built_in(group) {
            (ApiResource::from_gvk(&gvk), !is_cluster_wide(kind))
        } else {
            let missing = || ClusterError::NoSuchKind { kind: kind.to_owned(), group_version: api_version.to_owned() };
            match self.runtime.wait(kube::discovery::pinned_kind(&self.client, &gvk)) {
                Ok((resource, facts)) => (resource, facts.scope == kube::discovery::Scope::Namespaced),
                Err(kube::Error::Discovery(_)) => return Err(missing()),
                Err(kube::Error::Api(status)) if status.code == 404 => return Err(missing()),
                Err(e) => return Err(self.error(&ObjectId::new(api_version, kind, None, kind), e)),
            }
        };
        self.kinds.lock().unwrap_or_else(PoisonError::into_inner).insert(key, found.clone());
        Ok(found)
    }

    fn error(&self, id: &ObjectId, error: kube::Error) -> ClusterError {
        let object = Box::new(id.clone());
        let kube::Error::Api(status) = error else {
            let why = innermost(&error);
            return match error {
                kube::Error::Service(_) | kube::Error::HyperError(_) | kube::Error::ReadEvents(_) => {
                    ClusterError::Unreachable { context: self.context.clone(), server: self.server.clone(), why }
                }
                _ => ClusterError::Other(why),
            };
        };
        let causes = status.details.as_ref().map_or(&[][..], |d| &d.causes);
        let fields: Vec<FieldConflict> = causes
            .iter()
            .filter(|c| c.reason == "FieldManagerConflict")
            .map(|c| FieldConflict { manager: manager(&c.message), field: c.field.clone() })
            .collect();
        match status.code {
            409 if !fields.is_empty() => ClusterError::Conflict { object, fields },
            409 if status.reason == "AlreadyExists" => ClusterError::Exists { object },
            409 => ClusterError::Changed { object },
            403 if status.message.contains("exceeded quota") || status.message.contains("denied request") => {
                ClusterError::Refused { object, message: status.message }
            }
            401 | 403 => ClusterError::Denied { message: status.message },
            400 | 422 => ClusterError::Refused { object, message: status.message },
            404 if status.message.contains("namespaces") => {
                ClusterError::NoNamespace(id.namespace.clone().unwrap_or_default())
            }
            _ => ClusterError::Other(format!("`{id}`: {}", status.message)),
        }
    }
}

async fn logs(api: &Api<DynamicObject>, pod: &str, params: &LogParams) -> Result<String, kube::Error> {
    let pods: Api<k8s_openapi::api::core::v1::Pod> =
        Api::namespaced(api.clone().into_client(), api.namespace().unwrap_or_default());
    pods.logs(pod, params).await
}

/// Groups whose kinds and scopes are in the program.
fn is_built_in(group: &str) -> bool {
    matches!(group, "" | "apps" | "batch" | "autoscaling" | "policy")
        || group.ends_with(".k8s.io") && {
            let known = ["networking", "rbac.authorization", "coordination", "storage", "apiextensions", "scheduling"];
            group.strip_suffix(".k8s.io").is_some_and(|g| known.contains(&g) || g == "admissionregistration")
        }
}

/// `conflict with "kubectl" using apps/v1` names the manager in quotes.
fn manager(message: &str) -> String {
    message.split('"').nth(1).unwrap_or("another manager").to_owned()
}

fn innermost(error: &dyn std::error::Error) -> String {
    let mut at = error;
    while let Some(source) = at.source() {
        at = source;
    }
    at.to_string()
}

fn json(object: DynamicObject) -> Value {
    serde_json::to_value(object).unwrap_or(Value::Null)
}

fn dynamic(object: &Value) -> Result<DynamicObject, ClusterError> {
    serde_json::from_value(object.clone()).map_err(|e| ClusterError::Other(e.to_string()))
}
