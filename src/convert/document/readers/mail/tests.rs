//! What the readers of messages promise, on small messages and on those of real programs.

use std::{io::Cursor, path::Path};

use super::*;
use crate::{
    convert::document::{Limits, WriteOptions, facts, read as read_any, units, write},
    domain::{FactDetail, HiddenChannel, TextUnit},
    formats::identify,
};

fn eml(text: &str) -> Document {
    let text = text.replace('\n', "\r\n");
    read_eml(&mut text.as_bytes(), &ReadOptions::default()).unwrap()
}

fn output(document: &Document) -> String {
    let folder = tempfile::tempdir().unwrap();
    let (files, _) = write(document, folder.path(), &WriteOptions::default()).unwrap();
    let all = files
        .iter()
        .map(|file| std::fs::read(folder.path().join(&file.name)).unwrap());
    String::from_utf8_lossy(&all.collect::<Vec<_>>().concat()).into_owned()
}

fn attached(document: &Document) -> u64 {
    facts(document)
        .iter()
        .find_map(|fact| match &fact.detail {
            FactDetail::Hidden {
                channel: HiddenChannel::Attachments,
                count,
            } => Some(*count),
            _ => None,
        })
        .unwrap_or(0)
}

fn sees(units: &[TextUnit], word: &str) -> bool {
    units
        .iter()
        .any(|unit| unit.text.contains(word) || unit.labels.iter().any(|l| l.contains(word)))
}

const HEAD: &str = "From: Ann <ann@example.org>\nTo: bea@example.org\nSubject: Test\nDate: Fri, 3 May 2024 14:05:00 -0400\nMIME-Version: 1.0\n";

#[test]
fn fields_are_a_table_and_the_rest_is_hidden() {
    let document = eml(&format!(
        "{HEAD}Bcc: PLANTED\nX-Note: PLANTED\nSubject: PLANTED\n\nHello.\n"
    ));
    let output = output(&document);
    for shown in [
        "<h1>Test</h1>",
        "ann@example.org",
        "2024-05-03 14:05 -04:00",
        "Hello.",
    ] {
        assert!(output.contains(shown), "{output}\nlacks {shown}");
    }
    assert!(!output.contains("PLANTED"));
    let planted = units(&document)
        .into_iter()
        .filter(|unit| unit.text.contains("PLANTED"))
        .count();
    assert_eq!(planted, 3);
    assert_eq!(attached(&document), 0);
}

#[test]
fn text_that_programs_do_not_show_is_hidden() {
    let parts = |kind: &str, inner: &str| {
        format!(
            "{HEAD}Content-Type: multipart/{kind}; boundary=\"b\"\n\n{inner}--b--\nPLANTED after\n"
        )
    };
    for (kind, inner) in [
        ("mixed", "PLANTED before\n--b\n\nshown\n"),
        (
            "alternative",
            "--b\nContent-Type: text/plain\n\nshown PLANTED\n--b\nContent-Type: text/html\n\n<p>shown\n",
        ),
        (
            "alternative",
            "--b\nContent-Type: text/calendar\n\nPLANTED\n--b\n\nshown\n",
        ),
        (
            "mixed",
            "--b\n\nshown\n--b\nContent-Disposition: attachment; filename=a.txt\n\nPLANTED\n",
        ),
        (
            "mixed",
            "--b\n\nshown\n--b\nContent-Type: text/plain; name=a.txt\nContent-Transfer-Encoding: base64\n\nUExBTlRFRA==\n",
        ),
        (
            "mixed",
            "--b\n\nshown\n--b\nContent-Type: message/rfc822\n\nSubject: x\n\nPLANTED\n",
        ),
        ("mixed", "--b\nX-Note: PLANTED\n\nshown\n"),
        (
            "mixed",
            "--b\n\nshown\n--b\nContent-Type: text/html; name=a.html\n\n<p hidden>PLANTED</p>\n",
        ),
    ] {
        let document = eml(&parts(kind, inner));
        let output = output(&document);
        assert!(output.contains("shown"), "{inner}: {output}");
        assert!(!output.contains("PLANTED"), "{inner}: {output}");
        let all = units(&document);
        assert!(
            all.iter().filter(|u| u.text.contains("PLANTED")).count() >= 2,
            "{inner}"
        );
        assert!(
            all.iter()
                .filter(|u| u.text.contains("PLANTED"))
                .all(|u| u.place.part.is_hidden()),
            "{inner}"
        );
    }
    // Both say the same: nothing is hidden.
    let same = eml(&format!(
        "{HEAD}Content-Type: multipart/alternative; boundary=b\n\n--b\n\nOne two.\n--b\nContent-Type: text/html\n\n<p>One <b>two</b>.\n--b--\n"
    ));
    assert!(same.hidden.text.is_empty());
}

#[test]
fn what_cannot_be_read_is_said() {
    for (kind, code) in [
        ("Content-Type: application/zip; name=a.zip", "unsupported"),
        (
            "Content-Type: application/pkcs7-mime; name=smime.p7m",
            "encrypted",
        ),
    ] {
        let document = eml(&format!(
            "{HEAD}Content-Type: multipart/mixed; boundary=b\n\n--b\n\nshown\n--b\n{kind}\nContent-Transfer-Encoding: base64\n\nUEsDBAAA/wCAgYI=\n--b--\n"
        ));
        assert!(
            document.unreadable.iter().any(|(_, u)| u.code == code),
            "{kind}"
        );
        assert_eq!(attached(&document), 1);
    }
}

