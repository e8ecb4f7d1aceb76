//! What settings say of passwords.

use platform::config::{ConfigError, Env};

use crate::domain::password::{MEMORY_KIB, MEMORY_KIB_MAX, PASSES, PASSES_MAX, PasswordParameters};

/// From `PASSWORD_MEMORY_KIB` and `PASSWORD_PASSES`; OWASP's least where they
/// do not say. Only the local stage may go below it.
///
/// # Errors
/// Where a setting makes no sense, or takes more than half of the function's
/// memory.
pub fn password_parameters(env: &Env) -> Result<PasswordParameters, ConfigError> {
    let number = |name: &'static str, least, most| {
        let Some(text) = env.optional(name) else {
            return Ok(least);
        };
        let least = if env.is_local() { 1 } else { least };
        text.parse()
            .ok()
            .filter(|value| (least..=most).contains(value))
            .ok_or(ConfigError::Invalid {
                name,
                problem: "is no number within its bounds",
            })
    };
    let memory_kib = number("PASSWORD_MEMORY_KIB", MEMORY_KIB, MEMORY_KIB_MAX)?;
    let passes = number("PASSWORD_PASSES", PASSES, PASSES_MAX)?;
    // What Lambda says itself; elsewhere nobody does.
    let instance_mb: Option<u32> = env
        .optional("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        .and_then(|text| text.parse().ok());
    if instance_mb.is_some_and(|instance_mb| memory_kib > instance_mb.saturating_mul(1_024) / 2) {
        return Err(ConfigError::Invalid {
            name: "PASSWORD_MEMORY_KIB",
            problem: "is more than half of the function's memory",
        });
    }
    Ok(PasswordParameters::new(memory_kib, passes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deployed_stages_do_not_go_below_the_least() {
        let of =
            |pairs: &[(&str, &str)]| password_parameters(&Env::from_pairs(pairs.iter().copied()));
        assert_eq!(of(&[]), Ok(PasswordParameters::default()));
        assert!(of(&[("PASSWORD_MEMORY_KIB", "64")]).is_err());
        assert!(of(&[("PASSWORD_PASSES", "1")]).is_err());
        assert!(of(&[("PASSWORD_PASSES", "many")]).is_err());
        assert!(of(&[("PASSWORD_MEMORY_KIB", "999999999")]).is_err());
        let local = [
            ("LOCAL_STAGE", "true"),
            ("PASSWORD_MEMORY_KIB", "64"),
            ("PASSWORD_PASSES", "1"),
        ];
        assert_eq!(of(&local), Ok(PasswordParameters::new(64, 1)));
        let memory = |memory_mb| {
            of(&[
                ("PASSWORD_MEMORY_KIB", "131072"),
                ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", memory_mb),
            ])
        };
        assert!(memory("255").is_err());
        assert_eq!(memory("256"), Ok(PasswordParameters::new(131_072, 2)));
        let raised = of(&[("PASSWORD_MEMORY_KIB", "47104"), ("PASSWORD_PASSES", "3")]);
        assert_eq!(raised, Ok(PasswordParameters::new(47_104, 3)));
    }
}
