//! Whatever a message is made of, the answer is bounded, sound and quick.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use rust_decimal::Decimal;
use signals::domain::parser::{Kind, LIST_MAX, MessageText, Parsed, Parser, TEXT_BYTES_MAX};
use signals::domain::values::{Direction, OrderType};

use super::read;

/// What must hold of every answer.
fn check(parsed: &Parsed) {
    let lists = [
        parsed.entries.len(),
        parsed.take_profits.len(),
        parsed.take_profit_pips.len(),
        parsed.actions.len(),
        parsed.reasons.len(),
    ];
    assert!(lists.iter().all(|length| *length <= LIST_MAX), "{parsed:?}");
    assert!(parsed.confidence <= 100);
    assert!(!parsed.reasons.is_empty(), "{parsed:?}");
    let prices = || {
        parsed
            .entries
            .iter()
            .chain(&parsed.take_profits)
            .chain(parsed.stop_loss.as_ref())
    };
    assert!(prices().all(|price| *price > Decimal::ZERO), "{parsed:?}");
    if let Some(weights) = &parsed.entry_weights {
        assert_eq!(weights.len(), parsed.entries.len());
    }
    if let Some(weights) = &parsed.take_profit_weights {
        assert_eq!(weights.len(), parsed.take_profits.len());
    }
    if let Some(zone) = parsed.entry_zone {
        assert!(zone.low < zone.high);
        assert_eq!(parsed.entries.len(), 2);
    }
    match parsed.kind {
        Kind::Noise => {
            assert_eq!(parsed.confidence, 0);
            assert!(prices().next().is_none() && parsed.actions.is_empty());
            assert!(parsed.symbol.is_none() && parsed.direction.is_none());
        }
        Kind::Update => {
            assert!(parsed.confidence > 0 && !parsed.actions.is_empty() || parsed.runner)
        }
        Kind::Signal => check_signal(parsed),
    }
}

fn check_signal(parsed: &Parsed) {
    let direction = parsed.direction.expect("a signal has a direction");
    assert!(parsed.symbol.is_some() && parsed.confidence > 0 && parsed.actions.is_empty());
    let order = parsed.order_type.expect("a signal has an order type");
    assert!(order == OrderType::Market || !parsed.entries.is_empty());
    let is_beyond = |a: Decimal, b: Decimal| match direction {
        Direction::Buy => a < b,
        Direction::Sell => a > b,
    };
    if let Some(stop) = parsed.stop_loss {
        assert!(
            parsed.entries.iter().all(|entry| is_beyond(stop, *entry)),
            "{parsed:?}"
        );
        assert!(
            parsed
                .take_profits
                .iter()
                .all(|target| is_beyond(stop, *target)),
            "{parsed:?}"
        );
    }
    for target in &parsed.take_profits {
        let mut entries = parsed.entries.iter();
        assert!(
            parsed.entries.is_empty() || entries.any(|entry| is_beyond(*entry, *target)),
            "{parsed:?}"
        );
    }
}

/// Pieces that messages are made of, and some that they should not be.
fn piece() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "BUY",
        "sell",
        "LONG",
        "шорт",
        "خرید",
        "بيع",
        "compra",
        "EURUSD",
        "gold",
        "#BTC/USDT",
        "$ETH",
        "1000PEPE",
        "TP",
        "TP1",
        "tp 2:",
        "sl",
        "S.L",
        "stop loss",
        "stop",
        "limit",
        "now",
        "CMP",
        "@",
        "entry",
        "zone",
        "between",
        "and",
        "to",
        "-",
        "/",
        ",",
        ":",
        "%",
        "50%",
        "x",
        "20x",
        "cross",
        "pips",
        "30 pips",
        "open",
        "no",
        "risk",
        "1%",
        "lot",
        "0",
        "close",
        "half",
        "move",
        "BE",
        "hit",
        "✅",
        "В",
        "ВU",
        "Вu ",
        "ВСшU",
        "ΡТ\u{200b}1️⃣",
        "🛑",
        "🎯",
        "📉",
        "1️⃣",
        "\n",
        "\n\n",
        "(",
        ")",
        "?",
        "1)",
        "be",
        "https://t.me/x",
        "@admin",
        ".",
        "..",
        "'",
        "٫",
        "۲۳",
        "²",
        "_",
        "~",
        "+",
        "vip",
        "week",
    ])
    .prop_map(str::to_owned);
    let number = prop_oneof![
        (0_u64..10_000, 0_u32..6).prop_map(|(mantissa, scale)| {
            Decimal::from_i128_with_scale(i128::from(mantissa), scale).to_string()
        }),
        "[0-9]{1,30}",
        "[0-9.,']{1,24}",
        any::<u128>().prop_map(|number| number.to_string()),
    ];
    prop_oneof![4 => known, 3 => number, 1 => any::<String>(), 1 => "\\PC{0,12}"]
}

