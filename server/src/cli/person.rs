//! `countersign person …`

use super::Outcome;
use super::list::{self, List};
use domain::permission::Role;
use domain::text::terminal;
use service::Act;
use service::people;
use std::io::BufRead;

#[derive(clap::Subcommand)]
pub enum Person {
    /// Add a person. The password is read from standard input
    Add {
        email: String,
        #[arg(long)]
        name: Option<String>,
        /// executive, analyst, reviewer, security_reviewer, auditor or admin. Repeat it for several roles
        #[arg(long = "role", required = true, value_parser = parse_role)]
        roles: Vec<Role>,
        #[arg(long, required = true)]
        password_stdin: bool,
    },
    /// List people with their roles
    List(List),
    /// Deactivate a person: sessions end, tokens are revoked, backup owners become owners
    #[command(alias = "lock")]
    Deactivate {
        /// The ID of the person (per_…). Find it with: countersign person list
        id: String,
    },
}

fn parse_role(text: &str) -> Result<Role, String> {
    Role::parse(text).ok_or_else(|| "must be executive, analyst, reviewer, security_reviewer, auditor or admin".to_owned())
}

pub async fn run(act: &Act, command: Person) -> Outcome {
    match command {
        Person::Add { email, name, roles, password_stdin: _ } => add(act, &email, name, &roles).await,
        Person::List(wanted) => list::run::<people::List>(act, wanted).await,
        Person::Deactivate { id } => {
            let (name, written) = people::lock_out(act, super::id(&id, "a person", "person list")?).await?;
            say!("{} is deactivated. Ledger entry {}.", terminal(&name), written.seq);
            Ok(())
        }
    }
}

async fn add(act: &Act, email: &str, name: Option<String>, roles: &[Role]) -> Outcome {
    let mut password = String::new();
    std::io::stdin().lock().read_line(&mut password)?;
    let name = name.unwrap_or_else(|| email.split('@').next().unwrap_or_default().to_owned());
    people::add(act, &name, email, password.trim_end_matches(['\r', '\n']), roles).await?;
    say!("Added {}. They can sign in now.", terminal(email));
    Ok(())
}
