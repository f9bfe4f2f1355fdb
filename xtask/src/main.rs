//! Work on the project that is more than one Cargo command.

fn main() {}
