//! OpenSpec: what open changes do to the truth. What a change modifies, removes or renames is replaced there.

use std::collections::BTreeMap;

use crate::base::diag::Diagnostic;
use crate::base::source::{Sources, Span};
use crate::base::suggest::did_you_mean;
use crate::model::ids::FeatureId;
use crate::model::workspace::{Delta, Feature, Layout};

use super::requirements::folded;

/// One line of a change.
struct Change {
    by: FeatureId,
    /// The feature of the truth.
    truth: String,
    /// The name in the truth.
    name: String,
    delta: Delta,
    span: Span,
}

/// Marks what is replaced in the truth; changes that do not fit to it are reported.
pub fn apply(features: &mut [Feature], sources: &Sources) -> Vec<Diagnostic> {
    let changes: Vec<Change> =
        features.iter().filter(|f| f.layout == Layout::OpenSpec).flat_map(|f| of(f, sources)).collect();
    let places: BTreeMap<FeatureId, usize> = features.iter().enumerate().map(|(i, f)| (f.id.clone(), i)).collect();
    let mut out = Vec::new();
    for change in changes {
        let Some(truth) = places.get(&FeatureId(change.truth.as_str().into())).map(|i| &mut features[*i]) else {
            // a capability that is new has nothing to modify
            if change.delta != Delta::Added {
                out.push(unknown(&change, None));
            }
            continue;
        };
        let wanted = folded(&change.name);
        let scenario = format!("{wanted}/");
        let mut there = false;
        for requirement in &mut truth.requirements {
            let id = folded(&requirement.id.id);
            there |= id == wanted;
            if change.delta != Delta::Added && (id == wanted || id.starts_with(&scenario)) {
                requirement.replaced_by.get_or_insert_with(|| change.by.clone());
            }
        }
        if there && change.delta == Delta::Added {
            out.push(
                Diagnostic::warning(
                    "delta-mismatch",
                    format!("`{}` adds `{}`, which is there already", change.by, change.name),
                )
                .at(change.span, format!("in `{}` already", change.truth))
                .fix("move it below `## MODIFIED Requirements`, or give it another name"),
            );
        } else if !there && change.delta != Delta::Added {
            out.push(unknown(&change, Some(truth)));
        }
    }
    out
}

fn unknown(change: &Change, truth: Option<&Feature>) -> Diagnostic {
    let names = truth.into_iter().flat_map(|f| &f.requirements).map(|r| r.id.id.as_str());
    let fix = did_you_mean(&change.name, names).unwrap_or_else(|| "write it below `## ADDED Requirements`".to_owned());
    let does = match change.delta {
        Delta::Removed => "removes",
        Delta::Renamed(_) => "renames",
        _ => "modifies",
    };
    Diagnostic::warning("delta-mismatch", format!("`{}` {does} `{}`, which is not there", change.by, change.name))
        .at(change.span, format!("not in `{}`", change.truth))
        .fix(fix)
}

/// What a feature does to the truth; its scenarios go with their requirements.
fn of(feature: &Feature, sources: &Sources) -> Vec<Change> {
    let Some((root, _)) = feature.id.0.rsplit_once("/changes/") else { return Vec::new() };
    let inside = format!("{}/specs/", feature.id);
    let requirements = feature.requirements.iter().filter(|r| !r.id.id.contains('/'));
    let changes = requirements.filter_map(|r| {
        let path = sources.path(r.span.file).strip_prefix(&inside)?;
        let capability = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let delta = r.delta.clone()?;
        let name = if let Delta::Renamed(from) = &delta { from } else { &r.id.id };
        Some(Change {
            by: feature.id.clone(),
            truth: format!("{root}/specs/{capability}"),
            name: name.clone(),
            delta,
            span: r.span,
        })
    });
    changes.collect()
}
