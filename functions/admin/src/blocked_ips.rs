//! `GET /api/admin/blocked-ips`, `DELETE /api/admin/blocked-ips/{ip}`

use std::net::{IpAddr, Ipv6Addr};

use axum::extract::State;
use axum::response::Response;
use kernel::Error;
use kernel::page::Page;
use kernel::time::Timestamp;
use platform::doorkeeper::Block;
use serde::Serialize;
use utoipa::ToSchema;
use web::audit::Audited;
use web::caller::PlatformAdmin;
use web::extract::{Path, Query, Success};
use web::page::{Paging, cursor};
use web::problem::ProblemBody;

use crate::App;
use crate::state::recorded;

const QUERY: &str = "blocked addresses";

/// An address that is shut out.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BlockAnswer {
    /// The address; of IPv6 the first of its /64 network, all of which is
    /// shut out.
    ip: String,
    /// `failed_sign_ins` or `bait_paths`.
    reason: String,
    #[schema(value_type = String, format = DateTime)]
    since: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    until: Timestamp,
}

impl From<Block> for BlockAnswer {
    fn from(block: Block) -> Self {
        Self {
            ip: block.address,
            reason: block.reason,
            since: block.since,
            until: block.until,
        }
    }
}

/// The addresses that are shut out at the moment.
#[utoipa::path(
    get,
    path = "/api/admin/blocked-ips",
    tag = "admin",
    security(("jwt" = [])),
    params(Paging),
    responses(
        (status = 200, description = "A page of addresses", body = Success<Page<BlockAnswer>>),
        (status = 403, description = "Only for platform admins", body = ProblemBody),
    )
)]
pub(crate) async fn list(
    State(app): State<App>,
    _: PlatformAdmin,
    Query(paging): Query<Paging>,
) -> web::Result<Response> {
    let after = paging.position(QUERY)?;
    let (blocks, next) = app
        .platform
        .doorkeeper()
        .blocked(paging.limit().get(), after, app.platform.real_now())
        .await?;
    let page = Page {
        items: blocks.into_iter().map(BlockAnswer::from).collect(),
        next_cursor: next.map(|position| cursor(&position, QUERY)),
    };
    let audited = Audited {
        action: "blocked_addresses.read",
        ..Audited::default()
    };
    Ok(recorded(page, audited))
}

/// An address that is let in again.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LiftedAnswer {
    ip: String,
}

/// Lets an address in again, everywhere within five seconds.
#[utoipa::path(
    delete,
    path = "/api/admin/blocked-ips/{ip}",
    tag = "admin",
    security(("jwt" = [])),
    params(("ip" = String, Path, description = "The address")),
    responses(
        (status = 200, description = "It is let in again", body = Success<LiftedAnswer>),
        (status = 403, description = "Only for platform admins", body = ProblemBody),
        (status = 404, description = "It is not shut out, or no address", body = ProblemBody),
    )
)]
pub(crate) async fn lift(
    State(app): State<App>,
    _: PlatformAdmin,
    Path(ip): Path<IpAddr>,
) -> web::Result<Response> {
    let ip = network(ip).to_string();
    let now = app.platform.real_now();
    if !app.platform.doorkeeper().lift(&ip, now).await? {
        return Err(Error::NotFound("blocked address").into());
    }
    let audited = Audited {
        action: "blocked_address.lifted",
        target: Some(ip.clone()),
        ..Audited::default()
    };
    Ok(recorded(LiftedAnswer { ip }, audited))
}

/// What is shut out where this address is: of IPv6 all of its /64 network.
fn network(ip: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = ip else {
        return ip;
    };
    match v6.to_ipv4_mapped() {
        Some(v4) => v4.into(),
        None => {
            let [a, b, c, d, ..] = v6.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
    }
}
