//! `api-port-range`: port numbers from 1 to 65535.

use crate::base::tree::Tree;
use crate::check::schema::Visit;

use super::Typed;

/// Types and fields that hold a port number.
pub(super) const TABLE: &[(&str, &str)] = &[
    ("core.v1.ContainerPort", "containerPort"),
    ("core.v1.ContainerPort", "hostPort"),
    ("core.v1.GRPCAction", "port"),
    ("core.v1.HTTPGetAction", "port"),
    ("core.v1.ServicePort", "nodePort"),
    ("core.v1.ServicePort", "port"),
    ("core.v1.ServicePort", "targetPort"),
    ("core.v1.TCPSocketAction", "port"),
    ("networking.v1.NetworkPolicyPort", "endPort"),
    ("networking.v1.NetworkPolicyPort", "port"),
    ("networking.v1.ServiceBackendPort", "number"),
];

pub(super) fn visit(v: &Visit<'_>, to: &mut Typed<'_, '_>) {
    if !TABLE.contains(&(v.ty, v.field)) {
        return;
    }
    if let Tree::Int(port) = v.node.tree
        && !(1..=65535).contains(&port)
    {
        let message = format!("`{}` of {} is {port}", v.field, to.object.label());
        to.error("api-port-range", message, v.node.span(), "no port has this number", "use a number from 1 to 65535");
    }
    if let Tree::Text(text) = &v.node.tree
        && text.parse::<u32>().is_ok()
    {
        let message = format!("`{}` of {} is the text `{text}`, which names a port", v.field, to.object.label());
        to.error("api-port-range", message, v.node.span(), "quoted", "remove the quotes");
    }
}
