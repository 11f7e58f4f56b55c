//! Classes of actions of AWS, and the reasons that are told for them.

use super::super::tests::{ALL, ALL_BUT_FULL, judged, rule, words};
use super::*;
use crate::privilege;
use crate::rule::Dialect;

#[test]
fn actions_get_every_class_they_reach() {
    let cases = [
        ("s3:GetObject", "arn:aws:x", "read"),
        ("s3:Get*", "arn:aws:x", "read"),
        ("s3:Get*", "*", "read wildcard"),
        ("s3:Get*", "!arn:aws:x", "read wildcard"),
        ("s3:PutObject", "arn:aws:x", "write"),
        ("s3:DeleteBucket", "arn:aws:x", "destructive write"),
        ("iam:PassRole", "arn:aws:x", "admin write"),
        ("secretsmanager:GetSecretValue", "arn:aws:x", "secrets read"),
        ("iam:*", "arn:aws:x", ALL_BUT_FULL),
        ("iam:?*", "arn:aws:x", ALL_BUT_FULL),
        ("iam:*?", "arn:aws:x", ALL_BUT_FULL),
        ("iam:**", "arn:aws:x", ALL_BUT_FULL),
        ("i?m:?*", "arn:aws:x", ALL_BUT_FULL),
        ("*", "arn:aws:x", ALL_BUT_FULL),
        ("**", "arn:aws:x", ALL_BUT_FULL),
        ("?*", "arn:aws:x", ALL_BUT_FULL),
        ("*:?*", "arn:aws:x", ALL_BUT_FULL),
        ("s3:Get?*", "arn:aws:x", "read"),
        ("s3:?", "arn:aws:x", "write"),
        ("nosuchservice:?*", "arn:aws:x", "admin secrets destructive write wildcard"),
        ("nosuchservice:DoThing", "arn:aws:x", "write"),
        ("nosuchservice:Delete*", "arn:aws:x", "write"),
        ("nosuchservice:*", "arn:aws:x", "admin secrets destructive write wildcard"),
        ("!iam:* !sts:*", "*", ALL_BUT_FULL),
        ("", "*", ""),
    ];
    for (actions, resources, expected) in cases {
        let j = judged(Dialect::Aws, actions, resources);
        assert_eq!(words(&j), expected, "{actions} on {resources} {j:?}");
    }
}

#[test]
fn a_reason_names_what_is_worst_as_it_is_written() {
    for (actions, class, reason) in [
        ("iam:AddUserToGroup iam:PassRole", Class::Admin, "iam:PassRole"),
        ("ec2:* iam:PassRole", Class::Admin, "iam:PassRole"),
        ("iam:*", Class::Admin, "iam:*"),
        ("*", Class::Admin, "*"),
        ("chime:CreateApiKey secretsmanager:GetSecretValue", Class::Secrets, "secretsmanager:GetSecretValue"),
        ("s3:*", Class::Destructive, "s3:*"),
        ("s3:Get*", Class::Read, "s3:getaccelerateconfiguration"),
        ("S3:GETOBJECT", Class::Read, "S3:GETOBJECT"),
    ] {
        let j = judged(Dialect::Aws, actions, "arn:aws:x");
        let told = j.reasons.iter().find(|(c, _)| *c == class).map(|(_, why)| why.as_str());
        assert_eq!(told, Some(reason), "{actions}: {j:?}");
    }
}

#[test]
fn full_control_is_every_action_on_every_resource() {
    let cases = [
        ("*", "*", true),
        ("**", "*", true),
        ("*:*", "*", true),
        ("?*", "*", true),
        ("* s3:Get* nosuchservice:Thing", "*", true),
        ("!nosuchservice:Thing", "*", true),
        ("*", "**", true),
        ("*", "*:*", true),
        ("*", "arn:*", true),
        ("*", "arn:aws:*", true),
        ("*", "arn:aws-cn:*:*:*:*", true),
        ("*", "arn:*:*:*:*:*", true),
        ("*", "arn:aws:s3:::b *", true),
        ("*", "arn:aws:s3:::b", false),
        ("*", "arn:aws:s3:::b/*", false),
        ("*", "arn:aws:s3:::*", false),
        ("*", "arn:aws:*:::*", false),
        ("*", "arn:aws:*:*:111122223333:*", false),
        ("*", "arn:aws:*:eu-west-1:*:*", false),
        ("*", "!arn:aws:s3:::vault/*", false),
        ("*", "", false),
        ("iam:*", "*", false),
        ("iam:* s3:* ec2:*", "*", false),
        ("*:Get*", "*", false),
        ("!iam:DeleteUser", "*", false),
        ("nosuchservice:*", "*", false),
    ];
    for (actions, resources, full) in cases {
        let j = judged(Dialect::Aws, actions, resources);
        assert_eq!(j.classes.has(Class::FullControl), full, "{actions} on {resources}");
        assert_eq!(words(&j) == ALL && j.breadth == Some(Breadth::Everything), full, "{actions} on {resources} {j:?}");
        let deny = privilege::judge(&rule(Dialect::Aws, Effect::Deny, actions, resources));
        assert!(!deny.classes.has(Class::FullControl) && !deny.classes.wildcard(), "a deny holds nothing: {actions} on {resources}");
        let mut conditional = rule(Dialect::Aws, Effect::Allow, actions, resources);
        conditional.conditions = vec!["Bool aws:MultiFactorAuthPresent true".to_owned()];
        assert_eq!(privilege::judge(&conditional), j, "a condition changes no class: {actions} on {resources}");
    }
}

#[test]
fn breadth_is_how_far_a_rule_reaches() {
    use Breadth::{Account, Everything, OneResource, Service};
    let cases = [
        ("s3:GetObject", "arn:aws:s3:::b/key", OneResource),
        ("s3:GetObject", "arn:aws:s3:::b/key arn:aws:s3:::b/other", OneResource),
        ("*", "arn:aws:s3:::b", OneResource),
        ("s3:GetObject", "arn:aws:s3:::b/*", Service),
        ("s3:Get*", "arn:aws:s3:::*", Service),
        ("s3:*", "*", Service),
        ("S3:GetObject s3:PutObject", "*", Service),
        ("s3:*", "arn:aws:s3:::* arn:aws:sqs:*:*:*", Service),
        ("s3:* sqs:*", "arn:aws:s3:::*", Service),
        ("s3:* sqs:*", "arn:aws:s3:::* arn:aws:sqs:eu-west-1:111122223333:jobs", Service),
        ("s3:*", "!arn:aws:s3:::vault/*", Service),
        ("NoSuchService:Do nosuchservice:Undo", "*", Service),
        ("s3:* sqs:*", "arn:aws:s3:::* arn:aws:sqs:*:*:*", Account),
        ("s3:GetObject sqs:SendMessage", "*", Account),
        ("s3:GetObject nosuchservice:Do", "*", Account),
        ("s3:* sqs:*", "!arn:aws:s3:::vault/*", Account),
        ("s3:* sqs:*", "", Account),
        ("*", "arn:aws:*:*:111122223333:*", Account),
        ("*:Get*", "*", Account),
        ("!iam:*", "*", Account),
        ("*", "*", Everything),
    ];
    for (actions, resources, expected) in cases {
        assert_eq!(judged(Dialect::Aws, actions, resources).breadth, Some(expected), "{actions} on {resources}");
    }
}
