//! What tests share: generated expressions and documents, the naive evaluator, the real servers.

pub mod generate;
pub mod naive;
pub mod opensearch;
