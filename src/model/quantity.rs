//! Kubernetes' quantities: amounts of CPU, memory and storage.

const KIBI: f64 = 1024.0;
const MEBI: f64 = KIBI * KIBI;

/// What a suffix multiplies by.
const SUFFIXES: [(&str, f64); 16] = [
    ("", 1.0),
    ("n", 1e-9),
    ("u", 1e-6),
    ("m", 1e-3),
    ("k", 1e3),
    ("M", 1e6),
    ("G", 1e9),
    ("T", 1e12),
    ("P", 1e15),
    ("E", 1e18),
    ("Ki", KIBI),
    ("Mi", MEBI),
    ("Gi", MEBI * KIBI),
    ("Ti", MEBI * MEBI),
    ("Pi", MEBI * MEBI * KIBI),
    ("Ei", MEBI * MEBI * MEBI),
];

/// The value of a quantity (`500m`, `1Gi`, `2e3`) in its base unit: cores, bytes.
pub fn parse(text: &str) -> Option<f64> {
    let digits = text.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '+' | '-'))).unwrap_or(text.len());
    let (number, suffix) = text.split_at(digits);
    if number.is_empty() || number.ends_with(['+', '-']) || !number.bytes().any(|b| b.is_ascii_digit()) {
        return None;
    }
    let number: f64 = number.parse().ok()?;
    let scale = match SUFFIXES.iter().find(|(name, _)| *name == suffix) {
        Some((_, scale)) => *scale,
        None => 10_f64.powi(suffix.strip_prefix(['e', 'E'])?.parse().ok()?),
    };
    Some(number * scale)
}

/// Whether it is one as the block takes it: digits, an optional fraction, an optional suffix; no sign, no exponent.
pub fn is_amount(text: &str) -> bool {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    !digits.ends_with('.')
        && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        && digits.parse::<f64>().is_ok()
        && SUFFIXES.iter().any(|(name, _)| *name == &text[digits.len()..])
}

#[cfg(test)]
mod tests {
    use super::{is_amount, parse};

    #[test]
    fn quantities_as_kubernetes_reads_them() {
        let near = |text: &str, value: f64| parse(text).is_some_and(|v| (v - value).abs() <= value.abs() * 1e-12);
        for (text, value) in [
            ("1", 1.0),
            ("500m", 0.5),
            ("1Gi", 1_073_741_824.0),
            ("2Pi", 2_251_799_813_685_248.0),
            ("0.5", 0.5),
            (".5", 0.5),
            ("1.", 1.0),
            ("2e3", 2000.0),
            ("1E", 1e18),
            ("-1k", -1e3),
            ("12E-1", 1.2),
        ] {
            assert!(near(text, value), "{text}: {:?}", parse(text));
        }
        for text in ["", "1 core", "1GB", "m", "1gi", "1.2.3", "--1", "1e", "e3", "+", "1K"] {
            assert_eq!(parse(text), None, "{text}");
            assert!(!is_amount(text), "{text}");
        }
    }

    #[test]
    fn what_the_block_takes() {
        for text in ["1", "0", "250m", "0.5", ".5", "1.5Gi", "1E", "2Ei", "10n"] {
            assert!(is_amount(text) && parse(text).is_some(), "{text}");
        }
        for text in ["1.", "1.Gi", "-1", "+1", "2e3", "12E-1"] {
            assert!(!is_amount(text) && parse(text).is_some(), "{text}");
        }
    }
}
