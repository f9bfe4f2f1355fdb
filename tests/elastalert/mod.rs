//! Rule files, as ElastAlert 2 loads them and Praeco opens them.

pub mod lint_rules;
pub mod loader;
pub mod praeco_opens;
pub mod praeco_saves;
pub mod profiles;
