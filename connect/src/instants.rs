//! Instants as inputs write them. It reads no clock.

use domain::time::{BadInstant, DAY, Timestamp};

/// When something was or will be, in microseconds: of a date, its first instant.
pub(crate) fn at(text: &str) -> Result<i64, BadInstant> {
    Timestamp::parse(text.trim()).map(Timestamp::micros)
}

/// When something ends: what ends on a date is there until the day is over.
pub(crate) fn end(text: &str) -> Result<i64, BadInstant> {
    let text = text.trim();
    let at = at(text)?;
    Ok(if text.len() == "2026-11-23".len() { at + DAY - 1 } else { at })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ends_on_a_date_ends_with_its_day() {
        let shown = |text: &str| end(text).map(|at| Timestamp(at).rfc3339());
        assert_eq!(shown("2026-12-31").as_deref(), Ok("2026-12-31T23:59:59.999999Z"));
        assert_eq!(shown(" 2026-12-31T06:00:00Z").as_deref(), Ok("2026-12-31T06:00:00Z"));
        assert_eq!(shown("31.12.2026"), Err(BadInstant));
        assert_eq!(at("2026-12-31").map(|at| Timestamp(at).rfc3339()).as_deref(), Ok("2026-12-31T00:00:00Z"));
    }
}
