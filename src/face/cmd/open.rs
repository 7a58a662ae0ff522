//! `bowline open`: forward what is exposed, and print addresses that have answered.

use std::net::SocketAddr;
use std::time::Duration;

use crate::base::tree::Node;
use crate::face::cli::Open;
use crate::face::exit::Exit;
use crate::face::prepare::{Prepared, prepare};
use crate::face::run::Context;
use crate::face::target::{self, Reached};
use crate::graph::defaults::first_port;
use crate::model::app::{App, Role};
use crate::world::cluster::http_get;
use crate::world::process;

pub fn run(context: &Context, args: &Open) -> Exit {
    let prepared = match prepare(context, args.target.environment.as_deref()) {
        Ok(prepared) => prepared,
        Err(exit) => return exit,
    };
    let reached = match target::reach(&args.target) {
        Ok(reached) => reached,
        Err(failure) => return target::refused(context, &failure),
    };
    let Some(app) = &prepared.app else { return Exit::Errors };
    let mut services: Vec<String> = if args.services.is_empty() { exposed(app) } else { args.services.clone() };
    services.dedup();
    if services.is_empty() {
        context.output.say("no service has an `ingress` path; name one: `bowline open backend`");
        return Exit::Errors;
    }
    let mut forwardings = Vec::new();
    for (number, service) in services.iter().enumerate() {
        let port = app.unit(service).and_then(|u| first_port(&u.union)).and_then(|p| u16::try_from(p).ok());
        let Some(port) = port else {
            let near = crate::base::suggest::did_you_mean(service, app.units.iter().map(|u| u.name.as_str()));
            context.output.say(&format!("error: `{service}` is no service with a port; {}", near.unwrap_or_default()));
            return Exit::Errors;
        };
        let local = args.port.filter(|_| number == 0).unwrap_or(0);
        let forwarding = match reached.cluster.forward_service(&app.namespace, service, port, local) {
            Ok(forwarding) => forwarding,
            Err(error) => {
                context.output.say(&format!("error: {service} cannot be forwarded: {error}"));
                return Exit::World;
            }
        };
        let path = health(app, service);
        match http_get(forwarding.address, &path, Duration::from_secs(20)) {
            Ok(answer) if answer.status < 500 => {
                context.output.data(&format!("{service}  http://{}/", forwarding.address));
            }
            Ok(answer) => return silent(context, service, &format!("it answers with {}", answer.status)),
            Err(error) => return silent(context, service, &error.to_string()),
        }
        forwardings.push(forwarding);
    }
    if args.once {
        return Exit::Done;
    }
    if let Some(first) = forwardings.first().filter(|_| !args.no_browser && context.output.terminal) {
        browse(first.address);
    }
    context.output.say("forwarding; end with Ctrl-C");
    reached.runtime.until_interrupted();
    Exit::Done
}

fn silent(context: &Context, service: &str, why: &str) -> Exit {
    context.output.say(&format!("error: {service} does not answer: {why}"));
    Exit::World
}

/// Services with an Ingress path.
fn exposed(app: &App) -> Vec<String> {
    let services = app.units.iter().filter(|u| u.role == Role::Service && u.union.get("ingress").is_some());
    services.map(|u| u.name.clone()).collect()
}

fn health(app: &App, service: &str) -> String {
    let unit = app.unit(service);
    unit.and_then(|u| u.union.get("readinessProbe.httpGet.path")).and_then(Node::as_str).unwrap_or("/").to_owned()
}

fn browse(address: SocketAddr) {
    // a browser that does not come up is no failure: the address is printed
    let _ = process::run(process::command("xdg-open", [format!("http://{address}/")]), &process::Cancel::default());
}

/// The addresses that `up` prints: only those that it has fetched.
pub fn addresses(context: &Context, prepared: &Prepared, reached: &Reached) {
    let Some(app) = &prepared.app else { return };
    for service in exposed(app) {
        let port = app.unit(&service).and_then(|u| first_port(&u.union)).and_then(|p| u16::try_from(p).ok());
        let Some(forwarding) = port.and_then(|p| reached.cluster.forward_service(&app.namespace, &service, p, 0).ok())
        else {
            continue;
        };
        match http_get(forwarding.address, "/", Duration::from_secs(20)) {
            Ok(answer) if answer.status < 400 => {
                let host =
                    app.own().and_then(|u| u.environments.get(&prepared.environment)).and_then(|m| m.get_str("host"));
                let host =
                    host.map(|h| format!(", or through an Ingress controller at http://{h}/")).unwrap_or_default();
                context
                    .output
                    .say(&format!("{service} answers with {}; see it with `bowline open`{host}", answer.status));
            }
            Ok(answer) => context.output.say(&format!("note: {service} answers with {}", answer.status)),
            Err(error) => context.output.say(&format!("note: {service} was not reached: {error}")),
        }
    }
}
