//! The law of generation: one rendering, many printings, all of them the same app.

mod files;
mod fixture;
mod helm;
mod literals;
mod own;
mod plain;
mod refused;

use std::collections::{BTreeMap, BTreeSet};

use bowline::base::tree::Origin;
use bowline::make::causes;
use bowline::make::draw::{Inputs, Objects};
use bowline::make::run::{Made, make};
use bowline::make::stamp::{self, Reading};
use fixture::{Example, HOSTILE, OUTSIDE, TODO};

fn made(example: &Example) -> Made {
    let made = example.make();
    assert!(made.diagnostics.is_empty(), "{:#?}", made.diagnostics);
    made
}

#[test]
fn helm_prints_what_the_manifests_say() {
    let example = Example::new(TODO);
    helm::agree(&example.app, &made(&example), "todo");
}

#[test]
fn helm_prints_hostile_texts_as_the_manifests_do() {
    let example = Example::new(HOSTILE);
    helm::agree(&example.app, &made(&example), "hostile");
}

#[test]
fn helm_prints_what_comes_from_elsewhere_as_the_manifests_do() {
    let example = Example::new(OUTSIDE);
    helm::agree(&example.app, &made(&example), "outside");
}

#[test]
fn a_printing_is_the_plain_rendering_of_its_environment() {
    for block in [TODO, HOSTILE, OUTSIDE] {
        let example = Example::new(block);
        let made = made(&example);
        for environment in &example.app.environments {
            let ours: BTreeMap<_, _> = made
                .artifacts
                .iter()
                .filter(|a| a.environment.as_ref() == Some(environment))
                .filter_map(|a| Some((a.identity.to_string(), a.object.clone()?)))
                .collect();
            let plain = plain::manifests(&example, environment);
            assert_eq!(plain.keys().collect::<Vec<_>>(), ours.keys().collect::<Vec<_>>(), "{environment}");
            for (identity, object) in &plain {
                assert_eq!(&ours[identity], object, "{identity} in {environment}");
            }
        }
    }
}

#[test]
fn the_bytes_are_the_same_whether_objects_are_read_back_or_not() {
    let example = Example::new(HOSTILE);
    let bytes = |objects: Objects| {
        let made = make(Inputs { objects, ..example.inputs() });
        let read = made.artifacts.iter().filter(|a| a.object.is_some()).count();
        (made.artifacts.into_iter().map(|a| (a.path, a.bytes, a.ingredients)).collect::<Vec<_>>(), read)
    };
    let ((all, objects), (own, none)) = (bytes(Objects::All), bytes(Objects::Own));
    assert!(all == own);
    assert!(objects > 40 && none == 0, "{objects} and {none} objects");
}

#[test]
fn the_bytes_are_the_same_on_one_thread_and_on_eight() {
    let example = Example::new(HOSTILE);
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            made(&example).artifacts.into_iter().map(|a| (a.path, a.bytes, a.ingredients)).collect::<Vec<_>>()
        })
    };
    let one = on(1);
    assert!(one.len() > 80);
    assert!(one == on(8));
}

#[test]
fn every_line_of_every_file_has_a_cause() {
    for block in [TODO, HOSTILE, OUTSIDE] {
        let example = Example::new(block);
        let made = made(&example);
        let all: BTreeMap<_, _> = causes::all(example.inputs()).into_iter().collect();
        let (mut lines, mut answered, mut written) = (0, 0, 0);
        for artifact in &made.artifacts {
            let text = std::str::from_utf8(&artifact.bytes).unwrap();
            let causes = &all[&artifact.path];
            assert_eq!(causes.len(), text.lines().count(), "{}", artifact.path);
            for (cause, line) in causes.iter().zip(text.lines()) {
                assert_eq!(cause.text, line, "{}", artifact.path);
                lines += 1;
                answered += usize::from(!cause.reads.is_empty() && !cause.tasks.is_empty());
                written += usize::from(cause.reads.iter().any(|r| matches!(r.origin, Origin::Written { .. })));
                let derived = ["values.yaml", "values.schema.json"].iter().any(|n| artifact.path.ends_with(n))
                    || artifact.path.contains("/values-");
                let own = cause.line == stamp::line_of(&artifact.path);
                assert!(
                    derived || own || cause.template.is_some(),
                    "{}:{} has no template line",
                    artifact.path,
                    cause.line
                );
            }
        }
        assert_eq!(answered, lines);
        println!("{answered} of {lines} lines have a cause, {written} of them in the spec");
        assert_eq!(written, lines, "lines lead to the spec");
    }
}

