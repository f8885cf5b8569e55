//! Checks a bag: is it complete, does every byte match its manifests.
//!
//! Reads any bag of BagIt 0.97 or 1.0 with SHA-256 or SHA-512 manifests (RFC 8493, 3). Rule that must hold: every
//! problem is reported, not only the first; nothing in a bag leads out of its folder.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    io::{BufRead, BufReader, Read},
    path::Path,
};

use sha2::{Digest, Sha256, Sha512};

use super::{
    bagit::{ALGORITHMS, manifest_line},
    error::{BagError, io},
};
use crate::{bilingual, domain::Bilingual};

/// Longest line of a tag file that is read; longer lines are malformed.
const LINE_LIMIT: u64 = 1 << 16;

/// What a check found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VerifyReport {
    /// Files of the payload.
    pub files: u64,
    /// Their bytes.
    pub octets: u64,
    /// Tag files that no tag manifest lists. BagIt allows them; nothing vouches for them.
    pub unlisted_tag_files: Vec<String>,
    /// Everything that is wrong. Empty for a valid bag.
    pub problems: Vec<Problem>,
}

impl VerifyReport {
    /// True when the bag is complete and every digest fits.
    pub fn is_valid(&self) -> bool {
        self.problems.is_empty()
    }
}

/// One thing that is wrong with a bag.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// A stable word: `missing`, `unlisted`, `digest`, `oxum`, `malformed`, `twice`, `no_manifest`, `link`, `fetch`.
    pub code: &'static str,
    /// Which file it is about, relative to the bag.
    pub file: String,
    /// What is wrong.
    pub message: Bilingual,
}

/// Checks a bag.
///
/// # Errors
/// [`BagError::Io`] when the disk fails. A bag that is wrong gives a report, not an error.
pub fn verify(folder: &Path) -> Result<VerifyReport, BagError> {
    let mut check = Check {
        folder,
        report: VerifyReport::default(),
        present: BTreeMap::new(),
    };
    check.walk()?;
    check.declaration()?;
    if check.present.contains_key("fetch.txt") {
        check.problem(
            "fetch",
            "fetch.txt",
            "the bag is incomplete: files must be fetched",
            "le sac est incomplet : des fichiers restent à télécharger",
        );
    }
    let (payload, tags): (Vec<String>, Vec<String>) = check
        .present
        .keys()
        .cloned()
        .partition(|path| path.starts_with("data/"));
    check.report.files = u64::try_from(payload.len()).unwrap_or(u64::MAX);
    check.report.octets = payload
        .iter()
        .filter_map(|path| check.present.get(path))
        .fold(0, |sum, size| sum.saturating_add(*size));
    let mut wanted = Wanted::new();
    check.payload_manifests(&payload, &mut wanted)?;
    check.tag_manifests(&tags, &mut wanted)?;
    check.digests(&wanted)?;
    check.oxum()?;
    check.report.problems.sort();
    Ok(check.report)
}

/// Path → position in [`ALGORITHMS`] and digest, for everything that must be hashed.
type Wanted = BTreeMap<String, Vec<(usize, String)>>;

struct Check<'a> {
    folder: &'a Path,
    report: VerifyReport,
    /// Files that are there, relative, with their sizes.
    present: BTreeMap<String, u64>,
}

