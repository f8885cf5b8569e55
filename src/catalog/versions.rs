//! Versions of items, with what was made of them and found in them.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use super::{
    CatalogError, Tx,
    db::{Row, args},
};
use crate::domain::{
    DismissalId, Effect, Fact, Finding, Format, Ids, ItemId, Redaction, RenditionFile, RenditionId,
    RenditionKind, RuleSet, Sha256, Stage, Treatment, VersionId, Warning,
};

/// One content of an item.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Version {
    /// Its id.
    pub id: VersionId,
    /// The item.
    pub item_id: ItemId,
    /// 1 for the first.
    pub seq: u64,
    /// Hash of the content.
    pub sha256: Sha256,
    /// Size of the content.
    pub size_bytes: u64,
    /// What the source's fingerprint was.
    pub fingerprint: String,
    /// Native metadata as captured with these bytes.
    pub native: serde_json::Value,
    /// How far it has come.
    pub stage: Stage,
    /// What it is, once identified.
    pub format: Option<Format>,
    /// What converted it, with its version.
    pub converter: Option<String>,
    /// What the converter wants a person to know.
    pub warnings: Vec<Warning>,
    /// What the content says about itself: title, language.
    pub document: serde_json::Value,
    /// Hash of the rules it was judged by.
    pub screened_by: Option<String>,
    /// The day of that judgement.
    pub screened_on: Option<NaiveDate>,
    /// Hash of the lists of phrases that were looked for in it; nothing when none were.
    pub phrases: Option<String>,
    /// What rules ask to be taken out of its copy; nothing when they ask for nothing.
    pub redaction: Option<Redaction>,
    /// When it was fetched.
    pub created_at: DateTime<Utc>,
}

/// A version to be recorded.
#[derive(Clone, Debug)]
pub struct NewVersion {
    /// Its id.
    pub id: VersionId,
    /// The item.
    pub item_id: ItemId,
    /// Hash of the content.
    pub sha256: Sha256,
    /// Size of the content.
    pub size_bytes: u64,
    /// The source's fingerprint.
    pub fingerprint: String,
    /// Native metadata.
    pub native: serde_json::Value,
}

/// A stored rendition.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Rendition {
    /// Its id.
    pub id: RenditionId,
    /// What and how it is called.
    #[serde(flatten)]
    pub file: RenditionFile,
    /// Hash of its content.
    pub sha256: Sha256,
    /// Size of its content.
    pub size_bytes: u64,
    /// What made it, with its version.
    pub converter: String,
}

/// What facts and findings are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FactSubject {
    /// The version as it came.
    Original,
    /// The renditions, read again from their own bytes.
    Renditions,
}

impl FactSubject {
    /// The name used in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Original => "original",
            Self::Renditions => "renditions",
        }
    }

    fn parse(text: &str) -> Result<Self, CatalogError> {
        match text {
            "original" => Ok(Self::Original),
            "renditions" => Ok(Self::Renditions),
            other => Err(CatalogError::damaged("subject", other)),
        }
    }
}

/// A finding as stored.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StoredFinding {
    /// What it is about.
    pub subject: FactSubject,
    /// False when a treatment lifted it, or a person dismissed all it rests on.
    pub stands: bool,
    /// What of its evidence a person has dismissed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dismissed: Vec<DismissedEvidence>,
    /// The finding.
    #[serde(flatten)]
    pub finding: Finding,
}

/// A fact on which a finding rests, and which a person has dismissed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
pub struct DismissedEvidence {
    /// Its position in the list of facts, as in the finding's evidence.
    pub evidence: usize,
    /// The dismissal.
    pub dismissal: DismissalId,
}

impl StoredFinding {
    /// True when everything it rests on is dismissed.
    pub fn is_dismissed(&self) -> bool {
        !self.finding.evidence.is_empty() && self.dismissed.len() == self.finding.evidence.len()
    }
}

/// Something that was removed or changed on the way from original to renditions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
pub struct AppliedTreatment {
    /// What was done.
    pub kind: Treatment,
    /// What exactly, masked: channel and number, or places.
    pub detail: serde_json::Value,
}

