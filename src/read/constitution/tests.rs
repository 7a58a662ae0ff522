//! The constitution in the forms that people write it in.

use super::*;
use crate::base::source::Sources;

fn constitution(text: &str) -> (Constitution, Vec<(String, String, Force)>) {
    let mut sources = Sources::default();
    let file = sources.add("constitution.md", text);
    let doc = super::super::markdown::parse(text);
    let read = read(&[(file, doc.clone())]).expect("one file");
    let seen = read.statements.iter().map(|s| (s.id.clone(), s.text.clone(), s.force)).collect();
    for s in &read.statements {
        assert!(!sources.slice(s.span).is_empty());
    }
    assert_eq!(lost(&read, &doc), Vec::<String>::new());
    (read, seen)
}

/// Lines that belong to nothing: the law of this reader.
fn lost(read: &Constitution, doc: &Markdown) -> Vec<String> {
    let headings = doc.blocks.iter().filter(|b| matches!(b.kind, Kind::Heading(_))).map(|b| b.range.clone());
    let mut spans: Vec<Range<usize>> = headings.collect();
    spans.extend(read.statements.iter().map(|s| s.span.range()));
    spans.extend(read.asides.iter().map(|a| a.span.range()));
    let mut start = 0;
    let mut lost = Vec::new();
    for line in doc.masked.split_inclusive('\n') {
        let end = start + line.len();
        if !line.trim().is_empty() && !spans.iter().any(|r| r.start < end && r.end > start) {
            lost.push(line.to_owned());
        }
        start = end;
    }
    lost
}

fn shown(seen: &[(String, String, Force)]) -> Vec<(&str, &str, Force)> {
    seen.iter().map(|(i, t, f)| (i.as_str(), t.as_str(), *f)).collect()
}

#[test]
fn headings_bullets_and_sentences() {
    let (read, seen) = constitution(
        "# X Constitution\n\nThis must be read.\n\n<!-- Example: must not be read -->\n\n## Core\n\n### I. Images (NON-NEGOTIABLE)\n\n\
         Images are small. They must be `pinned`.\n\n#### More\n- **Users**: non-root\n- Read-only where possible, all\n\n\
         **Rationale**: nothing is read here.\n\n## Extra\n1. Consider a mesh\n\n## Again\n- Never by hand\n\n\
         **Version**: 1.2.0 | **Ratified**: 2026-01-01\n",
    );
    assert_eq!(
        shown(&seen),
        [
            ("C/I.1", "Images are small.", Force::Must),
            ("C/I.2", "They must be `pinned`.", Force::Must),
            ("C/I.3", "Users: non-root", Force::Must),
            ("C/I.4", "Read-only where possible, all", Force::Should),
            ("C/1.1", "Consider a mesh", Force::May),
            ("C/2.1", "Never by hand", Force::Must)
        ]
    );
    assert_eq!((read.title.as_str(), read.version.as_deref()), ("X Constitution", Some("1.2.0")));
    let asides: Vec<&str> = read.asides.iter().map(|a| a.what).collect();
    assert_eq!(asides, ["introduction", "rationale", "footer"]);
}

#[test]
fn numbered_items_below_headings_in_capitals() {
    let (read, seen) = constitution(
        "# Local cluster\n\n## CORE PRINCIPLES\n\n1. **Spec First**: Every part has a spec\n2. **Small**: images stay small\n\n\
         ## SECURITY\n\n1. No root user\n",
    );
    assert_eq!(
        shown(&seen),
        [
            ("C/1.1", "Spec First: Every part has a spec", Force::Must),
            ("C/1.2", "Small: images stay small", Force::Should),
            ("C/2.1", "No root user", Force::Must),
        ]
    );
    assert_eq!(read.version, None);
}

#[test]
fn do_and_do_not() {
    let (_, seen) = constitution(
        "# X\n\n## Summary\n\n**DO:**\n- Define limits\n\n**DON'T:**\n- Use `latest` tags\n- Run as root\n\n\
         ### Prohibited\n- hostPath volumes\n\n### Images\n- ❌ Unpinned base images\n\nContainers must never:\n\n- write to their root\n",
    );
    assert_eq!(
        shown(&seen),
        [
            ("C/1.1", "Define limits", Force::Must),
            ("C/1.2", "DON'T: Use `latest` tags", Force::Must),
            ("C/1.3", "DON'T: Run as root", Force::Must),
            ("C/1.4", "Prohibited: hostPath volumes", Force::Must),
            ("C/1.5", "Never: ❌ Unpinned base images", Force::Must),
            ("C/1.6", "Containers must never: write to their root", Force::Must),
        ]
    );
}

