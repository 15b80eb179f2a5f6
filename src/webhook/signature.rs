#![allow(missing_docs)]
#[derive(Debug)]
pub struct StandardSecret;
impl StandardSecret {
    pub fn parse(_: &str) -> Result<Self, String> {
        Ok(Self)
    }
}
pub fn sign(_: &str, _: &str, _: Option<&str>) -> String {
    String::new()
}
pub fn standard(_: &StandardSecret, _: &str, _: i64, _: &str) -> String {
    String::new()
}
