//! Packages: zip files that are the same on every run.
//!
//! Rule that must hold: no time and no property of this machine is in them; `mimetype` stands first, not compressed,
//! as EPUB 3.3 (4.2.2) and OpenDocument 1.3 (part 2, 3.3) ask.

use std::io::{Cursor, Write};

use zip::{CompressionMethod, DateTime, ZipWriter, write::SimpleFileOptions};

/// A package under construction.
pub(super) struct Package {
    zip: ZipWriter<Cursor<Vec<u8>>>,
}

impl Package {
    /// A package of this type.
    pub(super) fn new(media_type: &str) -> zip::result::ZipResult<Self> {
        let mut package = Self {
            zip: ZipWriter::new(Cursor::new(Vec::new())),
        };
        package.add("mimetype", media_type.as_bytes(), CompressionMethod::Stored)?;
        Ok(package)
    }

    /// Adds a text, compressed.
    pub(super) fn text(&mut self, name: &str, text: &str) -> zip::result::ZipResult<()> {
        self.add(name, text.as_bytes(), CompressionMethod::Deflated)
    }

    /// Adds an image as it is: image formats are compressed already.
    pub(super) fn image(&mut self, name: &str, bytes: &[u8]) -> zip::result::ZipResult<()> {
        self.add(name, bytes, CompressionMethod::Stored)
    }

    /// The bytes.
    pub(super) fn finish(self) -> zip::result::ZipResult<Vec<u8>> {
        Ok(self.zip.finish()?.into_inner())
    }

    fn add(
        &mut self,
        name: &str,
        bytes: &[u8],
        method: CompressionMethod,
    ) -> zip::result::ZipResult<()> {
        let options = SimpleFileOptions::default()
            .compression_method(method)
            .last_modified_time(DateTime::default());
        self.zip.start_file(name, options)?;
        self.zip.write_all(bytes)?;
        Ok(())
    }
}
