//! Good bodies by the document's schemas.

use serde_json::{Map, Value, json};
use testkit::naughty::Dice;

/// How deep schemas are followed: none of a request goes deeper.
const DEPTH_MAX: usize = 12;

/// The document's schemas.
pub(crate) struct Bodies<'a>(&'a Value);

impl<'a> Bodies<'a> {
    /// Of a document.
    pub(crate) fn of(document: &'a Value) -> Self {
        Self(&document["components"]["schemas"])
    }

    /// A body like the one that makes sense, with none, some or all of the
    /// other fields that the schema has.
    pub(crate) fn good(&self, dice: &mut Dice, schema: &Value, own: &Value) -> Value {
        let whole = self.sample(dice, schema, DEPTH_MAX);
        let one_in = *dice.pick(&[Some(1), Some(3), None]);
        match own {
            Value::Null => whole,
            own => joined(dice, own, whole, one_in),
        }
    }

    fn sample(&self, dice: &mut Dice, schema: &Value, depth: usize) -> Value {
        let Some(depth) = depth.checked_sub(1) else {
            return Value::Null;
        };
        if let Some(name) = schema["$ref"].as_str().and_then(|at| at.rsplit('/').next()) {
            return self.sample(dice, &self.0[name], depth);
        }
        if let Some(example) = schema.get("example") {
            return example.clone();
        }
        if let Some(words) = schema["enum"].as_array() {
            return dice.pick(words).clone();
        }
        if let Some(schemas) = schema["oneOf"].as_array() {
            let is_value = |schema: &&Value| schema["type"] != "null";
            let schemas: Vec<&Value> = schemas.iter().filter(is_value).collect();
            let chosen = *dice.pick(&schemas);
            return self.sample(dice, chosen, depth);
        }
        let kind = match &schema["type"] {
            Value::Array(kinds) => kinds.iter().find(|kind| *kind != "null"),
            kind => Some(kind),
        };
        match kind.and_then(Value::as_str) {
            Some("object") => {
                let fields = schema["properties"].as_object().into_iter().flatten();
                let fields = fields
                    .map(|(name, schema)| (name.clone(), self.sample(dice, schema, depth)))
                    .collect::<Map<String, Value>>();
                fields.into()
            }
            Some("array") => json!([self.sample(dice, &schema["items"], depth)]),
            Some("integer") => json!(1),
            Some("number") => json!(1.5),
            Some("boolean") => json!(dice.once_in(2)),
            Some("string") => match schema["format"].as_str() {
                Some("date-time") => json!("2026-01-05T10:00:00Z"),
                Some("date") => json!("1990-01-01"),
                _ => json!("Abc"),
            },
            _ => json!({"any": ["thing"]}),
        }
    }
}

/// What one says, and of what the other alone says one field in so many.
fn joined(dice: &mut Dice, own: &Value, whole: Value, one_in: Option<usize>) -> Value {
    let (Value::Object(own), Value::Object(whole)) = (own, whole) else {
        return own.clone();
    };
    let mut fields = own.clone();
    for (name, value) in whole {
        if let Some(known) = own.get(&name) {
            fields.insert(name, joined(dice, known, value, one_in));
        } else if one_in.is_some_and(|times| dice.once_in(times)) {
            fields.insert(name, value);
        }
    }
    fields.into()
}
