//! Images: what they are, how large, and their bytes without metadata.
//!
//! No pixel is decoded: headers are read and chunks are filtered. Rule that must hold: what comes out is the
//! picture and nothing else: no EXIF but the orientation, no text, no thumbnail, no colour profile, no bytes
//! after the end.

/// An image that browsers show.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Stripped {
    /// Media type.
    pub(super) media_type: &'static str,
    /// File name extension.
    pub(super) extension: &'static str,
    /// Width in pixels.
    pub(super) width: u32,
    /// Height in pixels.
    pub(super) height: u32,
    /// The bytes that may be published.
    pub(super) bytes: Vec<u8>,
}

/// Why an image is not carried over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ImageError {
    /// A format that browsers do not show (EMF, WMF, TIFF…).
    Format,
    /// Cut off or not what it says.
    Broken,
}

/// Reads size and type from the header and keeps only what draws the picture.
pub(super) fn strip(bytes: &[u8]) -> Result<Stripped, ImageError> {
    if bytes.starts_with(PNG) {
        png(bytes).ok_or(ImageError::Broken)
    } else if bytes.starts_with(&[0xFF, 0xD8]) {
        jpeg(bytes).ok_or(ImageError::Broken)
    } else if bytes.starts_with(b"GIF87a") || bytes.starts_with(b"GIF89a") {
        gif(bytes).ok_or(ImageError::Broken)
    } else {
        Err(ImageError::Format)
    }
}

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

/// Chunks that draw (PNG, third edition, 11). Animation frames are left out: only the first picture shows.
const PNG_KEPT: [&[u8; 4]; 10] = [
    b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"pHYs",
];

fn png(bytes: &[u8]) -> Option<Stripped> {
    let header = bytes.get(8..33)?;
    if header.get(4..8)? != b"IHDR" {
        return None;
    }
    let width = u32::from_be_bytes(*header.get(8..)?.first_chunk()?);
    let height = u32::from_be_bytes(*header.get(12..)?.first_chunk()?);
    let mut out = PNG.to_vec();
    let mut at = 8;
    loop {
        let length = usize::try_from(u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?)).ok()?;
        let end = at.checked_add(12)?.checked_add(length)?;
        let chunk = bytes.get(at..end)?;
        let kind: &[u8; 4] = chunk.get(4..)?.first_chunk()?;
        if PNG_KEPT.contains(&kind) {
            out.extend_from_slice(chunk);
        }
        if kind == b"IEND" {
            break;
        }
        at = end;
    }
    sized("image/png", "png", width, height, out)
}

fn jpeg(bytes: &[u8]) -> Option<Stripped> {
    let mut out = vec![0xFF, 0xD8];
    let mut size = None;
    let mut at = 2;
    loop {
        if *bytes.get(at)? != 0xFF {
            return None;
        }
        let marker = *bytes.get(at + 1)?;
        match marker {
            0xFF => at += 1,
            0xD9 => {
                out.extend_from_slice(&[0xFF, 0xD9]);
                break;
            }
            0x01 | 0xD0..=0xD7 => {
                out.extend_from_slice(&[0xFF, marker]);
                at += 2;
            }
            _ => {
                let length = usize::from(u16::from_be_bytes(*bytes.get(at + 2..)?.first_chunk()?));
                let end = at + 2 + length;
                let segment = bytes.get(at..end)?;
                let body = segment.get(4..)?;
                match marker {
                    // Start of frame: precision, height, width.
                    0xC0..=0xCF if !matches!(marker, 0xC4 | 0xC8 | 0xCC) => {
                        let height = u16::from_be_bytes(*body.get(1..)?.first_chunk()?);
                        let width = u16::from_be_bytes(*body.get(3..)?.first_chunk()?);
                        size = Some((u32::from(width), u32::from(height)));
                        out.extend_from_slice(segment);
                    }
                    // JFIF header, without its thumbnail.
                    0xE0 if body.starts_with(b"JFIF\0") => {
                        out.extend_from_slice(&[0xFF, 0xE0, 0, 16]);
                        out.extend_from_slice(body.get(..12)?);
                        out.extend_from_slice(&[0, 0]);
                    }
                    0xE1 => out.extend(orientation(body).map(exif).unwrap_or_default()),
                    // Adobe's colour transform: without it, CMYK pictures turn negative.
                    0xEE if body.starts_with(b"Adobe") && body.len() == 12 => {
                        out.extend_from_slice(segment);
                    }
                    0xE0..=0xEF | 0xFE => {}
                    _ => out.extend_from_slice(segment),
                }
                at = end;
                if marker == 0xDA {
                    let length = scan_length(bytes.get(at..)?)?;
                    out.extend_from_slice(bytes.get(at..at + length)?);
                    at += length;
                }
            }
        }
    }
    let (width, height) = size?;
    sized("image/jpeg", "jpg", width, height, out)
}

