//! Digits of floats, as C's `printf` and Python write them.

use crate::text::python;

/// The digits of a float that is not negative, by a presentation type: `e`, `f`, `g`, their capitals, or `r` for `repr`.
/// `alternate` keeps the point and the zeros at the end; `whole` writes `.0` behind whole numbers, as `str` does.
pub(super) fn digits(magnitude: f64, kind: char, precision: usize, alternate: bool, whole: bool) -> String {
    let text = match kind.to_ascii_lowercase() {
        'f' => with_point(format!("{magnitude:.precision$}"), alternate),
        'e' => exponential(&format!("{magnitude:.precision$e}"), alternate),
        'g' => general(magnitude, precision.max(1), alternate, whole),
        _ => python::float(magnitude),
    };
    if kind.is_ascii_uppercase() { text.to_ascii_uppercase() } else { text }
}

fn with_point(text: String, alternate: bool) -> String {
    if alternate && !text.contains('.') { text + "." } else { text }
}

/// Rust's `1e6` as C's `1e+06`.
fn exponential(text: &str, alternate: bool) -> String {
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let (sign, digits) = exponent.strip_prefix('-').map_or(('+', exponent), |d| ('-', d));
    format!("{}e{sign}{digits:0>2}", with_point(mantissa.to_owned(), alternate))
}

/// `%g`: so many digits that count, an exponent where the number is far from one.
fn general(magnitude: f64, precision: usize, alternate: bool, whole: bool) -> String {
    let scientific = format!("{magnitude:.*e}", precision - 1);
    // The exponent after rounding: 999999.9 with six digits is 1e+06.
    let exponent: i64 = scientific.split_once('e').and_then(|(_, e)| e.parse().ok()).unwrap_or(0);
    let limit = i64::try_from(precision).unwrap_or(i64::MAX);
    let strip = |text: &str| {
        if alternate || !text.contains('.') { text.to_owned() } else { text.trim_end_matches('0').trim_end_matches('.').to_owned() }
    };
    if exponent < -4 || exponent >= limit - i64::from(whole) {
        let (mantissa, e) = scientific.split_once('e').unwrap_or((&scientific, "0"));
        return exponential(&format!("{}e{e}", strip(mantissa)), alternate);
    }
    let text = strip(&format!("{magnitude:.*}", usize::try_from(limit - 1 - exponent).unwrap_or(0)));
    let text = with_point(text, alternate);
    if whole && !text.contains('.') { text + ".0" } else { text }
}
