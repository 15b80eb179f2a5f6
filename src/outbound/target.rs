#![allow(missing_docs)]
pub struct Target;
impl Target {
    pub fn parse(_: &str) -> Result<Self, String> {
        Ok(Self)
    }
    pub fn url(&self) -> &str {
        ""
    }
    pub fn url_with_query(&self, _: &str) -> String {
        String::new()
    }
}
