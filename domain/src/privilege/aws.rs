//! Classes of AWS statements, from the dated table of actions and access levels in `data/aws_actions.txt`
//! (its head names source and licence) and the lists below, each entry a fact with its reason.

use super::{Breadth, Class, Classes, Judgement, glob};
use crate::rule::{Effect, Rule};
use std::collections::HashMap;
use std::sync::OnceLock;

mod actions;
mod arns;

pub use actions::{Actions, Named, steps};
pub use arns::{Acts, acts_on};

static DATA: &str = include_str!("../../data/aws_actions.txt");

/// Actions that change who may do what, although AWS lists them as plain writes: what says most comes first.
const ADMIN: [&str; 31] = [
    "iam:passrole",
    "iam:createaccesskey",
    "iam:createloginprofile",
    "iam:updateloginprofile",
    "iam:addusertogroup",
    "iam:updateassumerolepolicy",
    "iam:setdefaultpolicyversion",
    "iam:createpolicyversion",
    "iam:createservicelinkedrole",
    "sts:assumerole",
    "sts:assumerolewithsaml",
    "sts:assumerolewithwebidentity",
    "sts:assumeroot",
    "lambda:updatefunctioncode",
    "lambda:updatefunctionconfiguration",
    "lambda:addpermission",
    "ec2-instance-connect:sendsshpublickey",
    "ssm:sendcommand",
    "ssm:startsession",
    "glue:createdevendpoint",
    "glue:updatedevendpoint",
    "sagemaker:createpresignednotebookinstanceurl",
    "cloudformation:createstack",
    "cloudformation:updatestack",
    "datapipeline:putpipelinedefinition",
    "organizations:leaveorganization",
    "bedrock-agentcore:createworkloadidentity",
    "codestar:createproject",
    "ec2:modifyinstanceattribute",
    "ecs:runtask",
    "rds:addroletodbinstance",
];

/// Actions whose answer is a secret or a credential: what says most comes first.
const SECRETS: [&str; 38] = [
    "secretsmanager:getsecretvalue",
    "secretsmanager:batchgetsecretvalue",
    "ssm:getparameter",
    "ssm:getparameters",
    "ssm:getparametersbypath",
    "ssm:getparameterhistory",
    "kms:decrypt",
    "iam:createaccesskey",
    "iam:createloginprofile",
    "iam:createservicespecificcredential",
    "iam:resetservicespecificcredential",
    "iam:updateaccesskey",
    "sts:getfederationtoken",
    "sts:getsessiontoken",
    "sts:assumerole",
    "sts:assumerolewithsaml",
    "sts:assumerolewithwebidentity",
    "sts:assumeroot",
    "ecr:getauthorizationtoken",
    "cognito-identity:getopenidtoken",
    "cognito-identity:getopenidtokenfordeveloperidentity",
    "cognito-identity:getcredentialsforidentity",
    "codepipeline:pollforjobs",
    "connect:getfederationtoken",
    "gamelift:requestuploadcredentials",
    "lightsail:getinstanceaccessdetails",
    "lightsail:getrelationaldatabasemasteruserpassword",
    "rds-db:connect",
    "redshift:getclustercredentials",
    "sso:getrolecredentials",
    "ec2:getpassworddata",
    "bedrock-agentcore:getresourceapikey",
    "bedrock-agentcore:getresourceoauth2token",
    "bedrock-agentcore:getworkloadaccesstoken",
    "chime:createapikey",
    "bedrock-agentcore:getworkloadaccesstokenforjwt",
    "bedrock-agentcore:getworkloadaccesstokenforuserid",
    "redshift-serverless:getcredentials",
];

/// First words of actions that take away what cannot simply be written again.
const DESTRUCTIVE: [&str; 9] =
    ["delete", "terminate", "destroy", "purge", "remove", "deregister", "revoke", "disable", "schedulekeydeletion"];

/// One action of the table.
pub struct Known {
    /// Lower case, `service:action`.
    pub name: String,
    pub classes: Classes,
}

/// The table, sorted by service: (service, range of actions).
pub struct Table {
    pub actions: Vec<Known>,
    services: HashMap<&'static str, (usize, usize)>,
    by_name: HashMap<String, u32>,
    /// The actions of each class, in the order of `Class::ALL`.
    classes: Vec<Actions>,
    /// The actions of the lists above, in their order, with the class each stands for.
    worst: Vec<(Class, u32)>,
}

