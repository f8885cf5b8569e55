//! Every identifier on short cases in both languages, and what looks like it. All people and numbers are invented.

use super::{DetectContext, DetectSettings, detect, plain_text_units};
use crate::domain::{FactDetail, MarkingState, Part, TextUnit};

/// What is found in a plain text, as `identifier class` with the text it covers.
pub(super) fn found(text: &str) -> Vec<(String, String)> {
    let units: Vec<TextUnit> = plain_text_units(text)
        .into_iter()
        .map(|(_, unit)| unit)
        .collect();
    let settings = DetectSettings::default();
    let mut found = Vec::new();
    for fact in detect(&units, &DetectContext::new("", &settings)) {
        if let FactDetail::Identifier { identifier, class } = &fact.detail {
            let unit = units
                .iter()
                .find(|unit| unit.place.at == fact.place.at)
                .unwrap();
            let span = fact.place.span.unwrap();
            let piece = &unit.text[span.start as usize..span.end as usize];
            found.push((format!("{identifier} {}", class.as_str()), piece.to_owned()));
        }
    }
    found
}

pub(super) fn check(text: &str, expected: &[(&str, &str)]) {
    let found = found(text);
    for (what, piece) in expected {
        assert!(
            found.iter().any(|(a, b)| a == what && b == piece),
            "{text}\nexpected {what} {piece:?}, found {found:?}"
        );
    }
}

/// No identifier of the kind is found.
pub(super) fn never(identifier: &str, text: &str) {
    let found = found(text);
    assert!(
        !found.iter().any(|(what, _)| what.starts_with(identifier)),
        "{text}\nfound {found:?}"
    );
}

#[test]
fn social_insurance_numbers_in_all_writings() {
    for (text, piece) in [
        ("NAS : 1 3 0 6 9 2 5 4 4", "1 3 0 6 9 2 5 4 4"),
        ("SIN: １３０６９２５４４", "１３０６９２５４４"),
        ("SIN\u{A0}: 130&nbsp;692&nbsp;544", "130&nbsp;692&nbsp;544"),
        ("{\"client_sin\": \"130-692-544\"}", "130-692-544"),
        ("<td>SIN</td><td>130 692 544</td>", "130 692 544"),
        (
            "Son numéro d’assurance\nsociale est le 130 692 544.",
            "130 692 544",
        ),
        ("| Name | SIN |\n|---|---|\n| A | 130692544 |", "130692544"),
        ("130 692 544 is his SIN.", "130 692 544"),
        (
            "name;total;nas\nx;12;046454286\ny;13;130692544",
            "130692544",
        ),
        (
            "Nom            NAS            Ville\nUn             130 692 544    Lévis",
            "130 692 544",
        ),
        ("SIN / UCI : 130 692 544", "130 692 544"),
        ("SIN of the account holder: 130 692 544", "130 692 544"),
        ("<sin>130692544</sin>", "130692544"),
        (
            "SIN as shown on the visa application: 130 692 544",
            "130 692 544",
        ),
        ("SIN:\n\n130 692 544", "130 692 544"),
    ] {
        check(text, &[("sin personal", piece)]);
    }
}

#[test]
fn look_alikes_of_social_insurance_numbers() {
    for text in [
        "Country,2014,Total\nPhilippines,130692544,046454286",
        "name,sin,invoice\nx,,130692544",
        "NAS storage 130692544",
        "Number of SINs issued: 130 692 544",
        "SIN: not given. Invoice 130 692 544",
        "For example, SIN 046 454 286",
        "Le serveur NAS contient 130692544 fichiers",
    ] {
        never("sin", text);
    }
}

#[test]
fn client_and_application_numbers() {
    for (text, piece) in [
        ("UCI: 1234-5678", "1234-5678"),
        ("IUC : 11-1234-5678", "11-1234-5678"),
        ("UCI: 1 1 1 2 3 4 5 6 7 8", "1 1 1 2 3 4 5 6 7 8"),
        ("Client ID 1112345678", "1112345678"),
        ("name,uci\nx,12345678\ny,1112345678", "1112345678"),
        ("Identificateur unique de client : 12345678", "12345678"),
        ("your UCI is 1234-5678.", "1234-5678"),
    ] {
        check(text, &[("uci personal", piece)]);
    }
    for (text, piece) in [
        ("Application number W123456789", "W123456789"),
        ("Votre demande E123456789 est reçue", "E123456789"),
        ("application number is EP12345678", "EP12345678"),
        ("No de demande : C-123456789", "C-123456789"),
    ] {
        check(text, &[("application_number personal", piece)]);
    }
    for text in [
        "Fiscal years 2014-2015",
        "ISSN 1911-4234",
        "UCI 2024 World Tour",
        "Order 12345678",
    ] {
        never("uci", text);
    }
    never("application_number", "part L163198249");
    never("application_number", "L163198249");
}