/// Bytes of entropy-coded data before the next real marker.
fn scan_length(bytes: &[u8]) -> Option<usize> {
    let next = |pair: &[u8]| pair[0] == 0xFF && !matches!(pair[1], 0x00 | 0xD0..=0xD7 | 0xFF);
    bytes.windows(2).position(next)
}

/// The orientation that EXIF gives, 2 to 8; the rest of EXIF is not looked at.
fn orientation(body: &[u8]) -> Option<u8> {
    let tiff = body.strip_prefix(b"Exif\0\0")?;
    let little = match tiff.get(..2)? {
        b"II" => true,
        b"MM" => false,
        _ => return None,
    };
    let short = |at: usize| {
        let pair = *tiff.get(at..)?.first_chunk::<2>()?;
        Some(if little {
            u16::from_le_bytes(pair)
        } else {
            u16::from_be_bytes(pair)
        })
    };
    let quad = *tiff.get(4..)?.first_chunk::<4>()?;
    let directory = usize::try_from(if little {
        u32::from_le_bytes(quad)
    } else {
        u32::from_be_bytes(quad)
    })
    .ok()?;
    let entries = usize::from(short(directory)?);
    for entry in 0..entries {
        let at = directory.checked_add(2 + entry * 12)?;
        if short(at)? == 0x0112 {
            let value = u8::try_from(short(at.checked_add(8)?)?).ok()?;
            return (2..=8).contains(&value).then_some(value);
        }
    }
    None
}

/// An EXIF segment that holds the orientation and nothing else.
fn exif(orientation: u8) -> Vec<u8> {
    let mut segment = vec![0xFF, 0xE1, 0, 34];
    segment.extend_from_slice(b"Exif\0\0MM\0\x2A\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0");
    segment.push(orientation);
    segment.extend_from_slice(&[0, 0, 0, 0, 0, 0]);
    segment
}

fn gif(bytes: &[u8]) -> Option<Stripped> {
    let screen = bytes.get(..13)?;
    let width = u32::from(u16::from_le_bytes(*screen.get(6..)?.first_chunk()?));
    let height = u32::from(u16::from_le_bytes(*screen.get(8..)?.first_chunk()?));
    let mut at = 13 + colour_table(screen[10]);
    let mut out = bytes.get(..at)?.to_vec();
    loop {
        let start = at;
        match *bytes.get(at)? {
            0x3B => {
                out.push(0x3B);
                break;
            }
            0x2C => {
                let flags = *bytes.get(at + 9)?;
                at = blocks_end(bytes, at + 10 + colour_table(flags) + 1)?;
                out.extend_from_slice(bytes.get(start..at)?);
            }
            0x21 => {
                let label = *bytes.get(at + 1)?;
                at = blocks_end(bytes, at + 2)?;
                let repeats = label == 0xFF && bytes.get(start + 3..)?.starts_with(b"NETSCAPE2.0");
                if label == 0xF9 || repeats {
                    out.extend_from_slice(bytes.get(start..at)?);
                }
            }
            _ => return None,
        }
    }
    sized("image/gif", "gif", width, height, out)
}

fn colour_table(flags: u8) -> usize {
    if flags & 0x80 == 0 {
        0
    } else {
        3 << ((flags & 7) + 1)
    }
}

