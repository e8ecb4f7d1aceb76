//! What signals hear of the trades that follow them.

use kernel::id::{SignalId, TradeId};
use platform::devices::Device;
use signals::domain::signal::FollowedTrade;
use trading::Owner;
use trading::domain::{Trade, TradeStatus};

use crate::App;

/// Tells a signal how a trade of it stands: also after a result that was
/// counted before, since who sent it then may not have come this far.
pub(crate) async fn tell(
    app: &App,
    device: &Device,
    trade: &TradeId,
    request: trading::Request<'_>,
) -> kernel::Result<()> {
    let trader = Owner::of(device);
    let Some(trade) = app.trading.store.trade(&trader, trade).await? else {
        return Ok(());
    };
    let Some((signal, followed)) = followed(&trade) else {
        return Ok(());
    };
    let owner = signals::Owner {
        org: trader.org,
        user: trader.user,
    };
    let request = signals::Request {
        id: request.id,
        now: request.now,
    };
    app.signals
        .follow(&owner, &signal, &followed, request)
        .await?;
    Ok(())
}

/// The trade as its signal sees it; none where it follows none of ours, or is
/// no position.
fn followed(trade: &Trade) -> Option<(SignalId, FollowedTrade)> {
    let signal = trade.signal_id.as_deref()?.parse().ok()?;
    let close_price = match trade.status {
        TradeStatus::Closed => Some(trade.exit_price()?),
        status if status.is_open() => None,
        _ => return None,
    };
    let followed = FollowedTrade {
        id: trade.id.to_string(),
        volume: trade.volume,
        open_price: trade.open_price,
        close_price,
    };
    Some((signal, followed))
}
