//! What was found in one folder of sources, each value with the line that speaks for it.

use std::collections::BTreeMap;

use crate::model::proposal::{Found, Place};

/// What a folder is made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Framework {
    FastApi,
    NextJs,
    Django,
    Flask,
    /// Another server in Python, by its packages.
    Python,
    Express,
    /// Another program for Node.js, by its start script.
    Node,
    Go,
    Rust,
    Spring,
    /// Files that a browser loads, built or as they are.
    Static,
    /// Known by its Dockerfile alone.
    Dockerfile,
}

impl Framework {
    /// As people write it.
    pub fn title(self) -> &'static str {
        match self {
            Self::FastApi => "FastAPI",
            Self::NextJs => "Next.js",
            Self::Django => "Django",
            Self::Flask => "Flask",
            Self::Python => "Python",
            Self::Express => "Express",
            Self::Node => "Node.js",
            Self::Go => "Go",
            Self::Rust => "Rust",
            Self::Spring => "Spring",
            Self::Static => "a static site",
            Self::Dockerfile => "a Dockerfile",
        }
    }

    /// The port that it listens on unless told otherwise.
    pub fn usual_port(self) -> Option<u16> {
        match self {
            Self::FastApi | Self::Django => Some(8000),
            Self::NextJs | Self::Express | Self::Node => Some(3000),
            Self::Flask => Some(5000),
            Self::Go | Self::Rust | Self::Spring => Some(8080),
            Self::Static => Some(80),
            Self::Dockerfile | Self::Python => None,
        }
    }

    /// Whether people look at it with a browser.
    pub fn is_page(self) -> bool {
        matches!(self, Self::NextJs | Self::Static)
    }
}

/// Which probe a route answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Health {
    pub live: Option<Found<String>>,
    pub ready: Option<Found<String>>,
    pub startup: Option<Found<String>>,
    pub metrics: Option<Found<String>>,
}

/// A variable that the code reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    pub name: String,
    pub at: Place,
    /// Whether the code has another value for it.
    pub default: bool,
    /// Whether the code stops without it.
    pub needed: bool,
}

/// What a Dockerfile says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dockerfile {
    pub path: String,
    /// Folder that it is built from, as far as its own `COPY` lines and its place tell.
    pub context: String,
    /// `EXPOSE`, and ports in `CMD`.
    pub ports: Vec<Found<u16>>,
    /// The image of the last stage.
    pub from: Option<Found<String>>,
    pub user: Option<Found<String>>,
}

/// One folder with a program in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Component {
    /// Relative to the repository; empty for the repository itself.
    pub folder: String,
    pub framework: Found<Framework>,
    /// Version of the language as written: `3.12`, `>=20.9`.
    pub version: Option<Found<String>>,
    /// `pip`, `uv`, `poetry`, `npm`, `pnpm`, `yarn`, …
    pub manager: Option<Found<String>>,
    /// Program and arguments.
    pub entrypoint: Option<Found<Vec<String>>>,
    /// The first one counts.
    pub ports: Vec<Found<u16>>,
    pub health: Health,
    /// In order of name.
    pub variables: BTreeMap<String, Variable>,
    /// Names in `.env.example`.
    pub example: BTreeMap<String, Place>,
    /// Packages that it depends on, lower case.
    pub packages: BTreeMap<String, Place>,
    pub dockerfile: Option<Dockerfile>,
    /// `alembic.ini`.
    pub alembic: Option<Place>,
    /// Addresses on this machine that the code names, by port: `http://localhost:8000`.
    pub calls: Vec<Found<u16>>,
    /// For Next.js: the file with its configuration, and whether it asks for a folder that runs by itself.
    pub next: Option<Next>,
    /// Known hosts of databases outside that a file names; only the domain, never what stands before it.
    pub outside: Vec<Found<&'static str>>,
}

/// What the template for Next.js needs to know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Next {
    pub config: Option<String>,
    pub standalone: Option<Place>,
    pub build: Option<Place>,
}

impl Component {
    pub fn new(folder: &str, framework: Found<Framework>) -> Self {
        Self {
            folder: folder.to_owned(),
            framework,
            version: None,
            manager: None,
            entrypoint: None,
            ports: Vec::new(),
            health: Health::default(),
            variables: BTreeMap::new(),
            example: BTreeMap::new(),
            packages: BTreeMap::new(),
            dockerfile: None,
            alembic: None,
            calls: Vec::new(),
            next: None,
            outside: Vec::new(),
        }
    }

    /// The folder as the block writes it.
    pub fn context(&self) -> &str {
        if self.folder.is_empty() { "." } else { &self.folder }
    }

    pub fn uses(&self, package: &str) -> Option<&Place> {
        self.packages.get(package)
    }
}
