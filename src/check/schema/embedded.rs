//! The embedded schemas, unpacked on first use.

use crate::base::gzip;
use std::collections::BTreeMap;

use std::sync::OnceLock;

use serde_json::Value as Json;

use crate::base::suggest::did_you_mean;

/// Oldest first. Made by `tests/schemas/generate`.
const PACKED: [(&str, &[u8]); 3] = [
    ("1.31", include_bytes!("v1.31.json.gz")),
    ("1.34", include_bytes!("v1.34.json.gz")),
    ("1.36", include_bytes!("v1.36.json.gz")),
];

/// What a field holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Field {
    Text,
    Int32,
    Int64,
    Number,
    Bool,
    Quantity,
    IntOrText,
    Time,
    /// Text in base64.
    Bytes,
    Any,
    List(Box<Field>),
    Map(Box<Field>),
    /// An object of the named type.
    Object(String),
}

/// The fields of an object.
#[derive(Clone, Debug, Default)]
pub struct Type {
    pub fields: BTreeMap<String, Field>,
    pub required: Vec<String>,
}

/// The structure of one Kubernetes release.
#[derive(Debug)]
pub struct Schema {
    /// Such as `1.34`.
    pub version: &'static str,
    kinds: BTreeMap<String, String>,
    types: BTreeMap<String, Type>,
}

/// The releases with an embedded schema, oldest first.
pub fn versions() -> impl Iterator<Item = &'static str> {
    PACKED.iter().map(|(v, _)| *v)
}

/// The newest embedded schema.
pub fn newest() -> &'static Schema {
    unpacked(PACKED.len() - 1)
}

impl Schema {
    /// The schema of exactly that release (`1.34`, `v1.34.4`).
    pub fn of(version: &str) -> Option<&'static Self> {
        let wanted = minor(version)?;
        PACKED.iter().position(|(v, _)| minor(v) == Some(wanted)).map(unpacked)
    }

    /// The schema of that release, else of the newest older one, else the oldest there is.
    pub fn nearest(version: &str) -> &'static Self {
        let wanted = minor(version).unwrap_or(u32::MAX);
        let index = PACKED.iter().rposition(|(v, _)| minor(v).is_some_and(|m| m <= wanted)).unwrap_or(0);
        unpacked(index)
    }

    /// The type of a kind.
    pub fn kind(&self, api_version: &str, kind: &str) -> Option<&Type> {
        self.types.get(self.type_name(api_version, kind)?)
    }

    /// The name of the type of a kind, such as `apps.v1.Deployment`.
    pub fn type_name(&self, api_version: &str, kind: &str) -> Option<&str> {
        self.kinds.get(&format!("{api_version}/{kind}")).map(String::as_str)
    }

    /// The type of that name.
    pub fn object(&self, name: &str) -> Option<&Type> {
        self.types.get(name)
    }

    /// Every `(apiVersion/kind, type name)`.
    pub fn kinds(&self) -> impl Iterator<Item = (&str, &str)> {
        self.kinds.iter().map(|(k, t)| (k.as_str(), t.as_str()))
    }

    pub fn types(&self) -> impl Iterator<Item = (&str, &Type)> {
        self.types.iter().map(|(n, t)| (n.as_str(), t))
    }

    /// Every apiVersion under which the release serves a kind of that name.
    pub fn versions_of(&self, kind: &str) -> Vec<&str> {
        self.kinds.keys().filter_map(|k| k.rsplit_once('/')).filter(|(_, k)| *k == kind).map(|(v, _)| v).collect()
    }

    /// Names near a misspelt kind, when its apiVersion is one of ours.
    pub fn kinds_near(&self, api_version: &str, kind: &str) -> Option<String> {
        let known = self.kinds.keys().filter_map(|k| k.rsplit_once('/')).filter(|(v, _)| *v == api_version);
        did_you_mean(kind, known.map(|(_, k)| k))
    }
}

/// The minor version of `1.34`, `v1.34` or `1.34.2`.
fn minor(version: &str) -> Option<u32> {
    version.trim_start_matches('v').strip_prefix("1.")?.split('.').next()?.parse().ok()
}

fn unpacked(index: usize) -> &'static Schema {
    static SCHEMAS: [OnceLock<Schema>; PACKED.len()] = [const { OnceLock::new() }; PACKED.len()];
    SCHEMAS[index].get_or_init(|| load(PACKED[index].0, PACKED[index].1))
}

/// A schema that cannot be read would be empty; the tests load every one.
fn load(version: &'static str, packed: &[u8]) -> Schema {
    let json = gzip::unpack(packed, 16 * 1024 * 1024).and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let json: Json = json.unwrap_or_default();
    let entries = |key: &str| json.get(key).and_then(Json::as_object).into_iter().flatten();
    let kinds = entries("kinds").filter_map(|(k, t)| Some((k.clone(), t.as_str()?.to_owned()))).collect();
    let types = entries("types").map(|(n, t)| (n.clone(), ty(t))).collect();
    Schema { version, kinds, types }
}

fn ty(json: &Json) -> Type {
    let fields = json.get("f").and_then(Json::as_object).into_iter().flatten();
    let required = json.get("r").and_then(Json::as_array).into_iter().flatten();
    Type {
        fields: fields.map(|(n, f)| (n.clone(), field(f.as_str().unwrap_or("a")))).collect(),
        required: required.filter_map(|r| r.as_str().map(str::to_owned)).collect(),
    }
}

fn field(code: &str) -> Field {
    match code.split_at_checked(1) {
        Some(("s", _)) => Field::Text,
        Some(("i", _)) => Field::Int32,
        Some(("l", _)) => Field::Int64,
        Some(("n", _)) => Field::Number,
        Some(("b", _)) => Field::Bool,
        Some(("q", _)) => Field::Quantity,
        Some(("x", _)) => Field::IntOrText,
        Some(("t", _)) => Field::Time,
        Some(("y", _)) => Field::Bytes,
        Some(("[", rest)) => Field::List(Box::new(field(rest))),
        Some(("{", rest)) => Field::Map(Box::new(field(rest))),
        Some(("@", rest)) => Field::Object(rest.to_owned()),
        _ => Field::Any,
    }
}
