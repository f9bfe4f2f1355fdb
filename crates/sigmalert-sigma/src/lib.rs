//! Sigma.

pub mod yaml;
