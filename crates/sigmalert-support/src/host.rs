//! The name of the machine.

/// Returns the host name, where the system publishes it (Linux).
pub fn hostname() -> Option<String> {
    // The file is virtual: it has one short line.
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").ok()?;
    Some(name.trim().to_owned())
}
