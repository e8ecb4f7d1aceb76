//! Writes small reports as the terminal, a browser or a spreadsheet would.

use std::fmt::Write as _;
use std::io::{Cursor, Write as _};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::story::{ACCOUNT, DEALS, OPEN, ORDERS, POSITIONS, TOTAL, WORKING};

/// A report's words in one language.
#[derive(Clone, Copy)]
pub(super) struct Language {
    pub(super) code: &'static str,
    /// Report, positions, orders, deals, open positions, working orders, results; as all the
    /// names below apart by bars.
    titles: &'static str,
    positions: &'static str,
    orders: &'static str,
    deals: &'static str,
    open: &'static str,
}

impl Language {
    pub(super) fn titles(&self) -> [&'static str; 7] {
        split(self.titles)
    }

    pub(super) fn positions(&self) -> [&'static str; 13] {
        split(self.positions)
    }

    pub(super) fn orders(&self) -> [&'static str; 11] {
        split(self.orders)
    }

    pub(super) fn deals(&self) -> [&'static str; 14] {
        split(self.deals)
    }

    pub(super) fn open(&self) -> [&'static str; 12] {
        split(self.open)
    }
}

fn split<const N: usize>(names: &'static str) -> [&'static str; N] {
    let names: Vec<&str> = names.split('|').collect();
    names.try_into().expect("as many names as columns")
}

pub(super) const ENGLISH: Language = Language {
    code: "en",
    titles: "Trade History Report|Positions|Orders|Deals|Open Positions|Working Orders|Results",
    positions: "Time|Position|Symbol|Type|Volume|Price|S / L|T / P|Time|Price|Commission|Swap|Profit",
    orders: "Open Time|Order|Symbol|Type|Volume|Price|S / L|T / P|Time|State|Comment",
    deals: "Time|Deal|Symbol|Type|Direction|Volume|Price|Order|Commission|Fee|Swap|Profit|Balance|Comment",
    open: "Time|Position|Symbol|Type|Volume|Price|S / L|T / P|Market Price|Swap|Profit|Comment",
};

/// Words of no language: only the shape of the tables is left.
pub(super) const NOWHERE: Language = Language {
    code: "none",
    titles: "Qwa Qwb|Qwc|Qwd|Qwe|Qwf|Qwg|Qwh",
    positions: "Qa|Qb|Qc|Qd|Qe|Qf|Qg|Qh|Qa|Qf|Qi|Qj|Qk",
    orders: "Ql|Qm|Qc|Qd|Qe|Qf|Qg|Qh|Qa|Qn|Qo",
    deals: "Qa|Qp|Qc|Qd|Qr|Qe|Qf|Qm|Qi|Qs|Qj|Qk|Qt|Qo",
    open: "Qa|Qb|Qc|Qd|Qe|Qf|Qg|Qh|Qu|Qj|Qk|Qo",
};

