//! The detectors on short cases, in both languages, with what must not be found beside what must.

use super::*;
use crate::domain::SecurityLevel;

fn facts_in(units: &[TextUnit], settings: &DetectSettings) -> Vec<Fact> {
    detect(
        units,
        &DetectContext {
            file_name: "",
            native: &[],
            settings,
        },
    )
}

fn unit(part: Part, text: &str) -> TextUnit {
    TextUnit::new(part, "here", text)
}

fn labelled(part: Part, label: &str, text: &str) -> TextUnit {
    TextUnit {
        labels: vec![label.to_owned()],
        ..unit(part, text)
    }
}

/// A fact in one line: `protected_b standing`, `sin personal 98`.
fn word(fact: &Fact) -> String {
    match &fact.detail {
        FactDetail::Marking {
            level,
            state,
            caveats,
        } => {
            let state = match state {
                MarkingState::Standing => "",
                MarkingState::WhenCompleted => " when_completed",
                MarkingState::Lifted => " lifted",
            };
            let caveats: Vec<&str> = caveats.iter().flat_map(|caveat| [" +", caveat]).collect();
            format!("{}{state}{}", level.as_str(), caveats.concat())
        }
        FactDetail::Identifier { identifier, class } => format!("{identifier} {}", class.as_str()),
        FactDetail::Unreadable(unreadable) => unreadable.code.clone(),
        other => format!("{other:?}"),
    }
}

fn words(units: &[TextUnit]) -> Vec<String> {
    facts_in(units, &DetectSettings::default())
        .iter()
        .map(word)
        .collect()
}

pub(super) fn check(part: Part, text: &str, expected: &[&str]) {
    assert_eq!(words(&[unit(part, text)]), expected, "{part:?}: {text}");
}

pub(super) fn none(part: Part, text: &str) {
    check(part, text, &[]);
}

use Part::{
    Body, Cell, FileName, FirstPage, Footer, Header, Property, SheetName, TableCell, Title,
    Watermark,
};

#[test]
fn markings_that_stand() {
    for (part, text, level) in [
        (Header, "PROTECTED B", "protected_b"),
        (Header, "Protected B", "protected_b"),
        (Header, "protégé b", "protected_b"),
        (Header, "PROTÉGÉ A", "protected_a"),
        (Header, "PROTEGE C", "protected_c"),
        (Header, "PROTECTED\u{A0}B / PROTÉGÉ\u{A0}B", "protected_b"),
        (
            Header,
            "PROTECTED B | PROTÉGÉ B – Page 1 of 3",
            "protected_b",
        ),
        (Header, "Citizenship Branch – Protected B", "protected_b"),
        (
            Header,
            "Immigration, Refugees and Citizenship Canada          PROTECTED A",
            "protected_a",
        ),
        (Header, "PROTECTED “B”", "protected_b"),
        (Header, "Protected: A", "protected_a"),
        (Header, "Prote\u{301}ge\u{301} B", "protected_b"),
        (Footer, "SECRET", "secret"),
        (Footer, "Secret", "secret"),
        (Footer, "SECRET / SECRET", "secret"),
        (Footer, "TOP SECRET / TRÈS SECRET", "top_secret"),
        (Footer, "Très secret", "top_secret"),
        (Footer, "CONFIDENTIAL", "confidential"),
        (Footer, "CONFIDENTIEL", "confidential"),
        (Footer, "Confidential / Confidentiel", "confidential"),
        (Footer, "NATO SECRET", "secret"),
        (Footer, "Guide to filing – PROTECTED B", "protected_b"),
        (Watermark, "PROTECTED B DRAFT", "protected_b"),
        (Watermark, "UNCLASSIFIED / NON CLASSIFIÉ", "unclassified"),
        (FirstPage, "PROTECTED B", "protected_b"),
        (
            FirstPage,
            "Briefing note to the Minister\nSECRET\n",
            "secret",
        ),
        (Title, "Quarterly summary (PROTECTED A)", "protected_a"),
        (Body, "PROTECTED B", "protected_b"),
        (Body, "Security classification: Protected B", "protected_b"),
        (Body, "Cote de sécurité : PROTÉGÉ B", "protected_b"),
        (Body, "This document is classified SECRET.", "secret"),
        (
            Body,
            "Le présent document est coté Protégé B.",
            "protected_b",
        ),
        (Body, "Subject: PROTECTED B - case summary", "protected_b"),
        (Body, "Objet : SECRET – note", "secret"),
        (Cell, "PROTECTED B", "protected_b"),
        (Cell, "Protégé B", "protected_b"),
        (SheetName, "Data (Protected B)", "protected_b"),
        (FileName, "PROTECTED_B_caseload.xlsx", "protected_b"),
        (FileName, "caseload-protected-b.xlsx", "protected_b"),
        (FileName, "liste protégé B.docx", "protected_b"),
        (FileName, "SECRET memo.docx", "secret"),
        (Property, "Protected B", "protected_b"),
        (Header, "PROTECTED\nB", "protected_b"),
        (
            Watermark,
            "SECRET SECRET SECRET SECRET SECRET SECRET SECRET SECRET SECRET SECRET",
            "secret",
        ),
    ] {
        check(part, text, &[level]);
    }
}