fn message() -> impl Strategy<Value = String> {
    (prop::collection::vec(piece(), 0..40), prop::bool::ANY)
        .prop_map(|(pieces, is_spaced)| pieces.join(if is_spaced { " " } else { "" }))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_text_has_a_sound_answer(text in any::<String>(), parent in message()) {
        check(&read(&text, None));
        check(&read(&text, Some(&parent)));
    }

    #[test]
    fn any_soup_of_signal_words_has_a_sound_answer(text in message(), parent in message()) {
        check(&read(&text, None));
        check(&read(&text, Some(&parent)));
        check(&read(&text, Some("GOLD BUY 2345 SL 2338 TP 2360")));
    }

    #[test]
    fn a_parser_forgets_what_it_read_before(first in message(), second in message()) {
        let mut parser = Parser::default();
        let text = |text| MessageText::new(text).expect("short enough");
        let _ = parser.parse(text(&first), None);
        prop_assert_eq!(parser.parse(text(&second), None), read(&second, None));
    }

    #[test]
    fn a_signal_reads_back_as_it_was_written(
        entry in 10_000_u32..90_000,
        risk in 1_u32..900,
        gains in prop::collection::vec(1_u32..5_000, 1..8),
        is_buy in any::<bool>(),
    ) {
        let price = |offset: i64| Decimal::new(i64::from(entry) + offset, 4);
        let sign = if is_buy { 1 } else { -1 };
        let mut gains = gains;
        gains.sort_unstable();
        let targets: Vec<Decimal> = gains.iter().map(|gain| price(sign * i64::from(*gain))).collect();
        prop_assume!(targets.iter().all(|target| *target > Decimal::ZERO));
        let stop = price(-sign * i64::from(risk));
        let list: String = targets.iter().enumerate()
            .map(|(index, target)| format!("TP{}: {target}\n", index + 1))
            .collect();
        let side = if is_buy { "BUY" } else { "SELL" };
        let text = format!("EURUSD {side}\nEntry: {}\nSL: {stop}\n{list}", price(0));
        let parsed = read(&text, None);
        let is_far = targets.iter().chain([&stop]).any(|other| {
            let three = Decimal::from(3);
            let all = || targets.iter().chain([&stop]);
            *other * three < all().copied().max().unwrap_or_default().max(price(0))
        });
        if is_far {
            prop_assert_eq!(parsed.kind, Kind::Noise);
        } else {
            prop_assert_eq!(parsed.kind, Kind::Signal, "{}", text);
            prop_assert_eq!(parsed.entries, vec![price(0).normalize()]);
            prop_assert_eq!(parsed.stop_loss, Some(stop.normalize()));
            let expected: Vec<Decimal> = targets.iter().map(Decimal::normalize).collect();
            prop_assert_eq!(parsed.take_profits, expected);
        }
    }
}

#[test]
fn texts_made_to_break_parsers_are_answered() {
    let texts = [
        "",
        " ",
        "\n\n\n",
        "\0",
        "\u{feff}",
        "\u{202e}GOLD BUY",
        "NULL",
        "undefined",
        "NaN",
        "-1",
        "1e309",
        "0x1F",
        "1.7976931348623157e308",
        "99999999999999999999999999999999999",
        "BUY GOLD 99999999999999999999 SL 1",
        "TP",
        "SL",
        "TP TP TP",
        "SL SL",
        "@@@@",
        "####",
        "$$$",
        ":::",
        "---",
        "1..2..3",
        ".5.",
        "1,,2",
        "'1'2'3",
        "()[]{}",
        "BUY BUY BUY SELL SELL",
        "'; DROP TABLE signals; --",
        "<script>alert(1)</script>",
        "{{7*7}}",
        "%s%s%n",
        "../../etc",
        "Z̸̢͊a̶l̷g̵o̴ BUY",
        "ﷺ",
        "👩‍👩‍👧‍👦🏳️‍🌈",
        "𝔅𝔘𝔜 𝔊𝔒𝔏𝔇",
        "ᵇᵘʸ",
        "表ポあA鷗",
        "١٢٣٤٥٦٧٨٩٠",
        "½⅓¾",
        "𓀀𓁀",
        "\u{10ffff}",
        "TP1TP2TP3",
        "sl:sl:sl:1",
        "1:2:3:4:5",
        "2020-13-45",
        "1/0/0",
        "x0",
        "0x",
        "BTC/USDT/USDT/USDT",
        "EUREUREUR",
        "EUR/EUR",
        "#/#/#",
        "$ $ $",
        "_1_2_",
        "+1+2+3",
        "k1k",
        "1kk",
        "18446744073709551616k",
        "999999999999999999k",
        "0.000000000000000000000000001",
        "BUY GOLD 0 SL 0 TP 0",
        "BUY GOLD 2345 SL 100%",
        "BUY GOLD 2345 SL 9999999%",
        "SELL EURUSD 1.1 SL 99999999999999 pips TP 9999999999999999 pips",
        "BUY\u{85}GOLD\u{2028}1",
    ];
    for text in texts {
        check(&read(text, None));
        check(&read(text, Some("GOLD BUY 2345 SL 2338 TP 2360")));
        check(&read("SL 2340", Some(text)));
    }
}