pub(super) const LANGUAGES: &[Language] = &[
    ENGLISH,
    NOWHERE,
    Language {
        code: "de",
        titles: "Handelshistorie|Positionen|Aufträge|Abschlüsse|Offene Positionen|Aktive Aufträge|Ergebnisse",
        positions: "Zeit|Position|Symbol|Typ|Volumen|Preis|S / L|T / P|Zeit|Preis|Kommission|Swap|Gewinn",
        orders: "Eröffnungszeit|Order|Symbol|Typ|Volumen|Preis|S / L|T / P|Zeit|Status|Kommentar",
        deals: "Zeit|Deal|Symbol|Typ|Richtung|Volumen|Preis|Order|Kommission|Gebühr|Swap|Gewinn|Kontostand|Kommentar",
        open: "Zeit|Position|Symbol|Typ|Volumen|Preis|S / L|T / P|Marktpreis|Swap|Gewinn|Kommentar",
    },
    Language {
        code: "ru",
        titles: "Отчет по торговой истории|Позиции|Ордера|Сделки|Открытые позиции|Рабочие ордера|Результаты",
        positions: "Время|Позиция|Символ|Тип|Объем|Цена|S / L|T / P|Время|Цена|Комиссия|Своп|Прибыль",
        orders: "Время открытия|Ордер|Символ|Тип|Объем|Цена|S / L|T / P|Время|Состояние|Комментарий",
        deals: "Время|Сделка|Символ|Тип|Направление|Объем|Цена|Ордер|Комиссия|Сбор|Своп|Прибыль|Баланс|Комментарий",
        open: "Время|Позиция|Символ|Тип|Объем|Цена|S / L|T / P|Рыночная цена|Своп|Прибыль|Комментарий",
    },
    Language {
        code: "fr",
        titles: "Rapport d'historique de trading|Positions|Ordres|Transactions|Positions ouvertes|Ordres en cours|Résultats",
        positions: "Heure|Position|Symbole|Type|Volume|Prix|S / L|T / P|Heure|Prix|Commission|Echange|Profit",
        orders: "Heure d'Ouverture|Ordre|Symbole|Type|Volume|Prix|S / L|T / P|Heure|Etat|Commentaire",
        deals: "Heure|Transaction|Symbole|Type|Direction|Volume|Prix|Ordre|Commission|Frais|Echange|Profit|Solde|Commentaire",
        open: "Heure|Position|Symbole|Type|Volume|Prix|S / L|T / P|Prix du marché|Echange|Profit|Commentaire",
    },
    Language {
        code: "pt",
        titles: "Relatório do Histórico de Negociação|Posições|Ordens|Transações|Posições abertas|Ordens ativas|Resultados",
        positions: "Horário|Position|Ativo|Tipo|Volume|Preço|S / L|T / P|Horário|Preço|Comissão|Swap|Lucro",
        orders: "Horário de Abertura|Ordem|Ativo|Tipo|Volume|Preço|S / L|T / P|Horário|Estado|Comentário",
        deals: "Horário|Oferta|Ativo|Tipo|Direção|Volume|Preço|Ordem|Comissão|Taxa|Swap|Lucro|Saldo|Comentário",
        open: "Horário|Position|Ativo|Tipo|Volume|Preço|S / L|T / P|Preço de Mercado|Swap|Lucro|Comentário",
    },
    Language {
        code: "ja",
        titles: "取引履歴レポート|ポジション一覧|注文|約定|ポジション|現在のオーダー|結果",
        positions: "時間|ポジション情報|銘柄|タイプ|数量|価格|決済逆指値(S/L)|決済指値(T/P)|時間|価格|手数料|スワップ|損益",
        orders: "約定時刻|注文|銘柄|タイプ|数量|価格|決済逆指値(S/L)|決済指値(T/P)|時間|状況|コメント",
        deals: "時間|約定|銘柄|タイプ|新規・決済|数量|価格|注文|手数料|手数料|スワップ|損益|残高|コメント",
        open: "時間|ポジション情報|銘柄|タイプ|数量|価格|決済逆指値(S/L)|決済指値(T/P)|市場価格|スワップ|損益|コメント",
    },
    Language {
        code: "zh",
        titles: "交易历史报告|持仓|订单|成交|未平仓|挂单|结果",
        positions: "时间|持仓|交易品种|类型|交易量|价位|止损|止盈|时间|价位|手续费|库存费|盈利",
        orders: "开仓时间|订单|交易品种|类型|交易量|价位|止损|止盈|时间|状态|注释",
        deals: "时间|成交|交易品种|类型|方向|交易量|价位|订单|手续费|费用|库存费|盈利|结余|注释",
        open: "时间|持仓|交易品种|类型|交易量|价位|止损|止盈|市场价|库存费|盈利|注释",
    },
    Language {
        code: "fa",
        titles: "گزارش تاریخچه معاملات|موقعیت ها|سفارشات|معاملات|موقعیت های باز|سفارشات فعال|نتایج",
        positions: "زمان|موقعیت|نماد|نوع|حجم|قیمت|S / L|T / P|زمان|قیمت|کمیسیون|سواپ|سود",
        orders: "زمان باز شدن|سفارش|نماد|نوع|حجم|قیمت|S / L|T / P|زمان|وضعیت|توضیح",
        deals: "زمان|معامله|نماد|نوع|جهت|حجم|قیمت|سفارش|کمیسیون|هزینه|سواپ|سود|موجودی|توضیح",
        open: "زمان|موقعیت|نماد|نوع|حجم|قیمت|S / L|T / P|قیمت بازار|سواپ|سود|توضیح",
    },
    Language {
        code: "vi",
        titles: "Báo cáo lịch sử giao dịch|Vị thế|Lệnh|Giao dịch|Vị thế mở|Lệnh chờ|Kết quả",
        positions: "Thời gian|Vị thế|Biểu tượng|Loại|Khối lượng|Giá|S / L|T / P|Thời gian|Giá|Hoa hồng|Swap|Lợi nhuận",
        orders: "Thời gian mở|Lệnh|Biểu tượng|Loại|Khối lượng|Giá|S / L|T / P|Thời gian|Trạng thái|Bình luận",
        deals: "Thời gian|Giao dịch|Biểu tượng|Loại|Hướng|Khối lượng|Giá|Lệnh|Hoa hồng|Phí|Swap|Lợi nhuận|Số dư|Bình luận",
        open: "Thời gian|Vị thế|Biểu tượng|Loại|Khối lượng|Giá|S / L|T / P|Giá thị trường|Swap|Lợi nhuận|Bình luận",
    },
];