#[test]
fn look_alikes_are_not_markings() {
    for (part, text) in [
        (Header, "Secretary of State"),
        (Header, "Secrétariat du Conseil du Trésor"),
        (Header, "Protected persons in Canada"),
        (Title, "Personnes protégées au Canada"),
        (Title, "Protected person application guide"),
        (Body, "The claimant is a protected person under section 95."),
        (Body, "La personne protégée a présenté une demande."),
        (Body, "a protected a claim"),
        (Body, "They protected a village."),
        (Body, "Le site est protégé à titre patrimonial."),
        (Cell, "Protected persons"),
        (Body, "The Secretary approved it."),
        (Body, "The recipe is a trade secret."),
        (Title, "Secret Santa sign-up"),
        (FileName, "secret-santa-list.xlsx"),
        (FileName, "secretariat_minutes.docx"),
        (
            Header,
            "Canada Security Intelligence Service: client secret rotation",
        ),
        (Body, "Keep this information confidential."),
        (
            Footer,
            "This e-mail is confidential and intended only for the recipient.",
        ),
        (
            Footer,
            "THIS E-MAIL IS CONFIDENTIAL AND INTENDED ONLY FOR THE RECIPIENT",
        ),
        (
            Footer,
            "Ce courriel est confidentiel et destiné uniquement au destinataire.",
        ),
        (
            Body,
            "Avis de confidentialité : ce message peut contenir des renseignements confidentiels.",
        ),
        (
            Body,
            "Protected B applies to information that could cause serious injury.",
        ),
        (Body, "Documents marked SECRET must be stored in a safe."),
        (
            Body,
            "Les documents cotés Protégé B doivent être entreposés sous clé.",
        ),
        (Title, "Directive on handling Protected B information"),
        (
            Title,
            "Guide sur la manipulation des renseignements Protégé B",
        ),
        (FileName, "Guide_protected_b_handling.docx"),
        (Body, "The network carries data up to Protected B."),
        (Body, "He holds a Secret clearance."),
        (
            Body,
            "Confidences of the Queen's Privy Council are excluded under section 69 of the Act.",
        ),
        (Body, "Solicitor-client privilege is defined in section 23."),
        (Header, "Chief Executive Officer (CEO)"),
    ] {
        none(part, text);
    }
}

