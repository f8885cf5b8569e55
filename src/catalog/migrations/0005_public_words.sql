-- What the public is told about a withdrawal that a person approved, and the plans of a target by state.

ALTER TABLE decisions ADD COLUMN public_reason TEXT;          -- JSON {en, fr}
CREATE INDEX plans_by_state ON plans (target, state);