/// What a terminal's HTML report has besides the language.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    pub(super) positions: bool,
    pub(super) fee: bool,
    pub(super) cost_shown: bool,
}

pub(super) const WHOLE: Shape = Shape {
    positions: true,
    fee: true,
    cost_shown: false,
};

/// A row of the deals in the shape's columns.
pub(super) fn deal_cells(row: &[&str; 14], shape: Shape) -> Vec<String> {
    let mut cells: Vec<String> = row.iter().map(|cell| (*cell).to_owned()).collect();
    if !shape.fee {
        cells.remove(9);
    }
    if shape.cost_shown {
        cells.insert(8, String::new());
    }
    cells
}

/// A report as the terminal writes it.
pub(super) fn html_report(language: &Language, shape: Shape) -> String {
    let mut html = format!(
        "<!DOCTYPE html PUBLIC \"-//W3C//DTD HTML 4.01 Transitional//EN\">\r\n<html>\r\n<head>\r\n<title>10000001: Test Trader - {0}</title>\r\n\
         <style type=\"text/css\"><!--\r\n.hidden {{ display: none; }}\r\n//--></style></head>\r\n<body><div align=\"center\">\r\n<table cellspacing=\"1\">\r\n\
         <tr align=\"center\"><td colspan=\"14\"><div style=\"font: 14pt Tahoma\"><b>{0}</b><br></div></td></tr>\r\n",
        language.titles()[0]
    );
    for (label, value) in [
        ("N:", "Test Trader"),
        ("A:", &*ACCOUNT.replace(' ', "&nbsp;")),
        ("C:", "Example Ltd"),
        ("D:", "2024.03.06 10:00"),
    ] {
        let _ = write!(
            html,
            "<tr align=\"left\"><th colspan=\"4\" nowrap>{label}</th><th colspan=\"10\"><b>{value}</b></th></tr>\r\n"
        );
    }
    if shape.positions {
        title(&mut html, language.titles()[1]);
        names(&mut html, &language.positions().map(str::to_owned));
        for row in POSITIONS {
            html.push_str("<tr bgcolor=\"#FFFFFF\" align=\"right\">");
            for cell in &row[..4] {
                let _ = write!(html, "<td>{cell}</td>\r\n");
            }
            html.push_str("<td class=\"hidden\" colspan=\"8\">12 345</td>");
            for cell in &row[4..12] {
                let _ = write!(html, "<td class=\"\">{cell}</td>\r\n");
            }
            let _ = write!(html, "<td colspan=\"2\">{}</td></tr>\r\n", row[12]);
        }
    }
    title(&mut html, language.titles()[2]);
    spanned(&mut html, &language.orders(), &[(9, 2), (10, 3)]);
    for row in ORDERS {
        spanned(&mut html, &row, &[(9, 2), (10, 3)]);
    }
    title(&mut html, language.titles()[3]);
    let mut heading = deal_cells(&language.deals(), shape);
    if shape.cost_shown {
        heading[8] = "Qcost".to_owned();
    }
    names(&mut html, &heading);
    for row in DEALS {
        let mut cells = deal_cells(&row, shape);
        if !shape.cost_shown {
            cells.insert(8, "HIDDEN".to_owned());
        }
        names(&mut html, &cells);
    }
    let sums = deal_cells(
        &TOTAL,
        Shape {
            cost_shown: false,
            ..shape
        },
    );
    html.push_str("<tr align=\"right\"><td nowrap colspan=\"8\" style=\"height: 30px\"></td>");
    for sum in &sums[8..] {
        let _ = write!(html, "<td nowrap><b>{sum}</b></td>");
    }
    html.push_str("</tr>\r\n");
    title(&mut html, language.titles()[4]);
    spanned(&mut html, &language.open(), &[(11, 3)]);
    for row in OPEN {
        spanned(&mut html, &row, &[(11, 3)]);
    }
    html.push_str("<tr align=\"right\"><td colspan=\"9\"></td><td><b>0.00</b></td><td><b>10.00</b></td><td></td></tr>\r\n");
    title(&mut html, language.titles()[5]);
    let mut working = language.orders();
    working[8] = language.open()[8];
    spanned(&mut html, &working, &[(9, 2), (10, 3)]);
    for row in WORKING {
        spanned(&mut html, &row, &[(9, 2), (10, 3)]);
    }
    html.push_str(
        "<tr align=\"right\"><td colspan=\"3\">B:</td><td colspan=\"2\"><b>9 489.30</b></td><td></td><td colspan=\"3\">F:</td><td colspan=\"2\"><b>9 278.25</b></td></tr>\r\n",
    );
    let _ = write!(
        html,
        "<tr><td colspan=\"13\"><div><b>{}</b></div></td></tr>\r\n",
        language.titles()[6]
    );
    html.push_str(
        "<tr align=\"right\"><td nowrap colspan=\"3\">T:</td><td nowrap><b>497.85</b></td><td colspan=\"3\">L:</td><td><b>8 (25.00%)</b></td></tr>\r\n</table></div></body></html>",
    );
    html
}

