//! Names, telephones and addresses of clients beside those of officers. All people and numbers are invented.

use super::identifier_tests::{check, never};

#[test]
fn clients_and_officers_in_one_record() {
    let table = "\"Client\",\"Cell\",\"Home postal code\",\"Officer\",\"Officer e-mail\",\"Officer tel\"\n\
        \"Amy Sample\",\"6135550171\",\"M5V 2T6\",\"Li Exemple\",\"li.exemple@cic.gc.ca\",\"416-555-0112\"\n\
        \"José Exemple\",\"6135550172\",\"M5V 2T7\",\"Ana Sample\",\"ana.sample@cic.gc.ca\",\"416-555-0113\"";
    check(
        table,
        &[
            ("person_name personal", "Amy Sample"),
            ("person_name personal", "José Exemple"),
            ("phone personal", "6135550171"),
            ("postal_code personal", "M5V 2T6"),
            ("phone public", "416-555-0112"),
        ],
    );
    let record = "<r><client>Amy Sample</client><cell>604-555-0197</cell><pc_cp>M5V2T6</pc_cp>\
        <officer>Li Exemple</officer><officer_e_mail>li.exemple@cic.gc.ca</officer_e_mail></r>";
    check(
        record,
        &[
            ("person_name personal", "Amy Sample"),
            ("phone personal", "604-555-0197"),
            ("postal_code personal", "M5V2T6"),
        ],
    );
    check(
        "Spouse Ana Exemple\nCALL FROM 819-555-0148\nOfficer Amy Sample (amy.sample@cic.gc.ca)",
        &[("phone personal", "819-555-0148")],
    );
}

#[test]
fn writings_of_telephones_and_codes() {
    for (text, piece) in [
        ("Tél. 613/555-0199", "613/555-0199"),
        ("Home: 6135550199", "6135550199"),
        ("Domicile : (613)555-0199", "613)555-0199"),
    ] {
        let piece = piece.trim_start_matches("613)");
        let found = super::identifier_tests::found(text);
        assert!(
            found
                .iter()
                .any(|(what, found)| what == "phone personal" && found.ends_with(piece)),
            "{text}: {found:?}"
        );
    }
    check(
        "Regina SK M5V  2T6",
        &[("postal_code personal", "M5V  2T6")],
    );
    check(
        "au 94, avenue de la Paix, Moncton (Nouveau-Brunswick)",
        &[(
            "civic_address personal",
            "94, avenue de la Paix, Moncton (Nouveau-Brunswick)",
        )],
    );
    never("postal_code", "Write to H0H 0H0");
    never("postal_code", "bolt spec A1B 2C3");
    check(
        "Courriel : amy.sample@courriel.\nexample.net",
        &[("email personal", "amy.sample@courriel.\nexample.net")],
    );
    never("email", "Message-ID: <20240301.77@mx.example.org>");
    never("email", "git clone git@code.example.org:kit.git");
}

#[test]
fn names_in_other_orders() {
    for (text, what, piece) in [
        (
            "FABULESQUE, Quillon / 12",
            "person_name unknown",
            "FABULESQUE, Quillon",
        ),
        (
            "Interview held; Quillon Fabulesque, DOB 1980-03-01",
            "person_name personal",
            "Quillon Fabulesque",
        ),
        (
            "Paid in the name of Quillon Fabulesque.",
            "person_name personal",
            "Quillon Fabulesque",
        ),
        (
            "<nom>Quillon Fabulesque</nom>",
            "person_name personal",
            "Quillon Fabulesque",
        ),
        (
            "Name: Amy Sample, who died on May 1, 1950",
            "person_name public",
            "Amy Sample",
        ),
        (
            "We hired Amy Sample Inc.",
            "person_name business",
            "Amy Sample",
        ),
    ] {
        check(text, &[(what, piece)]);
    }
    never("person_name", "Contact Details, DOB and SIN");
    never("person_name", "OTTAWA, Ontario");
}
