//! The rules that the house is built by.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};

const FILE_LINES_MAX: usize = 600;
const MAIN_LINES_MAX: usize = 40;

fn metadata() -> Metadata {
    MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .no_deps()
        .exec()
        .expect("cargo tells of the workspace")
}

fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().expect("the workspace").to_owned()
}

/// The folder that a package is in: `functions`, `shared`, `tools`, `tests`.
fn layer(package: &Package) -> String {
    let folder = package.manifest_path.strip_prefix(root()).expect("inside");
    folder.iter().next().expect("a folder").to_owned()
}

/// Packages of the house that a package is built of; those of its tests too
/// where asked.
fn house_dependencies(
    metadata: &Metadata,
    package: &Package,
    with_tests: bool,
) -> BTreeSet<String> {
    let house: BTreeSet<String> = metadata
        .packages
        .iter()
        .map(|package| package.name.to_string())
        .collect();
    package
        .dependencies
        .iter()
        .filter(|dependency| with_tests || dependency.kind != DependencyKind::Development)
        .map(|dependency| dependency.name.clone())
        .filter(|name| house.contains(name))
        .collect()
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for entry in entries {
        let path = entry.expect("an entry").path();
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        if path.is_dir() && name != "target" && !name.starts_with('.') {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    files(&root().join(folder), &mut found);
    found.sort();
    found
        .into_iter()
        .map(|path| {
            let text = std::fs::read_to_string(&path).expect("text");
            (path.strip_prefix(root()).expect("inside").to_owned(), text)
        })
        .collect()
}

/// Lines of code with their numbers, without comments.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line.split("//").next().unwrap_or_default()))
}

#[test]
fn dependencies_point_from_functions_to_contexts_to_the_kernel() {
    let metadata = metadata();
    let allowed: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("kernel", [].as_slice()),
        ("mt5-history", ["kernel"].as_slice()),
        ("oidc", ["kernel", "platform"].as_slice()),
        ("platform", ["kernel"].as_slice()),
        ("web", ["kernel", "platform"].as_slice()),
        ("accounts", ["kernel", "mt5-history", "platform"].as_slice()),
        ("audit", ["kernel", "platform"].as_slice()),
        ("identity", ["kernel", "passkeys", "platform"].as_slice()),
        ("organizations", ["kernel", "platform"].as_slice()),
        ("passkeys", ["kernel"].as_slice()),
        ("realtime", ["kernel", "platform"].as_slice()),
        ("signals", ["kernel", "platform"].as_slice()),
        ("trading", ["kernel", "platform"].as_slice()),
        (
            "testkit",
            ["accounts", "kernel", "mt5-sim", "platform", "web"].as_slice(),
        ),
    ]);
    for package in &metadata.packages {
        let used = house_dependencies(&metadata, package, false);
        let may: BTreeSet<String> = match layer(package).as_str() {
            "shared" => allowed
                .get(package.name.as_str())
                .unwrap_or_else(|| panic!("say what {} may depend on", package.name))
                .iter()
                .map(|name| (*name).to_owned())
                .collect(),
            "functions" => metadata
                .packages
                .iter()
                .filter(|other| layer(other) == "shared" && other.name.as_str() != "testkit")
                .map(|other| other.name.to_string())
                .collect(),
            // Tools and tests stand outside and may see all of the house.
            _ => continue,
        };
        let beyond: Vec<&String> = used.difference(&may).collect();
        assert!(beyond.is_empty(), "{} depends on {beyond:?}", package.name);
    }
}

#[test]
fn no_function_depends_on_a_function_even_in_its_tests() {
    let metadata = metadata();
    for package in metadata
        .packages
        .iter()
        .filter(|package| layer(package) != "tools")
    {
        for name in house_dependencies(&metadata, package, true) {
            assert!(
                !name.starts_with("fn-"),
                "{} depends on {name}",
                package.name
            );
        }
    }
}

#[test]
fn the_test_kit_is_for_tests_alone() {
    let metadata = metadata();
    // What measures functions brings its own cloud, as tests do.
    let ships = |package: &&Package| layer(package) != "tests" && *package.name != "coldstart";
    for package in metadata.packages.iter().filter(ships) {
        let used = house_dependencies(&metadata, package, false);
        assert!(
            !used.contains("testkit"),
            "{} ships the test kit",
            package.name
        );
    }
}

