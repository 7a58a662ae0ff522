//! The other side of the law: the same templates rendered plainly, with one environment's own model and no marks.

use std::collections::BTreeMap;

use bowline::base::source::Sources;
use bowline::base::tree::Node;
use bowline::make::{draw, image, stamp};
use bowline::model::catalogue::{Entry, Layer};
use bowline::read::yaml::{Piece, parse};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Kwargs, Serde, Value};
use minijinja::{AutoEscape, Environment, Error, Output, State, UndefinedBehavior};
use serde_json::{Value as Json, json};

use crate::fixture::Example;

fn json(value: &Value) -> Json {
    serde_json::to_value(Serde(value.clone()).0).unwrap()
}

fn region(state: &mut State, value: Option<&Value>, options: &Kwargs, when: bool) -> Result<Value, Error> {
    let caller: Value = options.get("caller")?;
    let kept = value.is_some_and(Value::is_true) == when;
    Ok(Value::from_safe_string(if kept { caller.call(state, &[])?.to_string() } else { String::new() }))
}

fn environment(example: &Example, name: &str) -> Environment<'static> {
    let mut environment = Environment::new();
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build();
    environment.set_syntax(syntax.unwrap());
    environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_formatter(|out: &mut Output, _: &mut State, value: &Value| {
        if value.is_safe() {
            return Ok(out.write_str(value.as_str().unwrap_or_default())?);
        }
        assert!(!value.is_undefined(), "a value that is not there was printed");
        // JSON is YAML, but for what YAML 1.1 takes for line breaks
        let text = json(value)
            .to_string()
            .replace('\u{2028}', "\\u2028")
            .replace('\u{2029}', "\\u2029")
            .replace('\u{FEFF}', "\\uFEFF");
        Ok(out.write_str(&text)?)
    });
    environment.add_function("when", |s: &mut State, v: Option<Value>, o: Kwargs| region(s, v.as_ref(), &o, true));
    environment.add_function("unless", |s: &mut State, v: Option<Value>, o: Kwargs| region(s, v.as_ref(), &o, false));
    let models = example.app.units.iter().map(|u| (u.name.clone(), u.environments[name].clone()));
    let models: BTreeMap<String, Node> = models.collect();
    environment.add_function("existing", move |unit: &str, otherwise: String| {
        models[unit].get_str("existingSecret").map_or(otherwise, str::to_owned)
    });
    environment.add_filter("bare", |v: Value| Value::from_safe_string(v.to_string()));
    environment.add_filter("text", |v: Value| v.to_string());
    environment.add_filter("volume", |p: String| p.trim_matches('/').replace(['/', '_', '.'], "-").to_lowercase());
    environment.add_filter("json", |v: Value| Value::from_safe_string(json(&v).to_string()));
    environment.add_filter("shift", |text: String, width: usize| {
        Value::from_safe_string(text.lines().map(|l| format!("{}{l}\n", " ".repeat(width))).collect())
    });
    environment.add_filter("digest", |v: String| {
        use sha2::Digest as _;
        let digest = sha2::Sha256::digest(v);
        digest.iter().take(4).fold(String::new(), |out, byte| out + &format!("{byte:02x}"))
    });
    environment.add_filter("checksum", |v: Value| {
        use sha2::Digest as _;
        let text = bowline::make::literal::go_json(&bowline::make::print::texts(&json(&v)));
        sha2::Sha256::digest(text).iter().fold(String::new(), |out, byte| out + &format!("{byte:02x}"))
    });
    for template in example.loaded.set.templates.iter() {
        // filters of compose.yaml are not needed for manifests
        let _ = environment.add_template_owned(template.name.clone(), template.text.clone());
    }
    environment
}

/// Every manifest of an environment, rendered plainly.
pub(crate) fn manifests(example: &Example, name: &str) -> BTreeMap<String, Json> {
    let environment = environment(example, name);
    let mut app = example.app.clone();
    image::put_tags(&mut app, &example.tags);
    let model = |unit: &str| app.unit(unit).unwrap().environments[name].json();
    let own = model(&app.name);
    let mut out = BTreeMap::new();
    for possible in &example.possible {
        let entry: &Entry = &example.loaded.entries[possible.entry];
        if entry.layer != Layer::Kubernetes || entry.kind == "Kustomization" {
            continue;
        }
        let unit = app.unit(&possible.identity.unit).unwrap();
        let owner = &example.owners[&possible.identity];
        let features = owner.tasks.iter().map(|t| t.feature.clone()).collect();
        let facts: Node = stamp::facts(owner, &stamp::of(owner, &example.texts), &features);
        let list = entry.each.as_deref().and_then(|path| unit.union.get(path)).map(Node::json);
        let context = json!({
            "item": possible.item.and_then(|i| Some(list?[i].clone())),
            "app": own, "service": model(&unit.name), "values": model(&unit.name), "stamp": facts.json(),
            "unit": { "name": unit.name, "key": unit.key, "role": unit.role.name(), "instance": draw::instance(&app, unit) },
        });
        let template = environment.get_template(&entry.template).unwrap();
        let text = template.render(Value::from(Serde(context))).unwrap_or_else(|e| panic!("{}: {e:#}", entry.template));
        let mut sources = Sources::default();
        let file = sources.add("plain", text.as_str());
        let object =
            parse(&Piece::at(file, &text, 0)).unwrap_or_else(|e| panic!("{}: {}\n{text}", entry.template, e.message));
        if !object.is_null() {
            out.insert(possible.identity.to_string(), object.json());
        }
    }
    out
}
