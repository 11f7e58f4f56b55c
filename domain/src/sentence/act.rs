//! The sentence of each verb. The match is over every verb: one that is added without a sentence does not compile.

use super::facts::{Facts, Tally, fields};
use super::{Names, Part, Sentence, counted, who};
use crate::ids::Noun;
use crate::ledger::Entry;
use crate::permission::{Role, ScopeKind};
use crate::person::AuthenticatorKind;
use crate::redaction::Reason;
use crate::restored::Step;
use crate::seq::Seq;
use crate::source::SourceKind;
use crate::verb::Verb;

pub(super) fn of(verb: Verb, entry: &Entry, facts: &Facts, names: &Names) -> Sentence {
    let about = Entered { entry, facts, names };
    match verb {
        Verb::IdentityRegistered => about.with_fields("registered", ": ", &["name"]),
        Verb::IdentityEdited => about.with_fields("edited", ": ", &[]),
        Verb::IdentityAssigned => about.assigned(),
        Verb::ResourceRegistered => about.with_fields("registered resource", ": ", &["name"]),
        Verb::ResourceEdited => about.with_fields("edited resource", ": ", &[]),
        Verb::ResourceRetired => about.plainly("retired resource"),
        Verb::GrantsEnded => about.all("The server updated access totals after grants expired"),
        Verb::ImportApplied => about.imported(),
        Verb::ImportUnchanged => about.import("imported", ": nothing changed"),
        Verb::ImportPart => about.import("imported part of", ""),
        Verb::ImportAbandoned => about.import("stopped importing", ": nothing of the file counts"),
        Verb::ChangeProposed => about.plainly("proposed"),
        Verb::ChangeRebased => about.plainly("proposed again"),
        Verb::ChangeApproved => about.plainly("approved"),
        Verb::ChangeRejected => about.plainly("rejected"),
        Verb::ChangeConsented => about.plainly("consented to"),
        Verb::ChangeRefused => about.plainly("refused to consent to"),
        Verb::ChangeAsked => about.plainly("asked a question about"),
        Verb::ChangeAnswered => about.plainly("answered a question about"),
        Verb::ChangeRecused => about.plainly("stepped aside from"),
        Verb::ChangeObjected => about.plainly("objected to"),
        Verb::ChangeWithdrawn => about.plainly("withdrew"),
        Verb::ChangeReturned => about.plainly("returned to review"),
        Verb::ChangeDelayed => about.plainly("started the wait again, after the clock moved, of"),
        Verb::ChangeEnded => about.plainly("ended"),
        Verb::ChangeBegun | Verb::ChangePart | Verb::ChangeApplied => about.plainly(applied(verb)),
        Verb::SourceRegistered => about.source_added(),
        Verb::SourceEdited => about.with_fields("edited source", ": ", &[]),
        Verb::PersonAdded => about.added(),
        Verb::PersonInvited => about.with_roles("invited"),
        Verb::PersonJoined => about.alone("joined"),
        Verb::PersonLockedOut => about.deactivated(),
        Verb::PersonTakenBack => about.plainly("reactivated"),
        Verb::RoleGiven => about.role("added", "to"),
        Verb::RoleTaken => about.role("removed", "from"),
        Verb::PasswordLink => about.plainly("created a password link for"),
        Verb::PasswordReset => about.alone("chose a new password by link"),
        Verb::PasswordChanged => about.alone("changed their password"),
        Verb::FactorAdded | Verb::FactorRemoved | Verb::RecoveryCodes | Verb::RecoveryUsed | Verb::PasskeySuspect => about.own_factor(verb),
        Verb::ResetAsked => about.plainly("asked to reset the second factors of"),
        Verb::FactorsReset => about.erased_factors(),
        Verb::SessionEnded => about.sessions(),
        Verb::GroupAdded => about.plainly("added group"),
        Verb::GroupJoined | Verb::GroupLeft => about.grouped(verb == Verb::GroupJoined),
        Verb::TeamAdded => about.team(),
        Verb::TokenMinted => about.token(),
        Verb::TokenRevoked => about.plainly("revoked token"),
        Verb::SignedIn => about.signed_in(),
        Verb::SignedOut => about.alone("signed out"),
        Verb::SlowedDown => about.slowed(),
        Verb::RedactionAsked => about.erasure("asked to erase", ""),
        Verb::RedactionCarriedOut => about.erasure("confirmed and erased", "as requested in"),
        Verb::ExportMade => about.exported(),
        Verb::ClockJumped => about.clock(),
        Verb::RestoredAccepted => about.restored(),
    }
}

