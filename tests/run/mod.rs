//! Rules that run over a cluster or over events, and the alerts they send.

pub mod alerters;
pub mod alerts;
pub mod aws_alerters;
pub mod aws_signatures;
pub mod correlations;
pub mod faults;
pub mod mail;
pub mod metrics;
pub mod recordings;
pub mod retries;
pub mod rule_types;
pub mod shared_state;
pub mod shutdown;
pub mod side_by_side;
pub mod tls;
pub mod tutorial;
