//! The small forms messages are made of. Each reads the whole of its text or nothing.

/// Decimal digits only: no sign, no space, no digits of other scripts.
pub(super) fn unsigned<T: std::str::FromStr>(text: &str) -> Option<T> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

/// An optional minus and decimal digits, cut to what fits.
pub(super) fn saturating(text: &str) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // Only digits are left, so the one way to fail is being too large.
    let magnitude = digits.parse().unwrap_or(i64::MAX);
    Some(if negative { -magnitude } else { magnitude })
}

/// A finite decimal number, with a point or an exponent at most.
pub(super) fn finite(text: &str) -> Option<f64> {
    let plain = |byte: u8| byte.is_ascii_digit() || b"+-.eE".contains(&byte);
    if text.len() > 32 || !text.bytes().all(plain) {
        return None;
    }
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

/// Two positive whole numbers around an `x`.
pub(super) fn size(text: &str) -> Option<(u32, u32)> {
    let (width, height) = text.split_once('x')?;
    let size = (unsigned(width)?, unsigned(height)?);
    (size.0 > 0 && size.1 > 0).then_some(size)
}

/// `text` between commas, when there are exactly `N`; a content comma cannot be told apart.
pub(super) fn exactly<const N: usize>(text: &str) -> Option<[&str; N]> {
    let mut parts = text.split(',');
    let mut fields = [""; N];
    for field in &mut fields {
        *field = parts.next()?;
    }
    parts.next().is_none().then_some(fields)
}
