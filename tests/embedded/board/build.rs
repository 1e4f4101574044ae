//! Chooses the board by the target, and tells the linker where its memory is.

use std::path::Path;
use std::{env, fs};

/// 4 MB of each are on the board; a program that needs more than these is wrong.
const MPS2_AN386: &str =
    "MEMORY { FLASH : ORIGIN = 0x00000000, LENGTH = 4M\n RAM : ORIGIN = 0x20000000, LENGTH = 64K }\n";
const MICROBIT: &str =
    "MEMORY { FLASH : ORIGIN = 0x00000000, LENGTH = 256K\n RAM : ORIGIN = 0x20000000, LENGTH = 16K }\n";

fn main() {
    let target = env::var("TARGET").expect("cargo sets TARGET");
    let (board, memory) = match target.as_str() {
        "thumbv7em-none-eabihf" => ("mps2_an386", MPS2_AN386),
        "thumbv6m-none-eabi" => ("microbit", MICROBIT),
        other => panic!("no board has the target {other}: use thumbv7em-none-eabihf or thumbv6m-none-eabi"),
    };
    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    fs::write(Path::new(&out).join("memory.x"), memory).expect("OUT_DIR can be written");
    println!("cargo:rustc-cfg=board=\"{board}\"");
    println!("cargo:rustc-link-search={out}");
    println!("cargo:rerun-if-changed=build.rs");
}
