//! The two ceremonies, against an authenticator in software.

use chrono::TimeDelta;
use kernel::id::UserId;
use kernel::time::{Clock, Timestamp};
use passkeys::{
    Backup, Ceremony, Credential, Kind, Refusal, Registrant, RegistrationResponse, RelyingParty,
    SignInResponse,
};
use platform::clock::SystemClock;
use proptest::prelude::*;
use serde_json::{Value, json};
use testkit::authenticator::{Algorithm, Authenticator, Refused};

const ORIGIN: &str = "https://app.example";
const BOTH: [Algorithm; 2] = [Algorithm::Es256, Algorithm::EdDsa];

fn party() -> RelyingParty {
    RelyingParty::new("app.example", [ORIGIN, "https://other.app.example"]).expect("a party")
}

fn now() -> Timestamp {
    SystemClock.now()
}

fn registrant(user: &UserId) -> Registrant<'_> {
    Registrant {
        user,
        name: "ada@example.org",
        display_name: Some("Ada"),
    }
}

fn registered(answer: &Value) -> RegistrationResponse {
    RegistrationResponse::parse(answer.to_string().as_bytes()).expect("a response")
}

fn asserted(answer: &Value) -> SignInResponse {
    SignInResponse::parse(answer.to_string().as_bytes()).expect("a response")
}

/// Starts, creates, and finishes as the same person.
fn register(authenticator: &mut Authenticator, user: &UserId) -> Result<Credential, Refusal> {
    let party = party();
    let started = party.start_registration(registrant(user), &[], now())?;
    let answer = authenticator.create(&started.options).expect("creates");
    party.finish_registration(&started.ceremony, user, &registered(&answer), now())
}

fn sign_in(authenticator: &mut Authenticator, passkey: &Credential) -> Result<Credential, Refusal> {
    let party = party();
    let started = party.start_sign_in(now())?;
    let answer = authenticator.get(&started.options).expect("signs");
    party.finish_sign_in(&started.ceremony, &asserted(&answer), passkey, now())
}

#[test]
fn a_passkey_of_either_algorithm_is_registered_and_signs_in() {
    for algorithm in BOTH {
        let user = UserId::generate(now());
        let mut authenticator = Authenticator::new(ORIGIN, algorithm);
        let passkey = register(&mut authenticator, &user).expect("registers");
        assert_eq!(passkey.user, user);
        assert_eq!(passkey.sign_count, 1);
        assert_eq!(passkey.backup, Backup::DeviceBound);
        assert_eq!(passkey.transports(), ["hybrid", "internal"]);
        let after = sign_in(&mut authenticator, &passkey).expect("signs in");
        assert_eq!(after.sign_count, 2);
        assert_eq!(
            (after.id, after.public_key),
            (passkey.id, passkey.public_key)
        );
    }
}

#[test]
fn the_options_are_what_browsers_take() {
    let user = UserId::generate(now());
    let mut authenticator = Authenticator::new(ORIGIN, Algorithm::Es256);
    let known = register(&mut authenticator, &user).expect("registers");
    let party = party();
    let started = party
        .start_registration(registrant(&user), std::slice::from_ref(&known), now())
        .expect("starts");
    let options = &started.options;
    assert_eq!(options["rp"]["id"], "app.example");
    assert_eq!(options["user"]["name"], "ada@example.org");
    assert_eq!(options["user"]["displayName"], "Ada");
    assert_eq!(options["timeout"], 300_000);
    assert_eq!(options["attestation"], "none");
    assert_eq!(options["authenticatorSelection"]["residentKey"], "required");
    assert_eq!(
        options["authenticatorSelection"]["userVerification"],
        "required"
    );
    assert_eq!(
        options["extensions"]["enforceCredentialProtectionPolicy"],
        false
    );
    assert_eq!(
        options["excludeCredentials"],
        json!([{"type": "public-key", "id": known.id, "transports": ["hybrid", "internal"]}])
    );
    assert_eq!(authenticator.create(options), Err(Refused::Excluded));

    let started = party.start_sign_in(now()).expect("starts");
    assert_eq!(started.options["rpId"], "app.example");
    assert_eq!(started.options["allowCredentials"], json!([]));
    assert_eq!(started.options["userVerification"], "required");
}

#[test]
fn a_name_that_the_profiles_do_not_take_does_not_stop_a_registration() {
    let user = UserId::generate(now());
    let odd = Registrant {
        user: &user,
        name: "two words",
        display_name: Some("\u{0}"),
    };
    let started = party().start_registration(odd, &[], now()).expect("starts");
    assert_eq!(started.options["user"]["name"], user.as_str());
    assert_eq!(started.options["user"]["displayName"], "");
}

