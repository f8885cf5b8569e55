-- The queue is asked after every step for what is due next and for the best piece of a lane. Both answers must cost the same
-- whether ten pieces wait or a hundred thousand.
DROP INDEX work_by_state;
CREATE INDEX work_by_lane ON work (state, lane, priority, run_after, id);
CREATE INDEX work_by_due ON work (state, run_after);
-- What a publication asks once per release.
CREATE INDEX plans_by_hash ON plans (target, hash);
CREATE INDEX published_by_state ON published (target, state);
-- From a version to the item it is the current one of.
CREATE INDEX items_by_version ON items (current_version);
