//! The formats that the parser knows, with an example of each.

use serde::Serialize;

/// A way to write a message that the parser reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Format {
    /// Its stable name.
    pub name: &'static str,
    /// What is special about it.
    pub description: &'static str,
    /// A message of that format.
    pub example: &'static str,
    /// The message that the example replies to, for updates.
    pub reply_to: Option<&'static str>,
}

/// Every format that the parser knows. Each example is read, and a test reads it.
#[must_use]
pub fn formats() -> &'static [Format] {
    FORMATS
}

const fn format(name: &'static str, description: &'static str, example: &'static str) -> Format {
    Format {
        name,
        description,
        example,
        reply_to: None,
    }
}

const fn reply(
    name: &'static str,
    description: &'static str,
    reply_to: &'static str,
    example: &'static str,
) -> Format {
    Format {
        name,
        description,
        example,
        reply_to: Some(reply_to),
    }
}

const FORMATS: &[Format] = &[
    format(
        "labelled",
        "symbol and direction, then entry, stop loss and targets with labels, on one line or many",
        "EURUSD BUY\nEntry: 1.0850\nSL: 1.0820\nTP1: 1.0880\nTP2: 1.0910",
    ),
    format(
        "market",
        "entered at once: now, CMP, instant, market",
        "GBPJPY SELL NOW @ 188.40\nSL 188.90\nTP 187.20",
    ),
    format(
        "bare",
        "direction and symbol alone; the details may follow in a reply",
        "GOLD BUY NOW",
    ),
    format(
        "pending",
        "limit and stop orders; above and below make stop orders, too",
        "SELL LIMIT US30 39450\nSL 39600\nTP 39100",
    ),
    format(
        "zone",
        "a range to enter in: with a dash, between, from and to, or shortened",
        "XAUUSD SELL 2345/50\nSL 2356\nTP 2338",
    ),
    format(
        "unlabelled",
        "direction and prices without labels, told apart by their side of the entry",
        "XAGUSD BUY 28.10 27.60 29.00",
    ),
    format(
        "pips",
        "stop and targets as distances from the entry",
        "Sell AUDUSD 0.6650\nSL 30 pips\nTP 50/100 pips",
    ),
    format(
        "crypto",
        "leverage, several entries and targets with their shares, numbered lists",
        "#SOL/USDT LONG\nLeverage: Cross 20x\n\nEntry Targets:\n1) 142.5 - 60%\n2) 139.0 - 40%\n\nTake-Profit Targets:\n1) 146 - 50%\n2) 151 - 50%\n\nStop Targets:\n1) 135.2",
    ),
    format(
        "emoji",
        "emoji in place of labels",
        "📉 ETH-USDT 💰 3120 🛑 3180 🎯 2990",
    ),
    format(
        "runner",
        "a last target left open, or a stop left open",
        "NAS100 BUY 18250\nSL 18190\nTP1 18320\nTP2 open",
    ),
    format(
        "russian",
        "Russian words and abbreviations",
        "ETH/USDT ШОРТ\nВход: 3120 - 3150\nСтоп: 3205\nТейк 1: 3050\nТейк 2: 2980\nРиск: 1%",
    ),
    format(
        "persian",
        "Persian words, digits and separators",
        "خرید طلا\nنقطه ورود: ۲۳۴۵٫۵\nحد ضرر: ۲۳۴۰\nحد سود: ۲۳۵۵",
    ),
    format(
        "arabic",
        "Arabic words, digits and separators",
        "بيع الذهب الآن\nالدخول: ٢٣٤٥\nوقف الخسارة: ٢٣٥٢\nالهدف الأول: ٢٣٣٠",
    ),
    format(
        "spanish",
        "Spanish words",
        "Compra EURUSD ahora\nEntrada: 1,0850\nStop loss: 1,0820\nObjetivo: 1,0910",
    ),
    reply(
        "details",
        "a reply that gives what the signal came without",
        "EURUSD BUY NOW",
        "sl 1.0820 tp 1.0910",
    ),
    reply(
        "management",
        "breakeven, moved stops, partial and full closes, cancellations",
        "GOLD BUY 2345 SL 2338 TP 2360",
        "TP1 hit ✅ close half and move SL to BE",
    ),
];