/// The parsed table; made once.
pub fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(parse)
}

fn parse() -> Table {
    let mut actions = Vec::with_capacity(21_000);
    let mut services = HashMap::new();
    for line in DATA.lines().filter(|l| !l.starts_with('#')) {
        let mut parts = line.split(' ');
        let Some(service) = parts.next() else { continue };
        let from = actions.len();
        for (level, name) in parts.filter_map(|p| p.split_once(':')).flat_map(|(l, names)| names.split(',').map(move |n| (l, n))) {
            let action = name.to_lowercase();
            let name = format!("{service}:{action}");
            let classes = classes_of(level, &action, &name);
            actions.push(Known { name, classes });
        }
        services.insert(service, (from, actions.len()));
    }
    let by_name: HashMap<String, u32> =
        actions.iter().enumerate().map(|(at, known): (usize, &Known)| (known.name.clone(), at as u32)).collect();
    let of = |class: Class| actions.iter().enumerate().filter(move |(_, known)| known.classes.has(class)).map(|(at, _)| at as u32);
    let classes = Class::ALL.iter().map(|class| Actions::among(actions.len(), of(*class))).collect();
    let listed = |class: Class, list: &'static [&'static str]| list.iter().map(move |name| (class, *name));
    let worst = listed(Class::Admin, &ADMIN).chain(listed(Class::Secrets, &SECRETS));
    let worst = worst.filter_map(|(class, name)| Some((class, *by_name.get(name)?))).collect();
    Table { actions, services, by_name, classes, worst }
}

fn classes_of(level: &str, action: &str, name: &str) -> Classes {
    let mut classes = match level {
        "L" | "R" => Classes::of(Class::Read),
        "P" => Classes::of(Class::Write).with(Class::Admin),
        _ => Classes::of(Class::Write),
    };
    if level != "L" && level != "R" && DESTRUCTIVE.iter().any(|d| action.starts_with(d)) {
        classes = classes.with(Class::Destructive);
    }
    if ADMIN.contains(&name) {
        classes = classes.with(Class::Write).with(Class::Admin);
    }
    if SECRETS.contains(&name) {
        classes = classes.with(Class::Secrets);
    }
    classes
}

/// The classes of one action, or of those that begin alike (`s3:Get*`), where the table has them: for tables of people, who write
/// AWS's actions beside others. Of other patterns and names nothing is said.
pub(super) fn classes_of_words(action: &str) -> Option<Classes> {
    let (table, lower) = (table(), action.to_lowercase());
    let Some(begins) = lower.strip_suffix('*') else {
        return table.by_name.get(&lower).map(|at| table.actions[*at as usize].classes);
    };
    let (from, to) = *table.services.get(begins.split_once(':').filter(|(_, name)| !name.is_empty())?.0)?;
    let alike = table.actions[from..to].iter().filter(|known| known.name.starts_with(begins));
    alike.map(|known| known.classes).reduce(Classes::union)
}

/// ARNs of one partition that share nothing but what all its ARNs share.
const APART: [&str; 3] = ["s3:::q", "iam::1:k", "ec2:zz-x-9:7:w/v:y"];

/// True where a pattern matches every ARN of a partition: an account lies in one.
fn is_every_resource(pattern: &str) -> bool {
    let every = |partition: &&str| APART.iter().all(|rest| glob(pattern.as_bytes(), format!("arn:{partition}:{rest}").as_bytes()));
    pattern == "*" || ["aws", "aws-cn", "aws-us-gov"].iter().any(every)
}

/// True where a rule speaks of every resource there is.
pub fn is_on_everything(rule: &Rule) -> bool {
    rule.resources_negated.is_empty() && rule.resources.iter().any(|r| is_every_resource(r))
}

/// True where the pattern itself says "any action of a service" or more, however it is spelled: `iam:*`, `iam:?*`, `**`.
fn is_wide(pattern: &str) -> bool {
    let action = pattern.rsplit(':').next().unwrap_or_default();
    action.contains('*') && action.bytes().all(|b| matches!(b, b'*' | b'?'))
}

pub(super) fn judge(rule: &Rule) -> Judgement {
    let Named { known, unknown } = Named::of(rule);
    let unknown: Vec<&str> = unknown.iter().map(String::as_str).collect();
    classes_left(rule, &known, &unknown)
}

