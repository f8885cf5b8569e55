-- What rules ask to be taken out of the copy of a version.

ALTER TABLE versions ADD COLUMN redaction TEXT;               -- JSON: the rules that ask, the places; never the values
