-- The catalog. Portable between SQLite and PostgreSQL: TEXT and BIGINT only; instants are RFC 3339 text in UTC.

CREATE TABLE sources (
    id                TEXT PRIMARY KEY,
    name              TEXT NOT NULL UNIQUE,
    kind              TEXT NOT NULL,
    scan_state        TEXT NOT NULL,           -- JSON, opaque, given back to the connector
    last_attempt_at   TEXT,
    last_complete_at  TEXT,
    last_error        TEXT,                    -- JSON {en, fr}
    hold              TEXT,                    -- JSON {missing, known}: mass absence waits for a person
    hold_released     BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE items (
    id                    TEXT PRIMARY KEY,
    source_id             TEXT NOT NULL REFERENCES sources (id),
    native_id             TEXT NOT NULL,
    origin_id             TEXT NOT NULL,       -- native id when first seen: derived ids survive a move
    path                  TEXT NOT NULL,
    name                  TEXT NOT NULL,
    folder                TEXT NOT NULL,
    role                  TEXT NOT NULL,       -- record | sidecar
    group_key             TEXT NOT NULL,
    state                 TEXT NOT NULL,
    reasons               TEXT NOT NULL,       -- JSON list of {en, fr}
    observed_fingerprint  TEXT NOT NULL,
    observed_since        TEXT NOT NULL,
    fetched_fingerprint   TEXT,
    missing_scans         BIGINT NOT NULL DEFAULT 0,
    move_hint             TEXT,
    native                TEXT NOT NULL,       -- JSON
    access                TEXT NOT NULL,
    size_bytes            BIGINT,
    modified              TEXT,
    current_version       TEXT,
    first_seen_at         TEXT NOT NULL,
    gone_at               TEXT,
    UNIQUE (source_id, native_id),
    UNIQUE (source_id, origin_id)
);
CREATE INDEX items_by_group ON items (source_id, group_key);
CREATE INDEX items_by_folder ON items (source_id, folder, role);
CREATE INDEX items_by_state ON items (state);

CREATE TABLE versions (
    id           TEXT PRIMARY KEY,
    item_id      TEXT NOT NULL REFERENCES items (id),
    seq          BIGINT NOT NULL,
    sha256       TEXT NOT NULL,
    size_bytes   BIGINT NOT NULL,
    fingerprint  TEXT NOT NULL,
    native       TEXT NOT NULL,                -- JSON as captured with these bytes
    stage        TEXT NOT NULL,                -- fetched | converted | screened
    format       TEXT,                         -- JSON
    converter    TEXT,                         -- name/version of what converted it
    warnings     TEXT NOT NULL,                -- JSON list
    document     TEXT NOT NULL,                -- JSON: title, language … read from the content
    screened_by  TEXT,                         -- hash of the rule book
    created_at   TEXT NOT NULL,
    UNIQUE (item_id, seq)
);

CREATE TABLE renditions (
    id          TEXT PRIMARY KEY,
    version_id  TEXT NOT NULL REFERENCES versions (id),
    ordinal     BIGINT NOT NULL,
    kind        TEXT NOT NULL,
    name        TEXT NOT NULL,
    media_type  TEXT NOT NULL,
    title       TEXT NOT NULL,
    language    TEXT,
    row_count   BIGINT,
    sha256      TEXT NOT NULL,
    size_bytes  BIGINT NOT NULL,
    converter   TEXT NOT NULL,
    UNIQUE (version_id, name)
);

CREATE TABLE facts (
    version_id  TEXT NOT NULL REFERENCES versions (id),
    subject     TEXT NOT NULL,                 -- original | renditions
    fact_count  BIGINT NOT NULL,
    body        TEXT NOT NULL,                 -- JSON list; evidence is masked
    PRIMARY KEY (version_id, subject)
);

CREATE TABLE findings (
    id            TEXT PRIMARY KEY,
    version_id    TEXT NOT NULL REFERENCES versions (id),
    subject       TEXT NOT NULL,               -- original | renditions
    rule_set      TEXT NOT NULL,               -- release | transfer
    rule_id       TEXT NOT NULL,
    rule_version  BIGINT NOT NULL,
    effect        TEXT NOT NULL,
    stands        BIGINT NOT NULL,             -- 0 when a treatment lifted it
    opening_date  TEXT,
    body          TEXT NOT NULL                -- JSON
);
CREATE INDEX findings_by_version ON findings (version_id);
CREATE INDEX findings_by_rule ON findings (rule_id);

CREATE TABLE treatments (
    version_id  TEXT NOT NULL REFERENCES versions (id),
    ordinal     BIGINT NOT NULL,
    kind        TEXT NOT NULL,
    body        TEXT NOT NULL,                 -- JSON: what was removed, masked
    PRIMARY KEY (version_id, ordinal)
);

CREATE TABLE sidecars (
    source_id   TEXT NOT NULL REFERENCES sources (id),
    folder      TEXT NOT NULL,
    item_id     TEXT NOT NULL REFERENCES items (id),
    sha256      TEXT NOT NULL,
    body        TEXT NOT NULL,                 -- JSON: parsed releases, or problems
    PRIMARY KEY (source_id, folder)
);

CREATE TABLE releases (
    id             TEXT PRIMARY KEY,
    source_id      TEXT NOT NULL REFERENCES sources (id),
    group_key      TEXT NOT NULL,
    title          TEXT NOT NULL,              -- JSON {en, fr}
    state          TEXT NOT NULL,
    proposal       TEXT NOT NULL,              -- none | publish | update | withdraw
    effect         TEXT NOT NULL,
    reasons        TEXT NOT NULL,              -- JSON list of {en, fr}: why it waits
    bundle_hash    TEXT,                       -- what a decision is bound to
    bundle         TEXT NOT NULL,              -- JSON
    updated_at     TEXT NOT NULL,
    UNIQUE (source_id, group_key)
);
CREATE INDEX releases_by_state ON releases (state);

CREATE TABLE records (
    release_id  TEXT PRIMARY KEY REFERENCES releases (id),
    fields      TEXT NOT NULL,                 -- JSON, assembled
    provenance  TEXT NOT NULL,                 -- JSON: field -> where its value is from
    problems    TEXT NOT NULL,                 -- JSON list
    person      TEXT NOT NULL                  -- JSON: values a person gave; never overwritten
);

CREATE TABLE published (
    release_id    TEXT NOT NULL REFERENCES releases (id),
    target        TEXT NOT NULL,
    state         TEXT NOT NULL,               -- sent | published | withdrawing | withdrawn
    bundle_hash   TEXT NOT NULL,
    content_hash  TEXT NOT NULL,               -- the bundle without the rules
    address       TEXT,
    plan_id       TEXT NOT NULL,
    at            TEXT NOT NULL,
    PRIMARY KEY (release_id, target)
);

CREATE TABLE decisions (
    id           TEXT PRIMARY KEY,
    release_id   TEXT NOT NULL REFERENCES releases (id),
    kind         TEXT NOT NULL,                -- release | withdraw | transfer
    bound_hash   TEXT NOT NULL,
    verdict      TEXT NOT NULL,                -- approve | refuse | send_back
    by_kind      TEXT NOT NULL,                -- policy | person
    by_name      TEXT NOT NULL,
    reason       TEXT NOT NULL,
    at           TEXT NOT NULL
);
CREATE INDEX decisions_by_release ON decisions (release_id, kind, bound_hash);

CREATE TABLE plans (
    id           TEXT PRIMARY KEY,
    kind         TEXT NOT NULL,                -- release
    target       TEXT NOT NULL,
    hash         TEXT NOT NULL,
    state        TEXT NOT NULL,                -- proposed | applying | applied | failed | superseded
    body         TEXT NOT NULL,                -- JSON
    created_at   TEXT NOT NULL,
    applied_at   TEXT
);

CREATE TABLE journal (
    plan_id  TEXT NOT NULL REFERENCES plans (id),
    step     TEXT NOT NULL,
    detail   TEXT NOT NULL,
    at       TEXT NOT NULL,
    PRIMARY KEY (plan_id, step)
);

CREATE TABLE target_content (
    target       TEXT NOT NULL,
    resource_id  TEXT NOT NULL,
    sha256       TEXT NOT NULL,
    at           TEXT NOT NULL,
    PRIMARY KEY (target, resource_id)
);

CREATE TABLE transfers (
    id           TEXT PRIMARY KEY,
    release_id   TEXT NOT NULL REFERENCES releases (id),
    bundle_hash  TEXT NOT NULL,
    state        TEXT NOT NULL,                -- planned | built | refused
    bag          TEXT NOT NULL,
    bag_sha512   TEXT,
    body         TEXT NOT NULL,                -- JSON
    created_at   TEXT NOT NULL,
    built_at     TEXT,
    UNIQUE (release_id, bundle_hash)
);

CREATE TABLE work (
    id           TEXT PRIMARY KEY,
    kind         TEXT NOT NULL,
    subject      TEXT NOT NULL,
    lane         TEXT NOT NULL,                -- source:name, target:name or empty: for limits
    state        TEXT NOT NULL,                -- ready | claimed | quarantined
    priority     BIGINT NOT NULL,
    attempt      BIGINT NOT NULL,
    run_after    TEXT NOT NULL,
    lease_until  TEXT,
    fence        BIGINT NOT NULL,
    again        BIGINT NOT NULL,              -- asked for once more while claimed
    worker       TEXT,
    last_error   TEXT,                         -- JSON {code, en, fr}
    created_at   TEXT NOT NULL,
    UNIQUE (kind, subject)
);
CREATE INDEX work_by_state ON work (state, priority, run_after);

CREATE TABLE runs (
    id          TEXT PRIMARY KEY,
    mode        TEXT NOT NULL,
    host        TEXT NOT NULL,
    started_at  TEXT NOT NULL,
    ended_at    TEXT,
    summary     TEXT
);

CREATE TABLE events (
    seq           BIGINT PRIMARY KEY,
    id            TEXT NOT NULL UNIQUE,
    at            TEXT NOT NULL,
    kind          TEXT NOT NULL,
    subject_kind  TEXT NOT NULL,
    subject_id    TEXT NOT NULL,
    actor         TEXT NOT NULL,
    body          TEXT NOT NULL,               -- canonical JSON
    previous      TEXT NOT NULL,
    hash          TEXT NOT NULL
);
CREATE INDEX events_by_subject ON events (subject_id);

CREATE TABLE chain (
    only_row  BIGINT PRIMARY KEY,
    seq       BIGINT NOT NULL,
    hash      TEXT NOT NULL
);
INSERT INTO chain (only_row, seq, hash) VALUES (1, 0, '');