/// Classes of a rule of which these actions of the table and these patterns that it does not know are left, after denies and
/// boundaries or on its own. A condition changes none.
pub fn classes_left(rule: &Rule, actions: &Actions, unknown: &[&str]) -> Judgement {
    let table = table();
    let mut out = Judgement::default();
    for (class, of_class) in Class::ALL.iter().zip(&table.classes) {
        if let Some(first) = actions.first_in(of_class) {
            out.add(*class, told(rule, table.worst_in(*class, actions).unwrap_or(first)));
        }
    }
    add_unknown(&mut out, unknown);
    if rule.effect == Effect::Allow && out.classes.highest().is_some() {
        if let Some(reason) = wildcard(rule) {
            out.mark_wildcard(reason);
        }
        if actions.is_every() && is_on_everything(rule) {
            out.add(Class::FullControl, "every action on every resource");
        }
    }
    let breadth = if out.classes.has(Class::FullControl) { Breadth::Everything } else { breadth(rule, actions, unknown) };
    out.reaching(breadth)
}

/// How a rule names an action: by the pattern that speaks of its whole service or more, else as it is written, else as the
/// table has it.
fn told(rule: &Rule, at: u32) -> &str {
    let name = table().actions[at as usize].name.as_str();
    let wide = |pattern: &&String| is_wide(pattern) && glob(pattern.to_lowercase().as_bytes(), name.as_bytes());
    let written = rule.actions.iter().find(wide).or_else(|| rule.actions.iter().find(|pattern| pattern.eq_ignore_ascii_case(name)));
    written.map_or(name, String::as_str)
}

impl Table {
    /// Of the actions of a class the one that says most of what it is: the first of the lists above that is among them.
    fn worst_in(&self, class: Class, actions: &Actions) -> Option<u32> {
        self.worst.iter().filter(|(of, _)| *of == class).map(|(_, at)| *at).find(|at| actions.has(*at))
    }
}

/// What the table does not know counts as a write, or as anything where it is wide: never as nothing.
fn add_unknown(out: &mut Judgement, unknown: &[&str]) {
    for pattern in unknown {
        out.add(Class::Write, &format!("{pattern}, which the table does not know"));
        if is_wide(pattern) {
            for class in [Class::Destructive, Class::Admin, Class::Secrets] {
                out.add(class, &format!("{pattern}, a service the table does not know"));
            }
        }
    }
}

/// Why a rule has the wildcard mark: it names a whole service or more, or what it leaves out, or all resources.
fn wildcard(rule: &Rule) -> Option<&str> {
    let wide = rule.actions.iter().find(|p| is_wide(p)).map(String::as_str);
    let not_action = (!rule.actions_negated.is_empty()).then_some("NotAction: everything but what is named");
    let not_resource = (!rule.resources_negated.is_empty()).then_some("NotResource: everything but what is named");
    let every = || rule.resources.iter().any(|r| is_every_resource(r)).then_some("resource *");
    wide.or(not_action).or(not_resource).or_else(every)
}

fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?'])
}

/// By the table at `Breadth`, short of everything.
fn breadth(rule: &Rule, actions: &Actions, unknown: &[&str]) -> Breadth {
    let listed = rule.resources_negated.is_empty() && !rule.resources.is_empty();
    if listed && !rule.resources.iter().any(|r| is_pattern(r)) {
        return Breadth::OneResource;
    }
    // The table stands by service: where the first and the last action are of one service, all between are.
    let ends = [actions.first(), actions.last()].into_iter().flatten().map(|i| part(&table().actions[i as usize].name, 0));
    let of_actions = ends.chain(unknown.iter().map(|p| part(p, 0)));
    let of_resources = rule.resources.iter().filter(|r| is_pattern(r)).map(|r| part(r, 2));
    if is_one_service(of_actions) || (listed && is_one_service(of_resources)) { Breadth::Service } else { Breadth::Account }
}

/// A part of an action or ARN between colons, unless it is a pattern.
fn part(text: &str, at: usize) -> Option<&str> {
    text.split(':').nth(at).filter(|p| !is_pattern(p))
}

/// True where all of them are known, and one and the same.
fn is_one_service<'a>(mut services: impl Iterator<Item = Option<&'a str>>) -> bool {
    let Some(first) = services.next().flatten() else { return false };
    services.all(|s| s.is_some_and(|s| s.eq_ignore_ascii_case(first)))
}

#[cfg(test)]
mod tests;
