//! The seed of what tests generate. Each run has another; a failure shows it, and `SIGMALERT_SEED` brings it back.

use proptest::test_runner::{Config, RngSeed};
use std::sync::OnceLock;

/// Settings of a generated test, with its number of cases.
pub fn config(cases: u32) -> Config {
    static OF_THIS_RUN: OnceLock<u64> = OnceLock::new();
    let seed = *OF_THIS_RUN.get_or_init(|| {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        u64::from(now.subsec_nanos()) ^ now.as_secs()
    });
    config_from(seed, cases)
}

/// The same, where the seed is this one unless `SIGMALERT_SEED` is set.
pub fn config_from(seed: u64, cases: u32) -> Config {
    let seed = match std::env::var("SIGMALERT_SEED") {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("SIGMALERT_SEED is `{text}`, not a whole number")),
        Err(_) => seed,
    };
    // Shown with the output of a test that fails.
    eprintln!("SIGMALERT_SEED={seed}");
    Config { cases, failure_persistence: None, rng_seed: RngSeed::Fixed(seed), ..Config::default() }
}
