//! Third layer: what the API server refuses, or accepts and cannot run, and no schema says.

mod counts;
mod duplicates;
mod enums;
mod hpa;
mod labels;
mod names;
mod pods;
mod ports;
mod quantity;
mod refs;
mod selectors;
mod volumes;

use crate::base::diag::Diagnostic;
use crate::base::source::Span;

use super::findings::Findings;
use super::schema::{Schema, Visit, visit};
use super::view::{Object, Scope};

/// Where a typed check puts what it finds.
struct Typed<'a, 's> {
    scope: &'a Scope<'s>,
    object: &'a Object<'s>,
    out: &'a mut Findings,
}

impl Typed<'_, '_> {
    fn add(&mut self, diagnostic: Diagnostic) {
        self.out.object(self.scope, self.object, diagnostic);
    }

    fn error(&mut self, code: &'static str, message: String, at: Option<Span>, text: &str, fix: &str) {
        self.add(Diagnostic::error(code, message).at(at, text).fix(fix));
    }
}

/// Checks one object by itself.
pub(super) fn object(schema: &Schema, scope: &Scope<'_>, object: &Object<'_>, out: &mut Findings) {
    let mut to = Typed { scope, object, out };
    names::object(&mut to);
    selectors::object(&mut to);
    counts::object(&mut to);
    pods::restart_policy(&mut to);
    volumes::object(&mut to);
    duplicates::object(&mut to);
    if let Some(ty) = schema.type_name(object.api_version(), object.kind()) {
        visit(schema, ty, object.node, &mut |v: Visit<'_>| {
            names::visit(&v, &mut to);
            enums::visit(&v, &mut to);
            ports::visit(&v, &mut to);
            quantity::visit(&v, &mut to);
            labels::visit(&v, &mut to);
            pods::visit(&v, &mut to);
        });
    }
}

/// Checks the objects of one environment against each other.
pub(super) fn together(scope: &Scope<'_>, out: &mut Findings) {
    duplicates::objects(scope, out);
    hpa::check(scope, out);
    refs::check(scope, out);
}

#[cfg(test)]
mod tests;
