//! Stories over whole files: what is read, what is written, what must never be.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};

use super::*;
use crate::domain::{FactDetail, HiddenChannel, Part, Sha256, TextUnit};
use crate::formats::identify;

/// Words planted where nobody sees them.
const PLANTED: [&str; 11] = [
    "COMMENT-WORD",
    "CUSTOM-PROPERTY-WORD",
    "DEFINED_NAME_WORD",
    "FILTERED-ROW-WORD",
    "HIDDEN-COLUMN-WORD",
    "HIDDEN-ROW-WORD",
    "HIDDEN-SHEET-WORD",
    "PAGE-FOOTER-WORD",
    "PAGE-HEADER-WORD",
    "VALIDATION-WORD",
    "VERYHIDDEN-SHEET-WORD",
];

fn fixture(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/table")
        .join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn open(bytes: &[u8], name: &str) -> Result<Workbook, TableError> {
    open_with(bytes, name, Limits::default())
}

fn open_with(bytes: &[u8], name: &str, limits: Limits) -> Result<Workbook, TableError> {
    let format = identify(&mut Cursor::new(bytes), name).unwrap();
    read(&format, &mut Cursor::new(bytes), &ReadOptions { limits })
}

fn code_of(result: Result<Workbook, TableError>) -> String {
    match result {
        Ok(workbook) => format!(
            "ok {}",
            workbook
                .warnings
                .iter()
                .map(|w| w.code.as_str())
                .collect::<Vec<_>>()
                .join(" ")
        ),
        Err(error) => {
            let words = error.explain();
            assert!(!words.en.is_empty() && !words.fr.is_empty());
            error.code().to_owned()
        }
    }
}

/// Every file that writing gives, by name.
fn outputs(workbook: &Workbook) -> BTreeMap<String, Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    let options = WriteOptions {
        source_sha256: Some(Sha256::of(b"sample")),
        tool_version: "0.1.0".to_owned(),
        ..WriteOptions::default()
    };
    let files = write(workbook, folder.path(), &options).unwrap();
    files
        .iter()
        .map(|file| {
            let path: PathBuf = folder.path().join(&file.name);
            (file.name.clone(), std::fs::read(path).unwrap())
        })
        .collect()
}

fn shown(workbook: &Workbook, sheet: usize, address: &str) -> String {
    let (row, col) = model::parse_cell(address).unwrap();
    workbook.sheets[sheet]
        .cell(row, col)
        .map(|cell| workbook.shown(cell))
        .unwrap_or_default()
}

fn has(units: &[TextUnit], part: Part, word: &str) -> bool {
    units
        .iter()
        .any(|unit| unit.place.part == part && unit.text.contains(word))
}

/// A workbook of one sheet from the inside of its `worksheet` element.
fn xlsx(sheet: &str) -> Vec<u8> {
    xlsx_with(sheet, "http://schemas.openxmlformats.org", &[])
}

