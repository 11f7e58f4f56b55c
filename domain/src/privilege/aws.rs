//! Classes of AWS statements, from the dated table of actions and access levels in `data/aws_actions.txt`
//! (its head names source and licence) and the lists below, each entry a fact with its reason.

use super::{Class, Classes, Judgement, glob};
use crate::rule::{Effect, Rule};
use std::collections::HashMap;
use std::sync::OnceLock;

static DATA: &str = include_str!("../../data/aws_actions.txt");

/// Actions that change who may do what, although AWS lists them as plain writes.
const ADMIN: [&str; 30] = [
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

/// Actions whose answer is a secret or a credential.
const SECRETS: [&str; 37] = [
    "bedrock-agentcore:getworkloadaccesstokenforjwt",
    "bedrock-agentcore:getworkloadaccesstokenforuserid",
    "redshift-serverless:getcredentials",
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
    Table { actions, services }
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

impl Table {
    /// Indexes of the actions a pattern matches; a literal that AWS does not list matches none.
    pub fn matching(&self, pattern: &str) -> Vec<u32> {
        let pattern = pattern.to_lowercase();
        let range = match pattern.split_once(':') {
            Some((service, _)) if !service.contains(['*', '?']) => self.services.get(service).map_or(0..0, |(a, b)| *a..*b),
            _ => 0..self.actions.len(),
        };
        range.filter(|i| glob(pattern.as_bytes(), self.actions[*i].name.as_bytes())).map(|i| i as u32).collect()
    }
}

/// The actions of the table that a statement's Action or NotAction names.
pub fn actions_of(rule: &Rule) -> Vec<u32> {
    let table = table();
    let mut hit = vec![false; table.actions.len()];
    if rule.actions_negated.is_empty() {
        for pattern in &rule.actions {
            for i in table.matching(pattern) {
                hit[i as usize] = true;
            }
        }
    } else {
        hit.fill(true);
        for pattern in &rule.actions_negated {
            for i in table.matching(pattern) {
                hit[i as usize] = false;
            }
        }
    }
    hit.iter().enumerate().filter(|(_, h)| **h).map(|(i, _)| i as u32).collect()
}

/// True where the pattern itself says "any action of a service" or more.
fn is_wide(pattern: &str) -> bool {
    pattern == "*" || pattern.ends_with(":*")
}

pub(super) fn judge(rule: &Rule) -> Judgement {
    classes_of_actions(rule, &actions_of(rule))
}

/// Classes of a rule whose reach is `actions` (after denies and boundaries, or on its own).
pub fn classes_of_actions(rule: &Rule, actions: &[u32]) -> Judgement {
    let table = table();
    let mut out = Judgement::default();
    for i in actions {
        let known = &table.actions[*i as usize];
        if known.classes.0 & !out.classes.0 != 0 {
            for class in known.classes.iter() {
                out.add(class, &known.name);
            }
        }
    }
    // What the table does not know counts as a write, or as anything where it is wide: never as nothing.
    for pattern in rule.actions.iter().filter(|p| table.matching(p).is_empty()) {
        out.add(Class::Write, &format!("{pattern}, which the table does not know"));
        if is_wide(pattern) {
            for class in [Class::Destructive, Class::Admin, Class::Secrets] {
                out.add(class, &format!("{pattern}, a service the table does not know"));
            }
        }
    }
    if rule.effect == Effect::Allow && !out.classes.0.eq(&0) {
        if let Some(pattern) = rule.actions.iter().find(|p| is_wide(p)) {
            out.add(Class::Wildcard, pattern);
        }
        if !rule.actions_negated.is_empty() {
            out.add(Class::Wildcard, "NotAction: everything but what is named");
        }
    }
    out.reasons.sort_by_key(|(c, _)| *c);
    out
}
