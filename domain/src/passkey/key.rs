//! Public keys of authenticators, as COSE_Key. The bytes are our own: the shortest CBOR, members in the order of CTAP2, none
//! besides those that the algorithm has, so that a key has one text and its digest means something. The few lines of CBOR
//! stand here because a general decoder would take more than that.

use ed25519_dalek::VerifyingKey as EdKey;
use rsa::pkcs1v15;
use rsa::signature::Verifier;
use rsa::traits::PublicKeyParts;
use rsa::{BoxedUint, RsaPublicKey, sha2};

const ES256: i64 = -7;
const ES384: i64 = -35;
const EDDSA: i64 = -8;
const RS256: i64 = -257;

/// The least an RSA key has.
const RSA_BITS: u32 = 2048;

crate::words! {
    /// Algorithms whose assertions are verified. Everything else is refused by name, never in silence.
    Algorithm {
        Es256 = "ES256", "ES256";
        Es384 = "ES384", "ES384";
        EdDsa = "EdDSA", "EdDSA (Ed25519)";
        Rs256 = "RS256", "RS256";
    }
}

/// A public key that can verify.
#[derive(Clone, Debug)]
pub enum PublicKey {
    Es256(p256::ecdsa::VerifyingKey),
    Es384(p384::ecdsa::VerifyingKey),
    EdDsa(EdKey),
    Rs256(Box<RsaPublicKey>),
}

impl PublicKey {
    /// Reads a COSE_Key. None where it is not in the one form, not on its curve, too short, or of another algorithm.
    pub fn parse(cose: &[u8]) -> Option<Self> {
        let members = members(cose)?;
        let member = |label: i64| members.iter().find(|(l, _)| *l == label).map(|(_, item)| item);
        let int = |label: i64| member(label).and_then(Item::int);
        let bytes = |label: i64, length: usize| member(label).and_then(Item::bytes).filter(|b| b.len() == length);
        let curve = int(-1);
        match (int(1)?, int(3)?, members.len()) {
            (2, ES256, 5) if curve == Some(1) => {
                let point = [&[4u8], bytes(-2, 32)?, bytes(-3, 32)?].concat();
                p256::ecdsa::VerifyingKey::from_sec1_bytes(&point).ok().map(Self::Es256)
            }
            (2, ES384, 5) if curve == Some(2) => {
                let point = [&[4u8], bytes(-2, 48)?, bytes(-3, 48)?].concat();
                p384::ecdsa::VerifyingKey::from_sec1_bytes(&point).ok().map(Self::Es384)
            }
            (1, EDDSA, 4) if curve == Some(6) => EdKey::from_bytes(bytes(-2, 32)?.try_into().ok()?).ok().map(Self::EdDsa),
            (3, RS256, 4) => {
                let (n, e) = (member(-1)?.bytes()?, member(-2)?.bytes()?);
                rsa_key(n, e).map(|key| Self::Rs256(Box::new(key)))
            }
            _ => None,
        }
    }

    pub fn algorithm(&self) -> Algorithm {
        match self {
            Self::Es256(_) => Algorithm::Es256,
            Self::Es384(_) => Algorithm::Es384,
            Self::EdDsa(_) => Algorithm::EdDsa,
            Self::Rs256(_) => Algorithm::Rs256,
        }
    }

    /// Whether a signature in the form of WebAuthn (DER for the curves of NIST, raw for the others) holds over a message.
    pub fn holds(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Es256(key) => p256::ecdsa::Signature::from_der(signature).is_ok_and(|s| key.verify(message, &s).is_ok()),
            Self::Es384(key) => p384::ecdsa::Signature::from_der(signature).is_ok_and(|s| key.verify(message, &s).is_ok()),
            Self::EdDsa(key) => ed25519_dalek::Signature::from_slice(signature).is_ok_and(|s| key.verify_strict(message, &s).is_ok()),
            Self::Rs256(key) => {
                let whole = signature.len() == key.n_bytes().len();
                let verifier = pkcs1v15::VerifyingKey::<sha2::Sha256>::new((**key).clone());
                whole && pkcs1v15::Signature::try_from(signature).is_ok_and(|s| verifier.verify(message, &s).is_ok())
            }
        }
    }
}

