//! Random typed blocks with every field of the table: what is valid holds to every law of an app, through both Helms;
//! what is not is told at its place, and makes nothing. `PROPTEST_CASES` tries more of them.

mod choices;
#[path = "../printing/fixture.rs"]
#[expect(dead_code, reason = "shared with the law of printing")]
mod fixture;
mod found;
#[path = "../printing/helm.rs"]
#[expect(dead_code, reason = "shared with the law of printing")]
mod helm;
mod laws;
#[path = "../printing/plain.rs"]
mod plain;
mod table;
mod valid;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use bowline::check::explain;
use choices::{Choices, yaml};
use fixture::Example;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

/// How many blocks are tried: few, or in proportion to `PROPTEST_CASES`.
fn tried(usual: u32, each: impl Fn(&[u8])) {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse::<u32>().ok());
    let cases = asked.map_or(usual, |n| n.saturating_mul(usual).div_ceil(4));
    let config =
        ProptestConfig { cases, failure_persistence: None, max_shrink_iters: 100, ..ProptestConfig::default() };
    let bytes = prop::collection::vec(any::<u8>(), 0..500);
    TestRunner::new(config)
        .run(&bytes, |bytes| {
            each(&bytes);
            Ok(())
        })
        .unwrap_or_else(|e| panic!("{e}"));
}

/// Runs a law on a block, and shows the block when it does not hold.
fn shown(block: &str, law: impl FnOnce()) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(law)) {
        eprintln!("--- the block\n{block}\n---");
        resume_unwind(panic);
    }
}

fn sensible(usual: u32, law: impl Fn(&Example, &serde_json::Value)) {
    let counts = std::cell::RefCell::new((0, BTreeMap::<&str, (u32, String)>::new()));
    tried(usual, |bytes| {
        let block = valid::block(&mut Choices::new(bytes));
        let text = yaml(&block);
        let (all, wrong) = &mut *counts.borrow_mut();
        *all += 1;
        match Example::read(&text) {
            Ok(example) => shown(&text, || law(&example, &block)),
            Err(found) => {
                for d in found {
                    wrong.entry(d.code).or_insert_with(|| (0, format!("{d:#?}\n{text}"))).0 += 1;
                }
            }
        }
    });
    let (all, wrong) = counts.into_inner();
    let refused: u32 = wrong.values().map(|(n, _)| n).sum();
    println!("{all} blocks, {refused} findings");
    for (code, (count, first)) in &wrong {
        println!("{code}: {count}, such as\n{first}");
    }
    assert!(refused * 2 < all || all < 20, "half of the blocks are refused: {:?}", wrong.keys());
}

#[test]
fn what_is_valid_holds_to_every_law() {
    sensible(4, laws::hold);
}

#[test]
fn what_is_valid_is_the_same_through_both_helms() {
    let helms = helm::helms();
    sensible(3, |example, _| {
        let made = example.make();
        let root = helm::write(&made, "blocks");
        for (helm, environment) in helms.iter().flat_map(|h| example.app.environments.iter().map(move |e| (h, e))) {
            helm::whole(helm, &root, &example.app, &made, environment);
        }
    });
}

#[test]
fn what_is_wrong_is_told_and_makes_nothing() {
    tried(60, |bytes| {
        let text = yaml(&table::block(&mut Choices::new(bytes)));
        shown(&text, || match Example::read(&text) {
            Ok(example) => laws::made(&example),
            Err(found) => {
                assert!(!found.is_empty(), "no app, and no reason");
                for d in &found {
                    assert!(explain::page(d.code).is_some(), "{} has no page", d.code);
                    assert!(!d.message.is_empty());
                }
            }
        });
    });
}