#[test]
fn state_of_a_marking() {
    check(
        Header,
        "PROTECTED B (when completed)",
        &["protected_b when_completed"],
    );
    check(
        Header,
        "PROTECTED WHEN COMPLETED - B",
        &["protected_b when_completed"],
    );
    check(
        Header,
        "PROTÉGÉ B (une fois rempli)",
        &["protected_b when_completed"],
    );
    check(
        Footer,
        "PROTÉGÉ UNE FOIS REMPLI - A",
        &["protected_a when_completed"],
    );
    check(
        Footer,
        "PROTECTED A when completed / PROTÉGÉ A une fois rempli",
        &["protected_a when_completed"],
    );
    check(Header, "DECLASSIFIED (was SECRET)", &["secret lifted"]);
    check(
        Header,
        "DÉCLASSIFIÉ – anciennement SECRET",
        &["secret lifted"],
    );
    check(Header, "SECRET – not declassified", &["secret"]);
    check(
        Header,
        "SECRET – to be declassified 2040-01-01",
        &["secret"],
    );
    check(
        Header,
        "Downgraded from SECRET to PROTECTED B",
        &["secret lifted", "protected_b"],
    );
}

#[test]
fn levels_without_their_letter_are_not_passed_over() {
    check(Header, "PROTECTED", &["unknown_marking"]);
    check(Footer, "PROTECTED / PROTÉGÉ", &["unknown_marking"]);
    none(Body, "Protected");
}

#[test]
fn caveats() {
    check(
        Header,
        "SECRET // CANADIAN EYES ONLY",
        &["secret +canadian_eyes_only"],
    );
    check(Header, "SECRET - CEO", &["secret +canadian_eyes_only"]);
    check(
        Header,
        "SECRET – Réservé aux Canadiens",
        &["secret +canadian_eyes_only"],
    );
    check(
        Header,
        "SECRET\nConfidence of the King’s Privy Council",
        &["secret +cabinet_confidence"],
    );
    check(
        Header,
        "Confidence of the Queen's Privy Council for Canada",
        &["unclassified +cabinet_confidence"],
    );
    check(
        Header,
        "Document confidentiel du Conseil privé du Roi",
        &["unclassified +cabinet_confidence"],
    );
    check(
        FirstPage,
        "CABINET CONFIDENCE",
        &["unclassified +cabinet_confidence"],
    );
    check(
        Header,
        "PROTECTED B – SOLICITOR-CLIENT PRIVILEGE",
        &["protected_b +solicitor_client"],
    );
    check(
        Footer,
        "Secret professionnel de l’avocat",
        &["unclassified +solicitor_client"],
    );
    check(
        Footer,
        "COMMERCIAL IN CONFIDENCE",
        &["unclassified +third_party"],
    );
}

#[test]
fn tables_of_levels_are_not_markings_but_one_cell_is() {
    let table: Vec<_> = ["Protected A", "Protected B", "Protected C", "Secret"]
        .iter()
        .map(|text| unit(TableCell, text))
        .collect();
    assert_eq!(words(&table), Vec::<String>::new());
    let with_header: Vec<_> = table
        .into_iter()
        .chain([unit(Header, "PROTECTED A")])
        .collect();
    assert_eq!(words(&with_header), ["protected_a"]);
    assert_eq!(
        words(&[labelled(Cell, "Status", "Confidential")]),
        Vec::<String>::new()
    );
    assert_eq!(
        words(&[labelled(Cell, "Classification", "Protected B")]),
        ["protected_b"]
    );
}

const GUID: &str = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0";

fn label_facts(mapped: bool, attributes: &[(&str, &str)]) -> Vec<String> {
    let mut settings = DetectSettings::default();
    if mapped {
        settings.labels.insert(
            format!("{{{}}}", GUID.to_uppercase()),
            SecurityLevel::ProtectedB,
        );
    }
    let units: Vec<_> = attributes
        .iter()
        .map(|(name, value)| labelled(Property, &format!("MSIP_Label_{GUID}_{name}"), value))
        .collect();
    facts_in(&units, &settings).iter().map(word).collect()
}

