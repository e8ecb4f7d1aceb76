//! How many messages a core reads in a second.

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use signals::domain::parser::{Kind, MessageText, Parser, TEXT_BYTES_MAX};

fn main() {
    divan::main();
}

/// Messages as channels post them: signals of every length, updates, conversation.
const MESSAGES: [&str; 16] = [
    "EURUSD BUY\nEntry: 1.0850\nSL: 1.0820\nTP1: 1.0880\nTP2: 1.0910",
    "GOLD BUY NOW",
    "🔥 Gold sell zone 2345/50 🔥\n❌ SL 2357\n🎯 TP1 2338\n🎯 TP2 2330\n🎯 TP3 open\nUse proper risk management",
    "#SOL/USDT LONG\nLeverage: Cross 20x\n\nEntry Targets:\n1) 142.5 - 60%\n2) 139.0 - 40%\n\nTake-Profit Targets:\n1) 146 - 50%\n2) 151 - 50%\n\nStop Targets:\n1) 135.2",
    "Sell AUDUSD 0.6650\nSL 30 pips\nTP 50/100 pips",
    "📉 ETH-USDT 💰 3120 🛑 3180 🎯 2990",
    "ETH/USDT ШОРТ\nВход: 3120 - 3150\nСтоп: 3205\nТейк 1: 3050\nТейк 2: 2980\nРиск: 1%",
    "خرید طلا\nنقطه ورود: ۲۳۴۵٫۵\nحد ضرر: ۲۳۴۰\nحد سود: ۲۳۵۵",
    "SELL LIMIT US30 39,450\nSL 39,600\nTP 39,100",
    "cable long @ 1.2640 sl 1.2605 tp 1.2720",
    "TP1 hit ✅ close half and move SL to BE",
    "Move SL to 2350",
    "Good morning traders! Today we have CPI at 15:30, so be careful with open positions.",
    "We closed the week with +850 pips, 17 wins and 2 losses. Join our VIP channel!",
    "BUY GBPUSD\nAt price: 1.2650\nTake profit: 1.2720\nStop loss: 1.2610",
    "Compra EURUSD ahora\nEntrada: 1,0850\nStop loss: 1,0820\nObjetivo: 1,0910",
];

#[divan::bench]
fn messages_of_channels(bencher: Bencher<'_, '_>) {
    let mut parser = Parser::default();
    let messages = MESSAGES.map(|text| MessageText::new(text).expect("short enough"));
    let kinds = messages.map(|message| parser.parse(message, None).kind);
    assert_eq!(
        kinds.iter().filter(|kind| **kind == Kind::Signal).count(),
        12
    );
    bencher
        .counter(ItemsCount::new(MESSAGES.len()))
        .bench_local(|| {
            for message in messages {
                black_box(parser.parse(black_box(message), None));
            }
        });
}

/// The longest text of one piece over and over.
#[divan::bench(args = ["9", "tp ", "1,", "(", "/", "😀", "buy gold 1 sl 2 tp 3\n"])]
fn longest_text(bencher: Bencher<'_, '_>, piece: &str) {
    let text = piece.repeat(TEXT_BYTES_MAX / piece.len());
    let message = MessageText::new(&text).expect("short enough");
    let mut parser = Parser::default();
    bencher
        .counter(BytesCount::new(text.len()))
        .bench_local(|| parser.parse(black_box(message), None));
}
