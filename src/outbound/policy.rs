#![allow(missing_docs)]
pub struct Policy;
impl Policy {
    pub fn new(_: bool, _: &[String]) -> Result<Self, String> {
        Ok(Self)
    }
}
