//! Instants as microseconds since 1970 in UTC, the unit of both databases.
//! It reads no clock: the caller brings the instant.

use serde::{Deserialize, Serialize};
use std::fmt;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{Date, OffsetDateTime};

/// Microseconds since the Unix epoch, UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Timestamp(pub i64);

crate::column!(value Timestamp, i64, |t: &Self| t.0, Self);

pub const SECOND: i64 = 1_000_000;
pub const MINUTE: i64 = 60 * SECOND;
pub const HOUR: i64 = 60 * MINUTE;
pub const DAY: i64 = 86_400 * SECOND;

/// Why a text is not an instant.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an instant: write 2026-11-23 or 2026-11-23T06:00:00Z")]
pub struct BadInstant;

impl Timestamp {
    pub fn micros(self) -> i64 {
        self.0
    }

    /// The instant `micros` later.
    #[must_use]
    pub fn plus(self, micros: i64) -> Self {
        Self(self.0.saturating_add(micros))
    }

    /// Microseconds from `earlier` to here; negative where it is later.
    pub fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    fn date_time(self) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1000).unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }

    /// RFC 3339 in UTC with exactly the digits needed, for example `2026-11-23T06:00:00Z`.
    pub fn rfc3339(self) -> String {
        self.date_time().format(&Rfc3339).unwrap_or_default()
    }

    /// The same with a fraction always, so that `last_of` reads this very instant: `2026-11-23T06:00:00.0Z`.
    pub fn exact(self) -> String {
        let text = self.rfc3339();
        if text.contains('.') { text } else { text.replacen('Z', ".0Z", 1) }
    }

    /// `2026-11-23 06:00`, for tables.
    pub fn minute(self) -> String {
        self.date_time().format(format_description!("[year]-[month]-[day] [hour]:[minute]")).unwrap_or_default()
    }

    /// `06:00`.
    pub fn clock(self) -> String {
        self.date_time().format(format_description!("[hour]:[minute]")).unwrap_or_default()
    }

    /// `Monday, 23 November 2026`.
    pub fn day(self) -> String {
        self.date_time().format(format_description!("[weekday], [day padding:none] [month repr:long] [year]")).unwrap_or_default()
    }

    /// `23 Nov 2026, 06:00`, for sentences; UTC as everywhere.
    pub fn moment(self) -> String {
        self.date_time().format(format_description!("[day padding:none] [month repr:short] [year], [hour]:[minute]")).unwrap_or_default()
    }

    /// `23 Nov 2026`.
    pub fn date_words(self) -> String {
        self.date_time().format(format_description!("[day padding:none] [month repr:short] [year]")).unwrap_or_default()
    }

    /// `2026-11-23`.
    pub fn date(self) -> String {
        self.date_time().format(format_description!("[year]-[month]-[day]")).unwrap_or_default()
    }

    /// The first instants of this month and of the months before it, oldest first.
    pub fn month_starts(self, months: usize) -> Vec<Self> {
        let mut day = self.date_time().date();
        let mut out = Vec::with_capacity(months);
        for _ in 0..months {
            day = day.replace_day(1).unwrap_or(day);
            out.push(Self::of(day.midnight().assume_utc()).unwrap_or(self));
            day = day.previous_day().unwrap_or(day);
        }
        out.reverse();
        out
    }

    /// The first instant of the quarter this lies in.
    #[must_use]
    pub fn quarter_start(self) -> Self {
        let into = i64::from((u8::from(self.date_time().month()) - 1) % 3) + 1;
        self.month_starts(usize::try_from(into).unwrap_or(1)).first().copied().unwrap_or(self)
    }

    /// `Nov 2026`, for the axis of a chart.
    pub fn month(self) -> String {
        self.date_time().format(format_description!("[month repr:short] [year]")).unwrap_or_default()
    }

    /// The same day and clock so many months earlier; the last day of a month that is shorter.
    #[must_use]
    pub fn months_before(self, months: i64) -> Self {
        let now = self.date_time();
        let all = i64::from(now.year()) * 12 + i64::from(u8::from(now.month())) - 1 - months;
        let year = i32::try_from(all.div_euclid(12)).unwrap_or(i32::MIN);
        let month = u8::try_from(all.rem_euclid(12) + 1).ok().and_then(|m| time::Month::try_from(m).ok()).unwrap_or(time::Month::January);
        let then = (1..=now.day()).rev().find_map(|day| Date::from_calendar_date(year, month, day).ok());
        then.and_then(|date| Self::of(now.replace_date(date)).ok()).unwrap_or(Self(i64::MIN))
    }

    /// The last instant of the day, the minute or the second that is written out as pages write it: `28 Jul 2026`,
    /// `28 July 2026`, `28 Jul 2026, 01:23 UTC`; a month (`Jul 2026`) is its first instant, as charts have it.
    pub fn last_written_out(text: &str) -> Result<Self, BadInstant> {
        let text = match text.trim().split_once(", ") {
            Some((weekday, rest)) if weekday.ends_with("day") => rest,
            _ => text.trim(),
        };
        let (day, clock) = text.split_once(',').unwrap_or((text, ""));
        let short = format_description!("[day padding:none] [month repr:short case_sensitive:false] [year]");
        let long = format_description!("[day padding:none] [month repr:long case_sensitive:false] [year]");
        if let Ok(date) = Date::parse(day, short).or_else(|_| Date::parse(day, long)) {
            return Self::last_of(format!("{} {}", Self::of(date.midnight().assume_utc())?.date(), clock.trim()).trim());
        }
        let first = format!("1 {day}");
        let month = Date::parse(&first, short).or_else(|_| Date::parse(&first, long)).map_err(|_| BadInstant)?;
        if clock.is_empty() { Self::of(month.midnight().assume_utc()) } else { Err(BadInstant) }
    }

    /// Reads a date (its first instant, UTC) or an RFC 3339 instant.
    pub fn parse(text: &str) -> Result<Self, BadInstant> {
        if let Ok(date) = Date::parse(text, format_description!("[year]-[month]-[day]")) {
            return Self::of(date.midnight().assume_utc());
        }
        Self::of(OffsetDateTime::parse(text, &Rfc3339).map_err(|_| BadInstant)?)
    }

    /// Reads the last instant of a day, a minute or a second, or an instant with a fraction as it is: whoever writes a
    /// time as it is shown wants what happened within it. Without a zone it is UTC, as every page shows it.
    pub fn last_of(text: &str) -> Result<Self, BadInstant> {
        let (date, rest) = text.trim().split_at_checked("2026-11-23".len()).ok_or(BadInstant)?;
        if rest.is_empty() {
            return Ok(Self::parse(date)?.plus(DAY - 1));
        }
        let rest = rest.strip_prefix(['T', 't', ' ']).ok_or(BadInstant)?;
        let (clock, zone) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit() && c != ':' && c != '.').unwrap_or(rest.len()));
        let zone = match zone.trim_start() {
            "" | "Z" | "z" | "UTC" => "Z",
            offset => offset,
        };
        let (seconds, span) = match clock.len() {
            5 => (":00", MINUTE),
            8 => ("", SECOND),
            _ => ("", 1),
        };
        Ok(Self::parse(&format!("{date}T{clock}{seconds}{zone}"))?.plus(span - 1))
    }

    fn of(instant: OffsetDateTime) -> Result<Self, BadInstant> {
        i64::try_from(instant.unix_timestamp_nanos() / 1000).map(Self).map_err(|_| BadInstant)
    }
}

