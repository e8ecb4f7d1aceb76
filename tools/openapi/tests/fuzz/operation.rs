//! What the document says of an operation, and a call of it.

use http::Method;
use serde_json::Value;

use crate::support::rows::{Row, rows};
use crate::support::world::{World, text};

/// An operation.
pub(crate) struct Operation {
    /// Whose it is, and a call that makes sense.
    pub(crate) row: Row,
    pub(crate) method: Method,
    /// What its body may be.
    pub(crate) body: Option<Value>,
    /// Whether that is a file, and no JSON.
    pub(crate) is_file: bool,
    pub(crate) parameters: Vec<Parameter>,
    /// Statuses that it says it answers with.
    pub(crate) answers: Vec<u16>,
}

/// A parameter.
pub(crate) struct Parameter {
    pub(crate) name: String,
    /// `path`, `query` or `header`.
    pub(crate) place: String,
}

/// A call of an operation.
pub(crate) struct Call {
    /// Path and query.
    pub(crate) target: String,
    /// The content type, where one is sent.
    pub(crate) kind: Option<&'static str>,
    /// Other headers.
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) body: Vec<u8>,
}

/// All operations, in the order of their rows.
pub(crate) fn operations(world: &World, document: &Value) -> Vec<Operation> {
    let found = rows(world).into_iter();
    found.map(|row| Operation::of(row, document)).collect()
}

impl Operation {
    fn of(row: Row, document: &Value) -> Self {
        let (method, path) = row.route.split_once(' ').expect("a path");
        let operation = &document["paths"][path][method.to_ascii_lowercase()];
        let content = operation["requestBody"]["content"].as_object();
        let content = content.and_then(|content| content.iter().next());
        let parameters = operation["parameters"].as_array();
        let parameters = parameters.into_iter().flatten().map(|found| Parameter {
            name: found["name"].as_str().expect("a name").to_owned(),
            place: found["in"].as_str().expect("a place").to_owned(),
        });
        let answers = operation["responses"].as_object().expect("responses");
        Self {
            method: method.parse().expect("a method"),
            body: content.map(|(_, body)| body["schema"].clone()),
            is_file: content.is_some_and(|(kind, _)| kind != "application/json"),
            parameters: parameters.collect(),
            answers: answers.keys().filter_map(|key| key.parse().ok()).collect(),
            row,
        }
    }

    /// Method and path.
    pub(crate) fn route(&self) -> &'static str {
        self.row.route
    }

    /// The path, with the names of its parts.
    pub(crate) fn path(&self) -> &'static str {
        self.row.route.split_once(' ').expect("a path").1
    }

    /// Whether a parameter has this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.parameters.iter().any(|known| known.name == name)
    }
}

impl Call {
    /// The one that makes sense.
    pub(crate) fn own(world: &World, operation: &Operation) -> Self {
        Self {
            target: world.filled(operation.route()),
            kind: Some("application/json"),
            headers: Vec::new(),
            body: text(&operation.row.body).into_bytes(),
        }
    }

    /// The same with a query.
    pub(crate) fn with_query(mut self, query: &str) -> Self {
        self.target = format!("{}?{query}", self.target);
        self
    }

    /// The same with another body.
    pub(crate) fn with_body(self, body: Vec<u8>) -> Self {
        Self { body, ..self }
    }
}