#[test]
fn sensitivity_labels() {
    assert_eq!(
        label_facts(true, &[("Enabled", "true"), ("Name", "anything")]),
        ["protected_b"]
    );
    assert_eq!(label_facts(true, &[("Enabled", "True")]), ["protected_b"]);
    assert_eq!(
        label_facts(false, &[("Enabled", "true")]),
        ["unknown_label"]
    );
    assert_eq!(
        label_facts(true, &[("Enabled", "false")]),
        Vec::<String>::new()
    );
    assert_eq!(
        label_facts(false, &[("Enabled", "false"), ("Name", "x")]),
        Vec::<String>::new()
    );
    assert_eq!(
        label_facts(true, &[("Enabled", "true"), ("Removed", "true")]),
        Vec::<String>::new()
    );
    // A label that does not say whether it is on is taken as on.
    assert_eq!(label_facts(false, &[("Name", "x")]), ["unknown_label"]);
    // The name of a label is not its level.
    assert_eq!(
        label_facts(true, &[("Enabled", "false"), ("Name", "Secret")]),
        Vec::<String>::new()
    );
    // Two stores: the one that says it is on counts.
    assert_eq!(
        label_facts(true, &[("Enabled", "false"), ("Enabled", "true")]),
        ["protected_b"]
    );
    assert_eq!(
        label_facts(true, &[("Enabled", "true"), ("Enabled", "false")]),
        ["protected_b"]
    );
}

#[test]
fn social_insurance_numbers() {
    for text in [
        "SIN: 130 692 544",
        "SIN 130-692-544",
        "S.I.N. 130692544",
        "NAS : 130\u{A0}692\u{A0}544",
        "N.A.S. 130\u{2009}692\u{2009}544",
        "NAS : 130\u{202F}692\u{202F}544",
        "Social insurance number 130\u{2011}692\u{2011}544",
        "numéro d’assurance sociale : 130–692–544",
        "His social insurance number is 130 692 544.",
        "130 692 544 (SIN)",
        "client_sin=130692544",
        "\"sin\": \"130692544\"",
        "SIN: 130 692\n544",
        "SIN: 130.692.544",
        "SIN 130 692 545",
        "NAS 046 454 286",
    ] {
        check(Body, text, &["sin personal"]);
    }
    check(Body, "130-692-544", &["sin unknown"]);
    check(
        Body,
        "SINs: 130 692 544, 046 454 286",
        &["sin personal", "sin personal"],
    );
    assert_eq!(
        words(&[labelled(Cell, "NAS", "130692544")]),
        ["sin personal"]
    );
    assert_eq!(
        words(&[labelled(Cell, "Social Insurance No.", "130 692 544")]),
        ["sin personal"]
    );
    let cells = [
        ("Clients!A1", "NAS / SIN"),
        ("Clients!B1", "Total"),
        ("Clients!A2", "046 454 286"),
        ("Clients!B2", "130692544"),
    ];
    let cells: Vec<_> = cells
        .iter()
        .map(|(at, text)| TextUnit::new(Cell, *at, *text))
        .collect();
    assert_eq!(words(&cells), ["sin personal"]);
    assert_eq!(
        words(&[unit(TableCell, "SIN"), unit(TableCell, "130 692 544")]),
        ["sin personal"]
    );
}

#[test]
fn nine_digits_that_are_no_sin() {
    for text in [
        "130 692 544 dossiers",
        "Philippines : 130 692 544",
        "130692544",
        "130-692-545",
        "1130692544",
        "SIN of omission, chapter 130",
        "File no. 130-692-544",
        "$130 692 544",
        "130692544.50",
        "A130692544",
        "2024-130-692-544",
    ] {
        let found = words(&[unit(Body, text)]);
        assert!(
            !found.iter().any(|fact| fact.starts_with("sin")),
            "{text}: {found:?}"
        );
    }
    assert_eq!(
        words(&[labelled(Cell, "Total", "130692544")]),
        Vec::<String>::new()
    );
}

#[test]
fn business_numbers() {
    check(
        Body,
        "Business number 130692544 RC 0001",
        &["business_number business"],
    );
    check(Body, "130692544RT0001", &["business_number business"]);
    check(
        Body,
        "Numéro d’entreprise : 130692544",
        &["business_number business"],
    );
    check(
        Body,
        "SIN 130 692 544, BN 046454286",
        &["sin personal", "business_number business"],
    );
    check(
        Body,
        "BN 046454286, SIN 130 692 544",
        &["business_number business", "sin personal"],
    );
}

