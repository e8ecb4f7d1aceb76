//! How a member shows who they are: what an application must say, and what may
//! become of it.

use chrono::{Months, NaiveDate};
use kernel::id::UserId;
use kernel::{Error, FieldError};
use serde::{Deserialize, Serialize};

/// Documents of one application.
pub const DOCUMENTS_MAX: usize = 6;
/// Bytes of one document.
pub const DOCUMENT_BYTES_MAX: u64 = 10 * 1024 * 1024;
/// Characters of a person's name.
pub const NAME_CHARS_MAX: usize = 200;
/// Characters of a decision's reason.
pub const REASON_CHARS_MAX: usize = 500;
/// No living person was born so many months ago.
const AGE_MONTHS_MAX: Months = Months::new(130 * 12);

/// ISO 3166-1 alpha-2, in order.
const COUNTRIES: &str = "\
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR \
    BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ \
    EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW \
    GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY \
    KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV \
    MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY \
    QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG \
    TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM \
    ZW";

/// Where an application stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum KycStatus {
    /// Its documents are not there yet.
    AwaitingDocuments,
    /// It waits for somebody to decide.
    Pending,
    /// The person is who they say.
    Approved,
    /// They have not shown it; they may apply again.
    Rejected,
    /// It was approved, and that counts no more; they may apply again.
    Revoked,
}

impl KycStatus {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::AwaitingDocuments,
        Self::Pending,
        Self::Approved,
        Self::Rejected,
        Self::Revoked,
    ];

    /// The status as clients write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AwaitingDocuments => "awaiting_documents",
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Revoked => "revoked",
        }
    }

    /// Whether somebody has decided.
    #[must_use]
    pub fn is_decided(self) -> bool {
        !matches!(self, Self::AwaitingDocuments | Self::Pending)
    }

    /// Whether a person with an application of this status may make another
    /// one, which takes its place.
    ///
    /// # Errors
    /// [`KycRefusal::UnderReview`], [`KycRefusal::AlreadyApproved`].
    pub fn gives_way(self) -> Result<(), KycRefusal> {
        match self {
            Self::AwaitingDocuments | Self::Rejected | Self::Revoked => Ok(()),
            Self::Pending => Err(KycRefusal::UnderReview),
            Self::Approved => Err(KycRefusal::AlreadyApproved),
        }
    }

    /// With all documents there.
    ///
    /// # Errors
    /// [`KycRefusal::AlreadyDecided`].
    pub fn completed(self) -> Result<Self, KycRefusal> {
        match self {
            Self::AwaitingDocuments | Self::Pending => Ok(Self::Pending),
            _ => Err(KycRefusal::AlreadyDecided),
        }
    }

    /// With a verdict.
    ///
    /// # Errors
    /// [`KycRefusal::DocumentsMissing`], [`KycRefusal::AlreadyDecided`],
    /// [`KycRefusal::NotApproved`].
    pub fn judged(self, verdict: Verdict) -> Result<Self, KycRefusal> {
        match (self, verdict) {
            (Self::Pending, Verdict::Approve) => Ok(Self::Approved),
            (Self::Pending, Verdict::Reject) => Ok(Self::Rejected),
            (Self::Approved, Verdict::Revoke) => Ok(Self::Revoked),
            (_, Verdict::Revoke) => Err(KycRefusal::NotApproved),
            (Self::AwaitingDocuments, _) => Err(KycRefusal::DocumentsMissing),
            _ => Err(KycRefusal::AlreadyDecided),
        }
    }
}

/// What somebody decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = KycVerdict)]
pub enum Verdict {
    /// The person is who they say.
    Approve,
    /// They have not shown it.
    Reject,
    /// An approval counts no more.
    Revoke,
}

impl Verdict {
    /// Whether the person must be told why.
    #[must_use]
    pub fn needs_reason(self) -> bool {
        !matches!(self, Self::Approve)
    }
}

/// Checks that nobody decides about themselves.
///
/// # Errors
/// [`KycRefusal::OwnApplication`].
pub fn check_judge(judge: &UserId, applicant: &UserId) -> Result<(), KycRefusal> {
    match judge == applicant {
        true => Err(KycRefusal::OwnApplication),
        false => Ok(()),
    }
}

