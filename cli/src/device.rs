//! A machine's error as JSON and as a sentence: the code of `docs/host.md`, and the record that the address belongs to.

use serde_json::{json, Value};
use statestream_image::layout::Image;
use statestream_sim::host::DeviceError;

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
        let (code, name, address) = error.parts();
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
