//! Blocks without sense: shaped by the table of fields, or sensible ones with a place spoilt.

use bowline::model::fields::{BLOCK, Shape};
use serde_json::{Map, Value as Json, json};

use crate::choices::Choices;
use crate::valid;

/// A block that is nearly always wrong somewhere.
pub(crate) fn block(c: &mut Choices<'_>) -> Json {
    if c.one_in(3) {
        let mut block = shaped(c, &BLOCK, 0);
        block["app"]["name"] = json!("shop");
        return block;
    }
    let times = 1 + c.byte() % 3;
    let mut places = Vec::new();
    for _ in 0..times {
        places.push((c.byte() * 256 + c.byte(), c.byte(), junk(c)));
    }
    let mut block = valid::block(c);
    for (at, how, junk) in places {
        let mut left = at % count(&block);
        spoil(&mut block, &mut left, how, &junk);
    }
    block
}

fn count(value: &Json) -> usize {
    1 + match value {
        Json::Object(map) => map.values().map(count).sum::<usize>(),
        Json::Array(list) => list.iter().map(count).sum::<usize>(),
        _ => 0,
    }
}

/// Spoils the place that is the `left`th from here.
fn spoil(value: &mut Json, left: &mut usize, how: usize, junk: &Json) -> bool {
    if *left == 0 {
        match (how % 4, value) {
            (0, Json::Object(map)) => _ = map.insert("nonsense".to_owned(), junk.clone()),
            (1, Json::Object(map)) => {
                let key = map.keys().nth(how % map.len().max(1)).cloned();
                key.map(|k| map.remove(&k));
            }
            (2, Json::Array(list)) => list.push(junk.clone()),
            (_, other) => *other = junk.clone(),
        }
        return true;
    }
    *left -= 1;
    match value {
        Json::Object(map) => map.values_mut().any(|v| spoil(v, left, how, junk)),
        Json::Array(list) => list.iter_mut().any(|v| spoil(v, left, how, junk)),
        _ => false,
    }
}

fn junk(c: &mut Choices<'_>) -> Json {
    match c.byte() % 9 {
        0 => Json::Null,
        1 => json!(c.text()),
        2 => json!(c.pick(&[0, -1, 1, 65536, i64::MAX, i64::MIN, 80])),
        3 => json!(c.pick(&[0.5, -1.5, 1e300])),
        4 => json!(c.one_in(2)),
        5 => json!([]),
        6 => json!({}),
        7 => json!([c.text(), { "a": [[]] }]),
        _ => json!({ c.text(): c.text(), "port": {}, "path": [] }),
    }
}

/// Something of a shape, or something else.
fn shaped(c: &mut Choices<'_>, shape: &Shape, depth: usize) -> Json {
    if depth > 2 && c.one_in(12) {
        return junk(c);
    }
    match shape {
        Shape::Text | Shape::Scalar | Shape::Word(_) => json!(c.text()),
        Shape::Name(_) => json!(c.pick(&["shop", "no", "a-1", "-a", "x".repeat(60).as_str(), "Up"])),
        Shape::Integer(min, max) => json!(c.pick(&[*min, *max, min + 1, max.saturating_add(1)])),
        Shape::Boolean => json!(c.one_in(2)),
        Shape::Quantity => json!(c.pick(&["1Gi", "100m", "0", "-1", "1e3", "9999999Ei", "lots"])),
        Shape::Choice(all) => json!(c.pick(all)),
        Shape::ListOf(item) => (0..c.byte() % 3).map(|_| shaped(c, item, depth + 1)).collect(),
        Shape::MapOf(item) | Shape::Keyed(_, item) => {
            let mut map = Map::new();
            for _ in 0..c.byte() % 3 {
                let key = c.pick(&["api", "database", "local", "/data", "A", "no", "x y", "", "production"]);
                map.insert(key.to_owned(), shaped(c, item, depth + 1));
            }
            Json::Object(map)
        }
        Shape::Fields(fields) => {
            let mut map = Map::new();
            for field in *fields {
                if depth == 0 || c.one_in(4) {
                    map.insert(field.name.to_owned(), shaped(c, &field.shape, depth + 1));
                }
            }
            Json::Object(map)
        }
        Shape::Either(all) => {
            let one = c.byte() % all.len();
            shaped(c, &all[one], depth)
        }
    }
}
