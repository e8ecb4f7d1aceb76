//! The operator's tool: what no route does. It reads the deployment's names
//! from the environment, as the functions do.

mod bootstrap;
mod deployment;
mod measure;
mod notify;
mod people;
mod rotate;

use std::time::Duration;

use chrono::TimeDelta;
use clap::{Parser, Subcommand};
use identity::app::import::review;
use kernel::id::ShopId;
use kernel::time::Clock;
use platform::clock::{SystemClock, set_ahead};
use secrecy::ExposeSecret;

use crate::deployment::Deployment;

/// Costs of bcrypt that user bases have.
const BCRYPT_COSTS: [u32; 3] = [10, 11, 12];

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[derive(Parser)]
#[command(about = "Operates a Tradebridge deployment")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Makes keys and the first shops where they are missing; prints them.
    Bootstrap {
        /// The stage; `local` also gets demo shops.
        #[arg(long)]
        stage: String,
    },
    /// Sets the local stage's clock ahead of real time.
    Clock {
        /// How far: `36h`, `90m`, `2d`, `0`.
        #[arg(long, value_parser = parse_span)]
        ahead: TimeDelta,
    },
    /// Gives a shop one more key, for a rotation or a new shop; prints it.
    AddShopKey {
        /// The shop.
        #[arg(long)]
        shop: ShopId,
    },
    /// Ends a shop's key; it is refused everywhere within half a minute.
    RetireShopKey {
        /// The shop.
        #[arg(long)]
        shop: ShopId,
        /// The key's id.
        #[arg(long)]
        key_id: String,
    },
    /// Makes a new master key, and seals everything anew under it.
    RotateMasterKey,
    /// Makes a new signing key; tokens of the one before stay good.
    RotateSigningKeys,
    /// Makes a person with a verified address, or gives the one who has it a
    /// new password; reads the password from standard input.
    PutPerson {
        /// Their address.
        #[arg(long)]
        email: String,
        /// What they are called.
        #[arg(long)]
        name: String,
        /// Whether they run the platform.
        #[arg(long)]
        platform_admin: bool,
    },
    /// Imports people with bcrypt hashes from standard input: JSON lines of
    /// `email`, `password_hash` and, where known, `username` and `name`.
    ImportPeople,
    /// Looks for imported people who have not signed in yet, and makes each
    /// sign-in do the work of their hashes and no more.
    ReviewImports,
    /// Measures on this machine what a password's hash may cost an instance of
    /// Lambda; prints what fits, and the strongest for the template's settings.
    /// Needs no deployment.
    MeasurePasswords {
        /// The function's memory.
        #[arg(long, default_value_t = 1_024, value_parser = clap::value_parser!(u32).range(128..=10_240))]
        memory_mb: u32,
        /// The longest that a hash may take.
        #[arg(long, default_value_t = 250)]
        target_ms: u64,
    },
    /// Sends a notification to one person, or to all who listen to a channel.
    Notify(notify::Notice),
    /// Prints an access token of a platform admin, good for 15 minutes.
    AdminToken {
        /// Whom it names in the audit.
        #[arg(long)]
        subject: String,
    },
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let command = Arguments::parse().command;
    if let Command::MeasurePasswords {
        memory_mb,
        target_ms,
    } = command
    {
        return measure_passwords(memory_mb, Duration::from_millis(target_ms));
    }
    let deployment = Deployment::from_env().await?;
    match command {
        Command::Bootstrap { stage } => {
            let made = bootstrap::bootstrap(&deployment, &stage).await?;
            println!("{made}");
        }
        Command::Clock { ahead } => {
            set_ahead(&deployment.platform_table, ahead).await?;
            println!("the clock is {} s ahead", ahead.num_seconds());
        }
        Command::AddShopKey { shop } => {
            let key = deployment.add_shop_key(&shop).await?;
            println!("{key}");
        }
        Command::RetireShopKey { shop, key_id } => {
            deployment.shop_keys().retire(&shop, &key_id).await?;
            println!("retired {key_id}");
        }
        Command::RotateMasterKey => {
            let count = rotate::master_key(&deployment).await?;
            println!("{count} values are sealed under the new key");
        }
        Command::RotateSigningKeys => match deployment.rotate_signing_keys().await? {
            Some(kid) => println!("{kid} signs"),
            None => println!("the keys were rotated less than an hour ago"),
        },
        Command::PutPerson {
            email,
            name,
            platform_admin,
        } => {
            let mut password = String::new();
            std::io::stdin().read_line(&mut password)?;
            let wanted = people::Wanted {
                email: &email,
                name: &name,
                password: &password.trim_end_matches(['\r', '\n']).into(),
                platform_admin,
            };
            let id = people::put(&deployment.people()?, &deployment.env, &wanted).await?;
            println!("{id}");
        }
        Command::ImportPeople => {
            let text = std::io::read_to_string(std::io::stdin())?;
            let (imported, refused) = people::import_lines(&deployment.people()?, &text).await;
            println!("{imported} imported, {refused} not");
        }
        // Above, before a deployment is asked for.
        Command::MeasurePasswords { .. } => {}
        Command::ReviewImports => {
            let left = review(&deployment.people()?).await?;
            match left.bcrypt_cost {
                Some(cost) => println!("{} have a hash of cost {cost} at most", left.people),
                None => println!("no imported hash is left"),
            }
        }
        Command::Notify(notice) => {
            let number = notify::notify(&deployment.live()?, &notice).await?;
            println!("written as number {number}");
        }
        Command::AdminToken { subject } => {
            let now = SystemClock.now();
            let token = deployment.admin_token(&subject, now).await?;
            println!("{}", token.expose_secret());
        }
    }
    Ok(())
}

fn measure_passwords(memory_mb: u32, target: Duration) -> Result<(), Failure> {
    let ms = |time: Duration| time.as_millis();
    let (fitting, strongest) = measure::measure(memory_mb, target)?;
    println!("memory_kib passes here_ms at_{memory_mb}_mb_ms");
    for one in fitting {
        let times = (ms(one.here), ms(one.there));
        println!("{} {} {} {}", one.memory_kib, one.passes, times.0, times.1);
    }
    for cost in BCRYPT_COSTS {
        println!("bcrypt {cost}: {} ms here", ms(measure::bcrypt(cost)?));
    }
    let one = strongest.ok_or("nothing that is strong enough fits this time")?;
    let (memory, passes) = (one.memory_kib, one.passes);
    println!("PasswordMemoryKib={memory} PasswordPasses={passes}");
    Ok(())
}

/// Reads `36h`, `90m`, `2d`, `45s` or a plain number of seconds.
fn parse_span(text: &str) -> Result<TimeDelta, String> {
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let seconds = match &text[digits.len()..] {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        unit => return Err(format!("{unit} is no unit; use s, m, h or d")),
    };
    let count: i64 = digits
        .parse()
        .map_err(|_| format!("{digits:?} is no whole number"))?;
    count
        .checked_mul(seconds)
        .and_then(TimeDelta::try_seconds)
        .filter(|span| span.num_days().abs() <= 3_660)
        .ok_or_else(|| "more than ten years".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_with_their_units() {
        assert_eq!(parse_span("36h"), Ok(TimeDelta::hours(36)));
        assert_eq!(parse_span("2d"), Ok(TimeDelta::days(2)));
        assert_eq!(parse_span("0"), Ok(TimeDelta::zero()));
        assert!(parse_span("1w").is_err());
        assert!(parse_span("99999999d").is_err());
    }
}
