-- What was looked for when facts were established, when they were judged, and findings that a person has dismissed.

ALTER TABLE versions ADD COLUMN phrases TEXT;                 -- hash of the lists of phrases its facts were established with
ALTER TABLE versions ADD COLUMN screened_on TEXT;             -- the day of its last judgement
ALTER TABLE findings ADD COLUMN dismissed TEXT;               -- JSON list: which evidence is dismissed, by what

CREATE TABLE dismissals (
    id            TEXT PRIMARY KEY,
    source_id     TEXT NOT NULL REFERENCES sources (id),
    version_id    TEXT REFERENCES versions (id),              -- null for a pattern
    rule_id       TEXT NOT NULL,
    body          TEXT NOT NULL,                              -- JSON: what it covers, masked; who, when, why; revoked or not
    at            TEXT NOT NULL
);
CREATE INDEX dismissals_by_source ON dismissals (source_id, rule_id);
CREATE INDEX findings_by_opening ON findings (opening_date);