fn blocks_end(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        let length = usize::from(*bytes.get(at)?);
        at += 1 + length;
        if length == 0 {
            return Some(at);
        }
    }
}

fn sized(
    media_type: &'static str,
    extension: &'static str,
    width: u32,
    height: u32,
    bytes: Vec<u8>,
) -> Option<Stripped> {
    (width > 0 && height > 0).then_some(Stripped {
        media_type,
        extension,
        width,
        height,
        bytes,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(kind: &[u8], data: &[u8]) -> Vec<u8> {
        let mut out = u32::try_from(data.len()).unwrap().to_be_bytes().to_vec();
        out.extend_from_slice(kind);
        out.extend_from_slice(data);
        out.extend_from_slice(&[0; 4]);
        out
    }

    fn sample_png() -> Vec<u8> {
        let mut png = PNG.to_vec();
        png.extend(chunk(b"IHDR", &[0, 0, 0, 7, 0, 0, 0, 9, 8, 2, 0, 0, 0]));
        png.extend(chunk(b"tEXt", b"Author\0planted"));
        png.extend(chunk(b"eXIf", b"planted"));
        png.extend(chunk(b"IDAT", b"pixels"));
        png.extend(chunk(b"IEND", b""));
        png.extend(b"planted");
        png
    }

    fn holds(bytes: &[u8], word: &[u8]) -> bool {
        bytes.windows(word.len()).any(|w| w == word)
    }

    #[test]
    fn png_keeps_pixels_only() {
        let image = strip(&sample_png()).unwrap();
        assert_eq!((image.width, image.height), (7, 9));
        assert!(holds(&image.bytes, b"pixels"));
        assert!(!holds(&image.bytes, b"planted"));
    }

    #[test]
    fn jpeg_keeps_orientation_and_pixels() {
        let mut exif =
            b"Exif\0\0II\x2A\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0".to_vec();
        exif.extend(b"planted");
        let mut jpeg = vec![
            0xFF,
            0xD8,
            0xFF,
            0xE1,
            0,
            u8::try_from(exif.len() + 2).unwrap(),
        ];
        jpeg.extend(&exif);
        jpeg.extend([0xFF, 0xFE, 0, 9]);
        jpeg.extend(b"planted");
        jpeg.extend([0xFF, 0xC0, 0, 11, 8, 0, 5, 0, 6, 1, 1, 1, 1]);
        jpeg.extend([0xFF, 0xDA, 0, 2]);
        jpeg.extend(b"pix\xFF\x00els\xFF\xD0more");
        jpeg.extend([0xFF, 0xD9]);
        jpeg.extend(b"planted");
        let image = strip(&jpeg).unwrap();
        assert_eq!((image.width, image.height), (6, 5));
        assert!(holds(&image.bytes, b"pix\xFF\x00els"));
        assert!(!holds(&image.bytes, b"planted"));
        assert!(image.bytes.ends_with(&[0xFF, 0xD9]));
        let segment = &image.bytes[2..38];
        assert_eq!(orientation(&segment[4..]), Some(6));
        assert_eq!(strip(&image.bytes).unwrap(), image);
    }

    #[test]
    fn gif_keeps_frames_only() {
        let mut gif = b"GIF89a\x03\0\x02\0\0\0\0".to_vec();
        gif.extend(b"\x21\xFE\x07planted\0");
        gif.extend(b"\x2C\0\0\0\0\x03\0\x02\0\0\x02\x02pi\0\x3Bplanted");
        let image = strip(&gif).unwrap();
        assert_eq!((image.width, image.height), (3, 2));
        assert!(!holds(&image.bytes, b"planted"));
        assert!(holds(&image.bytes, b"pi"));
    }

    #[test]
    fn cut_images_are_broken_at_every_length() {
        let png = sample_png();
        for length in 8..png.len() - 7 {
            assert_eq!(strip(&png[..length]), Err(ImageError::Broken), "{length}");
        }
        assert_eq!(strip(b"\x01\0\0\0"), Err(ImageError::Format));
        assert_eq!(strip(b""), Err(ImageError::Format));
    }
}
