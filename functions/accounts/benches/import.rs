//! An import from file to store: read, linked, through the ledger, packed and
//! written to a DynamoDB in this process.

use std::fmt::Write as _;

use accounts::app::import::{ImportRequest, import_for_analysis};
use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use testkit::Stack;

fn main() {
    divan::main();
}

const DEALS: u32 = 100_000;

/// Deals a minute apart, each second one closing the one before.
fn deals_csv() -> String {
    let mut text = String::from(
        "Time;Deal;Symbol;Type;Direction;Volume;Price;Order;Commission;Fee;Swap;Profit;Balance;Comment\n",
    );
    for at in 0..DEALS {
        let (kind, entry) = if at % 2 == 0 {
            ("buy", "in")
        } else {
            ("sell", "out")
        };
        let day = at / 1_440;
        let _ = writeln!(
            text,
            "2024.{:02}.{:02} {:02}:{:02}:00;{};EURUSD;{kind};{entry};0.1;1.10000;{};-0.35;0.00;0.00;1.20;10 000.00;robot",
            1 + day / 28,
            1 + day % 28,
            at / 60 % 24,
            at % 60,
            100 + at,
            7_000_000 + at,
        );
    }
    text
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn csv_of_100_000_deals_into_the_store(bencher: Bencher<'_, '_>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let stack = runtime.block_on(Stack::start());
    let text = deals_csv();
    let request = ImportRequest {
        server_zone: chrono_tz::Europe::Athens,
        name: None,
        initial_balance: None,
    };
    let import = || {
        let owner = (&stack.shop.id, "demo:7");
        let imported =
            import_for_analysis(&stack.store, owner, text.as_bytes(), &request, stack.now());
        let imported = runtime.block_on(Box::pin(imported)).expect("imports");
        assert_eq!(imported.imported.deals, u64::from(DEALS));
        imported
    };
    bencher
        .counter(ItemsCount::new(DEALS))
        .bench_local(|| black_box(import()));
}