#[test]
fn passports_cards_and_certificates() {
    check(
        "passport (no. AB123456)",
        &[("passport personal", "AB123456")],
    );
    check(
        "Passeport : A123456BC",
        &[("passport personal", "A123456BC")],
    );
    check("PR card RA1234567", &[("pr_card personal", "RA1234567")]);
    check(
        "Carte de résident permanent : RA0302123456",
        &[("pr_card personal", "RA0302123456")],
    );
    check(
        "Citizenship certificate R1234567",
        &[("citizenship_certificate personal", "R1234567")],
    );
    never("passport", "your passport is 123456 pages long");
    never("passport", "Asset tag AB123456");
    never("passport", "AB123456");
}

#[test]
fn health_numbers() {
    check(
        "OHIP 1234-567-897",
        &[("health_number personal", "1234-567-897")],
    );
    check(
        "Health card: 1234567897 AB",
        &[("health_number personal", "1234567897 AB")],
    );
    check(
        "RAMQ : LANT 7959 1718",
        &[("health_number personal", "LANT 7959 1718")],
    );
    check(
        "LANT79591718",
        &[("health_number personal", "LANT79591718")],
    );
    check(
        "PHN 9698 658 215",
        &[("health_number personal", "9698 658 215")],
    );
    check(
        "Alberta PHN 12345-6789",
        &[("health_number personal", "12345-6789")],
    );
    never("health_number", "PO 1234567897");
    never("health_number", "LANT79591719");
}

#[test]
fn licences_and_records() {
    check(
        "DL A8590-74761-72512",
        &[("driver_licence personal", "A8590-74761-72512")],
    );
    check(
        "Permis de conduire : L1234-150380-01",
        &[("driver_licence personal", "L1234-150380-01")],
    );
    check("PRI: 12345678", &[("pri personal", "12345678")]);
    check("CIDP : 123-456-78", &[("pri personal", "123-456-78")]);
    never("pri", "GCDOCS # 12345678");
    never("driver_licence", "Licence key A8590-74761");
}

#[test]
fn money() {
    check(
        "Transit-Institution-Account: 79763 003 5294306",
        &[("bank_account personal", "79763 003 5294306")],
    );
    check(
        "Dépôt direct : 006-25790-5331462",
        &[("bank_account personal", "006-25790-5331462")],
    );
    check(
        "2223 0031 2200 3222",
        &[("credit_card personal", "2223 0031 2200 3222")],
    );
    check(
        "GB82 WEST 1234 5698 7654 32",
        &[("iban personal", "GB82 WEST 1234 5698 7654 32")],
    );
    never("iban", "GB83 WEST 1234 5698 7654 32");
    never("bank_account", "79763 units");
}

#[test]
fn dates_of_birth() {
    for (text, piece) in [
        ("DOB: 1980-03-01", "1980-03-01"),
        ("born on March 1, 1980", "March 1, 1980"),
        ("née le 1er mars 1980", "1er mars 1980"),
        ("Date de naissance : 01/03/1980", "01/03/1980"),
        ("name,date_of_birth\nx,19800301\ny,1980-03-02", "19800301"),
    ] {
        check(text, &[("birth_date personal", piece)]);
    }
    for text in [
        "Interview 1980-03-01",
        "DOB unknown. Received 2015-03-01",
        "2016-02-26 10:21",
    ] {
        never("birth_date", text);
    }
}

