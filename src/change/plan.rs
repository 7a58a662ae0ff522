//! Operations as data: a graph that can be shown, saved, and executed exactly.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::base::digest;

use super::object::ObjectId;
use super::release::Release;

/// Index of an operation in its plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OpId(pub usize);

/// How objects get into the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Means {
    Helm,
    Native,
}

impl From<crate::model::app::Delivery> for Means {
    fn from(delivery: crate::model::app::Delivery) -> Self {
        match delivery {
            crate::model::app::Delivery::Helm => Self::Helm,
            crate::model::app::Delivery::Native => Self::Native,
        }
    }
}

/// An image that is built here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// `todo/backend:3f9a…`; the tag is a digest of context and Dockerfile.
    pub reference: String,
    /// Folder of the build context, relative to the workspace.
    pub context: String,
    /// Relative to the workspace.
    pub dockerfile: String,
    pub labels: BTreeMap<String, String>,
}

/// A key of a Secret that `up` makes, and where its value comes from. Never the value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretKey {
    pub key: String,
    /// Name in the process environment and in `.env`.
    pub env: String,
    pub optional: bool,
    /// Made up, of so many letters and digits, when no value is given and the cluster has none.
    #[serde(default)]
    pub generated: Option<usize>,
    /// The value stands here, and nowhere else.
    #[serde(default)]
    pub file: Option<SecretFile>,
}

impl SecretKey {
    /// What its value is known by: the file and its entry, else the variable.
    pub fn source(&self) -> String {
        self.file.as_ref().map_or_else(|| self.env.clone(), |f| format!("{}#{}", f.path, f.entry))
    }

    /// The source as a person calls it.
    pub fn place(&self) -> String {
        match &self.file {
            None => self.env.clone(),
            Some(file) if file.entry == self.key => format!("`{}`", file.path),
            Some(file) => format!("`{}` of `{}`", file.entry, file.path),
        }
    }
}

/// A file with a value in it: the whole of it, or an entry when the file is encrypted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretFile {
    /// Relative to the workspace.
    pub path: String,
    pub entry: String,
}

/// A Secret that `up` makes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secret {
    pub object: ObjectId,
    pub keys: Vec<SecretKey>,
    /// A SealedSecret, relative to the workspace: the controller in the cluster makes the Secret of it.
    #[serde(default)]
    pub sealed: Option<String>,
    pub labels: BTreeMap<String, String>,
    pub annotations: BTreeMap<String, String>,
}

/// A typed check that is run at the end of a task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "check")]
pub enum Verify {
    /// An HTTP GET through the Service.
    Http { service: ObjectId, port: u16, path: String, status: u16 },
    /// A condition of an object.
    Condition { object: ObjectId, condition: String },
}

/// What an operation does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "do")]
pub enum What {
    BuildImage {
        image: Image,
    },
    LoadImage {
        reference: String,
    },
    EnsureNamespace {
        object: Value,
    },
    EnsureSecret {
        secret: Secret,
    },
    /// Writes the inventory: before the first change with the old and the new kinds, at the end with the new ones only.
    Inventory {
        kinds: Vec<String>,
        widen: bool,
    },
    /// `chart` and `values` are relative to the workspace.
    HelmRelease {
        release: Release,
        chart: String,
        values: Vec<String>,
    },
    HelmUninstall {
        release: String,
    },
    ApplyObject {
        object: Value,
    },
    /// Deletes and makes again, because a field that cannot change has to.
    ReplaceObject {
        object: Value,
        field: String,
    },
    DeleteObject {
        id: ObjectId,
    },
    WaitReady {
        complete: bool,
    },
    Verify {
        verify: Verify,
    },
}

impl What {
    /// Whether it changes the cluster.
    pub fn changes_cluster(&self) -> bool {
        !matches!(self, Self::BuildImage { .. } | Self::LoadImage { .. } | Self::WaitReady { .. } | Self::Verify { .. })
    }
}

/// One step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Operation {
    pub id: OpId,
    /// The tasks that it carries out, as `feature/T012`; empty for Bowline's own (the inventory).
    pub tasks: Vec<String>,
    pub unit: String,
    pub what: What,
    /// Operations that must be done before.
    pub after: Vec<OpId>,
    /// The objects it writes, deletes or waits for.
    pub objects: Vec<ObjectId>,
}

impl Operation {
    pub fn task(&self) -> Option<&str> {
        self.tasks.first().map(String::as_str)
    }

    /// `apply deployment/backend`, `build todo/backend:3f9a`.
    pub fn title(&self) -> String {
        match &self.what {
            What::BuildImage { image } => format!("build {}", image.reference),
            What::LoadImage { reference } => format!("load {reference}"),
            What::EnsureNamespace { .. } => format!("ensure {}", self.names()),
            What::EnsureSecret { secret } => format!("ensure {}", secret.object),
            What::Inventory { .. } => "write the inventory".into(),
            What::HelmRelease { release, .. } => format!("helm upgrade {}", release.name),
            What::HelmUninstall { release } => format!("helm uninstall {release}"),
            What::ApplyObject { .. } => format!("apply {}", self.names()),
            What::ReplaceObject { .. } => format!("replace {}", self.names()),
            What::DeleteObject { id } => format!("delete {id}"),
            What::WaitReady { complete: true } => format!("wait until done: {}", self.names()),
            What::WaitReady { complete: false } => format!("wait until ready: {}", self.names()),
            What::Verify { verify: Verify::Http { service, port, path, .. } } => {
                format!("get {path} from {service}:{port}")
            }
            What::Verify { verify: Verify::Condition { object, condition } } => {
                format!("check {condition} of {object}")
            }
        }
    }

