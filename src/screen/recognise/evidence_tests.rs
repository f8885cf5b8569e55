//! Whose label is whose: numbers beside, below or behind labels of other things. All people and numbers are invented.

use super::identifier_tests::{check, never};

#[test]
fn the_label_of_a_neighbour_is_not_evidence() {
    for text in [
        "130-692-544 (SIN #) / storage lot 046454286",
        "130 692 544 (NAS) / palette 046454286",
        "<r><nas>130692544</nas><montant>046454286</montant></r>",
        "<r><client_sin>130692544</client_sin><ref>046454286</ref></r>",
        "{\"sin\": \"130692544\", \"balance\": 46454286, \"unit\": \"046454286\"}",
        "#;NAS;Solde\n1;130692544;046454286\n2;130692544;046454286",
    ] {
        never_second(text);
    }
}

/// The first number is a SIN, the second is none.
fn never_second(text: &str) {
    let found = super::identifier_tests::found(text);
    let sins: Vec<&str> = found
        .iter()
        .filter(|(what, _)| what.starts_with("sin"))
        .map(|(_, piece)| piece.as_str())
        .collect();
    assert!(!sins.contains(&"046454286"), "{text}\nfound {found:?}");
    assert!(!sins.is_empty(), "{text}\nfound {found:?}");
}

#[test]
fn quantities_and_homonyms_are_no_identifiers() {
    for text in [
        "SIN lot 130692544",
        "NAS index: 130692544",
        "sin_hash: 130692544",
        "In spring 046 454 286 NAS were in use, of which 130 692 544 abroad.",
        "Cost of misuse of the SIN: 130 692 544 $ in 2019",
        "Coût lié au NAS : 130 692 544 $",
        "Venial sin, deadly sin: entry 130692544",
        "mount nas01:/vol/130692544",
        "Nas, a dog under licence tag 130692544",
        "A spare NAS, serial 130-692-544, is on order.",
        "Enter your SIN in the form 999 999 999",
        "This is not a SIN: 130 692 544",
        "Sales: 046 454 286 and 130-692-544",
    ] {
        never("sin", text);
    }
    never("uci", "UCI training room 12345678");
    never("uci", "À la course de l’UCI, dossard 1234-5678");
    never(
        "application_number",
        "Application layer error E123456789; E123456780 followed",
    );
    never(
        "bank_account",
        "Transit pass sales by stop: 10442-003-1207733",
    );
    never("health_number", "OHIP cards printed: 1234567897");
    never("health_number", "Santé du parc : carte réseau 1234567897");
    never("pr_card", "forklift card XB7654321");
    never(
        "health_number",
        "NAM : LANT 7959 1718 est l’exemple du guide",
    );
}

#[test]
fn labels_that_reach_their_value() {
    for (text, what, piece) in [
        (
            "SIN of the account holder: 130 692 544",
            "sin personal",
            "130 692 544",
        ),
        ("NAS130692544DDN", "sin personal", "130692544"),
        ("N A S : 13 0692 544", "sin personal", "13 0692 544"),
        (
            "She typed SIN 130 692 545; the correct one is 046 454 286.",
            "sin personal",
            "046 454 286",
        ),
        (
            "The number is 130 692\n> 544 and that it is her SIN.",
            "sin personal",
            "130 692\n> 544",
        ),
        (
            "{\"label\": \"SIN\", \"value\": \"130692544\"}",
            "sin personal",
            "130692544",
        ),
        ("UCI: 2014-2015. The fee", "uci personal", "2014-2015"),
        ("U C I   11 12 34-5678", "uci personal", "11 12 34-5678"),
        (
            "No d’identification du client : 11\u{202F}1234\u{202F}5678",
            "uci personal",
            "11\u{202F}1234\u{202F}5678",
        ),
        (
            "Application no. E1234\n56789",
            "application_number personal",
            "E1234\n56789",
        ),
        ("Passport # AB12\n3456", "passport personal", "AB12\n3456"),
        ("PRI no.: 054 29 675", "pri personal", "054 29 675"),
        (
            "lant-7959-1718 nam",
            "health_number personal",
            "lant-7959-1718",
        ),
        (
            "Proof of citizenship, certificate number:\n   Z 1234567",
            "citizenship_certificate personal",
            "Z 1234567",
        ),
    ] {
        check(text, &[(what, piece)]);
    }
}

#[test]
fn dates_of_persons_and_of_things() {
    for text in [
        "The program was born on August 3, 1991.",
        "D.O.B. of the aircraft (date of build): 2003-06-22",
        "DDN du rapport (date de diffusion nationale) : 2021-02-18",
        "Born 1961; arrived 2017-04-19",
        "<r><naissance>inconnue</naissance><décision>2018-03-06</décision></r>",
    ] {
        never("birth_date", text);
    }
    for (text, piece) in [
        (
            "The head of the program was born on August 3, 1961.",
            "August 3, 1961",
        ),
        (
            "Date of birth of the company director: 1961-08-03",
            "1961-08-03",
        ),
        ("Quillon Fabulesque, b. Nov. 13, 1957", "Nov. 13, 1957"),
        (
            "Elle a vu le jour le trois mars mil neuf cent quatre-vingt-quatre.",
            "le trois mars mil neuf cent quatre-vingt-quatre",
        ),
    ] {
        check(text, &[("birth_date personal", piece)]);
    }
}
