//! Patches and the tasks that ask for them: the task becomes one of the owners of the object.

use crate::base::diag::Diagnostic;
use crate::base::suggest::did_you_mean;
use crate::model::catalogue::{Entry, Layer, Possible};
use crate::model::patch::Patch;
use crate::model::workspace::Documents;

use super::find::{Names, Unclear};
use super::tasks::Graph;

/// Gives every patched object the task of its patch. What names nothing is said, and is not applied.
pub fn bind(
    patches: &[Patch],
    documents: &Documents,
    entries: &[Entry],
    possible: &[Possible],
    graph: &mut Graph,
) -> Vec<Diagnostic> {
    let mut out = Vec::new();
    let objects: Vec<&Possible> = possible.iter().filter(|p| entries[p.entry].layer == Layer::Kubernetes).collect();
    let mut owned = Vec::new();
    let names = Names::new(documents, graph);
    for patch in patches {
        let file = format!("templates/{}", patch.name);
        if !objects.iter().any(|p| p.identity == patch.object) {
            let known: Vec<String> = objects.iter().map(|p| p.identity.to_string()).collect();
            let wanted = patch.object.to_string();
            let fix = did_you_mean(&wanted, known.iter().map(String::as_str));
            out.push(
                Diagnostic::error("patch-object", format!("`{file}` changes `{wanted}`, which is not made"))
                    .at(patch.object_span, "no such object")
                    .fix(fix.unwrap_or_else(|| "name it as `unit/Kind`, such as `backend/Deployment`".to_owned())),
            );
        }
        match names.task(&patch.task) {
            Ok(task) => owned.push((patch.object.clone(), task)),
            Err(unclear) => {
                let (message, fix) = match unclear {
                    Unclear::Unknown(near) => {
                        let near: Vec<String> = near.iter().map(|n| format!("`{n}`")).collect();
                        let fix = if near.is_empty() {
                            "add a task for it to a tasks file, and name that".to_owned()
                        } else {
                            format!("did you mean {}", near.join(" or "))
                        };
                        (format!("`{file}` names the task `{}`, which no tasks file has", patch.task), fix)
                    }
                    Unclear::Ambiguous(names) => (
                        format!("the task `{}` of `{file}` means {} tasks", patch.task, names.len()),
                        format!("name one of {}", names.join(", ")),
                    ),
                };
                out.push(Diagnostic::error("patch-task", message).at(patch.task_span, "this task").fix(fix));
            }
        }
    }
    for (object, task) in owned {
        if let Some(owners) = graph.owners.get_mut(&object)
            && !owners.contains(&task)
        {
            owners.push(task);
        }
    }
    out
}