    /// Its objects, as people write them.
    pub fn names(&self) -> String {
        let names: Vec<String> = self.objects.iter().map(ToString::to_string).collect();
        names.join(", ")
    }
}

/// Everything that will be done, and the state of the cluster it was computed from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Version of this format.
    pub v: u32,
    pub app: String,
    pub namespace: String,
    pub environment: String,
    /// Context that it was computed for.
    pub context: Option<String>,
    pub means: Means,
    /// Decisions worth saying, such as why there are several releases.
    pub notes: Vec<String>,
    /// In an order in which each comes after those it needs.
    pub operations: Vec<Operation>,
    /// Object key to fingerprint: what each object that is written was when the plan was made.
    pub base: BTreeMap<String, String>,
    /// Units without any change: nothing is done for them.
    pub unchanged: Vec<String>,
}

/// Why a saved plan is not carried out.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum PlanError {
    #[error("`{0}` is not a saved plan: {1}")]
    Unreadable(String, String),
    #[error("`{0}` was altered after it was saved; save the plan again")]
    Altered(String),
    #[error("`{0}` was saved by another version of bowline (format {1}); save the plan again")]
    Version(String, u64),
    #[error("the plan is stale: {} changed in the cluster since it was saved; save it again", .0.join(", "))]
    Stale(Vec<String>),
    #[error("the plan was made for context `{planned}`, and this is `{now}`")]
    Context { planned: String, now: String },
}

/// The format of saved plans.
pub const FORMAT: u32 = 1;

impl Plan {
    /// Whether there is anything to do in the world.
    pub fn is_empty(&self) -> bool {
        self.operations.is_empty()
    }

    pub fn operation(&self, id: OpId) -> Option<&Operation> {
        self.operations.get(id.0)
    }

    /// The text of a plan file: the plan and a digest over it.
    pub fn save(&self) -> Result<String, serde_json::Error> {
        let plan = serde_json::to_value(self)?;
        let digest = digest::hex(plan.to_string().as_bytes(), 32);
        let document =
            serde_json::json!({ "bowline": 1, "command": "diff", "data": { "digest": digest, "plan": plan } });
        let mut text = serde_json::to_string_pretty(&document)?;
        text.push('\n');
        Ok(text)
    }

    /// Reads a plan file. `name` stands in errors.
    pub fn load(name: &str, text: &str) -> Result<Self, PlanError> {
        let unreadable = |why: &str| PlanError::Unreadable(name.into(), why.into());
        let document: Value = serde_json::from_str(text).map_err(|e| unreadable(&e.to_string()))?;
        let plan = document.pointer("/data/plan").ok_or_else(|| unreadable("it holds no plan"))?;
        let version = plan.get("v").and_then(Value::as_u64).unwrap_or(0);
        if version != u64::from(FORMAT) {
            return Err(PlanError::Version(name.into(), version));
        }
        let wanted = document.pointer("/data/digest").and_then(Value::as_str).unwrap_or_default();
        if digest::hex(plan.to_string().as_bytes(), 32) != wanted {
            return Err(PlanError::Altered(name.into()));
        }
        let plan: Self = serde_json::from_value(plan.clone()).map_err(|e| unreadable(&e.to_string()))?;
        plan.check().map_err(|why| unreadable(&why))?;
        Ok(plan)
    }

    /// Ids are positions, and every operation comes after those it needs.
    pub fn check(&self) -> Result<(), String> {
        for (index, operation) in self.operations.iter().enumerate() {
            if operation.id.0 != index {
                return Err(format!("operation {index} has id {}", operation.id.0));
            }
            if let Some(after) = operation.after.iter().find(|a| a.0 >= index) {
                return Err(format!("operation {index} needs {}, which does not come before", after.0));
            }
        }
        Ok(())
    }

    /// Whether the cluster is still what the plan was computed from. `now`: object key to fingerprint.
    pub fn verify_base(&self, now: &BTreeMap<String, String>) -> Result<(), PlanError> {
        let changed: Vec<String> =
            self.base.iter().filter(|(key, was)| now.get(*key) != Some(*was)).map(|(key, _)| key.clone()).collect();
        if changed.is_empty() { Ok(()) } else { Err(PlanError::Stale(changed)) }
    }

    /// Longest chain of operations, given how long each takes; with the total.
    pub fn critical_path(&self, time: impl Fn(&Operation) -> u64) -> (Vec<OpId>, u64) {
        let mut ends: Vec<(u64, Option<OpId>)> = Vec::with_capacity(self.operations.len());
        for operation in &self.operations {
            let before = operation
                .after
                .iter()
                .filter_map(|a| Some((ends.get(a.0)?.0, *a)))
                .max_by_key(|(t, a)| (*t, std::cmp::Reverse(*a)));
            ends.push((before.map_or(0, |b| b.0) + time(operation), before.map(|b| b.1)));
        }
        let last = ends.iter().enumerate().max_by_key(|(i, (t, _))| (*t, std::cmp::Reverse(*i)));
        let Some((index, (total, _))) = last else { return (Vec::new(), 0) };
        let mut path = vec![OpId(index)];
        while let Some(before) = path.last().and_then(|p| ends[p.0].1) {
            path.push(before);
        }
        path.reverse();
        (path, *total)
    }
}
