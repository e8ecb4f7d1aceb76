//! STARTTLS with a server whose certificate a firm's own authority signed.

use std::sync::{Arc, Mutex};

use identity::mail::MailMessage;
use identity::model::PersonStatus;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use crate::smtp::{Told, start};
use crate::support::{World, now};

/// An authority that exists for one test.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("parameters");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let pem = params.self_signed(&key).expect("signs").pem();
        Self {
            issuer: Issuer::new(params, key),
            pem,
        }
    }

    /// What a server of this name shows.
    fn server(&self, name: &str) -> TlsAcceptor {
        let params = CertificateParams::new([name.to_owned()]).expect("parameters");
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("signs");
        let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key);
        TlsAcceptor::from(Arc::new(config.expect("a server")))
    }
}

/// What came of a mail: whether it was sent, and what the server was told.
async fn sent(tls: TlsAcceptor, trusted: &str) -> (bool, Arc<Mutex<Told>>) {
    let (port, told) = start(Some(tls)).await;
    let url = format!("smtp://127.0.0.1:{port}");
    let settings = [
        ("MAIL_TRANSPORT", "smtp"),
        ("SMTP_URL", url.as_str()),
        ("SMTP_LOGIN_SECRET", "smtp-login"),
        ("SMTP_ROOT_CERTIFICATE", trusted),
    ];
    let world = World::with(&settings).await;
    let ada = world.person("ada@x.example", PersonStatus::Active).await;
    let message = MailMessage::password_changed(&ada, now());
    let failed = world.bring(&[&message]).await;
    (failed.is_empty(), told)
}

#[tokio::test]
async fn a_mail_goes_over_tls_to_a_server_whose_certificate_is_trusted() {
    let authority = Authority::new();
    let (is_sent, told) = sent(authority.server("127.0.0.1"), &authority.pem).await;
    assert!(is_sent);
    let told = told.lock().expect("not poisoned");
    assert_eq!(told.mails.len(), 1, "{told:#?}");
    assert!(told.mails[0].contains("Subject: Your password was changed\r\n"));
    // Whoever listens on the way has heard two greetings and nothing else.
    let verbs = told
        .commands
        .iter()
        .map(|command| command.split(' ').next());
    let verbs: Vec<&str> = verbs.map(Option::unwrap_or_default).collect();
    assert_eq!(verbs[..4], ["EHLO", "STARTTLS", "EHLO", "AUTH"]);
}

#[tokio::test]
async fn nothing_is_said_to_a_server_whose_certificate_is_not_trusted() {
    let authority = Authority::new();
    let stranger = Authority::new();
    for (server, trusted) in [
        // Nobody's, another's, and the right one's for another server.
        (authority.server("127.0.0.1"), ""),
        (stranger.server("127.0.0.1"), authority.pem.as_str()),
        (authority.server("mail.example"), authority.pem.as_str()),
    ] {
        let (is_sent, told) = sent(server, trusted).await;
        assert!(!is_sent);
        let told = told.lock().expect("not poisoned");
        assert!(told.mails.is_empty(), "{told:#?}");
        let is_greeting = |command: &String| command.starts_with("EHLO") || command == "STARTTLS";
        assert!(told.commands.iter().all(is_greeting), "{told:#?}");
        assert!(told.commands.iter().any(|command| command == "STARTTLS"));
    }
}
