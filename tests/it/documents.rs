//! Documents become open formats, judged by others: veraPDF for PDF/UA-1 and PDF/A-2a, epubcheck for EPUB.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::support::{all_is_required, project};

/// Where `tests/run` keeps the judges; `None`, with a word about it, where they are not.
fn tools(test: &str) -> Option<String> {
    let tools = std::env::var("TOOLS")
        .ok()
        .filter(|value| !value.is_empty());
    if tools.is_none() {
        assert!(
            !all_is_required(),
            "{test}: TOOLS is not set; tests/run does it"
        );
        eprintln!("SKIPPED {test}: no checkers. tests/run fetches them.");
    }
    tools
}

/// Word files below a folder, in order.
fn word_files(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            word_files(&path, found);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "docx")
        {
            found.push(path);
        }
    }
}

/// What `convert` makes of one file, by extension.
fn renditions(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(folder) else {
        return found;
    };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == extension) {
            found.push(path);
        }
    }
    found
}

/// Whether a judge (`check-pdfs`, `check-epubs`) passes all files, and what it said.
fn check(judge: &str, tools: &str, files: &[PathBuf]) -> (bool, String) {
    let output = Command::new(project().join("tests/peers/accessibility").join(judge))
        .args(files)
        .env("TOOLS", tools)
        .output()
        .expect("a shell is there");
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    (output.status.success(), said)
}

/// Whatever a Word file becomes as HTML it becomes in the other formats too; every PDF passes for both standards, every EPUB passes.
#[test]
fn every_pdf_and_epub_passes_its_judge() {
    let Some(tools) = tools("every_pdf_and_epub_passes_its_judge") else {
        return;
    };
    let mut files = Vec::new();
    for folder in ["tests/fixtures/document", "samples/drive"] {
        word_files(&project().join(folder), &mut files);
    }
    let out = tempfile::tempdir().unwrap();
    let (mut pdfs, mut books) = (Vec::new(), Vec::new());
    for (number, file) in files.iter().enumerate() {
        // Samples in different folders share names.
        let folder = out.path().join(number.to_string());
        let said = Command::new(env!("CARGO_BIN_EXE_rideau"))
            .arg("convert")
            .arg(file)
            .args(["--to", "html,pdf,epub,odt,txt", "--output"])
            .arg(&folder)
            .output()
            .unwrap();
        let made = folder.join(file.file_name().unwrap());
        let (html, pdf) = (renditions(&made, "html"), renditions(&made, "pdf"));
        let told = String::from_utf8_lossy(&said.stdout).into_owned();
        assert_eq!(html.len(), pdf.len(), "{}: {told}", file.display());
        for other in ["epub", "odt", "txt"] {
            assert_eq!(renditions(&made, other).len(), html.len(), "{told}");
        }
        pdfs.extend(pdf);
        books.extend(renditions(&made, "epub"));
    }
    assert!(pdfs.len() >= 10, "only {} PDFs", pdfs.len());
    let (passed, said) = check("check-pdfs", &tools, &pdfs);
    assert!(passed, "{said}");
    assert!(said.contains("failures: 0"), "{said}");
    let (passed, said) = check("check-epubs", &tools, &books);
    assert!(passed, "{said}");
}

/// The judge does refuse: a PDF without tags is not waved through.
#[test]
fn verapdf_refuses_a_plain_pdf() {
    let Some(tools) = tools("verapdf_refuses_a_plain_pdf") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let plain = folder.path().join("plain.pdf");
    fs::write(&plain, PLAIN).unwrap();
    let (passed, said) = check("check-pdfs", &tools, &[plain]);
    assert!(!passed, "{said}");
    assert!(said.contains("FAILED ua1"), "{said}");
    assert!(said.contains("FAILED 2a"), "{said}");
}

/// The smallest PDF with one empty page; readers rebuild its table of objects.
const PLAIN: &str = "%PDF-1.7\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n\
2 0 obj\n<</Type/Pages/Kids[3 0 R]/Count 1>>\nendobj\n\
3 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 100 100]>>\nendobj\n\
xref\n0 4\n0000000000 65535 f \n0000000009 00000 n \n0000000054 00000 n \n0000000105 00000 n \n\
trailer\n<</Root 1 0 R/Size 4>>\nstartxref\n170\n%%EOF\n";