#[test]
fn a_text_that_is_too_long_is_no_message() {
    let longest = "a".repeat(TEXT_BYTES_MAX);
    assert!(MessageText::new(&longest).is_ok());
    let error = MessageText::new(&format!("{longest}a")).expect_err("too long");
    assert_eq!(error.to_string(), "the text is longer than 65536 bytes");
}

#[test]
fn lists_beyond_twenty_are_cut_and_it_is_said() {
    let targets: String = (0..60)
        .map(|index| format!("TP{}: {}\n", index + 1, 2350 + index))
        .collect();
    let parsed = read(&format!("GOLD BUY 2345\nSL 2340\n{targets}"), None);
    assert_eq!(parsed.take_profits.len(), LIST_MAX);
    let reasons: Vec<String> = parsed.reasons.iter().map(ToString::to_string).collect();
    assert!(
        reasons.iter().any(|reason| reason.contains("first twenty")),
        "{reasons:?}"
    );
}

/// Texts of one thing over and over, which hurt whoever looks ahead or back without bound.
fn repeated(bytes: usize) -> Vec<String> {
    [
        "9",
        "1,",
        "1.",
        "1'",
        "1/",
        "1-",
        "1:",
        "1 ",
        "1\n",
        "1)",
        "tp ",
        "tp1",
        "sl ",
        "sl:",
        "tp/",
        "buy ",
        "BUY GOLD ",
        "sell eurusd 1.1 ",
        "buy sell ",
        "(",
        "()",
        "[",
        "/",
        "-",
        ":a",
        ":a_",
        "@",
        "@a",
        "#",
        "#a",
        "$a",
        "a",
        "ab ",
        "a.b",
        "a/",
        "eur/",
        "eur ",
        "btc/usdt ",
        "btc usdt",
        "usdt",
        "😀",
        "🎯",
        "🛑1",
        "✅",
        "1️⃣",
        "۱",
        "я",
        "й/",
        "buy gold 1 sl 2 tp 3\n",
        "tp 1%",
        "tp 5 pips ",
        "hit ",
        "tp hit ",
        "close ",
        "move sl to be ",
        "\n",
        "\u{301}",
        "https://",
        "+",
        "+1",
        "k",
        "1k",
        "1x",
        "x1",
        "stop ",
        "no sl ",
        "entry ",
        "zone 1-2 ",
        "2020/12/12 ",
        "12:12:12 ",
        "𝗕",
        "be ",
    ]
    .into_iter()
    .map(|piece| {
        let mut text = piece.repeat(bytes / piece.len());
        text.truncate(bytes);
        text
    })
    .chain([format!(
        "BUY GOLD 2345 SL 2340 {}",
        "TP 2350 ".repeat((bytes - 22) / 8)
    )])
    .collect()
}

fn fastest(text: &str, runs: u32) -> Duration {
    let mut parser = Parser::default();
    let message = MessageText::new(text).expect("short enough");
    (0..runs)
        .map(|_| {
            let start = Instant::now();
            std::hint::black_box(parser.parse(message, None));
            start.elapsed()
        })
        .min()
        .expect("a run")
}

#[test]
fn the_longest_texts_take_milliseconds() {
    // Without optimization, and on a machine that builds besides, only the worst is seen.
    let bound = Duration::from_millis(if cfg!(debug_assertions) { 1_000 } else { 5 });
    for text in repeated(TEXT_BYTES_MAX) {
        check(&read(&text, None));
        let time = fastest(&text, 9);
        let name: String = text.chars().take(24).collect();
        assert!(time < bound, "{name:?} took {time:?}");
    }
}

#[test]
fn twice_the_text_takes_twice_the_time() {
    for (half, whole) in repeated(TEXT_BYTES_MAX / 2)
        .iter()
        .zip(repeated(TEXT_BYTES_MAX))
    {
        // Quadratic time would be four times, each time; a busy machine is slow by chance.
        let times: Vec<_> = (0..5)
            .map(|_| (fastest(half, 5), fastest(&whole, 5)))
            .collect();
        let is_linear = times.iter().any(|(before, after)| *after < *before * 3);
        let name: String = half.chars().take(24).collect();
        assert!(is_linear, "{name:?}: {times:?}");
    }
}
