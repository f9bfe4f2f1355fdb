//! Lints, fixes, packs and editors.

pub mod editors;
pub mod fixes;
pub mod gates;
pub mod lints;
pub mod packs;
pub mod repository;
