//! What control words and style names mean.

/// Groups that hold the looks or the program's own matters, and no words of anyone.
pub(super) fn is_looks(word: &str) -> bool {
    matches!(
        word,
        "aftncn"
            | "aftnsep"
            | "aftnsepc"
            | "bkmkend"
            | "blipuid"
            | "colorschememapping"
            | "colortbl"
            | "defchp"
            | "defpap"
            | "falt"
            | "fldtype"
            | "fname"
            | "fontemb"
            | "fontfile"
            | "ftncn"
            | "ftnsep"
            | "ftnsepc"
            | "latentstyles"
            | "levelnumbers"
            | "leveltext"
            | "lsdlockedexcept"
            | "mmathPr"
            | "nonshppict"
            | "panose"
            | "pgptbl"
            | "pnseclvl"
            | "rsidtbl"
            | "themedata"
            | "wgrffmtfilter"
            | "xmlnstbl"
    )
}

/// Fields of the document information, by the name under which properties are known.
pub(super) fn info(word: &str) -> Option<&'static str> {
    Some(match word {
        "title" => "title",
        "subject" => "subject",
        "author" => "creator",
        "manager" => "Manager",
        "company" => "Company",
        "operator" => "lastModifiedBy",
        "category" => "category",
        "keywords" => "keywords",
        "comment" | "doccomm" => "description",
        "hlinkbase" => "HyperlinkBase",
        _ => return None,
    })
}

/// Characters that have words.
pub(super) fn character(word: &str) -> Option<&'static str> {
    Some(match word {
        "emdash" => "—",
        "endash" => "–",
        "emspace" => "\u{2003}",
        "enspace" => "\u{2002}",
        "qmspace" => "\u{2005}",
        "bullet" => "•",
        "lquote" => "‘",
        "rquote" => "’",
        "ldblquote" => "“",
        "rdblquote" => "”",
        "tab" => "\t",
        "zwj" => "\u{200D}",
        "zwnj" => "\u{200C}",
        "ltrmark" => "\u{200E}",
        "rtlmark" => "\u{200F}",
        _ => return None,
    })
}

/// Headers and footers of pages.
pub(super) fn is_margin(word: &str) -> Option<bool> {
    match word {
        "header" | "headerl" | "headerr" | "headerf" => Some(true),
        "footer" | "footerl" | "footerr" | "footerf" => Some(false),
        _ => None,
    }
}

/// The language of a Windows language number.
pub(super) fn language(number: i32) -> Option<&'static str> {
    Some(match number {
        1033 => "en-US",
        2057 => "en-GB",
        4105 => "en-CA",
        1036 => "fr-FR",
        3084 => "fr-CA",
        1031 => "de",
        1034 | 3082 => "es",
        1040 => "it",
        1117 => "iu",
        2141 => "iu-Latn",
        2070 => "pt-PT",
        1046 => "pt-BR",
        2052 => "zh-Hans",
        1028 => "zh-Hant",
        1025 => "ar",
        _ => return None,
    })
}

/// What a paragraph is by the name of its style.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Text,
    Heading(u8),
    Caption,
    Quote,
    Code,
}

/// The role that a style name gives, in English and French.
pub(super) fn role(name: &str) -> Role {
    let name = name.trim().to_lowercase();
    let numbered = name
        .strip_prefix("heading ")
        .or_else(|| name.strip_prefix("titre "));
    if let Some(level) = numbered.and_then(|n| n.parse::<u8>().ok())
        && (1..=9).contains(&level)
    {
        return Role::Heading(level);
    }
    match name.as_str() {
        "title" | "titre" => Role::Heading(0),
        "caption" | "légende" => Role::Caption,
        "quote" | "quotations" | "intense quote" | "citation" | "citation intense" => Role::Quote,
        "preformatted text" | "html preformatted" | "plain text" | "texte brut" => Role::Code,
        _ => Role::Text,
    }
}

/// The target of a `HYPERLINK` field.
pub(super) fn hyperlink(instruction: &str) -> Option<String> {
    let rest = instruction.trim();
    let head = rest.get(..9)?;
    if !head.eq_ignore_ascii_case("HYPERLINK") {
        return None;
    }
    let (mut target, mut anchor) = (String::new(), String::new());
    let mut rest = rest[9..].trim_start();
    let mut switch = None;
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('\\') {
            let mut chars = after.chars();
            switch = chars.next().map(|c| c.to_ascii_lowercase());
            rest = chars.as_str().trim_start();
            // These stand alone.
            if matches!(switch, Some('n' | 'm')) {
                switch = None;
            }
            continue;
        }
        let (word, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => rest.split_once(char::is_whitespace).unwrap_or((rest, "")),
        };
        match switch.take() {
            None if target.is_empty() => word.clone_into(&mut target),
            Some('l') => word.clone_into(&mut anchor),
            _ => {}
        }
        rest = after.trim_start();
    }
    if !anchor.is_empty() {
        target.push('#');
        target.push_str(&anchor);
    }
    (!target.is_empty()).then_some(target)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hyperlinks_have_targets() {
        let check = |field: &str, expect: Option<&str>| {
            assert_eq!(hyperlink(field).as_deref(), expect, "{field}");
        };
        check(
            " HYPERLINK \"https://example.org/a b\" ",
            Some("https://example.org/a b"),
        );
        check("HYPERLINK \\l \"place\"", Some("#place"));
        check(
            "HYPERLINK \"https://example.org\" \\l \"x\" \\o \"tip\"",
            Some("https://example.org#x"),
        );
        check("HYPERLINK \"#place\" \\n", Some("#place"));
        check("HYPERLINK https://example.org", Some("https://example.org"));
        check("PAGE", None);
        check("HYPERLINK", None);
        check("HYPERLINK \\", None);
    }

    #[test]
    fn styles_have_roles() {
        assert_eq!(role("heading 2"), Role::Heading(2));
        assert_eq!(role("Titre 3"), Role::Heading(3));
        assert_eq!(role("Title"), Role::Heading(0));
        assert_eq!(role("Heading 12"), Role::Text);
        assert_eq!(role("Quotations"), Role::Quote);
    }
}
