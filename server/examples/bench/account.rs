//! The input of the benchmark: an AWS account of so many roles, in the shape and size of a real export.

use super::Wish;
use std::io::Write;
use std::path::Path;

/// A number that looks random and is the same every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }

    /// Few are chosen often: the square of a uniform number.
    fn skewed(&mut self, n: u64) -> u64 {
        let x = self.below(1000) * self.below(1000);
        x * n / 1_000_000
    }
}

const SERVICES: [&str; 10] = ["s3", "dynamodb", "iam", "sqs", "lambda", "secretsmanager", "ec2", "kms", "logs", "bedrock"];
const POLICIES: u64 = 500;
const STATEMENTS: usize = 4;

/// What a real export says of every role beside its policies, decoded as the command line of AWS writes it; most of a file is this.
const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Sid":"","Effect":"Allow","Principal":{"Federated":"arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE:sub":"system:serviceaccount:default:workload","oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE:aud":"sts.amazonaws.com"}}}]}"#;

/// An AWS account of so many roles and about so many grants, written to a file.
pub fn account(path: &Path, wish: &Wish) -> u64 {
    let mut dice = Dice(7);
    let mut out = std::io::BufWriter::new(std::fs::File::create(path).expect("a file"));
    write!(out, "{{\"UserDetailList\":[],\"GroupDetailList\":[],\"RoleDetailList\":[").expect("written");
    let filler = "x".repeat((wish.input_mb * 1024 * 1024 / wish.identities).saturating_sub(2700));
    let each = (wish.grants / wish.identities / STATEMENTS).max(1) as u64;
    for i in 0..wish.identities {
        let attached: std::collections::BTreeSet<u64> = (0..each + dice.below(3)).map(|_| dice.skewed(POLICIES)).collect();
        let mut list: Vec<u64> = attached.into_iter().collect();
        while (list.len() as u64) < each {
            let next = dice.below(POLICIES);
            if !list.contains(&next) {
                list.push(next);
            }
        }
        let attached: Vec<String> =
            list.iter().map(|p| format!("{{\"PolicyName\":\"p{p}\",\"PolicyArn\":\"arn:aws:iam::111122223333:policy/p{p}\"}}")).collect();
        let comma = if i == 0 { "" } else { "," };
        write!(
            out,
            "{comma}{{\"Path\":\"/\",\"CreateDate\":\"2025-03-01T09:00:00+00:00\",\"AssumeRolePolicyDocument\":{TRUST},\"InstanceProfileList\":[{{\"Path\":\"/\",\"InstanceProfileName\":\"role-{i:06}\",\"InstanceProfileId\":\"AIPA{i:012}\",\"Arn\":\"arn:aws:iam::111122223333:instance-profile/role-{i:06}\",\"CreateDate\":\"2025-03-01T09:00:00+00:00\",\"Roles\":[{{\"Path\":\"/\",\"RoleName\":\"role-{i:06}\",\"RoleId\":\"AROA{i:012}\",\"Arn\":\"arn:aws:iam::111122223333:role/role-{i:06}\",\"CreateDate\":\"2025-03-01T09:00:00+00:00\",\"AssumeRolePolicyDocument\":{TRUST}}}]}}],\"RoleLastUsed\":{{\"LastUsedDate\":\"2026-08-02T11:00:00+00:00\",\"Region\":\"eu-west-1\"}},\"Description\":\"Assumed by workload {i}. Created by the platform team's module; see its page before you change anything by hand, because the next run will change it back. {filler}\",\"RoleName\":\"role-{i:06}\",\"RoleId\":\"AROA{i:012}\",\"Arn\":\"arn:aws:iam::111122223333:role/role-{i:06}\",\"RolePolicyList\":[],\"AttachedManagedPolicies\":[{}],\"Tags\":[{{\"Key\":\"env\",\"Value\":\"{}\"}},{{\"Key\":\"team\",\"Value\":\"team-{}\"}},{{\"Key\":\"cost-centre\",\"Value\":\"{}\"}}]}}",
            attached.join(","),
            ["prod", "dev", "test"][dice.below(3) as usize],
            dice.below(80),
            dice.below(4000)
        )
        .expect("written");
    }
    write!(out, "],\"Policies\":[").expect("written");
    for p in 0..POLICIES {
        let statements: Vec<String> = (0..STATEMENTS)
            .map(|s| {
                let service = SERVICES[dice.below(10) as usize];
                let action = ["Get*", "List*", "Put*", "Delete*", "*"][dice.skewed(5) as usize];
                format!("{{\"Effect\":\"Allow\",\"Action\":\"{service}:{action}\",\"Resource\":\"arn:aws:{service}:::thing-{p}-{s}\"}}")
            })
            .collect();
        let comma = if p == 0 { "" } else { "," };
        write!(
            out,
            "{comma}{{\"PolicyName\":\"p{p}\",\"PolicyId\":\"ANPA{p:012}\",\"Arn\":\"arn:aws:iam::111122223333:policy/p{p}\",\"Path\":\"/\",\"DefaultVersionId\":\"v1\",\"AttachmentCount\":1,\"PermissionsBoundaryUsageCount\":0,\"IsAttachable\":true,\"CreateDate\":\"2025-03-01T09:00:00+00:00\",\"UpdateDate\":\"2025-03-01T09:00:00+00:00\",\"PolicyVersionList\":[{{\"VersionId\":\"v1\",\"IsDefaultVersion\":true,\"CreateDate\":\"2025-03-01T09:00:00+00:00\",\"Document\":{{\"Version\":\"2012-10-17\",\"Statement\":[{}]}}}}]}}",
            statements.join(",")
        )
        .expect("written");
    }
    write!(out, "]}}").expect("written");
    out.flush().expect("written");
    std::fs::metadata(path).expect("there").len()
}