fn title(html: &mut String, text: &str) {
    let _ = write!(
        html,
        "<tr align=\"center\"><th colspan=\"14\"><div><b>{text}</b></div></th></tr>\r\n"
    );
}

fn names(html: &mut String, cells: &[String]) {
    html.push_str("<tr bgcolor=\"#E5F0FC\">");
    for cell in cells {
        if cell == "HIDDEN" {
            html.push_str("<td nowrap class=\"hidden\"></td>");
        } else {
            let _ = write!(html, "<td nowrap>{cell}</td>");
        }
    }
    html.push_str("</tr>\r\n");
}

fn spanned(html: &mut String, cells: &[&str], spans: &[(usize, usize)]) {
    html.push_str("<tr>");
    for (at, cell) in cells.iter().enumerate() {
        let span = spans
            .iter()
            .find(|(column, _)| *column == at)
            .map_or(1, |(_, span)| *span);
        let _ = write!(html, "<td nowrap colspan=\"{span}\">{cell}</td>");
    }
    html.push_str("</tr>\r\n");
}

/// The encodings that reports come in.
pub(super) fn encodings(text: &str) -> Vec<(&'static str, Vec<u8>)> {
    let wide = |little: bool, mark: bool| {
        let mark = mark.then_some('\u{feff}');
        let text: String = mark.into_iter().chain(text.chars()).collect();
        let pair = |unit: u16| {
            if little {
                unit.to_le_bytes()
            } else {
                unit.to_be_bytes()
            }
        };
        text.encode_utf16().flat_map(pair).collect::<Vec<u8>>()
    };
    let mut stray = wide(true, true);
    stray.push(b'\n');
    vec![
        ("utf-8", text.as_bytes().to_vec()),
        ("utf-8 with mark", format!("\u{feff}{text}").into_bytes()),
        ("utf-16le with mark", wide(true, true)),
        ("utf-16be with mark", wide(false, true)),
        ("utf-16le", wide(true, false)),
        ("utf-16be", wide(false, false)),
        ("utf-16le with a stray byte", stray),
    ]
}

