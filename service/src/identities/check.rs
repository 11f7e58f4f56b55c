//! What a person enters of an identity, checked against what is there.

use super::act::{MAX_SURFACES, NewText, Registration};
use crate::{Error, Result};
use domain::identity::{Autonomy, Criticality, Environment, Kind, Lifecycle};
use domain::ids::PersonId;
use domain::seq::Seq;
use domain::surface;
use store::engine::db::Tx;
use store::engine::require::Require;
use store::engine::table::Declared;
use store::people::{self, Person};
use store::teams::Team;

/// Bytes of a text that forms and API take.
const MAX_TEXT: usize = 200_000;

/// A registration that may be written, and what it was read from.
pub(super) struct Checked {
    pub name: String,
    pub kind: Kind,
    pub lifecycle: Lifecycle,
    pub environment: Option<Environment>,
    pub criticality: Option<Criticality>,
    pub autonomy: Option<Autonomy>,
    pub owner: Option<Person>,
    pub backup: Option<Person>,
    pub team: Option<Team>,
    pub purpose: Option<String>,
    pub surfaces: Vec<(surface::SurfaceKind, String, Option<String>)>,
}

impl Checked {
    /// Whoever and whatever is named must still stand when it is written.
    pub fn requires(&self) -> Vec<Require> {
        let people = self.owner.iter().chain(&self.backup).map(|p| p.clone().still());
        people.chain(self.team.iter().map(|t| t.clone().still())).collect()
    }
}

fn optional<T>(field: &'static str, text: &str, parse: impl Fn(&str) -> Option<T>) -> Result<Option<T>> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    parse(text).map(Some).ok_or_else(|| Error::invalid(field, format!("{text:?} is not one of the choices")))
}

pub(super) async fn check(tx: &mut Tx, r: &Registration) -> Result<Checked> {
    let name = r.name.trim();
    if name.is_empty() || name.chars().count() > 200 {
        return Err(Error::invalid("name", "write a name of at most 200 characters"));
    }
    if name.chars().any(domain::text::is_invisible) {
        return Err(Error::invalid("name", "it holds characters that cannot be seen"));
    }
    if connect::secrets::position(name).is_some() {
        return Err(Error::invalid("name", "there seems to be a secret in it"));
    }
    let kind = optional("kind", &r.kind, Kind::parse)?.ok_or_else(|| Error::invalid("kind", "choose what kind of identity it is"))?;
    let owner = person(tx, "owner", &r.owner).await?;
    let backup = person(tx, "backup", &r.backup).await?;
    if owner.is_some() && owner.as_ref().map(|p| p.id) == backup.as_ref().map(|p| p.id) {
        return Err(Error::invalid("backup", "Choose a different backup owner."));
    }
    let purpose = clean("purpose", &r.purpose)?;
    let team = match r.team.trim() {
        "" => None,
        text => Some(team(tx, text).await?),
    };
    let surfaces = texts(&r.surfaces)?;
    Ok(Checked {
        name: name.to_owned(),
        kind,
        lifecycle: optional("lifecycle", &r.lifecycle, Lifecycle::parse)?.unwrap_or(Lifecycle::Active),
        environment: optional("environment", &r.environment, Environment::parse)?,
        criticality: optional("criticality", &r.criticality, Criticality::parse)?,
        autonomy: optional("autonomy", &r.autonomy, Autonomy::parse)?,
        owner,
        backup,
        team,
        purpose,
        surfaces,
    })
}

async fn team(tx: &mut Tx, text: &str) -> Result<Team> {
    let all = store::teams::all_at(tx, Seq::NOW).await?;
    crate::teams::known(&all, text).cloned().ok_or_else(|| Error::invalid("team", "no such team"))
}

fn texts(given: &[NewText]) -> Result<Vec<(surface::SurfaceKind, String, Option<String>)>> {
    if given.len() > MAX_SURFACES {
        return Err(Error::invalid("surfaces", format!("at most {MAX_SURFACES} surfaces at a time")));
    }
    let mut out: Vec<(surface::SurfaceKind, String, Option<String>)> = Vec::new();
    for one in given {
        let locator = one.locator.trim();
        let Some(kind) = optional("surfaces", &one.kind, surface::SurfaceKind::parse)? else {
            if locator.is_empty() && one.text.trim().is_empty() {
                continue;
            }
            return Err(Error::invalid("surfaces", "choose which surface it is"));
        };
        if locator.is_empty() || locator.chars().count() > 500 {
            return Err(Error::invalid("surfaces", "say where the surface stands: a URI, an ARN or a repository path"));
        }
        if locator.chars().any(domain::text::is_invisible) {
            return Err(Error::invalid("surfaces", "the place of a surface holds characters that cannot be seen"));
        }
        if let Some(at) = connect::secrets::position(locator) {
            return Err(Error::invalid("surfaces", format!("there seems to be a secret at character {} of the place", at + 1)));
        }
        if out.iter().any(|(k, l, _)| *k == kind && l == locator) {
            return Err(Error::invalid("surfaces", format!("{} at {locator} stands there twice", kind.label())));
        }
        let text = clean("surfaces", &one.text)?;
        if surface::is_derived(kind) && text.is_some() {
            return Err(Error::invalid("surfaces", "the content of permissions and tools is derived; leave the text empty"));
        }
        out.push((kind, locator.to_owned(), text));
    }
    Ok(out)
}

fn clean(field: &'static str, text: &str) -> Result<Option<String>> {
    let text = text.trim();
    if text.len() > MAX_TEXT {
        return Err(Error::invalid(field, "use at most 200,000 bytes"));
    }
    if let Some(at) = connect::secrets::position(text) {
        return Err(Error::invalid(field, format!("there seems to be a secret at character {}; take it out, the place is enough", at + 1)));
    }
    Ok((!text.is_empty()).then(|| text.replace("\r\n", "\n")))
}

async fn person(tx: &mut Tx, field: &'static str, text: &str) -> Result<Option<Person>> {
    let Some(id) = optional(field, text, |t| PersonId::parse(t).ok())? else { return Ok(None) };
    let found = people::by_id(tx, id, Seq::NOW).await?.filter(Person::is_active);
    found.map(Some).ok_or_else(|| Error::invalid(field, "nobody active by this id"))
}
