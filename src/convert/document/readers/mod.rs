//! Readers: one module per format, all filling the same model.

mod docx;

pub use docx::read_docx;
