//! When a source is scanned: cron on the wall clock of a named time zone, with a rule for the two odd nights.
//!
//! The crate `cron` gives wall-clock times; placing them on the time line is done here. In spring a time that does not
//! exist is placed at the end of the gap, once. In autumn a time that exists twice is used the first time only,
//! unless the schedule runs in every hour: then it runs in both. Rule that must hold: a schedule never skips a night and
//! never runs a nightly job twice.

use std::str::FromStr;

use chrono::{DateTime, Duration, LocalResult, NaiveDateTime, Offset, TimeZone, Utc};
use chrono_tz::Tz;

/// A schedule: cron with seconds, in a time zone.
#[derive(Clone, Debug)]
pub struct Schedule {
    cron: cron::Schedule,
    zone: Tz,
    every_hour: bool,
}

/// What to do about a run that fell into a time when the daemon was down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Missed {
    /// Make up for it once, at start.
    #[default]
    Once,
    /// Wait for the next.
    Skip,
}

impl Schedule {
    /// Reads a cron expression of six or seven fields, seconds first.
    ///
    /// # Errors
    /// The crate's own words about what it does not understand.
    pub fn new(expression: &str, zone: Tz) -> Result<Self, String> {
        let cron = cron::Schedule::from_str(expression).map_err(|error| error.to_string())?;
        let every_hour = expression
            .split_whitespace()
            .nth(2)
            .is_some_and(|hours| hours == "*");
        Ok(Self {
            cron,
            zone,
            every_hour,
        })
    }

    /// The first instant of the schedule after `after`. `None` when there is none (a year that has passed).
    pub fn next_after(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        if self.every_hour {
            return self.next_in_offset(after);
        }
        // Start a day early on the wall clock: around a change of offset, wall-clock order is not time order.
        let start = (after.with_timezone(&self.zone).naive_local()) - Duration::hours(25);
        self.cron
            .after(&start.and_utc())
            .take(100_000)
            .filter_map(|wall| self.place(wall.naive_utc()))
            .find(|instant| *instant > after)
    }

    /// A schedule of every hour does not care what the hour is called: it is read in the offset of the moment.
    fn next_in_offset(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let offset = |at: DateTime<Utc>| at.with_timezone(&self.zone).offset().fix();
        let ours = offset(after);
        let wall = (after + Duration::seconds(i64::from(ours.local_minus_utc()))).naive_utc();
        let next = self.cron.after(&wall.and_utc()).next()?;
        Some(next - Duration::seconds(i64::from(ours.local_minus_utc())))
    }

    fn place(&self, wall: NaiveDateTime) -> Option<DateTime<Utc>> {
        match self.zone.from_local_datetime(&wall) {
            LocalResult::Single(instant) | LocalResult::Ambiguous(instant, _) => {
                Some(instant.with_timezone(&Utc))
            }
            LocalResult::None => {
                // In the gap: the first wall-clock minute that exists again.
                (1..=240).find_map(|minutes| {
                    self.zone
                        .from_local_datetime(&(truncated(wall) + Duration::minutes(minutes)))
                        .earliest()
                        .map(|instant| instant.with_timezone(&Utc))
                })
            }
        }
    }

    /// When a source that was last tried at `last` is due, the daemon having started at `start`.
    pub fn first_due(
        &self,
        last: Option<DateTime<Utc>>,
        start: DateTime<Utc>,
        missed: Missed,
    ) -> Option<DateTime<Utc>> {
        match (last, missed) {
            (None, _) => Some(start),
            (Some(last), Missed::Once) => self.next_after(last).map(|due| due.max(start)),
            (Some(_), Missed::Skip) => self.next_after(start),
        }
    }
}

fn truncated(wall: NaiveDateTime) -> NaiveDateTime {
    use chrono::Timelike;
    wall.with_second(0)
        .and_then(|w| w.with_nanosecond(0))
        .unwrap_or(wall)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    /// The instants after `after`, in order.
    fn check(cron: &str, after: &str, expect: &[&str]) {
        let schedule = Schedule::new(cron, chrono_tz::America::Toronto).unwrap();
        let mut at = utc(after);
        for expect in expect {
            at = schedule.next_after(at).unwrap();
            assert_eq!(at, utc(expect), "{cron} after {after}");
        }
    }

    #[test]
    fn ordinary_days() {
        check(
            "0 30 2 * * *",
            "2026-06-01T12:00:00Z",
            &["2026-06-02T06:30:00Z", "2026-06-03T06:30:00Z"],
        );
        check(
            "0 */15 * * * *",
            "2026-06-01T12:00:00Z",
            &["2026-06-01T12:15:00Z", "2026-06-01T12:30:00Z"],
        );
        check(
            "0 0 9 * * Mon",
            "2026-06-01T13:00:00Z",
            &["2026-06-08T13:00:00Z"],
        );
    }

    #[test]
    fn the_spring_night_neither_skips_nor_doubles() {
        // 2026-03-08: 02:00 EST becomes 03:00 EDT at 07:00Z.
        check(
            "0 30 2 * * *",
            "2026-03-07T12:00:00Z",
            &["2026-03-08T07:00:00Z", "2026-03-09T06:30:00Z"],
        );
        check(
            "0 0,15,30 2 * * *",
            "2026-03-07T12:00:00Z",
            &["2026-03-08T07:00:00Z", "2026-03-09T06:00:00Z"],
        );
        check(
            "0 0 3 * * *",
            "2026-03-07T12:00:00Z",
            &["2026-03-08T07:00:00Z", "2026-03-09T07:00:00Z"],
        );
    }

    #[test]
    fn the_autumn_night_runs_a_nightly_job_once_and_an_hourly_one_every_hour() {
        // 2026-11-01: 02:00 EDT becomes 01:00 EST at 06:00Z.
        check(
            "0 30 1 * * *",
            "2026-10-31T12:00:00Z",
            &["2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z"],
        );
        check(
            "0 30 * * * *",
            "2026-11-01T05:00:00Z",
            &[
                "2026-11-01T05:30:00Z",
                "2026-11-01T06:30:00Z",
                "2026-11-01T07:30:00Z",
            ],
        );
        check(
            "0 30 * * * *",
            "2026-03-08T06:00:00Z",
            &["2026-03-08T06:30:00Z", "2026-03-08T07:30:00Z"],
        );
    }

    #[test]
    fn missed_runs() {
        let schedule = Schedule::new("0 0 2 * * *", chrono_tz::America::Toronto).unwrap();
        let (last, start) = (utc("2026-06-01T06:00:00Z"), utc("2026-06-05T12:00:00Z"));
        assert_eq!(
            schedule.first_due(Some(last), start, Missed::Once),
            Some(start)
        );
        assert_eq!(
            schedule.first_due(Some(last), start, Missed::Skip),
            Some(utc("2026-06-06T06:00:00Z"))
        );
        assert_eq!(schedule.first_due(None, start, Missed::Skip), Some(start));
        assert_eq!(
            schedule.first_due(Some(utc("2026-06-05T11:00:00Z")), start, Missed::Once),
            Some(utc("2026-06-06T06:00:00Z"))
        );
    }
}