fn from_row(row: &Row) -> Result<Version, CatalogError> {
    Ok(Version {
        id: row.parsed("id")?,
        item_id: row.parsed("item_id")?,
        seq: row.unsigned("seq")?,
        sha256: row.parsed("sha256")?,
        size_bytes: row.unsigned("size_bytes")?,
        fingerprint: row.text("fingerprint")?,
        native: row.json("native")?,
        stage: row.parsed("stage")?,
        format: row
            .opt_text("format")?
            .map(|text| serde_json::from_str(&text))
            .transpose()?,
        converter: row.opt_text("converter")?,
        warnings: row.json("warnings")?,
        document: row.json("document")?,
        screened_by: row.opt_text("screened_by")?,
        screened_on: row.opt_parsed("screened_on")?,
        phrases: row.opt_text("phrases")?,
        redaction: row
            .opt_text("redaction")?
            .map(|text| serde_json::from_str(&text))
            .transpose()?,
        created_at: row.parsed("created_at")?,
    })
}

fn rendition_from_row(row: &Row) -> Result<Rendition, CatalogError> {
    let kind = row.text("kind")?;
    Ok(Rendition {
        id: row.parsed("id")?,
        file: RenditionFile {
            kind: serde_json::from_value::<RenditionKind>(serde_json::Value::String(kind))?,
            name: row.text("name")?,
            media_type: row.text("media_type")?,
            title: row.text("title")?,
            language: row.opt_text("language")?,
            rows: row
                .opt_int("row_count")?
                .and_then(|n| u64::try_from(n).ok()),
        },
        sha256: row.parsed("sha256")?,
        size_bytes: row.unsigned("size_bytes")?,
        converter: row.text("converter")?,
    })
}

