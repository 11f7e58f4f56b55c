//! Edits that couple an agent to nothing and let go of nothing: they must raise nothing.

use super::texts::BASES;
use super::{edited, found};

#[rustfmt::skip]
const HARMLESS: &[(&str, &str, &str)] = &[
    ("support", "- Greet the customer by name\n- Answer from the knowledge base\n", "- Answer from the knowledge base\n- Greet the customer by name\n"),
    ("support", "- Greet the customer by name\n- Answer from the knowledge base\n- Keep", "* Greet the customer by name\n* Answer from the knowledge base\n* Keep"),
    ("support", "Never refund; hand over to a person.", "**Never** refund; hand over to a person."),
    ("support", "Do not promise", "Don't promise"),
    ("support", "Do not promise outcomes or guarantees.", "Do not promise outcomes or guarantees"),
    ("support", "Do not promise", "DO NOT promise"),
    ("support", "Be patient. Summarise the answer at the end.\nThank the customer for waiting.", "Be patient. Summarise the\nanswer at the end. Thank the customer\nfor waiting."),
    ("support", "Be patient.", "Be patient and kind."),
    ("support", "Be patient. ", ""),
    ("support", "Thank the customer for waiting.", "Thank the customer warmly."),
    ("support", "", "Use simple words."),
    ("support", "", "Never use jargon."),
    ("support", "", "Do not reveal the password of a customer."),
    ("support", "", "Answer in the same friendly tone throughout the conversation."),
    ("support", "You help customers with their orders.", "You help the customers of Northwind with their orders."),
    ("support", "## Style", "## Style and tone"),
    ("support", "\n\n## Style", "\n\n\n\n## Style"),
    ("support", "- Do not promise outcomes or guarantees.\n- Do not share personal data of other customers.\n", "- Do not share personal data of other customers.\n- Do not promise outcomes or guarantees.\n"),
    ("support", "Be patient.", "Be patient \u{1F642}."),
    ("support", "Thank the customer for waiting.", "Thank the customer for waiting. Offer more help at the end of the conversation."),
    ("coder", "Prefer small functions.", "Prefer short functions."),
    ("coder", "", "Prefer tests that are simple to read."),
    ("coder", "3. Merge only after a person approved it.\n", "3. Merge only after a person approved it.\n4. Thank the reviewer.\n"),
    ("coder", "Don't modify this file", "Don\u{2019}t modify this file"),
    ("memory", "", "Customers like examples."),
    ("memory", "Weekly summary: deliveries were late in the north.", "Weekly summary: deliveries were late in the north and the west."),
    ("tool", "Looks up an order by its number and returns its state.", "Looks up an order by its number and returns its current state."),
    ("tool", "order: The number of the order. Must be ten digits.\nlimit: How many lines to return, at most 50.\n", "limit: How many lines to return, at most 50.\norder: The number of the order. Must be ten digits.\n"),
];

#[test]
fn harmless_edits_raise_nothing() {
    assert!(HARMLESS.len() >= 20);
    let mut wrong = Vec::new();
    for (base, cut, put) in HARMLESS {
        let before = BASES.iter().find(|(name, _)| name == base).expect("base").1;
        let all = found(before, &edited(before, cut, put));
        if !all.is_empty() {
            wrong.push(format!("{base}: {cut:?} → {put:?}: {all:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    println!("{} harmless edits raise nothing", HARMLESS.len());
}

#[test]
fn the_same_text_raises_nothing_and_a_name_it_had_is_none_it_brings() {
    for (_, text) in BASES {
        assert_eq!(found(text, text), []);
    }
    let before = "Use refund_create and vault/crm/quick at https://api.payments.example/v1.\nBe kind.\n";
    let after = before.replace("Be kind.", "Be kind and brief.");
    assert_eq!(found(before, &after), []);
}
