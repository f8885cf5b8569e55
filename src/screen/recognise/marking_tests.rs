//! Markings in their many wordings, and levels that are only spoken of.

use super::tests::{check, none};
use crate::domain::Part::{Body, FirstPage, Footer, Header};

#[test]
fn wordings_and_letter_spacing() {
    for (text, expected) in [
        ("S E C R E T", "secret"),
        ("T O P   S E C R E T", "top_secret"),
        ("P R O T E C T E D   B", "protected_b"),
        ("P R O T É G É   A", "protected_a"),
        ("C O N F I D E N T I A L", "confidential"),
        ("Prot. B", "protected_b"),
        ("PROT B", "protected_b"),
        ("PROTÉGÉS B", "protected_b"),
        (
            "{\"title\": \"Chairs\", \"securityClassification\": \"protected_c\", \"pages\": 2}",
            "protected_c",
        ),
        (
            "{\"securityClassification\": \"protected_a\"}",
            "protected_a",
        ),
        ("<classification>Secret</classification>", "secret"),
        ("Cote : ☐ Protégé A  ☒ Protégé B  ☐ Secret", "protected_b"),
        (
            "Marking: [ ] Protected A  [x] Protected B  [ ] Secret",
            "protected_b",
        ),
    ] {
        check(FirstPage, text, &[expected]);
    }
}

#[test]
fn caveats_in_other_words() {
    for (text, caveat) in [
        ("CONFIDENCE OF CABINET", "cabinet_confidence"),
        ("Privy Council confidences", "cabinet_confidence"),
        ("Confidences du Cabinet", "cabinet_confidence"),
        ("Cabinet Confidence: draft on lamps", "cabinet_confidence"),
        (
            "Privileged & Confidential – Solicitor‑Client Communication",
            "solicitor_client",
        ),
        ("SOLICITOR / CLIENT PRIVILEGE", "solicitor_client"),
        ("Privilège relatif au litige", "solicitor_client"),
        ("FOR CANADIAN EYES ONLY", "canadian_eyes_only"),
        ("Pour les Canadiens seulement", "canadian_eyes_only"),
    ] {
        check(
            FirstPage,
            text,
            &[format!("unclassified +{caveat}").as_str()],
        );
    }
}

#[test]
fn a_level_beside_a_caveat_is_kept() {
    check(
        Header,
        "CONFIDENTIAL – SOLICITOR-CLIENT PRIVILEGE",
        &["confidential +solicitor_client"],
    );
    check(
        Footer,
        "SOLICITOR-CLIENT PRIVILEGE – CONFIDENTIAL",
        &["confidential +solicitor_client"],
    );
}

#[test]
fn levels_that_are_only_spoken_of() {
    for text in [
        "This note is not SECRET and never was.",
        "If PROTECTED B, lock it away.",
        "La note n’est pas cotée SECRET.",
        "She said: \"we called it SECRET to look grand.\" All laughed.",
        "« On a écrit SECRET pour rire un peu »",
        "Related file: marked TOP SECRET.",
        "const LEVELS = [\"OPEN\", \"PROTECTED A\", \"PROTECTED B\", \"SECRET\"];",
        "Level;Lock\nPROTECTED B;dial\nTOP SECRET;vault",
        "Choose: ☐ Protected A  ☐ Protected B  ☐ Secret",
    ] {
        none(FirstPage, text);
    }
    none(Body, "Information portant la cote Secret");
}

#[test]
fn what_is_said_of_another_thing_does_not_lift_a_marking() {
    check(FirstPage, "PROTECTED B\nNot for release", &["protected_b"]);
    check(FirstPage, "SECRET\nRelated file: see annex", &["secret"]);
    check(FirstPage, "□ PROTECTED B", &["protected_b"]);
    check(
        FirstPage,
        "The chair wrote “good”. PROTECTED B",
        &["protected_b"],
    );
}
