//! What a route of the API says of itself beside method, path and right: its name, what it takes and what it gives. The
//! OpenAPI document is made of it, and parameters that it does not name are refused. It must not answer anything.

use super::{list, shown};
use domain::ids::Noun;
use domain::query::{self, Filter};
use domain::seq::Seq;
use service::listing::Listing;
use std::borrow::Cow;
use utoipa::ToSchema;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};

/// A schema with the name it has in the document.
pub type Named = (String, RefOr<Schema>);

/// A type, as the document describes it.
#[derive(Clone, Copy)]
pub struct Shape {
    pub name: fn() -> Cow<'static, str>,
    pub schema: fn() -> RefOr<Schema>,
    /// Adds what the schema refers to.
    pub parts: fn(&mut Vec<Named>),
}

impl Shape {
    pub const fn of<T: ToSchema>() -> Self {
        Self { name: T::name, schema: T::schema, parts: T::schemas }
    }
}

/// What stands in a body.
#[derive(Clone, Copy)]
pub enum Body {
    Json(Shape),
    /// Something else, by the media types it may have.
    Other(&'static [&'static str]),
}

/// One operation of the API.
#[derive(Clone, Copy)]
pub struct Operation {
    /// Its name, which no other operation has.
    pub name: &'static str,
    pub about: &'static str,
    /// What `{id}` in the path names.
    pub of: Option<Noun>,
    /// The parameters of the address; those that follow from the route do not stand here.
    pub parameters: &'static [Parameter],
    pub takes: Option<Body>,
    pub gives: Body,
    /// The status of success.
    pub status: u16,
    /// True where what is asked for may not be there, without an id that says so.
    pub may_be_missing: bool,
    /// The filters of a list, which reads and refuses them itself.
    pub filters: Option<&'static [query::Parameter]>,
    /// True where the answer may be that the work goes on and where to look.
    pub may_go_on: bool,
    /// True where who asked is known to it and may be refused all the same: what came out needs a right of its own.
    pub for_who_still_may: bool,
}

impl Operation {
    pub const fn new(name: &'static str, about: &'static str, gives: Body) -> Self {
        Self {
            name,
            about,
            of: None,
            parameters: &[],
            takes: None,
            gives,
            status: 200,
            may_be_missing: false,
            filters: None,
            may_go_on: false,
            for_who_still_may: false,
        }
    }

    #[must_use]
    pub const fn of(self, noun: Noun) -> Self {
        Self { of: Some(noun), ..self }
    }

    #[must_use]
    pub const fn with(self, parameters: &'static [Parameter]) -> Self {
        Self { parameters, ..self }
    }

    #[must_use]
    pub const fn takes(self, body: Body) -> Self {
        Self { takes: Some(body), ..self }
    }

    /// Answers that something was made.
    #[must_use]
    pub const fn makes(self) -> Self {
        Self { status: 201, ..self }
    }

    #[must_use]
    pub const fn may_be_missing(self) -> Self {
        Self { may_be_missing: true, ..self }
    }

    /// What takes long may answer before it is done.
    #[must_use]
    pub const fn may_go_on(self) -> Self {
        Self { may_go_on: true, ..self }
    }

    /// What came out of a job is given to who may still see it.
    #[must_use]
    pub const fn for_who_still_may(self) -> Self {
        Self { for_who_still_may: true, ..self }
    }

    /// The list of a noun: filters and rows are as its listing declares them.
    pub const fn list<L: Listing>(name: &'static str, about: &'static str) -> Self {
        Self { filters: Some(L::Filter::PARAMETERS), ..Self::new(name, about, Body::Json(list::shape::<L>())) }
    }
}

/// A parameter of an address.
#[derive(Clone, Copy)]
pub struct Parameter {
    pub name: &'static str,
    pub about: &'static str,
    pub required: bool,
    form: Form,
}

#[derive(Clone, Copy)]
enum Form {
    Text,
    Words(&'static [&'static str]),
    Position,
    Switch,
}

/// A parameter that is a text.
pub const fn text(name: &'static str, about: &'static str) -> Parameter {
    Parameter { name, about, required: false, form: Form::Text }
}

/// One of these words.
pub const fn word(name: &'static str, words: &'static [&'static str], about: &'static str) -> Parameter {
    Parameter { name, about, required: false, form: Form::Words(words) }
}

/// A position of the ledger.
pub const fn position(name: &'static str, about: &'static str) -> Parameter {
    Parameter { name, about, required: false, form: Form::Position }
}

/// `true` or `false`.
pub const fn switch(name: &'static str, about: &'static str) -> Parameter {
    Parameter { name, about, required: false, form: Form::Switch }
}

impl Parameter {
    #[must_use]
    pub const fn required(self) -> Self {
        Self { required: true, ..self }
    }

    /// Why the parameter cannot be taken as it is given; none where it can. Empty is none, but not of a switch.
    pub fn refusal(&self, given: Option<&str>) -> Option<String> {
        let given = given.filter(|text| !text.is_empty() || matches!(self.form, Form::Switch));
        let Some(text) = given else { return self.required.then(|| self.missing()) };
        match self.form {
            Form::Text => None,
            Form::Words(words) => (!words.contains(&text)).then(|| format!("choose one of {}", words.join(", "))),
            Form::Position => {
                let could_be = text.parse().is_ok_and(|n| (Seq::ZERO..=Seq::LARGEST).contains(&Seq(n)));
                (!could_be).then(|| "give the number of a ledger entry, or 0".to_owned())
            }
            Form::Switch => (!matches!(text, "true" | "false")).then(|| "give true or false".to_owned()),
        }
    }

    fn missing(&self) -> String {
        match self.form {
            Form::Words(words) => format!("it is missing; give one of {}", words.join(", ")),
            Form::Text | Form::Position | Form::Switch => format!("it is missing. {}", self.about),
        }
    }

    pub fn schema(&self) -> ObjectBuilder {
        match self.form {
            Form::Text => ObjectBuilder::new().schema_type(Type::String),
            Form::Words(words) => ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words.iter().copied())),
            Form::Position => shown::position(Seq::ZERO),
            Form::Switch => ObjectBuilder::new().schema_type(Type::Boolean),
        }
    }
}