#[test]
fn addresses_of_all_kinds() {
    check(
        "login user=jane.sample@example.org ip=203.0.113.7 build 10.0.1",
        &[("ip_address personal", "203.0.113.7")],
    );
    check(
        "IP: 2001:db8::7:1",
        &[("ip_address personal", "2001:db8::7:1")],
    );
    for text in [
        "section 4.1.2.3",
        "software 10.2.300.7",
        "version 10.20.30.40",
        "10:21:33",
        "a::b",
    ] {
        never("ip_address", text);
    }
    check(
        "She lives at 1706 Elm Street, Toronto, ON M5V 2T6",
        &[
            ("civic_address personal", "1706 Elm Street, Toronto, ON"),
            ("postal_code personal", "M5V 2T6"),
        ],
    );
    check(
        "Adresse : 12, rue des Pins, app. 3, Lévis (Québec) G6V 1A1",
        &[(
            "civic_address personal",
            "12, rue des Pins, app. 3, Lévis (Québec)",
        )],
    );
    check(
        "365 Laurier Avenue West, Ottawa, ON K1A 1L1",
        &[
            (
                "civic_address public",
                "365 Laurier Avenue West, Ottawa, ON",
            ),
            ("postal_code public", "K1A 1L1"),
        ],
    );
    never("civic_address", "12 Senior Analysts met");
    never("postal_code", "D1A 1A1");
}

#[test]
fn names_and_public_servants() {
    check(
        "Dear Amy Sample,\n\nYour file",
        &[("person_name personal", "Amy Sample")],
    );
    check(
        "Nom : Thi Lan Exemple",
        &[("person_name personal", "Thi Lan Exemple")],
    );
    check(
        "M. Exemple a été reçu",
        &[("person_name personal", "Exemple")],
    );
    check(
        "name,uci\nSimran Sample,12345678\nJosé Exemple,12345679",
        &[("person_name personal", "José Exemple")],
    );
    let signature =
        "Amy Sample\nSenior Analyst, Research Branch\nAmy.Sample@cic.gc.ca | Tel: 613-555-0199";
    check(
        signature,
        &[
            ("person_name public", "Amy Sample"),
            ("phone public", "613-555-0199"),
            ("email public", "Amy.Sample@cic.gc.ca"),
        ],
    );
    check(
        "Name: EXEMPLE, Marie-Josée",
        &[("person_name personal", "EXEMPLE, Marie-Josée")],
    );
    check(
        "Simran Sample, an engineer, wrote",
        &[("person_name unknown", "Simran Sample")],
    );
    check(
        "write to jane.sample (at) example (dot) org",
        &[("email personal", "jane.sample (at) example (dot) org")],
    );
    for text in [
        "Immigration, Refugees and Citizenship Canada",
        "Research and Evaluation Branch",
        "Prince Edward Island",
        "File name: Annual Report",
    ] {
        never("person_name", text);
    }
}

#[test]
fn a_form_that_is_filled_in_is_marked() {
    let state = |body: &str| {
        let units = [
            TextUnit::new(Part::Header, "header 1", "PROTECTED B (when completed)"),
            TextUnit::new(Part::Body, "paragraph 1", body),
        ];
        let settings = DetectSettings::default();
        let facts = detect(&units, &DetectContext::new("", &settings));
        facts.into_iter().find_map(|fact| match fact.detail {
            FactDetail::Marking { state, .. } => Some(state),
            _ => None,
        })
    };
    assert_eq!(state("Name:      Date:"), Some(MarkingState::WhenCompleted));
    assert_eq!(
        state("Name: Amy Sample  UCI: 1234-5678"),
        Some(MarkingState::Standing)
    );
    // The address of the office stands on blank forms too.
    assert_eq!(
        state("Mail to: 365 Laurier Avenue West, Ottawa, ON K1A 1L1"),
        Some(MarkingState::WhenCompleted)
    );
}

#[test]
fn a_place_is_one_thing() {
    for text in [
        "UCI: 1234-5678, PRI 12345678",
        "SIN 130 692 544 OHIP 1234-567-897",
        "tel 613-555-0199 x123 W123456789",
    ] {
        let units = [TextUnit::new(Part::Body, "here", text)];
        let settings = DetectSettings::default();
        let facts = detect(&units, &DetectContext::new("", &settings));
        let mut end = 0;
        for fact in facts {
            let span = fact.place.span.unwrap();
            assert!(span.start >= end, "{text}");
            end = span.end;
        }
    }
}
