//! What the cluster says of an object, where one can be asked.

use crate::change::object::ObjectId;
use crate::change::ready::Readiness;
use crate::face::cli::Target;
use crate::face::project::Project;
use crate::face::target;
use crate::make::run::Made;
use crate::model::ids::Identity;
use crate::world::cluster::Snapshot;

use super::answer::Answer;

/// Adds the live state. Being without a cluster is no error here: the rest of the answer stands.
pub(super) fn add(answer: &mut Answer, project: &Project, made: &Made, identity: &Identity, target: &Target) {
    let Some(app) = &project.app else { return };
    let environment = target.environment.as_deref().unwrap_or(&app.default_environment);
    let mut here =
        made.artifacts.iter().filter(|a| a.identity == *identity && a.environment.as_deref() == Some(environment));
    let Some(object) = here.find_map(|a| a.object.as_ref()) else { return };
    let Some(id) = ObjectId::of(object, Some(&app.namespace)) else { return };
    let reached = match target::reach(target) {
        Ok(reached) => reached,
        Err(failure) => {
            answer.row("live", format!("not asked: {}", failure.message));
            return;
        }
    };
    match Snapshot::take(&reached.cluster, &app.namespace, std::slice::from_ref(&id)) {
        Err(error) => _ = answer.row("live", format!("not known: {error}")),
        Ok(snapshot) => {
            let Some(live) = snapshot.live(&id) else {
                answer.row("live", format!("not in the cluster (context {})", reached.cluster.context));
                return;
            };
            let state = match snapshot.readiness(&id, None) {
                Readiness::Ready { warning: None } => "ready".to_owned(),
                Readiness::Ready { warning: Some(text) } => format!("ready; {text}"),
                Readiness::Waiting { reason, .. } => format!("not ready: {reason}"),
                Readiness::Failed(failure) => format!("failed: {}", failure.message),
            };
            answer.row("live", format!("{state} (context {})", reached.cluster.context));
            let label = |path: &str| live.pointer(path).and_then(serde_json::Value::as_str).map(str::to_owned);
            answer.rows("stamped", label("/metadata/annotations/bowline.dev~1tasks"));
        }
    }
}