fn xlsx_with(sheet: &str, base: &str, more: &[(&str, &str)]) -> Vec<u8> {
    let strict = base.contains("purl");
    let (main, rel) = if strict {
        (
            format!("{base}/ooxml/spreadsheetml/main"),
            format!("{base}/ooxml/officeDocument/relationships"),
        )
    } else {
        (
            format!("{base}/spreadsheetml/2006/main"),
            format!("{base}/officeDocument/2006/relationships"),
        )
    };
    let package = "http://schemas.openxmlformats.org/package/2006";
    let mut parts = vec![
        (
            "[Content_Types].xml".to_owned(),
            format!(
                "<Types xmlns=\"{package}/content-types\"><Override PartName=\"/xl/workbook.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml\"/></Types>"
            ),
        ),
        (
            "_rels/.rels".to_owned(),
            format!(
                "<Relationships xmlns=\"{package}/relationships\"><Relationship Id=\"r1\" Type=\"{rel}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
            ),
        ),
        (
            "xl/workbook.xml".to_owned(),
            format!(
                "<workbook xmlns=\"{main}\" xmlns:r=\"{rel}\"><sheets><sheet name=\"Data\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>"
            ),
        ),
        (
            "xl/_rels/workbook.xml.rels".to_owned(),
            format!(
                "<Relationships xmlns=\"{package}/relationships\"><Relationship Id=\"r1\" Type=\"{rel}/worksheet\" Target=\"worksheets/sheet1.xml\"/><Relationship Id=\"r2\" Type=\"{rel}/styles\" Target=\"styles.xml\"/></Relationships>"
            ),
        ),
        (
            "xl/styles.xml".to_owned(),
            format!(
                "<styleSheet xmlns=\"{main}\"><numFmts><numFmt numFmtId=\"170\" formatCode=\"000-000-000\"/><numFmt numFmtId=\"171\" formatCode=\";;;\"/></numFmts><cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/><xf numFmtId=\"170\"/><xf numFmtId=\"171\"/></cellXfs></styleSheet>"
            ),
        ),
        (
            "xl/worksheets/sheet1.xml".to_owned(),
            format!("<worksheet xmlns=\"{main}\">{sheet}</worksheet>"),
        ),
    ];
    parts.extend(
        more.iter()
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned())),
    );
    zip_of(&parts)
}

