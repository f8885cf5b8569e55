-- What a scan remembers of every folder, so that a folder in which nothing changed costs no look at its items.

CREATE TABLE folders (
    source_id   TEXT NOT NULL REFERENCES sources (id),
    folder      TEXT NOT NULL,
    digest      TEXT NOT NULL,                 -- over the records last listed in it
    quiet       BIGINT NOT NULL,               -- 1: all of them are as they were fetched, and none is missing
    generation  BIGINT NOT NULL,               -- the scan that last noted it at a checkpoint or with a change
    PRIMARY KEY (source_id, folder)
);
INSERT INTO folders (source_id, folder, digest, quiet, generation)
SELECT DISTINCT source_id, folder, '', 0, 0 FROM items WHERE gone_at IS NULL;

ALTER TABLE sources ADD COLUMN scan_generation BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sources ADD COLUMN scan_cursor TEXT;              -- JSON: how far a scan got that did not come to its end
ALTER TABLE items ADD COLUMN absent_in BIGINT;                -- the scan in which its folder was listed without it
CREATE INDEX items_by_hint ON items (source_id, move_hint);
CREATE INDEX items_by_absence ON items (source_id, absent_in);
