//! scratch
use bowline::base::source::Sources;
use bowline::model::ids::FeatureId;
use bowline::read::{markdown, tasks};
#[test]
fn dump() {
    let path = std::env::var("DUMP").unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    let mut sources = Sources::default();
    let file = sources.add("t.md", text.as_str());
    let doc = markdown::parse(&text);
    let r = tasks::reading(file, &FeatureId("f".into()), &doc);
    for t in &r.tasks {
        let ids = |l: &[(String, bowline::base::source::Span)]| {
            l.iter().map(|(i, _)| i.as_str()).collect::<Vec<_>>().join(",")
        };
        println!(
            "{}|{}|{}|{:?}|{:?}|{}|{}|{}|dep:{}|bl:{}|req:{}|path:{}|{:?}|ph{} {}|g{:?}|{}",
            t.id.id,
            if t.done {
                "x"
            } else if t.begun {
                "-"
            } else {
                " "
            },
            t.kind.name(),
            t.form,
            t.status.map(|s| s.0),
            if t.parallel { "P" } else { "" },
            t.story.as_deref().unwrap_or(""),
            t.labels.join("+"),
            ids(&t.depends_on),
            ids(&t.blocks),
            ids(&t.requirements),
            ids(&t.paths),
            t.mark.map(|m| m.start),
            t.phase,
            t.phase_title.chars().take(20).collect::<String>(),
            t.group,
            t.title.chars().take(70).collect::<String>()
        );
    }
    for u in &r.unread {
        println!("UNREAD {} {:?}", u.reason, sources.slice(u.span).chars().take(80).collect::<String>());
    }
    let mut n = std::collections::BTreeMap::new();
    for a in &r.asides {
        *n.entry(format!("{:?}", a.kind)).or_insert(0) += 1;
    }
    println!("TASKS {} UNREAD {} ASIDES {:?} BASE {:?}", r.tasks.len(), r.unread.len(), n, r.paths_base);
}