impl Check<'_> {
    fn problem(&mut self, code: &'static str, file: &str, en: &str, fr: &str) {
        self.report.problems.push(Problem {
            code,
            file: file.to_owned(),
            message: bilingual!("{file}: {en}", "{file} : {fr}"),
        });
    }

    /// Lists what is there. Links are not followed: a link in a bag is a problem.
    fn walk(&mut self) -> Result<(), BagError> {
        let mut folders = vec![String::new()];
        while let Some(folder) = folders.pop() {
            let path = self.folder.join(&folder);
            for entry in fs::read_dir(&path).map_err(io("list", &path))? {
                let entry = entry.map_err(io("list", &path))?;
                let Ok(name) = entry.file_name().into_string() else {
                    let shown = format!("{folder}{}", entry.file_name().to_string_lossy());
                    self.problem(
                        "malformed",
                        &shown,
                        "the name is not Unicode",
                        "le nom n’est pas en Unicode",
                    );
                    continue;
                };
                let relative = format!("{folder}{name}");
                let kind = entry.file_type().map_err(io("read", &path))?;
                if kind.is_dir() {
                    folders.push(format!("{relative}/"));
                } else if kind.is_file() {
                    let size = entry.metadata().map_err(io("read", &path))?.len();
                    self.present.insert(relative, size);
                } else {
                    self.problem(
                        "link",
                        &relative,
                        "not a plain file",
                        "pas un fichier ordinaire",
                    );
                }
            }
        }
        Ok(())
    }

    fn lines(&self, name: &str) -> Result<Vec<Option<String>>, BagError> {
        let path = self.folder.join(name);
        let mut reader = BufReader::new(File::open(&path).map_err(io("open", &path))?);
        let mut lines = Vec::new();
        loop {
            let mut line = Vec::new();
            let mut limited = (&mut reader).take(LINE_LIMIT);
            let read = limited
                .read_until(b'\n', &mut line)
                .map_err(io("read", &path))?;
            if read == 0 {
                return Ok(lines);
            }
            while line
                .last()
                .is_some_and(|byte| matches!(byte, b'\n' | b'\r'))
            {
                line.pop();
            }
            lines.push(String::from_utf8(line).ok());
        }
    }

    fn declaration(&mut self) -> Result<(), BagError> {
        if !self.present.contains_key("bagit.txt") {
            self.problem(
                "missing",
                "bagit.txt",
                "the file is missing: this is no bag",
                "le fichier manque : ce n’est pas un sac",
            );
            return Ok(());
        }
        let lines = self.lines("bagit.txt")?;
        let line = |at: usize| lines.get(at).and_then(Option::as_deref);
        let version = matches!(line(0), Some("BagIt-Version: 1.0" | "BagIt-Version: 0.97"));
        let encoding = line(1)
            .is_some_and(|text| text.eq_ignore_ascii_case("Tag-File-Character-Encoding: UTF-8"));
        if !version || !encoding || lines.len() != 2 {
            self.problem(
                "malformed",
                "bagit.txt",
                "not a declaration of BagIt 0.97 or 1.0 in UTF-8",
                "pas une déclaration BagIt 0.97 ou 1.0 en UTF-8",
            );
        }
        Ok(())
    }

    /// Reads one manifest, if it is there. `payload` tells what it may list.
    fn manifest(
        &mut self,
        name: &str,
        digits: usize,
        payload: bool,
    ) -> Result<Option<BTreeMap<String, String>>, BagError> {
        if !self.present.contains_key(name) {
            return Ok(None);
        }
        let mut entries = BTreeMap::new();
        for (line, number) in self.lines(name)?.into_iter().zip(1_usize..) {
            let parsed = line.as_deref().and_then(|line| manifest_line(line, digits));
            match parsed.filter(|(_, path)| path.starts_with("data/") == payload) {
                Some((digest, path)) => {
                    if entries.insert(path.clone(), digest).is_some() {
                        self.problem(
                            "twice",
                            &path,
                            &format!("listed twice in {name}"),
                            &format!("inscrit deux fois dans {name}"),
                        );
                    }
                }
                None if line.as_deref().is_some_and(|line| line.trim().is_empty()) => {}
                None => self.problem(
                    "malformed",
                    name,
                    &format!("line {number} cannot be read"),
                    &format!("la ligne {number} est illisible"),
                ),
            }
        }
        Ok(Some(entries))
    }

    fn payload_manifests(
        &mut self,
        payload: &[String],
        wanted: &mut Wanted,
    ) -> Result<(), BagError> {
        let mut found = false;
        for (at, (algorithm, digits)) in ALGORITHMS.iter().enumerate() {
            let name = format!("manifest-{algorithm}.txt");
            let Some(entries) = self.manifest(&name, *digits, true)? else {
                continue;
            };
            found = true;
            for path in payload.iter().filter(|path| !entries.contains_key(*path)) {
                self.problem(
                    "unlisted",
                    path,
                    &format!("not listed in {name}"),
                    &format!("non inscrit dans {name}"),
                );
            }
            want(entries, at, wanted);
        }
        if !found {
            self.problem(
                "no_manifest",
                "manifest-sha512.txt",
                "no manifest with SHA-256 or SHA-512",
                "aucun manifeste SHA-256 ou SHA-512",
            );
        }
        Ok(())
    }

    fn tag_manifests(&mut self, tags: &[String], wanted: &mut Wanted) -> Result<(), BagError> {
        let mut listed = BTreeSet::new();
        for (at, (algorithm, digits)) in ALGORITHMS.iter().enumerate() {
            let name = format!("tagmanifest-{algorithm}.txt");
            if let Some(entries) = self.manifest(&name, *digits, false)? {
                listed.extend(entries.keys().cloned());
                want(entries, at, wanted);
            }
        }
        self.report.unlisted_tag_files = tags
            .iter()
            .filter(|tag| !listed.contains(*tag) && !tag.starts_with("tagmanifest-"))
            .cloned()
            .collect();
        Ok(())
    }

    fn digests(&mut self, wanted: &Wanted) -> Result<(), BagError> {
        for (path, expected) in wanted {
            if !self.present.contains_key(path) {
                self.problem(
                    "missing",
                    path,
                    "listed, but not there",
                    "inscrit, mais absent",
                );
                continue;
            }
            let found = hash(&self.folder.join(path))?;
            for (at, digest) in expected {
                if found.get(*at) != Some(digest) {
                    let algorithm = ALGORITHMS.get(*at).map_or("", |(name, _)| name);
                    self.problem(
                        "digest",
                        path,
                        &format!("the bytes were changed ({algorithm})"),
                        &format!("les octets ont été modifiés ({algorithm})"),
                    );
                }
            }
        }
        Ok(())
    }

    fn oxum(&mut self) -> Result<(), BagError> {
        if !self.present.contains_key("bag-info.txt") {
            return Ok(());
        }
        let found = format!("{}.{}", self.report.octets, self.report.files);
        let lines = self.lines("bag-info.txt")?;
        let stated = lines
            .iter()
            .flatten()
            .filter_map(|line| line.split_once(':'))
            .find(|(label, _)| label.eq_ignore_ascii_case("Payload-Oxum"));
        if let Some(stated) = stated
            .map(|(_, value)| value.trim())
            .filter(|value| *value != found)
        {
            self.problem(
                "oxum",
                "bag-info.txt",
                &format!("Payload-Oxum says {stated}, the payload is {found}"),
                &format!("Payload-Oxum indique {stated}, le contenu est {found}"),
            );
        }
        Ok(())
    }
}

fn want(entries: BTreeMap<String, String>, at: usize, wanted: &mut Wanted) {
    for (path, digest) in entries {
        wanted.entry(path).or_default().push((at, digest));
    }
}

/// Digests in the order of [`ALGORITHMS`], read once.
fn hash(path: &Path) -> Result<[String; 2], BagError> {
    let mut file = File::open(path).map_err(io("open", path))?;
    let (mut sha256, mut sha512) = (Sha256::new(), Sha512::new());
    let mut buffer = vec![0; 128 * 1024];
    loop {
        let n = file.read(&mut buffer).map_err(io("read", path))?;
        let Some(chunk) = buffer.get(..n).filter(|chunk| !chunk.is_empty()) else {
            return Ok([
                hex::encode(sha256.finalize()),
                hex::encode(sha512.finalize()),
            ]);
        };
        sha256.update(chunk);
        sha512.update(chunk);
    }
}
