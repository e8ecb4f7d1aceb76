//! The parser from outside: messages in, answers out.

mod corpus;
mod fixtures;
mod formats;
mod hostile;

use signals::domain::parser::{MessageText, Parsed, parse};

/// Reads a message that is short enough.
fn read(text: &str, reply_to: Option<&str>) -> Parsed {
    let message = |text| MessageText::new(text).expect("short enough");
    parse(message(text), reply_to.map(message))
}
