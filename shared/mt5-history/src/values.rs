//! Types and directions of deals as reports, exports and the API write them.

use crate::model::{Canceled, DealKind, Entry, Side};
use crate::words::normalize;

/// Reads a deal's type. Numeric codes (`ENUM_DEAL_TYPE`) count only where `codes` allows them.
pub(crate) fn kind_of(text: &str, codes: bool) -> Option<DealKind> {
    // Nearly every row of nearly every file; only there to be fast.
    match text {
        "buy" => return Some(DealKind::Buy),
        "sell" => return Some(DealKind::Sell),
        _ => {}
    }
    if let Some(code) = code_of(text) {
        return if codes { kind_of_code(code) } else { None };
    }
    let word = word_of(text, "dealtype");
    if let Some(side) = side_of_word(&word) {
        return Some(match side {
            Side::Buy => DealKind::Buy,
            Side::Sell => DealKind::Sell,
        });
    }
    kind_of_word(&word)
}

/// Reads a position's side.
pub(crate) fn side_of(text: &str) -> Option<Side> {
    side_of_word(&word_of(text, "positiontype"))
}

/// Reads a deal's direction. Numeric codes (`ENUM_DEAL_ENTRY`) count only where `codes` allows.
pub(crate) fn entry_of(text: &str, codes: bool) -> Option<Entry> {
    match text {
        "in" => return Some(Entry::In),
        "out" => return Some(Entry::Out),
        _ => {}
    }
    if let Some(code) = code_of(text) {
        return match code {
            _ if !codes => None,
            0 => Some(Entry::In),
            1 => Some(Entry::Out),
            2 => Some(Entry::InOut),
            3 => Some(Entry::OutBy),
            _ => None,
        };
    }
    let word = word_of(text, "dealentry");
    let word = word.strip_prefix("entry").unwrap_or(&word);
    ENTRIES
        .iter()
        .find(|(_, words)| is_one_of(word, words))
        .map(|(entry, _)| *entry)
}

/// A word without case and punctuation and without the name of its enumeration.
fn word_of(text: &str, enumeration: &str) -> String {
    // Not `normalize(text)` at once: it would take the tail of `DealType.1` for a repetition.
    let last = text.rsplit_once('.').map_or(text, |(_, last)| last);
    let word = normalize(last);
    word.strip_prefix(enumeration)
        .map_or_else(|| word.clone(), str::to_owned)
}

fn is_one_of(word: &str, words: &str) -> bool {
    words.split_ascii_whitespace().any(|known| known == word)
}

/// A small whole number, also as a data frame writes it (`1.0`).
fn code_of(text: &str) -> Option<u8> {
    let whole = match text.split_once('.') {
        Some((whole, fraction)) if fraction.bytes().all(|b| b == b'0') => whole,
        Some(_) => return None,
        None => text,
    };
    if whole.is_empty() || whole.len() > 2 {
        return None;
    }
    whole.parse().ok()
}

fn kind_of_code(code: u8) -> Option<DealKind> {
    Some(match code {
        0 => DealKind::Buy,
        1 => DealKind::Sell,
        2 => DealKind::Balance,
        3 => DealKind::Credit,
        4 => DealKind::Charge,
        5 => DealKind::Correction,
        6 => DealKind::Bonus,
        7..=11 => DealKind::Commission,
        12 => DealKind::Interest,
        13 => DealKind::Canceled(Canceled::Buy),
        14 => DealKind::Canceled(Canceled::Sell),
        15 | 16 => DealKind::Dividend,
        17 => DealKind::Tax,
        18 => DealKind::StopOutCompensation,
        19 => DealKind::StopOutCompensationCredit,
        _ => return None,
    })
}

fn side_of_word(word: &str) -> Option<Side> {
    if is_one_of(word, BUY) {
        Some(Side::Buy)
    } else if is_one_of(word, SELL) {
        Some(Side::Sell)
    } else {
        None
    }
}

