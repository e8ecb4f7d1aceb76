//! What an `open_trade` stands for: one order for each entry.

use rust_decimal::Decimal;
use serde_json::Value;

use crate::broker::{Entry, Order, Target, VOLUME};
use crate::split::{STEP, closings, shared};

/// A figure of a payload.
pub(crate) fn figure(payload: &Value, name: &str) -> Option<Decimal> {
    decimal(payload.get(name)?)
}

/// The orders that a command to open stands for. Of several each names its
/// part; those that the volume is too small for are left out.
pub(crate) fn orders(command: &str, payload: &Value) -> Vec<Order> {
    let volume = figure(payload, "volume").unwrap_or(VOLUME);
    let is_buy = payload["action"] == "buy";
    let entries = entries(payload);
    let weights = weights(payload, "entryWeights", entries.len());
    let weights = weights.unwrap_or_else(|| vec![Decimal::ONE; entries.len()]);
    let has_parts = entries.len() > 1;
    let parts = entries.into_iter().zip(shared(volume, STEP, &weights));
    let order = |(index, (entry, volume)): (usize, (Entry, Decimal))| Order {
        symbol: payload["symbol"].as_str().unwrap_or_default().to_owned(),
        is_buy,
        volume,
        entry,
        stop_loss: figure(payload, "stopLoss"),
        targets: targets(payload, is_buy, volume),
        signal: payload["signalId"].as_str().map(str::to_owned),
        command: Some(command.to_owned()),
        part: has_parts.then_some(index + 1),
    };
    let orders = parts.enumerate().map(order);
    orders.filter(|order| !order.volume.is_zero()).collect()
}

/// Whether a command stands for several orders, each with its part.
pub(crate) fn has_parts(payload: &Value) -> bool {
    entries(payload).len() > 1
}

/// The price that a command to open names first.
pub(crate) fn first_price(payload: &Value) -> Option<Decimal> {
    let first = list(payload, "entries").into_iter().next();
    first.or_else(|| figure(payload, "entry"))
}

/// How each part is entered. What names no `entries` has one at most.
fn entries(payload: &Value) -> Vec<Entry> {
    let pending = |price| match payload["orderType"] == "stop" {
        true => Entry::Stop(price),
        false => Entry::Limit(price),
    };
    let is_market = payload["orderType"] == "market";
    let zone = &payload["entryZone"];
    if let (Some(low), Some(high), false) = (figure(zone, "low"), figure(zone, "high"), is_market) {
        return vec![Entry::Zone(low, high)];
    }
    let prices = match list(payload, "entries") {
        prices if !prices.is_empty() && zone.is_null() => prices,
        _ => figure(payload, "entry").into_iter().collect(),
    };
    if !is_market {
        return prices.into_iter().map(pending).collect();
    }
    // The first is taken at once, the others as the price comes.
    let others = prices.into_iter().skip(1).map(Entry::Limit);
    std::iter::once(Entry::Market).chain(others).collect()
}

/// What a position of so many lots closes where.
fn targets(payload: &Value, is_buy: bool, volume: Decimal) -> Vec<Target> {
    let prices = list(payload, "takeProfits");
    let weights = weights(payload, "takeProfitWeights", prices.len());
    let mut order: Vec<usize> = (0..prices.len()).collect();
    order.sort_by_key(|index| prices[*index]);
    if !is_buy {
        order.reverse();
    }
    let weights: Option<Vec<Decimal>> =
        weights.map(|weights| order.iter().map(|index| weights[*index]).collect());
    let has_runner = payload["runner"] == true;
    let parts = closings(volume, STEP, order.len(), weights.as_deref(), has_runner);
    let target = |(index, volume): (&usize, Decimal)| Target {
        price: prices[*index],
        volume,
    };
    let targets = order.iter().zip(parts).map(target);
    targets.filter(|target| !target.volume.is_zero()).collect()
}

/// Weights, where there is one for each.
fn weights(payload: &Value, name: &str, count: usize) -> Option<Vec<Decimal>> {
    let weights = list(payload, name);
    (count > 0 && weights.len() == count).then_some(weights)
}

fn list(payload: &Value, name: &str) -> Vec<Decimal> {
    let figures = payload[name].as_array().into_iter().flatten();
    figures.filter_map(decimal).collect()
}