#[test]
fn a_lead_in_lends_its_force() {
    let (_, seen) = constitution(
        "# X\n\n## A\n\nAll the deployments of the app must have:\n- liveness probes\n  - on their own port\n\nTeams may add:\n\n- a mesh of theirs\n\nProbes are cheap.\n",
    );
    assert_eq!(
        shown(&seen),
        [
            ("C/1.1", "All the deployments of the app must have:", Force::Must),
            ("C/1.2", "liveness probes", Force::Must),
            ("C/1.3", "on their own port", Force::Must),
            ("C/1.4", "a mesh of theirs", Force::May),
            ("C/1.5", "Probes are cheap.", Force::Should),
        ]
    );
}

#[test]
fn tables_with_marks_and_without() {
    let (read, seen) = constitution(
        "# X\n\n## Probes\n\n| Component | Liveness | Readiness |\n|---|---|---|\n| backend | ✅ Required | Optional |\n\
         | mcp | ❌ | N/A |\n\n| Topic | Rule |\n|--|--|\n| Tags | never `latest` |\n",
    );
    assert_eq!(
        shown(&seen),
        [
            ("C/1.1", "backend: Liveness ✅ Required", Force::Must),
            ("C/1.2", "backend: Readiness Optional", Force::May),
            ("C/1.3", "Tags: never `latest`", Force::Must),
        ]
    );
    assert_eq!(read.asides.iter().filter(|a| a.what == "not required").count(), 3);
}

#[test]
fn the_template_left_unfilled() {
    let (read, seen) = constitution(
        "# [PROJECT_NAME] Constitution\n\n## Core Principles\n\n### [PRINCIPLE_1_NAME]\n<!-- Example: I. x -->\n[PRINCIPLE_1_DESCRIPTION]\n\n\
         ## Governance\n[GOVERNANCE_RULES]\n\n**Version**: [CONSTITUTION_VERSION] | **Ratified**: [RATIFICATION_DATE]\n",
    );
    assert!(seen.is_empty(), "{seen:?}");
    assert_eq!(read.version, None);
}

#[test]
fn every_line_is_somewhere() {
    let (read, _) = constitution(
        "---\nx: y\n---\nLine before.\n\n- item before\n\n# T\n\nintro\n\n---\n\n<details>\n<summary>More</summary>\n\nhidden rule here\n\n</details>\n\n\
         ## A\n\nword\n\n> quoted rule one\n> goes on\n\n```yaml\nnot: read\n```\n\n    code too\n\n[l]: http://example.com\n\n- \n\n1) x y\n\n***\n",
    );
    let mut kinds: Vec<&str> = read.asides.iter().map(|a| a.what).collect();
    kinds.sort_unstable();
    kinds.dedup();
    assert_eq!(kinds, ["code", "empty item", "introduction", "link", "markup", "one word", "ruling"]);
}

#[test]
fn several_files_are_one() {
    let mut sources = Sources::default();
    let texts = [
        "---\ninclusion: always\n---\n# Tech\n\nUse Helm 3.\n\n## Images\n- Pin all images\n",
        "# Product\n\nStay small. Never guess.\n",
    ];
    let files: Vec<_> = texts
        .iter()
        .enumerate()
        .map(|(n, t)| (sources.add(n.to_string(), *t), super::super::markdown::parse(t)))
        .collect();
    let read = read(&files).expect("files");
    let ids: Vec<_> = read.statements.iter().map(|s| (s.id.as_str(), s.text.as_str())).collect();
    assert_eq!(
        ids,
        [("C/1.1", "Use Helm 3."), ("C/1.2", "Pin all images"), ("C/2.1", "Stay small."), ("C/2.2", "Never guess.")]
    );
    assert_eq!(read.more, [files[1].0]);
    assert_eq!(read.title, "Tech");
}

#[test]
fn other_languages() {
    let (_, seen) = constitution(
        "# 章程\n\n## 一、镜像\n\n- 所有镜像必须固定版本\n- 建议扫描镜像\n\n## اصول\n\n- ہر سروس کے لیے health check لازمی ہے\n\n## Principes\n\n- Les secrets ne doivent jamais être dans Git\n",
    );
    let forces: Vec<Force> = seen.iter().map(|s| s.2).collect();
    assert_eq!(forces, [Force::Must, Force::Should, Force::Must, Force::Must]);
}

#[test]
fn numbers_of_headings() {
    for (title, wanted) in [
        ("II. Title", Some("II")),
        ("3. Title", Some("3")),
        ("2.1 Title", Some("2.1")),
        ("Principle IV: Title", Some("IV")),
        ("I am", None),
        ("3 pods", None),
        ("Security", None),
    ] {
        assert_eq!(number(title), wanted, "{title}");
    }
}
