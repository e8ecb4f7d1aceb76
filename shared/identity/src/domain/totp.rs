//! Codes of an authenticator app: RFC 6238 with SHA-1, six digits and steps of
//! 30 s, which is what every such app knows.

use kernel::digest::constant_time_eq;
use kernel::time::Timestamp;
use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};
use totp_rs::{Builder, Secret, Totp};

/// Digits of a code.
pub const DIGITS: usize = 6;
/// Length of a step, in seconds.
const STEP_S: u64 = 30;
/// Steps to either side whose codes are accepted: clocks differ, and typing
/// takes time.
const STEPS_ASIDE: u64 = 1;
/// Bytes of a fresh secret: the length of SHA-1's output, as RFC 4226 advises.
const SECRET_BYTES: usize = 20;
/// Whom the app names beside the code.
const ISSUER: &str = "Tradebridge";
/// Side of the QR code at least, in units of the SVG.
const QR_SIDE_MIN: u32 = 240;
/// What comes before `<svg`, and has no place inside an HTML document.
const XML_PROLOGUE: &str = r#"<?xml version="1.0" standalone="yes"?>"#;

/// A secret that codes cannot be made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TotpError {
    /// Not base32, or shorter than 128 bits.
    #[error("not a secret that codes are made from")]
    BadSecret,
    /// The account's name makes a URI that no QR code holds.
    #[error("the URI cannot be drawn")]
    TooLong,
    /// The operating system gave no randomness.
    #[error("no randomness")]
    NoRandomness,
}

impl From<TotpError> for kernel::Error {
    fn from(error: TotpError) -> Self {
        Self::internal(error)
    }
}

/// What a person's codes are made from.
pub struct TotpSecret(Secret);

impl std::fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TotpSecret(…)")
    }
}

impl TotpSecret {
    /// A fresh one of 160 bits.
    ///
    /// # Errors
    /// [`TotpError::NoRandomness`].
    pub fn generate() -> Result<Self, TotpError> {
        let mut bytes = Zeroizing::new([0_u8; SECRET_BYTES]);
        getrandom::fill(bytes.as_mut()).map_err(|_| TotpError::NoRandomness)?;
        Ok(Self(Secret::new_stack(*bytes)))
    }

    /// Reads what [`base32`](Self::base32) wrote.
    ///
    /// # Errors
    /// [`TotpError::BadSecret`].
    pub fn parse(base32: &SecretString) -> Result<Self, TotpError> {
        let secret =
            Secret::try_from_base32(base32.expose_secret()).map_err(|_| TotpError::BadSecret)?;
        let parsed = Self(secret);
        parsed.totp("")?;
        Ok(parsed)
    }

    /// As apps take it by hand: base32 without padding.
    #[must_use]
    pub fn base32(&self) -> SecretString {
        self.0.to_base32().into()
    }

    /// As apps take it from a QR code: the secret with the issuer's name and
    /// the account's, a person's address.
    ///
    /// # Errors
    /// [`TotpError::BadSecret`] where the account has no name.
    pub fn otpauth_uri(&self, account: &str) -> Result<SecretString, TotpError> {
        // A colon would end the issuer's name.
        let account = account.replace(':', " ");
        self.totp(&account)?
            .to_url()
            .map(SecretString::from)
            .map_err(|_| TotpError::BadSecret)
    }

    /// The newest step, of those that count at `now`, that this is the code
    /// of. Each step's code must be accepted once only, so the caller keeps
    /// the answer and demands a greater one the next time.
    #[must_use]
    pub fn step_of(&self, code: &str, now: Timestamp) -> Option<u64> {
        let totp = self.totp("").ok()?;
        let current = u64::try_from(now.timestamp()).ok()? / STEP_S;
        let mut found = None;
        for step in current.saturating_sub(STEPS_ASIDE)..=current + STEPS_ASIDE {
            let expected = Zeroizing::new(totp.generate(step * STEP_S).to_string());
            if constant_time_eq(expected.as_bytes(), code.as_bytes()) {
                found = Some(step);
            }
        }
        found
    }

    /// The code at a moment, as an app shows it.
    ///
    /// # Errors
    /// [`TotpError::BadSecret`] where the moment is before 1970.
    pub fn code_at(&self, now: Timestamp) -> Result<SecretString, TotpError> {
        let now_s = u64::try_from(now.timestamp()).map_err(|_| TotpError::BadSecret)?;
        let code = self.totp("")?.generate(now_s).to_string();
        Ok(code.into())
    }

    fn totp(&self, account: &str) -> Result<Totp, TotpError> {
        Builder::new()
            .with_digits(DIGITS as u8)
            .with_step_duration(STEP_S)
            .with_secret(self.0.clone())
            .with_issuer(Some(ISSUER))
            .with_account_name(account)
            .build()
            .map_err(|_| TotpError::BadSecret)
    }
}

