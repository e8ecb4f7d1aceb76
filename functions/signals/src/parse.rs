//! `POST /api/signals/parse`, `GET /api/signals/formats`

use axum::extract::State;
use garde::Validate;
use kernel::Error;
use kernel::page::Page;
use serde::{Deserialize, Serialize};
use signals::domain::parser::{self, MessageText, Parsed, TEXT_BYTES_MAX};
use utoipa::ToSchema;
use web::caller::{Acting, PersonOrTerminal, Reading};
use web::extract::Json;
use web::problem::ProblemBody;

use crate::App;

/// A message of a channel.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct ParentBody {
    /// Its text.
    #[garde(length(max = TEXT_BYTES_MAX))]
    text: String,
}

/// A message of a channel, and the one it replies to.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct ParseBody {
    /// Its text, at most 64 KB.
    #[garde(length(max = TEXT_BYTES_MAX))]
    #[schema(example = "GOLD BUY 2345\nSL 2338\nTP1 2352\nTP2 2360")]
    text: String,
    /// The message that it replies to.
    #[garde(dive)]
    reply_to: Option<ParentBody>,
}

/// Reads a message: a signal, an update of one, or noise with the reason.
#[utoipa::path(
    post,
    path = "/api/signals/parse",
    tag = "signals",
    security(("jwt" = []), ("device" = [])),
    request_body = ParseBody,
    responses(
        (status = 200, description = "What it says", body = Parsed),
        (status = 400, description = "The text is missing or too long", body = ProblemBody),
    )
)]
pub(crate) async fn parse(
    State(_): State<App>,
    _: PersonOrTerminal,
    Json(body): Json<ParseBody>,
) -> web::Result<Json<Parsed>> {
    let text = read("text", &body.text)?;
    let reply_to = body.reply_to.as_ref();
    let reply_to = reply_to.map(|parent| read("reply_to.text", &parent.text));
    Ok(Json(parser::parse(text, reply_to.transpose()?)))
}

fn read<'a>(field: &str, text: &'a str) -> Result<MessageText<'a>, Error> {
    MessageText::new(text).map_err(|error| Error::field(field, error.to_string()))
}

/// A way to write a message that is read.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FormatAnswer {
    /// Its stable name.
    name: &'static str,
    /// What is special about it.
    description: &'static str,
    /// A message of that format.
    example: &'static str,
    /// The message that the example replies to, for updates.
    reply_to: Option<&'static str>,
}

/// The formats that are known, each with an example. There are never more
/// than one page.
#[utoipa::path(
    get,
    path = "/api/signals/formats",
    tag = "signals",
    security(("jwt" = [])),
    responses((status = 200, description = "All formats", body = Page<FormatAnswer>))
)]
pub(crate) async fn formats(
    State(_): State<App>,
    _: Acting<Reading>,
) -> web::Result<Json<Page<FormatAnswer>>> {
    let items = parser::formats().iter().map(|format| FormatAnswer {
        name: format.name,
        description: format.description,
        example: format.example,
        reply_to: format.reply_to,
    });
    Ok(Json(Page {
        items: items.collect(),
        next_cursor: None,
    }))
}
