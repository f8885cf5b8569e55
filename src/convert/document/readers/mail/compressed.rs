//! Compressed RTF of Outlook ([MS-OXRTFCP]).
//!
//! Rule that must hold: what comes out is bounded by what goes in; a false sum is said.

/// What the dictionary starts with ([MS-OXRTFCP] 2.1.2.1).
const START: &[u8; 207] = b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";
const DICTIONARY: usize = 4096;

/// The RTF within, and whether its sum is right; none when it is no compressed RTF.
pub(super) fn decompress(bytes: &[u8]) -> Option<(Vec<u8>, bool)> {
    let number = |at: usize| {
        let four = bytes.get(at..at + 4)?.first_chunk::<4>()?;
        Some(u32::from_le_bytes(*four))
    };
    let size = usize::try_from(number(0)?).ok()?;
    let raw = usize::try_from(number(4)?).ok()?;
    let kind = number(8)?;
    let sum = number(12)?;
    // The size counts everything after itself.
    let end = size.saturating_add(4).min(bytes.len());
    let data = bytes.get(16..end)?;
    match kind {
        // “MELA”: not compressed.
        0x414C_454D => Some((data[..raw.min(data.len())].to_vec(), true)),
        // “LZFu”.
        0x7546_5A4C => Some((unpack(data, raw), crc(data) == sum)),
        _ => None,
    }
}

fn unpack(data: &[u8], most: usize) -> Vec<u8> {
    let mut dictionary = [b' '; DICTIONARY];
    dictionary[..START.len()].copy_from_slice(START);
    let mut write = START.len();
    let mut out = Vec::new();
    let mut at = 0;
    'all: while let Some(&control) = data.get(at) {
        at += 1;
        for bit in 0..8 {
            if control >> bit & 1 == 0 {
                let Some(&byte) = data.get(at) else {
                    break 'all;
                };
                at += 1;
                out.push(byte);
                dictionary[write] = byte;
                write = (write + 1) % DICTIONARY;
                continue;
            }
            let Some(&[high, low]) = data.get(at..).and_then(|rest| rest.first_chunk::<2>()) else {
                break 'all;
            };
            at += 2;
            let pair = usize::from(u16::from_be_bytes([high, low]));
            let (offset, length) = (pair >> 4, (pair & 15) + 2);
            // A reference to the place of writing ends the text.
            if offset == write {
                break 'all;
            }
            for step in 0..length {
                let byte = dictionary[(offset + step) % DICTIONARY];
                out.push(byte);
                dictionary[write] = byte;
                write = (write + 1) % DICTIONARY;
            }
        }
        if out.len() >= most {
            break;
        }
    }
    out.truncate(most);
    out
}

/// The sum of [MS-OXRTFCP] 2.1.3.2: a CRC-32 that starts at nought and is not turned round.
fn crc(data: &[u8]) -> u32 {
    let mut sum = 0_u32;
    for &byte in data {
        sum ^= u32::from(byte);
        for _ in 0..8 {
            sum = if sum & 1 == 1 {
                sum >> 1 ^ 0xEDB8_8320
            } else {
                sum >> 1
            };
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of [MS-OXRTFCP] 4.1.1.
    const EXAMPLE: &[u8] = &[
        0x2d, 0x00, 0x00, 0x00, 0x2b, 0x00, 0x00, 0x00, 0x4c, 0x5a, 0x46, 0x75, 0xf1, 0xc5, 0xc7,
        0xa7, 0x03, 0x00, 0x0a, 0x00, 0x72, 0x63, 0x70, 0x67, 0x31, 0x32, 0x35, 0x42, 0x32, 0x0a,
        0xf3, 0x20, 0x68, 0x65, 0x6c, 0x09, 0x00, 0x20, 0x62, 0x77, 0x05, 0xb0, 0x6c, 0x64, 0x7d,
        0x0a, 0x80, 0x0f, 0xa0,
    ];

    #[test]
    fn the_published_example_unpacks() {
        let (rtf, sound) = decompress(EXAMPLE).unwrap();
        assert_eq!(
            String::from_utf8_lossy(&rtf),
            "{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"
        );
        assert!(sound);
    }

    #[test]
    fn damage_is_noticed_and_bounded() {
        let mut bad = EXAMPLE.to_vec();
        bad[20] ^= 1;
        assert!(!decompress(&bad).unwrap().1);
        for length in 0..EXAMPLE.len() {
            if let Some((rtf, _)) = decompress(&EXAMPLE[..length]) {
                assert!(rtf.len() <= 43);
            }
        }
        let mut huge = EXAMPLE.to_vec();
        huge[4..8].fill(0xFF);
        assert!(decompress(&huge).unwrap().0.len() < 100);
        assert!(decompress(b"not at all this").is_none());
    }
}
