//! Answers whose fields are not as they should be: numbers with the noise of
//! doubles, missing, null, texts, or beyond reason.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::faults::Call;

/// The most distortions that an account has.
const DISTORTIONS_MAX: usize = 100;
/// The largest value that takes a field's place, in bytes.
const VALUE_BYTES_MAX: usize = 100_000;
/// Fields that a gateway computes in doubles.
const COMPUTED: [&str; 16] = [
    "balance",
    "equity",
    "credit",
    "margin",
    "freeMargin",
    "marginLevel",
    "openPrice",
    "currentPrice",
    "price",
    "volume",
    "profit",
    "unrealizedProfit",
    "realizedProfit",
    "swap",
    "commission",
    "currentTickValue",
];
/// Written for a computed figure that is zero: 2^-44.
const NOISE_OF_ZERO: &str = "5.684341886080802e-14";

/// The calls whose answers can be distorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answered {
    /// The snapshot.
    AccountInformation,
    /// The list of open positions.
    Positions,
    /// The deals.
    HistoryDeals,
}

impl Answered {
    fn is(self, call: Call) -> bool {
        match self {
            Self::AccountInformation => call == Call::AccountInformation,
            Self::Positions => call == Call::Positions,
            Self::HistoryDeals => call == Call::HistoryDeals,
        }
    }
}

/// A distortion of a field's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// The next larger double: `9963.140000000001` for 9963.14, and
    /// `5.684341886080802e-14` for 0.
    Noise,
    /// The field is not there.
    Missing,
    /// `null`.
    Null,
    /// The value as a text.
    Text,
    /// The text `"NaN"`.
    Nan,
    /// `NaN` without quotes, which is no JSON: the whole answer is
    /// unreadable.
    BareNan,
    /// 1e300.
    Huge,
}

/// A rule by which an account's answers are distorted.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Distortion {
    /// The call; all calls where left out.
    #[serde(default)]
    pub call: Option<Answered>,
    /// The field; for noise, all computed ones where left out.
    #[serde(default)]
    pub field: Option<String>,
    /// Only the deal or position of this id.
    #[serde(default)]
    pub id: Option<String>,
    /// The shape; or give `value`.
    #[serde(default)]
    pub r#as: Option<Shape>,
    /// The text in place of the field's value: any JSON.
    #[serde(default)]
    pub value: Option<Box<RawValue>>,
    /// The number of answers that are distorted; no end where left out.
    #[serde(default)]
    pub times: Option<u32>,
}

impl Distortion {
    fn check(&self) -> Result<(), String> {
        if self.r#as.is_some() == self.value.is_some() {
            return Err("give either as or value".to_owned());
        }
        if self.field.is_none() && self.r#as != Some(Shape::Noise) {
            return Err("give the field".to_owned());
        }
        let value = self.value.as_ref().map_or(0, |value| value.get().len());
        let texts = [&self.field, &self.id];
        let long = texts.into_iter().flatten().any(|text| text.len() > 64);
        if long || value > VALUE_BYTES_MAX {
            return Err("the field, the id or the value is too long".to_owned());
        }
        Ok(())
    }

    fn covers(&self, call: Call) -> bool {
        self.times != Some(0) && self.call.is_none_or(|answered| answered.is(call))
    }

    fn covers_field(&self, field: &str) -> bool {
        match &self.field {
            Some(named) => named == field,
            None => COMPUTED.contains(&field),
        }
    }

    /// Writes a value as the rule has it; `None` where it is left out.
    fn write(&self, value: &str) -> Option<String> {
        if let Some(other) = &self.value {
            return Some(other.get().to_owned());
        }
        match self.r#as? {
            Shape::Noise => Some(noisy(value)),
            Shape::Missing => None,
            Shape::Null => Some("null".to_owned()),
            Shape::Text => Some(match value.starts_with('"') {
                true => value.to_owned(),
                false => format!("\"{value}\""),
            }),
            Shape::Nan => Some("\"NaN\"".to_owned()),
            Shape::BareNan => Some("NaN".to_owned()),
            Shape::Huge => Some("1e300".to_owned()),
        }
    }

    /// Returns `true` if a client can no longer read the snapshot's figures.
    fn hides_snapshot(&self) -> bool {
        let figure = matches!(self.field.as_deref(), Some("balance" | "equity"));
        figure && self.r#as != Some(Shape::Noise)
    }
}

