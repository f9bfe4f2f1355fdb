//! What tests share: generated expressions and documents, the naive evaluator, the program, the real servers.

pub mod cli;
pub mod convert;
pub mod corpus;
pub mod elastalert;
pub mod examples;
pub mod generate;
pub mod hostile;
pub mod naive;
pub mod opensearch;
pub mod praeco;
pub mod readings;
pub mod runtime;
pub mod seed;
pub mod served;
pub mod signatures;
pub mod skip;
