//! Settings, read once from the process environment at start.
//!
//! `template.yaml` is where they are set; this is the only place that reads
//! them, so that a missing one fails the start and not the first request.

use std::collections::HashMap;

/// A setting that is missing or cannot be read.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ConfigError {
    /// The setting must be there.
    #[error("the setting {0} is missing")]
    Missing(&'static str),
    /// The setting is there and makes no sense.
    #[error("the setting {name} {problem}")]
    Invalid {
        /// Its name.
        name: &'static str,
        /// What is wrong with it; never its value, which may be a secret.
        problem: &'static str,
    },
}

/// The settings of a process.
#[derive(Clone, Debug, Default)]
pub struct Env(HashMap<String, String>);

impl Env {
    /// The settings that this process was started with.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that reads the environment"
    )]
    pub fn from_process() -> Self {
        Self(std::env::vars().collect())
    }

    /// Settings given one by one, for tests and tools.
    pub fn from_pairs<K: Into<String>, V: Into<String>>(
        pairs: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        Self(
            pairs
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        )
    }

    /// A setting that must be there and not be empty.
    ///
    /// # Errors
    /// [`ConfigError::Missing`].
    pub fn text(&self, name: &'static str) -> Result<String, ConfigError> {
        self.optional(name)
            .map(str::to_owned)
            .ok_or(ConfigError::Missing(name))
    }

    /// A setting that may be absent; empty counts as absent.
    #[must_use]
    pub fn optional(&self, name: &str) -> Option<&str> {
        self.0
            .get(name)
            .map(|value| value.trim())
            .filter(|value| !value.is_empty())
    }

    /// A switch: on where the setting is `true`.
    #[must_use]
    pub fn flag(&self, name: &str) -> bool {
        self.optional(name) == Some("true")
    }

    /// A comma-separated list; absent is empty.
    #[must_use]
    pub fn list(&self, name: &str) -> Vec<String> {
        self.optional(name)
            .unwrap_or_default()
            .split(',')
            .map(str::trim)
            .filter(|item| !item.is_empty())
            .map(str::to_owned)
            .collect()
    }

    /// Whether this is the local stage, which alone honours the clock offset
    /// and believes the local forwarder's peer header.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.flag("LOCAL_STAGE")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_setting_is_a_missing_one() {
        let env = Env::from_pairs([("A", " "), ("B", "x")]);
        assert_eq!(env.text("A"), Err(ConfigError::Missing("A")));
        assert_eq!(env.text("B"), Ok("x".to_owned()));
    }

    #[test]
    fn lists_are_split_and_trimmed() {
        let env = Env::from_pairs([("L", "a, b,,c ")]);
        assert_eq!(env.list("L"), ["a", "b", "c"]);
        assert!(env.list("M").is_empty());
    }
}