fn rsa_key(n: &[u8], e: &[u8]) -> Option<RsaPublicKey> {
    let plain = |number: &[u8]| number.first().is_some_and(|first| *first != 0);
    if !plain(n) || !plain(e) || n.len() > 1024 || e.len() > 4 {
        return None;
    }
    let number = |bytes: &[u8]| BoxedUint::from_be_slice(bytes, bytes.len() as u32 * 8).ok();
    let key = RsaPublicKey::new(number(n)?, number(e)?).ok()?;
    (key.n().bit_width() >= RSA_BITS).then_some(key)
}

/// The COSE_Key of a point on a curve of NIST: P-256 with 32, P-384 with 48 bytes for each coordinate; none for others.
pub fn of_point(x: &[u8], y: &[u8]) -> Option<Vec<u8>> {
    let (algorithm, curve) = match (x.len(), y.len()) {
        (32, 32) => (ES256, 1),
        (48, 48) => (ES384, 2),
        _ => return None,
    };
    Some(write(&[(1, Item::Int(2)), (3, Item::Int(algorithm)), (-1, Item::Int(curve)), (-2, Item::Bytes(x)), (-3, Item::Bytes(y))]))
}

/// The COSE_Key of an RSA key: modulus and exponent without leading zeros.
pub fn of_rsa(n: &[u8], e: &[u8]) -> Vec<u8> {
    let plain = |number: &[u8]| number.iter().position(|b| *b != 0).map_or(number.len(), |at| at);
    write(&[(1, Item::Int(3)), (3, Item::Int(RS256)), (-1, Item::Bytes(&n[plain(n)..])), (-2, Item::Bytes(&e[plain(e)..]))])
}

/// The COSE_Key of an Ed25519 key.
pub fn of_ed25519(x: &[u8; 32]) -> Vec<u8> {
    write(&[(1, Item::Int(1)), (3, Item::Int(EDDSA)), (-1, Item::Int(6)), (-2, Item::Bytes(x))])
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Item<'a> {
    Int(i64),
    Bytes(&'a [u8]),
}

impl<'a> Item<'a> {
    fn int(&self) -> Option<i64> {
        match self {
            Self::Int(n) => Some(*n),
            Self::Bytes(_) => None,
        }
    }

    fn bytes(&self) -> Option<&'a [u8]> {
        match self {
            Self::Int(_) => None,
            Self::Bytes(bytes) => Some(bytes),
        }
    }
}

/// The members of a map of integers and byte strings, where writing them gives the very same bytes.
fn members(cose: &[u8]) -> Option<Vec<(i64, Item<'_>)>> {
    let (major, count, mut rest) = head(cose)?;
    if major != 5 || count > 8 {
        return None;
    }
    let mut found = Vec::new();
    for _ in 0..count {
        let (label, after) = item(rest)?;
        let (value, after) = item(after)?;
        found.push((label.int()?, value));
        rest = after;
    }
    (rest.is_empty() && write(&found) == cose).then_some(found)
}

fn item(bytes: &[u8]) -> Option<(Item<'_>, &[u8])> {
    let (major, value, rest) = head(bytes)?;
    match major {
        0 => Some((Item::Int(i64::try_from(value).ok()?), rest)),
        1 => Some((Item::Int(-1 - i64::try_from(value).ok()?), rest)),
        2 => rest.split_at_checked(usize::try_from(value).ok()?).map(|(bytes, rest)| (Item::Bytes(bytes), rest)),
        _ => None,
    }
}

