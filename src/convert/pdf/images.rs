//! Whether an image can go into a PDF.

use typst::{
    foundations::Bytes,
    visualize::{ExchangeFormat, RasterImage},
};

use super::PdfError;

/// Decodes an image as the export will, so that a broken one is known before.
///
/// The caller must have refused images with too many pixels by their header: this allocates what the header claims.
///
/// # Errors
/// [`PdfError::Image`] when it is no PNG, JPEG or GIF, or when it is broken.
pub fn check_image(bytes: &[u8]) -> Result<(), PdfError> {
    let refused = |why: &str| PdfError::Image {
        why: why.to_owned(),
    };
    let Some(format @ (ExchangeFormat::Png | ExchangeFormat::Jpg | ExchangeFormat::Gif)) =
        ExchangeFormat::detect(bytes)
    else {
        return Err(refused("not a PNG, JPEG or GIF image"));
    };
    let bytes = Bytes::new(bytes.to_vec());
    let decode = std::panic::AssertUnwindSafe(|| RasterImage::plain(bytes, format));
    match std::panic::catch_unwind(decode) {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(why)) => Err(refused(why.as_str())),
        Err(_) => Err(PdfError::Failed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_images_pass() {
        const GIF: &[u8] =
            b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";
        assert!(check_image(GIF).is_ok());
        assert!(check_image(&GIF[..20]).is_err());
        assert!(check_image(b"\x89PNG\r\n\x1a\nrubbish").is_err());
        assert!(check_image(b"<svg/>").is_err());
        assert!(check_image(b"").is_err());
    }
}