#[test]
fn email_addresses() {
    check(Body, "write to jane.sample@gmail.com.", &["email personal"]);
    check(
        Body,
        "email=jane.sample@example.org&x=1",
        &["email personal"],
    );
    check(Body, "<jane.sample@example.org>", &["email personal"]);
    check(Body, "mailto:o'sample@hotmail.com", &["email personal"]);
    check(Body, "jane.sample@cic.gc.ca", &["email public"]);
    check(Body, "Jane.Sample@IRCC.GC.CA", &["email public"]);
    check(Body, "info@example.org", &["email public"]);
    check(Body, "jsample@example.org", &["email unknown"]);
    check(Body, "jane@notgc.ca", &["email unknown"]);
    check(Body, "jane@gc.ca.example.org", &["email unknown"]);
    check(Body, "éric.exemple@exemple.québec", &["email personal"]);
    for text in [
        "@handle", "a@b", "a @ b.ca", "x@y..ca", "a@b.1", "@", "a@", "user@.ca",
    ] {
        none(Body, text);
    }
}

#[test]
fn telephone_numbers() {
    for text in [
        "613-555-0199",
        "(613) 555-0199",
        "613.555.0199",
        "613 555 0199",
        "+1 613 555 0199",
        "1-613-555-0199",
        "613\u{2011}555\u{2011}0199",
        "tel 6135550199",
        "+33 1 23 45 67 89",
    ] {
        check(Body, text, &["phone personal"]);
    }
    check(Body, "1-888-242-2100", &["phone public"]);
    check(Body, "1 800 622-6232", &["phone public"]);
    check(Body, "Office: 613-555-0199", &["phone unknown"]);
    check(Body, "613-555-0199 ext. 123", &["phone unknown"]);
    check(
        Body,
        "613-555-0199, jane@cic.gc.ca",
        &["phone unknown", "email public"],
    );
    assert_eq!(
        words(&[labelled(Cell, "Téléphone", "6135550199")]),
        ["phone personal"]
    );
    for text in [
        "6135550199",
        "123-456-7890",
        "613-155-0199",
        "2014-2015",
        "613-555-01999",
        "613 5550199",
        "12-3456-7890",
    ] {
        none(Body, text);
    }
    let settings = DetectSettings {
        public_numbers: vec!["(613) 555-0199".into()],
        ..DetectSettings::default()
    };
    let facts = facts_in(&[unit(Body, "1-613-555-0199")], &settings);
    assert_eq!(facts.iter().map(word).collect::<Vec<_>>(), ["phone public"]);
}

#[test]
fn card_numbers() {
    for text in [
        "4111 1111 1111 1111",
        "4111-1111-1111-1111",
        "4111111111111111",
        "378282246310005",
        "3782 822463 10005",
        "5555 5555 5555 4444",
        "2223 0031 2200 3222",
    ] {
        check(Body, text, &["credit_card personal"]);
    }
    for text in [
        "4111 1111 1111 1112",
        "tracking number 4111 1111 1111 1111",
        "1234567812345670",
        "41111111111111111111",
    ] {
        none(Body, text);
    }
}

#[test]
fn evidence_never_holds_the_value() {
    for text in [
        "SIN 130 692 544",
        "jane.sample@example.org",
        "613-555-0199",
        "4111 1111 1111 1111",
    ] {
        let facts = facts_in(&[unit(Body, text)], &DetectSettings::default());
        for fact in &facts {
            let json = serde_json::to_string(fact).unwrap();
            let digits: String = json
                .split("\"span\"")
                .next()
                .unwrap()
                .chars()
                .filter(char::is_ascii_digit)
                .collect();
            assert!(fact.masked.contains("•••"), "{text}");
            assert!(
                !json.contains("jane") && !json.contains("sample") && digits.len() <= 6,
                "{json}"
            );
        }
        assert_eq!(facts.len(), 1, "{text}");
    }
}