/// Time as judgements take it: never before an instant that was reached. Where the clock lies behind that, because it ran
/// ahead once, time goes on at half the clock's pace until the clock has caught up: a pause ends, a session ends, and
/// nothing that has ended begins again.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pace {
    reached: Timestamp,
    clock: Timestamp,
}

impl Pace {
    /// What time it is when the clock shows this.
    pub fn at(&mut self, clock: Timestamp) -> Timestamp {
        if clock < self.reached {
            let half = clock.since(self.clock).max(0) / 2;
            self.reached = self.reached.plus(half);
            // What was passed and not counted stays to be counted.
            self.clock = if clock < self.clock { clock } else { self.clock.plus(2 * half) };
        } else {
            self.clock = clock;
        }
        clock.max(self.reached)
    }

    /// Hears of an instant that was reached while the clock shows this.
    pub fn reached(&mut self, instant: Timestamp, clock: Timestamp) {
        self.at(clock);
        self.reached = self.reached.max(instant);
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rfc3339())
    }
}

/// How long before `now` an instant lies, as a person says it: `3 minutes ago`, `2 days ago`, `in 5 hours`.
pub fn relative(then: Timestamp, now: Timestamp) -> String {
    let gap = (now.0 - then.0) / SECOND;
    let (past, gap) = (gap >= 0, gap.abs());
    let counted = |n: i64, unit: &str| format!("{n} {unit}{}", if n == 1 { "" } else { "s" });
    // What is 30 days away a moment after it was made is still said to be 30 days away.
    let gap = if past { gap } else { gap + 30 };
    let words = match gap {
        0..45 => return "just now".to_owned(),
        45..3_600 => counted((gap / 60).max(1), "minute"),
        3_600..86_400 => counted(gap / 3_600, "hour"),
        86_400..5_184_000 => counted(gap / 86_400, "day"),
        _ => counted(gap / 2_592_000, "month"),
    };
    if past { format!("{words} ago") } else { format!("in {words}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_read() {
        let day = Timestamp::parse("2026-11-23").expect("date");
        assert_eq!(day.rfc3339(), "2026-11-23T00:00:00Z");
        assert_eq!(Timestamp::parse("2026-11-23T01:00:00+01:00"), Ok(day));
        assert_eq!(Timestamp::parse("yesterday"), Err(BadInstant));
    }

    #[test]
    fn a_time_as_it_is_shown_means_its_last_instant() {
        for (text, instant) in [
            ("2026-11-23", "2026-11-23T23:59:59.999999Z"),
            ("2026-11-23 06:00", "2026-11-23T06:00:59.999999Z"),
            ("2026-11-23 06:00 UTC", "2026-11-23T06:00:59.999999Z"),
            ("2026-11-23T06:00+01:00", "2026-11-23T05:00:59.999999Z"),
            ("2026-11-23T06:00:16Z", "2026-11-23T06:00:16.999999Z"),
            ("2026-11-23T06:00:16.81Z", "2026-11-23T06:00:16.81Z"),
            ("2026-11-23T06:00:16.0Z", "2026-11-23T06:00:16Z"),
        ] {
            assert_eq!(Timestamp::last_of(text).map(Timestamp::rfc3339).as_deref(), Ok(instant), "{text}");
        }
        for text in ["2026-11-2", "2026-11-23x06:00", "2026-11-23 6:00", "2026-11-23 06:00 CET", "2026-02-30 06:00", "2026-11-23T", "ü"] {
            assert_eq!(Timestamp::last_of(text), Err(BadInstant), "{text}");
        }
        for at in [0, 1, 500_000, SECOND, MINUTE, DAY - 1] {
            assert_eq!(Timestamp::last_of(&Timestamp(at).exact()), Ok(Timestamp(at)));
        }
    }

    #[test]
    fn time_that_was_reached_goes_on_and_never_back() {
        let (day, year) = (Timestamp(100 * DAY), 365 * DAY);
        let mut pace = Pace::default();
        assert_eq!(pace.at(day), day);
        // A clock that ran ahead and wrote nothing leaves nothing behind.
        assert_eq!(pace.at(day.plus(year)), day.plus(year));
        assert_eq!(pace.at(day.plus(SECOND)), day.plus(SECOND));
        // One that wrote something does: time stands there, and goes on from there.
        pace.reached(day.plus(year), day.plus(SECOND));
        assert_eq!(pace.at(day.plus(SECOND)), day.plus(year));
        assert_eq!(pace.at(day.plus(SECOND + DAY)), day.plus(year + DAY / 2));
        // Set back once more, it goes on all the same.
        assert_eq!(pace.at(day), day.plus(year + DAY / 2));
        assert_eq!(pace.at(day.plus(DAY)), day.plus(year + DAY));
        for n in 1..=1000 {
            pace.at(day.plus(DAY + n));
        }
        assert_eq!(pace.at(day.plus(DAY + 1000)), day.plus(year + DAY + 500), "small steps add up");
        assert_eq!(pace.at(day.plus(3 * year)), day.plus(3 * year), "until the clock has caught up");
    }

    #[test]
    fn months_go_back_over_the_turn_of_a_year() {
        let at = Timestamp::parse("2027-02-28T13:00:00Z").expect("instant");
        let dates: Vec<String> = at.month_starts(4).into_iter().map(Timestamp::date).collect();
        assert_eq!(dates, ["2026-11-01", "2026-12-01", "2027-01-01", "2027-02-01"]);
        assert_eq!(at.month(), "Feb 2027");
        let quarters = ["2026-11-23", "2026-10-01", "2026-03-31"].map(|t| Timestamp::parse(t).expect("date").quarter_start().date());
        assert_eq!(quarters, ["2026-10-01", "2026-10-01", "2026-01-01"]);
    }

    #[test]
    fn days_and_moments_are_written_out() {
        let at = Timestamp::parse("2026-11-05T06:07:08Z").expect("instant");
        let all = [at.clock(), at.day(), at.moment()];
        assert_eq!(all, ["06:07", "Thursday, 5 November 2026", "5 Nov 2026, 06:07"]);
    }

    #[test]
    fn what_is_written_out_is_read_back() {
        let at = Timestamp::parse("2026-11-05T06:07:08Z").expect("instant");
        let end = |text: &str| Timestamp::last_of(text);
        assert_eq!(Timestamp::last_written_out(&at.day()), end("2026-11-05"));
        assert_eq!(Timestamp::last_written_out(&at.moment()), end("2026-11-05 06:07"));
        assert_eq!(Timestamp::last_written_out("5 nov 2026, 06:07 UTC"), end("2026-11-05 06:07"));
        assert_eq!(Timestamp::last_written_out(&at.month()), Timestamp::parse("2026-11-01"));
        for text in ["", "31 Feb 2026", "5 Novembre 2026", "5 Nov", "Nov 2026, 06:07", "5 Nov 2026, 25:00"] {
            assert_eq!(Timestamp::last_written_out(text), Err(BadInstant), "{text}");
        }
    }

    #[test]
    fn months_are_those_of_the_calendar() {
        let before = |text: &str, n| Timestamp::parse(text).expect("literal").months_before(n).rfc3339();
        assert_eq!(before("2026-11-26T01:00:00Z", 3), "2026-08-26T01:00:00Z");
        assert_eq!(before("2027-03-31T01:00:00Z", 1), "2027-02-28T01:00:00Z");
        assert_eq!(before("2026-01-05T01:00:00Z", 13), "2024-12-05T01:00:00Z");
        assert_eq!(Timestamp::default().months_before(i64::MAX / 2), Timestamp(i64::MIN));
    }

    #[test]
    fn gaps_read_as_a_person_says_them() {
        let now = Timestamp(10 * DAY);
        assert_eq!(relative(Timestamp(8 * DAY), now), "2 days ago");
        assert_eq!(relative(Timestamp(10 * DAY + 7200 * SECOND), now), "in 2 hours");
        assert_eq!(relative(now.plus(30 * DAY - 5 * SECOND), now), "in 30 days");
        assert_eq!(relative(Timestamp(9 * DAY), now), "1 day ago");
        assert_eq!(relative(now, now), "just now");
    }
}