#[test]
fn a_ceremony_survives_being_kept_and_its_answer_names_it() {
    let user = UserId::generate(now());
    let party = party();
    let mut authenticator = Authenticator::new(ORIGIN, Algorithm::Es256);
    let started = party
        .start_registration(registrant(&user), &[], now())
        .expect("starts");
    let answer = registered(&authenticator.create(&started.options).expect("creates"));
    assert_eq!(answer.challenge(), Ok(started.ceremony.challenge.clone()));
    let text = serde_json::to_string(&started.ceremony).expect("writes");
    let kept: Ceremony = serde_json::from_str(&text).expect("reads");
    assert_eq!(kept, started.ceremony);
    assert_eq!(kept.kind, Kind::Registration);
    for backup in [Backup::DeviceBound, Backup::Eligible, Backup::Synced] {
        assert_eq!(
            serde_json::to_value(backup).ok(),
            Some(backup.as_str().into())
        );
    }
    let passkey = party
        .finish_registration(&kept, &user, &answer, now())
        .expect("registers");
    let text = serde_json::to_string(&passkey).expect("writes");
    let passkey: Credential = serde_json::from_str(&text).expect("reads");

    let started = party.start_sign_in(now()).expect("starts");
    let answer = asserted(&authenticator.get(&started.options).expect("signs"));
    assert_eq!(answer.challenge(), Ok(started.ceremony.challenge.clone()));
    assert_eq!(answer.credential_id(), passkey.id);
    assert_eq!(answer.user(), Some(user));
    let text = serde_json::to_string(&started.ceremony).expect("writes");
    let kept: Ceremony = serde_json::from_str(&text).expect("reads");
    assert!(
        party
            .finish_sign_in(&kept, &answer, &passkey, now())
            .is_ok()
    );
}

#[test]
fn a_page_of_another_origin_is_refused_and_each_of_ours_is_not() {
    let user = UserId::generate(now());
    for (origin, refusal) in [
        ("https://evil.example", Some(Refusal::Origin)),
        ("http://app.example", Some(Refusal::Origin)),
        ("https://app.example:8443", Some(Refusal::Origin)),
        ("https://sub.app.example", Some(Refusal::Origin)),
        ("https://other.app.example", None),
    ] {
        let mut authenticator = Authenticator::new(origin, Algorithm::Es256);
        assert_eq!(
            register(&mut authenticator, &user).err(),
            refusal,
            "{origin}"
        );
        let mut authenticator = Authenticator::new(ORIGIN, Algorithm::Es256);
        let passkey = register(&mut authenticator, &user).expect("registers");
        authenticator.origin = origin.to_owned();
        assert_eq!(
            sign_in(&mut authenticator, &passkey).err(),
            refusal,
            "{origin}"
        );
    }
}

#[test]
fn an_answer_for_another_relying_party_is_refused() {
    let user = UserId::generate(now());
    let mut authenticator = Authenticator::new(ORIGIN, Algorithm::EdDsa);
    let passkey = register(&mut authenticator, &user).expect("registers");
    authenticator.rp_id = Some("evil.example".to_owned());
    assert_eq!(
        sign_in(&mut authenticator, &passkey).err(),
        Some(Refusal::RelyingParty)
    );
    assert_eq!(
        register(&mut authenticator, &user).err(),
        Some(Refusal::RelyingParty)
    );
}

#[test]
fn an_authenticator_that_does_not_verify_its_user_is_refused() {
    let user = UserId::generate(now());
    let mut authenticator = Authenticator::new(ORIGIN, Algorithm::Es256);
    let passkey = register(&mut authenticator, &user).expect("registers");
    authenticator.verifies_user = false;
    assert_eq!(
        sign_in(&mut authenticator, &passkey).err(),
        Some(Refusal::UserNotVerified)
    );
    assert_eq!(
        register(&mut authenticator, &user).err(),
        Some(Refusal::UserNotVerified)
    );
}

#[test]
fn a_counter_that_does_not_go_up_is_refused_unless_there_is_none() {
    let user = UserId::generate(now());
    let mut authenticator = Authenticator::new(ORIGIN, Algorithm::Es256);
    let passkey = register(&mut authenticator, &user).expect("registers");
    let mut copy = authenticator.clone();
    let passkey = sign_in(&mut authenticator, &passkey).expect("signs in");
    assert_eq!(
        sign_in(&mut copy, &passkey).err(),
        Some(Refusal::CounterWentBack)
    );

    let mut synced = Authenticator::new(ORIGIN, Algorithm::Es256);
    synced.counts = false;
    synced.is_synced = true;
    let mut passkey = register(&mut synced, &user).expect("registers");
    assert_eq!(passkey.backup, Backup::Synced);
    for _ in 0..3 {
        passkey = sign_in(&mut synced, &passkey).expect("signs in");
        assert_eq!(passkey.sign_count, 0);
    }
}