/// A rule that stands against a step of an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KycRefusal {
    /// Another application waits for a decision.
    #[error("an application is being reviewed")]
    UnderReview,
    /// There is nothing left to show.
    #[error("the identity is confirmed already")]
    AlreadyApproved,
    /// Somebody has decided.
    #[error("the application is decided already")]
    AlreadyDecided,
    /// Documents are still to come.
    #[error("documents of the application are missing")]
    DocumentsMissing,
    /// Only an approval can be taken back.
    #[error("the application is not approved")]
    NotApproved,
    /// Nobody decides about themselves.
    #[error("somebody else must decide about your own application")]
    OwnApplication,
}

impl From<KycRefusal> for Error {
    fn from(refusal: KycRefusal) -> Self {
        match refusal {
            KycRefusal::OwnApplication => {
                Self::Forbidden("somebody else must decide about your own application")
            }
            other => Self::Conflict(other.to_string()),
        }
    }
}

/// What a document shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = KycDocumentType)]
pub enum DocumentType {
    /// A passport.
    Passport,
    /// A national identity card.
    IdentityCard,
    /// A driving licence.
    DrivingLicence,
    /// A permit to stay in a country.
    ResidencePermit,
    /// A bill or a letter that shows an address.
    ProofOfAddress,
}

/// What kind of file a document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = KycContentType)]
pub enum ContentType {
    /// A photograph.
    #[serde(rename = "image/jpeg")]
    Jpeg,
    /// A picture.
    #[serde(rename = "image/png")]
    Png,
    /// A scan.
    #[serde(rename = "application/pdf")]
    Pdf,
}

impl ContentType {
    /// Its media type.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Pdf => "application/pdf",
        }
    }
}

/// Who somebody says they are. It is sealed where it is kept, and never logged.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applicant {
    /// The name on their documents.
    pub legal_name: String,
    /// When they were born.
    pub date_of_birth: NaiveDate,
    /// Where they live: ISO 3166-1 alpha-2.
    pub country: String,
}

impl std::fmt::Debug for Applicant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Applicant(…)")
    }
}

impl Applicant {
    /// Checks that somebody could be this today.
    ///
    /// # Errors
    /// `Invalid`, which names each field.
    pub fn check(&self, today: NaiveDate) -> kernel::Result<()> {
        let mut faults = Vec::new();
        let name = self.legal_name.as_str();
        let length = name.chars().count();
        let is_name = (1..=NAME_CHARS_MAX).contains(&length)
            && name.trim() == name
            && !name.chars().any(char::is_control);
        if !is_name {
            faults.push(FieldError::new(
                "legal_name",
                "must be 1 to 200 characters without outer blanks or control characters",
            ));
        }
        let oldest = today
            .checked_sub_months(AGE_MONTHS_MAX)
            .unwrap_or(NaiveDate::MIN);
        if self.date_of_birth >= today || self.date_of_birth < oldest {
            faults.push(FieldError::new(
                "date_of_birth",
                "must be in the past, and no longer ago than people live",
            ));
        }
        if !COUNTRIES.split(' ').any(|country| country == self.country) {
            faults.push(FieldError::new(
                "country",
                "must be a country's code of ISO 3166-1, two capital letters",
            ));
        }
        match faults.is_empty() {
            true => Ok(()),
            false => Err(Error::Invalid(faults)),
        }
    }
}

#[cfg(test)]
mod tests {
    use kernel::time::Timestamp;
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    fn applicant(name: &str, born: &str, country: &str) -> Applicant {
        Applicant {
            legal_name: name.to_owned(),
            date_of_birth: day(born),
            country: country.to_owned(),
        }
    }

