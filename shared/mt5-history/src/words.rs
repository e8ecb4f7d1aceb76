//! The names that the terminal's languages, the API and common exports give to columns.
//!
//! Help only: the sections of a report are known by their shape (see `sections`).

use std::collections::HashMap;
use std::sync::LazyLock;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Role {
    Time,
    TimeMillis,
    CloseTime,
    Deal,
    Order,
    Position,
    Symbol,
    Kind,
    Entry,
    Volume,
    Price,
    ClosePrice,
    MarketPrice,
    StopLoss,
    TakeProfit,
    Cost,
    Commission,
    Fee,
    Swap,
    Profit,
    Balance,
    Comment,
    State,
    /// Known to be of no interest.
    Other,
    /// Only in tables of MetaTrader 4.
    Mt4Item,
    Mt4Size,
}

/// A name without case, spaces and punctuation, and without the `.1` that data frames put behind
/// a second column of the same name.
pub(crate) fn normalize(name: &str) -> String {
    let name = match name.rsplit_once('.') {
        Some((head, tail)) if !tail.is_empty() && tail.bytes().all(|b| b.is_ascii_digit()) => head,
        _ => name,
    };
    name.chars()
        .filter(|c| c.is_alphanumeric() || is_joining_mark(*c))
        .flat_map(char::to_lowercase)
        .collect()
}

/// Vowel signs and tone marks of Indic and Thai writing are no letters but part of words.
fn is_joining_mark(c: char) -> bool {
    matches!(c, '\u{900}'..='\u{903}' | '\u{93a}'..='\u{94f}' | '\u{e31}' | '\u{e34}'..='\u{e3a}' | '\u{e47}'..='\u{e4e}')
}

/// What a column of this (normalized) name holds.
pub(crate) fn role_of(name: &str) -> Option<Role> {
    static BY_NAME: LazyLock<HashMap<&str, Role>> = LazyLock::new(|| {
        let named = |(role, names): &(Role, &'static str)| {
            let role = *role;
            names.split_ascii_whitespace().map(move |name| (name, role))
        };
        ROLES.iter().flat_map(named).collect()
    });
    BY_NAME.get(name).copied()
}