/// How a workbook is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// As the terminal does: UTF-16 parts, shared strings.
    Terminal,
    /// As a spreadsheet does: UTF-8 parts, shared strings.
    Spreadsheet,
    /// As libraries do: UTF-8 parts, inline strings, no cell references.
    Inline,
}

/// A cell: text that begins with `=` is written as a number.
pub(super) fn workbook(sheets: &[Vec<Vec<String>>], style: Style) -> Vec<u8> {
    let mut shared: Vec<String> = Vec::new();
    let mut parts = vec![(
        "[Content_Types].xml".to_owned(),
        "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"/>"
            .to_owned(),
    )];
    let (mut list, mut relations) = (String::new(), String::new());
    for (at, rows) in sheets.iter().enumerate() {
        let number = at + 1;
        let _ = write!(
            list,
            "<sheet name=\"S{number}\" sheetId=\"{number}\" r:id=\"rId{number}\"/>"
        );
        let _ = write!(
            relations,
            "<Relationship Id=\"rId{number}\" Type=\"http://x/relationships/worksheet\" Target=\"worksheets/sheet{number}.xml\"/>"
        );
        parts.push((
            format!("xl/worksheets/sheet{number}.xml"),
            sheet(rows, style, &mut shared),
        ));
    }
    relations.push_str("<Relationship Id=\"rS\" Type=\"http://x/relationships/sharedStrings\" Target=\"sharedStrings.xml\"/>");
    parts.push((
        "xl/workbook.xml".to_owned(),
        format!("<workbook xmlns:r=\"r\"><workbookPr/><sheets>{list}</sheets></workbook>"),
    ));
    parts.push((
        "xl/_rels/workbook.xml.rels".to_owned(),
        format!("<Relationships>{relations}</Relationships>"),
    ));
    let strings: String = shared
        .iter()
        .map(|s| format!("<si><t>{}</t></si>", escape(s)))
        .collect();
    parts.push((
        "xl/sharedStrings.xml".to_owned(),
        format!("<sst>{strings}</sst>"),
    ));
    package(&parts, style == Style::Terminal)
}

/// A package of the given parts.
pub(super) fn package(parts: &[(String, String)], wide: bool) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in parts {
        writer
            .start_file(name, SimpleFileOptions::default())
            .expect("a new entry");
        let text = format!("<?xml version=\"1.0\"?>\n{text}");
        let bytes: Vec<u8> = if wide {
            let marked = format!("\u{feff}{text}");
            marked.encode_utf16().flat_map(u16::to_le_bytes).collect()
        } else {
            text.into_bytes()
        };
        writer.write_all(&bytes).expect("written");
    }
    writer.finish().expect("finished").into_inner()
}

