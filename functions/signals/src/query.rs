//! Which signals a list is asked for.

use garde::Validate;
use kernel::id::SignalChannelId;
use kernel::page::Page;
use kernel::time::Timestamp;
use serde::Deserialize;
use signals::domain::signal::Status;
use signals::domain::values::Direction;
use signals::store::{Filter, SignalPage};
use signals::view::SignalView;
use utoipa::IntoParams;
use web::page::cursor;

use crate::fields::{normalized, optional_called, optional_symbol};

/// Which signals are wanted; what is left out does not matter.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct SignalsOf {
    /// What is traded, in any spelling.
    #[garde(custom(optional_symbol))]
    symbol: Option<String>,
    /// Where it stands.
    #[garde(skip)]
    status: Option<Status>,
    /// Who it is by, exactly.
    #[garde(custom(optional_called))]
    provider: Option<String>,
    /// The channel that it came through.
    #[garde(skip)]
    #[param(value_type = Option<String>)]
    channel_id: Option<SignalChannelId>,
    /// Which way.
    #[garde(skip)]
    direction: Option<Direction>,
    /// From when, included: when it was made, or closed in a list of those.
    #[garde(skip)]
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    /// Until when, included.
    #[garde(skip)]
    #[param(value_type = Option<String>, format = DateTime)]
    to: Option<Timestamp>,
}

impl From<SignalsOf> for Filter {
    fn from(of: SignalsOf) -> Self {
        Self {
            symbol: of.symbol.as_deref().map(normalized),
            status: of.status,
            provider: of.provider,
            channel: of.channel_id,
            direction: of.direction,
            from: of.from,
            to: of.to,
        }
    }
}

/// A page as it is answered, its cursor bound to the query.
pub(crate) fn page((found, next): SignalPage, query: &str) -> Page<SignalView> {
    let items = found.into_iter().map(|signal| SignalView {
        // A list of long messages is read by nobody; each has its own.
        raw_text: None,
        ..SignalView::from(signal)
    });
    Page {
        items: items.collect(),
        next_cursor: next.map(|position| cursor(&position, query)),
    }
}
