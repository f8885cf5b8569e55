//! Phrases that name another thing beside certain words: a NAS that stores, a transit that carries, a SIN denied.
//!
//! Rule that must hold: only words right beside a phrase change what it means.

use super::reading::{Reading, is_letter, is_word};

/// Phrases, the words behind them that make them another thing, and the words before them that do.
const HOMONYMS: &[(&str, &[&str], &[&str])] = &[
    (
        "sin",
        &[
            "of ", "city", "bin", "tax", "wave", "curve", "(x", "(t", "duda", "and cos", "cos",
            "embargo",
        ],
        &["original ", "mortal ", "deadly ", "venial ", "arc"],
    ),
    ("sins", &["of "], &["mortal ", "deadly ", "venial "]),
    (
        "nas",
        &[
            "storage",
            "server",
            "drive",
            "device",
            "volume",
            "share",
            "backup",
            "array",
            "box",
            "disk",
            "mount",
            "de stockage",
            "synology",
            "qnap",
            "appliance",
            "rack",
            "filer",
            "folder",
            "model",
            "serial",
            "-",
            "synology",
        ],
        &[
            "serveur ",
            "stockage ",
            "server ",
            "storage ",
            "synology ",
            "qnap ",
            "rapper ",
            "stockage en reseau (",
            "network attached storage (",
            "network-attached storage (",
        ],
    ),
    (
        "uci",
        &[
            "world",
            "road",
            "cycling",
            "protour",
            "health",
            "machine",
            "irvine",
            "chess",
            "code",
            "mountain",
            "track",
            "europe",
            "women",
            "rules",
            "rule",
            "licence",
            "license",
            "training",
            "room",
            "course",
            "classement",
            "cyclisme",
            "points",
            "ranking",
            "race",
        ],
        &[
            "cycling ",
            "cyclisme (",
            "irvine (",
            "international (",
            "cycliste internationale (",
        ],
    ),
    (
        "pri",
        &["line", "circuit", "trunk", "isdn", "interface"],
        &["isdn ", "rnis "],
    ),
    ("nam", &["theun", "june"], &["viet ", "viet-"]),
    ("dl", &["speed", "ratio", "link", "ml"], &["10 ", "1 "]),
    (
        "ne",
        &[
            "pas",
            "peut",
            "sera",
            "doit",
            "l'",
            "s'",
            "sont",
            "brunswick",
        ],
        &[],
    ),
    (
        "app",
        &["store", "version", "service"],
        &["mobile ", "web ", "the "],
    ),
    (
        "application",
        &[
            "layer",
            "error",
            "server",
            "software",
            "programming",
            "security",
            "log",
            "package",
            "stack",
            "window",
            "developer",
            "pool",
        ],
        &["web ", "mobile ", "desktop "],
    ),
    (
        "transit",
        &[
            "pass",
            "passes",
            "sales",
            "stop",
            "stops",
            "line",
            "route",
            "routes",
            "system",
            "authority",
            "fare",
            "fares",
            "ridership",
            "visa",
        ],
        &["public ", "rapid ", "in ", "en "],
    ),
    ("compte", &["des", "rendu", "tenu"], &["en fin de "]),
];

/// Words by which "SIN of …" goes on when a number is meant.
const OWNERS: &[&[u8]] = &[
    b"the",
    b"his",
    b"her",
    b"their",
    b"my",
    b"your",
    b"our",
    b"each",
    b"every",
    b"an",
    b"client",
    b"applicant",
    b"spouse",
    b"employee",
];

/// True for a phrase that words beside it make another thing.
pub(crate) fn is_homonym(reading: &Reading, start: usize, end: usize, phrase: &str) -> bool {
    let Some((_, after, before)) = HOMONYMS.iter().find(|(word, ..)| *word == phrase) else {
        return false;
    };
    let rest = reading.small(end, end + 24);
    let rest = rest.strip_prefix(b" ").unwrap_or(rest);
    let ahead = reading.small(start.saturating_sub(32), start);
    // "SIN of the account holder" against "sin of omission".
    let owned = reading.before(end).is_ascii_uppercase()
        && rest.strip_prefix(b"of ").is_some_and(|rest| {
            let end = rest.iter().position(|byte| !is_word(*byte));
            let word = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
            OWNERS.contains(&word)
        });
    let goes_on = after
        .iter()
        .any(|word| starts_word(rest, word.as_bytes()) && !(owned && *word == "of "));
    goes_on || before.iter().any(|word| ends_word(ahead, word.as_bytes()))
}

/// True behind "is not a", "n'est pas un" and their kin: what is denied is no label.
pub(crate) fn is_denied(reading: &Reading, start: usize) -> bool {
    const DENIALS: &[&[u8]] = &[
        b"is no ",
        b"is not a ",
        b"is not an ",
        b"is not the ",
        b"isn't a ",
        b"isn't an ",
        b"are no ",
        b"are not ",
        b"was not a ",
        b"n'est pas un ",
        b"n'est pas une ",
        b"n'est pas le ",
        b"n'est pas la ",
        b"ne sont pas des ",
    ];
    let ahead = reading.small(start.saturating_sub(18), start);
    DENIALS.iter().any(|denial| ahead.ends_with(denial))
}

fn starts_word(rest: &[u8], word: &[u8]) -> bool {
    rest.starts_with(word)
        && (!word.last().is_some_and(|byte| is_word(*byte))
            || !rest.get(word.len()).is_some_and(|byte| is_word(*byte)))
        && (word != b"-" || rest.get(1).is_some_and(|byte| is_letter(*byte)))
}

fn ends_word(ahead: &[u8], word: &[u8]) -> bool {
    ahead
        .strip_suffix(word)
        .is_some_and(|before| !before.last().is_some_and(|byte| is_word(*byte)))
}