fn sheet(rows: &[Vec<String>], style: Style, shared: &mut Vec<String>) -> String {
    let mut xml = "<worksheet><dimension ref=\"A1:XFD1048576\"/><sheetData>".to_owned();
    for (row_at, row) in rows.iter().enumerate() {
        let number = row_at + 1;
        let _ = write!(xml, "<row r=\"{number}\">");
        for (at, cell) in row.iter().enumerate() {
            let reference = match style {
                Style::Inline => String::new(),
                _ => format!(
                    " r=\"{}{number}\"",
                    char::from(b'A' + u8::try_from(at).expect("few columns"))
                ),
            };
            let _ = match (cell.strip_prefix('='), style) {
                _ if cell.is_empty() => write!(xml, "<c{reference}/>"),
                (Some(number), _) => write!(xml, "<c{reference}><v>{number}</v></c>"),
                (None, Style::Inline) => write!(
                    xml,
                    "<c t=\"inlineStr\"><is><t>{}</t></is></c>",
                    escape(cell)
                ),
                (None, _) => {
                    shared.push(cell.clone());
                    write!(
                        xml,
                        "<c{reference} s=\"3\" t=\"s\"><v>{}</v></c>",
                        shared.len() - 1
                    )
                }
            };
        }
        xml.push_str("</row>");
    }
    xml.push_str("</sheetData></worksheet>");
    xml
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

/// The whole report as a sheet's rows; numbers as numbers.
pub(super) fn report_rows(language: &Language) -> Vec<Vec<String>> {
    let texts = |cells: &[&str]| {
        cells
            .iter()
            .map(|cell| (*cell).to_owned())
            .collect::<Vec<_>>()
    };
    let head = |label: &str, value: &str| texts(&[label, "", "", value]);
    let mut rows = vec![
        texts(&[language.titles()[0]]),
        head("N:", "Test Trader"),
        head("A:", ACCOUNT),
        head("C:", "Example Ltd"),
        head("D:", "2024.03.06 10:00"),
        texts(&[language.titles()[1]]),
        texts(&language.positions()),
    ];
    rows.extend(
        POSITIONS
            .iter()
            .map(|row| numbered(row, &[1, 5, 6, 7, 9, 10, 11, 12])),
    );
    rows.push(texts(&[language.titles()[2]]));
    rows.push(texts(&language.orders()));
    rows.extend(ORDERS.iter().map(|row| numbered(row, &[1, 6, 7])));
    rows.push(texts(&[language.titles()[3]]));
    rows.push(texts(&language.deals()));
    rows.extend(
        DEALS
            .iter()
            .map(|row| numbered(row, &[1, 6, 7, 8, 9, 10, 11, 12])),
    );
    rows.push(numbered(&TOTAL, &[8, 9, 10, 11, 12]));
    rows.push(texts(&[language.titles()[4]]));
    rows.push(texts(&language.open()));
    rows.extend(OPEN.iter().map(|row| numbered(row, &[1, 5, 8, 9, 10])));
    rows.push(texts(&[language.titles()[5]]));
    let mut working = language.orders();
    working[8] = language.open()[8];
    rows.push(texts(&working));
    rows.extend(WORKING.iter().map(|row| numbered(row, &[1, 5, 8])));
    rows.push(texts(&[
        "B:", "", "", "=9489.30", "", "", "F:", "", "", "=0",
    ]));
    rows.push(texts(&["P:", "", "", "=0", "", "", "M:", "", "", "=1"]));
    rows.push(texts(&[language.titles()[6]]));
    rows.push(texts(&[
        "T:",
        "",
        "",
        "=497.85",
        "L:",
        "",
        "",
        "8 (25.00%)",
        "S:",
        "",
        "",
        "=1.5",
    ]));
    rows
}

/// The cells of `columns` as numbers, the others as text.
pub(super) fn numbered(row: &[&str], columns: &[usize]) -> Vec<String> {
    row.iter()
        .enumerate()
        .map(|(at, cell)| {
            if columns.contains(&at) && !cell.is_empty() && *cell != "market" {
                format!("={}", cell.replace(' ', ""))
            } else {
                (*cell).to_owned()
            }
        })
        .collect()
}
