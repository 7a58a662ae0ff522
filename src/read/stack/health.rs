//! Routes that tell how a service is: by the paths that people give them.

use crate::model::proposal::{Found, Place};

use super::component::Health;

const LIVE: &[&str] = &[
    "/health/live",
    "/healthz/live",
    "/health/liveness",
    "/livez",
    "/live",
    "/liveness",
    "/healthz",
    "/health",
    "/ping",
];
const READY: &[&str] = &["/health/ready", "/healthz/ready", "/health/readiness", "/readyz", "/ready", "/readiness"];
const STARTUP: &[&str] = &["/health/startup", "/startupz", "/startup"];

/// Takes note of a route when it is one of those. Prefixes such as `/api` and `/api/v1` do not hide it.
pub fn note(health: &mut Health, path: &str, at: &Place) {
    let clean = path.trim_end_matches('/');
    if clean == "/metrics" {
        health.metrics.get_or_insert_with(|| Found { value: clean.to_owned(), at: at.clone() });
    }
    let tries: [(&[&str], &mut Option<Found<String>>); 3] =
        [(LIVE, &mut health.live), (READY, &mut health.ready), (STARTUP, &mut health.startup)];
    for (names, slot) in tries {
        let rank = |path: &str| {
            names.iter().position(|n| path == *n || (path.ends_with(n) && is_prefix(&path[..path.len() - n.len()])))
        };
        let Some(new) = rank(clean) else { continue };
        let known = slot.as_ref().map(|s| s.value.trim_end_matches('/').to_owned());
        let better = known.is_none_or(|known| rank(&known).is_none_or(|old| (new, clean.len()) < (old, known.len())));
        if better {
            // with its last slash: not every server sends on from the other form
            *slot = Some(Found { value: path.to_owned(), at: at.clone() });
        }
    }
}

/// `/api`, `/api/v1`, `/v2`.
fn is_prefix(text: &str) -> bool {
    text.is_empty()
        || (text.starts_with('/')
            && text[1..]
                .split('/')
                .all(|p| p == "api" || p == "internal" || (p.starts_with('v') && p[1..].parse::<u8>().is_ok())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_telling_route_wins() {
        let mut health = Health::default();
        for path in
            ["/todos", "/health", "/api/health/live", "/health/live", "/readyz", "/metrics", "/user/health", "/healthy"]
        {
            note(&mut health, path, &Place::new("main.py", 1));
        }
        let value = |f: &Option<Found<String>>| f.as_ref().map(|f| f.value.clone());
        assert_eq!(value(&health.live).as_deref(), Some("/health/live"));
        assert_eq!(value(&health.ready).as_deref(), Some("/readyz"));
        assert_eq!(value(&health.startup), None);
        assert_eq!(value(&health.metrics).as_deref(), Some("/metrics"));
    }
}
