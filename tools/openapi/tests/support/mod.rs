//! What asks every route: a deployment with everybody in it, and a row for
//! each route that says whose it is.

pub(crate) mod rows;
mod signals;
mod terminals;
pub(crate) mod world;
