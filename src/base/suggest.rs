//! "did you mean": the nearest known names to a misspelt one.

/// The names nearest to `word`, best first, at most `most`; only those near enough to be meant.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>, most: usize) -> Vec<&'a str> {
    let lower = word.to_lowercase();
    let mut scored: Vec<(usize, &str)> = known
        .into_iter()
        .filter_map(|name| {
            let distance = strsim::damerau_levenshtein(&lower, &name.to_lowercase());
            let near = distance <= (word.chars().count().max(name.chars().count()) / 3).max(1);
            (near || (lower.len() >= 3 && name.to_lowercase().contains(&lower))).then_some((distance, name))
        })
        .collect();
    scored.sort_unstable();
    scored.dedup();
    scored.into_iter().take(most).map(|(_, name)| name).collect()
}

/// `did you mean `x`` or `did you mean `x` or `y``; nothing when no name is near.
pub fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let names: Vec<String> = nearest(word, known, 3).into_iter().map(|n| format!("`{n}`")).collect();
    (!names.is_empty()).then(|| format!("did you mean {}", names.join(" or ")))
}