#[test]
fn replies_are_quotations() {
    let document = eml(&format!("{HEAD}\nYes.\n\n> Is it?\n>> Who?\n"));
    assert!(output(&document).contains("<blockquote>"));
    let document = eml(&format!(
        "{HEAD}\nYes.\n\n-----Original Message-----\nFrom: bea@example.org\n\nIs it?\n"
    ));
    assert!(output(&document).contains("<blockquote>"));
}

#[test]
fn hostile_messages_are_bounded() {
    let mut deep = String::from(HEAD);
    for level in 0..100 {
        for part in [
            "Content-Type: multipart/mixed; boundary=b",
            &level.to_string(),
            "\n\n--b",
            &level.to_string(),
            "\n",
        ] {
            deep.push_str(part);
        }
    }
    let read = |text: &str| read_eml(&mut text.as_bytes(), &ReadOptions::default());
    assert!(matches!(read(&deep), Err(DocumentError::Limit { .. })));
    let flood = format!("{HEAD}{}\nx", "X-A: b\n".repeat(100_000));
    assert!(matches!(read(&flood), Err(DocumentError::Limit { .. })));
    let parts = format!(
        "{HEAD}Content-Type: multipart/mixed; boundary=b\n\n{}",
        "--b\n\n".repeat(100_000)
    );
    assert!(matches!(read(&parts), Err(DocumentError::Limit { .. })));
    // Messages within messages: the sixth is not read, and that is said.
    let mut nested = format!("{HEAD}\ninnermost");
    for level in 0..8 {
        nested = format!(
            "{HEAD}Content-Type: multipart/mixed; boundary=n{level}\n\n--n{level}\nContent-Type: message/rfc822\n\n{nested}\n--n{level}--\n"
        );
    }
    let document = read(&nested).unwrap();
    assert!(document.unreadable.iter().any(|(_, u)| u.code == "limit"));
    assert!(!sees(&units(&document), "innermost"));
    let tight = ReadOptions {
        limits: Limits {
            attachment_bytes: 10,
            ..Limits::default()
        },
    };
    let big = format!(
        "{HEAD}Content-Disposition: attachment; filename=a.txt\n\n{}",
        "long ".repeat(10)
    );
    let document = read_eml(&mut big.as_bytes(), &tight).unwrap();
    assert!(document.unreadable.iter().any(|(_, u)| u.code == "limit"));
    for odd in [
        "",
        "\n",
        "From: a",
        "Content-Type: multipart/mixed; boundary=\n\nx",
        ":\n:\n",
        "\u{0}",
    ] {
        read(odd).unwrap();
    }
}

#[test]
fn mailboxes_are_split() {
    let text = "From a@example.org Fri May  3 14:05:00 2024\nSubject: One\n\n>From here\n\nFrom b@example.org Fri May  3 14:05:01 2024\nSubject: Two\n\nFrom time to time\n";
    let messages = messages_of(text.as_bytes());
    assert_eq!(messages.len(), 2);
    let document = read_mbox(&mut text.as_bytes(), &ReadOptions::default()).unwrap();
    let output = output(&document);
    for word in ["One", "Two", "From here", "From time to time"] {
        assert!(output.contains(word), "{word}");
    }
    assert!(!output.contains("&gt;From"));
}

/// The files of `make_texts.py`, named by their content whatever their name, against what it wrote down.
#[test]
fn fixtures_hold_what_is_expected_of_them() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/document");
    let expect = std::fs::read(folder.join("EXPECT-texts.json")).unwrap();
    let expect: serde_json::Value = serde_json::from_slice(&expect).unwrap();
    for (name, expect) in expect.as_object().unwrap() {
        let bytes = std::fs::read(folder.join(name)).unwrap();
        let mut input = Cursor::new(bytes);
        let format = identify(&mut input, name).unwrap();
        assert!(!format.extension_mismatch, "{name}: {}", format.name);
        if !matches!(format.name.as_str(), "md" | "txt") {
            assert_eq!(
                identify(&mut input, "file").unwrap().name,
                format.name,
                "{name}"
            );
        }
        let document = read_any(&format, &mut input, &ReadOptions::default()).unwrap();
        let shown = output(&document);
        let all = units(&document);
        let words = |key: &str| -> Vec<String> {
            let list = expect[key].as_array().cloned().unwrap_or_default();
            list.iter()
                .filter_map(|w| w.as_str().map(str::to_owned))
                .collect()
        };
        for word in words("must_appear_in_output") {
            assert!(
                shown.contains(&word),
                "{name}: {word} is not shown\n{shown}"
            );
        }
        for word in words("must_not_appear_in_output") {
            assert!(!shown.contains(&word), "{name}: {word} is shown");
            assert!(sees(&all, &word), "{name}: {word} is not screened");
        }
        if let Some(title) = expect["title"].as_str() {
            assert_eq!(document.content.title, title, "{name}");
        }
        if let Some(count) = expect["attachments"].as_u64() {
            assert_eq!(attached(&document), count, "{name}");
        }
        if let Some(count) = expect["unreadable"].as_u64() {
            assert_eq!(document.unreadable.len() as u64, count, "{name}");
        }
    }
}

/// Bytes of a real file, changed: whatever comes of it, it is no panic.
#[test]
fn damaged_outlook_files_never_panic() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/document");
    let bytes = std::fs::read(folder.join("outlook.msg")).unwrap();
    let mut state = 7_u64;
    let mut next = |below: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        usize::try_from(state >> 33).unwrap() % below
    };
    let mut read = 0;
    for _ in 0..200 {
        let mut damaged = bytes.clone();
        for _ in 0..8 {
            let at = next(damaged.len());
            damaged[at] = next(256).to_le_bytes()[0];
        }
        let result = read_msg(&mut Cursor::new(damaged), &ReadOptions::default());
        read += usize::from(result.is_ok());
    }
    assert!(read > 10);
}
