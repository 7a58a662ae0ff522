//! `api-label-syntax`: keys and values of labels, keys of annotations, and how much annotations may hold.

use crate::base::tree::Node;
use crate::check::schema::Visit;
use crate::model::labels::{is_key, is_value};

use super::Typed;

const CODE: &str = "api-label-syntax";

/// Bytes of all keys and values of an object's annotations.
const ANNOTATIONS: usize = 256 * 1024;

pub(super) fn visit(v: &Visit<'_>, to: &mut Typed<'_, '_>) {
    let labels = matches!(
        (v.ty, v.field),
        ("meta.v1.ObjectMeta", "labels")
            | ("meta.v1.LabelSelector", "matchLabels")
            | ("core.v1.ServiceSpec", "selector")
            | ("core.v1.PodSpec", "nodeSelector")
    );
    let annotations = (v.ty, v.field) == ("meta.v1.ObjectMeta", "annotations");
    let Some(map) = v.node.as_map().filter(|_| labels || annotations) else { return };
    for (key, value) in map {
        if !is_key(key) {
            let message = format!("`{key}` cannot be the key of {}", if labels { "a label" } else { "an annotation" });
            let fix = "use `name` or `domain/name`, the name of at most 63 letters, digits, `-`, `_` and `.`";
            to.error(CODE, message, value.key_span(), "refused by the API server", fix);
        }
        if labels
            && let Some(text) = value.as_str()
            && !is_value(text)
        {
            let message = format!("`{text}` cannot be the value of a label");
            let fix = "use at most 63 letters, digits, `-`, `_` and `.`, a letter or digit first and last; an annotation holds any text";
            to.error(CODE, message, value.span(), "refused by the API server", fix);
        }
    }
    let size = |(key, value): (&String, &Node)| key.len() + value.as_str().map_or(0, str::len);
    if annotations && map.iter().map(size).sum::<usize>() > ANNOTATIONS {
        let message = format!("the annotations of {} hold more than 256 KiB", to.object.label());
        to.error(CODE, message, v.node.key_span(), "too much", "move the text into a ConfigMap");
    }
}
