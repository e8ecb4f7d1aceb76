//! What providers say of themselves, and their keys, kept for a while.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use platform::config::Env;
use platform::http_client;
use platform::outside_url::validate_url;
use url::Url;

use super::{ProviderError, allowed_hosts, fetch};
use crate::domain::discovery::{Document, Metadata, check_issuer, document_url};
use crate::domain::id_token::Header;
use crate::domain::keys::{Key, KeySet};

/// Within this a provider has to answer.
const TIMEOUT: Duration = Duration::from_secs(5);
/// How long a document and keys are believed without reading them again.
const AGE_MAX: Duration = Duration::from_secs(600);
/// How often a key that is not known may cause a read.
const REREAD_MIN: Duration = Duration::from_secs(30);
/// Providers that an instance remembers.
const KNOWN_MAX: usize = 200;

/// Providers, over HTTP.
#[derive(Clone, Debug)]
pub struct Providers {
    pub(super) http: reqwest::Client,
    hosts: Arc<Vec<String>>,
    known: Arc<Mutex<HashMap<String, Known>>>,
}

#[derive(Clone, Debug)]
struct Known {
    read_at: Instant,
    metadata: Arc<Metadata>,
    keys: Option<Arc<KeySet>>,
    /// When keys were read for one that they did not have.
    reread_at: Option<Instant>,
}

impl Providers {
    /// On public hosts, and on those of the settings; see [`allowed_hosts`].
    ///
    /// # Errors
    /// Where TLS cannot be set up.
    pub fn from_env(env: &Env) -> Result<Self, reqwest::Error> {
        let hosts = Arc::new(allowed_hosts(env));
        Ok(Self {
            http: http_client::guarded(TIMEOUT, Arc::clone(&hosts))?,
            hosts,
            known: Arc::default(),
        })
    }

    /// What a provider says of itself, at most ten minutes old.
    ///
    /// # Errors
    /// [`ProviderError`].
    pub async fn discover(&self, issuer: &str) -> Result<Arc<Metadata>, ProviderError> {
        match self.remembered(issuer) {
            Some(known) => Ok(known.metadata),
            None => self.discover_now(issuer).await,
        }
    }

    /// What a provider says of itself now.
    ///
    /// # Errors
    /// [`ProviderError`].
    pub async fn discover_now(&self, issuer: &str) -> Result<Arc<Metadata>, ProviderError> {
        let read = |text: &str| self.read_url(text);
        check_issuer(issuer, read)?;
        let url = read(&document_url(issuer)).map_err(ProviderError::Address)?;
        let body = fetch::get(&self.http, url).await?;
        let document: Document = serde_json::from_slice(&body)
            .map_err(|_| ProviderError::Unreadable("a discovery document"))?;
        let metadata = Arc::new(document.check(issuer, read)?);
        let known = Known {
            read_at: Instant::now(),
            metadata: Arc::clone(&metadata),
            keys: None,
            reread_at: None,
        };
        self.remember(issuer, known);
        Ok(metadata)
    }

    /// The key that a token's header names. Keys are read anew once where they
    /// do not have it, and not again for half a minute, so that made-up key
    /// ids cost the provider nothing.
    ///
    /// # Errors
    /// [`ProviderError`].
    pub async fn key(
        &self,
        metadata: &Arc<Metadata>,
        header: &Header,
    ) -> Result<Option<Key>, ProviderError> {
        let find = |set: &KeySet| set.find(header.kid.as_deref(), header.algorithm).cloned();
        let known = self.remembered(&metadata.issuer);
        let keys = known.as_ref().and_then(|known| known.keys.as_deref());
        let reread_at = known.as_ref().and_then(|known| known.reread_at);
        if let Some(set) = keys {
            let found = find(set);
            let is_recent = reread_at.is_some_and(|at| at.elapsed() < REREAD_MIN);
            if found.is_some() || is_recent {
                return Ok(found);
            }
        }
        let reread_at = keys.map(|_| Instant::now()).or(reread_at);
        let url = self
            .read_url(metadata.jwks_uri.as_str())
            .map_err(ProviderError::Address)?;
        let body = fetch::get(&self.http, url).await?;
        let set = KeySet::parse(&body).map_err(|_| ProviderError::Unreadable("its keys"))?;
        let found = find(&set);
        self.remember_keys(metadata, set, reread_at);
        Ok(found)
    }

    /// Every address is looked at before it is called.
    pub(super) fn read_url(&self, text: &str) -> Result<Url, String> {
        validate_url(text, &self.hosts)
    }

    fn remembered(&self, issuer: &str) -> Option<Known> {
        let known = self.known.lock().expect("not poisoned");
        let found = known.get(issuer)?;
        (found.read_at.elapsed() < AGE_MAX).then(|| found.clone())
    }

    fn remember(&self, issuer: &str, fresh: Known) {
        let mut known = self.known.lock().expect("not poisoned");
        if known.len() >= KNOWN_MAX && !known.contains_key(issuer) {
            known.clear();
        }
        known.insert(issuer.to_owned(), fresh);
    }

    /// Keys grow no older than the document that they came with.
    fn remember_keys(&self, metadata: &Metadata, set: KeySet, reread_at: Option<Instant>) {
        let mut known = self.known.lock().expect("not poisoned");
        if let Some(entry) = known.get_mut(&metadata.issuer) {
            entry.keys = Some(Arc::new(set));
            entry.reread_at = reread_at;
        }
    }
}
