//! A machine's error as JSON and as a sentence: the code of `docs/host.md`, and the record that the address belongs to.

use serde_json::{json, Value};
use statestream_image::layout::Image;
use statestream_sim::host::DeviceError;

/// Names of the codes that a boot can end with.
const BOOT: [(u16, &str); 5] =
    [(0x10, "CRC"), (0x11, "SECTION"), (0x12, "MAGIC"), (0x13, "VERSION"), (0x14, "SIZE")];

/// What a machine said is wrong.
pub struct Fault {
    code: u16,
    name: &'static str,
    address: Option<u32>,
    record: Option<String>,
}

impl Fault {
    /// The fault that this error reports; `base` is where the image lies in the flash.
    pub fn new(error: &DeviceError, image: &Image, base: u32) -> Fault {
        let (code, name, address) = parts(error);
        let offset = address.and_then(|address| address.checked_sub(base));
        let record = offset.and_then(|at| image.record_at(at as usize)).map(|span| span.record.to_string());
        Fault { code, name, address, record }
    }

    /// For `--json`.
    pub fn json(&self) -> Value {
        json!({ "code": self.code, "name": self.name, "record": self.record, "address": self.address })
    }

    /// For people.
    pub fn text(&self) -> String {
        let record = self.record.as_deref().map(|record| format!(" in {record}")).unwrap_or_default();
        let address = self.address.map(|address| format!(" at {address:#x} of the flash"));
        format!("{} (code {:02x}){record}{}", self.name, self.code, address.unwrap_or_default())
    }
}

/// Code, name and address. A machine that is not ready says why its boot failed: that is the fault.
fn parts(error: &DeviceError) -> (u16, &'static str, Option<u32>) {
    match *error {
        DeviceError::Frame => (0x01, "FRAME", None),
        DeviceError::Command => (0x02, "COMMAND", None),
        DeviceError::Length => (0x03, "LENGTH", None),
        DeviceError::NotReady { boot, address } => (boot, boot_name(boot), Some(address)),
        DeviceError::State => (0x05, "STATE", None),
        DeviceError::Token => (0x06, "TOKEN", None),
        DeviceError::Range => (0x07, "RANGE", None),
        DeviceError::Model => (0x08, "MODEL", None),
        DeviceError::Crc(address) => (0x10, "CRC", Some(address)),
        DeviceError::Section(address) => (0x11, "SECTION", Some(address)),
        DeviceError::Magic(address) => (0x12, "MAGIC", Some(address)),
        DeviceError::Version(address) => (0x13, "VERSION", Some(address)),
        DeviceError::Size(address) => (0x14, "SIZE", Some(address)),
        _ => (0, "UNKNOWN", None),
    }
}

fn boot_name(code: u16) -> &'static str {
    BOOT.iter().find(|(known, _)| *known == code).map_or("NOT_READY", |(_, name)| name)
}
