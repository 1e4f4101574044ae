//! Passes on how many statements are asked for (`STATEMENTS`, 4 unless said), and
//! what the linker must know: `SITES=exported` leaves call sites in the ELF file.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=STATEMENTS");
    let statements = std::env::var("STATEMENTS").unwrap_or_else(|_| "4".to_owned());
    println!("cargo:rustc-env=STATEMENTS={statements}");
    // Else only errors are compiled.
    println!("cargo:rustc-env=DEFMT_LOG=info");

    println!("cargo:rustc-link-arg-bins=--nmagic");
    println!("cargo:rustc-link-arg-bins=-Tlink.x");
    for rival in ["defmt_rtt", "defmt_serial"] {
        println!("cargo:rustc-link-arg-bin={rival}=-Tdefmt.x");
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../kakashi-core/kakashi.x");
    println!("cargo:rerun-if-changed={script}");
    println!("cargo:rerun-if-env-changed=SITES");
    if std::env::var("SITES").is_ok_and(|sites| sites == "exported") {
        println!("cargo:rustc-link-arg-bins=-T{script}");
        println!("cargo:rustc-link-arg-bins=--build-id");
    }
}
