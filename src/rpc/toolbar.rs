//! The buttons of a list, as its metadata says.

use serde::Deserialize;

#[derive(Debug, Clone, Default, Deserialize)]
pub struct Toolbar {
    #[serde(default, rename = "toolgrp")]
    pub groups: Vec<ToolGroup>,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub struct ToolGroup {
    #[serde(rename = "@name")]
    pub name: String,
    #[serde(default, rename = "toolbtn")]
    pub buttons: Vec<Button>,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub struct Button {
    #[serde(rename = "@name")]
    pub name: String,
    #[serde(rename = "@func")]
    pub func: String,
    #[serde(rename = "@type")]
    pub kind: String,
    /// The only product type whose family has it.
    #[serde(default, rename = "@only")]
    pub only: String,
}