#[test]
fn domains_know_no_cloud_no_http_no_runtime_and_no_clock() {
    const FORBIDDEN: [&str; 17] = [
        "aws_",
        "axum",
        "chrono::Utc::now",
        "crate::app",
        "crate::gateway",
        "crate::store",
        "http::",
        "hyper",
        "lambda_",
        "platform::",
        "reqwest",
        "std::env",
        "std::fs",
        "SystemClock",
        "SystemTime",
        "tokio",
        "Utc::now",
    ];
    let domains = [
        "shared/accounts/src/domain",
        "shared/audit/src/domain",
        "shared/identity/src/domain",
        "shared/oidc/src/domain",
        "shared/organizations/src/domain",
        "shared/trading/src/domain",
        "shared/passkeys/src",
        "shared/realtime/src/domain",
        "shared/signals/src/domain",
        "shared/mt5-history/src",
        "shared/kernel/src",
    ];
    let mut count = 0;
    for (path, text) in domains.into_iter().flat_map(sources) {
        // Fixtures of tests come out of files.
        if path.components().any(|part| part.as_os_str() == "tests") {
            continue;
        }
        for (number, line) in code(&text) {
            for word in FORBIDDEN {
                assert!(
                    !line.contains(word),
                    "{}:{number} has {word}",
                    path.display()
                );
            }
        }
        count += 1;
    }
    assert!(count >= 30, "only {count} files of domains were found");
}

#[test]
fn the_main_of_a_function_is_wiring_alone() {
    let mut count = 0;
    for (path, text) in sources("functions") {
        if path.ends_with("src/main.rs") {
            let lines = text.lines().count();
            assert!(
                lines <= MAIN_LINES_MAX,
                "{} has {lines} lines",
                path.display()
            );
            count += 1;
        }
    }
    assert_eq!(count, 20, "functions with a main");
}

#[test]
fn no_file_is_longer_than_it_may_be() {
    let folders = ["functions", "shared", "tools", "tests"];
    for (path, text) in folders.into_iter().flat_map(sources) {
        let lines = text.lines().count();
        assert!(
            lines <= FILE_LINES_MAX,
            "{} has {lines} lines",
            path.display()
        );
    }
}

#[test]
fn every_dependency_of_the_workspace_is_used_and_no_member_has_one_of_its_own() {
    let metadata = metadata();
    let manifest = |path: &Path| std::fs::read_to_string(path).expect("a manifest");
    let members: Vec<(String, String)> = metadata
        .packages
        .iter()
        .map(|package| {
            let text = manifest(package.manifest_path.as_std_path());
            (package.name.to_string(), text)
        })
        .collect();
    let whole = manifest(&root().join("Cargo.toml"));
    let names = dependency_lines(&whole, &["[workspace.dependencies]"]);
    assert!(names.len() > 30, "the workspace's dependencies are read");
    for (name, _) in names {
        let by_dot = format!("{name}.workspace = true");
        let by_table = format!("{name} = {{ workspace = true");
        let is_used = members.iter().any(|(_, text)| {
            text.lines()
                .any(|line| line.starts_with(&by_dot) || line.starts_with(&by_table))
        });
        assert!(is_used, "no member uses {name}");
    }
    let sections = [
        "[dependencies]",
        "[dev-dependencies]",
        "[build-dependencies]",
    ];
    for (member, text) in &members {
        for (name, line) in dependency_lines(text, &sections) {
            let is_shared = line.contains("workspace = true") || line.contains("path = ");
            assert!(is_shared, "{member} has a version of {name} of its own");
        }
    }
}

/// Names of dependencies in some sections of a manifest, with their lines.
fn dependency_lines<'a>(text: &'a str, sections: &[&str]) -> Vec<(&'a str, &'a str)> {
    let mut inside = false;
    let mut found = Vec::new();
    for line in text.lines() {
        if line.starts_with('[') {
            inside = sections.contains(&line.trim());
        } else if inside && line.starts_with(|first: char| first.is_ascii_alphanumeric()) {
            let name = line.split([' ', '.', '=']).next().unwrap_or_default();
            found.push((name, line));
        }
    }
    found
}
