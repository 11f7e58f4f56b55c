//! `countersign person …`

use super::Outcome;
use super::inventory::Read;
use domain::permission::Role;
use domain::text::terminal;
use serde_json::json;
use service::Act;
use service::people::{self, Filter, Listed};
use std::io::BufRead;

#[derive(clap::Subcommand)]
pub enum Person {
    /// Add a person; the password is read from standard input
    Add {
        email: String,
        #[arg(long)]
        name: Option<String>,
        /// executive, analyst, reviewer, security_reviewer, auditor or admin; may be repeated
        #[arg(long = "role", required = true, value_parser = parse_role)]
        roles: Vec<Role>,
        #[arg(long, required = true)]
        password_stdin: bool,
    },
    /// List people with their roles
    List {
        #[command(flatten)]
        read: Read,
    },
    /// Close somebody's account: sessions end, tokens are revoked, backups become owners
    Lock {
        /// per_…, as the list shows it
        id: String,
    },
}

fn parse_role(text: &str) -> Result<Role, String> {
    Role::parse(text).ok_or_else(|| "one of executive, analyst, reviewer, security_reviewer, auditor, admin".to_owned())
}

pub async fn run(act: &Act, command: Person) -> Outcome {
    match command {
        Person::Add { email, name, roles, password_stdin: _ } => add(act, &email, name, &roles).await,
        Person::List { read } => {
            let (mut snapshot, mut after) = (read.open(act).await?, None);
            loop {
                let page = people::page(&mut snapshot, &Filter::default(), after, 1000).await?;
                page.people.iter().for_each(|p| line(p, read.json));
                after = page.next;
                if after.is_none() {
                    return Ok(());
                }
            }
        }
        Person::Lock { id } => {
            let written = people::lock_out(act, domain::ids::PersonId::parse(&id)?).await?;
            say!("locked out with entry {}", written.seq);
            Ok(())
        }
    }
}

async fn add(act: &Act, email: &str, name: Option<String>, roles: &[Role]) -> Outcome {
    let mut password = String::new();
    std::io::stdin().lock().read_line(&mut password)?;
    let name = name.unwrap_or_else(|| email.split('@').next().unwrap_or_default().to_owned());
    people::add(act, &name, email, password.trim_end_matches(['\r', '\n']), roles).await?;
    say!("added {}", terminal(email));
    Ok(())
}

fn line(listed: &Listed, as_json: bool) {
    let (p, id) = (&listed.person, listed.person.id.to_string());
    let roles: Vec<String> = listed.roles.iter().map(|r| terminal(&crate::web::people::role(r))).collect();
    if as_json {
        say!("{}", json!({ "id": id, "name": p.name, "email": p.email, "state": p.state, "roles": roles }));
    } else {
        say!(
            "{id} {:24} {:32} {:12} {}",
            terminal(&p.shown()),
            terminal(p.email.as_deref().unwrap_or_default()),
            p.state.as_str(),
            roles.join(" ")
        );
    }
}