#[test]
fn a_line_knows_its_template_and_its_line_of_the_spec() {
    let example = Example::new(TODO);
    let place = |cause: &causes::LineCause| -> Vec<String> {
        let line = |o: &Origin| match o {
            Origin::Written { value, .. } => example.sources.position(*value).line.to_string(),
            Origin::Default(_) => "default".to_owned(),
        };
        cause
            .reads
            .iter()
            .map(|r| format!("{}.{} {} {}", r.unit, r.path, line(&r.origin), r.requirements.join(",")))
            .collect()
    };
    let find = |path: &str, text: &str| -> (String, Vec<String>) {
        let all = causes::causes(example.inputs(), path).unwrap();
        let cause = all.iter().find(|c| c.text.trim() == text).unwrap_or_else(|| panic!("{path} has no line `{text}`"));
        let template = cause.template.clone().map_or(String::new(), |(name, line)| {
            let source = &example.loaded.set.get(&name).unwrap().text;
            format!("{name}: {}", source.lines().nth(line - 1).unwrap().trim())
        });
        (template, place(cause))
    };
    assert_eq!(
        find("out/todo/production/frontend-deployment.yaml", "replicas: 2"),
        (
            "deployment.yaml: replicas: {{ values.replicas }}".to_owned(),
            vec![
                "frontend.replicas default ".to_owned(),
                "frontend.autoscaling default ".to_owned(),
                "frontend. 13 ".to_owned()
            ]
        )
    );
    let (template, reads) = find("out/todo/local/backend-deployment.yaml", "path: /health/ready");
    assert_eq!(template, "_probes.yaml: path: {{ probe.httpGet.path }}");
    assert_eq!(reads[0], "backend.readinessProbe.httpGet.path 7 FR-010");
    let (template, reads) = find(
        "charts/todo/templates/backend-horizontalpodautoscaler.yaml",
        "averageUtilization: {{ int64 .Values.backend.autoscaling.cpu }}",
    );
    assert_eq!(template, "hpa.yaml: averageUtilization: {{ values.autoscaling.cpu }}");
    assert_eq!(reads[0], "backend.autoscaling.cpu 8 FR-012");
    let (_, reads) = find("charts/todo/values.yaml", "LOG_LEVEL: INFO");
    assert_eq!(reads, ["database-migrate.environment.LOG_LEVEL 11 FR-006"]);
    let (template, reads) = find("out/todo/local/backend-networkpolicy.yaml", "cidr: 0.0.0.0/0");
    assert_eq!(template, "networkpolicy.yaml: cidr: 0.0.0.0/0");
    assert!(reads.iter().any(|r| r.starts_with("backend.egress.0 ") && r.ends_with(" FR-009")), "{reads:?}");
    let stamped = causes::causes(example.inputs(), "out/todo/local/backend-service.yaml").unwrap();
    assert!(stamped[0].stamp && stamped[0].text.starts_with("# bowline:v1"));
    assert!(stamped.iter().any(|c| c.stamp && c.text.trim().starts_with("bowline.dev/tasks")));
    assert!(causes::causes(example.inputs(), "out/todo/local/nothing.yaml").is_none());
}

#[test]
fn every_file_is_stamped_and_an_edit_shows() {
    let example = Example::new(TODO);
    let mut forms = BTreeSet::new();
    for artifact in made(&example).artifacts {
        let text = String::from_utf8(artifact.bytes.clone()).unwrap();
        let Reading::Intact(stamp) = stamp::read(&artifact.path, text.as_bytes()) else { panic!("{}", artifact.path) };
        assert_eq!(stamp.tasks, artifact.tasks.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(stamp.requirements, ["todo-chatbot/FR-001", "todo-chatbot/FR-004"]);
        let line = text.lines().nth(stamp::line_of(&artifact.path) - 1).unwrap();
        forms.insert(line.trim().chars().take(3).collect::<String>());
        let edited = format!("{text}x\n");
        assert!(matches!(stamp::read(&artifact.path, edited.as_bytes()), Reading::Edited(_)), "{}", artifact.path);
        let windows = text.replace('\n', "\r\n");
        assert!(matches!(stamp::read(&artifact.path, windows.as_bytes()), Reading::Intact(_)), "{}", artifact.path);
        let foreign = text.replace(line, "");
        assert_eq!(stamp::read(&artifact.path, foreign.as_bytes()), Reading::Foreign, "{}", artifact.path);
    }
    assert_eq!(forms.into_iter().collect::<Vec<_>>(), ["\"$c", "# b", "<!-", "{{-"]);
}

#[test]
fn the_stamp_stands_on_objects_only() {
    let example = Example::new(TODO);
    for artifact in made(&example).artifacts {
        let Some(mut object) = artifact.object else { continue };
        let metadata = object.as_object_mut().unwrap().remove("metadata").unwrap();
        assert_eq!(metadata["labels"]["bowline.dev/task"], artifact.tasks[0].id, "{}", artifact.path);
        assert_eq!(metadata["labels"]["bowline.dev/feature"], "todo-chatbot");
        assert_eq!(metadata["annotations"]["bowline.dev/requirements"], "todo-chatbot/FR-001,todo-chatbot/FR-004");
        assert!(!object.to_string().contains("bowline.dev"), "{}", artifact.path);
    }
}
