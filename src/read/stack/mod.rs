//! What a folder of sources is made with: framework, package manager, entry point. Looks at a few well-known
//! files and says what it saw; a spec can say otherwise.

pub mod build;
pub mod component;
pub mod docker;
pub mod health;
pub mod names;
pub mod node;
pub mod other;
pub mod python;
pub mod sealed;
pub mod sources;
pub mod survey;
pub mod version;

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value as Json;

use crate::base::fs;

pub use sealed::Sealed;

/// A build context, with what the spec says about it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Asked<'a> {
    /// Relative to the workspace.
    pub context: &'a str,
    pub framework: Option<&'a str>,
    pub manager: Option<&'a str>,
}

impl<'a> Asked<'a> {
    /// Nothing but the folder.
    pub fn of(context: &'a str) -> Self {
        Self { context, ..Self::default() }
    }
}

/// Looks at a build context, or remembers what was seen there.
pub type Detect<'a> = dyn Fn(&Asked<'_>) -> Stack + Sync + 'a;

/// What was found in one build context.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stack {
    /// A word of `runtime.framework`; `None` when nothing known was found.
    pub framework: Option<String>,
    pub package_manager: Option<String>,
    /// The version of the language that the sources ask for, as they write it.
    pub version: Option<String>,
    /// Program and arguments that start it; [`build::PORT`] stands for the number of the port.
    pub entrypoint: Vec<String>,
    /// Path of a health route that the framework serves, where one is visible.
    pub health: Option<String>,
    /// What else the framework's template reads, by field of `runtime`.
    pub facts: BTreeMap<&'static str, Json>,
    /// What the image lacks.
    pub lacks: Vec<build::Lack>,
    /// For each field above, the file that gave it.
    pub evidence: BTreeMap<String, String>,
    /// Whether the folder exists.
    pub exists: bool,
    /// Whether the path is that of a file.
    pub is_file: bool,
    /// The file's text, when it is UTF-8.
    pub text: Option<String>,
    /// What a file says that is a SealedSecret.
    pub sealed: Option<Sealed>,
}

/// Looks at a build context below `root`.
pub fn detect(root: &Path, asked: &Asked<'_>) -> Stack {
    let mut stack = Stack::default();
    let Ok(folder) = fs::inside(root, asked.context) else { return stack };
    stack.exists = folder.is_dir();
    stack.is_file = folder.is_file();
    if stack.is_file {
        stack.text = fs::read(&folder).ok();
        // what is larger than a Secret can be is none
        stack.sealed = stack.text.as_deref().filter(|t| t.len() <= 1024 * 1024).and_then(sealed::read);
        return stack;
    }
    if stack.exists { build::look(&folder, asked, stack) } else { stack }
}