#[test]
fn spans_are_those_of_the_text() {
    let text = "é SIN 130 692 544 !";
    let fact = &facts_in(&[unit(Body, text)], &DetectSettings::default())[0];
    let span = fact.place.span.unwrap();
    assert_eq!(&text[span.start as usize..span.end as usize], "130 692 544");
    let name = "a_PROTECTED_B_.xlsx";
    let context = DetectContext {
        file_name: name,
        native: &[],
        settings: &DetectSettings::default(),
    };
    let fact = &detect(&[], &context)[0];
    let span = fact.place.span.unwrap();
    assert_eq!(&name[span.start as usize..span.end as usize], "PROTECTED_B");
}

#[test]
fn native_metadata_is_read_for_markings_only() {
    let native = [
        ("Security Clearance".to_owned(), "Protected B".to_owned()),
        ("Owner".to_owned(), "jane.sample@gmail.com".to_owned()),
    ];
    let settings = DetectSettings::default();
    let context = DetectContext {
        file_name: "",
        native: &native,
        settings: &settings,
    };
    assert_eq!(
        detect(&[], &context).iter().map(word).collect::<Vec<_>>(),
        ["protected_b"]
    );
}

#[test]
fn hostile_text_is_fast_and_harmless() {
    let settings = DetectSettings::default();
    for text in [
        "1".repeat(100_000),
        "1 ".repeat(50_000),
        "123-".repeat(25_000),
        "@".repeat(100_000),
        "a@".repeat(50_000),
        "a".repeat(100_000) + "@a.ca",
        "PROTECTED ".repeat(10_000),
        "SECRET\n".repeat(10_000),
        "SECRET ".repeat(10_000),
        "SECRET | PROTECTED B (was) ".repeat(5_000),
        "cabinet confidence ".repeat(5_000),
        "PROTECTED\nB ".repeat(5_000),
        "SIN 130692544 ".repeat(5_000),
        "é\u{301}\u{A0}".repeat(20_000),
        "+1".repeat(50_000),
        "(((613".repeat(10_000),
        "a-".repeat(50_000),
        "A ".repeat(50_000),
        "<".repeat(100_000),
        "<td>1".repeat(20_000),
        "12:".repeat(30_000),
        "1.".repeat(50_000),
        "SIN,130692544,".repeat(5_000),
        "SIN,130692544\n".repeat(5_000),
        "1 Elm ".repeat(15_000),
        "(at)".repeat(20_000),
        "DOB 1 May 1980 ".repeat(5_000),
        "K1A1A1".repeat(15_000),
        "&nbsp;%20=C2=A0".repeat(6_000),
    ] {
        let start = std::time::Instant::now();
        facts_in(&[unit(Header, &text), unit(Cell, &text)], &settings);
        assert!(start.elapsed().as_secs() < 20, "{}", &text[..8]);
    }
}

#[test]
fn no_text_makes_the_detectors_panic() {
    const PIECES: &[&str] = &[
        "PROTECTED",
        "PROTÉGÉ",
        " B",
        "\n",
        "SECRET",
        "secret",
        " ",
        "\u{A0}",
        "-",
        "–",
        "/",
        "(",
        "was ",
        "é",
        "\u{301}",
        "130",
        "692",
        "544",
        "SIN ",
        "NAS : ",
        "@",
        ".",
        "gc.ca",
        "jane",
        "+1 ",
        "613",
        "4111",
        "1111",
        "RT0001",
        "when completed",
        "Cabinet confidence",
        "CEO",
        "\u{202F}",
        "—",
        "classification: ",
        "this document is ",
        "𝟙",
        "\r\n",
    ];
    let settings = DetectSettings::default();
    // A fixed sequence (Knuth's MMIX constants), so that a failure repeats.
    let mut state = 7_u64;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 40).unwrap()
    };
    for _ in 0..3000 {
        let text: String = (0..next() % 14)
            .map(|_| PIECES[next() % PIECES.len()])
            .collect();
        for part in [Header, Body, FileName] {
            for fact in facts_in(&[unit(part, &text)], &settings) {
                if let Some(span) = fact.place.span {
                    assert!(
                        text.get(span.start as usize..span.end as usize)
                            .is_some_and(|s| !s.is_empty()),
                        "{text:?}"
                    );
                }
            }
        }
    }
}