impl Tx {
    /// Records a version.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn insert_version(
        &mut self,
        version: &NewVersion,
        now: DateTime<Utc>,
    ) -> Result<(), CatalogError> {
        self.execute(
            "INSERT INTO versions (id, item_id, seq, sha256, size_bytes, fingerprint, native, stage, warnings, document, created_at)
             VALUES ($1, $2, (SELECT COALESCE(MAX(seq), 0) + 1 FROM versions WHERE item_id = $2), $3, $4, $5, $6, 'fetched', '[]', '{}', $7)",
            args![
                version.id,
                version.item_id,
                version.sha256,
                version.size_bytes,
                &version.fingerprint,
                &version.native,
                now
            ],
        )
        .await?;
        Ok(())
    }

    /// One version.
    ///
    /// # Errors
    /// [`CatalogError::NotFound`] when there is none.
    pub async fn version(&mut self, id: VersionId) -> Result<Version, CatalogError> {
        let row = self
            .optional("SELECT * FROM versions WHERE id = $1", args![id])
            .await?
            .ok_or_else(|| CatalogError::NotFound {
                what: "version",
                id: id.to_string(),
            })?;
        from_row(&row)
    }

    /// All versions of an item, oldest first.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn versions_of(&mut self, item: ItemId) -> Result<Vec<Version>, CatalogError> {
        self.all(
            "SELECT * FROM versions WHERE item_id = $1 ORDER BY seq",
            args![item],
        )
        .await?
        .iter()
        .map(from_row)
        .collect()
    }

    /// Versions that are current and were not judged by these rules.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn versions_screened_otherwise(
        &mut self,
        rules: &str,
    ) -> Result<Vec<VersionId>, CatalogError> {
        self.all(
            "SELECT versions.id AS id FROM versions JOIN items ON items.current_version = versions.id
             WHERE versions.stage = 'screened' AND (versions.screened_by IS NULL OR versions.screened_by <> $1) ORDER BY versions.id",
            args![rules],
        )
        .await?
        .iter()
        .map(|row| row.parsed("id"))
        .collect()
    }

    /// Records what conversion brought; replaces what an earlier conversion of the same version brought.
    ///
    /// # Errors
    /// When the database refuses.
    #[expect(clippy::too_many_arguments, reason = "one outcome, recorded in one go")]
    pub async fn version_converted(
        &mut self,
        ids: &dyn Ids,
        id: VersionId,
        format: &Format,
        converter: &str,
        warnings: &[Warning],
        document: &serde_json::Value,
        renditions: &[(RenditionFile, Sha256, u64)],
        treatments: &[AppliedTreatment],
    ) -> Result<(), CatalogError> {
        self.execute(
            "UPDATE versions SET stage = 'converted', format = $1, converter = $2, warnings = $3, document = $4, screened_by = NULL
             WHERE id = $5",
            args![
                serde_json::to_string(format)?,
                converter,
                serde_json::to_string(warnings)?,
                document,
                id
            ],
        )
        .await?;
        self.execute("DELETE FROM renditions WHERE version_id = $1", args![id])
            .await?;
        for (ordinal, (file, sha256, size_bytes)) in (0_i64..).zip(renditions) {
            self.execute(
                "INSERT INTO renditions (id, version_id, ordinal, kind, name, media_type, title, language, row_count, sha256, size_bytes, converter)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
                args![
                    ids.next(),
                    id,
                    ordinal,
                    file.kind.as_str(),
                    &file.name,
                    &file.media_type,
                    &file.title,
                    file.language.clone(),
                    file.rows,
                    *sha256,
                    *size_bytes,
                    converter
                ],
            )
            .await?;
        }
        self.execute("DELETE FROM treatments WHERE version_id = $1", args![id])
            .await?;
        for (ordinal, treatment) in (0_i64..).zip(treatments) {
            self.execute(
                "INSERT INTO treatments (version_id, ordinal, kind, body) VALUES ($1, $2, $3, $4)",
                args![id, ordinal, treatment.kind.as_str(), &treatment.detail],
            )
            .await?;
        }
        Ok(())
    }

    /// Records which lists of phrases were looked for in a version.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn set_version_phrases(
        &mut self,
        id: VersionId,
        phrases: &str,
    ) -> Result<(), CatalogError> {
        self.execute(
            "UPDATE versions SET phrases = $1 WHERE id = $2",
            args![phrases, id],
        )
        .await?;
        Ok(())
    }

    /// Records what rules ask to be taken out of the copy of a version; it must be converted again and judged again.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn set_version_redaction(
        &mut self,
        id: VersionId,
        redaction: Option<&Redaction>,
    ) -> Result<(), CatalogError> {
        self.execute(
            "UPDATE versions SET redaction = $1, screened_by = NULL WHERE id = $2",
            args![redaction.map(serde_json::to_string).transpose()?, id],
        )
        .await?;
        Ok(())
    }

    /// Records other native metadata of the same bytes; they must be judged again by it.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn set_version_native(
        &mut self,
        id: VersionId,
        native: &serde_json::Value,
    ) -> Result<(), CatalogError> {
        self.execute(
            "UPDATE versions SET native = $1, screened_by = NULL WHERE id = $2",
            args![native, id],
        )
        .await?;
        Ok(())
    }

    /// Records facts; replaces those of the same subject.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn set_facts(
        &mut self,
        id: VersionId,
        subject: FactSubject,
        facts: &[Fact],
    ) -> Result<(), CatalogError> {
        self.execute(
            "INSERT INTO facts (version_id, subject, fact_count, body) VALUES ($1, $2, $3, $4)
             ON CONFLICT (version_id, subject) DO UPDATE SET fact_count = excluded.fact_count, body = excluded.body",
            args![
                id,
                subject.as_str(),
                u64::try_from(facts.len()).unwrap_or(u64::MAX),
                serde_json::to_string(facts)?
            ],
        )
        .await?;
        Ok(())
    }

    /// The facts about a version. `None` when none were recorded: unknown, which is not the same as nothing found.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn facts(
        &mut self,
        id: VersionId,
        subject: FactSubject,
    ) -> Result<Option<Vec<Fact>>, CatalogError> {
        self.optional(
            "SELECT body FROM facts WHERE version_id = $1 AND subject = $2",
            args![id, subject.as_str()],
        )
        .await?
        .map(|row| row.json("body"))
        .transpose()
    }

    /// Records the judgement of a version; replaces an earlier one.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn version_screened(
        &mut self,
        ids: &dyn Ids,
        id: VersionId,
        rules: &str,
        day: NaiveDate,
        findings: &[StoredFinding],
    ) -> Result<(), CatalogError> {
        self.set_findings(ids, id, findings).await?;
        self.execute(
            "UPDATE versions SET stage = 'screened', screened_by = $1, screened_on = $2 WHERE id = $3",
            args![rules, day.to_string(), id],
        )
        .await?;
        Ok(())
    }

    /// Records findings as they stand now; replaces those that were recorded.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn set_findings(
        &mut self,
        ids: &dyn Ids,
        id: VersionId,
        findings: &[StoredFinding],
    ) -> Result<(), CatalogError> {
        self.execute("DELETE FROM findings WHERE version_id = $1", args![id])
            .await?;
        for stored in findings {
            let dismissed = if stored.dismissed.is_empty() {
                None
            } else {
                Some(serde_json::to_string(&stored.dismissed)?)
            };
            self.execute(
                "INSERT INTO findings (id, version_id, subject, rule_set, rule_id, rule_version, effect, stands, opening_date, body, dismissed)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
                args![
                    ids.next(),
                    id,
                    stored.subject.as_str(),
                    stored.finding.set.as_str(),
                    &stored.finding.rule,
                    stored.finding.rule_version,
                    stored.finding.effect.as_str(),
                    stored.stands,
                    stored.finding.opening_date.map(|d| d.to_string()),
                    serde_json::to_string(&stored.finding)?,
                    dismissed
                ],
            )
            .await?;
        }
        Ok(())
    }

    /// The findings about a version, strongest first.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn findings(
        &mut self,
        id: VersionId,
        set: Option<RuleSet>,
    ) -> Result<Vec<StoredFinding>, CatalogError> {
        let mut findings: Vec<StoredFinding> = self
            .all(
                "SELECT subject, stands, body, dismissed FROM findings WHERE version_id = $1 ORDER BY id",
                args![id],
            )
            .await?
            .iter()
            .map(|row| {
                Ok(StoredFinding {
                    subject: FactSubject::parse(&row.text("subject")?)?,
                    stands: row.flag("stands")?,
                    dismissed: row
                        .opt_text("dismissed")?
                        .map(|text| serde_json::from_str(&text))
                        .transpose()?
                        .unwrap_or_default(),
                    finding: row.json("body")?,
                })
            })
            .collect::<Result<_, CatalogError>>()?;
        findings.retain(|stored| set.is_none_or(|set| stored.finding.set == set));
        findings.sort_by(|a, b| {
            (b.finding.effect, &a.finding.rule, a.subject).cmp(&(
                a.finding.effect,
                &b.finding.rule,
                b.subject,
            ))
        });
        Ok(findings)
    }

    /// The strongest effect that stands against a version; [`Effect::Allow`] when nothing does.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn standing_effect(
        &mut self,
        id: VersionId,
        set: RuleSet,
    ) -> Result<Effect, CatalogError> {
        Ok(self
            .findings(id, Some(set))
            .await?
            .iter()
            .filter(|stored| stored.stands)
            .map(|stored| stored.finding.effect)
            .max()
            .unwrap_or(Effect::Allow))
    }

    /// The renditions of a version, in the converter's order.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn renditions(&mut self, id: VersionId) -> Result<Vec<Rendition>, CatalogError> {
        self.all(
            "SELECT * FROM renditions WHERE version_id = $1 ORDER BY ordinal",
            args![id],
        )
        .await?
        .iter()
        .map(rendition_from_row)
        .collect()
    }

    /// What was removed or changed on the way to the renditions.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn treatments(
        &mut self,
        id: VersionId,
    ) -> Result<Vec<AppliedTreatment>, CatalogError> {
        self.all(
            "SELECT kind, body FROM treatments WHERE version_id = $1 ORDER BY ordinal",
            args![id],
        )
        .await?
        .iter()
        .map(|row| {
            Ok(AppliedTreatment {
                kind: serde_json::from_value(serde_json::Value::String(row.text("kind")?))?,
                detail: row.json("body")?,
            })
        })
        .collect()
    }
}
