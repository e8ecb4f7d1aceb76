//! Sign-in through an organization's own provider, against a provider that
//! speaks HTTP: who is let in, who is not, and what such a session may do.

mod admission;
mod enforcing;
mod forged;
mod linking;
mod providers;
mod scene;
mod sessions;
mod signing_in;
mod states;