/// Each role with its names, normalized, apart by spaces.
const ROLES: &[(Role, &str)] = &[
    (
        Role::Time,
        "time datetime date dealtime executiontime opentime timesetup време временаотваряне \
         время времяоткрытия дата час zeit zeitpunkt datum eröffnungszeit datumzeit heure \
         temps dateheure heuredouverture fecha hora fechahora tiempo horadeapertura horário \
         horario tempo data dataeora ora dataora horáriodeabertura 時間 約定時刻 日時 时间 時刻 开仓时间 開倉時間 \
         시간 czas czasotwarcia čas tid idő aika zaman saat tarih açılışzamanı thờigian waktu \
         เวลา زمان الوقت وقت تاریخ समय χρόνος ώρα vreme vrijeme laikas aeg",
    ),
    (
        Role::TimeMillis,
        "timemsc timems timemillis timemilliseconds",
    ),
    (
        Role::CloseTime,
        "closetime timedone времязакрытия schlusszeit horadecierre",
    ),
    (
        Role::Deal,
        "deal ticket dealid dealticket dealno dealnumber transaction сделка тикет trade \
         tradeid abschluss geschäft transacción transaccion operación operacion transação \
         transacao negócio negociação oferta contratação affare operazione transazione 約定 成交 \
         交易 成交单 거래 체결 transakcja obchod işlem giaodịch transaksi ดีล معامله صفقة الصفقة سودا \
         सौदा ügylet affär kauppa συναλλαγή угода",
    ),
    (
        Role::Order,
        "order orderid orderticket orderno ordernumber ordre ordem ordine orden поръчка ордер \
         auftrag 注文 订单 訂單 주문 zlecenie emir lệnh pesanan คำสั่ง سفارش أمر الأمر příkaz \
         megbízás ऑर्डर εντολή objednávka nalog toimeksianto",
    ),
    (
        Role::Position,
        "position positionid posid positionticket positionno позиция позиція posición \
         posicion posição posicao posizione ポジション ポジション情報 持仓 倉位 持倉 仓位 포지션 pozycja pozisyon \
         vịthế vịtrí posisi สถานะ موقعیت پوزیشن مركز المركز pozice pozíció θέση pozicija",
    ),
    (
        Role::Symbol,
        "symbol instrument asset символ инструмент símbolo simbolo ativo symbole 銘柄 品种 交易品种 \
         商品 交易商品 심볼 종목 통화쌍 sembol simge biểutượng kýhiệu simbol สัญลักษณ์ نماد الرمز رمز \
         szimbólum प्रतीक σύμβολο symboli simbolis sümbol",
    ),
    (
        Role::Kind,
        "type dealtype side typ тип вид tipo art タイプ 種別 类型 類型 종류 유형 타입 rodzaj tür tip loại \
         kiểu jenis tipe ประเภท نوع النوع típus प्रकार τύπος tyyppi tipas tüüp",
    ),
    (
        Role::Entry,
        "direction entry dealentry entrytype inout направление посока напрямок richtung \
         dirección direccion direção direcao direzione 新規決済 方向 进出 방향 진입청산 kierunek směr smer \
         yön hướng chiều arah ทิศทาง جهت الاتجاه اتجاه irány दिशा κατεύθυνση suunta riktning \
         smjer kryptis suund",
    ),
    (
        Role::Volume,
        "volume lots lot volumen объем объём обем обсяг volumeinitial 数量 交易量 成交量 手数 手數 볼륨 거래량 \
         수량 wolumen objem hacim khốilượng ปริมาณ ปริมาตร حجم الحجم mennyiség volym मात्रा \
         όγκος volyymi apimtis maht obujam obseg",
    ),
    (
        Role::Price,
        "price openprice priceopen цена ціна preis kurs precio preço preco prezzo prix cours \
         価格 价格 價位 價格 价位 가격 cena fiyat giá harga ราคา قیمت السعر سعر ár pris कीमत मूल्य τιμή \
         hinta kaina hind cijena",
    ),
    (Role::ClosePrice, "closeprice priceclose"),
    (
        Role::MarketPrice,
        "marketprice currentprice pricecurrent пазарнацена рыночнаяцена marktpreis \
         preciodemercado preçodemercado prixdumarché 市場価格 市场价格 市场价 市價 시장가격 시장가 \
         prezzodimercato cenarynkowa piyasafiyatı giáthịtrường hargapasar",
    ),
    (
        Role::StopLoss,
        "sl stoploss 決済逆指値sl 止损 止損 стоплосс حدضرر 손절 cắtlỗ zararkes",
    ),
    (
        Role::TakeProfit,
        "tp takeprofit 決済指値tp 止盈 тейкпрофит حدسود 이익실현 chốtlời kâral",
    ),
    (
        Role::Cost,
        "cost costs разходи 費用 затраты стоимость kosten coste custo costi coût 成本 비용 koszt \
         maliyet chiphí",
    ),
    (
        Role::Commission,
        "commission commissions comm комисиона комиссия комісія kommission provision comisión \
         comision comissão comissao commissione commissioni 手数料 手续费 手續費 佣金 수수료 커미션 prowizja \
         provize komisyon hoahồng phíhoahồng komisi ค่าคอมมิชชั่น ค่าคอมมิชชัน کمیسیون کارمزد \
         العمولة عمولة jutalék कमीशन προμήθεια provisio courtage provizija komisinis komisjon \
         provízia",
    ),
    (
        Role::Fee,
        "fee fees такса сбор комиссионныйсбор плата gebühr gebühren tarifa cargo tasa \
         honorarios taxa tariffa frais 費 费用 요금 opłata poplatek ücret phí biaya ค่าธรรมเนียม \
         هزینه رسوم الرسوم díj avgift शुल्क χρέωση maksu naknada mokestis tasu збір",
    ),
    (
        Role::Swap,
        "swap swaps суап своп スワップ 库存费 隔夜利息 掉期 庫存費 스왑 takas สวอป สวอพ سواپ التبييت سواب \
         مبادلة phíquađêm phíhoánđổi hoánđổi स्वैप storage permuta",
    ),
    (
        Role::Profit,
        "profit pnl pl netprofit печалба прибыль прибуток gewinn beneficio ganancia lucro \
         profitto bénéfice 損益 利益 盈利 获利 利润 盈亏 獲利 수익 이익 손익 zysk zisk kâr kar lợinhuận laba \
         keuntungan untung กำไร سود سودوزیان الربح ربح nyereség haszon vinst लाभ κέρδος \
         voitto pelnas kasum dobit dobiček",
    ),
    (
        Role::Balance,
        "balance баланс saldo kontostand solde 残高 余额 結餘 餘額 结余 잔고 잔액 zůstatek bakiye sốdư \
         ยอดคงเหลือ ยอดเงิน موجودی بالانس الرصيد رصيد egyenleg शेष υπόλοιπο balans bilanz \
         bilancio stanje balansas",
    ),
    (
        Role::Comment,
        "comment comments коментар комментарий kommentar comentario comentário commento \
         commentaire コメント 注释 註釋 备注 评论 코멘트 주석 komentarz komentář yorum açıklama bìnhluận \
         ghichú komentar ความคิดเห็น หมายเหตุ توضیح توضیحات نظر تعليق التعليق megjegyzés \
         टिप्पणी σχόλιο kommentti komentaras komentár",
    ),
    (
        Role::State,
        "state status състояние состояние статус zustand estado stato état etat 状況 状态 狀態 상태 \
         stan stav durum trạngthái สถานะคำสั่ง وضعیت الحالة állapot",
    ),
    (Role::Mt4Item, "item items"),
    (Role::Mt4Size, "size"),
    (
        Role::Other,
        "magic magicnumber expert expertid reason dealreason externalid identifier index id \
         unnamed0 login change taxes",
    ),
];

