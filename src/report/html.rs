//! Reports as accessible pages: one file, no script, no address outside it.
//!
//! Rule that must hold: every text is escaped, and every table has a caption and header cells.

use crate::domain::Lang;

/// Looks like the catalogue's pages; light and dark.
const STYLE: &str = "\
:root { color-scheme: light dark; --text: #333333; --ground: #ffffff; --soft: #f1f2f3; --line: #7d828b; --link: #284162; }\n\
@media (prefers-color-scheme: dark) { :root { --text: #f1f2f3; --ground: #1b1d21; --soft: #2a2d33; --line: #8e939b; --link: #a9c7f0; } }\n\
body { margin: 0 auto; max-width: 80rem; padding: 1rem; color: var(--text); background: var(--ground); font-family: \"Noto Sans\", Arial, sans-serif; line-height: 1.55; }\n\
h1, h2 { line-height: 1.2; }\n\
a { color: var(--link); }\n\
.scroll { overflow-x: auto; }\n\
table { border-collapse: collapse; }\n\
caption { text-align: start; padding: 0.3rem 0; }\n\
th, td { text-align: start; vertical-align: top; padding: 0.4rem 0.6rem; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }\n\
thead th { background: var(--soft); }\n";

/// A page under construction.
pub(super) struct Page {
    body: String,
    lang: Lang,
    title: String,
    tables: usize,
}

impl Page {
    /// A page with its title as heading.
    pub(super) fn new(lang: Lang, title: &str) -> Self {
        Self {
            body: format!("<h1>{}</h1>\n", escape(title)),
            lang,
            title: title.to_owned(),
            tables: 0,
        }
    }

    /// A paragraph.
    pub(super) fn paragraph(&mut self, text: &str) {
        self.put("<p>");
        self.put(&escape(text));
        self.put("</p>\n");
    }

    /// A heading and a table; the first cell of each row is its header. `none` stands where there are no rows.
    pub(super) fn table(&mut self, title: &str, heads: &[&str], rows: &[Vec<String>], none: &str) {
        self.tables += 1;
        let id = format!("table-{}", self.tables);
        let title = escape(title);
        self.put(&format!("<h2>{title}</h2>\n"));
        if rows.is_empty() {
            self.paragraph(none);
            return;
        }
        self.put(&format!(
            "<div class=\"scroll\" role=\"region\" aria-labelledby=\"{id}\" tabindex=\"0\">\n<table>\n<caption id=\"{id}\">{title} ({})</caption>\n<thead><tr>",
            rows.len()
        ));
        for head in heads {
            self.put(&format!("<th scope=\"col\">{}</th>", escape(head)));
        }
        self.put("</tr></thead>\n<tbody>\n");
        for row in rows {
            self.put("<tr>");
            for (index, cell) in row.iter().enumerate() {
                let cell = lines(cell);
                self.put(&if index == 0 {
                    format!("<th scope=\"row\">{cell}</th>")
                } else {
                    format!("<td>{cell}</td>")
                });
            }
            self.put("</tr>\n");
        }
        self.put("</tbody>\n</table>\n</div>\n");
    }

    fn put(&mut self, text: &str) {
        self.body.push_str(text);
    }

    /// The whole file.
    pub(super) fn finish(self) -> Vec<u8> {
        let lang = match self.lang {
            Lang::En => "en",
            Lang::Fr => "fr",
        };
        format!(
            "<!DOCTYPE html>\n<html lang=\"{lang}\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n{}</main>\n</body>\n</html>\n",
            escape(&self.title),
            self.body
        )
        .into_bytes()
    }
}

/// Several lines of one cell.
fn lines(text: &str) -> String {
    text.lines().map(escape).collect::<Vec<_>>().join("<br>")
}

/// A text as HTML; what HTML cannot hold is left out.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_escaped_and_empty_tables_say_so() {
        let mut page = Page::new(Lang::Fr, "A & <b>");
        let rows = [vec!["\"x\"".to_owned(), "one\ntwo\u{0}".to_owned()]];
        page.table("T", &["h"], &rows, "rien");
        page.table("U", &["h"], &[], "rien");
        let text = String::from_utf8(page.finish()).unwrap();
        assert!(text.contains("<html lang=\"fr\">"));
        assert!(text.contains("<h1>A &amp; &lt;b&gt;</h1>"));
        assert!(text.contains("<th scope=\"row\">&quot;x&quot;</th><td>one<br>two </td>"));
        assert!(text.contains("<h2>U</h2>\n<p>rien</p>"));
    }
}