#[test]
fn a_ceremony_is_over_after_five_minutes() {
    let user = UserId::generate(now());
    let party = party();
    let mut authenticator = Authenticator::new(ORIGIN, Algorithm::Es256);
    let start = now();
    let started = party
        .start_registration(registrant(&user), &[], start)
        .expect("starts");
    assert_eq!(started.ceremony.expires_at, start + TimeDelta::minutes(5));
    let answer = registered(&authenticator.create(&started.options).expect("creates"));
    let finish = |at| party.finish_registration(&started.ceremony, &user, &answer, at);
    let end = started.ceremony.expires_at;
    assert_eq!(finish(end).err(), Some(Refusal::Expired));
    let passkey = finish(end - TimeDelta::milliseconds(1)).expect("registers");

    let started = party.start_sign_in(now()).expect("starts");
    let answer = asserted(&authenticator.get(&started.options).expect("signs"));
    let late = started.ceremony.expires_at;
    assert_eq!(
        party
            .finish_sign_in(&started.ceremony, &answer, &passkey, late)
            .err(),
        Some(Refusal::Expired)
    );
}

#[test]
fn an_answer_is_good_for_its_own_ceremony_alone() {
    let user = UserId::generate(now());
    let other_user = UserId::generate(now());
    let party = party();
    let mut authenticator = Authenticator::new(ORIGIN, Algorithm::Es256);
    let start = || party.start_registration(registrant(&user), &[], now());
    let (one, two) = (start().expect("starts"), start().expect("starts"));
    let answer = registered(&authenticator.create(&one.options).expect("creates"));
    for (ceremony, user) in [(&two.ceremony, &user), (&one.ceremony, &other_user)] {
        assert_eq!(
            party
                .finish_registration(ceremony, user, &answer, now())
                .err(),
            Some(Refusal::OtherCeremony)
        );
    }
    let passkey = party
        .finish_registration(&one.ceremony, &user, &answer, now())
        .expect("registers");

    let (one, two) = (
        party.start_sign_in(now()).expect("starts"),
        party.start_sign_in(now()).expect("starts"),
    );
    let answer = asserted(&authenticator.get(&one.options).expect("signs"));
    let registration = start().expect("starts");
    for ceremony in [&two.ceremony, &registration.ceremony] {
        assert_eq!(
            party
                .finish_sign_in(ceremony, &answer, &passkey, now())
                .err(),
            Some(Refusal::OtherCeremony)
        );
    }
}

#[test]
fn a_passkey_answers_for_itself_and_its_person_alone() {
    let (ada, bob) = (UserId::generate(now()), UserId::generate(now()));
    let mut adas = Authenticator::new(ORIGIN, Algorithm::Es256);
    let mut bobs = Authenticator::new(ORIGIN, Algorithm::Es256);
    let of_ada = register(&mut adas, &ada).expect("registers");
    let of_bob = register(&mut bobs, &bob).expect("registers");
    assert_eq!(
        sign_in(&mut bobs, &of_ada).err(),
        Some(Refusal::OtherCredential)
    );
    // Bob's authenticator says that his passkey is Ada's.
    bobs.passkeys[0].user = ada.as_str().as_bytes().to_vec();
    assert_eq!(
        sign_in(&mut bobs, &of_bob).err(),
        Some(Refusal::OtherCredential)
    );
    // Or that it has the id of hers.
    bobs.passkeys[0].id = adas.passkeys[0].id.clone();
    assert_eq!(sign_in(&mut bobs, &of_ada).err(), Some(Refusal::Signature));
}

/// Changes one bit of a part of an answer.
fn tampered(answer: &Value, part: &str, at: usize) -> Value {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let mut answer = answer.clone();
    let text = answer["response"][part].as_str().expect("a text");
    let mut bytes = URL_SAFE_NO_PAD.decode(text).expect("base64url");
    let at = at % (bytes.len() * 8);
    bytes[at / 8] ^= 1 << (at % 8);
    answer["response"][part] = URL_SAFE_NO_PAD.encode(bytes).into();
    answer
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_bit_of_a_signed_answer_can_be_changed(
        at in any::<usize>(),
        part in prop::sample::select(vec!["clientDataJSON", "authenticatorData", "signature", "userHandle"]),
        algorithm in prop::sample::select(BOTH.to_vec()),
    ) {
        let user = UserId::generate(now());
        let party = party();
        let mut authenticator = Authenticator::new(ORIGIN, algorithm);
        let passkey = register(&mut authenticator, &user).expect("registers");
        let started = party.start_sign_in(now()).expect("starts");
        let answer = authenticator.get(&started.options).expect("signs");
        let text = tampered(&answer, part, at).to_string();
        let refused = SignInResponse::parse(text.as_bytes())
            .and_then(|answer| {
                party.finish_sign_in(&started.ceremony, &answer, &passkey, now())
            })
            .is_err();
        prop_assert!(refused);
    }

    #[test]
    fn whatever_is_sent_is_read_or_refused(text in ".{0,200}", bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(RegistrationResponse::parse(text.as_bytes()).is_err());
        prop_assert!(SignInResponse::parse(&bytes).is_err());
    }
}
