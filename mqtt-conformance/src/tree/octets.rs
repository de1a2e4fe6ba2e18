//! Bytes in JSON: hexadecimal, and short where they repeat themselves.

use bytes::Bytes;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use serde_json::Value;

use super::hex::{hex, parse_hex};

/// The bytes of a packet. In JSON they are a text of hexadecimal digits, or for a long packet that repeats itself a list of such
/// texts and of `{"repeat": "61", "count": 70000}`. Nothing is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Octets(Bytes);

/// How much of a packet must repeat itself to be worth a piece of its own.
const WORTH: usize = 96;

/// The lengths of what payload generators repeat: one byte, the alphabet, every byte value.
const PERIODS: [usize; 3] = [1, 26, 256];

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Written {
    Plain(String),
    Pieces(Vec<Piece>),
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Piece {
    Plain(String),
    Repeated { repeat: String, count: usize },
}

impl Octets {
    /// The bytes.
    pub fn as_slice(&self) -> &[u8] {
        &self.0
    }

    fn written(&self) -> Written {
        let bytes = self.as_slice();
        if bytes.len() < WORTH {
            return Written::Plain(hex(bytes));
        }
        let (mut pieces, mut plain, mut at) = (Vec::new(), 0, 0);
        while at < bytes.len() {
            let Some((unit, count)) = repetition(bytes.get(at..).unwrap_or_default()) else {
                at += 1;
                continue;
            };
            if plain < at {
                pieces.push(Piece::Plain(hex(bytes.get(plain..at).unwrap_or_default())));
            }
            pieces.push(Piece::Repeated { repeat: hex(unit), count });
            at += unit.len() * count;
            plain = at;
        }
        if pieces.is_empty() {
            return Written::Plain(hex(bytes));
        }
        if plain < bytes.len() {
            pieces.push(Piece::Plain(hex(bytes.get(plain..).unwrap_or_default())));
        }
        Written::Pieces(pieces)
    }
}

impl From<Vec<u8>> for Octets {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes.into())
    }
}

impl From<Bytes> for Octets {
    fn from(bytes: Bytes) -> Self {
        Self(bytes)
    }
}

/// What the bytes begin with over and over, if that is worth it.
fn repetition(bytes: &[u8]) -> Option<(&[u8], usize)> {
    PERIODS.iter().find_map(|period| {
        let unit = bytes.get(..*period)?;
        let like = bytes.iter().zip(bytes.get(*period..)?).take_while(|(a, b)| a == b).count();
        let count = (like + period) / period;
        (like + period >= WORTH.max(2 * period)).then_some((unit, count))
    })
}

impl Serialize for Octets {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.written().serialize(to)
    }
}

impl<'de> Deserialize<'de> for Octets {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        /// As long as the longest packet.
        const LONGEST: usize = 268_435_460;
        let expected = "hexadecimal digits in pairs, or a list of such texts and of {\"repeat\", \"count\"}";
        let wrong = || D::Error::custom(format_args!("expected bytes: {expected}"));
        let pieces = match Written::deserialize(from).map_err(|_| wrong())? {
            Written::Plain(text) => vec![Piece::Plain(text)],
            Written::Pieces(pieces) => pieces,
        };
        let mut bytes = Vec::new();
        for piece in pieces {
            match piece {
                Piece::Plain(text) => bytes.extend(parse_hex(&text).ok_or_else(wrong)?),
                Piece::Repeated { repeat, count } => {
                    let unit = parse_hex(&repeat).ok_or_else(wrong)?;
                    let length = unit.len().saturating_mul(count);
                    if length.saturating_add(bytes.len()) > LONGEST {
                        return Err(D::Error::custom("more bytes than a packet can have"));
                    }
                    bytes.extend(unit.repeat(count));
                }
            }
        }
        Ok(Self(bytes.into()))
    }
}

/// Within named values: writes the digits of `{"hex": …}` as those of [`Octets`].
pub(super) fn fold(value: &mut Value) {
    match value {
        Value::Object(map) => {
            if let Some(Value::String(digits)) = map.get("hex")
                && digits.len() >= 2 * WORTH
                && let Some(bytes) = parse_hex(digits)
                && let written @ Written::Pieces(_) = Octets(bytes.into()).written()
                && let Ok(pieces) = serde_json::to_value(written)
            {
                map.insert("hex".to_owned(), pieces);
            }
            map.values_mut().for_each(fold);
        }
        Value::Array(items) => items.iter_mut().for_each(fold),
        _ => {}
    }
}

/// Reads what [`fold`] writes.
pub(super) fn unfold(value: &mut Value) -> Result<(), serde_json::Error> {
    match value {
        Value::Object(map) => {
            if let Some(pieces @ Value::Array(_)) = map.get("hex") {
                let bytes = Octets::deserialize(pieces)?;
                map.insert("hex".to_owned(), Value::from(hex(bytes.as_slice())));
            }
            map.values_mut().try_for_each(unfold)
        }
        Value::Array(items) => items.iter_mut().try_for_each(unfold),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(bytes: Vec<u8>, json: &str) {
        let octets = Octets::from(Bytes::from(bytes));
        assert_eq!(serde_json::to_string(&octets).unwrap(), json);
        assert_eq!(serde_json::from_str::<Octets>(json).unwrap(), octets);
    }

    #[test]
    fn short_bytes_are_hexadecimal() {
        check(vec![], r#""""#);
        check(vec![0x30, 0x00, 0xff], r#""3000ff""#);
        check(vec![0; WORTH - 1], &format!("\"{}\"", "00".repeat(WORTH - 1)));
    }

    #[test]
    fn what_repeats_is_written_once() {
        let mut packet = vec![0x30, 0x05];
        packet.extend(vec![0x61; 70_000]);
        packet.push(1);
        check(packet, r#"["3005",{"repeat":"61","count":70000},"01"]"#);
        let letters: Vec<u8> = (b'a'..=b'z').cycle().take(131).collect();
        check(
            letters,
            r#"[{"repeat":"6162636465666768696a6b6c6d6e6f707172737475767778797a","count":5},"61"]"#,
        );
    }

    #[test]
    fn what_does_not_repeat_stays_whole() {
        let mut state = 1_u32;
        let noise: Vec<u8> = (0..5000)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                state.to_be_bytes()[0]
            })
            .collect();
        let json = format!("\"{}\"", hex(&noise));
        check(noise, &json);
    }

    #[test]
    fn what_is_no_bytes_is_refused() {
        for json in
            ["3", r#""3""#, r#""zz""#, r#"[{"repeat":"61"}]"#, r#"[{"repeat":"61","count":999999999999}]"#]
        {
            assert!(serde_json::from_str::<Octets>(json).is_err(), "{json}");
        }
    }
}