fn kind_of_word(word: &str) -> Option<DealKind> {
    Some(match word {
        "balance" | "deposit" | "withdrawal" | "баланс" | "saldo" | "kontostand" | "solde"
        | "残高" | "余额" | "잔고" | "bakiye" | "sốdư" | "رصيد" | "موجودی" | "balans" => {
            DealKind::Balance
        }
        "credit" | "кредит" | "kredit" | "crédito" | "credito" | "crédit" | "クレジット"
        | "信用" | "kredyt" | "kredi" => DealKind::Credit,
        "charge" | "charges" | "additionalcharges" | "начисление" | "fee" => {
            DealKind::Charge
        }
        "correction" | "коррекция" | "korrektur" | "corrección" | "correção" | "correzione" => {
            DealKind::Correction
        }
        "bonus" | "бонус" | "bono" | "bônus" | "ボーナス" => DealKind::Bonus,
        "commission"
        | "commissiondaily"
        | "commissionmonthly"
        | "dailycommission"
        | "monthlycommission"
        | "commissionagentdaily"
        | "commissionagentmonthly"
        | "dailyagentcommission"
        | "monthlyagentcommission"
        | "agentdailycommission"
        | "agentmonthlycommission"
        | "agentcommissiondaily"
        | "agentcommissionmonthly"
        | "agentcommission"
        | "комиссия" => DealKind::Commission,
        "interest" | "interestrate" => DealKind::Interest,
        "buycanceled" | "buycancelled" | "canceledbuy" | "cancelledbuy" => {
            DealKind::Canceled(Canceled::Buy)
        }
        "sellcanceled" | "sellcancelled" | "canceledsell" | "cancelledsell" => {
            DealKind::Canceled(Canceled::Sell)
        }
        "dividend" | "dividends" | "frankeddividend" | "dividendfranked" => DealKind::Dividend,
        "tax" | "taxes" => DealKind::Tax,
        "socompensation" | "stopoutcompensation" => DealKind::StopOutCompensation,
        "socompensationcredit" | "stopoutcompensationcredit" | "socreditcompensation" => {
            DealKind::StopOutCompensationCredit
        }
        _ if word.contains("commission") => DealKind::Commission,
        _ if word.contains("dividend") => DealKind::Dividend,
        _ => return None,
    })
}

const BUY: &str = "buy b long bought покупка купить купува kauf kaufen achat acheter compra comprar 買い \
    買 买入 买 매수 خرید شراء alış alım al kupno kup nákup acquisto mua beli ซื้อ vétel köp \
    купівля";
const SELL: &str = "sell s short sold продажа продать продажба продава verkauf verkaufen vente vendre \
    venta vender venda 売り 売 卖出 卖 賣 매도 فروش بيع satış satım sat sprzedaż sprzedaj prodej \
    vendita bán jual ขาย eladás sälj продаж";
const ENTRIES: &[(Entry, &str)] = &[
    (
        Entry::In,
        "in open вход eingang einstieg entrada entrée entrata ingresso wejście giriş vào \
         masuk เข้า ورود دخول 入 进 进场 新規 エントリー 진입 vstup вхід",
    ),
    (
        Entry::Out,
        "out close exit выход изход ausgang ausstieg salida saída sortie uscita wyjście çıkış \
         ra keluar ออก خروج 出 出场 決済 청산 výstup вихід",
    ),
    (
        Entry::InOut,
        "inout outin reverse reversal входвыход entradasalida entradasaída entréesortie \
         einausgang 出入 进出 ドテン",
    ),
    (Entry::OutBy, "outby closeby закрытиевстречной 両建て決済"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_read_as_words_enum_names_and_codes() {
        for text in [
            "buy",
            "Buy",
            "DEAL_TYPE_BUY",
            "DealType.BUY",
            "0",
            "0.0",
            "покупка",
        ] {
            assert_eq!(kind_of(text, true), Some(DealKind::Buy), "{text}");
        }
        assert_eq!(
            kind_of("sell canceled", false),
            Some(DealKind::Canceled(Canceled::Sell))
        );
        assert_eq!(
            kind_of("DEAL_TYPE_DIVIDEND_FRANKED", false),
            Some(DealKind::Dividend)
        );
        assert_eq!(
            kind_of("DEAL_TYPE_COMMISSION_DAILY", false),
            Some(DealKind::Commission)
        );
        assert_eq!(kind_of("6", true), Some(DealKind::Bonus));
        assert_eq!(kind_of("6", false), None);
        assert_eq!(kind_of("20", true), None);
        assert_eq!(kind_of("buy limit", true), None);
        assert_eq!(kind_of("1.5", true), None);
    }

    #[test]
    fn directions_are_read_as_words_enum_names_and_codes() {
        assert_eq!(entry_of("in", false), Some(Entry::In));
        assert_eq!(entry_of("in/out", false), Some(Entry::InOut));
        assert_eq!(entry_of("out by", false), Some(Entry::OutBy));
        assert_eq!(entry_of("DEAL_ENTRY_OUT_BY", false), Some(Entry::OutBy));
        assert_eq!(entry_of("DEAL_ENTRY_INOUT", false), Some(Entry::InOut));
        assert_eq!(entry_of("1", true), Some(Entry::Out));
        assert_eq!(entry_of("1", false), None);
        assert_eq!(entry_of("4", true), None);
    }
}
