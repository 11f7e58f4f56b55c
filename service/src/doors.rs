//! The doors that anybody may try: whoever fails often at one waits longer every time. In memory alone, for a stranger
//! writes nothing; each process counts for itself. The door of the password has its own count, which outlives a restart.

use crate::people::paused;
use crate::sessions::digest;
use crate::{Error, Principal, Result, Services, tokens};
use domain::time::{SECOND, Timestamp};
use std::collections::{HashMap, HashSet};
use std::sync::Mutex;

/// Failures before pauses begin.
const FREE: i64 = 30;
/// What is older is forgotten.
const REMEMBERED: i64 = 3600 * SECOND;
/// Exports of one holder within a minute: each leaves an entry for good.
const EXPORTS: u32 = 60;
/// The most places and the most tokens that are remembered.
const MOST: usize = 10_000;

#[derive(Default)]
pub(crate) struct Doors(Mutex<Tried>);

#[derive(Default)]
struct Tried {
    /// By door and place: how often it failed, and when it did last.
    failures: HashMap<String, (i64, Timestamp)>,
    /// Digests of tokens that worked: a neighbour who guesses does not shut them out.
    good: HashSet<String>,
    /// By who answers for them: since when exports are counted, and how many there were.
    exports: HashMap<String, (Timestamp, u32)>,
}

impl Doors {
    /// How many seconds whoever stands there has to wait; none where they may try.
    fn waits(&self, at: &str, now: Timestamp) -> Option<i64> {
        let tried = self.0.lock().ok()?;
        let failed = tried.failures.get(at).copied().filter(|(_, last)| now.since(*last) < REMEMBERED)?;
        paused(&vec![failed], &[FREE], now)
    }

    fn failed(&self, at: String, now: Timestamp) {
        let Ok(mut tried) = self.0.lock() else { return };
        if tried.failures.len() >= MOST && !tried.failures.contains_key(&at) {
            tried.failures.retain(|_, (_, last)| now.since(*last) < REMEMBERED);
            if tried.failures.len() >= MOST {
                // Those who have hardly failed are given up for those who go on.
                tried.failures.retain(|_, (failures, _)| *failures >= FREE);
            }
            if tried.failures.len() >= MOST {
                return;
            }
        }
        let (failures, last) = tried.failures.entry(at).or_insert((0, now));
        *failures = if now.since(*last) < REMEMBERED { *failures + 1 } else { 1 };
        *last = now;
    }

    /// One export more of somebody; fails where there were too many of late.
    pub(crate) fn exports(&self, who: String, now: Timestamp) -> Result<()> {
        let Ok(mut tried) = self.0.lock() else { return Ok(()) };
        let lately = |began: Timestamp| now.since(began) < 60 * SECOND;
        if tried.exports.len() >= MOST {
            tried.exports.retain(|_, (began, _)| lately(*began));
        }
        let (began, made) = tried.exports.entry(who).or_insert((now, 0));
        if !lately(*began) {
            (*began, *made) = (now, 0);
        }
        if *made >= EXPORTS {
            let said = format!("you took {EXPORTS} lists out within a minute, and each leaves an entry for good; try again in a moment");
            return Err(Error::TooMany(said));
        }
        *made += 1;
        Ok(())
    }

    fn knows(&self, token: &str) -> bool {
        self.0.lock().is_ok_and(|tried| tried.good.contains(token))
    }

    fn learns(&self, token: String) {
        if let Ok(mut tried) = self.0.lock() {
            if tried.good.len() >= MOST {
                tried.good.clear();
            }
            tried.good.insert(token);
        }
    }
}

impl Services {
    /// What somebody tries at a door; who they are is the address they come from, or their name where they have one.
    pub async fn at_door<T>(&self, door: &str, who: &str, attempt: impl Future<Output = Result<T>>) -> Result<T> {
        let (at, now) = (format!("{door} {who}"), self.now());
        if let Some(seconds) = self.doors.waits(&at, now) {
            return Err(Error::Locked(seconds));
        }
        let outcome = attempt.await;
        if outcome.as_ref().is_err_and(is_a_guess) {
            self.doors.failed(at, now);
        }
        outcome
    }

    /// Who calls with a token from an address; none where nobody does.
    pub async fn by_token(&self, text: &str, from: &str) -> Result<Option<Principal>> {
        let (at, now, token) = (format!("token {from}"), self.now(), digest(text));
        if let Some(seconds) = self.doors.waits(&at, now).filter(|_| !self.doors.knows(&token)) {
            return Err(Error::Locked(seconds));
        }
        let found = tokens::caller(self, text).await?;
        match found {
            Some(_) => self.doors.learns(token),
            None => self.doors.failed(at, now),
        }
        Ok(found)
    }
}

/// What somebody is told who tries what they do not know; a slip in a form is none.
fn is_a_guess(error: &Error) -> bool {
    matches!(error, Error::LinkGone | Error::NotFound(_) | Error::SignInFailed | Error::Invalid { field: "subject", .. })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exports_of_one_holder_are_so_many_in_a_minute() {
        let doors = Doors::default();
        let one = |who: &str, second: i64| doors.exports(who.to_owned(), Timestamp(second * SECOND)).is_ok();
        assert!((0..60).all(|n| one("a", n / 10)));
        assert!(!one("a", 59) && one("b", 59), "each for themselves");
        assert!(one("a", 60), "a minute ends");
    }

    #[test]
    fn pauses_grow_are_forgotten_and_the_memory_is_bounded() {
        let doors = Doors::default();
        let at = |seconds: i64| Timestamp(seconds * SECOND);
        for _ in 0..FREE {
            assert_eq!(doors.waits("link a", at(1)), None);
            doors.failed("link a".to_owned(), at(1));
        }
        assert_eq!((doors.waits("link a", at(1)), doors.waits("link b", at(1))), (Some(1), None));
        for _ in 0..3 {
            doors.failed("link a".to_owned(), at(10));
        }
        assert_eq!((doors.waits("link a", at(10)), doors.waits("link a", at(18))), (Some(8), None));
        for n in 0..3 * MOST {
            doors.failed(format!("link {n}"), at(11));
        }
        assert!(doors.0.lock().is_ok_and(|t| t.failures.len() <= MOST));
        assert_eq!(doors.waits("link a", at(11)), Some(7), "who goes on is not forgotten for a crowd");
        assert_eq!(doors.waits("link a", at(11 + 3600)), None);
    }
}
