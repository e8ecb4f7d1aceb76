//! Who has an account hears of each change of what it is signed in with.

use http::Method;
use identity::mail::{Mail, SignInChange};
use kernel::id::UserId;
use kernel::time::Clock;
use platform::clock::SystemClock;
use serde_json::{Value, json};
use testkit::Answer;
use testkit::authenticator::{Algorithm, Authenticator};
use totp_rs::Totp;

use crate::support::{PASSWORD, Scene, Tokens};

const PAGE: &str = "https://app.tradebridge.example";

async fn post(scene: &Scene, tokens: &Tokens, path: &str, body: &Value) -> Answer {
    scene.call(&tokens.access, Method::POST, path, body).await
}

/// What a person is told, the oldest first.
async fn told(scene: &Scene, user: &UserId) -> Vec<SignInChange> {
    let mails = scene.mails().await.into_iter();
    let told = mails.filter_map(|mail| match mail {
        Mail::SignInChanged {
            user: whose,
            change,
            ..
        } if whose == *user => Some(change),
        _ => None,
    });
    told.collect()
}

#[tokio::test]
async fn of_the_second_factor_and_its_codes() {
    let scene = Scene::start().await;
    let (user, ada) = scene.ada().await;
    let password = json!({"password": PASSWORD});
    let setup = post(&scene, &ada, "/api/v1/auth/2fa/setup", &password).await;
    let setup = setup.expect(200);
    assert_eq!(told(&scene, &user).await, [], "nothing is asked for yet");
    let uri = setup["otpauth_uri"].as_str().expect("a URI");
    let totp = Totp::from_url(uri).expect("an authenticator's URI");
    let at = u64::try_from(SystemClock.now().timestamp()).expect("after 1970");
    let wrong = json!({"code": totp.generate(at - 3_600).to_string()});
    let refused = post(&scene, &ada, "/api/v1/auth/2fa/verify", &wrong).await;
    assert_eq!(refused.status, 403);
    assert_eq!(told(&scene, &user).await, [], "nothing has changed");

    let code = json!({"code": totp.generate(at).to_string()});
    let on = post(&scene, &ada, "/api/v1/auth/2fa/verify", &code).await;
    assert_eq!(on.status, 200);
    let renewed = post(&scene, &ada, "/api/auth/mfa/backup-codes", &password).await;
    let codes = renewed.expect(200)["data"]["backup_codes"].clone();
    let proofs = json!({"password": PASSWORD, "code": codes[0]});
    let off = post(&scene, &ada, "/api/v1/auth/2fa/disable", &proofs).await;
    assert_eq!(off.status, 204);
    assert_eq!(
        told(&scene, &user).await,
        [
            SignInChange::SecondFactorTurnedOn,
            SignInChange::BackupCodesRenewed,
            SignInChange::SecondFactorTurnedOff,
        ]
    );
    // Neither the secret nor a code is on its way to a mailbox.
    let mails = format!("{:?}", scene.mails().await);
    let secrets = [&setup["secret"], &codes[0], &codes[9], &code["code"]];
    for secret in secrets.map(|secret| secret.as_str().expect("text")) {
        assert!(!mails.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn of_each_passkey_that_comes_and_goes() {
    let scene = Scene::start().await;
    let (user, ada) = scene.ada().await;
    let path = "/api/v1/auth/passkeys";
    let start = format!("{path}/register/start");
    let options = post(&scene, &ada, &start, &json!({})).await.expect(200);
    let mut authenticator = Authenticator::new(PAGE, Algorithm::Es256);
    let mut made = authenticator.create(&options).expect("a passkey");
    made["name"] = json!("The laptop");
    let finish = format!("{path}/register/finish");
    let kept = post(&scene, &ada, &finish, &made).await.expect(201);
    let again = post(&scene, &ada, &finish, &made).await;
    assert_eq!(again.status, 400);

    let id = kept["id"].as_str().expect("an id");
    let one = format!("{path}/{id}");
    let remove = async || {
        let answer = scene.call(&ada.access, Method::DELETE, &one, &Value::Null);
        answer.await.status.as_u16()
    };
    assert_eq!([remove().await, remove().await], [204, 404]);
    let name = "The laptop".to_owned();
    assert_eq!(
        told(&scene, &user).await,
        [
            SignInChange::PasskeyAdded { name: name.clone() },
            SignInChange::PasskeyRemoved { name },
        ]
    );
}
