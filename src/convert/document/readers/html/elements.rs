//! What the names of elements mean (HTML, sections 4 and 13), as far as the reader needs it.

use super::super::super::TextStyle;

/// Elements without an end.
pub(super) fn is_void(name: &str) -> bool {
    matches!(
        name,
        "area"
            | "base"
            | "basefont"
            | "bgsound"
            | "br"
            | "col"
            | "embed"
            | "frame"
            | "hr"
            | "img"
            | "input"
            | "keygen"
            | "link"
            | "meta"
            | "param"
            | "source"
            | "track"
            | "wbr"
    )
}

/// Elements that begin and end a line.
pub(super) fn is_block(name: &str) -> bool {
    matches!(
        name,
        "address"
            | "article"
            | "aside"
            | "blockquote"
            | "body"
            | "caption"
            | "center"
            | "dd"
            | "details"
            | "dialog"
            | "dir"
            | "div"
            | "dl"
            | "dt"
            | "fieldset"
            | "figcaption"
            | "figure"
            | "footer"
            | "form"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "head"
            | "header"
            | "hgroup"
            | "hr"
            | "html"
            | "legend"
            | "li"
            | "listing"
            | "main"
            | "menu"
            | "nav"
            | "ol"
            | "optgroup"
            | "option"
            | "p"
            | "plaintext"
            | "pre"
            | "search"
            | "section"
            | "select"
            | "summary"
            | "table"
            | "tbody"
            | "td"
            | "textarea"
            | "tfoot"
            | "th"
            | "thead"
            | "tr"
            | "ul"
            | "xmp"
    )
}

/// Elements that a start tag of another block leaves open, and that live on when the block around them ends
/// (“formatting elements”, HTML, 13.2.4.3).
pub(super) fn is_formatting(name: &str) -> bool {
    matches!(
        name,
        "a" | "b"
            | "big"
            | "code"
            | "em"
            | "font"
            | "i"
            | "nobr"
            | "s"
            | "small"
            | "strike"
            | "strong"
            | "tt"
            | "u"
    )
}

/// Elements that end tags of running text do not reach through.
pub(super) fn is_barrier(name: &str) -> bool {
    matches!(name, "td" | "th" | "caption" | "table" | "template")
}

/// Elements whose content a browser never shows as text of the page.
pub(super) fn is_unseen(name: &str) -> bool {
    matches!(
        name,
        "applet"
            | "audio"
            | "canvas"
            | "datalist"
            | "iframe"
            | "noembed"
            | "noframes"
            | "noscript"
            | "object"
            | "rp"
            | "script"
            | "style"
            | "template"
            | "title"
            | "video"
    )
}

/// The heading level of a name.
pub(super) fn heading(name: &str) -> Option<u8> {
    match name {
        "h1" => Some(1),
        "h2" => Some(2),
        "h3" => Some(3),
        "h4" => Some(4),
        "h5" => Some(5),
        "h6" => Some(6),
        _ => None,
    }
}

/// The style that an element adds.
pub(super) fn style_of(name: &str) -> TextStyle {
    let plain = TextStyle::default();
    match name {
        "b" | "strong" | "dt" => TextStyle {
            strong: true,
            ..plain
        },
        "i" | "em" | "cite" | "dfn" | "var" => TextStyle {
            emphasis: true,
            ..plain
        },
        "s" | "strike" | "del" => TextStyle {
            struck: true,
            ..plain
        },
        "sub" => TextStyle { sub: true, ..plain },
        "sup" => TextStyle { sup: true, ..plain },
        _ => plain,
    }
}

/// What a style attribute adds.
pub(super) fn inline_style(style: &str) -> TextStyle {
    let mut found = TextStyle::default();
    for declaration in style.split(';') {
        let Some((name, value)) = declaration.split_once(':') else {
            continue;
        };
        let value = value.trim().to_ascii_lowercase();
        match name.trim().to_ascii_lowercase().as_str() {
            "font-weight" => {
                found.strong = value.starts_with("bold")
                    || value.parse::<u32>().is_ok_and(|weight| weight >= 600);
            }
            "font-style" => found.emphasis = value.starts_with("italic"),
            "text-decoration" | "text-decoration-line" => {
                found.struck = value.contains("line-through");
            }
            "vertical-align" => {
                found.sub = value == "sub";
                found.sup = value == "super";
            }
            _ => {}
        }
    }
    found
}

/// Both styles together.
pub(super) fn joined(a: TextStyle, b: TextStyle) -> TextStyle {
    TextStyle {
        strong: a.strong || b.strong,
        emphasis: a.emphasis || b.emphasis,
        sub: (a.sub || b.sub) && !b.sup,
        sup: (a.sup || b.sup) && !b.sub,
        struck: a.struck || b.struck,
    }
}
