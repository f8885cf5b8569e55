//! Small Word documents for tests, built from parts.

use std::io::{Cursor, Write};

use zip::{ZipWriter, write::SimpleFileOptions};

pub(super) const W: &str = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";

/// A package under construction.
pub(super) struct Sample {
    body: String,
    relations: String,
    parts: Vec<(String, Vec<u8>)>,
}

impl Sample {
    /// A document with this body.
    pub(super) fn new(body: &str) -> Self {
        Self {
            body: body.to_owned(),
            relations: String::new(),
            parts: Vec::new(),
        }
    }

    /// A part that the document is not related to.
    pub(super) fn part(mut self, name: &str, content: impl AsRef<[u8]>) -> Self {
        self.parts
            .push((name.to_owned(), content.as_ref().to_vec()));
        self
    }

    /// A part in `word/` that the document is related to; the kind gives id and name.
    pub(super) fn related(mut self, kind: &str, name: &str, content: impl AsRef<[u8]>) -> Self {
        self.relations +=
            format!(r#"<Relationship Id="{name}" Type="http://x/{kind}" Target="{name}"/>"#)
                .as_str();
        self.part(&format!("word/{name}"), content)
    }

    /// A related part whose root element holds this WordprocessingML.
    pub(super) fn wordml(self, kind: &str, root: &str, inner: &str) -> Self {
        let xml = format!(r"<w:{root} {}>{inner}</w:{root}>", namespaces());
        self.related(kind, &format!("{kind}.xml"), xml)
    }

    /// A link out of the package.
    pub(super) fn link(mut self, id: &str, target: &str) -> Self {
        self.relations += format!(
            r#"<Relationship Id="{id}" Type="http://x/hyperlink" Target="{target}" TargetMode="External"/>"#
        ).as_str();
        self
    }

    /// The bytes of the package.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let document = format!(
            "<w:document {}><w:body>{}</w:body></w:document>",
            namespaces(),
            self.body
        );
        let list = |inner: &str| {
            let uri = "http://schemas.openxmlformats.org/package/2006/relationships";
            format!(r#"<Relationships xmlns="{uri}">{inner}</Relationships>"#)
        };
        let root =
            r#"<Relationship Id="d" Type="http://x/officeDocument" Target="word/document.xml"/>"#;
        let mut parts = vec![
            ("_rels/.rels".to_owned(), list(root).into_bytes()),
            ("word/document.xml".to_owned(), document.into_bytes()),
            (
                "word/_rels/document.xml.rels".to_owned(),
                list(&self.relations).into_bytes(),
            ),
        ];
        parts.extend(self.parts.iter().cloned());
        zip_of(&parts)
    }
}

/// A zip file of named parts.
pub(super) fn zip_of(parts: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        zip.start_file(name.as_str(), SimpleFileOptions::default())
            .unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn namespaces() -> String {
    let names = [
        ("w", W),
        (
            "r",
            "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
        ),
        (
            "wp",
            "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing",
        ),
        ("a", "http://schemas.openxmlformats.org/drawingml/2006/main"),
        (
            "pic",
            "http://schemas.openxmlformats.org/drawingml/2006/picture",
        ),
        (
            "m",
            "http://schemas.openxmlformats.org/officeDocument/2006/math",
        ),
        ("v", "urn:schemas-microsoft-com:vml"),
        (
            "mc",
            "http://schemas.openxmlformats.org/markup-compatibility/2006",
        ),
        (
            "wps",
            "http://schemas.microsoft.com/office/word/2010/wordprocessingShape",
        ),
    ];
    let declared = names.map(|(prefix, uri)| format!(r#"xmlns:{prefix}="{uri}""#));
    declared.join(" ")
}

/// A paragraph of one run.
pub(super) fn p(text: &str) -> String {
    format!("<w:p>{}</w:p>", r(text))
}

/// A run.
pub(super) fn r(text: &str) -> String {
    format!(r#"<w:r><w:t xml:space="preserve">{text}</w:t></w:r>"#)
}

/// A paragraph in a style.
pub(super) fn styled(style: &str, text: &str) -> String {
    format!(
        r#"<w:p><w:pPr><w:pStyle w:val="{style}"/></w:pPr>{}</w:p>"#,
        r(text)
    )
}