/// Major type, argument, and what follows.
fn head(bytes: &[u8]) -> Option<(u8, u64, &[u8])> {
    let (first, rest) = bytes.split_first()?;
    let (major, short) = (first >> 5, first & 31);
    let length = match short {
        0..=23 => return Some((major, u64::from(short), rest)),
        24 => 1,
        25 => 2,
        _ => return None,
    };
    let (argument, rest) = rest.split_at_checked(length)?;
    Some((major, argument.iter().fold(0, |n, b| (n << 8) | u64::from(*b)), rest))
}

fn write(members: &[(i64, Item)]) -> Vec<u8> {
    let mut out = Vec::new();
    write_head(&mut out, 5, members.len() as u64);
    for (label, value) in members {
        for item in [Item::Int(*label), *value] {
            match item {
                Item::Int(n) if n < 0 => write_head(&mut out, 1, (-1 - n).unsigned_abs()),
                Item::Int(n) => write_head(&mut out, 0, n.unsigned_abs()),
                Item::Bytes(bytes) => {
                    write_head(&mut out, 2, bytes.len() as u64);
                    out.extend_from_slice(bytes);
                }
            }
        }
    }
    out
}

/// The shortest head; nothing here is longer than 16 bits say.
fn write_head(out: &mut Vec<u8>, major: u8, value: u64) {
    let major = major << 5;
    match value {
        0..=23 => out.push(major | value as u8),
        24..=255 => out.extend_from_slice(&[major | 0x18, value as u8]),
        _ => {
            out.push(major | 0x19);
            out.extend_from_slice(&(value.min(0xffff) as u16).to_be_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_key_has_one_text_and_any_other_is_refused() {
        let key = p256::ecdsa::SigningKey::from_slice(&[7; 32]).expect("a scalar");
        let point = key.verifying_key().to_sec1_point(false);
        let bytes = point.as_bytes();
        let cose = of_point(&bytes[1..33], &bytes[33..]).expect("P-256");
        assert!(matches!(PublicKey::parse(&cose), Some(PublicKey::Es256(_))));
        let mut longer = cose.clone();
        longer.push(0);
        assert!(PublicKey::parse(&longer).is_none(), "bytes behind it");
        assert!(PublicKey::parse(&cose[..cose.len() - 1]).is_none(), "cut");
        // The same number written longer: 0x18 0x02 in place of 0x02.
        let wordy = [&[0xa5, 1, 0x18, 2], &cose[3..]].concat();
        assert!(PublicKey::parse(&wordy).is_none(), "not the shortest form");
        for (at, algorithm) in [(4, 0x27u8), (4, 0x25), (2, 3), (2, 1), (6, 2)] {
            let mut other = cose.clone();
            other[at] = algorithm;
            assert!(PublicKey::parse(&other).is_none(), "member at {at} as {algorithm}");
        }
        let mut off = cose.clone();
        off[12] ^= 1;
        assert!(PublicKey::parse(&off).is_none(), "not on the curve");
        assert_eq!((of_point(&[1; 66], &[1; 66]), of_point(&[1; 32], &[1; 48])), (None, None));
    }

    #[test]
    fn short_rsa_keys_and_those_with_leading_zeros_are_refused() {
        let odd = |bytes: usize| vec![0xff; bytes];
        assert!(PublicKey::parse(&of_rsa(&odd(256), &[1, 0, 1])).is_some());
        assert!(PublicKey::parse(&of_rsa(&odd(255), &[1, 0, 1])).is_none());
        let zero = write(&[
            (1, Item::Int(3)),
            (3, Item::Int(RS256)),
            (-1, Item::Bytes(&[&[0], odd(256).as_slice()].concat())),
            (-2, Item::Bytes(&[3])),
        ]);
        assert!(PublicKey::parse(&zero).is_none());
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = PublicKey::parse(&bytes);
        }

        #[test]
        fn what_is_written_is_read(labels in proptest::collection::btree_map(-300i64..300, proptest::collection::vec(any::<u8>(), 0..300), 0..8)) {
            let written: Vec<(i64, Item)> = labels.iter().map(|(l, b)| (*l, Item::Bytes(b))).collect();
            let text = write(&written);
            prop_assert_eq!(members(&text), Some(written));
        }
    }
}