/// A URI as a QR code: an `<svg>` element, black on white with its margin.
///
/// # Errors
/// [`TotpError::TooLong`].
pub fn qr_svg(uri: &SecretString) -> Result<SecretString, TotpError> {
    let code = QrCode::with_error_correction_level(uri.expose_secret(), EcLevel::M)
        .map_err(|_| TotpError::TooLong)?;
    let drawn = code
        .render::<svg::Color<'_>>()
        .min_dimensions(QR_SIDE_MIN, QR_SIDE_MIN)
        .build();
    let svg = drawn.strip_prefix(XML_PROLOGUE).unwrap_or(&drawn);
    Ok(SecretString::from(svg.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// RFC 6238, appendix B: seconds since the epoch and the code of SHA-1.
    const VECTORS: [(u64, &str); 6] = [
        (59, "94287082"),
        (1_111_111_109, "07081804"),
        (1_111_111_111, "14050471"),
        (1_234_567_890, "89005924"),
        (2_000_000_000, "69279037"),
        (20_000_000_000, "65353130"),
    ];
    const RFC_SECRET: &[u8] = b"12345678901234567890";

    fn rfc_secret() -> TotpSecret {
        TotpSecret(Secret::from(RFC_SECRET.to_vec()))
    }

    fn at(seconds: u64) -> Timestamp {
        let seconds = i64::try_from(seconds).expect("a time");
        Timestamp::from_timestamp(seconds, 0).expect("a time")
    }

    #[test]
    fn the_codes_are_those_of_rfc_6238() {
        let eight = Builder::new()
            .with_digits(8)
            .with_secret(RFC_SECRET.to_vec())
            .build()
            .expect("a generator");
        for (seconds, code) in VECTORS {
            assert_eq!(eight.generate(seconds).to_string(), code);
            // Six digits are the last six of eight.
            let ours = rfc_secret().code_at(at(seconds)).expect("a code");
            assert_eq!(ours.expose_secret(), &code[2..]);
            assert_eq!(
                rfc_secret().step_of(&code[2..], at(seconds)),
                Some(seconds / 30)
            );
        }
    }

    #[test]
    fn a_code_counts_one_step_to_either_side_and_no_further() {
        // Step 37037037 is from 1111111110 on.
        let code = "050471";
        let first = 1_111_111_110;
        for (seconds, counts) in [
            (first - 31, false),
            (first - 30, true),
            (first, true),
            (first + 59, true),
            (first + 60, false),
        ] {
            let found = rfc_secret().step_of(code, at(seconds));
            assert_eq!(found, counts.then_some(37_037_037), "at {seconds}");
        }
    }

    #[test]
    fn what_is_no_code_is_no_steps() {
        let now = at(1_111_111_111);
        for text in [
            "", "50471", "0050471", "14050471", "+50471", "05047١", "050 471",
        ] {
            assert_eq!(rfc_secret().step_of(text, now), None, "{text}");
        }
        assert_eq!(rfc_secret().step_of("050471", at(0)), None);
    }

    #[test]
    fn a_secret_is_read_back_and_a_short_one_is_none() {
        let secret = TotpSecret::generate().expect("a secret");
        let text = secret.base32();
        assert_eq!(text.expose_secret().len(), 32);
        let read = TotpSecret::parse(&text).expect("reads");
        assert_eq!(read.base32().expose_secret(), text.expose_secret());
        for bad in ["", "AAAA", "not base32!", "MFRGGZDF"] {
            assert_eq!(
                TotpSecret::parse(&bad.into()).err(),
                Some(TotpError::BadSecret),
                "{bad}"
            );
        }
        assert!(!format!("{secret:?}").contains(text.expose_secret()));
    }

    #[test]
    fn the_uri_names_issuer_and_account_and_holds_the_secret() {
        let uri = rfc_secret().otpauth_uri("a+b@x.example").expect("a URI");
        assert_eq!(
            uri.expose_secret(),
            "otpauth://totp/Tradebridge:a%2Bb%40x.example\
             ?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Tradebridge"
        );
        assert!(rfc_secret().otpauth_uri("\"a:b\"@x.example").is_ok());
    }

    #[test]
    fn the_qr_code_is_a_bare_svg_element() {
        let uri = rfc_secret().otpauth_uri("ada@x.example").expect("a URI");
        let svg = qr_svg(&uri).expect("draws");
        let svg = svg.expose_secret();
        assert!(svg.starts_with("<svg "), "{}", &svg[..60]);
        assert!(svg.ends_with("</svg>"));
        let long = SecretString::from("x".repeat(3_000));
        assert_eq!(qr_svg(&long).err(), Some(TotpError::TooLong));
    }

    proptest! {
        #[test]
        fn a_fresh_secrets_code_is_of_its_step(seconds in 30_u64..4_000_000_000, aside in 0_u64..=2) {
            let secret = TotpSecret::generate().expect("a secret");
            let code = secret.code_at(at(seconds)).expect("a code");
            prop_assert_eq!(code.expose_secret().len(), DIGITS);
            let seen_at = at(seconds + 30 * aside - 30);
            let found = secret.step_of(code.expose_secret(), seen_at);
            // Another step's code is the same once in a million.
            prop_assert!(found >= Some(seconds / 30));
        }
    }
}
