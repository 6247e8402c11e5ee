//! The memory of the machine that QEMU emulates, for the linker.

use std::{env, error::Error, fs, path::PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    // `lm3s6965evb` is the Cortex-M3, `microbit` the Cortex-M0. Both have 256 KiB of flash.
    let ram = if env::var("TARGET")?.starts_with("thumbv6m") {
        "16K"
    } else {
        "64K"
    };
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let memory = format!(
        "MEMORY {{ FLASH : ORIGIN = 0x00000000, LENGTH = 256K RAM : ORIGIN = 0x20000000, LENGTH = {ram} }}"
    );
    fs::write(out.join("memory.x"), memory)?;
    println!("cargo:rustc-link-search={}", out.display());
    println!("cargo:rustc-link-arg=-Tlink.x");
    println!("cargo:rerun-if-changed=build.rs");
    Ok(())
}