/// How far an entry brought what was approved.
fn applied(verb: Verb) -> &'static str {
    match verb {
        Verb::ChangeBegun => "began to apply",
        Verb::ChangePart => "applied a part of",
        _ => "applied",
    }
}

/// An entry with what is known of it.
struct Entered<'a> {
    entry: &'a Entry,
    facts: &'a Facts,
    names: &'a Names,
}

impl Entered<'_> {
    fn subject(&self) -> Part {
        let noun = Noun::called(&self.entry.subject_kind).unwrap_or(Noun::Other);
        let none = || Part::Text("the installation".to_owned());
        self.entry.subject_id.map_or_else(none, |id| self.names.part(noun, id))
    }

    fn who(&self) -> Sentence {
        who(self.entry, self.names)
    }

    #[expect(clippy::unused_self, reason = "every verb is read the same way")]
    fn all(&self, text: &str) -> Sentence {
        Sentence(vec![Part::Text(text.to_owned())])
    }

    /// What somebody did with a factor of their own.
    fn own_factor(&self, verb: Verb) -> Sentence {
        match verb {
            Verb::FactorAdded => self.factor("added"),
            Verb::FactorRemoved => self.factor("removed"),
            Verb::RecoveryCodes => self.alone("created new recovery codes"),
            Verb::RecoveryUsed => self.recovered(),
            _ => self.alone("used a passkey that may have been copied"),
        }
    }

    /// Who did something to what it is about.
    fn plainly(&self, verb: &str) -> Sentence {
        let mut out = self.who();
        out.text(format!(" {verb} ")).part(self.subject());
        out
    }

    /// Somebody did something to themselves.
    fn alone(&self, what: &str) -> Sentence {
        let mut out = match self.entry.actor.id {
            Some(_) => self.who(),
            None => Sentence(vec![self.subject()]),
        };
        out.text(format!(" {what}"));
        out
    }

    fn sessions(&self) -> Sentence {
        let all = self.facts.number("sessions").is_some();
        self.alone(if all { "ended all their other sessions" } else { "ended one of their sessions" })
    }

    /// With the fields that moved, those that are said already left out.
    fn with_fields(&self, verb: &str, joint: &str, but: &[&str]) -> Sentence {
        let mut out = self.plainly(verb);
        let moved = fields(self.facts, self.names, but);
        for (n, parts) in moved.into_iter().enumerate() {
            out.text(if n == 0 { joint } else { ", " }).parts(parts);
        }
        out
    }

    /// Who imported which file into which source.
    fn import(&self, verb: &str, end: &str) -> Sentence {
        let mut out = self.who();
        out.text(format!(" {verb} ")).part(match self.facts.text("file") {
            Some(file) => Part::Said(crate::text::capped(file, 80)),
            None => self.subject(),
        });
        let source = self.entry.subject_id.and_then(|id| self.names.source_of(id));
        let source = source.or_else(|| Some(Part::Said(crate::text::capped(self.facts.text("source")?, 80))));
        if let Some(source) = source {
            out.text(" into ").part(source);
        }
        out.text(end);
        out
    }

    fn imported(&self) -> Sentence {
        const KINDS: [(&str, &str, &str); 4] = [
            ("identities", "identity", "identities"),
            ("grants", "grant", "grants"),
            ("tools", "tool", "tools"),
            ("surfaces", "surface", "surfaces"),
        ];
        let tallies: Vec<_> = KINDS.iter().map(|(name, one, many)| (self.facts.tally(name), *one, *many)).collect();
        let said = |of: fn(&Tally) -> i64, how: &str| {
            let words: Vec<String> = tallies.iter().filter(|(t, _, _)| of(t) > 0).map(|(t, one, many)| counted(of(t), one, many)).collect();
            (!words.is_empty()).then(|| format!("{} {how}", words.join(", ")))
        };
        let all: Vec<String> =
            [said(|t| t.added, "added"), said(|t| t.removed, "removed"), said(|t| t.changed, "changed")].into_iter().flatten().collect();
        let end = if all.is_empty() { ": details changed".to_owned() } else { format!(": {}", all.join("; ")) };
        self.import("imported", &end)
    }

    /// Whom somebody made owner, and of how many.
    fn assigned(&self) -> Sentence {
        let many = self.facts.texts("identities").count() as i64;
        let mut out = self.plainly("made");
        out.text(format!(" owner of {}", counted(many, "identity", "identities")));
        out
    }

    fn source_added(&self) -> Sentence {
        let mut out = self.plainly("added source");
        if let Some(kind) = self.facts.text("kind").and_then(SourceKind::parse) {
            out.text(format!(" ({})", kind.label()));
        }
        let moved = fields(self.facts, self.names, &[]);
        for (n, parts) in moved.into_iter().enumerate() {
            out.text(if n == 0 { ": " } else { ", " }).parts(parts);
        }
        out
    }

    fn added(&self) -> Sentence {
        if self.facts.text("host_user") == Some(crate::ledger::SETUP_LINK) {
            let mut out = Sentence(vec![self.subject()]);
            out.text(" set up this installation and became its first admin");
            return out;
        }
        self.with_roles("added")
    }

    fn with_roles(&self, verb: &str) -> Sentence {
        let mut out = self.plainly(verb);
        let roles: Vec<&str> = self.facts.texts("roles").filter_map(Role::parse).map(Role::label).collect();
        if !roles.is_empty() {
            out.text(format!(" as {}", roles.join(" and ")));
        }
        out
    }

    fn deactivated(&self) -> Sentence {
        const FIGURES: [(&str, &str, &str); 6] = [
            ("sessions", "session ended", "sessions ended"),
            ("tokens", "token revoked", "tokens revoked"),
            ("handed_over", "identity handed to its backup owner", "identities handed to their backup owners"),
            ("orphans", "identity left without an owner", "identities left without an owner"),
            ("sources", "source left without an owner", "sources left without an owner"),
            ("resources", "resource left without an owner", "resources left without an owner"),
        ];
        let mut out = self.plainly("deactivated");
        let said = FIGURES.iter().filter_map(|(name, one, many)| Some(counted(self.facts.number(name).filter(|n| *n > 0)?, one, many)));
        let said: Vec<String> = said.collect();
        if !said.is_empty() {
            out.text(format!(": {}", said.join(", ")));
        }
        out
    }

    fn role(&self, verb: &str, joint: &str) -> Sentence {
        let mut out = self.who();
        let role = self.facts.text("role").and_then(Role::parse).map_or("a role".to_owned(), |r| format!("role {}", r.label()));
        out.text(format!(" {verb} {role} {joint} ")).part(self.subject());
        let scope = self.facts.text("scope").and_then(ScopeKind::parse);
        match scope {
            None | Some(ScopeKind::Organisation) => {}
            Some(kind) => {
                let of = self.facts.value("of", self.names);
                let what = match kind {
                    ScopeKind::Team => " for team ",
                    ScopeKind::Environment => " for environment ",
                    ScopeKind::Source | ScopeKind::Organisation => " for source ",
                };
                out.text(what).parts(of);
            }
        }
        out
    }

    fn grouped(&self, joined: bool) -> Sentence {
        let (verb, joint) = if joined { ("added", " to group ") } else { ("removed", " from group ") };
        let mut out = self.plainly(verb);
        out.text(joint).parts(self.facts.value("group", self.names));
        if self.facts.text("from").is_some() {
            out.text(", moved from group ").parts(self.facts.value("from", self.names));
        }
        out
    }

    fn team(&self) -> Sentence {
        let mut out = self.plainly("added team");
        if self.facts.text("parent").is_some() {
            out.text(" below ").parts(self.facts.value("parent", self.names));
        }
        out
    }

    fn token(&self) -> Sentence {
        let mut out = self.plainly("created token");
        if self.facts.text("holder_kind") == Some("identity") {
            out.text(" for ").parts(match self.facts.text("holder") {
                Some(_) => self.facts.value("holder", self.names),
                None => vec![Part::Text("an identity".to_owned())],
            });
        }
        let scopes = self.facts.text("scopes").map(|s| s.replace(' ', ", "));
        let days = self.facts.number("days").map(|n| counted(n, "day", "days"));
        let said: Vec<String> = scopes.into_iter().chain(days).collect();
        if !said.is_empty() {
            out.text(format!(" ({})", said.join(", ")));
        }
        out
    }

    /// What somebody did with a way of their own to sign in.
    fn factor(&self, verb: &str) -> Sentence {
        let what = self.facts.text("kind").and_then(AuthenticatorKind::parse).map_or("a second factor", AuthenticatorKind::one);
        self.alone(&format!("{verb} {what}"))
    }

    fn signed_in(&self) -> Sentence {
        match self.facts.text("factor").and_then(AuthenticatorKind::parse) {
            Some(kind) => self.alone(&format!("signed in with {}", kind.one())),
            None => self.alone("signed in"),
        }
    }

    fn recovered(&self) -> Sentence {
        let left = self.facts.number("left").unwrap_or_default();
        self.alone(&format!("used a recovery code: {} left", counted(left, "code", "codes")))
    }

    fn erased_factors(&self) -> Sentence {
        let mut out = self.plainly("confirmed and reset the second factors of");
        if let Some(asked) = self.facts.number("asked") {
            out.text(", as requested in ").part(Part::Entry(Seq(asked)));
        }
        out
    }

    fn slowed(&self) -> Sentence {
        if self.entry.subject_id.is_none() {
            return self.all("Sign-in attempts for an unknown email were slowed down");
        }
        let mut out = self.all("Sign-in attempts for ");
        out.part(self.subject()).text(" were slowed down");
        out
    }

    fn erasure(&self, verb: &str, end: &str) -> Sentence {
        let mut out = self.who();
        out.text(format!(" {verb} "));
        match Noun::called(&self.entry.subject_kind) {
            Some(Noun::Person) => out.text("the name and email of ").part(self.subject()),
            _ => out.text("a text"),
        };
        if let Some(reason) = self.facts.text("reason").and_then(Reason::parse) {
            out.text(format!(": {}", reason.noun()));
        }
        if let Some(asked) = self.facts.number("asked").filter(|_| !end.is_empty()) {
            out.text(format!(", {end} ")).part(Part::Entry(Seq(asked)));
        }
        out
    }

    fn exported(&self) -> Sentence {
        let mut out = self.who();
        out.text(match self.facts.text("what") {
            Some("archive") => " exported the whole store".to_owned(),
            Some("ledger") => " exported the ledger".to_owned(),
            Some("differences") => " exported the changes of an import".to_owned(),
            Some("comparison") => " exported a comparison of two moments".to_owned(),
            Some(list) => format!(" exported the list of {}", crate::text::capped(list, 40).replace('-', " ")),
            None => " exported data".to_owned(),
        });
        out
    }

    fn clock(&self) -> Sentence {
        let seconds = self.facts.number("seconds").unwrap_or_default();
        let way = if seconds < 0 { "back" } else { "forward" };
        self.all(&format!("The server clock moved {way} by {}", counted(seconds.abs(), "second", "seconds")))
    }

    fn restored(&self) -> Sentence {
        let mut out = self.who();
        out.text(" accepted that this store was restored from an older copy");
        let step = self.facts.get("step").and_then(|step| serde_json::from_value::<Step>(step.clone()).ok());
        out.text(match step {
            Some(Step::First) => ": 1 of 2 people",
            Some(Step::Second) => ": 2 of 2 people",
            Some(Step::Alone) => ", as the only person there is",
            Some(Step::Host) | None => "",
        });
        out
    }
}
