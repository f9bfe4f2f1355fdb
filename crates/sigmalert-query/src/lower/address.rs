//! Addresses: networks on fields that hold text, and text on fields that hold addresses.

use super::{FieldContext, LowerError, Lowering};
use crate::regex::CharSet;
use crate::{Case, Expr, Part, Pattern, Re, Test};
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

impl Lowering<'_> {
    pub(super) fn on_ip(&mut self, at: FieldContext<'_>, test: &Test) -> Result<Expr, LowerError> {
        match test {
            Test::Exists | Test::Cidr(_) => Ok(at.test(test.clone())),
            Test::Pattern(p) if p.is_any() => Ok(at.test(Test::Exists)),
            Test::Pattern(p) => match (p.as_literal(), p.parts()) {
                (Some(text), _) => match text.parse::<IpAddr>() {
                    Ok(ip) => Ok(at.test(Test::Cidr(ip.into()))),
                    Err(_) => Ok(self.never(at, test)),
                },
                (None, [Part::Lit(prefix), Part::Any]) => match networks(prefix) {
                    Some(nets) => Ok(Expr::any(nets.into_iter().map(|n| at.test(Test::Cidr(n))).collect())),
                    None if prefix.chars().any(|c| !c.is_ascii_hexdigit() && c != '.' && c != ':') => Ok(self.never(at, test)),
                    None => Err(Self::impossible(at, test, "an index of addresses knows no wildcards: use the cidr modifier")),
                },
                _ => Err(Self::impossible(at, test, "an index of addresses knows no wildcards: use the cidr modifier")),
            },
            Test::Number(_) | Test::Bool(_) => Ok(self.never(at, test)),
            _ => Err(Self::impossible(at, test, "use the cidr modifier, or map the field to a keyword")),
        }
    }
}

/// The networks of all addresses whose text begins with `prefix`: `10.`, `192.168.1`, `fe80:`.
fn networks(prefix: &str) -> Option<Vec<IpNet>> {
    if let Some(head) = prefix.strip_suffix(':') {
        let groups: Vec<u16> = head.split(':').map(|g| u16::from_str_radix(g, 16).ok().filter(|_| !g.is_empty())).collect::<Option<_>>()?;
        if groups.is_empty() || groups.len() > 7 {
            return None;
        }
        let mut all = [0u16; 8];
        all[..groups.len()].copy_from_slice(&groups);
        let bits = u8::try_from(groups.len() * 16).ok()?;
        return Some(vec![IpNet::V6(Ipv6Net::new(Ipv6Addr::from(all), bits).ok()?)]);
    }
    let pieces: Vec<&str> = prefix.split('.').collect();
    let (last, whole) = pieces.split_last()?;
    if whole.len() > 3 || (whole.is_empty() && last.is_empty()) {
        return None;
    }
    let octet = |s: &str| s.parse::<u8>().ok().filter(|n| n.to_string() == s);
    let mut octets = [0u8; 4];
    for (i, w) in whole.iter().enumerate() {
        octets[i] = octet(w)?;
    }
    let bits = |n: usize| u8::try_from(n * 8).unwrap_or(32);
    if last.is_empty() {
        return Some(vec![IpNet::V4(Ipv4Net::new(Ipv4Addr::from(octets), bits(whole.len())).ok()?)]);
    }
    if !last.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    // Every octet whose text begins so.
    Some(
        (0..=255u8)
            .filter(|n| n.to_string().starts_with(last))
            .filter_map(|n| {
                octets[whole.len()] = n;
                Ipv4Net::new(Ipv4Addr::from(octets), bits(whole.len() + 1)).ok().map(IpNet::V4)
            })
            .collect(),
    )
}

/// String tests that hold for the text of the addresses in a network, and of text that is an address for no
/// other. (Text that is none, such as `10.example`, may pass.)
pub(super) fn as_strings(net: &IpNet) -> Option<Vec<Test>> {
    match net {
        IpNet::V4(net) => Some(v4(*net)),
        IpNet::V6(net) => v6(*net),
    }
}

fn v4(net: Ipv4Net) -> Vec<Test> {
    let octets = net.network().octets();
    let whole = usize::from(net.prefix_len() / 8);
    let rest = net.prefix_len() % 8;
    let head = octets[..whole].iter().map(|o| format!("{o}.")).collect::<String>();
    let pattern = |text: String, open: bool| {
        let p = Pattern::literal(text, Case::Sensitive);
        Test::Pattern(if open { p.open_end() } else { p })
    };
    match (whole, rest) {
        (4, _) => vec![Test::Pattern(Pattern::literal(net.network().to_string(), Case::Sensitive))],
        (0, 0) => {
            let dots = [Part::Any, Part::Lit(".".into()), Part::Any, Part::Lit(".".into()), Part::Any, Part::Lit(".".into()), Part::Any];
            vec![Test::Pattern(Pattern::new(dots, Case::Sensitive))]
        }
        (_, 0) => vec![pattern(head, true)],
        _ => {
            let first = octets[whole];
            let last = first | (0xff >> rest);
            (first..=last)
                .map(|o| if whole == 3 { pattern(format!("{head}{o}"), false) } else { pattern(format!("{head}{o}."), true) })
                .collect()
        }
    }
}

/// The usual texts of IPv6 addresses: groups in hexadecimal without leading zeros, in either case. Works where
/// the fixed part begins with groups that are not nought, which `::` then cannot hide.
fn v6(net: Ipv6Net) -> Option<Vec<Test>> {
    let groups = net.network().segments();
    let bits = net.prefix_len();
    let insensitive = |text: String| Test::Pattern(Pattern::literal(text, Case::Insensitive));
    if bits == 128 {
        let short = net.network().to_string();
        let long = groups.iter().map(|g| format!("{g:x}")).collect::<Vec<_>>().join(":");
        return Some(if short == long { vec![insensitive(short)] } else { vec![insensitive(short), insensitive(long)] });
    }
    if bits == 0 {
        return Some(vec![Test::Pattern(Pattern::containing(":", Case::Sensitive))]);
    }
    let whole = usize::from(bits / 16);
    let rest = bits % 16;
    if groups[..whole].contains(&0) {
        return None;
    }
    let head = groups[..whole].iter().map(|g| format!("{g:x}:")).collect::<String>();
    if rest == 0 {
        return Some(vec![Test::Pattern(Pattern::literal(head, Case::Insensitive).open_end())]);
    }
    let group = groups[whole];
    // A leading nought digit would be left out of the text.
    if group >> 12 == 0 {
        return None;
    }
    let hex = |low: u32, high: u32| CharSet::of((low..=high).filter_map(|d| char::from_digit(d, 16)).map(|c| (c, c))).case_folded();
    let mut items = vec![Re::text(&head, Case::Insensitive)];
    let mut left = rest;
    for i in 0..4 {
        let digit = u32::from(group >> (12 - 4 * i) & 0xf);
        let fixed = left.min(4);
        items.push(Re::set(hex(digit, digit | (0xf >> fixed))));
        left -= fixed;
    }
    items.push(Re::Lit(":".into()));
    items.push(Re::anything());
    Some(vec![Test::Regex(Re::concat(items))])
}
