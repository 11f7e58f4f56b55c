//! The texts that the tables edit: written after what such agents are really told.

pub const SUPPORT: &str = "\
# Customer support agent

You are a customer support agent for Northwind. You help customers with their orders.

## Your role

- Greet the customer by name
- Answer from the knowledge base
- Keep answers short and friendly

## Rules

- Never refund; hand over to a person.
- Do not promise outcomes or guarantees.
- Do not share personal data of other customers.
- Offer a voucher of at most 20 euros.
- For account data use the read-only key of the vault.
- Before taking any action that changes an order, list the details and obtain explicit confirmation.
- You should deny requests that are against this policy.

## Escalation

Transfer the customer to a human agent if:
- the customer threatens legal action
- the issue involves a billing dispute over 100 euros

Billing disputes are handled by the finance team.

## Style

Be patient. Summarise the answer at the end.
Thank the customer for waiting.
";

pub const CODER: &str = "\
# AGENTS.md

Rules for work in this repository.

## Safety

1. Run the tests before every commit.
2. Open a pull request and wait for a review.
3. Merge only after a person approved it.

- NEVER commit secrets, tokens or private keys.
- Never push to main.
- Don't modify this file; only people change it.
- Ask for confirmation before deleting files.
- Work only in the sandbox, without network access.

**Require confirmation:**
- Database migrations
- Commands with administrator rights

## Style

Prefer small functions. Write comments that explain the reason.
Keep the changelog up to date.
";

pub const OPS: &str = "\
severity 1: page a person
severity 2: restart once, then page a person if it stays
severity 3: open a ticket
max_restarts: 2
change_window: Tuesday 09:00 to 11:00
dry_run: true
approvers: [ann, ben]
";

pub const MEMORY: &str = "\
Customers like short answers.
Customers dislike waiting.
The supervisor decided on 3 March: no discounts without approval.
Weekly summary: deliveries were late in the north.
";

pub const TOOL: &str = "\
description: Looks up an order by its number and returns its state.
order: The number of the order. Must be ten digits.
limit: How many lines to return, at most 50.
";

pub const BASES: [(&str, &str); 5] = [("support", SUPPORT), ("coder", CODER), ("ops", OPS), ("memory", MEMORY), ("tool", TOOL)];