/// Words in the title of a strategy tester report, normalized.
pub(crate) const TESTER_TITLES: &[&str] = &[
    "strategytester",
    "тестерстратегий",
    "тестераторанастратегии",
    "strategietester",
    "probadordeestrategias",
    "testadordeestratégia",
    "testeurdestratégie",
    "ストラテジーテスター",
    "策略测试",
    "策略測試",
    "전략테스터",
    "testerstrategii",
    "testerstrategie",
    "testerdistrategie",
    "stratejitest",
    "stratejisınama",
];

/// Words that only statements of MetaTrader 4 have, normalized.
pub(crate) const MT4_WORDS: &[&str] = &[
    "closedtransactions",
    "closedpl",
    "closedtradepl",
    "закрытыетранзакции",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_known_without_case_and_punctuation() {
        assert_eq!(role_of(&normalize("S / L")), Some(Role::StopLoss));
        assert_eq!(role_of(&normalize("position_id")), Some(Role::Position));
        assert_eq!(role_of(&normalize("PositionID")), Some(Role::Position));
        assert_eq!(role_of(&normalize("time_msc")), Some(Role::TimeMillis));
        assert_eq!(role_of(&normalize("Price.1")), Some(Role::Price));
        assert_eq!(role_of(&normalize("新規・決済")), Some(Role::Entry));
        assert_eq!(role_of(&normalize("Fecha/Hora")), Some(Role::Time));
        assert_eq!(role_of(&normalize("Gebühr")), Some(Role::Fee));
    }

    #[test]
    fn no_name_has_two_roles() {
        let mut all: Vec<&str> = ROLES
            .iter()
            .flat_map(|(_, names)| names.split_ascii_whitespace())
            .collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }

    #[test]
    fn every_name_is_normalized() {
        for (_, names) in ROLES {
            for name in names.split_ascii_whitespace() {
                assert_eq!(normalize(name), name);
            }
        }
    }
}
