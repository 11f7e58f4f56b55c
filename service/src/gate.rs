//! Whether a command may still be one person's act (`domain::gate`): asked of every command that is written, whichever door it
//! came by. Once the installation is sealed, what is of the gate is refused with the way to propose it.

use crate::{Error, Result, Services};
use domain::facts::Value;
use domain::gate::{self, Gated};
use domain::ids::{PersonId, SourceId};
use domain::permission::Role;
use domain::seq::Seq;
use domain::token::Scope;
use domain::verb::Verb;
use store::engine::db::Tx;
use store::engine::require::Require;
use store::engine::writer::Command;
use store::{people, settings};

/// Fails where the command is of the gate and the installation sealed; else it is written only while that is still not so.
pub(crate) async fn pass(services: &Services, command: &mut Command) -> Result<()> {
    let Some(verb) = Verb::parse(command.verb) else { return Ok(()) };
    let gated = gate::of(verb);
    if gated == Gated::No || (gated == Gated::NewSource && !brings(command, "source_versions")) {
        return Ok(());
    }
    let mut tx = services.db.snapshot().await?;
    let asked = asked(&mut tx, gated, command).await;
    tx.rollback().await?;
    match asked? {
        (false, _) => Ok(()),
        (true, true) => Err(Error::Gated { what: gated.what(), propose: way(verb, command) }),
        (true, false) => {
            command.requires.push(Require::Unsealed);
            Ok(())
        }
    }
}

/// Whether it is of the gate, and whether the installation is sealed.
async fn asked(tx: &mut Tx, gated: Gated, command: &Command) -> Result<(bool, bool)> {
    let concerned = match gated {
        Gated::No => false,
        Gated::Always | Gated::NewSource => true,
        Gated::Scopes => words(command, "tokens", "scopes").any(|all| all.split(' ').filter_map(Scope::parse).any(Scope::is_of_the_gate)),
        Gated::Roles => {
            let given = words(command, "role_assignments", "role").filter_map(|word| Role::parse(&word)).any(Role::is_of_the_gate);
            given || holds(tx, command.subject_id.map(PersonId::new)).await?
        }
    };
    Ok((concerned, concerned && settings::sealed(tx, Seq::NOW).await?))
}

/// Whether somebody holds a role that the gate rests on.
async fn holds(tx: &mut Tx, person: Option<PersonId>) -> Result<bool> {
    let Some(person) = person else { return Ok(false) };
    Ok(people::assignments_of(tx, person, Seq::NOW).await?.iter().any(|held| held.role.is_of_the_gate()))
}

/// True where something of a table is opened for the first time.
fn brings(command: &Command, table: &str) -> bool {
    command.anchors.iter().any(|(of, _)| of.name == table)
}

/// A column of the rows of a table that a command opens, as text.
fn words<'a>(command: &'a Command, table: &'a str, column: &'a str) -> impl Iterator<Item = String> + 'a {
    command.opens.iter().filter(move |row| row.table.name == table).filter_map(move |row| {
        let at = row.table.position(column)?;
        if let Value::Text(text) = row.values.get(at)? { Some(text.clone()) } else { None }
    })
}

/// The page that proposes it instead.
fn way(verb: Verb, command: &Command) -> String {
    let person = command.subject_id.map(|id| format!("&person={}", PersonId::new(id))).unwrap_or_default();
    let source = command.subject_id.map(|id| format!("&source={}", SourceId::new(id))).unwrap_or_default();
    match verb {
        Verb::RoleGiven => format!("/changes/new?op=roles{person}"),
        Verb::RoleTaken => "/changes/new?op=unroles".to_owned(),
        Verb::PersonTakenBack => format!("/changes/new?op=restore{person}"),
        Verb::GroupJoined | Verb::GroupLeft => format!("/changes/new?op=group{person}"),
        Verb::GroupAdded => "/changes/new?op=group_add".to_owned(),
        Verb::SourceEdited => format!("/changes/new?op=source{source}"),
        Verb::PersonAdded | Verb::PersonInvited => "/changes/new?op=roles".to_owned(),
        _ => "/changes/new?op=source_add".to_owned(),
    }
}