/// Returns the next larger double of a number, as JavaScript writes it.
fn noisy(value: &str) -> String {
    if value
        .parse::<Decimal>()
        .is_ok_and(|number| number.is_zero())
    {
        return NOISE_OF_ZERO.to_owned();
    }
    match value.parse::<f64>() {
        Ok(number) => number.next_up().to_string(),
        Err(_) => value.to_owned(),
    }
}

/// The distortions of an account.
#[derive(Clone, Debug, Default)]
pub(crate) struct Distortions(Vec<Distortion>);

/// An object of an answer, its values as they are written.
type Fields<'a> = BTreeMap<String, &'a RawValue>;

impl Distortions {
    /// Adds a rule.
    ///
    /// # Errors
    /// Returns a sentence if the rule makes no sense.
    pub(crate) fn add(&mut self, distortion: Distortion) -> Result<(), String> {
        if self.0.len() >= DISTORTIONS_MAX {
            return Err(format!(
                "an account has at most {DISTORTIONS_MAX} distortions"
            ));
        }
        distortion.check()?;
        self.0.push(distortion);
        Ok(())
    }

    pub(crate) fn list(&self) -> Vec<Distortion> {
        self.0.clone()
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Returns `true` if a client cannot read balance or equity of the next
    /// snapshot.
    pub(crate) fn hide_snapshot(&self) -> bool {
        let covers = |rule: &&Distortion| rule.covers(Call::AccountInformation);
        self.0.iter().filter(covers).any(Distortion::hides_snapshot)
    }

    /// Writes an answer as the rules have it, and counts it.
    pub(crate) fn apply(&mut self, call: Call, answer: String) -> String {
        let rules: Vec<&Distortion> = self.0.iter().filter(|rule| rule.covers(call)).collect();
        if rules.is_empty() {
            return answer;
        }
        let written = if answer.starts_with('[') {
            let items: Vec<Fields<'_>> = serde_json::from_str(&answer).unwrap_or_default();
            let items: Vec<String> = items.iter().map(|item| object(&rules, item)).collect();
            format!("[{}]", items.join(","))
        } else {
            let item: Fields<'_> = serde_json::from_str(&answer).unwrap_or_default();
            object(&rules, &item)
        };
        for rule in self.0.iter_mut().filter(|rule| rule.covers(call)) {
            rule.times = rule.times.map(|times| times.saturating_sub(1));
        }
        written
    }
}

fn object(rules: &[&Distortion], item: &Fields<'_>) -> String {
    let id = item.get("id").map(|id| id.get().trim_matches('"'));
    let rules = rules
        .iter()
        .filter(|rule| rule.id.is_none() || rule.id.as_deref() == id);
    let mut fields: BTreeMap<&str, String> = item
        .iter()
        .map(|(field, value)| (field.as_str(), value.get().to_owned()))
        .collect();
    for rule in rules {
        // A value that is given is written where the field is missing too.
        let named = rule.field.as_deref().filter(|_| rule.value.is_some());
        let mut names: Vec<&str> = fields.keys().copied().collect();
        names.retain(|name| rule.covers_field(name) && Some(*name) != named);
        for name in names.into_iter().chain(named) {
            let value = fields.remove(name).unwrap_or_default();
            if let Some(written) = rule.write(&value) {
                fields.insert(name, written);
            }
        }
    }
    let fields: Vec<String> = fields
        .iter()
        .map(|(field, value)| format!("\"{field}\":{value}"))
        .collect();
    format!("{{{}}}", fields.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_is_the_next_larger_double() {
        assert_eq!(noisy("9963.14"), "9963.140000000001");
        assert_eq!(noisy("0"), "5.684341886080802e-14");
        assert_eq!(noisy("-85.26"), "-85.25999999999999");
        assert_eq!(noisy("100000"), "100000.00000000001");
    }

    #[test]
    fn rules_without_field_or_shape_are_refused() {
        for rule in [
            r#"{"as":"null"}"#,
            r#"{"field":"balance"}"#,
            r#"{"field":"balance","as":"null","value":1}"#,
        ] {
            let rule: Distortion = serde_json::from_str(rule).expect("reads");
            assert!(Distortions::default().add(rule).is_err());
        }
    }
}
