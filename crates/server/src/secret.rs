//! Secrets: made from the operating system's randomness, compared without telling how far they
//! agree.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// Unguessable: 32 bytes, 43 letters of the URL-safe alphabet (RFC 4648 §5).
pub(crate) fn token() -> String {
    let mut bytes = [0; 32];
    fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A password that can be read out and typed: 16 letters and digits that are not mistaken for
/// each other, 80 bits.
#[must_use]
pub fn random_word() -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut bytes = [0; 16];
    fill(&mut bytes);
    bytes
        .iter()
        .filter_map(|byte| LETTERS.get(usize::from(byte % 32)))
        .map(|letter| char::from(*letter))
        .collect()
}

fn fill(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("the operating system has randomness");
}

/// What stands for a secret where the secret itself must not be kept.
pub(crate) fn digest(secret: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(secret))
}

/// Compares in a time that depends on neither secret: the digests have one length, and guessing a
/// digest byte by byte does not lead to its text.
pub(crate) fn equal(left: &str, right: &str) -> bool {
    Sha256::digest(left).ct_eq(&Sha256::digest(right)).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equality_is_of_the_whole_text() {
        assert!(equal("secret", "secret"));
        for other in ["", "secre", "secrets", "Secret"] {
            assert!(!equal("secret", other), "{other}");
        }
    }

    #[test]
    fn no_two_secrets_are_the_same() {
        assert_ne!(token(), token());
        assert_ne!(random_word(), random_word());
        assert_eq!(random_word().len(), 16);
    }
}