/// Small figures are written with an exponent.
fn decimal(value: &Value) -> Option<Decimal> {
    let text = value.as_number()?.to_string();
    text.parse()
        .or_else(|_| Decimal::from_scientific(&text))
        .ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(text: &str) -> Decimal {
        text.parse().expect("a figure")
    }

    fn lots(orders: &[Order]) -> Vec<Decimal> {
        orders.iter().map(|order| order.volume).collect()
    }

    fn closes(order: &Order) -> Vec<(Decimal, Decimal)> {
        let targets = order.targets.iter();
        targets
            .map(|target| (target.price, target.volume))
            .collect()
    }

    #[test]
    fn each_entry_is_an_order_with_its_share_and_its_part() {
        let payload = json!({
            "signalId": "sig_1", "symbol": "XAUUSD", "action": "buy", "orderType": "limit",
            "entry": 2345, "entries": [2345, 2340, 2335], "entryWeights": [50, 30, 20],
            "stopLoss": 2330, "takeProfits": [2360, 2350], "takeProfitWeights": [25, 50],
            "runner": true, "volume": 1,
        });
        let orders = orders("cmd_1", &payload);
        assert_eq!(lots(&orders), [of("0.5"), of("0.3"), of("0.2")]);
        let parts: Vec<Option<usize>> = orders.iter().map(|order| order.part).collect();
        assert_eq!(parts, [Some(1), Some(2), Some(3)]);
        let entries: Vec<Entry> = orders.iter().map(|order| order.entry).collect();
        let expected = ["2345", "2340", "2335"].map(|price| Entry::Limit(of(price)));
        assert_eq!(entries, expected);
        // Half of 0.3 at the nearer target, a quarter at the further one: 0.15,
        // and up to 0.225, which is 0.23.
        let expected = [(of("2350"), of("0.15")), (of("2360"), of("0.08"))];
        assert_eq!(closes(&orders[1]), expected);
        let stops = orders
            .iter()
            .all(|order| order.stop_loss == Some(of("2330")));
        assert!(
            stops
                && orders
                    .iter()
                    .all(|order| order.signal.as_deref() == Some("sig_1"))
        );
    }

    #[test]
    fn the_first_of_a_market_order_is_taken_at_once_and_the_others_wait() {
        let payload = json!({
            "symbol": "EURUSD", "action": "sell", "orderType": "market",
            "entries": [1.1, 1.105], "takeProfits": [1.09, 1.095],
        });
        let orders = orders("cmd_1", &payload);
        let entries: Vec<Entry> = orders.iter().map(|order| order.entry).collect();
        assert_eq!(entries, [Entry::Market, Entry::Limit(of("1.105"))]);
        assert_eq!(lots(&orders), [of("0.05"), of("0.05")]);
        // The nearest of a sell is the highest.
        let expected = [(of("1.095"), of("0.03")), (of("1.09"), of("0.02"))];
        assert_eq!(closes(&orders[0]), expected);
    }

    #[test]
    fn one_entry_a_zone_and_what_was_told_before_there_were_several_are_one_order() {
        let told = |more: Value| {
            let mut payload = json!({"symbol": "BTC/USDT", "action": "buy", "volume": 0.02});
            for (name, value) in more.as_object().expect("fields") {
                payload[name] = value.clone();
            }
            orders("cmd_1", &payload)
        };
        for (payload, entry) in [
            (json!({"orderType": "market"}), Entry::Market),
            (
                json!({"orderType": "stop", "entry": 0.00001234}),
                Entry::Stop(of("0.00001234")),
            ),
            (
                json!({"orderType": "limit", "entry": 90, "entries": [90, 80], "entryZone": {"low": 80, "high": 90}}),
                Entry::Zone(of("80"), of("90")),
            ),
            (
                json!({"orderType": "market", "entries": [90, 80], "entryZone": {"low": 80, "high": 90}}),
                Entry::Market,
            ),
        ] {
            let orders = told(payload);
            assert_eq!(orders.len(), 1);
            assert_eq!((orders[0].entry, orders[0].volume), (entry, of("0.02")));
            assert_eq!(orders[0].command.as_deref(), Some("cmd_1"));
            assert_eq!(orders[0].part, None);
        }
        // Two steps are enough for two of three.
        let three = told(json!({"orderType": "limit", "entries": [90, 80, 70]}));
        assert_eq!(lots(&three), [of("0.01"), of("0.01")]);
        assert_eq!(three[1].part, Some(2));
    }
}