fn zip_of(parts: &[(String, String)]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in parts {
        writer
            .start_file(name.as_str(), zip::write::SimpleFileOptions::default())
            .unwrap();
        writer.write_all(text.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn ods(table: &str) -> Vec<u8> {
    let content = format!(
        "<office:document-content xmlns:office=\"urn:o\" xmlns:table=\"urn:t\" xmlns:text=\"urn:x\" office:version=\"1.2\"><office:body><office:spreadsheet>{table}</office:spreadsheet></office:body></office:document-content>"
    );
    zip_of(&[
        (
            "mimetype".to_owned(),
            "application/vnd.oasis.opendocument.spreadsheet".to_owned(),
        ),
        ("content.xml".to_owned(), content),
    ])
}

#[test]
fn planted_words_reach_the_screening_and_no_output() {
    for name in ["hidden.xlsx", "hidden.ods", "hidden.xls"] {
        let workbook = open(&fixture(name), name).unwrap();
        assert!(workbook.unseen.is_empty(), "{name}");
        let units = units(&workbook);
        for word in PLANTED {
            assert!(
                units.iter().any(|unit| unit.text.contains(word)),
                "{name}: {word}"
            );
        }
        assert!(has(&units, Part::HiddenRow, "HIDDEN-ROW-WORD"), "{name}");
        assert!(has(&units, Part::HiddenRow, "FILTERED-ROW-WORD"), "{name}");
        assert!(
            has(&units, Part::HiddenColumn, "HIDDEN-COLUMN-WORD"),
            "{name}"
        );
        assert!(
            has(&units, Part::HiddenSheet, "HIDDEN-SHEET-WORD"),
            "{name}"
        );
        assert!(has(&units, Part::Comment, "COMMENT-WORD"), "{name}");
        assert!(has(&units, Part::Cell, "VISIBLE-WORD"), "{name}");
        let outputs = outputs(&workbook);
        assert_eq!(outputs.len(), 3, "{name}");
        for (file, bytes) in &outputs {
            let text = String::from_utf8_lossy(bytes);
            for word in PLANTED.iter().chain(&["Author Sample", "PROPERTY-WORD"]) {
                assert!(!text.contains(word), "{name} {file}: {word}");
            }
        }
        let screened = units_of_rendition(
            crate::domain::RenditionKind::Parquet,
            &mut outputs["visible-1.parquet"].as_slice(),
            &Limits::default(),
        )
        .unwrap();
        assert!(screened.iter().any(|unit| unit.text == "VISIBLE-WORD"));
        assert!(
            !screened
                .iter()
                .any(|unit| PLANTED.iter().any(|word| unit.text.contains(word)))
        );
    }
}

#[test]
fn hidden_content_gives_facts_with_counts() {
    for name in ["hidden.xlsx", "hidden.ods", "hidden.xls"] {
        let workbook = open(&fixture(name), name).unwrap();
        let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
        for fact in facts(&workbook, &FactOptions::default()) {
            if let FactDetail::Hidden { channel, count } = fact.detail {
                *counts.entry(channel.as_str()).or_default() += count;
            }
        }
        for (channel, count) in [
            (HiddenChannel::Sheet, 2),
            (HiddenChannel::Rows, 2),
            (HiddenChannel::Columns, 1),
            (HiddenChannel::Comments, 1),
        ] {
            assert_eq!(
                counts.get(channel.as_str()),
                Some(&count),
                "{name} {channel:?}"
            );
        }
        assert!(counts.contains_key("properties"), "{name}");
    }
}

#[test]
fn a_channel_that_cannot_be_seen_is_a_fact() {
    let workbook = Workbook {
        unseen: vec![HiddenChannel::Rows],
        ..Workbook::default()
    };
    let facts = facts(&workbook, &FactOptions::default());
    assert!(matches!(&facts[0].detail, FactDetail::Unreadable(why) if why.code == "unsupported"));
}

#[test]
fn types_are_the_same_in_every_format() {
    for name in [
        "types.xlsx",
        "types.xlsm",
        "types.ods",
        "types.xls",
        "wrong-name.xlsx",
    ] {
        let workbook = open(&fixture(name), name).unwrap();
        for (address, text) in [
            ("B3", "007"),
            ("B5", "  padded  "),
            ("B7", "-0.125"),
            ("B10", "1.5e-9"),
            ("B11", "0.125"),
            ("B13", "2024-02-29"),
            ("B14", "1900-03-01"),
            ("B15", "2024-02-29T13:45:30"),
            ("B16", "06:30:00"),
            ("B17", "30:00:00"),
            ("B18", "TRUE"),
            ("B20", "42"),
            ("B22", ""),
            ("B23", "#DIV/0!"),
            ("B24", "#N/A"),
        ] {
            assert_eq!(shown(&workbook, 0, address), text, "{name} {address}");
        }
    }
    let workbook = open(&fixture("date1904.xlsx"), "date1904.xlsx").unwrap();
    assert_eq!(shown(&workbook, 0, "B2"), "2024-02-29");
    assert_eq!(shown(&workbook, 0, "B3"), "1904-01-02");
}

#[test]
fn damaged_and_locked_files_are_refused_with_a_reason() {
    for (name, code) in [
        ("password.xlsx", "encrypted"),
        ("password.xls", "encrypted"),
        ("password.ods", "encrypted"),
        ("broken-xml.xlsx", "corrupt"),
        ("missing-sheet.xlsx", "corrupt"),
        ("truncated.xlsx", "corrupt"),
        ("empty.xlsx", "corrupt"),
        ("far-index.xlsx", "ok missing_text"),
        ("bomb-rows.xlsx", "ok bad_address"),
        ("nul.csv", "ok control_character"),
        ("unclosed-quote.csv", "ok unclosed_quote"),
        ("ragged.csv", "ok ragged_rows"),
        ("sheet-protection.xlsx", "ok "),
    ] {
        assert_eq!(code_of(open(&fixture(name), name)), code, "{name}");
    }
}

#[test]
fn every_cut_of_a_workbook_ends_in_an_answer() {
    for name in ["hidden.xlsx", "hidden.ods", "hidden.xls", "utf16le.csv"] {
        let bytes = fixture(name);
        for cut in (0..bytes.len()).step_by(97) {
            code_of(open(&bytes[..cut], name));
            let mut flipped = bytes.clone();
            flipped[cut] ^= 0xFF;
            code_of(open(&flipped, name));
        }
    }
}

#[test]
fn delimited_text_keeps_every_field() {
    let rows = |name: &str| {
        let workbook = open(&fixture(name), name).unwrap();
        let mut text = String::new();
        for cell in &workbook.sheets[0].cells {
            write!(
                text,
                "{}={}|",
                cell_name(cell.row, cell.col),
                cell.value.plain()
            )
            .unwrap();
        }
        text
    };
    assert_eq!(
        rows("cp1252-semicolon.csv"),
        "A1=Région|B1=Année|C1=Nombre|D1=Remarque|A2=Québec|B2=2024|C2=1\u{a0}205,5|D2=Été; hiver|A3=Île-du-Prince-Édouard|B3=2025|C3=–|D3=dit « rien »|"
    );
    assert!(rows("utf16be.csv").ends_with("A4=Yukon|B4=2025|C4=5|D4=two\nlines and \"quotes\"|"));
    assert!(rows("pipe.csv").contains("C2=1205|"));
}

#[test]
fn the_same_workbook_gives_the_same_bytes() {
    for name in [
        "types.xlsx",
        "several.xlsx",
        "hidden.ods",
        "utf8.csv",
        "merges.xls",
    ] {
        let bytes = fixture(name);
        let first = outputs(&open(&bytes, name).unwrap());
        let second = outputs(&open(&bytes, name).unwrap());
        assert_eq!(first, second, "{name}");
        for (file, bytes) in first {
            if Path::new(&file).extension().is_some_and(|e| e == "csv") {
                assert!(!bytes.starts_with(b"\xEF\xBB\xBF") && bytes.ends_with(b"\r\n"));
            }
        }
    }
}

#[test]
fn written_tables_have_types_and_clean_names() {
    let bytes = xlsx(
        "<sheetData><row r=\"1\"><c r=\"A1\" t=\"str\"><v>_Region</v></c><c r=\"B1\" t=\"str\"><v>Count</v></c><c r=\"C1\" t=\"str\"><v>count</v></c><c r=\"D1\" t=\"str\"><v>Day</v></c></row>\
         <row r=\"2\"><c r=\"A2\" t=\"str\"><v>=North</v></c><c r=\"B2\"><v>5</v></c><c r=\"C2\"><v>\n 0.5\n</v></c><c r=\"D2\" s=\"1\"><v>45351</v></c></row>\
         <row r=\"3\"><c r=\"A3\" t=\"str\"><v>South, \"S\"</v></c><c r=\"B3\" t=\"str\"><v>--</v></c><c r=\"C3\"><v>2</v></c></row></sheetData>",
    );
    let outputs = outputs(&open(&bytes, "a.xlsx").unwrap());
    assert_eq!(
        String::from_utf8_lossy(&outputs["data-1.csv"]),
        "Region,Count,count_2,Day\r\n'=North,5,0.5,2024-02-29\r\n\"South, \"\"S\"\"\",--,2,\r\n"
    );
    let schema: serde_json::Value = serde_json::from_slice(&outputs["data-1.schema.json"]).unwrap();
    let types: Vec<&str> = schema["fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["type"].as_str().unwrap())
        .collect();
    assert_eq!(types, ["string", "integer", "number", "date"]);
    assert_eq!(schema["fields"][0]["title"], "_Region");
    assert_eq!(schema["primaryKey"], serde_json::json!(["Region"]));
    let units = units_of_parquet(outputs["data-1.parquet"].clone(), &Limits::default()).unwrap();
    assert!(
        units
            .iter()
            .any(|unit| unit.text == "=North" && unit.labels == ["Region"])
    );
    assert!(
        units
            .iter()
            .any(|unit| unit.text == Sha256::of(b"sample").to_string())
    );
}

#[test]
fn a_value_that_a_text_column_holds_is_no_missing_value() {
    let bytes = b"Sex,Count\nF,5\nM,7\n";
    let outputs = outputs(&open(bytes, "a.csv").unwrap());
    let schema: serde_json::Value =
        serde_json::from_slice(&outputs["table-1.schema.json"]).unwrap();
    assert!(
        !schema["missingValues"]
            .as_array()
            .unwrap()
            .iter()
            .any(|code| code == "F")
    );
}

#[test]
fn strict_inline_and_odd_cells_are_read() {
    let sheet = "<sheetData><row><c t=\"inlineStr\"><is><r><t>rich </t></r><r><t>run</t></r><rPh><t>PHONETIC</t></rPh></is></c><c><v>1</v></c></row>\
        <row r=\"3\"><c r=\"A3\" s=\"2\"><v>46454286</v></c><c r=\"B3\" s=\"3\"><v>77</v></c><c r=\"C3\" s=\"1\"><v>-5</v></c><c r=\"D3\"><v>oops</v></c><c r=\"E3\" t=\"e\"><v>#REF!</v></c></row></sheetData>";
    for base in ["http://schemas.openxmlformats.org", "http://purl.oclc.org"] {
        let workbook = open(&xlsx_with(sheet, base, &[]), "a.xlsx").unwrap();
        for (address, text) in [
            ("A1", "rich run"),
            ("B1", "1"),
            ("A3", "046-454-286"),
            ("C3", "-5"),
            ("D3", "oops"),
            ("E3", "#REF!"),
        ] {
            assert_eq!(shown(&workbook, 0, address), text, "{base} {address}");
        }
        let codes: Vec<_> = workbook.warnings.iter().map(|w| w.code.as_str()).collect();
        assert_eq!(codes, ["date_out_of_range", "unreadable_number"]);
        assert!(has(&units(&workbook), Part::HiddenText, "77"));
        let csv = outputs(&workbook)["data-1.csv"].clone();
        assert!(!String::from_utf8_lossy(&csv).contains("77"));
    }
}

#[test]
fn hostile_workbooks_cost_one_refusal() {
    let far = xlsx(
        "<sheetData><row r=\"1\"><c r=\"A1\"><v>1</v></c></row><row r=\"1048576\"><c r=\"XFD1048576\"><v>2</v></c></row></sheetData>",
    );
    let workbook = open(&far, "a.xlsx").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let refused = write(&workbook, folder.path(), &WriteOptions::default());
    assert!(matches!(
        refused,
        Err(TableError::Limit {
            what: Limit::GridArea,
            ..
        })
    ));

    let bomb = xlsx(&format!(
        "<sheetData><row><c t=\"str\"><v>{}</v></c></row></sheetData>",
        "a".repeat(4 << 20)
    ));
    let small = Limits {
        inflated_bytes: 1 << 20,
        ..Limits::default()
    };
    assert!(matches!(
        open_with(&bomb, "a.xlsx", small),
        Err(TableError::Limit {
            what: Limit::InflatedBytes,
            ..
        })
    ));

    let deep = xlsx(&format!(
        "<sheetData>{}{}</sheetData>",
        "<x>".repeat(5000),
        "</x>".repeat(5000)
    ));
    assert!(matches!(
        open(&deep, "a.xlsx"),
        Err(TableError::Limit {
            what: Limit::Nesting,
            ..
        })
    ));

    let many = ods(
        "<table:table table:name=\"T\"><table:table-row table:number-rows-repeated=\"1000000000\"><table:table-cell table:number-columns-repeated=\"1000000000\" office:value-type=\"float\" office:value=\"1\"/></table:table-row></table:table>",
    );
    assert!(matches!(
        open(&many, "a.ods"),
        Err(TableError::Limit {
            what: Limit::Cells,
            ..
        })
    ));

    let blank = ods(
        "<table:table table:name=\"T\"><table:table-row table:number-rows-repeated=\"1000000000\" table:visibility=\"collapse\"><table:table-cell table:number-columns-repeated=\"99999999999999\"/></table:table-row></table:table>",
    );
    let workbook = open(&blank, "a.ods").unwrap();
    assert!(workbook.sheets[0].cells.is_empty());

    let entity = "<!DOCTYPE a [<!ENTITY a \"aaaa\">]><a><table>&a;</table></a>";
    let parts = [
        (
            "mimetype".to_owned(),
            "application/vnd.oasis.opendocument.spreadsheet".to_owned(),
        ),
        ("content.xml".to_owned(), entity.to_owned()),
    ];
    assert_eq!(code_of(open(&zip_of(&parts), "a.ods")), "corrupt");
}

#[test]
fn numbers_carry_the_label_beside_or_above_them() {
    let workbook = open(
        b"Report,,\n,SIN,Name\n,046454286,A. Sample\nSIN:,046454286,\n",
        "a.csv",
    )
    .unwrap();
    let units = units(&workbook);
    let labels = |at: &str| {
        units
            .iter()
            .find(|unit| unit.place.at == at)
            .map(|unit| unit.labels.clone())
            .unwrap()
    };
    assert_eq!(labels("B3"), ["SIN"]);
    assert_eq!(labels("B4"), ["SIN", "SIN:"]);
}

#[test]
fn small_counts_are_counted_where_they_are_counts() {
    let count = |csv: &str| {
        let workbook = open(csv.as_bytes(), "a.csv").unwrap();
        facts(&workbook, &FactOptions::default())
            .iter()
            .find_map(|fact| match fact.detail {
                FactDetail::SmallCells {
                    count,
                    threshold: 6,
                } => Some(count),
                _ => None,
            })
            .unwrap_or(0)
    };
    assert_eq!(
        count("Region,Count\nNorth,3\nSouth,120\nEast,5\nWest,6\nX,0\n"),
        2
    );
    assert_eq!(count("Region,Code\nNorth,3\nSouth,4\n"), 0);
    assert_eq!(count("Region,Year\nNorth,2024\nSouth,2025\n"), 0);
    assert_eq!(count("Row,Name\n1,a\n2,b\n3,c\n"), 0);
    assert_eq!(
        count("Region,Count\nNorth,\"1,205\"\nSouth,\"2 300\"\nEast,4\n"),
        1
    );
    let rounded = (0..60)
        .map(|i| format!("r{i},{}\n", i * 5))
        .collect::<Vec<_>>()
        .concat();
    assert_eq!(count(&format!("Region,Count\n{rounded}")), 0);
    assert_eq!(count(&format!("Region,Count\n{rounded}x,3\n")), 2);
    assert_eq!(count("Region,Share\nNorth,0.3\nSouth,2.5\n"), 0);
}

/// The same package with a comment before its rows: then the XML parser reads what the short way would have read.
fn the_long_way(bytes: &[u8]) -> Vec<u8> {
    use std::io::Read;
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).unwrap();
        let name = entry.name().unwrap().into_owned();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        if let Some(at) = content
            .windows(11)
            .position(|window| window == b"<sheetData>")
        {
            content.splice(at..at, *b"<!-- -->");
        }
        writer
            .start_file(name, zip::write::SimpleFileOptions::default())
            .unwrap();
        writer.write_all(&content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

#[test]
fn both_ways_through_a_sheet_give_the_same() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = [
        root.join("tests/fixtures/table"),
        root.join("samples/drive/Open data - Données ouvertes"),
        root.join("samples/drive/Working tables - Tableaux de travail"),
    ];
    let mut compared = 0;
    for entry in folders
        .iter()
        .flat_map(|folder| std::fs::read_dir(folder).unwrap())
    {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|e| e != "xlsx" && e != "xlsm") {
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        let Some(short) = open(&bytes, "a.xlsx")
            .ok()
            .filter(|_| bytes.starts_with(b"PK"))
        else {
            continue;
        };
        let long = open(&the_long_way(&bytes), "a.xlsx").unwrap();
        for (short, long) in short.sheets.iter().zip(&long.sheets) {
            let name = format!("{} {}", path.display(), short.name);
            assert_eq!(short.cells, long.cells, "{name}");
            assert_eq!(short.hidden_rows, long.hidden_rows, "{name}");
            assert_eq!(short.merges, long.merges, "{name}");
        }
        assert_eq!(
            short.warnings.len(),
            long.warnings.len(),
            "{}",
            path.display()
        );
        compared += 1;
    }
    assert!(compared > 12, "only {compared} workbooks were compared");
}

#[test]
fn what_is_not_regular_goes_the_long_way_from_there() {
    let rows = |rows: &str| {
        let sheet = format!("<sheetData>{rows}</sheetData>");
        open(&xlsx(&sheet), "a.xlsx").map(|workbook| {
            workbook.sheets[0]
                .cells
                .iter()
                .map(|cell| {
                    format!(
                        "{}={}",
                        model::cell_name(cell.row, cell.col),
                        cell.value.plain()
                    )
                })
                .collect::<Vec<_>>()
                .join(" ")
        })
    };
    let check = |input: &str, expected: &str| assert_eq!(rows(input).unwrap(), expected, "{input}");
    check("<row r=\"1\"><c r=\"A1\"><v>1</v></c></row>", "A1=1");
    check(
        "<row><c><v>1</v></c><c/><c><v>3</v></c></row><row><c t=\"b\"><v>1</v></c></row>",
        "A1=1 C1=3 A2=TRUE",
    );
    check(
        "<row r='2'><c r='B2' t='str'><f>1+1</f><v>a &amp; b</v></c></row>",
        "B2=a & b",
    );
    check(
        "<row><c t=\"inlineStr\"><is><t xml:space=\"preserve\"> x </t></is></c></row>",
        "A1= x ",
    );
    // Two pieces, a comment, a section, spaces within tags, a value in two lines: all for the parser.
    check(
        "<row><c><v>7</v></c></row><row><c t=\"inlineStr\"><is><r><t>a</t></r><r><t>b</t></r></is></c></row><row><c><v>9</v></c></row>",
        "A1=7 A2=ab A3=9",
    );
    check("<row><!-- x --><c><v>7</v></c></row>", "A1=7");
    check(
        "<row><c t=\"str\"><v><![CDATA[</row>]]></v></c></row>",
        "A1=</row>",
    );
    check("<row ><c ><v >7</v ></c ></row >", "A1=7");
    check("<row><c><v>\n7\n</v></c></row>", "A1=7");
    check("<row></row><row/><row><c><v>7</v></c></row>", "A3=7");
    check("", "");
    assert!(rows("<row><c><v>1</v></row>").is_err());
    assert!(rows("<row><c><v>1</c></v></row>").is_err());
    assert!(rows("<row><c r=\"A1\"><v>&unknown;</v></c></row>").is_err());
}

#[test]
fn a_key_is_told_when_leading_columns_tell_the_rows_apart() {
    let check = |text: &str, key: Option<&[&str]>| {
        let outputs = outputs(&open(text.as_bytes(), "a.csv").unwrap());
        let (_, schema) = outputs
            .iter()
            .find(|(name, _)| name.ends_with(".schema.json"))
            .unwrap();
        let schema: serde_json::Value = serde_json::from_slice(schema).unwrap();
        let told = schema
            .get("primaryKey")
            .map(|key| serde_json::from_value::<Vec<String>>(key.clone()).unwrap());
        let key = key.map(|key| key.iter().map(|&name| name.to_owned()).collect::<Vec<_>>());
        assert_eq!(told, key, "{text}");
    };
    let (year, both) = (["Year"], ["Year", "Region"]);
    check("Year,Region,Count\n2024,ON,1\n2025,ON,2\n", Some(&year));
    check(
        "Year,Region,Count\n2024,ON,1\n2024,QC,2\n2025,ON,2\n",
        Some(&both),
    );
    // Not every column: then nothing is left to be told by it.
    check("Year,Region\n2024,ON\n2024,QC\n", None);
    check("Year,Region,Count\n2024,ON,1\n2024,ON,2\n", None);
    check("Year,Region,Count\n2024,ON,1\n,QC,2\n", None);
    check("Share,Region,Count\n0.5,ON,1\n0.25,QC,2\n", None);
    check("Year,Region,Count\n2024,ON,1\n", None);
}