    fn faults(applicant: &Applicant) -> Vec<String> {
        match applicant.check(day("2026-03-01")) {
            Ok(()) => Vec::new(),
            Err(Error::Invalid(fields)) => fields.into_iter().map(|fault| fault.field).collect(),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn only_what_waits_is_decided_and_only_an_approval_is_revoked() {
        use KycStatus::{Approved, AwaitingDocuments, Pending, Rejected, Revoked};
        use Verdict::{Approve, Reject, Revoke};
        let allowed = [
            (Pending, Approve, Approved),
            (Pending, Reject, Rejected),
            (Approved, Revoke, Revoked),
        ];
        for status in KycStatus::ALL {
            for verdict in [Approve, Reject, Revoke] {
                let expected = allowed
                    .iter()
                    .find(|(from, by, _)| (*from, *by) == (status, verdict))
                    .map(|(_, _, to)| *to);
                assert_eq!(
                    status.judged(verdict).ok(),
                    expected,
                    "{status:?} {verdict:?}"
                );
            }
        }
        assert_eq!(
            AwaitingDocuments.judged(Approve),
            Err(KycRefusal::DocumentsMissing)
        );
        assert_eq!(Rejected.judged(Approve), Err(KycRefusal::AlreadyDecided));
        assert_eq!(Revoked.judged(Revoke), Err(KycRefusal::NotApproved));
    }

    #[test]
    fn a_new_application_takes_the_place_of_one_that_leads_nowhere_else() {
        let gives_way = KycStatus::ALL.map(|status| status.gives_way().is_ok());
        assert_eq!(gives_way, [true, false, false, true, true]);
        let completed = KycStatus::ALL.map(|status| status.completed().ok());
        let pending = Some(KycStatus::Pending);
        assert_eq!(completed, [pending, pending, None, None, None]);
    }

    #[test]
    fn nobody_decides_about_themselves() {
        let one = UserId::generate(Timestamp::UNIX_EPOCH);
        let other = UserId::generate(Timestamp::UNIX_EPOCH);
        assert_eq!(check_judge(&one, &one), Err(KycRefusal::OwnApplication));
        assert_eq!(check_judge(&one, &other), Ok(()));
        let error = Error::from(KycRefusal::OwnApplication);
        assert!(matches!(error, Error::Forbidden(_)));
    }

    #[test]
    fn countries_are_the_249_of_the_standard() {
        let countries: Vec<&str> = COUNTRIES.split(' ').collect();
        assert_eq!(countries.len(), 249);
        assert!(countries.is_sorted());
        assert!(countries.iter().all(|country| country.len() == 2));
        for code in ["DE", "IR", "XK", "UK", "de", "", "D E"] {
            let is_one = matches!(code, "DE" | "IR");
            assert_eq!(
                faults(&applicant("Ann", "1990-01-01", code)).is_empty(),
                is_one,
                "{code}"
            );
        }
    }

    #[test]
    fn each_fault_of_an_applicant_is_named() {
        assert!(faults(&applicant("Ann Onymous", "2026-02-28", "DE")).is_empty());
        assert!(faults(&applicant("Ann Onymous", "1896-03-01", "DE")).is_empty());
        assert_eq!(
            faults(&applicant(" ", "2026-03-01", "de")),
            ["legal_name", "date_of_birth", "country"]
        );
        assert_eq!(
            faults(&applicant("two\nlines", "1896-02-29", "DE")),
            ["legal_name", "date_of_birth"]
        );
        assert_eq!(
            faults(&applicant(&"x".repeat(201), "1990-01-01", "DE")),
            ["legal_name"]
        );
    }

    #[test]
    fn who_somebody_is_does_not_show_in_logs() {
        let applicant = applicant("Ann Onymous", "1990-01-01", "DE");
        assert_eq!(format!("{applicant:?}"), "Applicant(…)");
    }

    fn some_step() -> impl Strategy<Value = u8> {
        0..5_u8
    }

    proptest! {
        /// Whatever is tried in whatever order, nobody is approved whose
        /// documents were not there, and an approval ends by a revocation alone.
        #[test]
        fn an_approval_follows_documents_and_ends_by_revocation(
            steps in proptest::collection::vec(some_step(), 0..40),
        ) {
            let mut status = KycStatus::AwaitingDocuments;
            let mut is_complete = false;
            for step in steps {
                let before = status;
                let next = match step {
                    0 => status.gives_way().map(|()| KycStatus::AwaitingDocuments).ok(),
                    1 => status.completed().ok(),
                    2 => status.judged(Verdict::Approve).ok(),
                    3 => status.judged(Verdict::Reject).ok(),
                    _ => status.judged(Verdict::Revoke).ok(),
                };
                let Some(next) = next else { continue };
                is_complete = match step {
                    0 => false,
                    1 => true,
                    _ => is_complete,
                };
                status = next;
                if status == KycStatus::Approved {
                    prop_assert!(is_complete);
                    prop_assert_eq!(before, KycStatus::Pending);
                }
                if before == KycStatus::Approved {
                    prop_assert_eq!(status, KycStatus::Revoked);
                }
            }
        }
    }
}
